"""The distribution: its names are its own, its pins name no host, its data is packed."""

import re
import tomllib
from importlib import metadata, resources
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", ["bot", "pipeline", "storage"])
def test_no_other_distribution_owns_our_package(name: str) -> None:
    assert set(metadata.packages_distributions().get(name, [])) <= {"dragoman"}


def test_it_is_never_uploaded() -> None:
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


@pytest.mark.parametrize(
    "pins", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda p: p.name
)
def test_pins_are_hashed_and_name_no_host(pins: Path) -> None:
    text = pins.read_text("utf-8")
    assert not re.search(r"https?://|--(index|find|extra|trusted)", text)
    requirements = re.findall(r"(?m)^[A-Za-z0-9][^\n]*==", text)
    assert requirements
    assert len(requirements) == len(re.findall(r"(?m)^[A-Za-z0-9][^\n]*== ?[^\n]+\\$", text))


def test_every_direct_dependency_is_pinned() -> None:
    pinned = re.findall(r"(?m)^([a-z0-9.-]+)==", (ROOT / "requirements/runtime.txt").read_text())
    names = [re.split(r"[\[<>=;]", each)[0] for each in PROJECT["project"]["dependencies"]]
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in names} <= set(pinned)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("av", "17.0"),  # its parser of IAMF wrote where it should not
        ("torch", "2.9.1"),  # weights alone could run code
    ],
)
def test_releases_with_a_known_way_in_are_shut_out(name: str, bad: str) -> None:
    project = PROJECT["project"]
    given = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    asked = [Requirement(each) for each in given]
    assert [each for each in asked if each.name == name]
    assert not [each for each in asked if each.name == name and each.specifier.contains(bad)]


@pytest.mark.parametrize(
    ("package", "file"),
    [
        ("pipeline", "catalogue.toml"),
        ("pipeline", "languages.tsv"),
        ("pipeline", "demo/phrases.tsv"),
        ("pipeline", "demo/notes/notes.json"),
        ("bot", "profiles/demo.toml"),
        ("storage", "migrations"),
        ("pipeline", "py.typed"),
    ],
)
def test_data_travels_with_its_package(package: str, file: str) -> None:
    place = resources.files(package) / file
    assert place.is_file() or place.is_dir()
