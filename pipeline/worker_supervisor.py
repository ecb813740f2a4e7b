"""The thread that starts, watches and ends the child of a ``ProcessWorker``.

It is our own because pebble 5.2, as tried, stalls the loop 15 ms at its start, waits for ever on a
child that leaves with status 0, breaks for good on a result that does not unpickle, and leaves a
computing orphan when the parent is killed; and because ``multiprocessing``, at exit, waits for ever
on a child that ignores SIGTERM.
"""

import logging
import os
import pickle
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pipeline import confinement, worker_child
from pipeline.confinement import Confinement
from pipeline.errors import (
    AudioError,
    DragomanError,
    EngineError,
    WorkerError,
    WorkerLostError,
    WorkerTimeoutError,
)
from pipeline.worker_child import Child, describe, ready

R = TypeVar("R")

_log = logging.getLogger(__name__)

_MIB = 1024 * 1024
_TICK_S = 0.5  # between two looks at the memory of a child at work
_EXIT_S = 1.0  # for an idle child to leave by itself
_PATIENCE = 3  # deaths in a row before restarts slow down
_BACKOFF_S = (0.5, 30.0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may take; see ProcessWorker."""

    name: str
    timeout_s: float
    start_timeout_s: float
    niceness: int
    max_memory_mb: int | None
    calls_before_renewal: int | None
    idle_s: float | None = None
    confinement: Confinement | None = None

    @property
    def max_bytes(self) -> float:
        """Infinite when unbounded."""
        return float("inf") if self.max_memory_mb is None else self.max_memory_mb * _MIB


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """A glance at a ProcessWorker, for metrics."""

    calls: int
    """Calls that a child was given, whatever came of them."""
    restarts: int
    """Children started after the first."""
    busy: bool
    queued: int
    """Calls that wait for their turn."""
    pid: int | None
    rss_bytes: int
    """Resident memory of the child, at most 0.5 s old while it works; 0 without a child."""
    paused: bool = False
    """Whether the child stands still."""


@dataclass(slots=True, eq=False)
class _Job:
    task: partial[Any]
    outcome: Future[Any]
    report: Callable[[float], None] | None


class Supervisor:
    """Does jobs one after another in its child; ``submit`` and ``stop`` never block.

    Linux ends a child with the thread that started it (PR_SET_PDEATHSIG), so one thread starts
    every child and outlives them all.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._thread: threading.Thread | None = None
        self._wake = -1
        self._stop_at: float | None = None
        self._jobs: deque[_Job] = deque()
        self._child: Child | None = None
        self._calls = 0
        self._starts = 0
        self._busy = False
        self._deaths = 0
        self._refuse_until = 0.0
        self._paused_at: float | None = None
        self._stood_s = 0.0

    def start(self) -> None:
        """Start the thread; the child comes with the first job."""
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name=self._bounds.name, daemon=True)
        self._thread.start()

    def submit(
        self,
        task: partial[R],
        outcome: Future[R],
        report: Callable[[float], None] | None,
    ) -> None:
        """Have the task done in its turn; raises WorkerLostError unless running."""
        if self._thread is None or self._stop_at is not None or not self._thread.is_alive():
            raise self._lost("closed")
        if self._bounds.confinement is not None:
            report = None
        self._jobs.append(_Job(task, outcome, report))
        os.eventfd_write(self._wake, 1)

    def stop(self, grace_s: float) -> None:
        """Accept no more; the running job has the grace, the waiting ones fail."""
        if self._thread is not None and self._stop_at is None:
            self._stop_at = time.monotonic() + grace_s
            os.eventfd_write(self._wake, 1)

    def join(self) -> None:
        """Wait until thread and child are gone: blocks for about the grace."""
        if self._thread is not None:
            self._thread.join()
            wake, self._wake = self._wake, -1
            if wake >= 0:
                os.close(wake)

    def pause(self) -> None:
        """Let the child stand still; while it does, the time of its call does not pass."""
        if self._paused_at is None:
            self._paused_at = time.monotonic()
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the child go on."""
        if self._paused_at is not None:
            self._stood_s += time.monotonic() - self._paused_at
            self._paused_at = None
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        child = self._child
        if child is not None:
            with suppress(ProcessLookupError):
                os.kill(child.pid, number)

    def _standing_s(self) -> float:
        """Return for how long children have stood still until now."""
        at = self._paused_at
        return self._stood_s + (0.0 if at is None else time.monotonic() - at)

    @property
    def stats(self) -> WorkerStats:
        """What can be said now without asking the child."""
        child = self._child
        return WorkerStats(
            calls=self._calls,
            restarts=max(0, self._starts - 1),
            busy=self._busy,
            queued=len(self._jobs),
            pid=None if child is None else child.pid,
            rss_bytes=0 if child is None else child.rss_bytes,
            paused=self._paused_at is not None,
        )

    def _run(self) -> None:
        try:
            while self._stop_at is None:
                if self._jobs:
                    self._do(self._jobs.popleft())
                else:
                    self._idle()
        finally:
            while self._jobs:
                outcome = self._jobs.popleft().outcome
                if outcome.set_running_or_notify_cancel():
                    outcome.set_exception(self._lost("closed"))
            self._discard(_EXIT_S)

    def _idle(self) -> None:
        watched = {self._wake: select.POLLIN}
        if self._child is not None:
            watched[self._child.pidfd] = select.POLLIN
        found = ready(watched, None if self._child is None else self._bounds.idle_s)
        if self._wake in found:
            os.eventfd_read(self._wake)
        elif not found:
            _log.info("idle child unloaded", extra={"worker": self._bounds.name})
            self._discard(_EXIT_S)
        if self._child is not None and self._child.dead:
            _log.warning("child died between calls", extra={"worker": self._bounds.name})
            self._discard()

    def _do(self, job: _Job) -> None:
        if not job.outcome.set_running_or_notify_cancel():
            return
        self._busy = True
        try:
            result = self._answer(job)
        except DragomanError as error:
            # The frames of this thread would keep the arguments alive.
            job.outcome.set_exception(error.with_traceback(None))
        except BaseException:
            job.outcome.set_exception(self._lost("supervisor"))
            raise
        else:
            job.outcome.set_result(result)
        self._renew_if_spent()
        self._busy = False

    def _answer(self, job: _Job) -> object:
        try:
            request = pickle.dumps((job.task, job.report is not None), protocol=5)
        except Exception as error:  # noqa: BLE001 - pickling runs code of the arguments
            raise engine_error(self._bounds.name, *describe(error)) from None
        try:
            kind, payload = self._converse(request, job.report)
        except WorkerError as error:
            facts = {"worker": self._bounds.name, "code": error.code}
            _log.warning("call refused or ended early", extra=facts)
            self._discard()
            raise
        except ValueError:
            raise self._garbled() from None
        except (OSError, EOFError, MemoryError):
            raise self._mourn() from None
        if self._bounds.confinement is not None:
            return self._judge(kind, payload)
        self._deaths = 0
        return self._unpack(kind, payload)

    def _judge(self, kind: bytes, payload: bytearray) -> bytearray:
        """Return what a confined child answers; end one that says what no child of ours says."""
        if kind == worker_child.RESULT:
            return payload
        try:
            told = worker_child.understood(kind, payload)
        except ValueError:
            raise self._garbled() from None
        raise told if isinstance(told, AudioError) else engine_error(self._bounds.name, *told)

    def _unpack(self, kind: bytes, payload: bytearray) -> object:
        try:
            answer = pickle.loads(payload)  # noqa: S301 - written by our own child
        except Exception as error:  # noqa: BLE001 - unpickling runs code of the result
            raise engine_error(self._bounds.name, *describe(error)) from None
        if kind == worker_child.HOUSE:
            raise answer if isinstance(answer, DragomanError) else self._lost("garbled")
        if kind == worker_child.FOREIGN:
            raise engine_error(self._bounds.name, *answer)
        return answer

    def _converse(
        self, request: bytes, report: Callable[[float], None] | None
    ) -> tuple[bytes, bytearray]:
        child = self._living_child()
        self._calls += 1
        limit = self._bounds.timeout_s
        if not child.calls and self._bounds.confinement is None:
            limit += self._bounds.start_timeout_s
        watch = self._for(limit, child)
        child.send(worker_child.CALL, request, watch)
        while True:
            kind, payload = child.receive(watch)
            if kind != worker_child.PROGRESS or report is None:
                break
            report(*worker_child.NUMBER.unpack(payload))
        child.calls += 1
        child.measure()
        return kind, payload

    def _for(self, limit: float, child: Child) -> Callable[[], float]:
        deadline = time.monotonic() + limit - self._standing_s()
        return partial(self._watch, child, limit, deadline)

    def _watch(self, child: Child, limit: float, deadline: float) -> float:
        """Return the seconds that the call still has; raise WorkerError when there are none."""
        now = time.monotonic()
        deadline += self._standing_s()
        if now >= deadline:
            raise WorkerTimeoutError(worker=self._bounds.name, seconds=limit)
        if self._stop_at is not None:
            if now >= self._stop_at:
                raise self._lost("closed")
            deadline = min(deadline, self._stop_at)
        if now >= child.measured_at + _TICK_S:
            child.measure()
            if child.rss_bytes > 2 * self._bounds.max_bytes:
                raise self._lost("memory")
        return min(deadline - now, _TICK_S)

    def _living_child(self) -> Child:
        if self._child is not None and self._child.dead:
            self._discard()
        if self._child is None:
            if time.monotonic() < self._refuse_until:
                raise self._lost("restarting")
            bounds = self._bounds
            try:
                self._child = Child(bounds.name, bounds.niceness, self._wake, bounds.confinement)
            except OSError as error:
                facts = {"worker": bounds.name, "error": type(error).__name__}
                _log.error("child could not be started", extra=facts)
                raise self._lost("not started") from None
            self._starts += 1
            if bounds.confinement is not None:
                self._confine(self._child, bounds.confinement)
        return self._child

    def _confine(self, child: Child, spec: Confinement) -> None:
        """Have the child give up what it does not need; nothing else is sent to it before."""
        watch = self._for(self._bounds.start_timeout_s, child)
        task = partial(confinement.confine, spec)
        try:
            child.send(worker_child.CALL, pickle.dumps((task, False)), watch)
            kind, payload = child.receive(watch)
        except (OSError, EOFError, ValueError):
            kind, payload = worker_child.FOREIGN, bytearray()
        if kind != worker_child.RESULT:
            facts = {"worker": self._bounds.name, "reason": payload.decode("ascii", "replace")}
            _log.error("child could not be confined", extra=facts)
            raise self._lost("unconfined")
        if payload == b"0":
            _log.warning("confined without Landlock", extra={"worker": self._bounds.name})

    def _garbled(self) -> WorkerLostError:
        self._discard()
        _log.error("child talks nonsense", extra={"worker": self._bounds.name})
        return self._lost("garbled")

    def _mourn(self) -> WorkerLostError:
        status = self._discard()
        if self._bounds.confinement is None:  # else whoever sends such files would stop everybody
            self._hold_back()
        _log.error("child died in a call", extra={"worker": self._bounds.name, "status": status})
        return self._lost("killed" if status == -signal.SIGKILL else "died")

    def _hold_back(self) -> None:
        self._deaths += 1
        if self._deaths >= _PATIENCE:
            first, most = _BACKOFF_S
            pause = min(most, first * 2 ** min(self._deaths - _PATIENCE, 10))
            self._refuse_until = time.monotonic() + pause

    def _lost(self, reason: str) -> WorkerLostError:
        return WorkerLostError(worker=self._bounds.name, reason=reason)

    def _renew_if_spent(self) -> None:
        child = self._child
        if child is None:
            return
        most = self._bounds.calls_before_renewal
        if child.rss_bytes > self._bounds.max_bytes or (most is not None and child.calls >= most):
            self._discard(_EXIT_S)

    def _discard(self, grace_s: float = 0.0) -> int:
        child, self._child = self._child, None
        return 0 if child is None else child.end(grace_s)


def engine_error(engine: str, reason: str, places: str) -> EngineError:
    """Log where a foreign exception came from, and return what the caller is told."""
    _log.error("engine raised", extra={"engine": engine, "reason": reason, "places": places})
    return EngineError(engine=engine, reason=reason)
