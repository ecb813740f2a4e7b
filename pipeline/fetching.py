"""Fetching a model: listed, downloaded, checked, and only then put into its place."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from pipeline import hub, models, records
from pipeline.catalogue import Entry
from pipeline.errors import HubError, ModelDamagedError, ModelMissingError
from pipeline.hub import Access, Published, Snapshot
from pipeline.installing import disk, install, turn, workshop
from pipeline.records import Fingerprint, Record


class Stage(StrEnum):
    """What a fetch is doing."""

    WAITING = "waiting"
    """Another process has this model in hand."""
    CHECKING = "checking"
    """Reading what is there already."""
    DOWNLOADING = "downloading"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is."""

    model: str
    stage: Stage
    done: int
    """Bytes; of a download, those that arrived in earlier attempts included."""
    total: int
    """Bytes; 0 while waiting."""


Report: TypeAlias = Callable[[Progress], None]


def fetch(entry: Entry, models_dir: Path, report: Report, access: Access | None = None) -> Path:
    """Bring one model into ``models_dir``, or leave it if it is there and whole.

    Whatever fails, the folder holds what it held before, and the next attempt goes on from there.
    Raises ModelGatedError(page=), HubError(reason=), and for a bundled model what ``verify`` does.
    """
    if entry.bundled:
        models.verify(entry, models_dir)
        return models.folder(entry, models_dir)

    def on_wait() -> None:
        report(Progress(entry.name, Stage.WAITING, 0, 0))

    with turn(entry, models_dir, on_wait):
        if not _is_current(entry, models_dir, report):
            _replace(entry, models_dir, report, access or Access())
    return models.folder(entry, models_dir)


def _is_current(entry: Entry, models_dir: Path, report: Report) -> bool:
    try:
        record = records.read(models.folder(entry, models_dir), entry.name)
        if record is None or not _is_wanted(entry, record):
            return False
        meter = _Meter(entry, Stage.CHECKING, models.weight(entry, models_dir), report)
        models.verify(entry, models_dir, meter.add)
    except (ModelDamagedError, ModelMissingError):
        return False
    return True


def _is_wanted(entry: Entry, record: Record) -> bool:
    is_revision = entry.revision in {"main", record.commit}
    return is_revision and (record.repo, record.patterns) == (entry.repo, entry.files)


def _replace(entry: Entry, models_dir: Path, report: Report, access: Access) -> None:
    place = workshop(entry, models_dir)
    arriving, ready = place / "arriving", place / "ready"
    snapshot = hub.snapshot(entry, access)
    wanted = _wanted(entry, snapshot)
    meter = _Meter(entry, Stage.DOWNLOADING, sum(file.size for file in wanted), report)
    with disk(entry):
        arriving.mkdir(exist_ok=True)
        shutil.rmtree(ready, ignore_errors=True)
        _check_room(entry, arriving, meter.total)
    found = {}
    for file in wanted:
        fresh = _bring(entry, snapshot.commit, file, arriving, access, meter)
        if entry.sha256.get(file.path, fresh.sha256) != fresh.sha256:
            raise HubError(model=entry.name, reason="checksum", file=file.path)
        found[entry.rename.get(file.path, file.path)] = fresh
    with disk(entry):
        ready.mkdir()
        record = Record(
            repo=entry.repo,
            commit=snapshot.commit,
            patterns=entry.files,
            format=entry.format,
            files=found,
        )
        records.write(ready, record)
        for file in wanted:
            target = ready / entry.rename.get(file.path, file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            (arriving / file.path).rename(target)
        install(entry, models_dir, ready)


def _wanted(entry: Entry, snapshot: Snapshot) -> list[Published]:
    for pattern in entry.files:
        if not any(fnmatchcase(file.path, pattern) for file in snapshot.files):
            raise HubError(model=entry.name, reason="no_such_file", file=pattern)
    return [
        file
        for file in snapshot.files
        if any(fnmatchcase(file.path, pattern) for pattern in entry.files)
    ]


def _check_room(entry: Entry, arriving: Path, total: int) -> None:
    here = sum(each.stat().st_size for each in arriving.rglob("*") if each.is_file())
    if total - here > shutil.disk_usage(arriving).free:
        raise HubError(model=entry.name, reason="disk_full", bytes=total)


def _bring(
    entry: Entry,
    commit: str,
    file: Published,
    arriving: Path,
    access: Access,
    meter: "_Meter",
) -> Fingerprint:
    before = meter.done
    with disk(entry):
        if (arriving / file.path).is_file():
            found = records.fingerprint(arriving / file.path)
            if file.matches(arriving / file.path, found):
                meter.add(file.size)
                return found
            (arriving / file.path).unlink()
    found = hub.download(entry, commit, file, arriving, access, meter.add)
    meter.reach(before + file.size)
    return found


class _Meter:
    """Adds up bytes for the report."""

    def __init__(self, entry: Entry, stage: Stage, total: int, report: Report) -> None:
        self.done, self.total = 0, total
        self._name, self._stage, self._report = entry.name, stage, report
        self.reach(0)

    def add(self, count: int) -> None:
        self.reach(self.done + count)

    def reach(self, done: int) -> None:
        self.done = min(done, self.total)
        self._report(Progress(self._name, self._stage, self.done, self.total))
