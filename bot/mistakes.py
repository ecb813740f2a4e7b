"""What is wrong with settings, told by reasons that ``bot.messages`` has sentences for."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.sections import OURS, Section
from pipeline.errors import ConfigurationError, Detail


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every setting, such as ``hearing.beam``, and every table."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}", field
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, Section):
                yield from fields(kind, f"{prefix}{name}.")


def of_values(error: ValidationError, model: type[BaseModel]) -> Iterator[ConfigurationError]:
    """Yield what is wrong with the values; none of them is told, but for names of languages."""
    for each in error.errors(include_url=False, include_input=False):
        # pydantic marks so that a table's name is meant, and not its value.
        setting = ".".join(str(part) for part in each["loc"] if part != "[key]")
        kind = each["type"]
        if kind == "extra_forbidden":
            yield _unknown(setting, setting, dict(fields(model)))
        elif kind.startswith(OURS):
            facts: Mapping[str, Detail] = each.get("ctx", {})
            yield ConfigurationError(setting=setting, reason=kind.removeprefix(OURS), **facts)
        else:
            yield ConfigurationError(setting=setting, **_facts(each))


def _unknown(setting: str, name: str, known: Mapping[str, object]) -> ConfigurationError:
    nearest = get_close_matches(name, known, n=1, cutoff=_ALIKE)
    if not nearest:
        return ConfigurationError(setting=setting, reason="unknown")
    return ConfigurationError(setting=setting, reason="misspelt", nearest=nearest[0])


_ALIKE: Final = 0.8
"""From this likeness on, a name may be meant for another."""


def _facts(error: ErrorDetails) -> dict[str, Detail]:
    """Return the reason, and what its sentence needs."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _BOUNDS:
        bound, reason = _BOUNDS[kind]
        return {"reason": reason, "limit": context[bound]}
    if kind == "literal_error":
        choices = context["expected"].replace(" or ", ", ").replace("'", "")
        return {"reason": "choice", "choices": choices}
    if kind == "string_pattern_mismatch":
        return {"reason": _PATTERNS.get(context["pattern"], error["msg"])}
    return {"reason": _REASONS.get(kind, error["msg"])}


_BOUNDS: Final = {
    "greater_than": ("gt", "over"),
    "greater_than_equal": ("ge", "least"),
    "less_than": ("lt", "under"),
    "less_than_equal": ("le", "most"),
    "string_too_short": ("min_length", "too_few"),
    "string_too_long": ("max_length", "too_many"),
    # A secret's length.
    "too_short": ("min_length", "too_few"),
    "too_long": ("max_length", "too_many"),
}
_PATTERNS: Final = {
    r"^[0-9]{1,20}$": "account",
    r"^https://": "https",
    r"^https?://": "address",
}
_REASONS: Final = {
    "missing": "missing",
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "whole"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "boolean"),
    **dict.fromkeys(("string_type", "path_type"), "text"),
    **dict.fromkeys(("tuple_type", "frozen_set_type", "list_type", "set_type"), "list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "table"),
}
