"""The same work by the libraries alone, for ``dragoman bench`` to stand beside ours.

Everything here runs in a worker: top-level functions of plain data, which import their libraries
when called, so that the parent stays as small as the bot. Unlike engines, which own their library,
this file calls every library as its own manual does: that is what is compared.
Random weights never end by themselves; ``tokens`` has them write exactly so many. With ``None``
they end as trained ones do.
"""

import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline import engines, languages, sentences
from pipeline.narrowing import VMAP_TARGETS
from pipeline.shapes import NllbShape, WhisperShape
from pipeline.specs import AudioLimits, NllbSpec, VadSpec, WhisperSpec
from pipeline.types import Audio, Language
from pipeline.windows import samples_of, windows

if TYPE_CHECKING:
    import ctranslate2
    from faster_whisper import WhisperModel
    from tokenizers import Tokenizer

RATE: Final = 16_000


def make_models(
    whisper: tuple[WhisperShape, Path] | None, nllb: tuple[NllbShape, Path] | None
) -> None:
    """Write models of these shapes with random weights into their folders."""
    from pipeline.engines.shapes import make_nllb, make_whisper  # noqa: PLC0415 - see above

    if whisper is not None:
        make_whisper(*whisper)
    if nllb is not None:
        make_nllb(*nllb)


@dataclass(frozen=True, slots=True)
class Taken:
    """What the libraries took, inside their process, and how much they wrote."""

    decode_ms: float
    """0 where it is part of hearing."""
    hear_ms: float
    translate_ms: float
    words: int
    """Heard."""


def bare(
    sound: bytes,
    whisper: WhisperSpec,
    vad: VadSpec,
    nllb: NllbSpec,
    pair: tuple[Language, Language],
    tokens: int | None,
) -> Taken:
    """Do what the pipeline does, with its options, by calls of the libraries and nothing else.

    Decoding is the exception: it is ours, and the same on both sides, as faster-whisper's own
    collects garbage each time. ``pair`` is the spoken language and the one to translate into.
    """
    from pipeline import audio  # noqa: PLC0415 - see above

    source, target = pair
    model = _whisper(whisper)
    times = [time.perf_counter()]
    decoded = audio.decode(sound, AudioLimits())
    times.append(time.perf_counter())
    spans = engines.find_speech(decoded, vad)
    parts = windows(decoded, spans, longest_s=whisper.chunk_s, joins=whisper.joins)
    texts = [
        segment.text.strip()
        for part in parts
        for segment in _hear(model, samples_of(decoded, part), whisper, source, tokens)
    ]
    heard = " ".join(texts)
    times.append(time.perf_counter())
    _translate(nllb, sentences.split(heard, source), source, target)
    times.append(time.perf_counter())
    decode, hear, translate = (1000 * (end - start) for start, end in pairwise(times))
    return Taken(decode, hear, translate, len(heard.split()))


def stock(
    sound: bytes, whisper: WhisperSpec, language: Language | None, tokens: int | None
) -> Taken:
    """Hear with ``WhisperModel.transcribe`` as it comes: all its defaults, our threads.

    With ``tokens``, temperature 0: the defaults would try random weights six times.
    """
    from pipeline.engines.faster_whisper import max_new_tokens  # noqa: PLC0415 - see above

    model = _stock(str(whisper.path), whisper.threads)
    started = time.perf_counter()
    code = languages.whisper(language) if language else None
    wishes = (
        {} if tokens is None else {"temperature": 0.0, "max_new_tokens": max_new_tokens(tokens, 3)}
    )
    segments, _ = model.transcribe(io.BytesIO(sound), language=code, **wishes)
    words = sum(len(segment.text.split()) for segment in segments)
    return Taken(0.0, 1000 * (time.perf_counter() - started), 0.0, words)


def has_transformers() -> bool:
    """Say whether the extra ``convert`` is installed."""
    return find_spec("torch") is not None and find_spec("transformers") is not None


def transformers(sound: bytes, shape: WhisperShape, threads: int, beam: int, tokens: int) -> Taken:
    """Hear with Transformers: float32, eager, random weights of that shape."""
    from pipeline import audio  # noqa: PLC0415 - see above

    extractor, model = _transformers(shape, threads)
    started = time.perf_counter()
    samples = audio.decode(sound, AudioLimits()).samples
    features = extractor(samples, sampling_rate=RATE, return_tensors="pt").input_features
    (written,) = model.generate(
        features, max_new_tokens=tokens, min_new_tokens=tokens, num_beams=beam
    )
    return Taken(0.0, 1000 * (time.perf_counter() - started), 0.0, len(written))


