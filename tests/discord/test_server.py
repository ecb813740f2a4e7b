"""The real discord.py, unpatched, meets the Discord of these tests: messages, files and places."""

import asyncio
import io
import ssl
from typing import Any

import aiohttp
import discord
import pytest
import trustme

from tests.discord.server.clients import READY_S, Quick, logged_in, running
from tests.discord.server.events import PRIVILEGED, Intent
from tests.discord.server.permissions import Permission
from tests.discord.server.posting import Upload
from tests.discord.server.server import DiscordServer

NOTE = b"OggS, as far as these tests look into it"
ALL = discord.Intents.all()


class Echo(Quick):
    """Answers what it reads, and repeats the files it gets."""

    def __init__(self, intents: discord.Intents = ALL, **options: Any) -> None:
        super().__init__(intents=intents, guild_ready_timeout=READY_S, **options)
        self.heard: list[str] = []
        self.hearing = asyncio.Condition()

    async def hear(self, what: str) -> None:
        async with self.hearing:
            self.heard.append(what)
            self.hearing.notify_all()

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user:
            return
        files = [await attachment.to_file() for attachment in message.attachments]
        kind = "voice" if message.flags.voice else "text"
        await message.reply(f"{kind}: {message.content}", files=files)

    async def on_message_edit(self, before: discord.Message, after: discord.Message) -> None:
        if after.author != self.user:
            await self.hear(f"edited {before.content} to {after.content}")

    async def on_message_delete(self, message: discord.Message) -> None:
        await self.hear(f"deleted {message.content}")

    async def on_raw_reaction_add(self, reaction: discord.RawReactionActionEvent) -> None:
        await self.hear(f"reaction {reaction.emoji}")

    async def on_typing(self, _: object, user: discord.User | discord.Member, __: object) -> None:
        await self.hear(f"{user.display_name} is typing")

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self.hear(f"channel {channel.name} deleted")

    async def on_thread_create(self, thread: discord.Thread) -> None:
        await self.hear(f"thread {thread.name} opened")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.hear(f"joined {guild.name}")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.hear(f"left {guild.name}")

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        await self.hear(f"{guild.name} unavailable")

    async def on_member_join(self, member: discord.Member) -> None:
        await self.hear(f"{member.display_name} joined")

    async def on_member_remove(self, member: discord.Member) -> None:
        await self.hear(f"{member.display_name} left")


async def heard(client: Echo, what: str) -> None:
    """Wait for an event to reach the bot."""
    async with asyncio.timeout(5), client.hearing:
        await client.hearing.wait_for(lambda: what in client.heard)


async def test_a_message_is_answered_under_it() -> None:
    async with DiscordServer.start() as server, running(server, Echo()):
        anna = server.person("Anna")
        club = server.guild("Club", owner=anna)
        seat = anna.at(club.text("general"))
        asked = seat.say("xin chào")
        answer = await seat.wait_for(reply_to=asked)
        assert answer.content == "text: xin chào"
        assert answer.mentions.users == (anna,)
        await seat.quiet(0.05)


async def test_servers_from_before_the_start_are_known_with_their_people_and_channels() -> None:
    async with DiscordServer.start() as server:
        anna, binh = server.person("Anna"), server.person("Bình")
        club = server.guild("Club", owner=anna, locale="vi")
        club.join(binh, club.role("Moderators", Permission.MANAGE_MESSAGES))
        for room in (club.text("general"), club.voice("Lounge"), club.stage("Hall")):
            room.open_thread("aside", binh) if room.name == "general" else None
        async with running(server, Echo()) as client:
            (guild,) = client.guilds
            assert guild.preferred_locale is discord.Locale.vietnamese
            assert guild.owner is not None
            assert guild.owner.display_name == "Anna"
            assert {member.display_name for member in guild.members} == {"Anna", "Bình", "Dragoman"}
            kinds = {channel.name: channel.type.name for channel in guild.channels}
            assert kinds == {"general": "text", "Lounge": "voice", "Hall": "stage_voice"}
            assert [thread.name for thread in guild.threads] == ["aside"]
            moderator = guild.get_member(binh.id)
            assert moderator is not None
            assert moderator.guild_permissions.manage_messages
            assert not moderator.guild_permissions.administrator


