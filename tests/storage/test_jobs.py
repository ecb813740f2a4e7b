"""A job is made once and sent once, in fair turns, for those alone who consented."""

import asyncio
import time
from dataclasses import replace

import pytest

from pipeline.errors import SealError, StorageError
from storage.clips import DELIVERED, EXPIRED, LOST
from storage.database import Database, open_database
from storage.job_queue import JobQueue, Place
from storage.jobs import Jobs
from storage.premium import Premium
from storage.sealing import Seal
from storage.types import Person
from tests.storage.enrolments import (
    CANARY,
    JOHN,
    LEASE,
    MAI,
    MODEL,
    SEAL,
    SPEECH,
    claimed,
    enrol,
    made,
    order,
    states,
    working,
)
from tests.storage.surroundings import SetClock, content

DAY = 86_400


@pytest.fixture
def clock() -> SetClock:
    """The schema looks at the time by itself, where consent is concerned."""
    return SetClock(time.time())


@pytest.fixture
def jobs(database: Database, clock: SetClock) -> Jobs:
    return Jobs(database, SEAL, pause_s=10.0, clock=clock)


@pytest.fixture
async def mai(database: Database, clock: SetClock) -> Person:
    return (await enrol(database, MAI, clock)).person


# from order to delivery


async def test_it_is_tried_and_waited_for_as_is_said_now(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    jobs.bound(hours=1.0, tries=1)
    assert await jobs.add(order(1, mai))
    assert not await jobs.retry(await claimed(jobs), "engine.failed")
    assert await states(database) == ["failed"]
    assert await jobs.add(order(2, mai))
    clock.now += 3_601
    assert await jobs.expire() == 1
    assert await states(database) == ["failed", "dropped"]


async def test_an_order_becomes_a_clip_and_the_clip_is_sent(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    assert await jobs.add(order(person=mai))
    job = await claimed(jobs)
    assert (job.order, job.tries, job.created) == (order(), 1, clock.now)
    assert await jobs.begin(job)
    assert await jobs.done(job, SPEECH, 12.5)
    assert await Premium(database, clock).used_s(mai) == SPEECH.clip.seconds
    assert await jobs.claim_delivery("discord") is None, "it is of another platform"
    delivery = await jobs.claim_delivery("telegram")
    assert delivery is not None
    assert (delivery.speech, delivery.made_s, delivery.sends) == (SPEECH, 12.5, 1)
    assert (delivery.person, delivery.chat, delivery.message) == (MAI, order().chat, "1")
    assert await jobs.delivered(delivery)
    assert await jobs.claim() is None
    assert await jobs.claim_delivery("telegram") is None
    [row] = await database.rows("SELECT state, outcome, text, clip, made FROM jobs")
    assert row == ("delivered", DELIVERED, None, None, 12.5)


async def test_nothing_that_was_said_is_ever_on_the_disk_in_the_clear(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    def on_disk() -> bytes:
        return content(database.path.parent)

    await jobs.add(order(person=mai))
    assert CANARY.encode() not in on_disk()
    job = await working(jobs)
    await jobs.done(job, SPEECH, 1.0)
    assert CANARY.encode() not in on_disk()
    [(clip,)] = await database.rows("SELECT clip FROM jobs")
    delivery = await jobs.claim_delivery("telegram")
    assert delivery is not None
    await jobs.delivered(delivery)
    assert CANARY.encode() not in on_disk()
    assert clip[40:80] not in on_disk(), "even what was sealed is erased"


async def test_the_same_message_is_ordered_once_even_after_it_ended(
    jobs: Jobs, mai: Person
) -> None:
    assert await jobs.add(order(person=mai))
    assert not await jobs.add(order(person=mai, text="another text"))
    assert await jobs.delivered(await made(jobs))
    assert not await jobs.add(order(person=mai))
    assert await jobs.add(order(2, mai))


async def test_a_person_has_twenty_jobs_open_at_most(jobs: Jobs, mai: Person) -> None:
    placed = [await jobs.add(order(number, mai)) for number in range(25)]
    assert placed == 20 * [True] + 5 * [False]
    await jobs.fail(await claimed(jobs), "engine.failed")
    assert await jobs.add(order(99, mai))


async def test_without_the_key_there_is_no_order_and_with_another_no_text(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    with pytest.raises(SealError):
        await Jobs(database, Seal(None), clock=clock).add(order(person=mai))
    await jobs.add(order(person=mai))
    with pytest.raises(SealError):
        await Jobs(database, Seal(bytes(32)), clock=clock).claim()


async def test_texts_of_two_jobs_can_not_be_swapped(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    await jobs.add(order(1, mai, "one"))
    await jobs.add(order(2, mai, "two"))
    await database.rows("UPDATE jobs SET text = (SELECT text FROM jobs WHERE message = '2')")
    with pytest.raises(SealError):
        await jobs.claim()


def test_an_order_of_another_platform_than_its_chat_is_none() -> None:
    with pytest.raises(ValueError, match="one platform"):
        replace(order(person=MAI), person=JOHN)


# leases


async def test_many_claims_at_once_get_a_job_each(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    for number in range(10):
        await jobs.add(order(number, mai))
    async with open_database(database.path) as second:
        others = Jobs(second, SEAL)
        taken = await asyncio.gather(*(each.claim() for each in 10 * [jobs, others]))
    numbers = [job.number for job in taken if job is not None]
    assert sorted(numbers) == sorted(set(numbers))
    assert len(numbers) == 10


async def test_a_lease_that_is_renewed_holds_and_one_that_is_not_ends(
    jobs: Jobs, mai: Person, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    first = await working(jobs)
    for _ in range(5):
        clock.now += LEASE - 1
        assert await jobs.beat(first)
        await jobs.expire()
    assert await jobs.claim() is None
    clock.now += LEASE
    await jobs.expire()
    second = await claimed(jobs)
    assert (second.number, second.tries) == (first.number, 2)
    for verb in (jobs.beat(first), jobs.done(first, SPEECH, 1.0), jobs.begin(first)):
        assert not await verb, "the job is another's now"
    assert not await jobs.retry(first, "worker.lost")
    assert not await jobs.release(first)
    assert await jobs.begin(second)
    assert await jobs.done(second, SPEECH, 1.0)


async def test_after_a_start_everything_that_was_held_is_open_at_once(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    for number in range(3):
        await jobs.add(order(number, mai))
    await made(jobs)
    await working(jobs)
    await claimed(jobs)
    assert await states(database) == ["delivering", "working", "claimed"]
    assert await jobs.recover() == 3
    assert await states(database) == ["done", "queued", "queued"]


async def test_what_dies_with_every_program_that_tries_it_is_given_up(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    await jobs.add(order(person=mai))
    for _ in range(3):
        await working(jobs)
        await jobs.recover()
    assert await jobs.claim() is None
    assert await database.rows("SELECT state, outcome, text FROM jobs") == [("failed", LOST, None)]


async def test_what_nobody_waits_for_any_more_is_not_said_to_have_failed(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    for _ in range(2):
        await working(jobs)
        await jobs.recover()
    await working(jobs)
    clock.now += DAY
    assert await jobs.expire() == 1
    assert await database.rows("SELECT state, outcome FROM jobs") == [("dropped", EXPIRED)]


async def test_a_clip_whose_seconds_can_not_be_counted_is_not_kept(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    await jobs.add(order(person=mai))
    job = await working(jobs)
    await database.rows("ALTER TABLE voice_use RENAME TO elsewhere")
    with pytest.raises(StorageError):
        await jobs.done(job, SPEECH, 1.0)
    assert await states(database) == ["working"]
    await database.rows("ALTER TABLE elsewhere RENAME TO voice_use")
    assert await jobs.done(job, SPEECH, 1.0)
    assert not await jobs.done(job, SPEECH, 1.0)
    assert await Premium(database).used_s(mai) == SPEECH.clip.seconds, "once"


async def test_what_is_put_back_was_not_tried(jobs: Jobs, mai: Person) -> None:
    await jobs.add(order(person=mai))
    for _ in range(5):
        assert await jobs.release(await working(jobs))
    assert (await claimed(jobs)).tries == 1


# tries


async def test_a_failed_try_is_repeated_later_and_later_and_then_no_more(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    for pause in (10, 20):
        assert await jobs.retry(await working(jobs), "worker.lost")
        clock.now += pause - 1
        assert await jobs.claim() is None
        clock.now += 1
    assert not await jobs.retry(await working(jobs), "worker.lost")
    clock.now += DAY / 2
    assert await jobs.claim() is None
    assert CANARY.encode() not in content(database.path.parent)
    [letter] = await JobQueue(database, clock).dead()
    assert (letter.platform, letter.tries, letter.code) == ("telegram", 3, "worker.lost")


async def test_a_clip_that_could_not_be_sent_is_kept_and_sent_later_as_it_is(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    assert await jobs.retry(await made(jobs), "platform.unreachable")
    assert await jobs.claim_delivery("telegram") is None
    assert await jobs.claim() is None, "it is not made again"
    clock.now += 10
    again = await jobs.claim_delivery("telegram")
    assert again is not None
    assert (again.speech, again.sends) == (SPEECH, 2)
    assert await jobs.retry(again, "platform.unreachable")
    clock.now += 20
    last = await jobs.claim_delivery("telegram")
    assert last is not None
    assert not await jobs.retry(last, "platform.unreachable")
    assert await states(database) == ["failed"]


# turns


async def test_people_take_turns_however_much_one_of_them_asks_for(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await enrol(database, JOHN, clock)
    for number in range(4):
        await jobs.add(order(f"m{number}", mai))
    for number in range(2):
        await jobs.add(order(f"j{number}", JOHN))
    turns = []
    for _ in range(6):
        clock.now += 1
        turns.append((await claimed(jobs)).order.message)
    assert turns == ["m0", "j0", "m1", "j1", "m2", "m3"]


async def test_what_has_priority_comes_first_whoever_waits(jobs: Jobs, mai: Person) -> None:
    await jobs.add(order("later", mai))
    await jobs.add(order("now", mai, priority=1))
    assert (await claimed(jobs)).order.message == "now"


# expiry


@pytest.mark.parametrize("when", ["queued", "done"])
async def test_what_nobody_waits_for_any_more_is_dropped_and_counted(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock, when: str
) -> None:
    await jobs.add(order(person=mai))
    if when == "done":
        await jobs.done(await working(jobs), SPEECH, 1.0)
    clock.now += DAY - 1
    assert await jobs.expire() == 0
    clock.now += 1
    assert await jobs.claim() is None
    assert await jobs.claim_delivery("telegram") is None
    assert await jobs.expire() == 1
    assert (await JobQueue(database, clock).counts())["dropped"] == 1
    assert await database.rows("SELECT outcome, text, clip FROM jobs") == [("expired", None, None)]


async def test_facts_are_forgotten_after_a_month(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    await jobs.delivered(await made(jobs))
    clock.now += 30 * DAY
    assert await jobs.sweep() == 0
    clock.now += 1
    assert await jobs.sweep() == 1
    assert await states(database) == []


# what /status says


async def test_the_place_and_the_time_are_told_as_the_turns_will_come(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    queue = JobQueue(database, clock)
    await enrol(database, JOHN, clock)
    assert await queue.mine(mai) == ()
    for number in range(2):
        await jobs.add(order(f"m{number}", mai, "x" * 100))
    await jobs.add(order("j", JOHN, "x" * 50))
    assert await queue.mine(JOHN) == (Place(2, None),), "nothing was made here yet"
    job = await working(jobs)
    await jobs.done(job, SPEECH, 20.0)
    assert await queue.seconds_per_character() == 0.2
    assert await queue.mine(JOHN) == (Place(1, 10.0),)
    assert await queue.mine(mai) == (Place(0, 0.0, is_made=True), Place(2, 30.0))
    clock.now += 1
    assert (await working(jobs)).order.person == JOHN
    assert await queue.mine(JOHN) == (Place(0, 10.0),)
    clock.now += 4
    assert await queue.mine(JOHN) == (Place(0, 6.0),), "it has run for a while already"
    assert (await queue.mine(mai))[1] == Place(1, 26.0)
    clock.now += 40
    assert await queue.mine(JOHN) == (Place(0, 0.0),), "it takes longer than others did"


async def test_what_is_tried_again_later_comes_when_it_is_due_and_others_go_before_it(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    queue = JobQueue(database, clock)
    await enrol(database, JOHN, clock)
    await jobs.add(order("old", mai, "x" * 100))
    await jobs.done(await working(jobs), SPEECH, 20.0)
    await jobs.add(order("m", JOHN, "x" * 10))
    assert await jobs.retry(await working(jobs), "worker.lost")
    assert await queue.mine(JOHN) == (Place(1, 12.0),), "it waits for ten seconds first"
    await jobs.add(order("n", mai, "x" * 100))
    assert (await queue.mine(mai))[1] == Place(1, 20.0)
    assert await queue.mine(JOHN) == (Place(2, 22.0),)


async def test_what_is_made_is_said_to_be_and_when_it_is_sent_again(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    queue = JobQueue(database, clock)
    await jobs.add(order(person=mai))
    delivery = await made(jobs)
    assert await queue.mine(mai) == (Place(0, 0.0, is_made=True),)
    await jobs.retry(delivery, "platform.unreachable")
    clock.now += 4
    assert await queue.mine(mai) == (Place(0, 6.0, is_made=True),)


async def test_the_oldest_is_as_old_as_its_order_until_it_is_delivered_or_not_wanted(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    queue = JobQueue(database, clock)
    assert await queue.oldest_s() == 0
    await jobs.add(order("first", mai))
    clock.now += 100
    await jobs.add(order("second", mai))
    assert await queue.oldest_s() == 100
    await jobs.done(await working(jobs), SPEECH, 20.0)
    assert await queue.oldest_s() == 100, "it is made, and nobody has it yet"
    delivery = await jobs.claim_delivery("telegram")
    assert delivery is not None
    await jobs.delivered(delivery)
    clock.now += 1
    assert await queue.oldest_s() == 1
    clock.now += DAY - 1
    assert await queue.oldest_s() == 0, "nobody waits for it any more"


async def test_the_time_is_the_median_of_what_was_made_here(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    for number, seconds in enumerate((1.0, 2.0, 90.0)):
        await jobs.add(order(number, mai, "x" * 10))
        clock.now += 1
        await jobs.done(await working(jobs), replace(SPEECH, engine=MODEL), seconds)
    assert await JobQueue(database, clock).seconds_per_character() == 0.2


async def test_a_job_that_was_claimed_and_never_begun_has_used_up_no_try(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    jobs.bound(hours=1.0, tries=1)
    assert await jobs.add(order(1, mai))
    await claimed(jobs)
    assert await jobs.recover() == 1
    assert await states(database) == ["queued"]
    assert (await claimed(jobs)).tries == 1
