"""No clip without a consent that holds, whoever asks for it and however."""

import sqlite3
import time
from contextlib import closing

import pytest

from pipeline.errors import StorageError
from storage.database import Database
from storage.jobs import Jobs
from storage.links import Links
from storage.types import Person
from storage.voices import Voices
from tests.storage.enrolments import JOHN, MAI, SEAL, SPEECH, enrol, order, states, working
from tests.storage.surroundings import SetClock


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


async def test_who_has_no_voice_gets_no_job(jobs: Jobs) -> None:
    assert not await jobs.add(order(person=MAI))


async def test_an_expired_voice_gets_no_job_and_what_waits_is_dropped(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    await database.rows("UPDATE voices SET expires = ?", clock.now)
    assert not await jobs.add(order(2, mai))
    assert await jobs.claim() is None
    assert await jobs.expire() == 1
    assert await database.rows("SELECT state, outcome, text FROM jobs") == [
        ("dropped", "consent", None)
    ]


@pytest.mark.parametrize(
    ("voice", "account", "created"),
    [("1", "2", "0"), ("99", "1", "0"), ("NULL", "1", "0"), ("1", "nobody", "0")],
    ids=["another's voice", "no such voice", "none", "unknown"],
)
async def test_a_job_inserted_past_us_is_refused_by_the_schema(
    mai: Person, database: Database, voice: str, account: str, created: str
) -> None:
    await Links(database).offer(Person("telegram", "2"))
    statement = _inserted(voice, account, created)
    with pytest.raises(StorageError):
        await database.rows(statement)
    with (
        closing(sqlite3.connect(database.path)) as other,
        pytest.raises(sqlite3.IntegrityError),
    ):
        other.execute(statement)
    assert await states(database) == []
    await database.rows(_inserted("1", mai.id, created))


async def test_an_expired_consent_is_refused_whatever_time_the_job_gives(
    mai: Person, database: Database
) -> None:
    await database.rows("UPDATE voices SET expires = ?", time.time() - 1)
    for created in ("0", "-9e9", "9e9"):
        with pytest.raises(StorageError):
            await database.rows(_inserted("1", mai.id, created))


async def test_a_job_can_not_be_moved_to_another_voice(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    await enrol(database, JOHN, clock)
    for change in ("voice = 2", "account = '2'", "platform = 'discord', account = '3'"):
        with pytest.raises(StorageError):
            await database.rows(f"UPDATE jobs SET {change}")  # noqa: S608 - of ours


def _inserted(voice: str, account: str, created: str) -> str:
    return (
        "INSERT INTO jobs (voice, platform, account, chat, topic, message, locale, language,"  # noqa: S608 - of ours
        " characters, quota, priority, created, expires, due, text) VALUES"
        f" ({voice}, 'telegram', '{account}', '1', '', '9', 'en', 'en', 5, 60, 0, {created},"
        " 9e99, 0, x'00')"
    )


async def test_who_was_parted_from_the_voice_loses_what_waits(
    jobs: Jobs, mai: Person, database: Database
) -> None:
    links, guest = Links(database), Person("telegram", "9")
    await links.redeem(await links.offer(mai), guest)
    assert await jobs.add(order(1, guest))
    assert await jobs.done(await working(jobs), SPEECH, 1.0)
    assert await jobs.add(order(2, guest))
    await links.unlink(guest)
    assert await jobs.claim() is None
    assert await jobs.claim_delivery("telegram") is None, "even what is made is not sent"
    assert await jobs.expire() == 2


async def test_what_is_made_is_not_sent_when_the_consent_has_expired_meanwhile(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock
) -> None:
    await jobs.add(order(person=mai))
    assert await jobs.done(await working(jobs), SPEECH, 1.0)
    await database.rows("UPDATE voices SET expires = ?", clock.now)
    assert await jobs.claim_delivery("telegram") is None
    assert await jobs.expire() == 1
    assert await database.rows("SELECT outcome, clip FROM jobs") == [("consent", None)]


@pytest.mark.parametrize("when", ["queued", "working", "done", "delivering"])
async def test_deleting_the_voice_takes_the_job_from_whoever_holds_it(
    jobs: Jobs, mai: Person, database: Database, clock: SetClock, when: str
) -> None:
    await jobs.add(order(person=mai))
    voices = Voices(database, SEAL, clock=clock)
    if when == "queued":
        await voices.delete(mai)
        assert await jobs.claim() is None
        return
    job = await working(jobs)
    if when == "working":
        await voices.delete(mai)
        assert not await jobs.beat(job)
        assert not await jobs.done(job, SPEECH, 1.0)
        assert not await jobs.fail(job, "engine.failed")
        return
    await jobs.done(job, SPEECH, 1.0)
    if when == "done":
        await voices.delete(mai)
        assert await jobs.claim_delivery("telegram") is None
        return
    delivery = await jobs.claim_delivery("telegram")
    assert delivery is not None
    await voices.delete(mai)
    assert not await jobs.beat(delivery)
    assert not await jobs.delivered(delivery)
