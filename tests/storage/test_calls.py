"""What servers choose for calls, and which calls are to be come back to."""

import asyncio
from pathlib import Path

import pytest

from pipeline.types import Language
from storage.calls import CallPreferences, Calls, OpenCall
from storage.database import Database, open_database
from storage.preferences import ChatPreferences, Preferences
from storage.types import Chat
from tests.storage.surroundings import SetClock

EN = Language("en")
SERVER = Chat("discord", "900")
CHANNEL = Chat("discord", "900", "77")
OTHER = Chat("discord", "901")


@pytest.fixture
def calls(database: Database, clock: SetClock) -> Calls:
    return Calls(database, clock)


async def test_a_server_that_has_chosen_nothing_waits_for_pauses_and_keeps_nothing(
    calls: Calls, database: Database
) -> None:
    assert await calls.of(SERVER) == CallPreferences(
        captions=None,
        speaks=None,
        into=None,
        pauses=True,
        auto_join=None,
        keeps=False,
        role=None,
    )
    assert await database.rows("SELECT count(*) FROM chats") == [(0,)], "looking leaves no trace"


async def test_every_choice_is_kept_as_it_was_made_and_can_be_taken_back(calls: Calls) -> None:
    chosen = await calls.change(
        SERVER,
        captions="78",
        speaks=False,
        into=EN,
        pauses=False,
        auto_join="79",
        keeps=True,
        role="80",
    )
    assert await calls.of(SERVER) == chosen
    assert chosen == CallPreferences(
        captions="78", speaks=False, into=EN, pauses=False, auto_join="79", keeps=True, role="80"
    )
    await calls.change(SERVER, captions=None, speaks=None, into=None, auto_join=None, role=None)
    assert await calls.of(SERVER) == CallPreferences(pauses=False, keeps=True)


async def test_channels_share_what_their_server_chose(calls: Calls, database: Database) -> None:
    await calls.change(CHANNEL, speaks=False)
    await calls.change(Chat("discord", "900", "78"), into=EN)
    assert await calls.of(SERVER) == CallPreferences(speaks=False, into=EN)
    assert await calls.of(CHANNEL) == await calls.of(SERVER)
    assert await calls.of(OTHER) == CallPreferences()
    assert await calls.of(Chat("telegram", "900")) == CallPreferences()
    assert await database.rows("SELECT chat, topic FROM chats") == [("900", "")]


async def test_changes_at_the_same_time_all_hold(calls: Calls) -> None:
    await asyncio.gather(
        calls.change(SERVER, speaks=True),
        calls.change(CHANNEL, into=EN),
        calls.change(SERVER, role="80"),
        calls.change(OTHER, captions="1"),
    )
    assert await calls.of(SERVER) == CallPreferences(speaks=True, into=EN, role="80")


async def test_choices_for_calls_leave_the_other_choices_of_the_server(
    calls: Calls, database: Database
) -> None:
    preferences = Preferences(database)
    await preferences.change_chat(SERVER, target=EN)
    await calls.change(SERVER, speaks=True)
    await preferences.change_chat(SERVER, active=True)
    assert await preferences.of_chat(SERVER) == ChatPreferences(active=True, target=EN)
    assert await calls.of(SERVER) == CallPreferences(speaks=True)


async def test_after_a_restart_it_is_known_where_the_bot_was(path: Path, clock: SetClock) -> None:
    async with open_database(path) as database:
        calls = Calls(database, clock)
        await calls.opened(CHANNEL, "70", "71")
        clock.now += 1
        await calls.opened(OTHER, "72", "72")
        clock.now += 1
        await calls.opened(Chat("elsewhere", "900"), "9", "9")
        await calls.opened(Chat("discord", "902"), "73", "73")
        await calls.closed(Chat("discord", "902", "5"))
    async with open_database(path) as database:
        calls = Calls(database, clock)
        assert await calls.open_calls("discord") == (
            OpenCall(SERVER, "70", "71", clock.now - 2),
            OpenCall(OTHER, "72", "72", clock.now - 1),
        )


async def test_a_server_has_one_call_and_the_latest_place_counts(
    calls: Calls, clock: SetClock
) -> None:
    await calls.opened(SERVER, "70", "70")
    await calls.opened(SERVER, "71", "78")
    assert await calls.open_calls("discord") == (OpenCall(SERVER, "71", "78", clock.now),)
    await calls.closed(SERVER)
    await calls.closed(SERVER)
    assert await calls.open_calls("discord") == ()


async def test_a_server_that_was_left_is_forgotten_with_its_calls(
    calls: Calls, database: Database
) -> None:
    await calls.change(SERVER, speaks=True)
    await calls.opened(SERVER, "70", "70")
    await calls.opened(OTHER, "71", "71")
    await Preferences(database).forget_chat(SERVER)
    assert await calls.of(SERVER) == CallPreferences()
    assert [each.chat for each in await calls.open_calls("discord")] == [OTHER]


@pytest.mark.parametrize("odd", ["", " ", "x\x00y", "'; DROP TABLE chats; --", "9" * 400, "\u202e"])
async def test_ids_of_any_form_are_kept_as_they_are(
    calls: Calls, clock: SetClock, odd: str
) -> None:
    chat = Chat("discord", odd)
    await calls.change(chat, captions=odd, role=odd)
    await calls.opened(chat, odd, odd)
    assert await calls.of(chat) == CallPreferences(captions=odd, role=odd)
    assert await calls.open_calls("discord") == (OpenCall(chat, odd, odd, clock.now),)
