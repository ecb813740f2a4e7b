"""What ``dragoman try`` makes of files, with stages that answer from a table."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from bot.console import Outcome, expand, interpret_files
from bot.report import as_json, as_page
from pipeline.errors import EngineError, EngineTimeoutError, NoSpeechError
from pipeline.types import Request
from tests.pipeline.fake_stages import EN, VI, House


class Terminal:
    """Interprets files as the command would, and keeps what it told."""

    def __init__(self, folder: Path) -> None:
        self.house = House()
        self.out = folder / "spoken"
        self.told: list[Outcome] = []

    async def hear(self, *files: Path) -> bool:
        """Interpret such files, whatever is in them."""
        for file in files:
            await asyncio.to_thread(file.parent.mkdir, exist_ok=True)
            await asyncio.to_thread(file.write_bytes, b"sound")
        return await interpret_files(
            self.house.pipeline,
            files,
            Request(sound=b"", targets=(VI, EN)),
            self.out,
            self.told.append,
            progress=Console(stderr=True),
            locale="en",
        )

    def records(self) -> list[dict[str, object]]:
        return [json.loads(as_json(outcome, "en")) for outcome in self.told]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


async def test_a_record_holds_all_that_is_promised(terminal: Terminal, tmp_path: Path) -> None:
    assert await terminal.hear(tmp_path / "note.ogg")
    (record,) = terminal.records()
    assert record == {
        "file": str(tmp_path / "note.ogg"),
        "heard": {
            "text": "Good night.",
            "language": "en",
            "probability": 0.99,
            "seconds": 2.0,
            "model": "whisper",
        },
        "translated": {
            "text": "Chúc ngủ ngon.",
            "language": "vi",
            "engine": "nllb",
            "doubts": [],
        },
        "spoken": {
            "path": str(terminal.out / "note.vi.ogg"),
            "engine": "gtts",
            "seconds": 1.0,
        },
        "timings_ms": record["timings_ms"],
    }
    timings = record["timings_ms"]
    assert isinstance(timings, dict)
    assert timings.keys() == {"decode", "hear", "translate", "speak", "text", "total"}
    assert timings["text"] <= timings["total"]
    assert await asyncio.to_thread((terminal.out / "note.vi.ogg").read_bytes) == b"OggS"


async def test_a_record_is_one_line_that_keeps_its_letters(
    terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.hear(tmp_path / "a\nb.ogg")
    line = as_json(terminal.told[0], "en")
    assert "\n" not in line
    assert "Chúc ngủ ngon." in line


async def test_a_bad_file_never_spoils_the_next(terminal: Terminal, tmp_path: Path) -> None:
    terminal.house.stages.failures["whisper"] = NoSpeechError()
    assert not await terminal.hear(tmp_path / "silence.ogg")
    terminal.house.stages.failures.clear()
    assert await terminal.hear(tmp_path / "note.ogg")
    bad, good = terminal.records()
    assert bad["error"] == {
        "code": "audio.no_speech",
        "message": "I heard nobody speak; record it again, closer to the microphone.",
    }
    assert "error" not in good


async def test_files_of_the_same_name_get_answers_of_their_own(
    terminal: Terminal, tmp_path: Path
) -> None:
    await terminal.hear(tmp_path / "a" / "note.ogg", tmp_path / "b" / "note.mp3")
    names = sorted(outcome.path.name for outcome in terminal.told if outcome.path)
    assert names == ["note.vi-2.ogg", "note.vi.ogg"]


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "inner").mkdir(parents=True)
    for name in ("b.ogg", "a.ogg"):
        (folder / name).touch()
    found = expand([folder, tmp_path / "absent.ogg", folder / "inner"])
    assert [file.name for file in found] == ["a.ogg", "b.ogg", "absent.ogg", "inner"]


async def test_text_without_a_voice_is_told_with_the_reason(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.house.stages.failures |= {
        "gtts": EngineTimeoutError(engine="gtts"),
        "espeak": EngineError(engine="espeak"),
    }
    assert await terminal.hear(tmp_path / "note.ogg"), "the text is there"
    (record,) = terminal.records()
    assert "spoken" not in record
    assert record["unspoken"] == {
        "code": "engine.failed",
        "message": "espeak failed on this; please try again.",
    }


async def test_an_answer_that_cannot_be_written_is_an_error_of_that_file(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.out = Path("/proc/version")
    assert not await terminal.hear(tmp_path / "note.ogg")
    (record,) = terminal.records()
    assert "--out" in str(record["error"])
    assert "Chúc ngủ ngon." in str(record["translated"])


async def test_a_page_names_no_answer_that_was_not_written(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.out = Path("/proc/version")
    await terminal.hear(tmp_path / "note.ogg")
    shown = io.StringIO()
    as_page(terminal.told[0], Console(file=shown, width=160), "en")
    assert "--out" in shown.getvalue()
    assert "spoken" not in shown.getvalue()
    assert "None" not in shown.getvalue()


@pytest.mark.parametrize("locale", ["en", "vi"])
def test_a_page_shows_both_texts_who_worked_and_how_long(
    terminal: Terminal, tmp_path: Path, locale: str
) -> None:
    asyncio.run(terminal.hear(tmp_path / "note[red].ogg"))
    console = Console(width=150, file=io.StringIO(), record=True)
    as_page(terminal.told[0], console, locale)
    page = console.export_text()
    for expected in ("note[red].ogg", "Good night.", "Chúc ngủ ngon.", "nllb", "gtts", " ms"):
        assert expected in page
