"""What a call is shown of one utterance, and what it is spared."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from bot import messages
from bot.discord.calls.captions import Captions
from bot.discord.calls.live import Apologies, LiveReply
from bot.discord.calls.mouth import Mouth
from bot.types import Reply
from pipeline.types import Speech
from tests.discord.calls import virtual_time
from tests.discord.calls.loudspeakers import Loudspeaker, clip
from tests.discord.calls.surfaces import EN, Channel, heard, meaning, refused

MISSED = messages.say("call.missed", "vi")


class Call:
    """Captions, and a mouth that waits because the call is not connected."""

    def __init__(self, channel: Channel) -> None:
        speaker = Loudspeaker()
        speaker.disconnect()
        self.captions = Captions(channel, "vi", lambda _: None)
        self.mouth = Mouth(speaker, lambda: 0.0)
        self.apologies = Apologies(self.captions, "vi")

    def reply(self, speaker: str = "1", name: str = "An") -> LiveReply:
        return LiveReply(speaker, name, 0.0, self.captions, self.mouth, self.apologies)

    async def close(self) -> None:
        await self.captions.close()
        await self.mouth.close()


def run(channel: Channel, talk: Callable[[Call], Awaitable[None]]) -> None:
    async def whole() -> None:
        call = Call(channel)
        try:
            await talk(call)
        finally:
            await call.close()
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(whole())


def is_a_reply(reply: LiveReply) -> Reply:
    return reply  # the type checker proves it


def test_the_text_is_captioned_the_speech_queued_and_the_words_are_known() -> None:
    channel = Channel()

    async def talk(call: Call) -> None:
        reply = call.reply()
        await reply.working()
        await reply.waiting(3)
        await reply.text(heard("Xin chào."), meaning("Hello."))
        assert await reply.settled() == "Xin chào."
        await reply.speech(Speech(clip(1_000.0), EN, "demo", "demo"))
        assert call.mouth.stats().waiting == 1

    run(channel, talk)
    assert channel.shown == "**An:** Xin chào. → Hello."


def test_who_waits_for_the_text_may_give_up_and_another_still_gets_it() -> None:
    async def talk(call: Call) -> None:
        reply = call.reply()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await reply.settled()
        waiting = asyncio.create_task(reply.settled())
        await asyncio.sleep(1)
        await reply.text(heard("Xin chào."), meaning("Hello."))
        assert await waiting == await reply.settled() == "Xin chào."

    run(Channel(), talk)


@pytest.mark.parametrize("code", ["audio.no_speech", "audio.empty"])
def test_a_cough_is_worth_no_sentence_but_the_next_words_need_not_wait(code: str) -> None:
    channel = Channel()

    async def talk(call: Call) -> None:
        reply = call.reply()
        await reply.apologize("I heard nobody speak.", code)
        assert await reply.settled() == ""

    run(channel, talk)
    assert not channel.requests


def test_nobody_is_asked_to_send_again_what_was_said() -> None:
    channel = Channel()

    async def talk(call: Call) -> None:
        for code in ("busy", "worker.timeout", "error", "engine.failed"):
            await call.reply().apologize("Send it again.", code)

    run(channel, talk)
    assert channel.shown.count(MISSED) == 4
    assert "Send" not in channel.shown


def test_what_only_the_operator_can_mend_is_said_as_it_is() -> None:
    channel = Channel()
    sentence = messages.say("public.model", "vi")

    async def talk(call: Call) -> None:
        await call.reply().apologize(sentence, "model.missing")

    run(channel, talk)
    assert channel.shown == f"\N{WARNING SIGN}\ufe0f {sentence}"


def test_of_the_same_failure_a_call_is_told_once_a_minute() -> None:
    channel = Channel()

    async def talk(call: Call) -> None:
        for _ in range(180):
            await call.reply().apologize("…", "worker.lost")
            await call.reply().apologize("…", "busy")
            await asyncio.sleep(1)

    run(channel, talk)
    assert channel.shown.count(MISSED) == 3 * 2


def test_a_language_without_a_voice_is_told_of_once_in_a_call() -> None:
    channel = Channel()
    sentence = messages.say("reply.no_voice", "vi")

    async def talk(call: Call) -> None:
        for _ in range(10):
            reply = call.reply()
            await reply.text(heard("Xin chào."), meaning("Hello."))
            await reply.apologize(sentence, "language.unsupported")
            assert await reply.settled() == "Xin chào."
            await asyncio.sleep(40)

    run(channel, talk)
    assert channel.shown.count(sentence) == 1
    assert channel.shown.count("Xin chào.") == 10


def test_where_nothing_may_be_shown_things_are_still_said() -> None:
    async def talk(call: Call) -> None:
        reply = call.reply()
        await reply.text(heard("Xin chào."), meaning("Hello."))
        await asyncio.sleep(3)
        again = call.reply()
        await again.text(heard("Tạm biệt."), meaning("Bye."))
        await again.speech(Speech(clip(1_000.0), EN, "demo", "demo"))
        assert await again.settled() == "Tạm biệt."
        assert call.mouth.stats().waiting == 1

    run(Channel(faults=refused), talk)


def test_no_log_and_no_representation_holds_a_word_or_a_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    canary = "CANARY"
    shown: list[str] = []
    channel = Channel(faults=refused)

    async def talk(call: Call) -> None:
        reply = call.reply(name=canary)
        await reply.text(heard(canary), meaning(canary))
        await reply.apologize(canary, "model.missing")
        shown.extend(map(repr, (reply, call.mouth, *vars(call.captions).values())))
        await asyncio.sleep(3)

    with caplog.at_level(logging.DEBUG):
        run(channel, talk)
    assert any("refused" in record.message for record in caplog.records)
    for record in caplog.records:
        assert canary not in repr(vars(record))
    assert len(shown) > 5
    assert not [each for each in shown if canary in each]
