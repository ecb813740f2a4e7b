"""Settings that change while the program runs: read again, compared, and taken where they can be.

Those who need what holds now ask ``Live.now`` each time; see ``bot.settings.Current``. Storage, the
desk and the pipeline know no settings, and are told their new bounds.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final, Self, TypeAlias, TypeVar

from bot import messages
from bot.sections import Section
from bot.settings import Settings, UnusableSettingsError

_log = logging.getLogger(__name__)

_EVERY_S: Final = 2.0

LIVE: Final = (
    "targets",
    "hearing.allowed",
    "translating.cache_hours",
    "desk.at_once",
    "desk.per_person",
    "desk.per_chat",
    "desk.total",
    "desk.timeout_s",
    "desk.grace_s",
    "overload.smaller_after_s",
    "overload.text_only_after_s",
    "overload.refuse_after_s",
    "storage.translations_mb",
    "storage.speech_mb",
    "storage.speech_hours",
    "storage.transcript_days",
    "storage.transcripts_mb",
    "calls.speakers",
    "calls.join_timeout_s",
    "calls.alone_s",
    "calls.provisional_ms",
    "calls.end_silence_ms",
    "calls.longest_s",
    "calls.stale_s",
    "own_voice.collects",
    "own_voice.sample.least_s",
    "own_voice.sample.most_s",
    "own_voice.sample.level_db",
    "own_voice.sample.ratio_db",
    "own_voice.sample.clipped",
    "own_voice.sample.part_s",
    "own_voice.sample.alike",
    "own_voice.sample.same",
    "own_voice.busy",
    "own_voice.retries",
    "own_voice.expiry_h",
    "discord.operators",
    "telegram.operators",
)
"""Taken while the program runs. What is validated together stands together, here or below."""

AFTER_RESTART: Final = (
    "profile",
    "commercial",
    "models_dir",
    "limits.seconds",
    "limits.bytes",
    "hearing.default",
    "hearing.routes",
    "hearing.candidate",
    "hearing.threads",
    "hearing.workers",
    "hearing.compute_type",
    "hearing.beam",
    "hearing.best_of",
    "hearing.temperatures",
    "hearing.compression_ratio_limit",
    "hearing.log_probability_limit",
    "hearing.no_speech_limit",
    "hearing.max_tokens",
    "hearing.timestamps",
    "hearing.windows",
    "hearing.window_margin_s",
    "hearing.vad.threshold",
    "hearing.vad.min_speech_ms",
    "hearing.vad.max_speech_s",
    "hearing.vad.min_silence_ms",
    "hearing.vad.pad_ms",
    "translating.order",
    "translating.libretranslate",
    "translating.threads",
    "translating.compute_type",
    "translating.beam",
    "translating.max_tokens",
    "translating.no_repeat_ngram",
    "speaking.order",
    "speaking.threads",
    "speaking.gtts_timeout_s",
    "overload.model",
    "overload.kept",
    "workers.timeout_s",
    "workers.start_timeout_s",
    "workers.decode_timeout_s",
    "workers.decode_memory_mb",
    "workers.network_threads",
    "storage.path",
    "own_voice.models",
    "own_voice.key",
    "own_voice.threads",
    "own_voice.niceness",
    "own_voice.idle_unload_s",
    "own_voice.timeout_s",
    "own_voice.max_memory_mb",
    # Voices that would have to be gone by now are erased: not by a slip of the pen.
    "own_voice.sample_days",
    "monitoring.listen",
    "monitoring.port",
    "discord.token",
    "telegram.token",
    "telegram.api_url",
    "telegram.local_mode",
    "telegram.webhook",
)
"""Models, processes, connections and places, which are chosen once."""

_S = TypeVar("_S", Section, Settings)

Stamp: TypeAlias = tuple[int, int, int]
"""By which a change of a file is known: its number, its size, and when it was written."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the settings come from."""

    file: Path
    """Watched; it need not be there."""
    load: Callable[[], Settings]
    """Reads and checks everything again; raises UnusableSettingsError. Called in a thread."""
    locale: str
    """In which to tell the operator what became of it."""
    stamp: Stamp | None
    """Of the file, before it was first read."""

    @classmethod
    def of(cls, file: Path, load: Callable[[], Settings], locale: str) -> Self:
        """Return the source; call before the settings are read."""
        return cls(file, load, locale, _stamp(file))


class Live:
    """The settings that hold now."""

    def __init__(self, settings: Settings, every_s: float = _EVERY_S) -> None:
        """Look at the file every ``every_s`` seconds."""
        self.now = settings
        self._every_s = every_s

    async def follow(
        self, source: Source | None, asked: asyncio.Event, bound: Callable[[Settings], None]
    ) -> None:
        """Read the settings again whenever ``asked`` is set or the file has changed, for ever.

        A file that is still being written is left until it rests. ``bound`` is called with what
        holds from then on.
        """
        if source is None:
            return
        read = seen = source.stamp
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await asked.wait()
            stamp = await asyncio.to_thread(_stamp, source.file)
            rests = stamp is not None and stamp == seen
            if asked.is_set() or (rests and stamp != read):
                asked.clear()
                read = stamp
                await self._read_again(source, bound)
            seen = stamp

    async def _read_again(self, source: Source, bound: Callable[[Settings], None]) -> None:
        try:
            found = await asyncio.to_thread(source.load)
        except UnusableSettingsError as error:
            for problem in error.problems:
                why = messages.sentence(problem, source.locale)
                said = messages.say("reload.refused", source.locale, problem=why)
                _log.error("settings not taken", extra={"sentence": said})
            return
        taken, waiting = changed(self.now, found, LIVE), changed(self.now, found, AFTER_RESTART)
        if taken:
            self.now = with_values(self.now, found, taken)
            bound(self.now)
        tell = [("reload.taken", taken), ("reload.restart", waiting)]
        for name, settings in tell if taken or waiting else [("reload.same", taken)]:
            if settings or name == "reload.same":
                said = messages.say(name, source.locale, settings=", ".join(settings))
                _log.info("settings read again", extra={"sentence": said})


def changed(before: Settings, after: Settings, names: Iterable[str]) -> Sequence[str]:
    """Return those of the names whose values differ."""
    values = ((name, attrgetter(name)) for name in names)
    return [name for name, value in values if value(before) != value(after)]


def with_values(settings: Settings, other: Settings, names: Iterable[str]) -> Settings:
    """Return the settings with the values that these names have in the other ones."""
    for name in names:
        settings = _with(settings, name, attrgetter(name)(other))
    return settings


def _with(section: _S, name: str, value: object) -> _S:
    head, _, rest = name.partition(".")
    inner = _with(getattr(section, head), rest, value) if rest else value
    return section.model_copy(update={head: inner})


def _stamp(file: Path) -> Stamp | None:
    """Return what changes with the file; nothing where there is none, as while it is replaced."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
