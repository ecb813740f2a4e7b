"""What was said in calls is kept only where it is wanted, for so long, of those who agree."""

import asyncio
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import StorageError
from pipeline.types import Language
from storage.calls import Calls
from storage.database import Database, open_database
from storage.links import Links
from storage.people import People
from storage.preferences import Preferences
from storage.transcripts import KeptCall, Line, Transcripts
from storage.types import Chat, Person
from tests.storage.surroundings import SetClock, content

DAY = 86_400
CANARY = "con chim hoàng yến"
MAI, JOHN = Person("discord", "1"), Person("discord", "2")
SERVER = Chat("discord", "900")
OTHER = Chat("discord", "901")
START = SetClock().now
CALL = KeptCall(SERVER, "70", "a", START)
LINE = Line(
    at=1.0,
    end=2.5,
    person=MAI,
    name="Mai",
    source=Language("vi"),
    original="Xin chào.",
    target=Language("en"),
    translation="Hello.",
)


@pytest.fixture
async def transcripts(database: Database, clock: SetClock) -> Transcripts:
    for server in (SERVER, OTHER):
        await Calls(database, clock).change(server, keeps=True)
    return Transcripts(database, clock=clock)


def on_disk(database: Database) -> bytes:
    return content(database.path.parent)


async def rows(database: Database) -> tuple[int, int]:
    """Return how many lines and how many calls there are."""
    [(lines, calls)] = await database.rows(
        "SELECT (SELECT count(*) FROM call_lines), (SELECT count(*) FROM kept_calls)"
    )
    return lines, calls


# kept or not


async def test_a_server_that_has_not_asked_for_it_has_no_transcripts(
    database: Database, clock: SetClock
) -> None:
    transcripts = Transcripts(database, clock=clock)
    assert not await transcripts.add(CALL, LINE)
    await Calls(database).change(SERVER, speaks=True)
    assert not await transcripts.add(CALL, replace(LINE, original=CANARY))
    assert await rows(database) == (0, 0)
    assert CANARY.encode() not in on_disk(database)


async def test_lines_come_back_as_they_were_said_in_the_order_of_their_beginning(
    transcripts: Transcripts,
) -> None:
    said = [
        replace(LINE, at=5.0, end=6.0, original="3"),
        replace(LINE, at=1.0, end=9.0, original="1", person=JOHN, name="Jöhn 🏴"),
        replace(LINE, at=1.0, end=2.0, original="2"),
    ]
    for line in said:
        assert await transcripts.add(CALL, line)
    assert await transcripts.lines(SERVER, "a") == (said[1], said[2], said[0])
    assert await transcripts.calls(SERVER) == (replace(CALL, lines=3),)


async def test_calls_are_told_apart_and_the_latest_comes_first(
    transcripts: Transcripts, clock: SetClock
) -> None:
    later = KeptCall(Chat("discord", "900", "70"), "71", "b", START + 60)
    elsewhere = replace(CALL, chat=OTHER)
    clock.now += 60
    for call in (CALL, later, elsewhere):
        assert await transcripts.add(call, replace(LINE, name=call.channel))
    assert [call.id for call in await transcripts.calls(SERVER)] == ["b", "a"]
    assert (await transcripts.calls(SERVER))[0].channel == "71"
    assert [line.name for line in await transcripts.lines(SERVER, "b")] == ["71"]
    assert [call.chat for call in await transcripts.calls(OTHER)] == [OTHER]
    assert await transcripts.lines(OTHER, "b") == ()
    assert await transcripts.calls(Chat("telegram", "900")) == ()


async def test_a_server_that_changes_its_mind_has_nothing_left(
    transcripts: Transcripts, database: Database
) -> None:
    await transcripts.add(CALL, replace(LINE, original=CANARY))
    await transcripts.add(replace(CALL, chat=OTHER), LINE)
    assert CANARY.encode() in on_disk(database)
    await Calls(database).change(SERVER, keeps=False)
    assert CANARY.encode() not in on_disk(database)
    assert await transcripts.calls(SERVER) == ()
    assert not await transcripts.add(CALL, LINE)
    assert len(await transcripts.calls(OTHER)) == 1


async def test_other_choices_leave_the_transcripts(
    transcripts: Transcripts, database: Database
) -> None:
    await transcripts.add(CALL, LINE)
    await Calls(database).change(SERVER, speaks=False, role="1")
    assert await rows(database) == (1, 1)


async def test_what_a_server_erases_is_not_in_the_file(
    transcripts: Transcripts, database: Database
) -> None:
    await transcripts.add(CALL, replace(LINE, translation=CANARY))
    await transcripts.add(CALL, replace(LINE, name=CANARY))
    await transcripts.add(replace(CALL, chat=OTHER), LINE)
    assert await transcripts.erase(Chat("discord", "900", "70")) == 2
    assert await transcripts.erase(SERVER) == 0
    assert CANARY.encode() not in on_disk(database)
    assert await rows(database) == (1, 1)


