"""Clips in people's own voices are made beside everything else, checked, sent once, or not."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.logs import PlainLine
from bot.types import Address
from pipeline.cloning import Cloning
from pipeline.errors import (
    DragomanError,
    EngineError,
    EngineUnavailableError,
    LatentsError,
    ModelMissingError,
    TextTooLongError,
    WorkerLostError,
)
from pipeline.types import Language
from tests.bot.exchanges import chat, person
from tests.bot.own_voices import MODEL, TEXT, Workshop, workshop

CANARY = "con chim hoàng yến"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Workshop]:
    async with workshop(tmp_path) as made:
        await made.enrol()
        yield made


# made and sent


async def test_what_is_ordered_follows_as_a_message_that_says_what_it_is(shop: Workshop) -> None:
    await shop.order()
    async with shop.at_work():
        await shop.until("delivered")
    [(address, speech, caption)] = shop.chats[0].delivered
    assert address == Address(chat(), "1")
    assert (speech.engine, speech.voice) == (MODEL, "own")
    assert speech.clip.data == b"OggS" + TEXT.encode()
    assert "Synthetic" in caption
    assert "1 s" in caption
    [(_, spec, text, language, latents, _)] = shop.cloners.asked
    assert (spec.model, text, language, latents) == (MODEL, TEXT, "en", b"latents")
    assert await shop.stores.premium.used_s(person()) == 2.5
    assert [(each.outcome, each.seconds, each.engine) for each in shop.seen] == [
        ("made", 2.5, MODEL),
        ("delivered", 2.5, MODEL),
    ]


async def test_the_caption_is_in_the_persons_language(shop: Workshop) -> None:
    await shop.order(locale="vi")
    async with shop.at_work():
        await shop.until("delivered")
    assert "Giọng tổng hợp" in shop.chats[0].delivered[0][2]


async def test_nothing_is_begun_while_a_note_waits(shop: Workshop) -> None:
    shop.has_room = False
    await shop.order()
    async with shop.at_work():
        await asyncio.sleep(0.1)
        assert (await shop.states(), shop.cloners.asked) == (["queued"], [])
        shop.has_room = True
        shop.placed.set()
        await shop.until("delivered")


class Pauses:
    """A worker that notes whether it stands still."""

    def __init__(self) -> None:
        self.still: list[bool] = []

    def pause(self) -> None:
        self.still.append(True)

    def resume(self) -> None:
        self.still.append(False)


@pytest.mark.parametrize("step", ["made", "heard"])
async def test_a_clip_that_is_made_or_heard_stands_still_while_a_note_waits(
    shop: Workshop, step: str
) -> None:
    pauses = Pauses()
    shop.cloning = Cloning(shop.cloning.specs, shop.cloners, pauses)
    held = shop.cloners if step == "made" else shop.stages
    held.gate.clear()
    await shop.order()
    async with shop.at_work():
        await held.reached.wait()
        assert True not in pauses.still
        shop.has_room = False
        await asyncio.sleep(0.1)
        assert pauses.still[-1:] == [True]
        shop.has_room = True
        held.gate.set()
        await shop.until("delivered")
    assert pauses.still[-1:] == [False]


async def test_latents_that_another_model_needs_are_learnt_once_and_kept(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path) as shop:
        await shop.enrol(latents=None)
        await shop.order(1)
        await shop.order(2)
        async with shop.at_work():
            await shop.until("delivered", "delivered")
        assert [asked[0] for asked in shop.cloners.asked] == ["learn", "speak", "speak"]
        assert shop.cloners.asked[0][2].seconds == 6.0
        assert await shop.stores.voices.latents(person(), MODEL) == b"learnt"


# what is not sent


async def test_a_clip_that_says_something_else_is_made_again_another_way_and_withheld(
    shop: Workshop,
) -> None:
    shop.stages.text = "Buy this now."
    await shop.order()
    async with shop.at_work():
        await shop.until_settled()
    first, second = shop.cloners.seeds()
    assert first != second
    assert not shop.chats[0].delivered
    [(address, sentence)] = shop.chats[0].told
    assert address == Address(chat(), "1")
    assert "did not say the right words" in sentence
    assert await shop.outcomes() == ["clip.unlike"]


async def test_a_clip_in_which_nobody_speaks_is_withheld(shop: Workshop) -> None:
    shop.stages.missed = 9
    await shop.order()
    async with shop.at_work():
        await shop.until_settled()
    assert len(shop.cloners.asked) == 2
    assert await shop.outcomes() == ["clip.unlike"]


async def test_a_second_making_that_is_right_is_sent(shop: Workshop) -> None:
    shop.stages.missed = 1
    await shop.order()
    async with shop.at_work():
        await shop.until("delivered")
    assert len(shop.cloners.asked) == 2
    assert len(shop.chats[0].delivered) == 1


@pytest.mark.parametrize(
    "passing",
    [
        WorkerLostError(worker="clone", reason="died"),
        EngineError(engine=MODEL),
        EngineUnavailableError(engine=MODEL, reason="clone"),
        ModelMissingError(model=MODEL, step="fetch"),
        RuntimeError("a fault of ours"),
    ],
)
async def test_what_may_pass_is_tried_again_and_nobody_is_bothered(
    shop: Workshop, passing: Exception
) -> None:
    shop.cloners.failures = [passing, passing]
    await shop.order()
    async with shop.at_work():
        await shop.until("delivered")
    assert len(shop.cloners.asked) == 3
    assert len(set(shop.cloners.seeds())) == 3
    assert not shop.chats[0].told


async def test_what_does_not_pass_is_said_once_in_the_persons_language(shop: Workshop) -> None:
    shop.cloners.failures = 9 * [WorkerLostError(worker="clone", reason="died")]
    await shop.order(locale="vi")
    async with shop.at_work():
        await shop.until_settled()
    assert len(shop.cloners.asked) == 3
    [(_, sentence)] = shop.chats[0].told
    assert sentence.startswith("Không tạo được giọng của bạn")
    assert [each.outcome for each in shop.seen] == ["worker.lost"]


@pytest.mark.parametrize("hopeless", [LatentsError(), TextTooLongError(engine=MODEL, limit=1)])
async def test_what_can_only_end_the_same_way_is_not_tried_again(
    shop: Workshop, hopeless: DragomanError
) -> None:
    shop.cloners.failures = 9 * [hopeless]
    await shop.order()
    async with shop.at_work():
        await shop.until_settled()
    assert len(shop.cloners.asked) == 1
    assert await shop.outcomes() == [hopeless.code]


async def test_a_language_without_a_clone_fails_at_once(shop: Workshop) -> None:
    await shop.order(language=Language("vi"))
    async with shop.at_work():
        await shop.until_settled()
    assert not shop.cloners.asked


async def test_a_forged_voice_fails_that_job_and_no_other(shop: Workshop) -> None:
    await shop.enrol(who=2)
    await shop.order(1)
    await shop.order(2, person=person(2))
    await shop.database.rows("UPDATE voices SET likeness = 1 WHERE account = '1'")
    async with shop.at_work():
        await shop.until_settled()
    assert await shop.outcomes() == ["storage.seal", "delivered"]


# revoked meanwhile


async def test_a_voice_deleted_while_it_speaks_is_not_sent(shop: Workshop) -> None:
    shop.cloners.gate.clear()
    await shop.order()
    async with shop.at_work():
        await shop.cloners.reached.wait()
        await shop.stores.voices.delete(person())
        shop.cloners.gate.set()
        await asyncio.sleep(0.1)
    assert not shop.chats[0].delivered
    assert not shop.chats[0].told
    assert not shop.seen
    assert await shop.stores.premium.used_s(person()) == 0.0


@pytest.mark.parametrize("gone", [LatentsError(), WorkerLostError(worker="clone", reason="died")])
async def test_who_has_deleted_the_voice_is_not_told_that_it_failed(
    shop: Workshop, gone: DragomanError
) -> None:
    shop.cloners.gate.clear()
    shop.cloners.failures = [gone]
    await shop.order()
    async with shop.at_work():
        await shop.cloners.reached.wait()
        await shop.stores.voices.delete(person())
        shop.cloners.gate.set()
        await asyncio.sleep(0.1)
    assert not shop.chats[0].told
    assert not shop.seen


async def test_a_consent_that_ran_out_meanwhile_is_no_failure(shop: Workshop) -> None:
    shop.cloners.gate.clear()
    shop.stages.missed = 1
    await shop.order()
    async with shop.at_work():
        await shop.cloners.reached.wait()
        await shop.database.rows("UPDATE voices SET expires = ?", time.time())
        shop.cloners.gate.set()
        await shop.until_settled()
    assert len(shop.cloners.asked) == 1, "it was not made again another way"
    assert await shop.outcomes() == ["consent"]
    assert [each.outcome for each in shop.seen] == ["consent"]
    assert not shop.chats[0].told


async def test_a_clip_that_is_made_is_never_said_to_have_failed(shop: Workshop) -> None:
    await shop.database.rows("ALTER TABLE voice_use RENAME TO elsewhere")
    await shop.database.rows("CREATE VIEW voice_use AS SELECT * FROM elsewhere")
    await shop.order()
    async with shop.at_work():
        while await shop.database.rows("SELECT state, tries FROM jobs") != [("queued", 1)]:  # noqa: ASYNC110 - no event is set
            await asyncio.sleep(0.01)
        await shop.database.rows("DROP VIEW voice_use")
        await shop.database.rows("ALTER TABLE elsewhere RENAME TO voice_use")
        await shop.until_settled()
    assert len(shop.chats[0].delivered) == 1
    assert not shop.chats[0].told
    assert await shop.stores.premium.used_s(person()) == 2.5


async def test_who_works_for_a_deleted_voice_stops_at_the_next_heartbeat(tmp_path: Path) -> None:
    async with workshop(tmp_path, lease_s=0.15) as shop:
        await shop.enrol()
        await shop.enrol(who=2)
        shop.cloners.gate.clear()
        await shop.order(1)
        await shop.order(2, person=person(2))
        async with shop.at_work():
            await shop.cloners.reached.wait()
            await shop.stores.voices.delete(person(1))
            await shop.until("working")
            shop.cloners.gate.set()
            await shop.until("delivered")
        assert [each[0].message for each in shop.chats[0].delivered] == ["2"]


async def test_a_clip_that_takes_longer_than_its_lease_stays_its_makers(tmp_path: Path) -> None:
    async with workshop(tmp_path, lease_s=0.15) as shop:
        await shop.enrol()
        shop.cloners.gate.clear()
        await shop.order()
        async with shop.at_work():
            await shop.cloners.reached.wait()
            for _ in range(4):
                await asyncio.sleep(0.1)
                await shop.stores.jobs.expire()
            assert await shop.states() == ["working"]
            shop.cloners.gate.set()
            await shop.until("delivered")
        assert len(shop.cloners.asked) == 1


# the end


async def test_stopping_puts_back_what_is_made_and_finishes_what_is_sent(shop: Workshop) -> None:
    shop.chats[0].gate.clear()
    await shop.order(1)
    async with shop.at_work() as voice:
        await shop.chats[0].reached.wait()
        shop.cloners.gate.clear()
        shop.cloners.reached.clear()
        await shop.order(2)
        await shop.cloners.reached.wait()
        stopping = asyncio.create_task(voice.stop())
        await shop.until("delivering", "queued")
        assert not stopping.done()
        shop.chats[0].gate.set()
        await stopping
    assert await shop.states() == ["delivered", "queued"]
    assert await shop.database.rows("SELECT tries FROM jobs WHERE id = 2") == [(0,)]


async def test_cancelled_in_the_middle_it_leaves_everything_to_be_gone_on_with(
    shop: Workshop,
) -> None:
    shop.chats[0].gate.clear()
    await shop.order(1)
    running = asyncio.create_task(shop.voice().run())
    await shop.chats[0].reached.wait()
    shop.cloners.gate.clear()
    await shop.order(2)
    await shop.until("delivering", "working")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    shop.chats[0].gate.set()
    shop.cloners.gate.set()
    async with shop.at_work():
        await shop.until("delivered", "delivered")
    assert [each[0].message for each in shop.chats[0].delivered] == ["1", "2"]


async def test_a_memory_that_fails_for_a_while_is_waited_for(
    shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    await shop.database.rows("ALTER TABLE jobs RENAME TO elsewhere")
    with caplog.at_level(logging.WARNING):
        async with shop.at_work() as voice:
            while "own voice waits" not in caplog.messages:  # noqa: ASYNC110 - logs set no event
                await asyncio.sleep(0.01)
            await shop.database.rows("ALTER TABLE elsewhere RENAME TO jobs")
            await shop.order()
            await shop.until("delivered")
            caplog.clear()
            await shop.database.rows("ALTER TABLE jobs RENAME TO elsewhere")
            while len(caplog.messages) < 2:
                await asyncio.sleep(0.01)
                voice.wake()
            assert set(caplog.messages) == {"own voice waits"}, "the maker and the courier"
            await shop.database.rows("ALTER TABLE elsewhere RENAME TO jobs")
            await shop.order(2)
            await shop.until("delivered", "delivered")


async def test_it_can_be_ended_while_the_memory_fails(shop: Workshop) -> None:
    await shop.database.rows("ALTER TABLE jobs RENAME TO elsewhere")
    async with shop.at_work():
        await asyncio.sleep(0.05)


async def test_nothing_that_is_said_is_logged(
    shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.cloners.failures = [RuntimeError(CANARY), EngineError(engine=MODEL)]
    with caplog.at_level(logging.DEBUG):
        await shop.order(text=CANARY)
        async with shop.at_work():
            await shop.until_settled()
    assert caplog.records
    assert CANARY not in "".join(map(PlainLine().format, caplog.records))
