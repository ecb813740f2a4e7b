"""The real discord.py, unpatched, answers commands, buttons, selects and forms."""

import asyncio

import discord
import pytest

from tests.discord.server.bots import LANGUAGES, Use, opened
from tests.discord.server.guilds import MIB
from tests.discord.server.interactions import Answer
from tests.discord.server.permissions import Permission
from tests.discord.server.posting import Upload


async def test_a_command_is_answered_and_knows_who_asked_and_in_what_language() -> None:
    async with opened() as club:
        used = club.anna.use("say")
        answer = await used.wait_for()
        assert answer.content == "Anna vi ja"
        assert used.answer == Answer.MESSAGE
        assert answer.interaction is used
        record = club.server.requests_to("Create Interaction Response")[-1]
        assert record.result["interaction"]["response_message_id"] == str(answer.id)
        assert record.result["resource"]["message"]["content"] == "Anna vi ja"


async def test_an_ephemeral_answer_is_seen_by_one_person_alone() -> None:
    async with opened() as club:
        binh = club.server.person("Bình")
        club.guild.join(binh)
        used = club.anna.use("say", ephemeral=True)
        answer = await used.wait_for()
        assert answer.ephemeral
        assert answer in club.anna.in_sight
        assert answer not in binh.at(club.room).in_sight
        with pytest.raises(AssertionError, match="does not see it"):
            binh.at(club.room).press(answer, "Next")


async def test_the_first_followup_after_a_deferral_is_the_answer_itself() -> None:
    async with opened() as club:
        used = club.anna.use("defer", times=2)
        first = await used.wait_for(text="part 0")
        second = await used.wait_for(text="part 1")
        assert used.answer == Answer.DEFERRED_MESSAGE
        assert used.original is first
        told = club.server.requests_to("Create Interaction Response")[-1].result
        assert told["interaction"]["response_message_loading"]
        assert "message" not in told["resource"]
        assert used.followups == [second]
        assert second.reply_to is first
        assert not first.history


async def test_a_deferral_settles_who_sees_the_answer() -> None:
    async with opened() as club:
        used = club.anna.use("defer", ephemeral=True, times=2)
        assert (await used.wait_for(text="part 0")).ephemeral
        assert not (await used.wait_for(text="part 1")).ephemeral


async def test_options_arrive_with_the_things_they_name() -> None:
    async with opened() as club:
        seat = club.anna
        used = seat.use(
            "take",
            sound=Upload("Ghi âm.ogg", None, b"12345"),
            to="vi",
            level=2,
            who=club.anna.person,
            where=club.room,
        )
        words = f"Ghi_am.ogg 5 vi 2 ['{club.anna.person.username}', 'general']"
        assert (await used.wait_for()).content == words


async def test_the_app_holds_people_to_what_a_command_takes() -> None:
    sound = Upload("a.ogg", None, b"1")
    async with opened() as club:
        seat = club.anna
        for values, words in (
            ({"to": "vi"}, "asks for \\['sound'\\]"),
            ({"sound": sound, "to": "vietnamese"}, "2 to 5 characters"),
            ({"sound": sound, "to": "vi", "level": 3}, "one of \\[2\\]"),
            ({"sound": sound, "to": "vi", "level": True}, "takes no True"),
            ({"sound": "a.ogg", "to": "vi"}, "takes no 'a.ogg'"),
            ({"sound": sound, "to": "vi", "pitch": 1}, "takes only"),
        ):
            with pytest.raises(AssertionError, match=words):
                seat.use("take", **values)
        with pytest.raises(AssertionError, match="no subcommand 'volume'"):
            seat.use("settings volume")
        with pytest.raises(AssertionError, match="offers no 'dance'"):
            seat.use("dance")


async def test_suggestions_follow_what_is_typed() -> None:
    async with opened() as club:
        choices = await club.anna.complete("take", "to", "việt")
        assert choices == [{"name": "Tiếng Việt", "value": "Ti"}]


async def test_a_subcommand_is_found_below_its_command() -> None:
    async with opened() as club:
        used = club.anna.use("settings captions", on=True)
        assert (await used.wait_for()).content == "captions True"


