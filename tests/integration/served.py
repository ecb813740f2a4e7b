"""A program that serves people, and what they would see of it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from tests.integration.program import ROOT, surroundings

PAPER: Final = "tests.integration.paper_platform"


class Served:
    """The running program, and the lines that people would see."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log
        self.children = psutil.Process(process.pid)
        self.seen: list[dict[str, Any]] = []

    def send(self, *lines: object) -> None:
        assert self.process.stdin is not None
        for line in lines:
            self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def take(self, *lines: object) -> None:
        """Send the lines and wait until the desk has them."""
        self.send(*lines)
        for _ in lines:
            self.until("taken")

    def until(self, event: str) -> Any:
        """Read on until the event; return what it said."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self.seen.append(json.loads(line))
            if self.seen[-1]["event"] == event:
                return self.seen[-1]["what"]
        pytest.fail(f"no {event} in {self.seen}")

    def end(self, sent: signal.Signals) -> int:
        """Send the signal and wait for the end; nothing of the program may be left."""
        family = self.children.children(recursive=True)
        self.process.send_signal(sent)
        assert self.process.stdout is not None
        self.seen += map(json.loads, self.process.stdout)
        self.process.wait(30)
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive
        return self.process.returncode

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    def events(self, *names: str) -> list[tuple[str, str]]:
        return [(each["event"], each["message"]) for each in self.seen if each["event"] in names]


@contextmanager
def served(folder: Path, *arguments: object, program: str = PAPER) -> Iterator[Served]:
    """Run the program on a database in the folder, from when it is connected until it is ended."""
    log = folder / "log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", program, folder / "d.db", *map(str, arguments)],
            cwd=ROOT,
            env=surroundings(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        running = Served(process, log)
        try:
            running.until("connected")
            yield running
        finally:
            process.kill()
