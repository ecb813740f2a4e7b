"""A voice is kept only of who has just read a sentence aloud, and of nobody else."""

import asyncio
import weakref
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cards import Caller
from bot.consent import MOST
from bot.desk import BusyError
from bot.enrolment import Enrolments
from pipeline.errors import EngineError, PlatformUnreachableError, WorkerLostError
from pipeline.studio import RATE
from tests.bot.booth import HERE, Booth, asked, booth_in, on_disk, settings
from tests.bot.counters import GROUP, ME
from tests.bot.exchanges import KeptReply, person, seen_through
from tests.bot.recordings import MODEL, PaperStudio, recording
from tests.bot.studies import opened


@pytest.fixture
async def booth(tmp_path: Path) -> AsyncIterator[Booth]:
    async with booth_in(tmp_path) as opened:
        yield opened


async def test_before_the_sentence_is_read_nothing_is_kept_anywhere(
    booth: Booth, tmp_path: Path
) -> None:
    await booth.run("enroll")
    sentence = asked(await booth.record(recording(seconds=30)))
    assert sentence
    assert await booth.kept() == []
    written = await asyncio.to_thread(on_disk, tmp_path)
    assert {name.partition("-")[0] for name in written} == {"dragoman.db"}
    assert sum(map(len, written.values())) < 30 * RATE, "no room for a sample"
    assert not any(sentence.encode() in data for data in written.values())


async def test_a_sentence_read_in_another_voice_is_no_consent(booth: Booth) -> None:
    sentence = await booth.begun("Mai")
    said = await booth.record(recording("John", sentence))
    assert "another voice" in said
    assert await booth.kept() == []


@pytest.mark.parametrize(
    "text",
    ["", "Good night.", "I let Dragoman speak with a copy of my voice.",
     "I let Dragoman speak with a copy of my voice: anything else that I may say."],
)  # fmt: skip
async def test_another_sentence_is_no_consent_and_the_next_one_is_drawn_anew(
    booth: Booth, text: str
) -> None:
    sentence = await booth.begun()
    said = await booth.record(recording("Mai", text))
    assert "did not hear that sentence" in said
    assert asked(said) not in {"", sentence}
    assert await booth.kept() == []
    assert "did not hear" in await booth.record(recording("Mai", sentence)), "that was the old one"


async def test_a_sentence_that_says_no_is_no_consent(booth: Booth) -> None:
    sentence = (await booth.begun()).replace("I let", "I do not let")
    assert "did not hear" in await booth.record(recording("Mai", sentence))
    assert await booth.kept() == []


@pytest.mark.parametrize(
    "refusal",
    ["I refuse to let Dragoman", "I forbid Dragoman to", "I let nobody", "I would never let it"],
)
async def test_a_sentence_that_refuses_is_no_consent(booth: Booth, refusal: str) -> None:
    sentence = (await booth.begun()).replace("I let Dragoman", refusal)
    assert "did not hear" in await booth.record(recording("Mai", sentence))
    assert await booth.kept() == []


async def test_an_old_recording_of_consent_is_of_no_use_however_often_somebody_begins(
    booth: Booth,
) -> None:
    old = recording("Mai", await booth.begun())
    while await booth.begun():
        assert "did not hear that sentence" in await booth.record(old)
    assert await booth.kept() == []
    assert "tomorrow" in (await booth.run("enroll")).text
    assert await booth.record(old) == "speech", "a note like any other"


@pytest.mark.parametrize(
    ("caller", "sentence"),
    [
        (HERE, "at most 10 sentences a day"),
        (replace(HERE, locale="vi"), "chỉ cho một người xem 10"),
    ],
    ids=["en", "vi"],
)
async def test_who_has_seen_all_sentences_of_a_day_is_told_to_come_back(
    booth: Booth, caller: Caller, sentence: str
) -> None:
    for _ in range(MOST):
        await booth.begun()
    assert sentence in (await booth.commands.run(caller, "voice", "enroll")).text
    assert sentence in (await booth.commands.press(caller, "voice:own:enroll")).text
    assert sentence in (await booth.commands.press(caller, "voice:own:enroll:collect")).text
    refused = await booth.commands.attach(replace(caller, alone=False, chat=GROUP.chat))
    assert refused is not None
    assert sentence in refused.text
    assert booth.enrolments.under_way(ME.person, HERE.chat), "the last one can still be read"


async def test_the_last_sentence_of_a_day_ends_the_enrolment_when_it_is_not_read(
    booth: Booth,
) -> None:
    for _ in range(MOST):
        sentence = await booth.begun()
    said = await booth.record(recording("Mai", "Good night."))
    assert "did not hear" in said
    assert "tomorrow" in said
    assert asked(said) == ""
    assert await booth.record(recording("Mai", sentence)) == "speech", "it is over"
    assert await booth.kept() == []


async def test_what_somebody_else_recorded_is_neither_sample_nor_consent(booth: Booth) -> None:
    await booth.run("enroll")
    assert "forwarded" in await booth.record(recording("John"), speaker=person("John"))
    sentence = asked(await booth.record(recording("Mai")))
    read = recording("Mai", sentence)
    assert "forwarded" in await booth.record(read, speaker=person("Mai's sister"))
    assert await booth.kept() == []


async def test_anothers_recording_and_one_in_another_chat_are_interpreted_as_ever(
    booth: Booth,
) -> None:
    await booth.run("enroll")
    assert await booth.record(recording("John"), who=person("John")) == "speech"
    assert await booth.record(recording("Mai"), where=GROUP.chat) == "speech"
    assert await booth.record(recording("Mai"), asked="a command") == "speech"
    assert booth.enrolments.under_way(ME.person, HERE.chat)
    assert "good sample" in await booth.record(recording("Mai"))


