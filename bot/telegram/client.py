"""Telegram as a platform: connect, take updates in, send answers, let go."""

import asyncio
import logging
import time
from contextlib import ExitStack
from functools import partial
from typing import Final

from telegram import BotCommand
from telegram.request import HTTPXRequest

from bot import messages
from bot.commands import Commands
from bot.discretion import discreet_libraries
from bot.reaching import reached
from bot.settings import Telegram as Settings
from bot.telegram.commands import Cards
from bot.telegram.intake import Messages
from bot.telegram.outbox import Outbox, refusals
from bot.telegram.patience import Patience
from bot.telegram.places import PLATFORM, TITLE, Place
from bot.telegram.polling import Polling
from bot.telegram.recordings import Downloads
from bot.telegram.secrecy import LIBRARIES, QuietBot
from bot.telegram.updates import Underway, Updates
from bot.telegram.webhook import Webhook
from bot.types import Address, Intake
from pipeline.errors import PlatformError, PlatformUnreachableError
from pipeline.types import Speech

_CONNECTIONS: Final = 64
_READ_S: Final = 30.0
_WRITE_S: Final = 60.0
_CONNECT_S: Final = 10.0
_POOL_S: Final = 60.0

_log = logging.getLogger(__name__)


class Telegram:
    """See ``bot.types.Platform``."""

    name = PLATFORM

    def __init__(
        self,
        settings: Settings,
        desk: Intake,
        commands: Commands,
        *,
        read_timeout_s: float = _READ_S,
        first_pause_s: float = 0.5,
    ) -> None:
        """Set ``settings.token``. Waits between tries begin at ``first_pause_s`` and double."""
        self._settings = settings
        self._desk = desk
        self._commands = commands
        self._read_timeout_s = read_timeout_s
        self._first_pause_s = first_pause_s
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        """Not running: nothing is taken in."""
        self._idle.set()
        self._settled = asyncio.Event()
        """Connected, or certain not to be."""
        self._bot: QuietBot | None = None
        self._outbox: Outbox | None = None
        self._discretion = ExitStack()

    async def run(self) -> None:
        """Take notes and commands in until ``stop``; raises PlatformError if it can't."""
        self._discretion.enter_context(discreet_libraries(*LIBRARIES))
        self._idle.clear()
        try:
            await self._receive()
        finally:
            self._idle.set()

    async def _receive(self) -> None:
        try:
            patience = Patience(self._first_pause_s)
            # The library reads certificates while it is put together.
            bot = self._bot = await asyncio.to_thread(self._build, patience)
            begin = partial(_initialized, bot)
            if not await reached(PLATFORM, begin, self._stopping, self._first_pause_s):
                return
            self._outbox = Outbox(bot)
            underway = Underway(self._updates(bot, self._outbox, patience).handle)
        finally:
            self._settled.set()
        await self._offer_commands(bot)
        _log.info("connected", extra={"platform": PLATFORM})
        settings = self._settings.webhook
        if settings is not None:
            await Webhook(bot, underway, settings).run(self._stopping)
        else:
            await Polling(bot, underway, self._first_pause_s).run(self._stopping)

    async def stop(self) -> None:
        """Take nothing more in; what was taken may still be answered."""
        self._stopping.set()
        await self._idle.wait()

    async def close(self) -> None:
        """Let go of every connection."""
        self._settled.set()
        self._outbox = None
        if self._bot is not None:
            await self._bot.shutdown()
        self._discretion.close()

    async def tell(self, address: Address, sentence: str) -> None:
        """Say a sentence later, replying to the message; raises PlatformError."""
        outbox = await self._connected()
        await outbox.say(Place.of(address), sentence)

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        """Send speech later, replying to the message; raises PlatformError."""
        outbox = await self._connected()
        await outbox.voice(Place.of(address), speech.clip, caption)

    async def _connected(self) -> Outbox:
        await self._settled.wait()
        if self._outbox is None:
            raise PlatformUnreachableError(platform=TITLE, reason="closed")
        return self._outbox

    def _build(self, patience: Patience) -> QuietBot:
        settings = self._settings
        if settings.token is None:
            raise ValueError("Telegram needs a token")
        server = settings.api_url.rstrip("/")
        return QuietBot(
            settings.token.get_secret_value(),
            base_url=f"{server}/bot",
            base_file_url=f"{server}/file/bot",
            local_mode=settings.local_mode,
            rate_limiter=patience,
            request=self._requests(_CONNECTIONS),
            get_updates_request=self._requests(2),
        )

    def _requests(self, connections: int) -> HTTPXRequest:
        return HTTPXRequest(
            connection_pool_size=connections,
            read_timeout=self._read_timeout_s,
            write_timeout=_WRITE_S,
            media_write_timeout=_WRITE_S,
            connect_timeout=_CONNECT_S,
            pool_timeout=_POOL_S,
        )

    def _updates(self, bot: QuietBot, outbox: Outbox, patience: Patience) -> Updates:
        clock = time.monotonic
        downloads = Downloads(bot, patience, local=self._settings.local_mode)
        cards = Cards(bot, outbox, self._commands, clock)
        incoming = Messages(bot, outbox, downloads, cards, self._desk, self._commands, clock)
        return Updates(outbox, incoming, cards)

    async def _offer_commands(self, bot: QuietBot) -> None:
        """Show the menu of commands in both languages; without it, they work all the same."""
        try:
            with refusals():
                await bot.set_my_commands(self._menu("en"))
                await bot.set_my_commands(self._menu("vi"), language_code="vi")
        except PlatformError as error:
            _log.warning("commands not offered", extra={"code": error.code})

    def _menu(self, locale: str) -> list[BotCommand]:
        translate = BotCommand("translate", messages.say("menu.translate", locale))
        menu = self._commands.menu(locale)
        return [translate, *(BotCommand(each.name, each.text) for each in menu)]


async def _initialized(bot: QuietBot) -> bool:
    with refusals():
        await bot.initialize()
    return True
