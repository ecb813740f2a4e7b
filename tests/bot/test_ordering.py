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
    assert (job.order.locale, job.order.quota_s) == ("vi", 600.0)


async def test_without_a_grant_there_is_none(shop: Workshop, orders: Orders) -> None:
    await shop.stores.premium.revoke(person(), chat=None)
    assert not await orders.place(note(), MEANING, "vi")


async def test_without_a_voice_there_is_none(shop: Workshop, orders: Orders) -> None:
    await shop.stores.voices.delete(person())
    assert not await orders.place(note(), MEANING, "vi")


async def test_when_todays_minutes_are_over_the_person_is_told_and_gets_none(
    shop: Workshop, orders: Orders
) -> None:
    await spent(shop.database, person(), 600.0)
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


# between the order and the making


async def test_who_has_had_todays_minutes_gets_no_more_today_and_is_told_once(
    shop: Workshop,
) -> None:
    for number in range(1, 6):
        await shop.order(number, quota_s=3.0)
    async with shop.at_work():
        await shop.until_settled()
    assert await shop.outcomes() == 2 * ["delivered"] + 3 * ["premium.quota"]
    [(address, sentence)] = shop.chats[0].told
    assert address.message == "3"
    assert "minutes in your own voice are used up" in sentence
    assert [each.outcome for each in shop.seen].count("premium.quota") == 3


async def test_who_has_no_grant_any_more_gets_nothing_of_what_waits(shop: Workshop) -> None:
    await shop.order(1)
    await shop.order(2)
    shop.chats[0].gate.clear()
    async with shop.at_work():
        await shop.chats[0].reached.wait()
        await shop.until("delivering", "done")
        await shop.order(3)
        await shop.stores.premium.revoke(person(), chat=None)
        await shop.until("delivering", "done", "dropped")
        shop.chats[0].gate.set()
        await shop.until_settled()
    assert [each[0].message for each in shop.chats[0].delivered] == ["1"]
    assert await shop.outcomes() == ["delivered", "premium.none", "premium.none"]
    assert not shop.chats[0].told
    assert [each.outcome for each in shop.seen].count("premium.none") == 2


async def test_a_grant_that_was_made_smaller_counts_as_it_is_now(shop: Workshop) -> None:
    await spent(shop.database, person(), 90.0)
    await shop.order()
    await shop.stores.premium.grant(person(), chat=None, minutes=1)
    async with shop.at_work():
        await shop.until_settled()
    assert await shop.outcomes() == ["premium.quota"]


async def test_a_roles_larger_grant_gives_nobody_more_than_they_had(shop: Workshop) -> None:
    await shop.stores.premium.grant(Role(chat(), "77"), chat=chat(), minutes=99)
    await spent(shop.database, person(), 700.0)
    await shop.order()
    async with shop.at_work():
        await shop.until_settled()
    assert await shop.outcomes() == ["premium.quota"]


async def test_who_has_it_by_a_role_keeps_it_while_the_role_has_it(shop: Workshop) -> None:
    await shop.stores.premium.revoke(person(), chat=None)
    await shop.stores.premium.grant(Role(chat(), "77"), chat=chat(), minutes=10)
    await shop.order(1)
    async with shop.at_work():
        await shop.until_settled()
        await shop.order(2)
        await shop.stores.premium.revoke(Role(chat(), "77"), chat=chat())
        await shop.until_settled()
    assert await shop.outcomes() == ["delivered", "premium.none"]


async def test_everybody_may_try_their_voice_for_a_minute_a_day(shop: Workshop) -> None:
    await shop.stores.premium.revoke(person(), chat=None)
    await spent(shop.database, person(), 58.0)
    await shop.order(1, quota_s=0.0)
    await shop.order(2, quota_s=0.0)
    async with shop.at_work():
        await shop.until_settled()
    assert await shop.outcomes() == ["delivered", "premium.quota"]
