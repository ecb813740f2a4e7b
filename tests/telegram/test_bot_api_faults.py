"""Every fault the Bot API server can inject, as the real python-telegram-bot sees it."""

import asyncio
import datetime as dt
from collections.abc import Iterator

import pytest
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import AIORateLimiter, ApplicationBuilder

from tests.telegram.bot_api.chats import Seat
from tests.telegram.bot_api.faults import (
    DOWNLOAD,
    Drop,
    Fault,
    Slow,
    Trickle,
    Truncate,
    bad_gateway,
    conflict,
    flood_wait,
    server_error,
)
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bots import bare, note, polling, request


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the library hand out durations as it will from its next major version on."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


def met(telegram: BotApi, person: str = "Anna") -> Seat:
    """A private chat in which the bot may write."""
    chat = telegram.person(person).private()
    chat.chat.started = True
    return chat


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (flood_wait(7), RetryAfter),
        (server_error(), NetworkError),
        (bad_gateway(), NetworkError),
        (conflict(), Conflict),
        (Drop(processed=False), NetworkError),
    ],
)
async def test_a_refused_request_does_nothing_and_the_next_one_succeeds(
    fault: Fault, seen: type[TelegramError]
) -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = met(telegram)
        telegram.faults.add("sendMessage", fault)
        with pytest.raises(seen) as caught:
            await bot.send_message(chat.chat.id, "once")
        assert type(caught.value) is seen
        assert not chat.messages
        await bot.send_message(chat.chat.id, "once")
        assert [call.processed for call in telegram.calls_to("sendMessage")] == [False, True]
        assert [message.text for message in chat.messages] == ["once"]


async def test_a_flood_wait_says_how_long() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        telegram.faults.add("sendMessage", flood_wait(7))
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(met(telegram).chat.id, "hello")
        assert caught.value.retry_after == dt.timedelta(seconds=7)


async def test_after_a_drop_too_late_a_blind_retry_sends_twice_and_the_record_shows_it() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = met(telegram)
        telegram.faults.add("sendVoice", Drop(processed=True))
        with pytest.raises(NetworkError):
            await bot.send_voice(chat.chat.id, note())
        await bot.send_voice(chat.chat.id, note())
        assert len(chat.messages) == 2
        seen = [(call.processed, call.answered) for call in telegram.calls_to("sendVoice")]
        assert seen == [(True, False), (True, True)]


@pytest.mark.parametrize("processed", [True, False])
async def test_a_request_the_bot_gave_up_on_takes_effect_all_the_same(
    processed: bool,  # noqa: FBT001 - a case
) -> None:
    async with BotApi.start() as telegram, bare(telegram, patience=0.5) as bot:
        chat = met(telegram)
        telegram.faults.add("sendMessage", Slow(1.0, processed=processed))
        with pytest.raises(TimedOut):
            await bot.send_message(chat.chat.id, "hello")
        assert len(chat.messages) == int(processed)
        await chat.wait_for(text="hello", timeout=2)
        await asyncio.sleep(0.8)
        (call,) = telegram.calls_to("sendMessage")
        assert (call.processed, call.answered) == (True, False)


@pytest.mark.parametrize("fault", [Slow(1.0), Drop(processed=False), Truncate(keep=100)])
async def test_a_download_that_breaks_is_an_error(fault: Fault) -> None:
    async with BotApi.start() as telegram, bare(telegram, patience=0.5) as bot:
        sent = await met(telegram).voice(note())
        file = await bot.get_file(sent.media["file_id"])
        telegram.faults.add(DOWNLOAD, fault)
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()
        assert bytes(await file.download_as_bytearray()) == note()


async def test_a_download_cut_behind_the_protocols_back_is_short_and_no_error() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        sent = await met(telegram).voice(note())
        file = await bot.get_file(sent.media["file_id"])
        telegram.faults.add(DOWNLOAD, Truncate(keep=100, honest=False))
        assert bytes(await file.download_as_bytearray()) == note()[:100]
        assert file.file_size == len(note())


