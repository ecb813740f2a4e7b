"""Own voice: jobs become clips, and clips follow-up messages, beside everything else.

Nothing here is in the way of text and quick voice: clips are made in a process that stands back
behind all others, and stands still while a note waits. What is going on is in the database, so
that the program may die at any moment: a clip is made until it is kept, and sent until that is
noted. Between the sending and the note of it there is a moment in which a death has the clip sent
again; a platform that knows a message again by its nonce shows it once all the same.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import Final

from bot.courier import Courier, GoneError, held
from bot.observing import MADE, FollowUp, FollowUpObserver, LogFollowUps
from bot.ordering import GrantError, QuotaError, permit
from bot.stores import Stores
from bot.types import Platform
from pipeline.cloning import Cloning
from pipeline.errors import (
    ClipUnlikeError,
    ConsentError,
    DragomanError,
    LatentsError,
    NoSpeechError,
    SealError,
    StorageError,
    TextTooLongError,
    UnsupportedLanguageError,
)
from pipeline.pipeline import Heard, Pipeline
from pipeline.specs import XttsSpec
from pipeline.types import Request, Speech
from pipeline.verifying import ENOUGH, says
from storage.clips import Job, Order
from storage.types import Person

_log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 2.0
"""Between two looks at the queue, and at whether there is room."""
_WORDINGS: Final = 2
"""How often a clip is made that does not say its text, in one try."""
_HOPELESS: Final = (
    ClipUnlikeError,
    LatentsError,
    SealError,
    TextTooLongError,
    UnsupportedLanguageError,
)
"""Another try would end the same way."""


def follow_ups(
    stores: Stores,
    cloning: Cloning,
    pipeline: Pipeline,
    has_room: Callable[[], bool],
    platforms: Iterable[Platform],
    placed: asyncio.Event,
    observer: FollowUpObserver | None = None,
) -> "OwnVoice":
    """Put everything together; ``placed`` is set when a job was queued.

    The pipeline hears the clips, and should compute where they are made, so that text waits for
    neither.
    """
    couriers = {each.name: Courier(stores, each, observer) for each in platforms}
    maker = Maker(stores, cloning, pipeline, has_room, couriers, placed, observer)
    return OwnVoice(maker, couriers, stores)


class OwnVoice:
    """Makes clips, one at a time, and sends them, on each platform by itself."""

    def __init__(self, maker: "Maker", couriers: Mapping[str, Courier], stores: Stores) -> None:
        """``couriers`` are by the platforms' names."""
        self._maker = maker
        self._couriers = dict(couriers)
        self._stores = stores
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Go on where an earlier program was ended, until ``stop``."""
        self._ended.clear()
        try:
            if await self._recovered():
                await self._work()
        finally:
            self._ended.set()

    async def _recovered(self) -> bool:
        """Open again what an earlier program held, before anything is held anew."""
        while not self._stopping.is_set():
            try:
                reopened = await self._stores.jobs.recover()
                await self._stores.endings.recover()
            except StorageError as error:
                _log.warning("own voice waits", extra={"code": error.code})
                await self._rested(self._maker.woken)
            else:
                _log.info("own voice", extra={"reopened": reopened})
                return True
        return False

    async def _work(self) -> None:
        making = asyncio.create_task(self._repeat(self._maker.make_next, self._maker.woken))
        sending = {
            asyncio.create_task(self._repeat(each.go, each.woken))
            for each in self._couriers.values()
        }
        try:
            await self._stopping.wait()
            making.cancel()
            await asyncio.wait({making, *sending})
        finally:
            for task in (making, *sending):
                task.cancel()
            await asyncio.wait({making, *sending})

    async def stop(self) -> None:
        """Begin nothing more, put back the clip that is being made, and finish sending."""
        self._stopping.set()
        self.wake()
        await self._ended.wait()

    def wake(self) -> None:
        """Look at the queue now, and not only in a moment."""
        self._maker.woken.set()
        for courier in self._couriers.values():
            courier.woken.set()

    async def _repeat(self, step: Callable[[], Awaitable[bool]], woken: asyncio.Event) -> None:
        """Do the step again and again, with a pause where there was nothing to do."""
        while not self._stopping.is_set():
            try:
                if await step():
                    continue
            except StorageError as error:
                _log.warning("own voice waits", extra={"code": error.code})
            except Exception:  # noqa: BLE001 - a fault nobody has thought of costs this step alone
                _log.exception("own voice failed")
            await self._rested(woken)

    async def _rested(self, woken: asyncio.Event) -> None:
        """Pause until there may be something to do."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_S):
                await woken.wait()
        woken.clear()


