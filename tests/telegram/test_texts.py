"""Answers as Telegram takes them: escaped, whole, and never too long."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram import texts
from pipeline.types import Doubt, Language, Transcript, Translation

EN, VI = Language("en"), Language("vi")


def heard(text: str, *doubts: Doubt) -> Transcript:
    return Transcript(text, EN, 0.9, (), 1.0, "whisper", doubts)


def translated(text: str, *doubts: Doubt) -> Translation:
    return Translation(text, EN, VI, "nllb", doubts)


def read(message: str) -> str:
    """What Telegram makes of the HTML."""
    return html.unescape(re.sub(r"</?(?:i|blockquote)>", "", message))


def bare(text: str) -> str:
    return "".join(text.split())


def test_the_original_stands_before_what_it_means() -> None:
    (message,) = texts.answer(heard("Good night."), translated("Chúc ngủ ngon."), "en")
    assert read(message) == "English\nGood night.\nVietnamese\nChúc ngủ ngon."


def test_what_was_said_is_never_formatting() -> None:
    said = "<b>5 < 6 && 7 > 6</b> &lt; </blockquote>"
    (message,) = texts.answer(heard(said), translated(said), "en")
    assert "<b>" not in message
    assert read(message).count(said) == 2


def test_a_doubt_is_marked_once_in_the_language_of_the_reader() -> None:
    doubts = (Doubt.UNSURE, Doubt.NUMBERS)
    (message,) = texts.answer(heard("One.", Doubt.UNSURE), translated("Hai.", *doubts), "vi")
    assert read(message).count("nghe không rõ") == 1
    assert "\N{WARNING SIGN}" in message


def test_what_was_not_translated_is_shown_once() -> None:
    same = Translation("Good night.", EN, EN, "none", (Doubt.UNTRANSLATED,))
    (message,) = texts.answer(heard("Good night."), same, "en")
    assert read(message).count("Good night.") == 1
    assert "not translated" in message


@pytest.mark.parametrize("letter", ["a", "ệ", "\N{GRINNING FACE}", "你", "&", "<"])
def test_a_long_text_is_split_and_nothing_is_lost(letter: str) -> None:
    said = " ".join(f"{letter * 37}{number}." for number in range(400))
    messages = texts.answer(heard(said, Doubt.LOOP), translated(said), "en")
    assert len(messages) > 1
    assert all(texts.units(read(message)) <= texts.LIMIT for message in messages)
    whole = bare("".join(map(read, messages)))
    assert whole.count(bare(said)) == 2
    assert all(
        message.count("<blockquote>") == message.count("</blockquote>") for message in messages
    )
    assert "repeats itself" in messages[-1]


def test_a_split_falls_between_sentences() -> None:
    said = " ".join(["This is a sentence of a long story."] * 300)
    parts = texts.answer(heard(said), translated("Ngắn."), "en")
    assert all(read(part).strip().endswith(".") for part in parts)


@given(st.text(max_size=9000), st.text(max_size=9000))
def test_any_text_fits(said: str, meant: str) -> None:
    for message in texts.answer(heard(said, *Doubt), translated(meant), "vi"):
        assert 0 < texts.units(read(message)) <= texts.LIMIT
        message.encode("utf-8")
