"""A voice is kept only of who has just read a sentence aloud, and of nobody else."""

import asyncio
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.cards import Caller, Card
from bot.commands import Commands
from bot.consent import MOST
from bot.desk import BusyError, Exchange
from bot.enrolment import Enrolments
from bot.reception import Reception
from bot.sections import OwnVoice
from bot.settings import Settings
from bot.types import Reply, VoiceNote
from pipeline.errors import EngineError, PlatformUnreachableError, WorkerLostError
from pipeline.studio import RATE
from storage.types import Chat, Person
from tests.bot.counters import GROUP, ME, PaperQueue, sound
from tests.bot.exchanges import KeptReply, Recording, note, person, seen_through
from tests.bot.recordings import MODEL, PaperStudio, recording
from tests.bot.studies import SETTINGS, Study, opened

HERE = replace(ME, alone=True, message="77")
KEY = bytes(range(32)).hex()


def settings(**choices: object) -> Settings:
    """Settings with own voices."""
    own = OwnVoice.model_validate({"models": (MODEL,), "key": KEY, **choices})
    return SETTINGS.model_copy(update={"own_voice": own})


@dataclass
class Booth:
    """Where people record their voice."""

    study: Study
    studio: PaperStudio
    enrolments: Enrolments
    commands: Commands
    number: int = 100

    def open(self, about: VoiceNote, reply: Reply) -> Exchange:
        timeout_s = self.study.settings.desk.timeout_s
        interpret = self.study.interpreter.open
        return Reception(interpret, self.enrolments, self.study.stores, lambda: timeout_s).open(
            about, reply
        )

    async def note(
        self, data: bytes, who: Person = ME.person, where: Chat = HERE.chat, **facts: object
    ) -> VoiceNote:
        """A recording that was sent and that the desk has taken."""
        self.number += 1
        about = replace(note(self.number, who=who, where=where, recording=Recording(data)), **facts)  # type: ignore[arg-type]  # fields of a note
        assert await self.study.stores.notes.take(about.address.chat, about.asker, about.key)
        return about

    async def record(
        self, data: bytes, who: Person = ME.person, where: Chat = HERE.chat, **facts: object
    ) -> str:
        """Send a recording; return the last that was said to it."""
        reply = KeptReply()
        await seen_through(self.open(await self.note(data, who, where, **facts), reply))
        name, what = reply.said[-1]
        return str(what) if name == "apologize" else name

    async def press(self, data: str) -> Card:
        return sound(await self.commands.press(HERE, data))

    async def run(self, words: str) -> Card:
        return sound(await self.commands.run(HERE, "voice", words))

    async def begun(self, voice: str = "Mai") -> str:
        """Begin, and send a sample; return the sentence to read."""
        await self.run("enroll")
        return asked(await self.record(recording(voice)))

    async def kept(self) -> list[Person]:
        return [each.person for each in await self.study.stores.voices.all()]


def asked(said: str) -> str:
    """The sentence that is to be read aloud."""
    return said.partition("“")[2].partition("”")[0]


def on_disk(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*")}


@pytest.fixture
async def booth(tmp_path: Path) -> AsyncIterator[Booth]:
    chosen = settings(collects=True)
    async with opened(tmp_path, chosen) as study:
        studio = PaperStudio()
        enrolments = Enrolments(studio, study.stores.voices)
        commands = Commands(study.stores, chosen, PaperQueue(), study.pipeline.voices, enrolments)
        yield Booth(study, studio, enrolments, commands)
        enrolments.end(*{ME.person, *map(person, range(50))})


# what does not make a voice


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


# a voice


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
