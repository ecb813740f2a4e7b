"""How the unpatched discord.py is sent here: by two of its class attributes, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


@contextmanager
def reaching(api: str, gateway: str) -> Iterator[None]:
    """Let every client of this process go to these addresses for a while.

    ``DiscordServer.start`` does it for its own process; a child process does it for itself, with
    the ``api`` of the server and the ``gateway`` of its world.
    """
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api, yarl.URL(gateway)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
