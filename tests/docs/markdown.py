"""What stands in a document: links, headings, code, and words in italics."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.docs.pages import DOCS, ROOT

PAGES: Final = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))
_PARSER: Final = MarkdownIt("commonmark").enable("table")
_SOURCE: Final = re.compile(r'(?:src|srcset|href)="([^"]+)"')


@dataclass
class Page:
    """A document, taken apart."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    """Of its headings, as a repository's pages make them."""
    links: list[str] = field(default_factory=list)
    """Where links and pictures lead."""
    codes: list[str] = field(default_factory=list)
    """What stands in backticks."""
    blocks: list[str] = field(default_factory=list)
    """Whole blocks of code."""
    italics: list[str] = field(default_factory=list)


def read(path: Path) -> Page:
    """Take a document apart."""
    page, slugs = Page(path), Counter[str]()
    tokens = _PARSER.parse(path.read_text("utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type in {"code_block", "fence"}:
            page.blocks.append(token.content)
        if token.type == "html_block":
            page.links += _SOURCE.findall(token.content)
        if token.type == "inline":
            _take(page, token.children or [])
        if before is not None and before.type == "heading_open":
            slug = _slug(token.children or [])
            page.anchors.add(f"{slug}-{slugs[slug]}" if slugs[slug] else slug)
            slugs[slug] += 1
    return page


def _take(page: Page, tokens: list[Token]) -> None:
    page.codes += [each.content for each in tokens if each.type == "code_inline"]
    page.links += [str(each.attrs["href"]) for each in tokens if each.type == "link_open"]
    page.links += [str(each.attrs["src"]) for each in tokens if each.type == "image"]
    page.italics += _between(tokens, "em")


def _between(tokens: list[Token], tag: str) -> Iterator[str]:
    words: list[str] | None = None
    for each in tokens:
        if each.type == f"{tag}_open":
            words = []
        elif each.type == f"{tag}_close" and words is not None:
            yield "".join(words)
            words = None
        elif words is not None:
            words.append(" " if each.type == "softbreak" else each.content)


def _slug(tokens: list[Token]) -> str:
    text = "".join(each.content for each in tokens if each.type in {"text", "code_inline"})
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
