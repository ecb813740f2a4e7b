"""What a soak has shown: figures, and what of it must not be."""

import os
import platform
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tests.soak.calls import LiveCall
from tests.soak.captions import Fate as Spoke
from tests.soak.captions import fate, settle
from tests.soak.gauges import Slope
from tests.soak.ledger import LOST, Fate, Note, waits
from tests.soak.program import Program
from tests.soak.sentences import Meaning
from tests.soak.soak import Soaked

_FATES = ("heard", "lost", "undecryptable", "concealed")
_TOLD = frozenset({Fate.TEXT_ONLY, Fate.REFUSED, Fate.FAILED})


@dataclass(frozen=True, slots=True)
class Wait:
    """How long people waited, in seconds."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Wait | None":
        """Return the percentiles, of anything at all."""
        if not seconds:
            return None
        return cls(statistics.median(seconds), float(np.percentile(seconds, 95)))

    def __str__(self) -> str:
        """Say it in short."""
        return f"{self.p50:.1f} / {self.p95:.1f}"


@dataclass(frozen=True, slots=True)
class Kind:
    """What became of one kind of note on one platform."""

    platform: str
    kind: str
    sent: int
    answered: int
    told: int
    """Refused, failed or not spoken, with a sentence that says so."""
    lost: int
    doubled: int
    unknowable: int
    """Came twice because a connection broke after the platform had taken it."""
    right: int | None
    """Answered to the letter; ``None`` where nobody can."""
    text: Wait | None
    voice: Wait | None

    @classmethod
    def of(cls, platform: str, kind: str, notes: Sequence[Note]) -> "Kind":
        """Count."""
        fates = [each.fate for each in notes]
        surplus = [each.surplus for each in notes]
        return cls(
            platform,
            kind,
            len(notes),
            fates.count(Fate.ANSWERED),
            sum(fate in _TOLD for fate in fates),
            sum(fate in LOST for fate in fates),
            sum(again for again, _ in surplus),
            sum(unknowable for _, unknowable in surplus),
            sum(each.right for each in notes if each.fate is Fate.ANSWERED)
            if any(each.said for each in notes)
            else None,
            Wait.of(waits(notes, Meaning.ANSWER)),
            Wait.of(waits(notes, Meaning.VOICE)),
        )


@dataclass(frozen=True, slots=True)
class Talk:
    """What became of what was said in one call."""

    people: int
    said: int
    captioned: int
    told: int
    away: int
    """Said while the bot was on its way back."""
    lost: int
    doubled: int
    right: int
    caption: Wait | None
    clips: int
    """Translations that were heard in it."""
    summoned: int
    """How often somebody had to call the bot."""
    away_s: float
    """For how long, together, people had to do without it."""
    in_the_clear: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it ran, and what else it had to do."""

    processor: str
    cores: int
    memory_gib: float
    load: float
    """Average over the last 15 minutes, ours included."""
    python: str
    date: str

    @classmethod
    def here(cls) -> "Machine":
        """Describe this one."""
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
        return cls(
            next(names, platform.machine()),
            os.cpu_count() or 1,
            psutil.virtual_memory().total / 2**30,
            os.getloadavg()[2],
            platform.python_version(),
            datetime.now(UTC).date().isoformat(),
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a soak says."""

    machine: Machine
    audio_s: float
    notes_s: float
    calls_s: float
    wall_s: float
    kinds: tuple[Kind, ...]
    talks: tuple[Talk, ...]
    errands: dict[str, tuple[int, int]]
    """Commands and buttons by platform: asked, answered."""
    peak_mib: float
    slope: Slope | None
    own_slope: Slope | None
    cpu_share: float
    """Of one core, over the whole time."""
    most_waiting: int
    kills: int
    restarts: int
    """Of the worker, beyond those after a kill."""
    ends: tuple[tuple[int, float, int], ...]
    """Of the program: exit status, seconds, processes left over."""
    deaf: int
    """Looks, every two seconds, at which a call could not be heard whatever was tried."""
    frames: dict[str, int]
    """Of 20 ms, in calls, by their fates."""
    stale: int
    """Translations that were not spoken because they had grown too old."""
    cached: dict[str, float]
    """By cache: the share of what it knew."""
    outcomes: dict[str, int]
    """Of notes and of what was said in calls, as the bot's own metrics tell."""
    storm: dict[str, int]
    """What was done on purpose, and how often."""
    requests: dict[str, int]
    """Requests of the bot that were made to fail, by platform."""
    warnings: dict[str, int]
    errors: dict[str, int]
    """In the log, but for those that a killed worker explains."""
    foreign: int
    told: int
    """Things in the log that must not be there."""
    strays: int
    """Messages under notes that nobody could make sense of."""
    unwell: tuple[str, ...]
    """What it found wrong with itself when all was quiet again."""
    trail: tuple[str, ...]
    """What was done on purpose and what was lost, each with its second."""
    memory: tuple[tuple[float, float, float], ...]
    """Second, MiB of all processes, MiB of the bot's own: every ten seconds."""

    @property
    def lost(self) -> int:
        """Notes, and things said in calls, without an answer or a word."""
        return sum(each.lost for each in self.kinds) + sum(each.lost for each in self.talks)

    @property
    def doubled(self) -> int:
        """Answers that came again."""
        return sum(each.doubled for each in self.kinds) + sum(each.doubled for each in self.talks)

    @property
    def faults(self) -> list[str]:
        """What must not be, in words; nothing, if all is well."""
        asked = sum(asked - answered for asked, answered in self.errands.values())
        wrong = {
            "lost": self.lost,
            "doubled": self.doubled,
            "restarts of the worker that nobody has provoked": self.restarts,
            "runs that did not end in order": sum(s != 0 or left for s, _, left in self.ends),
            "commands without an answer": asked,
            "messages that nobody understands": self.strays,
            "errors in the log": sum(self.errors.values()),
            "lines in the log that are not ours": self.foreign,
            "secrets in the log": self.told,
            "frames in the clear": sum(each.in_the_clear for each in self.talks),
            "checks that fail at the end": len(self.unwell),
        }
        return [f"{count} {what}" for what, count in wrong.items() if count]

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        told = {"lost": self.lost, "doubled": self.doubled, "faults": self.faults}
        return asdict(self) | told


def figures(soaked: Soaked) -> Figures:
    """Count everything. Blocks."""
    here, program = soaked.town, soaked.town.program
    society, gauges, log = here.society, here.gauges, soaked.log
    assert log is not None
    errands = society.errands
    return Figures(
        machine=Machine.here(),
        audio_s=society.budget.handed_s,
        notes_s=society.budget.notes_s,
        calls_s=society.budget.calls_s,
        wall_s=soaked.wall_s,
        kinds=tuple(Kind.of(*each) for each in society.ledger.groups()),
        talks=tuple(map(_talk, soaked.calls)),
        errands={at: (n, errands.answered[at]) for at, n in sorted(errands.asked.items())},
        peak_mib=gauges.peak_mib,
        slope=gauges.slope(),
        own_slope=gauges.slope(own=True),
        cpu_share=gauges.cpu_s / soaked.wall_s,
        most_waiting=gauges.waiting,
        kills=program.kills,
        restarts=round(program.counted("dragoman_worker_restarts_total")) - program.kills,
        ends=tuple((each.status, each.seconds, each.orphans) for each in program.ends),
        deaf=gauges.deaf,
        frames={fate: _frames(program, fate) for fate in _FATES},
        stale=round(program.counted("dragoman_call_clips_dropped_total")),
        cached={each: _known(program, each) for each in ("translations", "speeches")},
        outcomes=_outcomes(program),
        storm=dict(soaked.storm.happened),
        requests=dict(soaked.storm.requests),
        warnings=log.warnings,
        errors=log.errors,
        foreign=log.foreign,
        told=log.told,
        strays=len(society.ledger.stray),
        unwell=tuple(soaked.unwell),
        trail=tuple(f"{at - soaked.began:.0f} s: {what}" for at, what in sorted(_trail(soaked))),
        memory=tuple(
            (round(each.at - soaked.began, 1), round(each.mib, 1), round(each.own_mib, 1))
            for each in gauges.samples[::5]
        ),
    )


def _trail(soaked: Soaked) -> Iterator[tuple[float, str]]:
    """Yield what happened that may explain something; after calls have been settled."""
    yield from soaked.storm.times
    for note in soaked.town.society.ledger.notes:
        if note.fate in LOST or note.surplus[0]:
            yield note.sent, f"{note.platform} {note.kind} {note.fate}, {note.surplus[0]} again"
    for call in soaked.calls:
        for each in call.spoken:
            if fate(each, call.minutes.sentences, call.windows) is Spoke.LOST:
                yield each.began, f"lost in the call of {call.people}: {each.said.text}"


def _talk(call: LiveCall) -> Talk:
    account = settle(call.spoken, call.minutes, call.windows)
    gaps = zip(call.windows, call.windows[1:], strict=False)
    return Talk(
        people=call.people,
        said=len(call.spoken),
        captioned=account.fates[Spoke.CAPTIONED],
        told=account.fates[Spoke.TOLD],
        away=account.fates[Spoke.AWAY],
        lost=account.fates[Spoke.LOST],
        doubled=account.doubled,
        right=account.right,
        caption=Wait.of(account.waits),
        clips=call.clips,
        summoned=call.summoned,
        away_s=sum(later.start - earlier.end for earlier, later in gaps),
        in_the_clear=call.in_the_clear,
    )


def _outcomes(program: Program) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (name, labels), count in program.counters.items():
        if name == "dragoman_notes_total":
            facts = dict(labels)
            found[f"{facts['kind']} {facts['outcome']}"] += round(count)
    return dict(found.most_common())


def _frames(program: Program, fate: str) -> int:
    return round(program.counted("dragoman_call_frames_total", fate=fate))


def _known(program: Program, cache: str) -> float:
    """Return the share of questions that a cache could answer."""
    asked = program.counted("dragoman_cache_requests_total", cache=cache)
    hits = program.counted("dragoman_cache_requests_total", cache=cache, result="hit")
    return hits / asked if asked else 0.0
