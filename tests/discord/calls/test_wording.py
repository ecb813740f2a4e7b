"""Hostile names and texts: they are read, and do nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.calls import wording
from bot.discord.texts import LIMIT, units
from pipeline.types import Doubt
from tests.discord.calls.surfaces import EN, VI, heard, meaning

HOSTILE = [
    "@everyone",
    "@here <@123456789012345678> <@&1> <#2> </join:3>",
    "<t:0:R> <:emoji:1> <a:emoji:2> :smile:",
    "[free](https://example.org/a_b) https://example.org discord.gg/abc",
    "**bold** __under__ ~~struck~~ ||spoiler|| `code` ```block```",
    "# title",
    "-# small",
    "> quote",
    "- item",
    "back\\slash \\*",
]


def as_read(text: str) -> str:
    """Return what Discord shows of an escaped text, in which nothing else may be active."""
    left = re.sub(r"\\[^0-9A-Za-z\s]", "", text).replace("@\u200b", "")
    assert not re.search(r"[\\*_~`|<>\[\]()#:@/-]", left)
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text).replace("@\u200b", "@")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_only_read(text: str) -> None:
    assert as_read(wording.escaped(text)) == text


@pytest.mark.parametrize("mention", ["@everyone", "@here", "<@1>", "<@&1>", "<#1>", "</join:1>"])
def test_no_mention_is_left_whole_whatever_the_channel_allows(mention: str) -> None:
    assert mention not in wording.escaped(mention)
    assert mention not in wording.head(mention)
    assert "@everyone" not in wording.escaped("\\@everyone")


@given(st.text())
def test_every_text_is_shown_as_it_is_in_at_most_twice_the_room(text: str) -> None:
    line = wording.one_line(text)
    assert as_read(wording.escaped(line)) == line
    assert units(wording.escaped(line)) <= 2 * len(line)


@given(st.text(st.characters()))
def test_one_line_is_one_line_that_goes_one_way(text: str) -> None:
    line = wording.one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == " ".join(line.split())
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\0")
    line.encode()


def test_letters_that_need_joiners_keep_them() -> None:
    family = "👨‍👩‍👧 می‌خواهم"
    assert wording.one_line(family) == family


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("An", "**An:** "),
        ("", "**?:** "),
        ("\u202e\n", "**?:** "),
        ("a\n**b:** x", r"**a \*\*b\:\*\* x:** "),
        ("x" * 5_000, f"**{'x' * 32}:** "),
        ("\u202eevil", "**evil:** "),
    ],
)
def test_a_name_can_be_nothing_but_a_name(name: str, head: str) -> None:
    assert wording.head(name) == head


@given(
    st.text(st.sampled_from("ab *@👍ờ.。\n"), max_size=6_000),
    st.text(st.sampled_from("ab *@👍ờ.。\n"), max_size=6_000),
    st.integers(300, 2_000),
)
def test_an_overlong_caption_comes_whole_in_lines_that_fit(
    original: str, translation: str, room: int
) -> None:
    doubts = (Doubt.LOOP, Doubt.UNSURE)
    lines = wording.bodies(
        heard(original, doubts=doubts), meaning(translation, doubts=doubts), "vi", room
    )
    assert all(0 < units(line) <= room for line in lines)
    read = "".join(as_read(line.partition(" (\N{WARNING SIGN}")[0]) for line in lines)
    assert re.sub(r"\s|→", "", read) == re.sub(r"\s", "", original + translation)
    if lines:
        assert lines[-1].count("\N{WARNING SIGN}") == 1
        assert not any("\N{WARNING SIGN}" in line for line in lines[:-1])


def test_an_overlong_caption_is_cut_at_sentences_the_meaning_after_the_original() -> None:
    original = " ".join(f"Đây là câu số {number}." for number in range(60))
    translation = " ".join(f"This is sentence number {number}." for number in range(60))
    lines = wording.bodies(heard(original), meaning(translation), "vi", 900)
    assert all(line.endswith(".") for line in lines)
    meanings = [line for line in lines if line.startswith("→ ")]
    assert lines[-len(meanings) :] == meanings
    assert len(lines) > len(meanings) > 1


def test_what_could_not_be_translated_stands_alone_and_says_so() -> None:
    words = heard("Chúc ngủ ngon.")
    alone = meaning("Chúc ngủ ngon.", VI, VI, (Doubt.UNTRANSLATED,))
    (line,) = wording.bodies(words, alone, "en", 500)
    assert line == "Chúc ngủ ngon. (\N{WARNING SIGN}\ufe0f not translated)"


def test_a_word_of_ours_fits_a_message() -> None:
    assert wording.notice("Hello.\nAgain.") == "\N{WARNING SIGN}\ufe0f Hello. Again."
    assert units(wording.notice("👍" * 3_000)) <= LIMIT


def test_a_translation_without_words_leaves_the_original_alone() -> None:
    assert wording.bodies(heard("Hm.", EN), meaning("", EN, VI), "en", 500) == ["Hm."]
