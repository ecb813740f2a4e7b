"""What an overload has shown: figures, what of them must not be, and a page."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tests.soak.ledger import LOST, Fate, waits
from tests.soak.overload import FACTOR, Overloaded
from tests.soak.page import table, verdict, where
from tests.soak.report import Machine, Wait
from tests.soak.sentences import Meaning

BUDGET_MIB = 8 * 1024
"""Of memory, for all processes together."""


@dataclass(frozen=True, slots=True)
class OverloadFigures:
    """Everything that an overload says."""

    machine: Machine
    capacity: float
    """Notes a second that the machine can do."""
    offered_s: float
    offered: int
    audio_s: float
    voice: int
    """Answered with text and voice."""
    text_only: int
    """Answered with text, and told that there is no voice."""
    hurried: int
    """Of those answered: heard in haste, and marked so."""
    placed: int
    """Told their place in the queue."""
    refused: int
    failed: int
    lost: int
    doubled: int
    text: Wait | None
    spoken: Wait | None
    refusal: Wait | None
    bound_s: float
    """What the p95 to the text of an answered note must stay below."""
    peak_mib: float
    most_waiting: int
    calm_s: float | None
    restarts: int
    errors: dict[str, int]
    foreign: int
    told: int
    unwell: tuple[str, ...]

    @property
    def faults(self) -> list[str]:
        """What must not be, in words; nothing, if all is well."""
        late = self.text is None or self.text.p95 > self.bound_s
        wrong = {
            f"{self.lost} notes lost in silence": self.lost,
            f"{self.doubled} answers doubled": self.doubled,
            f"text p95 not within {self.bound_s:.0f} s": late,
            "more memory than there is": self.peak_mib > BUDGET_MIB,
            "not calm again": self.calm_s is None,
            f"{self.failed} notes failed": self.failed,
            f"{self.restarts} starts of the worker": self.restarts,
            "errors in the log": self.errors or self.foreign or self.told,
            "checks that fail at the end": self.unwell,
        }
        return [what for what, so in wrong.items() if so]

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return asdict(self) | {"faults": self.faults}


def overload_figures(done: Overloaded, bound_s: float) -> OverloadFigures:
    """Count everything. Blocks."""
    notes, program = done.notes, done.town.program
    assert done.log is not None
    fates = [each.fate for each in notes]
    return OverloadFigures(
        machine=Machine.here(),
        capacity=done.capacity,
        offered_s=done.offered_s,
        offered=len(notes),
        audio_s=sum(each.seconds for each in notes),
        voice=fates.count(Fate.ANSWERED),
        text_only=fates.count(Fate.TEXT_ONLY),
        hurried=sum(each.hurried for each in notes),
        placed=sum(bool(each.of(Meaning.PLACE)) for each in notes),
        refused=fates.count(Fate.REFUSED),
        failed=fates.count(Fate.FAILED),
        lost=sum(fate in LOST for fate in fates),
        doubled=sum(again for again, _ in (each.surplus for each in notes)),
        text=Wait.of(waits(notes, Meaning.ANSWER)),
        spoken=Wait.of(waits(notes, Meaning.VOICE)),
        refusal=Wait.of(waits(notes, Meaning.REFUSED)),
        bound_s=bound_s,
        peak_mib=done.town.gauges.peak_mib,
        most_waiting=done.town.gauges.waiting,
        calm_s=done.calm_s,
        restarts=round(program.counted("dragoman_worker_restarts_total")),
        errors=done.log.errors,
        foreign=done.log.foreign,
        told=done.log.told,
        unwell=tuple(done.unwell),
    )


def overload_page(found: OverloadFigures) -> str:
    """Return the report of an overload."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: OverloadFigures) -> Iterator[str]:
    yield where(found.machine)
    yield ""
    yield (
        f"The machine can do **{found.capacity:.1f} notes a second**. {FACTOR} times as many were"
        f" offered for {found.offered_s:.0f} s: {found.offered} notes,"
        f" {found.audio_s / 3600:.1f} h of speech."
    )
    yield verdict(found.faults, "Nothing was lost in silence, and the text came within the bound.")
    yield ""
    rows = (
        ("answered with text and voice", found.voice, found.spoken, "to the voice"),
        ("answered with text only, and told so", found.text_only, found.text, "to any text"),
        ("refused with a sentence", found.refused, found.refusal, "to the sentence"),
        ("failed with a sentence", found.failed, None, ""),
        ("lost in silence", found.lost, None, ""),
        ("doubled", found.doubled, None, ""),
    )
    shown = ((what, n, f"{n / found.offered:.0%}", wait or "-", to) for what, n, wait, to in rows)
    yield from table("outcome|notes|share|p50 / p95 in s|wait", shown)
    yield ""
    calm = "never" if found.calm_s is None else f"after {found.calm_s:.0f} s"
    bound = f"must stay below {found.bound_s:.0f} s"
    yield f"- to the text of an answered note: {found.text or '-'} s; the second {bound}"
    yield f"- heard in haste, and marked so: {found.hurried}; told a place: {found.placed}"
    yield f"- at most {found.most_waiting} notes waited, as seen every two seconds"
    yield f"- memory of all processes: at most {found.peak_mib:,.0f} MiB of {BUDGET_MIB:,}"
    yield f"- answered as ever, once nobody sent any more: {calm}"
