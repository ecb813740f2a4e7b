"""Datagrams between the voice server of these tests and an unpatched discord.VoiceClient."""

# ruff: noqa: SLF001 - discord.py's socket is kept there

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator

import discord
import numpy as np
import pytest

from tests.discord.server.talkers import Faults, Talker, encode
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import Listening, agreed, play, until
from tests.discord.server.voice_rtp import (
    SENDER_REPORT,
    SILENCE,
    VIDEO,
    Packet,
    RtpError,
    audio_level,
    seal,
    unseal,
)
from tests.discord.server.voice_session import Session
from tests.discord.server.voice_sounds import pitch, tone
from tests.discord.server.voice_stand_in import BOT, CHANNEL, StandIn, standing_in

ALICE, BOB = 11, 12
KEY = bytes(range(32))


@pytest.fixture
async def server() -> AsyncIterator[VoiceServer]:
    async with VoiceServer.start() as server:
        yield server


@pytest.fixture
async def discord_(server: VoiceServer) -> AsyncIterator[StandIn]:
    async with standing_in(server) as stand_in:
        yield stand_in


async def meet(
    server: VoiceServer, discord_: StandIn
) -> tuple[discord.VoiceClient, Session, Talker, Listening]:
    """A bot and Alice, who understand each other."""
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    session = await server.until_settled(BOT)
    await agreed(client, alice)
    return client, session, alice, Listening(client, server.call(CHANNEL))


@pytest.mark.parametrize(
    "packet",
    [
        Packet(0, 0, 0, b"x"),
        Packet(65_535, 2**32 - 1, 2**32 - 1, b"x" * 900, marker=True),
        Packet(1, 2, 3, b"x", extension=audio_level(40)),
        Packet(1, 2, 3, b"x", csrcs=(7, 8, 2**32 - 1), extension=audio_level(0), padding=255),
        Packet(1, 2, 3, b"", padding=1),
        Packet(1, 2, 3, b"film", VIDEO),
    ],
)
def test_a_packet_survives_the_wire(packet: Packet) -> None:
    assert unseal(seal(packet, KEY, 2**32 - 1), KEY) == packet


def test_every_bit_of_a_packet_is_guarded() -> None:
    data = seal(Packet(1, 2, 3, b"frame", extension=audio_level(40), csrcs=(9,), padding=3), KEY, 5)
    for bit in range(8 * len(data)):
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        with pytest.raises(RtpError):
            unseal(bytes(turned), KEY)


def test_noise_is_no_packet() -> None:
    dice = random.Random(1)
    for _ in range(2_000):
        with pytest.raises(RtpError):
            unseal(dice.randbytes(dice.randint(0, 200)), KEY)


async def test_speech_arrives_whole_and_ends_in_five_frames_of_silence(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, session, alice, listening = await meet(server, discord_)
    await alice.say(tone(440, 0.5), 48_000, speed=5)
    await until(lambda: len(listening.frames(alice)) == 30)
    frames = listening.frames(alice)
    assert frames[25:] == [SILENCE] * 5
    assert SILENCE not in frames[:25]
    assert pitch(listening.pcm(alice)) == pytest.approx(440, abs=4)
    first, *others = [unseal(data, bytes(client.secret_key)) for data in listening.datagrams]
    assert first.marker
    assert not any(packet.marker for packet in others)
    assert first.extension == audio_level(30)
    assert others[-1].extension == audio_level(127)
    assert session.introduced == {alice.ssrc}


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 48_000])
async def test_every_rate_of_opus_keeps_its_pitch(
    server: VoiceServer, discord_: StandIn, rate: int
) -> None:
    _, _, alice, listening = await meet(server, discord_)
    await alice.say((tone(440, 0.5, rate) * 32767).astype(np.int16), rate, speed=math.inf)
    await until(lambda: len(listening.frames(alice)) == 30)
    assert pitch(listening.pcm(alice)) == pytest.approx(440, abs=4)


async def test_a_rate_that_opus_does_not_have_is_refused(
    server: VoiceServer, discord_: StandIn
) -> None:
    _, _, alice, _ = await meet(server, discord_)
    with pytest.raises(ValueError, match="44100"):
        await alice.say(tone(440, 0.1, 44_100), 44_100)


