"""Discord's voice server on loopback: the gateway, version 8, over TLS, and its UDP socket.

async with VoiceServer.start() as server:
    server.expect(guild, channel, user, session, token, stage=False)
    ...                                    # a bot connects to wss://{server.endpoint}
    alice = server.call(channel).join(7)
    await alice.say(samples, 16_000)
    server.session(user).ears.pcm()
"""

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import trustme
from aiohttp import WSMessage, WSMsgType, web

from tests.discord.server.dave import VERSION as DAVE
from tests.discord.server.voice_call import Call
from tests.discord.server.voice_ears import load_opus
from tests.discord.server.voice_mls import MlsError
from tests.discord.server.voice_protocol import BINARY, MODE, RESUMABLE, VERSION, Close, Op
from tests.discord.server.voice_session import Admission, Session, Weather, Wire
from tests.discord.server.voice_udp import Address, Datagrams
from tests.discord.server.watching import Bell

_TICK_S = 0.02
_FAREWELL_S = 0.5
"""How long a client may take to close its side."""
_HEARTBEAT_MS = 13_750


class _Closing(Exception):  # noqa: N818 - not an error: how a conversation ends
    """The server ends the connection."""

    def __init__(self, code: Close) -> None:
        super().__init__(code)
        self.code = code


@dataclass(eq=False)
class _Connection:
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


