"""Asking over HTTP again and again, as probes do."""

import asyncio
import socket
from collections.abc import Awaitable, Callable


def free_port(host: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server:
        return int(server.getsockname()[1])


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Wait until it holds, as a probe would: by asking again."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - over HTTP there is no event
            await asyncio.sleep(0.05)
