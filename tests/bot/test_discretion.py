"""A canary word goes through success and every failure, and is found in no log and no database."""

import asyncio
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import logs
from bot.cards import Caller
from bot.commands import Commands
from bot.desk import Bounds, BusyError, Desk
from pipeline.errors import (
    EngineError,
    NoSpeechError,
    PlatformRefusedError,
    StorageError,
    WorkerLostError,
)
from pipeline.specs import AudioLimits
from storage.database import back_up
from tests.bot.exchanges import KeptReply, Recording, chat, note, person
from tests.bot.studies import SETTINGS, Study, opened

CANARY = "quetzalcoatl"
PLACES = ("whisper", "nllb", "gtts", "espeak", "text", "speech", "apologize", "working", "fetch")
FAILURES = (
    NoSpeechError(),
    WorkerLostError(),
    EngineError(engine="nllb"),
    PlatformRefusedError(platform="paper"),
    StorageError(path="x"),
    ValueError(CANARY),
    OSError(2, CANARY, CANARY),
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Keep everything that anybody logs, as our formatter writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLine())
    loggers = [logging.getLogger(name) for name in ("", "bot", "pipeline", "storage")]
    levels = [each.level for each in loggers]
    loggers[0].addHandler(handler)
    for each in loggers:
        each.setLevel(logging.DEBUG)
    yield stream
    loggers[0].removeHandler(handler)
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def of_canary(study: Study) -> None:
    """Have the canary heard, translated and spoken."""
    study.stages.text = f"My {CANARY} has 7 feathers, see http://{CANARY}.org/x now."
    study.stages.failures.clear()
    study.reply = KeptReply()


async def test_nothing_that_was_said_is_logged_or_kept_but_in_the_caches(
    tmp_path: Path, log: io.StringIO
) -> None:
    kept = tmp_path / "kept"
    async with opened(kept) as study:
        of_canary(study)
        await study.answer()
        assert CANARY in str(study.reply.said), "it did go through"
        for place in PLACES:
            for number, failure in enumerate(FAILURES):
                of_canary(study)
                study.stages.failures[place] = failure
                study.reply.failures[place] = failure
                recording = Recording(CANARY.encode(), failure if place == "fetch" else None)
                await study.answer(note(f"{place}-{number}", recording=recording))
        assert CANARY.encode() in (await asyncio.to_thread(content, kept)).lower(), "the caches do"
        await study.stores.translations.erase()
        await study.stores.speeches.erase()
        assert not await study.unfinished()
        assert CANARY.encode() not in (await asyncio.to_thread(content, kept)).lower()
    written = log.getvalue()
    assert written.count("note finished") == 1 + len(PLACES) * len(FAILURES)
    assert CANARY not in written.lower()


async def test_a_backup_holds_nothing_that_was_said(tmp_path: Path) -> None:
    async with opened(tmp_path / "kept") as study:
        of_canary(study)
        await study.answer()
        await back_up(study.database.path, tmp_path / "copies" / "dragoman.db")
        copies = (await asyncio.to_thread(content, tmp_path / "copies")).lower()
        assert CANARY.encode() not in copies


async def test_the_desk_and_the_commands_log_no_person_and_no_word(
    tmp_path: Path, log: io.StringIO
) -> None:
    async with opened(tmp_path) as study:
        of_canary(study)
        desk = Desk(study.interpreter.open, study.stores.notes, Bounds(per_person=1), AudioLimits())
        who = person(CANARY)
        study.stages.gates["hear"] = asyncio.Event()
        for message in (1, 1, 2):
            await desk.take(note(f"{CANARY}-{message}", who=who, where=chat(CANARY)), study.reply)
        await desk.drain(grace_s=0)
        commands = Commands(study.stores, SETTINGS, desk, study.pipeline.voices)
        caller = Caller(who, chat(CANARY), "en", private=True)
        for line in (CANARY, f"{CANARY} = {CANARY}", f"remove {CANARY}", CANARY * 200):
            for name in ("language", "voice", "glossary", "link", "mydata", CANARY):
                await commands.run(caller, name, line)
        await commands.press(caller, f"language:spoken:{CANARY}")
    assert isinstance(study.reply.sentences()[0], str)
    assert "command failed" in log.getvalue()
    assert CANARY not in log.getvalue().lower()


def test_the_code_of_a_refusal_is_all_that_is_noted() -> None:
    assert str(BusyError(reason="person")) == "busy (reason=person)"
