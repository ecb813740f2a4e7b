import asyncio
import json
import logging
import sqlite3
import time
from pathlib import Path

import pytest

from pipeline.errors import LinkCodeError
from pipeline.types import Language
from storage.calls import Calls
from storage.database import Database, open_database
from storage.glossary import Glossary, Term
from storage.jobs import Jobs
from storage.links import Links
from storage.notes import Notes
from storage.people import People, Receipt
from storage.preferences import PersonPreferences, Preferences
from storage.premium import Premium
from storage.transcripts import KeptCall, Line, Transcripts
from storage.types import Chat, Person
from tests.storage.enrolments import CANARY as ORDERED
from tests.storage.enrolments import SEAL, enrol, order, spent
from tests.storage.surroundings import SetClock, content

HERE = Person("telegram", "1008615")
THERE = Person("discord", "2008615")
OTHER = Person("telegram", "3008615")
GROUP = Chat("telegram", "-100")
CANARY = "con chim hoàng yến"
NOW = float(round(time.time()))
"""The schema knows the time too, where consent is concerned."""


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


async def live(database: Database, clock: SetClock, person: Person) -> None:
    """Leave something in every table that knows people."""
    await Preferences(database).change_person(person, target=Language("en"), quick_voice=True)
    await Glossary(database).add(person, Term(CANARY, "canary", Language("en")))
    with pytest.raises(LinkCodeError):
        await Links(database, clock).redeem("0000", person)
    await Links(database, clock).offer(person)
    notes = Notes(database, clock)
    chat = Chat(person.platform, "-100")
    await notes.take(chat, person, f"of {person.id}")
    await notes.finish(chat, f"of {person.id}", "done", {"hear": 1.5})
    await Calls(database, clock).change(chat, keeps=True)
    await Transcripts(database, clock=clock).add(
        KeptCall(chat, "7", "1", clock.now),
        Line(
            at=1.5,
            end=2.5,
            person=person,
            name=f"{CANARY} {person.id}",
            source=Language("vi"),
            original=CANARY,
            target=Language("en"),
            translation="canary",
        ),
    )
    voiced = SetClock(NOW)
    await enrol(database, person, voiced)
    await Jobs(database, SEAL, clock=voiced).add(order(1, person))
    await Premium(database, voiced).grant(person, chat=None, minutes=10)
    await spent(database, person, 2.5, voiced)


async def tables_about(database: Database, person: Person) -> set[str]:
    """Return the tables with a row of the account or of its profile, whatever they are."""
    columns = await database.rows(
        "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c"
        " WHERE t.schema = 'main' AND c.name IN ('account', 'profile')"
    )
    found = set()
    for table, column in columns:
        [(rows,)] = await database.rows(
            f"SELECT count(*) FROM {table} WHERE {column} = ?"  # noqa: S608 - names of the schema
            if column == "account"
            else f"SELECT count(*) FROM {table} WHERE profile IN"  # noqa: S608 - as above
            " (SELECT profile FROM accounts WHERE account = ?)",
            person.id,
        )
        if rows:
            found.add(table)
    return found


