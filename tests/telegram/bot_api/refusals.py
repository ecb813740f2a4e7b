"""How the Bot API says no: status, Telegram's own words, and what the client may do about it."""

from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object, as it crosses the wire."""


@dataclass(eq=False)
class RefusalError(Exception):
    """An answer with ``ok: false``."""

    status: int
    description: str
    retry_after: int | None = None
    """Seconds."""
    migrate_to: int | None = None
    """The chat a group has become."""

    def body(self) -> Json:
        """The answer as the client reads it."""
        body: Json = {"ok": False, "error_code": self.status, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        if self.migrate_to is not None:
            body["parameters"] = {"migrate_to_chat_id": self.migrate_to}
        return body


def bad_request(what: str) -> RefusalError:
    """400: the request itself is wrong."""
    return RefusalError(400, f"Bad Request: {what}")


def forbidden(what: str) -> RefusalError:
    """403: the bot may not write there."""
    return RefusalError(403, f"Forbidden: {what}")


def conflict(what: str) -> RefusalError:
    """409: two ways of receiving updates at once."""
    return RefusalError(409, f"Conflict: {what}")


def too_many_requests(seconds: int) -> RefusalError:
    """429: come back after so many seconds."""
    return RefusalError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
