"""One job, after the text is out, of those who may have it: for nobody else's wish."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.interpreter import Interpreter
from bot.ordering import Orders
from bot.types import Live, VoiceNote
from pipeline.errors import EngineError
from pipeline.types import Translation
from storage.premium import Role
from tests.bot.exchanges import KeptReply, chat, note, person
from tests.bot.own_voices import SETTINGS, Workshop, workshop
from tests.pipeline.fake_stages import EN, VI
from tests.storage.enrolments import spent

MEANING = Translation("Good night.", VI, EN, "nllb")


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        await made.enrol()
        await made.stores.premium.grant(person(), chat=None, minutes=1)
        yield made


@pytest.fixture
def orders(shop: Workshop) -> Orders:
    return Orders(shop.stores, {EN})


def interpreter(shop: Workshop, orders: Orders) -> Interpreter:
    return Interpreter(shop.pipeline, shop.stores, SETTINGS, 0.01, orders=orders)


async def answer(shop: Workshop, orders: Orders, about: VoiceNote, reply: KeptReply) -> None:
    taken = await shop.stores.notes.take(about.address.chat, about.asker, about.key)
    assert taken
    await interpreter(shop, orders).open(about, reply).answer()


async def test_who_may_have_it_gets_one_job(shop: Workshop, orders: Orders) -> None:
    assert await orders.place(note(), MEANING, "vi")
    assert orders.placed.is_set()
    assert not await orders.place(note(), MEANING, "vi"), "the same message again"
    job = await shop.stores.jobs.claim()
    assert job is not None
    assert (job.order.person, job.order.message) == (person(), "1")
    assert (job.order.text, job.order.language) == ("Good night.", "en")
    assert (job.order.locale, job.order.quota_s) == ("vi", 60.0)


async def test_without_a_grant_there_is_none(shop: Workshop, orders: Orders) -> None:
    await shop.stores.premium.revoke(person(), chat=None)
    assert not await orders.place(note(), MEANING, "vi")


async def test_without_a_voice_there_is_none(shop: Workshop, orders: Orders) -> None:
    await shop.stores.voices.delete(person())
    assert not await orders.place(note(), MEANING, "vi")


async def test_when_todays_minutes_are_over_the_person_is_told_and_gets_none(
    shop: Workshop, orders: Orders
) -> None:
    await spent(shop.database, person(), 60.0)
    for number in range(2):
        assert await orders.place(note(number), MEANING, "en")
    async with shop.at_work():
        await shop.until_settled()
    assert not shop.chats[0].delivered
    [(_, sentence)] = shop.chats[0].told
    assert "tomorrow" in sentence


async def test_where_nothing_can_follow_there_is_none(shop: Workshop, orders: Orders) -> None:
    assert not await orders.place(replace(note(), can_follow=False), MEANING, "vi")
    assert await shop.states() == []


async def test_a_role_of_the_speaker_counts(shop: Workshop, orders: Orders) -> None:
    await shop.stores.premium.revoke(person(), chat=None)
    await shop.stores.premium.grant(Role(chat(), "77"), chat=chat(), minutes=1)
    assert not await orders.place(note(), MEANING, "vi")
    assert await orders.place(replace(note(), roles=frozenset({"77"})), MEANING, "vi")


async def test_nobody_else_can_have_a_person_speak(shop: Workshop, orders: Orders) -> None:
    await shop.stores.premium.grant(person(2), chat=None, minutes=1)
    asked = replace(note(), asker=person(2))
    assert not await orders.place(asked, MEANING, "vi")


async def test_an_utterance_of_a_call_is_not_spoken_again(shop: Workshop, orders: Orders) -> None:
    assert not await orders.place(replace(note(), live=Live(spoken=True)), MEANING, "vi")
    assert await shop.states() == []


@pytest.mark.parametrize(
    "meaning",
    [
        Translation("Chúc ngủ ngon.", EN, VI, "nllb"),
        Translation("Good night.", EN, EN, "none"),
    ],
    ids=["no clone of it", "not translated"],
)
async def test_only_a_translation_into_a_language_with_a_clone(
    shop: Workshop, orders: Orders, meaning: Translation
) -> None:
    assert not await orders.place(note(), meaning, "vi")
    assert await shop.states() == []


# in the order of things


async def test_the_job_comes_after_text_and_voice(shop: Workshop, orders: Orders) -> None:
    shop.stages.text, shop.stages.language = "Chúc ngủ ngon.", VI
    shop.stages.words["Chúc ngủ ngon."] = "Good night."
    reply = KeptReply()
    await answer(shop, orders, note(), reply)
    assert reply.names() == ["text", "speech"]
    assert await shop.states() == ["queued"]


async def test_a_voice_that_failed_does_not_keep_it_away(shop: Workshop, orders: Orders) -> None:
    shop.stages.text, shop.stages.language = "Chúc ngủ ngon.", VI
    for engine in ("gtts", "espeak"):
        shop.stages.failures[engine] = EngineError(engine=engine)
    await answer(shop, orders, note(), KeptReply())
    assert await shop.states() == ["queued"]


async def test_what_could_not_be_heard_is_not_ordered(shop: Workshop, orders: Orders) -> None:
    shop.stages.missed = 1
    await answer(shop, orders, note(), KeptReply())
    assert await shop.states() == []


async def test_a_memory_that_fails_costs_the_job_and_not_the_note(
    shop: Workshop, orders: Orders
) -> None:
    shop.stages.text, shop.stages.language = "Chúc ngủ ngon.", VI
    await shop.database.rows("ALTER TABLE grants RENAME TO elsewhere")
    reply = KeptReply()
    await answer(shop, orders, note(), reply)
    assert reply.names() == ["text", "speech"]
