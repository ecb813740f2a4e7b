"""500 notes from 50 people while much goes wrong: nothing lost, nothing twice, nothing kept."""

import asyncio
import gc
import itertools
import statistics
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.telegram.bot_api.chats import Seat
from tests.telegram.bot_api.faults import (
    DOWNLOAD,
    Drop,
    Fault,
    Truncate,
    bad_gateway,
    conflict,
    flood_wait,
    server_error,
)
from tests.telegram.bot_api.messages import Message
from tests.telegram.bot_api.server import BotApi
from tests.telegram.home import Engines, home

PEOPLE, NOTES_EACH = 50, 10
WARM = 100
"""Notes after which nothing more may stay in memory."""
UNDONE: tuple[Fault, ...] = (server_error(), bad_gateway(), flood_wait(1), Drop(processed=False))
ORDERS: dict[str, tuple[tuple[Fault, ...], int, int]] = {
    # what goes wrong in turn, how many times, and how many calls lie between
    "sendMessage": (UNDONE, 24, 20),
    "sendVoice": (UNDONE, 24, 20),
    "sendChatAction": ((*UNDONE, Drop(processed=True)), 40, 11),
    "getFile": ((*UNDONE, Drop(processed=True)), 25, 19),
    DOWNLOAD: ((server_error(), Drop(processed=False), Truncate(3), Truncate(0)), 24, 20),
    "getUpdates": ((server_error(), bad_gateway(), Drop(processed=True), conflict()), 12, 3),
}
TWICE = 5
"""Messages after which the connection breaks although they have arrived: nobody can know."""


def arrange(telegram: BotApi) -> None:
    for method, (faults, times, between) in ORDERS.items():
        for number, fault in enumerate(itertools.islice(itertools.cycle(faults), times)):
            telegram.faults.add(method, fault, skip=number * between + 3)
    for number in range(TWICE):
        telegram.faults.add("sendMessage", Drop(processed=True), skip=number * 90 + 13)


def kept() -> Counter[str]:
    """Live objects of the bot and of its library, by module; the server makes none of them."""
    gc.collect()
    modules = (str(type(thing).__module__) for thing in gc.get_objects())
    return Counter(each for each in modules if each.startswith(("bot.", "telegram.", "pipeline.")))


def resident() -> int:
    """Bytes of memory that the process holds."""
    return int(psutil.Process().memory_info().rss)


async def converse(chat: Seat, number: int, waits: list[float]) -> list[Message]:
    sent = []
    for turn in range(NOTES_EACH):
        began = time.monotonic()
        sent.append(await chat.voice(f"note {number}-{turn}.".encode(), seconds=2))
        await chat.wait_for(kind="voice", reply_to=sent[-1], timeout=50)
        waits.append(time.monotonic() - began)
    return sent


async def disturb(telegram: BotApi) -> None:
    """Deliver some updates again, now and then."""
    while True:
        await asyncio.sleep(0.5)
        telegram.updates.redeliver(min(3, len(telegram.updates.confirmed)))


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_nothing_is_lost_nothing_comes_twice_and_nothing_stays(tmp_path: Path) -> None:
    heard: Counter[str] = Counter()

    def read(sound: bytes) -> str:
        heard[sound.decode()] += 1
        engines.heard.clear()
        return sound.decode()

    engines = Engines(reads=read)
    waits: list[float] = []
    async with (
        BotApi.start() as telegram,
        home(telegram, tmp_path, engines, patience_s=120, desk={"at_once": 16}),
    ):
        chats = [telegram.person(f"Person {number}").private() for number in range(PEOPLE)]
        arrange(telegram)
        began = time.monotonic()
        talking = [
            asyncio.create_task(converse(chat, number, waits)) for number, chat in enumerate(chats)
        ]
        disturbing = asyncio.create_task(disturb(telegram))
        await telegram.world.bell.until(lambda: len(waits) >= WARM, 60)
        warm, memory = kept(), await asyncio.to_thread(resident)
        sent = list(itertools.chain(*await asyncio.gather(*talking)))
        took = time.monotonic() - began
        disturbing.cancel()
        await telegram.updates.settled()
        await asyncio.sleep(0.5)
        stayed = {each: count - warm[each] for each, count in kept().items()}
        grown = await asyncio.to_thread(resident) - memory

    answers = Counter(
        (message.reply_to.data.decode(), message.kind)
        for chat in chats
        for message in chat.chat.from_bot
        if message.reply_to
    )
    for note in sent:
        said = note.data.decode()
        assert answers[said, "text"] >= 1
        assert answers[said, "voice"] == 1
    texts = [message for chat in chats for message in chat.chat.from_bot if message.kind == "text"]
    for text in texts:
        assert text.reply_to is not None
        assert text.reply_to.data.decode() in text.text, "each answer is under its own note"
    assert len(sent) == len(heard) == heard.total() == PEOPLE * NOTES_EACH
    assert len(texts) == len(sent) + TWICE
    assert sum(max(0, count) for count in stayed.values()) < 50, stayed
    print(  # noqa: T201 - the numbers are wanted
        f"\n{len(sent)} notes of {PEOPLE} people in {took:.1f} s, {len(telegram.calls)} requests,"
        f" {len(telegram.faults.happened)} faults; note to voice"
        f" p50 {statistics.median(waits):.2f} s, max {max(waits):.2f} s;"
        f" texts twice {len(texts) - len(sent)} of {TWICE} unknowable;"
        f" {sum(stayed.values()):+d} objects, {grown / 2**20:+.1f} MiB with the server's record"
    )
