"""What became of a clip that nobody gets is dealt with once, also by the next program."""

import time

import pytest

from storage.clips import EXPIRED, LOST, Ending
from storage.database import Database
from storage.endings import Endings
from storage.jobs import Jobs
from storage.links import Links
from storage.types import Person
from storage.voices import Voices
from tests.storage.enrolments import JOHN, MAI, SEAL, SPEECH, claimed, enrol, made, order, working
from tests.storage.surroundings import SetClock

DAY = 86_400
QUOTA = "premium.quota"


@pytest.fixture
def clock() -> SetClock:
    """Noon: the schema looks at the time by itself, where consent is concerned."""
    return SetClock(time.time() // DAY * DAY + 1.5 * DAY)


@pytest.fixture
def jobs(database: Database, clock: SetClock) -> Jobs:
    return Jobs(database, SEAL, pause_s=10.0, clock=clock)


@pytest.fixture
def endings(database: Database, clock: SetClock) -> Endings:
    return Endings(database, pause_s=60.0, clock=clock)


@pytest.fixture
async def mai(database: Database, clock: SetClock) -> Person:
    return (await enrol(database, MAI, clock)).person


async def ending(endings: Endings, platform: str = "telegram") -> Ending:
    found = await endings.next(platform)
    assert found is not None
    return found


async def test_a_failed_job_is_given_out_until_it_is_settled(
    jobs: Jobs, endings: Endings, mai: Person, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    assert await endings.next("telegram") is None
    job = await working(jobs)
    clock.now += 5
    await jobs.fail(job, "engine.failed")
    assert await endings.next("discord") is None, "it is of another platform"
    found = await ending(endings)
    assert (found.person, found.chat, found.message, found.locale) == (
        MAI,
        order().chat,
        "1",
        "vi",
    )
    assert (found.failed, found.code, found.waited_s) == (True, "engine.failed", 5.0)
    assert not found.is_last
    assert await endings.next("telegram") is None, "somebody is at it"
    clock.now += 60
    assert (await ending(endings)).number == found.number
    await endings.settle(found)
    clock.now += DAY - 100
    assert await endings.next("telegram") is None


async def test_who_can_not_be_told_is_tried_later_and_later_and_for_a_day(
    jobs: Jobs, endings: Endings, mai: Person, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    await jobs.fail(await working(jobs), "engine.failed")
    ended, tries, found = clock.now, [], None
    while clock.now < ended + 2 * DAY:
        found = await endings.next("telegram")
        if found is not None:
            tries.append((clock.now - ended, found.is_last))
        clock.now += 30
    assert [seconds for seconds, _ in tries[:6]] == [0, 60, 120, 240, 480, 960]
    assert len(tries) < 40
    assert [last for _, last in tries] == (len(tries) - 1) * [False] + [True]


async def test_what_an_earlier_program_was_at_is_given_out_at_once_and_what_is_settled_is_not(
    jobs: Jobs, endings: Endings, mai: Person, clock: SetClock
) -> None:
    for number in range(2):
        await jobs.add(order(number, mai))
        await jobs.fail(await working(jobs), "engine.failed")
    clock.now += 1000
    settled, begun = await ending(endings), await ending(endings)
    await endings.settle(settled)
    assert await endings.next("telegram") is None
    await endings.recover()
    assert (await ending(endings)).number == begun.number
    assert await endings.next("telegram") is None


async def test_every_way_to_end_is_given_out_and_a_delivery_is_not(
    jobs: Jobs, endings: Endings, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order("delivered", mai))
    await jobs.delivered(await made(jobs))
    await jobs.add(order("retried", mai))
    for pause in (10, 20, 0):
        await jobs.retry(await working(jobs), "worker.lost")
        clock.now += pause
    await jobs.add(order("lost", mai))
    for _ in range(3):
        await working(jobs)
        await jobs.recover()
    await jobs.add(order("unsent", mai))
    await jobs.fail(await made(jobs), "platform.refused")
    await jobs.add(order("quota", mai))
    await jobs.drop(await claimed(jobs), QUOTA)
    await jobs.add(order("expired", mai))
    await database.rows("UPDATE jobs SET expires = ? WHERE message = 'expired'", clock.now)
    await jobs.expire()
    await jobs.add(order("consent", mai))
    await database.rows("UPDATE voices SET expires = ?", clock.now)
    await jobs.expire()
    found = []
    while (each := await endings.next("telegram")) is not None:
        found.append((each.message, each.failed, each.code))
        await endings.settle(each)
    assert found == [
        ("retried", True, "worker.lost"),
        ("lost", True, LOST),
        ("unsent", True, "platform.refused"),
        ("quota", False, QUOTA),
        ("expired", False, EXPIRED),
        ("consent", False, "consent"),
    ]


async def test_which_is_the_first_of_its_kind_that_day_is_said_of_a_voice_with_all_its_accounts(
    jobs: Jobs, endings: Endings, mai: Person, database: Database, clock: SetClock
) -> None:
    links, other = Links(database, clock), Person("telegram", "9")
    await links.redeem(await links.offer(mai), other)
    await enrol(database, JOHN, clock)

    async def is_first(number: int, person: Person, code: str = QUOTA) -> bool:
        await jobs.add(order(number, person))
        await jobs.drop(await claimed(jobs), code)
        clock.now += 1
        found = await ending(endings, person.platform)
        await endings.settle(found)
        return found.is_first

    assert await is_first(1, mai)
    assert not await is_first(2, mai)
    assert not await is_first(3, other)
    assert await is_first(4, JOHN)
    assert await is_first(5, mai, "premium.none")
    clock.now += DAY / 2
    assert await is_first(6, mai), "the next day"


async def test_what_ended_in_an_earlier_release_or_days_ago_is_left_alone(
    jobs: Jobs, endings: Endings, mai: Person, database: Database
) -> None:
    for number in range(2):
        await jobs.add(order(number, mai))
        await jobs.fail(await working(jobs), "engine.failed")
    # As it was left: due was when it could be tried.
    await database.rows("UPDATE jobs SET due = created - 1 WHERE message = '0'")
    await database.rows("UPDATE jobs SET finished = finished - ?, due = due - ?", DAY, DAY)
    assert await endings.next("telegram") is None


async def test_with_a_voice_goes_all_that_could_be_said_of_it(
    jobs: Jobs, endings: Endings, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    await jobs.fail(await working(jobs), "engine.failed")
    found = await ending(endings)
    await Voices(database, SEAL, clock=clock).delete(mai)
    await endings.settle(found)
    clock.now += 60
    assert await endings.next("telegram") is None


async def test_a_clip_that_is_open_is_no_ending_whatever_it_waits_for(
    jobs: Jobs, endings: Endings, mai: Person, clock: SetClock
) -> None:
    await jobs.add(order(1, mai))
    await jobs.add(order(2, mai))
    assert await jobs.retry(await working(jobs), "worker.lost")
    assert await jobs.done(await working(jobs), SPEECH, 1.0)
    clock.now += 60
    assert await endings.next("telegram") is None
