"""What is missing for own voices is said in one sentence each, by ``check`` and by ``run``."""

import asyncio
import subprocess
import sys
from pathlib import Path
from sysconfig import get_path

import pytest

from storage.database import open_database
from storage.sealing import Seal
from storage.voices import Voices
from tests.integration.program import ROOT, dragoman, surroundings
from tests.storage.enrolments import CONSENT, MAI, sample
from tests.storage.surroundings import content

KEY, OTHER = "00" * 32, "11" * 32
COMMANDS = pytest.mark.parametrize("command", ["check", "run"])


def write(folder: Path, own: str, first: str = "") -> None:
    """Write settings that are in order but for own voices."""
    (folder / "settings.toml").write_text(
        f'profile = "demo"\nmodels_dir = "models"\n{first}\n[storage]\npath = "d.db"\n'
        f'[telegram]\ntoken = "1:x"\n[own_voice]\n{own}\n'
    )


def enrol(folder: Path) -> None:
    """Keep somebody's voice, sealed with the first key."""

    async def keep() -> None:
        async with open_database(folder / "d.db") as database:
            voices = Voices(database, Seal(bytes.fromhex(KEY)))
            await voices.prove()
            await voices.keep(MAI, CONSENT, sample(), {})

    asyncio.run(keep())


def complaints(run: subprocess.CompletedProcess[str]) -> list[str]:
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    return run.stderr.splitlines()


@COMMANDS
def test_a_wrong_key_is_said_before_anything_is_changed(tmp_path: Path, command: str) -> None:
    enrol(tmp_path)
    before = content(tmp_path)
    write(tmp_path, f'models = ["xtts-v2"]\nkey = "{OTHER}"')
    said = complaints(dragoman(command, cwd=tmp_path))
    wrong = [each for each in said if "does not open the voices that are kept" in each]
    assert len(wrong) == 1
    assert OTHER not in "".join(said)
    (tmp_path / "settings.toml").unlink()
    assert content(tmp_path) == before


def test_the_right_key_is_not_complained_of(tmp_path: Path) -> None:
    enrol(tmp_path)
    write(tmp_path, f'models = ["xtts-v2"]\nkey = "{KEY}"')
    said = complaints(dragoman("check", cwd=tmp_path))
    assert not [each for each in said if "key" in each]
    assert any("dragoman models fetch xtts-v2" in each for each in said)


def test_check_says_nothing_of_a_key_where_nothing_is_kept_and_makes_no_database(
    tmp_path: Path,
) -> None:
    write(tmp_path, f'models = ["xtts-v2"]\nkey = "{KEY}"')
    said = complaints(dragoman("check", cwd=tmp_path))
    assert not [each for each in said if "key" in each]
    assert not (tmp_path / "d.db").exists()


@COMMANDS
@pytest.mark.parametrize("key", ["", 'key = "short-canary"'])
def test_a_key_that_is_missing_or_none_is_said_with_how_to_make_one(
    tmp_path: Path, command: str, key: str
) -> None:
    write(tmp_path, f'models = ["xtts-v2"]\n{key}')
    [said] = complaints(dragoman(command, cwd=tmp_path))
    assert "own_voice" in said
    assert ("32 random bytes" if key else "openssl rand -base64 32") in said
    assert "canary" not in said


@COMMANDS
def test_a_business_is_refused_with_the_licence_that_forbids_it(
    tmp_path: Path, command: str
) -> None:
    write(tmp_path, f'models = ["xtts-v2", "vixtts"]\nkey = "{KEY}"', "commercial = true")
    said = complaints(dragoman(command, cwd=tmp_path))
    refused = [each for each in said if "forbids commercial use" in each]
    assert [name for each in refused for name in ("xtts-v2", "vixtts") if name in each] == [
        "xtts-v2",
        "vixtts",
    ]
    assert all("CPML" in each for each in refused)


@COMMANDS
def test_without_the_extra_it_is_said_how_to_install_it(tmp_path: Path, command: str) -> None:
    """All that is installed is there, but for the library of the extra."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for each in Path(get_path("purelib")).iterdir():
        if each.name != "TTS":
            (packages / each.name).symlink_to(each)
    write(tmp_path, f'models = ["xtts-v2"]\nkey = "{KEY}"')
    environment = surroundings() | {"PYTHONPATH": f"{ROOT}:{packages}"}
    run = subprocess.run(
        [sys.executable, "-S", "-m", "bot", command],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    said = complaints(run)
    assert any("“clone” is not installed; docs/own-voice.md says how" in each for each in said)
    assert any("dragoman models fetch xtts-v2" in each for each in said), "all at once"


@pytest.mark.needs("clone")
def test_with_the_extra_and_a_model_everything_is_in_order(tmp_path: Path) -> None:
    from pipeline.engines.xtts_shapes import TINY, make_xtts  # noqa: PLC0415

    make_xtts(TINY, tmp_path / "models" / "xtts-v2")
    enrol(tmp_path)
    write(tmp_path, f'models = ["xtts-v2"]\nkey = "{KEY}"')
    run = dragoman("check", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert "in order" in run.stdout
