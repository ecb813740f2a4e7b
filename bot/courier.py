"""Clips go out, and word of those that can't be had: one courier for each platform.

That clips are sent is noted before it is handed to the platform, and that they were, after the
platform took them; likewise with what is told. See ``docs/own-voice.md`` for the moment between.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot import messages
from bot.observing import FollowUp, FollowUpObserver, LogFollowUps
from bot.ordering import GrantError, QuotaError
from bot.stores import Stores
from bot.types import Address, Platform
from pipeline.errors import DragomanError, PlatformError, PlatformRefusedError, StorageError
from storage.clips import DELIVERED, Delivery, Ending, Job
from storage.jobs import Jobs

_log = logging.getLogger(__name__)

_SAY_S: Final = 125.0
"""As in ``bot.interpreter``."""
_FAILED: Final = "voice.failed"


class GoneError(DragomanError):
    """What is worked on is nobody's business any more: its voice was deleted, say."""

    code = "job.gone"


class Courier:
    """Sends clips on one platform, and says why others are not sent."""

    def __init__(
        self, stores: Stores, platform: Platform, observer: FollowUpObserver | None = None
    ) -> None:
        self.woken = asyncio.Event()
        self._stores = stores
        self._platform = platform
        self._observer = observer or LogFollowUps()

    async def go(self) -> bool:
        """See to what waits longest of each; return whether there was anything.

        Raises StorageError.
        """
        told = await self._tell_next()
        return await self._send_next() or told

    async def _send_next(self) -> bool:
        """Send a clip; return whether there was one."""
        jobs = self._stores.jobs
        delivery = await jobs.claim_delivery(self._platform.name)
        if delivery is None:
            return False
        if not await self._may_be_sent(delivery):
            await jobs.drop(delivery, GrantError.code)
            return True
        address = Address(delivery.chat, delivery.message)
        seconds = max(1.0, delivery.made_s)
        caption = messages.say("voice.caption", delivery.locale, seconds=seconds)
        try:
            async with held(jobs, delivery):
                await self._platform.deliver(address, delivery.speech, caption)
        except GoneError:
            _log.info("own voice not wanted any more")
        except PlatformRefusedError as error:
            await jobs.fail(delivery, error.code)
        except PlatformError as error:
            if _is_silence(error):
                await self._note(delivery)
            else:
                await jobs.retry(delivery, error.code)
        else:
            await self._note(delivery)
        return True

    async def _may_be_sent(self, delivery: Delivery) -> bool:
        if delivery.is_trial:
            return True
        allowance = await self._stores.premium.holds(delivery.person, delivery.chat, None)
        return allowance is not None

    async def _note(self, delivery: Delivery) -> None:
        """Note that it was sent; after a silence it is most likely there."""
        await self._stores.jobs.delivered(delivery)
        self._observer.followed_up(
            FollowUp(
                platform=self._platform.name,
                outcome=DELIVERED,
                engine=delivery.speech.engine,
                seconds=delivery.speech.clip.seconds,
                made_s=delivery.made_s,
                waited_s=max(0.0, time.time() - delivery.created),
            )
        )

    async def _tell_next(self) -> bool:
        """Tell what became of a clip, where that has to be told; return whether there was one."""
        endings = self._stores.endings
        ending = await endings.next(self._platform.name)
        if ending is None:
            return False
        is_due = ending.failed or (ending.code == QuotaError.code and ending.is_first)
        if is_due and not await self._told(ending) and not ending.is_last:
            return True
        await endings.settle(ending)
        self._observer.followed_up(
            FollowUp(
                platform=self._platform.name,
                outcome=ending.code,
                engine="",
                seconds=0.0,
                made_s=0.0,
                waited_s=ending.waited_s,
            )
        )
        return True

    async def _told(self, ending: Ending) -> bool:
        """Say that there will be no clip, and why; return False where it may be said later."""
        address = Address(ending.chat, ending.message)
        try:
            async with asyncio.timeout(_SAY_S):
                await self._platform.tell(address, reason(ending.code, ending.locale))
        except (PlatformError, TimeoutError) as error:
            code = error.code if isinstance(error, PlatformError) else "timeout"
            _log.warning("not told", extra={"code": code})
            return isinstance(error, PlatformRefusedError) or _is_silence(error)
        except Exception:  # noqa: BLE001 - a fault nobody has thought of costs this sentence alone
            _log.exception("not told")
            return False
        return True


def reason(code: str, locale: str) -> str:
    """Return why there will be no clip: as much of it as the code tells."""
    parts = (_FAILED, *code.split("."))
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return messages.say(next(name for name in names if name in messages.CATALOGUES["en"]), locale)


@asynccontextmanager
async def held(jobs: Jobs, kept: Job | Delivery) -> AsyncIterator[None]:
    """Renew the lease while the body runs; end the body with GoneError when that is refused."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as leash:

            async def beat() -> None:
                while True:
                    await asyncio.sleep(jobs.lease_s / 3)
                    try:
                        if await jobs.beat(kept):
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


def _is_silence(error: Exception) -> bool:
    """Say whether nobody answered: what was sent is most likely there."""
    return isinstance(error, PlatformError) and error.details.get("reason") == "silence"