async def test_no_enrolment_begins_where_others_listen(booth: Booth) -> None:
    for caller in (ME, GROUP):
        card = await booth.commands.run(caller, "voice", "enroll")
        assert "private chat" in card.text
        for data in ("voice:own:enroll", "voice:own:enroll:collect"):
            assert (await booth.commands.press(caller, data)).alert
        assert booth.enrolments.under_way(caller.person, caller.chat) is None


@pytest.mark.parametrize(
    "data",
    ["voice:own:keep", "voice:own:enroll:sure", "voice:own:consent", "voice:own:test",
     "voice:own:renew", "voice:own:delete:sure", "voice:test", "voice:own:enroll:collect:sure"],
)  # fmt: skip
async def test_no_button_makes_a_voice(booth: Booth, data: str) -> None:
    await booth.begun()
    await booth.press(data)
    assert await booth.kept() == []
    assert await booth.study.stores.queue.counts() == {}


async def test_an_enrolment_that_is_cancelled_meanwhile_keeps_nothing(booth: Booth) -> None:
    sentence = await booth.begun()
    booth.studio.gate = asyncio.Event()
    reading = asyncio.create_task(booth.record(recording("Mai", sentence)))
    await booth.studio.reached.wait()
    await booth.press("voice:own:enroll:cancel")
    booth.studio.gate.set()
    assert "over" in await reading
    assert await booth.kept() == []


@pytest.mark.parametrize("end", ["voice:own:delete:sure", "mydata:delete:sure"])
async def test_who_deletes_everything_ends_an_enrolment_too(booth: Booth, end: str) -> None:
    sentence = await booth.begun()
    await booth.press(end)
    assert await booth.record(recording("Mai", sentence)) == "speech", "a note like any other"
    assert await booth.kept() == []


# what is wrong with a recording


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (recording(seconds=2), "a little longer"),
        (recording(noisy=True), "noise"),
        (recording("Mai+John"), "more than one voice"),
        (b"no sound", "not a sound file"),
    ],
)
async def test_a_sample_is_refused_with_its_reason_and_may_be_sent_again(
    booth: Booth, data: bytes, reason: str
) -> None:
    await booth.run("enroll")
    assert reason in await booth.record(data)
    assert "good sample: 12 seconds" in await booth.record(recording())


async def test_after_five_recordings_that_were_refused_the_enrolment_is_over(booth: Booth) -> None:
    await booth.begun()
    said = [await booth.record(recording("Mai", "no")) for _ in range(5)]
    assert "last try" in said[-1]
    assert not any("last try" in each for each in said[:-1])
    assert await booth.record(recording()) == "speech"


async def test_two_recordings_at_once_are_one_step(booth: Booth) -> None:
    await booth.run("enroll")
    replies = [KeptReply(), KeptReply()]
    exchanges = [booth.open(await booth.note(recording()), reply) for reply in replies]
    await asyncio.gather(*map(seen_through, exchanges))
    first, second = (reply.sentences()[0] for reply in replies)
    assert asked(first)
    assert "the recording before" in second


@pytest.mark.parametrize("error", [WorkerLostError(worker="clone"), EngineError(engine=MODEL)])
async def test_a_failure_of_ours_costs_no_try_and_no_step(
    booth: Booth, error: WorkerLostError | EngineError
) -> None:
    await booth.run("enroll")
    booth.studio.failure = error
    for _ in range(7):
        assert "sample" not in await booth.record(recording())
    booth.studio.failure = None
    assert "good sample" in await booth.record(recording())


async def test_who_can_not_be_told_loses_nothing(booth: Booth) -> None:
    await booth.run("enroll")
    reply = KeptReply()
    reply.failures["apologize"] = PlatformUnreachableError(platform="Paper", reason="network")
    await seen_through(booth.open(await booth.note(recording()), reply))
    assert reply.said == []
    assert booth.enrolments.under_way(ME.person, HERE.chat)


# time and room


async def test_a_sample_is_let_go_of_when_nobody_reads_the_sentence(tmp_path: Path) -> None:
    chosen = settings()
    async with opened(tmp_path, chosen) as study:
        enrolments = Enrolments(PaperStudio(), study.stores.voices, patience_s=0.05)
        enrolments.begin(ME.person, HERE.chat, study.stages.language)
        enrolment = enrolments.under_way(ME.person, HERE.chat)
        assert enrolment is not None
        await enrolments.take(enrolment, "", recording(), "en")
        assert enrolment.sample is not None
        held = weakref.ref(enrolment.sample.samples)
        await asyncio.sleep(0.2)
        assert enrolments.under_way(ME.person, HERE.chat) is None
        assert held() is None, "in no memory either"
        said = await enrolments.take(enrolment, enrolment.sentence, recording(), "en")
        assert "over" in said


async def test_there_is_room_for_so_many_and_who_begins_anew_takes_no_more(booth: Booth) -> None:
    for number in (*range(10, 42), 10):
        booth.enrolments.begin(person(number), HERE.chat, booth.study.stages.language)
    with pytest.raises(BusyError):
        booth.enrolments.begin(ME.person, HERE.chat, booth.study.stages.language)
    assert "too much to do" in (await booth.run("enroll")).text
    booth.enrolments.end(person(13))
    assert "Now record" in (await booth.run("enroll")).text
