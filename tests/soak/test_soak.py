"""The soak itself, in small: everything is really run, broken, counted and said."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.program import ROOT, surroundings

pytestmark = pytest.mark.slow


def soaked(*arguments: object) -> tuple[int, dict[str, Any]]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--json", *map(str, arguments)],
        cwd=ROOT,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


@pytest.mark.timeout(180)
def test_a_minute_of_speech_with_faults_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    status, found = soaked("--audio-seconds", 60, "--log", tmp_path / "log")
    assert (found["lost"], found["doubled"], found["faults"], status) == (0, 0, [], 0)
    assert found["audio_s"] >= 60
    kinds = {(each["platform"], each["kind"]): each for each in found["kinds"]}
    for platform in ("telegram", "discord"):
        assert sum(each["answered"] for (at, _), each in kinds.items() if at == platform) >= 1
    assert sum(each["said"] for each in found["talks"]) >= 1
    assert [status for status, _, orphans in found["ends"]] == [0, 0]
    assert found["kills"] == 1
    assert found["peak_mib"] > 100
    log = (tmp_path / "log").read_text("utf-8")
    assert log.count('"event": "stopped"') == 2


@pytest.mark.timeout(180)
def test_five_times_too_much_loses_nothing_in_silence() -> None:
    _, found = soaked("--overload", "--overload-seconds", 12)
    assert (found["lost"], found["doubled"], found["failed"]) == (0, 0, 0)
    assert found["offered"] > 3 * found["capacity"] * found["offered_s"]
    assert found["refused"] > found["offered"] / 4
    assert found["voice"] + found["text_only"] > 0
    assert found["text"]["p95"] < found["bound_s"]
    assert found["peak_mib"] < 8 * 1024
