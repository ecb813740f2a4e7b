"""What the operator sees and changes of own voices from the command line, and what nobody can."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage.database import open_database
from storage.jobs import Jobs
from storage.premium import Premium, Role
from storage.types import Chat, Person
from storage.voices import Voices
from tests.integration.program import dragoman
from tests.storage.enrolments import CANARY, JOHN, MAI, SEAL, enrol, order

DATABASE = "dragoman.db"
INSERTION = (
    "INSERT INTO jobs (voice, platform, account, chat, topic, message, locale, language,"
    " characters, quota, priority, created, expires, due, text)"
    " VALUES (?, 'telegram', '999', '1', '', '1', 'en', 'en', 1, 1, 0, 0, 9e99, 0, x'00')"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings, and a database in which two people have a voice."""
    (tmp_path / "settings.toml").write_text(
        f'profile = "demo"\n[storage]\npath = "{tmp_path / DATABASE}"\n'
    )

    async def prepare() -> None:
        async with open_database(tmp_path / DATABASE) as database:
            await enrol(database, MAI)
            await enrol(database, JOHN)
            jobs = Jobs(database, SEAL)
            await jobs.add(order(1))
            job = await jobs.claim()
            assert job is not None
            await jobs.fail(job, "engine.failed")

    asyncio.run(prepare())
    return tmp_path


def kept(folder: Path) -> list[str]:
    async def read() -> list[str]:
        async with open_database(folder / DATABASE) as database:
            return [each.person.platform for each in await Voices(database, SEAL).all()]

    return asyncio.run(read())


def grants(folder: Path, chat: Chat | None = None) -> list[tuple[Person | Role, float]]:
    async def read() -> list[tuple[Person | Role, float]]:
        async with open_database(folder / DATABASE) as database:
            return [(each.to, each.minutes) for each in await Premium(database).list(chat)]

    return asyncio.run(read())


@pytest.mark.parametrize(
    "arguments",
    [
        ("voices", "enroll", "telegram", "1"),
        ("voices", "enrol", "telegram", "1"),
        ("voices", "keep", "telegram", "1"),
        ("voices",),
        ("voices", "delete", "telegram", "x"),
        ("voices", "delete", "myspace", "1"),
        ("premium", "grant", "telegram", "1", "--days", "0"),
        ("premium", "grant", "telegram", "1", "--minutes", "1441"),
        ("premium", "grant", "telegram", "1", "--chat", "somewhere"),
    ],
)
def test_nobody_is_enrolled_from_here_and_misuse_changes_nothing(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    run = dragoman(*arguments, cwd=folder)
    assert run.returncode == 2
    assert "usage: dragoman" in run.stderr
    assert sorted(kept(folder)) == ["discord", "telegram"]
    assert grants(folder) == []


def test_a_grant_is_no_consent(folder: Path) -> None:
    assert dragoman("premium", "grant", "telegram", "999", cwd=folder).returncode == 0
    assert len(kept(folder)) == 2
    with sqlite3.connect(folder / DATABASE) as raw:
        for voice in (1, 2, 3):
            with pytest.raises(sqlite3.IntegrityError, match="no consent"):
                raw.execute(INSERTION, (voice,))
    raw.close()


def test_voices_are_listed_without_a_word_of_anybody_and_deleted(folder: Path) -> None:
    run = dragoman("voices", "list", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert "telegram 1" in run.stdout
    assert "discord 2" in run.stdout
    assert "xtts-v2" in run.stdout
    run = dragoman("voices", "delete", "telegram", MAI.id, cwd=folder, locale="vi_VN.UTF-8")
    assert run.returncode == 0
    assert "Đã xóa: 1 bản mẫu" in run.stdout
    assert kept(folder) == ["discord"]
    assert CANARY.encode() not in (folder / DATABASE).read_bytes()
    assert dragoman("voices", "delete", "telegram", MAI.id, cwd=folder).returncode == 1


def test_clips_that_were_given_up_are_shown_with_the_reason(folder: Path) -> None:
    run = dragoman("voices", "failed", cwd=folder)
    assert run.returncode == 0
    assert "engine.failed" in run.stdout
    assert CANARY not in run.stdout


def test_own_voice_is_granted_listed_and_taken_back(folder: Path) -> None:
    run = dragoman("premium", "grant", "telegram", "42", "--minutes", "5", cwd=folder)
    assert "5 minutes a day" in run.stdout
    assert grants(folder) == [(Person("telegram", "42"), 5)]
    there = ("--chat", "77")
    run = dragoman("premium", "grant", "discord", "99", "--role", *there, cwd=folder)
    assert run.returncode == 0
    server = Chat("discord", "77")
    assert grants(folder, server) == [(Role(server, "99"), 10)]
    run = dragoman("premium", "list", "discord", *there, cwd=folder)
    assert "discord role 99" in run.stdout
    assert dragoman("premium", "revoke", "telegram", "42", cwd=folder).returncode == 0
    run = dragoman("premium", "revoke", "telegram", "42", cwd=folder)
    assert (run.returncode, run.stdout) == (1, "There is no such grant.\n")


@pytest.mark.parametrize(
    "arguments", [("grant", "discord", "99", "--role"), ("list", "--chat", "77")]
)
def test_a_place_that_is_missing_is_said(folder: Path, arguments: tuple[str, ...]) -> None:
    run = dragoman("premium", *arguments, cwd=folder)
    assert run.returncode == 1
    assert "as well" in run.stderr


def test_without_a_database_there_is_nothing_to_see_and_none_is_made(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        f'profile = "demo"\n[storage]\npath = "{tmp_path / DATABASE}"\n'
    )
    run = dragoman("voices", "list", cwd=tmp_path)
    assert run.returncode == 1
    assert "There is no file" in run.stderr
    assert not (tmp_path / DATABASE).exists()
