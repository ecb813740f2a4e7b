"""What the voice gateway refuses, numbers, keeps and sends again; without discord.py."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType

from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import until
from tests.discord.server.voice_protocol import MODE, Close, Op

GUILD, CHANNEL, STAGE, BOT, ALICE = 1, 2, 3, 2**60, 11
SESSION = "s" * 32
TOKEN = "t" * 16
IDENTITY = {
    "server_id": str(GUILD),
    "user_id": str(BOT),
    "session_id": SESSION,
    "token": TOKEN,
    "max_dave_protocol_version": 1,
}
RESUME = {"server_id": str(GUILD), "session_id": SESSION, "token": TOKEN, "seq_ack": -1}
SELECTION = {"protocol": "udp", "data": {"address": "127.0.0.1", "port": 9, "mode": MODE}}


class Raw:
    """A client that says exactly what a test wants."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, op: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def next(self) -> tuple[int, Any, int | None]:
        """Opcode, data and number of the next message."""
        message = await self.socket.receive(timeout=2)
        if message.type is WSMsgType.BINARY:
            return message.data[2], message.data[3:], int.from_bytes(message.data[:2], "big")
        assert message.type is WSMsgType.TEXT, message
        parsed = json.loads(message.data)
        return parsed["op"], parsed["d"], parsed.get("seq")

    async def until(self, op: Op) -> tuple[int, Any, int | None]:
        while (found := await self.next())[0] != op:
            pass
        return found

    async def code(self) -> int:
        """With which code the server closes."""
        while (message := await self.socket.receive(timeout=2)).type is not WSMsgType.CLOSE:
            assert message.type in {WSMsgType.TEXT, WSMsgType.BINARY}, message
        return int(message.data)


@pytest.fixture
async def server() -> AsyncIterator[VoiceServer]:
    async with VoiceServer.start() as server:
        server.expect(GUILD, CHANNEL, BOT, SESSION, TOKEN, stage=False)
        yield server


@asynccontextmanager
async def connected(server: VoiceServer) -> AsyncIterator[Raw]:
    async with (
        ClientSession(connector=TCPConnector(ssl=server.trusted)) as http,
        http.ws_connect(f"wss://{server.endpoint}/?v=8") as socket,
    ):
        raw = Raw(socket)
        assert await raw.next() == (Op.HELLO, {"v": 8, "heartbeat_interval": 13_750}, None)
        yield raw


async def test_only_version_8_is_spoken(server: VoiceServer) -> None:
    async with (
        ClientSession(connector=TCPConnector(ssl=server.trusted)) as http,
        http.get(f"https://{server.endpoint}/?v=4") as answer,
    ):
        assert answer.status == 400


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (Op.SELECT_PROTOCOL, SELECTION, Close.NOT_AUTHENTICATED),
        (Op.SPEAKING, {"speaking": 1, "ssrc": 1}, Close.NOT_AUTHENTICATED),
        (99, {}, Close.UNKNOWN_OPCODE),
        (Op.IDENTIFY, IDENTITY | {"token": "other"}, Close.AUTHENTICATION_FAILED),
        (Op.IDENTIFY, IDENTITY | {"session_id": "other"}, Close.SESSION_NO_LONGER_VALID),
        (Op.IDENTIFY, IDENTITY | {"user_id": "5"}, Close.SESSION_NO_LONGER_VALID),
        (Op.IDENTIFY, IDENTITY | {"max_dave_protocol_version": 0}, Close.DAVE_REQUIRED),
        (Op.IDENTIFY, {"server_id": "x"}, Close.BAD_REQUEST),
        (Op.HEARTBEAT, {}, Close.BAD_REQUEST),
        (Op.RESUME, RESUME, Close.SESSION_NO_LONGER_VALID),
    ],
)
async def test_a_stranger_is_refused_with_the_code_that_says_why(
    server: VoiceServer, op: int, data: Any, code: Close
) -> None:
    async with connected(server) as raw:
        await raw.say(op, data)
        assert await raw.code() == code
    await until(lambda: server.closed == [code])
    assert server.past == []


