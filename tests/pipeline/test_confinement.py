"""What is left to a child that has read a stranger's file, should that file have taken it over."""

import asyncio
import ctypes
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from pipeline.confinement import Confinement
from pipeline.errors import (
    AudioTooLongError,
    EngineError,
    NoSpeechError,
    WorkerLostError,
    WorkerTimeoutError,
)
from pipeline.workers import ProcessWorker
from tests.pipeline import confined_tasks as tasks
from tests.pipeline.worker_rig import exists, process_worker

ROOT = Path(__file__).parents[2]
ROOM = 100 * 2**20
LONGEST = 1_000_000
LANDLOCK = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)
"""Its version, negative where the kernel has none."""

needs_landlock = pytest.mark.skipif(LANDLOCK < 1, reason="this kernel has no Landlock")


def confined(
    prepare: Callable[[], object] = tasks.nothing, timeout_s: float = 20.0
) -> ProcessWorker:
    return process_worker(timeout_s=timeout_s, confinement=Confinement(ROOM, LONGEST, prepare))


@pytest.fixture
async def worker() -> AsyncIterator[ProcessWorker]:
    async with confined() as process:
        yield process


# Files, descriptors, processes


async def test_it_writes_and_reads_no_file(worker: ProcessWorker, tmp_path: Path) -> None:
    file, secret = tmp_path / "new", tmp_path / "secret"
    await asyncio.to_thread(secret.write_bytes, b"s")
    assert await worker.call(tasks.write, file) == b"EMFILE"
    assert await worker.call(tasks.read, secret) == b"EMFILE"
    assert await worker.call(tasks.read, Path(f"/proc/{os.getpid()}/environ")) == b"EMFILE"
    assert not await asyncio.to_thread(file.exists)


async def test_a_descriptor_that_it_closes_gives_no_room_for_another(
    worker: ProcessWorker, tmp_path: Path
) -> None:
    assert await worker.call(tasks.close_one_and_open, tmp_path) == b"EMFILE"


async def test_what_was_open_before_can_not_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / "open"
    async with confined(partial(tasks.with_open_file, file)) as worker:
        assert await worker.call(tasks.write_to_open_file) == b"EFBIG"
    assert await asyncio.to_thread(file.read_bytes) == b""


async def test_no_way_leads_to_a_new_descriptor(worker: ProcessWorker) -> None:
    answers = bytes(await worker.call(tasks.new_descriptors)).split()
    assert set(answers) <= {b"EMFILE", b"EBADF"}
    assert len(answers) > 5


async def test_it_holds_the_wire_and_three_times_nothing(worker: ProcessWorker) -> None:
    open_ones = bytes(await worker.call(tasks.descriptors)).decode().split()
    assert open_ones[:3] == ["0n", "1n", "2n"]
    assert len(open_ones) == 4


async def test_what_it_prints_comes_nowhere(
    worker: ProcessWorker, capfd: pytest.CaptureFixture[str]
) -> None:
    await worker.call(tasks.chatter)
    assert capfd.readouterr() == ("", "")


async def test_it_starts_no_process_and_no_thread() -> None:
    async with confined(tasks.as_nobody) as worker:
        assert await worker.call(tasks.fork) == b"EAGAIN"
        assert await worker.call(tasks.start_thread) == b"RuntimeError"


@needs_landlock
async def test_it_becomes_no_other_program(worker: ProcessWorker) -> None:
    assert await worker.call(tasks.execute) == b"EACCES"


@needs_landlock
@pytest.mark.parametrize("prepare", [tasks.nothing, tasks.as_nobody])
async def test_other_processes_are_out_of_its_reach(prepare: Callable[[], object]) -> None:
    async with confined(prepare) as worker:
        traced, read, signalled = bytes(await worker.call(tasks.spy, os.getpid())).split()
    assert (traced, read) == (b"EPERM", b"EPERM")
    assert signalled == b"EPERM" or LANDLOCK < 6


