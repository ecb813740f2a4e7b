"""What Prometheus is told: how many, how long, how much; never who, where or what.

Every label has a closed vocabulary; a value that is not in it is counted as ``other``. Metrics are
named as Prometheus asks for: base units, ``_total`` for what only grows. No other file knows
prometheus-client.
"""

import asyncio
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from operator import attrgetter
from typing import Final, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot import messages
from bot.observing import MADE, Finished, FollowUp
from bot.overload import Step
from bot.settings import Settings
from pipeline.errors import DragomanError
from pipeline.specs import LibreTranslateSpec
from storage.clips import DELIVERED, EXPIRED, LOST
from storage.notes import DONE

OTHER: Final = "other"
NONE: Final = "none"
"""Nobody in particular."""
PLATFORMS: Final = ("discord", "telegram")
_STAGES: Final = ("decode", "hear", "translate", "speak")
_STEPS: Final = tuple(each.name.lower() for each in Step)
_CALM: Final = Step.CALM.name.lower()
_KINDS: Final = ("note", "live")

_STAGE_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_WHOLE_S: Final = (0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300, 900)
"""Closest around what people bear: a few seconds in a chat."""
_OWN_VOICE_S: Final = (10, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 43_200, 86_400)
_DELAY_S: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


@dataclass(frozen=True, slots=True)
class Family:
    """One metric, as it is written down."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, of a histogram."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that is read when Prometheus asks."""

    name: str
    value: float
    labels: tuple[str, ...] = ()
    """Values, in the order of the family's labels."""


TOLD: Final = (
    Family(
        "dragoman_notes_total",
        "counter",
        "Notes and utterances that came to an end; the outcome is done, or why not.",
        ("platform", "kind", "outcome"),
    ),
    Family(
        "dragoman_eased_notes_total",
        "counter",
        "Notes that were heard with less care, or not spoken, because many waited; by the rung.",
        ("platform", "step"),
    ),
    Family(
        "dragoman_stage_duration_seconds",
        "histogram",
        "How long a stage took, by who did it.",
        ("stage", "model", "platform"),
        _STAGE_S,
    ),
    Family(
        "dragoman_wait_seconds",
        "histogram",
        "From the arrival of a note until its turn.",
        ("platform", "kind"),
        _WHOLE_S,
    ),
    Family(
        "dragoman_time_to_text_seconds",
        "histogram",
        "From the arrival of a note until its text was out, waiting included.",
        ("platform", "kind"),
        _WHOLE_S,
    ),
    Family(
        "dragoman_time_to_voice_seconds",
        "histogram",
        "From the arrival of a note until its spoken answer was out, waiting included.",
        ("platform", "kind"),
        _WHOLE_S,
    ),
    Family(
        "dragoman_time_to_own_voice_seconds",
        "histogram",
        "From the order of a clip in a person's own voice until it was delivered.",
        ("platform",),
        _OWN_VOICE_S,
    ),
    Family(
        "dragoman_own_voice_clips_total",
        "counter",
        "Clips in people's own voices; the outcome is made, delivered, or why not.",
        ("platform", "outcome"),
    ),
    Family(
        "dragoman_own_voice_speech_seconds_total",
        "counter",
        "Speech made in people's own voices.",
        ("model",),
    ),
    Family(
        "dragoman_own_voice_making_seconds_total",
        "counter",
        "Time taken to make it; divided by the speech, the real-time factor.",
        ("model",),
    ),
    Family(
        "dragoman_event_loop_delay_seconds",
        "histogram",
        "How late the event loop woke up, once a second.",
        (),
        _DELAY_S,
    ),
)
"""What is counted when it happens."""