async def test_a_slow_download_takes_its_time() -> None:
    async with BotApi.start() as telegram, bare(telegram, patience=0.5) as bot:
        sent = await met(telegram).voice(note())
        file = await bot.get_file(sent.media["file_id"])
        telegram.faults.add(DOWNLOAD, Trickle(len(note())))
        began = asyncio.get_running_loop().time()
        assert bytes(await file.download_as_bytearray()) == note()
        assert asyncio.get_running_loop().time() - began > 0.7


async def test_a_file_over_20_mb_is_refused() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        limit = 20 * 2**20
        chat = met(telegram)
        fits = await chat.document(bytes(limit), "talk.mp3", "audio/mpeg")
        large = await chat.document(bytes(limit + 1), "talk.mp3", "audio/mpeg")
        assert (await bot.get_file(fits.media["file_id"])).file_size == limit
        with pytest.raises(BadRequest, match="File is too big"):
            await bot.get_file(large.media["file_id"])


async def test_the_second_of_two_pollers_throws_the_first_one_out() -> None:
    async with BotApi.start() as telegram, bare(telegram) as first, bare(telegram) as second:
        waiting = asyncio.create_task(first.get_updates(timeout=5))
        await telegram.world.bell.until(lambda: bool(telegram.calls_to("getUpdates")), 2)
        await met(telegram).say("hello")
        assert len(await waiting) == 1
        (update,) = await first.get_updates(timeout=0)
        waiting = asyncio.create_task(first.get_updates(update.update_id + 1, timeout=5))
        await telegram.world.bell.until(lambda: not telegram.updates.pending, 2)
        other = asyncio.create_task(second.get_updates(timeout=1))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await waiting
        assert await other == ()


async def test_nobody_polls_while_a_webhook_is_set() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        await bot.set_webhook("https://127.0.0.1:9/updates")
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        assert await bot.get_updates() == ()


async def test_an_update_can_come_twice_under_one_number() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        chat = met(telegram)
        await chat.say("hello")
        await chat.wait_for(text="read hello")
        await telegram.updates.settled()
        telegram.updates.redeliver()
        await chat.wait_for(text="read hello")
        await telegram.updates.settled()
        assert len(chat.chat.from_bot) == 2


async def test_polling_survives_errors_and_loses_nothing() -> None:
    errors: list[TelegramError] = []
    async with BotApi.start() as telegram:
        chat = met(telegram)
        for fault in (Drop(processed=True), conflict()):
            telegram.faults.add("getUpdates", fault)
        await chat.say("hello")
        async with polling(telegram, errors.append):
            await chat.wait_for(text="read hello", timeout=20)
        await chat.quiet(0.1)
        assert [type(error) for error in errors] == [NetworkError, Conflict]


async def test_who_may_not_be_written_to() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        chat = anna.private()
        with pytest.raises(Forbidden, match="can't initiate conversation"):
            await bot.send_message(chat.chat.id, "hello")
        await chat.say("/start")
        await bot.send_message(chat.chat.id, "hello")
        await chat.block()
        with pytest.raises(Forbidden, match="blocked by the user"):
            await bot.send_message(chat.chat.id, "hello")
        await chat.unblock()
        chat.chat.voice_forbidden = True
        with pytest.raises(BadRequest, match="Voice_messages_forbidden"):
            await bot.send_voice(chat.chat.id, note())
        family = telegram.group("Family", creator=binh)
        family.set_member(telegram.world.bot, "kicked", binh)
        with pytest.raises(Forbidden, match="kicked from the group chat"):
            await bot.send_message(family.id, "hello")
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(404, "hello")
        kinds = [set(update.to_dict()) - {"update_id"} for update in await bot.get_updates()]
        assert kinds == [{"message"}, *[{"my_chat_member"}] * 4]


async def test_a_group_that_became_a_supergroup_says_where_it_went() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        anna = telegram.person("Anna")
        family = telegram.group("Family", creator=anna)
        club = family.upgrade()
        with pytest.raises(ChatMigrated) as caught:
            await bot.send_message(family.id, "hello")
        assert caught.value.new_chat_id == club.id
        await bot.send_message(club.id, "hello")


