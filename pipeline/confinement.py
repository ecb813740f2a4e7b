"""What a child that reads strangers' files gives up, for good, before it reads the first.

Whoever takes such a child over by a flaw in a decoder finds a process that can compute, answer and
end. The limits of POSIX hold on every Linux: no new descriptor means no file, no socket and no
memory shared by name. Landlock, where the kernel has it, keeps other processes' memory from it,
which is not reached by descriptors, and other programs from being started.
"""

import ctypes
import errno
import os
import resource
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NOTHING: Final = (
    resource.RLIMIT_CORE,  # what people said stays out of files
    resource.RLIMIT_FSIZE,
    resource.RLIMIT_NOFILE,  # those that are open stay open
    resource.RLIMIT_NPROC,  # of processes and threads; root is not counted
)
_PR_SET_NO_NEW_PRIVS: Final = 38
_CAPABILITIES: Final = 0x20080522  # version 3 of the call: two words for each set
_CREATE_RULESET, _RESTRICT_SELF, _ASK_VERSION = 444, 446, 1  # the same on every architecture
_RIGHTS: Final = (  # to files, to TCP, and to what is outside: all that each version knows
    (2**13 - 1, 0, 0),
    (2**14 - 1, 0, 0),
    (2**15 - 1, 0, 0),
    (2**15 - 1, 3, 0),
    (2**16 - 1, 3, 0),
    (2**16 - 1, 3, 3),
)
_TOKENS: Final = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")
_BARE: Final = ("LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "TZ")
_LACKING: Final = (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM)  # or kept back by a filter


@dataclass(frozen=True, slots=True)
class Confinement:
    """What is left to a child."""

    memory_bytes: int
    """Of address space, beside what it has taken when it is confined."""
    answer_bytes: int
    """The longest answer that is read from it."""
    prepare: Callable[[], object]
    """Loads whatever its calls will need: once confined, it can't open a file, even to import."""


def confine(spec: Confinement) -> bytes:
    """Give up everything else; return the version of Landlock in ASCII, 0 where there is none.

    Raises OSError if the kernel refuses, and RuntimeError where another thread would go free: then
    nothing may be read here.
    """
    spec.prepare()
    taken, powers = _taken(), _powers()
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("a second thread")
    for output in (1, 2):
        os.dup2(0, output)  # a log is not for whoever takes this process over
    libc = ctypes.CDLL(None, use_errno=True)
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    version = _landlock(libc)
    if powers:  # else the call is not needed, and service managers may forbid it
        _checked(libc.capset(struct.pack("=Ii", _CAPABILITIES, 0), bytes(24)))
    _lower(resource.RLIMIT_AS, taken + spec.memory_bytes)
    for limit in _NOTHING:
        _lower(limit, 0)
    return str(version).encode()


def surroundings(*, bare: bool = False) -> dict[str, str]:
    """Return the environment for a process of ours: without settings and tokens, or next to none.

    Bare, numpy's libraries start no threads: those would not be confined.
    """
    if bare:
        kept = {name: os.environ[name] for name in _BARE if name in os.environ}
        return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _TOKENS and not name.upper().startswith("DRAGOMAN_")
    }


def _landlock(libc: ctypes.CDLL) -> int:
    """Enter a domain that allows nothing; return the kernel's version of it, 0 for none."""
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 0 and ctypes.get_errno() in _LACKING:
        return 0
    _checked(version)
    rules = struct.pack("=QQQ", *_RIGHTS[min(version, len(_RIGHTS)) - 1])
    ruleset = _checked(libc.syscall(_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0))
    try:
        _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return int(version)


def _lower(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(limit, (most, most))


def _taken() -> int:
    """Return the size of this process's address space, in bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _powers() -> int:
    """Return this process's capabilities: with one, limits can be lifted again."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("CapPrm:")[2].split()[0], 16)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
