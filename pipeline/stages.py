"""What runs in a worker: top-level functions of plain data, with engines kept by their specs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline import engines, routing
from pipeline.errors import NoSpeechError
from pipeline.specs import (
    AudioLimits,
    EngineSpec,
    RecognizerRoutes,
    SynthesizerSpec,
    TranslatorSpec,
    VadSpec,
    WhisperSpec,
)
from pipeline.types import Audio, Detection, Language, Request, Speech, Transcript, Voice


@dataclass(frozen=True, slots=True)
class Hearing:
    """A transcript and what it cost."""

    transcript: Transcript
    hear_ms: float


def hear(
    request: Request,
    routes: RecognizerRoutes,
    vad: VadSpec,
    limits: AudioLimits,
    progress: Callable[[float], None] | None = None,
) -> Hearing:
    """Find the speech in sound that is decoded already, detect its language, and write it down.

    Raises AudioError (NoSpeechError when nobody speaks), LanguageError and ModelError; TypeError
    for a file: models are not put at risk by decoding here what strangers send.
    """
    from pipeline import audio

    if not isinstance(request.sound, Audio):
        raise TypeError
    started = time.perf_counter()
    sound = audio.fitted(request.sound, limits)
    spans = engines.find_speech(sound, vad)
    if not spans:
        raise NoSpeechError
    if request.source is not None:
        detection = Detection(request.source, 1.0)
    else:
        detector = engines.transcriber(
            routing.detector(routes, request.model, request.allowed, hurried=request.hurried)
        )
        detection = detector.detect(sound, spans, request.allowed)
    chosen = routing.recognizer(
        routes, detection.language, request.speaker, request.model, hurried=request.hurried
    )
    transcript = engines.transcriber(chosen).transcribe(
        sound,
        spans,
        detection,
        hotwords=request.hotwords,
        prompt=request.prompt,
        words=request.words,
        hurried=request.hurried,
        progress=progress,
    )
    if not transcript.text:
        raise NoSpeechError
    return Hearing(transcript, 1000 * (time.perf_counter() - started))


def translate(
    spec: TranslatorSpec, sentences: Sequence[str], source: Language, target: Language
) -> list[str]:
    """Translate each sentence; raises UnsupportedLanguageError and EngineError."""
    return engines.translator(spec).translate(sentences, source, target)


def speak(spec: SynthesizerSpec, text: str, language: Language, voice: Voice) -> Speech:
    """Speak the text into an Ogg Opus clip; raises UnsupportedLanguageError and EngineError."""
    from pipeline import audio

    spoken, used = engines.synthesizer(spec).synthesize(text, language, voice)
    return Speech(audio.encode(spoken), language, spec.engine, used)


def voices(spec: SynthesizerSpec, language: Language) -> list[str]:
    """Return the names of the language's voices; raises UnsupportedLanguageError."""
    return engines.synthesizer(spec).voices(language)


def warm(specs: Sequence[EngineSpec], vad: VadSpec) -> None:
    """Load the engines now, so that the first request finds them warm; raises ModelError."""
    from pipeline import audio

    silence = Audio(np.zeros(audio.RATE, np.float32), audio.RATE)
    engines.find_speech(silence, vad)
    for spec in specs:
        if isinstance(spec, WhisperSpec):
            engines.transcriber(spec)
        elif isinstance(spec, TranslatorSpec):
            engines.translator(spec)
        else:
            engines.synthesizer(spec)
