"""``make audit``: what is vulnerable fails it, and what could not be asked is not called sound."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from requirements.audit import extras, pins
from tests.integration.program import ROOT

PROGRAM = ROOT / "requirements" / "audit.py"
Answer = Callable[[web.Request], Awaitable[web.Response]]


def advisory(id_: str, name: str, fixed: str, *aliases: str) -> dict[str, Any]:
    """As the service that pip-audit calls osv writes it."""
    events = [{"introduced": "0"}, {"fixed": fixed}]
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
    return {"id": id_, "aliases": aliases, "affected": affected, "summary": "Leaks a password."}


KNOWN = {
    ("requests", "2.19.0"): advisory("PYSEC-2018-28", "requests", "2.20.0", "CVE-2018-18074"),
    ("urllib3", "1.24.1"): advisory("PYSEC-2019-132", "urllib3", "1.24.3", "CVE-2019-11324"),
}


async def knows(request: web.Request) -> web.Response:
    asked = await request.json()
    told = KNOWN.get((asked["package"]["name"], asked["version"]))
    return web.json_response({"vulns": [told]} if told else {})


async def knows_nothing(_: web.Request) -> web.Response:
    return web.json_response({})


async def is_down(_: web.Request) -> web.Response:
    raise web.HTTPServiceUnavailable


async def is_something_else(_: web.Request) -> web.Response:
    return web.Response(text="<html>Welcome to this network!</html>")


@asynccontextmanager
async def service(answer: Answer) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/v1/query", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1/query"
    await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Audit:
    status: int
    said: str


async def audit(folder: Path, address: str, pinned: str, accepted: str = "") -> Audit:
    """Audit pins at the service of this address."""
    pins, acceptance = folder / "pins.txt", folder / "accepted.toml"
    await asyncio.to_thread(pins.write_text, pinned)
    await asyncio.to_thread(acceptance.write_text, accepted)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, PROGRAM, pins, "--service", "osv", "--accepted", acceptance),
        env=os.environ | {"PIP_AUDIT_OSV_URL": address, "XDG_CACHE_HOME": str(folder)},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return Audit(process.returncode or 0, said.decode())


async def test_a_vulnerable_release_fails_it_and_is_named(tmp_path: Path) -> None:
    async with service(knows) as address:
        pinned = "urllib3==1.24.1 \\\n    --hash=sha256:00\nattrs==26.1.0\n"
        found = await audit(tmp_path, address, pinned)
    assert found.status == 1
    assert "VULNERABLE: urllib3 1.24.1: PYSEC-2019-132, CVE-2019-11324; fixed in" in found.said
    assert "2 releases, 1 known" in found.said


async def test_what_is_sound_passes(tmp_path: Path) -> None:
    async with service(knows) as address:
        found = await audit(tmp_path, address, "urllib3==2.8.0\n")
    assert (found.status, found.said) == (
        0,
        "audited by osv: 1 releases, 0 known vulnerabilities\n",
    )


async def test_every_release_is_asked_whichever_machine_it_is_for(tmp_path: Path) -> None:
    pinned = (
        "urllib3==2.8.0 ; python_version >= '3.12'\nurllib3==1.24.1 ; sys_platform == 'win32'\n"
    )
    async with service(knows) as address:
        assert (await audit(tmp_path, address, pinned)).status == 1


async def test_what_is_accepted_passes_and_is_still_shown(tmp_path: Path) -> None:
    accepted = 'CVE-2019-11324 = "nothing of ours calls it"\nPYSEC-2001-1 = "long gone"\n'
    async with service(knows) as address:
        found = await audit(tmp_path, address, "urllib3==1.24.1\n", accepted)
    assert found.status == 0
    assert "accepted: urllib3 1.24.1: PYSEC-2019-132" in found.said
    assert "not needed in accepted.toml any more: PYSEC-2001-1" in found.said


@pytest.mark.parametrize("answer", [knows_nothing, is_down, is_something_else])
async def test_a_service_that_can_not_know_is_not_believed(tmp_path: Path, answer: Answer) -> None:
    async with service(answer) as address:
        found = await audit(tmp_path, address, "urllib3==1.24.1\n")
    assert found.status == 0
    assert "not audited by osv: " in found.said
    assert "\nnot audited: " in found.said
    assert "\naudited" not in found.said


async def test_nobody_there_is_not_called_sound(tmp_path: Path) -> None:
    found = await audit(tmp_path, "http://127.0.0.1:1/v1/query", "urllib3==2.8.0\n")
    assert found.status == 0
    assert "\nnot audited: " in found.said


def test_all_that_is_pinned_is_asked() -> None:
    asked = pins(sorted((ROOT / "requirements").glob("*.txt"))) | extras(ROOT / "pyproject.toml")
    names = {name for name, _ in asked}
    assert {"av", "discord-py", "pytest", "tg-auto-test", "coqui-tts", "torch"} <= names
    assert len(asked) > 150