async def test_a_voice_message_arrives_as_one_and_its_file_can_be_had() -> None:
    async with DiscordServer.start() as server, running(server, Echo()) as client:
        seat = server.person("Anna", installed=True).private()
        sent = seat.voice(NOTE, seconds=1.5)
        answer = await seat.wait_for(text="voice:")
        assert answer.data == NOTE
        known = await client.get_partial_messageable(seat.channel.id).fetch_message(sent.id)
        (attachment,) = known.attachments
        assert attachment.is_voice_message()
        assert attachment.duration == 1.5
        assert attachment.content_type == "audio/ogg"


async def test_files_keep_their_names_and_types() -> None:
    async with DiscordServer.start() as server, running(server, Echo()):
        anna = server.person("Anna")
        seat = anna.at(server.guild("Club", owner=anna).text("general"))
        seat.say("hai tệp", files=[Upload("Ghi âm.m4a", None, b"1"), Upload("a.zzz", None, b"2")])
        answer = await seat.wait_for(text="hai tệp")
        assert [file.filename for file in answer.attachments] == ["Ghi_am.m4a", "a.zzz"]
        assert [file.content_type for file in answer.attachments] == ["audio/mp4", None]
        assert [file.data for file in answer.attachments] == [b"1", b"2"]


async def test_without_the_intent_for_contents_the_bot_reads_only_what_is_meant_for_it() -> None:
    intents = discord.Intents.default()
    async with DiscordServer.start() as server, running(server, Echo(intents)):
        anna = server.person("Anna")
        club = server.guild("Club", owner=anna)
        seat = anna.at(club.text("general"))
        seat.say("a secret", files=[Upload("a.ogg", None, NOTE)])
        assert not (await seat.wait_for(text="text:")).attachments
        seat.say(f"{server.bot.mention} hello")
        await seat.wait_for(text="hello")
        anna.private().voice(NOTE, seconds=1)
        assert (await anna.private().wait_for(text="voice:")).data == NOTE


async def test_an_application_without_the_grant_reads_no_contents_over_rest_either() -> None:
    async with (
        DiscordServer.start(granted=PRIVILEGED & ~Intent.MESSAGE_CONTENT) as server,
        logged_in(server) as client,
    ):
        anna = server.person("Anna")
        room = server.guild("Club", owner=anna).text("general")
        sent = anna.at(room).say("a secret")
        place = client.get_partial_messageable(room.id)
        assert (await place.fetch_message(sent.id)).content == ""
        assert client.application_flags.gateway_message_content_limited is False


async def test_edits_deletions_reactions_and_typing_are_heard() -> None:
    async with DiscordServer.start() as server, running(server, Echo()) as client:
        anna = server.person("Anna")
        room = server.guild("Club", owner=anna).text("general")
        message = anna.at(room).say("bánh mì")
        await anna.at(room).wait_for(reply_to=message)
        message.edit("bánh bao")
        await heard(client, "edited bánh mì to bánh bao")
        message.react("👍", anna)
        await heard(client, "reaction 👍")
        anna.at(room).type()
        await heard(client, "Anna is typing")
        message.delete()
        await heard(client, "deleted bánh bao")
        assert [content for _, content in message.history] == ["bánh mì"]


async def test_what_the_bot_does_to_its_messages_is_kept() -> None:
    async with DiscordServer.start(pace=100) as server, running(server, Echo()) as client:
        anna = server.person("Anna")
        room = server.guild("Club", owner=anna).text("general")
        place = client.get_partial_messageable(room.id)
        async with place.typing():
            first = await place.send("one", file=discord.File(io.BytesIO(b"x"), "a.txt"))
        await first.edit(content="one two")
        await first.edit(content="one two three", attachments=[])
        await first.add_reaction("🎧")
        second = await place.send("gone")
        await second.delete()
        kept, gone = room.from_bot
        assert [content for _, content in kept.history] == ["one", "one two"]
        assert kept.content == "one two three"
        assert not kept.attachments
        assert kept.reactions == {"🎧": [server.bot]}
        assert gone.deleted
        assert len(room.typing) == 1
        await first.remove_reaction("🎧", discord.Object(server.bot.id))
        assert not kept.reactions
        history = [message.content async for message in place.history()]
        assert history == ["one two three"]


