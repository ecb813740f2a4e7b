"""What somebody would try in a decoder taken over: each returns what came of it, as bytes."""

import ctypes
import errno
import os
import pickle
import resource
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from pipeline.errors import AudioTooLongError, ModelMissingError

_HEAD = struct.Struct("!cQ")
_NOBODY = 65_534
_kept: list[bytearray] = []
_opened: list[int] = []


def nothing() -> None:
    """Prepare nothing: this module is loaded by then."""


def as_nobody(prepare: Callable[[], object] = nothing) -> None:
    """Prepare, and stop being root, whose processes no kernel counts."""
    prepare()
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def with_open_file(file: Path) -> None:
    _opened.append(os.open(file, os.O_RDWR | os.O_CREAT))


def with_another_thread() -> None:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def without_success() -> NoReturn:
    raise LookupError


def pid() -> bytes:
    return str(os.getpid()).encode()


def echo(data: bytes) -> bytes:
    return data


def not_bytes() -> object:
    return object()


def refuse(kind: type[Exception]) -> NoReturn:
    raise kind


def too_long() -> NoReturn:
    raise AudioTooLongError(limit=60)


def missing() -> NoReturn:
    raise ModelMissingError(model="m")


def _tried(attempt: Callable[[], object]) -> str:
    """Return the name of the error, or nothing where it was allowed."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    except (ValueError, MemoryError) as error:
        return type(error).__name__
    return ""


def write(file: Path) -> bytes:
    return _tried(lambda: file.write_bytes(b"x")).encode()


def write_to_open_file() -> bytes:
    return _tried(lambda: os.write(_opened[0], b"x")).encode()


def read(file: Path) -> bytes:
    return _tried(file.read_bytes).encode()


def new_descriptors() -> bytes:
    """Try every way to a new descriptor."""
    ways: tuple[Callable[[], object], ...] = (
        lambda: os.open("/", os.O_RDONLY),
        lambda: os.dup2(0, 9),
        socket.socket,
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        socket.socketpair,
        os.pipe,
        lambda: os.memfd_create("m"),
        lambda: os.eventfd(0),
        lambda: os.pidfd_open(os.getppid()),
    )
    return " ".join(_tried(way) or "allowed" for way in ways).encode()


def close_one_and_open(file: Path) -> bytes:
    os.close(2)
    return read(file)


def fork() -> bytes:
    """Fork; whatever comes of it, one process answers."""

    def attempt() -> None:
        if not os.fork():
            os._exit(0)

    return _tried(attempt).encode()


def start_thread() -> bytes:
    try:
        threading.Thread(target=nothing).start()
    except RuntimeError as error:
        return type(error).__name__.encode()
    return b""


def execute() -> bytes:
    return _tried(lambda: os.execv(sys.executable, [sys.executable])).encode()  # noqa: S606


def spy(process: int) -> bytes:
    """Try to trace, read and disturb another process."""
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(8)

    class Part(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))

    here, there = Part(ctypes.addressof(room), 8), Part(id(None), 8)
    parts = (ctypes.byref(here), 1, ctypes.byref(there), 1, 0)

    def checked(result: int) -> None:
        if result < 0:
            raise OSError(ctypes.get_errno(), "")

    ways: tuple[Callable[[], object], ...] = (
        lambda: checked(libc.ptrace(16, process, None, None)),
        lambda: checked(libc.process_vm_readv(process, *parts)),
        lambda: os.kill(process, 0),
    )
    return " ".join(_tried(way) or "allowed" for way in ways).encode()


def limits() -> bytes:
    """Return those of which anything is left, once it was tried to lift them."""
    names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_AS")
    left = []
    for name in names:
        number = getattr(resource, name)
        for most in (64, resource.RLIM_INFINITY):
            with suppress(ValueError, OSError):
                if name != "RLIMIT_AS" or most == resource.RLIM_INFINITY:
                    resource.setrlimit(number, (most, most))
        if resource.getrlimit(number) != (0, 0):
            left.append(f"{name} {resource.getrlimit(number)[1]}")
    return "\n".join(left).encode()


def take(mib: int) -> bytes:
    """Take memory and keep it."""
    _kept.append(bytearray(mib * 2**20))
    return pid()


def environment() -> bytes:
    return "\n".join(os.environ).encode()


def descriptors() -> bytes:
    """Return the numbers of those that are open, and whether each is the null device."""
    found = []
    null = os.stat("/dev/null").st_rdev  # noqa: PTH116 - beside fstat
    for number in range(1_000):
        with suppress(OSError):
            found.append(f"{number}{'n' * (os.fstat(number).st_rdev == null)}")
    return " ".join(found).encode()


def chatter() -> bytes:
    for number in (1, 2):
        os.write(number, b"let me into the log\n")
    return b""


def run_for_ever() -> NoReturn:
    while True:
        pass


def nap(seconds: float) -> bytes:
    time.sleep(seconds)
    return pid()


def die(number: int) -> bytes:
    os.kill(os.getpid(), number)
    return b""


class Bomb:
    """Pickled, it leaves a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._file,))


def bomb(file: Path) -> bytes:
    return pickle.dumps(Bomb(file))


def say(kind: bytes, payload: bytes, claimed: int | None = None) -> NoReturn:
    """Write a frame of one's own making, and wait for what comes of it."""
    for number in range(3, 1_000):
        try:
            wire = socket.socket(fileno=number)
        except OSError:
            continue
        break
    frame = _HEAD.pack(kind, len(payload) if claimed is None else claimed) + payload
    with suppress(OSError):
        wire.sendall(frame)
    time.sleep(60)
    raise AssertionError
