"""Random weights in the shapes of public models: what they cost can be measured without them.

Time and memory of a decoder depend on the sizes of its matrices and on how many tokens it writes,
not on what the weights say. The special tokens, the end among them, get a bias that rules them
out, so that decoding always runs to exactly the bound it is given; what is written is nonsense.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
from ctranslate2.specs import TransformerSpec, WhisperSpec
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from pipeline import languages
from pipeline.shapes import TIMES, NllbShape, WhisperShape

POSITIONS: Final = 448
"""Tokens that a Whisper decoder has room for."""

_WINDOW: Final = 1_500
"""Encoder states of 30 s."""
_BYTES: Final = 256
_SPACE: Final = "\N{LATIN CAPITAL LETTER G WITH DOT ABOVE}"
"""A space, in the alphabet of byte-level BPE."""
_WORD_START: Final = "\N{LOWER ONE EIGHTH BLOCK}"
_END: Final = "<|endoftext|>"
_RULED_OUT: Final = -1e4
"""Added to a logit: far below any other, and far from the end of float32."""
_SPREAD: Final = np.float32(73 / 0.02)
"""Scale of int8 weights uniform in [-127, 127], whose deviation is 73, for one of 0.02."""
_START, _PAD, _STOP, _UNKNOWN = "<s>", "<pad>", "</s>", "<unk>"
_CANTONESE: Final = "yue"
"""Whisper's hundredth language, there since large-v3."""
_ONSETS, _VOWELS = "bdfghklmnprstvwz", "aeiou"


