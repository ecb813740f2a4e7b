"""Real children, real signals, real deaths."""

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from pipeline.errors import (
    WorkerLostError,
    WorkerTimeoutError,
)
from pipeline.workers import ProcessWorker
from tests.pipeline import worker_tasks as tasks
from tests.pipeline.worker_rig import eventually, exists, held, process_worker, running

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def worker() -> AsyncIterator[ProcessWorker]:
    async with process_worker() as process:
        yield process


@pytest.fixture
async def quick() -> AsyncIterator[ProcessWorker]:
    """Has 0.4 s a call, and a child that is up."""
    async with process_worker(timeout_s=0.4) as process:
        await process.call(tasks.pid)
        yield process


# Deaths


async def test_a_child_killed_from_outside_costs_one_call(worker: ProcessWorker) -> None:
    victim = await worker.call(tasks.pid)
    call = asyncio.create_task(worker.call(tasks.nap, 60))
    waiting = asyncio.create_task(worker.call(tasks.pid))
    await asyncio.sleep(0.1)
    os.kill(victim, signal.SIGKILL)
    async with asyncio.timeout(1):
        with pytest.raises(WorkerLostError):
            await call
    assert await waiting != victim
    assert worker.stats.restarts == 1
    assert not exists(victim)


@pytest.mark.parametrize(
    ("fn", "argument"),
    [
        (tasks.die, signal.SIGSEGV),
        (tasks.die, signal.SIGABRT),
        (tasks.leave, 0),
        (tasks.leave, 3),
    ],
)
async def test_every_way_to_die_is_noticed_at_once(
    worker: ProcessWorker, fn: Callable[[int], None], argument: int
) -> None:
    await worker.call(tasks.pid)
    async with asyncio.timeout(3):
        with pytest.raises(WorkerLostError):
            await worker.call(fn, argument)
    assert await worker.call(tasks.echo, 1) == 1


async def test_a_death_is_noticed_while_a_fork_holds_the_pipe(
    worker: ProcessWorker, tmp_path: Path
) -> None:
    with pytest.raises(WorkerLostError):
        await worker.call(tasks.fork_and_die, tmp_path / "pid")
    fork = int(await asyncio.to_thread((tmp_path / "pid").read_text))
    await eventually(lambda: not running(fork))


async def test_a_child_killed_between_calls_costs_none_and_leaves_no_zombie(
    worker: ProcessWorker,
) -> None:
    victim = await worker.call(tasks.pid)
    os.kill(victim, signal.SIGKILL)
    await eventually(lambda: not exists(victim))
    assert worker.stats.pid is None
    assert await worker.call(tasks.pid) != victim


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_child_leaves_signals_to_its_parent(
    worker: ProcessWorker, number: signal.Signals
) -> None:
    child = await worker.call(tasks.pid)
    call = asyncio.create_task(worker.call(tasks.nap, 0.3))
    await asyncio.sleep(0.1)
    os.kill(child, number)
    assert await call == child
    assert os.getpgid(child) != os.getpgid(0)


async def test_a_crash_loop_is_slowed_down_and_still_answered_at_once(
    worker: ProcessWorker,
) -> None:
    reasons = []
    async with asyncio.timeout(3):
        for _ in range(200):
            with pytest.raises(WorkerLostError) as caught:
                await worker.call(tasks.leave, 1)
            reasons.append(caught.value.details["reason"])
    assert reasons[:3] == ["died"] * 3
    assert reasons.count("restarting") > 190


async def test_a_crash_loop_is_forgiven_after_a_pause(worker: ProcessWorker) -> None:
    for _ in range(3):
        with pytest.raises(WorkerLostError):
            await worker.call(tasks.leave, 1)
    await asyncio.sleep(0.6)
    assert await worker.call(tasks.echo, 1) == 1