async def test_menus_on_messages_and_people_carry_them_along() -> None:
    async with opened() as club:
        seat = club.anna
        note = seat.voice(b"OggS", seconds=1)
        answer = await seat.choose("Translate", note).wait_for()
        assert answer.content == "[4]"
        assert answer.reply_to is note
        assert (await seat.choose("Who", club.anna.person).wait_for()).content == "this is Anna"


async def test_buttons_change_their_message_now_or_later() -> None:
    async with opened() as club:
        seat = club.anna
        shown = await seat.use("panel").wait_for()
        assert shown.labels == ["Next", "Later", "Form", "Languages"]
        later = seat.press(shown, "Later")
        assert await later.wait_for(text="page 3") is shown
        assert (await later.wait_for(text="whispered")).ephemeral
        turned = await seat.press(shown, "Next").wait_for(text="page 2")
        assert turned is shown
        assert not shown.controls
        assert [content for _, content in shown.history] == ["page 1", "page 3"]
        with pytest.raises(AssertionError, match="no button 'Next'"):
            seat.press(shown, "Next")


async def test_a_select_tells_what_was_picked() -> None:
    async with opened() as club:
        seat = club.anna
        shown = await seat.use("panel").wait_for()
        answer = await seat.pick(shown, "English", "日本語").wait_for()
        assert answer.content == "picked En 日本"
        assert answer.reply_to is shown
        with pytest.raises(AssertionError, match="too many"):
            seat.pick(shown, *LANGUAGES)


async def test_a_form_is_opened_filled_in_and_sent() -> None:
    async with opened() as club:
        seat = club.anna
        shown = await seat.use("panel").wait_for()
        form = await seat.press(shown, "Form").opened()
        assert form.title == "Thuật ngữ"
        assert [field["label"] for field in form.fields] == ["Term", "Wish"]
        with pytest.raises(AssertionError, match="1 to 4000"):
            form.submit(wish="x")
        answer = await form.submit(term="Dragoman", wish="Thông ngôn").wait_for()
        assert answer.content == "Dragoman = Thông ngôn"


async def test_people_are_offered_only_the_commands_for_them() -> None:
    async with opened() as club:
        binh = club.server.person("Bình")
        club.guild.join(binh)
        assert "manage" in club.anna.commands
        assert "manage" not in binh.at(club.room).commands
        club.guild.join(binh, club.guild.role("Managers", Permission.MANAGE_GUILD))
        assert "manage" in binh.at(club.room).commands
        assert "manage" not in club.anna.person.private().commands
        club.room.overwrite(binh, deny=Permission.USE_APPLICATION_COMMANDS)
        assert not binh.at(club.room).commands


async def test_an_interaction_tells_how_large_a_file_may_be() -> None:
    async with opened() as club:
        await club.anna.use("say").wait_for()
        club.guild.tier = 2
        await club.anna.use("say").wait_for()
        limits = [use.filesize_limit for use in club.bot.latest]
        assert limits == [10 * MIB, 50 * MIB]


async def test_in_private_only_those_meet_the_bot_who_share_a_server_or_brought_it() -> None:
    async with opened() as club:
        stranger = club.server.person("Bình")
        assert not stranger.private().commands
        stranger.installed = True
        assert stranger.private().commands == ["say", "defer", "Translate"]
        assert "panel" in club.anna.person.private().commands


async def test_in_private_the_bot_answers_without_a_server() -> None:
    async with opened() as club:
        seat = club.anna.person.private()
        assert (await seat.use("say").wait_for()).content == "Anna vi None"
        assert club.bot.latest[-1].context.dm_channel


async def test_a_person_brings_the_bot_to_places_where_it_is_not() -> None:
    async with opened() as club:
        binh = club.server.person("Bình", installed=True)
        elsewhere = club.server.guild("Elsewhere", owner=binh, bot=None)
        elsewhere.join(club.anna.person)
        room = elsewhere.text("general")
        assert not club.anna.person.at(room).commands
        assert binh.at(room).commands == ["say", "defer", "Translate"]
        note = club.anna.person.at(room).voice(b"OggS", seconds=1)
        assert (await binh.at(room).choose("Translate", note).wait_for()).content == "[4]"
        assert club.bot.latest[-1].is_user_integration()
        assert not club.bot.latest[-1].is_guild_integration()
        with_anna = binh.at(club.server.world.private(club.anna.person, binh, with_bot=False))
        assert (await with_anna.use("say").wait_for()).content == "Bình en-US None"
        assert club.bot.latest[-1].context.private_channel
        for place in (room.id, with_anna.channel.id):
            with pytest.raises(discord.Forbidden) as refused:
                await club.bot.get_partial_messageable(place).send("uninvited")
            assert refused.value.code == 50001


