"""What the documents name is there: metrics, settings, variables, commands of a chat, sentences."""

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from bot import messages
from bot.metrics import FAMILIES
from tests.docs.markdown import PAGES, read
from tests.docs.pages import DOCS
from tests.docs.tables import names, variable

SETTINGS = set(names())
TABLES = {name for name in SETTINGS if any(each.startswith(f"{name}.") for each in SETTINGS)}
VARIABLES = {variable(name) for name in SETTINGS - TABLES} | {"DRAGOMAN_"}
SENTENCES = messages.CATALOGUES["en"]
LIKEWISE = ("_bucket", "_sum", "_count")
CHAT = {name.split(".")[1] for name in SENTENCES if name.startswith("menu.")}
VOLUMES = {"dragoman_memory", "dragoman_models"}
"""What Compose calls its volumes."""
PATHS = {"live", "ready", "metrics"}
"""What monitoring answers, beside what people write."""
ELSEWHERE = {"newbot", "revoke", "setprivacy", "dich"}
"""What people write to @BotFather; and a word for /translate."""

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def words(page: Path) -> Iterator[str]:
    """Yield everything that stands in code."""
    found = read(page)
    yield from found.codes
    yield from found.blocks


@each_page
def test_every_metric_is_one(page: Path) -> None:
    named = {name for each in words(page) for name in re.findall(r"\bdragoman_[a-z_]+", each)}
    known = {*FAMILIES, *(f"{name}{part}" for name in FAMILIES for part in LIKEWISE)}
    assert named - known - VOLUMES == set()


@each_page
def test_every_setting_is_one(page: Path) -> None:
    named = {each.split(" = ")[0].strip("[]") for each in read(page).codes}
    ours = {each for each in named if re.fullmatch(r"[a-z_]+\.(?!py$)[a-z_.*]+", each)}
    ours = {each for each in ours if each.split(".")[0] in TABLES and each not in SENTENCES}
    assert {each for each in ours if not any(fnmatch(name, each) for name in SETTINGS)} == set()


@each_page
def test_every_table_of_settings_is_one(page: Path) -> None:
    named = {each for code in read(page).codes for each in re.findall(r"^\[([a-z_.]+)\]$", code)}
    assert named <= TABLES


@each_page
def test_every_variable_is_one(page: Path) -> None:
    named = {name for each in words(page) for name in re.findall(r"\bDRAGOMAN_[A-Z_]*", each)}
    assert named <= VARIABLES


@each_page
def test_every_example_of_settings_names_settings(page: Path) -> None:
    for block in read(page).blocks:
        try:
            written = tomllib.loads(block)
        except tomllib.TOMLDecodeError:
            continue
        unknown = {name for name in _paths(written) if name not in SETTINGS}
        assert not unknown or not written.keys() & TABLES, unknown


def _paths(values: dict[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name in TABLES:
            yield from _paths(value, f"{name}.")
        else:
            yield name


@each_page
def test_every_command_of_a_chat_is_one(page: Path) -> None:
    named = {name for code in read(page).codes for name in re.findall(r"^/([a-z-]+)", code)}
    alone = {name for name in named if f"/{name}/" not in " ".join(read(page).codes)}
    assert alone - CHAT - PATHS - ELSEWHERE == set()


def test_what_the_bot_is_said_to_say_it_says() -> None:
    said = read(DOCS / "troubleshooting.md").italics
    assert len(said) > 50
    wrong = [each for each in said if not any(_says(sentence, each) for sentence in KNOWN)]
    assert wrong == []


KNOWN = (
    *SENTENCES.values(),
    "In italics stands what the bot says",
)


def _says(sentence: str, quoted: str) -> bool:
    """Return whether a template's words stand so in it; … stands for what is filled in."""
    parts = [re.escape(part.strip()) for part in quoted.rstrip("…").split("…")]
    return re.search(".{1,40}?".join(parts), sentence) is not None


@pytest.mark.parametrize("wrong", ["I hear nothing at all", "The model … was eaten"])
def test_what_it_does_not_say_is_found(wrong: str) -> None:
    assert not any(_says(sentence, wrong) for sentence in KNOWN)
