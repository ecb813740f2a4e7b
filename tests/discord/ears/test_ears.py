"""Who is heard, what of them, and who is not heard at all."""

import asyncio
import random

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.discord.ears.opus import SILENCE
from pipeline.segments import Final, Provisional, Resumed
from tests.discord.ears.callers import PLAIN, Caller, Dressing, frames, tone
from tests.discord.ears.hearing import OWN_SSRC, hearing
from tests.discord.server.dave import Group, Member

CHANNEL, BOT, ALICE, BOB = 500, 1, 11, 12
SECOND = 50
"""Packets."""


def pitch(audio: NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    return float(np.argmax(spectrum) * 16_000 / len(audio))


def group(*users: int) -> list[Member]:
    together = Group(CHANNEL)
    return [together.add(user) for user in users]


async def test_two_people_at_once_are_heard_each_for_themselves() -> None:
    bot, *people = group(BOT, ALICE, BOB)
    async with hearing(bot) as heard:
        for ssrc, member, hertz in zip((21, 22), people, (440, 660), strict=True):
            heard.ears.speaking(ssrc, member.user)
            heard.give(Caller(ssrc, member).say(frames(tone(hertz, 1))))
        await heard.until(lambda _: all(heard.said(user) for user in (ALICE, BOB)))
        for user, hertz in ((ALICE, 440), (BOB, 660)):
            [final] = heard.said(user)
            assert pitch(final.utterance.audio.samples) == pytest.approx(hertz, abs=3)
            assert heard.of(user).decoded == SECOND
            assert heard.of(user).heard == 1


async def test_when_packets_stop_the_utterance_ends_by_the_clock() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        began = asyncio.get_running_loop().time()
        for datagram in Caller(21, alice).say(frames(tone(440, 0.4))):
            heard.ears.datagram(datagram)
            await asyncio.sleep(0.018)
        stopped = asyncio.get_running_loop().time()
        await heard.until(lambda _: bool(heard.said(ALICE)))
        waited = asyncio.get_running_loop().time() - stopped
        assert 0.5 < waited < 1.5
        provisional, final = heard.events[ALICE]
        assert isinstance(provisional, Provisional)
        assert isinstance(final, Final)
        assert final.same
        assert abs(final.utterance.start - began) < 0.4


async def test_a_stranger_is_named_by_the_key_that_opens() -> None:
    bot, alice, bob = group(BOT, ALICE, BOB)
    async with hearing(bot) as heard:
        heard.give(Caller(22, bob).say(frames(tone(660, 0.5))))
        heard.give(Caller(21, alice).say(frames(tone(440, 0.5))))
        await heard.until(lambda _: heard.of(ALICE).decoded == heard.of(BOB).decoded == 25)
        assert heard.ears.stats().unknown == 2


async def test_in_a_stage_packets_wait_for_the_name() -> None:
    async with hearing(None) as heard:
        heard.give(Caller(21).say(frames(tone(440, 0.6))))
        stats = await heard.digested(30)
        assert (stats.unknown, stats.opened) == (30, 0)
        heard.ears.speaking(21, ALICE)
        await heard.until(lambda _: heard.of(ALICE).decoded == 30)


async def test_in_a_stage_no_more_than_a_second_waits() -> None:
    async with hearing(None) as heard:
        heard.give(Caller(21).say(frames(tone(440, 3))))
        await heard.digested(150)
        heard.ears.speaking(21, ALICE)
        stats = await heard.until(lambda stats: stats.opened > 0)
        assert stats.opened == 50


async def test_encrypted_frames_are_never_decoded_as_they_are() -> None:
    _, alice = group(BOT, ALICE)
    async with hearing(None) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 1))))
        await heard.digested(SECOND)
        stats = heard.of(ALICE)
        assert (stats.received, stats.sealed, stats.decoded) == (SECOND, SECOND, 0)
        assert not heard.events


async def test_frames_that_nobody_encrypted_are_not_heard_in_an_encrypted_call() -> None:
    bot, _ = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21).say(frames(tone(440, 1))))
        await heard.digested(SECOND)
        assert (heard.of(ALICE).sealed, heard.of(ALICE).decoded) == (SECOND, 0)


async def test_before_the_group_is_ready_nothing_is_decoded() -> None:
    lonely = Group(CHANNEL).add(BOT)
    _, alice = group(BOT, ALICE)
    async with hearing(lonely) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 1))))
        await heard.digested(SECOND)
        assert (heard.of(ALICE).sealed, heard.of(ALICE).decoded) == (SECOND, 0)


@pytest.mark.parametrize("named", [True, False])
async def test_who_opts_out_is_neither_decrypted_nor_decoded(*, named: bool) -> None:
    bot, alice, bob = group(BOT, ALICE, BOB)
    async with hearing(bot) as heard:
        heard.refused.add(ALICE)
        if named:
            heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 1))))
        heard.give(Caller(22, bob).say(frames(tone(660, 1))))
        stats = await heard.until(lambda stats: stats.opened == SECOND)
        assert ALICE not in stats.speakers
        assert stats.refused + stats.unknown == SECOND + 1
        attempts = bot.session.get_decryption_stats(ALICE)
        assert attempts is None or attempts.attempts == 0
        assert ALICE not in heard.events


async def test_who_opts_out_while_speaking_is_forgotten_at_once() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 1))))
        await heard.until(lambda _: bool(heard.events[ALICE]))
        [provisional] = heard.events[ALICE]
        assert isinstance(provisional, Provisional)
        heard.refused.add(ALICE)
        await heard.until(lambda stats: not stats.speakers)
        await heard.until(lambda _: len(heard.events[ALICE]) > 1)
        assert heard.events[ALICE][1:] == [Resumed(provisional.number)]
    assert not heard.said(ALICE)