def passes(task: Callable[[], object]) -> int:
    """Do the task and return how many windows faster-whisper encoded for it."""
    from faster_whisper import WhisperModel  # noqa: PLC0415 - see above

    count = 0
    encode = WhisperModel.encode

    def counting(model: "WhisperModel", features: object) -> object:
        nonlocal count
        count += 1
        return encode(model, features)

    WhisperModel.encode = counting
    try:
        task()
    finally:
        WhisperModel.encode = encode
    return count


def _hear(
    model: "WhisperModel", audio: Audio, spec: WhisperSpec, source: Language, tokens: int | None
) -> Sequence[Any]:
    """Hear one window; where the spec cuts the encoder's, it is cut here too."""
    from pipeline.engines.faster_whisper import max_new_tokens  # noqa: PLC0415 - see above

    temperatures = spec.temperatures
    if spec.window == "speech":
        temperatures = temperatures[:1]
        frames = round(50 * (audio.seconds + spec.window_margin_s)) * 2
        model.encode = lambda features: type(model).encode(model, features[:, :frames].copy())
    wanted = min(spec.max_tokens or 224, 8 + round(audio.seconds * spec.tokens_per_second))
    found, _ = model.transcribe(
        audio.samples,
        language=languages.whisper(source),
        beam_size=spec.beam,
        best_of=spec.best_of,
        temperature=temperatures,
        compression_ratio_threshold=spec.compression_ratio_limit,
        log_prob_threshold=spec.log_probability_limit,
        no_speech_threshold=spec.no_speech_limit,
        max_new_tokens=max_new_tokens(wanted if tokens is None else tokens, 4),
        without_timestamps=not spec.timestamps,
        condition_on_previous_text=False,
    )
    return list(found)


def _translate(
    spec: NllbSpec, texts: Sequence[str], source: Language, target: Language
) -> list[str]:
    tokenizer, translator = _nllb(spec)
    before, after = languages.flores(source), languages.flores(target)
    tokens = [
        [before, *tokenizer.encode(text, add_special_tokens=False).tokens, "</s>"] for text in texts
    ]
    longest = spec.growth * max(map(len, tokens), default=0) + spec.slack
    results = translator.translate_batch(
        tokens,
        target_prefix=[[after]] * len(tokens),
        beam_size=spec.beam,
        no_repeat_ngram_size=spec.no_repeat_ngram,
        max_decoding_length=min(spec.max_tokens, round(longest)),
        use_vmap=_is_narrowed(spec, after),
    )
    return [
        tokenizer.decode([tokenizer.token_to_id(each) or 0 for each in found.hypotheses[0][1:]])
        for found in results
    ]


def _is_narrowed(spec: NllbSpec, target: str) -> bool:
    listed = spec.path / VMAP_TARGETS
    return listed.exists() and target in listed.read_text("utf-8").split()


@cache
def _whisper(spec: WhisperSpec) -> "WhisperModel":
    from faster_whisper import WhisperModel  # noqa: PLC0415 - see above

    return WhisperModel(
        str(spec.path),
        device="cpu",
        compute_type=spec.compute_type,
        cpu_threads=spec.threads,
        num_workers=spec.workers,
        local_files_only=True,
    )


@cache
def _stock(path: str, threads: int) -> "WhisperModel":
    from faster_whisper import WhisperModel  # noqa: PLC0415 - see above

    return WhisperModel(path, device="cpu", cpu_threads=threads, local_files_only=True)


@cache
def _nllb(spec: NllbSpec) -> "tuple[Tokenizer, ctranslate2.Translator]":
    import ctranslate2  # noqa: PLC0415 - see above
    from tokenizers import Tokenizer  # noqa: PLC0415 - see above

    translator = ctranslate2.Translator(
        str(spec.path), device="cpu", compute_type=spec.compute_type, intra_threads=spec.threads
    )
    return Tokenizer.from_file(str(spec.path / "tokenizer.json")), translator


@cache
def _transformers(shape: WhisperShape, threads: int) -> tuple[Any, Any]:
    # The torchaudio that own voice brings may be for CUDA alone, and nothing here needs it.
    sys.modules.setdefault("torchaudio", None)  # type: ignore[arg-type]  # so it can't be imported
    torch, library = import_module("torch"), import_module("transformers")
    library.logging.set_verbosity_error()
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    end = shape.words + 1
    config = library.WhisperConfig(
        vocab_size=shape.tokens,
        num_mel_bins=shape.mels,
        d_model=shape.width,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=4 * shape.width,
        decoder_ffn_dim=4 * shape.width,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=end + 1,
    )
    model = library.WhisperForConditionalGeneration(config).eval()
    model.generation_config = library.GenerationConfig(
        bos_token_id=end, eos_token_id=end, pad_token_id=end, decoder_start_token_id=end + 1
    )
    return library.WhisperFeatureExtractor(feature_size=shape.mels), model
