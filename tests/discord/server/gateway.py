"""The gateway, version 10: sessions, heartbeats, dispatches, and everything that can end them."""

import asyncio
import json
import time
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from secrets import token_hex
from typing import Any

from aiohttp import WSMsgType, web

from tests.discord.server import calls, events
from tests.discord.server.events import DEFINED, PRIVILEGED, Event, Intent
from tests.discord.server.refusals import Json
from tests.discord.server.world import World

SENDS_PER_MINUTE = 120
PAYLOAD_LIMIT = 4096
"""Bytes of what a client sends."""


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_GUILD_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseError(Exception):
    """The connection ends here; the codes are those of the API reference."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


@dataclass(eq=False)
class Line:
    """One websocket."""

    socket: web.WebSocketResponse
    request: web.Request
    compressed: bool
    session: "Session | None" = None
    frozen: bool = False
    """Whether nothing is sent any more, though the connection stands."""
    goodbye: int | None = None
    """The code with which the client closed, if it did."""
    _queue: asyncio.Queue[str | CloseError] = field(default_factory=asyncio.Queue)
    _received: deque[float] = field(default_factory=deque)

    def put(self, op: Op, data: object = None) -> None:
        """Send a payload that is no dispatch."""
        self.put_text(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def put_text(self, text: str) -> None:
        """Send a payload in its place in the line."""
        self._queue.put_nowait(text)

    def close(self, code: int, reason: str) -> None:
        """Close once everything before has been sent."""
        self._queue.put_nowait(CloseError(code, reason))

    async def write(self) -> None:
        """Send what is put, until cancelled or closed."""
        deflate = zlib.compressobj()
        with suppress(ConnectionError):
            while True:
                item = await self._queue.get()
                if isinstance(item, CloseError):
                    await self.socket.close(code=item.code, message=item.reason.encode())
                    return
                if self.frozen:
                    continue
                if self.compressed:
                    data = deflate.compress(item.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(data)
                else:
                    await self.socket.send_str(item)

    async def read(self, patience: float) -> Json | None:
        """The next payload, ``None`` when the client has gone. Raises CloseError."""
        try:
            message = await self.socket.receive(timeout=patience)
        except TimeoutError:
            raise CloseError(4009, "Session timed out.") from None
        if message.type is WSMsgType.CLOSE:
            self.goodbye = message.data
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            return None
        self._count()
        try:
            payload = json.loads(message.data)
            op = payload["op"]
        except (ValueError, TypeError, KeyError):
            raise CloseError(4002, "Error while decoding payload.") from None
        if op not in set(Op):
            raise CloseError(4001, "Unknown opcode.")
        return dict(payload)

    def _count(self) -> None:
        now = time.monotonic()
        self._received.append(now)
        while self._received[0] < now - 60:
            self._received.popleft()
        if len(self._received) > SENDS_PER_MINUTE:
            raise CloseError(4008, "You are sending too many payloads.")


@dataclass(eq=False)
class Session:
    """What outlives a connection: the intents, and every dispatch for a resume."""

    intents: Intent
    id: str = field(default_factory=lambda: token_hex(16))
    dispatches: list[str] = field(default_factory=list, repr=False)
    """As they were sent, the first with sequence number 1."""
    line: Line | None = field(default=None, repr=False)

    def tell(self, event: Event) -> None:
        """Dispatch an event, if the session's intents cover it."""
        if not event.needs or event.needs & self.intents:
            self.dispatch(event.name, event.shape(self.intents))

    def dispatch(self, name: str, data: Json) -> None:
        """Dispatch anything, or keep it for a resume."""
        number = len(self.dispatches) + 1
        text = json.dumps({"op": Op.DISPATCH, "t": name, "s": number, "d": data})
        self.dispatches.append(text)
        if self.line is not None:
            self.line.put_text(text)


