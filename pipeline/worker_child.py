"""The child of a ``ProcessWorker``: how it is spawned, spoken to and ended, and what runs in it.

Both ends of the wire are here. A frame is one byte of kind, eight of length, and the payload:
pickled, except for what a confined child says. That is plain data, and nothing in it is believed.
"""

import ctypes
import faulthandler
import os
import pickle
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from traceback import walk_tb

from pipeline.confinement import Confinement, surroundings
from pipeline.errors import AudioError, DragomanError

CALL, PROGRESS, RESULT, HOUSE, FOREIGN = b"c", b"p", b"r", b"h", b"f"
"""Kinds of frames: a call; then any number of progress, and one result, DragomanError, or
description of a foreign exception."""

NUMBER = struct.Struct("!d")
"""The payload of a progress frame."""

_HEAD = struct.Struct("!cQ")
_REAP_S = 5.0  # for the kernel to end a killed child
_PROGRESS_EVERY_S = 0.05
_FRAMES = 20
_CAUSES = 5
_WORDS = 4_000  # characters of what a confined child may say of an error
_PR_SET_PDEATHSIG = 1
_OOM_SCORE = Path("/proc/self/oom_score_adj")  # the higher, the earlier killed, up to 1000
_BOOT = (
    "import os, sys; sys.path[:] = sys.argv[1].split(os.pathsep);"
    "from pipeline.worker_child import serve; serve(*map(int, sys.argv[2:6]))"
)


class Child:
    """A spawned process, a socket to it, and a descriptor that becomes readable at its death.

    It leads its own session, so that signals to our process group pass it by, and so that its
    whole group can be killed. None of our settings and tokens are in its environment.
    """

    def __init__(
        self, name: str, niceness: int, wake: int, confinement: Confinement | None = None
    ) -> None:
        self._wake = wake
        self._longest = sys.maxsize if confinement is None else confinement.answer_bytes
        self.calls = 0
        self.rss_bytes = 0
        self.measured_at = 0.0
        self._socket, theirs = socket.socketpair()
        with theirs:
            numbers = (theirs.fileno(), os.getpid(), niceness, int(confinement is not None))
            command = [sys.executable, "-c", _BOOT, os.pathsep.join(sys.path)]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                    [*command, *map(str, numbers), name],
                    stdin=subprocess.DEVNULL,
                    stdout=2,  # C libraries print; ours carries results
                    env=surroundings(bare=confinement is not None),
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            except OSError:
                self._socket.close()
                raise
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self.pid = self._process.pid
        self.pidfd = os.pidfd_open(self.pid)

    @property
    def dead(self) -> bool:
        """Whether it has ended, by whatever cause."""
        return bool(ready({self.pidfd: select.POLLIN}, 0))

    def measure(self) -> None:
        """Bring ``rss_bytes`` up to date."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        self.rss_bytes = pages * os.sysconf("SC_PAGESIZE")
        self.measured_at = time.monotonic()

    def send(self, kind: bytes, payload: bytes, watch: Callable[[], float]) -> None:
        """Write a frame.

        ``watch`` returns after how many seconds it wants to be called again, or raises to give up.
        Raises OSError or EOFError when the child is dead.
        """
        for part in (_HEAD.pack(kind, len(payload)), payload):
            unsent = memoryview(part)
            while unsent:
                self._wait(select.POLLOUT, watch)
                unsent = unsent[self._socket.send(unsent) :]

    def receive(self, watch: Callable[[], float]) -> tuple[bytes, bytearray]:
        """Read a frame, as ``send`` writes one; raises ValueError when it is too long."""
        return _read(self._socket, partial(self._wait, select.POLLIN, watch), self._longest)

    def _wait(self, event: int, watch: Callable[[], float]) -> None:
        ours = self._socket.fileno()
        watched = {ours: event, self.pidfd: select.POLLIN, self._wake: select.POLLIN}
        while True:
            found = ready(watched, watch())
            if ours in found:
                return
            if self.pidfd in found:
                raise EOFError
            if self._wake in found:
                os.eventfd_read(self._wake)

    def end(self, grace_s: float) -> int:
        """Let the child leave, kill what is left of its group, and return its exit status."""
        self._socket.close()
        gone = {self.pidfd: select.POLLIN}
        ready(gone, grace_s)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        ready(gone, _REAP_S)
        os.close(self.pidfd)
        return self._process.poll() or 0


def ready(events: dict[int, int], timeout_s: float | None) -> set[int]:
    """Wait for an event (of ``select.poll``) on any descriptor; return those that have one."""
    poll = select.poll()
    for descriptor, event in events.items():
        poll.register(descriptor, event)
    return {found for found, _ in poll.poll(None if timeout_s is None else 1000 * timeout_s)}


def describe(error: BaseException) -> tuple[str, str]:
    """Return the class, and the places of the exception and its causes.

    Messages are left out everywhere: they may quote what someone said.
    """
    lines: list[str] = []
    link: BaseException | None = error
    for _ in range(_CAUSES):
        if link is None:
            break
        places = [
            f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
            for frame, line in walk_tb(link.__traceback__)
        ]
        lines += [type(link).__qualname__, *places[-_FRAMES:]]
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return type(error).__qualname__, "\n".join(lines)


def plain(error: BaseException) -> tuple[bytes, bytes]:
    """Return the frame of an error in a confined child: its code alone, or its description."""
    if isinstance(error, AudioError):
        return HOUSE, error.code.encode()
    return FOREIGN, "\n".join(describe(error)).encode("ascii", "replace")


def understood(kind: bytes, payload: bytearray) -> AudioError | tuple[str, str]:
    """Return the error, or the description, of such a frame; raises ValueError for any other."""
    text = payload[:_WORDS].decode("ascii")
    if not text.replace("\n", "").isprintable():  # what terminals obey
        raise ValueError
    if kind == FOREIGN:
        reason, _, places = text.partition("\n")
        return reason, places
    family: tuple[type[AudioError], ...] = (AudioError, *AudioError.__subclasses__())
    for each in family:
        if kind == HOUSE and each.code == text:
            return each()
    raise ValueError


class _Reporter:
    """The ``progress`` of a function in the child: silent once the function is over."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        self._next_at: float = 0.0

    def __call__(self, value: float) -> None:
        with self._lock:
            now = time.monotonic()
            if now >= self._next_at:
                self._next_at = now + _PROGRESS_EVERY_S
                _write(self._wire, PROGRESS, NUMBER.pack(value))

    def close(self) -> None:
        with self._lock:
            self._next_at = float("inf")


