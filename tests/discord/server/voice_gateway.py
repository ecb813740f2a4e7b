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
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import trustme
from aiohttp import WSMessage, web

from tests.discord.server.dave import VERSION as DAVE
from tests.discord.server.voice_call import Call
from tests.discord.server.voice_connection import Closing, Connection, number_in, parse
from tests.discord.server.voice_ears import load_opus
from tests.discord.server.voice_mls import MlsError
from tests.discord.server.voice_protocol import MODE, RESUMABLE, VERSION, Close, Op
from tests.discord.server.voice_session import Admission, Session, Weather
from tests.discord.server.voice_udp import Address, Datagrams
from tests.discord.server.watching import Bell

_TICK_S = 0.02
_NEWS_S = 0.2
"""How long news from the text half may take to reach a bot."""
_FAREWELL_S = 0.5
"""How long a client may take to close its side."""
_HEARTBEAT_MS = 13_750


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
    _connections: set[Connection] = field(default_factory=set)
    _dismissals: deque[tuple[float, Session]] = field(default_factory=deque)
    """When to close whose connection, in that order."""
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
        """Put a bot out; its connection is closed a little later, if it has not done so itself.

        It is over at once, but the other half's news of it comes first, as it does with Discord.
        """
        if admission := self._admissions.pop((guild, user), None):
            session = self._sessions.get(admission.key)
            if session is not None and session.admission == admission:
                session.ended = Close.DISCONNECTED
                self._dismissals.append((time.monotonic() + _NEWS_S, session))
                self._end(session)

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
            while self._dismissals and self._dismissals[0][0] <= time.monotonic():
                self._dismissals.popleft()[1].close(Close.DISCONNECTED)

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
        connection = Connection(socket, request.transport)
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

    async def _read(self, connection: Connection) -> None:
        refused = False
        async for message in connection.socket:
            if refused:
                continue
            try:
                self._take(connection, message)
            except Closing as closing:
                connection.outlet.put_nowait(closing.code)
                refused = True

    def _gone(self, connection: Connection, code: Close | int) -> None:
        self._connections.discard(connection)
        self.closed.append(code)
        session = connection.session
        if session is not None and session.outlet is connection.outlet:
            session.outlet = None
            if code not in RESUMABLE:
                session.ended = session.ended or code
                self._end(session)
        self.bell.ring()

    def _take(self, connection: Connection, message: WSMessage) -> None:
        op, data = parse(message)
        if connection.session is not None:
            connection.session.received.append((op, data))
        try:
            self._answer(connection, op, data)
        except MlsError:
            raise Closing(Close.BAD_REQUEST) from None
        self.bell.ring()

    def _answer(self, connection: Connection, op: Op, data: Any) -> None:
        if op is Op.HEARTBEAT:
            ack = {"op": Op.HEARTBEAT_ACK, "d": {"t": number_in(data, "t")}}
            connection.outlet.put_nowait(json.dumps(ack))
        elif op is Op.IDENTIFY:
            self._identify(connection, data)
        elif op is Op.RESUME:
            self._resume(connection, data)
        elif connection.session is None:
            raise Closing(Close.NOT_AUTHENTICATED)
        elif connection.session.ended is None:
            self._listen(connection.session, op, data)

    def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        if connection.session is not None:
            raise Closing(Close.ALREADY_AUTHENTICATED)
        admission = self._admissions.get((number_in(data, "server_id"), number_in(data, "user_id")))
        if admission is None or admission.session != data.get("session_id"):
            raise Closing(Close.SESSION_NO_LONGER_VALID)
        if admission.token != data.get("token"):
            raise Closing(Close.AUTHENTICATION_FAILED)
        if not admission.stage and data.get("max_dave_protocol_version") != DAVE:
            raise Closing(Close.DAVE_REQUIRED)
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

    def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        key = number_in(data, "server_id"), str(data.get("session_id"))
        if (session := self._sessions.get(key)) is None:
            raise Closing(Close.SESSION_NO_LONGER_VALID)
        if session.admission.token != data.get("token"):
            raise Closing(Close.AUTHENTICATION_FAILED)
        connection.session = session
        session.received.append((Op.RESUME, data))
        session.resume(number_in(data, "seq_ack"), connection.outlet)

    def _listen(self, session: Session, op: Op, data: Any) -> None:
        group = self._calls[session.admission.channel].group
        if op is Op.SELECT_PROTOCOL:
            self._select(session, data)
        elif op is Op.SPEAKING and number_in(data, "ssrc") != session.ssrc:
            raise Closing(Close.BAD_REQUEST)
        elif group is None:
            return
        elif op is Op.MLS_KEY_PACKAGE:
            group.key_package(session.user, data)
        elif op is Op.MLS_COMMIT_WELCOME:
            group.commit_welcome(session.user, data)
        elif op is Op.DAVE_TRANSITION_READY:
            group.ready(session.user, number_in(data, "transition_id"))
        elif op is Op.MLS_INVALID_COMMIT_WELCOME:
            group.invalid(session.user, number_in(data, "transition_id"))

    def _select(self, session: Session, data: dict[str, Any]) -> None:
        if data.get("protocol") != "udp":
            raise Closing(Close.UNKNOWN_PROTOCOL)
        chosen = data["data"] if isinstance(data.get("data"), dict) else {}
        if chosen.get("mode") != MODE:
            raise Closing(Close.UNKNOWN_ENCRYPTION_MODE)
        session.address = str(chosen.get("address")), number_in(chosen, "port")
        session.describe()
        session.send(Op.MEDIA_SINK_WANTS, {"any": 100})
        group = self._calls[session.admission.channel].group
        if group is not None:
            group.join(session)


def _certificates() -> tuple[ssl.SSLContext, ssl.SSLContext, str]:
    """Make a certificate for 127.0.0.1, and the trust in it."""
    load_opus()
    authority = trustme.CA()
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(own)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    return own, trusted, authority.cert_pem.bytes().decode()