async def test_the_export_has_everything_and_is_plain_data(
    people: People, database: Database, clock: SetClock
) -> None:
    await live(database, clock, HERE)
    await live(database, clock, OTHER)
    export = await people.export(HERE)
    assert json.loads(json.dumps(export)) == export
    assert export == {
        "accounts": [{"platform": "telegram", "id": HERE.id}],
        "preferences": [
            {
                "spoken": None,
                "target": "en",
                "allowed": None,
                "quick_voice": 1,
                "voice": None,
                "speed": None,
                "locale": None,
                "unheard": None,
            }
        ],
        "glossary": [{"term": CANARY, "translation": "canary", "target": "en"}],
        "link_codes": [{"platform": "telegram", "account": HERE.id, "expires": clock.now + 600}],
        "link_tries": [{"platform": "telegram", "account": HERE.id, "tried": clock.now}],
        "notes": [
            {
                "platform": "telegram",
                "chat": "-100",
                "topic": "",
                "message": f"of {HERE.id}",
                "taken": clock.now,
                "finished": clock.now,
                "outcome": "done",
                "stages": {"hear": 1.5},
            }
        ],
        "transcripts": [
            {
                "platform": "telegram",
                "chat": "-100",
                "channel": "7",
                "call": "1",
                "started": clock.now,
                "at": 1.5,
                "end": 2.5,
                "name": f"{CANARY} {HERE.id}",
                "source": "vi",
                "original": CANARY,
                "target": "en",
                "translation": "canary",
            }
        ],
        "voices": [
            {
                "platform": "telegram",
                "account": HERE.id,
                "consented": NOW,
                "language": "vi",
                "words": 1.0,
                "likeness": 0.8,
                "expires": NOW + 30 * 86_400,
                "sample_seconds": 6.0,
                "models": ["xtts-v2"],
            }
        ],
        "voice_jobs": [
            {
                "platform": "telegram",
                "chat": "-100",
                "topic": "7",
                "message": "1",
                "language": "en",
                "characters": len(ORDERED),
                "state": "queued",
                "created": NOW,
                "made_seconds": None,
                "finished": None,
                "outcome": None,
            }
        ],
        "voice_grants": [
            {
                "platform": "telegram",
                "chat": None,
                "granted": NOW,
                "until": None,
                "minutes": 10.0,
            }
        ],
        "voice_use": [{"day": NOW // 86_400, "seconds": 2.5}],
    }
    assert CANARY not in json.dumps(export["voice_jobs"])
    assert OTHER.id not in json.dumps(export)


async def test_forgetting_leaves_nothing_in_any_table_and_touches_nobody_else(
    people: People, database: Database, clock: SetClock
) -> None:
    await live(database, clock, HERE)
    await live(database, clock, OTHER)
    everywhere = {"accounts", "terms", "link_codes", "link_tries", "notes", "call_lines"}
    everywhere |= {"voices", "consented", "jobs", "grants", "voice_use"}
    assert await tables_about(database, HERE) == everywhere
    assert await people.forget(HERE) == Receipt(
        accounts=1, terms=1, notes=1, codes=2, lines=1, voices=1, jobs=1, grants=2
    )
    assert await tables_about(database, HERE) == set()
    assert await tables_about(database, OTHER) == everywhere
    assert await database.rows("SELECT count(*) FROM profiles") == [(1,)]
    assert await Preferences(database).of_person(HERE) == PersonPreferences()
    await database.check()


async def test_what_is_forgotten_is_not_in_the_files(
    people: People, database: Database, clock: SetClock
) -> None:
    await live(database, clock, HERE)
    traces = (HERE.id.encode(), CANARY.encode())
    assert all(trace in content(database.path.parent) for trace in traces)
    await people.forget(HERE)
    assert not any(trace in content(database.path.parent) for trace in traces)


async def test_a_reader_elsewhere_delays_the_scrubbing_but_not_the_receipt(
    path: Path, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_database(path, busy_s=0.05) as database:
        await live(database, clock, HERE)
        reader = sqlite3.connect(path, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM terms").fetchall()
        caplog.set_level(logging.WARNING)
        assert (await People(database).forget(HERE)).terms == 1
        assert "write-ahead log" in caplog.text
        reader.execute("COMMIT")
        reader.close()
        await database.scrub()
        assert CANARY.encode() not in content(path.parent)


async def test_a_linked_person_is_exported_and_forgotten_on_both_platforms(
    people: People, database: Database, clock: SetClock
) -> None:
    await live(database, clock, HERE)
    await live(database, clock, THERE)
    links = Links(database, clock)
    await links.redeem(await links.offer(HERE), THERE)
    export = await people.export(THERE)
    assert {str(account["id"]) for account in export["accounts"]} == {HERE.id, THERE.id}
    assert len(export["notes"]) == 2
    assert await people.forget(THERE) == Receipt(
        accounts=2, terms=1, notes=2, codes=2, lines=2, voices=2, jobs=2, grants=4
    )
    for person in (HERE, THERE):
        assert await tables_about(database, person) == set()


async def test_a_stranger_gets_an_empty_export_and_an_empty_receipt(people: People) -> None:
    export = await people.export(HERE)
    assert export.pop("accounts") == [{"platform": "telegram", "id": HERE.id}]
    assert not any(export.values())
    assert await people.forget(HERE) == Receipt(accounts=0, terms=0, notes=0, codes=0, lines=0)


async def test_notes_of_somebody_without_choices_are_exported_and_forgotten(
    people: People, database: Database, clock: SetClock
) -> None:
    await Notes(database, clock).take(GROUP, HERE, "1")
    assert len((await people.export(HERE))["notes"]) == 1
    assert (await people.forget(HERE)).notes == 1
    assert await tables_about(database, HERE) == set()


async def test_forgetting_twice_at_once_counts_everything_once(
    people: People, database: Database, clock: SetClock
) -> None:
    await live(database, clock, HERE)
    receipts = await asyncio.gather(people.forget(HERE), people.forget(HERE))
    assert sorted(receipt.notes for receipt in receipts) == [0, 1]


async def test_a_note_forgotten_while_it_is_handled_stays_forgotten(
    people: People, database: Database, clock: SetClock
) -> None:
    notes = Notes(database, clock)
    await notes.take(GROUP, HERE, "1")
    await people.forget(HERE)
    await notes.finish(GROUP, "1", "done")
    assert await tables_about(database, HERE) == set()