async def test_an_identity_without_a_word_about_encryption_is_refused(server: VoiceServer) -> None:
    identity = {key: value for key, value in IDENTITY.items() if "dave" not in key}
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, identity)
        assert await raw.code() == Close.DAVE_REQUIRED


async def test_a_stage_asks_for_no_end_to_end_encryption(server: VoiceServer) -> None:
    server.expect(GUILD, STAGE, BOT, SESSION, TOKEN, stage=True)
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY | {"max_dave_protocol_version": 0})
        await raw.until(Op.READY)
        await raw.say(Op.SELECT_PROTOCOL, SELECTION)
        _, description, _ = await raw.until(Op.SESSION_DESCRIPTION)
        assert description["dave_protocol_version"] == 0


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"op": 0}', "\0", "7", '{"op": 0, "d": null}', '{"op": 26, "d": {}}'],
)
async def test_what_is_no_message_is_refused(server: VoiceServer, text: str) -> None:
    async with connected(server) as raw:
        await raw.socket.send_str(text)
        assert await raw.code() == Close.FAILED_TO_DECODE


@pytest.mark.parametrize("seed", range(5))
async def test_binary_noise_is_refused_and_harms_nobody(server: VoiceServer, seed: int) -> None:
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        await raw.until(Op.READY)
        ops = [Op.MLS_KEY_PACKAGE, Op.MLS_COMMIT_WELCOME]
        noise = random.Random(seed).randbytes(100 * seed)
        await raw.socket.send_bytes(bytes([ops[seed % 2]]) + noise)
        assert await raw.code() == Close.BAD_REQUEST
    await until(lambda: not server.call(CHANNEL).sessions)
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        await raw.until(Op.READY)
    assert server.crashes == []


@pytest.mark.parametrize(
    ("selection", "code"),
    [
        (SELECTION | {"protocol": "webrtc"}, Close.UNKNOWN_PROTOCOL),
        (
            {"protocol": "udp", "data": {"address": "::", "port": 1, "mode": "xsalsa20_poly1305"}},
            Close.UNKNOWN_ENCRYPTION_MODE,
        ),
    ],
)
async def test_a_transport_nobody_has_is_refused(
    server: VoiceServer, selection: dict[str, Any], code: Close
) -> None:
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        _, ready, _ = await raw.until(Op.READY)
        assert MODE in ready["modes"]
        await raw.say(Op.SELECT_PROTOCOL, selection)
        assert await raw.code() == code


async def test_nobody_identifies_twice(server: VoiceServer) -> None:
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        await raw.say(Op.IDENTIFY, IDENTITY)
        assert await raw.code() == Close.ALREADY_AUTHENTICATED


async def test_nobody_speaks_in_the_name_of_another(server: VoiceServer) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        await raw.say(Op.SPEAKING, {"speaking": 1, "delay": 0, "ssrc": alice.ssrc})
        assert await raw.code() == Close.BAD_REQUEST


async def test_a_heartbeat_is_answered_with_its_own_number(server: VoiceServer) -> None:
    async with connected(server) as raw:
        await raw.say(Op.HEARTBEAT, {"t": 1_234, "seq_ack": -1})
        assert await raw.next() == (Op.HEARTBEAT_ACK, {"t": 1_234}, None)


