from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.en import consent as english
from bot.messages.vi import consent as vietnamese
from pipeline.verifying import ENOUGH, edits, edits_to_beginnings, says
from tests.pipeline.readings import heard


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
    catalogue: Any,
) -> None:
    phrases = [catalogue.PHRASE.format(*words) for words in zip(*catalogue.WORDS, strict=False)]
    assert len(phrases) == 24
    assert max(says(one, heard(other)) for one, other in permutations(phrases, 2)) < 0.5


@pytest.mark.parametrize(
    ("language", "text", "transcript"),
    [
        ("en", "You may not open the window in the kitchen before the children sleep.", "not "),
        ("en", "Please don't sign the letter that the lawyer sent you this morning.", "don't "),
        ("en", "I have never been to the hospital near the old railway station.", "never "),
        ("vi", "Anh không được mở cửa sổ trong bếp trước khi các em nhỏ ngủ say.", "không "),
        ("vi", "Bác sĩ nói rằng chị đừng uống thuốc này cùng với cà phê sữa nóng.", "đừng "),
        ("vi", "Tôi chưa bao giờ đến bệnh viện gần nhà ga cũ ở bên kia sông lớn.", "chưa "),
        ("de", "Sie dürfen das Fenster in der Küche heute Abend nicht wieder öffnen.", "nicht "),
        ("es", "El médico dice que no tome esta medicina con el café de la mañana.", "no "),
        ("fr", "Je ne peux pas signer la lettre que l'avocat vous a envoyée hier.", "pas "),
        ("pt", "O médico diz que não tome este remédio com o café da manhã.", "não "),
        ("ru", "Врач говорит, что вам не надо пить это лекарство утром после кофе.", "не "),
    ],
)
def test_a_not_that_is_lost_or_comes_in_makes_another_text(
    language: str, text: str, transcript: str
) -> None:
    lost = text.replace(transcript, "")
    assert edits(text, lost) <= 6, "few letters"
    assert says(text, heard(lost, language)) < ENOUGH
    assert says(lost, heard(text, language)) < ENOUGH
    assert says(text, heard(text.upper(), language)) == 1


@pytest.mark.parametrize(
    ("language", "text", "transcript"),
    [
        ("en", "You can't go there.", "you cannot go there"),
        ("en", "You can\u2019t go there.", "you can not go there"),
        ("en", "We do not know the way home.", "we don't know the way home"),
        ("fr", "Je ne sais pas.", "je sais pas"),
        ("vi", "Giá là 500 đồng, không đắt.", "giá là năm trăm đồng không đắt"),
        ("vi", "Năm 2005 tôi ở đây.", "Năm hai nghìn không trăm lẻ năm tôi ở đây"),
        ("tr", "Bilmiyorum.", "bilmiyorum"),
    ],
)
def test_a_not_that_is_written_in_another_way_is_the_same(
    language: str, text: str, transcript: str
) -> None:
    assert says(text, heard(transcript, language)) >= ENOUGH


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


@given(st.text("ab", max_size=6), st.text("ab", max_size=9))
def test_edits_to_each_beginning_are_those_to_it_alone(text: str, whole: str) -> None:
    found = list(edits_to_beginnings(text, whole))
    assert found == [edits(text, whole[:end]) for end in range(len(whole) + 1)]


def test_long_texts_are_compared_in_time() -> None:
    assert edits("ab" * 2_000, "ba" * 2_000) == 2
