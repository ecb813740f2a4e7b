"""Everybody in a call is told that it is listened to before they are heard."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.discord.calls.notices import Notices
from pipeline.errors import PlatformRefusedError, PlatformUnreachableError
from tests.discord.calls import virtual_time

AN, BINH, CHI, DUNG = 1, 2, 3, 4
SETTLE_S = 2.0


class Told:
    """When a notice was sent; and how it fails."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.error: Exception | None = None

    async def send(self) -> None:
        await asyncio.sleep(0.1)
        if self.error is not None:
            raise self.error
        self.at.append(round(asyncio.get_running_loop().time()))


def run(story: Callable[[Notices, Told], Awaitable[None]]) -> Told:
    told = Told()

    async def whole() -> None:
        notices = Notices(told.send)
        try:
            await story(notices, told)
        finally:
            await notices.close()
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(whole())
    return told


def test_who_was_there_is_told_once() -> None:
    async def story(notices: Notices, told: Told) -> None:
        await notices.first(frozenset({AN}))
        assert notices.told() == {AN}
        notices.now(frozenset({AN}))
        await asyncio.sleep(100)
        assert len(told.at) == 1

    run(story)


def test_without_a_first_notice_nobody_counts_as_told() -> None:
    async def story(notices: Notices, told: Told) -> None:
        told.error = PlatformRefusedError(platform="Discord", reason="permission")
        with pytest.raises(PlatformRefusedError):
            await notices.first(frozenset({AN}))
        assert notices.told() == frozenset()

    run(story)


def test_late_joiners_are_told_together_soon_and_not_before() -> None:
    async def story(notices: Notices, told: Told) -> None:
        await notices.first(frozenset({AN}))
        await asyncio.sleep(60)
        notices.now(frozenset({AN, BINH}))
        assert notices.told() == {AN}
        await asyncio.sleep(1)
        notices.now(frozenset({AN, BINH, CHI}))
        await asyncio.sleep(3)
        assert notices.told() == {AN, BINH, CHI}
        assert len(told.at) == 2

    run(story)


def test_a_busy_door_does_not_flood_the_channel() -> None:
    async def story(notices: Notices, _: Told) -> None:
        await notices.first(frozenset({AN}))
        people = {AN}
        for newcomer in range(100, 160):
            people.add(newcomer)
            notices.now(frozenset(people))
            await asyncio.sleep(1)

    told = run(story)
    assert all(later - told.at[at] >= 60 for at, later in enumerate(told.at[3:]))
    assert len(told.at) <= 4


def test_who_goes_and_comes_again_is_told_again() -> None:
    async def story(notices: Notices, told: Told) -> None:
        await notices.first(frozenset({AN, BINH}))
        notices.now(frozenset({AN}))
        notices.now(frozenset({AN, BINH}))
        assert notices.told() == {AN}
        await asyncio.sleep(30)
        assert notices.told() == {AN, BINH}
        assert len(told.at) == 2

    run(story)


def test_who_came_and_went_at_once_is_not_told() -> None:
    async def story(notices: Notices, told: Told) -> None:
        await notices.first(frozenset({AN}))
        notices.now(frozenset({AN, BINH}))
        notices.now(frozenset({AN}))
        await asyncio.sleep(60)
        assert len(told.at) == 1

    run(story)


def test_a_notice_that_fails_is_tried_again_and_until_then_the_newcomer_is_not_heard() -> None:
    async def story(notices: Notices, told: Told) -> None:
        await notices.first(frozenset({AN}))
        told.error = PlatformUnreachableError(platform="Discord", reason="network")
        notices.now(frozenset({AN, BINH}))
        await asyncio.sleep(10)
        assert notices.told() == {AN}
        told.error = None
        await asyncio.sleep(60)
        assert notices.told() == {AN, BINH}

    run(story)


def test_what_holds_no_longer_is_told_again_to_everybody() -> None:
    async def story(notices: Notices, told: Told) -> None:
        await notices.first(frozenset({AN}))
        notices.forget()
        notices.now(frozenset({AN}))
        assert notices.told() == frozenset()
        await asyncio.sleep(30)
        assert notices.told() == {AN}
        assert len(told.at) == 2

    run(story)


def test_who_was_told_what_holds_no_more_is_told_anew() -> None:
    async def story(notices: Notices, told: Told) -> None:
        await notices.first(frozenset({AN}))
        notices.now(frozenset({AN, BINH}))
        await asyncio.sleep(SETTLE_S + 0.05)
        notices.forget()
        notices.now(frozenset({AN, BINH}))
        await asyncio.sleep(0.1)
        assert len(told.at) == 2
        assert notices.told() == frozenset()
        await asyncio.sleep(100)
        assert notices.told() == {AN, BINH}

    run(story)
