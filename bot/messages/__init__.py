"""Every sentence a person sees, in English and Vietnamese.

Each catalogue maps an error's code, or the name of a line of the interface, to a template whose
fields are the error's details. A test walks the error classes and both catalogues.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from bot.messages import en, vi
from pipeline import languages
from pipeline.errors import (
    AudioTooLargeError,
    ConfigurationError,
    DragomanError,
    ModelError,
    StorageError,
)
from pipeline.types import Doubt, Language

CATALOGUES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"en": en.SENTENCES, "vi": vi.SENTENCES}
)

_OPERATORS: Final = (ModelError, ConfigurationError, StorageError)
"""Only the operator can mend these."""


def locale_of(tag: str | None) -> str:
    """Return the catalogue for a locale such as ``vi_VN.UTF-8`` or ``en-GB``; English if none."""
    wanted = (tag or "").replace("-", "_").split("_")[0].split(".")[0].lower()
    return wanted if wanted in CATALOGUES else "en"


def say(name: str, locale: str, **facts: object) -> str:
    """Return the sentence of that name, filled with the facts."""
    return CATALOGUES[locale_of(locale)][name].format(**facts)


def sentence(error: DragomanError, locale: str) -> str:
    """Return what happened and what to do next, in one sentence."""
    facts: dict[str, object] = dict(error.details)
    code = facts.get("language")
    if isinstance(code, str) and error.code != "language.unknown":
        facts["language"] = languages.name(Language(code), locale_of(locale))
    if isinstance(error, AudioTooLargeError):
        facts["limit"] = size(float(error.details["limit"]))
    closer = (f"{error.code}.{facts.get(kind)}" for kind in ("step", "reason"))
    name = next((name for name in closer if name in CATALOGUES["en"]), error.code)
    return say(name, locale, **facts)


def public(error: DragomanError, locale: str) -> str:
    """Return the sentence for people in a chat, who need not know the operator's paths."""
    family = next((each for each in _OPERATORS if isinstance(error, each)), None)
    return sentence(error, locale) if family is None else say(f"public.{family.code}", locale)


def size(count: float) -> str:
    """Return a number of bytes as people read it; a MB has 2**20."""
    units = ["MB", "kB", "B"]
    while count >= 1024 and len(units) > 1:  # noqa: PLR2004 - of the next unit
        count /= 1024
        units.pop()
    return f"{round(count, 1):,g} {units[-1]}"


def date(seconds: float) -> str:
    """Return a day, in UTC, of a time in seconds since the epoch; everybody reads it alike."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def doubt(reason: Doubt, locale: str) -> str:
    """Return the warning that stands beside a doubtful text."""
    return say(f"doubt.{reason}", locale)
