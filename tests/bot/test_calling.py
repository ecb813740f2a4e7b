"""What servers choose for calls, who may, and that everybody in a call knows and can decline."""

import random
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import messages
from bot.calling import DECLINE, CallFacts, speaks
from bot.cards import Caller, Card
from bot.commands import Commands
from bot.messages import CATALOGUES
from pipeline.types import Language
from storage.calls import CallPreferences
from storage.transcripts import KeptCall, Line
from storage.types import Chat, Person
from tests.bot.counters import ADMIN, EN, FR, ME, NAMES, Counter, sound
from tests.bot.studies import SETTINGS, opened

SERVER = Chat("discord", "900")
CHANNEL = Chat("discord", "900", "77")
MEMBER = Caller(Person("discord", "1"), CHANNEL, "en", private=True)
MANAGER = replace(MEMBER, person=Person("discord", "2"), admin=True)
VIETNAMESE = replace(MANAGER, locale="vi")
CARD = "settings:calls"
LISTENING = "call.notice"
_LONGEST_LABEL = 80
_LONGEST_MESSAGE = 2000
"""What Discord shows of a button and of a message, in characters."""


class Board:
    """The calls of a platform: one under way, or none, and what its channels are called."""

    def __init__(self) -> None:
        self.facts: CallFacts | None = None
        self.names: dict[str, str] = {}
        self.asked: set[Chat] = set()

    def under_way(self, chat: Chat) -> CallFacts | None:
        self.asked.add(chat)
        return self.facts

    def named(self, chat: Chat, id_: str) -> str | None:
        self.asked.add(chat)
        return self.names.get(id_)


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with opened(tmp_path) as study:
        yield Counter(study)


async def opened_card(counter: Counter, caller: Caller = MANAGER) -> Card:
    """Find the card of calls as people do."""
    return await counter.tap(await counter.run("settings", caller=caller), "Calls…", caller)


async def chosen(counter: Counter) -> CallPreferences:
    return await counter.stores.calls.of(SERVER)


async def say_something(counter: Counter, person: Person = MEMBER.person) -> bool:
    call = KeptCall(SERVER, "70", "a", time.time())
    vi, en = Language("vi"), Language("en")
    line = Line(0.0, 1.0, person, "Mai", vi, "Xin chào.", en, "Hello.")
    return await counter.stores.transcripts.add(call, line)


# what a server chooses


async def test_what_nobody_has_chosen_is_to_speak_in_pauses_and_to_keep_nothing(
    counter: Counter,
) -> None:
    text = (await opened_card(counter)).text
    assert "Spoken into the channel: every translation" in text
    assert "While people speak: I wait" in text
    assert "Transcripts: not kept" in text
    assert "Captions: in the voice channel's own chat" in text
    assert "I join unasked: nowhere" in text
    assert "Who may summon me: everybody" in text
    assert speaks(await chosen(counter))
    assert not speaks(CallPreferences(speaks=False))


async def test_each_choice_is_a_tap_and_a_tap_back(counter: Counter) -> None:
    card = await opened_card(counter)
    for label, back, field in (
        ("Captions only", "Speak translations", "speaks"),
        ("Don't wait for a pause", "Wait while people speak", "pauses"),
    ):
        card = await counter.tap(card, label, MANAGER)
        assert getattr(await chosen(counter), field) is False
        card = await counter.tap(card, back, MANAGER)
        assert getattr(await chosen(counter), field) is True
    card = await counter.tap(card, "← Back", MANAGER)
    assert card.text.startswith("In this channel")


async def test_a_button_pressed_twice_says_the_same_twice(counter: Counter) -> None:
    card = await opened_card(counter)
    for _ in range(2):
        await counter.tap(card, "Captions only", MANAGER)
    assert (await chosen(counter)).speaks is False


async def test_the_spoken_language_is_picked_or_written_and_taken_back(counter: Counter) -> None:
    card = await counter.tap(await opened_card(counter), "Speak only…", MANAGER)
    card = await counter.tap(card, "English", MANAGER)
    assert "translations into English" in card.text
    assert (await chosen(counter)).into == EN
    card = await counter.tap(card, "Speak only…", MANAGER)
    assert (await counter.tap(card, "← Back", MANAGER)).text.startswith("Calls in this server")
    await counter.write(card, "tiếng Pháp", MANAGER)
    assert (await chosen(counter)).into == FR
    card = await counter.tap(await opened_card(counter), "Speak only…", MANAGER)
    await counter.tap(card, "Every translation", MANAGER)
    assert (await chosen(counter)).into is None