def serve(descriptor: int, parent: int, niceness: int, confined: int) -> None:
    """Be the child: answer calls until the socket closes; plainly, if ``confined`` is not 0."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        return
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - the standard library's signature
    with suppress(OSError):  # where it may not be chosen, the kernel chooses
        _OOM_SCORE.write_text("500", encoding="ascii")
    os.nice(niceness)
    faulthandler.enable()
    with socket.socket(fileno=descriptor) as wire, suppress(ConnectionError, EOFError):
        while True:
            _, request = _read(wire, lambda: None, sys.maxsize)  # a blocking socket waits by itself
            _write(wire, *_perform(request, wire, plainly=bool(confined)))


def _perform(
    request: bytearray, wire: socket.socket, *, plainly: bool
) -> tuple[bytes, bytes | memoryview]:
    report = _Reporter(wire)
    try:
        task, reporting = pickle.loads(request)  # noqa: S301 - written by our own parent
        request.clear()  # a file can be large
        result = task(progress=report) if reporting else task()
        if plainly:
            return RESULT, memoryview(result).cast("B")
        return RESULT, pickle.dumps(result, protocol=5)
    except BaseException as error:  # noqa: BLE001 - the boundary: nothing foreign may pass
        if plainly:
            return plain(error)
        if isinstance(error, DragomanError):
            with suppress(Exception):
                return HOUSE, pickle.dumps(error)
        return FOREIGN, pickle.dumps(describe(error))
    finally:
        report.close()


def _read(wire: socket.socket, wait: Callable[[], None], longest: int) -> tuple[bytes, bytearray]:
    kind, size = _HEAD.unpack(_read_exactly(wire, _HEAD.size, wait))
    if size > longest:
        raise ValueError
    return kind, _read_exactly(wire, size, wait)


def _read_exactly(wire: socket.socket, size: int, wait: Callable[[], None]) -> bytearray:
    received = bytearray(size)
    missing = memoryview(received)
    while missing:
        wait()
        count = wire.recv_into(missing)
        if not count:
            raise EOFError
        missing = missing[count:]
    return received


def _write(wire: socket.socket, kind: bytes, payload: bytes | memoryview) -> None:
    wire.sendall(_HEAD.pack(kind, len(payload)))
    wire.sendall(payload)
