"""The line of updates a bot has to fetch, by long polling, and what confirms them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from tests.telegram.bot_api.parameters import GetUpdates
from tests.telegram.bot_api.refusals import Json, conflict

UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds a bot gets only when it lists them."""


class Bell:
    """Wakes everybody who waits for a change."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something has changed."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self) -> None:
        """Return at the next change."""
        await self._rung.wait()

    async def until(self, happened: Callable[[], bool], seconds: float) -> None:
        """Wait for a condition that only changes can fulfil. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not happened():
                await self.wait()


@dataclass
class Updates:
    """Updates in order, until the bot confirms them."""

    bell: Bell
    pending: list[Json] = field(default_factory=list)
    confirmed: list[Json] = field(default_factory=list)
    allowed: frozenset[str] | None = None
    """The kinds the bot asked for; ``None`` is Telegram's default."""
    webhook: bool = False
    """Whether a webhook is set, which rules out polling."""
    _again: list[Json] = field(default_factory=list)
    _next: int = 482_000_001
    _turn: int = 0

    def allow(self, kinds: Sequence[str] | None) -> None:
        """Remember what the bot wants; an absent list leaves the last one standing."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def add(self, kind: str, body: Json) -> None:
        """Queue an update, unless the bot does not want its kind."""
        wanted = kind in self.allowed if self.allowed else kind not in UNASKED
        if not wanted:
            return
        self.pending.append({"update_id": self._next, kind: body})
        self._next += 1
        self.bell.ring()

    def redeliver(self, last: int = 1) -> None:
        """Deliver the last so many confirmed updates once more, under the same ``update_id``."""
        if len(self.confirmed) < last:
            raise AssertionError(f"only {len(self.confirmed)} updates have been confirmed")
        self._again.extend(self.confirmed[-last:])
        self.bell.ring()

    def drop(self) -> None:
        """Forget what is pending."""
        self.pending.clear()

    def confirm_before(self, offset: int) -> None:
        """Take an offset: what lies before it has arrived."""
        done = [update for update in self.pending if update["update_id"] < offset]
        self.confirmed.extend(done)
        self.pending = self.pending[len(done) :]
        if done:
            self.bell.ring()

    def first(self) -> Json | None:
        """What a webhook gets next."""
        waiting = [*self._again, *self.pending]
        return waiting[0] if waiting else None

    def confirm(self, update: Json) -> None:
        """Note that the webhook took the update."""
        if any(update is again for again in self._again):
            self._again = [again for again in self._again if again is not update]
        elif update in self.pending:
            self.pending.remove(update)
            self.confirmed.append(update)
        self.bell.ring()

    async def settled(self, seconds: float = 10) -> None:
        """Wait until the bot has confirmed everything. Raises TimeoutError."""
        await self.bell.until(lambda: self.first() is None, seconds)

    async def poll(self, asked: GetUpdates) -> list[Json]:
        """Answer getUpdates; a later call ends an earlier one. Raises RefusalError 409."""
        if self.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
        self.allow(asked.allowed_updates)
        self._turn += 1
        turn = self._turn
        self.bell.ring()
        if asked.offset < 0:
            kept = self.pending[asked.offset :]
            self.confirm_before(kept[0]["update_id"] if kept else self._next)
        self.confirm_before(asked.offset)
        try:
            await self.bell.until(
                lambda: bool(self._again or self.pending or turn != self._turn or self.webhook),
                asked.timeout,
            )
        except TimeoutError:
            return []
        if turn != self._turn or self.webhook:
            self._terminated()
        again, self._again = self._again[: asked.limit], self._again[asked.limit :]
        return [*again, *self.pending[: asked.limit - len(again)]]

    def _terminated(self) -> NoReturn:
        by = "setWebhook" if self.webhook else "other getUpdates"
        hint = "" if self.webhook else "; make sure that only one bot instance is running"
        raise conflict(f"terminated by {by} request{hint}")
