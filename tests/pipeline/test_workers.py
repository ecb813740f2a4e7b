"""What callers of a worker may rely on."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
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
from tests.pipeline.worker_rig import eventually, process_worker


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


# Threads


async def test_a_thread_worker_leaves_the_loop_free() -> None:
    async with ThreadWorker(name="net", timeout_s=20) as worker:
        assert await worker.call(tasks.thread) != threading.get_ident()


def named(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


async def test_stuck_threads_are_given_up_but_never_pile_up() -> None:
    release = threading.Event()
    async with ThreadWorker(name="stuck", timeout_s=0.2, threads=2) as worker:
        calls = [worker.call(tasks.wait_for, release) for _ in range(6)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {WorkerTimeoutError}
        assert len(named("stuck")) == 2
        release.set()
        await eventually(lambda: not named("stuck"))
        assert await worker.call(tasks.echo, 1) == 1


async def test_closing_waits_for_no_thread() -> None:
    release = threading.Event()
    started = time.monotonic()
    async with ThreadWorker(name="closing", timeout_s=0.2, threads=1) as worker:
        with pytest.raises(WorkerTimeoutError):
            await worker.call(tasks.wait_for, release)
    assert time.monotonic() - started < 1
    assert [thread.daemon for thread in named("closing")] == [True]
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
