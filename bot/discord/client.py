"""Discord as a platform: connect, take messages and commands in, send answers, let go."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, Protocol

import aiohttp
import discord

from bot import messages
from bot.commands import Commands
from bot.discord import places
from bot.discord.cards import Cards, Stewards
from bot.discord.commands import Tree, add_commands, failed, offer
from bot.discord.intake import Messages
from bot.discord.outbox import FIRST_PAUSE_S, PATIENCE_S, Outbox, refusals
from bot.discord.places import PLATFORM, TITLE, Interaction, Locales, Place
from bot.discord.recordings import Downloads
from bot.discord.secrecy import LIBRARIES
from bot.discord.texts import shortened
from bot.discord.underway import Underway
from bot.discord.voices import Enrolling
from bot.discretion import discreet_libraries
from bot.reaching import reached
from bot.settings import Discord as Settings
from bot.types import Address, Intake
from pipeline.errors import (
    DragomanError,
    PlatformError,
    PlatformRefusedError,
    PlatformUnreachableError,
)
from pipeline.types import Speech
from storage.types import Chat

_NONCE: Final = 24
"""Characters of a nonce, less one."""
_STRANGE_S: Final = 2.0
"""After this, a button that no part of the bot has answered is answered here: Discord waits for
three seconds."""

_log = logging.getLogger(__name__)


class Calls(Protocol):
    """Live calls, as the platform tells them what happens. Nothing of it raises."""

    async def started(self, client: discord.Client, outbox: Outbox) -> None:
        """Begin: the servers are known. Called once."""
        ...

    def posted(self, message: discord.Message) -> None:
        """Take note that something was written somewhere."""
        ...

    async def voice_state(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Take note that somebody came, went, moved, or is muted or deafened."""
        ...

    async def gone(self, guild: discord.Guild) -> None:
        """Forget a server that the bot was removed from."""
        ...

    async def stop(self) -> None:
        """Join no call any more."""
        ...

    async def close(self) -> None:
        """Leave every call; the client is still connected."""
        ...


@dataclass(frozen=True, slots=True)
class Additions:
    """What other parts of the bot add to the text side."""

    calls: Calls | None = None
    extend: Callable[[Tree], None] | None = None
    """Adds commands to the tree, before they are offered."""
    stewards: Stewards | None = None
    """Whose roles may change a server's settings, besides those who may manage it."""


@dataclass(frozen=True, slots=True)
class Wire:
    """How Discord is reached."""

    first_pause_s: float = FIRST_PAUSE_S
    """Waits between tries begin so and double."""
    ready_s: float = 2.0
    """How long Discord may take between telling of one server and the next, when it connects."""
    connector: Callable[[], aiohttp.BaseConnector] | None = None
    """Makes the library's connections, in place of its own choice."""


