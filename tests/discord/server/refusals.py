"""How Discord says no: HTTP status, JSON code, Discord's own words, and which field is wrong.

Codes and words are those of the API reference, "Opcodes and Status Codes", section "JSON".
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object, as it crosses the wire."""

_UNKNOWN = {
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "User": 10013,
    "Emoji": 10014,
    "Webhook": 10015,
    "interaction": 10062,
    "Voice State": 10065,
}


@dataclass(eq=False)
class RefusalError(Exception):
    """An answer that is an error."""

    status: int
    code: int
    message: str
    errors: Json | None = None
    """What is wrong with which field, as a tree."""

    def body(self) -> Json:
        """The answer as the client reads it."""
        errors = {"errors": self.errors} if self.errors else {}
        return {"message": self.message, "code": self.code, **errors}


@dataclass(eq=False)
class TooManyRequestsError(RefusalError):
    """429."""

    status: int = 429
    code: int = 0
    message: str = "You are being rate limited."
    retry_after: float = 1.0
    """Seconds."""
    everywhere: bool = False
    """Whether the limit is the one over all routes."""
    headers: dict[str, str] = field(default_factory=dict)
    """What every answer tells of the route's limit."""

    def body(self) -> Json:
        """The answer as the client reads it."""
        return {
            "message": self.message,
            "retry_after": self.retry_after,
            "global": self.everywhere,
        }


def unknown(what: str) -> RefusalError:
    """404: no such thing, or not for this bot."""
    return RefusalError(404, _UNKNOWN[what], f"Unknown {what}")


def unauthorized() -> RefusalError:
    """401: no token, or a wrong one."""
    return RefusalError(401, 0, "401: Unauthorized")


def missing_access() -> RefusalError:
    """403: the bot does not see the place."""
    return RefusalError(403, 50001, "Missing Access")


def missing_permissions() -> RefusalError:
    """403: the bot sees the place, and may not do this there."""
    return RefusalError(403, 50013, "Missing Permissions")


def refused(status: int, code: int, message: str) -> RefusalError:
    """Any other documented refusal."""
    return RefusalError(status, code, message)


def invalid(place: str, code: str, words: str) -> RefusalError:
    """400: a field is wrong; ``place`` is its path with dots, "" the whole body."""
    tree: Json = {"_errors": [{"code": code, "message": words}]}
    for step in reversed(place.split(".") if place else []):
        tree = {step: tree}
    return RefusalError(400, 50035, "Invalid Form Body", tree)
