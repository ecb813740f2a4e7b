"""The catalogue: what each model is, where it comes from, and what it may be used for."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from pathlib import PurePosixPath
from typing import Final, TypeAlias, TypeVar

from pipeline.errors import ConfigurationError, UnknownModelError
from pipeline.specs import Window

LANGUAGE_SETS: Final = frozenset({"whisper", "nllb", "m2m100", "any"})
"""Sets too long to spell out in the catalogue: all that the engine of that name has."""
MODELLESS: Final = frozenset({"gtts", "espeak", "libretranslate"})
"""Engines without a model; they too may be named as an alternative."""

_NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_WINDOW_S = 30.0
"""What Whisper's encoder takes at most."""

Languages: TypeAlias = str | tuple[str, ...]
_Choice = TypeVar("_Choice", bound=StrEnum)


class Kind(StrEnum):
    """What a model does."""

    TRANSCRIBER = "transcriber"
    TRANSLATOR = "translator"
    SYNTHESIZER = "synthesizer"
    CLONER = "cloner"
    DIARIZER = "diarizer"
    EMBEDDER = "embedder"


class Format(StrEnum):
    """How weights are stored."""

    CTRANSLATE2 = "ctranslate2"
    TRANSFORMERS = "transformers"
    """Of no use before it is converted to CTranslate2."""
    ONNX = "onnx"
    TORCH = "torch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model."""

    name: str
    kind: Kind
    engine: str
    """The file under ``pipeline.engines`` that loads it."""
    format: Format
    """Of what the source publishes."""
    licence: str
    """An SPDX identifier, or the licence's own name."""
    commercial: bool
    """Whether the licence allows a business to use it."""
    languages: Languages
    """Codes, or the name of one of LANGUAGE_SETS."""
    note: str
    repo: str = ""
    """``owner/name`` on the hub; empty for a bundled model."""
    revision: str = "main"
    """A commit, or a branch that is resolved to one when the model is fetched."""
    files: tuple[str, ...] = ()
    """Patterns of what is needed from the repository; each must match."""
    rename: Mapping[str, str] = field(default_factory=dict)
    """Path in the repository -> path in the model's folder."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """Path in the repository -> checksum known from elsewhere, which outranks the hub's."""
    keep: tuple[str, ...] = ()
    """What the engine needs beside converted weights."""
    needs: tuple[str, ...] = ()
    """Other models without which this one is of no use."""
    bundled: str = ""
    """Folder inside this package; empty for a model of the hub."""
    alternative: str = ""
    """What a business may use instead: a model, or one of MODELLESS."""
    gated: bool = False
    """Whether its owner wants an agreement first, at ``page``."""
    page: str = ""
    candidate: bool = False
    """Not to serve anybody before it has passed an evaluation."""
    window: Window = "full"
    """The shortest encoder window the model was trained for."""
    chunk_s: float = 30.0
    """The most speech, in seconds, that the model was trained to hear at once."""
    joins: bool = True
    """Whether it was trained to hear several stretches of speech, with pauses, at once."""
    disk_mb: int | None = None
    """What is fetched, in decimal megabytes, as the hub lists it."""
    memory_mb: int | None = None
    """Peak resident memory in megabytes; where the figure comes from: head of the catalogue."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models."""

    entries: Mapping[str, Entry]
    """By name, in the order of the file."""

    def find(self, name: str) -> Entry:
        """Return the model of this name; raises UnknownModelError."""
        entry = self.entries.get(name)
        if entry is None:
            raise UnknownModelError(model=name)
        return entry

    def with_needs(self, name: str) -> tuple[Entry, ...]:
        """Return what must be fetched for this model, itself last; raises UnknownModelError."""
        entry = self.find(name)
        return (*map(self.find, entry.needs), entry)


def load() -> Catalogue:
    """Read the catalogue that ships with the package; raises ConfigurationError."""
    return parse((resources.files("pipeline") / "catalogue.toml").read_text("utf-8"))


