"""One websocket of the voice gateway: what goes out, what comes in, and how it ends."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from tests.discord.server.voice_protocol import BINARY, Close, Op
from tests.discord.server.voice_session import Session, Wire


class Closing(Exception):  # noqa: N818 - not an error: how a conversation ends
    """The server ends the connection."""

    def __init__(self, code: Close) -> None:
        super().__init__(code)
        self.code = code


@dataclass(eq=False)
class Connection:
    """One websocket, from hello until it is closed."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport
    outlet: asyncio.Queue[Wire] = field(default_factory=asyncio.Queue)
    session: Session | None = None
    ending: Close | None = None
    """With which code the server closes it, once it does."""

    async def write(self) -> None:
        """Send until the server has nothing more to say."""
        while self.ending is None:
            wire = await self.outlet.get()
            if isinstance(wire, Close):
                self.ending = wire
            elif isinstance(wire, str):
                await self.socket.send_str(wire)
            else:
                await self.socket.send_bytes(wire)

    async def close(self) -> None:
        """Close it, if it is the server that does so."""
        if self.ending is Close.ABNORMAL:
            self.transport.close()
        elif self.ending is not None:
            await self.socket.close(code=self.ending, message=self.ending.name.encode())


def parse(message: WSMessage) -> tuple[Op, Any]:
    """Return the opcode with the data of a text, or with the body of a binary message.

    Raises Closing.
    """
    if message.type is WSMsgType.TEXT:
        try:
            parsed = json.loads(message.data)
            number, data = parsed["op"], parsed["d"]
        except (ValueError, KeyError, TypeError):
            raise Closing(Close.FAILED_TO_DECODE) from None
    else:
        number, data = (*message.data[:1], 0)[0], message.data[1:]
    if number not in list(Op):
        raise Closing(Close.UNKNOWN_OPCODE)
    op = Op(number)
    if not isinstance(data, bytes if op in BINARY else dict):
        raise Closing(Close.FAILED_TO_DECODE)
    return op, data


def number_in(data: dict[str, Any], name: str) -> int:
    """Return a number that may be written as a text, as Discord writes its ids."""
    try:
        return int(data[name])
    except (KeyError, TypeError, ValueError):
        raise Closing(Close.BAD_REQUEST) from None