@dataclass(eq=False)
class Gateway:
    """The websocket side of the server."""

    world: World
    heartbeat_ms: int = 41_250
    sessions: dict[str, Session] = field(default_factory=dict)
    """Those that can be resumed, connected or not."""
    lines: list[Line] = field(default_factory=list, repr=False)
    """The connections that stand."""
    identified: list[Json] = field(default_factory=list, repr=False)
    """What each new session asked for, without the token."""
    resumed: int = 0
    """How many sessions were taken up again."""
    beats: int = 0
    presences: list[Json] = field(default_factory=list)
    down: bool = False
    """Whether new connections are refused."""
    crashes: list[Exception] = field(default_factory=list)
    """Defects of this server."""

    def hear(self, event: Event) -> None:
        """Pass an event on to every session."""
        for session in self.sessions.values():
            session.tell(event)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Talk to one client until one side ends it."""
        if self.down:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=PAYLOAD_LIMIT)
        await socket.prepare(request)
        line = Line(socket, request, request.query.get("compress") == "zlib-stream")
        self.lines.append(line)
        writer = asyncio.create_task(line.write())
        line.put(Op.HELLO, {"heartbeat_interval": self.heartbeat_ms})
        try:
            await self._listen(line)
        except CloseError as close:
            await socket.close(code=close.code, message=close.reason.encode())
        except Exception as error:  # noqa: BLE001 - kept, and raised when the server ends
            self.crashes.append(error)
        finally:
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
            self._hang_up(line)
        return socket

    async def _listen(self, line: Line) -> None:
        patience = 2 * self.heartbeat_ms / 1000
        while (payload := await line.read(patience)) is not None:
            op, data = Op(payload["op"]), payload.get("d")
            if line.frozen:
                continue
            if op == Op.HEARTBEAT:
                self.beats += 1
                line.put(Op.HEARTBEAT_ACK)
            elif op in {Op.IDENTIFY, Op.RESUME}:
                if line.session is not None:
                    raise CloseError(4005, "Already authenticated.")
                self._authenticate(line, op, data if isinstance(data, dict) else {})
            elif line.session is None:
                raise CloseError(4003, "Not authenticated.")
            else:
                self._obey(line.session, op, data if isinstance(data, dict) else {})
            self.world.bell.ring()

    def _authenticate(self, line: Line, op: Op, data: Json) -> None:
        if data.get("token") != self.world.token:
            raise CloseError(4004, "Authentication failed.")
        if op == Op.RESUME:
            self._resume(line, data)
        else:
            self._identify(line, data)

    def _identify(self, line: Line, data: Json) -> None:
        """Open a session. Raises CloseError."""
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~DEFINED:
            raise CloseError(4013, "Invalid intent(s).")
        if Intent(intents) & PRIVILEGED & ~self.world.granted:
            raise CloseError(4014, "Disallowed intent(s).")
        if data.get("shard", [0, 1]) != [0, 1]:
            raise CloseError(4010, "Invalid shard.")
        self.identified.append({name: value for name, value in data.items() if name != "token"})
        session = Session(Intent(intents), line=line)
        line.session = self.sessions[session.id] = session
        present = [guild for guild in self.world.guilds.values() if guild.with_bot]
        application = self.world.application()
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": self.world.bot.shape(),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in present],
                "session_id": session.id,
                "resume_gateway_url": self.world.gateway,
                "application": {name: application[name] for name in ("id", "flags")},
                "private_channels": [],
            },
        )
        for guild in present:
            session.tell(events.guild_create(guild))

    def _resume(self, line: Line, data: Json) -> None:
        """Take a session up again and replay what it missed. Raises CloseError."""
        session = self.sessions.get(str(data.get("session_id")))
        if session is None:
            line.put(Op.INVALID_SESSION, data=False)
            return
        last = data.get("seq")
        if not isinstance(last, int) or not 0 <= last <= len(session.dispatches):
            raise CloseError(4007, "Invalid seq.")
        line.session, session.line = session, line
        self.resumed += 1
        for text in session.dispatches[last:]:
            line.put_text(text)
        session.dispatch("RESUMED", {})

    def _obey(self, session: Session, op: Op, data: Json) -> None:
        match op:
            case Op.PRESENCE_UPDATE:
                self.presences.append(data)
            case Op.VOICE_STATE_UPDATE:
                self._connect(session, data)
            case Op.REQUEST_GUILD_MEMBERS:
                self._list_members(session, data)
            case _:
                raise CloseError(4001, "Unknown opcode.")

    def _connect(self, session: Session, data: Json) -> None:
        """Bring the bot into a voice channel or out of it; what it may not do, nobody answers."""
        guild = self.world.guilds.get(_id(data.get("guild_id")))
        if guild is None or not guild.with_bot:
            return
        call = guild.call_of(self.world.bot)
        channel = guild.channels.get(_id(data.get("channel_id")))
        if data.get("channel_id") is None and call is not None:
            call.end()
        if channel is not None:
            calls.connect(
                guild,
                self.world.bot,
                channel,
                session=session.id,
                self_deaf=bool(data.get("self_deaf")),
                self_mute=bool(data.get("self_mute")),
            )

    def _list_members(self, session: Session, data: Json) -> None:
        """Tell of members, by id or by the start of the name; all of them only with the intent."""
        guild = self.world.guilds.get(_id(data.get("guild_id")))
        query, wanted = data.get("query"), data.get("user_ids")
        everybody = query == "" and not data.get("limit")
        if guild is None or (everybody and not session.intents & Intent.GUILD_MEMBERS):
            return
        ids = [_id(one) for one in wanted] if isinstance(wanted, list) else [_id(wanted)]
        found = [
            member.shape()
            for member in guild.members.values()
            if member.user.id in ids
            or (isinstance(query, str) and member.user.name.lower().startswith(query.lower()))
        ]
        chunk = {"guild_id": str(guild.id), "members": found, "chunk_index": 0, "chunk_count": 1}
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk | {"nonce": data.get("nonce")})

    def _hang_up(self, line: Line) -> None:
        """Forget a connection; a session that its client ended takes the bot out of voice."""
        self.lines.remove(line)
        session = line.session
        if session is not None and session.line is line:
            session.line = None
            if line.goodbye in {1000, 1001}:
                self.end(session)
        self.world.bell.ring()

    def end(self, session: Session) -> None:
        """Let a session be no more: it can't be resumed, and its places in voice are gone."""
        del self.sessions[session.id]
        for guild in self.world.guilds.values():
            call = guild.call_of(self.world.bot)
            if call is not None and call.session == session.id:
                call.end()

    def reconnect(self) -> None:
        """Ask all clients to come again and resume."""
        for line in self.lines:
            line.put(Op.RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell all clients that their session is no good; unless it can be resumed, it ends."""
        for line in self.lines:
            line.put(Op.INVALID_SESSION, data=resumable)
            if not resumable and line.session is not None:
                self.end(line.session)
                line.session.line = None

    def close(self, code: int) -> None:
        """Close all connections with a code of the API reference."""
        for line in self.lines:
            line.close(code, "closed by the test")

    def cut(self) -> None:
        """Tear all connections without a word."""
        for line in self.lines:
            if line.request.transport is not None:
                line.request.transport.abort()

    def freeze(self) -> None:
        """Send nothing more on the present connections, not even to heartbeats."""
        for line in self.lines:
            line.frozen = True

    def forget(self) -> None:
        """Lose all sessions, as happens minutes after a client has gone: a resume is refused."""
        for session in list(self.sessions.values()):
            self.end(session)


def _id(value: Any) -> int:
    """An id, 0 if it is none."""
    with suppress(TypeError, ValueError):
        return int(value)
    return 0
