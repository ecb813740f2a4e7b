"""What operators and their tools ask over HTTP: metrics, whether it lives, whether it is ready."""

import asyncio
import errno
import ipaddress
import json
import logging
import os
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

from bot import messages
from bot.desk import Desk
from bot.health import (
    CallWatch,
    Check,
    DatabaseCheck,
    DiskCheck,
    Health,
    Observed,
    PlatformCheck,
    Watch,
    WorkerWatch,
)
from bot.metrics import Metrics, Reading
from bot.settings import Monitoring as Settings
from bot.settings import Settings as AllSettings
from bot.stores import Stores
from bot.types import Platform
from pipeline.cloning import Cloning
from pipeline.errors import ConfigurationError, PlatformError, StorageError
from pipeline.pipeline import Pipeline
from pipeline.workers import ProcessWorker
from storage.database import Database

if TYPE_CHECKING:
    from bot.discord.client import Discord
    from bot.telegram.client import Telegram

_log = logging.getLogger(__name__)

_ASK_S: Final = 10.0
"""How long the running bot may take to say how it is."""
_COUNT_S: Final = 1.0
"""How long jobs may take to be counted; otherwise that page is without them."""
_LET_GO_S: Final = 1.0
"""At the end, for pages that somebody is still reading."""
_PING_S: Final = 5.0
"""How long a platform may take to say that it is there."""
_JOBS: Final = (
    *("queued", "claimed", "working", "done", "delivering", "delivered", "failed", "dropped"),
)
"""The states of ``storage.jobs``."""


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """What is looked at."""

    database: Database
    stores: Stores
    desk: Desk
    oldest_s: Callable[[], float]
    """For how long the oldest note has waited or been worked on."""
    workers: Sequence[WorkerWatch]
    platforms: Sequence[Platform]
    metrics: Metrics


@asynccontextmanager
async def open_monitoring(settings: Settings, house: House) -> AsyncIterator[None]:
    """Look, and answer while the body runs; do nothing without a port.

    Raises ConfigurationError where nobody can listen.
    """
    if settings.port is None:
        yield
        return
    monitor = Monitor(house)
    async with _listening(monitor.application(), settings.listen, settings.port):
        looking = asyncio.create_task(monitor.health.run())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.wait({looking})
            if not looking.cancelled() and (error := looking.exception()) is not None:
                # A fault of ours: what was found last grew old, so that it was not ready any more.
                _log.error("health failed", exc_info=error)


