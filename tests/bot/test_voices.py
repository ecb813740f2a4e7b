"""What /status says of a person's clip: where it stands, and how long it is likely to take."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands import Commands
from bot.enrolment import Enrolments
from bot.stores import Stores
from pipeline.pipeline import Pipeline
from storage.database import Database, open_database
from storage.types import Person
from tests.bot.counters import ME, PaperQueue
from tests.bot.exchanges import PLATFORM, person
from tests.bot.own_voices import SETTINGS
from tests.bot.recordings import PaperStudio
from tests.pipeline.fake_stages import SPEC, Memory, Stages
from tests.storage.enrolments import SPEECH, enrol, order, working
from tests.storage.surroundings import SetClock

OTHER = person("other")


class Counter:
    """Where people ask, on a machine that takes two seconds for ten characters."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.clock = clock
        self.database = database
        self.stores = Stores.of(database, SETTINGS, clock)
        stages = Stages()
        voices = Pipeline(
            SPEC, decoding=stages, compute=stages, network=stages, cache=Memory()
        ).voices
        enrolments = Enrolments(PaperStudio(), self.stores.voices)
        self.commands = Commands(self.stores, SETTINGS, PaperQueue(), voices, enrolments)

    async def prepare(self) -> None:
        for who in (ME.person, OTHER):
            await enrol(self.database, who, self.clock)

    async def learn(self) -> None:
        """Have clips made before, of which the time is known."""
        jobs = self.stores.jobs
        for number, seconds in enumerate((18.0, 20.0, 99.0)):
            await self.order(f"past {number}", 100, OTHER)
            assert await jobs.done(await working(jobs), SPEECH, seconds)
            delivery = await jobs.claim_delivery(PLATFORM)
            assert delivery is not None
            await jobs.delivered(delivery)

    async def order(self, message: object, characters: int, who: Person = ME.person) -> None:
        assert await self.stores.jobs.add(order(message, who, "x" * characters))
        self.clock.now += 1

    async def says(self, locale: str = "en") -> list[str]:
        """Return what is said of the asker's own clips."""
        text = (await self.commands.run(replace(ME, locale=locale), "status")).text
        return [line for line in text.splitlines() if line.startswith(("Yours", "Đoạn của bạn"))]


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_database(tmp_path / "d.db") as database:
        made = Counter(database, SetClock(time.time()))
        await made.prepare()
        yield made


async def test_nothing_is_said_where_nothing_is_to_come(counter: Counter) -> None:
    assert await counter.says() == []
    await counter.order("theirs", 100, OTHER)
    assert await counter.says() == []


async def test_before_any_was_made_here_the_time_is_not_known(counter: Counter) -> None:
    await counter.order("mine", 100)
    assert await counter.says() == ["Yours is number 1: how long it takes is not known here yet."]
    await working(counter.stores.jobs)
    assert await counter.says() == [
        "Yours is being made now: how long it takes is not known here yet."
    ]


async def test_the_time_is_worked_out_from_what_was_made_here(counter: Counter) -> None:
    await counter.learn()
    await counter.order("mine", 100)
    assert await counter.says() == [
        "Yours is number 1: about 20 s from now, if nobody sends notes."
    ]
    assert await counter.says("vi") == [
        "Đoạn của bạn đứng thứ 1: khoảng 20 giây nữa, nếu không ai gửi tin."
    ]


async def test_what_goes_before_is_waited_for(counter: Counter) -> None:
    await counter.learn()
    await counter.order("theirs", 1_000, OTHER)
    await working(counter.stores.jobs)
    await counter.order("mine", 100)
    assert await counter.says() == [
        "Yours is number 1: about 4 min from now, if nobody sends notes."
    ]


async def test_a_clip_that_is_being_made_takes_less_the_longer_it_has_run(
    counter: Counter,
) -> None:
    await counter.learn()
    await counter.order("mine", 500)
    await working(counter.stores.jobs)
    when = "Yours is being made now: about {} s from now, if nobody sends notes."
    assert await counter.says() == [when.format(100)]
    counter.clock.now += 60
    assert await counter.says() == [when.format(40)]
    counter.clock.now += 600
    assert await counter.says() == [when.format(10)]


async def test_a_try_that_waits_is_waited_for(counter: Counter) -> None:
    await counter.learn()
    await counter.order("mine", 100)
    jobs = counter.stores.jobs
    assert await jobs.retry(await working(jobs), "worker.lost")
    assert await counter.says() == [
        "Yours is number 1: about 50 s from now, if nobody sends notes."
    ]


async def test_a_clip_that_is_made_is_said_to_be(counter: Counter) -> None:
    await counter.learn()
    await counter.order("mine", 100)
    jobs = counter.stores.jobs
    assert await jobs.done(await working(jobs), SPEECH, 20.0)
    on_its_way = ["Yours is made, and on its way."]
    assert await counter.says() == on_its_way
    delivery = await jobs.claim_delivery(PLATFORM)
    assert delivery is not None
    assert await counter.says() == on_its_way
    await counter.database.rows("UPDATE jobs SET sends = 2 WHERE state = 'delivering'")
    assert await jobs.retry(replace(delivery, sends=2), "platform.unreachable")
    assert await counter.says() == [
        "Yours is made, but could not be sent yet; I try again in about 1 min."
    ]
    assert await counter.says("vi") == [
        "Đoạn của bạn đã làm xong nhưng chưa gửi được; tôi thử lại sau khoảng 1 phút."
    ]
    await counter.order("next", 100)
    assert (await counter.says())[1].startswith("Yours is number 1")
