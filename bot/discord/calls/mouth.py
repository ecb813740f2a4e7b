"""What is said into a call: one voice at a time, in fair turns, and nothing that is stale."""

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

import discord
import numpy as np

from pipeline import playback
from pipeline.types import Clip

FRAME: Final = 3840
"""Bytes of 20 ms at 48 kHz, stereo, 16 bits: what discord.py asks a source for at a time."""
_FRAME_S: Final = 0.02
_TAIL: Final = 5
"""Frames of silence after the end: Discord's documentation of voice asks for five, so that
decoders don't invent a sound between what ends here and what begins next."""
_SILENCE: Final = bytes(FRAME)

_HUSH_S: Final = 0.5
"""From a skip until the player is stopped by force: 20 ms and the tail are enough."""
_STUCK_S: Final = 30.0
"""How much longer than the sound it may take; a player that is disconnected waits itself."""
_LOOK_S: Final = 0.25
"""How often it is asked whether a lost connection is back."""

_log = logging.getLogger(__name__)


class PcmSource(discord.AudioSource):
    """Sound for ``discord.VoiceClient.play``; its ``read`` is called in discord.py's thread."""

    def __init__(self, pcm: bytes) -> None:
        """``pcm`` is 48 kHz, stereo, signed 16 bits, little-endian."""
        self._pcm = memoryview(pcm)
        self._at = 0
        self._tail = _TAIL
        self._hushed = False
        self.seconds: Final = (-(-len(pcm) // FRAME) + _TAIL) * _FRAME_S

    def read(self) -> bytes:
        """Return the next 20 ms, at the end silence, then nothing."""
        frame = bytes(self._pcm[self._at : self._at + FRAME]).ljust(FRAME, b"\0")
        if self._at < len(self._pcm):
            self._at += FRAME
            return self._faded(frame) if self._hushed else frame
        if self._tail:
            self._tail -= 1
            return _SILENCE
        return b""

    def hush(self) -> None:
        """End within the next frame, without a click."""
        self._hushed = True

    def _faded(self, frame: bytes) -> bytes:
        self._at = len(self._pcm)
        samples = np.frombuffer(frame, "<i2").reshape(-1, 2)
        ramp = np.linspace(1, 0, len(samples))[:, np.newaxis]
        return (samples * ramp).astype("<i2").tobytes()


class Player(Protocol):
    """What of ``discord.VoiceClient`` is needed to play."""

    def play(
        self, source: discord.AudioSource, *, after: Callable[[Exception | None], Any] | None
    ) -> None:
        """Play in a thread of its own, in which ``after`` is called when that is over.

        Raises discord.DiscordException if it can't.
        """
        ...

    def stop(self) -> None:
        """End what is played at once."""
        ...

    def is_connected(self) -> bool:
        """Say whether anybody would hear it."""
        ...


@dataclass(frozen=True, slots=True)
class MouthLimits:
    """When a clip is said, and when it is not said any more."""

    stale_s: float = 20.0
    """A translation that comes later than this after the words confuses more than it helps."""
    per_speaker: int = 3
    """How many clips of one speaker wait."""
    total: int = 20
    quiet_s: float = 0.5
    """How long nobody must speak before a clip is said."""
    longest_wait_s: float = 8.0
    """How long it is waited for that; then the clip is said all the same."""


@dataclass(frozen=True, slots=True)
class MouthCounts:
    """What became of the clips of a call, in numbers."""

    waiting: int = 0
    said: int = 0
    skipped: int = 0
    stale: int = 0
    """Dropped, because they came too late when their turn came."""
    crowded: int = 0
    """Dropped, because newer ones needed the room."""
    failed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    speaker: str
    clip: Clip
    at: float


class Mouth:
    """The queue of speech into one call, and the task that plays it. Speakers take turns."""

    def __init__(
        self,
        player: Player,
        clock: Callable[[], float],
        *,
        pauses: bool = True,
        limits: MouthLimits = MouthLimits(),
    ) -> None:
        """``clock`` gives seconds, on which ``say`` is told when something was said.

        While people speak clips wait, if ``pauses``, which may be changed at any time.
        """
        self.pauses = pauses
        self._player = player
        self._clock = clock
        self._limits = limits
        self._queues: dict[str, deque[_Item]] = {}
        """Of the speakers whose turns come; the first is the next."""
        self._counts: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._quiet_from = 0.0
        """When it will have been quiet for long enough, in the loop's time."""
        self._turned = asyncio.Event()
        """Somebody began to speak, or ended."""
        self._playing: _Playing | None = None
        self._saying: _Item | None = None
        """What is said, or about to be."""

    def say(self, speaker: str, clip: Clip, at: float) -> None:
        """Queue a clip behind those of the same speaker, a key; where need be, an old one goes."""
        if self._closed:
            return
        queues = self._queues
        if len(queues.get(speaker, ())) >= self._limits.per_speaker:
            self._crowd_out(speaker)
        elif sum(map(len, queues.values())) >= self._limits.total:
            self._crowd_out(max(queues, key=lambda each: len(queues[each])))
        queues.setdefault(speaker, deque()).append(_Item(speaker, clip, at))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._say_all())
            self._task.add_done_callback(_report)

    def people_speaking(self, speaking: bool) -> None:  # noqa: FBT001 - says nothing else
        """Know whether anybody speaks in the call."""
        now = asyncio.get_running_loop().time()
        self._quiet_from = math.inf if speaking else now + self._limits.quiet_s
        self._turned.set()

    def skip(self) -> bool:
        """End what is being said, softly and at once; return whether there was something."""
        return self._playing is not None and self._playing.hush()

    def forget(self, speaker: str) -> None:
        """Say nothing more of the speaker's."""
        self._queues.pop(speaker, None)
        if self._saying is not None and self._saying.speaker == speaker:
            self._saying = None
            self.skip()

    def use(self, player: Player) -> None:
        """Go on with another player, such as that of a new connection, and the next clip."""
        self._player = player
        self.skip()

    def stats(self) -> MouthCounts:
        """Return what became of the clips so far."""
        return MouthCounts(waiting=sum(map(len, self._queues.values())), **self._counts)

    def waited_s(self) -> float:
        """Return how many seconds ago the oldest clip that waits was said; 0 without any."""
        now = self._clock()
        return max((now - item.at for each in self._queues.values() for item in each), default=0.0)

    async def close(self) -> None:
        """Drop what waits, and fall silent."""
        self._closed = True
        self._queues.clear()
        if self._task is None:
            return
        try:
            if self.skip():
                await asyncio.wait({self._task}, timeout=2 * _HUSH_S)
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _crowd_out(self, speaker: str) -> None:
        """Drop the oldest clip of the speaker, who keeps the turn."""
        self._queues[speaker].popleft()
        self._counts["crowded"] += 1

    async def _say_all(self) -> None:
        while self._queues:
            await self._connection()
            await self._quiet()
            item = self._saying = self._next()
            if item is None:
                continue
            try:
                pcm = await asyncio.to_thread(playback.pcm, item.clip)
                outcome = "skipped" if self._saying is None else await self._play(pcm)
            except Exception as error:  # noqa: BLE001 - what a library raises costs this clip alone
                _log.warning("clip not said", extra={"kind": type(error).__name__})
                outcome = "failed"
            self._counts[outcome] += 1

    async def _connection(self) -> None:
        while not self._player.is_connected():  # noqa: ASYNC110 - the library has no event for it
            await asyncio.sleep(_LOOK_S)

    async def _quiet(self) -> None:
        """Wait until people have been quiet for long enough, or it has been waited too long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limits.longest_wait_s
        while self.pauses and (left := min(deadline, self._quiet_from) - loop.time()) > 0:
            self._turned.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._turned.wait()

    def _next(self) -> _Item | None:
        """Take the clip whose turn it is; drop those that come too late, which cost no turn."""
        earliest = self._clock() - self._limits.stale_s
        while self._queues:
            speaker, queue = next(iter(self._queues.items()))
            del self._queues[speaker]
            while queue:
                item = queue.popleft()
                if item.at >= earliest:
                    if queue:
                        self._queues[speaker] = queue
                    return item
                self._counts["stale"] += 1
        return None

    async def _play(self, pcm: bytes) -> str:
        """Play to the end, or to a skip; return what to count it as."""
        player, playing = self._player, _Playing(PcmSource(pcm))
        player.play(playing.source, after=playing.over)
        self._playing = playing
        try:
            error = await playing.end()
        finally:
            self._playing = None
            if not playing.ended:
                player.stop()
        if error is not None:
            _log.warning("playing failed", extra={"kind": type(error).__name__})
            return "failed"
        return "skipped" if playing.hushed else "said"


class _Playing:
    """What is being played: begun on the event loop, ended by discord.py's thread."""

    def __init__(self, source: PcmSource) -> None:
        self.source = source
        self.hushed = False
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[Exception | None] = self._loop.create_future()
        self._limit = asyncio.timeout(source.seconds + _STUCK_S)

    @property
    def ended(self) -> bool:
        return self._end.done() and not self._end.cancelled()

    async def end(self) -> Exception | None:
        """Wait for the end; return what went wrong, if anything did."""
        try:
            async with self._limit:
                return await self._end
        except TimeoutError as error:
            return None if self.hushed else error

    def hush(self) -> bool:
        """Let it end at once, softly if its thread still runs; say whether it still played."""
        if self.hushed or self._limit.expired() or self._end.done():
            return False
        self.hushed = True
        self.source.hush()
        self._limit.reschedule(self._loop.time() + _HUSH_S)
        return True

    def over(self, error: Exception | None) -> None:
        """Know that it has ended; called in discord.py's thread."""
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            self._loop.call_soon_threadsafe(self._finish, error)

    def _finish(self, error: Exception | None) -> None:
        if not self._end.done():
            self._end.set_result(error)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # A fault of ours; the next clip begins anew.
        _log.error("mouth failed", exc_info=error)
