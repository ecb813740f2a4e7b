import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.en import voices as english
from bot.messages.vi import voices as vietnamese
from pipeline.types import Language, Transcript
from pipeline.verifying import ENOUGH, edits, says


def heard(text: str) -> Transcript:
    return Transcript(text, Language("en"), 1.0, (), 1.0, "demo-whisper")


@pytest.mark.parametrize(
    ("text", "transcript"),
    [
        ("I lost my passport.", "i lost my passport"),
        ("Tôi bị mất hộ chiếu!", "tôi bị mất hộ chiếu"),
        ("Xin chào", "Xin chào"),  # composed and decomposed letters
        ("パスポートをなくしました。", "パスポート を なくしました"),
        ("I have 25 cats.", "I have twenty-five cats"),
        ("I have seven cats.", "I have 7 cats."),
        ("25", "twenty five"),
    ],
)
def test_what_was_said_counts_and_not_how_it_is_written(text: str, transcript: str) -> None:
    assert says(text, heard(transcript)) == 1


@pytest.mark.parametrize(
    ("text", "transcript"),
    [
        ("Turn left at the bridge.", ""),
        ("Turn left at the bridge.", "..."),
        ("Turn left at the bridge.", "Turn left"),
        ("Turn left.", "Turn left turn left turn left"),
        ("Turn left.", "Turn left and then I would like some of the yellow ones too"),
        ("25", "thank you for watching this video"),
        ("我丢了护照", "你吃饭了吗"),
    ],
)
def test_what_is_missing_repeated_or_made_up_is_found(text: str, transcript: str) -> None:
    assert says(text, heard(transcript)) < ENOUGH


def test_a_few_misheard_letters_are_forgiven() -> None:
    text = "The train to the mountains leaves in the evening."
    assert says(text, heard("The drain to the mountain leaves in the evening")) > 0.9 > ENOUGH


@pytest.mark.parametrize("catalogue", [english, vietnamese], ids=["en", "vi"])
def test_sentences_that_have_nothing_to_do_with_each_other_are_far_apart(
    catalogue: object,
) -> None:
    phrases: tuple[str, ...] = catalogue.PHRASES  # type: ignore[attr-defined]  # a module
    pairs = itertools.permutations(phrases, 2)
    assert max(says(one, heard(other)) for one, other in pairs) < 0.4


@given(st.text(), st.text())
def test_it_is_a_share_whatever_the_texts(text: str, transcript: str) -> None:
    assert 0 <= says(text, heard(transcript)) <= 1


def by_the_book(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for above, letter in enumerate(one):
        before, row[0] = row[0], above + 1
        for place, each in enumerate(other, 1):
            change = before + (letter != each)
            before, row[place] = row[place], min(change, row[place] + 1, row[place - 1] + 1)
    return row[-1]


@given(st.text("abcđ", max_size=12), st.text("abcđ", max_size=12))
def test_edits_are_counted_as_by_the_book(one: str, other: str) -> None:
    assert edits(one, other) == by_the_book(one, other)


def test_long_texts_are_compared_in_time() -> None:
    assert edits("ab" * 2_000, "ba" * 2_000) == 2