async def test_pings_happen_only_as_far_as_they_are_allowed() -> None:
    async with DiscordServer.start() as server, running(server, Echo()) as client:
        anna, binh = server.person("Anna"), server.person("Bình")
        club = server.guild("Club", owner=anna, bot=Permission.MENTION_EVERYONE)
        room, role = club.text("general"), club.role("Nghe")
        place = client.get_partial_messageable(room.id)
        text = f"{anna.mention} {binh.mention} <@&{role.id}> @everyone"
        await place.send(text)
        await place.send(text, allowed_mentions=discord.AllowedMentions.none())
        allowed = discord.AllowedMentions(
            users=[discord.Object(binh.id)], roles=False, everyone=False
        )
        await place.send(text, allowed_mentions=allowed)
        loud, silent, one = (message.mentions for message in room.from_bot)
        assert (loud.users, loud.roles, loud.everyone) == ((anna, binh), (role.id,), True)
        assert (silent.users, silent.roles, silent.everyone) == ((), (), False)
        assert (one.users, one.roles, one.everyone) == ((binh,), (), False)


async def test_an_edit_says_anew_who_is_named() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        anna = server.person("Anna")
        room = server.guild("Club", owner=anna).text("general")
        message = await client.get_partial_messageable(room.id).send(
            anna.mention, allowed_mentions=discord.AllowedMentions.none()
        )
        (written,) = room.from_bot
        assert anna not in written.mentions.users
        await message.edit(content=f"{anna.mention} again")
        assert anna in written.mentions.users
        await message.edit(content=anna.mention, allowed_mentions=discord.AllowedMentions.none())
        assert anna not in written.mentions.users


async def test_private_messages_reach_only_those_who_take_them() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        anna, binh, stranger = (server.person(name) for name in ("Anna", "Bình", "Chi"))
        server.guild("Club", owner=anna).join(binh)
        await (await client.fetch_user(anna.id)).send("hello")
        assert [message.content for message in anna.private().channel.from_bot] == ["hello"]
        binh.closed = True
        for person in (binh, stranger):
            with pytest.raises(discord.Forbidden) as refused:
                await (await client.fetch_user(person.id)).send("hello")
            assert refused.value.code == 50007


async def test_threads_are_channels_of_their_own() -> None:
    async with DiscordServer.start() as server, running(server, Echo()) as client:
        anna = server.person("Anna")
        room = server.guild("Club", owner=anna).text("general")
        thread = room.open_thread("Phụ đề", anna)
        await heard(client, "thread Phụ đề opened")
        asked = anna.at(thread).say("in the thread")
        assert (await anna.at(thread).wait_for(reply_to=asked)).channel is thread
        assert not room.messages
        parent = client.get_channel(room.id)
        assert isinstance(parent, discord.TextChannel)
        own = await parent.create_thread(name="own", type=discord.ChannelType.public_thread)
        await own.send("captions")
        assert [m.content for m in server.world.channel(own.id).messages] == ["captions"]
        starter = await parent.send("Phụ đề")
        assert (await starter.create_thread(name="about it")).id == starter.id
        with pytest.raises(discord.HTTPException) as again:
            await starter.create_thread(name="about it")
        assert again.value.code == 160004


async def test_a_put_away_thread_opens_again_unless_it_is_locked() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        anna = server.person("Anna")
        thread = server.guild("Club", owner=anna).text("general").open_thread("old", anna)
        place = client.get_partial_messageable(thread.id)
        thread.archive()
        await place.send("again")
        assert not thread.archived
        thread.archive(locked=True)
        with pytest.raises(discord.Forbidden):
            await place.send("never")


async def test_places_appear_and_vanish_under_the_bot() -> None:
    async with DiscordServer.start() as server, running(server, Echo()) as client:
        anna, binh = server.person("Anna"), server.person("Bình")
        club = server.guild("Club", owner=anna)
        await heard(client, "joined Club")
        room = club.text("general")
        club.join(binh)
        await heard(client, "Bình joined")
        club.kick(binh)
        await heard(client, "Bình left")
        room.delete()
        await heard(client, "channel general deleted")
        club.go_down()
        await heard(client, "Club unavailable")
        club.come_back()
        club.kick(server.bot)
        await heard(client, "left Club")
        with pytest.raises(discord.NotFound) as gone:
            await client.get_partial_messageable(room.id).send("hello?")
        assert gone.value.code == 10003


@pytest.fixture
def certified() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For the server, and for the client that trusts it."""
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    authority.configure_trust(trusting)
    return serving, trusting


async def test_everything_can_go_over_tls(
    certified: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    serving, trusting = certified
    connector = aiohttp.TCPConnector(ssl=trusting)
    async with (
        DiscordServer.start(tls=serving) as server,
        running(server, Echo(connector=connector)),
    ):
        seat = server.person("Anna", installed=True).private()
        seat.voice(NOTE, seconds=1)
        assert (await seat.wait_for(text="voice:")).data == NOTE
        assert server.api.startswith("https://")
        assert server.world.gateway.startswith("wss://")