async def test_fifty_crashes_leak_no_descriptor_no_thread_no_process(
    worker: ProcessWorker,
) -> None:
    await worker.call(tasks.pid)
    await asyncio.to_thread(gc.collect)
    before = await asyncio.to_thread(held)
    seen = set()
    for _ in range(50):
        with pytest.raises(WorkerLostError):
            await worker.call(tasks.die, signal.SIGKILL)
        seen.add(await worker.call(tasks.pid))
    assert worker.stats.restarts == 50
    assert await asyncio.to_thread(held) == before
    assert [pid for pid in seen if exists(pid)] == [worker.stats.pid]


# Overruns


async def test_a_hung_child_is_killed_and_the_next_call_gets_a_fresh_one(
    quick: ProcessWorker,
) -> None:
    victim = await quick.call(tasks.pid)
    started = time.monotonic()
    with pytest.raises(WorkerTimeoutError) as caught:
        await quick.call(tasks.nap, 60)
    assert 0.4 <= time.monotonic() - started < 3.0
    assert caught.value.details["seconds"] == 0.4
    assert not exists(victim)
    assert await quick.call(tasks.pid) != victim


async def test_what_a_hung_child_started_goes_with_it(quick: ProcessWorker, tmp_path: Path) -> None:
    with pytest.raises(WorkerTimeoutError):
        await quick.call(tasks.start_another_and_hang, tmp_path / "pids")
    text = await asyncio.to_thread((tmp_path / "pids").read_text)
    for pid in map(int, text.split()):
        await eventually(lambda pid=pid: not running(pid))  # type: ignore[misc]  # bound default


async def test_a_stopped_child_cannot_hold_a_long_argument_for_ever(quick: ProcessWorker) -> None:
    victim = await quick.call(tasks.pid)
    os.kill(victim, signal.SIGSTOP)
    with pytest.raises(WorkerTimeoutError):
        await quick.call(tasks.echo, bytes(10_000_000))
    assert await quick.call(tasks.pid) != victim


async def test_waiting_for_a_turn_is_not_counted(quick: ProcessWorker) -> None:
    assert len(set(await asyncio.gather(*(quick.call(tasks.nap, 0.2) for _ in range(5))))) == 1


async def test_the_first_call_of_a_child_has_the_start_allowance() -> None:
    async with process_worker(timeout_s=0.3, start_timeout_s=5) as worker:
        child = await worker.call(tasks.nap, 0.4)
        assert await worker.call(tasks.pid) == child
        with pytest.raises(WorkerTimeoutError):
            await worker.call(tasks.nap, 60)
        assert await worker.call(tasks.nap, 0.4) != child


# Renewal


async def test_a_child_is_renewed_after_its_calls() -> None:
    async with process_worker(calls_before_renewal=2) as worker:
        pids = [await worker.call(tasks.pid) for _ in range(4)]
        assert pids[0] == pids[1] != pids[2] == pids[3]
        assert not exists(pids[0])


async def test_a_child_that_has_nothing_to_do_is_unloaded_and_comes_back_when_needed() -> None:
    async with process_worker(idle_s=0.3) as worker:
        before = await worker.call(tasks.pid)
        assert await worker.call(tasks.pid) == before, "it has something to do"
        await worker.call(tasks.nap, 0.5)
        assert exists(before), "it is not idle while it works"
        await eventually(lambda: not exists(before))
        assert worker.stats.rss_bytes == 0
        assert await worker.call(tasks.pid) != before


async def test_a_paused_child_stands_still_until_it_may_go_on(worker: ProcessWorker) -> None:
    worker.pause()
    await worker.call(tasks.pid)
    worker.pause()
    call = asyncio.create_task(worker.call(tasks.pid))
    await asyncio.sleep(0.3)
    assert not call.done()
    worker.resume()
    async with asyncio.timeout(5):
        await call


