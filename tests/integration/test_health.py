"""``dragoman health`` as a container's health check runs it."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.messages import CATALOGUES
from tests.bot.probing import free_port
from tests.integration.program import ROOT, dragoman, surroundings

pytestmark = pytest.mark.slow


def settings(folder: Path, port: int | None) -> None:
    """Write the settings of a bot, as the command will find them."""
    lines = ['[storage]\npath = "d.db"', '[telegram]\ntoken = "1:x"', "[monitoring]"]
    if port is not None:
        lines.append(f"port = {port}")
    (folder / "settings.toml").write_text("\n".join(lines) + "\n", "utf-8")


def health(folder: Path, locale: str = "C") -> tuple[int, str]:
    run = dragoman("health", "--profile", "demo", cwd=folder, locale=locale)
    assert not run.stderr
    return run.returncode, run.stdout.strip()


def test_it_is_told_that_all_is_well_and_that_nobody_answers_any_more(tmp_path: Path) -> None:
    port = free_port()
    settings(tmp_path, port)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.paper_platform", tmp_path / "d.db", "1"],
        cwd=ROOT,
        env=surroundings() | {"DRAGOMAN_MONITORING__PORT": str(port)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as bot:
        try:
            deadline = time.monotonic() + 20
            while (answer := health(tmp_path)) != (0, CATALOGUES["en"]["health.ready"]):
                assert time.monotonic() < deadline, answer
            assert health(tmp_path, "vi_VN.UTF-8") == (0, CATALOGUES["vi"]["health.ready"])
        finally:
            bot.terminate()
            bot.wait(20)
    status, said = health(tmp_path)
    assert (status, str(port) in said) == (1, True)


def test_without_a_port_it_says_which_setting_is_missing(tmp_path: Path) -> None:
    settings(tmp_path, None)
    assert health(tmp_path) == (1, CATALOGUES["en"]["health.off"])


def test_a_port_that_is_taken_ends_the_program_with_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings(tmp_path, taken.getsockname()[1])
        run = dragoman("run", "--profile", "demo", cwd=tmp_path)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "monitoring.port" in run.stderr
    assert "Address already in use" in run.stderr
