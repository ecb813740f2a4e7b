"""What is wrong with settings, told by reasons that ``bot.messages`` has sentences for."""

import json
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource

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


def of_names(
    environment: Mapping[str, str], model: type[BaseSettings]
) -> Iterator[ConfigurationError]:
    """Yield the variables that no setting reads; pydantic would ignore them in silence."""
    known = dict(fields(model))
    tables = {name.split(".")[0] for name in known if "." in name}
    for variable in environment:
        name = _setting(variable, model)
        if name is None:
            continue
        head, _, rest = name.partition(".")
        # Within a table, pydantic refuses what it does not know.
        if head not in known or (rest and head not in tables):
            yield _unknown(variable, name, known, partial(_variable, model))


def of_json(
    environment: Mapping[str, str], model: type[BaseSettings]
) -> Iterator[ConfigurationError]:
    """Yield the variables that have to be JSON and are not; pydantic would not say which."""
    source, known = EnvSettingsSource(model), dict(fields(model))
    for variable, value in environment.items():
        field = known.get(_setting(variable, model) or "")
        if field is not None and source.field_is_complex(field) and not _is_json(value):
            yield ConfigurationError(setting=variable, reason="json")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _setting(variable: str, model: type[BaseSettings]) -> str | None:
    """Return the setting that a variable names, were there one; ``None`` if it is not ours."""
    prefix, delimiter = _words(model)
    if not variable.upper().startswith(prefix):
        return None
    return variable[len(prefix) :].lower().replace(delimiter, ".")


def _variable(model: type[BaseSettings], setting: str) -> str:
    prefix, delimiter = _words(model)
    return prefix + setting.upper().replace(".", delimiter)


def _words(model: type[BaseSettings]) -> tuple[str, str]:
    config = model.model_config
    return str(config["env_prefix"]), str(config["env_nested_delimiter"])


def _unknown(
    setting: str, name: str, known: Mapping[str, object], shown: Callable[[str], str] = str
) -> ConfigurationError:
    nearest = get_close_matches(name, known, n=1, cutoff=_ALIKE)
    if not nearest:
        return ConfigurationError(setting=setting, reason="unknown")
    return ConfigurationError(setting=setting, reason="misspelt", nearest=shown(nearest[0]))


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
