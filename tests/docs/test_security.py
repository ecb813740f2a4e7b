"""The page about threats: each has its guard, and each guard a test that there is."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "security.md"
ROW = re.compile(r"(?m)^\| (?!threat |---)(.+?) \| (.+?) \| (.+?) \|$")
SHOWN = re.compile(r"\[`(test_\w+)`\]\(([^)]+)\)")
ROWS: list[tuple[str, str, str]] = ROW.findall(PAGE.read_text("utf-8"))


def named_in(file: Path) -> set[str]:
    """Return the tests that stand in a file, without running it."""
    body = ast.parse(file.read_text("utf-8")).body
    functions = (each for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return {each.name for each in functions if each.name.startswith("test_")}


def missing(shown: str) -> list[str]:
    """Return the tests of a row that are not where it says, or that nobody would find."""
    return [
        f"{place}::{name}"
        for name, place in SHOWN.findall(shown)
        if not (file := (DOCS / place).resolve()).is_relative_to(ROOT / "tests")
        or not re.fullmatch(r"test_\w+\.py", file.name)
        or not file.is_file()
        or name not in named_in(file)
    ]


@pytest.mark.parametrize(("threat", "guard", "shown"), ROWS, ids=[row[0][:40] for row in ROWS])
def test_each_guard_is_shown_by_a_test_that_there_is(threat: str, guard: str, shown: str) -> None:
    assert threat
    assert guard
    assert SHOWN.search(shown)
    assert not SHOWN.sub("", shown).strip(", "), "nothing but tests"
    assert missing(shown) == []


def test_no_line_of_a_table_is_passed_over() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    heads = [line for line in lines if line.startswith(("| threat |", "|---|"))]
    assert len(ROWS) == len(lines) - len(heads)
    assert len(ROWS) > 40


@pytest.mark.parametrize(
    "shown",
    [
        "[`test_that_there_is_not`](../tests/docs/test_security.py)",
        "[`test_each_guard_is_shown_by_a_test_that_there_is`](../tests/docs/test_links.py)",
        "[`named_in`](../tests/docs/test_security.py)",
        "[`test_x`](../tests/docs/nowhere.py)",
        "[`test_x`](../../elsewhere/test_x.py)",
    ],
)
def test_a_test_that_is_not_there_is_noticed(shown: str) -> None:
    assert missing(shown) or not SHOWN.search(shown)
