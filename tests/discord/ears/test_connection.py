"""The ears on discord.py's own connection, over the wire: TLS, UDP, real groups."""

# ruff: noqa: SLF001 - what discord.py knows of itself is kept there

import asyncio
from typing import Any

import numpy as np
import pytest
from discord.voice_state import ConnectionFlowState
from numpy.typing import NDArray

from bot.discord.ears.connection import Connection
from pipeline.errors import PlatformUnreachableError
from tests.discord.ears.hearing import Hearing
from tests.discord.ears.joining import join
from tests.discord.server.talkers import Faults
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import agreed, play, until
from tests.discord.server.voice_protocol import Close, Op
from tests.discord.server.voice_sounds import Played, pitch, tone
from tests.discord.server.voice_stand_in import (
    BOT,
    CHANNEL,
    OTHER_CHANNEL,
    STAGE,
    StandIn,
)

ALICE, BOB = 11, 12


def sound(heard: Hearing, user: int) -> NDArray[np.float32]:
    return np.concatenate([each.utterance.audio.samples for each in heard.said(user)])


async def test_two_people_are_heard_through_a_rough_network(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    call = server.call(CHANNEL)
    alice, bob = call.join(ALICE), call.join(BOB)
    alice.sequence, alice.timestamp = 65_520, 2**32 - 9_600
    client = await join(discord_, heard)
    await server.until_settled(BOT)
    await agreed(client, alice, bob)
    faults = Faults(loss=0.05, duplicate=0.05, reorder=0.1, padding=0.2, csrcs=2)
    await asyncio.gather(
        alice.say(tone(440, 1.5), 48_000, faults=faults),
        bob.say(tone(660, 1.5), 48_000, faults=faults),
    )
    alice.report()
    alice.film()
    await heard.until(lambda _: all(heard.said(user) for user in (ALICE, BOB)))
    for user, hertz in ((ALICE, 440), (BOB, 660)):
        assert pitch(sound(heard, user), 16_000) == pytest.approx(hertz, abs=4)
        stats = heard.of(user)
        assert stats.decoded + stats.lost == 80
        assert stats.sealed == stats.unreadable == 0
    assert heard.ears.stats().foreign >= 10
    await play(client, 880, 0.1)


async def test_a_question_for_its_address_that_gets_lost_is_asked_again(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    server.datagrams.unanswered = 2
    client = await join(discord_, heard)
    session = await server.until_settled(BOT)
    assert session.address == client._connection.socket.getsockname()


async def test_it_is_away_although_discord_py_waits_and_says_that_it_is_connected(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    client = await join(discord_, heard)
    session = await server.until_settled(BOT)
    assert not client.facts().away
    server.close(session, Close.CALL_TERMINATED)
    await until(lambda: client.facts().away)
    assert client.is_connected()
    assert client.facts().alive


async def test_who_comes_late_is_heard_and_who_leaves_has_had_their_say(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await join(discord_, heard)
    await agreed(client, alice)
    await alice.say(tone(440, 0.5), 48_000, faults=Faults(silence=0))
    bob = call.join(BOB)
    alice.leave()
    await heard.until(lambda stats: bool(heard.said(ALICE)) and ALICE not in stats.speakers)
    await server.until_settled(BOT)
    await agreed(client, bob)
    await bob.say(tone(660, 0.5), 48_000)
    await heard.until(lambda _: bool(heard.said(BOB)))
    assert heard.of(BOB).heard == 1


async def test_who_was_never_announced_is_heard(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    server.weather.withheld.add(Op.SPEAKING)
    alice = server.call(CHANNEL).join(ALICE)
    client = await join(discord_, heard)
    await server.until_settled(BOT)
    await agreed(client, alice)
    await alice.say(tone(440, 0.5), 48_000)
    await heard.until(lambda _: heard.of(ALICE).decoded == 30)


async def test_on_a_stage_speakers_are_heard_in_the_clear(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    client = await join(discord_, heard, STAGE)
    assert client.encryption().ready
    await server.call(STAGE).join(ALICE).say(tone(440, 0.5), 48_000)
    await heard.until(lambda _: bool(heard.said(ALICE)))
    assert pitch(sound(heard, ALICE), 16_000) == pytest.approx(440, abs=4)


async def test_a_new_key_is_used_at_once(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await join(discord_, heard)
    session = await server.until_settled(BOT)
    server.call(CHANNEL).rekey(session)
    await session.until_said(Op.MLS_KEY_PACKAGE, times=2)
    await server.until_settled(BOT)
    await agreed(client, alice)
    await alice.say(tone(440, 0.5), 48_000)
    await heard.until(lambda _: heard.of(ALICE).decoded == 30)
    assert heard.ears.stats().sealed == 0


async def test_the_way_for_sound_is_kept_open(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    await join(discord_, heard)
    session = server.session(BOT)
    await until(lambda: len(session.keep_alives) == 2, seconds=8)
    first, second = session.keep_alives
    assert (first.counter, second.counter) == (0, 1)
    assert second.at - first.at == pytest.approx(5, abs=0.5)
    await until(lambda: heard.ears.stats().foreign == 2)


async def refuse_a_proposal(server: VoiceServer) -> None:
    server.weather.corrupted.add(Op.MLS_PROPOSALS)
    server.call(CHANNEL).join(BOB)
    await server.until_settled(BOT)
    await asyncio.sleep(0.1)
    server.weather.corrupted.clear()


async def test_it_lives_on_after_a_refused_proposal_and_can_ask_for_help(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await join(discord_, heard)
    await server.until_settled(BOT)
    await refuse_a_proposal(server)
    assert client.alive()
    await client.rekey()
    await until(lambda: len(server.session(BOT).said(Op.MLS_INVALID_COMMIT_WELCOME)) == 1)
    await server.until_settled(BOT)
    await agreed(client, alice, call.talkers[BOB])
    await call.talkers[BOB].say(tone(660, 0.5), 48_000)
    await heard.until(lambda _: heard.of(BOB).decoded == 30)


async def reconnect(server: VoiceServer, code: Close = Close.SESSION_NO_LONGER_VALID) -> None:
    server.close(await server.until_settled(BOT), code)
    await until(lambda: len(server.past) == 2)


@pytest.mark.parametrize("code", [Close.SESSION_NO_LONGER_VALID, Close.VOICE_SERVER_CRASHED])
async def test_it_hears_as_soon_as_it_has_reconnected(
    server: VoiceServer, discord_: StandIn, heard: Hearing, code: Close
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await join(discord_, heard)
    await agreed(client, alice)
    await alice.say(tone(440, 0.5), 48_000)
    await reconnect(server, code)
    await server.until_settled(BOT, seconds=2)
    await agreed(client, alice)
    await alice.say(tone(440, 0.5), 48_000)
    await heard.until(lambda _: heard.of(ALICE).decoded == 60)


async def test_an_answer_that_can_not_be_sent_has_it_reconnect(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    client = await join(discord_, heard)
    session = await server.until_settled(BOT)
    session.prepare_epoch()
    server.close(session, Close.ABNORMAL)
    await until(lambda: len(server.past) == 2)
    await until(client.is_connected)
    assert client.alive()


async def test_an_answer_that_comes_at_once_is_not_missed(
    discord_: StandIn, heard: Hearing
) -> None:
    state = (await join(discord_, heard))._connection
    for _ in range(2):
        state.state = ConnectionFlowState.got_ip_discovery
        waiting = asyncio.create_task(state.wait_async(1))
        await asyncio.sleep(0)
        state.state = ConnectionFlowState.connected
        await waiting
    with pytest.raises(TimeoutError):
        await state._wait_for_state(ConnectionFlowState.disconnected, timeout=0.05)


async def test_it_follows_a_move_after_a_reconnect(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    bob = server.call(OTHER_CHANNEL).join(BOB)
    client = await join(discord_, heard)
    await reconnect(server)
    await until(client.is_connected)
    discord_.move(OTHER_CHANNEL)
    await until(lambda: len(server.past) == 3)
    await server.until_settled(BOT)
    await agreed(client, bob)
    await bob.say(tone(660, 0.5), 48_000)
    await heard.until(lambda _: heard.of(BOB).decoded == 30)
    assert client.alive()


async def test_a_call_that_comes_to_encryption_late_is_followed(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    client = await join(discord_, heard, STAGE)
    session = server.session(BOT)
    session.prepare_epoch()
    assert await session.until_said(Op.MLS_KEY_PACKAGE)
    await until(lambda: client.encryption().version == 1)
    assert not client.encryption().ready


@pytest.mark.parametrize(
    ("op", "data"),
    [
        (Op.SPEAKING, {}),
        (Op.SPEAKING, {"ssrc": None, "user_id": "x"}),
        (Op.SPEAKING, []),
        (Op.CLIENT_DISCONNECT, {"user_id": "nobody"}),
        (Op.CLIENT_DISCONNECT, None),
        (12, {"audio_ssrc": "x", "user_id": "7"}),
    ],
)
async def test_a_message_that_makes_no_sense_costs_nothing(
    server: VoiceServer, discord_: StandIn, heard: Hearing, op: Any, data: Any
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await join(discord_, heard)
    session = await server.until_settled(BOT)
    await agreed(client, alice)
    session.send(op, data)
    await alice.say(tone(440, 0.5), 48_000)
    await heard.until(lambda _: heard.of(ALICE).decoded == 30)
    assert client.alive()


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1\2\3"])
async def test_a_binary_message_that_is_cut_short_costs_nothing(
    server: VoiceServer, discord_: StandIn, heard: Hearing, body: bytes
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await join(discord_, heard)
    session = await server.until_settled(BOT)
    await agreed(client, alice)
    for op in (
        Op.MLS_EXTERNAL_SENDER,
        Op.MLS_PROPOSALS,
        Op.MLS_ANNOUNCE_COMMIT_TRANSITION,
        Op.MLS_WELCOME,
    ):
        session.send_binary(op, body)
    assert session.outlet is not None
    session.outlet.put_nowait(b"")
    session.outlet.put_nowait(b"\0\1")
    await session.until_said(Op.MLS_KEY_PACKAGE, times=1)
    await asyncio.sleep(0.2)
    assert client.alive()


async def test_a_commit_that_never_came_is_healed_by_a_rekey(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await join(discord_, heard)
    await server.until_settled(BOT)
    await agreed(client, alice)
    server.weather.withheld.add(Op.MLS_ANNOUNCE_COMMIT_TRANSITION)
    bob = call.join(BOB)
    await server.until_settled(BOT)
    await bob.say(tone(660, 1), 48_000)
    await heard.until(lambda _: heard.of(BOB).sealed_in_a_row == 50)
    server.weather.withheld.clear()
    await client.rekey()
    await until(lambda: len(server.session(BOT).said(Op.MLS_INVALID_COMMIT_WELCOME)) == 1)
    await server.until_settled(BOT)
    await agreed(client, alice, bob)
    await bob.say(tone(660, 0.5), 48_000)
    await heard.until(lambda _: heard.of(BOB).opened == 25)


async def test_it_says_nothing_in_the_clear_while_keys_are_agreed_on(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await join(discord_, heard)
    session = await server.until_settled(BOT)
    await agreed(client, alice)
    server.weather.withheld |= {Op.MLS_PROPOSALS, Op.MLS_WELCOME, Op.MLS_ANNOUNCE_COMMIT_TRANSITION}
    client.play(Played(tone(880, 2)))
    await until(lambda: len(session.ears.speech) > 5)
    server.call(CHANNEL).rekey(session)
    await until(lambda: not client.encryption().ready)
    unready = client.sequence
    await until(lambda: client.sequence > unready + 10)
    server.weather.withheld.clear()
    await client.rekey()
    await until(lambda: client.encryption().ready)
    await server.until_settled(BOT)
    spoken = len(session.ears.speech)
    await until(lambda: not client.is_playing())
    await until(lambda: len(session.ears.speech) > spoken + 5)
    assert not session.ears.in_the_clear
    assert pitch(session.ears.pcm()) == pytest.approx(880, abs=4)


async def test_nothing_is_left_when_it_has_left(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    before = asyncio.all_tasks()
    client = await join(discord_, heard)
    assert client.alive()
    await client.disconnect()
    await until(lambda: len(server.closed) == 1)
    assert not client.alive()
    names = {task.get_name() for task in asyncio.all_tasks() - before}
    assert not {name for name in names if "keep-alive" in name or "Voice" in name}
    with pytest.raises(PlatformUnreachableError):
        await dead_rekey(client)


async def dead_rekey(client: Connection) -> None:
    client._connection.dave_protocol_version = 1
    await client.rekey()


async def test_a_kick_ends_the_keep_alives_too(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    client = await join(discord_, heard)
    await until(lambda: bool(server.session(BOT).keep_alives))
    discord_.kick()
    await until(lambda: not client.alive())
    await until(lambda: client._keeping_alive is not None and client._keeping_alive.done())
    assert discord_.client.voice_clients == []
