"""How a model gets into its folder: one process at a time, and all of it or nothing."""

import errno
import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipeline.catalogue import Entry
from pipeline.errors import HubError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def workshop(entry: Entry, models_dir: Path) -> Path:
    """Where a model is prepared: on the file system of its folder, and kept when interrupted."""
    return models_dir / ".partial" / entry.name


@contextmanager
def turn(entry: Entry, models_dir: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the right to change this model, among all threads and processes of the machine.

    ``on_wait`` is told if somebody else has it. The kernel takes the right back from a process that
    dies. Raises HubError(reason=) when the folder can't be written.
    """
    with disk(entry):
        place = workshop(entry, models_dir)
        place.mkdir(parents=True, exist_ok=True)
        lock = place.with_name(f"{entry.name}.lock").open("wb")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        place.mkdir(parents=True, exist_ok=True)
        yield


def install(entry: Entry, models_dir: Path, ready: Path) -> None:
    """Put a finished folder into the place of the model's; raises OSError.

    Between the two renames nothing is in place; a crash there is mended by the next attempt.
    """
    place, old = models_dir / entry.name, workshop(entry, models_dir) / "old"
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    ready.rename(place)
    shutil.rmtree(workshop(entry, models_dir), ignore_errors=True)


@contextmanager
def disk(entry: Entry) -> Iterator[None]:
    """Translate what the file system says."""
    try:
        yield
    except OSError as error:
        raise HubError(model=entry.name, reason=disk_reason(error)) from error


def disk_reason(error: OSError) -> str:
    """``disk_full``, ``not_writable`` or ``disk``."""
    if error.errno in _FULL:
        return "disk_full"
    return "not_writable" if error.errno in _FORBIDDEN else "disk"