async def test_channels_and_the_role_are_shown_by_name_or_said_to_be_gone(
    counter: Counter,
) -> None:
    board = Board()
    counter.commands.calling.connect(board)
    board.names = {"78": "#captions", "79": "Lounge", "80": "@interpreters"}
    card = sound(await counter.commands.choose(MANAGER, captions="78", auto_join="79", role="80"))
    assert "Captions: #captions" in card.text
    assert "I join unasked: Lounge" in card.text
    assert "Who may summon me: @interpreters" in card.text
    assert board.asked == {CHANNEL}
    del board.names["78"]
    assert "Captions: something that is gone" in (await opened_card(counter)).text
    card = await counter.commands.choose(MANAGER, captions=None)
    assert "Captions: in the voice channel's own chat" in card.text
    assert await chosen(counter) == CallPreferences(auto_join="79", role="80")


async def test_transcripts_are_erased_only_once_a_manager_is_sure(counter: Counter) -> None:
    assert not await say_something(counter)
    card = await counter.tap(await opened_card(counter), "Keep transcripts", MANAGER)
    assert "Transcripts: kept for 30 days" in card.text
    assert await say_something(counter)
    asked = await counter.tap(card, "Keep no transcripts…", MANAGER)
    assert "can't be undone" in asked.text
    await counter.tap(asked, "← Back", MANAGER)
    assert len(await counter.stores.transcripts.calls(SERVER)) == 1
    await counter.tap(asked, "Erase them", MANAGER)
    assert await counter.stores.transcripts.calls(SERVER) == ()
    assert (await chosen(counter)).keeps is False


async def test_where_the_operator_keeps_no_transcripts_nobody_is_offered_them(
    tmp_path: Path,
) -> None:
    storage = SETTINGS.storage.model_copy(update={"transcript_days": 0.0})
    settings = SETTINGS.model_copy(update={"storage": storage})
    async with opened(tmp_path, settings) as study:
        counter = Counter(study)
        commands = Commands(study.stores, settings, counter.queue, study.pipeline.voices)
        counter.commands = commands
        labels = {each.label for row in (await opened_card(counter)).rows for each in row}
        assert labels == {
            *("Captions only", "Speak only…", "Don't wait for a pause"),
            "← Back",
        }
        assert (await commands.press(MANAGER, f"{CARD}:keeps:on")).alert
        assert (await commands.choose(MANAGER, keeps=True)).alert
        assert not (await chosen(counter)).keeps
        await study.stores.calls.change(SERVER, keeps=True)
        assert "Transcripts: not kept" in (await opened_card(counter)).text
        assert "transcript" not in (await commands.run(MEMBER, "privacy")).text.lower()
        notice = commands.calling.notice(CallPreferences(keeps=True), "en")
        assert "transcript" not in notice.text


# who may


async def test_only_managers_choose_even_where_everybody_decides_the_rest(
    counter: Counter,
) -> None:
    await counter.stores.preferences.change_chat(SERVER, admins_only=False)
    card = await counter.run("settings", caller=MEMBER)
    assert "Calls…" not in {each.label for row in card.rows for each in row}
    for end in ("", ":speaks:off", ":keeps:on", ":keeps:sure", ":into", ":into:en", ":pauses:off"):
        assert (await counter.commands.press(MEMBER, CARD + end)).alert
        assert (await counter.commands.answer(MEMBER, CARD + end, "en")).alert
    assert (await counter.commands.choose(MEMBER, role="1", keeps=True)).alert
    assert await chosen(counter) == CallPreferences()


async def test_who_may_summon_is_everybody_until_a_role_is_chosen(counter: Counter) -> None:
    calling = counter.commands.calling
    assert await calling.may_summon(MEMBER)
    assert not await calling.entrusts(SERVER, ["80"])
    await counter.commands.choose(MANAGER, role="80")
    assert not await calling.may_summon(MEMBER)
    assert await calling.may_summon(MANAGER)
    assert await calling.entrusts(CHANNEL, frozenset({"79", "80"}))
    assert not await calling.entrusts(SERVER, ["79"])
    assert not await calling.entrusts(SERVER, [])


