"""A program with a confined child, on a kernel that was made to lack Landlock, by a filter."""

import asyncio
import ctypes
import os
import platform
import struct
from pathlib import Path

from pipeline.confinement import Confinement
from pipeline.workers import ProcessWorker
from tests.pipeline import confined_tasks as tasks

_ENOSYS = 38
_LANDLOCK = (444, 446)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def take_landlock_away() -> None:
    """Have the kernel answer ENOSYS, as older ones do, to this process and all it starts."""
    steps = (
        (0x20, 0, 0, 0),  # load the number of the call
        (0x35, 0, 2, _LANDLOCK[0]),  # if it is less, allow
        (0x25, 1, 0, _LANDLOCK[1]),  # if it is more, allow
        (0x06, 0, 0, 0x00050000 | _ENOSYS),
        (0x06, 0, 0, 0x7FFF0000),
    )
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    for call in ((38, 1, 0, 0, 0), (22, 2, ctypes.byref(program), 0, 0)):
        if libc.prctl(*call):
            raise OSError(ctypes.get_errno(), platform.release())


async def serve() -> None:
    spec = Confinement(100 * 2**20, 1_000, tasks.nothing)
    async with ProcessWorker(
        name="program", timeout_s=20, start_timeout_s=20, confinement=spec
    ) as worker:
        read = await worker.call(tasks.read, Path("/etc/passwd"))
        limits = bytes(await worker.call(tasks.limits))
        signalled = (await worker.call(tasks.spy, os.getpid())).split()[-1]
    for answer in (read, limits.split()[0], signalled):
        print(bytes(answer).decode(), flush=True)  # noqa: T201 - read by the test


if __name__ == "__main__":
    take_landlock_away()
    asyncio.run(serve())
