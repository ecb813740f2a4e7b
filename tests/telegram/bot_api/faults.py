"""What can go wrong between a bot and Telegram, ordered by method and number."""

import math
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.telegram.bot_api.refusals import too_many_requests

DOWNLOAD = "download"
"""The name under which faults meet the download of a file."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error; nothing is done."""

    status: int
    description: str
    retry_after: int | None = None
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
    """Whether the request takes effect before the wait; otherwise after it, client or no client."""


@dataclass(frozen=True, slots=True)
class Trickle:
    """A download that comes in drops."""

    bytes_per_second: int


@dataclass(frozen=True, slots=True)
class Truncate:
    """A download that ends early."""

    keep: int
    """Bytes that arrive."""
    honest: bool = True
    """Whether the announced length is the true one, so that the cut shows in HTTP."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A download that is to be had elsewhere."""

    to: str


Fault: TypeAlias = Refuse | Drop | Slow | Trickle | Truncate | Redirect


def flood_wait(seconds: int) -> Refuse:
    """429."""
    return Refuse(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def server_error() -> Refuse:
    """500, as the API says it."""
    return Refuse(500, "Internal Server Error")


def bad_gateway() -> Refuse:
    """502, as a front server says it: a page, not JSON."""
    return Refuse(502, "Bad Gateway", page=True)


def conflict() -> Refuse:
    """409, as if another copy of the bot were polling."""
    return Refuse(
        409,
        "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running",
    )


@dataclass
class _Order:
    method: str
    fault: Fault
    times: float
    skip: int
    chat: int | None
    share: float

    def meets(self, method: str, chat: int | None) -> bool:
        named = self.method == method or (
            self.method == "*" and method not in {"getUpdates", DOWNLOAD}
        )
        return named and self.times > 0 and (self.chat is None or self.chat == chat)


@dataclass
class Faults:
    """The orders that are open. Methods by Telegram's names, ``download`` for files, or ``*``."""

    seed: int = 0
    happened: list[tuple[str, Fault]] = field(default_factory=list)
    _orders: list[_Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The same seed gives the same faults."""
        self._chance = random.Random(self.seed)

    def add(
        self, method: str, fault: Fault, *, times: int = 1, skip: int = 0, chat: int | None = None
    ) -> None:
        """Let the next ``times`` calls meet the fault, after ``skip`` calls went well."""
        self._orders.append(_Order(method, fault, times, skip, chat, 1.0))

    def always(self, method: str, fault: Fault, *, share: float = 1.0) -> None:
        """Let a share of all calls, in [0, 1], meet the fault until ``clear``."""
        self._orders.append(_Order(method, fault, math.inf, 0, None, share))

    def clear(self) -> None:
        """Everything goes well again."""
        self._orders.clear()

    @property
    def unmet(self) -> list[tuple[str, Fault]]:
        """Counted orders that have not happened as often as ordered."""
        return [(o.method, o.fault) for o in self._orders if 0 < o.times < math.inf]

    def take(self, method: str, chat: int | None) -> Fault | None:
        """The fault this call meets, if any."""
        for order in self._orders:
            if not order.meets(method, chat):
                continue
            if order.skip:
                order.skip -= 1
                continue
            if order.share < 1 and self._chance.random() >= order.share:
                continue
            order.times -= 1
            self.happened.append((method, order.fault))
            return order.fault
        return None


@dataclass
class FloodLimits:
    """Telegram's limits as its FAQ for bots states them, with a short burst allowed per chat."""

    clock: Callable[[], float]
    burst: int = 5
    """Messages a chat takes at once before one per second holds; the FAQ only says "short"."""
    group_per_minute: int = 20
    everywhere_per_second: int = 30
    _sent: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _due: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """When a chat would have taken all its messages at one per second."""
    _everywhere: deque[float] = field(default_factory=deque)

    def admit(self, chat: int, *, group: bool) -> None:
        """Count one message. Raises RefusalError 429, and then does not count it."""
        now = self.clock()
        sent = self._sent[chat]
        for times, span in ((sent, 60.0), (self._everywhere, 1.0)):
            while times and times[0] <= now - span:
                times.popleft()
        wait = 0.0
        if len(self._everywhere) >= self.everywhere_per_second:
            wait = self._everywhere[0] + 1 - now
        if group and len(sent) >= self.group_per_minute:
            wait = max(wait, sent[0] + 60 - now)
        due = max(self._due[chat], now) + 1
        wait = max(wait, due - now - self.burst)
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        self._due[chat] = due
        sent.append(now)
        self._everywhere.append(now)
