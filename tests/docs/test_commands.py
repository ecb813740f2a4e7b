"""Every command in the documents is one: programs, targets of make, services and modules."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from bot.__main__ import parser
from bot.settings import Profile
from tests.docs.markdown import PAGES, read
from tests.docs.pages import ROOT

TARGETS = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8")))
SERVICES = set(re.findall(r"(?m)^  ([a-z]+):$", (ROOT / "compose.yaml").read_text("utf-8")))
PROFILES = set(re.findall(r"profiles: \[([a-z]+)\]", (ROOT / "compose.yaml").read_text("utf-8")))
DRAGOMAN = re.compile(r"(?:[A-Z_]+=\S+ )*(?:\S*/)?dragoman (?P<arguments>\S.*)")
CONTAINED = re.compile(r"docker compose (?:run --rm|exec) dragoman (?!sh )(?:dragoman )?")
PLACES = {"LANG": "vi", "PLATFORM": "telegram", "ACCOUNT": "1"}
"""What stands in documents for something that is to be chosen."""


def lines(page: Path) -> Iterator[str]:
    """Yield each line that may be a command, without its remark, broken ones joined."""
    found = read(page)
    for block in found.blocks:
        yield from re.sub(r"\\\n\s*", "", block).splitlines()
    yield from found.codes


def arguments(line: str) -> list[str] | None:
    """Return what a line gives to dragoman; nothing of one that does not run it."""
    plain = re.sub(r"\s+#.*|[\[\]]|\.\.\.", "", CONTAINED.sub("dragoman ", line))
    found = DRAGOMAN.fullmatch(plain)
    if found is None:
        return None
    return [PLACES.get(word, word) for word in shlex.split(found["arguments"])]


def all_lines() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for line in lines(page):
            yield page.name, line.strip()


COMMANDS = {
    f"{page}: {line}": given for page, line in all_lines() if (given := arguments(line)) is not None
}


@pytest.mark.parametrize("given", COMMANDS.values(), ids=COMMANDS)
def test_dragoman_takes_what_is_written(given: list[str]) -> None:
    if len(given) == 1:  # the name of a command, which may want more
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([*given, "--help"])
        assert ended.value.code == 0
    else:
        parser().parse_args(given)


def test_enough_is_looked_at() -> None:
    said = {given[0] for given in COMMANDS.values()}
    assert said >= {"try", "run", "check", "health", "backup", "bench", "models", "voices"}


@pytest.mark.parametrize(
    "wrong", ["dragoman serve", "dragoman bench --fast", "X=1 .venv/bin/dragoman models fetchh"]
)
def test_what_it_would_not_take_is_found(wrong: str) -> None:
    given = arguments(wrong)
    assert given is not None
    with pytest.raises((SystemExit, AssertionError)):
        test_dragoman_takes_what_is_written(given)


def test_make_has_every_target() -> None:
    named = {target for _, line in all_lines() for target in re.findall(r"^make ([a-z-]+)\b", line)}
    assert named
    assert named <= TARGETS


def test_compose_has_every_service() -> None:
    text = "\n".join(line for _, line in all_lines() if line.startswith("docker compose"))
    services = re.findall(r"(?:run --rm|exec|logs --follow) ([a-z]+)", text)
    assert services
    assert set(services) <= SERVICES


def test_every_profile_is_one_of_ours_or_of_compose() -> None:
    text = "\n".join(line for _, line in all_lines())
    named = set(re.findall(r"--profile ([a-z]+)", text))
    assert named >= PROFILES
    assert named <= {*PROFILES, *get_args(Profile)}


def test_python_has_every_module() -> None:
    named = {
        module for _, line in all_lines() for module in re.findall(r"python -m ([a-z][\w.]*)", line)
    }
    ours = {
        each for each in named if each.split(".")[0] in {"bot", "pipeline", "tests", "training"}
    }
    assert ours
    assert all(importlib.util.find_spec(each) for each in ours)
