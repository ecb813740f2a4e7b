"""Every link of the documents leads somewhere, and every file they name is there."""

import re
from pathlib import Path

import pytest

from tests.docs.markdown import PAGES, read
from tests.docs.pages import ROOT

FOLDERS = tuple(f"{each.name}/" for each in ROOT.iterdir() if each.is_dir())


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    found = []
    for link in read(page).links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        is_there = target.exists() and target.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in read(target).anchors):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("link", ["nowhere.md", "#nothing", "there.md#nothing", "../../etc/passwd"])
def test_a_link_to_nothing_is_found(tmp_path: Path, link: str) -> None:
    (tmp_path / "there.md").write_text("# Something\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n[one]({link}) [there](there.md#something)\n", "utf-8")
    assert link in broken(page)


def test_what_two_headings_share_is_numbered(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# `A` and *b*, c!\n\n## [x.y]\n\n## [x.y]\n", "utf-8")
    assert read(page).anchors == {"a-and-b-c", "xy", "xy-1"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = [each for each in read(page).codes if each.startswith(FOLDERS) and " " not in each]
    missing = [each for each in named if not (ROOT / each).exists() and not any(ROOT.glob(each))]
    assert missing == []


def test_every_page_can_be_reached_from_the_first() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in read(page).links}
        waiting += [each for each in targets & set(PAGES) if each not in reached]
    assert set(PAGES) <= reached