async def test_the_bot_never_hears_itself() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.ears.speaking(OWN_SSRC, ALICE)
        heard.ears.speaking(33, BOT)
        heard.give(Caller(OWN_SSRC, alice).say(frames(tone(440, 0.5))))
        heard.give(Caller(33, bot).say(frames(tone(440, 0.5))))
        stats = await heard.digested(SECOND)
        assert not stats.speakers
        assert stats.opened == 0


async def test_who_leaves_has_had_their_say_and_is_forgotten() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 0.5))))
        await heard.digested(25)
        heard.ears.gone(ALICE)
        await heard.until(lambda stats: not stats.speakers)
        await heard.until(lambda _: bool(heard.said(ALICE)))


async def test_who_comes_back_with_another_ssrc_is_heard_again() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        for ssrc in (21, 22):
            heard.ears.speaking(ssrc, ALICE)
            heard.give(Caller(ssrc, alice).say(frames(tone(440, 0.5))))
            await heard.digested(25)
        assert heard.of(ALICE).decoded == SECOND
        assert heard.of(ALICE).duplicate == heard.of(ALICE).late == 0


async def test_a_change_of_epoch_is_heard_through() -> None:
    together = Group(CHANNEL)
    bot, alice = together.add(BOT), together.add(ALICE)
    caller = Caller(21, alice)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        for count, change in enumerate((None, BOB, None)):
            if change:
                together.add(change)
            elif count:
                together.remove(BOB)
            heard.give(caller.say(frames(tone(440, 0.5))))
            await heard.digested(25 * (count + 1))
        assert heard.of(ALICE).decoded == 75
        assert heard.of(ALICE).sealed == 0


async def test_an_undecryptable_stretch_heals_and_what_follows_is_heard() -> None:
    together = Group(CHANNEL)
    bot, alice = together.add(BOT), together.add(ALICE)
    caller = Caller(21, alice)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(caller.say(frames(tone(440, 0.5))))
        await heard.digested(25)
        together.unreachable.add(BOT)
        together.add(BOB)
        heard.give(caller.say(frames(tone(440, 1))))
        await heard.digested(75)
        assert heard.of(ALICE).sealed_in_a_row == SECOND
        together.unreachable.clear()
        together.remove(BOB)
        heard.give(caller.say(frames(tone(440, 0.5))))
        await heard.digested(100)
        stats = heard.of(ALICE)
        assert (stats.decoded, stats.sealed, stats.sealed_in_a_row) == (50, SECOND, 0)
        assert stats.heard == 0.5


async def test_a_stretch_that_never_heals_is_silence_and_not_noise() -> None:
    together = Group(CHANNEL)
    bot, alice = together.add(BOT), together.add(ALICE)
    together.unreachable.add(BOT)
    together.add(BOB)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 4))))
        stats = await heard.digested(200)
        assert stats.speakers[ALICE].sealed_in_a_row == 200
        assert not heard.events


async def test_padding_is_taken_off_before_anything_is_decrypted() -> None:
    bot, alice = group(BOT, ALICE)
    caller = Caller(21, alice)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        for at, payload in enumerate(frames(tone(440, 1))):
            dressing = Dressing(padding=1 + 5 * at) if at % 7 == 0 else PLAIN
            heard.give(caller.say([payload], dressing))
        heard.give([caller.send(b"", Dressing(padding=200))])
        heard.give(caller.say(frames(tone(440, 0.2))))
        await heard.digested(61)
        stats = heard.of(ALICE)
        assert (stats.decoded, stats.sealed, stats.lost) == (60, 0, 0)


async def test_silence_passes_although_nobody_encrypts_it() -> None:
    bot, alice = group(BOT, ALICE)
    caller = Caller(21, alice)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(caller.say(frames(tone(440, 0.5))))
        for _ in range(5):
            heard.give([caller.send(SILENCE)])
            caller.timestamp += 960
        await heard.digested(30)
        assert (heard.of(ALICE).decoded, heard.of(ALICE).opened) == (30, 25)


async def test_a_rough_network_costs_what_it_lost_and_no_more() -> None:
    bot, alice = group(BOT, ALICE)
    datagrams = list(Caller(21, alice).say(frames(tone(440, 4))))
    chance = random.Random(6)
    rough: list[bytes] = []
    for at, datagram in enumerate(datagrams):
        fate = chance.random() if 5 < at < 195 else 1
        if fate < 0.05:
            continue
        rough.insert(len(rough) - (2 if fate < 0.15 else 0), datagram)
        rough += [datagram] if fate > 0.95 and at < 190 else []
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(rough)
        await heard.until(lambda _: bool(heard.said(ALICE)))
        stats = heard.of(ALICE)
        assert stats.decoded + stats.lost == 200
        assert stats.decoded == len(set(rough))
        assert stats.concealed == stats.lost > 0
        assert stats.duplicate == len(rough) - len(set(rough)) > 0
        [final] = heard.said(ALICE)
        assert final.utterance.audio.seconds > 4


async def test_a_new_session_forgets_the_names_and_the_key() -> None:
    bot, alice = group(BOT, ALICE)
    caller = Caller(21, alice)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(caller.say(frames(tone(440, 0.5))))
        await heard.digested(25)
        heard.ears.reset(OWN_SSRC, BOT)
        heard.give(caller.say(frames(tone(440, 0.5))))
        stats = await heard.digested(50)
        assert stats.sealed == 25
        assert heard.of(ALICE).decoded == 25


async def test_a_key_of_another_length_is_refused_and_the_old_one_stays() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        with pytest.raises(ValueError, match="length"):
            heard.ears.describe(bytes(5), lambda: pytest.fail("never asked"))
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 0.5))))
        await heard.until(lambda _: heard.of(ALICE).decoded == 25)
