"""The report as a page, in Markdown that reads well in a terminal too."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.soak.gauges import Slope
from tests.soak.report import Figures, Kind, Machine, Talk, Wait


def page(found: Figures) -> str:
    """Return the report of a soak."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Figures) -> Iterator[str]:
    yield where(found.machine)
    yield ""
    yield (
        f"**{found.audio_s:,.0f} s of speech** handed in within {found.wall_s / 60:.1f} min:"
        f" {found.notes_s:,.0f} s in notes and files, {found.calls_s:,.0f} s in calls."
    )
    yield verdict(found.faults, "Nothing lost, nothing doubled.")
    yield ""
    yield from table(
        "platform|kind|sent|answered|told|lost|doubled|unknowable|right|text|voice",
        map(_kind, found.kinds),
    )
    yield ""
    yield from table(
        "call of|said|captioned|told|away|lost|doubled|right|caption|spoken|away for|summoned",
        map(_talk, found.talks),
    )
    yield ""
    yield (
        "Waits are p50 / p95 in seconds, from the sending of a note, or the last sound of what was"
        " said, to what a member sees."
    )
    yield ""
    yield from (f"- {line}" for line in _facts(found))


def verdict(faults: Sequence[str], well: str) -> str:
    """Say in one line what is wrong, or that all is well."""
    return f"**Wrong: {', '.join(faults)}.**" if faults else well


def where(machine: Machine) -> str:
    """Say in one line where it ran, and when."""
    return (
        f"{machine.date}, {machine.processor}, {machine.cores} cores,"
        f" {machine.memory_gib:.1f} GiB, Python {machine.python}; load {machine.load:.1f} over the"
        " last 15 minutes."
    )


def _kind(kind: Kind) -> tuple[object, ...]:
    answered = kind.answered and kind.right is not None
    right = f"{kind.right / kind.answered:.0%}" if answered and kind.right is not None else "-"
    return (
        *(kind.platform, kind.kind, kind.sent, kind.answered, kind.told, kind.lost, kind.doubled),
        *(kind.unknowable, right, _wait(kind.text), _wait(kind.voice)),
    )


def _talk(talk: Talk) -> tuple[object, ...]:
    right = f"{talk.right / talk.captioned:.0%}" if talk.captioned else "-"
    return (
        *(talk.people, talk.said, talk.captioned, talk.told, talk.away, talk.lost, talk.doubled),
        *(right, _wait(talk.caption), talk.clips, f"{talk.away_s:.0f} s", talk.summoned),
    )


def _wait(wait: Wait | None) -> str:
    return str(wait) if wait else "-"


def _facts(found: Figures) -> Iterator[str]:
    yield (
        f"memory of all processes: at most {found.peak_mib:,.0f} MiB; slope"
        f" {_slope(found.slope)}, of the bot's own process {_slope(found.own_slope)}"
    )
    yield (
        f"processor: {found.cpu_share:.0%} of one core; at most {found.most_waiting} notes waiting"
    )
    yield (
        f"the worker was killed {found.kills} times and started {found.restarts} times besides;"
        f" the program ended {_ends(found.ends)}"
    )
    yield f"calls that stayed deaf: seen {found.deaf} times"
    yield f"frames of sound in calls: {_counts(found.frames)}"
    yield f"translations too old to be spoken in calls: {found.stale}"
    yield "commands and buttons: " + "; ".join(
        f"{platform} {answered} of {asked} answered"
        for platform, (asked, answered) in found.errands.items()
    )
    yield "known to the caches: " + ", ".join(f"{n} {s:.0%}" for n, s in found.cached.items())
    yield f"outcomes, as the bot counts them: {_counts(found.outcomes)}"
    yield f"requests made to fail: {_counts(found.requests)}"
    yield f"done on purpose: {_counts(found.storm)}"
    yield (
        f"log: {sum(found.errors.values())} errors that nobody has provoked, {found.foreign} lines"
        f" of others, {found.told} things said, names or tokens; warnings:"
        f" {_counts(found.warnings)}"
    )


def _slope(slope: Slope | None) -> str:
    if slope is None:
        return "unknown"
    return f"{slope.mib_per_hour:+.0f} ± {slope.error:.0f} MiB/h over {slope.seconds / 60:.1f} min"


def _ends(ends: Iterable[tuple[int, float, int]]) -> str:
    return ", ".join(f"with {status} after {seconds:.1f} s" for status, seconds, _ in ends)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"


def table(heads: str, rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table, its columns as wide as they have to be."""
    cells = [heads.split("|"), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        yield "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        if not number:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