async def test_speech_takes_as_long_as_it_lasts_and_less_where_that_is_wished(
    server: VoiceServer, discord_: StandIn
) -> None:
    _, _, alice, listening = await meet(server, discord_)
    start = time.monotonic()
    await alice.say(tone(440, 0.4), 48_000)
    assert 0.46 <= time.monotonic() - start < 0.8
    start = time.monotonic()
    await alice.say(tone(440, 4), 48_000, speed=20)
    assert 0.2 <= time.monotonic() - start < 0.8
    await until(lambda: len(listening.datagrams) == 25 + 205)


async def test_a_minute_at_once_loses_nothing(server: VoiceServer, discord_: StandIn) -> None:
    _, _, alice, listening = await meet(server, discord_)
    await alice.say(tone(440, 60, 16_000), 16_000, speed=math.inf)
    await until(lambda: len(listening.frames(alice)) == 3_005)
    assert listening.failures == []


async def test_many_say_at_once_what_was_encoded_once(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, _, alice, listening = await meet(server, discord_)
    call = server.call(CHANNEL)
    assert call.group is not None
    with call.group.together():
        others = [call.join(user) for user in range(20, 24)]
    await server.until_settled(BOT)
    await agreed(client, alice, *others)
    assert call.group.epoch == 2
    frames = encode(tone(440, 0.5, 16_000), 16_000)
    everybody = [alice, *others]
    await asyncio.gather(*(talker.say_encoded(frames, speed=2) for talker in everybody))
    await until(lambda: all(len(listening.frames(talker)) == 30 for talker in everybody))
    for talker in everybody:
        assert listening.frames(talker)[:25] == frames


async def test_the_clock_of_rtp_runs_on_between_two_sentences(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, _, alice, listening = await meet(server, discord_)
    await alice.say(tone(440, 0.1), 48_000)
    alice._quiet_since -= 10
    await alice.say(tone(440, 0.1), 48_000)
    await until(lambda: len(listening.datagrams) == 20)
    packets = [unseal(data, bytes(client.secret_key)) for data in listening.datagrams]
    gap = (packets[10].timestamp - packets[9].timestamp) % 2**32 / 48_000
    assert gap == pytest.approx(10.02, abs=0.1)
    assert (packets[10].sequence - packets[9].sequence) % 2**16 == 1


async def test_the_ssrc_is_told_once_and_to_each_session_anew(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, session, alice, _ = await meet(server, discord_)
    await alice.say(tone(440, 0.1), 48_000)
    await alice.say(tone(440, 0.1), 48_000)
    told = [wire for _, wire in session._kept if isinstance(wire, str) and '"op": 5' in wire]
    assert len(told) == 1
    await client.disconnect()
    await discord_.join()
    assert server.session(BOT).introduced == set()


async def test_reports_and_films_are_no_speech(server: VoiceServer, discord_: StandIn) -> None:
    client, _, alice, listening = await meet(server, discord_)
    alice.report()
    alice.film(3)
    await alice.say(tone(440, 0.1), 48_000)
    await until(lambda: len(listening.datagrams) == 14)
    kinds = [data[1] for data in listening.datagrams[:4]]
    assert kinds[0] == SENDER_REPORT
    assert {kind & 0x7F for kind in kinds[1:]} == {VIDEO}
    assert len(listening.frames(alice)) == 10
    unseal(listening.datagrams[1], bytes(client.secret_key))


async def test_frames_that_no_key_opens_cost_only_themselves(
    server: VoiceServer, discord_: StandIn
) -> None:
    _, _, alice, listening = await meet(server, discord_)
    await alice.say(tone(440, 1), 48_000, speed=4, faults=Faults(undecryptable=0.2))
    await until(lambda: len(listening.datagrams) == 55)
    assert 3 <= len(listening.failures) <= 22
    assert len(listening.failures) + len(listening.frames(alice)) == 55


async def test_a_frame_that_shall_be_lost_is_lost(server: VoiceServer, discord_: StandIn) -> None:
    client, _, alice, listening = await meet(server, discord_)
    first = alice.sequence
    await alice.say(tone(440, 0.2), 48_000, faults=Faults(lost=frozenset({0, 7}), silence=0))
    await until(lambda: len(listening.datagrams) == 8)
    packets = [unseal(data, bytes(client.secret_key)) for data in listening.datagrams]
    numbers = [(packet.sequence - first) % 2**16 for packet in packets]
    assert numbers == [1, 2, 3, 4, 5, 6, 8, 9]


async def test_the_same_seed_gives_the_same_line(server: VoiceServer, discord_: StandIn) -> None:
    client, _, alice, listening = await meet(server, discord_)
    line = Faults(loss=0.2, reorder=0.2, duplicate=0.2, seed=7)
    orders = []
    for _ in range(2):
        first, sent = alice.sequence, alice.sent
        await alice.say(tone(440, 1), 48_000, speed=10, faults=line)
        await until(lambda: len(listening.datagrams) == alice.sent)
        packets = [unseal(data, bytes(client.secret_key)) for data in listening.datagrams[sent:]]
        orders.append([(packet.sequence - first) % 2**16 for packet in packets])
    assert orders[0] == orders[1]


async def test_a_keep_alive_comes_back_and_is_remembered(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, session, _, listening = await meet(server, discord_)
    for counter in range(3):
        client._connection.send_packet(counter.to_bytes(8, "little"))
    await until(lambda: len(session.keep_alives) == 3)
    assert [kept.counter for kept in session.keep_alives] == [0, 1, 2]
    times = [kept.at for kept in session.keep_alives]
    assert times == sorted(times)
    await until(lambda: len(listening.datagrams) == 3)
    assert listening.datagrams[2] == (2).to_bytes(8, "little")


async def test_without_keep_alives_the_way_closes_and_one_opens_it_again(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, _, alice, listening = await meet(server, discord_)
    server.weather.nat_timeout_s = 0.2
    await alice.say(tone(440, 0.5), 48_000)
    deaf = len(listening.datagrams)
    assert deaf < alice.sent == 30
    client._connection.send_packet(bytes(8))
    await until(lambda: len(listening.datagrams) == deaf + 1)
    await alice.say(tone(440, 0.04), 48_000)
    await until(lambda: len(listening.datagrams) > deaf + 5)


async def test_datagrams_nobody_asked_for_are_counted_and_harm_nobody(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, session, alice, _ = await meet(server, discord_)
    dice = random.Random(3)
    forged = seal(Packet(1, 2, alice.ssrc, b"frame"), bytes(client.secret_key), 1)
    for data in [forged, *(dice.randbytes(dice.randint(9, 300)) for _ in range(99))]:
        client._connection.send_packet(data)
    call = server.call(CHANNEL)
    await until(lambda: call.foreign == 100)
    await play(client, 880, 0.2)
    await until(lambda: len(session.ears.speech) == 10)


async def test_a_bot_that_leaves_end_to_end_encryption_out_is_found_out(
    server: VoiceServer, discord_: StandIn
) -> None:
    client, session, _, _ = await meet(server, discord_)
    client._connection.dave_protocol_version = 0
    await play(client, 880, 0.2)
    await until(lambda: len(session.ears.speech) == 10)
    assert session.ears.in_the_clear == 10


async def test_nobody_speaks_before_they_can_encrypt(server: VoiceServer) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    await alice.say(tone(440, 0.1), 48_000)
    assert alice.sent == 0


async def test_who_has_left_says_no_more(server: VoiceServer, discord_: StandIn) -> None:
    client, _, alice, listening = await meet(server, discord_)
    bob = server.call(CHANNEL).join(BOB)
    await server.until_settled(BOT)
    await agreed(client, alice, bob)
    bob.leave()
    await bob.say(tone(440, 0.1), 48_000)
    assert bob.sent == 0
    assert listening.datagrams == []


async def test_speech_over_a_bad_line_arrives_as_bad_as_the_line_is(
    server: VoiceServer, discord_: StandIn
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    client = await discord_.join()
    await server.until_settled(BOT)
    await agreed(client, alice)
    listening = Listening(client, server.call(CHANNEL))
    alice.sequence = 65_530
    line = Faults(loss=0.1, reorder=0.1, duplicate=0.1, jitter_s=0.03, padding=0.3, csrcs=2)
    await alice.say(tone(440, 2), 48_000, speed=4, faults=line)
    await until(lambda: len(listening.datagrams) == alice.sent)
    packets = [unseal(data, bytes(client.secret_key)) for data in listening.datagrams]
    order = [(packet.sequence - 65_530) % 2**16 for packet in packets]
    assert 85 <= len(set(order)) < 105
    assert len(order) > len(set(order))
    assert order != sorted(order)
    assert any(packet.sequence < 100 for packet in packets)
    ticks = [packet.timestamp - 960 * number for packet, number in zip(packets, order, strict=True)]
    assert len({tick % 2**32 for tick in ticks}) == 1
    assert sum(packet.padding > 0 for packet in packets) > 15
    assert all(len(packet.csrcs) == 2 for packet in packets)
    assert all(packet.extension is not None for packet in packets)
