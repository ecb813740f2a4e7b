import asyncio
from pathlib import Path

import pytest

from storage.database import Database, open_database
from storage.notes import Note, Notes
from storage.types import Chat, Person
from tests.storage.surroundings import SetClock

MAI = Person("telegram", "1")
GROUP = Chat("telegram", "-100", "7")


@pytest.fixture
def notes(database: Database, clock: SetClock) -> Notes:
    return Notes(database, clock)


async def test_a_message_delivered_again_is_not_taken_again(notes: Notes) -> None:
    taken = await asyncio.gather(*(notes.take(GROUP, MAI, "42") for _ in range(10)))
    assert sum(taken) == 1
    await notes.finish(GROUP, "42", "done")
    assert not await notes.take(GROUP, MAI, "42")
    assert await notes.take(GROUP, MAI, "43")
    assert await notes.take(Chat("telegram", "-200"), MAI, "42")
    assert await notes.take(Chat("discord", "-100"), Person("discord", "1"), "42")


async def test_a_person_of_another_platform_is_a_mistake(notes: Notes) -> None:
    with pytest.raises(ValueError, match="platform"):
        await notes.take(GROUP, Person("discord", "1"), "42")


async def test_after_a_restart_what_was_not_finished_is_known(path: Path, clock: SetClock) -> None:
    async with open_database(path) as database:
        notes = Notes(database, clock)
        for message in ("1", "2", "3"):
            await notes.take(GROUP, MAI, message)
            clock.now += 1
        await notes.finish(GROUP, "2", "audio.no_speech")
    async with open_database(path) as database:
        notes = Notes(database, clock)
        left = await notes.unfinished()
        assert left == (
            Note(GROUP, MAI, "1", clock.now - 3, stages_ms={}),
            Note(GROUP, MAI, "3", clock.now - 1, stages_ms={}),
        )
        for note in left:
            await notes.finish(note.chat, note.message, "stopped")
        assert await notes.unfinished() == ()
        assert not await notes.take(GROUP, MAI, "1")


async def test_the_first_ending_counts(notes: Notes, clock: SetClock, database: Database) -> None:
    await notes.take(GROUP, MAI, "1")
    clock.now += 2
    await notes.finish(GROUP, "1", "done", {"hear": 512.34, "translate": 100})
    clock.now += 2
    await notes.finish(GROUP, "1", "worker.lost")
    await notes.finish(GROUP, "never taken", "done")
    assert await database.rows("SELECT outcome, finished - taken, stages FROM notes") == [
        ("done", 2.0, '{"hear": 512.3, "translate": 100.0}')
    ]


@pytest.mark.parametrize(
    "text", ["", "xin chào", "Done", "done!", "a" * 41, "một", "a b", "a\n", ".a", "\u0661", "a..b"]
)
async def test_no_text_slips_in_as_an_outcome_or_a_stage(
    notes: Notes, database: Database, text: str
) -> None:
    await notes.take(GROUP, MAI, "1")
    with pytest.raises(ValueError, match="code") as caught:
        await notes.finish(GROUP, "1", text)
    assert not text or text not in str(caught.value)
    with pytest.raises(ValueError, match="code"):
        await notes.finish(GROUP, "1", "done", {text: 1.0})
    assert await database.rows("SELECT finished FROM notes") == [(None,)]


async def test_the_typical_time_is_the_median_of_the_latest_hundred_answers(
    notes: Notes, clock: SetClock
) -> None:
    assert await notes.typical_seconds() is None
    for number in range(300):
        clock.now += 10
        await notes.take(GROUP, MAI, str(number))
        clock.now += 100 if number < 200 else 2 + number % 3
        await notes.finish(GROUP, str(number), "done")
    await notes.take(GROUP, MAI, "failed")
    clock.now += 900
    await notes.finish(GROUP, "failed", "worker.timeout")
    await notes.take(GROUP, MAI, "under way")
    assert await notes.typical_seconds() == 3.0


async def test_notes_are_kept_for_thirty_days(notes: Notes, clock: SetClock) -> None:
    await notes.take(GROUP, MAI, "old")
    clock.now += 29 * 86_400
    await notes.take(GROUP, MAI, "new")
    assert await notes.sweep() == 0
    clock.now += 86_401
    assert await notes.sweep() == 1
    assert not await notes.take(GROUP, MAI, "new")