async def test_a_platform_without_calls_shows_and_changes_nothing_of_them(
    counter: Counter,
) -> None:
    card = await counter.run("settings", caller=ADMIN)
    assert "Calls…" not in {each.label for row in card.rows for each in row}
    assert (await counter.commands.press(ADMIN, f"{CARD}:speaks:off")).alert
    assert (await counter.commands.choose(ADMIN, captions="1")).alert
    assert (await counter.run("privacy")).rows == ()
    assert "calls" not in (await counter.run("privacy")).text
    assert "/join" not in (await counter.run("help")).text


# people


async def test_who_declines_is_not_heard_until_they_take_it_back(counter: Counter) -> None:
    await counter.commands.choose(MANAGER, keeps=True)
    assert await say_something(counter)
    card = await counter.run("privacy", caller=MEMBER)
    assert "keep no sound" in card.text
    card = await counter.tap(card, "Don't listen to me in calls", MEMBER)
    unheard = counter.stores.preferences.unheard
    assert await unheard("discord", ["1", "2"]) == {"1"}
    assert await counter.stores.transcripts.calls(SERVER) == ()
    assert not await say_something(counter)
    await counter.tap(card, "Listen to me in calls again", MEMBER)
    assert await unheard("discord", ["1", "2"]) == frozenset()


async def test_anybody_may_press_the_button_under_the_notice_and_it_stays(
    counter: Counter,
) -> None:
    notice = sound(counter.commands.calling.notice(CallPreferences(), "en"))
    ((button,),) = notice.rows
    assert button.data == DECLINE
    for number in range(3):
        caller = replace(MEMBER, person=Person("discord", str(number)), private=False)
        answer = sound(await counter.commands.press(caller, button.data))
        assert answer.alert, "a word to the presser; the notice stays"
        assert "/privacy" in answer.text
    vietnamese = await counter.commands.press(replace(MEMBER, locale="vi"), button.data)
    assert vietnamese.text.startswith("Từ giờ")
    assert await counter.stores.preferences.unheard("discord", "0123") == set("012")


async def test_the_notice_is_understood_by_speakers_of_either_language(counter: Counter) -> None:
    calling = counter.commands.calling
    for locale, first in (("en", "I am listening"), ("vi-VN", "Tôi đang nghe"), ("fr", "I am")):
        plain = calling.notice(CallPreferences(), locale)
        kept = calling.notice(CallPreferences(keeps=True), locale)
        assert plain.text.startswith(first)
        for each in CATALOGUES:
            assert messages.say(LISTENING, each) in plain.text
            assert messages.say("call.notice.kept", each, days=30) in kept.text
            assert messages.say("call.notice.kept", each, days=30) not in plain.text
            assert messages.say("tap.decline", each) in kept.rows[0][0].label
        assert len(kept.text) < _LONGEST_MESSAGE
        assert len(kept.rows[0][0].label) <= _LONGEST_LABEL


async def test_a_call_is_told_when_what_holds_for_it_changes(counter: Counter) -> None:
    told: list[str] = []
    calling = counter.commands.calling
    end = calling.watch(CHANNEL, lambda: told.append("here"))
    calling.watch(Chat("discord", "901"), lambda: told.append("there"))
    await counter.commands.choose(MANAGER, captions="78")
    await counter.tap(await opened_card(counter), "Captions only", MANAGER)
    assert told == ["here", "here"], "what a server chooses is its own call's affair"
    for press in ("privacy:unheard", "privacy:heard", DECLINE, "mydata:delete:sure"):
        told.clear()
        await counter.commands.press(MEMBER, press)
        assert told == ["here", "there"], "who declines, declines everywhere"
    end()
    end()
    told.clear()
    await counter.commands.press(MEMBER, DECLINE)
    assert told == ["there"]
    told.clear()
    await opened_card(counter)
    await counter.commands.press(MANAGER, f"{CARD}:keeps:off")
    assert told == [], "looking changes nothing"


async def test_linking_an_account_that_declined_reaches_the_call_at_once(
    counter: Counter,
) -> None:
    phone = replace(ME, person=Person("telegram", "5"))
    await counter.commands.press(phone, "privacy:unheard")
    code = await counter.stores.links.offer(phone.person)
    told: list[frozenset[str]] = []
    counter.commands.calling.watch(SERVER, lambda: told.append(frozenset()))
    await counter.run("link", code, MEMBER)
    assert told
    assert await counter.stores.preferences.unheard("discord", ["1"]) == {"1"}


async def test_who_deletes_everything_is_told_that_declining_goes_too(counter: Counter) -> None:
    await counter.commands.press(MEMBER, DECLINE)
    card = await counter.tap(await counter.run("mydata", caller=MEMBER), "Delete it…", MEMBER)
    assert "not to be heard in calls" in card.text
    await counter.tap(card, "Delete everything", MEMBER)
    assert await counter.stores.preferences.unheard("discord", ["1"]) == frozenset()


