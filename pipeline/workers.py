"""The one place where the event loop and CPU work meet."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import ParamSpec, Protocol, Self, TypeAlias, TypeVar

from pipeline.confinement import Confinement
from pipeline.errors import DragomanError, WorkerLostError, WorkerTimeoutError
from pipeline.worker_child import describe
from pipeline.worker_supervisor import Bounds, Supervisor, WorkerStats, engine_error

P = ParamSpec("P")
R = TypeVar("R")
Progress: TypeAlias = Callable[[float], None]


class Worker(Protocol):
    """Runs blocking functions for the event loop; they raise DragomanError only."""

    async def call(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``fn`` and return its result.

        A DragomanError of ``fn`` comes back as itself, any other exception as EngineError with
        the name of its class as ``reason``. Raises WorkerError when the worker itself fails.
        """
        ...

    async def call_reporting(
        self, on_progress: Progress | None, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """As ``call``, and hand ``fn`` its optional keyword ``progress``: a function of one number.

        What ``fn`` tells it reaches ``on_progress`` on the event loop, until the call is over or
        its caller cancelled. Without ``on_progress``, this is ``call``.
        """
        ...


class InlineWorker:
    """Runs everything in the caller and blocks it: for tests of the stages."""

    def __init__(self, *, name: str = "inline") -> None:
        self._name = name

    async def call(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """See Worker.call; the foreign exception stays attached as the cause."""
        return await self.call_reporting(None, fn, *args, **kwargs)

    async def call_reporting(
        self, on_progress: Progress | None, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """See Worker.call_reporting."""
        task = partial(fn, *args, **kwargs)
        try:
            return task() if on_progress is None else partial(task, progress=on_progress)()
        except DragomanError:
            raise
        except Exception as error:  # callers are promised DragomanError, whatever fn raises
            raise engine_error(self._name, *describe(error)) from error


class ThreadWorker:
    """A bounded number of daemon threads, for functions that only wait for the network.

    ``timeout_s`` bounds the wait for a free thread and then the call itself, each by itself. A
    thread that overruns is left to end and keeps its place until it does.
    """

    def __init__(self, *, name: str, timeout_s: float, threads: int = 4) -> None:
        self._name = name
        self._timeout_s = timeout_s
        self._free = asyncio.Semaphore(threads)
        self._closed = False

    async def __aenter__(self) -> Self:
        """Return the worker itself; threads start with their calls."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Refuse calls from now on; threads at work are not waited for."""
        self._closed = True

    async def call(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """See Worker.call; raises WorkerTimeoutError, and WorkerLostError when closed."""
        return await self.call_reporting(None, fn, *args, **kwargs)

    async def call_reporting(
        self, on_progress: Progress | None, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """See Worker.call_reporting."""
        try:
            self._refuse_if_closed()
            async with asyncio.timeout(self._timeout_s):
                await self._free.acquire()
            answer = self._start(on_progress, partial(fn, *args, **kwargs))
            async with asyncio.timeout(self._timeout_s):
                return await answer
        except TimeoutError:
            raise WorkerTimeoutError(worker=self._name, seconds=self._timeout_s) from None
        except RuntimeError:  # the system has no more threads
            raise WorkerLostError(worker=self._name, reason="no thread") from None

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise WorkerLostError(worker=self._name, reason="closed")

    def _start(self, on_progress: Progress | None, task: partial[R]) -> asyncio.Future[R]:
        outcome: Future[R] = Future()
        answer = asyncio.wrap_future(outcome)
        if on_progress is not None:
            task = partial(task, progress=_relay(on_progress, answer))
        loop = asyncio.get_running_loop()
        thread = threading.Thread(
            target=self._run, args=(loop, outcome, task), name=self._name, daemon=True
        )
        try:
            self._refuse_if_closed()
            thread.start()
        except BaseException:
            self._free.release()
            raise
        return answer

    def _run(self, loop: asyncio.AbstractEventLoop, outcome: Future[R], task: partial[R]) -> None:
        try:
            if outcome.set_running_or_notify_cancel():
                outcome.set_result(task())
        except DragomanError as error:
            outcome.set_exception(error.with_traceback(None))
        except BaseException as error:  # noqa: BLE001 - the caller must have an answer
            outcome.set_exception(engine_error(self._name, *describe(error)))
        with suppress(RuntimeError):  # the loop has gone
            loop.call_soon_threadsafe(self._free.release)


class ProcessWorker:
    """One spawned child that does one call at a time, in the order of the calls.

    Functions must be importable by name; arguments and results cross by pickle. The child starts
    with the first call, and again with the first call after it died, overran or was renewed.
    Cancelling a caller drops the result and leaves the child at work, as its models stay loaded.
    Nothing of it survives ``close``, nor this process, however that ends.

    A confined child is one that reads what strangers sent. Its functions return bytes, which come
    back as a bytearray, tell no progress, and raise AudioError, of which the class alone comes
    back; other errors of the house count as foreign. What it answers is never unpickled.
    """

    def __init__(  # noqa: PLR0913 - bounds, each by keyword
        self,
        *,
        name: str,
        timeout_s: float,
        start_timeout_s: float,
        niceness: int = 0,
        max_memory_mb: int | None = None,
        calls_before_renewal: int | None = None,
        idle_s: float | None = None,
        close_grace_s: float = 1.0,
        confinement: Confinement | None = None,
    ) -> None:
        """Set the bounds.

        ``timeout_s`` counts from the start of the call, waiting excluded; the first call of a
        child, which loads its models, has ``start_timeout_s`` more. A child over ``max_memory_mb``
        (resident, MiB) after a call is renewed, and over twice that is killed within one.
        A child that had nothing to do for ``idle_s`` is ended, and its models with it.
        ``close_grace_s`` is what a running call still has when the worker closes.
        With ``confinement``, ``start_timeout_s`` is for confining a new child, beside any call.
        """
        self._name = name
        self._close_grace_s = close_grace_s
        self._supervisor = Supervisor(
            Bounds(
                name,
                timeout_s,
                start_timeout_s,
                niceness,
                max_memory_mb,
                calls_before_renewal,
                idle_s,
                confinement,
            )
        )

    async def __aenter__(self) -> Self:
        """Start the supervising thread."""
        self._supervisor.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def close(self) -> None:
        """Refuse calls from now on, give the running one its grace, and end the child.

        Calls that wait, or that outlive the grace, raise WorkerLostError.
        """
        self._supervisor.stop(self._close_grace_s)
        await asyncio.to_thread(self._supervisor.join)

    @property
    def stats(self) -> WorkerStats:
        """What can be said now without asking the child."""
        return self._supervisor.stats

    def pause(self) -> None:
        """Let the child stand still until ``resume``; meanwhile the time of its call stands, too.

        A child that comes later begins unpaused: call again.
        """
        self._supervisor.pause()

    def resume(self) -> None:
        """Let the child go on."""
        self._supervisor.resume()

    async def call(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """See Worker.call.

        Raises WorkerTimeoutError (``seconds``), and WorkerLostError when the child died in this
        call (``reason`` is died, or killed for SIGKILL), the worker is closed, or its children died
        too often lately; of a confined one, also when it says nonsense (garbled) or could not be
        confined, and never because others died.
        """
        return await self.call_reporting(None, fn, *args, **kwargs)

    async def call_reporting(
        self, on_progress: Progress | None, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """See Worker.call_reporting; at most 20 reports a second come through."""
        outcome: Future[R] = Future()
        answer = asyncio.wrap_future(outcome)
        report = None if on_progress is None else _relay(on_progress, answer)
        self._supervisor.submit(partial(fn, *args, **kwargs), outcome, report)
        return await answer


def _relay(on_progress: Progress, answer: asyncio.Future[R]) -> Progress:
    """Carry numbers from a thread to a callback on the loop, while the answer is awaited."""
    loop = answer.get_loop()

    def deliver(value: float) -> None:
        if not answer.done():
            on_progress(value)

    def relay(value: float) -> None:
        with suppress(RuntimeError):  # the loop has gone
            loop.call_soon_threadsafe(deliver, value)

    return relay
