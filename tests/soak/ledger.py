"""What was sent, what was seen of it, and what that makes: nothing here knows a platform."""

import asyncio
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tests.soak.sentences import HURRIED, UNSPOKEN, UNTRANSLATED, Meaning, is_marked
from tests.soak.speech import Said


class Fate(StrEnum):
    """How a note ended, as its sender sees it."""

    ANSWERED = "answered"
    """With text and, where one was wanted, voice."""
    TEXT_ONLY = "text only"
    """With text; and it was said that there is no voice, or nothing to be spoken."""
    REFUSED = "refused"
    """With a sentence that there is no room, or that the bot restarts."""
    FAILED = "failed"
    """With a sentence why there is no answer."""
    MUTE = "mute"
    """With text, and not a word about the voice that was due."""
    SILENT = "silent"
    """Not at all."""


LOST = frozenset({Fate.MUTE, Fate.SILENT})
_TOLD = {Meaning.REFUSED: Fate.REFUSED, Meaning.FAILED: Fate.FAILED}


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of the bot under a note."""

    at: float
    """By the monotonic clock, in seconds."""
    meaning: Meaning
    text: str = field(default="", repr=False)
    unknowable: bool = False
    """The connection broke after the platform had taken it: nobody could know that it was there."""


@dataclass(eq=False)
class Note:
    """Something sent, and everything that came of it."""

    platform: str
    kind: str
    seconds: float
    said: Said | None = field(repr=False)
    """``None`` for what nobody can answer."""
    sent: float
    """By the monotonic clock, in seconds."""
    wants_voice: bool = True
    seen: list[Seen] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """It has come to an end, as far as anybody can tell yet."""

    def see(self, seen: Seen) -> None:
        """Take a message in."""
        self.seen.append(seen)
        if self.fate not in LOST:
            self.over.set()

    def of(self, *meanings: Meaning) -> list[Seen]:
        """Return what was seen of some kinds."""
        return [each for each in self.seen if each.meaning in meanings]

    @property
    def fate(self) -> Fate:
        """How it ended."""
        answers = self.of(Meaning.ANSWER)
        if answers:
            if self.of(Meaning.VOICE) or not self.wants_voice:
                return Fate.ANSWERED
            marks = (UNSPOKEN, UNTRANSLATED)
            marked = any(is_marked(each.text, mark) for each in answers for mark in marks)
            return Fate.TEXT_ONLY if marked or self.of(Meaning.UNSPOKEN) else Fate.MUTE
        told = self.of(*_TOLD)
        return _TOLD[told[0].meaning] if told else Fate.SILENT

    @property
    def surplus(self) -> tuple[int, int]:
        """How much came more than once: what could be helped, and what nobody could know."""
        kinds = [self.of(Meaning.ANSWER), self.of(Meaning.VOICE), self.of(*_TOLD, Meaning.UNSPOKEN)]
        again, unknowable = 0, 0
        for each in kinds:
            unsure = min(max(0, len(each) - 1), sum(one.unknowable for one in each))
            unknowable += unsure
            again += max(0, len(each) - 1 - unsure)
        if kinds[0] and self.of(*_TOLD):
            again += 1  # an answer, and that there is none
        return again, unknowable

    @property
    def right(self) -> bool:
        """Whether the answer says, to the letter, what was said and what it means."""
        if self.said is None:
            return False
        wanted = {self.said.text, self.said.meaning}
        return any(
            wanted <= {line.removeprefix("> ") for line in each.text.splitlines()}
            for each in self.of(Meaning.ANSWER)
        )

    @property
    def hurried(self) -> bool:
        """Whether it was heard in more haste than usual, and says so."""
        return any(is_marked(each.text, HURRIED) for each in self.of(Meaning.ANSWER))

    def wait(self, *meanings: Meaning) -> float | None:
        """Return how long the first message of these kinds took to be seen, in seconds."""
        return min((each.at - self.sent for each in self.of(*meanings)), default=None)


@dataclass(eq=False)
class Ledger:
    """Every note, in the order in which they were sent."""

    notes: list[Note] = field(default_factory=list)
    stray: list[Seen] = field(default_factory=list)
    """Messages under a note that say nothing that is known of notes."""
    _by_message: dict[Hashable, Note] = field(default_factory=dict)

    def sent(self, note: Note, *messages: Hashable) -> None:
        """Enter a note; ``messages`` are what answers to it reply to."""
        self.notes.append(note)
        self._by_message.update(dict.fromkeys(messages, note))

    def see(self, answered: Hashable, seen: Seen) -> None:
        """Take in a message of the bot that replies to another; to a note, or to something else."""
        note = self._by_message.get(answered)
        if note is None:
            return
        if seen.meaning is Meaning.OTHER:
            self.stray.append(seen)
        note.see(seen)

    def open(self) -> list[Note]:
        """Return what has not come to an end."""
        return [each for each in self.notes if not each.over.is_set()]

    def groups(self) -> Iterator[tuple[str, str, list[Note]]]:
        """Yield platform, kind and notes, sorted."""
        groups: dict[tuple[str, str], list[Note]] = {}
        for note in self.notes:
            groups.setdefault((note.platform, note.kind), []).append(note)
        for (platform, kind), notes in sorted(groups.items()):
            yield platform, kind, notes


def waits(notes: Iterable[Note], *meanings: Meaning) -> list[float]:
    """Return how long each took to be shown something of these kinds, for those that were."""
    found = (each.wait(*meanings) for each in notes)
    return [each for each in found if each is not None]
