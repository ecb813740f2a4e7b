"""Settings of a running program: files are changed, signals sent, and the next note tells."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.program import DEMO, NOTES, command, surroundings
from tests.integration.served import Served, served

NOTE = DEMO / "notes" / NOTES[0]["file"]
PATIENCE_S = 20.0
BOTH = 'targets = ["vi", "en"]\n'


class Edited:
    """The running program and its file."""

    def __init__(self, program: Served, file: Path) -> None:
        self.program, self.file = program, file
        self._heard = 0

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")

    def hang_up(self) -> None:
        self.program.process.send_signal(signal.SIGHUP)

    def sentence(self) -> str:
        """Wait for the next that the log says of the settings."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            said = sentences(self.program.log)
            if len(said) > self._heard:
                self._heard += 1
                return said[self._heard - 1]
            time.sleep(0.05)
        pytest.fail(f"nothing was said: {self.program.log}")

    def answer(self, name: str, event: str) -> object:
        """Send a note; return what is said to it."""
        self.program.send(f"{NOTE}#{name}")
        return self.program.until(event)


def sentences(log: str) -> list[str]:
    lines = [json.loads(line) for line in log.splitlines() if line.endswith("}")]
    return [line["sentence"] for line in lines if line["logger"] == "bot.reloading"]


@contextmanager
def edited(folder: Path, text: str) -> Iterator[Edited]:
    file = folder / "chosen.toml"
    file.write_text(text, encoding="utf-8")
    with served(folder, file) as program:
        yield Edited(program, file)


@pytest.mark.slow
def test_a_changed_file_holds_for_the_next_note_and_a_broken_one_does_not(tmp_path: Path) -> None:
    with edited(tmp_path, BOTH) as it:
        assert it.answer("1", "text") == [NOTES[0]["text"], NOTES[0]["translation"]]
        it.program.until("speech")
        it.write('targets = ["en"]\n')
        assert it.sentence().endswith("hold from now on: targets.")
        assert it.answer("2", "text") == [NOTES[0]["text"], NOTES[0]["text"]]
        it.write(f"{BOTH}[desk\n")
        assert "The settings stay as they are." in it.sentence()
        assert it.answer("3", "text") == [NOTES[0]["text"], NOTES[0]["text"]]
        it.write(f"{BOTH}[desk]\ntimeout_s = 0.001\n[workers]\ntimeout_s = 99\n")
        assert "desk.timeout_s" in it.sentence()
        assert it.sentence() == "These settings take effect after a restart: workers.timeout_s."
        assert "took too long" in str(it.answer("4", "apologize"))
        it.write(BOTH)
        it.hang_up()
        it.sentence()
        assert it.answer("5", "text") == [NOTES[0]["text"], NOTES[0]["translation"]]
        it.program.until("speech")
        assert it.program.end(signal.SIGTERM) == 0
    assert "Traceback" not in it.program.log


def test_languages_are_those_of_the_file_from_then_on(tmp_path: Path) -> None:
    with edited(tmp_path, 'targets = ["vi", "en"]\n') as it:
        assert it.answer("1", "text") == [NOTES[0]["text"], NOTES[0]["translation"]]
        it.program.until("speech")
        it.write('targets = ["en"]\n[hearing]\nallowed = ["en"]\n')
        it.hang_up()
        assert it.sentence().endswith("targets, hearing.allowed.")
        assert it.answer("2", "text") == [NOTES[0]["text"], NOTES[0]["text"]]
        assert it.program.end(signal.SIGTERM) == 0


def test_a_hangup_has_the_file_read_at_once_and_ends_nothing(tmp_path: Path) -> None:
    with edited(tmp_path, "") as it:
        for _ in range(3):
            it.hang_up()
            assert it.sentence() == "The settings were read again, and are as before."
        it.file.unlink()
        it.hang_up()
        assert "No such file" in it.sentence()
        it.answer("1", "text")
        it.program.until("speech")
        for _ in range(20):
            it.hang_up()
        assert it.program.end(signal.SIGTERM) == 0


def test_it_ends_in_order_although_it_is_hung_up_on_meanwhile(tmp_path: Path) -> None:
    with edited(tmp_path, "[desk]\ngrace_s = 0\nper_person = 50\nper_chat = 50\n") as it:
        it.write("[desk]\ngrace_s = 30\nper_person = 50\nper_chat = 50\n")
        assert "desk.grace_s" in it.sentence()
        it.program.take(*(f"{NOTE}#{number}" for number in range(3)))
        it.program.process.send_signal(signal.SIGTERM)
        it.program.until("stopped")
        it.hang_up()
        assert it.program.end(signal.SIGHUP) == 0
    assert len(it.program.events("speech")) == 3, "the grace is that of now"


@pytest.mark.slow
def test_the_command_follows_its_file_and_checks_what_it_finds(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    base = 'profile = "demo"\n[storage]\npath = "d.db"\n[telegram]\ntoken = "710000001:x"\n'
    # Nobody answers there: it goes on trying.
    base += 'api_url = "http://127.0.0.1:9"\n'
    file.write_text(base)
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            command("run"),
            cwd=tmp_path,
            env=surroundings("vi_VN.UTF-8"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        ) as process,
    ):

        def said(count: int) -> str:
            until = time.monotonic() + PATIENCE_S
            while time.monotonic() < until and process.poll() is None:
                found = sentences((tmp_path / "log").read_text("utf-8"))
                if len(found) >= count:
                    return found[count - 1]
                time.sleep(0.05)
            pytest.fail((tmp_path / "log").read_text("utf-8"))

        try:
            while not (tmp_path / "d.db.lock").exists():
                time.sleep(0.05)
                assert process.poll() is None
            file.write_text(base + "[desk]\ntotal = 7\n")
            assert said(1).endswith("có hiệu lực từ bây giờ: desk.total.")
            file.write_text(base + '[desk]\ntotal = 8\n[speaking]\norder = ["nobody"]\n')
            assert "“nobody”" in said(2)
            assert "vẫn như cũ" in said(2)
            os.kill(process.pid, signal.SIGHUP)
            assert "“nobody”" in said(3)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
