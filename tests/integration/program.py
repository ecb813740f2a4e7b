"""Runs the real ``dragoman`` as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "pipeline" / "demo"
NOTES: list[dict[str, Any]] = json.loads((DEMO / "notes" / "notes.json").read_text("utf-8"))


def surroundings(locale: str = "C") -> dict[str, str]:
    """Return an environment that has no settings of ours and speaks the locale's language."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DRAGOMAN")}
    return {**kept, "LC_ALL": locale, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def command(*arguments: object) -> list[str]:
    """Return the command line."""
    return [sys.executable, "-m", "bot", *map(str, arguments)]


def dragoman(*arguments: object, cwd: Path, locale: str = "C") -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=surroundings(locale),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=55,
        check=False,
    )


def records(run: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return what ``--json`` printed."""
    return [json.loads(line) for line in run.stdout.splitlines()]
