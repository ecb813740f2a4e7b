"""Commands, buttons and forms over the wire: by people, and by apps that people have changed."""

import asyncio
import itertools
import json
from pathlib import Path

import discord
import pytest

from bot import messages
from bot.cards import Button, Card
from bot.discord import cards
from bot.discord.client import Additions
from bot.discord.commands import Tree
from bot.discord.places import Interaction
from pipeline.errors import StorageError
from storage.types import Chat
from tests.discord.home import answered, club, friend, home, known, note
from tests.discord.server.faults import Drop, Refuse, rate_limited, server_error
from tests.discord.server.interactions import Answer
from tests.discord.server.server import DiscordServer
from tests.telegram.home import Engines

OFFER = "Bulk Overwrite Global Application Commands"
ANSWER = "Create Interaction Response"


async def test_commands_are_explained_in_both_languages(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        known_by_name = {each["name"]: each for each in server.commands()}
        for each in house.commands.menu("en"):
            told = known_by_name[each.name]
            assert told["description"] == each.text
            assert told["description_localizations"]["vi"] == messages.say(
                f"menu.{each.name}", "vi"
            )
        assert known_by_name["Translate"]["name_localizations"]["vi"] == "Dịch"
        (speak, into) = known_by_name["language"]["options"]
        assert speak["description_localizations"]["vi"] == "Bạn nói tiếng gì"
        assert into["autocomplete"]


async def test_commands_are_offered_only_when_they_have_changed(tmp_path: Path) -> None:
    def extend(tree: Tree) -> None:
        @tree.command(name="join", description="Come into the call")
        async def join(_: Interaction) -> None:
            return

    async with DiscordServer.start() as server:
        for additions, offered in (
            (Additions(), 1),
            (Additions(), 1),
            (Additions(extend=extend), 2),
            (Additions(extend=extend), 2),
            (Additions(), 3),
        ):
            async with home(server, tmp_path, additions=additions):
                assert len(server.requests_to(OFFER)) == offered


@pytest.mark.parametrize("fault", [Refuse(400, 50035, "Invalid Form Body"), Drop(processed=False)])
async def test_commands_that_are_not_taken_are_no_reason_not_to_start(
    tmp_path: Path, fault: Refuse | Drop
) -> None:
    async with DiscordServer.start() as server:
        server.faults.add(OFFER, fault)
        async with home(server, tmp_path):
            chat = friend(server)
            await answered(chat, chat.voice(note(), seconds=1))


async def test_languages_are_suggested_in_the_language_of_the_app(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        chat = friend(server, locale="vi")
        assert await chat.complete("language", "into", "tiếng vi") == [
            {"name": "tiếng Việt", "value": "vi"}
        ]
        assert len(await chat.complete("language", "speak", "")) == 25
        assert await chat.complete("language", "speak", "*" * 100) == []
        card = await chat.use("language", speak="vi", into="anh").wait_for()
        assert "tiếng Việt" in card.content


async def test_cards_are_seen_by_the_person_alone(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        here = club(server)
        for each in house.commands.menu("en"):
            path = {"voice": "voice answers", "premium": "premium list"}.get(each.name, each.name)
            card = await here.anna.use(path).wait_for()
            assert card.ephemeral
        assert not here.member(server.person("Bình")).in_sight


async def test_a_form_takes_the_line_that_a_card_asks_for(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        here = club(server)
        card = await here.anna.use("glossary").wait_for()
        await here.anna.press(card, "Add…").wait_for(text="term = translation")
        form = await here.anna.press(card, "Type…").opened()
        assert "term = translation" in str(form.shape)
        await form.submit(line="phở = phở bò").wait_for(text="phở → phở bò")
        assert [each.term for each in await house.stores.glossary.terms(known(here.anna))] == [
            "phở"
        ]


async def test_buttons_and_forms_outlive_a_restart(tmp_path: Path) -> None:
    async with DiscordServer.start() as server:
        chat = friend(server)
        async with home(server, tmp_path):
            card = await chat.use("language").wait_for()
            await chat.press(card, "I speak…").wait_for(text="What do you speak?")
            form = await chat.press(card, "Type…").opened()
        async with home(server, tmp_path):
            await form.submit(line="Français").wait_for(text="You speak: French")
            await chat.press(card, "I speak…").wait_for(text="What do you speak?")
            assert not card.ephemeral


async def test_a_card_that_takes_longer_than_discord_waits_comes_all_the_same(
    tmp_path: Path,
) -> None:
    engines = Engines(gates={"voices": asyncio.Event()})
    async with (
        DiscordServer.start(answer_within=0.5) as server,
        home(server, tmp_path, engines),
    ):
        chat = friend(server)
        card = await chat.use("voice answers").wait_for()
        pressed = chat.press(card, "Choose a voice…")
        assert await pressed.answered() == Answer.DEFERRED_UPDATE
        await asyncio.sleep(0.6)
        engines.gates["voices"].set()
        await pressed.wait_for(text="Which voice")


async def test_everything_about_a_person_is_a_file_beside_the_card(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        chat = friend(server)
        card = await chat.use("mydata").wait_for()
        file = await chat.press(card, "Get it as a file").wait_for(where=lambda m: m is not card)
        assert json.loads(file.data)["accounts"] == [
            {"platform": "discord", "id": str(chat.person.id)}
        ]
        await chat.press(card, "Delete it…").wait_for(text="can't be undone")
        await chat.press(card, "Delete everything").wait_for(text="Deleted")


@pytest.mark.parametrize(
    "forged",
    [
        "settings:active",
        "server|settings:active",
        "server|settings:admins",
        "settings:target:vi",
        "glossary:chat:add",
        "ask|settings:target",
        "ask|glossary:chat",
    ],
)
async def test_a_forged_button_opens_no_settings(tmp_path: Path, forged: str) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        here = club(server)
        binh = here.member(server.person("Bình"))
        card = await binh.use("language").wait_for()
        pressed = binh.operate(card, {"type": 2, "custom_id": forged})
        if forged.startswith("ask|"):
            pressed = (await pressed.opened()).submit(line="French")
        await pressed.wait_for(text="Only admins")
        for place in (here.chat, here.chat.whole):
            chosen = await house.stores.preferences.of_chat(place)
            assert (chosen.active, chosen.target) == (None, None)
            assert not await house.stores.glossary.terms(place)


@pytest.mark.parametrize(
    "forged",
    [
        "language:spoken:klingon",
        "language:spoken",
        "voice:speed:1e309",
        "glossary:mine:page:99999999999999999999",
        "mydata:delete:sure:more",
        "help:" + "x" * 95,
        "ask|nothing",
        "|||",
    ],
)
async def test_whatever_a_changed_app_sends_ends_in_an_answer(tmp_path: Path, forged: str) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        here = club(server)
        card = await here.anna.use("language").wait_for()
        pressed = here.anna.operate(card, {"type": 2, "custom_id": forged})
        assert await pressed.answered()
        await here.anna.use("status").wait_for()


async def test_a_button_that_nobody_knows_any_more_is_answered(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        here = club(server)
        card = await here.anna.use("language").wait_for()
        pressed = here.anna.operate(card, {"type": 2, "custom_id": "call:of:yesterday"})
        stale = await pressed.wait_for(text=messages.say("card.stale", "en"))
        assert stale.ephemeral


async def test_a_button_that_everybody_sees_is_answered_to_who_pressed_it(tmp_path: Path) -> None:
    def extend(tree: Tree) -> None:
        @tree.command(name="notice", description="Say it to all")
        async def notice(interaction: Interaction) -> None:
            card = Card("Hello", ((Button("Language", "language"),),))
            view = cards.buttons(card, "en") or discord.utils.MISSING
            await interaction.response.send_message(card.text, view=view)

    async with (
        DiscordServer.start() as server,
        home(server, tmp_path, additions=Additions(extend=extend)),
    ):
        here = club(server)
        shown = await here.anna.use("notice").wait_for(text="Hello")
        binh = here.member(server.person("Bình"))
        hers = await binh.press(shown, "Language").wait_for(text="You speak")
        assert hers.ephemeral
        assert shown.content == "Hello"
        assert "I speak…" in hers.labels


@pytest.mark.parametrize("deferred", [False, True])
@pytest.mark.parametrize(
    ("error", "said"),
    [(StorageError(path="/canary"), "My memory"), (ValueError("canary"), "Something went wrong")],
)
async def test_a_command_that_fails_ends_in_one_sentence(
    tmp_path: Path,
    deferred: bool,  # noqa: FBT001 - a case
    error: Exception,
    said: str,
) -> None:
    def extend(tree: Tree) -> None:
        @tree.command(name="join", description="Come into the call")
        async def join(interaction: Interaction) -> None:
            if deferred:
                await interaction.response.defer()
            raise error

    async with (
        DiscordServer.start() as server,
        home(server, tmp_path, additions=Additions(extend=extend)),
    ):
        here = club(server)
        answer = await here.anna.use("join").wait_for(text=said)
        assert "canary" not in answer.content


@pytest.mark.parametrize(
    "fault",
    [Drop(processed=False), Drop(processed=True), rate_limited(0.1), server_error()],
)
async def test_an_answer_comes_whatever_happens_on_the_way(
    tmp_path: Path, fault: Drop | Refuse
) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        here = club(server)
        server.faults.add(ANSWER, fault)
        card = await here.anna.use("language").wait_for()
        server.faults.add(ANSWER, fault)
        await here.anna.press(card, "I speak…").wait_for(text="What do you speak?")


async def test_a_promise_that_comes_too_late_costs_one_interaction(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        here = club(server)
        server.faults.add(ANSWER, Refuse(404, 10062, "Unknown interaction"), times=2)
        here.anna.use("status")
        while server.faults.unmet:  # noqa: ASYNC110 - nothing rings where nothing changes
            await asyncio.sleep(0.01)
        await here.anna.use("status").wait_for()


async def test_in_somebody_elses_server_only_the_person_is_served(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        here = club(server, bot=None)
        here.anna.person.installed = True
        assert "settings" not in here.anna.commands
        card = await here.anna.use("glossary").wait_for()
        assert card.ephemeral
        await here.anna.press(card, "This chat's terms").wait_for(text="Terms of this chat")
        await here.anna.press(card, "Add…").wait_for(text="Only admins")
        assert not await house.stores.glossary.terms(here.chat)


async def test_in_a_group_of_friends_cards_are_for_the_person_alone(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        anna, binh, chi = (server.person(name) for name in ("Anna", "Bình", "Chi"))
        anna.installed = True
        seat = anna.at(server.world.private(anna, binh, chi, with_bot=False))
        card = await seat.use("language", speak="vi").wait_for(text="You speak: Vietnamese")
        assert card.ephemeral


async def test_what_a_server_has_chosen_is_told_by_place(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        here = club(server)
        card = await here.anna.use("settings", where="server").wait_for()
        await here.anna.press(card, "Interpret every note").wait_for(text="every voice note")
        thread = here.channel.open_thread("Nấu ăn", here.anna.person)
        place = Chat("discord", str(here.guild.id), str(thread.id))
        assert await house.commands.listens(place)


def rows(*lengths: int) -> tuple[tuple[Button, ...], ...]:
    numbers = itertools.count()
    return tuple(
        tuple(Button("label", f"help:{next(numbers)}") for _ in range(length)) for length in lengths
    )


@pytest.mark.parametrize(
    "lengths",
    [(), (1,), (3, 3, 3, 1, 1), (3,) * 4 + (1, 1), (3,) * 6 + (1, 1), (1,) * 10, (3,) * 10],
)
async def test_any_card_fits_five_rows_of_five_and_leads_back(lengths: tuple[int, ...]) -> None:
    given = rows(*lengths)
    shown = cards.laid_out(given)
    assert len(shown) <= cards.ROWS
    assert all(len(row) <= cards.COLUMNS for row in shown)
    assert shown[-1:] == list(given[-1:]), "the last row, which leads back, is as it was"
    flat = [button for row in given for button in row]
    kept = [button for row in shown for button in row]
    assert kept == flat if len(flat) <= 20 else set(kept) < set(flat)
    view = cards.buttons(Card("?", given, asks="language:spoken"), "vi")
    assert view is not None
    assert len(view.to_components()) <= cards.ROWS


@pytest.mark.parametrize("server", [False, True])
@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize("data", ["settings:target:zh-TW", "x" * 64])
def test_the_id_of_a_button_says_it_all(data: str, asks: bool, server: bool) -> None:  # noqa: FBT001 - cases
    tap = cards.Tap(data, asks, server)
    assert cards.Tap.of(tap.custom_id) == tap
    assert len(tap.custom_id) <= 100


@pytest.mark.parametrize(
    "components",
    [None, [], {}, [[]], [{"component": None}], [{"component": {"value": 7}}], "value", [1, [2]]],
)
def test_a_form_without_a_line_is_an_empty_line(components: object) -> None:
    assert cards.typed(components) == ""
