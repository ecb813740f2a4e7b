"""What ``dragoman bench`` says: one record, as JSON and as tables."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from bot import messages
from bot.bench_measuring import Measured, other_window

STAGES: Final = ("decode", "hear", "translate", "text", "speak", "total")
_RIVALS: Final = (
    "ours",
    "stock",
    "transformers",
    "ours.given",
    "stock.given",
    "bare",
    "ours.other_window",
)
"""Who heard, in the order of the table."""
_LIBRARIES: Final = ("ctranslate2", "faster-whisper", "torch", "transformers")


def as_lines(found: Mapping[str, Any], console: Console, locale: str) -> None:
    """Say what own voice takes."""
    model = found["model"]
    if found["random"]:
        model = messages.say("bench.random", locale, model=model)
    facts = {**found, "model": model}
    lines = [messages.say("bench.clone", locale, **facts)]
    lines += [messages.say("bench.clone.spoken", locale, **each) for each in found["spoken"]]
    lines += [messages.say("bench.clone.text", locale, **facts)]
    if found["random"]:
        lines.append(messages.say("bench.nonsense", locale))
    for line in lines:
        console.print(line, markup=False)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return ``p50_ms`` and ``p95_ms``, interpolated between the values."""
    p50, p95 = np.percentile(values, (50, 95))
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def record(measured: Measured) -> dict[str, Any]:
    """Return everything as plain data; docs/benchmarks.md says what each field is."""
    plan = measured.plan
    peaks = measured.peaks_mib
    return {
        "machine": _machine() | {"load": [round(load, 2) for load in measured.load]},
        "models": {
            "recognizer": {
                "name": plan.whisper.model,
                "random": plan.whisper_shape is not None,
                "window": plan.whisper.window,
            },
            "translator": {"name": plan.nllb.model, "random": plan.nllb_shape is not None},
            "synthesizer": {"name": plan.synthesizer.engine},
        },
        "threads": plan.whisper.threads,
        "runs": plan.runs,
        "clips": [_clip(measured, seconds) for seconds in sorted(plan.seconds)],
        "cached_translation": percentiles(measured.cached),
        "encoder_passes": measured.passes,
        "peak_memory_mib": {
            "ours": round(peaks["parent"] + peaks["ours"] + peaks["decoder"], 1),
            **{name: round(peak, 1) for name, peak in peaks.items() if name != "ours"},
            "child": round(peaks["ours"], 1),
        },
        "absent": [name for name in ("transformers", "ours.narrowed") if not _has(measured, name)],
    }


def _clip(measured: Measured, seconds: float) -> dict[str, Any]:
    def of(name: str, stage: str) -> dict[str, float] | None:
        values = measured.times.get((name, seconds, stage))
        return percentiles(values) if values else None

    text = np.median(measured.times["ours", seconds, "text"])
    given, bare = (np.median(measured.times[name, seconds, "text"]) for name in _PAIR)
    return {
        "seconds": seconds,
        "words": measured.words[seconds],
        "stages": {stage: of("ours", stage) for stage in STAGES},
        "real_time_factor": round(float(text) / 1000 / seconds, 3),
        "recognition": {name: of(name, "heard") for name in _RIVALS},
        "text_given": {name: of(name, "text") for name in _PAIR},
        "overhead": round(float(given / bare) - 1, 4),
        "translation": {name: of(name, "translate") for name in ("ours.wide", "ours.narrowed")},
    }


_PAIR: Final = ("ours.given", "bare")


def _has(measured: Measured, name: str) -> bool:
    return any(who == name for who, _, _ in measured.times)


def _machine() -> dict[str, Any]:
    return {
        "cpu": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(
            int((_field("/proc/meminfo", "MemTotal") or "0").split()[0]) / 2**20, 1
        ),
        "python": platform.python_version(),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def _field(file: str, name: str) -> str:
    try:
        lines = Path(file).read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def as_json(measured: Measured) -> str:
    """Return the record as one JSON object on one line."""
    return json.dumps(record(measured), ensure_ascii=False)


def as_tables(measured: Measured, console: Console, locale: str) -> None:
    """Print the record for people."""
    _Page(record(measured), measured, console, locale).print()


class _Page:
    def __init__(
        self, record: Mapping[str, Any], measured: Measured, console: Console, locale: str
    ) -> None:
        self._record = record
        self._measured = measured
        self._console = console
        self._locale = locale

    def print(self) -> None:
        self._head()
        self._stages()
        self._rivals()
        self._rest()

    def _say(self, name: str, **facts: object) -> str:
        return messages.say(f"bench.{name}", self._locale, **facts)

    def _head(self) -> None:
        machine, models = self._record["machine"], self._record["models"]
        names = (
            self._say("random", model=each["name"]) if each.get("random") else each["name"]
            for each in models.values()
        )
        self._line("machine", **machine)
        self._line(
            "setup",
            models=", ".join(names),
            threads=self._record["threads"],
            runs=self._record["runs"],
            window=models["recognizer"]["window"],
        )

    def _stages(self) -> None:
        table = self._table("stages", ("seconds", *STAGES, "factor"))
        for clip in self._record["clips"]:
            times = (_cell(clip["stages"][stage]) for stage in STAGES)
            table.add_row(f"{clip['seconds']:g} s", *times, f"{clip['real_time_factor']:.2f}")
        self._console.print(table)

    def _rivals(self) -> None:
        clips = self._record["clips"]
        table = self._table("recognition", ("who", *(f"{clip['seconds']:g} s" for clip in clips)))
        for name in _RIVALS:
            cells = [_cell(clip["recognition"][name]) for clip in clips]
            if any(cells):
                window = other_window(self._measured.plan.whisper)
                table.add_row(self._say(f"who.{name}", window=window), *cells)
        self._console.print(table)

    def _rest(self) -> None:
        clips, passes = self._record["clips"], self._record["encoder_passes"]
        shares = ", ".join(f"{clip['seconds']:g} s {clip['overhead']:+.1%}" for clip in clips)
        self._line("overhead", shares=shares)
        self._line("passes", **{name.replace(".", "_"): count for name, count in passes.items()})
        self._line("cached", **self._record["cached_translation"])
        for clip in clips:
            wide, narrowed = (clip["translation"][name] for name in ("ours.wide", "ours.narrowed"))
            if narrowed:
                self._line(
                    "narrowed",
                    seconds=clip["seconds"],
                    wide=wide["p50_ms"],
                    narrowed=narrowed["p50_ms"],
                )
        peaks = self._record["peak_memory_mib"]
        others = {f"who.{name}": peaks.get(name) for name in ("bare", "stock", "transformers")}
        parts = {name: peaks[name] for name in ("ours", "parent", "child", "decoder")}
        self._line("memory", **parts)
        for who, peak in others.items():
            if peak:
                self._line("memory.other", who=self._say(who), peak=peak)
        for name in self._record["absent"]:
            self._line(f"absent.{name}")
        if any(self._record["models"][kind].get("random") for kind in self._record["models"]):
            self._line("nonsense")

    def _line(self, name: str, **facts: object) -> None:
        self._console.print(self._say(name, **facts), markup=False)

    def _table(self, title: str, columns: Sequence[str]) -> Table:
        table = Table(title=self._say(title), title_justify="left", box=None, pad_edge=False)
        for column in columns:
            known = f"bench.{column}" in messages.CATALOGUES["en"]
            table.add_column(self._say(column) if known else column, justify="right")
        table.columns[0].justify = "left"
        return table


def _cell(times: Mapping[str, float] | None) -> str:
    return f"{times['p50_ms']:,.0f} / {times['p95_ms']:,.0f}" if times else ""
