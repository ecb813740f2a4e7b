"""A program with a worker, started by a test that kills it: ``serve`` or ``print``."""

import asyncio
import contextlib
import signal
import sys

from pipeline.errors import WorkerLostError
from pipeline.workers import ProcessWorker
from tests.pipeline import worker_tasks


async def serve() -> None:
    """Work for ever; leave in order on SIGTERM and SIGINT."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    worker = ProcessWorker(name="program", timeout_s=300, start_timeout_s=20, close_grace_s=0.3)
    async with worker:
        print(await worker.call(worker_tasks.pid), flush=True)  # noqa: T201
        work = asyncio.create_task(worker.call(worker_tasks.nap, 300))
        await asyncio.sleep(0.1)
        print("working", flush=True)  # noqa: T201
        await asked.wait()
    with contextlib.suppress(WorkerLostError):
        await work


async def speak() -> None:
    """Let the child write to its standard output."""
    async with ProcessWorker(name="program", timeout_s=20, start_timeout_s=20) as worker:
        await worker.call(worker_tasks.print_from_c)
    print("{}", flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run({"serve": serve, "print": speak}[sys.argv[1]]())