READ: Final = (
    Family("dragoman_info", "gauge", "1, and the running version.", ("version",)),
    Family(
        "dragoman_healthy",
        "gauge",
        "1 where a check finds nothing wrong, 0 where it does.",
        ("check",),
    ),
    Family("dragoman_desk_waiting_notes", "gauge", "Notes that wait for their turn."),
    Family("dragoman_desk_working_notes", "gauge", "Notes that are worked on."),
    Family(
        "dragoman_desk_oldest_note_age_seconds",
        "gauge",
        "For how long the oldest note has waited or been worked on; 0 without any.",
    ),
    Family(
        "dragoman_overload_step",
        "gauge",
        "Rung of the ladder: 0 is calm, 1 a smaller model, 2 text only.",
    ),
    Family("dragoman_worker_calls_total", "counter", "Calls that a worker was given.", ("worker",)),
    Family(
        "dragoman_worker_restarts_total",
        "counter",
        "Starts of a worker's process after the first, for whatever reason.",
        ("worker",),
    ),
    Family(
        "dragoman_worker_waiting_calls",
        "gauge",
        "Calls that wait for a worker.",
        ("worker",),
    ),
    Family(
        "dragoman_worker_call_age_seconds",
        "gauge",
        "For how long a worker has been at its call, to the second; 0 while idle.",
        ("worker",),
    ),
    Family(
        "dragoman_worker_resident_memory_bytes",
        "gauge",
        "Memory of a worker's process, models included; 0 without one.",
        ("worker",),
    ),
    Family(
        "dragoman_cache_requests_total",
        "counter",
        "How often a cache was asked, and whether it knew.",
        ("cache", "result"),
    ),
    Family("dragoman_storage_free_bytes", "gauge", "Free on the disk on which the database lies."),
    Family("dragoman_calls", "gauge", "Calls under way."),
    Family("dragoman_calls_deaf", "gauge", "Calls that can't be heard, whatever was tried."),
    Family("dragoman_call_people", "gauge", "People in calls who are heard."),
    Family(
        "dragoman_call_frames_total",
        "counter",
        "Frames of 20 ms in calls: heard; lost, undecryptable ones among them; undecryptable; "
        "unreadable; hurried, which came faster than time passes; late; concealed.",
        ("fate",),
    ),
    Family(
        "dragoman_call_datagrams_dropped_total",
        "counter",
        "Datagrams of calls that were of no use: foreign, sealed, broken, refused, unknown, "
        "overflown.",
        ("reason",),
    ),
    Family(
        "dragoman_call_worst_lost_ratio",
        "gauge",
        "Of the call that is heard worst: the share of frames of the last minute that were lost, "
        "unreadable or hurried, 0 to 1; calls with under 5 s of speech in it don't count.",
    ),
    Family("dragoman_call_waiting_clips", "gauge", "Translations that wait to be spoken in calls."),
    Family(
        "dragoman_call_oldest_clip_age_seconds",
        "gauge",
        "How long ago the words were said of the oldest of these translations; 0 without any.",
    ),
    Family(
        "dragoman_call_clips_dropped_total",
        "counter",
        "Translations that were not spoken in calls because they had grown too old.",
    ),
    Family(
        "dragoman_own_voice_jobs",
        "gauge",
        "Clips in people's own voices by state, those of the last 30 days included.",
        ("state",),
    ),
    Family(
        "dragoman_own_voice_oldest_job_age_seconds",
        "gauge",
        "How long ago the oldest clip that is not delivered yet was ordered; 0 without any.",
    ),
)
"""What is read when Prometheus asks."""

FAMILIES: Final[Mapping[str, Family]] = {each.name: each for each in (*TOLD, *READ)}


