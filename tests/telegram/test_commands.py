"""Commands, buttons and the lines that cards ask for, as people meet them on Telegram."""

import json
from pathlib import Path

import pytest

from storage.types import Chat, Person
from tests.telegram.bot_api.asking import menu_key
from tests.telegram.bot_api.chats import Seat
from tests.telegram.bot_api.faults import Refuse, server_error
from tests.telegram.bot_api.parameters import Scope
from tests.telegram.bot_api.server import BotApi
from tests.telegram.home import home


def known(seat: Seat) -> Person:
    return Person("telegram", str(seat.person.id))


async def test_a_first_use_takes_three_taps(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("An", language="vi").private()
        await chat.say("/start")
        card = await chat.wait_for(text="1/3")
        await card.tap("tiếng Việt")
        card = await chat.wait_for(text="2/3")
        await card.tap("tiếng Anh")
        card = await chat.wait_for(text="3/3")
        tap = await card.tap(card.labels[-1])
        await tap.answered()
        done = await chat.wait_for(text="/language")
        assert done is card, "one message that changes"
        assert not done.buttons
        chosen = await house.stores.preferences.of_person(known(chat))
        assert (chosen.spoken, chosen.target, chosen.quick_voice) == ("vi", "en", True)


async def test_the_menu_is_offered_in_both_languages(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        english = telegram.world.menus[menu_key(Scope(), "")]
        vietnamese = telegram.world.menus[menu_key(Scope(), "vi")]
        names = [each["command"] for each in english]
        assert names == [each["command"] for each in vietnamese]
        assert set(names) == {
            "translate",
            "start",
            "help",
            "language",
            "voice",
            "settings",
            "glossary",
            "status",
            "privacy",
            "mydata",
            "premium",
            "link",
        }
        assert all(
            a["description"] != b["description"] for a, b in zip(english, vietnamese, strict=True)
        )


@pytest.mark.parametrize(
    "name",
    [
        "help",
        "language",
        "voice",
        "glossary",
        "status",
        "privacy",
        "mydata",
        "premium",
        "link",
        "unknown",
    ],
)
@pytest.mark.parametrize("language", ["en", "vi", None])
async def test_every_command_is_answered(tmp_path: Path, name: str, language: str | None) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna", language=language).private()
        await chat.say(f"/{name}")
        answer = await chat.wait_for()
        english = language != "vi"
        assert any(letter in answer.text.lower() for letter in "đạảấầậếệễịọộờởợụừự") != english
        assert answer.reply_to is None, "nobody needs to see what was just typed"


async def test_a_language_is_found_by_typing_its_name(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        await chat.say("/language")
        card = await chat.wait_for(text="You speak")
        await card.tap(card.labels[0])
        await chat.wait_for(text="write its name")
        await chat.say("portu")
        found = await chat.wait_for(where=lambda m: "Portuguese" in m.labels)
        await (await found.tap("Portuguese")).answered()
        await chat.wait_for(text="You speak: Portuguese")
        assert (await house.stores.preferences.of_person(known(chat))).spoken == "pt"


async def test_a_language_is_found_behind_the_command(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        await chat.say("/language viet")
        found = await chat.wait_for()
        assert any("Vietnamese" in label for label in found.labels)


async def test_only_admins_change_a_group(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        admin, member = anna.joins(club, "creator"), binh.joins(club)
        sent = await member.say("/settings")
        refused = await member.wait_for(reply_to=sent)
        assert not refused.buttons
        sent = await admin.say("/settings")
        card = await admin.wait_for(reply_to=sent)
        tap = await card.tap(card.labels[0], by=binh)
        assert (await tap.answered())["show_alert"]
        assert not await house.commands.listens(Chat("telegram", str(club.id)))
        await (await card.tap(card.labels[0], by=anna)).answered()
        await admin.wait_for(text="every voice note")
        assert await house.commands.listens(Chat("telegram", str(club.id)))


async def test_an_anonymous_admin_changes_a_group_too(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        admin, member = anna.joins(club, "creator"), binh.joins(club)
        admin.anonymous = True
        await admin.say("/settings")
        card = await admin.wait_for(where=lambda m: bool(m.buttons))
        tap = await card.tap(card.labels[0], by=member.person)
        assert (await tap.answered())["show_alert"]
        await (await card.tap(card.labels[0], by=anna)).answered()
        await admin.wait_for(text="every voice note")
        assert await house.commands.listens(Chat("telegram", str(club.id)))


async def test_somebody_who_writes_as_a_channel_is_no_admin(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        member = binh.joins(club)
        channel = {"id": -1001234567890, "type": "channel", "title": "News"}
        await member.send(
            {
                "text": "/settings",
                "entities": [{"type": "bot_command", "offset": 0, "length": 9}],
                "sender_chat": channel,
            }
        )
        assert not (await member.wait_for()).buttons


async def test_a_group_that_hides_notes_from_the_bot_is_told_so(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await chat.say("/settings")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        assert "@BotFather" not in card.text
        await card.tap(card.labels[0], by=anna)
        await chat.wait_for(text="@BotFather")


async def test_a_card_is_its_openers_alone(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        family = telegram.group("Family", creator=anna)
        here, there = anna.joins(family, "creator"), binh.joins(family)
        await here.say("/voice")
        card = await here.wait_for(where=lambda m: bool(m.buttons))
        tap = await card.tap(card.labels[0], by=binh)
        assert "somebody else" in (await tap.answered())["text"]
        await there.quiet()
        assert (await house.stores.preferences.of_person(known(there))).quick_voice is None


@pytest.mark.parametrize(
    "data", ["x", "start:target", "language:spoken:zz", "mydata:export:@", "\0"]
)
async def test_forged_and_stale_buttons_are_answered_and_do_no_harm(
    tmp_path: Path, data: str
) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        await chat.say("/status")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        await (await card.press(data)).answered()
        await chat.say("/privacy")
        await chat.wait_for(text="/mydata")


async def test_a_button_under_a_message_that_telegram_no_longer_shows_is_answered(
    tmp_path: Path,
) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await chat.say("/status")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        card.date = 0
        query = await card.tap(card.labels[0], by=anna)
        assert "too old" in (await query.answered())["text"]


async def test_in_private_an_old_button_still_works(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        await chat.say("/voice")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        card.date = 0
        telegram.faults.add("editMessageText", Refuse(400, "Bad Request: message can't be edited"))
        await card.tap(card.labels[0])
        new = await chat.wait_for(text="text only")
        assert new is not card


async def test_pressing_twice_and_too_late_costs_nothing(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        await chat.say("/status")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        for expired in (False, True, False):
            query = await card.tap(card.labels[0])
            query.expired = expired
        await telegram.updates.settled()
        await query.answered()
        await card.delete()
        await (await card.tap(card.labels[0])).answered()
        again = await chat.wait_for(where=lambda m: m is not card)
        assert again.buttons, "a card that was deleted comes anew"


async def test_what_is_known_is_given_as_a_file_and_deleted_with_a_receipt(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        await house.stores.preferences.change_person(known(chat), quick_voice=False)
        await chat.say("/mydata")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        await card.tap(card.labels[0])
        file = await chat.wait_for(kind="document")
        export = json.loads(file.data)
        assert export["accounts"] == [{"platform": "telegram", "id": str(chat.person.id)}]
        await card.tap(card.labels[1])
        card = await chat.wait_for(where=lambda m: m is card)
        await card.tap(card.labels[0])
        await chat.wait_for(where=lambda m: m is card and not m.buttons)
        assert (await house.stores.preferences.of_person(known(chat))).quick_voice is None


async def test_what_is_private_is_not_shown_in_a_group(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        for command in ("/mydata", "/link"):
            answer = await chat.wait_for(reply_to=await chat.say(command))
            assert "private chat" in answer.text
            assert not answer.buttons


async def test_a_term_is_written_into_the_reply_field_of_a_group(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await chat.say("/glossary")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        await card.tap(
            next(each for each in card.labels if "Add" in each or "add" in each), by=anna
        )
        field = await chat.wait_for(text="Write a name")
        assert field.markup
        assert field.markup["force_reply"]
        assert field.markup["selective"]
        await chat.say("Dragoman", reply_to=field)
        await chat.wait_for(text="Dragoman")
        assert [each.term for each in await house.stores.glossary.terms(known(chat))] == [
            "Dragoman"
        ]


async def test_two_accounts_are_linked_with_a_code(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        code = await house.stores.links.offer(Person("discord", "77"))
        await chat.say("/link")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        await card.tap(card.labels[1])
        await chat.wait_for(text="Write the code")
        await chat.say("WRONG")
        await chat.wait_for(text="not valid")
        await chat.say(f"/link {code}")
        await chat.wait_for(text="Linked: 2")


async def test_small_talk_is_answered_with_what_the_bot_can_do(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        await chat.say("hello?")
        assert "/language" in (await chat.wait_for(text="voice note")).text


async def test_a_command_survives_what_happens_on_the_way(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        for method in ("getChatMember", "sendMessage", "editMessageText", "answerCallbackQuery"):
            telegram.faults.add(method, server_error())
        await chat.say("/settings")
        card = await chat.wait_for(where=lambda m: bool(m.buttons))
        await card.tap(card.labels[0], by=anna)
        await chat.wait_for(text="every voice note")
