"""The phrase list is what exact match is measured against, so it must be free of doubt."""

import collections
import unicodedata
from pathlib import Path

import pytest

from training import phrases
from training.phrases import LANGUAGES, Language, PhraseListError


@pytest.fixture(scope="module")
def listed() -> phrases.Phrases:
    return phrases.read()


@pytest.fixture(scope="module")
def every(listed: phrases.Phrases) -> list[phrases.Pair]:
    return [*listed.pairs, *(item.pair for item in listed.filled())]


def test_has_enough_fixed_sentences_and_templates(listed: phrases.Phrases) -> None:
    assert len(listed.pairs) >= 240
    assert len(listed.filled()) >= 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_occurs_twice_in_a_language(
    every: list[phrases.Pair], language: Language
) -> None:
    counts = collections.Counter(phrases.bare(pair.text(language)).casefold() for pair in every)
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_in_its_written_form(
    every: list[phrases.Pair], language: Language
) -> None:
    for text in (pair.text(language) for pair in every):
        assert text[0].isupper()
        assert text[-1] in ".?!"
        assert text == unicodedata.normalize("NFC", text)
        assert text == " ".join(text.split())
        assert "{" not in text


def test_a_question_in_one_language_is_a_question_in_the_other(
    every: list[phrases.Pair],
) -> None:
    differing = [pair.en for pair in every if pair.en.endswith("?") != pair.vi.endswith("?")]
    assert differing == []


def test_every_slot_is_used_and_has_several_values(listed: phrases.Phrases) -> None:
    used = {phrases.slot_of(template) for template in listed.templates}
    assert used == set(listed.slots)
    assert min(map(len, listed.slots.values())) >= 5


def test_the_split_is_the_same_every_time_and_covers_the_list(
    listed: phrases.Phrases, every: list[phrases.Pair]
) -> None:
    split = phrases.split(listed)
    assert split == phrases.split(phrases.read())
    assert sorted(pair.en for pair in split.training + split.unseen) == sorted(
        pair.en for pair in every
    )
    assert len(split.unseen) >= 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_unseen_sentences_are_made_of_seen_words(
    listed: phrases.Phrases, language: Language
) -> None:
    split = phrases.split(listed)
    seen = {word for pair in split.training for word in _words(pair.text(language))}
    unseen = {word for pair in split.unseen for word in _words(pair.text(language))}
    assert unseen <= seen


@pytest.mark.parametrize("language", LANGUAGES)
def test_random_sequences_repeat_with_their_seed_and_avoid_the_list(
    listed: phrases.Phrases, every: list[phrases.Pair], language: Language
) -> None:
    split = phrases.split(listed)
    made = phrases.sequences(split, language, 300, seed=1)
    assert made == phrases.sequences(split, language, 300, seed=1)
    assert made != phrases.sequences(split, language, 300, seed=2)
    known = {phrases.bare(pair.text(language)).casefold() for pair in every}
    assert not known & {phrases.bare(text).casefold() for text in made}


@pytest.mark.parametrize(
    "line",
    [
        "pair\tgreetings\tHello.",
        "pair\tgreetings\tHello.\t",
        "phrase\tgreetings\tHello.\tXin chào.",
        "template\tfood\tI want {food}.\tTôi muốn {food}.",
        "template\tfood\tI want {a} {b}.\tTôi muốn {a} {b}.",
        "template\tfood\tI want {food}.\tTôi muốn {drink}.",
    ],
)
def test_a_broken_line_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "phrases.tsv"
    path.write_text(line + "\n", "utf-8")
    with pytest.raises(PhraseListError):
        phrases.read(path)


def _words(text: str) -> set[str]:
    return set(phrases.bare(text).casefold().split())
