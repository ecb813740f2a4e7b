"""The tables of the documents, made from the code that they speak of, in Markdown."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from itertools import groupby
from typing import Any, Final, TypeAlias

from bot import messages
from bot.metrics import FAMILIES
from bot.reloading import AFTER_RESTART, LIVE
from bot.settings import Settings
from pipeline import catalogue, languages
from pipeline.catalogue import Entry, Format

Schema: TypeAlias = Mapping[str, Any]
"""A JSON schema, or a part of one."""

SCHEMA: Final[Schema] = Settings.model_json_schema()
PREFIX: Final = str(Settings.model_config["env_prefix"])
DELIMITER: Final = str(Settings.model_config["env_nested_delimiter"])
ENGINES: Final = resources.files("pipeline") / "engines"
SETS: Final = {
    "whisper": f"Whisper's {len(set(map(languages.whisper, languages.supported_by('whisper'))))}",
    "nllb": f"NLLB's {len(languages.supported_by('flores'))}",
    "m2m100": "M2M100's",
    "any": "any",
}
"""What the catalogue does not spell out."""


def metrics() -> str:
    """Return every metric of ours."""
    return _table(
        ("metric", "kind", "labels", "what it is"),
        (
            (_code(each.name), each.kind, ", ".join(map(_code, each.labels)), each.help)
            for each in FAMILIES.values()
        ),
    )


def settings() -> str:
    """Return every setting, under the table of settings.toml in which it stands."""
    return "\n\n".join(_sections(SCHEMA, _profile("default")))


def demo() -> str:
    """Return what the profile ``demo`` starts from instead."""
    default, other = _flat(_profile("default")), _flat(_profile("demo"))
    return _table(
        ("setting", "in `demo`"),
        (
            (_code(name), _code(_literal(value)))
            for name, value in other.items()
            if default.get(name) != value
        ),
    )


def models() -> str:
    """Return every model of the catalogue, under what it does."""
    entries = catalogue.load().entries.values()
    head = ("model", "what for", "languages", "download", "memory", "licence", "commercial use")
    kinds = groupby(entries, key=lambda entry: entry.kind)
    titles = ((messages.say(f"models.{kind}", "en").capitalize(), each) for kind, each in kinds)
    return "\n\n".join(
        f"### {title}\n\n{_table(head, map(_model, each))}" for title, each in titles
    )


def live() -> str:
    """Return which settings are taken while the program runs, and which after a restart."""
    rows: dict[str, tuple[list[str], list[str]]] = {}
    for column, named in enumerate((LIVE, AFTER_RESTART)):
        for name in named:
            section, _, setting = name.rpartition(".")
            rows.setdefault(section, ([], []))[column].append(_code(setting))
    return _table(
        ("in", "taken while it runs", "taken after a restart"),
        (
            (_code(f"[{section}]") if section else "above all", *map(", ".join, taken))
            for section, taken in rows.items()
        ),
    )


def names(schema: Schema = SCHEMA, prefix: str = "") -> Iterator[str]:
    """Yield every setting's name, such as ``hearing.beam``, and every table's."""
    for key, described in schema["properties"].items():
        name = f"{prefix}{key}"
        yield name
        inner = _inner(described)
        if inner is not None:
            yield from names(inner, f"{name}.")


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + DELIMITER.join(name.upper().split("."))


def _sections(
    schema: Schema, chosen: Mapping[str, Any], name: str = "", *, optional: bool = False
) -> Iterator[str]:
    """Yield the table of these settings, and of those in the tables below."""
    wanted = schema.get("required", ())
    below: list[tuple[str, Schema, Mapping[str, Any], bool]] = []
    rows: list[tuple[str, ...]] = []
    for key, described in schema["properties"].items():
        path = f"{name}.{key}" if name else key
        inner = _inner(described)
        if inner is not None:
            below.append((path, inner, chosen.get(key, {}), "anyOf" in described))
            continue
        default = chosen.get(key, described.get("default"))
        shown = "needed" if default is None and key in wanted else _default(default, described)
        setting = f"{_code(key)}<br>{_code(variable(path))}"
        about = " ".join(described["description"].split())
        rows.append((setting, _values(described), shown, about))
    heading = f"### [{name}]" if name else "### Above all tables"
    about = " ".join(schema["description"].split())
    there = " There is none unless you write it." if optional else ""
    table = _table(("setting", "values", "default", "what it is"), rows)
    yield f"{heading}\n\n{about}{there}\n\n{table}"
    for path, inner, values, is_optional in below:
        yield from _sections(inner, values, path, optional=is_optional)


def _inner(described: Schema) -> Schema | None:
    """Return the schema of a table of its own."""
    for each in (described, *described.get("anyOf", ())):
        if "$ref" in each:
            found: Schema = SCHEMA["$defs"][each["$ref"].rpartition("/")[2]]
            return found
    return None


def _values(described: Schema) -> str:
    """Return what a setting may be, in words of TOML and of arithmetic."""
    choices = [each for each in described.get("anyOf", ()) if each["type"] != "null"]
    literals = [True, False] if described.get("type") == "boolean" else described.get("enum", ())
    if choices or literals:
        return " or ".join((*map(_values, choices), *(_code(_literal(each)) for each in literals)))
    match described:
        case {"type": "integer" | "number" as kind}:
            return ", ".join(["whole number" if kind == "integer" else kind, *_bounds(described)])
        case {"type": "array", "items": items}:
            return f"list: {_values(items)}"
        case {"type": "object", "additionalProperties": values}:
            return f"table: name = {_values(values)}"
        case {"type": "string"}:
            return _string(described)
    raise NotImplementedError(described)


def _bounds(described: Schema) -> Iterator[str]:
    low, high = described.get("minimum"), described.get("maximum")
    over = described.get("exclusiveMinimum")
    if low is not None and high is not None:
        yield f"{low:,} to {high:,}"
        return
    if low is not None:
        yield f"at least {low:,}"
    if over is not None:
        yield f"over {over:,}"
    if high is not None:
        yield f"at most {high:,}"


def _string(described: Schema) -> str:
    kind = {"password": "secret", "path": "path"}.get(described.get("format", ""), "string")
    pattern = described.get("pattern")
    least, most = described.get("minLength"), described.get("maxLength")
    if pattern is not None:
        return f"{kind} like {_code(pattern)}"
    return f"{kind}, {least} to {most} characters" if most is not None else kind


def _default(value: object, described: Schema) -> str:
    if value is None:
        return "none"
    if isinstance(value, str) and described.get("type") in {"integer", "number"}:
        return value  # a rule, not a value
    return _code(_literal(value))


def _literal(value: object) -> str:
    """Return the value as TOML has it."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_literal(each)}" for key, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return json.dumps(value, ensure_ascii=False)


def _model(entry: Entry) -> tuple[str, ...]:
    idle = "" if (ENGINES / f"{entry.engine}.py").is_file() else " Nothing here runs it yet."
    spoken = entry.languages
    return (
        _code(entry.name),
        entry.note + idle,
        SETS[spoken] if isinstance(spoken, str) else " ".join(spoken),
        "bundled" if entry.bundled else _fetched(entry),
        _size(entry.memory_mb),
        entry.licence,
        "yes" if entry.commercial else f"**no**; instead: {_code(entry.alternative)}",
    )


def _fetched(entry: Entry) -> str:
    converted = "to be converted" if entry.format is Format.TRANSFORMERS else ""
    return ", ".join(filter(None, (_size(entry.disk_mb), converted)))


def _size(megabytes: int | None) -> str:
    return "" if megabytes is None else f"{megabytes:,} MB"


def _profile(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("bot") / "profiles" / f"{name}.toml").read_text("utf-8"))


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, object]:
    """Return the settings of a profile by their names."""
    known = set(names())
    found: dict[str, object] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        inner = {each for each in known if each.startswith(f"{name}.")}
        found |= _flat(value, f"{name}.") if inner else {name: value}
    return found


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        cells = (cell.replace("|", r"\|") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
