"""The clock and the disk, as these tests see them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass
class SetClock:
    """A clock that goes only when it is told to."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time it was set to, in seconds since the epoch."""
        return self.now


def mode(path: Path) -> int:
    """Return who may do what with the file."""
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    """Return what is in the folder."""
    return sorted(each.name for each in folder.iterdir())


def put(path: Path, content: bytes) -> None:
    """Write the file, making its folder."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def content(path: Path) -> bytes:
    """Return the bytes of the file; of all files in it, if it is a folder."""
    if path.is_dir():
        return b"".join(content(each) for each in sorted(path.iterdir()))
    return path.read_bytes()


def permit(path: Path, mode: int) -> None:
    """Set who may do what."""
    path.chmod(mode)


def digest(text: str) -> str:
    """Return a key for a cache."""
    return hashlib.sha256(text.encode()).hexdigest()
