"""Bytes that nobody sane would send, through everything there is."""

import random
import struct
import threading
import time
from collections.abc import Callable

import pytest
from nacl.secret import Aead

from bot.discord.ears.stats import CallStats
from tests.discord.ears.callers import KEY, Caller, Dressing, frames, seal, tone
from tests.discord.ears.hearing import Hearing, hearing
from tests.discord.server.dave import Group, Member

CHANNEL, BOT, ALICE, MALLORY = 500, 1, 11, 13
DATAGRAMS = 100_000
_STRANGERS = 0.001
"""Share of packets with an SSRC that nobody has; who changes theirs begins anew each time."""
_BATCH = 2_000
"""The ears drop what is more than they can hold."""


def noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.randrange(200))


def flipped(chance: random.Random, datagram: bytes) -> bytes:
    forged = bytearray(datagram)
    for _ in range(chance.randint(1, 4)):
        forged[chance.randrange(len(forged))] ^= 1 << chance.randrange(8)
    return bytes(forged)


def cut(chance: random.Random, datagram: bytes) -> bytes:
    return datagram[: chance.randrange(len(datagram))]


def grown(chance: random.Random, datagram: bytes) -> bytes:
    return datagram + chance.randbytes(chance.randrange(1, 40))


def relabelled(chance: random.Random, datagram: bytes) -> bytes:
    """Edit the header: version, flags, sources, type, or any number."""
    forged = bytearray(datagram)
    forged[chance.randrange(12)] = chance.randrange(256)
    return bytes(forged)


def spliced(chance: random.Random, datagram: bytes) -> bytes:
    other = chance.randbytes(len(datagram))
    at = chance.randrange(len(datagram))
    return datagram[:at] + other[at:]


def authentic(chance: random.Random, ssrc: int, payload: bytes) -> bytes:
    """Seal anything with the right key, as a voice server gone mad would."""
    if chance.random() < 0.5:
        first = 0x80 | chance.randrange(64)
        sources = first & 15
        more = chance.randbytes(4) if first & 0x10 else b""
        sequence, timestamp = chance.randrange(2**16), chance.randrange(2**32)
        header = (
            struct.pack(">BBHII", first, 0x78, sequence, timestamp, ssrc)
            + bytes(4 * sources)
            + more
        )
        tail = chance.randbytes(4)
        content = chance.randbytes(chance.randrange(120)) if chance.random() < 0.5 else payload
        return header + Aead(KEY).encrypt(content, header, tail + bytes(20)).ciphertext + tail
    numbers = ssrc, chance.randrange(2**16), chance.randrange(2**32)
    return seal(numbers, payload, Dressing(chance.randrange(16), chance.random() < 0.5))


Mutation = Callable[[random.Random, bytes], bytes]
MUTATIONS: tuple[Mutation, ...] = (flipped, cut, grown, relabelled, spliced)


def hostile(chance: random.Random, mallory: Caller, member: Member | None) -> bytes:
    payload = chance.choice([noise(chance), b"\xf8\xff\xfe", b"", b"\xfa\xfa", bytes(3)])
    match chance.randrange(10):
        case 0:
            return noise(chance)
        case 1 | 2 | 3:
            sealed = member.encrypt(payload) if member and payload else payload
            stranger = chance.random() < _STRANGERS
            return authentic(chance, 77 if stranger else mallory.ssrc, sealed)
        case 4 | 5:
            mallory.timestamp += chance.choice([960, 960, 0, -960, 48_000, 2**31])
            mallory.sequence += chance.choice([0, 0, 0, 1, 3, 200])
            return mallory.send(mallory.encrypted(payload) if payload else payload)
        case _:
            honest = next(mallory.say([payload or b"\x01"]))
            return chance.choice(MUTATIONS)(chance, honest)


def fast() -> float:
    """Let a minute pass in a second, or most of the flood would be dropped for its haste."""
    return 60 * time.monotonic()


async def survives(heard: Hearing, mallory: Caller, member: Member | None) -> CallStats:
    """Let the ears take everything, and see that they are there after it."""
    chance = random.Random(20_261_121)
    for batch in range(DATAGRAMS // _BATCH):
        heard.give(hostile(chance, mallory, member) for _ in range(_BATCH))
        done = (batch + 1) * _BATCH
        await heard.until(lambda stats, done=done: stats.datagrams == done)  # type: ignore[misc]
    stats = heard.ears.stats()
    assert stats.overflown == stats.faults == 0
    assert [each for each in threading.enumerate() if each.name == "ears"]
    return stats


async def test_100_000_hostile_datagrams_cost_nobody_else_a_frame() -> None:
    together = Group(CHANNEL)
    bot, alice, mallory = (together.add(user) for user in (BOT, ALICE, MALLORY))
    async with hearing(bot, clock=fast) as heard:
        heard.ears.speaking(21, ALICE)
        heard.ears.speaking(66, MALLORY)
        stats = await survives(heard, Caller(66, mallory), mallory)
        of_mallory = heard.of(MALLORY)
        for count in (stats.foreign, stats.sealed, stats.broken, of_mallory.late):
            assert count > 5_000
        for count in (of_mallory.decoded, of_mallory.unreadable, of_mallory.concealed):
            assert count > 1_000
        assert stats.unknown > 10
        heard.give(Caller(21, alice).say(frames(tone(440, 1))))
        await heard.until(lambda _: bool(heard.said(ALICE)))
        assert heard.of(ALICE).decoded == 50
        assert heard.of(ALICE).heard == 1


@pytest.mark.parametrize("named", [True, False])
async def test_100_000_hostile_datagrams_on_a_stage_likewise(*, named: bool) -> None:
    async with hearing(None, clock=fast) as heard:
        if named:
            heard.ears.speaking(66, MALLORY)
        heard.ears.speaking(21, ALICE)
        await survives(heard, Caller(66), None)
        heard.give(Caller(21).say(frames(tone(440, 1))))
        await heard.until(lambda _: bool(heard.said(ALICE)))
        assert heard.of(ALICE).decoded == 50


async def test_the_hostile_one_is_heard_too_once_they_behave() -> None:
    together = Group(CHANNEL)
    bot, mallory = together.add(BOT), together.add(MALLORY)
    caller = Caller(66, mallory)
    chance = random.Random(5)
    async with hearing(bot, clock=fast) as heard:
        heard.ears.speaking(66, MALLORY)
        heard.give(hostile(chance, caller, mallory) for _ in range(_BATCH))
        await heard.digested(_BATCH)
        before = heard.of(MALLORY).decoded
        heard.give(caller.say(frames(tone(440, 4))))
        await heard.until(lambda _: heard.of(MALLORY).decoded - before >= 100)
