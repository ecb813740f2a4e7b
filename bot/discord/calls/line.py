"""The way into a call and back out of it; ears and mouth outlive what happens to it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

import discord

from bot.discord.calls.presence import VocalChannel
from bot.discord.ears.connection import Connection
from bot.discord.ears.ears import Ears
from bot.discord.ears.watchdog import Facts
from pipeline.errors import CallRefusedError

Lost: TypeAlias = Literal["kicked", "gone", "session"]
"""A session is lost with all that the library knew: servers are told of anew."""

_LOOK_S: Final = 1.0

_log = logging.getLogger(__name__)


class VoiceLine:
    """A connection to a voice channel, made anew where need be; see ``mouth.Player``."""

    def __init__(
        self, client: discord.Client, ears: Ears, timeout_s: float, lost: Callable[[Lost], None]
    ) -> None:
        """``lost`` is called once when Discord has ended the connection for good."""
        self._client = client
        self._ears = ears
        self._timeout_s = timeout_s
        self._lost = lost
        self._connection: Connection | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def connection(self) -> Connection | None:
        """The connection as it is now."""
        return self._connection

    async def open(self, channel: VocalChannel) -> None:
        """Connect, and watch over it from then on; raises CallRefusedError."""
        self._channel = channel
        self._connection = await self._connected(channel)
        self._watching = asyncio.create_task(self._watch())

    def facts(self) -> Facts:
        """Return what the watchdog wants to know."""
        return self._connection.facts() if self._connection else Facts(alive=False)

    async def rekey(self) -> None:
        """Ask for new keys; raises PlatformUnreachableError."""
        if self._connection is not None:
            await self._connection.rekey()

    async def rejoin(self) -> None:
        """Leave and come again; raises CallRefusedError."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if isinstance(connection.channel, VocalChannel):
                self._channel = connection.channel
            await _ended(connection)
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # discord.py swallows it while it disconnects
            raise asyncio.CancelledError
        self._connection = await self._connected(self._channel)

    async def close(self) -> None:
        """Hang up."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        connection, self._connection = self._connection, None
        if connection is not None:
            await _ended(connection)

    def play(
        self, source: discord.AudioSource, *, after: Callable[[Exception | None], Any] | None
    ) -> None:
        """Play into the channel; raises discord.ClientException if there is no connection."""
        if self._connection is None:
            raise discord.ClientException
        self._connection.play(source, after=after)

    def stop(self) -> None:
        """End what is played at once."""
        if self._connection is not None:
            self._connection.stop()

    def is_connected(self) -> bool:
        """Say whether anybody would hear it."""
        return self._connection is not None and self._connection.is_connected()

    async def _connected(self, channel: VocalChannel) -> Connection:
        try:
            return await channel.connect(
                cls=Connection.with_ears(self._ears), timeout=self._timeout_s, self_deaf=False
            )
        except (
            TimeoutError,
            OSError,
            RuntimeError,
            discord.ClientException,
            discord.ConnectionClosed,
            discord.HTTPException,
        ) as error:
            _log.warning("a call can't be joined", extra={"error": type(error).__name__})
            raise CallRefusedError(reason="voice") from None

    async def _watch(self) -> None:
        """Notice when Discord has ended it, which the library tells nobody."""
        while True:
            await asyncio.sleep(_LOOK_S)
            connection = self._connection
            if connection is None or connection.guild.voice_client is connection:
                continue
            server = self._client.get_guild(connection.guild.id)
            there = self._client.get_channel(connection.channel.id)
            if server is not None and server is not connection.guild:
                self._lost("session")
            else:
                self._lost("kicked" if there else "gone")
            return


async def _ended(connection: Connection) -> None:
    """Disconnect, whatever is left of it."""
    try:
        await connection.disconnect(force=True)
    except Exception as error:  # noqa: BLE001 - it is over either way, and so it must be for us
        _log.warning("a call not left in order", extra={"error": type(error).__name__})
