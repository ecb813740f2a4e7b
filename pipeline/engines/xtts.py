"""XTTS through coqui-tts: a person's own voice, from a few seconds of it.

The library is asked for nothing but the network itself. Its own ways to fetch a model, to accept a
licence (``COQUI_TOS_AGREED`` is for the operator to set), to open a recording, to cache a voice and
to write a checkpoint back to disk are left alone.

Measured at full size with random weights (``xtts_shapes``), on 2 cores of an AMD EPYC shared with
others: imported in 3.7 s, checked and loaded in 6 s, a voice of 10 s learnt in 0.6 s; 6.2 s of
sound in 20 s and 13 s in 42 s (RTF 3.2, with one thread as with two); peak memory 2.9 GB, of which
1.9 GB are the mapped file.
"""

import json
import logging
import re
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import torch
from num2words import num2words
from numpy.typing import NDArray

# Published for CUDA alone, and needed for nothing here: torchaudio's compiled part.
_UNCOMPILED = ModuleType("torchaudio._extension")
_UNCOMPILED.__dict__.update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, fail_if_no_align=lambda each: each)
sys.modules.setdefault("torchaudio._extension", _UNCOMPILED)

from TTS.tts.configs.xtts_config import XttsConfig  # noqa: E402 - after the above
from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer  # noqa: E402 - as above
from TTS.tts.models import xtts as library  # noqa: E402 - as above

from pipeline import languages, records, sentences  # noqa: E402 - as above
from pipeline.audio import resample  # noqa: E402 - as above
from pipeline.engines.speaking import pace, sayable, spoken  # noqa: E402 - as above
from pipeline.errors import (  # noqa: E402 - as above
    EngineError,
    LatentsError,
    ModelDamagedError,
    ModelMissingError,
    UnsupportedLanguageError,
)
from pipeline.latents import Latents  # noqa: E402 - as above
from pipeline.specs import XttsSpec  # noqa: E402 - as above
from pipeline.types import Audio, Language  # noqa: E402 - as above

FILES: Final = ("config.json", "model.pth", "vocab.json")
"""What is loaded of a model's folder; each must be what was fetched."""
RATE: Final = 24_000
"""Samples per second of what is spoken."""

_HEARD_RATE: Final = 22_050
_PEAK: Final = 0.75
"""Of a sample that is brought to the same peak, as the library does it."""
_PAUSE_S: Final = 0.15
"""Between parts, beside what ``spoken`` leaves at their ends."""
_VI: Final = Language("vi")
_CHARACTERS_VI: Final = 250
"""viXTTS was trained on texts as long as English ones."""
_SHORTEST: Final = 20
"""Characters; what has more tokens than fit with so few is not text."""
_SPELT: Final = 7
"""Letters that a digit is longer when it is spelt out."""
_FIGURE: Final = re.compile(r"\d+(?:[.,]\d+)*")
_ORDINAL: Final = re.compile(r"(\d)\.(?!\d)")
"""num2words has no Czech ordinals, and fails on them."""
_HINDI: Final = str.maketrans(
    dict(
        zip(
            "0123456789",
            map(" {} ".format, ("शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ")),
            strict=True,
        )
    )
)
"""num2words has no Hindi: figures are read digit by digit."""
_READ_DIGITS: Final = 12
"""Digits of a number that is read as one; longer ones are read digit by digit."""

