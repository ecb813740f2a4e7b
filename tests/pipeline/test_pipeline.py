"""The order of things: text first, then voice; every failure has a way on."""

from contextlib import aclosing

import pytest

from pipeline.errors import EngineError, EngineTimeoutError, NoSpeechError, WorkerLostError
from pipeline.pipeline import Heard, Spoken, Translated, Unspoken
from pipeline.types import Doubt, Request, Term, Translation, Voice
from tests.pipeline.fake_stages import EN, NORMAL, SPEC, VI, House, Stages


async def test_text_comes_before_the_voice() -> None:
    heard, translated, spoken = await House().interpret()
    assert isinstance(heard, Heard)
    assert heard.transcript.text == "Good night."
    assert isinstance(translated, Translated)
    assert translated.translation.text == "Chúc ngủ ngon."
    assert isinstance(spoken, Spoken)
    assert (spoken.speech.language, spoken.speech.engine) == (VI, "gtts")


async def test_each_result_is_given_before_the_next_is_begun() -> None:
    house = House()
    events = house.pipeline.run(Request(sound=b"sound", targets=(VI,)))
    await anext(events)
    assert [asked[0] for asked in house.stages.asked] == ["decode", "hear"]
    await anext(events)
    assert [asked[0] for asked in house.stages.asked] == ["decode", "hear", "translate"]


async def test_the_first_target_that_is_not_spoken_is_chosen() -> None:
    _, translated, _ = await House("Chúc ngủ ngon.", VI).interpret(targets=(VI, EN))
    assert isinstance(translated, Translated)
    assert translated.translation.target == EN


async def test_speech_in_the_wished_language_is_passed_on_without_a_translator() -> None:
    house = House()
    _, translated = await house.interpret(targets=(EN,))
    assert isinstance(translated, Translated)
    assert (translated.translation.text, translated.translation.engine) == ("Good night.", "none")
    assert not translated.translation.doubts
    assert house.stages.batches() == []


async def test_text_alone_if_no_voice_is_wished() -> None:
    assert len(await House().interpret(voice=None)) == 2


async def test_only_the_language_that_is_wished_is_spoken() -> None:
    assert len(await House().interpret(targets=(VI,), voice_into=EN)) == 2
    assert len(await House().interpret(targets=(VI,), voice_into=VI)) == 3


async def test_sentences_are_translated_in_one_batch() -> None:
    house = House("Good night. I lost my passport.")
    _, translated, _ = await house.interpret()
    assert house.stages.batches() == [["Good night.", "I lost my passport."]]
    assert isinstance(translated, Translated)
    assert translated.translation.text == "Chúc ngủ ngon. Tôi bị mất hộ chiếu."


async def test_what_is_remembered_is_not_translated_again() -> None:
    house = House()
    await house.interpret()
    house.stages.text = "Good night. I lost my passport."
    _, translated, _ = await house.interpret()
    assert house.stages.batches() == [["Good night."], ["I lost my passport."]]
    assert isinstance(translated, Translated)
    assert translated.translation.text == "Chúc ngủ ngon. Tôi bị mất hộ chiếu."


async def test_a_repeated_sentence_is_translated_once_and_said_twice() -> None:
    house = House("Good night. Good night.")
    _, translated, _ = await house.interpret()
    assert house.stages.batches() == [["Good night."]]
    assert isinstance(translated, Translated)
    assert translated.translation.text == "Chúc ngủ ngon. Chúc ngủ ngon."


async def test_keys_of_the_cache_reveal_nothing() -> None:
    house = House()
    await house.interpret()
    assert all(len(key) == 64 and "night" not in key for key in house.memory.values)


async def test_the_next_translator_serves_when_the_first_fails() -> None:
    house = House()
    house.stages.failures["nllb"] = EngineError(engine="nllb")
    _, translated, _ = await house.interpret()
    assert isinstance(translated, Translated)
    assert translated.translation.engine == "libretranslate"


async def test_the_original_is_passed_on_marked_when_all_translators_fail() -> None:
    house = House()
    house.stages.failures |= {"nllb": WorkerLostError(), "libretranslate": EngineTimeoutError()}
    _, translated = await house.interpret()
    assert isinstance(translated, Translated)
    assert translated.translation.text == "Good night."
    assert translated.translation.target == EN, "it is still English, and must be spoken so"
    assert translated.translation.doubts == (Doubt.UNTRANSLATED,)


async def test_a_lost_number_is_marked() -> None:
    _, translated, _ = await House("Call 115 now.").interpret()
    assert isinstance(translated, Translated)
    assert Doubt.NUMBERS in translated.translation.doubts


