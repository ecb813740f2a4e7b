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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

from bot import messages
from bot.observing import FollowUp, FollowUpObserver, LogFollowUps
from bot.stores import Stores
from bot.types import Address, Platform
from pipeline.cloning import Cloning
from pipeline.errors import (
    ClipUnlikeError,
    ConsentError,
    DragomanError,
    LatentsError,
    NoSpeechError,
    PlatformError,
    PlatformRefusedError,
    SealError,
    StorageError,
    TextTooLongError,
    UnsupportedLanguageError,
)
from pipeline.pipeline import Heard, Pipeline
from pipeline.specs import XttsSpec
from pipeline.types import Request, Speech
from pipeline.verifying import ENOUGH, says
from storage.jobs import DELIVERED, Delivery, Job, Jobs, Order
from storage.types import Person

_log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 2.0
"""Between two looks at the queue, and at whether there is room."""
_WORDINGS: Final = 2
"""How often a clip is made that does not say its text, in one try."""
_PATIENCE_S: Final = 60.0
"""How long a finished clip waits for room to be heard."""
_SAY_S: Final = 125.0
"""As in ``bot.interpreter``."""
_HOPELESS: Final = (
    ClipUnlikeError,
    ConsentError,
    LatentsError,
    SealError,
    TextTooLongError,
    UnsupportedLanguageError,
)
"""Another try would end the same way."""


class GoneError(DragomanError):
    """What is worked on is nobody's business any more: its voice was deleted, say."""

    code = "job.gone"


class QuotaError(DragomanError):
    """The person has had today's minutes."""

    code = "premium.quota"


def follow_ups(
    stores: Stores,
    cloning: Cloning,
    pipeline: Pipeline,
    has_room: Callable[[], bool],
    platforms: Iterable[Platform],
    placed: asyncio.Event,
    observer: FollowUpObserver | None = None,
) -> "OwnVoice":
    """Put everything together; ``placed`` is set when a job was queued."""
    couriers = {each.name: Courier(stores.jobs, each, observer) for each in platforms}
    maker = Maker(stores, cloning, pipeline, has_room, couriers, placed, observer)
    return OwnVoice(maker, couriers, stores.jobs)


class OwnVoice:
    """Makes clips, one at a time, and sends them, on each platform by itself."""

    def __init__(self, maker: "Maker", couriers: Mapping[str, "Courier"], jobs: Jobs) -> None:
        """``couriers`` are by the platforms' names."""
        self._maker = maker
        self._couriers = dict(couriers)
        self._jobs = jobs
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Go on where an earlier program was ended, until ``stop``. Raises StorageError."""
        reopened = await self._jobs.recover()
        _log.info("own voice", extra={"reopened": reopened})
        self._ended.clear()
        making = asyncio.create_task(self._repeat(self._maker.make_next, self._maker.woken))
        sending = {
            asyncio.create_task(self._repeat(each.send_next, each.woken))
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
            self._ended.set()

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
            woken.clear()
            try:
                if await step():
                    continue
            except StorageError as error:
                _log.warning("own voice waits", extra={"code": error.code})
            except Exception:  # noqa: BLE001 - a fault nobody has thought of costs this step alone
                _log.exception("own voice failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await woken.wait()


class Maker:
    """Makes clips."""

    def __init__(
        self,
        stores: Stores,
        cloning: Cloning,
        pipeline: Pipeline,
        has_room: Callable[[], bool],
        couriers: Mapping[str, "Courier"],
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
            async with _held(jobs, job), self._cloning.giving_way(self._has_room):
                speech, made_s = await self._made(job)
            if await jobs.done(job, speech, made_s):
                await self._stores.premium.spend(job.order.person, speech.clip.seconds)
                self._observe(job, "made", speech, made_s)
                if courier := self._couriers.get(job.order.chat.platform):
                    courier.woken.set()
        except asyncio.CancelledError:
            await jobs.release(job)
            raise
        except GoneError:
            _log.info("own voice not wanted any more")
        except QuotaError as error:
            await jobs.drop(job, error.code)
            self._observe(job, error.code)
        except DragomanError as error:
            await self._give_up(job, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours costs this job alone
            _log.exception("own voice failed")
            await self._give_up(job, DragomanError(reason=type(error).__name__))
        return True

    async def _made(self, job: Job) -> tuple[Speech, float]:
        """Return the clip, and how many seconds it took to make."""
        order = job.order
        if await self._stores.premium.used_s(order.person) >= order.quota_s:
            raise QuotaError
        spec = self._cloning.spec(order.language)
        if not await self._stores.jobs.begin(job):
            raise GoneError
        spent, heard = 0.0, 0.0
        for wording in range(_WORDINGS):
            started = time.monotonic()
            speech = await self._spoken(order, spec, _WORDINGS * job.tries + wording)
            spent += time.monotonic() - started
            await self._patience()
            started = time.monotonic()
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

    async def _patience(self) -> None:
        """Let those go first who wait for their text."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                while not self._has_room():  # noqa: ASYNC110 - the desk sets no event
                    await asyncio.sleep(_LOOK_EVERY_S / 10)

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
        """Put it back for another try, or for good, and then say so."""
        jobs = self._stores.jobs
        if isinstance(error, _HOPELESS):
            await jobs.fail(job, error.code)
        elif await jobs.retry(job, error.code):
            _log.warning("own voice is tried again", extra={"code": error.code})
            return
        self._observe(job, error.code)
        if courier := self._couriers.get(job.order.chat.platform):
            await courier.tell(job.order, error)

    def _observe(
        self, job: Job, outcome: str, speech: Speech | None = None, made_s: float = 0.0
    ) -> None:
        self._observer.followed_up(
            FollowUp(
                platform=job.order.chat.platform,
                outcome=outcome,
                engine=speech.engine if speech else "",
                seconds=speech.clip.seconds if speech else 0.0,
                made_s=made_s,
                waited_s=max(0.0, time.time() - job.created),
            )
        )


