"""The unit for systemd is one that systemd takes, and keeps the bot in its place."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.program import ROOT

UNIT = ROOT / "ops" / "dragoman.service"
GUIDE = (ROOT / "docs" / "self-hosting.md").read_text("utf-8")
ANALYZE = shutil.which("systemd-analyze")
SETTINGS = re.findall(r"(?m)^([A-Za-z]+)=(.*)$", UNIT.read_text("utf-8"))

needs_systemd = pytest.mark.skipif(
    ANALYZE is None, reason="systemd-analyze is not installed: apt install systemd"
)


def analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(ANALYZE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def expanded(name: str) -> set[str]:
    """Return the calls of a group as systemd has them, or the call itself."""
    if not name.startswith("@"):
        return {name}
    _, *lines = analyze("syscall-filter", name).stdout.split("\n    ")
    members = {line.strip() for line in lines if not line.startswith("#")}
    return {call for member in members for call in expanded(member)}


@needs_systemd
def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    started = "/opt/dragoman/.venv/bin/dragoman"
    text = UNIT.read_text("utf-8")
    assert started in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(started, sys.executable), "utf-8")
    checked = analyze("verify", "--recursive-errors=no", unit)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@needs_systemd
def test_little_is_left_for_an_intruder() -> None:
    checked = analyze("security", "--offline=true", "--no-pager", "--threshold=20", UNIT)
    assert checked.returncode == 0, checked.stdout


@needs_systemd
def test_the_process_that_decodes_may_shut_itself_in() -> None:
    allowed: set[str] = set()
    for value in (value for key, value in SETTINGS if key == "SystemCallFilter"):
        calls = {call for name in value.removeprefix("~").split() for call in expanded(name)}
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    assert {"prctl", "prlimit64", "setrlimit", "dup2", "dup3"} <= allowed
    assert {"landlock_create_ruleset", "landlock_restrict_self"} <= allowed
    assert "capset" not in allowed, "nor is it called where there is no capability to drop"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("User", "dragoman"),
        ("KillMode", "mixed"),
    ],
)
def test_what_must_hold_holds(name: str, value: str) -> None:
    assert [given for key, given in SETTINGS if key == name] == [value]


def test_the_guide_puts_things_where_the_unit_looks_for_them() -> None:
    [started] = [value.split() for key, value in SETTINGS if key == "ExecStart"]
    program, _, _, settings = started
    [home] = [value for key, value in SETTINGS if key == "WorkingDirectory"]
    for path in (program.removesuffix("/.venv/bin/dragoman"), settings, f"--home-dir {home} "):
        assert path in GUIDE
