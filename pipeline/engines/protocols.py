"""What the stages ask of an engine. Engines are plain and blocking: ``workers`` adds the async."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.latents import Latents
from pipeline.types import Audio, Detection, Language, Span, Transcript, Voice


class Transcriber(Protocol):
    """Speech to text."""

    def detect(
        self, audio: Audio, spans: Sequence[Span], allowed: frozenset[Language]
    ) -> Detection:
        """Say which of the allowed languages (all, if empty) the first window of speech is in."""
        ...

    def transcribe(  # noqa: PLR0913 - wishes, each by keyword
        self,
        audio: Audio,
        spans: Sequence[Span],
        detection: Detection,
        *,
        hotwords: Sequence[str] = (),
        prompt: str = "",
        words: bool = False,
        hurried: bool = False,
        progress: Callable[[float], None] | None = None,
    ) -> Transcript:
        """Write down what is said in the spans of 16 kHz audio, in the detected language.

        In a hurry, only the best hypothesis is followed, once. ``progress`` is told the seconds of
        audio that are behind, after each window.
        Raises UnsupportedLanguageError.
        """
        ...


class Translator(Protocol):
    """Text to text."""

    def translate(self, sentences: Sequence[str], source: Language, target: Language) -> list[str]:
        """Translate each sentence; as many come back as went in.

        Raises UnsupportedLanguageError and EngineError.
        """
        ...


class Synthesizer(Protocol):
    """Text to speech."""

    def synthesize(self, text: str, language: Language, voice: Voice) -> tuple[Audio, str]:
        """Speak the text; return the audio and the name of the voice that was used.

        Raises UnsupportedLanguageError and EngineError.
        """
        ...

    def voices(self, language: Language) -> list[str]:
        """Return the names of the language's voices, the one used by default first.

        Raises UnsupportedLanguageError.
        """
        ...


class Cloner(Protocol):
    """Text to speech in the voice of a person who consented to it."""

    def latents(self, sample: Audio) -> Latents:
        """Learn a voice from a sample of at least 6 s, at any rate; 24 kHz is all it can use.

        Raises EngineError.
        """
        ...

    def voiceprint(self, audio: Audio) -> NDArray[np.float32]:
        """Return whose voice it is, as a direction: shape ``(n,)``, of length 1.

        The cosine of two tells how alike the voices are. Raises EngineError.
        """
        ...

    def speak(
        self, text: str, language: Language, latents: Latents, seed: int = 0
    ) -> Iterator[Audio]:
        """Speak the text in that voice, a sentence or a few at a time.

        The text is checked at once, and spoken while it is iterated: nothing of what was given out
        is held. Another ``seed`` says the same text another way. Raises UnsupportedLanguageError,
        EngineError, TextTooLongError, and LatentsError for the latents of another model.
        """
        ...
