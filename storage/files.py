"""The database's files on the disk: made, put in place and cleared away, for their owner alone."""

import errno
import glob
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pipeline.errors import DatabaseFullError, DatabaseUnavailableError

SIDES: Final = ("-wal", "-shm")
"""What SQLite keeps beside a file, by the ends of the names."""
COPY_DAYS: Final = 30.0
"""How long a copy from before an upgrade is kept."""
_SET_ASIDE: Final = "replaced"
_RESTORED: Final = "restored"


@contextmanager
def unavailable(path: Path) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        kind = DatabaseFullError if is_full else DatabaseUnavailableError
        raise kind(path=str(path), reason=reason) from error


def absolute(path: Path) -> Path:
    """Return the whole path, of the file itself where there is a link to it."""
    return path.expanduser().resolve()


def beside(path: Path, suffix: str) -> Path:
    """Return the file beside that one whose name is longer by the suffix."""
    return path.with_name(path.name + suffix)


def copy_of(path: Path, version: int) -> Path:
    """Return where the copy from before an upgrade lies, by the number of its schema."""
    return beside(path, f".schema-{version}")


def part_of(target: Path) -> Path:
    """Return where a file is written before it is put in place."""
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}")


def part_to_restore(path: Path) -> Path:
    """Return the same for what is to take the database's place."""
    return part_of(beside(path, f".{_RESTORED}"))


def create(path: Path) -> None:
    """Make the file if there is none. Never opens one that is there: closing drops its locks."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "not a file") from None


def create_copy(part: Path, target: Path, source: Path) -> None:
    """Make the file for a copy; raises DatabaseUnavailableError if both are the same file."""
    if target.exists() and source.exists() and target.samefile(source):
        raise DatabaseUnavailableError(path=str(target), reason="itself")
    create(part)


def restrict(path: Path) -> None:
    """Close the files to everybody but their owner."""
    for suffix in ("", *SIDES):
        file = beside(path, suffix)
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            file.chmod(mode & 0o700)


def put_in_place(part: Path, target: Path) -> None:
    """Give the finished file its name, at once and for good."""
    sync(part)
    part.replace(target)
    sync(target.parent)


def set_aside(path: Path) -> Path:
    """Give the file a second name, which it keeps when its own goes to another; return it."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for number in range(100):
        aside = beside(path, f".{_SET_ASIDE}-{stamp}" + (f".{number}" if number else ""))
        try:
            os.link(path, aside)
        except FileExistsError:
            continue
        aside.chmod(0o600)
        return aside
    raise FileExistsError(errno.EEXIST, "no name left", str(path))


def clear(path: Path) -> None:
    """Remove what a program that was killed left beside the database; call as its sole owner.

    That is what it had begun to write, and a second name of the database, to which its log may
    have gone already.
    """
    hidden, name = glob.escape(f".{path.name}"), glob.escape(path.name)
    for pattern in (f"{hidden}.schema-*", f"{hidden}.{_RESTORED}.*"):
        for left in path.parent.glob(pattern):
            left.unlink(missing_ok=True)
    for aside in path.parent.glob(f"{name}.{_SET_ASIDE}-*"):
        if aside.exists() and path.exists() and aside.samefile(path):
            with suppress(FileNotFoundError):
                beside(aside, "-wal").replace(beside(path, "-wal"))
            aside.unlink()


def forget_copies(path: Path) -> None:
    """Remove the copies from before upgrades that are over 30 days old."""
    for copy in path.parent.glob(glob.escape(path.name) + ".schema-*"):
        if copy.stat().st_mtime < time.time() - 86_400 * COPY_DAYS:
            copy.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have the disk keep what was written to the file, or the names in the folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
