"""``dragoman run`` as operators run it: signals, deaths and restarts; real processes and models."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.program import DEMO, NOTES, ROOT, dragoman, surroundings
from tests.integration.served import served

NOTE = DEMO / "notes" / NOTES[0]["file"]


def test_a_second_program_on_the_same_database_is_refused(tmp_path: Path) -> None:
    with served(tmp_path, 20) as program:
        second = subprocess.run(
            [sys.executable, "-m", "tests.integration.paper_platform", tmp_path / "d.db", "1"],
            cwd=ROOT,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=30,
        )
        assert b"DatabaseLockedError" in second.stderr
        assert b"connected" not in second.stdout
        program.send(NOTE)
        assert program.until("text") == [NOTES[0]["text"], NOTES[0]["translation"]]


def outcomes(folder: Path) -> dict[str, str | None]:
    with closing(sqlite3.connect(folder / "d.db")) as database:
        return dict(database.execute("SELECT message, outcome FROM notes"))


def test_a_note_is_answered_and_a_signal_ends_the_program_in_order(tmp_path: Path) -> None:
    with served(tmp_path, 20) as program:
        program.send(NOTE, NOTE)
        assert program.until("text") == [NOTES[0]["text"], NOTES[0]["translation"]]
        assert program.until("speech") > 0.3
        assert program.end(signal.SIGTERM) == 0
    assert program.events("text", "speech", "stopped", "closed", "apologize") == [
        ("text", str(NOTE)),
        ("speech", str(NOTE)),
        ("stopped", ""),
        ("closed", ""),
    ]
    assert outcomes(tmp_path) == {str(NOTE): "done"}
    assert "Traceback" not in program.log
    words = {*NOTES[0]["text"].split(), *NOTES[0]["translation"].split()}
    assert not [word for word in words if len(word) > 3 and word in program.log]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_what_was_begun_is_finished_within_the_grace(tmp_path: Path, sent: signal.Signals) -> None:
    with served(tmp_path, 20) as program:
        program.take(*(f"{NOTE}#{number}" for number in range(3)))
        assert program.end(sent) == 0
    assert len(program.events("speech")) == 3
    assert set(outcomes(tmp_path).values()) == {"done"}


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with served(tmp_path, 3600) as program:
        program.take(*(f"{NOTE}#{number}" for number in range(40)))
        program.process.send_signal(signal.SIGTERM)
        program.until("stopped")
        assert program.end(signal.SIGTERM) != 0
    assert ("closed", "") in program.events("closed")
    assert None in outcomes(tmp_path).values(), "they are told after the restart"


def test_without_grace_everybody_is_told_at_once(tmp_path: Path) -> None:
    with served(tmp_path, 0) as program:
        program.take(*(f"{NOTE}#{number}" for number in range(9)))
        assert program.end(signal.SIGTERM) == 0
    told = {message for _, message in program.events("text", "apologize")}
    assert len(told) == 9
    assert set(outcomes(tmp_path).values()) <= {"done", "busy.stopping"}


def test_what_a_killed_program_left_is_told_once_after_the_restart(tmp_path: Path) -> None:
    with served(tmp_path, 20) as program:
        program.take(*(f"{NOTE}#{number}" for number in range(5)))
        assert program.end(signal.SIGKILL) == -9
    lost = {message for message, outcome in outcomes(tmp_path).items() if outcome is None}
    assert lost
    with served(tmp_path, 20) as program:
        sentences = [program.until("tell") for _ in lost]
        program.send(f"{NOTE}#0", f"{NOTE}#new")
        program.until("speech")
        assert program.end(signal.SIGTERM) == 0
    # The first target's language, as nothing else is known about the person.
    assert set(sentences) == {"Bot đã khởi động lại khi đang xử lý tin này; bạn hãy gửi lại."}
    assert {message for _, message in program.events("tell")} == lost
    assert program.events("text") == [("text", f"{NOTE}#new")], "the other came twice"
    assert None not in outcomes(tmp_path).values()
    with served(tmp_path, 20) as program:
        program.end(signal.SIGTERM)
    assert not program.events("tell")


def test_a_platform_that_cannot_go_on_ends_the_program_with_its_error(tmp_path: Path) -> None:
    with served(tmp_path, 20) as program:
        program.send("fail")
        program.until("closed")
        assert program.process.wait(20) == 1
        assert "PlatformRefusedError" in program.log


def test_without_any_token_the_operator_is_told_where_to_put_one(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[storage]\npath = "kept/d.db"\n')
    run = dragoman("run", "--profile", "demo", cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "DRAGOMAN_TELEGRAM__TOKEN" in run.stderr


def test_a_database_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[storage]\npath = "d.db"\n[telegram]\ntoken = "1:x"\n')
    (tmp_path / "d.db").write_bytes(b"no database" * 999)
    run = dragoman("run", "--profile", "demo", cwd=tmp_path)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "is damaged" in run.stderr


def test_a_backup_is_a_whole_database_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[storage]\npath = "d.db"\n')
    missing = dragoman("backup", "copy.db", "--profile", "demo", cwd=tmp_path)
    assert missing.returncode == 1
    assert not (tmp_path / "d.db").exists(), "a backup makes no database"
    with served(tmp_path, 20) as program:
        program.send(NOTE)
        program.until("speech")
        run = dragoman("backup", "copies/copy.db", "--profile", "demo", cwd=tmp_path)
        assert (run.returncode, run.stderr) == (0, "")
        program.end(signal.SIGTERM)
    with closing(sqlite3.connect(tmp_path / "copies" / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM notes").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM cached").fetchone() == (0,)
