"""A clip is made once and sent once, whenever the program is killed; real processes and models."""

import asyncio
import hashlib
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.types import Audio, Language
from storage.clips import Order
from storage.database import open_database
from storage.jobs import Jobs
from storage.sealing import Seal
from storage.types import Chat, Person
from storage.voices import Consent, Voices
from tests.integration.own_voice_program import EN, KEY, MODEL, NAME
from tests.integration.program import DEMO, NOTES, ROOT, surroundings
from tests.integration.served import served

MAI = Person(NAME, "1")
TEXT = NOTES[2]["text"]
CONSENT = Consent(
    sentence=hashlib.sha256(b"a sentence").hexdigest(),
    language=Language("vi"),
    words=1.0,
    likeness=0.9,
)
DEATHS = (
    ("before claim", "queued"),
    ("after claim", "claimed"),
    ("before begin", "claimed"),
    ("after begin", "working"),
    ("before speak", "working"),
    ("after speak", "working"),
    ("before done", "working"),
    ("after done", "done"),
    ("after claim_delivery", "delivering"),
    ("before deliver", "delivering"),
    ("after deliver", "delivering"),
    ("before delivered", "delivering"),
    ("after delivered", "delivered"),
)
"""Places to die, in the order in which a job comes to them, and the state that is found then."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database in which somebody waits for a clip in their voice."""
    (tmp_path / "chat").mkdir()
    asyncio.run(wait_for_a_clip(tmp_path / "d.db"))
    return tmp_path / "d.db"


async def wait_for_a_clip(path: Path) -> None:
    async with open_database(path) as opened:
        voices = Voices(opened, Seal(KEY))
        await voices.prove()
        noise = np.random.default_rng(1).uniform(-1, 1, 6 * 24_000).astype(np.float32)
        await voices.keep(MAI, CONSENT, Audio(noise, 24_000), {MODEL: b"latents"})
        order = Order(
            person=MAI,
            chat=Chat(NAME, "7"),
            message="42",
            text=TEXT,
            language=EN,
            locale="en",
            quota_s=60.0,
        )
        assert await Jobs(opened, Seal(KEY)).add(order)


def program(database: Path, place: str, *, knows: bool) -> tuple[int, str]:
    """Run the program to its end or death; return its status and what it complained of."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.integration.own_voice_program"),
            *(database, database.with_name("chat"), place, "yes" if knows else "no"),
        ],
        cwd=ROOT,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    return run.returncode, run.stderr


def job(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        [row] = connection.execute("SELECT * FROM jobs")
        return dict(row)


def sent(database: Path) -> list[Path]:
    return sorted(database.with_name("chat").iterdir())


@pytest.mark.slow
def test_killed_at_every_state_it_makes_one_clip_and_sends_it_once(database: Path) -> None:
    for place, state in DEATHS:
        status, complaints = program(database, place, knows=True)
        assert (status, complaints) == (-9, ""), place
        assert job(database)["state"] == state, place
        assert len(sent(database)) == (place in {each for each, _ in DEATHS[10:]}), place
    assert program(database, "nowhere", knows=True) == (0, "")
    [message] = sent(database)
    assert message.name.startswith("42.")
    assert message.read_text().startswith(f"{MODEL} en\n🤖 Synthetic")
    ended = job(database)
    assert (ended["state"], ended["outcome"]) == ("delivered", "delivered")
    assert (ended["text"], ended["clip"]) == (None, None)
    assert ended["tries"] == 7, "as often as it died before the clip was kept"


def test_a_death_between_sending_and_noting_it_repeats_it_where_nothing_can_know(
    database: Path,
) -> None:
    """The one moment that can't be closed: Telegram does not know a message again."""
    assert program(database, "after deliver", knows=False)[0] == -9
    assert program(database, "nowhere", knows=False) == (0, "")
    assert len(sent(database)) == 2
    assert job(database)["state"] == "delivered"


def test_what_the_disk_holds_at_a_death_is_sealed(database: Path) -> None:
    for place in ("after begin", "after done"):
        assert program(database, place, knows=True)[0] == -9
        for file in database.parent.glob("d.db*"):
            content = file.read_bytes()
            assert TEXT.encode() not in content
            assert b"OggS" not in content
            assert file.stat().st_mode & 0o077 == 0


def test_the_served_program_answers_first_and_follows_up_in_the_speakers_own_voice(
    tmp_path: Path,
) -> None:
    note = next(each for each in NOTES if each["language"] == "vi")
    path = DEMO / "notes" / note["file"]
    with served(tmp_path, program="tests.integration.own_voice_served") as platform:
        platform.send(path)
        assert platform.until("text") == [note["text"], note["translation"]]
        seconds, caption = platform.until("deliver")
        assert seconds > 0.3
        assert "Synthetic" in caption
        assert platform.end(signal.SIGTERM) == 0
    order = [each["event"] for each in platform.seen if each["event"] != "working"]
    assert order.index("text") < order.index("speech") < order.index("deliver")
    ended = job(tmp_path / "d.db")
    assert (ended["state"], ended["message"], ended["text"]) == ("delivered", str(path), None)
    assert "Traceback" not in platform.log
    words = {*note["text"].split(), *note["translation"].split()}
    assert not [word for word in words if len(word) > 3 and word in platform.log]
