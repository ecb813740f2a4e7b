"""Clients on the real discord.py, run against the server for as long as a test needs them."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import discord

from tests.discord.server.server import DiscordServer

C = TypeVar("C", bound=discord.Client)
READY_S = 0.05
"""For ``guild_ready_timeout``: how long discord.py waits for one more server at its start."""


class Quick(discord.Client):
    """A client that opens a new session at once, where discord.py would wait five seconds."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for nothing; it is discord.py's own place to say so."""


@asynccontextmanager
async def logged_in(server: DiscordServer) -> AsyncIterator[discord.Client]:
    """A client that uses the REST API and opens no gateway."""
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        await client.login(server.token)
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def running(server: DiscordServer, client: C, *, token: str = "") -> AsyncIterator[C]:
    """Run a client from its login until it is ready, and close it and all that it opened.

    Raises what discord.py raises, and TimeoutError if it is not ready within ten seconds.
    """
    try:
        await client.login(token or server.token)
        connection = asyncio.create_task(client.connect())
        ready = asyncio.create_task(client.wait_until_ready())
        done, _ = await asyncio.wait({connection, ready}, timeout=10, return_when=FIRST_COMPLETED)
        try:
            if not done:
                raise TimeoutError
            await next(iter(done))
            yield client
        finally:
            ready.cancel()
            await client.close()
            await asyncio.gather(connection, ready, return_exceptions=True)
    finally:
        await client.close()
