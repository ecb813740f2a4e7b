"""Own voices in the served program: when a clip is begun, and what the real cloners do in it."""

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.extras import HAS_CLONE
from tests.integration.own_voice_program import MODEL
from tests.integration.program import DEMO, NOTES
from tests.integration.served import Served, served

if TYPE_CHECKING or HAS_CLONE:
    from pipeline.engines.xtts_shapes import TINY, make_xtts

PROGRAM = "tests.integration.own_voice_served"
NOTE = next(each for each in NOTES if each["language"] == "vi")
PATH = DEMO / "notes" / NOTE["file"]


def states(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "d.db")) as database:
        return [state for (state,) in database.execute("SELECT state FROM jobs ORDER BY id")]


def until(holds: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def cloners(platform: Served) -> list[psutil.Process]:
    """The processes that stand back behind all others."""
    found = []
    for each in platform.children.children(recursive=True):
        try:
            if each.nice() == 19:
                found.append(each)
        except psutil.NoSuchProcess:
            continue
    return found


def test_nothing_is_begun_while_a_note_is_worked_on(tmp_path: Path) -> None:
    with served(tmp_path, program=PROGRAM) as platform:
        platform.take(f"{PATH}#held", PATH)
        platform.until("speech")
        until(lambda: states(tmp_path), 5)
        time.sleep(1.5)
        assert states(tmp_path) == ["queued"]
        assert not cloners(platform)
        (tmp_path / "go").touch()
        platform.until("speech")
        platform.until("deliver")
        platform.until("deliver")
        assert platform.end(signal.SIGTERM) == 0
    assert states(tmp_path) == 2 * ["delivered"]


def test_it_goes_on_beside_notes_where_the_operator_wants_that(tmp_path: Path) -> None:
    with served(tmp_path, "--busy", "go_on", program=PROGRAM) as platform:
        platform.take(f"{PATH}#held", PATH)
        platform.until("deliver")
        assert [message for _, message in platform.events("text", "deliver")] == 2 * [str(PATH)]
        (tmp_path / "go").touch()
        platform.until("deliver")
        assert platform.end(signal.SIGTERM) == 0
    assert states(tmp_path) == 2 * ["delivered"]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.needs("clone")
def test_the_real_cloners_make_a_clip_that_is_heard_withheld_and_told(tmp_path: Path) -> None:
    """The weights are random, so that what they speak can't be the text."""
    make_xtts(TINY, tmp_path / "models" / MODEL)
    with served(tmp_path, "--models", tmp_path / "models", program=PROGRAM) as platform:
        platform.send(PATH)
        assert platform.until("text") == [NOTE["text"], NOTE["translation"]]
        platform.until("speech")
        until(lambda: cloners(platform), 60)
        [cloner] = cloners(platform)
        assert "did not say the right words" in platform.until("tell")
        until(lambda: not cloner.is_running(), 30)
        assert not cloners(platform), "unloaded while there is nothing to do"
        assert platform.end(signal.SIGTERM) == 0
    assert platform.events("text", "speech", "deliver", "tell") == [
        (event, str(PATH)) for event in ("text", "speech", "tell")
    ]
    with closing(sqlite3.connect(tmp_path / "d.db")) as database:
        [job] = database.execute("SELECT state, outcome, tries, text, clip FROM jobs")
        [latents] = database.execute("SELECT model, length(latents) > 1000 FROM voice_latents")
    assert job == ("failed", "clip.unlike", 1, None, None)
    assert latents == (MODEL, 1), "learnt from the sample, by the real one"
    assert platform.log.count("clip does not say its text") == 2
    assert "Traceback" not in platform.log
    words = {*NOTE["text"].split(), *NOTE["translation"].split()}
    assert not [word for word in words if len(word) > 3 and word in platform.log]
