"""What is read aloud is drawn from far more than anybody can record, and not too often a day."""

import itertools
import math
import unicodedata
from typing import Any

import pytest

from bot.consent import MOST, DrawnOutError, Sentences, composed, readable
from bot.messages.en import consent as english
from bot.messages.vi import consent as vietnamese
from pipeline.denials import refusals
from pipeline.types import Language
from storage.types import Person

EN, VI = Language("en"), Language("vi")
MAI, JOHN = Person("paper", "Mai"), Person("paper", "John")
CATALOGUES = pytest.mark.parametrize("catalogue", [english, vietnamese], ids=["en", "vi"])
MARKS = {"\u0302", "\u0306", "\u031b"}
"""Of letters: a hat, a bowl, a horn."""
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def in_every_tone(syllable: str) -> set[str]:
    """Return what a syllable may be misheard for in a tone language, and without any marks."""
    letters = unicodedata.normalize("NFD", syllable.lower())
    level = "".join(each for each in letters if each not in TONES)
    bare = "".join(each for each in level if not unicodedata.combining(each)).replace("đ", "d")
    found = {bare}
    for place in range(1, len(level) + 1):
        if (
            level[place - 1 : place] in {*"aeiouy"} | MARKS
            and level[place : place + 1] not in MARKS
        ):
            found |= {level[:place] + tone + level[place:] for tone in TONES}
    return {unicodedata.normalize("NFC", each) for each in found}


# --- the sentences


@CATALOGUES
def test_there_are_millions_of_them(catalogue: Any) -> None:
    assert all(len(set(each)) == len(each) for each in catalogue.WORDS)
    assert math.prod(map(len, catalogue.WORDS)) > 10**8


@pytest.mark.parametrize(("language", "catalogue"), [(EN, english), (VI, vietnamese)])
def test_one_is_drawn_from_all_lists_and_can_be_read_in_one_breath(
    language: Language, catalogue: Any
) -> None:
    drawn = {composed(language) for _ in range(300)}
    assert len(drawn) > 295, "hardly ever the same"
    assert max(map(len, drawn)) < 140
    for word in itertools.chain(*catalogue.WORDS):
        assert not any(letter.isdigit() for letter in word)
    for sentence in drawn:
        assert sentence.count(":") == 1, "which parts what everybody says from what was drawn"
        phrase = sentence.partition(": ")[2]
        assert all(any(word in phrase for word in each) for each in catalogue.WORDS)


@CATALOGUES
def test_no_word_of_it_is_misheard_for_a_refusal(catalogue: Any) -> None:
    clause = catalogue.CONSENT.partition(":")[0].split()
    words = itertools.chain(*(word.split() for each in catalogue.WORDS for word in each), clause)
    for word in words:
        spellings = in_every_tone(word) if catalogue is vietnamese else {word}
        assert [each for each in spellings if refusals(each)] == [], word


def test_what_follows_a_in_english_begins_with_a_consonant() -> None:
    assert not any(word[0] in "aeio" for word in english.WORDS[3])


def test_consent_is_read_in_the_first_language_that_it_can_be_given_in() -> None:
    assert readable([None, Language("fr"), VI, EN]) == VI
    assert readable([None, Language("fr")]) == EN
    assert readable([]) == EN


# --- how many a day


def test_a_person_is_shown_so_many_a_day_and_others_are_not_in_the_way() -> None:
    clock = Clock()
    sentences = Sentences(most=3, clock=clock)
    assert len({sentences.draw(MAI, EN) for _ in range(3)}) == 3
    with pytest.raises(DrawnOutError) as caught:
        sentences.draw(MAI, VI)
    assert caught.value.details == {"limit": 3}
    with pytest.raises(DrawnOutError):
        sentences.prove(MAI)
    sentences.prove(JOHN)
    assert sentences.draw(JOHN, EN)


def test_a_day_after_each_of_them_there_is_another() -> None:
    clock = Clock()
    sentences = Sentences(most=2, clock=clock)
    sentences.draw(MAI, EN)
    clock.now += 3_600
    sentences.draw(MAI, EN)
    clock.now += 86_400 - 3_600 - 1
    with pytest.raises(DrawnOutError):
        sentences.draw(MAI, EN)
    clock.now += 1
    sentences.draw(MAI, EN)
    with pytest.raises(DrawnOutError):
        sentences.draw(MAI, EN)


def test_none_is_shown_twice_to_a_person_in_a_day() -> None:
    drawn = iter(["a", "b", "a", "b", "c", "a"])
    sentences = Sentences(most=3, clock=Clock(), compose=lambda _: next(drawn))
    assert [sentences.draw(MAI, EN) for _ in range(3)] == ["a", "b", "c"]
    assert sentences.draw(JOHN, EN) == "a"


def test_what_was_shown_is_forgotten_after_a_day() -> None:
    clock = Clock()
    sentences = Sentences(clock=clock)
    for number in range(50):
        sentences.draw(Person("paper", str(number)), EN)
    assert sentences.known == 50
    clock.now += 86_400
    sentences.prove(MAI)
    assert sentences.known == 0


def test_everybody_may_fail_one_whole_enrolment_and_another() -> None:
    assert MOST >= 2 * 5