class Courier:
    """Sends clips on one platform."""

    def __init__(
        self, jobs: Jobs, platform: Platform, observer: FollowUpObserver | None = None
    ) -> None:
        self.woken = asyncio.Event()
        self._jobs = jobs
        self._platform = platform
        self._observer = observer or LogFollowUps()

    async def send_next(self) -> bool:
        """Send the clip that waits longest; return whether there was one. Raises StorageError."""
        delivery = await self._jobs.claim_delivery(self._platform.name)
        if delivery is None:
            return False
        address = Address(delivery.chat, delivery.message)
        seconds = max(1.0, delivery.made_s)
        caption = messages.say("voice.caption", delivery.locale, seconds=seconds)
        try:
            async with _held(self._jobs, delivery):
                await self._platform.deliver(address, delivery.speech, caption)
        except GoneError:
            _log.info("own voice not wanted any more")
        except PlatformRefusedError as error:
            await self._jobs.fail(delivery, error.code)
            self._observe(delivery, error.code)
        except PlatformError as error:
            await self._unsure(delivery, error)
        else:
            await self._note(delivery)
        return True

    async def tell(self, order: Order, error: DragomanError) -> None:
        """Say that there will be no clip, and why; if that can't be said, it is not."""
        reason = messages.public(error, order.locale)
        sentence = messages.say("voice.failed", order.locale, reason=reason)
        try:
            async with asyncio.timeout(_SAY_S):
                await self._platform.tell(Address(order.chat, order.message), sentence)
        except (PlatformError, TimeoutError) as failure:
            code = failure.code if isinstance(failure, PlatformError) else "timeout"
            _log.warning("not told", extra={"code": code})

    async def _unsure(self, delivery: Delivery, error: PlatformError) -> None:
        """After a silence it is most likely there; otherwise it is sent again later."""
        if error.details.get("reason") == "silence":
            await self._note(delivery)
        elif not await self._jobs.retry(delivery, error.code):
            self._observe(delivery, error.code)

    async def _note(self, delivery: Delivery) -> None:
        await self._jobs.delivered(delivery)
        self._observe(delivery, DELIVERED)

    def _observe(self, delivery: Delivery, outcome: str) -> None:
        self._observer.followed_up(
            FollowUp(
                platform=self._platform.name,
                outcome=outcome,
                engine=delivery.speech.engine,
                seconds=delivery.speech.clip.seconds,
                made_s=delivery.made_s,
                waited_s=max(0.0, time.time() - delivery.created),
            )
        )


@asynccontextmanager
async def _held(jobs: Jobs, held: Job | Delivery) -> AsyncIterator[None]:
    """Renew the lease while the body runs; end the body with GoneError when that is refused."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as leash:

            async def beat() -> None:
                while True:
                    await asyncio.sleep(jobs.lease_s / 3)
                    try:
                        if await jobs.beat(held):
                            continue
                    except StorageError as error:
                        _log.warning("lease not renewed", extra={"code": error.code})
                        continue
                    leash.reschedule(loop.time())
                    return

            beating = asyncio.create_task(beat())
            try:
                yield
            finally:
                beating.cancel()
                await asyncio.wait({beating})
    except TimeoutError:
        if not leash.expired():
            raise
        raise GoneError from None
