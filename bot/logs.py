"""Logs: events and facts, never anything a person said, no name, no file name, no token."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, event, and the facts given as ``extra``.

    A traceback is written as the names of its exceptions and its places in the code: the
    exceptions' own messages may quote what somebody said.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = _places(record.exc_info[1])
        return json.dumps(line, default=lambda value: type(value).__name__)


def begin(*, verbose: bool) -> None:
    """Log warnings, or with ``verbose`` our own progress too, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for ours in ("bot", "pipeline", "storage"):
        logging.getLogger(ours).setLevel(logging.INFO if verbose else logging.WARNING)


def _places(error: BaseException) -> list[str]:
    places = [type(error).__name__]
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(
            f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno} {code.co_name}"
        )
        trace = trace.tb_next
    return places