class Client(discord.Client):
    """The library's client, with what the bot does about each event."""

    def __init__(
        self,
        desk: Intake,
        commands: Commands,
        *,
        limit: Callable[[], int],
        sees: bool = True,
        additions: Additions,
        wire: Wire,
    ) -> None:
        """Read no more bytes of a file than ``limit``; without ``sees``, no content of messages."""
        super().__init__(
            intents=intents(content=sees),
            max_messages=None,
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=PATIENCE_S,
            guild_ready_timeout=wire.ready_s,
            connector=wire.connector() if wire.connector else None,
        )
        self.outbox = Outbox(self, wire.first_pause_s)
        self.underway = Underway()
        self._commands = commands
        self._calls = additions.calls
        self._started = False
        locales = Locales()
        downloads = Downloads(self, limit, wire.first_pause_s)
        self.incoming = Messages(
            self, self.outbox, downloads, desk, commands, locales, time.monotonic
        )
        self._cards = Cards(commands, locales, sees=sees, stewards=additions.stewards)
        self.tree = Tree(self, self._cards, self.underway.begin)
        enrolling = Enrolling(self.outbox, downloads, desk, commands, self._cards)
        add_commands(self.tree, commands, self.incoming.translate, enrolling.enroll)
        if additions.extend is not None:
            additions.extend(self.tree)

    async def close(self) -> None:
        """Let go of the connection, and of a wait that the library leaves behind."""
        await super().close()
        waiting = self._connection._ready_task  # noqa: SLF001 - for servers to be told of
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the library does
        """Pass an event on; what still comes in while the client closes finds nobody."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def setup_hook(self) -> None:
        """Offer the commands; without it, those that Discord knows work all the same."""
        try:
            await offer(self.tree)
        except PlatformError as error:
            _log.warning("commands not offered", extra={"code": error.code, **error.details})

    async def on_ready(self) -> None:
        """Begin with calls, once."""
        _log.info("connected", extra={"platform": PLATFORM, "servers": len(self.guilds)})
        if self._calls is not None and not self._started:
            self._started = True
            await self._calls.started(self, self.outbox)

    async def on_message(self, message: discord.Message) -> None:
        """See a message through."""
        self.underway.begin()
        if self._calls is not None:
            self._calls.posted(message)
        try:
            await self.incoming.take(message)
        except DragomanError as error:
            _log.warning("message failed", extra={"code": error.code, **error.details})
            if not isinstance(error, PlatformError):
                await self._apologize(message, error)
        except Exception:  # noqa: BLE001 - a fault nobody has thought of costs this message alone
            _log.exception("message failed")
            await self._apologize(message, DragomanError())

    async def on_interaction(self, interaction: Interaction) -> None:
        """See a button or a form through; the tree takes the commands."""
        kinds = {discord.InteractionType.component, discord.InteractionType.modal_submit}
        if interaction.type not in kinds:
            return
        self.underway.begin()
        try:
            if self._cards.owns(interaction):
                await self._cards.press(interaction)
            else:
                await self._answer_strange(interaction)
        except Exception as error:  # noqa: BLE001 - likewise, and it ends in an answer
            await failed(interaction, error)

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Tell the calls."""
        if self._calls is not None:
            await self._calls.voice_state(member, before, after)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that the bot was removed from."""
        self.underway.begin()
        try:
            await self._commands.left(Chat(PLATFORM, str(guild.id)))
        except DragomanError as error:
            _log.warning("server not forgotten", extra={"code": error.code})
        if self._calls is not None:
            await self._calls.gone(guild)

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        """Note a fault of ours; what it was about is not."""
        _log.exception("event failed", extra={"event": event_method})

    async def _answer_strange(self, interaction: Interaction) -> None:
        """Answer a button that no part of the bot knows any more."""
        await asyncio.sleep(_STRANGE_S)
        if not interaction.response.is_done():
            stale = messages.say("card.stale", str(interaction.locale))
            with refusals():
                await interaction.response.send_message(stale, ephemeral=True)

    async def _apologize(self, message: discord.Message, error: DragomanError) -> None:
        place = Place.of(places.address_of(message))
        try:
            await self.outbox.say(place, messages.public(error, ""))
        except PlatformError as failure:
            _log.warning("not told", extra={"code": failure.code})


class Discord:
    """See ``bot.types.Platform``."""

    name = PLATFORM

    def __init__(
        self,
        settings: Settings,
        desk: Intake,
        commands: Commands,
        *,
        limit: Callable[[], int],
        additions: Additions | None = None,
        wire: Wire | None = None,
    ) -> None:
        """Set ``settings.token``; ``limit`` says how many bytes are downloaded of a file."""
        self._settings = settings
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        """Not running: nothing is taken in."""
        self._idle.set()
        self._settled = asyncio.Event()
        """Logged in, or certain not to be."""
        self._calls = (additions or Additions()).calls
        self._client: Client | None = None
        self._connection: asyncio.Task[None] | None = None
        self._discretion = ExitStack()
        wire = wire or Wire()
        self._first_pause_s = wire.first_pause_s

        def build(*, sees: bool) -> Client:
            return Client(
                desk,
                commands,
                limit=limit,
                sees=sees,
                additions=additions or Additions(),
                wire=wire,
            )

        self._build = build

    async def run(self) -> None:
        """Take notes and commands in until ``stop``; raises PlatformError if it can't."""
        self._discretion.enter_context(discreet_libraries(*LIBRARIES))
        self._idle.clear()
        try:
            pause_s = self._first_pause_s
            client = await reached(PLATFORM, self._log_in, self._stopping, pause_s)
            self._settled.set()
            if client is not None:
                await self._connect(client)
        finally:
            self._settled.set()
            self._idle.set()

    async def stop(self) -> None:
        """Take nothing more in; what was taken may still be answered.

        The connection stays until ``close``: who sends a note meanwhile is told of the restart.
        """
        self._stopping.set()
        if self._client is not None:
            self._client.incoming.stop()
        if self._calls is not None:
            await self._calls.stop()
        await self._idle.wait()
        if self._client is not None:
            await self._client.underway.end()

    async def close(self) -> None:
        """Let go of every connection."""
        self._settled.set()
        client, self._client = self._client, None
        if self._calls is not None:
            await self._calls.close()
        if client is not None:
            await client.underway.end()
            await client.close()
        if self._connection is not None:
            # It may be waiting for a better time to connect again.
            self._connection.cancel()
            await asyncio.gather(self._connection, return_exceptions=True)
        self._discretion.close()

    async def tell(self, address: Address, sentence: str) -> None:
        """Say a sentence later, replying to the message; raises PlatformError."""
        outbox = await self._connected()
        await outbox.say(Place.of(address), sentence)

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        """Send speech later, replying to the message; raises PlatformError.

        A voice message has no words of its own, so the caption goes before it. What is delivered
        again within a few minutes, as after a crash, is not seen twice.
        """
        outbox, place = await self._connected(), Place.of(address)
        nonce = address.message.replace("/", "-")[:_NONCE]
        await outbox.text(place, shortened(caption), nonce=f"c{nonce}")
        await outbox.voice(place, speech.clip, nonce=f"v{nonce}")

    async def _connected(self) -> Outbox:
        await self._settled.wait()
        if self._client is None:
            raise PlatformUnreachableError(platform=TITLE, reason="closed")
        return self._client.outbox

    async def _log_in(self) -> Client:
        """Log in; without the right to read messages if the application does not have it."""
        client = await self._logged_in(sees=True)
        flags = client.application.flags if client.application else discord.ApplicationFlags()
        if flags.gateway_message_content or flags.gateway_message_content_limited:
            return client
        _log.warning("notes in servers are not shown: the message content intent is off")
        await client.close()
        return await self._logged_in(sees=False)

    async def _logged_in(self, *, sees: bool) -> Client:
        token = self._settings.token
        if token is None:
            raise ValueError("Discord needs a token")
        client = self._client = self._build(sees=sees)
        try:
            with refusals():
                await client.login(token.get_secret_value())
        except ValueError:
            # Letters that no header can carry.
            raise PlatformRefusedError(platform=TITLE, reason="token.discord") from None
        except PlatformUnreachableError:
            self._client = None
            await client.close()
            raise
        return client

    async def _connect(self, client: Client) -> None:
        """Stay connected until ``stop``, through whatever happens to the connection."""
        connection = self._connection = asyncio.create_task(client.connect())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({connection, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if connection.done():
            with refusals():
                connection.result()
            raise PlatformUnreachableError(platform=TITLE, reason="closed")


def intents(*, content: bool) -> discord.Intents:
    """Return what Discord is asked to tell; ``content`` must be switched on for the application."""
    return discord.Intents(
        guilds=True,
        voice_states=True,
        guild_messages=True,
        dm_messages=True,
        message_content=content,
    )
