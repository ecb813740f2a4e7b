"""``python -m tests.soak``: an hour of audio of mixed traffic with faults, or too much of it."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.soak.overload import overload
from tests.soak.overload_report import overload_figures, overload_page
from tests.soak.page import page
from tests.soak.report import figures
from tests.soak.soak import soak

_CAPACITY_S = 20.0
_MARK = "<!-- figures: {} -->"
"""What stands before and after a page of figures in a document."""


def main() -> int:
    """Soak, say what was seen, and return whether all is well."""
    options = _options()
    # As Ctrl-C does, so that nothing that was started is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        report, plain = (
            _overloaded(options, Path(folder))
            if options.overload
            else _soaked(options, Path(folder))
        )
        if options.log:
            options.log.write_bytes((Path(folder) / "log").read_bytes())
    sys.stdout.write(json.dumps(plain, indent=2) + "\n" if options.json else report)
    if options.write:
        write(options.write, "overload" if options.overload else "soak", report)
    return 1 if plain["faults"] else 0


def _soaked(options: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    found = figures(asyncio.run(soak(folder, options.audio_seconds, options.seed)))
    return page(found), found.plain()


def _overloaded(options: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    seconds = options.overload_seconds
    done = asyncio.run(overload(folder, min(_CAPACITY_S, seconds), seconds, options.seed))
    found = overload_figures(done, options.bound_seconds)
    return overload_page(found), found.plain()


def write(document: Path, name: str, report: str) -> None:
    """Put the page where the document has its mark."""
    mark, text = _MARK.format(name), document.read_text("utf-8")
    before, _, after = text.partition(mark)
    _, _, rest = after.partition(mark)
    document.write_text(f"{before}{mark}\n{report}{mark}{rest}", "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--audio-seconds", type=float, default=3600.0, metavar="N")
    parser.add_argument("--overload", action="store_true", help="5 times what the machine can do")
    parser.add_argument("--overload-seconds", type=float, default=75.0, metavar="N")
    parser.add_argument("--bound-seconds", type=float, default=30.0, metavar="N", help="text p95")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="figures for machines")
    parser.add_argument("--write", type=Path, metavar="DOC", help="also into this document")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep the bot's log")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
