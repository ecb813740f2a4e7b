"""What lies in a model's folder, as it was when it was put there: ``model.json`` and checksums."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pipeline.catalogue import Format, is_plain_path
from pipeline.errors import ModelDamagedError

RECORD: Final = "model.json"
_VERSION: Final = 1
_CHUNK: Final = 1 << 20

Tick = Callable[[int], None]
"""Told how many more bytes have been dealt with."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One file's content."""

    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was put into a model's folder, and where it came from."""

    repo: str
    commit: str
    patterns: tuple[str, ...]
    """Which files of the repository were asked for."""
    format: Format
    files: Mapping[str, Fingerprint]
    """Path in the folder -> content."""
    conversion: str = ""
    """By what the files were made from the repository's; empty if they are the repository's."""


def silent(_count: int) -> None:
    """Tell nobody."""


def fingerprint(path: Path, tick: Tick = silent) -> Fingerprint:
    """Read a file through; raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            tick(len(chunk))
    return Fingerprint(size, digest.hexdigest())


def write(folder: Path, record: Record) -> None:
    """Write ``model.json`` into the folder; raises OSError."""
    text = json.dumps({"version": _VERSION, **asdict(record)}, indent=2, sort_keys=True)
    (folder / RECORD).write_text(text + "\n", "utf-8")


def read(folder: Path, model: str) -> Record | None:
    """Read the folder's ``model.json``; None if there is none.

    Raises ModelDamagedError when it is not what ``write`` writes: it may have been cut short, and
    the paths in it must not lead anywhere else.
    """
    try:
        text = (folder / RECORD).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ModelDamagedError(model=model, file=RECORD) from error
    try:
        return _record(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelDamagedError(model=model, file=RECORD) from error


def _record(values: dict[str, object]) -> Record:
    if values["version"] != _VERSION:
        raise ValueError
    files, patterns = values["files"], values["patterns"]
    if not isinstance(files, dict) or not isinstance(patterns, list) or not files:
        raise TypeError
    if not all(is_plain_path(path) for path in files):
        raise ValueError
    return Record(
        repo=str(values["repo"]),
        commit=str(values["commit"]),
        patterns=tuple(map(str, patterns)),
        format=Format(str(values["format"])),
        files={
            path: Fingerprint(int(content["size"]), str(content["sha256"]))
            for path, content in files.items()
        },
        conversion=str(values["conversion"]),
    )


def parse_checksums(text: str) -> dict[str, str]:
    """Read the output of ``sha256sum``: path -> checksum; raises ValueError."""
    found = {}
    for line in text.splitlines():
        checksum, path = line[:64], line[66:]
        if line[64:66] not in {"  ", " *"} or not is_plain_path(path):
            raise ValueError
        found[path] = checksum
    return found
