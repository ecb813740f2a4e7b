"""The vocabulary of the house: every package may import it, and it imports none of them."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import NewType, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Language = NewType("Language", str)
"""A canonical code such as ``vi``, ``en`` or ``zh-TW``, made only by ``languages.parse``."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Sound in memory, one channel."""

    samples: NDArray[np.float32]
    """Shape ``(n,)``, float32 in [-1, 1]."""
    rate: int
    """Samples per second, in hertz."""

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return len(self.samples) / self.rate


Sound: TypeAlias = Path | bytes | Audio
"""What can be heard: a file, the bytes of a file, or decoded audio."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of speech, in seconds from the start of the audio."""

    start: float
    end: float


class Doubt(StrEnum):
    """Why a text needs a second look, or is less than was wished."""

    LOOP = "loop"
    """The same words again and again."""
    INVENTED = "invented"
    """A phrase that recognisers are known to invent where nobody speaks."""
    UNSURE = "unsure"
    """The recogniser itself gave the words a low probability."""
    NUMBERS = "numbers"
    """A number stands on one side only."""
    LINKS = "links"
    """An address or e-mail stands on one side only."""
    LENGTH = "length"
    """Original and translation differ in length beyond what languages do."""
    UNTRANSLATED = "untranslated"
    """No translator could serve, or what one gave is a copy, or in another script."""
    TERMS = "terms"
    """A term of the glossary is said in the original, and its place here was not found."""
    HURRIED = "hurried"
    """So many notes wait that it was heard with less care than usual."""
    UNSPOKEN = "unspoken"
    """So many notes wait that it is not spoken, although that was wished."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; times in seconds from the start of the audio."""

    text: str
    start: float
    end: float
    probability: float
    """In [0, 1]."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One recognised stretch of text; times in seconds from the start of the audio."""

    text: str
    start: float
    end: float
    log_probability: float
    """Mean natural-log probability of the tokens, at most 0."""
    no_speech_probability: float
    """In [0, 1]: the recogniser's own belief that nobody spoke."""
    compression_ratio: float
    """Length of the text over its length when compressed: loops compress well."""
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Detection:
    """Which language is spoken, and how sure that is."""

    language: Language
    probability: float
    """In [0, 1]; 1 when the language was given."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard."""

    text: str
    language: Language
    probability: float
    """In [0, 1]: how sure the language is; 1 when it was given."""
    segments: tuple[Segment, ...]
    seconds: float
    """Duration of the audio that was heard, silence included."""
    model: str
    """The catalogue's name of the recogniser."""
    doubts: tuple[Doubt, ...] = ()

    def with_doubts(self, doubts: tuple[Doubt, ...]) -> Self:
        """Return the transcript, marked."""
        return replace(self, doubts=doubts)


@dataclass(frozen=True, slots=True)
class Translation:
    """What it means in the other language."""

    text: str
    source: Language
    target: Language
    engine: str
    """Who translated, or ``none`` when the original is passed on as it is."""
    doubts: tuple[Doubt, ...] = ()
    """Of the translation and of the transcript it stands on."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How a listener wants to hear the answer."""

    name: str | None = None
    """A voice of the engine that speaks; ``None`` is that engine's choice for the language."""
    speed: float = 1.0
    """1 is the engine's normal pace; 0.5 to 2."""


@dataclass(frozen=True, slots=True)
class Clip:
    """An Ogg Opus file, mono, 48 kHz, as chat platforms take it for a voice message."""

    data: bytes = field(repr=False)
    seconds: float
    waveform: bytes = field(repr=False)
    """A preview for display: at most 256 loudness values, 0 to 255, one per 100 ms or longer."""


@dataclass(frozen=True, slots=True)
class Speech:
    """The translation, spoken."""

    clip: Clip
    language: Language
    engine: str
    """The catalogue's name of the synthesizer."""
    voice: str
    """The name of the voice that engine used."""


@dataclass(frozen=True, slots=True)
class Term:
    """A name or term, and how it shall read."""

    text: str
    """As it is said."""
    wish: str
    """As it shall stand in the translation; the text itself is kept as it is."""
    target: Language | None = None
    """Only when translating into this language; ``None`` is every language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One sound to interpret, and the wishes that go with it."""

    sound: Sound
    targets: tuple[Language, ...]
    """The first of these that is not the spoken language is translated into."""
    source: Language | None = None
    """The spoken language; ``None`` has it detected."""
    allowed: frozenset[Language] = frozenset()
    """Detection chooses among these; empty allows every language the recogniser knows."""
    model: str | None = None
    """A recogniser preferred over the routing's choice."""
    speaker: str = ""
    """A stable, opaque key of the person: candidate models serve a fixed share of these."""
    hotwords: tuple[str, ...] = ()
    """Names and terms that recognition should favour."""
    terms: tuple[Term, ...] = ()
    """How names and terms shall read in the translation."""
    prompt: str = ""
    """What was said or written before, as context for recognition."""
    words: bool = False
    """Whether segments carry word times."""
    voice: Voice | None = field(default_factory=Voice)
    """``None`` wants text only."""
    voice_into: Language | None = None
    """Only a translation into this language is spoken; ``None`` is every one."""
    follows: str = ""
    """What the same speaker said just before, if this sound overlaps with it: words at its end are
    not taken down again."""
    hurried: bool = False
    """Heard by a smaller recogniser, where there is one, and with no hypotheses beside the best."""
