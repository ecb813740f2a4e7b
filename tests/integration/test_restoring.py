"""Backup, restore, upgrade and the way back, as operators do it: real commands and processes."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.program import DEMO, NOTES, dragoman
from tests.integration.served import served
from tests.storage.releases import LATEST, everything, leave, shape

NOTE = DEMO / "notes" / NOTES[0]["file"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder whose settings name the database that ``served`` serves."""
    (tmp_path / "settings.toml").write_text('profile = "demo"\n[storage]\npath = "d.db"\n')
    return tmp_path


def notes(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {message for (message,) in connection.execute("SELECT message FROM notes")}


def aside(folder: Path) -> Path:
    (found,) = (each for each in folder.iterdir() if ".replaced-" in each.name)
    return found


def test_a_backup_is_put_back_and_what_was_there_is_kept(place: Path) -> None:
    with served(place, 20) as program:
        program.send(f"{NOTE}#first")
        program.until("speech")
        assert dragoman("backup", "copy.db", cwd=place).returncode == 0
        program.send(f"{NOTE}#second")
        program.until("speech")
        refused = dragoman("restore", "copy.db", cwd=place)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.count("\n") == 1
        assert "Another process uses the database" in refused.stderr
        program.end(signal.SIGTERM)
    run = dragoman("restore", "copy.db", cwd=place)
    assert (run.returncode, run.stderr) == (0, "")
    replaced = aside(place)
    assert replaced.name in run.stdout
    assert notes(place / "d.db") == {f"{NOTE}#first"}
    assert notes(replaced) == {f"{NOTE}#first", f"{NOTE}#second"}
    assert {each.stat().st_mode & 0o777 for each in (place / "d.db", replaced)} == {0o600}
    with served(place, 20) as program:
        program.send(f"{NOTE}#first", f"{NOTE}#third")
        program.until("speech")
        program.end(signal.SIGTERM)
    assert program.events("text") == [("text", f"{NOTE}#third")], "the first was seen before"


def test_after_a_sudden_death_nothing_of_the_old_one_is_lost(place: Path) -> None:
    with served(place, 20) as program:
        program.send(f"{NOTE}#first")
        program.until("speech")
        assert dragoman("backup", "copy.db", cwd=place).returncode == 0
        program.send(f"{NOTE}#second")
        program.until("speech")
        program.end(signal.SIGKILL)
    assert (place / "d.db-wal").stat().st_size
    assert dragoman("restore", "copy.db", cwd=place).returncode == 0
    assert notes(place / "d.db") == {f"{NOTE}#first"}
    assert f"{NOTE}#second" in notes(aside(place))


@pytest.mark.parametrize("number", range(1, LATEST))
def test_an_upgrade_is_undone_with_the_copy_that_it_kept(place: Path, number: int) -> None:
    leave(place / "d.db", number)
    before = everything(place / "d.db")
    with served(place, 20) as program:
        program.send(NOTE)
        program.until("speech")
        program.end(signal.SIGTERM)
    assert shape(place / "d.db")[0] == LATEST
    copy = place / f"d.db.schema-{number}"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert dragoman("restore", copy.name, cwd=place).returncode == 0
    assert shape(place / "d.db")[0] == number
    after = everything(place / "d.db")
    assert [after[name] for name in ("profiles", "accounts", "terms", "notes")] == [
        before[name] for name in ("profiles", "accounts", "terms", "notes")
    ]


@pytest.mark.parametrize(
    ("locale", "words"),
    [("C", ["newer release", "dragoman restore"]), ("vi_VN.UTF-8", ["bản mới hơn", "restore"])],
)
def test_a_database_of_a_newer_release_is_refused_with_what_to_do(
    place: Path, locale: str, words: list[str]
) -> None:
    with (place / "settings.toml").open("a") as settings:
        settings.write('[telegram]\ntoken = "1:x"\n')
    leave(place / "d.db", LATEST)
    with closing(sqlite3.connect(place / "d.db")) as editor:
        editor.execute(f"PRAGMA user_version = {LATEST + 1}")
    for command in ("run", "backup copy.db", "restore d2.db"):
        if command.startswith("restore"):
            (place / "d.db").rename(place / "d2.db")
        run = dragoman(*command.split(), cwd=place, locale=locale)
        assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
        assert all(word in run.stderr for word in words)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "C",
            ["There is no file", "is the database itself", *["is damaged, or is no copy of"] * 2],
        ),
        (
            "vi_VN.UTF-8",
            ["Không có tệp", "chính là cơ sở dữ liệu", *["không phải là bản sao của"] * 2],
        ),
    ],
)
def test_what_can_not_be_restored_is_one_sentence(
    place: Path, locale: str, said: list[str]
) -> None:
    leave(place / "d.db", LATEST)
    (place / "text.db").write_text("no database " * 999)
    (place / "empty.db").touch()
    before = everything(place / "d.db")
    for name, words in zip(("absent.db", "d.db", "text.db", "empty.db"), said, strict=True):
        run = dragoman("restore", name, cwd=place, locale=locale)
        assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
        assert words in run.stderr
        assert name in run.stderr
    assert everything(place / "d.db") == before


def test_a_key_that_opens_nothing_is_noticed_before_anything_is_replaced(place: Path) -> None:
    leave(place / "voices.db", LATEST)
    with (place / "settings.toml").open("a") as settings:
        settings.write(f'[own_voice]\nkey = "{"ab" * 32}"\n')
    run = dragoman("restore", "voices.db", cwd=place)
    assert run.returncode == 1
    assert "own_voice.key does not open the voices" in run.stderr
    assert not (place / "d.db").exists()


def test_where_no_copy_can_be_kept_the_upgrade_is_not_begun(place: Path) -> None:
    with (place / "settings.toml").open("a") as settings:
        settings.write('[telegram]\ntoken = "1:x"\n')
    leave(place / "d.db", 1)
    before = shape(place / "d.db")
    (place / "d.db.schema-1" / "in the way").mkdir(parents=True)
    run = dragoman("run", cwd=place)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "No copy could be kept at" in run.stderr
    assert "d.db.schema-1" in run.stderr
    assert shape(place / "d.db") == before