async def test_where_a_person_alone_brought_the_bot_it_writes_five_messages_more() -> None:
    async with opened(pace=100) as club:
        binh = club.server.person("Bình", installed=True)
        room = club.server.guild("Elsewhere", owner=binh, bot=None).text("general")
        used = binh.at(room).use("defer", times=6)
        await used.wait_for(text="part 5")
        assert len(used.followups) == 5
        with pytest.raises(discord.HTTPException) as refused:
            await club.bot.latest[-1].followup.send("one too many")
        assert refused.value.code == 40094


async def test_where_outside_apps_are_not_wanted_their_answers_are_ephemeral() -> None:
    async with opened() as club:
        binh = club.server.person("Bình", installed=True)
        elsewhere = club.server.guild("Elsewhere", owner=club.anna.person, bot=None)
        elsewhere.join(binh)
        room = elsewhere.text("general")
        room.overwrite(elsewhere.everyone, deny=Permission.USE_EXTERNAL_APPS)
        assert (await binh.at(room).use("say").wait_for()).ephemeral


async def answer(interaction: Use) -> int:
    """Answer once more, and return the code of the refusal."""
    fresh = discord.InteractionResponse(interaction)
    with pytest.raises(discord.HTTPException) as refused:
        await fresh.send_message("again")
    return refused.value.code


async def followup(interaction: Use) -> int:
    """Write through the token, and return the code of the refusal."""
    with pytest.raises(discord.HTTPException) as refused:
        await interaction.followup.send("more")
    return refused.value.code


async def test_an_interaction_is_answered_first_once() -> None:
    async with opened() as club:
        await club.anna.use("say").wait_for()
        assert await answer(club.bot.latest[-1]) == 40060


async def test_an_answer_after_three_seconds_comes_too_late() -> None:
    async with opened() as club:
        shown = await club.anna.use("panel").wait_for()
        coming = asyncio.create_task(club.bot.wait_for("interaction", timeout=5))
        club.anna.operate(shown, {"custom_id": "nobody's", "type": 2})
        late = await coming
        club.server.clock.turn(3.1)
        assert await answer(late) == 10062
        assert await followup(late) == 10015


async def test_the_token_serves_for_a_quarter_of_an_hour() -> None:
    async with opened() as club:
        used = club.anna.use("say")
        await used.wait_for()
        club.server.clock.turn(14 * 60)
        await club.bot.latest[-1].followup.send("still here")
        club.server.clock.turn(2 * 60)
        assert await followup(club.bot.latest[-1]) == 50027
        await club.bot.latest[-1].channel.send("by the front door")  # type: ignore[union-attr] # a text channel
        await club.anna.wait_for(text="front door")


async def test_what_was_said_through_a_token_can_be_changed_and_taken_back() -> None:
    async with opened() as club:
        used = club.anna.use("say")
        first = await used.wait_for()
        await club.bot.latest[-1].edit_original_response(content="changed")
        assert first.content == "changed"
        more = await club.bot.latest[-1].followup.send("more", wait=True)
        await more.edit(content="less")
        assert used.followups[0].content == "less"
        await more.delete()
        await club.bot.latest[-1].delete_original_response()
        assert first.deleted
        assert used.followups[0].deleted
        with pytest.raises(discord.NotFound) as gone:
            await club.bot.latest[-1].original_response()
        assert gone.value.code == 10008


async def test_commands_in_a_server_stand_before_those_of_everywhere() -> None:
    async with opened() as club:

        @club.bot.tree.command(
            name="here", description="Only here", guild=discord.Object(club.guild.id)
        )
        async def here(interaction: Use) -> None:
            await interaction.response.send_message("here")

        await club.bot.tree.sync(guild=discord.Object(club.guild.id))
        assert [command["name"] for command in club.server.commands(club.guild)] == ["here"]
        assert (await club.anna.use("here").wait_for()).content == "here"
        assert "here" not in club.anna.person.private().commands
