"""Terms read as wished where their place is found, and nothing else changes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import terms
from pipeline.types import Language, Term

EN, VI = Language("en"), Language("vi")


def kept(text: str) -> Term:
    return Term(text, text)


@pytest.mark.parametrize(
    ("text", "term", "alone", "expected"),
    [
        ("Chúng tôi dùng dragoman.", kept("Dragoman"), "", "Chúng tôi dùng Dragoman."),
        ("Tôi gặp Nguyen ở chợ.", kept("Nguyễn"), "", "Tôi gặp Nguyễn ở chợ."),
        ("The unit is ready.", Term("đơn vị", "unit"), "", "The unit is ready."),
        ("Unit is ready.", Term("đơn vị", "unit"), "", "Unit is ready."),
        ("The troop is ready.", Term("đơn vị", "unit"), "Troop.", "The unit is ready."),
        ("The đơn vị is ready.", Term("đơn vị", "unit"), "", "The unit is ready."),
        ("我喜欢龙人。", kept("Dragoman"), "龙人", "我喜欢Dragoman。"),
        ("a  b c", Term("x", "y"), "a b", "y c"),
    ],
)
def test_a_term_reads_as_wished(text: str, term: Term, alone: str, expected: str) -> None:
    assert terms.settle(text, [term], {term.text: alone}) == (expected, ())


@pytest.mark.parametrize(
    ("text", "term", "alone"),
    [
        ("The units are ready.", Term("đơn vị", "squad"), "unit"),
        ("Nothing of it is here.", kept("Dragoman"), ""),
        ("Ma is a ghost.", kept("Má"), ""),
        ("Here.", kept("Dragoman"), " ?! "),
    ],
)
def test_a_term_without_a_place_changes_nothing_and_is_told(
    text: str, term: Term, alone: str
) -> None:
    assert terms.settle(text, [term], {term.text: alone}) == (text, (term,))


def test_only_whole_words_of_the_original_count_and_in_any_case_and_form() -> None:
    an = kept("An")
    assert terms.concerning([an], "an is here", VI) == (an,)
    assert terms.concerning([an], "Anna can plan", VI) == ()
    name = kept("Hà Nội")
    decomposed = unicodedata.normalize("NFD", "ở hà  nội đây")
    assert terms.concerning([name], decomposed, EN) == (name,)


def test_words_that_are_not_spaced_are_found_within() -> None:
    city = Term("東京", "Tokyo")
    assert terms.concerning([city], "私は東京に住んでいます", EN) == (city,)


def test_a_term_for_another_language_does_not_concern_this_one() -> None:
    term = Term("đơn vị", "unit", EN)
    assert terms.concerning([term], "đơn vị này", VI) == ()
    assert terms.concerning([term], "đơn vị này", EN) == (term,)


def test_a_longer_term_goes_before_one_within_it() -> None:
    short, long = kept("An"), kept("An Giang")
    assert terms.concerning([short, long], "An Giang", VI) == (long, short)


def test_what_looks_like_a_pattern_is_taken_as_it_is() -> None:
    term = Term("c++ (.*)", r"\1 \g<0>")
    assert terms.concerning([term], "c++ (.*)", EN) == (term,)
    assert terms.settle("c++ (.*) here", [term], {}) == (r"\1 \g<0> here", ())


@given(st.text(max_size=60), st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_any_text_and_any_term_are_survived(text: str, term: str, wish: str) -> None:
    settled, missing = terms.settle(text, [Term(term, wish)], {term: text})
    if missing:
        assert settled == unicodedata.normalize("NFC", text)
