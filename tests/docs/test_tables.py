"""The tables of the documents are what the code says; ``make docs`` writes them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import UnusableSettingsError, load
from tests.docs.pages import DOCS, MARK, ROOT, TABLES, filled
from tests.docs.tables import SCHEMA, names, settings, variable
from tests.integration.program import surroundings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("page", TABLES)
def test_a_page_tells_what_the_code_says(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert text == filled(page, text), "run: make docs"


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_mark_is_that_of_a_table(page: Path) -> None:
    assert set(MARK.findall(page.read_text("utf-8"))) == set(TABLES.get(page.name, ()))


def test_a_page_that_has_lost_its_marks_is_not_written() -> None:
    with pytest.raises(ValueError, match="has lost its marks: live"):
        filled("operating.md", "<!-- metrics -->\n| metric |\n")


def test_every_setting_says_what_it_is() -> None:
    sections = [SCHEMA, *SCHEMA["$defs"].values()]
    silent = [
        key
        for section in sections
        for key, described in section["properties"].items()
        if "$ref" not in described and not described.get("description", "").endswith(".")
    ]
    assert not silent


def test_the_tables_are_the_same_on_every_machine() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", f"{_HAVE.format(cores)}; {_PRINT}"],
            cwd=ROOT,
            env=surroundings(),
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout.decode()
        for cores in (1, 64)
    ]
    assert told == [settings()] * 2


_HAVE = "import os; os.sched_getaffinity = lambda _: range({})"
_PRINT = "from tests.docs import tables; print(tables.settings(), end='')"


@pytest.mark.parametrize("name", [name for name in names() if variable(name) in settings()])
def test_the_variable_of_each_setting_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable(name), "[no value")
    try:
        found: object = load()
    except UnusableSettingsError:
        return  # it was read, and refused
    for part in name.split("."):
        found = getattr(found, part)
    assert str(found) in {"[no value", "**********"}