@pytest.mark.parametrize("token", ["710000001:" + 35 * "x", "not a token", "1:2"])
async def test_a_wrong_token_is_told_from_a_dead_server(token: str) -> None:
    async with BotApi.start() as telegram:
        with pytest.raises(InvalidToken):
            async with bare(telegram, token=token):
                pass
        assert {call.status for call in telegram.calls} <= {401, 404}
        assert telegram.calls


async def test_an_unanswered_message_is_refused_unless_the_bot_does_not_mind() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = met(telegram)
        sent = await chat.say("hello")
        await sent.delete()
        with pytest.raises(BadRequest, match="Message to be replied not found"):
            await bot.send_message(chat.chat.id, "hi", reply_to_message_id=sent.id)
        reply = await bot.send_message(
            chat.chat.id, "hi", reply_to_message_id=sent.id, allow_sending_without_reply=True
        )
        assert reply.reply_to_message is None


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def sent(bot: Bot, chat: int, number: int) -> int:
    """How many of so many messages went through before the flood limit."""
    for count in range(number):
        try:
            await bot.send_message(chat, str(count))
        except RetryAfter:
            return count
    return number


async def test_a_chat_takes_a_burst_and_then_one_message_a_second() -> None:
    clock = Clock()
    async with BotApi.start(flood=True, clock=clock) as telegram, bare(telegram) as bot:
        chat = met(telegram).chat.id
        assert await sent(bot, chat, 8) == 5
        assert await sent(bot, met(telegram, "Bình").chat.id, 3) == 3
        clock.now += 1
        assert await sent(bot, chat, 3) == 1
        clock.now += 60
        assert await sent(bot, chat, 8) == 5


async def test_a_group_takes_twenty_messages_a_minute() -> None:
    clock = Clock()
    async with BotApi.start(flood=True, clock=clock) as telegram, bare(telegram) as bot:
        group = telegram.group("Family", creator=telegram.person("Anna")).id
        went = 0
        for _ in range(30):
            went += await sent(bot, group, 1)
            clock.now += 1.5
        assert went == 20
        with pytest.raises(RetryAfter) as caught:
            await bot.send_message(group, "hello")
        assert caught.value.retry_after == dt.timedelta(seconds=15)


async def test_the_librarys_rate_limiter_waits_and_tries_again() -> None:
    async with BotApi.start() as telegram:
        app = await asyncio.to_thread(
            ApplicationBuilder()
            .token(telegram.token)
            .base_url(telegram.base_url)
            .request(request())
            .get_updates_request(request())
            .job_queue(None)
            .rate_limiter(AIORateLimiter(max_retries=1))
            .build
        )
        chat = met(telegram)
        telegram.faults.add("sendMessage", flood_wait(1))
        async with app:
            await app.bot.send_message(chat.chat.id, "hello")
        first, second = telegram.calls_to("sendMessage")
        assert (first.status, second.status) == (429, 200)
        assert second.at - first.at >= 1
        assert len(chat.messages) == 1


async def test_a_share_of_faults_is_the_same_for_the_same_seed() -> None:
    def statuses(telegram: BotApi) -> Iterator[int]:
        return (call.status for call in telegram.calls_to("sendMessage"))

    runs = []
    for _ in range(2):
        async with BotApi.start(seed=7) as telegram, bare(telegram) as bot:
            chat = met(telegram)
            telegram.faults.always("sendMessage", flood_wait(1), share=0.3)
            for _ in range(20):
                await sent(bot, chat.chat.id, 1)
            runs.append(list(statuses(telegram)))
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 429}


async def test_a_defect_of_the_server_fails_the_test() -> None:
    async def misuse() -> None:
        async with BotApi.start() as telegram, bare(telegram) as bot:
            telegram.updates.pending.append({"no": "number"})
            with pytest.raises(NetworkError):
                await bot.get_updates(1)

    with pytest.raises(ExceptionGroup, match="the Bot API server is wrong") as caught:
        await misuse()
    assert [type(error) for error in caught.value.exceptions] == [KeyError]


async def test_a_fault_that_never_happened_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="faults that never happened"):
        async with BotApi.start() as telegram:
            telegram.faults.add("sendMessage", server_error())
