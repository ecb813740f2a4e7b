"""What Discord refuses to write, and with which words; asked by raw requests."""

import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import Route

from tests.discord.server.channels import Channel
from tests.discord.server.clients import logged_in
from tests.discord.server.guilds import MIB
from tests.discord.server.messages import Flag, Message
from tests.discord.server.people import Person
from tests.discord.server.permissions import NOTHING, Permission
from tests.discord.server.server import DiscordServer

VOICE = {"id": 0, "filename": "voice.ogg", "duration_secs": 1.5, "waveform": "AAAA"}


@dataclass
class Desk:
    """A channel to write into, by hand."""

    server: DiscordServer
    room: Channel
    anna: Person
    client: discord.Client

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request; ids of this channel stand in its path already."""
        return await self.client.http.request(Route(method, path), json=body)

    async def write(self, **body: object) -> Message:
        """Create Message."""
        told = await self.ask("POST", f"/channels/{self.room.id}/messages", body)
        return self.room.message(int(told["id"]))

    async def voice(self, *names: str, flags: int = Flag.IS_VOICE_MESSAGE, **body: Any) -> Message:
        """Create Message with files of these names."""
        parts: list[dict[str, Any]] = [
            {"name": "payload_json", "value": json.dumps({"flags": flags, **body})}
        ]
        for number, name in enumerate(names):
            part = {"value": b"OggS", "filename": name, "content_type": "application/octet-stream"}
            parts.append({"name": f"files[{number}]", **part})
        route = Route("POST", f"/channels/{self.room.id}/messages")
        told = await self.client.http.request(route, form=parts)
        return self.room.message(int(told["id"]))


@asynccontextmanager
async def desk(bot: Permission = NOTHING) -> AsyncIterator[Desk]:
    async with DiscordServer.start(pace=1000) as server, logged_in(server) as client:
        anna = server.person("Anna")
        yield Desk(server, server.guild("Club", owner=anna, bot=bot).text("general"), anna, client)


@asynccontextmanager
async def refused(code: int, words: str = "") -> AsyncIterator[None]:
    """Expect a refusal with this JSON code, and these words in it."""
    with pytest.raises(discord.HTTPException) as refusal:
        yield
    assert refusal.value.code == code
    assert words in refusal.value.text


def button(**facts: object) -> dict[str, object]:
    return {"type": 2, "style": 1, "label": "a", "custom_id": "a"} | facts


def rows(*controls: dict[str, object]) -> list[dict[str, object]]:
    return [{"type": 1, "components": list(controls)}]


def select(**facts: object) -> dict[str, object]:
    options = [{"label": "a", "value": "a"}, {"label": "b", "value": "b"}]
    return {"type": 3, "custom_id": "s", "options": options} | facts


async def test_a_message_says_something_and_not_too_much() -> None:
    async with desk() as d:
        assert (await d.write(content="ạ" * 2000)).content == "ạ" * 2000
        for empty in ({}, {"content": ""}, {"content": " \n"}, {"components": rows(button())}):
            async with refused(50006):
                await d.write(**empty)
        async with refused(50035, "content: Must be 2000 or fewer in length."):
            await d.write(content="a" * 2001)
        async with refused(50035, "nonse"):
            await d.write(content="a", nonse=1)
        async with refused(50035, "flags"):
            await d.write(content="a", flags=Flag.EPHEMERAL)
        assert len(d.room.messages) == 1


async def test_embeds_are_bounded_one_by_one_and_together() -> None:
    async with desk() as d:
        await d.write(embeds=[{"title": "a", "description": "b" * 4096}])
        for embed, words in (
            ({"description": "a" * 4097}, "4096"),
            ({"title": "a" * 257}, "256"),
            ({"fields": [{"name": "a", "value": "b"}] * 26}, "25"),
            ({"fields": [{"name": "a", "value": ""}]}, "1 or more"),
            ({"footer": {"text": "a" * 2049}}, "2048"),
        ):
            async with refused(50035, words):
                await d.write(embeds=[embed])
        async with refused(50035, "6000"):
            await d.write(embeds=[{"description": "a" * 3001}] * 2)
        async with refused(50035, "10 or fewer"):
            await d.write(embeds=[{"title": "a"}] * 11)


async def test_components_are_held_to_their_shape() -> None:
    async with desk() as d:
        full = [
            {"type": 1, "components": [button(custom_id=f"{row}.{place}") for place in range(5)]}
            for row in range(5)
        ]
        assert len((await d.write(content="a", components=full)).controls) == 25
        await d.write(content="a", components=rows(select(max_values=2)))
        link = {"type": 2, "style": 5, "label": "a", "url": "https://example.org"}
        await d.write(content="a", components=rows(link))
        for wrong, words in (
            (full + rows(button()), "5 or fewer"),
            (rows(*[button(custom_id=str(n)) for n in range(6)]), "5 or fewer"),
            (rows(), "1 or more"),
            (rows(button(), button()), "duplicated"),
            (rows(button(custom_id="a" * 101)), "100 or fewer"),
            (rows(button(custom_id=None)), "custom id"),
            (rows(button(label="a" * 81)), "80 or fewer"),
            (rows(button(label=None)), "label or an emoji"),
            (rows(button(style=5)), "URL"),
            (rows(link | {"custom_id": "a"}), "custom id"),
            (rows(select(), button()), "fills its row"),
            (rows(select(options=[{"label": "a", "value": "a"}] * 2)), "unique"),
            (rows(select(options=[])), "1 or more"),
            (rows(select(max_values=3)), "More to pick"),
            (rows({"type": 10, "content": "second version"}), "type"),
        ):
            async with refused(50035, words):
                await d.write(content="a", components=wrong)


async def test_a_voice_message_is_one_sound_with_its_picture_and_nothing_else() -> None:
    async with desk() as d:
        message = await d.voice("voice.ogg", attachments=[VOICE])
        assert message.voice
        assert message.data == b"OggS"
        (attachment,) = message.attachments
        assert (attachment.seconds, attachment.waveform) == (1.5, "AAAA")
        async with refused(50159):
            await d.voice("voice.ogg", attachments=[VOICE], content="xin chào")
        async with refused(50160):
            await d.write(flags=Flag.IS_VOICE_MESSAGE)
        async with refused(50160):
            await d.voice("voice.txt", attachments=[VOICE])
        async with refused(50160):
            second = {"id": 1, "filename": "b.ogg"}
            await d.voice("a.ogg", "b.ogg", attachments=[VOICE, second])
        points = base64.b64encode(bytes(257)).decode()
        for lack in (
            {"duration_secs": None},
            {"duration_secs": 0},
            {"duration_secs": -1},
            {"waveform": None},
            {"waveform": ""},
            {"waveform": "no base64!"},
            {"waveform": points},
        ):
            async with refused(50161):
                await d.voice("voice.ogg", attachments=[VOICE | lack])
        async with refused(50162):
            path = f"/channels/{d.room.id}/messages/{message.id}"
            await d.ask("PATCH", path, {"content": "changed"})


async def test_files_are_named_counted_and_weighed() -> None:
    async with desk() as d:
        await d.voice("a.txt", flags=0)
        async with refused(50035, "No file for [1]"):
            await d.voice("a.txt", flags=0, attachments=[{"id": 1, "filename": "b.txt"}])
        async with refused(50035, "10 or fewer"):
            await d.write(content="a", attachments=[{"id": n} for n in range(11)])
        big = discord.File(io.BytesIO(bytes(10 * MIB + 1)), "a.wav")
        place = d.client.get_partial_messageable(d.room.id)
        async with refused(40005):
            await place.send(file=big)
        assert d.room.guild is not None
        d.room.guild.tier = 2
        big.reset()
        await place.send(file=discord.File(io.BytesIO(bytes(10 * MIB + 1)), "a.wav"))


async def test_a_reply_needs_its_message_unless_it_says_otherwise() -> None:
    async with desk() as d:
        asked = d.anna.at(d.room).say("hello")
        reference: dict[str, object] = {"message_id": str(asked.id)}
        assert (await d.write(content="a", message_reference=reference)).reply_to is asked
        asked.delete()
        async with refused(50035, "Unknown message"):
            await d.write(content="a", message_reference=reference)
        lenient = reference | {"fail_if_not_exists": False}
        assert (await d.write(content="a", message_reference=lenient)).reply_to is None
        async with refused(50035, "stay in their channel"):
            await d.write(content="a", message_reference=reference | {"channel_id": "1"})
        d.room.overwrite(d.server.bot, deny=Permission.READ_MESSAGE_HISTORY)
        async with refused(160002):
            await d.write(content="a", message_reference=reference)


async def test_two_ways_of_allowing_mentions_exclude_each_other() -> None:
    async with desk() as d:
        both = {"parse": ["users"], "users": [str(d.anna.id)]}
        async with refused(50035, "mutually exclusive"):
            await d.write(content=d.anna.mention, allowed_mentions=both)
        quiet: dict[str, object] = {"parse": []}
        asked = d.anna.at(d.room).say("hello")
        answer = await d.write(
            content=d.anna.mention,
            allowed_mentions=quiet,
            message_reference={"message_id": str(asked.id)},
        )
        assert answer.mentions.users == ()


@pytest.mark.parametrize(
    ("lacking", "code"),
    [
        (Permission.VIEW_CHANNEL, 50001),
        (Permission.SEND_MESSAGES, 50013),
        (Permission.ATTACH_FILES, 50013),
        (Permission.SEND_VOICE_MESSAGES, 50173),
    ],
)
async def test_a_voice_message_needs_every_one_of_its_permissions(
    lacking: Permission, code: int
) -> None:
    async with desk() as d:
        d.room.overwrite(d.server.bot, deny=lacking)
        async with refused(code):
            await d.voice("voice.ogg", attachments=[VOICE])
        assert not d.room.messages


async def test_permissions_come_from_roles_and_channels_and_the_particular_wins() -> None:
    async with desk() as d:
        guild = d.room.guild
        assert guild is not None
        d.room.overwrite(guild.everyone, deny=Permission.SEND_MESSAGES)
        async with refused(50013):
            await d.write(content="a")
        role = guild.role("Bots")
        guild.join(d.server.bot, role)
        d.room.overwrite(role, allow=Permission.SEND_MESSAGES)
        await d.write(content="by the role")
        d.room.overwrite(d.server.bot, deny=Permission.SEND_MESSAGES)
        async with refused(50013):
            await d.write(content="a")
        guild.permit(role, Permission.ADMINISTRATOR)
        await d.write(content="by right of all")
        guild.permit(role, NOTHING)
        d.room.overwrite(d.server.bot, allow=Permission.SEND_MESSAGES)
        await d.write(content="again")
        guild.time_out(guild.members[d.server.bot.id], 60)
        async with refused(50013):
            await d.write(content="a")
        d.server.clock.turn(61)
        await d.write(content="served")


async def test_what_others_wrote_is_theirs() -> None:
    async with desk() as d:
        theirs = d.anna.at(d.room).say("hello")
        path = f"/channels/{d.room.id}/messages/{theirs.id}"
        async with refused(50005):
            await d.ask("PATCH", path, {"content": "changed"})
        async with refused(50013):
            await d.ask("DELETE", path)
        d.room.overwrite(d.server.bot, allow=Permission.MANAGE_MESSAGES)
        await d.ask("DELETE", path)
        assert theirs.deleted
        for method in ("GET", "PATCH", "DELETE"):
            async with refused(10008):
                await d.ask(method, path, {"content": "a"} if method == "PATCH" else None)


async def test_an_edit_changes_what_it_names_and_may_not_empty_the_message() -> None:
    async with desk() as d:
        message = await d.write(content="a", embeds=[{"title": "b"}], components=rows(button()))
        path = f"/channels/{d.room.id}/messages/{message.id}"
        await d.ask("PATCH", path, {"content": "c"})
        assert (message.content, message.embeds, message.labels) == ("c", [{"title": "b"}], ["a"])
        await d.ask("PATCH", path, {"content": None, "components": []})
        assert (message.content, message.embeds, message.labels) == ("", [{"title": "b"}], [])
        async with refused(50006):
            await d.ask("PATCH", path, {"embeds": []})
        assert message.embeds == [{"title": "b"}]


async def test_reactions_need_an_emoji_and_the_permission_to_be_first() -> None:
    async with desk() as d:
        message = d.anna.at(d.room).say("hello")
        message.react("👍", d.anna)
        d.room.overwrite(d.server.bot, deny=Permission.ADD_REACTIONS)
        known = await d.client.get_partial_messageable(d.room.id).fetch_message(message.id)
        await known.add_reaction("👍")
        async with refused(50013):
            await known.add_reaction("🎧")
        async with refused(10014):
            await known.add_reaction("ear")


async def test_people_write_only_where_their_apps_let_them() -> None:
    async with desk() as d:
        stranger = d.server.person("Bình")
        with pytest.raises(AssertionError, match="Bình may not write here"):
            stranger.at(d.room).say("let me in")
        assert d.room.guild is not None
        d.room.guild.join(stranger)
        d.room.overwrite(stranger, deny=Permission.SEND_MESSAGES)
        with pytest.raises(AssertionError, match="Bình may not write here"):
            stranger.at(d.room).say("let me speak")
        assert not d.room.messages


async def test_places_that_are_not_there_or_not_for_the_bot_are_told_apart() -> None:
    async with desk() as d:
        async with refused(10003):
            await d.ask("GET", "/channels/1")
        async with refused(50035, "not snowflake"):
            await d.ask("GET", "/channels/general")
        async with refused(10013):
            await d.ask("GET", "/users/1")
        async with refused(10004):
            await d.ask("GET", "/guilds/1")
        hidden = d.server.guild("Elsewhere", owner=d.anna, bot=None).text("hidden")
        async with refused(50001):
            await d.ask("GET", f"/channels/{hidden.id}")
        assert d.room.guild is not None
        stranger = d.server.person("Bình")
        async with refused(10007):
            await d.ask("GET", f"/guilds/{d.room.guild.id}/members/{stranger.id}")


async def test_a_body_that_is_no_json_is_refused() -> None:
    async with desk() as d, aiohttp.ClientSession() as http:
        url = f"{d.server.api}/channels/{d.room.id}/messages"
        headers = {"Authorization": f"Bot {d.server.token}", "Content-Type": "application/json"}
        for body, code in ((b"{", 50109), (b"\xff", 50109), (b"[]", 50035), (b"", 50006)):
            async with http.post(url, data=body, headers=headers) as answer:
                assert answer.status == 400
                assert answer.headers["Content-Type"] == "application/json"
                assert (await answer.json())["code"] == code
        stray = aiohttp.FormData({"stray": "part"})
        stray.add_field("files[0]", b"x", filename="a.txt")
        headers.pop("Content-Type")
        async with http.post(url, data=stray, headers=headers) as answer:
            assert (await answer.json())["code"] == 50035
        assert not d.room.messages