def make_whisper(shape: WhisperShape, folder: Path, seed: int = 1) -> Path:
    """Write the model as CTranslate2 int8 and return its folder; one made before is kept."""
    if (folder / "model.bin").exists():
        return folder
    fill = _Filler(seed)
    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    encoder, decoder, width = spec.encoder, spec.decoder, shape.width
    fill.linear(encoder.conv1, width, shape.mels, 3)
    fill.linear(encoder.conv2, width, width, 3)
    encoder.position_encodings.encodings = fill.floats(_WINDOW, width)
    decoder.position_encodings.encodings = fill.floats(POSITIONS, width)
    vocabulary = _whisper_vocabulary(shape)
    first_special = vocabulary.index(_END)
    ruled_out = [*range(_BYTES), *range(shape.words, shape.tokens)]
    fill.layers(encoder, width)
    fill.layers(decoder, width)
    fill.output(decoder, shape.tokens, width, ruled_out)
    spec.register_vocabulary(vocabulary)
    codes = range(first_special + 2, first_special + 2 + shape.languages)
    spec.config.lang_ids = list(codes)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [vocabulary.index(_SPACE), first_special]
    upper = range(shape.decoder_layers // 2, shape.decoder_layers)
    spec.config.alignment_heads = list(product(upper, range(shape.heads)))
    spec.validate()
    _share(decoder.projection, "decoder/embeddings")
    tokenizer = Tokenizer(models.BPE(vocab=_ids(vocabulary), merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(vocabulary[first_special:])
    with _whole(folder) as draft:
        spec.save(str(draft))
        tokenizer.save(str(draft / "tokenizer.json"))
        features = {"feature_size": shape.mels, "sampling_rate": 16_000, "hop_length": 160}
        features |= {"chunk_length": 30, "n_fft": 400}
        (draft / "preprocessor_config.json").write_text(json.dumps(features), "utf-8")
    return folder


def make_nllb(shape: NllbShape, folder: Path, seed: int = 2) -> Path:
    """Write the model as CTranslate2 int8 and return its folder; one made before is kept."""
    if (folder / "model.bin").exists():
        return folder
    fill = _Filler(seed)
    spec = TransformerSpec.from_config(shape.layers, shape.heads)
    encoder, decoder, width = spec.encoder, spec.decoder, shape.width
    encoder.position_encodings.encodings = fill.floats(shape.positions, width)
    decoder.position_encodings.encodings = fill.floats(shape.positions, width)
    vocabulary, special = _nllb_vocabulary(shape)
    fill.layers(encoder, width)
    fill.layers(decoder, width)
    fill.output(decoder, shape.tokens, width, map(vocabulary.index, special))
    encoder.embeddings[0].weight = decoder.embeddings.weight
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.decoder_start_token = _STOP
    spec.validate()
    _share(decoder.projection, "decoder/embeddings")
    _share(encoder.embeddings[0], "decoder/embeddings")
    tokenizer = Tokenizer(models.WordLevel(vocab=_ids(vocabulary), unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(special)
    with _whole(folder) as draft:
        spec.save(str(draft))
        tokenizer.save(str(draft / "tokenizer.json"))
    return folder


class _Filler:
    """Fills the layers of a specification; the same seed always gives the same weights."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def floats(self, *shape: int) -> NDArray[np.float32]:
        return np.float32(0.02) * self._random.standard_normal(shape, np.float32)

    def weights(self, spec: Any, *shape: int) -> None:  # noqa: ANN401 - the library is untyped
        """Quantize without a float behind it: one scale per row, as the converter writes it."""
        spec.weight = self._random.integers(-127, 127, shape, np.int8, endpoint=True)
        spec.weight_scale = np.full(shape[0], _SPREAD)

    def linear(self, spec: Any, *shape: int) -> None:  # noqa: ANN401 - as above
        self.weights(spec, *shape)
        spec.bias = np.zeros(shape[0], np.float32)

    def norm(self, spec: Any, width: int) -> None:  # noqa: ANN401 - as above
        spec.gamma, spec.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def attention(self, spec: Any, width: int) -> None:  # noqa: ANN401 - as above
        """Fill one matrix for all three projections, or one for queries and one for the others."""
        self.norm(spec.layer_norm, width)
        rows = (3, 1) if len(spec.linear) == 2 else (1, 2, 1)  # noqa: PLR2004 - see the docstring
        for linear, times in zip(spec.linear, rows, strict=True):
            self.linear(linear, times * width, width)

    def layers(self, side: Any, width: int) -> None:  # noqa: ANN401 - as above
        self.norm(side.layer_norm, width)
        for layer in side.layer:
            self.attention(layer.self_attention, width)
            if hasattr(layer, "attention"):
                self.attention(layer.attention, width)
            self.norm(layer.ffn.layer_norm, width)
            self.linear(layer.ffn.linear_0, 4 * width, width)
            self.linear(layer.ffn.linear_1, width, 4 * width)

    def output(self, decoder: Any, tokens: int, width: int, ruled_out: Iterable[int]) -> None:  # noqa: ANN401 - as above
        """Fill the embeddings, which are the projection's weights too, and the bias."""
        self.weights(decoder.embeddings, tokens, width)
        decoder.projection.weight = decoder.embeddings.weight
        decoder.projection.bias = np.zeros(tokens, np.float32)
        decoder.projection.bias[list(ruled_out)] = _RULED_OUT


def _share(spec: Any, name: str) -> None:  # noqa: ANN401 - the library is untyped
    """Have the validated layer use the weights of that name: in a file, an alias is a string."""
    spec.weight, spec.weight_scale = f"{name}/weight", f"{name}/weight_scale"


def _word(number: int) -> str:
    """Return a word that can be pronounced, one of 512 000."""
    syllables = [onset + vowel for onset in _ONSETS for vowel in _VOWELS]
    first, rest = divmod(number, len(syllables) ** 2)
    return "".join(syllables[each] for each in (first, *divmod(rest, len(syllables))))


def _whisper_vocabulary(shape: WhisperShape) -> list[str]:
    """Return the tokens in the order that CTranslate2 and faster-whisper take for granted.

    It is the empty token that makes a model multilingual.
    """
    codes = {languages.whisper(each) for each in languages.supported_by("whisper")} - {_CANTONESE}
    spoken = (*sorted(codes), _CANTONESE)[: shape.languages]
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    return [
        *sorted(pre_tokenizers.ByteLevel.alphabet()),
        *(_SPACE + _word(number) for number in range(shape.words - _BYTES)),
        "",
        _END,
        "<|startoftranscript|>",
        *(f"<|{name}|>" for name in (*spoken, *tasks)),
        *(f"<|{step * 0.02:.2f}|>" for step in range(TIMES)),
    ]


def _nllb_vocabulary(shape: NllbShape) -> tuple[list[str], list[str]]:
    """Return all tokens, and those of them that stand for no text."""
    codes = sorted(languages.flores(each) for each in languages.supported_by("flores"))
    special = [_START, _PAD, _STOP, _UNKNOWN]
    words = shape.tokens - len(special) - len(codes)
    texts = [_WORD_START + _word(number) for number in range(words)]
    return [*special, *texts, *codes], [*special, *codes]


def _ids(vocabulary: Iterable[str]) -> dict[str, int]:
    return {token: number for number, token in enumerate(vocabulary)}


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give out a folder that gets its name when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        yield draft
        draft.replace(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