async def test_a_server_that_was_left_leaves_nothing_that_was_said(
    transcripts: Transcripts, database: Database
) -> None:
    await transcripts.add(CALL, replace(LINE, original=CANARY))
    await Preferences(database).forget_chat(SERVER)
    assert await rows(database) == (0, 0)
    assert CANARY.encode() not in on_disk(database)


# people


async def test_of_who_declines_nothing_is_kept_from_then_on_or_before(
    transcripts: Transcripts, database: Database
) -> None:
    await transcripts.add(CALL, replace(LINE, original=CANARY))
    await transcripts.add(CALL, replace(LINE, person=JOHN))
    await transcripts.add(replace(CALL, id="alone"), LINE)
    preferences = Preferences(database)
    await preferences.change_person(MAI, unheard=True)
    assert CANARY.encode() not in on_disk(database)
    assert not await transcripts.add(CALL, LINE)
    assert [line.person for line in await transcripts.lines(SERVER, "a")] == [JOHN]
    assert await transcripts.calls(SERVER) == (replace(CALL, lines=1),), "no empty call"
    assert await database.rows("SELECT bytes FROM kept_calls") == await database.rows(
        "SELECT bytes FROM call_lines"
    ), "the room is free again"
    await preferences.change_person(MAI, unheard=None)
    assert await transcripts.add(CALL, LINE)


async def test_a_line_said_before_declining_and_kept_after_is_dropped_whoever_is_first(
    transcripts: Transcripts, database: Database
) -> None:
    preferences = Preferences(database)
    for _ in range(20):
        await asyncio.gather(
            transcripts.add(CALL, LINE), preferences.change_person(MAI, unheard=True)
        )
        assert await rows(database) == (0, 0)
        await preferences.change_person(MAI, unheard=False)


async def test_whose_account_is_linked_to_one_that_declined_has_no_lines(
    transcripts: Transcripts, database: Database, clock: SetClock
) -> None:
    await transcripts.add(CALL, LINE)
    links, phone = Links(database, clock), Person("telegram", "5")
    await Preferences(database).change_person(phone, unheard=True)
    await links.redeem(await links.offer(phone), MAI)
    assert await rows(database) == (0, 0)
    assert not await transcripts.add(CALL, LINE)


async def test_a_person_gets_their_own_lines_of_every_server_and_deletes_them(
    transcripts: Transcripts, database: Database
) -> None:
    for call in (CALL, replace(CALL, chat=OTHER)):
        await transcripts.add(call, replace(LINE, original=CANARY))
        await transcripts.add(call, replace(LINE, person=JOHN, original="someone else's"))
    people = People(database)
    export = await people.export(MAI)
    assert json.loads(json.dumps(export)) == export
    assert [(line["chat"], line["original"]) for line in export["transcripts"]] == [
        ("900", CANARY),
        ("901", CANARY),
    ]
    assert "someone else's" not in json.dumps(export)
    assert (await people.forget(MAI)).lines == 2
    assert CANARY.encode() not in on_disk(database)
    assert await rows(database) == (2, 2)


# how long, and how much


async def test_what_has_expired_is_not_given_out_and_leaves_the_disk(
    transcripts: Transcripts, database: Database, clock: SetClock
) -> None:
    await transcripts.add(CALL, replace(LINE, original=CANARY))
    clock.now += 30 * DAY
    assert len(await transcripts.lines(SERVER, "a")) == 1
    assert await transcripts.sweep() == 0
    clock.now += 1
    assert await transcripts.calls(SERVER) == ()
    assert await transcripts.lines(SERVER, "a") == ()
    assert not await transcripts.add(CALL, LINE)
    assert await transcripts.sweep() == 1
    assert CANARY.encode() not in on_disk(database)
    assert await rows(database) == (0, 0)


async def test_a_clock_that_was_wrong_does_not_lengthen_a_life(
    transcripts: Transcripts, database: Database, clock: SetClock
) -> None:
    clock.now += 1000 * DAY
    await transcripts.add(replace(CALL, started=clock.now), LINE)
    clock.now -= 1000 * DAY
    assert await transcripts.calls(SERVER) == ()
    assert await transcripts.sweep() == 1
    clock.now -= 60
    assert await transcripts.add(CALL, LINE), "a clock that is set right by a minute costs nothing"
    assert await transcripts.sweep() == 0
    assert await rows(database) == (1, 1)


async def test_an_operator_may_allow_no_transcripts(
    transcripts: Transcripts, database: Database, clock: SetClock
) -> None:
    await transcripts.add(CALL, LINE)
    none = Transcripts(database, days=0, clock=clock)
    assert not await none.add(replace(CALL, id="b"), LINE)
    clock.now += 1
    assert await none.sweep() == 1


