"""Which commands a bot may register, what becomes of them, and which answers they take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.http import Route

from tests.discord.server.clients import logged_in
from tests.discord.server.commands import LOCALES
from tests.discord.server.interactions import Interaction
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer


def option(**facts: object) -> dict[str, object]:
    return {"type": 3, "name": "to", "description": "Language"} | facts


def command(**facts: object) -> dict[str, object]:
    return {"type": 1, "name": "say", "description": "Say it"} | facts


def choices(number: int) -> list[dict[str, object]]:
    return [{"name": f"n{n}", "value": str(n)} for n in range(number)]


async def put(client: discord.Client, *commands: object) -> Any:
    path = f"/applications/{client.application_id}/commands"
    return await client.http.request(Route("PUT", path), json=list(commands))


async def refused(client: discord.Client, words: str, *commands: object, code: int = 50035) -> None:
    with pytest.raises(discord.HTTPException) as refusal:
        await put(client, *commands)
    assert refusal.value.code == code
    assert words in refusal.value.text


async def test_a_full_set_of_commands_is_taken_and_given_back() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        full = [option(name=f"option{n}", choices=choices(25), required=n < 5) for n in range(10)]
        kinds = [{"type": kind, "name": "Dịch cái này"} for kind in (2, 3)]
        given = command(name="dịch", name_localizations={"vi": "dịch"}, options=full)
        told = await put(client, given, *kinds)
        assert [one["name"] for one in told] == ["dịch", "Dịch cái này", "Dịch cái này"]
        assert told[0]["name_localizations"] == {"vi": "dịch"}
        assert told == server.commands()
        assert [one.name for one in await app_commands.CommandTree(client).fetch_commands()] == [
            one["name"] for one in told
        ]


async def test_a_command_that_stays_keeps_its_id_and_one_that_goes_is_gone() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        first, gone = await put(client, command(), command(name="gone"))
        changed, new = await put(client, command(description="Say more"), command(name="new"))
        assert changed["id"] == first["id"]
        assert changed["version"] != first["version"]
        assert [one["name"] for one in server.commands()] == ["say", "new"]
        assert gone["id"] not in {changed["id"], new["id"]}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"name": ""}, "1 or more"),
        ({"name": "a" * 33}, "32 or fewer"),
        ({"name": "Say"}, "name is invalid"),
        ({"name": "say it"}, "name is invalid"),
        ({"name": "di\u0323ch"}, "name is invalid"),
        ({"name_localizations": {"vi": "Nói"}}, "name is invalid"),
        ({"name_localizations": {"vn": "nói"}}, "no language"),
        ({"description": ""}, "description is required"),
        ({"description": "a" * 101}, "100 or fewer"),
        ({"description_localizations": {"vi": "ạ" * 101}}, "100 or fewer"),
        ({"type": 3}, "cannot have a description"),
        ({"contexts": [3]}, "contexts"),
        ({"integration_types": [2]}, "integration_types"),
        ({"descripton": "misspelled"}, "descripton"),
    ],
)
async def test_a_bad_command_is_refused(facts: dict[str, object], words: str) -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        await refused(client, words, command(**facts))
        assert not server.commands()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([option(name=f"o{n}") for n in range(26)], "25 or fewer"),
        ([option(), option()], "unique"),
        ([option(name="To")], "name is invalid"),
        ([option(description="")], "1 or more"),
        ([option(choices=choices(26))], "25 or fewer"),
        ([option(choices=[{"name": "a" * 101, "value": "a"}])], "100 or fewer"),
        ([option(choices=[{"name": "a", "value": "a" * 101}])], "100 or fewer"),
        ([option(choices=choices(1), autocomplete=True)], "exclude"),
        ([option(type=4, choices=choices(1))], "of the option's type"),
        ([option(type=11, autocomplete=True)], "no choices"),
        ([option(max_length=6001)], "6000"),
        ([option(), option(name="from", required=True)], "Required options"),
        ([option(type=1, name="sub"), option()], "cannot stand here"),
        ([option(type=1, name="sub", options=[option(type=1, name="b")])], "cannot stand here"),
        ([option(type=2, name="group", options=[option()])], "cannot stand here"),
        ([option(options=[option()])], "no options"),
        ([option(type=12)], "type"),
    ],
)
async def test_bad_options_are_refused(options: list[object], words: str) -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        await refused(client, words, command(options=options))
        assert not server.commands()


async def test_groups_hold_subcommands_and_these_hold_options() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        sub = option(type=1, name="set", options=[option()])
        await put(client, command(options=[sub, option(type=2, name="group", options=[sub])]))
        assert len(server.commands()) == 1


async def test_a_command_is_weighed_by_its_longest_language() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        long = [
            option(name=f"option{n}", choices=[{"name": "n" * 100, "value": "v" * 100}] * 4)
            for n in range(9)
        ]
        await put(client, command(options=long))
        wide = [option(name=f"w{n}", description_localizations={"vi": "ạ" * 100}) for n in range(8)]
        await refused(client, "8000", command(options=long + wide))
        assert len(server.commands()[0]["options"]) == 9


async def test_there_are_only_so_many_commands_of_a_kind_and_no_two_of_a_name() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        many = [command(name=f"say{n}") for n in range(100)]
        menus = [{"type": 3, "name": f"Menu {n}"} for n in range(15)]
        await put(client, *many, *menus)
        await refused(client, "(100)", *many, command(), code=30032)
        await refused(client, "(15)", *menus, {"type": 3, "name": "More"}, code=30032)
        await refused(client, "1.name", command(), command())
        await put(client, command(), {"type": 3, "name": "say"})
        assert len(server.commands()) == 2


async def test_every_language_of_the_apps_can_be_named() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        assert {locale.value for locale in discord.Locale} == LOCALES
        await put(client, command(name_localizations=dict.fromkeys(LOCALES, "say")))
        assert len(server.commands()) == 1


async def test_commands_of_others_and_of_places_out_of_reach_are_refused() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        route = Route("PUT", "/applications/1/commands")
        with pytest.raises(discord.Forbidden) as refusal:
            await client.http.request(route, json=[])
        assert refusal.value.code == 20012
        away = server.guild("Elsewhere", owner=server.person("Anna"), bot=None)
        with pytest.raises(discord.Forbidden) as refusal:
            await app_commands.CommandTree(client).sync(guild=discord.Object(away.id))
        assert refusal.value.code == 50001


@asynccontextmanager
async def asked() -> AsyncIterator[tuple[discord.Client, Seat, Interaction]]:
    """Somebody has used the command, and nobody has answered yet."""
    async with DiscordServer.start() as server, logged_in(server) as client:
        anna = server.person("Anna")
        seat = anna.at(server.guild("Club", owner=anna).text("general"))
        await put(client, command(options=[option(autocomplete=True)]))
        yield client, seat, seat.use("say")


async def answer(client: discord.Client, to: Interaction, kind: int, **data: object) -> Any:
    """Create Interaction Response, by hand."""
    route = Route("POST", f"/interactions/{to.id}/{to.token}/callback")
    return await client.http.request(route, json={"type": kind, "data": data})


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (4, {"content": "a" * 2001}, "data.content"),
        (4, {"content": "a", "flags": 1 << 7}, "flags"),
        (5, {"flags": 1 << 13}, "EPHEMERAL"),
        (5, {"content": "too early"}, "data.content"),
        (6, {}, "Not for this"),
        (7, {"content": "a"}, "Not for this"),
        (8, {"choices": []}, "Not for this"),
        (9, {"custom_id": "a", "title": "a" * 46, "components": []}, "data.title"),
        (10, {}, "type"),
    ],
)
async def test_a_bad_answer_is_refused_and_a_good_one_can_follow(
    kind: int, data: dict[str, object], words: str
) -> None:
    async with asked() as (client, _, interaction):
        with pytest.raises(discord.HTTPException) as refusal:
            await answer(client, interaction, kind, **data)
        assert refusal.value.code == 50035
        assert words in refusal.value.text
        assert interaction.answer is None
        assert await answer(client, interaction, 4, content="a") == ""
        assert (await interaction.wait_for()).content == "a"


async def test_a_completion_takes_choices_and_not_too_many() -> None:
    async with asked() as (client, seat, _):
        completing = asyncio.create_task(seat.complete("say", "to", "v"))
        world = seat.channel.world
        await asyncio.sleep(0)
        typed = world.interactions[-1]
        for bad in (choices(26), [{"name": "", "value": "a"}], [{"name": "a" * 101, "value": "a"}]):
            with pytest.raises(discord.HTTPException):
                await answer(client, typed, 8, choices=bad)
        await answer(client, typed, 8, choices=choices(25))
        assert len(await completing) == 25


async def test_a_form_that_was_sent_takes_no_other_form() -> None:
    async with asked() as (client, _, interaction):
        field = {"type": 4, "custom_id": "term", "style": 1, "label": "Term"}
        form = {
            "custom_id": "form",
            "title": "Glossary",
            "components": [{"type": 1, "components": [field]}],
        }
        await answer(client, interaction, 9, **form)
        sent = (await interaction.opened()).submit(term="Dragoman")
        with pytest.raises(discord.HTTPException):
            await answer(client, sent, 9, **form)
        await answer(client, sent, 4, content="kept")
        assert (await sent.wait_for()).content == "kept"


async def test_an_answer_to_nothing_is_refused() -> None:
    async with asked() as (client, _, interaction):
        route = Route("POST", f"/interactions/{interaction.id}/{'x' * 64}/callback")
        with pytest.raises(discord.NotFound) as refusal:
            await client.http.request(route, json={"type": 4, "data": {"content": "a"}})
        assert refusal.value.code == 10062
