"""What libraries know of tokens and messages reaches no log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_log = logging.getLogger(__name__)


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
def discreet_libraries(*names: str) -> Iterator[None]:
    """Keep these loggers' lines from every other handler; warnings become facts."""
    facts = _Facts(logging.WARNING)
    loggers = [logging.getLogger(name) for name in names]
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