@dataclass(eq=False)
class VoiceServer:
    """All calls of one machine. It is the ``Voice`` that the gateway of the text half asks for."""

    trusted: ssl.SSLContext
    """What a client needs in order to trust this server."""
    authority: str = field(repr=False)
    """In what it trusts then, as PEM."""
    patience_s: float = 0.5
    """How long a group waits for members that don't answer; Discord waits about two seconds."""
    heartbeat_ms: int = _HEARTBEAT_MS
    weather: Weather = field(default_factory=Weather)
    """What goes wrong."""
    closed: list[Close | int] = field(default_factory=list)
    """How each connection ended, by the server's code or else the client's, in order."""
    crashes: list[Exception] = field(default_factory=list)
    """Defects of this server; ``start`` raises them at its end."""
    bell: Bell = field(default_factory=Bell)
    past: list[Session] = field(default_factory=list)
    """All sessions there ever were, in order."""
    _port: int = 0
    _connections: set[_Connection] = field(default_factory=set)
    _admissions: dict[tuple[int, int], Admission] = field(default_factory=dict)
    _calls: dict[int, Call] = field(default_factory=dict)
    _sessions: dict[tuple[int, str], Session] = field(default_factory=dict)
    """By guild and session: a bot has one session for all guilds."""
    _dice: random.Random = field(default_factory=lambda: random.Random(0))

    def __post_init__(self) -> None:
        """Make the socket for sound."""
        self.datagrams = Datagrams(self._hear)

    @classmethod
    @asynccontextmanager
    async def start(cls, *, patience_s: float = 0.5) -> AsyncIterator["VoiceServer"]:
        """Serve on free ports of 127.0.0.1; at the end a defect of the server fails the test."""
        own, trusted, authority = await asyncio.to_thread(_certificates)
        server = cls(trusted, authority, patience_s)
        await server.datagrams.open()
        app = web.Application()
        app.router.add_get("/", server._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=own).start()
        server._port = runner.addresses[0][1]
        clock = asyncio.create_task(server._pass_time())
        try:
            yield server
        finally:
            clock.cancel()
            with suppress(asyncio.CancelledError):
                await clock
            await server._stop()
            await runner.cleanup()
            server.datagrams.close()
        if server.crashes:
            raise ExceptionGroup("the voice server is wrong", server.crashes)

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._port}"

    def expect(
        self, guild: int, channel: int, user: int, session: str, token: str, *, stage: bool
    ) -> None:
        """Let a bot in; whatever it had before is over."""
        admission = Admission(guild, channel, user, session, token, stage)
        if self._admissions.get((guild, user)) != admission:
            self.dismissed(guild, user)
            self._admissions[guild, user] = admission
            self.call(channel, stage=stage)

    def dismissed(self, guild: int, user: int) -> None:
        """Put a bot out."""
        if admission := self._admissions.pop((guild, user), None):
            session = self._sessions.get(admission.key)
            if session is not None and session.admission == admission:
                self.close(session, Close.DISCONNECTED)

    def call(self, channel: int, *, stage: bool = False) -> Call:
        """Return what goes on in a channel, made at its first mention."""
        if channel not in self._calls:
            self._calls[channel] = Call(
                channel,
                stage,
                self.datagrams,
                self.weather,
                self.bell,
                self.patience_s,
                self._dice,
            )
        return self._calls[channel]

    def session(self, user: int, channel: int | None = None) -> Session:
        """Return the session of a bot that is in a call, in that channel if it is in several."""
        return next(iter(self._found(user, channel)))

    async def until_settled(
        self, user: int, channel: int | None = None, *, seconds: float = 5
    ) -> Session:
        """Wait until a bot can be heard and hears everybody. Raises TimeoutError."""
        await self.bell.until(
            lambda: any(each.address for each in self._found(user, channel)), seconds
        )
        session = self.session(user, channel)
        await self._calls[session.admission.channel].settled(seconds)
        return session

    def _found(self, user: int, channel: int | None) -> list[Session]:
        return [
            each
            for each in self._sessions.values()
            if each.user == user and channel in {None, each.admission.channel}
        ]

    def close(self, session: Session, code: Close) -> None:
        """End a connection; after a crash the session can be resumed, else it is over."""
        session.close(code)
        if session.ended is not None:
            admission = session.admission
            if self._admissions.get((admission.guild, admission.user)) == admission:
                del self._admissions[admission.guild, admission.user]
            self._end(session)

    def _end(self, session: Session) -> None:
        if self._sessions.get(session.admission.key) is session:
            del self._sessions[session.admission.key]
            self._calls[session.admission.channel].close(session)

    def _hear(self, data: bytes, address: Address) -> None:
        for session in self._sessions.values():
            if session.address == address:
                self._calls[session.admission.channel].hear(session, data)

    async def _pass_time(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            for call in self._calls.values():
                call.pass_time()

    async def _stop(self) -> None:
        for connection in self._connections:
            connection.outlet.put_nowait(Close.DISCONNECTED)
        await self.bell.until(lambda: not self._connections, 5)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        if request.query.get("v") != VERSION:
            raise web.HTTPBadRequest(text="only version 8 is spoken here")
        socket = web.WebSocketResponse(timeout=_FAREWELL_S)
        await socket.prepare(request)
        assert request.transport is not None
        connection = _Connection(socket, request.transport)
        self._connections.add(connection)
        hello = {"op": Op.HELLO, "d": {"v": int(VERSION), "heartbeat_interval": self.heartbeat_ms}}
        connection.outlet.put_nowait(json.dumps(hello))
        tasks = [
            asyncio.create_task(self._read(connection)),
            asyncio.create_task(connection.write()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError):
                    self.crashes.append(outcome)
            await connection.close()
            self._gone(connection, connection.ending or socket.close_code or Close.ABNORMAL)
        return socket

    async def _read(self, connection: _Connection) -> None:
        refused = False
        async for message in connection.socket:
            if refused:
                continue
            try:
                self._take(connection, message)
            except _Closing as closing:
                connection.outlet.put_nowait(closing.code)
                refused = True

    def _gone(self, connection: _Connection, code: Close | int) -> None:
        self._connections.discard(connection)
        self.closed.append(code)
        session = connection.session
        if session is not None and session.outlet is connection.outlet:
            session.outlet = None
            if code not in RESUMABLE:
                session.ended = session.ended or code
                self._end(session)
        self.bell.ring()

    def _take(self, connection: _Connection, message: WSMessage) -> None:
        op, data = _parse(message)
        if connection.session is not None:
            connection.session.received.append((op, data))
        try:
            self._answer(connection, op, data)
        except MlsError:
            raise _Closing(Close.BAD_REQUEST) from None
        self.bell.ring()

    def _answer(self, connection: _Connection, op: Op, data: Any) -> None:
        if op is Op.HEARTBEAT:
            ack = {"op": Op.HEARTBEAT_ACK, "d": {"t": _number(data, "t")}}
            connection.outlet.put_nowait(json.dumps(ack))
        elif op is Op.IDENTIFY:
            self._identify(connection, data)
        elif op is Op.RESUME:
            self._resume(connection, data)
        elif connection.session is None:
            raise _Closing(Close.NOT_AUTHENTICATED)
        else:
            self._listen(connection.session, op, data)

    def _identify(self, connection: _Connection, data: dict[str, Any]) -> None:
        if connection.session is not None:
            raise _Closing(Close.ALREADY_AUTHENTICATED)
        admission = self._admissions.get((_number(data, "server_id"), _number(data, "user_id")))
        if admission is None or admission.session != data.get("session_id"):
            raise _Closing(Close.SESSION_NO_LONGER_VALID)
        if admission.token != data.get("token"):
            raise _Closing(Close.AUTHENTICATION_FAILED)
        if not admission.stage and data.get("max_dave_protocol_version") != DAVE:
            raise _Closing(Close.DAVE_REQUIRED)
        if (earlier := self._sessions.get(admission.key)) is not None:
            self._end(earlier)
        call = self._calls[admission.channel]
        session = call.open(admission)
        session.outlet = connection.outlet
        connection.session = self._sessions[admission.key] = session
        session.received.append((Op.IDENTIFY, data))
        self.past.append(session)
        ready = {"ssrc": session.ssrc, "ip": "127.0.0.1", "port": self.datagrams.port}
        session.send(Op.READY, ready | {"modes": ["aead_aes256_gcm_rtpsize", MODE]})
        call.greet(session)

    def _resume(self, connection: _Connection, data: dict[str, Any]) -> None:
        key = _number(data, "server_id"), str(data.get("session_id"))
        if (session := self._sessions.get(key)) is None:
            raise _Closing(Close.SESSION_NO_LONGER_VALID)
        if session.admission.token != data.get("token"):
            raise _Closing(Close.AUTHENTICATION_FAILED)
        connection.session = session
        session.received.append((Op.RESUME, data))
        session.resume(_number(data, "seq_ack"), connection.outlet)

    def _listen(self, session: Session, op: Op, data: Any) -> None:
        group = self._calls[session.admission.channel].group
        if op is Op.SELECT_PROTOCOL:
            self._select(session, data)
        elif op is Op.SPEAKING and _number(data, "ssrc") != session.ssrc:
            raise _Closing(Close.BAD_REQUEST)
        elif group is None:
            return
        elif op is Op.MLS_KEY_PACKAGE:
            group.key_package(session.user, data)
        elif op is Op.MLS_COMMIT_WELCOME:
            group.commit_welcome(session.user, data)
        elif op is Op.DAVE_TRANSITION_READY:
            group.ready(session.user, _number(data, "transition_id"))
        elif op is Op.MLS_INVALID_COMMIT_WELCOME:
            group.invalid(session.user, _number(data, "transition_id"))

    def _select(self, session: Session, data: dict[str, Any]) -> None:
        if data.get("protocol") != "udp":
            raise _Closing(Close.UNKNOWN_PROTOCOL)
        chosen = data["data"] if isinstance(data.get("data"), dict) else {}
        if chosen.get("mode") != MODE:
            raise _Closing(Close.UNKNOWN_ENCRYPTION_MODE)
        session.address = str(chosen.get("address")), _number(chosen, "port")
        session.describe()
        session.send(Op.MEDIA_SINK_WANTS, {"any": 100})
        group = self._calls[session.admission.channel].group
        if group is not None:
            group.join(session)


def _parse(message: WSMessage) -> tuple[Op, Any]:
    """Return the opcode with the data of a text, or with the body of a binary message."""
    if message.type is WSMsgType.TEXT:
        try:
            parsed = json.loads(message.data)
            number, data = parsed["op"], parsed["d"]
        except (ValueError, KeyError, TypeError):
            raise _Closing(Close.FAILED_TO_DECODE) from None
    else:
        number, data = (*message.data[:1], 0)[0], message.data[1:]
    if number not in list(Op):
        raise _Closing(Close.UNKNOWN_OPCODE)
    op = Op(number)
    if not isinstance(data, bytes if op in BINARY else dict):
        raise _Closing(Close.FAILED_TO_DECODE)
    return op, data


def _number(data: dict[str, Any], name: str) -> int:
    try:
        return int(data[name])
    except (KeyError, TypeError, ValueError):
        raise _Closing(Close.BAD_REQUEST) from None


def _certificates() -> tuple[ssl.SSLContext, ssl.SSLContext, str]:
    """Make a certificate for 127.0.0.1, and the trust in it."""
    load_opus()
    authority = trustme.CA()
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(own)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    return own, trusted, authority.cert_pem.bytes().decode()
