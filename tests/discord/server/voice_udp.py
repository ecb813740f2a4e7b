"""The datagrams of the voice server: IP discovery, keep-alives, and sound."""

import asyncio
import math
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Address: TypeAlias = tuple[str, int]
Receive: TypeAlias = Callable[[bytes, Address], None]

_DISCOVERY_BYTES = 74
_ASK, _ANSWER = 1, 2
_KEEP_ALIVE_BYTES = 8


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A datagram that keeps the way open through the routers between."""

    counter: int
    at: float
    """By the monotonic clock, in seconds."""


@dataclass(eq=False)
class Datagrams(asyncio.DatagramProtocol):
    """One socket for everybody."""

    receive: Receive
    """Takes what is neither a discovery nor a keep-alive."""
    keep_alives: dict[Address, list[KeepAlive]] = field(default_factory=dict)
    last_seen: dict[Address, float] = field(default_factory=dict)
    unanswered: int = 0
    """So many of the next discoveries get lost on the way."""
    _transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Listen on a free port of 127.0.0.1, with room for a burst."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; one that nobody takes is lost."""
        assert self._transport is not None
        self._transport.sendto(data, address)

    def silent_s(self, address: Address) -> float:
        """Seconds since the last datagram from there."""
        return time.monotonic() - self.last_seen.get(address, -math.inf)

    def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the transport; the base class knows only its kin in general."""
        self._transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        """Answer, or hand on."""
        self.last_seen[address] = time.monotonic()
        if len(data) == _DISCOVERY_BYTES and data[:4] == struct.pack(">HH", _ASK, 70):
            if self.unanswered:
                self.unanswered -= 1
                return
            host = address[0].encode().ljust(64, b"\0")
            answer = struct.pack(">HH", _ANSWER, 70) + data[4:8] + host
            self.send(answer + struct.pack(">H", address[1]), address)
        elif len(data) == _KEEP_ALIVE_BYTES:
            counter = int.from_bytes(data, "little")
            kept = self.keep_alives.setdefault(address, [])
            kept.append(KeepAlive(counter, time.monotonic()))
            self.send(data, address)
        else:
            self.receive(data, address)

    def error_received(self, error: Exception) -> None:
        """Go on: a client that has closed its socket is no error of the server."""