async def test_a_server_has_its_room_and_its_oldest_calls_go_first(
    transcripts: Transcripts, database: Database, clock: SetClock
) -> None:
    bound = 100_000
    transcripts = Transcripts(database, bytes_=bound, clock=clock)
    await transcripts.add(replace(CALL, chat=OTHER), LINE)
    line = replace(LINE, original="ệ" * 300, translation="x" * 300)
    for number in range(20):
        clock.now += 60
        for _ in range(10):
            assert await transcripts.add(replace(CALL, id=str(number), started=clock.now), line)
        [(held, counted)] = await database.rows(
            "SELECT (SELECT sum(bytes) FROM call_lines), (SELECT sum(bytes) FROM kept_calls)"
        )
        assert held == counted
        assert held <= bound + 300, "of this server, and the line of the other one"
    kept = [call.id for call in await transcripts.calls(SERVER)]
    assert kept == [str(number) for number in range(19, 19 - len(kept), -1)]
    assert 5 < len(kept) < 10
    assert len(await transcripts.calls(OTHER)) == 1, "one server does not drive out another"


async def test_one_call_that_fills_the_room_is_kept_as_far_as_it_goes(
    transcripts: Transcripts, database: Database, clock: SetClock
) -> None:
    transcripts = Transcripts(database, bytes_=10_000, clock=clock)
    line = replace(LINE, original="x" * 3_000, translation="y" * 1_000)
    assert [await transcripts.add(CALL, line) for _ in range(4)] == [True, True, False, False]
    assert await transcripts.add(CALL, LINE), "a short one still fits"
    tiny = Transcripts(database, bytes_=1, clock=clock)
    assert not await tiny.add(replace(CALL, id="b"), LINE)
    assert await rows(database) == (3, 1)


# whatever comes


@pytest.mark.parametrize(
    ("at", "end"),
    [(-0.1, 1), (2, 1), (math.nan, 1), (0, math.nan), (0, math.inf), (math.inf, math.inf)],
)
def test_a_line_outside_time_is_refused(at: float, end: float) -> None:
    with pytest.raises(ValueError, match="begins"):
        replace(LINE, at=at, end=end)


@pytest.mark.parametrize("started", [math.nan, math.inf, -math.inf, -1.0, 1e300])
async def test_a_call_outside_time_is_not_kept(transcripts: Transcripts, started: float) -> None:
    assert not await transcripts.add(replace(CALL, started=started), LINE)


async def test_texts_of_any_kind_are_kept_in_bounds_and_exported_whole(
    transcripts: Transcripts, database: Database
) -> None:
    texts = {
        "": "",
        "a\x00b": "ab",
        "half \ud83d": "half ?",
        "👩‍👩‍👧‍👦\u202e": "👩‍👩‍👧‍👦\u202e",
        "-->\n<v Mai>": "-->\n<v Mai>",
        "'; DROP TABLE call_lines; --": "'; DROP TABLE call_lines; --",
        "ệ" * 5_000: "ệ" * 4_000,
    }
    for text in texts:
        line = replace(LINE, original=text, translation=text, name=text)
        assert await transcripts.add(CALL, line)
    kept = await transcripts.lines(SERVER, "a")
    assert [line.original for line in kept] == list(texts.values())
    assert [line.translation for line in kept] == list(texts.values())
    assert [line.name for line in kept] == [text[:100] for text in texts.values()]
    export = (await People(database).export(MAI))["transcripts"]
    assert [line["original"] for line in export] == list(texts.values())


async def test_a_line_does_not_show_what_was_said(transcripts: Transcripts) -> None:
    line = replace(LINE, name=CANARY, original=CANARY, translation=CANARY)
    assert CANARY not in repr(line)
    await transcripts.add(CALL, line)
    assert CANARY not in repr(await transcripts.calls(SERVER))


async def test_an_id_that_cannot_be_written_is_an_error_of_ours_and_tells_nothing(
    transcripts: Transcripts, database: Database
) -> None:
    with pytest.raises(StorageError) as caught:
        await transcripts.add(replace(CALL, id="\ud83d"), replace(LINE, original=CANARY))
    assert CANARY not in str(caught.value)
    assert await rows(database) == (0, 0)


async def test_transcripts_outlive_a_restart(path: Path, clock: SetClock) -> None:
    async with open_database(path) as database:
        await Calls(database).change(SERVER, keeps=True)
        await Transcripts(database, clock=clock).add(CALL, LINE)
    async with open_database(path) as database:
        assert await Transcripts(database, clock=clock).lines(SERVER, "a") == (LINE,)
        await database.check()
