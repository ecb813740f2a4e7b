"""What stands in the captions of a call, held against what was said in it."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum

from tests.discord.server.messages import Message
from tests.soak.speech import Said
from tests.soak.watching import plain

SETTLE_S = 30.0
"""After this no caption is waited for."""
_CUT_OFF_S = 3.0
"""What was said so shortly before the bot left may not have been taken down."""
_LATE_S = 60.0
"""The longest that a caption may take."""
_BEFORE_S, _AFTER_S = 15.0, 60.0
"""One sentence of the bot's speaks for what failed so shortly before it, and so long after it."""
_ALIKE = 0.7
"""Of 1: so much like what was said is hardly a caption of anything else."""
_HEAD = re.compile(r"\*\*(.+?):\*\* (.+)")


class Fate(StrEnum):
    """What became of something that was said in a call."""

    CAPTIONED = "captioned"
    TOLD = "told"
    """It was said that something could not be interpreted."""
    AWAY = "away"
    """The bot was not in the call for all of it."""
    LOST = "lost"


@dataclass(eq=False)
class Spoken:
    """What somebody said in one breath; times by the monotonic clock, in seconds."""

    name: str
    said: Said = field(repr=False)
    seconds: float
    began: float
    ended: float = float("inf")
    caption: "Line | None" = None

    @property
    def right(self) -> bool:
        """Whether it is captioned to the letter."""
        return self.caption is not None and self.caption.body == self.wanted

    @property
    def wanted(self) -> str:
        """How the caption should read."""
        return f"{self.said.text} → {self.said.meaning}"

    @property
    def wait(self) -> float | None:
        """How long after its last sound it was captioned, in seconds."""
        return None if self.caption is None else self.caption.at - self.ended


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the captions: of somebody, or under no name a sentence of the bot's own."""

    at: float
    name: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch in which the bot was in the call and had said so."""

    start: float
    end: float = float("inf")

    def holds(self, spoken: Spoken) -> bool:
        """Say whether all of something was said in it, and in time to be taken down."""
        return self.start <= spoken.began and spoken.ended + _CUT_OFF_S <= self.end


def is_held(spoken: Spoken, windows: Sequence[Window]) -> bool:
    """Say whether the bot was there for all of it."""
    return any(window.holds(spoken) for window in windows)


class Minutes:
    """Reads the captions of a channel as they grow."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._read: dict[int, int] = {}
        """How many lines of each message were read."""
        self._states: dict[int, int] = {}
        """In which state each message was read."""

    def read(self, messages: Iterable[Message]) -> None:
        """Take in what has been added."""
        for message in messages:
            if self._states.get(message.id) == message.revision:
                continue
            self._states[message.id] = message.revision
            lines = plain(message.content).splitlines()
            done = self._read.get(message.id, 0)
            if len(lines) > done:
                self._read[message.id] = len(lines)
                self.lines += list(_lines(lines))[done:]

    @property
    def sentences(self) -> list[Line]:
        """What the bot has said for itself."""
        return [each for each in self.lines if not each.name]


def _lines(texts: Sequence[str]) -> Iterable[Line]:
    name = ""
    for text in texts:
        if found := _HEAD.fullmatch(text):
            name = found[1]
            yield Line(time.monotonic(), name, found[2])
        elif name and text.startswith("· "):
            yield Line(time.monotonic(), name, text.removeprefix("· "))
        else:
            name = ""
            yield Line(time.monotonic(), name, text)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of everything that was said."""

    fates: dict[Fate, int]
    right: int
    waits: list[float]
    """From the last sound to the caption, in seconds."""
    doubled: int
    split: int
    """Lines beyond one for each breath: it was heard as two."""


def settle(spoken: Sequence[Spoken], minutes: Minutes, windows: Sequence[Window]) -> Account:
    """Give every caption to what it is of, and see what is left on either side."""
    unclaimed = [line for line in minutes.lines if line.name]
    held = [each for each in spoken if is_held(each, windows)]
    for those, likeness in ((spoken, 1.0), (spoken, _ALIKE), (held, 0.0), (spoken, 0.0)):
        unclaimed = [line for line in unclaimed if not _claimed(those, line, likeness)]
    fates = dict.fromkeys(Fate, 0)
    for each in spoken:
        fates[fate(each, minutes.sentences, windows)] += 1
    doubled = sum(any(_is_again(line, each) for each in spoken) for line in unclaimed)
    waits = [each.wait for each in spoken if each.wait is not None]
    right = sum(each.right for each in spoken)
    return Account(fates, right, waits, doubled, len(unclaimed) - doubled)


def _claimed(spoken: Sequence[Spoken], line: Line, likeness: float) -> bool:
    """Give a line to the first that it may be of, and is so much like: turns keep their order."""
    for each in spoken:
        if (
            each.caption is None
            and each.name == line.name
            and each.ended <= line.at < each.ended + _LATE_S
            and _alike(line.body, each.wanted) >= likeness
        ):
            each.caption = line
            return True
    return False


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def fate(spoken: Spoken, sentences: Sequence[Line], windows: Sequence[Window]) -> Fate:
    """Say what became of something, once captions have been given to what they are of."""
    if spoken.caption is not None:
        return Fate.CAPTIONED
    if not is_held(spoken, windows):
        return Fate.AWAY
    told = (each.at - spoken.ended for each in sentences if each.body.startswith("⚠"))
    return Fate.TOLD if any(-_AFTER_S <= after <= _BEFORE_S for after in told) else Fate.LOST


def _is_again(line: Line, spoken: Spoken) -> bool:
    caption = spoken.caption
    return (
        caption is not None
        and caption.name == line.name
        and caption.body == line.body
        and abs(caption.at - line.at) < _LATE_S
    )
