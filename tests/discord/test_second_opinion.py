"""The same handlers on SimCord, which others have made: it knows Discord by its own reading.

It takes the place of the library's HTTP client and knows neither bytes nor voice messages; those
are proven on our own server.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import simcord

from bot import messages
from bot.commands import Commands
from bot.desk import Bounds, Desk
from bot.discord.client import Additions, Client, Wire
from bot.discord.commands import Tree
from bot.discord.recordings import recordings_of
from bot.interpreter import Interpreter
from bot.overload import Step
from bot.stores import Stores
from bot.types import Intake, VoiceNote
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits
from storage.database import open_database
from storage.types import Chat, Person
from tests.pipeline.fake_stages import SPEC, Memory
from tests.telegram.home import Engines, settings_for

HERS = [
    "glossary",
    "help",
    "language",
    "link",
    "mydata",
    "premium grant",
    "premium list",
    "premium revoke",
    "privacy",
    "settings",
    "start",
    "status",
    "voice answers",
    "voice delete",
    "voice enroll",
    "voice own",
]


@dataclass
class Room:
    """A simulated server with a bot in it."""

    env: simcord.Env
    stores: Stores
    server: simcord.GuildHandle
    channel: simcord.ChannelHandle

    def member(self, name: str, **permissions: bool) -> simcord.MemberActor:
        rights = discord.Permissions(**permissions)
        role = self.server.create_role(f"role of {name}", permissions=rights)
        return self.server.add_member(self.env.create_user(name), roles=[role])

    @property
    def chat(self) -> Chat:
        return Chat("discord", str(self.server.id), str(self.channel.id))


@asynccontextmanager
async def room(
    folder: Path,
    additions: Additions | None = None,
    intake: Intake | None = None,
    **errors: Any,
) -> AsyncIterator[Room]:
    settings = await settings_for(folder)
    engines = Engines()
    async with open_database(settings.storage.path) as database:
        stores = Stores.of(database, settings)
        line = Pipeline(SPEC, decoding=engines, compute=engines, network=engines, cache=Memory())
        desk = Desk(Interpreter(line, stores, settings).open, stores.notes, Bounds(), AudioLimits())
        commands = Commands(stores, settings, desk, line.voices)
        client = Client(
            intake or desk,
            commands,
            limit=lambda: 1_000_000,
            additions=additions or Additions(),
            wire=Wire(),
        )
        async with simcord.run(client, **errors) as env:
            server = env.create_guild()
            yield Room(env, stores, server, server.create_text_channel("general"))
        await desk.drain(1)


def labels(message: Any) -> list[str]:
    return [each["label"] for row in message.components for each in row["components"]]


async def test_every_command_is_offered_and_answered_to_the_person_alone(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        assert sorted(anna.available_commands(here.channel)) == HERS
        for name in HERS:
            who = {"who": anna} if name in {"premium grant", "premium revoke"} else {}
            result = await anna.slash(here.channel, name, **who)
            assert result.ephemeral, name
            assert result.response is not None
            assert result.response.content, name
        assert not here.channel.history(viewer=here.member("binh"))


async def test_languages_are_suggested_and_chosen_as_they_are_typed(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        choices = await anna.autocomplete(here.channel, "language", "into", "viet")
        assert choices == [{"name": "Vietnamese", "value": "vi"}]
        everything = await anna.autocomplete(here.channel, "language", "speak", "")
        assert len(everything) == 25
        result = await anna.slash(here.channel, "language", speak="en", into="Tiếng Việt")
        assert result.response is not None
        assert "You speak: English" in result.response.content
        assert "Others get: Vietnamese" in result.response.content


async def test_a_card_leads_to_another_in_its_place_and_takes_a_line(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        card = (await anna.slash(here.channel, "language")).response
        assert card is not None
        await anna.click(card.message, label="I speak…")
        assert "Type…" in labels(card)
        assert len(card.components) <= 5
        shown = await anna.click(card.message, label="Type…")
        assert shown.modal is not None
        await anna.submit_modal(shown, {"line": "tiếng việt"})
        assert "You speak: Vietnamese" in card.content
        chosen = await here.stores.preferences.of_person(Person("discord", str(anna.id)))
        assert chosen.spoken == "vi"


async def test_what_is_typed_into_a_form_may_be_nothing_we_know(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        card = (await anna.slash(here.channel, "language")).response
        assert card is not None
        await anna.click(card.message, label="Others get…")
        shown = await anna.click(card.message, label="Type…")
        await anna.submit_modal(shown, {"line": "**klingon** <@1> " * 50})
        assert card.content == messages.say("card.language.none", "en")
        assert "← Back" in labels(card)


async def test_a_first_use_takes_three_taps(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        card = (await anna.slash(here.channel, "start")).response
        assert card is not None
        for _ in range(3):
            await anna.click(card.message, label=labels(card)[0])
        assert "/language" in card.content
        assert not card.components


async def test_only_who_manages_the_server_changes_its_settings(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna, boss = here.member("anna"), here.member("boss", manage_guild=True)
        refused = (await anna.slash(here.channel, "settings")).response
        assert refused is not None
        assert "Only admins" in refused.content
        card = (await boss.slash(here.channel, "settings")).response
        assert card is not None
        await boss.click(card.message, label="Interpret every note")
        assert (await here.stores.preferences.of_chat(here.chat)).active
        assert not (await here.stores.preferences.of_chat(here.chat.whole)).active


async def test_settings_of_the_whole_server_hold_in_its_channels(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        boss = here.member("boss", administrator=True)
        card = (await boss.slash(here.channel, "settings", where="server")).response
        assert card is not None
        await boss.click(card.message, label="Others get…")
        shown = await boss.click(card.message, label="Type…")
        await boss.submit_modal(shown, {"line": "fr"})
        assert (await here.stores.preferences.of_chat(here.chat.whole)).target == "fr"
        assert (await here.stores.preferences.of_chat(here.chat)).target == "fr"


async def test_who_has_a_role_that_was_named_may_change_settings_too(tmp_path: Path) -> None:
    named: set[str] = set()
    asked: list[Chat] = []

    async def stewards(server: Chat, roles: frozenset[str]) -> bool:
        asked.append(server)
        return bool(named & roles)

    async with room(tmp_path, Additions(stewards=stewards)) as here:
        anna = here.member("anna")
        named.add(str(here.server.roles["role of anna"].id))
        mine = (await anna.slash(here.channel, "settings")).response
        assert mine is not None
        assert "Only admins" not in mine.content
        other = (await here.member("binh").slash(here.channel, "settings")).response
        assert other is not None
        assert "Only admins" in other.content
        assert set(asked) == {here.chat.whole}


async def test_what_is_known_is_given_as_a_file_beside_the_card(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        card = (await anna.slash(here.channel, "mydata")).response
        assert card is not None
        result = await anna.click(card.message, label="Get it as a file")
        (file,) = result.followups
        assert file.ephemeral
        assert [each.filename for each in file.attachments] == ["dragoman.json"]
        assert "Get it as a file" in labels(card)


async def test_buttons_work_after_a_restart(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.env.create_user("anna")
        here.server.add_member(anna)
        card = (await anna.slash("voice answers")).response
        assert not card.ephemeral, "nobody else is there"
        settings = await settings_for(tmp_path)
        commands = Commands(here.stores, settings, Idle(), nobody)
        again = Client(Nothing(), commands, limit=lambda: 1, additions=Additions(), wire=Wire())
        await here.env.restart_bot(again)
        await anna.click(card.message, label="Text only, please")
        assert "You get text only." in card.content


async def test_translate_says_so_where_there_is_nothing_to_hear(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        sent = await anna.send(here.channel, "hello")
        result = await anna.context_menu(here.channel, "Translate", sent)
        assert result.response is not None
        assert result.response.content == messages.say("discord.nothing", "en")
        assert not result.ephemeral, "the bot is a member"


async def test_a_note_tells_who_speaks_where_and_with_which_roles(tmp_path: Path) -> None:
    notebook = Notebook()
    async with room(tmp_path, intake=notebook) as here:
        anna, binh = here.member("anna"), here.member("binh")
        sent = await anna.send(here.channel, "translate", attachments=[("memo.ogg", b"sound")])
        await binh.context_menu(here.channel, "Translate", sent)
        await anna.context_menu(here.channel, "Translate", sent)
        first, second, third = notebook.notes
    role = str(here.server.roles["role of anna"].id)
    assert (first.key, first.size, first.address.chat) == (str(sent.id), 5, here.chat)
    assert first.speaker == first.asker == second.speaker == Person("discord", str(anna.id))
    assert second.asker == Person("discord", str(binh.id))
    assert second.key != third.key != first.key
    assert role in first.roles & third.roles


async def test_a_note_that_was_passed_on_is_known_for_one(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.member("anna")
        sent = await anna.send(here.channel, attachments=[("memo.ogg", b"sound")])
        passed_on = await anna.forward(sent, here.server.create_text_channel("elsewhere"))
        assert not passed_on.attachments
        (recording,) = recordings_of(passed_on)
        assert recording == recordings_of(sent)[0]


async def test_who_talks_to_the_bot_alone_is_shown_what_it_can_do(tmp_path: Path) -> None:
    async with room(tmp_path) as here:
        anna = here.env.create_user("anna")
        here.server.add_member(anna)
        await anna.send_dm("hello?")
        assert anna.dm_channel.last_message is not None
        assert "/language" in anna.dm_channel.last_message.content
        await here.member("binh").send(here.channel, "hello?")
        assert here.channel.last_message is not None
        assert here.channel.last_message.content == "hello?", "talk in a server is left alone"


async def test_further_commands_are_offered_and_a_fault_in_one_ends_in_a_sentence(
    tmp_path: Path,
) -> None:
    def extend(tree: Tree) -> None:
        @tree.command(name="join", description="Come into the call")
        async def join(_: discord.Interaction[discord.Client]) -> None:
            raise ValueError("canary")

    async with room(tmp_path, Additions(extend=extend), check_errors=False) as here:
        result = await here.member("anna").slash(here.channel, "join")
        assert result.response is not None
        assert result.response.content == messages.say("error", "en")
        assert result.ephemeral


class Idle:
    """A queue with nothing in it."""

    def waiting(self) -> int:
        return 0

    def working(self) -> int:
        return 0

    def step(self) -> Step:
        return Step.CALM

    def places(self, _: Person) -> tuple[int, ...]:
        return ()


class Notebook:
    """A desk that keeps the notes it is brought."""

    def __init__(self) -> None:
        self.notes: list[VoiceNote] = []

    async def take(self, note: VoiceNote, _: Any) -> None:
        self.notes.append(note)


class Nothing:
    """A desk that is brought nothing."""

    async def take(self, note: Any, _: Any) -> None:
        raise AssertionError(note)


async def nobody(_: Any) -> list[str]:
    return []
