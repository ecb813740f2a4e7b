"""How a call begins, goes on and ends, whatever Discord and its people do."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot import logs
from tests.discord.calling import NOTE, RATE, caption, plain, room, voice
from tests.discord.home import file
from tests.discord.server.faults import Refuse
from tests.discord.server.voice_listening import until

BOT_SAYS = {
    "alone": "Everybody has gone",
    "kicked": "I was taken out of the call",
    "gone": "The voice channel is gone",
}


async def test_who_is_in_no_voice_channel_is_told_so(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        await call.anna.use("join").wait_for(text="no voice channel")
        assert not call.calls.by_server


async def test_a_channel_that_may_not_be_written_in_is_not_listened_to(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        call.come_in(call.anna)
        call.server.faults.always("Create Message", Refuse(403, 50013, "Missing Permissions"))
        used = call.anna.use("join")
        await used.wait_for(text="does not allow")
        assert not call.calls.by_server
        assert call.guild.call_of(call.server.bot) is None


async def test_who_declines_is_not_decoded_from_then_on(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        notice = await call.summon()
        await until(lambda: call.is_heard(call.anna))
        call.anna.press(notice, "Don't listen to me · Đừng nghe tôi")
        await until(lambda: not call.is_heard(call.anna))
        await anna.say(voice("en-table"), RATE, speed=4)
        await asyncio.sleep(1.5)
        counted = call.calls.by_server[call.guild.id].counted()
        assert counted.refused > 50
        assert not counted.speakers
        assert not [each for each in call.server.world.by_bot() if "→" in each.content]


async def test_who_deafens_themselves_is_not_heard_until_they_listen_again(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        presence = call.guild.call_of(call.anna.person)
        assert presence is not None
        presence.change(self_deaf=True)
        await until(lambda: not call.is_heard(call.anna))
        await anna.say(voice("en-table"), RATE, speed=4)
        presence.change(self_deaf=False)
        await until(lambda: call.is_heard(call.anna))
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"))
        assert caption("en-table") not in "".join(map(plain, call.server.world.by_bot()))


async def test_who_leaves_has_had_their_say(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        call.come_in(call.anna)
        bob = call.member("Bob")
        talker = call.come_in(bob)
        await call.summon()
        await until(lambda: call.is_heard(bob))
        await talker.say(voice("en-table"), RATE)
        call.go(bob, talker)
        await call.until_shown(caption("en-table"))
        assert not call.is_heard(bob)


async def test_who_leaves_and_declines_has_said_nothing(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        bob = call.member("Bob")
        talker = call.come_in(bob)
        notice = await call.summon()
        await until(lambda: call.is_heard(bob))
        await talker.say(voice("en-table"), RATE)
        call.go(bob, talker)
        bob.press(notice, "Don't listen to me · Đừng nghe tôi")
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"))
        assert caption("en-table") not in "".join(map(plain, call.server.world.by_bot()))


async def test_an_empty_channel_is_left_after_a_while(tmp_path: Path) -> None:
    async with room(tmp_path, calls={"alone_s": 0.5}) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        call.go(call.anna, anna)
        await call.until_shown(BOT_SAYS["alone"])
        assert call.guild.call_of(call.server.bot) is None
        assert not await call.stores.calls.open_calls("discord")


async def test_who_comes_back_in_time_keeps_the_call(tmp_path: Path) -> None:
    async with room(tmp_path, calls={"alone_s": 1}) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        call.go(call.anna, anna)
        await asyncio.sleep(0.4)
        call.come_in(call.anna)
        await asyncio.sleep(1.2)
        assert call.calls.by_server


@pytest.mark.parametrize("ending", ["kicked", "gone"])
async def test_the_end_of_a_call_that_nobody_asked_for_is_explained(
    tmp_path: Path, ending: str
) -> None:
    async with room(tmp_path) as call:
        text = call.guild.text("captions")
        call.come_in(call.anna)
        await call.stores.calls.change(call.chat, captions=str(text.id))
        await call.summon()
        if ending == "kicked":
            call.guild.bot_call.end()
        else:
            call.channel.delete()
        shown = await call.until_shown(BOT_SAYS[ending])
        assert shown.channel == text
        await until(lambda: not call.calls.by_server)
        assert not await call.stores.calls.open_calls("discord")


async def test_a_moved_bot_begins_anew_where_it_is_and_tells_people_there(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        call.come_in(call.anna)
        await call.summon()
        kitchen = call.guild.voice("kitchen")
        binh_seat = call.member("Bình").person.at(kitchen)
        binh = call.come_in(binh_seat)
        call.guild.bot_call.move(kitchen)
        notice = await call.until_shown("I am listening", times=2)
        assert notice.channel == kitchen
        await until(lambda: call.is_heard(binh_seat), 15)
        await call.voice.until_settled(call.server.bot.id)
        await binh.say(voice("vi-doctor"), RATE)
        shown = await call.until_shown(caption("vi-doctor"))
        assert shown.channel == kitchen
        [remembered] = await call.stores.calls.open_calls("discord")
        assert remembered.channel == str(kitchen.id)


async def test_a_change_of_region_costs_no_more_than_a_moment(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        call.guild.bot_call.hand_over(call.voice)
        await asyncio.sleep(1)
        await call.voice.until_settled(call.server.bot.id)
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"))


async def test_a_session_that_discord_has_lost_costs_a_call_no_more_than_a_moment(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        call.server.gateway.invalidate()
        assert call.guild.call_of(call.server.bot) is None
        await call.until_shown("I am listening", 15, times=2)
        await call.voice.until_settled(call.server.bot.id)
        await until(lambda: call.is_heard(call.anna))
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"), 20)
        said = "".join(map(plain, call.server.world.by_bot()))
        assert "/join" not in said


async def test_after_a_restart_it_comes_back_and_tells_who_is_there(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        await call.down()
        await call.up()
        await call.until_shown("I am listening", times=2)
        await call.voice.until_settled(call.server.bot.id)
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"))


async def test_after_a_restart_an_empty_call_is_given_up_with_a_word(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        await call.down()
        call.go(call.anna, anna)
        await call.up()
        await call.until_shown("I restarted")
        assert not await call.stores.calls.open_calls("discord")


async def test_it_joins_unasked_where_the_server_wants_that(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        await call.stores.calls.change(call.chat, auto_join=str(call.channel.id))
        await asyncio.sleep(0.3)
        call.come_in(call.anna)
        await call.until_shown("I am listening")
        await until(lambda: bool(call.calls.by_server))


async def test_leave_and_skip_do_what_they_say(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        call.come_in(call.anna)
        await call.summon()
        skipped = call.anna.use("skip")
        await skipped.wait_for(text="nothing")
        left = call.anna.use("leave")
        await left.wait_for(text="left")
        assert call.guild.call_of(call.server.bot) is None
        again = call.anna.use("leave")
        await again.wait_for(text="in no call")


async def test_a_voice_test_says_back_what_it_heard(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        tried = call.anna.use("voice-test")
        await tried.wait_for(text="Say a sentence")
        await anna.say(voice("en-table"), RATE)
        note = NOTE["en-table"]
        answer = await tried.wait_for(text="I heard")
        assert note["text"] in plain(answer)
        assert note["translation"] in plain(answer)


async def test_a_transcript_is_given_only_where_it_is_kept(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        refused = call.anna.use("transcript")
        await refused.wait_for(text="keeps no")
        await call.stores.calls.change(call.chat, keeps=True)
        await call.summon()
        await anna.say(voice("en-table"), RATE)
        await call.until_shown(caption("en-table"))
        given = call.anna.use("transcript", format="srt")
        answer = await given.wait_for(where=lambda message: bool(message.attachments))
        written = answer.attachments[0].data.decode()
        assert "Anna" in written
        assert NOTE["en-table"]["text"] in written
        assert NOTE["en-table"]["translation"] in written


async def test_a_manager_picks_where_captions_go_and_what_is_joined_unasked(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        text = call.guild.text("captions")
        shown = call.anna.use("settings", captions=text, auto_join=call.channel)
        card = await shown.wait_for(text="captions")
        assert "lounge" in card.content
        chosen = await call.stores.calls.of(call.chat)
        assert (chosen.captions, chosen.auto_join) == (str(text.id), str(call.channel.id))
        anna = call.come_in(call.anna)
        await call.until_shown("I am listening")
        await anna.say(voice("en-table"), RATE)
        assert (await call.until_shown(caption("en-table"))).channel == text
        await call.anna.use("settings", unset="captions").wait_for(where=lambda _: True)
        assert (await call.stores.calls.of(call.chat)).captions is None


async def test_who_does_not_manage_the_server_changes_nothing_of_its_calls(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        binh = call.member("Bình")
        role = call.guild.role("hosts")
        await binh.use("settings", role=role).wait_for(where=lambda _: True)
        await binh.use("settings", auto_join=call.channel).wait_for(where=lambda _: True)
        chosen = await call.stores.calls.of(call.chat)
        assert (chosen.role, chosen.auto_join) == (None, None)


async def test_where_a_role_is_named_only_it_may_summon(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        role = call.guild.role("hosts")
        await call.anna.use("settings", role=role).wait_for(where=lambda _: True)
        binh = call.member("Bình")
        call.come_in(binh)
        await binh.use("join").wait_for(text="only those may do this")
        assert not call.calls.by_server


async def test_a_stage_is_heard_without_end_to_end_encryption(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        stage = call.guild.stage("theatre")
        speaker = call.anna.person.at(stage)
        anna = call.come_in(speaker)
        presence = call.guild.call_of(speaker.person)
        assert presence is not None
        presence.speak(suppress=False)
        speaker.use("join")
        await call.until_shown("I am listening")
        await until(lambda: call.is_heard(speaker))
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"))


async def test_nothing_that_is_said_in_a_call_reaches_a_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", *logs.OURS):
        caplog.set_level(logging.DEBUG, logger=name)
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"))
    ours = [each for each in caplog.records if each.name.partition(".")[0] in logs.OURS]
    assert ours
    written = " ".join(f"{each.getMessage()} {each.__dict__}" for each in ours)
    for secret in ("passport", "hộ chiếu", "Anna", call.server.token, str(call.anna.person.id)):
        assert secret not in written


async def test_a_voice_test_says_why_somebody_is_not_heard(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        call.come_in(call.anna)
        notice = await call.summon()
        binh = call.member("Bình")
        call.come_in(binh, self_deaf=True)
        await binh.use("voice-test").wait_for(text="You are deafened")
        call.anna.press(notice, "Don't listen to me · Đừng nghe tôi")
        await until(lambda: not call.is_heard(call.anna))
        await call.anna.use("voice-test").wait_for(text="chosen not to be heard")


async def test_what_the_operator_changes_meanwhile_holds_in_calls_too(tmp_path: Path) -> None:
    async with room(tmp_path, calls={"alone_s": 3_600}) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        calls = call.settings.calls.model_copy(update={"alone_s": 0.3})
        call.live.now = call.settings.model_copy(update={"calls": calls})
        call.go(call.anna, anna)
        await call.until_shown(BOT_SAYS["alone"])


async def test_a_file_may_be_as_large_as_the_operator_says_now(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        chat = call.anna.person.private()
        limits = call.settings.limits.model_copy(update={"bytes": 10})
        call.live.now = call.settings.model_copy(update={"limits": limits})
        await chat.wait_for(text="larger than 10 B", reply_to=chat.send(file(data=b"x" * 99)))
