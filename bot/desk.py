"""Where notes are taken in: so many at once, in fair turns, each seen through to its end."""

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from bot.overload import Ladder, Step
from bot.types import Reply, VoiceNote
from pipeline.errors import AudioTooLargeError, AudioTooLongError, DragomanError, StorageError
from pipeline.specs import AudioLimits
from storage.types import Chat, Person

_log = logging.getLogger(__name__)

_PATIENCE_S: Final = 3.0
"""Who waits longer is told the place in the queue."""
_FAREWELL_S: Final = 5.0
"""After the grace, how long it may take to tell people that their notes were cut off."""


class BusyError(DragomanError):
    """No note can be taken, or gone on with; ``reason`` says why.

    It is person, chat, house, wait (of ``minutes``), stopping or restarted.
    """

    code = "busy"


class Exchange(Protocol):
    """One note and its reply, with the order of things between them. Nothing of it raises."""

    async def answer(self) -> None:
        """See the note through: results and failures are told as they come."""
        ...

    async def afterwards(self) -> None:
        """Do what is left when the turn is over; others have theirs meanwhile."""
        ...

    async def waiting(self, place: int) -> None:
        """Tell the place in the queue."""
        ...

    async def refuse(self, error: DragomanError) -> None:
        """Tell why there is no answer, and note that."""
        ...

    async def abandon(self, error: DragomanError) -> None:
        """As ``refuse``, after ``answer`` or ``afterwards`` was cancelled or never begun.

        Note nothing if it could not be told: it is told after the restart.
        """
        ...


class Seen(Protocol):
    """Remembers which messages were taken: ``storage.Notes``."""

    async def take(self, chat: Chat, person: Person, message: str) -> bool:
        """Return whether the message is new; raises StorageError."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many notes may wait or be worked on, and how many of them are worked on at once."""

    at_once: int = 2
    per_person: int = 5
    per_chat: int = 20
    total: int = 100


@dataclass(eq=False, slots=True)
class _Ticket:
    person: Person
    chat: Chat
    exchange: Exchange
    turn: asyncio.Event


