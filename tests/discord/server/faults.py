"""What can go wrong between a bot and Discord, ordered by the title of the route and number."""

import math
import random
from dataclasses import dataclass, field
from typing import TypeAlias

DOWNLOAD = "Download Attachment"
"""The name under which faults meet the download of a file."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error; nothing is done."""

    status: int
    code: int
    message: str
    retry_after: float | None = None
    """Seconds, of a 429."""
    everywhere: bool = False
    """Whether a 429 is told of the limit over all routes."""
    page: bool = False
    """Whether the answer is a page of HTML, as the front servers send, and not the API's JSON."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer."""

    processed: bool
    """Whether the request took effect first: a blind retry then does it twice."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Let the client wait."""

    seconds: float
    processed: bool = False
    """Whether the request takes effect before the wait, or after it."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """A download that ends early."""

    keep: int
    """Bytes that arrive."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A download that is to be had elsewhere."""

    to: str


Fault: TypeAlias = Refuse | Drop | Slow | Truncate | Redirect


def rate_limited(seconds: float, *, everywhere: bool = False) -> Refuse:
    """429."""
    return Refuse(429, 0, "You are being rate limited.", seconds, everywhere)


def banned() -> Refuse:
    """429 as the front servers say it to an address with too many bad requests."""
    return Refuse(429, 0, "error code: 1015", page=True)


def server_error() -> Refuse:
    """500, as the API says it."""
    return Refuse(500, 0, "500: Internal Server Error")


def bad_gateway() -> Refuse:
    """502, as a front server says it: a page, not JSON."""
    return Refuse(502, 0, "502 Bad Gateway", page=True)


@dataclass
class _Order:
    route: str
    fault: Fault
    times: float
    skip: int
    channel: int | None
    share: float

    def meets(self, route: str, channel: int | None) -> bool:
        named = self.route == route or (self.route == "*" and route != DOWNLOAD)
        return named and self.times > 0 and self.channel in {None, channel}


@dataclass
class Faults:
    """The orders that are open. Routes by the API reference's titles, or ``*``."""

    seed: int = 0
    happened: list[tuple[str, Fault]] = field(default_factory=list)
    _orders: list[_Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The same seed gives the same faults."""
        self._chance = random.Random(self.seed)

    def add(
        self, route: str, fault: Fault, *, times: int = 1, skip: int = 0, channel: int | None = None
    ) -> None:
        """Let the next ``times`` requests meet the fault, after ``skip`` went well."""
        self._orders.append(_Order(route, fault, times, skip, channel, 1.0))

    def always(self, route: str, fault: Fault, *, share: float = 1.0) -> None:
        """Let a share of all requests, in [0, 1], meet the fault until ``clear``."""
        self._orders.append(_Order(route, fault, math.inf, 0, None, share))

    def clear(self) -> None:
        """Everything goes well again."""
        self._orders.clear()

    @property
    def unmet(self) -> list[tuple[str, Fault]]:
        """Counted orders that have not happened as often as ordered."""
        return [(o.route, o.fault) for o in self._orders if 0 < o.times < math.inf]

    def take(self, route: str, channel: int | None) -> Fault | None:
        """The fault this request meets, if any."""
        for order in self._orders:
            if not order.meets(route, channel):
                continue
            if order.skip:
                order.skip -= 1
                continue
            if order.share < 1 and self._chance.random() >= order.share:
                continue
            order.times -= 1
            self.happened.append((route, order.fault))
            return order.fault
        return None
