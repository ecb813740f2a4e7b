"""One library per file, all its quirks inside; here, which class serves which spec.

Libraries are imported when their engine is first needed: the parent process needs none of them.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from pipeline.engines.protocols import Cloner, Synthesizer, Transcriber, Translator
from pipeline.errors import EngineUnavailableError
from pipeline.specs import (
    EspeakSpec,
    GttsSpec,
    KokoroSpec,
    LibreTranslateSpec,
    NllbSpec,
    SynthesizerSpec,
    TranslatorSpec,
    VadSpec,
    WhisperSpec,
    XttsSpec,
)
from pipeline.types import Audio, Span


def find_speech(audio: Audio, spec: VadSpec) -> tuple[Span, ...]:
    """Return where somebody speaks in 16 kHz audio, in order and without overlap."""
    from pipeline.engines import faster_whisper

    return faster_whisper.find_speech(audio, spec)


def speller(path: Path) -> Callable[[str], list[str]]:
    """Return what spells a text in the pieces of an NLLB model's vocabulary."""
    from pipeline.engines import nllb

    return nllb.speller(path)


@cache
def transcriber(spec: WhisperSpec) -> Transcriber:
    """Return the one engine of this process for the spec, loaded on first use."""
    from pipeline.engines.faster_whisper import FasterWhisper

    return FasterWhisper(spec)


@cache
def translator(spec: TranslatorSpec) -> Translator:
    """Return the one engine of this process for the spec, loaded on first use."""
    match spec:
        case NllbSpec():
            from pipeline.engines.nllb import Nllb

            return Nllb(spec)
        case LibreTranslateSpec():
            from pipeline.engines.libretranslate import LibreTranslate

            return LibreTranslate(spec)


@cache
def synthesizer(spec: SynthesizerSpec) -> Synthesizer:
    """Return the one engine of this process for the spec, loaded on first use."""
    match spec:
        case KokoroSpec():
            from pipeline.engines.kokoro import Kokoro

            return Kokoro(spec)
        case GttsSpec():
            from pipeline.engines.gtts import Gtts

            return Gtts(spec)
        case EspeakSpec():
            from pipeline.engines.espeak import Espeak

            return Espeak(spec)


@cache
def cloner(spec: XttsSpec) -> Cloner:
    """Return the one engine of this process for the spec, loaded on first use.

    Raises EngineUnavailableError where the extra ``clone`` is not installed.
    """
    try:
        from pipeline.engines.xtts import Xtts
    except (ImportError, OSError) as error:  # OSError: a library made for another machine
        raise EngineUnavailableError(engine=spec.engine, reason="clone") from error
    return Xtts(spec)
