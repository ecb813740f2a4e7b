"""A bot's voice session: numbered messages, kept for a resume; and its part in the group."""

import asyncio
import json
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.discord.server.dave import VERSION
from tests.discord.server.voice_ears import Ears
from tests.discord.server.voice_protocol import MODE, RESUMABLE, UNNUMBERED, Close, Op
from tests.discord.server.voice_rtp import KEY_BYTES, Packet, seal
from tests.discord.server.voice_udp import Address, Datagrams, KeepAlive
from tests.discord.server.watching import Bell

Wire: TypeAlias = str | bytes | Close
"""What goes out on a connection: a text, a binary message, or its end."""
_KEPT = 512
"""Messages a resume can bring again."""


@dataclass(frozen=True)
class Admission:
    """Who may identify, as the gateway has announced them."""

    guild: int
    channel: int
    user: int
    session: str
    token: str = field(repr=False)
    stage: bool

    @property
    def key(self) -> tuple[int, str]:
        """What it is looked up by."""
        return self.guild, self.session


@dataclass(eq=False)
class Weather:
    """What goes wrong between the server and its bots."""

    withheld: set[Op] = field(default_factory=set)
    """Messages that are not sent, nor sent again."""
    corrupted: set[Op] = field(default_factory=set)
    """Binary messages that arrive with one bit turned."""
    nat_timeout_s: float | None = None
    """After so long without a datagram from a bot, none gets through to it."""


@dataclass(eq=False)
class Session:
    """One bot in one call, from identify until it leaves; connections come and go."""

    admission: Admission
    ssrc: int
    ears: Ears
    datagrams: Datagrams
    weather: Weather
    bell: Bell
    version: int
    """Of DAVE: 0 in a stage."""
    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)
    address: Address | None = None
    """Where its sound goes."""
    received: list[tuple[Op, Any]] = field(default_factory=list)
    """Every message of the bot: the data of a text, the body of a binary one."""
    resumed: int = 0
    """How often it came back."""
    ended: Close | int | None = None
    """Why it is over; ``None`` while it is not."""
    outlet: asyncio.Queue[Wire] | None = None
    """The connection there is now."""
    introduced: set[int] = field(default_factory=set)
    """The SSRCs that the bot has been told of."""
    _sequence: int = -1
    _counter: int = -1
    _kept: deque[tuple[int, Wire]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    @property
    def user(self) -> int:
        """The bot."""
        return self.admission.user

    @property
    def keep_alives(self) -> list[KeepAlive]:
        """Those that came from where its sound goes."""
        return self.datagrams.keep_alives.get(self.address, []) if self.address else []

    @property
    def speaking(self) -> int | None:
        """The last flags the bot has announced; ``None`` before the first."""
        announced = self.said(Op.SPEAKING)
        return announced[-1]["speaking"] if announced else None

    def said(self, op: Op) -> list[Any]:
        """What the bot has sent of one kind."""
        return [data for each, data in self.received if each is op]

    async def until_said(self, op: Op, times: int = 1, *, seconds: float = 5) -> Any:
        """Return the n-th message of one kind. Raises TimeoutError."""
        await self.bell.until(lambda: len(self.said(op)) >= times, seconds)
        return self.said(op)[times - 1]

    def send(self, op: Op, data: Any) -> None:
        """Send a text message."""
        if op in self.weather.withheld:
            return
        message = {"op": op, "d": data}
        if op in UNNUMBERED:
            self._put(json.dumps(message))
            return
        sequence = self._next()
        self._put(json.dumps(message | {"seq": sequence}), sequence)

    def send_binary(self, op: Op, body: bytes) -> None:
        """Send a binary message."""
        if op in self.weather.withheld:
            return
        if op in self.weather.corrupted:
            turned = bytearray(body)
            turned[len(body) // 2] ^= 1
            body = bytes(turned)
        sequence = self._next()
        self._put(sequence.to_bytes(2, "big") + bytes([op]) + body, sequence)

    def close(self, code: Close) -> None:
        """End the connection, after what was sent before."""
        if self.outlet is not None:
            self.outlet.put_nowait(code)
            self.outlet = None
        if code not in RESUMABLE and self.ended is None:
            self.ended = code

    def resume(self, seen: int, outlet: asyncio.Queue[Wire]) -> None:
        """Go on over a new connection, with everything the bot has not seen."""
        self.resumed += 1
        self.outlet = outlet
        for sequence, wire in self._kept:
            if seen < 0 or 0 < (sequence - seen) % 2**16 < 2**15:
                outlet.put_nowait(wire)
        self.send(Op.RESUMED, None)

    def describe(self) -> None:
        """Send the session description: the key, and which DAVE there is."""
        description = {
            "mode": MODE,
            "secret_key": list(self.key),
            "dave_protocol_version": self.version,
            "audio_codec": "opus",
            "video_codec": "H264",
            "media_session_id": secrets.token_hex(16),
        }
        self.send(Op.SESSION_DESCRIPTION, description)

    def transmit(self, packet: Packet) -> None:
        """Send sound of somebody else, if the way is open."""
        self.transmit_sealed(seal(packet, self.key, self.count()))

    def transmit_sealed(self, data: bytes) -> None:
        """Send a datagram as it is, if the way is open."""
        if self.address is None or self.ended is not None:
            return
        patience = self.weather.nat_timeout_s
        if patience is None or self.datagrams.silent_s(self.address) < patience:
            self.datagrams.send(data, self.address)

    def count(self) -> int:
        """Return the next number for a nonce."""
        self._counter = (self._counter + 1) % 2**32
        return self._counter

    def external_sender(self, package: bytes) -> None:
        """Tell whose proposals to believe."""
        self.send_binary(Op.MLS_EXTERNAL_SENDER, package)

    def prepare_epoch(self) -> None:
        """Ask for a new key package, and let the group of one begin at once."""
        self.send(Op.DAVE_PREPARE_EPOCH, {"protocol_version": VERSION, "epoch": 1})
        first = {"protocol_version": VERSION, "transition_id": 0}
        self.send(Op.DAVE_PREPARE_TRANSITION, first)

    def proposals(self, operation: int, body: bytes) -> None:
        """Pass proposals on."""
        self.send_binary(Op.MLS_PROPOSALS, bytes([operation]) + body)

    def commit(self, transition: int, message: bytes) -> None:
        """Pass the winning commit on."""
        self.send_binary(Op.MLS_ANNOUNCE_COMMIT_TRANSITION, transition.to_bytes(2, "big") + message)

    def welcome(self, transition: int, message: bytes) -> None:
        """Pass a welcome on."""
        self.send_binary(Op.MLS_WELCOME, transition.to_bytes(2, "big") + message)

    def execute(self, transition: int) -> None:
        """Let the new keys be used."""
        self.send(Op.DAVE_EXECUTE_TRANSITION, {"transition_id": transition})

    def _next(self) -> int:
        self._sequence = (self._sequence + 1) % 2**16
        return self._sequence

    def _put(self, wire: Wire, sequence: int | None = None) -> None:
        if sequence is not None:
            self._kept.append((sequence, wire))
        if self.outlet is not None:
            self.outlet.put_nowait(wire)
