"""Defects of discord.py 2.7.1 and davey 0.1.7 that the project works around.

Each test shows one in the unpatched library, and fails once it is mended: then its workaround can
go, and so can the test. The last two tests hold the private names that the project leans on.
"""

# ruff: noqa: SLF001 - the defects are in there

import asyncio
import inspect
import time
from collections.abc import AsyncIterator

import davey
import discord
import pytest
from discord.gateway import DiscordVoiceWebSocket
from discord.voice_state import ConnectionFlowState, VoiceConnectionState

from tests.discord.server.dave import Group
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import agreed, play, reconnected, until
from tests.discord.server.voice_mls import parse_commit, vector
from tests.discord.server.voice_protocol import Close, Op
from tests.discord.server.voice_stand_in import (
    BOT,
    CHANNEL,
    OTHER_CHANNEL,
    STAGE,
    StandIn,
    standing_in,
)

ALICE, BOB = 11, 12


@pytest.fixture
async def server() -> AsyncIterator[VoiceServer]:
    async with VoiceServer.start() as server:
        yield server


@pytest.fixture
async def discord_(server: VoiceServer) -> AsyncIterator[StandIn]:
    async with standing_in(server) as stand_in:
        yield stand_in


def runner(client: discord.VoiceClient) -> asyncio.Task[None]:
    """The task that reads what the voice gateway says."""
    task = client._connection._runner
    assert task is not None
    return task


async def until_it_dies(client: discord.VoiceClient) -> BaseException | None:
    await until(runner(client).done)
    return runner(client).exception()