async def test_the_next_voice_speaks_when_the_first_fails() -> None:
    house = House()
    house.stages.failures["gtts"] = EngineTimeoutError(engine="gtts")
    *_, spoken = await house.interpret()
    assert isinstance(spoken, Spoken)
    assert spoken.speech.engine == "espeak"


async def test_the_text_stands_when_no_voice_can_speak() -> None:
    house = House()
    house.stages.failures |= {"gtts": EngineTimeoutError(), "espeak": EngineError(engine="espeak")}
    _, translated, unspoken = await house.interpret()
    assert isinstance(translated, Translated)
    assert isinstance(unspoken, Unspoken)
    assert unspoken.error.details == {"engine": "espeak"}


async def test_a_sound_that_cannot_be_heard_ends_at_once_and_harms_nobody_else() -> None:
    house = House()
    house.stages.failures["whisper"] = NoSpeechError()
    with pytest.raises(NoSpeechError):
        await house.interpret()
    house.stages.failures.clear()
    assert len(await house.interpret()) == 3


async def test_progress_is_told_while_listening() -> None:
    told: list[float] = []
    house = House()
    async for _ in house.pipeline.run(Request(sound=b"sound", targets=(VI,)), told.append):
        pass
    assert told == [1.5]


async def test_what_is_warmed_is_what_the_first_request_needs() -> None:
    house = House()
    await house.pipeline.warm()
    (decoder, (name, specs, vad)) = house.stages.asked
    assert (decoder, name) == (("ready",), "warm")
    assert specs == (SPEC.recognizers.default, SPEC.translators[0])
    assert vad == SPEC.vad


async def translated_with(house: House, *terms: Term) -> Translation:
    request = Request(sound=b"sound", targets=(VI,), terms=terms, voice=None)
    _, translated = [event async for event in house.pipeline.run(request)]
    assert isinstance(translated, Translated)
    return translated.translation


async def test_a_term_of_the_glossary_reads_as_wished() -> None:
    night = Term("good night", "chúc ngủ NGON")
    assert (await translated_with(House(), night)).text == "chúc ngủ NGON."


async def test_the_translator_is_asked_what_a_term_is_by_itself_when_it_is_not_found() -> None:
    house = House("I lost my passport.")
    house.stages.words["passport"] = "hộ chiếu"
    found = await translated_with(house, Term("passport", "passport"))
    assert found.text == "Tôi bị mất passport."
    assert not found.doubts
    assert house.stages.batches() == [["I lost my passport."], ["passport"]]


async def test_a_term_that_has_no_place_in_the_translation_is_marked() -> None:
    found = await translated_with(House("I lost my passport."), Term("passport", "laissez-passer"))
    assert found.text == "Tôi bị mất hộ chiếu."
    assert Doubt.TERMS in found.doubts


async def test_a_term_that_was_not_said_costs_nothing() -> None:
    house = House()
    found = await translated_with(house, Term("passport", "laissez-passer"))
    assert not found.doubts
    assert house.stages.batches() == [["Good night."]]


async def test_what_was_spoken_is_not_spoken_again_unless_voice_or_pace_differ() -> None:
    house = House()
    for voice in (NORMAL, NORMAL, Voice(speed=1.5), Voice(name="other")):
        *_, spoken = await house.interpret(voice=voice)
        assert isinstance(spoken, Spoken)
    assert [asked[0] for asked in house.stages.asked].count("speak") == 3
    assert all(len(key) == 64 for key in house.speeches.values), "a digest, never the text"


async def test_the_voices_are_those_of_the_first_engine_that_answers() -> None:
    house = House()
    assert await house.pipeline.voices(VI) == ["gtts-vi"]
    house.stages.failures["gtts"] = EngineTimeoutError(engine="gtts")
    assert await house.pipeline.voices(VI) == ["espeak-vi"]
    house.stages.failures["espeak"] = EngineError(engine="espeak")
    assert await house.pipeline.voices(VI) == []


async def test_what_is_computed_elsewhere_asks_nothing_of_the_usual_worker() -> None:
    house, other = House(), Stages()
    ears = house.pipeline.elsewhere(other)
    async with aclosing(ears.run(Request(sound=b"x", targets=(VI,)))) as events:
        async for event in events:
            assert isinstance(event, Heard)
            break
    assert [asked[0] for asked in other.asked] == ["hear"]
    assert "hear" not in [asked[0] for asked in house.stages.asked]
    await house.interpret()
    assert "hear" in [asked[0] for asked in house.stages.asked]
