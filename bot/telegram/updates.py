"""Each update once: to the part that it concerns, and no failure goes further than its update."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final

from telegram import Message, Update

from bot import messages
from bot.telegram.commands import Cards
from bot.telegram.intake import Messages
from bot.telegram.outbox import Outbox
from bot.telegram.places import place_of
from pipeline.errors import DragomanError, PlatformError

KINDS: Final = (Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
"""What Telegram is asked to send; edited messages are not among it."""
_LAST_S: Final = 5.0
"""How long updates that were begun may go on when the bot stops."""
_REMEMBERED: Final = 10_000
"""Updates whose numbers are kept, to know them when they come twice."""

_log = logging.getLogger(__name__)


class Underway:
    """Updates that are being handled, each in a task of its own."""

    def __init__(self, handle: Callable[[Update], Coroutine[Any, Any, None]]) -> None:
        self._handle = handle
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, update: Update) -> asyncio.Task[None]:
        """Start to handle an update."""
        task = asyncio.create_task(self._handle(update))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def end(self) -> None:
        """Wait a few seconds for what was begun, and cancel the rest."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=_LAST_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class Updates:
    """Handles updates."""

    def __init__(self, outbox: Outbox, incoming: Messages, cards: Cards) -> None:
        self._outbox = outbox
        self._messages = incoming
        self._cards = cards
        self._seen: OrderedDict[int, None] = OrderedDict()

    async def handle(self, update: Update) -> None:
        """See an update through; one that came before is passed over. Never raises."""
        if update.update_id in self._seen:
            return
        self._seen[update.update_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        try:
            await self._route(update)
        except DragomanError as error:
            _log.warning("update failed", extra={"code": error.code, **error.details})
            if not isinstance(error, PlatformError):
                await self._apologize(update, error)
        except Exception:  # noqa: BLE001 - a fault nobody has thought of costs this update alone
            _log.exception("update failed")
            await self._apologize(update, DragomanError())

    async def _route(self, update: Update) -> None:
        if update.message is not None:
            await self._messages.take(update.message)
        elif update.callback_query is not None:
            await self._cards.press(update.callback_query)
        elif update.my_chat_member is not None:
            await self._messages.membership(update.my_chat_member)

    async def _apologize(self, update: Update, error: DragomanError) -> None:
        message, user = update.effective_message, update.effective_user
        if not isinstance(message, Message):
            return
        sentence = messages.public(error, (user.language_code if user else None) or "")
        try:
            await self._outbox.say(place_of(message), sentence)
        except PlatformError as failure:
            _log.warning("not told", extra={"code": failure.code})
