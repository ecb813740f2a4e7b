"""A clip is made once and sent once, whenever the program is killed; real processes and models."""

import asyncio
import hashlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.types import Audio, Language
from storage.clips import Order
from storage.database import open_database
from storage.jobs import Jobs
from storage.premium import Premium
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


def _of(places: Iterable[tuple[str, str]], state: str) -> tuple[tuple[str, str], ...]:
    return tuple((place, state) for place, _ in places)


DEATHS = (
    ("before claim", "queued"),
    ("after claim", "claimed"),
    ("before begin", "claimed"),
    ("after begin", "working"),
    ("before speak", "working"),
    ("after speak", "working"),
    ("before done", "working"),
    ("after done", "done delivering"),
    ("after claim_delivery", "delivering"),
    ("before deliver", "delivering"),
    ("after deliver", "delivering"),
    ("before delivered", "delivering"),
    ("after delivered", "delivered"),
)
"""Places to die, in the order in which a job comes to them, and the states that may be found then:
who sends may have taken a clip before its maker dies."""
RETRIED = (("before retry", "working"), ("after retry", "queued"))
FAILED = (
    ("before fail", "working"),
    ("after fail", "failed"),
    ("before next", "failed"),
    ("after next", "failed"),
    ("before tell", "failed"),
    ("after tell", "failed"),
    ("before settle", "failed"),
    ("after settle", "failed"),
)
DROPPED = (("before drop", "claimed"), ("after drop", "dropped"), *_of(FAILED[2:], "dropped"))
"""The same, of jobs of which nobody gets a clip."""


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
            quota_s=600.0,
        )
        await Premium(opened).grant(MAI, chat=None, minutes=10)
        assert await Jobs(opened, Seal(KEY)).add(order)


def program(database: Path, place: str, *options: str) -> tuple[int, str]:
    """Run the program to its end or death; return its status and what it complained of."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.integration.own_voice_program"),
            *(str(database), str(database.with_name("chat")), place, *options),
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


def used_s(database: Path) -> float:
    """Seconds that were counted as spoken, of how many there are."""
    with closing(sqlite3.connect(database)) as connection:
        [(seconds,)] = connection.execute("SELECT coalesce(sum(seconds), 0) FROM voice_use")
        return float(seconds)


def sent(database: Path) -> list[Path]:
    return sorted(database.with_name("chat").iterdir())


def kill(database: Path, deaths: Iterable[tuple[str, str]], *options: str) -> None:
    """Kill a program at each place, one after the other."""
    for place, state in deaths:
        assert program(database, place, *options) == (-9, ""), place
        assert job(database)["state"] in state.split(), place


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_killed_at_every_state_it_makes_one_clip_and_sends_it_once(database: Path) -> None:
    patient = ("--knows", "--retries", "10")
    kill(database, DEATHS[:7], *patient)
    assert used_s(database) == 0
    kill(database, DEATHS[7:10], *patient)
    assert not sent(database)
    counted_s = used_s(database)
    assert counted_s > 0.3, "with the clip, in one moment"
    kill(database, DEATHS[10:], *patient)
    assert program(database, "nowhere", *patient) == (0, "")
    assert used_s(database) == counted_s
    [message] = sent(database)
    assert message.name.startswith("42.")
    assert message.read_text().startswith(f"{MODEL} en\n🤖 Synthetic")
    ended = job(database)
    assert (ended["state"], ended["outcome"]) == ("delivered", "delivered")
    assert (ended["text"], ended["clip"]) == (None, None)
    assert ended["tries"] == 5, "as often as it was begun before the clip was kept"


def test_a_death_between_sending_and_noting_it_repeats_it_where_nothing_can_know(
    database: Path,
) -> None:
    """The one moment that can't be closed: Telegram does not know a message again."""
    assert program(database, "after deliver")[0] == -9
    assert program(database, "nowhere") == (0, "")
    assert len(sent(database)) == 2
    assert job(database)["state"] == "delivered"


@pytest.mark.slow
def test_killed_around_another_try_it_tries_again_and_sends_it_once(database: Path) -> None:
    for place, state in RETRIED:
        assert program(database, place, "--fails", "passing") == (-9, "")
        assert job(database)["state"] == state
    assert job(database)["tries"] == 2
    assert program(database, "nowhere") == (0, "")
    assert len(sent(database)) == 1
    assert job(database)["state"] == "delivered"


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_killed_around_its_failure_its_person_is_told_once(database: Path) -> None:
    hopeless = ("--fails", "hopeless", "--knows")
    kill(database, FAILED[:5], *hopeless)
    assert not sent(database)
    kill(database, FAILED[5:], *hopeless)
    assert program(database, "nowhere", *hopeless) == (0, "")
    [told] = sent(database)
    assert "can't be used any more" in told.read_text()
    ended = job(database)
    assert (ended["outcome"], ended["text"], used_s(database)) == ("latents", None, 0)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_killed_around_its_being_dropped_its_person_is_told_once(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "INSERT INTO voice_use VALUES (?, ?, ?, 600)", (NAME, MAI.id, time.time() // 86_400)
        )
    kill(database, DROPPED[:5], "--knows")
    assert not sent(database)
    kill(database, DROPPED[5:], "--knows")
    assert program(database, "nowhere", "--knows") == (0, "")
    [told] = sent(database)
    assert "minutes in your own voice are used up" in told.read_text()
    assert job(database)["outcome"] == "premium.quota"


@pytest.mark.slow
def test_what_kills_every_program_that_makes_it_is_given_up_and_told_once(database: Path) -> None:
    kill(database, 3 * [("after begin", "working")])
    assert program(database, "nowhere") == (0, "")
    [told] = sent(database)
    assert "could not be made" in told.read_text()
    ended = job(database)
    assert (ended["state"], ended["outcome"], ended["tries"]) == ("failed", "lost", 3)
    assert program(database, "nowhere") == (0, "")
    assert len(sent(database)) == 1


@pytest.mark.slow
def test_what_kills_every_program_that_sends_it_is_given_up_and_told_once(database: Path) -> None:
    kill(database, 3 * [("before deliver", "delivering")])
    assert program(database, "nowhere") == (0, "")
    [told] = sent(database)
    assert "could not be made" in told.read_text()
    assert job(database)["outcome"] == "lost"


def test_a_death_between_telling_and_noting_it_repeats_it(database: Path) -> None:
    """As with a clip: nothing can know a sentence again."""
    assert program(database, "after tell", "--fails", "hopeless")[0] == -9
    assert program(database, "nowhere", "--fails", "hopeless") == (0, "")
    assert len(sent(database)) == 2


def test_what_the_disk_holds_at_a_death_is_sealed(database: Path) -> None:
    for place in ("after begin", "after done"):
        assert program(database, place, "--knows")[0] == -9
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
