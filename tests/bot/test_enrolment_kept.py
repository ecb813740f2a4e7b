"""Who reads the sentence has a voice: to try, to keep longer, to delete, or to collect."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands import Commands
from bot.enrolment import Enrolments
from tests.bot.booth import HERE, Booth, asked, booth_in, settings
from tests.bot.counters import GROUP, ME, PaperQueue
from tests.bot.exchanges import person
from tests.bot.recordings import MODEL, PaperStudio, recording
from tests.bot.studies import opened


@pytest.fixture
async def booth(tmp_path: Path) -> AsyncIterator[Booth]:
    async with booth_in(tmp_path) as opened:
        yield opened


async def test_a_sample_and_a_sentence_make_a_voice(booth: Booth) -> None:
    card = await booth.run("enroll")
    assert "6 to 30 seconds" in card.text
    assert "30 days" in card.text
    assert "synthetic" in card.text
    assert "can't speak Vietnamese" in card.text
    said = await booth.record(recording())
    assert "Done" in await booth.record(recording("Mai", asked(said).upper()))
    stores = booth.study.stores
    voice = await stores.voices.of(ME.person)
    assert voice is not None
    assert (voice.language, voice.models, voice.seconds) == ("en", (MODEL,), 12.0)
    assert await stores.voices.latents(ME.person, MODEL) == b"latents of Mai"
    assert await booth.record(recording()) == "speech", "it is over"
    notes = (await stores.people.export(ME.person))["notes"]
    assert {each["outcome"] for each in notes} == {"done"}


async def test_who_attaches_a_recording_is_told_what_consent_is_to_before_it_is_read(
    booth: Booth,
) -> None:
    where = replace(GROUP, locale="en")
    assert await booth.commands.attach(where) is None
    short = await booth.record(recording(seconds=2), where=where.chat, enrols=True)
    assert "a little longer" in short
    told = await booth.record(recording(), where=where.chat, enrols=True)
    for each in ("30 days", "your own translations alone", "synthetic", "can't speak Vietnamese"):
        assert each in told.partition("“")[0]
    again = await booth.record(recording("Mai", "no"), where=where.chat, enrols=True)
    assert asked(again)
    assert "30 days" not in again, "once is enough"
    done = await booth.record(recording("Mai", asked(again)), where=where.chat, enrols=True)
    assert "Done" in done


async def test_who_has_read_the_card_is_not_told_the_same_again(booth: Booth) -> None:
    card = await booth.run("enroll")
    assert "30 days" in card.text
    said = await booth.record(recording())
    assert asked(said)
    assert "30 days" not in said


async def test_who_links_accounts_is_told_that_they_share_the_voice(
    booth: Booth,
) -> None:
    assert "your own voice is theirs too" in (await booth.commands.run(HERE, "link")).text
    study = booth.study
    without = Commands(study.stores, study.settings, PaperQueue(), study.pipeline.voices)
    assert "voice" not in (await without.run(HERE, "link")).text


async def test_the_sentence_is_in_the_language_that_the_person_speaks(booth: Booth) -> None:
    stores = booth.study.stores
    await booth.commands.press(HERE, "language:spoken:vi")
    assert (await booth.begun()).startswith("Tôi cho phép")
    await stores.preferences.change_person(ME.person, spoken=None, locale=None)
    vietnamese = replace(HERE, locale="vi")
    await booth.commands.run(vietnamese, "voice", "enroll")
    assert asked(await booth.record(recording(), locale="vi")).startswith("Tôi cho phép")


async def test_a_kept_voice_is_tried_kept_longer_and_deleted_with_a_receipt(booth: Booth) -> None:
    await booth.record(recording("Mai", await booth.begun()))
    card = await booth.run("own")
    assert "speak in your voice" in card.text
    assert [button.label for row in card.rows for button in row] == [
        *("Let me hear it", "Keep it longer", "Record it anew…", "Delete it…", "← Back")
    ]
    assert "on its way" in (await booth.press("voice:own:test")).text
    assert "still on its way" in (await booth.press("voice:own:test")).text
    job = await booth.study.stores.jobs.claim()
    assert job is not None
    assert (job.order.message, job.order.language, job.order.is_trial) == ("77", "en", True)
    assert "computer speaks" in job.order.text
    assert "until" in (await booth.press("voice:own:renew")).text
    card = await booth.press("voice:own:delete")
    assert await booth.kept() == [ME.person], "not yet"
    card = await booth.press("voice:own:delete:sure")
    assert "1 samples with their consent, 1 sets" in card.text
    assert await booth.kept() == []
    assert "have not recorded it" in (await booth.press("voice:own:renew")).text


async def test_nobody_tries_a_voice_where_others_listen(booth: Booth) -> None:
    await booth.record(recording("Mai", await booth.begun()))
    assert (await booth.commands.press(ME, "voice:own:test")).alert
    assert await booth.study.stores.queue.counts() == {}


async def test_other_cards_tell_of_own_voices(booth: Booth) -> None:
    commands = booth.commands
    assert "can't speak" not in (await commands.run(HERE, "language")).text
    await booth.record(recording("Mai", await booth.begun()))
    await booth.press("voice:own:test")
    told = await commands.press(HERE, "language:target:vi")
    assert "Your own voice can't speak Vietnamese" in told.text
    assert "can't speak" not in (await commands.press(HERE, "language:target:fr")).text
    status = (await commands.run(HERE, "status")).text
    assert "own voices being made: 0. Waiting: 1." in status
    assert "Yours is number 1: how long it takes is not known" in status
    assert "encrypted, for 30 days" in (await commands.run(HERE, "privacy")).text
    receipt = (await commands.press(HERE, "mydata:delete:sure")).text
    assert "1 voices of your own with 1 clips and 0 grants" in receipt


async def test_without_cloners_there_are_no_own_voices_but_kept_ones_can_be_deleted(
    booth: Booth,
) -> None:
    await booth.record(recording("Mai", await booth.begun()))
    study = booth.study
    commands = Commands(study.stores, study.settings, PaperQueue(), study.pipeline.voices)
    assert "not installed" in (await commands.run(HERE, "voice", "enroll")).text
    assert "not installed" in (await commands.press(HERE, "voice:own:test")).text
    assert "My own voice" not in str((await commands.run(HERE, "voice")).rows)
    card = await commands.run(HERE, "voice", "own")
    assert "kept until" in card.text
    assert "1 samples" in (await commands.press(HERE, "voice:own:delete:sure")).text
    assert "not installed" in (await commands.run(HERE, "voice", "own")).text


# collecting


async def test_a_sample_is_collected_from_notes_which_are_interpreted_all_the_same(
    booth: Booth,
) -> None:
    card = await booth.run("enroll")
    assert any("Collect" in button.label for row in card.rows for button in row)
    assert "10 seconds" in (await booth.press("voice:own:enroll:collect")).text
    assert await booth.record(recording(seconds=4)) == "speech"
    assert await booth.record(recording(seconds=4, noisy=True)) == "speech"
    assert await booth.record(recording("John", seconds=9), speaker=person("John")) == "speech"
    assert await booth.kept() == []
    said = await booth.record(recording(seconds=7))
    assert "11 seconds" in said
    assert "Done" in await booth.record(recording("Mai", asked(said)))
    assert await booth.kept() == [ME.person]


@pytest.mark.parametrize("text", ["", "…", "Good night."])
async def test_what_is_attached_while_a_sample_is_collected_is_a_sample_and_no_consent(
    booth: Booth, text: str
) -> None:
    await booth.press("voice:own:enroll:collect")
    await booth.record(recording(seconds=4))
    said = await booth.record(recording("Mai", text), enrols=True)
    assert "good sample: 12 seconds" in said or "enough for a sample" in said
    assert asked(said)
    assert await booth.kept() == []


async def test_voices_that_differ_are_not_collected_into_one(booth: Booth) -> None:
    await booth.press("voice:own:enroll:collect")
    await booth.record(recording("Mai", seconds=6))
    assert await booth.record(recording("John", seconds=6)) == "speech"
    assert await booth.record(recording("Mai", seconds=6)) == "speech", "begun anew"
    assert "12 seconds" in await booth.record(recording("Mai", seconds=6))


async def test_nothing_is_collected_where_the_operator_has_not_allowed_it(tmp_path: Path) -> None:
    chosen = settings()
    async with opened(tmp_path, chosen) as study:
        enrolments = Enrolments(PaperStudio(), study.stores.voices)
        commands = Commands(study.stores, chosen, PaperQueue(), study.pipeline.voices, enrolments)
        card = await commands.press(HERE, "voice:own:enroll:collect")
        assert "Collect" not in str(card.rows)
        enrolment = enrolments.under_way(ME.person, HERE.chat)
        assert enrolment is not None
        assert not enrolment.collects, "an ordinary one"
        enrolments.end(ME.person)