# what is told


async def test_the_status_says_how_the_call_is_doing(counter: Counter) -> None:
    board = Board()
    assert "call" not in (await counter.run("status", caller=MEMBER)).text
    counter.commands.calling.connect(board)
    assert "call" not in (await counter.run("status", caller=MEMBER)).text
    board.facts = CallFacts(people=3, share=None, waiting=0, dropped=0)
    assert "nobody has spoken yet" in (await counter.run("status", caller=MEMBER)).text
    board.facts = CallFacts(people=3, share=0.9999, waiting=2, dropped=1)
    text = (await counter.run("status", caller=MEMBER)).text
    assert "hear 3 of you, and 99 % of the sound" in text, "never better than it is"
    assert "waiting to be spoken: 2;" in text
    assert "too old: 1." in text
    board.facts = CallFacts(people=0, share=0.0, waiting=0, dropped=0)
    assert "0 % of the sound" in (await counter.run("status", caller=MEMBER)).text
    assert board.asked == {SERVER}


@pytest.mark.parametrize("locale", ["en", "vi"])
async def test_the_menu_has_the_commands_of_calls_where_there_are_calls(
    counter: Counter, locale: str
) -> None:
    menu = counter.commands.menu(locale, "discord")
    names = [each.name for each in menu]
    assert names == [*NAMES, "join", "leave", "skip", "transcript", "voice-test"]
    assert all(re.fullmatch("[-_a-z0-9]{1,32}", name) for name in names)
    assert all(3 <= len(each.text) <= 100 for each in menu), "what Discord shows"
    assert counter.commands.menu(locale, "telegram") == counter.commands.menu(locale)
    help_ = await counter.run("help", caller=replace(MEMBER, locale=locale))
    assert all(f"/{name} " in help_.text for name in names)


async def test_a_command_of_calls_that_the_platform_does_not_know_is_answered_with_the_help(
    counter: Counter,
) -> None:
    for name in ("join", "voice-test", "calls"):
        assert (await counter.run(name)).text == (await counter.run("help")).text


# whatever is pressed


async def test_every_card_of_calls_can_be_shown_in_either_language(counter: Counter) -> None:
    board = Board()
    counter.commands.calling.connect(board)
    board.names = dict.fromkeys(("78", "79", "80"), "x" * 100)
    await counter.commands.choose(MANAGER, captions="78", auto_join="79", role="80")
    longest = Person("discord", "9" * 20)
    for caller in (MANAGER, VIETNAMESE, replace(MANAGER, person=longest, private=False)):
        seen: set[str] = set()
        ahead = [await counter.run(name, caller=caller) for name in ("settings", "privacy")]
        while ahead:
            for row in ahead.pop().rows:
                for button in row:
                    assert len(button.label) <= _LONGEST_LABEL
                    if button.data not in seen and len(seen) < 200:
                        seen.add(button.data)
                        card = sound(await counter.commands.press(caller, button.data))
                        assert len(card.text) < _LONGEST_MESSAGE
                        ahead.append(card)
        assert {data.partition("@")[0] for data in seen} > {
            *(f"{CARD}:{field}:{word}" for field in ("speaks", "pauses") for word in ("on", "off")),
            *(f"{CARD}:keeps:{word}" for word in ("on", "off", "sure")),
            f"{CARD}:into:en",
        }


async def test_forged_data_about_calls_is_answered_and_changes_nothing_for_members(
    counter: Counter,
) -> None:
    draw = random.Random(5)
    parts = ["calls", "speaks", "pauses", "keeps", "into", "on", "off", "sure", "vi", "-", "zz"]
    parts += ["", "²", "unheard", "heard", "call", "captions", "role", "99999999999999999999"]
    for _ in range(500):
        data = ":".join(["settings", *draw.choices(parts, k=draw.randint(0, 4))])
        line = draw.choice(["", "on", "vi", "²", "🏴" * 500, "\ud800"])
        for caller in (MEMBER, MANAGER):
            sound(await counter.commands.press(caller, data))
            sound(await counter.commands.answer(caller, data, line))
        if draw.random() < 0.1:
            await counter.commands.choose(MANAGER, speaks=None, pauses=True, into=None, keeps=False)
            before = await chosen(counter)
            await counter.commands.press(MEMBER, data)
            assert await chosen(counter) == before
