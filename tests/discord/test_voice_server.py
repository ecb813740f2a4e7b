"""The unpatched discord.VoiceClient meets the voice server of these tests."""

# ruff: noqa: SLF001 - what discord.py makes of the protocol is kept there

import asyncio
import random
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import Listening, agreed, play, reconnected, until
from tests.discord.server.voice_protocol import Close, Op
from tests.discord.server.voice_rtp import RtpError, unseal
from tests.discord.server.voice_sounds import pitch, tone
from tests.discord.server.voice_stand_in import (
    BOT,
    CHANNEL,
    OTHER_CHANNEL,
    STAGE,
    StandIn,
    standing_in,
)

ALICE, BOB, CAROL = 11, 12, 13


@pytest.fixture
async def server() -> AsyncIterator[VoiceServer]:
    async with VoiceServer.start() as server:
        yield server


@pytest.fixture
async def discord_(server: VoiceServer) -> AsyncIterator[StandIn]:
    async with standing_in(server) as stand_in:
        yield stand_in


async def test_it_connects_and_says_what_the_protocol_asks_of_it(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join()
    session = await server.until_settled(BOT)
    assert client.is_connected()
    assert client.mode == "aead_xchacha20_poly1305_rtpsize"
    [identity] = session.said(Op.IDENTIFY)
    assert identity["max_dave_protocol_version"] == 1
    assert await session.until_said(Op.SPEAKING) == {
        "speaking": 0,
        "delay": 0,
        "ssrc": session.ssrc,
    }
    assert session.address == (client._connection.ip, client._connection.port)
    await client.disconnect()
    await until(lambda: server.closed == [1000])
    assert session.ended is not None
    assert not server.call(CHANNEL).sessions


async def test_its_heart_beats_and_it_says_what_it_has_seen(
    server: VoiceServer, discord_: StandIn
) -> None:
    server.heartbeat_ms = 50
    await discord_.join()
    session = server.session(BOT)
    await session.until_said(Op.HEARTBEAT, times=3)
    assert session.said(Op.HEARTBEAT)[-1]["seq_ack"] > 0


async def test_both_sides_show_the_same_privacy_code(
    server: VoiceServer, discord_: StandIn
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    await server.until_settled(BOT)
    await agreed(client, alice)
    assert client._connection.can_encrypt


@pytest.mark.parametrize("favourite", [ALICE, BOT])
async def test_it_can_commit_and_it_can_be_welcomed(
    server: VoiceServer, discord_: StandIn, favourite: int
) -> None:
    call = server.call(CHANNEL)
    assert call.group is not None
    call.group.favourite = favourite
    alice, bob = call.join(ALICE), call.join(BOB)
    client = await discord_.join()
    await server.until_settled(BOT)
    await agreed(client, alice, bob)
    carol = call.join(CAROL)
    await server.until_settled(BOT)
    await agreed(client, alice, bob, carol)
    assert bool(server.session(BOT).said(Op.MLS_COMMIT_WELCOME))


async def test_what_it_plays_is_heard_at_its_pitch_and_encrypted_to_the_end(
    server: VoiceServer, discord_: StandIn
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    await agreed(client, alice)
    await play(client, 880)
    await until(lambda: len(session.ears.speech) == 25)
    assert pitch(session.ears.pcm()) == pytest.approx(880, abs=4)
    assert session.ears.in_the_clear == 0
    assert session.ears.unheard == 0
    sequences = [frame.packet.sequence for frame in session.ears.frames]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    times = [frame.packet.timestamp for frame in session.ears.speech]
    assert set(np.diff(times)) == {960}
    await session.until_said(Op.SPEAKING, times=3)
    assert session.speaking == 0
    assert [said["speaking"] for said in session.said(Op.SPEAKING)] == [0, 1, 0]


async def test_people_come_and_go_and_it_still_speaks_and_hears(
    server: VoiceServer, discord_: StandIn
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    listening = Listening(client, server.call(CHANNEL))
    await alice.say(tone(440, 0.3), 48_000)
    bob = call.join(BOB)
    await server.until_settled(BOT)
    await agreed(client, alice, bob)
    await bob.say(tone(600, 0.3, 16_000), 16_000)
    alice.leave()
    await server.until_settled(BOT)
    await agreed(client, bob)
    await bob.say(tone(600, 0.3, 16_000), 16_000)
    await play(client, 700)
    await until(lambda: len(session.ears.speech) == 25)
    assert pitch(session.ears.pcm()) == pytest.approx(700, abs=4)
    await until(lambda: len(listening.frames(bob)) == 2 * (15 + 5))
    assert pitch(listening.pcm(bob)) == pytest.approx(600, abs=5)
    assert pitch(listening.pcm(alice)) == pytest.approx(440, abs=5)


@pytest.mark.parametrize("seed", range(4))
async def test_through_much_coming_and_going_it_stays_in_the_group(
    server: VoiceServer, discord_: StandIn, seed: int
) -> None:
    dice = random.Random(seed)
    call = server.call(CHANNEL)
    assert call.group is not None
    client = await discord_.join()
    for user in range(20, 35):
        call.group.favourite = dice.choice([None, BOT])
        call.join(user)
        if len(call.talkers) > 1 and dice.random() < 0.7:
            dice.choice(list(call.talkers.values())).leave()
        if dice.random() < 0.3:
            call.rekey(server.session(BOT))
        if dice.random() < 0.5:
            await server.until_settled(BOT)
            await agreed(client, *call.talkers.values())
    await server.until_settled(BOT)
    await agreed(client, *call.talkers.values())
    await play(client, 880, 0.2)
    ears = server.session(BOT).ears
    await until(lambda: len(ears.speech) == 10)
    assert ears.in_the_clear == 0


async def test_the_last_one_leaves_and_the_next_is_understood(
    server: VoiceServer, discord_: StandIn
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    await agreed(client, alice)
    alice.leave()
    await session.until_said(Op.MLS_KEY_PACKAGE, times=2)
    assert not client._connection.can_encrypt
    bob = call.join(BOB)
    await server.until_settled(BOT)
    await agreed(client, bob)
    await play(client, 500)
    await until(lambda: len(session.ears.speech) == 25)
    assert session.ears.in_the_clear == 0


async def test_on_a_stage_nothing_is_encrypted_from_end_to_end(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join(STAGE)
    session = server.session(BOT)
    assert client._connection.dave_protocol_version == 0
    alice = server.call(STAGE).join(ALICE)
    listening = Listening(client, server.call(STAGE))
    await alice.say(tone(440, 0.3), 48_000)
    await until(lambda: len(listening.frames(alice)) == 20)
    assert pitch(listening.pcm(alice)) == pytest.approx(440, abs=5)
    await play(client, 880)
    await until(lambda: len(session.ears.speech) == 25)
    assert session.ears.in_the_clear == 25
    assert pitch(session.ears.pcm()) == pytest.approx(880, abs=4)


async def test_a_new_transport_key_is_used_at_once_in_both_directions(
    server: VoiceServer, discord_: StandIn
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    old = bytes(client.secret_key)
    server.call(CHANNEL).rekey(session)
    await session.until_said(Op.MLS_KEY_PACKAGE, times=2)
    await server.until_settled(BOT)
    await agreed(client, alice)
    assert bytes(client.secret_key) != old
    listening = Listening(client, server.call(CHANNEL))
    await alice.say(tone(440, 0.2), 48_000)
    await until(lambda: len(listening.datagrams) == 15)
    with pytest.raises(RtpError):
        unseal(listening.datagrams[0], old)
    assert pitch(listening.pcm(alice)) == pytest.approx(440, abs=5)
    await play(client, 880)
    await until(lambda: len(session.ears.speech) == 25)


async def test_after_4006_it_comes_back_with_a_new_session(
    server: VoiceServer, discord_: StandIn
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    first = await server.until_settled(BOT)
    server.close(first, Close.SESSION_NO_LONGER_VALID)
    second = await reconnected(server, first)
    await server.until_settled(BOT)
    assert second.admission.session != first.admission.session
    await agreed(client, alice)
    await play(client, 880)
    await until(lambda: len(second.ears.speech) == 25)


async def test_after_4017_it_tries_again(server: VoiceServer, discord_: StandIn) -> None:
    client = await discord_.join()
    first = server.session(BOT)
    server.close(first, Close.DAVE_REQUIRED)
    await reconnected(server, first)
    await until(client.is_connected)


async def test_4014_ends_it_when_it_was_kicked(server: VoiceServer, discord_: StandIn) -> None:
    client = await discord_.join()
    discord_.kick()
    await until(lambda: server.closed != [])
    assert not client.is_connected()
    assert discord_.client.voice_clients == []
    await asyncio.sleep(0.2)
    assert len(server.past) == 1


@pytest.mark.parametrize("first", [True, False])
async def test_4014_leads_it_on_when_it_was_moved(
    server: VoiceServer, discord_: StandIn, *, first: bool
) -> None:
    bob = server.call(OTHER_CHANNEL).join(BOB)
    client = await discord_.join()
    if first:
        server.close(server.session(BOT), Close.DISCONNECTED)
        await until(lambda: server.closed == [Close.DISCONNECTED])
    discord_.move(OTHER_CHANNEL)
    await until(lambda: len(server.past) == 2)
    second = await server.until_settled(BOT)
    assert client.channel.id == OTHER_CHANNEL
    await agreed(client, bob)
    await play(client, 880)
    await until(lambda: len(second.ears.speech) == 25)
    assert not server.call(CHANNEL).sessions


async def test_a_change_of_region_leads_it_to_another_server(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join()
    async with VoiceServer.start() as other:
        server.trusted.load_verify_locations(cadata=other.authority)
        discord_.voice = other
        discord_.hand_over()
        await until(lambda: len(other.past) == 1)
        alice = other.call(CHANNEL).join(ALICE)
        session = await other.until_settled(BOT)
        await agreed(client, alice)
        await play(client, 880)
        await until(lambda: len(session.ears.speech) == 25)
        await client.disconnect()


async def test_4022_leads_it_on_when_it_is_told_where_to(
    server: VoiceServer, discord_: StandIn
) -> None:
    client = await discord_.join()
    server.close(server.session(BOT), Close.CALL_TERMINATED)
    await until(lambda: server.closed == [Close.CALL_TERMINATED])
    discord_.hand_over()
    await until(lambda: len(server.past) == 2)
    await until(client.is_connected)


async def test_4021_is_the_end(server: VoiceServer, discord_: StandIn) -> None:
    client = await discord_.join()
    server.close(server.session(BOT), Close.RATE_LIMITED)
    await until(lambda: not client.is_connected())
    assert discord_.client.voice_clients == []


async def test_after_4015_it_resumes_and_gets_what_it_missed(
    server: VoiceServer, discord_: StandIn
) -> None:
    discord_.resumable = True
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    server.close(session, Close.VOICE_SERVER_CRASHED)
    server.call(CHANNEL).rekey(session)
    await until(lambda: session.resumed == 1)
    await until(client.is_connected)
    await server.until_settled(BOT)
    await agreed(client, alice)
    assert server.past == [session]
    await play(client, 880)
    await until(lambda: len(session.ears.speech) == 25)


async def test_a_commit_that_was_tampered_with_puts_it_out_and_in_again(
    server: VoiceServer, discord_: StandIn
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    server.weather.corrupted.add(Op.MLS_ANNOUNCE_COMMIT_TRANSITION)
    bob = call.join(BOB)
    await session.until_said(Op.MLS_INVALID_COMMIT_WELCOME)
    await server.until_settled(BOT)
    await agreed(client, alice, bob)


async def test_a_welcome_that_was_tampered_with_is_asked_for_again(
    server: VoiceServer, discord_: StandIn
) -> None:
    call = server.call(CHANNEL)
    alice, bob = call.join(ALICE), call.join(BOB)
    server.weather.corrupted.add(Op.MLS_WELCOME)
    client = await discord_.join()
    session = server.session(BOT)
    await session.until_said(Op.MLS_INVALID_COMMIT_WELCOME)
    server.weather.corrupted.clear()
    await server.until_settled(BOT)
    await agreed(client, alice, bob)


async def test_a_commit_that_never_comes_leaves_it_deaf_and_the_others_go_on(
    server: VoiceServer, discord_: StandIn
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await discord_.join()
    await server.until_settled(BOT)
    await agreed(client, alice)
    server.weather.withheld.add(Op.MLS_ANNOUNCE_COMMIT_TRANSITION)
    bob = call.join(BOB)
    await server.until_settled(BOT)
    assert alice.member is not None
    assert bob.member is not None
    assert alice.member.session.voice_privacy_code == bob.member.session.voice_privacy_code
    assert client.voice_privacy_code != bob.member.session.voice_privacy_code
    listening = Listening(client, server.call(CHANNEL))
    await bob.say(tone(600, 0.2), 48_000)
    await until(lambda: len(listening.datagrams) == 15)
    assert len(listening.failures) == 15
    assert all("NoDecryptorForUser" in failure for failure in listening.failures)
    assert listening.frames(bob) == []


async def test_without_op_22_it_stays_pending_and_is_still_understood(
    server: VoiceServer, discord_: StandIn
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    server.weather.withheld.add(Op.DAVE_EXECUTE_TRANSITION)
    bob = call.join(BOB)
    await server.until_settled(BOT)
    await agreed(client, alice, bob)
    assert client._connection.dave_pending_transitions
    await play(client, 880)
    await until(lambda: len(session.ears.speech) == 25)