class Monitor:
    """Answers ``/metrics``, ``/live`` and ``/ready``."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._calls = CallWatch(lambda: dict(under_way(house.platforms)))
        self._disk = DiskCheck(house.database.path)
        checks: list[Check] = [DatabaseCheck(house.database), self._disk]
        checks += [each for each in map(_check, house.platforms) if each is not None]
        watches: list[Watch] = [*house.workers, self._calls]
        self.health = Health(watches, checks, house.metrics.delayed)

    def application(self) -> web.Application:
        """Return what answers."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/live", self._live),
                web.get("/ready", self._ready),
            ]
        )
        return application

    async def readings(self) -> list[Reading]:
        """Read everything that is not counted when it happens."""
        return [*self._of_desk(), *self._of_calls(), *self._of_health(), *await self._of_jobs()]

    async def _metrics(self, request: web.Request) -> web.Response:
        page, content_type = await self._house.metrics.page(
            await self.readings(), request.headers.get("Accept", "")
        )
        return web.Response(body=page, headers={"Content-Type": content_type})

    async def _live(self, _: web.Request) -> web.Response:
        """Answer: that is all there is to it, for only a loop that turns can."""
        return web.Response(text="alive\n")

    async def _ready(self, request: web.Request) -> web.Response:
        locale = request.headers.get("Accept-Language", "")
        findings = self.health.findings()
        ready = all(each.ok for each in findings)
        checks = [
            {"name": each.check, "ok": each.ok, "sentence": each.sentence(locale)}
            for each in findings
        ]
        return web.json_response(
            {"ready": ready, "checks": checks},
            status=200 if ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    def _of_desk(self) -> Iterator[Reading]:
        house = self._house
        yield Reading("dragoman_desk_waiting_notes", house.desk.waiting())
        yield Reading("dragoman_desk_working_notes", house.desk.working())
        yield Reading("dragoman_overload_step", house.desk.step())
        yield Reading("dragoman_desk_oldest_note_age_seconds", house.oldest_s())
        for watch in house.workers:
            stats, name = watch.worker.stats, (watch.name,)
            yield Reading("dragoman_worker_calls_total", stats.calls, name)
            yield Reading("dragoman_worker_restarts_total", stats.restarts, name)
            yield Reading("dragoman_worker_waiting_calls", stats.queued, name)
            yield Reading("dragoman_worker_call_age_seconds", watch.call_s, name)
            yield Reading("dragoman_worker_resident_memory_bytes", stats.rss_bytes, name)
        for cache, counts in (
            ("translations", house.stores.translations.counts),
            ("speeches", house.stores.speeches.counts),
        ):
            yield Reading("dragoman_cache_requests_total", counts.hits, (cache, "hit"))
            yield Reading("dragoman_cache_requests_total", counts.misses, (cache, "miss"))

    def _of_calls(self) -> Iterator[Reading]:
        calls = self._calls
        yield Reading("dragoman_calls", calls.under_way)
        yield Reading("dragoman_calls_deaf", calls.deaf)
        yield Reading("dragoman_call_people", calls.people)
        yield Reading("dragoman_call_worst_lost_ratio", calls.worst)
        yield Reading("dragoman_call_waiting_clips", calls.waiting)
        yield Reading("dragoman_call_oldest_clip_age_seconds", calls.waited_s)
        yield Reading("dragoman_call_clips_dropped_total", calls.unsaid.total["old"])
        for fate, frames in calls.frames.total.items():
            yield Reading("dragoman_call_frames_total", frames, (fate,))
        for reason, datagrams in calls.dropped.total.items():
            yield Reading("dragoman_call_datagrams_dropped_total", datagrams, (reason,))

    def _of_health(self) -> Iterator[Reading]:
        for found in self.health.findings():
            yield Reading("dragoman_healthy", found.ok, (found.check,))
        if self._disk.free is not None:
            yield Reading("dragoman_storage_free_bytes", self._disk.free)

    async def _of_jobs(self) -> list[Reading]:
        try:
            async with asyncio.timeout(_COUNT_S):
                counts = await self._house.stores.queue.counts()
                oldest_s = await self._house.stores.queue.oldest_s()
        except (StorageError, TimeoutError):
            return []
        jobs = [Reading("dragoman_own_voice_jobs", counts.get(each, 0), (each,)) for each in _JOBS]
        return [*jobs, Reading("dragoman_own_voice_oldest_job_age_seconds", oldest_s)]


@dataclass(frozen=True, slots=True)
class Answer:
    """How the running bot is."""

    ready: bool
    sentences: tuple[str, ...]
    """What is wrong, or that nothing is."""


async def ask(settings: Settings, locale: str) -> Answer:
    """Ask the bot that runs with these settings on this machine how it is."""
    if settings.port is None:
        return Answer(ready=False, sentences=(messages.say("health.off", locale),))
    address = f"{_reachable(settings.listen)}:{settings.port}"
    silence = Answer(
        ready=False, sentences=(messages.say("health.silent", locale, address=address),)
    )
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_ASK_S)) as session,
            session.get(f"http://{address}/ready", headers={"Accept-Language": locale}) as response,
        ):
            told = json.loads(await response.read())
        wrong = tuple(str(each["sentence"]) for each in told["checks"] if not each["ok"])
        ready = told["ready"] is True and not wrong
    except (aiohttp.ClientError, OSError, ValueError, LookupError, TypeError, RecursionError):
        # Nobody, or somebody else.
        return silence
    return Answer(ready, (messages.say("health.ready", locale),) if ready else wrong)


