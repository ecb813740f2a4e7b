"""Logs: events and facts, never anything a person said, no name, no file name, no token."""

import codecs
import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CONTROLS: Final = re.compile("[\x7f-\x9f\u2028\u2029]")
"""What ends a line or steers a terminal, and JSON leaves as it is."""
OURS: Final = ("bot", "pipeline", "storage")
HEEDED: Final = "bot.reloading"
"""Answers to what an operator does while it runs, who waits for them."""
CHATTY: Final = ("httpx", "httpcore", "urllib3", "gtts", "faster_whisper", "huggingface_hub")
"""Libraries whose information holds addresses, texts or tokens."""


class Facts(logging.Formatter):
    """Time, level, logger, event, and the facts given as ``extra``.

    A traceback is written as the names of its exceptions and its places in the code: the
    exceptions' own messages may quote what somebody said.
    """

    def facts(self, record: logging.LogRecord) -> dict[str, object]:
        """Return what the line says."""
        facts: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        facts |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info and record.exc_info[1]:
            facts["exception"] = _places(record.exc_info[1])
        return facts


class JsonLine(Facts):
    """One JSON object a line, for machines; with letters as they are, for people too."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii_only = ascii_only

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = json.dumps(
            self.facts(record),
            default=lambda value: type(value).__name__,
            ensure_ascii=self._ascii_only,
        )
        return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


class PlainLine(Facts):
    """One line for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = self.facts(record)
        head = " ".join(str(facts.pop(name)) for name in ("time", "level", "logger", "event"))
        return " ".join([head, *(f"{name}={value}" for name, value in facts.items())])


def begin(stream: TextIO = sys.stderr, *, verbose: bool) -> None:
    """Log warnings, or with ``verbose`` our own progress too; JSON where nobody watches."""
    handler = logging.StreamHandler(stream)
    # What replaces a letter that can't be written, such as \xe0, would be no JSON.
    is_utf8 = codecs.lookup(stream.encoding or "utf-8").name == "utf-8"
    handler.setFormatter(PlainLine() if stream.isatty() else JsonLine(ascii_only=not is_utf8))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger(HEEDED).setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _places(error: BaseException) -> list[str]:
    places = [type(error).__name__]
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        module = trace.tb_frame.f_globals.get("__name__")
        places.append(f"{module}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places
