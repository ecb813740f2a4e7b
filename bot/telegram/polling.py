"""Asks Telegram for updates, and confirms none before it has been taken care of."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.reaching import LONGEST_PAUSE_S, set_within, unless
from bot.telegram.outbox import refusals
from bot.telegram.updates import KINDS, Underway

_HOLD_S: Final = 25
"""Telegram answers after so many seconds if nothing comes."""
_HANDLING_S: Final = 10.0
"""An update that takes longer is confirmed before it is done, so that others don't wait for it."""
_CONFLICTS: Final = 5
"""Times in a row that somebody else takes our updates, before we give up: a copy of the bot that is
just being stopped lets go within this."""

_log = logging.getLogger(__name__)


class Polling:
    """Long polling. An update that was not confirmed comes again after a restart."""

    def __init__(
        self,
        bot: ExtBot[int],
        underway: Underway,
        first_pause_s: float,
    ) -> None:
        self._bot = bot
        self._underway = underway
        self._first_pause_s = first_pause_s
        self._offset = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Take updates until ``stopping``; raises PlatformRefusedError."""
        with refusals():
            await self._bot.delete_webhook()
            while not stopping.is_set():
                updates = await self._next(stopping)
                if updates:
                    await self._take(updates)
        await self._underway.end()
        await self._confirm()

    async def _next(self, stopping: asyncio.Event) -> Sequence[Update]:
        """Return the next updates, however long it takes; none when stopping."""
        conflicts, pause = 0, self._first_pause_s
        while True:
            try:
                return await self._ask(stopping)
            except RetryAfter as error:
                wait = error.retry_after
                pause = wait if isinstance(wait, int) else wait.total_seconds()
            except Conflict:
                conflicts += 1
                if conflicts > _CONFLICTS:
                    raise
            except InvalidToken:
                raise
            except TelegramError as error:
                _log.warning("telegram not reached", extra={"error": type(error).__name__})
            if await set_within(stopping, pause):
                return ()
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _ask(self, stopping: asyncio.Event) -> Sequence[Update]:
        asked = self._bot.get_updates(self._offset, timeout=_HOLD_S, allowed_updates=KINDS)
        return await unless(stopping, asked) or ()

    async def _take(self, updates: Sequence[Update]) -> None:
        """Handle the updates, and confirm them when they are done."""
        batch = {self._underway.begin(update) for update in updates}
        await asyncio.wait(batch, timeout=_HANDLING_S)
        self._offset = updates[-1].update_id + 1

    async def _confirm(self) -> None:
        """Let Telegram forget what is done; what has come since stays for the next start."""
        try:
            await self._bot.get_updates(self._offset, limit=1, allowed_updates=KINDS)
        except TelegramError as error:
            _log.info("updates not confirmed", extra={"error": type(error).__name__})