class Metrics:
    """Counts what it is told and writes it down; see ``observing``. One for each program."""

    def __init__(self, models: Iterable[str]) -> None:
        """``models`` are all those that may do anything."""
        # When a counter began tells nobody anything, and doubles the page.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it bare
        self._models = frozenset(models) | {NONE}
        self._outcomes = frozenset(_outcomes())
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._counters = {
            each.name: Counter(each.name, each.help, each.labels, registry=self._registry)
            for each in TOLD
            if each.kind == "counter"
        }
        self._histograms = {
            each.name: Histogram(
                each.name, each.help, each.labels, registry=self._registry, buckets=each.buckets
            )
            for each in TOLD
            if each.kind == "histogram"
        }

    def finished(self, note: Finished) -> None:
        """Count a note."""
        platform = _known(note.platform, PLATFORMS)
        kind = "live" if note.live else "note"
        outcome = _known(note.outcome, self._outcomes)
        self._counters["dragoman_notes_total"].labels(platform, kind, outcome).inc()
        step = _known(note.step, _STEPS)
        if step != _CALM:
            self._counters["dragoman_eased_notes_total"].labels(platform, step).inc()
        for stage, took_ms in note.stages_ms.items():
            model = _known(note.engines.get(stage, NONE), self._models)
            labels = (_known(stage, _STAGES), model, platform)
            self._observe("dragoman_stage_duration_seconds", took_ms / 1000, *labels)
        for name, took in (
            ("dragoman_wait_seconds", note.waited_ms),
            ("dragoman_time_to_text_seconds", note.text_ms),
            ("dragoman_time_to_voice_seconds", note.voice_ms),
        ):
            if took is not None:
                self._observe(name, took / 1000, platform, kind)

    def followed_up(self, clip: FollowUp) -> None:
        """Count a clip in a person's own voice."""
        platform = _known(clip.platform, PLATFORMS)
        outcome = _known(clip.outcome, self._outcomes)
        self._counters["dragoman_own_voice_clips_total"].labels(platform, outcome).inc()
        if clip.outcome == DELIVERED:
            self._observe("dragoman_time_to_own_voice_seconds", clip.waited_s, platform)
        elif clip.outcome == MADE:
            model = _known(clip.engine, self._models)
            for name, seconds in (("speech", clip.seconds), ("making", clip.made_s)):
                self._counters[f"dragoman_own_voice_{name}_seconds_total"].labels(model).inc(
                    max(0.0, seconds)
                )

    def delayed(self, seconds: float) -> None:
        """Count how late the event loop was."""
        self._histograms["dragoman_event_loop_delay_seconds"].observe(seconds)

    async def page(self, readings: Iterable[Reading], accept: str = "") -> tuple[bytes, str]:
        """Return what Prometheus reads, and its content type, as its header ``Accept`` wishes."""
        return await asyncio.to_thread(self._page, tuple(readings), accept)

    def _page(self, readings: tuple[Reading, ...], accept: str) -> tuple[bytes, str]:
        encode, content_type = choose_encoder(accept)
        return encode(_Page(self._registry, readings)), content_type

    def _observe(self, name: str, seconds: float, *labels: str) -> None:
        self._histograms[name].labels(*labels).observe(max(0.0, seconds))


class _Page(Collector):
    """What was told, and behind it what was read."""

    def __init__(self, told: CollectorRegistry, readings: tuple[Reading, ...]) -> None:
        self._told = told
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        yield from self._told.collect()
        yield _read("dragoman_info", [Reading("dragoman_info", 1, (version("dragoman"),))])
        ordered = sorted(self._readings, key=attrgetter("name"))
        for name, readings in groupby(ordered, attrgetter("name")):
            yield _read(name, readings)


def _read(name: str, readings: Iterable[Reading]) -> Metric:
    family = FAMILIES[name]
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(name, family.help, labels=family.labels)
    for each in readings:
        metric.add_metric(each.labels, each.value)
    return metric


def models(settings: Settings) -> Iterator[str]:
    """Yield who may hear, translate and speak: what labels are made of."""
    hearing, translating = settings.hearing, settings.translating
    yield from (hearing.default, *hearing.routes.values())
    if hearing.candidate is not None:
        yield hearing.candidate.model
    if settings.overload.model is not None:
        yield settings.overload.model
    yield from (*translating.order, LibreTranslateSpec.engine)
    yield from (*settings.speaking.order, *settings.own_voice.models)


def _known(value: str, among: Container[str]) -> str:
    return value if value in among else OTHER


def _outcomes() -> Iterator[str]:
    """Yield how anything may end."""
    yield from (DONE, DELIVERED, EXPIRED, LOST, MADE)
    yield from (name for name in messages.CATALOGUES["en"] if name.startswith("busy."))
    kinds: list[type[DragomanError]] = [DragomanError]
    while kinds:
        kind = kinds.pop()
        yield kind.code
        kinds += kind.__subclasses__()
