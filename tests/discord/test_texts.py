"""Answers as Discord takes them: shown as they were said, whole, and never too long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord import texts
from pipeline.types import Doubt, Language, Transcript, Translation

EN, VI = Language("en"), Language("vi")


def heard(text: str, *doubts: Doubt) -> Transcript:
    return Transcript(text, EN, 0.9, (), 1.0, "whisper", doubts)


def translated(text: str, *doubts: Doubt) -> Translation:
    return Translation(text, EN, VI, "nllb", doubts)


def read(message: str) -> str:
    """What Discord makes of the markup that is meant as such."""
    plain = re.sub(r"^(?:-# |> )", "", message, flags=re.MULTILINE)
    plain = re.sub(r"(?<!\\)<(https?://[^\s<>]+)>", r"\1", plain)
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", plain)


def bare(text: str) -> str:
    return "".join(text.split())


def test_the_original_stands_before_what_it_means() -> None:
    (message,) = texts.answer(heard("Good night."), translated("Chúc ngủ ngon."), "en")
    assert message == "-# English\n> Good night.\n-# Vietnamese\nChúc ngủ ngon."


@pytest.mark.parametrize(
    "said",
    [
        "**bold** _under_ ~~struck~~ ||hidden|| `code` \\ [text](https://example.org)",
        "# heading\n- list\n-# small\n> quote\n>>> quotes\n  - list",
        "<@123456789> <@&1> <#1> <:name:1> <t:0> </help:1> @everyone",
        "[click](<https://example.org>) <https://example.org>",
    ],
)
def test_what_was_said_is_never_markup(said: str) -> None:
    shown = texts.escaped(said)
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_~|`\[\]]", re.sub(r"<https?://[^>]*>", "", shown))
    assert not re.search(r"^[ \t]*[-#>]", shown, re.MULTILINE)
    assert not re.search(r"(?<!\\)<(?!https?://)", shown)
    assert read(shown) == said


def test_an_address_stays_whole_and_shows_no_preview() -> None:
    said = "See https://example.org/a_b_c?x=*1*, then (https://example.org/~me)."
    shown = texts.escaped(said)
    assert "<https://example.org/a_b_c?x=*1*>" in shown
    assert "<https://example.org/~me>" in shown
    assert read(shown) == said


def test_every_line_of_the_original_is_quoted() -> None:
    (message,) = texts.answer(heard("One.\nTwo."), translated("Một."), "en")
    assert "> One.\n> Two.\n" in message


def test_a_doubt_is_marked_once_in_the_language_of_the_reader() -> None:
    doubts = (Doubt.UNSURE, Doubt.NUMBERS)
    (message,) = texts.answer(heard("One.", Doubt.UNSURE), translated("Hai.", *doubts), "vi")
    assert message.count("nghe không rõ") == 1
    assert "\N{WARNING SIGN}" in message


def test_what_was_not_translated_is_shown_once() -> None:
    same = Translation("Good night.", EN, EN, "none", (Doubt.UNTRANSLATED,))
    (message,) = texts.answer(heard("Good night."), same, "en")
    assert message.count("Good night.") == 1
    assert "not translated" in message


@pytest.mark.parametrize("letter", ["a", "ệ", "\N{GRINNING FACE}", "你", "*", "<", "#"])
def test_a_long_text_is_split_and_nothing_is_lost(letter: str) -> None:
    said = " ".join(f"{letter * 37}{number}." for number in range(200))
    messages = texts.answer(heard(said, Doubt.LOOP), translated(said), "en")
    assert len(messages) > 1
    assert all(texts.units(message) <= texts.LIMIT for message in messages)
    assert bare("".join(map(read, messages))).count(bare(said)) == 2
    assert "repeats itself" in messages[-1]


def test_a_split_falls_between_sentences() -> None:
    said = " ".join(["This is a sentence of a long story."] * 150)
    parts = texts.answer(heard(said), translated("Ngắn."), "en")
    assert len(parts) > 2
    assert all(part.strip().endswith(".") for part in parts)


def test_the_file_holds_everything_as_it_was_said() -> None:
    said, meant = "*One.* " * 900, "_Một._ " * 900
    file = texts.written(heard(said, Doubt.LOOP), translated(meant), "en").decode()
    assert said.strip() in file
    assert meant.strip() in file
    assert "repeats itself" in file


def test_a_card_that_is_too_long_says_that_there_is_more() -> None:
    lines = [f"{number}. {'*' * 150}" for number in range(20)]
    short = texts.shortened("\n".join(lines))
    assert texts.units(short) <= texts.LIMIT
    assert short.endswith("…")
    assert texts.shortened("a *card*") == r"a \*card\*"


@given(st.text(max_size=9000), st.text(max_size=9000))
def test_any_text_fits(said: str, meant: str) -> None:
    for message in texts.answer(heard(said, *Doubt), translated(meant), "vi"):
        assert 0 < texts.units(message) <= texts.LIMIT
        message.encode("utf-8")
    assert texts.units(texts.shortened(said)) <= texts.LIMIT
    texts.written(heard(said), translated(meant), "vi").decode()


@given(st.text(alphabet="*_\\[]()<>@#-|` \nahtps:/.", max_size=60))
def test_any_markup_is_shown_as_it_is(said: str) -> None:
    shown = texts.escaped(said)
    assert read(shown).replace("<", "").replace(">", "") == said.replace("<", "").replace(">", "")