class Maker:
    """Makes clips."""

    def __init__(
        self,
        stores: Stores,
        cloning: Cloning,
        pipeline: Pipeline,
        has_room: Callable[[], bool],
        couriers: Mapping[str, Courier],
        woken: asyncio.Event,
        observer: FollowUpObserver | None = None,
    ) -> None:
        self.woken = woken
        self._stores = stores
        self._cloning = cloning
        self._pipeline = pipeline
        self._has_room = has_room
        self._couriers = couriers
        self._observer = observer or LogFollowUps()

    async def make_next(self) -> bool:
        """Make the clip whose turn it is, if there is room; return whether there was anything.

        Raises StorageError.
        """
        jobs = self._stores.jobs
        if not self._has_room():
            return False
        job = await jobs.claim()
        if job is None:
            return False
        try:
            await permit(self._stores.premium, job.order)
            async with held(jobs, job), self._cloning.giving_way(self._has_room):
                speech, made_s = await self._made(job)
            if await jobs.done(job, speech, made_s):
                self._observe(job, speech, made_s)
        except asyncio.CancelledError:
            await jobs.release(job)
            raise
        except GoneError:
            _log.info("own voice not wanted any more")
        except (ConsentError, GrantError, QuotaError) as error:
            await jobs.drop(job, error.code)
        except DragomanError as error:
            await self._give_up(job, error)
        except Exception:  # noqa: BLE001 - a fault of ours costs this job alone
            _log.exception("own voice failed")
            await self._give_up(job, DragomanError())
        if courier := self._couriers.get(job.order.chat.platform):
            courier.woken.set()
        return True

    async def _made(self, job: Job) -> tuple[Speech, float]:
        """Return the clip, and how many seconds it took to make."""
        order = job.order
        spec = self._cloning.spec(order.language)
        if not await self._stores.jobs.begin(job):
            raise GoneError
        spent, heard = 0.0, 0.0
        for wording in range(_WORDINGS):
            started = time.monotonic()
            speech = await self._spoken(order, spec, _WORDINGS * job.tries + wording)
            heard = await self._heard(order, speech)
            spent += time.monotonic() - started
            if heard >= ENOUGH:
                return speech, spent
            _log.warning("clip does not say its text", extra={"percent": round(100 * heard)})
        raise ClipUnlikeError(percent=round(100 * heard))

    async def _spoken(self, order: Order, spec: XttsSpec, seed: int) -> Speech:
        latents = await self._latents(order.person, spec)
        return await self._cloning.speak(spec, order.text, order.language, latents, seed)

    async def _latents(self, person: Person, spec: XttsSpec) -> bytes:
        """Return the person's voice as this cloner keeps it, learnt now if it never was."""
        voices = self._stores.voices
        known = await voices.latents(person, spec.model)
        if known is not None:
            return known
        voice, sample = await voices.of(person), await voices.sample(person)
        if voice is None or sample is None:
            raise ConsentError
        learnt = await self._cloning.learn(spec, sample)
        await voices.add_latents(voice, spec.model, learnt)
        return learnt

    async def _heard(self, order: Order, speech: Speech) -> float:
        """Return how much of the text the clip says, as the recogniser hears it."""
        language = order.language
        request = Request(sound=speech.clip.data, targets=(language,), source=language, voice=None)
        try:
            async with aclosing(self._pipeline.run(request)) as events:
                async for event in events:
                    if isinstance(event, Heard):
                        return says(order.text, event.transcript)
        except NoSpeechError:
            pass
        return 0.0

    async def _give_up(self, job: Job, error: DragomanError) -> None:
        """Put it back for another try, or for good; whether that is said, the courier sees to."""
        jobs = self._stores.jobs
        if isinstance(error, _HOPELESS):
            await jobs.fail(job, error.code)
        elif await jobs.retry(job, error.code):
            _log.warning("own voice is tried again", extra={"code": error.code})

    def _observe(self, job: Job, speech: Speech, made_s: float) -> None:
        self._observer.followed_up(
            FollowUp(
                platform=job.order.chat.platform,
                outcome=MADE,
                engine=speech.engine,
                seconds=speech.clip.seconds,
                made_s=made_s,
                waited_s=max(0.0, time.time() - job.created),
            )
        )
