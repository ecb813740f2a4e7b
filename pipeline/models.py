"""Where models lie, whether they are whole, and whether they may be used."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path, PurePosixPath

from pipeline import records
from pipeline.catalogue import Catalogue, Entry, Format
from pipeline.errors import ModelDamagedError, ModelForbiddenError, ModelMissingError
from pipeline.records import Tick, silent

_CHECKSUMS = PurePosixPath("demo/checksums.txt")
"""Of all bundled files, as ``sha256sum`` prints them inside ``demo``."""


class State(StrEnum):
    """How far a model is from being usable."""

    ABSENT = "absent"
    UNCONVERTED = "unconverted"
    """Fetched; still to be converted."""
    DAMAGED = "damaged"
    """A file is missing or of another size than recorded."""
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of models."""

    entry: Entry
    state: State
    commit: str
    """What was fetched; empty if nothing was."""


def permit(entry: Entry, *, commercial: bool) -> None:
    """Raise ModelForbiddenError when a business wants a model whose licence forbids it."""
    if commercial and not entry.commercial:
        raise ModelForbiddenError(
            model=entry.name, licence=entry.licence, alternative=entry.alternative
        )


def folder(entry: Entry, models_dir: Path) -> Path:
    """Where the model lies, or would lie."""
    if not entry.bundled:
        return models_dir / entry.name
    return _package() / entry.bundled


def require(entry: Entry, models_dir: Path) -> Path:
    """Return the folder of a model that is ready to be loaded.

    A cheap check: each file exists and has the size that was recorded; ``verify`` reads them.
    Raises ModelMissingError (``step`` says what to do: fetch, convert or reinstall) and
    ModelDamagedError.
    """
    place = folder(entry, models_dir)
    if entry.bundled:
        for path in _bundled(entry):
            if not (place / path).is_file():
                raise ModelDamagedError(model=entry.name, file=path)
        return place
    record = records.read(place, entry.name)
    if record is None:
        raise ModelMissingError(model=entry.name, step="fetch")
    if record.format is Format.TRANSFORMERS:
        raise ModelMissingError(model=entry.name, step="convert")
    _check_sizes(entry, place, record)
    return place


def verify(entry: Entry, models_dir: Path, tick: Tick = silent) -> None:
    """Read every file of a model and compare it with what was fetched; needs no network.

    A model that waits for its conversion is verified as it is.
    Raises ModelMissingError and ModelDamagedError.
    """
    place = folder(entry, models_dir)
    if entry.bundled:
        expected = _bundled(entry)
    else:
        record = records.read(place, entry.name)
        if record is None:
            raise ModelMissingError(model=entry.name, step="fetch")
        _check_sizes(entry, place, record)
        expected = {path: content.sha256 for path, content in record.files.items()}
    for path, checksum in expected.items():
        try:
            found = records.fingerprint(place / path, tick)
        except OSError as error:
            raise ModelDamagedError(model=entry.name, file=path) from error
        if found.sha256 != checksum:
            raise ModelDamagedError(model=entry.name, file=path)


def weight(entry: Entry, models_dir: Path) -> int:
    """Bytes that ``verify`` will read; 0 if nothing is there."""
    place = folder(entry, models_dir)
    if entry.bundled:
        return sum(each.stat().st_size for each in place.rglob("*") if each.is_file())
    record = records.read(place, entry.name)
    return sum(content.size for content in record.files.values()) if record else 0


def listing(catalogue: Catalogue, models_dir: Path) -> Iterator[Listed]:
    """Every model with its state; reads no weights."""
    for entry in catalogue.entries.values():
        yield Listed(entry, _state(entry, models_dir), _commit(entry, models_dir))


def _state(entry: Entry, models_dir: Path) -> State:
    try:
        require(entry, models_dir)
    except ModelMissingError as error:
        return State.UNCONVERTED if error.details["step"] == "convert" else State.ABSENT
    except ModelDamagedError:
        return State.DAMAGED
    return State.READY


def _commit(entry: Entry, models_dir: Path) -> str:
    if entry.bundled:
        return ""
    try:
        record = records.read(folder(entry, models_dir), entry.name)
    except ModelDamagedError:
        return ""
    return record.commit if record else ""


def _check_sizes(entry: Entry, place: Path, record: records.Record) -> None:
    for path, content in record.files.items():
        try:
            size = (place / path).stat().st_size
        except OSError as error:
            raise ModelDamagedError(model=entry.name, file=path) from error
        if size != content.size:
            raise ModelDamagedError(model=entry.name, file=path)


def _bundled(entry: Entry) -> dict[str, str]:
    """Path in the model's folder -> checksum; raises ModelMissingError and ModelDamagedError."""
    try:
        text = (_package() / _CHECKSUMS).read_text("utf-8")
        checksums = records.parse_checksums(text)
    except FileNotFoundError as error:
        raise ModelMissingError(model=entry.name, step="reinstall") from error
    except ValueError as error:
        raise ModelDamagedError(model=entry.name, file=_CHECKSUMS.name) from error
    inside = PurePosixPath(entry.bundled).relative_to(_CHECKSUMS.parent)
    found = {
        str(PurePosixPath(path).relative_to(inside)): checksum
        for path, checksum in checksums.items()
        if PurePosixPath(path).is_relative_to(inside)
    }
    if not found:
        raise ModelMissingError(model=entry.name, step="reinstall")
    return found


def _package() -> Path:
    with resources.as_file(resources.files("pipeline")) as package:
        return package
