"""The image that ``docker/prove`` has built: it holds what it should, and works as confined."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot import messages
from tests.bot.probing import free_port, until
from tests.docker.confined import SERVICE, Image, mounted, opened
from tests.integration.program import DEMO, NOTES, ROOT
from tests.telegram.bot_api.server import BotApi

NAME, BASE = os.environ.get("PROVED_IMAGE", ""), os.environ.get("PROVED_BASE", "")
NOTE = NOTES[0]
BUNDLED = "/opt/dragoman/lib/python3.11/site-packages/pipeline/demo/notes"
OWN = Path("opt/dragoman")
MIB = 2**20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not NAME, reason="no image was built: docker/prove does that, as root"),
]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    with opened(NAME, tmp_path_factory.mktemp("volumes")) as image:
        yield image


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    with mounted(BASE) as base:
        yield base


def files(under: Path) -> set[Path]:
    return {each.relative_to(under) for each in under.rglob("*") if not each.is_dir()}


def end(unshare: int) -> None:
    """Send SIGTERM to the process that is the first one in there."""
    [first] = psutil.Process(unshare).children()
    first.send_signal(signal.SIGTERM)


def test_it_says_how_it_is_run_asked_and_ended(image: Image) -> None:
    config = image.config
    assert config["User"] == "10001:10001"
    assert (config["Entrypoint"], config["Cmd"]) == (["dragoman"], ["run"])
    assert config["Healthcheck"]["Test"] == ["CMD", "dragoman", "health"]
    assert config["StopSignal"] == "SIGTERM"
    assert set(config["Volumes"]) == {"/data", "/models"}


def test_it_is_nobody_and_can_become_nobody_else(image: Image) -> None:
    status = image.says("cat", "/proc/self/status")
    facts = dict(re.findall(r"(?m)^(\w+):[ \t]*(.*)$", status))
    assert facts["Uid"].split() == facts["Gid"].split() == ["10001"] * 4
    assert facts["Groups"] == ""
    assert {int(facts[f"Cap{each}"], 16) for each in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert facts["NoNewPrivs"] == "1"
    assert image.run("find", "/", "-xdev", "-type", "f", "-perm", "/6000").stdout == ""


def test_it_can_write_to_its_volumes_and_its_temporary_folder_alone(image: Image) -> None:
    find = ("find", "/", "-path", "/proc", "-prune", "-o", "-type", "d", "-writable", "-print")
    found = image.run(*find).stdout.split()
    assert sorted(found) == ["/data", "/dev/shm", "/models", "/tmp"]  # noqa: S108 - its own
    assert image.run("touch", "/opt/dragoman/x").returncode != 0
    assert "Read-only file system" in image.run("touch", "/etc/x").stderr


def test_there_is_no_compiler_no_torch_and_no_pip_of_ours(image: Image) -> None:
    for program in ("gcc", "cc", "g++", "make", "ld"):
        assert image.run("sh", "-c", f"command -v {program}").returncode != 0, program
    for module in ("torch", "TTS", "pip", "setuptools"):
        assert image.run("python", "-c", f"import {module}").returncode != 0, module
    image.says("python", "-c", "import bot, pipeline, storage, discord, telegram")


def test_it_adds_itself_and_an_account_to_its_base_and_nothing_else(
    image: Image, base: Path
) -> None:
    added = {each for each in files(image.root) - files(base) if OWN not in each.parents}
    # The last is buildah's: an empty file, under which it puts the builder's own.
    names = ("passwd-", "group-", "shadow-", "gshadow-", "subuid-", "subgid-", "hosts")
    assert added <= {Path("etc") / each for each in names}
    assert not (image.root / "etc" / "hosts").read_bytes()


def test_nothing_of_the_machine_that_built_it_is_in_it(image: Image) -> None:
    """Not where its packages came from, and no address of a proxy."""
    lines = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    told = [lines, *(value for name, value in os.environ.items() if "proxy" in name.lower())]
    addresses = {each for line in told for each in re.findall(r"(?:\w+://|/)[^\s'\"]+", line)}
    wanted = [each for each in addresses if not each.startswith("/etc/ssl/certs")]
    assert not [each for each in image.config["Env"] if each.startswith("PIP_")]
    for each in wanted:
        command = ["grep", "-rlIF", each, str(image.root / OWN)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.stdout == "", each


def test_its_size_is_what_the_page_for_operators_says(image: Image) -> None:
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    said = re.search(r"\*\*(\d+) MiB\*\* are Dragoman's own", page)
    assert said is not None
    own = image.root / OWN
    measured = sum((own / each).lstat().st_size for each in files(own)) / MIB
    assert measured == pytest.approx(int(said[1]), rel=0.03)


def test_it_interprets_with_the_bundled_models(image: Image) -> None:
    out = "/tmp/spoken"  # noqa: S108 - its own
    command = ("dragoman", "try", "--profile", "demo", "--out", out)
    said = image.says(*command, f"{BUNDLED}/{NOTE['file']}")
    assert NOTE["translation"].split(".")[0] in said


def test_a_library_that_kokoro_needs_can_be_loaded_from_its_temporary_folder(image: Image) -> None:
    said = image.says(
        "python",
        "-c",
        "import espeakng_loader as e; from phonemizer.backend import EspeakBackend as B;"
        "from phonemizer.backend.espeak.wrapper import EspeakWrapper as W;"
        "W.set_library(e.get_library_path()); W.set_data_path(e.get_data_path());"
        "print(B('en-us').phonemize(['water'])[0])",
    )
    assert "w" in said


def test_while_it_does_not_run_it_is_not_healthy(image: Image) -> None:
    port = free_port()
    check = image.config["Healthcheck"]["Test"][1:]
    asked = image.run(*check, DRAGOMAN_MONITORING__PORT=port, LC_ALL="vi_VN.UTF-8")
    assert asked.returncode == 1
    address = f"127.0.0.1:{port}"
    assert messages.say("health.silent", "vi", address=address) in asked.stdout + asked.stderr


async def test_it_serves_is_healthy_and_ends_in_order(image: Image) -> None:
    data = await asyncio.to_thread((DEMO / "notes" / NOTE["file"]).read_bytes)
    port = free_port()
    check = image.config["Healthcheck"]["Test"][1:]

    async def healthy() -> bool:
        asked = await asyncio.to_thread(image.run, *check, DRAGOMAN_MONITORING__PORT=port)
        return asked.returncode == 0

    async with (
        BotApi.start() as telegram,
        image.started(
            DRAGOMAN_PROFILE="demo",
            DRAGOMAN_TELEGRAM__TOKEN=telegram.token,
            DRAGOMAN_TELEGRAM__API_URL=f"http://127.0.0.1:{telegram.port}",
            DRAGOMAN_MONITORING__PORT=port,
        ) as process,
    ):
        chat = telegram.person("Anna", language="vi").private()
        sent = await chat.voice(data)
        await chat.wait_for(text=NOTE["translation"], reply_to=sent, timeout=40)
        await chat.wait_for(kind="voice", reply_to=sent, timeout=20)
        await until(healthy, 40)
        await asyncio.to_thread(end, process.pid)
        async with asyncio.timeout(int(SERVICE["stop_grace_period"].removesuffix("s"))):
            _, log = await process.communicate()
        assert process.returncode == 0, log.decode()
    kept = await asyncio.to_thread((image.volumes / "memory" / "dragoman.db").stat)
    assert kept.st_uid == 10_001
    for canary in (telegram.token, NOTE["text"], NOTE["translation"], "Anna", "Traceback"):
        assert canary not in log.decode()
