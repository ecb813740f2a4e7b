"""``dragoman run``: memory, pipeline, desk and platforms, from the first signal to the last."""

import asyncio
import logging
import signal
import time
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from functools import partial
from typing import Any, Final, TypeAlias

from bot import app, messages, own_voice
from bot.commands import Commands
from bot.desk import Bounds, BusyError, Desk
from bot.enrolment import Enrolments
from bot.interpreter import Interpreter
from bot.metrics import Metrics, models
from bot.monitoring import House, open_monitoring, workers
from bot.observing import FollowUpObservers, LogFollowUps, LogObserver, Observers
from bot.ordering import Orders
from bot.overload import Ladder, Rungs
from bot.own_voice import OwnVoice
from bot.reception import Reception
from bot.reloading import Live, Source
from bot.settings import Current, Settings
from bot.stores import Stores
from bot.types import Address, Intake, Platform
from pipeline.cloning import Cloning
from pipeline.errors import (
    ConfigurationError,
    DragomanError,
    PlatformError,
    PlatformRefusedError,
    StorageError,
)
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits, SampleSpec
from pipeline.studio import Studio
from storage.database import Database, open_database
from storage.notes import Note
from storage.ownership import sole_owner

_log = logging.getLogger(__name__)

_SWEEP_EVERY_S: Final = 300.0
_STOP_S: Final = 10.0
"""How long a platform may take to stop, and again to close."""
_STALE_S: Final = 86_400.0
"""A note that was lost longer ago is not spoken of any more."""

Build: TypeAlias = Callable[[Current, Intake, Commands, Stores], Sequence[Platform]]

End: TypeAlias = Callable[[], Awaitable[None]]
OpenCloning: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[Cloning | None]]


class NoPlatformError(ConfigurationError):
    """The settings have no token of any chat platform."""

    code = "configuration.no_platform"


def platforms(
    settings: Current, desk: Intake, commands: Commands, stores: Stores
) -> Sequence[Platform]:
    """Return the platforms that the settings have tokens for; raises NoPlatformError."""
    chosen: list[Platform] = []
    # A platform's library is loaded only where it is used.
    if settings.now.telegram.is_set:
        from bot.telegram.client import Telegram  # noqa: PLC0415

        chosen.append(Telegram(settings.now.telegram, desk, commands))
    if settings.now.discord.is_set:
        from bot.discord.building import build  # noqa: PLC0415

        chosen.append(build(settings, desk, commands, stores))
    if not chosen:
        raise NoPlatformError
    return chosen


async def serve(
    settings: Settings,
    build: Build = platforms,
    open_cloning: OpenCloning = app.open_cloning,
    source: Source | None = None,
) -> None:
    """Run the platforms until SIGINT or SIGTERM, then see to what was begun, and end.

    A second signal ends it at once. SIGHUP, or a change of the file, has the settings read again
    from ``source``. Raises DragomanError when it can't start or go on.
    """
    stop, again, live = asyncio.Event(), asyncio.Event(), Live(settings)
    with _signals(stop, again):
        async with (
            sole_owner(settings.storage.path),
            open_database(settings.storage.path, owned=True) as database,
        ):
            stores = Stores.of(database, settings)
            lost = await stores.notes.unfinished()
            if settings.own_voice.is_set:
                await stores.voices.prove()
            async with (
                app.open_pipeline(settings, stores.translations, stores.speeches) as pipeline,
                open_cloning(settings) as cloning,
            ):
                orders = Orders(stores, cloning.languages) if cloning else None
                studio = _studio(pipeline, cloning, settings) if cloning else None
                enrolments = Enrolments(studio, stores.voices) if studio else None
                metrics = Metrics(models(settings))
                ladder = Ladder(_rungs(settings))
                interpreter = _interpreter(pipeline, stores, live, orders, metrics, ladder)
                desk = _desk(interpreter, stores, live, enrolments, ladder)
                commands = Commands(stores, live, desk, pipeline.voices, enrolments)
                connected = build(live, desk, commands, stores)
                bound = partial(pass_on, stores, desk, ladder, studio)
                watched = workers(settings, pipeline, cloning)
                ages = interpreter.oldest_s
                house = House(database, stores, desk, ages, watched, connected, metrics)
                has_room = partial(_has_room, desk, live)
                voice = (
                    _own_voice(stores, cloning, pipeline, has_room, connected, orders, metrics)
                    if cloning and orders
                    else None
                )
                async with (
                    open_monitoring(settings.monitoring, house),
                    _beside(_swept(stores, database)),
                    _beside(_warmed(pipeline)),
                    _beside(live.follow(source, again, bound)),
                    _beside(tell_lost(lost, stores, connected, settings)),
                    _beside(voice.run()) if voice else nullcontext(),
                ):
                    await _run(connected, desk, stop, live, [voice.stop] if voice else [])


def _own_voice(
    stores: Stores,
    cloning: Cloning,
    pipeline: Pipeline,
    has_room: Callable[[], bool],
    connected: Sequence[Platform],
    orders: Orders,
    metrics: Metrics,
) -> OwnVoice:
    ears = pipeline.elsewhere(cloning.worker)
    told = FollowUpObservers(LogFollowUps(), metrics)
    return own_voice.follow_ups(stores, cloning, ears, has_room, connected, orders.placed, told)


def _has_room(desk: Desk, settings: Current) -> bool:
    """Say whether a clip may be begun now."""
    return settings.now.own_voice.busy == "go_on" or not (desk.waiting() or desk.working())


