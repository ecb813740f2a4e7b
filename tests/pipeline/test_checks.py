"""True texts are believed, and faulty ones doubted."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import checks, languages
from pipeline.types import Doubt, Language, Segment, Transcript

FILE = Path(__file__).parent / "check_pairs.tsv"
PAIRS = list(
    csv.DictReader(
        FILE.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
    )
)
TRUE = [pair for pair in PAIRS if not pair["doubts"]]
FAULTY = [pair for pair in PAIRS if pair["doubts"]]
VI, EN, JA = map(languages.parse, ("vi", "en", "ja"))


def doubts(pair: dict[str, str]) -> tuple[Doubt, ...]:
    return checks.doubts_of_translation(
        pair["original"],
        pair["translation"],
        languages.parse(pair["source"]),
        languages.parse(pair["target"]),
    )


def test_there_are_enough_pairs_to_mean_something() -> None:
    assert len([each for each in TRUE if {each["source"], each["target"]} == {"en", "vi"}]) >= 60
    assert len(TRUE) >= 85
    assert {each["doubts"] for each in FAULTY} == {
        *(Doubt.NUMBERS, Doubt.LINKS, Doubt.LENGTH, Doubt.UNTRANSLATED, Doubt.LOOP)
    }


@pytest.mark.parametrize("pair", TRUE, ids=str)
def test_a_true_translation_is_believed(pair: dict[str, str]) -> None:
    assert doubts(pair) == ()


@pytest.mark.parametrize("pair", FAULTY, ids=str)
def test_a_faulty_translation_is_doubted_for_its_fault(pair: dict[str, str]) -> None:
    assert Doubt(pair["doubts"]) in doubts(pair)


def test_every_phrase_of_the_demo_is_believed_both_ways() -> None:
    file = Path(checks.__file__).parent / "demo" / "phrases.tsv"
    text = file.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) > 200
    for _, _, english, vietnamese in (line.split("\t") for line in lines):
        assert checks.doubts_of_translation(english, vietnamese, EN, VI) == ()
        assert checks.doubts_of_translation(vietnamese, english, VI, EN) == ()


def heard(
    text: str,
    language: Language = VI,
    *,
    seconds: float = 2.0,
    log_probability: float = -0.2,
    no_speech: float = 0.02,
    ratio: float = 1.2,
) -> Transcript:
    segment = Segment(text, 0.0, seconds, log_probability, no_speech, ratio)
    return Transcript(text, language, 1.0, (segment,), seconds, "model")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Cảm ơn các bạn đã theo dõi", VI),
        ("Tôi xem La La Land rồi", VI),
        ("Bạn nên đăng ký kênh này, hay lắm", VI),
        ("không không không không được đâu", VI),
        ("đi đi đi đi đi", VI),
        ("ha ha ha ha ha ha ha", VI),
        ("Thank you.", EN),
        ("Thanks for watching!", EN),
        ("Go, go, go, go, go!", EN),
        ("I really, really, really mean it", EN),
        ("Bye bye", EN),
        ("ははははは", JA),
        ("OK Google", JA),
        ("I said hahahahahahahaha", EN),
    ],
)
def test_what_people_do_say_is_believed_when_it_was_heard_well(
    text: str, language: Language
) -> None:
    transcript = heard(text, language)
    expected = (Doubt.UNSURE,) if text == "OK Google" else ()
    assert checks.doubts_of_transcript(transcript) == expected


@pytest.mark.parametrize("weak", [{"no_speech": 0.7}, {"log_probability": -0.9}, {"seconds": 0.1}])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hãy subscribe cho kênh La La School Để không bỏ lỡ những video hấp dẫn", VI),
        ("Hãy subscribe cho kênh Ghiền Mì Gõ Để không bỏ lỡ những video hấp dẫn", VI),
        ("Cảm ơn các bạn đã theo dõi và hẹn gặp lại.", VI),
        ("Thanks for watching!", VI),
        ("Thanks for watching!", EN),
        ("Thank you.", EN),
        ("ご視聴ありがとうございました", JA),
        ("Subtitles by the Amara.org community", JA),
    ],
)
def test_invented_phrases_are_doubted_on_weak_evidence(
    text: str, language: Language, weak: dict[str, float]
) -> None:
    transcript = heard(text, language, **weak)
    assert Doubt.INVENTED in checks.doubts_of_transcript(transcript)


def test_credits_need_strong_evidence_and_courtesies_only_some() -> None:
    so_so = {"no_speech": 0.3, "log_probability": -0.6}
    credit = heard("Ghiền Mì Gõ", seconds=1.0, **so_so)  # type: ignore[arg-type] # as above
    courtesy = heard("Cảm ơn các bạn đã theo dõi", **so_so)  # type: ignore[arg-type] # as above
    assert checks.doubts_of_transcript(credit) == (Doubt.INVENTED,)
    assert checks.doubts_of_transcript(courtesy) == ()


def test_a_courtesy_among_other_words_is_believed_even_when_indistinct() -> None:
    text = "Cảm ơn các bạn đã theo dõi, mai chúng ta họp lúc chín giờ"
    assert checks.doubts_of_transcript(heard(text, seconds=4.0, no_speech=0.7)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "tôi đi tôi đi tôi đi tôi đi tôi đi tôi đi",
        "và " * 30,
        "Trời đẹp quá. Trời đẹp quá. Trời đẹp quá. Trời đẹp quá.",
        "a" * 200,
        "わかりましたわかりましたわかりましたわかりました",
    ],
)
def test_the_same_again_and_again_is_a_loop(text: str) -> None:
    assert Doubt.LOOP in checks.doubts_of_transcript(heard(text))


def test_text_that_compresses_too_well_is_a_loop() -> None:
    assert checks.doubts_of_transcript(heard("lạ thật", ratio=2.5)) == (Doubt.LOOP,)


def test_low_probability_is_said() -> None:
    assert checks.doubts_of_transcript(heard("ừ", log_probability=-1.1)) == (Doubt.UNSURE,)


def test_vietnamese_in_chinese_letters_is_not_sure() -> None:
    assert checks.doubts_of_transcript(heard("你好吗")) == (Doubt.UNSURE,)


def test_nothing_heard_is_nothing_doubted() -> None:
    assert checks.doubts_of_transcript(Transcript("", VI, 1.0, (), 0.0, "model")) == ()


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(languages.known()))
def test_no_text_of_any_kind_is_too_strange(one: str, other: str, language: Language) -> None:
    for source, target in ((VI, language), (language, EN)):
        found = checks.doubts_of_translation(one, other, source, target)
        assert len(set(found)) == len(found)
    assert isinstance(checks.doubts_of_transcript(heard(one, language)), tuple)


@given(st.text(max_size=100), st.sampled_from(languages.known()))
def test_a_text_in_its_own_language_is_never_doubted(text: str, language: Language) -> None:
    assert checks.doubts_of_translation(text, text, language, language) == ()


@pytest.mark.parametrize("unit", ["a", "1", "a.", "a@", "@a", "1,", "một ", "ha", "1 k ", "你"])
def test_a_long_hostile_text_is_judged_in_moments(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    checks.doubts_of_translation(text, text[:-1], VI, EN)
    checks.doubts_of_transcript(heard(text))