class Desk:
    """Takes notes in and owns one task for each until it is answered.

    Chats take turns, topics of a chat counting as one; within a chat, first come is first served.
    """

    def __init__(
        self,
        open_exchange: Callable[[VoiceNote, Reply], Exchange],
        seen: Seen,
        bounds: Bounds,
        limits: AudioLimits,
        patience_s: float = _PATIENCE_S,
        farewell_s: float = _FAREWELL_S,
        ladder: Ladder | None = None,
    ) -> None:
        """``ladder`` is told how much there is to do, and refuses what would wait too long."""
        self._open_exchange = open_exchange
        self._seen = seen
        self._bounds = bounds
        self._limits = limits
        self._patience_s = patience_s
        self._farewell_s = farewell_s
        self._ladder = ladder or Ladder()
        self._queues: dict[Chat, deque[_Ticket]] = {}
        """Of the chats whose turns come; the first is the next."""
        self._working: set[_Ticket] = set()
        self._tasks: dict[asyncio.Task[None], _Ticket] = {}
        self._people: Counter[Person] = Counter()
        self._chats: Counter[Chat] = Counter()
        self._closing = False

    def bound(self, bounds: Bounds) -> None:
        """Take on no more than this from now on; what was taken stays."""
        self._bounds = bounds
        self._move_on()

    async def take(self, note: VoiceNote, reply: Reply) -> None:
        """Give the note a task of its own, or refuse it; see Intake.take."""
        exchange = self._open_exchange(note, reply)
        try:
            new = note.live is not None or await self._seen.take(
                note.address.chat, note.asker, note.key
            )
            if not new:
                _log.info("note seen before", extra={"platform": note.address.chat.platform})
                return
        except StorageError as error:
            await exchange.refuse(error)
            return
        refusal = self._refusal(note)
        if refusal is not None:
            await exchange.refuse(refusal)
            return
        ticket = _Ticket(note.asker, note.address.chat.whole, exchange, asyncio.Event())
        self._people[ticket.person] += 1
        self._chats[ticket.chat] += 1
        self._queues.setdefault(ticket.chat, deque()).append(ticket)
        task = asyncio.create_task(self._see_through(ticket))
        self._tasks[task] = ticket
        task.add_done_callback(self._leave)
        self._move_on()

    def waiting(self) -> int:
        """Return how many notes wait."""
        return sum(map(len, self._queues.values()))

    def working(self) -> int:
        """Return how many notes are worked on."""
        return len(self._working)

    def step(self) -> Step:
        """Return the rung of the ladder on which the next note is worked on."""
        return self._ladder.step

    def places(self, person: Person) -> tuple[int, ...]:
        """Return the places in the queue of the person's notes that wait, the first being 1."""
        return tuple(
            place for place, ticket in enumerate(self._order(), start=1) if ticket.person == person
        )

    async def drain(self, grace_s: float) -> None:
        """Take nothing more; go on for the grace, cancel the rest, and tell their people.

        Returns when no task is left.
        """
        self._closing = True
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=grace_s)
        finally:
            cut_off = dict(self._tasks)
            for task in cut_off:
                task.cancel()
        if not cut_off:
            return
        await asyncio.wait(cut_off)
        _log.warning("notes cut off", extra={"count": len(cut_off)})
        error = BusyError(reason="stopping")
        try:
            async with asyncio.timeout(self._farewell_s), asyncio.TaskGroup() as farewells:
                for ticket in cut_off.values():
                    farewells.create_task(_farewell(ticket.exchange, error))
        except TimeoutError:
            _log.warning("not everybody could be told")

    def _refusal(self, note: VoiceNote) -> DragomanError | None:
        """Say why the note can't be taken; what it claims of itself may only speak against it."""
        limits, bounds = self._limits, self._bounds
        if note.seconds is not None and note.seconds > limits.seconds:
            return AudioTooLongError(limit=limits.seconds)
        if note.size is not None and note.size > limits.bytes:
            return AudioTooLargeError(limit=limits.bytes)
        held = (
            ("stopping", self._closing, 1),
            ("person", self._people[note.asker], bounds.per_person),
            ("chat", self._chats[note.address.chat.whole], bounds.per_chat),
            ("house", len(self._tasks), bounds.total),
        )
        reason = next((reason for reason, count, bound in held if count >= bound), None)
        if reason:
            return BusyError(reason=reason)
        wait_s = self._wait_s(self._place_of_next(note.address.chat.whole))
        if self._ladder.refuses(wait_s):
            return BusyError(reason="wait", minutes=math.ceil(wait_s / 60))
        return None

    async def _see_through(self, ticket: _Ticket) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await ticket.turn.wait()
        except TimeoutError:
            if not ticket.turn.is_set():
                await ticket.exchange.waiting(self._place(ticket))
            await ticket.turn.wait()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await ticket.exchange.answer()
        self._ladder.worked(loop.time() - began)
        self._working.discard(ticket)
        self._move_on()
        await ticket.exchange.afterwards()

    def _advance(self) -> None:
        """Give turns away as long as there is room."""
        while self._queues and len(self._working) < self._bounds.at_once:
            chat, queue = next(iter(self._queues.items()))
            ticket = queue.popleft()
            del self._queues[chat]
            if queue:
                self._queues[chat] = queue
            self._working.add(ticket)
            ticket.turn.set()

    def _leave(self, task: asyncio.Task[None]) -> None:
        """Clear up after a note, however it ended, and let the next have its turn."""
        ticket = self._tasks.pop(task)
        self._people -= Counter([ticket.person])
        self._chats -= Counter([ticket.chat])
        self._working.discard(ticket)
        queue = self._queues.get(ticket.chat, deque())
        if ticket in queue:
            queue.remove(ticket)
            if not queue:
                del self._queues[ticket.chat]
        if not task.cancelled() and (error := task.exception()) is not None:
            # A fault of ours in one exchange ends that one alone.
            _log.error("exchange failed", exc_info=error)
        self._move_on()

    def _move_on(self) -> None:
        """Give turns away, and tell the ladder how long the last who waits will have to."""
        self._advance()
        self._ladder.feel(self._wait_s(self.waiting()))

    def _wait_s(self, place: int) -> float:
        return self._ladder.wait_s(place / self._bounds.at_once)

    @property
    def _is_full(self) -> bool:
        return len(self._working) >= self._bounds.at_once

    def _place_of_next(self, chat: Chat) -> int:
        """Return the place at which another note of the chat would wait; 0 if it need not."""
        if not self._is_full:
            return 0
        own = len(self._queues.get(chat, ())) + 1
        return own + sum(
            min(len(queue), own) for other, queue in self._queues.items() if other != chat
        )

    def _place(self, ticket: _Ticket) -> int:
        return next(place for place, each in enumerate(self._order(), start=1) if each is ticket)

    def _order(self) -> Iterator[_Ticket]:
        """Yield the waiting tickets in the order in which their turns come."""
        rounds = max(map(len, self._queues.values()), default=0)
        for round_ in range(rounds):
            for queue in self._queues.values():
                if round_ < len(queue):
                    yield queue[round_]


async def _farewell(exchange: Exchange, error: DragomanError) -> None:
    """Tell one of those who were cut off; that this fails costs the others nothing."""
    try:
        await exchange.abandon(error)
    except Exception:  # noqa: BLE001 - whatever it raises
        _log.exception("not told of the end")