async def test_who_is_there_is_told_and_who_comes_and_goes(server: VoiceServer) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        assert (await raw.until(Op.CLIENTS_CONNECT))[1] == {"user_ids": [str(ALICE)]}
        assert (await raw.next())[:2] == (Op.CLIENT_FLAGS, {"user_id": str(ALICE), "flags": 2})
        assert (await raw.next())[:2] == (
            Op.CLIENT_PLATFORM,
            {"user_id": str(ALICE), "platform": 0},
        )
        bob = call.join(12)
        assert (await raw.until(Op.CLIENTS_CONNECT))[1] == {"user_ids": ["12"]}
        bob.leave()
        assert (await raw.until(Op.CLIENT_DISCONNECT))[1] == {"user_id": "12"}
        alice.leave()
        assert (await raw.until(Op.CLIENT_DISCONNECT))[1] == {"user_id": str(ALICE)}


@pytest.mark.parametrize("code", [Close.VOICE_SERVER_CRASHED, Close.ABNORMAL])
async def test_a_resume_brings_exactly_what_was_missed(server: VoiceServer, code: Close) -> None:
    call = server.call(CHANNEL)
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        _, _, seen = await raw.until(Op.READY)
        server.close(server.session(BOT), code)
        while (await raw.socket.receive(timeout=2)).type not in {WSMsgType.CLOSE, WSMsgType.CLOSED}:
            pass
    await until(lambda: server.closed == [code])
    call.join(ALICE)
    async with connected(server) as raw:
        await raw.say(Op.RESUME, RESUME | {"seq_ack": seen})
        numbered = [await raw.next() for _ in range(3)]
        assert [op for op, *_ in numbered] == [
            Op.CLIENTS_CONNECT,
            Op.CLIENT_FLAGS,
            Op.CLIENT_PLATFORM,
        ]
        assert seen is not None
        assert [number for *_, number in numbered] == [seen + 1, seen + 2, seen + 3]
        assert await raw.next() == (Op.RESUMED, None, None)
        call.join(12)
        assert (await raw.next())[2] == seen + 4
    assert len(server.past) == 1


@pytest.mark.parametrize("code", [Close.DISCONNECTED, Close.SESSION_NO_LONGER_VALID])
async def test_what_is_over_can_not_be_resumed(server: VoiceServer, code: Close) -> None:
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        await raw.until(Op.READY)
        server.close(server.session(BOT), code)
        assert await raw.code() == code
    async with connected(server) as raw:
        await raw.say(Op.RESUME, RESUME)
        assert await raw.code() == Close.SESSION_NO_LONGER_VALID


async def test_a_resume_needs_the_token(server: VoiceServer) -> None:
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        await raw.until(Op.READY)
        server.close(server.session(BOT), Close.ABNORMAL)
    async with connected(server) as raw:
        await raw.say(Op.RESUME, RESUME | {"token": "other"})
        assert await raw.code() == Close.AUTHENTICATION_FAILED


async def test_who_is_dismissed_is_put_out_and_not_let_in_again(server: VoiceServer) -> None:
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        await raw.until(Op.READY)
        server.dismissed(GUILD, BOT)
        assert await raw.code() == Close.DISCONNECTED
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        assert await raw.code() == Close.SESSION_NO_LONGER_VALID


async def test_what_is_withheld_takes_no_number(server: VoiceServer) -> None:
    server.call(CHANNEL).join(ALICE)
    server.weather.withheld |= {Op.CLIENTS_CONNECT, Op.CLIENT_FLAGS}
    async with connected(server) as raw:
        await raw.say(Op.IDENTIFY, IDENTITY)
        assert [(await raw.next())[::2] for _ in range(2)] == [
            (Op.READY, 0),
            (Op.CLIENT_PLATFORM, 1),
        ]


async def test_the_end_of_the_server_is_the_end_of_every_session() -> None:
    async with AsyncExitStack() as stack:
        async with VoiceServer.start() as server:
            server.expect(GUILD, CHANNEL, BOT, SESSION, TOKEN, stage=False)
            raw = await stack.enter_async_context(connected(server))
            await raw.say(Op.IDENTIFY, IDENTITY)
            await raw.until(Op.READY)
        assert await raw.code() == Close.DISCONNECTED
        assert server.closed == [Close.DISCONNECTED]
