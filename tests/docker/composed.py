"""``compose.yaml`` as Compose reads it: with the defaults of its variables."""

import re
from typing import Any, Final

import yaml

from tests.integration.program import ROOT

FILE: Final = ROOT / "compose.yaml"
_VARIABLE: Final = re.compile(r"\$\{\w+:-([^}]*)\}")
_UNITS: Final = {"m": 2**20, "g": 2**30}

SERVICES: Final[dict[str, dict[str, Any]]] = yaml.safe_load(
    _VARIABLE.sub(r"\1", FILE.read_text("utf-8"))
)["services"]


def size(written: str) -> int:
    """Return the bytes of a size such as ``512m``."""
    return int(written[:-1]) * _UNITS[written[-1]]
