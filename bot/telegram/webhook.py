"""Waits for Telegram's calls, behind a server that speaks TLS."""

import asyncio
import re
import socket
from urllib.parse import urlsplit

from telegram import Update
from telegram.ext import Updater

from bot.settings import Webhook as Settings
from bot.telegram.outbox import refusals
from bot.telegram.secrecy import QuietBot
from bot.telegram.updates import KINDS, Underway
from pipeline.errors import ConfigurationError


class Webhook:
    """Telegram proves itself by the secret that it was given; a call without it is refused."""

    def __init__(self, bot: QuietBot, underway: Underway, settings: Settings) -> None:
        self._bot = bot
        self._underway = underway
        self._settings = settings

    async def run(self, stopping: asyncio.Event) -> None:
        """Take updates until ``stopping``; raises PlatformError and ConfigurationError."""
        settings = self._settings
        await asyncio.to_thread(_check_free, settings.listen, settings.port)
        queue: asyncio.Queue[object] = asyncio.Queue()
        # It is never shut down: that would close the bot, which has answers to send yet.
        updater = Updater(self._bot, queue)
        with refusals():
            await updater.initialize()
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
        await self._underway.end()

    async def _take(self, queue: asyncio.Queue[object]) -> None:
        while True:
            update = await queue.get()
            if isinstance(update, Update):
                self._underway.begin(update)
            queue.task_done()


def _check_free(address: str, port: int) -> None:
    """Raise ConfigurationError where nobody can listen; the library would leave a socket open."""
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        reason = error.strerror or ""
        raise ConfigurationError(setting="telegram.webhook.port", reason=reason) from None
