"""The ears of one call: datagrams in, utterances out, in one thread of their own.

discord.py's reader hands datagrams over and waits for nothing. The thread looks every 40 ms at what
has come: who has sent it, whether they may be heard, and only then what they say.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from bot.discord.ears.dave import Encryption
from bot.discord.ears.names import Names
from bot.discord.ears.rtp import Packet, Refusal, Transport
from bot.discord.ears.speaker import Opener, Speaker
from bot.discord.ears.stats import CallStats
from pipeline.segments import Segmenter, SegmentEvent

_TURN_S: Final = 0.040
"""Two frames: the thread does the work of all speakers at once. Half as long costs a fifth more."""
_SETTLED_S: Final = 10.0
"""With no packets for so long, everybody has had their say: the thread sleeps until the next."""
_SLEEP_S: Final = 60.0
_FORGET_S: Final = 600.0
"""Who has sent nothing for so long is no longer kept in mind."""
_QUEUE: Final = 4_096
"""Datagrams waiting at most: 3 s of 25 people speaking at once."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Counts:
    datagrams: int = 0
    foreign: int = 0
    sealed: int = 0
    broken: int = 0
    refused: int = 0
    unknown: int = 0
    overflown: int = 0
    faults: int = 0
    announced: int = 0
    opened: int = 0


@dataclass(frozen=True, slots=True)
class _Datagram:
    data: bytes
    came: float


_Item: TypeAlias = _Datagram | Callable[[], None]


