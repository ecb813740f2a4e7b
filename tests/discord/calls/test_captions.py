"""Captions stay in one place, in order, whole, and within Discord's limits."""

import asyncio
import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.discord.calls.captions import Captions
from pipeline.errors import PlatformError, PlatformRefusedError
from pipeline.types import Doubt
from tests.discord.calls import virtual_time
from tests.discord.calls.surfaces import EN, VI, Channel, heard, meaning, refused, unreachable


def captions(channel: Channel, refusals: list[PlatformRefusedError] | None = None) -> Captions:
    told = [] if refusals is None else refusals
    return Captions(channel, "en", told.append)


def say(board: Captions, speaker: str, number: int) -> None:
    board.add(speaker, speaker.title(), heard(f"câu {number}."), meaning(f"line {number}."))


def numbers(text: str) -> list[int]:
    return [int(each) for each in re.findall(r"câu (\d+)", text)]


def test_a_sentence_stands_beside_its_meaning_under_the_name_of_who_said_it() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        board.add("1", "An", heard("Xin chào."), meaning("Hello."))
        board.add("1", "An", heard("Tôi là An."), meaning("I am An."))
        board.add("2", "Bob", heard("Hi!", EN), meaning("Chào!", EN, VI))
        board.add("1", "An", heard("Ừ."), meaning("Yes."))
        await board.close()

    virtual_time.run(call())
    assert len(channel.messages) == 1
    assert channel.shown.splitlines() == [
        "**An:** Xin chào. → Hello.",
        "· Tôi là An. → I am An.",
        "**Bob:** Hi! → Chào!",
        "**An:** Ừ. → Yes.",
    ]


def test_two_people_of_one_name_are_told_apart() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        board.add("1", "An", heard("Một."), meaning("One."))
        board.add("2", "An", heard("Hai."), meaning("Two."))
        await board.close()

    virtual_time.run(call())
    assert channel.shown.count("**An:**") == 2


def test_the_first_caption_is_shown_at_once_and_a_burst_in_few_requests() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        began = asyncio.get_running_loop().time()
        say(board, "an", 0)
        await asyncio.sleep(0.01)
        assert channel.requests == [began]
        for number in range(1, 30):
            say(board, "an", number)
        await asyncio.sleep(1.3)
        assert len(channel.requests) == 2
        assert numbers(channel.shown) == list(range(30))
        await board.close()

    virtual_time.run(call())


def test_ten_people_talking_for_a_minute_cost_no_more_than_five_requests_in_five_seconds() -> None:
    chance = random.Random(0)
    channel = Channel()

    async def person(board: Captions, name: str) -> None:
        for number in range(40):
            await asyncio.sleep(chance.uniform(0.2, 2.8))
            channel.takes_s = chance.uniform(0.0, 0.4)
            say(board, name, number)

    async def call() -> None:
        board = captions(channel)
        async with asyncio.TaskGroup() as people:
            for each in range(10):
                people.create_task(person(board, f"person{each}"))
        await board.close()

    virtual_time.run(call())
    requests = channel.requests
    assert requests[-1] - requests[0] > 50
    for began in requests:
        assert sum(began <= each < began + 5 for each in requests) <= 5
    assert len(numbers(channel.shown)) == 400
    for each in range(10):
        lines = _lines_of(channel.shown, f"Person{each}")
        assert lines == list(range(40)), "nothing is lost, and everybody's words are in order"


def _lines_of(text: str, name: str) -> list[int]:
    speaker, spoken = "", []
    for line in text.splitlines():
        if head := re.match(r"\*\*(.+?):\*\*", line):
            speaker = head[1]
        if speaker == name:
            spoken += numbers(line)
    return spoken


@given(st.integers(0, 2**32))
@settings(max_examples=100)
def test_whatever_happens_what_is_shown_is_only_added_to_in_order_and_nothing_is_lost(
    seed: int,
) -> None:
    chance = random.Random(seed)
    channel = Channel(late=chance.random() < 0.5, takes_s=chance.choice([0.0, 0.1, 2.0]))
    channel.faults = lambda: unreachable() if chance.random() < 0.3 else None
    count = chance.randrange(1, 120)

    async def call() -> None:
        board = Captions(channel, "en", lambda _: None, close_s=3_600)
        for number in range(count):
            words = f"câu {number}." + chance.choice(["", " dài" * 60, " @*_" * 100])
            name = chance.choice(["An", "Bình"])
            board.add(name, name, heard(words), meaning("line."))
            if chance.random() < 0.1:
                board.interrupted()
            await asyncio.sleep(chance.choice([0, 0, 0.3, 5, 70]))
        await board.close()

    virtual_time.run(call())
    assert numbers(channel.shown) == list(range(count))
    assert all(
        later - earlier > 1.19
        for earlier, later in zip(channel.requests, channel.requests[1:], strict=False)
    )


def test_after_a_pause_or_a_message_of_somebody_else_a_new_message_is_begun() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        say(board, "an", 0)
        await asyncio.sleep(59)
        say(board, "an", 1)
        await asyncio.sleep(61)
        say(board, "an", 2)
        await asyncio.sleep(2)
        board.interrupted()
        await asyncio.sleep(2)
        assert len(channel.messages) == 2, "with nothing to say, nothing is begun"
        say(board, "an", 3)
        await board.close()

    virtual_time.run(call())
    assert list(map(numbers, channel.messages.values())) == [[0, 1], [2], [3]]
    assert all(text.startswith("**An:**") for text in channel.messages.values())