async def test_no_limit_can_be_lifted_and_no_power_is_left(worker: ProcessWorker) -> None:
    (memory,) = bytes(await worker.call(tasks.limits)).decode().splitlines()
    name, most = memory.split()
    assert name == "RLIMIT_AS"
    assert ROOM < int(most) < ROOM + 2**30
    file = Path(f"/proc/{worker.stats.pid}/status")
    status = await asyncio.to_thread(file.read_text, "ascii")
    found = dict(re.findall(r"(\w+):\t(\w+)", status))
    assert {int(found[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {0}
    assert found["NoNewPrivs"] == "1"


async def test_tokens_and_settings_are_in_no_childs_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = ("DRAGOMAN_TELEGRAM__TOKEN", "dragoman_own_voice__key", "HF_TOKEN")
    for name in own:
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("OF_ANOTHER_PROGRAM", "canary")
    async with confined() as bare, process_worker() as usual:
        few = bytes(await bare.call(tasks.environment)).decode().splitlines()
        many = (await usual.call(tasks.environment)).decode().splitlines()
    assert not {*own, "OF_ANOTHER_PROGRAM", "HOME"} & {*few}
    assert not {*own} & {*many}
    assert {"OF_ANOTHER_PROGRAM", "PATH"} <= {*many}


# Memory, time, deaths


async def test_memory_over_the_limit_costs_the_call_alone(worker: ProcessWorker) -> None:
    before = await worker.call(tasks.pid)
    with pytest.raises(EngineError) as caught:
        await worker.call(tasks.take, 150)
    assert caught.value.details["reason"] == "MemoryError"
    assert await worker.call(tasks.take, 20) == before


async def test_who_runs_for_ever_is_ended() -> None:
    async with confined(timeout_s=0.5) as worker:
        victim = int(await worker.call(tasks.pid))
        started = time.monotonic()
        with pytest.raises(WorkerTimeoutError):
            await worker.call(tasks.run_for_ever)
        assert time.monotonic() - started < 3
        assert not exists(victim)
        assert int(await worker.call(tasks.pid)) != victim


async def test_confining_is_not_counted_as_part_of_a_call() -> None:
    async with confined(partial(tasks.nap, 0.8), timeout_s=0.5) as worker:
        await worker.call(tasks.pid)
        with pytest.raises(WorkerTimeoutError):
            await worker.call(tasks.nap, 5.0)


@pytest.mark.parametrize(
    ("number", "reason"),
    [(signal.SIGSEGV, "died"), (signal.SIGABRT, "died"), (signal.SIGKILL, "killed")],
)
async def test_many_deaths_in_a_row_have_nobody_refused(
    worker: ProcessWorker, number: signal.Signals, reason: str
) -> None:
    for _ in range(5):
        with pytest.raises(WorkerLostError) as caught:
            await worker.call(tasks.die, number)
        assert caught.value.details["reason"] == reason
    assert await worker.call(tasks.echo, b"still here") == b"still here"


# What it says


async def test_bytes_go_both_ways(worker: ProcessWorker) -> None:
    data = os.urandom(LONGEST)
    assert await worker.call(tasks.echo, data) == data
    assert await worker.call(tasks.echo, b"") == b""


async def test_an_answer_is_never_unpickled(worker: ProcessWorker, tmp_path: Path) -> None:
    file = tmp_path / "left by the bomb"
    assert await worker.call(tasks.bomb, file) == await asyncio.to_thread(tasks.bomb, file)
    assert not await asyncio.to_thread(file.exists)


async def test_errors_come_back_by_their_class_alone(worker: ProcessWorker) -> None:
    before = await worker.call(tasks.pid)
    with pytest.raises(AudioTooLongError) as long:
        await worker.call(tasks.too_long)
    assert long.value.details == {}
    with pytest.raises(NoSpeechError):
        await worker.call(tasks.refuse, NoSpeechError)
    for fn, reason in ((tasks.missing, "ModelMissingError"), (tasks.not_bytes, "TypeError")):
        with pytest.raises(EngineError) as caught:
            await worker.call(fn)
        assert caught.value.details["reason"] == reason
    assert await worker.call(tasks.pid) == before


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (b"r", b"x" * (LONGEST + 1)),
        (b"h", b"model.missing"),
        (b"h", b"audio.too_long\0"),
        (b"h", b""),
        (b"h", b"\x80\x05K\x01."),
        (b"f", b"\x1b]0;mine\x07\n"),
        (b"f", b"\xff" * 10_000),
        (b"p", bytes(8)),
        (b"p", b""),
        (b"c", b""),
        (b"\0", b""),
    ],
)
async def test_nonsense_ends_it_and_nobody_else(
    worker: ProcessWorker, kind: bytes, payload: bytes
) -> None:
    victim = int(await worker.call(tasks.pid))
    with pytest.raises(WorkerLostError) as caught:
        await worker.call(tasks.say, kind, payload)
    assert caught.value.details["reason"] == "garbled"
    assert not exists(victim)
    assert await worker.call(tasks.echo, b"next") == b"next"


@pytest.mark.parametrize("claimed", [LONGEST + 1, 2**40, 2**63, 2**64 - 1])
async def test_what_it_claims_to_send_is_not_made_room_for(
    worker: ProcessWorker, claimed: int
) -> None:
    with pytest.raises(WorkerLostError):
        await worker.call(tasks.say, b"r", b"", claimed)
    assert await worker.call(tasks.echo, b"next") == b"next"


async def test_what_it_says_of_errors_is_cut_short(
    worker: ProcessWorker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(EngineError):
        await worker.call(tasks.say, b"f", b"Error\n" + b"x" * 500_000)
    assert len(repr([vars(record) for record in caplog.records])) < 30_000


# Where it can't be confined


@pytest.mark.parametrize("prepare", [tasks.without_success, tasks.with_another_thread])
async def test_who_can_not_be_confined_is_given_nothing_to_read(
    prepare: Callable[[], object], tmp_path: Path
) -> None:
    async with confined(prepare) as worker:
        for _ in range(5):
            with pytest.raises(WorkerLostError) as caught:
                await worker.call(tasks.write, tmp_path / "new")
            assert caught.value.details["reason"] == "unconfined"
    assert not await asyncio.to_thread((tmp_path / "new").exists)


def test_a_kernel_without_landlock_is_told_of_and_the_limits_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.confined_program"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.splitlines() == ["EMFILE", "RLIMIT_AS", "allowed"]
    assert done.stderr == "confined without Landlock\n"