class Ears:
    """Hears everybody in a call whom it may hear, each for themselves.

    ``segmenter`` makes one for each speaker. ``on_event`` is called on the loop, with Discord's id
    of the user. ``admitted`` is called in the thread of the ears, for every packet: packets of
    others are neither decrypted nor decoded, and what they had begun to say is forgotten.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        segmenter: Callable[[], Segmenter],
        on_event: Callable[[int, SegmentEvent], None],
        admitted: Callable[[int], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._segmenter = segmenter
        self._on_event = on_event
        self._admitted = admitted
        self._clock = clock
        self._items: deque[_Item] = deque()
        self._arrived = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)
        self._counts = _Counts()
        self._complained: set[type[Exception]] = set()
        self._transport: Transport | None = None
        self._current: Callable[[], Encryption] = Encryption
        self._encryption = Encryption()
        """As it was when this turn began."""
        self._names = Names()
        self._speakers: dict[int, Speaker] = {}
        self._settled = clock()
        """When everybody will have had their say, if no more comes."""

    def start(self) -> None:
        """Begin to hear. Without ``opus.load`` before, the first packet has to wait for it."""
        self._thread.start()

    async def close(self) -> None:
        """Hear what has come, end what was being said, and stop; events may come until then."""
        self._closing.set()
        self._arrived.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    def datagram(self, data: bytes) -> None:
        """Take a datagram; for any thread, and never waits."""
        if len(self._items) >= _QUEUE:
            self._counts.overflown += 1
        elif not self._closing.is_set():
            self._items.append(_Datagram(data, self._clock()))
            self._arrived.set()

    def reset(self, own_ssrc: int, own_user: int) -> None:
        """Begin a voice session: nobody's SSRC is known yet, except our own."""
        self._do(partial(self._begin_anew, own_ssrc, own_user))

    def describe(self, key: bytes, encryption: Callable[[], Encryption]) -> None:
        """Take the key of the transport, and where to look up how the call is encrypted.

        That is looked up in the thread of the ears. Raises ValueError unless the key has 32 bytes.
        """
        self._do(partial(self._adopt, Transport(key), encryption))

    def speaking(self, ssrc: int, user: int, *, begins: bool = True) -> None:
        """Take word of who sends an SSRC, and as a rule that they begin to speak."""
        self._counts.announced += begins
        self._do(partial(self._name, ssrc, user))

    def gone(self, user: int) -> None:
        """End what somebody was saying who has left."""
        self._do(partial(self._part, user))

    def stats(self) -> CallStats:
        """Return what was counted so far; for any thread."""
        speakers = {user: replace(each.stats) for user, each in list(self._speakers.items())}
        return CallStats(speakers, **asdict(self._counts))

    def anybody_speaks(self) -> bool:
        """Say whether somebody who is heard is speaking just now; for any thread."""
        return any(each.speaks for each in list(self._speakers.values()))

    def _do(self, step: Callable[[], None]) -> None:
        self._items.append(step)
        self._arrived.set()

    # What follows runs in the thread of the ears.

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._clock() < self._settled:
                self._closing.wait(_TURN_S)
            else:
                self._arrived.wait(_SLEEP_S)
            self._arrived.clear()
            self._turn()
        self._turn()
        for user in list(self._speakers):
            self._guarded(partial(self._part, user))

    def _turn(self) -> None:
        self._guarded(self._look_up)
        for _ in range(len(self._items)):
            item = self._items.popleft()
            self._guarded(partial(self._take, item) if isinstance(item, _Datagram) else item)
        for user in list(self._speakers):
            self._guarded(partial(self._tend, user))

    def _guarded(self, step: Callable[[], None]) -> None:
        """Let a step cost no more than itself."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are to be heard
            self._counts.faults += 1
            if type(error) not in self._complained:
                self._complained.add(type(error))
                _log.warning("not heard", extra={"error": type(error).__name__})

    def _look_up(self) -> None:
        self._encryption = self._current()

    def _begin_anew(self, own_ssrc: int, own_user: int) -> None:
        self._transport = None
        self._names = Names(own_ssrc, own_user)
        for speaker in self._speakers.values():
            speaker.hang_up()

    def _adopt(self, transport: Transport, encryption: Callable[[], Encryption]) -> None:
        self._transport, self._current = transport, encryption
        self._look_up()

    def _take(self, datagram: _Datagram) -> None:
        self._counts.datagrams += 1
        match self._transport.open(datagram.data) if self._transport else Refusal.SEALED:
            case Refusal.FOREIGN:
                self._counts.foreign += 1
            case Refusal.SEALED:
                self._counts.sealed += 1
            case Refusal.BROKEN:
                self._counts.broken += 1
            case packet:
                self._hear(packet, datagram.came)

    def _hear(self, packet: Packet, came: float) -> None:
        if self._names.own(ssrc=packet.ssrc):
            return
        user = self._names.of(packet.ssrc)
        if user is not None:
            self._route(user, packet, came)
            return
        self._counts.unknown += 1
        candidates = [each for each in self._encryption.members() if self._may_hear(each)]
        found = self._encryption.sender(packet.payload, candidates)
        if found is None:
            self._names.wait(packet, came)
            return
        user, frame = found
        self._name(packet.ssrc, user)
        self._route(user, packet, came, lambda _: frame)

    def _name(self, ssrc: int, user: int) -> None:
        if self._names.own(ssrc=ssrc) or self._names.own(user=user):
            return
        for packet, came in self._names.learn(ssrc, user, self._clock()):
            self._route(user, packet, came)

    def _may_hear(self, user: int) -> bool:
        return not self._names.own(user=user) and self._admitted(user)

    def _route(self, user: int, packet: Packet, came: float, opener: Opener | None = None) -> None:
        if not self._admitted(user):
            self._counts.refused += 1
            return
        speaker = self._speakers.get(user)
        if speaker is None:
            speaker = self._speakers[user] = Speaker(self._segmenter())
        before = speaker.stats.opened
        try:
            speaker.take(packet, came, opener or partial(self._encryption.open, user))
        finally:
            self._counts.opened += speaker.stats.opened - before

    def _tend(self, user: int) -> None:
        """Let time pass for a speaker, and let go of whoever is no longer to be heard."""
        speaker, now = self._speakers[user], self._clock()
        if not self._admitted(user):
            del self._speakers[user]
            self._post(user, speaker.withdraw())
        elif now - speaker.came > _FORGET_S:
            del self._speakers[user]
            self._post(user, speaker.finish())
        elif now < speaker.came + _SETTLED_S:
            self._settled = max(self._settled, speaker.came + _SETTLED_S)
            self._post(user, speaker.pass_time(now))

    def _part(self, user: int) -> None:
        self._names.forget(user)
        speaker = self._speakers.pop(user, None)
        if speaker is not None:
            self._post(user, speaker.finish() if self._admitted(user) else speaker.withdraw())

    def _post(self, user: int, events: list[SegmentEvent]) -> None:
        for event in events:
            try:
                self._loop.call_soon_threadsafe(self._on_event, user, event)
            except RuntimeError:  # the loop is closed
                self._closing.set()