def parse(text: str) -> Catalogue:
    """Read a catalogue in TOML.

    Raises ConfigurationError(model=, field=, reason=) for an unknown or missing key, a value of the
    wrong type, an unsafe path, and a name that leads nowhere.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(file="catalogue.toml", reason="not_toml") from error
    entries = {name: _entry(_Table(name, values)) for name, values in tables.items()}
    for entry in entries.values():
        _check_references(entry, entries)
    return Catalogue(entries)


class _Table:
    """One table of the file; knows which of its keys nobody asked for."""

    def __init__(self, name: str, values: object) -> None:
        self.name = name
        if not _NAME.fullmatch(name):
            raise _wrong(self.name, "name", "not_a_name")
        if not isinstance(values, dict):
            raise _wrong(self.name, "name", "not_a_table")
        self._values: dict[str, object] = dict(values)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.pop(key, default)
        if value is None:
            raise _wrong(self.name, key, "missing")
        if not isinstance(value, str) or (default is None and not value):
            raise _wrong(self.name, key, "not_text")
        return value

    def choice(self, key: str, kind: type[_Choice]) -> _Choice:
        try:
            return kind(self.text(key))
        except ValueError as error:
            raise _wrong(self.name, key, "not_a_choice") from error

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        value = self._values.pop(key, default)
        if not isinstance(value, bool):
            raise _wrong(self.name, key, "missing" if value is None else "not_a_flag")
        return value

    def megabytes(self, key: str) -> int | None:
        value = self._values.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise _wrong(self.name, key, "not_a_size")
        return value

    def seconds(self, key: str, default: float) -> float:
        value = self._values.pop(key, default)
        if not isinstance(value, float) or not 0 < value <= _WINDOW_S:
            raise _wrong(self.name, key, "not_a_length")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _wrong(self.name, key, "not_a_list_of_texts")
        return tuple(value)

    def paths(self, key: str) -> tuple[str, ...]:
        found = self.texts(key)
        if not all(is_plain_path(path) for path in found):
            raise _wrong(self.name, key, "not_a_path")
        return found

    def mapping(self, key: str) -> dict[str, str]:
        value = self._values.pop(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise _wrong(self.name, key, "not_a_table_of_texts")
        return dict(value)

    def languages(self) -> Languages:
        if not isinstance(self._values.get("languages"), str):
            return self.texts("languages")
        return self.text("languages")

    def end(self) -> None:
        for key in self._values:
            raise _wrong(self.name, key, "unknown_key")


def is_plain_path(path: str) -> bool:
    """Whether this is a relative path with forward slashes that stays inside its folder."""
    return (
        bool(path)
        and path.isprintable()
        and "\\" not in path
        and not path.startswith("/")
        and all(part not in {"", ".", ".."} for part in path.split("/"))
        and PurePosixPath(path).parts[0] not in {".cache", "model.json"}
    )


def _entry(table: _Table) -> Entry:
    window = table.text("window", "full")
    entry = Entry(
        name=table.name,
        kind=table.choice("kind", Kind),
        engine=table.text("engine"),
        format=table.choice("format", Format),
        licence=table.text("licence"),
        commercial=table.flag("commercial"),
        languages=table.languages(),
        note=table.text("note"),
        repo=table.text("repo", ""),
        revision=table.text("revision", "main"),
        files=table.paths("files"),
        rename=table.mapping("rename"),
        sha256=table.mapping("sha256"),
        keep=table.paths("keep"),
        needs=table.texts("needs"),
        bundled=table.text("bundled", ""),
        alternative=table.text("alternative", ""),
        gated=table.flag("gated", default=False),
        page=table.text("page", ""),
        candidate=table.flag("candidate", default=False),
        window="speech" if window == "speech" else "full",
        chunk_s=table.seconds("chunk_s", 30.0),
        joins=table.flag("joins", default=True),
        disk_mb=table.megabytes("disk_mb"),
        memory_mb=table.megabytes("memory_mb"),
    )
    table.end()
    broken = [
        ("window", "not_a_choice", window not in {"full", "speech"}),
        ("window", "not_a_transcriber", window != "full" and entry.kind is not Kind.TRANSCRIBER),
        ("languages", "missing", not entry.languages),
        ("languages", "unknown_set", _is_unknown_set(entry.languages)),
        ("alternative", "missing", not entry.commercial and not entry.alternative),
        ("page", "missing", entry.gated and not entry.page.startswith("https://")),
        ("repo", "repo_or_bundled", bool(entry.repo) == bool(entry.bundled)),
        ("bundled", "not_a_path", bool(entry.bundled) and not is_plain_path(entry.bundled)),
        *_broken_source(entry),
    ]
    for key, reason, is_so in broken:
        if is_so:
            raise _wrong(table.name, key, reason)
    return entry


def _is_unknown_set(languages: Languages) -> bool:
    return isinstance(languages, str) and languages not in LANGUAGE_SETS


def _broken_source(entry: Entry) -> list[tuple[str, str, bool]]:
    if not entry.repo:
        return [("files", "bundled_has_no_source", bool(entry.files or entry.rename))]
    is_pinned = entry.revision == "main" or _COMMIT.fullmatch(entry.revision)
    is_converted = entry.format is Format.TRANSFORMERS
    return [
        ("repo", "not_a_repo", not _REPO.fullmatch(entry.repo)),
        ("revision", "not_a_commit", not is_pinned),
        ("files", "missing", not entry.files),
        ("keep", "nothing_to_convert", is_converted != bool(entry.keep)),
        ("rename", "not_a_path", not all(map(is_plain_path, entry.rename.values()))),
        ("sha256", "not_a_checksum", not all(map(_SHA256.fullmatch, entry.sha256.values()))),
    ]


def _check_references(entry: Entry, entries: Mapping[str, Entry]) -> None:
    instead = entries.get(entry.alternative)
    broken = [
        ("alternative", "unknown_model", entry.alternative not in {"", *MODELLESS, *entries}),
        ("alternative", "not_commercial", instead is not None and not instead.commercial),
        ("needs", "unknown_model", not set(entry.needs) <= set(entries)),
    ]
    for key, reason, is_so in broken:
        if is_so:
            raise _wrong(entry.name, key, reason)


def _wrong(model: str, key: str, reason: str) -> ConfigurationError:
    return ConfigurationError(file="catalogue.toml", model=model, field=key, reason=reason)
