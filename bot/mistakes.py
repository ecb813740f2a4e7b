"""What is wrong with settings, in words that the catalogues have wherever they can."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from pipeline.errors import ConfigurationError

PREFIX: Final = "DRAGOMAN_"
"""How the names of our variables in the environment begin."""
_BOUNDS: Final = ("expected", "ge", "gt", "le", "lt")
"""What pydantic says of what it would have taken."""
_KINDS: Final = {
    "extra_forbidden": "unknown",
    "int_parsing": "int_type",
    "int_from_float": "int_type",
    "float_parsing": "float_type",
    "bool_parsing": "bool_type",
    "path_type": "string_type",
    "enum": "literal_error",
}
"""Pydantic's names of what is told in the same words as something else."""
_REASONS: Final = frozenset(
    {
        *("unknown", "missing", "int_type", "float_type", "bool_type", "string_type"),
        *("literal_error", "greater_than", "greater_than_equal", "less_than", "less_than_equal"),
    }
)
"""What the catalogues have words for. Of the rest, the words of whoever checks it are told."""


def wrong(found: Iterable[Mapping[str, Any]]) -> Iterator[ConfigurationError]:
    """Say what pydantic has found; of an unknown profile's settings, none is missing."""
    faults = list(found)
    is_lost = any(each["loc"] == ("profile",) for each in faults)
    for each in faults:
        kind = _KINDS.get(each["type"], each["type"])
        if is_lost and kind == "missing":
            continue
        reason = kind if kind in _REASONS else each["msg"].removeprefix("Value error, ")
        bounds = {name: str(each.get("ctx", {}).get(name, "")) for name in _BOUNDS}
        bounds["expected"] = bounds["expected"].replace(" or ", ", ")
        parts = [str(part) for part in each["loc"] if part != "[key]"]
        yield ConfigurationError(setting=".".join(parts) or "settings", reason=reason, **bounds)


def unreadable(complaint: str) -> ConfigurationError:
    """Say which variable holds a list or table that can't be read: it is told in words alone."""
    found = re.search(r'field "(\w+)"', complaint)
    return ConfigurationError(setting=PREFIX + (found[1].upper() if found else "*"), reason="json")


def strays(environment: Iterable[str], fields: Mapping[str, Any]) -> Iterator[ConfigurationError]:
    """Find variables that are meant for us and that nobody reads; ``fields`` as pydantic's."""
    names = {f"{PREFIX}{name.upper()}" for name in fields}
    for variable in environment:
        name = variable.upper().partition("__")[0]
        if name.startswith(PREFIX) and name not in names:
            near = get_close_matches(variable.upper().removeprefix(PREFIX), _names(fields), 1, 0.7)
            reason = "unknown_like" if near else "unknown"
            meant = "".join(f"{PREFIX}{each}" for each in near)
            yield ConfigurationError(setting=variable, reason=reason, near=meant)


def _names(fields: Mapping[str, Any]) -> list[str]:
    """Return what stands behind the prefix, for the sections and for everything in them."""
    names = []
    for name, field in fields.items():
        inner = getattr(field.annotation, "model_fields", {})
        names += [name.upper(), *(f"{name}__{each}".upper() for each in inner)]
    return names
