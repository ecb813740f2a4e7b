"""Overlapping texts, joined: nothing twice, nothing lost, nothing invented."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import NoSpeechError
from pipeline.joints import continued
from pipeline.pipeline import Heard, Translated
from pipeline.types import Request
from tests.pipeline.fake_stages import VI, House

ENGLISH = ["garlic", "yellow", "doctor", "kitchen", "summer", "bridge", "passport", "thumb"]
VIETNAMESE = ["hộ", "chiếu", "cuộc", "họp", "lúc", "tám", "giờ", "nhà", "sinh", "khỏe"]


# --- hostile text


@given(st.text(), st.text())
def test_whatever_was_heard_only_words_at_the_start_are_taken_away(before: str, text: str) -> None:
    assert text.endswith(continued(before, text))


@given(st.text(alphabet="aAáกี的。 \n", max_size=40), st.text(alphabet="aAáกี的。 \n", max_size=40))
def test_what_is_left_begins_with_no_stray_mark(before: str, text: str) -> None:
    left = continued(before, text)
    assert left == text or not left.startswith("ี")


def test_long_texts_take_no_time() -> None:
    text = "no " * 100_000
    assert continued(text, text).count("no") == 100_000 - 8


@pytest.mark.parametrize("text", ["", " ", "...", "?!", "😀", "\0", "\ud800"])
def test_texts_without_words_are_left_as_they_are(text: str) -> None:
    assert continued("good night", text) == text
    assert continued(text, "good night") == "good night"


# --- what is heard twice is said once


@given(
    st.sampled_from([ENGLISH, VIETNAMESE]).flatmap(
        lambda words: st.lists(st.sampled_from(words), min_size=2, unique=True)
    ),
    st.data(),
)
def test_repeated_words_are_taken_away_whatever_their_case_and_punctuation(
    words: list[str], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(words)))
    overlap = data.draw(st.integers(1, min(cut, 8)))
    dressed = st.sampled_from([str.upper, str.title, "{},".format, "“{}”".format, "{}...".format])
    again = [data.draw(dressed)(each) for each in words[cut - overlap : cut]]
    text = " ".join([*again, *words[cut:]])
    assert continued(" ".join(words[:cut]) + ".", text) == " ".join(words[cut:])


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        ("We need a table for four", "able for four people.", "people."),
        ("Please turn on your microphone", "phone, please.", "please."),
        ("Tôi bị mất hộ chiếu. Bạn", "Êu, bạn giúp tôi được không?", "giúp tôi được không?"),
        ("The meeting starts at", "Eating starts at eight.", "eight."),
    ],
)
def test_half_a_word_at_the_start_was_said_before(before: str, text: str, left: str) -> None:
    assert continued(before, text) == left


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        ("We need a table for fo", "a table for four people.", "four people."),
        ("Please turn on your mic", "your microphone, please.", "microphone, please."),
        ("I lost my pass", "passport.", "passport."),
        ("Nhà vệ si", "vệ sinh ở đâu?", "sinh ở đâu?"),
    ],
)
def test_half_a_word_at_the_end_is_said_whole_in_what_follows(
    before: str, text: str, left: str
) -> None:
    assert continued(before, text) == left


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        ("Please turn on your microphones", "your microphone, please.", "please."),
        ("We need a table for who", "a table for four people.", "four people."),
        ("Tôi bị mất hộ chiếu", "Lộ chiếu. Bạn giúp tôi?", "Bạn giúp tôi?"),
    ],
)
def test_a_misheard_word_at_the_edge_hides_no_repetition(before: str, text: str, left: str) -> None:
    assert continued(before, text) == left


def test_more_may_be_heard_again_than_was_told_before() -> None:
    assert continued("Bạn giúp tôi", "Chiếu. Bạn giúp tôi được không?") == "được không?"


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        ("会议八点开始", "八点开始。请准时。", "请准时。"),
        ("会议八点开", "是八点开始。请准时。", "始。请准时。"),
        ("会議は八時に始ま", "八時に始まります。", "ります。"),
        ("สวัสดีครับ ผมชื่อ", "ผมชื่อสมชาย", "สมชาย"),
    ],
)
def test_where_words_are_not_spaced_signs_are_compared(before: str, text: str, left: str) -> None:
    assert continued(before, text) == left


# --- what was truly said twice stays


@pytest.mark.parametrize(
    ("before", "text", "left"),
    [
        ("no no no", "no no no, I said.", "I said."),
        ("no", "no no no, I said.", "no no, I said."),
        ("no no", "no no no no no", "no no no"),
    ],
)
def test_of_a_true_repetition_no_more_is_taken_than_was_said(
    before: str, text: str, left: str
) -> None:
    assert continued(before, text) == left


def test_no_more_is_taken_than_is_said_in_a_second() -> None:
    count = " ".join(string.ascii_lowercase)
    assert continued(count, count) == count


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("hello world", "something else"),
        ("it costs 5", "50 dollars"),
        ("I want a", "ally of yours"),
        ("我不", "不是"),
        ("ก", "กำลัง"),
        ("the first", "a second first"),
        ("", "good night"),
    ],
)
def test_if_in_doubt_nothing_is_taken_away(before: str, text: str) -> None:
    assert continued(before, text) == text


def test_nothing_may_be_left() -> None:
    assert continued("I lost my passport.", "Lost my passport!") == ""


# --- in the pipeline


async def test_only_what_is_new_is_told_and_translated() -> None:
    house = House("Lost it, good night.")
    request = Request(sound=b"sound", targets=(VI,), voice=None, follows="I think I lost it")
    house.stages.words["good night."] = "chúc ngủ ngon."
    heard, translated = [event async for event in house.pipeline.run(request)]
    assert isinstance(heard, Heard)
    assert heard.transcript.text == "good night."
    assert isinstance(translated, Translated)
    assert translated.translation.text == "chúc ngủ ngon."
    assert house.stages.batches() == [["good night."]]


async def test_an_utterance_that_adds_nothing_is_as_silent_as_silence() -> None:
    house = House("Good night.")
    request = Request(sound=b"sound", targets=(VI,), follows="And a good night")
    with pytest.raises(NoSpeechError):
        await anext(house.pipeline.run(request))


async def test_without_an_overlap_a_repetition_is_heard_as_it_is() -> None:
    heard, *_ = await House("Good night. Good night.").interpret(voice=None)
    assert isinstance(heard, Heard)
    assert heard.transcript.text == "Good night. Good night."
