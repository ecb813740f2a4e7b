"""Real children, real signals."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from pipeline.errors import (
    AudioTooLongError,
    EngineError,
    WorkerError,
    WorkerLostError,
    WorkerTimeoutError,
)
from pipeline.workers import InlineWorker, ProcessWorker, ThreadWorker, Worker
from tests.pipeline import worker_tasks as tasks

ROOT = Path(__file__).parents[2]


def process_worker(
    *,
    timeout_s: float = 20.0,
    start_timeout_s: float = 20.0,
    max_memory_mb: int | None = None,
    calls_before_renewal: int | None = None,
    close_grace_s: float = 1.0,
    niceness: int = 0,
) -> ProcessWorker:
    return ProcessWorker(
        name="test",
        timeout_s=timeout_s,
        start_timeout_s=start_timeout_s,
        max_memory_mb=max_memory_mb,
        calls_before_renewal=calls_before_renewal,
        close_grace_s=close_grace_s,
        niceness=niceness,
    )


@pytest.fixture(params=["inline", "thread", "process"])
async def any_worker(request: pytest.FixtureRequest) -> AsyncIterator[Worker]:
    if request.param == "inline":
        yield InlineWorker(name="test")
    elif request.param == "thread":
        async with ThreadWorker(name="test", timeout_s=20) as thread:
            yield thread
    else:
        async with process_worker() as process:
            yield process


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


async def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - processes set no events
            await asyncio.sleep(0.01)


def exists(pid: int) -> bool:
    """Tell whether the process is there; our own zombies are."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def running(pid: int) -> bool:
    """Tell whether the process runs; an orphan that nobody has reaped yet does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


# What every worker promises


async def test_arguments_arrive_and_the_result_comes_back(any_worker: Worker) -> None:
    assert await any_worker.call(tasks.pair, 1, second=2) == (1, 2)


async def test_an_error_of_the_house_crosses_as_itself(any_worker: Worker) -> None:
    with pytest.raises(AudioTooLongError) as caught:
        await any_worker.call(tasks.refuse)
    assert caught.value.details == {"limit": 60}


async def test_a_foreign_error_becomes_an_engine_error(any_worker: Worker) -> None:
    with pytest.raises(EngineError) as caught:
        await any_worker.call(tasks.fail)
    assert caught.value.details == {"engine": "test", "reason": "LookupError"}


async def test_the_log_tells_where_an_error_came_from_but_not_what_it_says(
    any_worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(EngineError):
        await any_worker.call(tasks.fail_over_another)
    everything = repr([vars(record) for record in caplog.records])
    assert "ArithmeticError" in everything
    assert "LookupError" in everything
    assert "worker_tasks.py:" in everything
    assert tasks.SECRET not in everything


async def test_progress_reaches_the_caller_on_the_loop(any_worker: Worker) -> None:
    heard: list[tuple[float, int]] = []
    answer = await any_worker.call_reporting(
        lambda value: heard.append((value, threading.get_ident())), tasks.tell, [0.25], pause=0.0
    )
    assert answer == "told"
    assert heard == [(0.25, threading.get_ident())]


async def test_nobody_to_report_to_means_no_progress_argument(any_worker: Worker) -> None:
    assert await any_worker.call_reporting(None, tasks.tell, [1.0], pause=0.0) == "silent"


# What crosses


async def test_audio_crosses_unharmed_and_can_be_written_to(worker: ProcessWorker) -> None:
    samples = np.random.default_rng(0).standard_normal(500_000).astype(np.float32)
    back = await worker.call(tasks.echo, samples)
    assert np.array_equal(back, samples)
    back[0] = 0


async def test_more_than_any_buffer_holds_crosses_both_ways(worker: ProcessWorker) -> None:
    blob = bytes(40_000_000)
    assert len(await worker.call(tasks.echo, blob)) == len(blob)


@pytest.mark.parametrize(
    ("fn", "reason"),
    [
        (lambda: 1, "PicklingError|AttributeError"),
        (tasks.lock, "TypeError"),
        (tasks.landmine, "ValueError"),
        (tasks.refuse_misshapen, "TypeError"),
        (tasks.Landmine().__reduce__, "ValueError"),
    ],
    ids=["function", "result", "result on arrival", "error on arrival", "argument on arrival"],
)
async def test_what_cannot_be_pickled_costs_the_call_and_not_the_child(
    worker: ProcessWorker, fn: Callable[[], object], reason: str
) -> None:
    before = await worker.call(tasks.pid)
    with pytest.raises(EngineError) as caught:
        await worker.call(fn)
    assert caught.value.details["reason"] in reason.split("|")
    assert await worker.call(tasks.pid) == before


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError])
async def test_no_exception_ends_the_child(
    worker: ProcessWorker, kind: type[BaseException]
) -> None:
    before = await worker.call(tasks.pid)
    with pytest.raises(EngineError) as caught:
        await worker.call(tasks.leave_by_exception, kind)
    assert caught.value.details["reason"] == kind.__name__
    assert await worker.call(tasks.pid) == before


async def test_the_cause_of_an_error_of_the_house_stays_in_the_child(worker: ProcessWorker) -> None:
    with pytest.raises(AudioTooLongError) as caught:
        await worker.call(tasks.refuse_because_of_another)
    assert caught.value.__cause__ is None


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


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted, not read


async def test_fifty_crashes_leak_no_descriptor_no_thread_no_process(
    worker: ProcessWorker,
) -> None:
    await worker.call(tasks.pid)
    await asyncio.to_thread(gc.collect)
    before = await asyncio.to_thread(descriptors), threading.active_count()
    seen = set()
    for _ in range(50):
        with pytest.raises(WorkerLostError):
            await worker.call(tasks.die, signal.SIGKILL)
        seen.add(await worker.call(tasks.pid))
    assert worker.stats.restarts == 50
    assert (await asyncio.to_thread(descriptors), threading.active_count()) == before
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


# Callers


async def test_a_cancelled_caller_leaves_the_child_at_work(worker: ProcessWorker) -> None:
    child = await worker.call(tasks.pid)
    call = asyncio.create_task(worker.call(tasks.nap, 0.5))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert time.monotonic() - started < 0.2
    assert worker.stats.busy
    assert await worker.call(tasks.pid) == child
    assert time.monotonic() - started > 0.3


async def test_a_caller_cancelled_in_the_queue_costs_no_work(
    worker: ProcessWorker, tmp_path: Path
) -> None:
    file = tmp_path / "marks"
    first = asyncio.create_task(worker.call(tasks.mark, file, "first", 0.2))
    second = asyncio.create_task(worker.call(tasks.mark, file, "second"))
    await asyncio.sleep(0.05)
    second.cancel()
    await first
    await worker.call(tasks.mark, file, "third")
    marks = (await asyncio.to_thread(file.read_text)).split()
    assert marks[::2] == ["first", "third"]


async def test_twenty_callers_are_served_in_their_order(
    worker: ProcessWorker, tmp_path: Path
) -> None:
    file = tmp_path / "marks"
    finished: list[int] = []

    async def caller(number: int) -> None:
        await worker.call(tasks.mark, file, str(number))
        finished.append(number)

    await asyncio.gather(*map(caller, range(20)))
    assert finished == list(range(20))
    marks = (await asyncio.to_thread(file.read_text)).split()
    assert marks[::2] == [str(number) for number in range(20)]


async def test_stats_show_the_work_and_the_queue(worker: ProcessWorker) -> None:
    assert worker.stats.pid is None
    calls = [asyncio.create_task(worker.call(tasks.nap, 0.7)) for _ in range(3)]
    await asyncio.sleep(0.6)
    during = worker.stats
    assert (during.busy, during.queued, during.calls) == (True, 2, 1)
    assert during.rss_bytes > 5_000_000
    for call in calls:
        call.cancel()
    await worker.call(tasks.pid)
    await eventually(lambda: not worker.stats.busy)
    assert worker.stats.queued == 0


async def test_progress_keeps_its_order_and_is_complete_before_the_answer(
    worker: ProcessWorker,
) -> None:
    heard: list[float] = []
    await worker.call_reporting(heard.append, tasks.tell, [10.0, 20.0, 30.0], pause=0.06)
    assert heard == [10.0, 20.0, 30.0]


async def test_a_flood_of_progress_is_thinned(worker: ProcessWorker) -> None:
    heard: list[float] = []
    values = [float(value) for value in range(20_000)]
    await worker.call(tasks.pid)
    await worker.call_reporting(heard.append, tasks.tell, values, pause=0.0)
    assert heard[0] == 0.0
    assert heard == sorted(heard)
    assert len(heard) < 200


async def test_late_progress_of_one_call_never_reaches_the_next(worker: ProcessWorker) -> None:
    first: list[float] = []
    second: list[float] = []
    await worker.call_reporting(first.append, tasks.tell_late)
    await worker.call_reporting(second.append, tasks.tell, [0.5], pause=0.3)
    assert (first, second) == ([], [0.5])


async def test_a_cancelled_caller_hears_no_more_progress(worker: ProcessWorker) -> None:
    heard: list[float] = []
    await worker.call(tasks.pid)
    call = asyncio.create_task(worker.call_reporting(heard.append, tasks.tell, [1.0] * 8))
    await asyncio.sleep(0.2)
    call.cancel()
    await asyncio.wait([call])
    count = len(heard)
    await worker.call(tasks.pid)
    assert 0 < len(heard) == count


# Renewal


async def test_a_child_is_renewed_after_its_calls() -> None:
    async with process_worker(calls_before_renewal=2) as worker:
        pids = [await worker.call(tasks.pid) for _ in range(4)]
        assert pids[0] == pids[1] != pids[2] == pids[3]
        assert not exists(pids[0])


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
    before = await asyncio.to_thread(descriptors), threading.active_count()
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
    assert (await asyncio.to_thread(descriptors), threading.active_count()) == before


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


# Threads


async def test_a_thread_worker_leaves_the_loop_free() -> None:
    async with ThreadWorker(name="net", timeout_s=20) as worker:
        assert await worker.call(tasks.thread) != threading.get_ident()


async def test_stuck_threads_are_given_up_but_never_pile_up() -> None:
    release = threading.Event()
    before = threading.active_count()
    async with ThreadWorker(name="net", timeout_s=0.2, threads=2) as worker:
        calls = [worker.call(tasks.wait_for, release) for _ in range(6)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {WorkerTimeoutError}
        assert threading.active_count() == before + 2
        release.set()
        await eventually(lambda: not [t for t in threading.enumerate() if t.name == "net"])
        assert await worker.call(tasks.echo, 1) == 1


async def test_closing_waits_for_no_thread() -> None:
    release = threading.Event()
    started = time.monotonic()
    async with ThreadWorker(name="net", timeout_s=0.2, threads=1) as worker:
        with pytest.raises(WorkerTimeoutError):
            await worker.call(tasks.wait_for, release)
    assert time.monotonic() - started < 1
    assert [t.daemon for t in threading.enumerate() if t.name == "net"] == [True]
    with pytest.raises(WorkerError):
        await worker.call(tasks.pid)
    release.set()


async def test_a_cancelled_caller_of_a_thread_does_not_free_its_place() -> None:
    release = threading.Event()
    async with ThreadWorker(name="net", timeout_s=5, threads=1) as worker:
        first = asyncio.create_task(worker.call(tasks.wait_for, release))
        await asyncio.sleep(0.05)
        first.cancel()
        second = asyncio.create_task(worker.call(tasks.echo, 2))
        await asyncio.sleep(0.1)
        assert not second.done()
        release.set()
        assert await second == 2


async def test_a_closed_thread_worker_starts_nothing_for_those_who_waited() -> None:
    release = threading.Event()
    async with ThreadWorker(name="net", timeout_s=5, threads=1) as worker:
        first = asyncio.create_task(worker.call(tasks.wait_for, release))
        second = asyncio.create_task(worker.call(tasks.pid))
        await asyncio.sleep(0.05)
    release.set()
    await first
    with pytest.raises(WorkerLostError):
        await second