def test_a_full_message_is_followed_by_another_and_no_line_is_torn() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        for number in range(40):
            board.add("an", "An", heard(f"câu {number} " + "à " * 100), meaning("word " * 20))
        await asyncio.sleep(10)
        await board.close()

    virtual_time.run(call())
    assert len(channel.messages) > 5
    assert all(text.startswith("**An:**") for text in channel.messages.values())
    assert numbers(channel.shown) == list(range(40))
    assert channel.shown.count(" → ") == 40


def test_a_message_that_a_moderator_deletes_costs_nothing_that_was_not_shown() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        say(board, "an", 0)
        await asyncio.sleep(2)
        channel.delete()
        say(board, "an", 1)
        await asyncio.sleep(0.01)
        say(board, "an", 2)
        await board.close()

    virtual_time.run(call())
    assert numbers(channel.deleted[0]) == [0]
    assert numbers(channel.shown) == [1, 2]
    assert channel.shown.startswith("**An:**")


def test_lines_that_may_have_been_in_a_deleted_message_come_again() -> None:
    faults: Iterator[PlatformError | None] = iter([None, unreachable(), None, None, None])
    channel = Channel(faults=lambda: next(faults), late=True)

    async def call() -> None:
        board = captions(channel)
        say(board, "an", 0)
        await asyncio.sleep(2)
        say(board, "an", 1)
        await asyncio.sleep(0.5)
        channel.delete()
        await board.close()

    virtual_time.run(call())
    assert numbers(channel.shown) == [1]


def test_a_channel_that_refuses_is_told_of_once_and_asked_no_more() -> None:
    told: list[PlatformRefusedError] = []
    channel = Channel(faults=refused)

    async def call() -> None:
        board = captions(channel, told)
        for number in range(5):
            say(board, "an", number)
            await asyncio.sleep(3)
        await board.close()

    virtual_time.run(call())
    assert [error.details["reason"] for error in told] == ["permission"]
    assert len(channel.requests) == 1


def test_a_channel_that_refuses_later_is_left_after_one_try_at_a_new_message() -> None:
    told: list[PlatformRefusedError] = []
    faults: Iterator[PlatformError | None] = iter([None, refused(), refused()])
    channel = Channel(faults=lambda: next(faults))

    async def call() -> None:
        board = captions(channel, told)
        for number in range(5):
            say(board, "an", number)
            await asyncio.sleep(3)
        await board.close()

    virtual_time.run(call())
    assert len(told) == 1
    assert numbers(channel.shown) == [0]


def test_while_discord_is_away_requests_get_rarer_and_after_an_hour_the_latest_lines_come() -> None:
    away = True
    channel = Channel(faults=lambda: unreachable() if away else None)

    async def call() -> None:
        nonlocal away
        board = captions(channel)
        for number in range(720):
            say(board, "an", number)
            await asyncio.sleep(5)
        assert len(channel.requests) < 3600 / 16 + 10
        away = False
        await asyncio.sleep(60)
        await board.close()

    virtual_time.run(call())
    shown = numbers(channel.shown)
    assert shown[-199:] == list(range(720 - 199, 720)), "memory is bounded, the newest are kept"
    assert channel.shown.count("\n…\n") == 1, "a gap is shown as one"


def test_closing_writes_what_is_left() -> None:
    channel = Channel(takes_s=0.3)

    async def call() -> None:
        board = captions(channel)
        for number in range(20):
            say(board, "an", number)
            await asyncio.sleep(0.05)
        await board.close()
        assert numbers(channel.shown) == list(range(20))
        say(board, "an", 20)
        await asyncio.sleep(5)
        assert numbers(channel.shown) == list(range(20)), "after that nothing is shown"
        await board.close()

    virtual_time.run(call())


@pytest.mark.parametrize("away_s", [0.0, 3_600.0])
def test_closing_takes_no_longer_than_it_may(away_s: float) -> None:
    channel = Channel(faults=unreachable, takes_s=away_s)

    async def call() -> None:
        board = captions(channel)
        say(board, "an", 0)
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        await board.close()
        assert asyncio.get_running_loop().time() - began == pytest.approx(5.0, abs=0.1)
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(call())


def test_a_closing_that_is_cancelled_leaves_no_task_behind() -> None:
    channel = Channel(takes_s=3_600)

    async def call() -> None:
        board = captions(channel)
        say(board, "an", 0)
        await asyncio.sleep(1)
        closing = asyncio.create_task(board.close())
        await asyncio.sleep(1)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(call())


def test_a_doubt_is_marked_and_a_sentence_of_ours_stands_alone() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        board.add("1", "An", heard("Có ba."), meaning("There are 4.", doubts=(Doubt.NUMBERS,)))
        board.notice("I can't hear you.")
        board.add("1", "An", heard("Vâng.", VI), meaning("Vâng.", VI, VI))
        await board.close()

    virtual_time.run(call())
    assert channel.shown.splitlines() == [
        "**An:** Có ba. → There are 4. (\N{WARNING SIGN}\ufe0f the numbers differ)",
        "\N{WARNING SIGN}\ufe0f I can't hear you.",
        "**An:** Vâng.",
    ]


def test_nothing_said_shows_nothing() -> None:
    channel = Channel()

    async def call() -> None:
        board = captions(channel)
        board.add("1", "An", heard(" \n "), meaning(""))
        await board.close()

    virtual_time.run(call())
    assert not channel.requests
