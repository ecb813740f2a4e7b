"""Libraries that would tell their makers how they are used do not."""

import subprocess
import sys
from pathlib import Path

from tests.integration.program import DEMO, NOTES, command, surroundings


def test_no_library_keeps_a_record_of_us_to_send_to_its_maker(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    note = DEMO / "notes" / NOTES[0]["file"]
    for each in (
        command("try", "--profile", "demo", "--out", tmp_path / "spoken", note),
        [sys.executable, "-c", "from pipeline.engines.silero import Silero; Silero()"],
    ):
        subprocess.run(
            each,
            cwd=tmp_path,
            env=surroundings() | {"HOME": str(home), "XDG_CACHE_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=50,
        )
    assert list(home.iterdir()) == []
