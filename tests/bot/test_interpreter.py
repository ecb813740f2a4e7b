"""One note: what is chosen counts, text comes first, and every end is told and noted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.desk import BusyError
from bot.interpreter import NoteExchange
from bot.observing import Finished
from pipeline.errors import (
    AudioTooLongError,
    DragomanError,
    EngineError,
    EngineTimeoutError,
    ModelMissingError,
    NoSpeechError,
    PlatformRefusedError,
    PlatformUnreachableError,
    UnsupportedLanguageError,
    WorkerLostError,
)
from pipeline.types import Doubt, Language, Voice
from storage.glossary import Term
from tests.bot.exchanges import Recording, chat, note, person, settle
from tests.bot.studies import SETTINGS, Study, opened
from tests.pipeline.fake_stages import file_of

EN, VI, FR = Language("en"), Language("vi"), Language("fr")


@pytest.fixture
async def study(tmp_path: Path) -> AsyncIterator[Study]:
    async with opened(tmp_path) as study:
        yield study


async def test_the_text_comes_first_and_then_the_voice(study: Study) -> None:
    await study.answer()
    assert study.reply.said == [
        ("text", ("Good night.", "Chúc ngủ ngon.", ())),
        ("speech", "gtts"),
    ]
    assert await study.outcome() == "done"
    (entry,) = (await study.stores.people.export(person()))["notes"]
    stages = entry["stages"]
    assert isinstance(stages, dict)
    assert set(stages) == {"decode", "hear", "translate", "speak"}


async def test_an_observer_learns_how_long_each_stage_took_and_who_worked(study: Study) -> None:
    seen: list[Finished] = []
    study.watch(seen.append)
    await study.answer()
    study.stages.failures["whisper"] = NoSpeechError()
    await study.answer(note(2))
    done, failed = seen
    assert (done.platform, done.outcome) == ("paper", "done")
    assert set(done.stages_ms) == {"decode", "hear", "translate", "speak"}
    assert done.engines == {"hear": "whisper", "translate": "nllb", "speak": "gtts"}
    assert (failed.outcome, failed.stages_ms, failed.engines) == ("audio.no_speech", {}, {})


async def test_times_count_from_the_arrival_and_say_how_long_it_waited(study: Study) -> None:
    seen: list[Finished] = []
    study.watch(seen.append)
    exchange = await study.exchange()
    await asyncio.sleep(0.05)
    await exchange.answer()
    (done,) = seen
    assert done.waited_ms is not None
    assert done.text_ms is not None
    assert done.voice_ms is not None
    assert 50 <= done.waited_ms <= done.text_ms <= done.voice_ms < 30_000
    assert not done.live


async def test_what_was_not_reached_has_no_time(study: Study) -> None:
    seen: list[Finished] = []
    study.watch(seen.append)
    study.stages.failures["speak"] = study.stages.failures["espeak"] = WorkerLostError()
    study.stages.failures["gtts"] = WorkerLostError()
    await study.answer()
    await (await study.exchange(note(2))).refuse(WorkerLostError())
    unspoken, refused = seen
    assert unspoken.text_ms is not None
    assert unspoken.voice_ms is None
    assert (refused.waited_ms, refused.text_ms) == (None, None)


async def test_the_oldest_note_is_known_and_one_that_is_passed_over_is_none(study: Study) -> None:
    assert study.interpreter.oldest_s() == 0
    first = await study.exchange()
    study.interpreter.open(note(1), study.reply)
    await asyncio.sleep(0.02)
    assert study.interpreter.oldest_s() >= 0.02
    await first.answer()
    assert study.interpreter.oldest_s() == 0


async def test_the_text_is_sent_before_the_voice_is_made(study: Study) -> None:
    study.stages.gates["speak"] = asyncio.Event()
    answering = asyncio.create_task(study.answer())
    await study.stages.reached.wait()
    assert study.reply.names() == ["text"]
    study.stages.gates["speak"].set()
    await answering
    assert study.reply.names() == ["text", "speech"]


async def test_that_something_is_done_is_shown_as_long_as_it_takes(study: Study) -> None:
    study.stages.gates["hear"] = asyncio.Event()
    answering = asyncio.create_task(study.answer())
    await study.stages.reached.wait()
    await asyncio.sleep(0.1)
    assert study.reply.working_calls > 2
    study.stages.gates["hear"].set()
    await answering
    calls = study.reply.working_calls
    await asyncio.sleep(0.05)
    assert study.reply.working_calls == calls
    assert len(asyncio.all_tasks()) == 1


async def test_that_nothing_can_be_shown_meanwhile_costs_nothing(study: Study) -> None:
    study.reply.failures["working"] = PlatformUnreachableError(platform="paper")
    await study.answer()
    assert study.reply.names() == ["text", "speech"]


async def test_the_sound_is_fetched_only_when_its_turn_comes(study: Study) -> None:
    recording = Recording(b"sound")
    exchange = await study.exchange(note(recording=recording))
    await exchange.waiting(2)
    assert recording.fetched == 0
    await exchange.answer()
    assert recording.fetched == 1
    assert file_of(study.stages.request()) == b"sound"


# what people have chosen


async def test_what_a_person_has_chosen_wins_over_the_chat_and_the_chat_over_the_operator(
    study: Study,
) -> None:
    forum, topic = chat("forum"), chat("forum", "7")
    preferences = study.stores.preferences
    await preferences.change_chat(forum, target=FR, allowed=frozenset({EN, FR}))
    await study.answer(note(1, where=topic))
    assert study.stages.request().targets == (FR, VI, EN)
    assert study.stages.request().allowed == {EN, FR}
    await preferences.change_chat(topic, target=EN)
    await preferences.change_person(
        person(), spoken=VI, target=Language("ja"), allowed=frozenset(), voice="v", speed=1.5
    )
    await study.answer(note(2, where=topic))
    request = study.stages.request()
    assert request.targets == ("ja", VI, EN)
    assert (request.source, request.allowed) == (VI, frozenset())
    assert request.voice == Voice("v", 1.5)


async def test_nothing_chosen_is_what_the_operator_has_set(study: Study) -> None:
    await study.answer()
    request = study.stages.request()
    assert (request.targets, request.source) == (SETTINGS.targets, None)
    assert request.allowed == SETTINGS.hearing.allowed
    assert request.voice == Voice()


async def test_who_wants_text_only_gets_text_only(study: Study) -> None:
    await study.stores.preferences.change_person(person(), quick_voice=False)
    await study.answer()
    assert study.reply.names() == ["text"]
    assert await study.outcome() == "done"


async def test_somebody_elses_note_becomes_what_the_asker_understands(study: Study) -> None:
    speaker = person("speaker")
    preferences = study.stores.preferences
    await preferences.change_person(speaker, spoken=EN, target=FR, quick_voice=False)
    await preferences.change_person(person(), spoken=VI, target=EN)
    await study.answer(replace(note(), speaker=speaker))
    request = study.stages.request()
    assert request.source == EN, "the speaker speaks"
    assert request.targets == (VI, EN), "the asker reads; English is theirs for others"
    assert request.voice is not None, "and hears"


async def test_the_askers_own_language_is_known_by_the_platform_if_not_chosen(
    study: Study,
) -> None:
    await study.answer(replace(note(locale="fr-CA"), speaker=person("speaker")))
    assert study.stages.request().targets == (FR, VI, EN)


async def test_a_speaker_is_an_opaque_key_that_stays_the_same(study: Study) -> None:
    keys = []
    for message in (1, 2):
        await study.answer(note(message))
        keys.append(study.stages.request().speaker)
    assert keys[0] == keys[1]
    assert len(keys[0]) == 64


async def test_terms_favour_recognition_and_read_as_wished(study: Study) -> None:
    await study.stores.glossary.add(person(), Term("Good night", "CHÚC NGỦ NGON"))
    await study.stores.glossary.add(chat(), Term("passport"))
    await study.answer()
    assert study.stages.request().hotwords == ("Good night", "passport")
    assert study.reply.said[0] == ("text", ("Good night.", "CHÚC NGỦ NGON.", ()))


async def test_a_term_that_could_not_be_placed_is_marked_for_the_reader(study: Study) -> None:
    await study.stores.glossary.add(person(), Term("night", "Nacht"))
    await study.answer()
    assert study.reply.said[0] == ("text", ("Good night.", "Chúc ngủ ngon.", (Doubt.TERMS,)))


async def test_recognition_is_told_of_a_bounded_number_of_terms(study: Study) -> None:
    for number in range(30):
        await study.stores.glossary.add(person(), Term(f"{number:03}" * 10))
    await study.answer()
    assert sum(map(len, study.stages.request().hotwords)) <= 400
    assert len(study.stages.request().terms) == 30


# what fails


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (NoSpeechError(), "I heard nobody speak; record it again, closer to the microphone."),
        (WorkerLostError(), "The computation broke off; please try again."),
        (
            ModelMissingError(model="m"),
            "A model I need is missing or damaged; please tell whoever runs this bot.",
        ),
        (ValueError("a fault of ours"), "Something went wrong; please try again."),
    ],
)
async def test_every_failure_is_one_sentence_and_noted_by_its_code(
    study: Study, failure: Exception, sentence: str
) -> None:
    study.stages.failures["whisper"] = failure
    await study.answer()
    assert study.reply.said == [("apologize", sentence)]
    code = failure.code if isinstance(failure, DragomanError) else "error"
    assert await study.outcome() == code


async def test_a_sound_that_cannot_be_fetched_is_told_too(study: Study) -> None:
    for failure in (AudioTooLongError(limit=5), PlatformUnreachableError(platform="paper")):
        study.reply.said.clear()
        message = failure.code
        await study.answer(note(message, recording=Recording(failure=failure)))
        assert len(study.reply.sentences()) == 1
    assert not await study.unfinished()


async def test_an_apology_is_in_the_askers_language(study: Study) -> None:
    study.stages.failures["whisper"] = NoSpeechError()
    await study.answer(note(1, locale="vi-VN"))
    await study.stores.preferences.change_person(person(), locale=EN)
    await study.answer(note(2, locale="vi-VN"))
    first, second = study.reply.sentences()
    assert first.startswith("Tôi không nghe")
    assert second.startswith("I heard nobody")


async def test_a_note_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    desk = SETTINGS.desk.model_copy(update={"timeout_s": 0.05})
    async with opened(tmp_path, SETTINGS.model_copy(update={"desk": desk})) as study:
        study.stages.gates["hear"] = asyncio.Event()
        await study.answer()
        assert await study.outcome() == "worker.timeout"
        assert study.reply.sentences()[0].startswith("That took too long")


async def test_no_voice_after_the_text_is_one_short_sentence(study: Study) -> None:
    study.stages.failures |= {"gtts": EngineTimeoutError(), "espeak": EngineError()}
    await study.answer()
    assert study.reply.names() == ["text", "apologize"]
    (sentence,) = study.reply.sentences()
    assert sentence == "The voice could not be made this time; the text above is complete."
    assert await study.outcome() == "done", "the text is the answer"


async def test_a_language_without_a_voice_is_said_to_have_none(study: Study) -> None:
    missing = UnsupportedLanguageError(language="vi", engine="gtts")
    study.stages.failures |= {"gtts": missing, "espeak": missing}
    await study.answer()
    assert study.reply.sentences() == [
        "There is no voice for this language; the text above is complete."
    ]


@pytest.mark.parametrize("failure", [PlatformRefusedError(platform="paper"), ValueError("odd")])
async def test_a_voice_that_cannot_be_sent_is_told_as_one_that_could_not_be_made(
    study: Study, failure: Exception
) -> None:
    study.reply.failures["speech"] = failure
    await study.answer()
    assert study.reply.names() == ["text", "apologize"]
    assert await study.outcome() == "done"


async def test_a_chat_that_is_gone_ends_the_note_quietly(study: Study) -> None:
    gone = PlatformRefusedError(platform="paper", reason="chat not found")
    study.reply.failures |= dict.fromkeys(("text", "apologize", "working"), gone)
    await study.answer()
    assert study.reply.said == []
    assert await study.outcome() == "platform.refused"
    asked = [asked[0] for asked in study.stages.asked]
    assert asked == ["decode", "hear", "translate"], "no voice is made"


async def test_a_memory_that_is_gone_is_told_without_its_path(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        exchange = await study.exchange()
    await exchange.answer()
    assert study.reply.sentences() == [
        "My memory can't be reached now; try again in a few minutes."
    ]


async def test_a_refusal_is_told_and_noted(study: Study) -> None:
    exchange = await study.exchange()
    await exchange.refuse(BusyError(reason="person"))
    assert study.reply.sentences()[0].startswith("Some of your notes still wait")
    assert await study.outcome() == "busy.person"


# cancellation, at each place where something is waited for


async def cut_off(study: Study, exchange: NoteExchange) -> None:
    answering = asyncio.create_task(exchange.answer())
    await study.stages.reached.wait()
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert len(asyncio.all_tasks()) == 1, "nothing goes on"


@pytest.mark.parametrize("stage", ["hear", "translate"])
async def test_cut_off_before_the_text_it_is_told_and_may_be_sent_again(
    study: Study, stage: str
) -> None:
    study.stages.gates[stage] = asyncio.Event()
    exchange = await study.exchange()
    await cut_off(study, exchange)
    assert await study.outcome() is None, "it is known to be unfinished"
    await exchange.abandon(BusyError(reason="stopping"))
    assert study.reply.sentences() == [
        "I am being restarted; please send this note again in a minute."
    ]
    assert await study.outcome() == "busy.stopping"


async def test_cut_off_after_the_text_it_is_done_but_for_the_voice(study: Study) -> None:
    study.stages.gates["speak"] = asyncio.Event()
    exchange = await study.exchange()
    await cut_off(study, exchange)
    await exchange.abandon(BusyError(reason="stopping"))
    assert study.reply.names() == ["text", "apologize"]
    assert await study.outcome() == "done"


async def test_cut_off_without_a_voice_to_come_nothing_more_is_said(study: Study) -> None:
    await study.stores.preferences.change_person(person(), quick_voice=False)
    exchange = await study.exchange()
    await exchange.answer()
    await exchange.abandon(BusyError(reason="stopping"))
    assert study.reply.names() == ["text"]


async def test_who_could_not_be_told_stays_to_be_told_after_the_restart(study: Study) -> None:
    study.stages.gates["hear"] = asyncio.Event()
    study.reply.failures["apologize"] = PlatformUnreachableError(platform="paper")
    exchange = await study.exchange()
    await cut_off(study, exchange)
    await exchange.abandon(BusyError(reason="stopping"))
    assert [lost.message for lost in await study.unfinished()] == ["1"]


async def test_cancelled_at_whatever_step_it_ends_once_and_leaves_nothing_running(
    study: Study,
) -> None:
    finished_by_itself = 0
    for steps in range(0, 400, 7):
        study.reply.said.clear()
        about = note(f"step-{steps}")
        exchange = await study.exchange(about)
        answering = asyncio.create_task(exchange.answer())
        await settle(steps)
        answering.cancel()
        try:
            await answering
            finished_by_itself += 1
        except asyncio.CancelledError:
            await exchange.abandon(BusyError(reason="stopping"))
        assert len(asyncio.all_tasks()) == 1
        assert study.reply.names() in (
            ["apologize"],
            ["text", "apologize"],
            ["text", "speech"],
        )
    assert not await study.unfinished()
    assert finished_by_itself < 58, "some were cut off"


async def test_who_was_answered_is_not_told_of_the_end_of_the_program_as_well(
    study: Study,
) -> None:
    seen: list[Finished] = []
    study.watch(seen.append)
    exchange = await study.exchange()
    answering = asyncio.create_task(exchange.answer())
    while not seen:  # noqa: ASYNC110 - to the turn of the loop
        await asyncio.sleep(0)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    await exchange.abandon(BusyError(reason="stopping"))
    assert [each.outcome for each in seen] == ["done"]
    assert not study.reply.sentences()
    assert not await study.unfinished()
