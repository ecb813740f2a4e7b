"""The jitter buffer of one source: its frames in the order they were sent.

No clock and no Opus in here. A frame in its turn is given at once; only a gap makes those behind it
wait. What is missing is counted beside the next frame: whoever decodes knows what to make of it.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

HOLD_S: Final = 0.060
"""How long a gap is waited for. Three frames: what networks reorder comes within that."""
_ROOM: Final = 64
"""Frames held at most; more than this behind a gap, and it is given up."""
_DROPOUT: Final = 3_000
_MISORDER: Final = 100
"""Sequence numbers further ahead or behind are believed when two follow each other: the sender
began anew. Both figures as RFC 3550, A.1, has them."""
_NUMBERS: Final = 1 << 16


class Arrival(Enum):
    """What a packet is to its buffer."""

    NEW = "new"
    DUPLICATE = "duplicate"
    LATE = "late"
    """Its place was given up."""
    STRAY = "stray"
    """Too far from the others, and alone so far."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The next frame to decode."""

    payload: bytes = field(repr=False)
    timestamp: int
    """32 bits, as its sender counts."""
    arrived: float
    """Seconds on the call's clock."""
    lost: int
    """Packets just before it that never came, or that nobody could open."""


@dataclass(slots=True)
class _Slot:
    timestamp: int
    arrived: float
    payload: bytes | None = None
    """``None`` until it is filled: a packet that came and can't be opened is lost all the same."""


class JitterBuffer:
    """Orders packets by their 16-bit sequence numbers, past every wrap.

    A packet is first pushed, and filled if it could be opened: so what comes twice is known before
    anything is decrypted.
    """

    def __init__(self) -> None:
        self._slots: dict[int, _Slot] = {}
        self._given_up: set[int] = set()
        self._next = _NUMBERS
        """Numbers in here go on where 16 bits begin anew."""
        self._begun = False
        """Whether the first frame has been given; until then earlier ones may still come."""
        self._lost = 0
        self._stray: int | None = None

    def push(self, sequence: int, timestamp: int, now: float) -> Arrival:
        """Take note of a packet that came ``now``; fill it next if it is new."""
        if not self._begun and not self._slots:
            self._next = _NUMBERS + sequence
        number = self._number(sequence)
        if not -_MISORDER <= number - self._next <= _DROPOUT:
            if sequence != self._stray:
                self._stray = (sequence + 1) % _NUMBERS
                return Arrival.STRAY
            self._begin_anew(number)
        self._stray = None
        if number in self._slots:
            return Arrival.DUPLICATE
        if number < self._next and self._begun:
            if number not in self._given_up:
                return Arrival.DUPLICATE
            self._given_up.discard(number)
            return Arrival.LATE
        self._slots[number] = _Slot(timestamp, now)
        return Arrival.NEW

    def fill(self, sequence: int, payload: bytes) -> None:
        """Give a packet that was new its frame; an empty one is padding, and no loss."""
        self._slots[self._number(sequence)].payload = payload

    def pop(self, now: float) -> Frame | None:
        """Return the next frame, if it is its turn or its turn has been waited for."""
        while self._slots:
            number = min(self._slots)
            if (number != self._next or not self._begun) and not self._waited(now):
                return None
            self._give_up(number)
            slot = self._slots.pop(number)
            self._begun, self._next = True, number + 1
            if slot.payload is None:
                self._lost += 1
            elif slot.payload:
                lost, self._lost = self._lost, 0
                return Frame(slot.payload, slot.timestamp, slot.arrived, lost)
        return None

    def _begin_anew(self, number: int) -> None:
        self._slots.clear()
        self._given_up.clear()
        self._next, self._begun, self._lost = number, False, 0

    def _number(self, sequence: int) -> int:
        """Return the number nearest to the next one that ends in these 16 bits."""
        ahead = (sequence - self._next + _NUMBERS // 2) % _NUMBERS - _NUMBERS // 2
        return self._next + ahead

    def _waited(self, now: float) -> bool:
        oldest = min(slot.arrived for slot in self._slots.values())
        return now - oldest >= HOLD_S or len(self._slots) >= _ROOM

    def _give_up(self, number: int) -> None:
        if not self._begun or number == self._next:
            return
        self._lost += number - self._next
        recent = range(max(self._next, number - _MISORDER), number)
        self._given_up = {each for each in self._given_up if each >= number - _MISORDER}
        self._given_up.update(recent)
