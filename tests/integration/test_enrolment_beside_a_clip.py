"""Enrolments and notes beside a clip that is made: a real process, and nobody waits for ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.desk import Bounds, Desk
from bot.enrolment import Enrolments
from bot.reception import Reception
from pipeline.cloning import Cloning
from pipeline.specs import AudioLimits
from pipeline.types import Audio, Sound
from pipeline.workers import ProcessWorker
from tests.bot.counters import ME
from tests.bot.exchanges import KeptReply, Recording, chat, note, person
from tests.bot.recordings import PaperStudio, recording
from tests.bot.studies import Study, opened
from tests.pipeline.fake_stages import EN
from tests.pipeline.worker_tasks import echo

CLIP_S = 1.5
"""Of computing, that a clip takes."""


def compute(seconds: float) -> float:
    """Keep a core busy for so much of its time, however long that takes."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds


class ClonersStudio(PaperStudio):
    """A studio that asks where the cloners are, as the real one does."""

    def __init__(self, cloning: Cloning) -> None:
        super().__init__()
        self._cloning = cloning

    async def sample(self, sound: Sound) -> Audio:
        return await self._cloning.call(echo, await super().sample(sound))


class House:
    def __init__(self, study: Study, worker: ProcessWorker) -> None:
        self.study = study
        self.worker = worker
        self.cloning = Cloning([], worker, worker)
        self.enrolments = Enrolments(ClonersStudio(self.cloning), study.stores.voices)
        reception = Reception(study.interpreter.open, self.enrolments, study.stores, lambda: 30.0)
        self.desk = Desk(reception.open, study.stores.notes, Bounds(at_once=1), AudioLimits())

    def has_room(self) -> bool:
        return not (self.desk.waiting() or self.desk.working())

    async def clip(self) -> float:
        """Make a clip that gives way to notes; return how long it took."""
        began = time.monotonic()
        async with self.cloning.giving_way(self.has_room):
            await self.worker.call(compute, CLIP_S)
        return time.monotonic() - began


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with (
        opened(tmp_path) as study,
        ProcessWorker(name="clone", timeout_s=30, start_timeout_s=30) as worker,
    ):
        await worker.call(echo, None)
        made = House(study, worker)
        yield made
        made.enrolments.end(ME.person)


async def until(holds: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - replies set no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def being_made(house: House) -> AsyncIterator[asyncio.Task[float]]:
    """Have a clip made meanwhile; it must come to its end."""
    making = asyncio.create_task(house.clip())
    await asyncio.sleep(0.2)
    yield making
    async with asyncio.timeout(20):
        await making


async def test_a_recording_for_an_enrolment_waits_for_the_clip_and_not_for_ever(
    house: House,
) -> None:
    house.enrolments.begin(ME.person, chat(), EN)
    reply = KeptReply()
    async with being_made(house) as making:
        about = note(1, who=ME.person, recording=Recording(recording()))
        await house.desk.take(about, reply)
        await until(lambda: bool(reply.said), 10)
        assert making.done()
    assert "good sample" in reply.sentences()[0]


async def test_notes_are_answered_while_a_recording_waits_for_the_cloners(house: House) -> None:
    house.enrolments.begin(ME.person, chat(), EN)
    enrolling, asking = KeptReply(), KeptReply()
    async with being_made(house) as making:
        await house.desk.take(note(1, who=ME.person, recording=Recording(recording())), enrolling)
        await house.desk.take(note(2, who=person(2), where=chat(2)), asking)
        await until(lambda: asking.names() == ["text", "speech"], 5)
        assert not making.done()
        assert not enrolling.said
        await until(lambda: bool(enrolling.said), 10)


async def test_a_clip_stands_still_while_a_note_is_worked_on_and_goes_on_after_it(
    house: House,
) -> None:
    gate = house.study.stages.gates["hear"] = asyncio.Event()
    reply = KeptReply()
    async with being_made(house) as making:
        await house.desk.take(note(1), reply)
        await asyncio.sleep(2 * CLIP_S)
        assert not making.done(), "it stood still"
        gate.set()
        async with asyncio.timeout(10):
            await making
    assert reply.names() == ["text", "speech"]
