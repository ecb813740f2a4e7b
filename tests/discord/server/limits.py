"""Rate limits: so many requests per window, per route and channel, told in every answer's headers.

The API reference names the headers and the limit over all routes; it leaves the limits of single
routes open. Those here are what its servers have long answered with.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.discord.server.refusals import TooManyRequestsError

EVERYWHERE = 50
"""Requests per second, over all routes but those of interactions."""


@dataclass(frozen=True, slots=True)
class Rule:
    """So many requests per window."""

    requests: int
    seconds: float


@dataclass
class _Window:
    started: float = 0.0
    used: int = 0


@dataclass
class Limits:
    """The windows that are open."""

    pace: float = 1.0
    """How fast windows pass: at 100, five seconds take 50 ms."""
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)
    _everywhere: _Window = field(default_factory=_Window)

    def admit(self, route: str, major: str, rule: Rule | None, *, counted: bool) -> dict[str, str]:
        """Count one request; return the headers. Raises TooManyRequestsError.

        ``major`` is the channel, server or token that has a window of its own; ``counted`` says
        whether the limit over all routes counts it.
        """
        now = time.monotonic()
        if counted:
            wait = self._count(self._everywhere, Rule(EVERYWHERE, 1.0), now)
            if wait > 0:
                raise TooManyRequestsError(retry_after=wait, everywhere=True)
        if rule is None:
            return {}
        window = self._windows.setdefault((route, major), _Window())
        wait = self._count(window, rule, now)
        left = window.started + rule.seconds / self.pace - now
        headers = {
            "X-RateLimit-Limit": str(rule.requests),
            "X-RateLimit-Remaining": str(rule.requests - window.used),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }
        if wait > 0:
            raise TooManyRequestsError(retry_after=wait, headers=headers)
        return headers

    def _count(self, window: _Window, rule: Rule, now: float) -> float:
        """Count into a window; return how many seconds to wait if it is full."""
        end = window.started + rule.seconds / self.pace
        if now >= end:
            window.started, window.used = now, 0
        elif window.used >= rule.requests:
            return round(end - now + 0.0005, 3)
        window.used += 1
        return 0.0


def too_many_headers(refusal: TooManyRequestsError) -> Mapping[str, str]:
    """What goes with a 429; ``Via`` tells clients that it is no ban by the front servers."""
    return {
        "Via": "1.1 google",
        "Retry-After": f"{max(1, round(refusal.retry_after))}",
        "X-RateLimit-Scope": "global" if refusal.everywhere else "user",
        **({"X-RateLimit-Global": "true"} if refusal.everywhere else refusal.headers),
    }
