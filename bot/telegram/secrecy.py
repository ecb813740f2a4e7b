"""Nothing that the libraries know of tokens and messages reaches a log or a traceback."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from telegram.ext import ExtBot

_LIBRARIES: Final = ("telegram", "httpx", "httpcore", "tornado")
"""Their lines hold addresses with the token in them, and whole messages of people."""

_log = logging.getLogger(__name__)


class QuietBot(ExtBot[int]):
    """The library's bot, which otherwise shows its token wherever it is printed."""

    def __repr__(self) -> str:
        """Say what it is, and no more."""
        return "<the bot on Telegram>"


class _Facts(logging.Handler):
    """Passes on that a library complained, and where, but not what it said."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        # What the bot must know is raised to it as well, but for what the library calls critical.
        _log.log(
            logging.ERROR if record.levelno >= logging.CRITICAL else logging.INFO,
            "a library complains",
            extra={
                "library": record.name,
                "line": record.lineno,
                "error": type(error).__name__ if error else None,
            },
        )


@contextmanager
def discreet_libraries() -> Iterator[None]:
    """Keep the libraries' own log lines from every other handler; warnings become facts."""
    facts = _Facts(logging.WARNING)
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.propagate = False
        logger.addHandler(facts)
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(facts)
            logger.propagate = propagate
