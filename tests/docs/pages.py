"""Which table stands on which page, between which marks: ``<!-- name -->``, ``<!-- /name -->``."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.docs import tables

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
MARK: Final = re.compile(r"<!-- /?([a-z]+) -->")

TABLES: Final[Mapping[str, Mapping[str, Callable[[], str]]]] = MappingProxyType(
    {
        "models.md": {"models": tables.models},
        "operating.md": {"live": tables.live, "metrics": tables.metrics},
        "settings.md": {"demo": tables.demo, "settings": tables.settings},
    }
)
"""Page under ``docs`` -> mark -> what makes the table."""


def filled(page: str, text: str) -> str:
    """Return a page's text with its tables made anew; raises ValueError without their marks."""
    for mark, make in TABLES[page].items():
        before, start, rest = text.partition(f"<!-- {mark} -->\n")
        _, end, after = rest.partition(f"\n<!-- /{mark} -->")
        if not end:
            raise ValueError(f"docs/{page} has lost its marks: {mark}")
        text = f"{before}{start}{make()}{end}{after}"
    return text
