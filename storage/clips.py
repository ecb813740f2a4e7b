"""Clips in people's own voices, as they are handed around: ordered, made, sent, or ended."""

import json
from dataclasses import dataclass, field
from typing import Final

from pipeline.types import Clip, Language, Speech
from storage.types import Chat, Person

DELIVERED: Final = "delivered"
"""The outcome of a job that ended well; others are codes of errors, and these:"""
LOST: Final = "lost"
"""It was tried as often as may be, and each time the program died of it."""
EXPIRED: Final = "expired"
"""Nobody waits for it any more."""
UNCONSENTED: Final = "consent"
"""Its person's consent is over, or not theirs any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be spoken, for whom; raises ValueError for a person of another platform."""

    person: Person
    """Whose voice it is: who spoke."""
    chat: Chat
    message: str
    """The platform's id of the message that is answered."""
    text: str = field(repr=False)
    language: Language
    locale: str
    """In which to speak to the person about it."""
    quota_s: float
    """Seconds of speech a day that the person was granted there; 0 for a trial, which everybody may
    have of their voice."""
    priority: int = 0
    """Higher ones come first, whoever waits."""

    def __post_init__(self) -> None:
        """Refuse what could be sent nowhere."""
        if self.person.platform != self.chat.platform:
            raise ValueError("person and chat are of one platform")

    @property
    def is_trial(self) -> bool:
        """Whether it needs no grant."""
        return not self.quota_s


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job, to be made."""

    number: int
    claim: str = field(repr=False)
    order: Order
    tries: int
    """This one included."""
    created: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed clip, to be sent."""

    number: int
    claim: str = field(repr=False)
    person: Person
    chat: Chat
    message: str
    locale: str
    is_trial: bool
    speech: Speech
    made_s: float
    """How long it took to make, in seconds."""
    created: float
    """Seconds since the epoch."""
    sends: int
    """This one included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A job that failed or was dropped, to be counted, and perhaps told."""

    number: int
    person: Person
    chat: Chat
    message: str
    locale: str
    failed: bool
    """And not dropped."""
    code: str
    """Of what ended it."""
    waited_s: float
    """From the order to the end, in seconds."""
    is_first: bool
    """Whether none of the same voice ended with this code earlier on that day, in UTC."""
    is_last: bool
    """Whether this is the last time that it is given out."""


def place(kind: str, person: Person, chat: Chat, message: str) -> tuple[str, ...]:
    """Return what a text or a clip is sealed to."""
    return (kind, person.platform, person.id, chat.id, message)


def packed(speech: Speech) -> bytes:
    """Return the speech as bytes: a line of JSON, and the sound file."""
    about = {
        "seconds": speech.clip.seconds,
        "waveform": speech.clip.waveform.hex(),
        "language": speech.language,
        "engine": speech.engine,
        "voice": speech.voice,
    }
    return json.dumps(about).encode() + b"\n" + speech.clip.data


def unpacked(data: bytes) -> Speech:
    """Return the speech that was packed."""
    line, _, sound = data.partition(b"\n")
    about = json.loads(line)
    clip = Clip(sound, about["seconds"], bytes.fromhex(about["waveform"]))
    return Speech(clip, Language(about["language"]), about["engine"], about["voice"])
