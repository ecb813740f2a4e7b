"""What a release has left on the disk is opened by this one, and nothing of it is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.types import Clip, Language, Speech
from storage.caches import SpeechCache, TranslationCache
from storage.calls import Calls
from storage.database import Database, open_database
from storage.glossary import Glossary, Term
from storage.job_queue import JobQueue
from storage.jobs import Jobs
from storage.links import Links
from storage.notes import Notes
from storage.people import People
from storage.preferences import PersonPreferences, Preferences
from storage.premium import Premium, Role
from storage.sealing import Seal
from storage.transcripts import Transcripts
from storage.types import Chat, Person
from storage.voices import Voices
from tests.storage.releases import LATEST, NUMBERS, Tables, everything, leave, shape
from tests.storage.surroundings import SetClock, digest

VI, EN = Language("vi"), Language("en")
MAI, JOHN, ANNA = Person("telegram", "1001"), Person("discord", "2002"), Person("discord", "3003")
GROUP, TOPIC = Chat("telegram", "-100500"), Chat("telegram", "-100500", "7")
SERVER = Chat("discord", "900")
SEAL = Seal(bytes(range(32)))
ERAS = 27_000
"""Days, so that no voice expires by the clock on the wall, which the schema looks at."""


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands where the rows were written."""
    return SetClock(1_790_000_010.0)


@pytest.fixture(params=NUMBERS)
def number(request: pytest.FixtureRequest) -> int:
    assert isinstance(request.param, int)
    return request.param


@pytest.fixture
def left(path: Path, number: int) -> Tables:
    """What was in it before this release came."""
    leave(path, number)
    return everything(path)


@pytest.fixture
async def database(path: Path, left: Tables) -> AsyncIterator[Database]:
    assert left
    async with open_database(path) as opened:
        yield opened


def test_there_is_something_in_every_table_of_every_release(left: Tables) -> None:
    assert {name for name, rows in left.items() if not rows} == set()


async def test_nothing_is_lost_and_all_is_sound(
    path: Path, left: Tables, database: Database
) -> None:
    await database.check()
    assert await database.rows("PRAGMA user_version") == [(LATEST,)]
    now = await asyncio.to_thread(everything, path)
    for name, rows in left.items():
        kept = [{column: row[column] for column in rows[0]} for row in now[name]]
        assert sorted(kept, key=repr) == rows, name
    assert {name for name in now if name not in left and now[name]} == set()


async def test_the_schema_is_that_of_a_new_database(
    path: Path, database: Database, tmp_path: Path
) -> None:
    async with open_database(tmp_path / "new.db"):
        pass
    assert await asyncio.to_thread(shape, path) == await asyncio.to_thread(
        shape, tmp_path / "new.db"
    )
    assert database.path == path


async def test_people_chats_and_notes_are_read(database: Database, clock: SetClock) -> None:
    preferences = Preferences(database)
    assert await preferences.of_person(JOHN) == PersonPreferences(
        spoken=VI,
        target=EN,
        allowed=frozenset({VI, EN}),
        quick_voice=True,
        voice="af_heart",
        speed=1.25,
        locale=VI,
    )
    assert (await preferences.of_person(ANNA)).target == "fr"
    chosen = await preferences.of_chat(GROUP)
    assert (chosen.active, chosen.target, chosen.admins_only) == (True, EN, False)
    assert await Glossary(database).terms(MAI) == (Term("Phở", "noodle soup", EN),)
    assert await Glossary(database).terms(GROUP) == (Term("Hội An"),)
    assert set(await Links(database, clock).accounts(MAI)) == {MAI, JOHN}
    notes = Notes(database, clock)
    assert [note.message for note in await notes.unfinished()] == ["43"]
    assert await notes.typical_seconds() == 2.5
    assert not await notes.take(TOPIC, MAI, "42"), "it was seen before"


async def test_what_was_said_is_still_in_the_caches(database: Database, clock: SetClock) -> None:
    translations = TranslationCache(database, clock=clock)
    assert await translations.get(digest("xin chào")) == "Hello, how are you?"
    clip = Clip(bytes(range(64)), 1.5, bytes(range(16)))
    speeches = SpeechCache(database, clock=clock)
    assert await speeches.get(digest("hello")) == Speech(clip, EN, "espeak", "en-us")
    assert await translations.erase() + await speeches.erase() == 2
    assert await database.rows("SELECT bytes FROM cached_sizes") == [(0,), (0,)]


async def test_calls_and_transcripts_are_read(
    database: Database, clock: SetClock, number: int
) -> None:
    calls, transcripts = Calls(database, clock), Transcripts(database, clock=clock)
    kept = await transcripts.calls(SERVER)
    unheard = await Preferences(database).unheard("discord", ["3003", "2002"])
    if number < 2:
        assert not kept
        assert not unheard
        return
    chosen = await calls.of(SERVER)
    assert (chosen.captions, chosen.into, chosen.keeps, chosen.role) == ("71", VI, True, "555")
    assert [(call.channel, call.place) for call in await calls.open_calls("discord")] == [
        ("70", "71")
    ]
    assert [(call.id, call.lines) for call in kept] == [("c0ffee", 2)]
    first, second = await transcripts.lines(SERVER, "c0ffee")
    assert (first.person, first.name, first.original) == (JOHN, "John", "Where is the station?")
    assert second.translation == "Over there."
    assert unheard == {"3003"}


async def test_voices_grants_and_clips_are_read(
    database: Database, clock: SetClock, number: int
) -> None:
    voices = Voices(database, SEAL, days=ERAS, clock=clock)
    premium = Premium(database, clock)
    jobs = Jobs(database, SEAL, clock=clock)
    await voices.prove()
    if number < 3:
        assert await voices.all() == ()
        assert await premium.list() == ()
        return
    (voice,) = await voices.all()
    assert (voice.person, voice.models, voice.likeness) == (MAI, ("xtts-v2",), 0.8)
    sample = await voices.sample(JOHN)
    assert sample is not None
    assert sample.samples.shape == (1_200,)
    assert await voices.latents(MAI, "xtts-v2") == b"latents of xtts" * 4
    allowed = await premium.holds(MAI, GROUP, ())
    assert allowed is not None
    assert (allowed.minutes, allowed.used_s) == (10, 12.5)
    by_role = await premium.holds(Person("discord", "9"), SERVER, ["555"])
    assert by_role is not None
    assert {grant.to for grant in await premium.list(SERVER)} == {ANNA, Role(SERVER, "555")}
    assert await JobQueue(database, clock).counts() == {
        "done": 1,
        "failed": 1,
        "queued": 1,
        "working": 1,
    }
    assert await jobs.recover() == 1, "the one that was worked on"
    made = await jobs.claim_delivery("telegram")
    assert made is not None
    assert (made.message, made.speech.clip.seconds) == ("50", 2.0)
    texts = set()
    while (job := await jobs.claim()) is not None:
        texts.add(job.order.text)
    assert texts == {"Being worked on.", "Waiting."}


async def test_everything_can_be_deleted(database: Database, number: int) -> None:
    receipt = await People(database).forget(MAI)
    assert (receipt.accounts, receipt.terms, receipt.notes) == (2, 1, 2)
    assert receipt.lines == (1 if number >= 2 else 0)
    assert (receipt.voices, receipt.jobs) == ((1, 4) if number >= 3 else (0, 0))
    for chat in (GROUP, SERVER):
        await Preferences(database).forget_chat(chat)
    assert await database.rows("SELECT count(*) FROM chats") == [(0,)]
    await database.check()
