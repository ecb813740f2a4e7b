"""What is opened, for whom, and what never passes for an Opus frame."""

import asyncio
import random

import pytest

from bot.discord.ears.dave import Encryption, new_session
from bot.discord.ears.opus import SILENCE
from tests.discord.ears.callers import Caller, frames, tone
from tests.discord.ears.hearing import hearing
from tests.discord.server.dave import VERSION, Group, Member

CHANNEL, BOT, ALICE, BOB = 500, 1, 11, 12
FRAME = bytes(range(80))
MARKED = FRAME + b"\xfa\xfa"
"""It looks encrypted."""


def party() -> tuple[Encryption, Member, Member]:
    group = Group(CHANNEL)
    bot, alice, bob = (group.add(user) for user in (BOT, ALICE, BOB))
    return Encryption(VERSION, bot.session), alice, bob


def test_a_frame_is_opened_with_its_senders_key_alone() -> None:
    encryption, alice, _ = party()
    sealed = alice.encrypt(FRAME)
    assert encryption.open(BOB, sealed) is None
    assert encryption.open(99, sealed) is None
    assert encryption.open(ALICE, sealed) == FRAME


def test_a_sender_is_found_by_the_key_and_wrong_guesses_do_no_harm() -> None:
    encryption, alice, bob = party()
    for member in (alice, bob, alice):
        for _ in range(200):
            sealed = member.encrypt(FRAME)
            assert encryption.sender(sealed, [BOB, ALICE]) == (member.user, FRAME)
    assert encryption.sender(alice.encrypt(FRAME), [BOB]) is None
    assert encryption.sender(SILENCE, [ALICE, BOB]) is None


def test_silence_passes_and_nothing_else_in_the_clear() -> None:
    encryption, _, _ = party()
    assert encryption.open(ALICE, SILENCE) == SILENCE
    assert encryption.open(ALICE, FRAME) is None
    assert encryption.open(ALICE, b"") is None


def test_in_passthrough_nobody_is_named_by_what_passes_for_everybody() -> None:
    encryption, alice, _ = party()
    assert encryption.session is not None
    encryption.session.set_passthrough_mode(passthrough_mode=True, transition_expiry=10)
    assert encryption.open(ALICE, FRAME) == FRAME
    assert encryption.sender(FRAME, [ALICE, BOB]) is None
    assert encryption.sender(alice.encrypt(FRAME), [BOB, ALICE]) == (ALICE, FRAME)


def test_what_looks_encrypted_is_never_passed_on_as_it_is() -> None:
    encryption, alice, _ = party()
    assert Encryption().open(ALICE, alice.encrypt(FRAME)) is None
    assert Encryption().open(ALICE, FRAME) == FRAME
    assert encryption.session is not None
    encryption.session.set_passthrough_mode(passthrough_mode=True, transition_expiry=10)
    assert encryption.open(ALICE, MARKED) is None


def test_without_a_group_nothing_is_opened() -> None:
    outside = Encryption(VERSION, new_session(BOT, CHANNEL))
    assert not outside.ready
    assert not Encryption(VERSION, None).ready
    assert Encryption().ready
    for encryption in (outside, Encryption(VERSION, None)):
        assert encryption.open(ALICE, FRAME) is None
        assert encryption.sender(FRAME, [ALICE]) is None
        assert encryption.members() == []


@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_comes_raises(seed: int) -> None:
    encryption, alice, _ = party()
    chance = random.Random(seed)
    for _ in range(4_000):
        sealed = bytearray(alice.encrypt(chance.randbytes(chance.randrange(1, 100))))
        for _ in range(chance.randrange(4)):
            sealed[chance.randrange(len(sealed))] = chance.randrange(256)
        frame = bytes(sealed[chance.choice([0, 0, 3]) : chance.choice([None, -1, 7])])
        encryption.open(chance.choice([ALICE, BOB, BOT, 0, 2**63, 2**64 - 1]), frame)
        encryption.sender(frame, [BOB, ALICE])
    assert encryption.open(ALICE, alice.encrypt(FRAME)) == FRAME


async def test_people_coming_and_going_while_others_speak_cost_no_frame() -> None:
    together = Group(CHANNEL)
    bot, alice = together.add(BOT), together.add(ALICE)
    caller, sound = Caller(21, alice), frames(tone(440, 0.1))
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        for _ in range(60):
            heard.give(caller.say(sound))
            together.add(BOB)
            heard.give(caller.say(sound))
            together.remove(BOB)
            await asyncio.sleep(0)
        await heard.until(lambda stats: stats.datagrams == 600)
        stats = await heard.digested(600)
        assert stats.faults == 0
        assert heard.of(ALICE).decoded == 600