async def test_discord_py_a_bad_proposal_kills_the_voice_task_and_it_still_says_connected(
    server: VoiceServer, discord_: StandIn
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    await agreed(client, alice)
    server.call(CHANNEL).propose_wrongly(session)
    error = await until_it_dies(client)
    assert isinstance(error, ValueError)
    assert "WrongEpoch" in str(error)
    assert client.is_connected()
    bob = server.call(CHANNEL).join(BOB)
    await asyncio.sleep(1)
    assert bob.member is not None
    assert bob.member.session.voice_privacy_code != client.voice_privacy_code
    assert client.is_connected()


async def test_discord_py_an_answer_that_can_not_be_sent_kills_the_voice_task_likewise(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join()
    session = await server.until_settled(BOT)
    session.prepare_epoch()
    server.close(session, Close.ABNORMAL)
    error = await until_it_dies(client)
    assert isinstance(error, ConnectionError)
    assert client.is_connected()


async def test_discord_py_keeps_disconnected_set_after_a_reconnect_and_takes_a_move_for_a_kick(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join()
    first = server.session(BOT)
    assert not client._connection._disconnected.is_set()
    server.close(first, Close.SESSION_NO_LONGER_VALID)
    await reconnected(server, first)
    await until(client.is_connected)
    assert client._connection._disconnected.is_set()
    discord_.move(OTHER_CHANNEL)
    await until(lambda: discord_.client.voice_clients == [])
    assert not client.is_connected()
    assert len(server.past) == 2


async def test_discord_py_follows_a_move_where_the_event_is_cleared(
    server: VoiceServer, discord_: StandIn
) -> None:
    """The remedy for the defect above, so that it is known to be the whole of it."""
    client = await discord_.join()
    first = server.session(BOT)
    server.close(first, Close.SESSION_NO_LONGER_VALID)
    await reconnected(server, first)
    await until(client.is_connected)
    client._connection._disconnected.clear()
    discord_.move(OTHER_CHANNEL)
    await until(lambda: len(server.past) == 3)
    await until(client.is_connected)


async def test_discord_py_that_has_a_listener_sleeps_on_the_closed_socket_after_a_reconnect(
    server: VoiceServer, discord_: StandIn
) -> None:
    """For up to 30 s, the time it waits for a datagram before it looks at which socket it has."""
    client = await discord_.join()
    client._connection.add_socket_listener(lambda _: None)
    first = server.session(BOT)
    server.close(first, Close.SESSION_NO_LONGER_VALID)
    await until(lambda: len(server.past) == 2)
    second = server.past[1]
    await asyncio.sleep(1)
    assert second.said(Op.SELECT_PROTOCOL) == []
    assert await reconnected(server, first) is second
    assert second.said(Op.SELECT_PROTOCOL) != []


async def test_discord_py_that_hears_too_soon_that_it_has_left_leaves_twice_and_waits_in_vain(
    server: VoiceServer, discord_: StandIn
) -> None:
    """Too soon is before its voice task knows. It waits for as long as it may take to connect."""
    client = await discord_.join(timeout=1)
    await server.until_settled(BOT)
    started = time.monotonic()
    discord_.farewell_s = 0
    leaving = asyncio.create_task(client.disconnect())
    await asyncio.sleep(0)
    discord_.farewell_s = 0.1
    await leaving
    assert time.monotonic() - started >= 1
    assert discord_.client.voice_clients == []


async def test_discord_py_waits_for_a_voice_server_before_it_resumes_and_gives_up(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join(timeout=0.5)
    session = await server.until_settled(BOT)
    server.close(session, Close.VOICE_SERVER_CRASHED)
    await until(lambda: discord_.client.voice_clients == [])
    assert not client.is_connected()
    assert session.resumed == 0


async def test_discord_py_does_not_take_resumed_for_an_answer_and_gives_up(
    server: VoiceServer, discord_: StandIn
) -> None:
    discord_.resumable = True
    client = await discord_.join(timeout=0.5)
    session = await server.until_settled(BOT)
    server.close(session, Close.VOICE_SERVER_CRASHED)
    await until(lambda: session.resumed == 1)
    await until(lambda: discord_.client.voice_clients == [])
    assert not client.is_connected()


async def test_discord_py_asks_once_for_its_address_and_waits_in_vain(
    server: VoiceServer, discord_: StandIn
) -> None:
    server.datagrams.unanswered = 1
    with pytest.raises(TimeoutError):
        await discord_.join(timeout=1.5)


async def test_discord_py_speaks_in_the_clear_while_keys_are_agreed_on(
    server: VoiceServer, discord_: StandIn
) -> None:
    server.call(CHANNEL).join(ALICE)
    server.weather.withheld |= {Op.MLS_PROPOSALS, Op.MLS_WELCOME, Op.MLS_ANNOUNCE_COMMIT_TRANSITION}
    client = await discord_.join()
    assert client._connection.dave_protocol_version == 1
    assert not client._connection.can_encrypt
    await play(client, 880, 0.1)
    assert server.session(BOT).ears.in_the_clear


async def test_discord_py_passes_over_an_upgrade_of_a_call_that_began_in_the_clear(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join(STAGE)
    session = server.session(BOT)
    session.prepare_epoch()
    session.send(Op.SPEAKING, {"user_id": str(ALICE), "ssrc": 1, "speaking": 1})
    await asyncio.sleep(0.2)
    assert session.said(Op.MLS_KEY_PACKAGE) == []
    assert client._connection.dave_protocol_version == 0


def test_davey_makes_no_welcome_after_one_of_two_proposals_is_revoked() -> None:
    group = Group(CHANNEL)
    alice, *others = (davey.DaveSession(1, user, CHANNEL) for user in (ALICE, BOB, BOB + 1))
    alice.set_external_sender(group.sender.package)
    proposals = [
        group.sender.add(CHANNEL, 0, other.user_id, other.get_serialized_key_package())
        for other in others
    ]
    both = vector(b"".join(proposal.message for proposal in proposals))
    result = alice.process_proposals(davey.ProposalsOperationType.append, both)
    assert result is not None
    assert result.welcome is not None
    one = vector(vector(proposals[0].reference))
    result = alice.process_proposals(davey.ProposalsOperationType.revoke, one)
    assert result is not None
    assert parse_commit(result.commit).references == (proposals[1].reference,)
    assert result.welcome is None


def test_davey_sends_with_the_new_keys_before_the_transition_is_executed() -> None:
    group = Group(CHANNEL)
    alice, bob = group.add(ALICE), group.add(BOB)
    package = davey.DaveSession(1, 13, CHANNEL).get_serialized_key_package()
    proposal = group.sender.add(CHANNEL, 1, 13, package)
    result = alice.session.process_proposals(
        davey.ProposalsOperationType.append, vector(proposal.message)
    )
    assert result is not None
    alice.session.process_commit(result.commit)
    with pytest.raises(ValueError, match="NoValidCryptorFound"):
        bob.decrypt(ALICE, alice.encrypt(bytes(50)))


def test_the_private_names_of_discord_py_that_the_project_leans_on_are_there() -> None:
    assert list(inspect.signature(VoiceConnectionState).parameters) == ["voice_client", "hook"]
    assert callable(discord.VoiceClient.create_connection_state)
    for verb in (
        "add_socket_listener",
        "remove_socket_listener",
        "send_packet",
        "reinit_dave_session",
        "_recover_from_invalid_commit",
        "_inside_runner",
        "_potential_reconnect",
        "disconnect",
        "soft_disconnect",
    ):
        assert callable(getattr(VoiceConnectionState, verb)), verb
    assert {"disconnected", "connected", "got_voice_server_update"} <= {
        state.name for state in ConnectionFlowState
    }
    assert inspect.iscoroutinefunction(DiscordVoiceWebSocket.discover_ip)
    nameless = {Op.MEDIA_SINK_WANTS, Op.CLIENT_FLAGS, Op.CLIENT_PLATFORM}
    for op in set(Op) - nameless:
        assert getattr(DiscordVoiceWebSocket, op.name) == op


async def test_the_private_state_of_a_voice_client_is_what_the_project_takes_it_for(
    server: VoiceServer, discord_: StandIn
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    await server.until_settled(BOT)
    await agreed(client, alice)
    state = client._connection
    assert isinstance(state.dave_session, davey.DaveSession)
    assert state.dave_session.get_user_ids() == [str(ALICE), str(BOT)]
    assert state.dave_protocol_version == 1
    assert state.dave_pending_transitions == {}
    assert len(bytes(state.secret_key)) == 32
    assert state.state is ConnectionFlowState.connected
    assert state._socket_reader.is_alive()
    assert isinstance(state._disconnected, asyncio.Event)
    assert not runner(client).done()
    assert state.ws.seq_ack > 0
    assert state.ws.ws.close_code is None
    assert state.ws.secret_key == state.secret_key
    assert isinstance(type(state).can_encrypt, property)
    assert client.supported_modes[0] == "aead_xchacha20_poly1305_rtpsize"
