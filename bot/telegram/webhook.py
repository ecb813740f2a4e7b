"""Waits for Telegram's calls, behind a server that speaks TLS."""

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from telegram import Update
from telegram.ext import Updater

from bot.settings import Webhook as Settings
from bot.telegram.outbox import refusals
from bot.telegram.secrecy import QuietBot
from bot.telegram.updates import KINDS
from pipeline.errors import ConfigurationError

_HANDLING_S: Final = 10.0
"""When stopping, how long updates that were begun may take."""

_log = logging.getLogger(__name__)


class Webhook:
    """Telegram proves itself by the secret that it was given; a call without it is refused."""

    def __init__(
        self, bot: QuietBot, handle: Callable[[Update], Awaitable[None]], settings: Settings
    ) -> None:
        self._bot = bot
        self._handle = handle
        self._settings = settings
        self._handling: set[asyncio.Task[None]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Take updates until ``stopping``; raises PlatformError and ConfigurationError."""
        settings = self._settings
        await asyncio.to_thread(_check_free, settings.listen, settings.port)
        queue: asyncio.Queue[object] = asyncio.Queue()
        updater = Updater(self._bot, queue)
        async with updater:
            with refusals():
                await updater.start_webhook(
                    listen=settings.listen,
                    port=settings.port,
                    url_path=re.escape(urlsplit(settings.url).path),
                    webhook_url=settings.url,
                    secret_token=settings.secret.get_secret_value(),
                    allowed_updates=KINDS,
                )
            taking = asyncio.create_task(self._take(queue))
            try:
                await stopping.wait()
            finally:
                await updater.stop()
                await queue.join()
                taking.cancel()
                await asyncio.wait({taking})
        if self._handling:
            await asyncio.wait(self._handling, timeout=_HANDLING_S)

    async def _take(self, queue: asyncio.Queue[object]) -> None:
        while True:
            update = await queue.get()
            if isinstance(update, Update):
                task = asyncio.create_task(self._see_through(update))
                self._handling.add(task)
                task.add_done_callback(self._handling.discard)
            queue.task_done()

    async def _see_through(self, update: Update) -> None:
        await self._handle(update)


def _check_free(address: str, port: int) -> None:
    """Raise ConfigurationError where nobody can listen; the library would leave a socket open."""
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        reason = error.strerror or ""
        raise ConfigurationError(setting="telegram.webhook.port", reason=reason) from None
