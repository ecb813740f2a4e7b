"""``python -m tests.soak``: an hour of audio of mixed traffic with faults, or too much of it."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.soak.page import page
from tests.soak.report import figures
from tests.soak.soak import soak

_MARK = "<!-- figures: {} -->"
"""What stands before and after a page of figures in a document."""


def main() -> int:
    """Soak, say what was seen, and return whether all is well."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        found = figures(asyncio.run(soak(Path(folder), options.audio_seconds, options.seed)))
        if options.log:
            options.log.write_bytes((Path(folder) / "log").read_bytes())
    report = page(found)
    sys.stdout.write(json.dumps(found.plain(), indent=2) + "\n" if options.json else report)
    if options.write:
        write(options.write, "soak", report)
    return 1 if found.faults else 0


def write(document: Path, name: str, report: str) -> None:
    """Put the page where the document has its mark."""
    mark, text = _MARK.format(name), document.read_text("utf-8")
    before, _, after = text.partition(mark)
    _, _, rest = after.partition(mark)
    document.write_text(f"{before}{mark}\n{report}{mark}{rest}", "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--audio-seconds", type=float, default=3600.0, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="figures for machines")
    parser.add_argument("--write", type=Path, metavar="DOC", help="also into this document")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep the bot's log")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