for _name in ("TTS", "transformers", "trainer"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # a warning quotes the text


class Xtts:
    """One XTTS, loaded; speaks one text at a time."""

    def __init__(self, spec: XttsSpec) -> None:
        """Load the model's files, after comparing them with what was fetched.

        Raises ModelMissingError and ModelDamagedError.
        """
        self._spec = spec
        self._lock = threading.Lock()
        _verify(spec)
        torch.set_num_threads(spec.threads)
        self._tokenizer = _tokenizer(spec)
        self._model = _model(spec, self._tokenizer)

    def latents(self, sample: Audio) -> Latents:
        """Learn a voice from a sample; raises EngineError."""
        wave = self._heard(sample)
        spec, model = self._spec, self._model
        try:
            with self._lock, torch.inference_mode():
                condition = model.get_gpt_cond_latents(
                    wave,
                    _HEARD_RATE,
                    length=spec.gpt_cond_len_s,
                    chunk_length=min(spec.gpt_cond_chunk_len_s, spec.gpt_cond_len_s),
                )
                speaker = model.get_speaker_embedding(wave, _HEARD_RATE)
        except Exception as error:  # torch's classes have no other base
            raise EngineError(engine=self._engine, reason="no latents") from error
        return Latents(spec.model, self._array(condition)[0], self._array(speaker)[0, :, 0])

    def voiceprint(self, audio: Audio) -> NDArray[np.float32]:
        """Return whose voice it is: shape ``(512,)``, of length 1; raises EngineError."""
        wave = self._heard(audio)
        try:
            with self._lock, torch.inference_mode():
                speaker = self._model.get_speaker_embedding(wave, _HEARD_RATE)
        except Exception as error:  # torch's classes have no other base
            raise EngineError(engine=self._engine, reason="no voiceprint") from error
        return self._array(speaker)[0, :, 0]

    def speak(
        self, text: str, language: Language, latents: Latents, seed: int = 0
    ) -> Iterator[Audio]:
        """Speak the text at 24 kHz, in parts of whole sentences as long as the model takes.

        Raises as the protocol says; EngineError as well when what was made is silent.
        """
        spec = self._spec
        code = self._code(language)
        width = int(self._model.args.gpt_n_model_channels)
        if latents.model != spec.model or latents.condition.shape[1] != width:
            raise LatentsError(model=spec.model)
        said = sayable(text, self._engine, spec.max_characters)
        parts = list(self._parts(said, language, code, self._longest(code)))
        return self._spoken(parts, code, latents, seed)

    def _spoken(self, parts: list[str], code: str, latents: Latents, seed: int) -> Iterator[Audio]:
        pause = np.zeros(round(_PAUSE_S * RATE), np.float32)
        for number, part in enumerate(parts):
            sound = spoken(self._samples(part, code, latents, seed + number), RATE, self._engine)
            last = number == len(parts) - 1
            yield sound if last else Audio(np.concatenate([sound.samples, pause]), RATE)

    def _samples(self, part: str, code: str, latents: Latents, seed: int) -> NDArray[np.float32]:
        """Return one part spoken, decoded once: in smaller chunks all before is decoded again."""
        spec = self._spec
        condition = torch.from_numpy(latents.condition)[None]
        speaker = torch.from_numpy(latents.speaker)[None, :, None]
        try:
            with self._lock:
                torch.manual_seed(seed)
                self._model.gpt.max_gen_mel_tokens = self._bound(part, code)
                chunks = self._model.inference_stream(
                    part,
                    code,
                    condition,
                    speaker,
                    stream_chunk_size=0,
                    # Its loop draws whatever it is told; of one token, the likeliest.
                    temperature=spec.temperature or 1.0,
                    top_k=spec.top_k if spec.temperature else 1,
                    length_penalty=spec.length_penalty,
                    repetition_penalty=spec.repetition_penalty,
                    top_p=spec.top_p,
                    speed=pace(spec.speed),
                )
                return np.concatenate([self._array(chunk) for chunk in chunks])
        except EngineError:
            raise
        except Exception:  # noqa: BLE001 - torch's classes have no other base
            raise EngineError(engine=self._engine) from None  # messages quote the text

    def _bound(self, part: str, code: str) -> int:
        """Return how many tokens of sound the text can take."""
        spec, most = self._spec, int(self._model.args.gpt_max_audio_tokens) - 3
        size = len(part) + _SPELT * sum(map(str.isdigit, part))
        share = size / self._longest(code) / pace(spec.speed)
        return min(most, round(spec.growth * share * most) + spec.slack)

    def _code(self, language: Language) -> str:
        """Return XTTS's code; raises UnsupportedLanguageError."""
        code = "vi" if language == _VI else languages.xtts(language)
        token = self._tokenizer.tokenizer.token_to_id(f"[{code}]")
        if language not in self._spec.languages or token is None:
            raise UnsupportedLanguageError(language=language, engine=self._engine)
        return code

    def _longest(self, code: str) -> int:
        return int(self._tokenizer.char_limits[code.partition("-")[0]])

    def _parts(self, text: str, language: Language, code: str, limit: int) -> Iterator[str]:
        """Yield what the model takes at once: few characters, and few tokens when spelt out."""
        for piece in sentences.pieces(text, language, limit):
            if self._tokens(piece, code) < int(self._model.args.gpt_max_text_tokens):
                yield piece
            elif limit > _SHORTEST:
                yield from self._parts(piece, language, code, limit // 2)
            else:
                raise EngineError(engine=self._engine, reason="not text")

    def _tokens(self, text: str, code: str) -> int:
        try:
            return len(self._tokenizer.encode(text.lower(), lang=code))
        except Exception:  # noqa: BLE001 - num2words and the romanisers raise what they like
            raise EngineError(engine=self._engine, reason="not text") from None

    def _heard(self, audio: Audio) -> torch.Tensor:
        """Return the sound as the model takes it: shape ``(1, n)``, 22.05 kHz."""
        samples = resample(audio, _HEARD_RATE).samples
        samples = samples[: _HEARD_RATE * self._spec.max_ref_len_s]
        peak = float(np.abs(samples).max(initial=0.0))
        if not peak:
            raise EngineError(engine=self._engine, reason="silent")
        return torch.from_numpy(
            samples * (_PEAK / peak) if self._spec.sound_norm_refs else samples
        )[None]

    def _array(self, tensor: torch.Tensor) -> NDArray[np.float32]:
        """Return what torch computed; raises EngineError when it is no number."""
        array: NDArray[np.float32] = tensor.detach().numpy().astype(np.float32, copy=True)
        if not np.isfinite(array).all():
            raise EngineError(engine=self._engine, reason="not finite")
        return array

    @property
    def _engine(self) -> str:
        return self._spec.engine


class Tokenizer(VoiceBpeTokenizer):  # type: ignore[misc]  # the library is untyped
    """The library's, which reads Vietnamese too: fine-tunes were trained on plain text."""

    def __init__(self, vocab_file: str) -> None:
        """Read ``vocab.json``."""
        super().__init__(vocab_file)
        self.char_limits["vi"] = _CHARACTERS_VI

    def preprocess_text(self, txt: str, lang: str) -> str:
        """Return the text as the model was trained on it: lower case, numbers in words."""
        if lang == _VI:
            return " ".join(_FIGURE.sub(_vietnamese, txt.lower()).split())
        if lang == "hi":
            txt = txt.translate(_HINDI)
        if lang == "cs":
            txt = _ORDINAL.sub(r"\1 .", txt)
        return str(super().preprocess_text(txt, lang))


class Model(library.Xtts):  # type: ignore[misc]  # the library is untyped
    """The library's, which never unpickles code and never writes its checkpoint back."""

    def _load_checkpoint(self, model_path: Path) -> dict[str, Any]:
        """Map the weights into memory; the classes of old checkpoints are let in by name."""
        with library._legacy_safe_globals():  # noqa: SLF001 - the library's own list
            checkpoint = torch.load(
                model_path,
                map_location="cpu",
                weights_only=True,
                mmap=zipfile.is_zipfile(model_path),
            )
        return dict(checkpoint["model"])


def _vietnamese(figure: re.Match[str]) -> str:
    """Return a number in words: 1.500 has a point between thousands, 1,5 a comma for the rest."""
    whole, _, rest = figure[0].replace(".", "").partition(",")
    if len(whole) > _READ_DIGITS:
        return " ".join(num2words(int(digit), lang="vi") for digit in whole + rest.replace(",", ""))
    words = str(num2words(int(whole), lang="vi"))
    after = " ".join(num2words(int(digit), lang="vi") for digit in rest.replace(",", ""))
    return f"{words} phẩy {after}" if after else words


def _verify(spec: XttsSpec) -> None:
    """Compare each file with what was fetched; raises ModelMissingError and ModelDamagedError."""
    record = records.read(spec.path, spec.model)
    if record is None:
        raise ModelMissingError(model=spec.model, step="fetch")
    for file in FILES:
        try:
            is_whole = records.fingerprint(spec.path / file) == record.files.get(file)
        except OSError as error:
            raise ModelDamagedError(model=spec.model, file=file) from error
        if not is_whole:
            raise ModelDamagedError(model=spec.model, file=file)


def _tokenizer(spec: XttsSpec) -> Tokenizer:
    try:
        return Tokenizer(str(spec.path / "vocab.json"))
    except Exception as error:  # the library raises bare Exception
        raise ModelDamagedError(model=spec.model, file="vocab.json") from error


def network(settings: dict[str, Any], tokenizer: Tokenizer) -> Model:
    """Build the network that a ``config.json`` describes, for the vocabulary, at random."""
    config = XttsConfig()
    config.from_dict(settings)
    args, ids = config.model_args, tokenizer.tokenizer.token_to_id
    args.gpt_number_text_tokens = tokenizer.get_number_tokens()
    args.gpt_start_text_token, args.gpt_stop_text_token = ids("[START]"), ids("[STOP]")
    model = Model(config)
    model.tokenizer = tokenizer
    return model


def _model(spec: XttsSpec, tokenizer: Tokenizer) -> Model:
    """Build the network and put the weights into it; raises ModelDamagedError."""
    try:
        model = network(json.loads((spec.path / "config.json").read_text("utf-8")), tokenizer)
    except Exception as error:  # coqpit and torch each raise their own
        raise ModelDamagedError(model=spec.model, file="config.json") from error
    try:
        weights = model.get_compatible_checkpoint_state_dict(spec.path / "model.pth")
        if any(name.startswith("gpt.gpt_inference.") for name in weights):
            model.gpt.init_gpt_for_inference(kv_cache=model.args.kv_cache)
        model.load_state_dict(weights, assign=True)
    except Exception as error:  # pickle, zipfile and torch each raise their own
        raise ModelDamagedError(model=spec.model, file="model.pth") from error
    model.requires_grad_(requires_grad=False)
    model.eval()
    return model