async def test_while_a_child_stands_still_the_time_of_its_call_stands_too(
    quick: ProcessWorker,
) -> None:
    await quick.call(tasks.pid)
    call = asyncio.create_task(quick.call(tasks.pid))
    quick.pause()
    await asyncio.sleep(1.0)
    assert quick.stats.paused
    quick.resume()
    assert await call == quick.stats.pid, "longer than its limit, but not at work"
    hung = asyncio.create_task(quick.call(tasks.nap, 60))
    quick.pause()
    await asyncio.sleep(0.5)
    quick.resume()
    started = time.monotonic()
    with pytest.raises(WorkerTimeoutError):
        await hung
    assert time.monotonic() - started < 3.0, "and no longer than it stood"


async def test_a_paused_child_is_ended_as_any_other() -> None:
    async with process_worker(close_grace_s=0.1) as worker:
        pid = await worker.call(tasks.pid)
        worker.pause()
    assert not exists(pid)


async def test_a_child_that_grew_too_fat_is_renewed_after_the_call() -> None:
    async with process_worker(max_memory_mb=100) as worker:
        before = await worker.call(tasks.pid)
        assert await worker.call(tasks.keep, 120) == before
        assert await worker.call(tasks.pid) != before


async def test_a_runaway_is_killed_within_its_call() -> None:
    async with process_worker(max_memory_mb=50) as worker:
        with pytest.raises(WorkerLostError) as caught:
            await worker.call(tasks.keep, 200, 15)
        assert caught.value.details["reason"] == "memory"
        assert await worker.call(tasks.echo, 1) == 1


async def test_the_child_is_as_nice_as_told() -> None:
    async with process_worker(niceness=7) as worker:
        assert await worker.call(tasks.niceness) == os.nice(0) + 7


async def test_short_memory_kills_the_child_before_the_bot(worker: ProcessWorker) -> None:
    assert await worker.call(tasks.oom_score) == 500


# The end


async def test_closing_waits_for_a_long_call_no_longer_than_the_grace() -> None:
    worker = process_worker(close_grace_s=0.3, timeout_s=600)
    before = await asyncio.to_thread(held)
    async with worker:
        child = await worker.call(tasks.pid)
        calls = [asyncio.create_task(worker.call(tasks.nap, 300)) for _ in range(3)]
        await asyncio.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 1.0
    assert {type(error) for error in await asyncio.gather(*calls, return_exceptions=True)} == {
        WorkerLostError
    }
    assert not exists(child)
    assert await asyncio.to_thread(held) == before


async def test_closing_lets_a_short_call_finish() -> None:
    async with process_worker() as worker:
        child = await worker.call(tasks.pid)
        call = asyncio.create_task(worker.call(tasks.nap, 0.3))
        await asyncio.sleep(0.05)
    assert await call == child


async def test_closing_kills_a_stopped_child() -> None:
    async with process_worker(close_grace_s=0.2) as worker:
        await worker.call(tasks.stop_soon)
        child = worker.stats.pid
        assert child is not None
        await asyncio.sleep(0.2)
    assert not exists(child)


async def test_a_worker_that_is_not_open_refuses() -> None:
    worker = process_worker()
    with pytest.raises(WorkerLostError):
        await worker.call(tasks.pid)
    await worker.close()
    async with worker:
        await worker.call(tasks.pid)
    await worker.close()
    with pytest.raises(WorkerLostError):
        await worker.call(tasks.pid)


@contextlib.contextmanager
def program() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a program that is computing; give it and the pid of its child."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.pipeline.worker_program", "serve"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            assert process.stdout is not None
            child = int(process.stdout.readline())
            assert process.stdout.readline() == "working\n"
            yield process, child
        finally:
            process.kill()


def gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_ends_the_program_in_order(number: signal.Signals) -> None:
    with program() as (process, child):
        os.killpg(process.pid, number)
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "call refused or ended early\n")
        assert not running(child)


def test_a_child_does_not_outlive_a_killed_program() -> None:
    with program() as (process, child):
        process.kill()
        process.wait(10)
        assert gone(child, 2.0)


def test_what_the_child_prints_never_mixes_with_our_output() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.pipeline.worker_program", "print"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert done.stdout == "{}\n"
    assert done.stderr == "a library speaks\n"