def pass_on(
    stores: Stores,
    desk: Desk,
    ladder: Ladder,
    studio: Studio | None,
    settings: Settings,
) -> None:
    """Tell their bounds to those who know no settings."""
    stores.bound(settings)
    desk.bound(_bounds(settings))
    ladder.bound(_rungs(settings))
    if studio is not None:
        studio.bound(_sample(settings))


def _bounds(settings: Settings) -> Bounds:
    chosen = settings.desk
    return Bounds(chosen.at_once, chosen.per_person, chosen.per_chat, chosen.total)


def _rungs(settings: Settings) -> Rungs:
    chosen = settings.overload
    return Rungs(chosen.smaller_after_s, chosen.text_only_after_s, chosen.refuse_after_s)


def _limits(settings: Settings) -> AudioLimits:
    return AudioLimits(**settings.limits.model_dump())


def _sample(settings: Settings) -> SampleSpec:
    return SampleSpec(**settings.own_voice.sample.model_dump())


def _studio(pipeline: Pipeline, cloning: Cloning, settings: Settings) -> Studio:
    return Studio(pipeline, cloning, _limits(settings), _sample(settings))


def _interpreter(
    pipeline: Pipeline,
    stores: Stores,
    settings: Current,
    orders: Orders | None,
    metrics: Metrics,
    ladder: Ladder,
) -> Interpreter:
    told = Observers(LogObserver(), metrics)
    return Interpreter(pipeline, stores, settings, observer=told, orders=orders, ladder=ladder)


def _desk(
    interpreter: Interpreter,
    stores: Stores,
    settings: Current,
    enrolments: Enrolments | None,
    ladder: Ladder,
) -> Desk:
    def timeout_s() -> float:
        return settings.now.desk.timeout_s

    return Desk(
        Reception(interpreter.open, enrolments, stores, timeout_s).open,
        stores.notes,
        _bounds(settings.now),
        _limits(settings.now),
        ladder=ladder,
    )


async def _run(
    connected: Sequence[Platform],
    desk: Desk,
    stop: asyncio.Event,
    settings: Current,
    ends: Sequence[End],
) -> None:
    """Run until the signal, or until a platform can't go on; then end in order.

    ``ends`` is what else uses the platforms, and has to end before they close.
    """
    running = {asyncio.create_task(each.run()) for each in connected}
    signalled = asyncio.create_task(stop.wait())
    _log.info("running", extra={"platforms": [each.name for each in connected]})
    try:
        done, _ = await asyncio.wait({*running, signalled}, return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping", extra={"signalled": signalled in done})
        await _in_time(each.stop for each in connected)
        await desk.drain(settings.now.desk.grace_s)
        await _in_time(ends)
    finally:
        await _in_time(each.close for each in connected)
        for task in (*running, signalled):
            task.cancel()
        await asyncio.wait({*running, signalled})
    for task in running:
        if not task.cancelled():
            task.result()
    if not stop.is_set():
        raise PlatformError(platform=connected[0].name)
    _log.info("stopped")


async def _in_time(ends: Iterable[End]) -> None:
    """Stop or close every platform; one that fails or hangs does not keep the others."""
    for end in ends:
        try:
            async with asyncio.timeout(_STOP_S):
                await end()
        except Exception as error:  # noqa: BLE001 - whatever it raises, the desk must still drain
            _log.warning("not ended in order", extra={"kind": type(error).__name__})


async def _swept(stores: Stores, database: Database) -> None:
    """Remove what has expired, now and every few minutes."""
    while True:
        try:
            await stores.sweep()
            await database.forget_copies()
        except StorageError as error:
            _log.warning("not swept", extra={"code": error.code})
        await asyncio.sleep(_SWEEP_EVERY_S)


async def _warmed(pipeline: Pipeline) -> None:
    """Load the models before the first note comes; if that fails, the note will say so."""
    try:
        await pipeline.warm()
    except DragomanError as error:
        _log.warning("not warmed", extra={"code": error.code})


async def tell_lost(
    lost: Sequence[Note], stores: Stores, connected: Sequence[Platform], settings: Settings
) -> None:
    """Tell people whose notes an earlier run left unanswered, and note that they were told.

    A note that is a day old is let go of in silence; one whose platform can't be reached now, or
    is not served any more, stays to be told of after the next start.
    """
    by_name = {each.name: each for each in connected}
    error = BusyError(reason="restarted")
    for note in lost:
        platform = by_name.get(note.chat.platform)
        if platform is None:
            continue
        try:
            if time.time() - note.taken < _STALE_S:
                chosen = await stores.preferences.of_person(note.person)
                locale = messages.locale_of(chosen.locale or chosen.spoken or settings.targets[0])
                address = Address(note.chat, note.message)
                await platform.tell(address, messages.public(error, locale))
        except PlatformRefusedError as refusal:
            _log.warning("not told of a lost note", extra={"code": refusal.code})
        except (PlatformError, StorageError) as failure:
            _log.warning("not told of a lost note", extra={"code": failure.code})
            continue
        try:
            await stores.notes.finish(note.chat, note.message, "busy.restarted")
        except StorageError as failure:
            _log.warning("note not finished in storage", extra={"code": failure.code})


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do the work while the body runs; a fault of ours in it is logged and ends it alone."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("work beside failed", exc_info=error)


@contextmanager
def _signals(stop: asyncio.Event, again: asyncio.Event) -> Iterator[None]:
    """Set the event at the first SIGINT or SIGTERM; cancel the task at the second.

    SIGHUP sets ``again``, and ends nothing.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def act() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    acts = {signal.SIGINT: act, signal.SIGTERM: act, signal.SIGHUP: again.set}
    for each, caught in acts.items():
        loop.add_signal_handler(each, caught)
    try:
        yield
    finally:
        for each in acts:
            loop.remove_signal_handler(each)