@asynccontextmanager
async def _listening(application: web.Application, listen: str, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_LET_GO_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, listen, port).start()
        except OSError as error:
            known = error.errno in errno.errorcode
            reason = os.strerror(error.errno) if known and error.errno else error.strerror
            raise ConfigurationError(setting="monitoring.port", reason=reason or "") from None
        _log.info("monitoring", extra={"port": port})
        yield
    finally:
        await runner.cleanup()


def _reachable(listen: str) -> str:
    """Return where to reach on this machine what listens there."""
    try:
        address = ipaddress.ip_address(listen)
    except ValueError:
        return listen
    if isinstance(address, ipaddress.IPv6Address):
        return "[::1]" if address.is_unspecified else f"[{address}]"
    return "127.0.0.1" if address.is_unspecified else str(address)


# What others keep to themselves is asked here, and nowhere else. The modules of platforms are
# imported only where they are served: with them comes a library.


def workers(
    settings: AllSettings, pipeline: Pipeline, cloning: Cloning | None
) -> tuple[WorkerWatch, ...]:
    """Return a watch over each process that computes."""
    usual, own = settings.workers, settings.own_voice
    start_s = usual.start_timeout_s
    found = [
        ("decode", pipeline.decoder._worker, usual.decode_timeout_s + start_s),  # noqa: SLF001 - see above
        ("interactive", pipeline._compute, usual.timeout_s + start_s),  # noqa: SLF001 - see above
    ]
    if cloning is not None:
        found.append(("clone", cloning.worker, 2 * own.timeout_s))
    return tuple(
        WorkerWatch(name, worker, limit_s, restless=name == "decode")
        for name, worker, limit_s in found
        if isinstance(worker, ProcessWorker)
    )


def _check(platform: Platform) -> PlatformCheck | None:
    """Return the check of its connection, of a platform that has one."""
    match platform.name:
        case "telegram":
            from bot.telegram.client import Telegram  # noqa: PLC0415

            if isinstance(platform, Telegram):
                return PlatformCheck("Telegram", partial(_reaches_telegram, platform))
        case "discord":
            from bot.discord.client import Discord  # noqa: PLC0415

            if isinstance(platform, Discord):
                return PlatformCheck("Discord", partial(_reaches_discord, platform))
    return None


async def _reaches_telegram(telegram: "Telegram") -> bool:
    """Have Telegram say who we are: a poll that fails is repeated, and shows nowhere."""
    from bot.telegram.outbox import refusals  # noqa: PLC0415
    from bot.telegram.patience import ONCE  # noqa: PLC0415

    bot, outbox = telegram._bot, telegram._outbox  # noqa: SLF001 - see above
    if bot is None or outbox is None:
        return False
    try:
        with refusals():
            await bot.get_me(read_timeout=_PING_S, connect_timeout=_PING_S, rate_limit_args=ONCE)
    except (PlatformError, RuntimeError):  # the latter of a library that was shut down meanwhile
        return False
    return True


async def _reaches_discord(discord: "Discord") -> bool:
    client = discord._client  # noqa: SLF001 - see above
    return client is not None and client.is_ready() and client.ws.open


def under_way(platforms: Sequence[Platform]) -> Iterator[tuple[Hashable, Observed]]:
    """Yield every call under way, and what can be seen of it."""
    for platform in platforms:
        if platform.name != "discord":
            continue
        from bot.discord.calls.calls import Calls  # noqa: PLC0415
        from bot.discord.client import Discord  # noqa: PLC0415

        calls = platform._calls if isinstance(platform, Discord) else None  # noqa: SLF001 - see above
        for call in calls.by_server.values() if isinstance(calls, Calls) else ():
            yield call, Observed(call.counted(), call.line.facts(), call.facts())
