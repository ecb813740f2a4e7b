"""Clips are sent once, and who gets none is told why, once; nobody waits for somebody else."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.courier import reason
from bot.messages import CATALOGUES
from bot.types import Address
from pipeline.errors import (
    DragomanError,
    LatentsError,
    PlatformError,
    PlatformRefusedError,
    PlatformUnreachableError,
)
from storage.clips import EXPIRED, LOST
from storage.types import Chat, Person
from tests.bot.exchanges import PLATFORM, chat, person
from tests.bot.own_voices import PaperChat, Workshop, workshop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        await made.enrol()
        yield made


# sent


async def test_a_clip_the_platform_could_not_take_is_sent_later_and_not_made_again(
    shop: Workshop,
) -> None:
    unreachable = PlatformUnreachableError(platform=PLATFORM, reason="network")
    shop.chats[0].failures = [unreachable, unreachable]
    await shop.order()
    async with shop.at_work():
        await shop.until("delivered")
    assert len(shop.cloners.asked) == 1
    assert len(shop.chats[0].delivered) == 1


async def test_after_a_silence_it_is_not_sent_again(shop: Workshop) -> None:
    shop.chats[0].failures = [PlatformUnreachableError(platform=PLATFORM, reason="silence")]
    await shop.order()
    async with shop.at_work():
        await shop.until("delivered")
    assert not shop.chats[0].delivered


async def test_who_has_blocked_the_bot_gets_nothing_and_is_a_dead_letter(shop: Workshop) -> None:
    shop.chats[0].failures = [PlatformRefusedError(platform=PLATFORM, reason="blocked")]
    await shop.order()
    async with shop.at_work():
        await shop.until_settled()
    [letter] = await shop.stores.queue.dead()
    assert letter.code == "platform.refused"


async def test_a_platform_that_hangs_keeps_no_other_from_sending(shop: Workshop) -> None:
    other = PaperChat("other")
    shop.chats.append(other)
    shop.chats[0].gate.clear()
    await shop.order(1)
    await shop.stores.voices.delete(Person("other", "1"))
    links = shop.stores.links
    await links.redeem(await links.offer(person()), Person("other", "1"))
    await shop.order(2, person=Person("other", "1"), chat=Chat("other", "9"))
    async with shop.at_work():
        await shop.until("delivering", "delivered")
        assert len(other.delivered) == 1
        shop.chats[0].gate.set()
        await shop.until("delivered", "delivered")


# told


async def test_a_clip_that_died_with_every_program_is_said_to_have_failed(shop: Workshop) -> None:
    await shop.order()
    for _ in range(3):
        job = await shop.stores.jobs.claim()
        assert job is not None
        assert await shop.stores.jobs.begin(job)
        await shop.stores.jobs.recover()
    async with shop.at_work():
        await shop.until_settled()
    [(address, sentence)] = shop.chats[0].told
    assert address == Address(chat(), "1")
    assert "could not be made" in sentence
    assert [each.outcome for each in shop.seen] == ["lost"]
    async with shop.at_work():
        await asyncio.sleep(0.1)
    assert len(shop.chats[0].told) == len(shop.seen) == 1, "once"


async def test_what_is_dropped_is_counted_and_nobody_is_bothered(shop: Workshop) -> None:
    await shop.order(1)
    await shop.order(2)
    await shop.database.rows("UPDATE jobs SET expires = 0 WHERE id = 1")
    await shop.database.rows("UPDATE voices SET expires = ?", time.time())
    await shop.stores.jobs.expire()
    async with shop.at_work():
        await shop.until_settled()
    assert [each.outcome for each in shop.seen] == ["expired", "consent"]
    assert not shop.chats[0].told


async def test_who_can_not_be_told_now_is_told_later_also_by_the_next_program(
    shop: Workshop,
) -> None:
    unreachable = PlatformUnreachableError(platform=PLATFORM, reason="network")
    shop.chats[0].failures = [unreachable, RuntimeError("a fault of ours"), unreachable]
    shop.cloners.failures = [LatentsError()]
    await shop.order()
    async with shop.at_work():
        await shop.until("failed")
        while len(shop.chats[0].failures) > 1:
            await asyncio.sleep(0.01)
            shop.wake()
    assert not shop.chats[0].told
    async with shop.at_work():
        await shop.until_settled()
    assert len(shop.chats[0].told) == 1
    assert [each.outcome for each in shop.seen] == ["latents"]


@pytest.mark.parametrize(
    "final",
    [
        PlatformRefusedError(platform=PLATFORM, reason="blocked"),
        PlatformUnreachableError(platform=PLATFORM, reason="silence"),
    ],
    ids=["refused", "silence"],
)
async def test_what_can_not_be_told_at_all_or_most_likely_was_is_not_told_again(
    shop: Workshop, final: PlatformError
) -> None:
    shop.cloners.failures = [LatentsError()]
    shop.chats[0].failures = [final]
    await shop.order()
    async with shop.at_work():
        await shop.until_settled()
    assert not shop.chats[0].told
    assert [each.outcome for each in shop.seen] == ["latents"]


async def test_nobody_waits_for_a_clip_while_somebody_else_is_told(shop: Workshop) -> None:
    other = PaperChat("other")
    shop.chats.append(other)
    shop.chats[0].gate.clear()
    await shop.enrol(who=2)
    links = shop.stores.links
    await links.redeem(await links.offer(person(2)), Person("other", "2"))
    shop.cloners.failures = [LatentsError()]
    await shop.order(1)
    await shop.order(2, person=Person("other", "2"), chat=Chat("other", "9"))
    async with shop.at_work():
        await shop.chats[0].reached.wait()
        await shop.until("failed", "delivered")
        assert not shop.chats[0].told
        shop.chats[0].gate.set()
        await shop.until_settled()
    assert len(shop.chats[0].told) == len(other.delivered) == 1


# in which words


def codes(kind: type[DragomanError] = DragomanError) -> Iterator[str]:
    """Whatever may end a job."""
    yield kind.code
    for child in kind.__subclasses__():
        yield from codes(child)


CODES = sorted({*codes(), EXPIRED, LOST, "", "no.such.code"})


@pytest.mark.parametrize("code", CODES)
def test_every_end_has_a_sentence_that_needs_no_facts(code: str) -> None:
    said = [reason(code, locale) for locale in CATALOGUES]
    assert all(each.endswith(".") and "{" not in each for each in said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (DragomanError.code, "could not be made"),
        ("worker.lost", "could not be made"),
        ("worker.timeout", "took too long"),
        ("engine.too_long", "too long to be said"),
        ("engine.failed", "could not be made"),
        ("model.damaged", "whoever runs this bot"),
        ("latents", "/voice enroll"),
        ("storage.seal", "whoever runs this bot"),
        ("platform.refused", "could not be sent"),
        ("premium.quota", "new ones tomorrow"),
        (LOST, "could not be made"),
    ],
)
def test_the_closest_sentence_is_said(code: str, words: str) -> None:
    assert words in reason(code, "en")
