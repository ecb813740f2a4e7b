"""A sentence counts when it was read, however a recogniser writes that; nothing else counts."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.en import consent as english
from bot.messages.vi import consent as vietnamese
from pipeline.enrolling import consent
from tests.pipeline.readings import heard, misheard, sentence, words

CATALOGUES = pytest.mark.parametrize("catalogue", [english, vietnamese], ids=["en", "vi"])
PHRASE = "the tired doctor washes a yellow lamp behind the school"
SENTENCE = f"I let Dragoman speak with a copy of my voice: {PHRASE}."
PHRASE_VI = "cô giáo vui tính mang theo chiếc đèn màu vàng bên bờ sông"
SENTENCE_VI = f"Tôi cho phép Dragoman nói bằng bản sao giọng của tôi: {PHRASE_VI}."


def plain(text: str) -> str:
    """Without marks on letters, as some recognisers write Vietnamese."""
    marks = str.maketrans(
        "áàảãạăắằẳẵặâấầẩẫậéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵđ",
        "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd",
    )
    return text.lower().translate(marks)


# --- readings that count


@CATALOGUES
def test_every_sentence_counts_however_it_is_written(catalogue: Any) -> None:
    rng = Random(1)
    for _ in range(50):
        shown = sentence(catalogue, words(catalogue, rng))
        bare = shown.lower().replace(":", "").rstrip(".")
        for text in (shown, bare, shown.upper(), shown.replace(":", "."), plain(shown)):
            assert consent(shown, heard(text)), text


@pytest.mark.parametrize(
    "name",
    ["Dragoman", "dragon man", "Dragonman", "drag a man", "Drago Man", "dragoon man", "Dragomon",
     "Drag-O-Man,", "the dragoman", "Dragan", "dragging man", "Roman"],
)  # fmt: skip
def test_our_name_may_be_misheard(name: str) -> None:
    assert consent(SENTENCE, heard(SENTENCE.replace("Dragoman", name)))


@pytest.mark.parametrize(
    "name", ["đra gô man", "Đờ ra gô man", "Dra-gô-men", "trà gô man", "ra gô mân", "Drăng-gô-man"]
)
def test_our_name_may_be_written_as_vietnamese(name: str) -> None:
    assert consent(SENTENCE_VI, heard(SENTENCE_VI.replace("Dragoman", name)))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("I let", "I led"),
        ("I let", "Let"),
        ("speak", "speaks"),
        ("with a copy", "with the copy"),
        ("my voice", "my voices"),
        ("lamp", "lamb"),
        ("doctor washes", "doctor watches"),
        ("washes", "wash is"),
        ("behind the", "behind a"),
        ("yellow lamp", "yellow-lamp"),
        ("doctor", "Dr."),
        ("school.", "school. Thank you."),
    ],
)
def test_a_word_that_is_misheard_in_english_is_forgiven(said: str, written: str) -> None:
    text = SENTENCE.replace(said, written)
    assert text != SENTENCE
    assert consent(SENTENCE, heard(text))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Tôi cho phép", "Tui cho phép"),
        ("cho phép", "cho phét"),
        ("bản sao", "bảng sao"),
        ("bản sao", "bản xao"),
        ("giọng của tôi", "dọng của tôi"),
        ("giọng của tôi", "giọng của tui"),
        ("của tôi", "của tối"),
        ("vui tính", "vui tín"),
        ("mang theo", "man theo"),
        ("chiếc đèn", "chiếc đen"),
        ("bên bờ sông", "bên bờ xông"),
        ("cô giáo", "cố giáo"),
    ],
)
def test_a_word_that_is_misheard_in_vietnamese_is_forgiven(said: str, written: str) -> None:
    text = SENTENCE_VI.replace(said, written)
    assert text != SENTENCE_VI
    assert consent(SENTENCE_VI, heard(text))


@CATALOGUES
def test_most_readings_count_when_every_fiftieth_letter_is_misheard(catalogue: Any) -> None:
    rng = Random(1)
    shown = [sentence(catalogue, words(catalogue, rng)) for _ in range(200)]
    assert sum(consent(each, heard(misheard(each, 0.02, rng))) for each in shown) >= 185


# --- recordings of something else


@CATALOGUES
def test_a_recording_of_another_sentence_does_not_count(catalogue: Any) -> None:
    rng = Random(2)
    for _ in range(200):
        shown, read = (sentence(catalogue, words(catalogue, rng)) for _ in range(2))
        assert not consent(shown, heard(read))


@CATALOGUES
def test_nor_does_one_that_shares_half_of_its_words(catalogue: Any) -> None:
    rng = Random(3)
    for _ in range(200):
        shown, read = words(catalogue, rng), words(catalogue, rng)
        for place in rng.sample(range(len(shown)), 3):
            read[place] = shown[place]
        shared = sum(one == other for one, other in zip(shown, read, strict=True))
        if shared == len(shown) / 2:
            assert not consent(sentence(catalogue, shown), heard(sentence(catalogue, read)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "Thank you for watching.",
        PHRASE,
        f"{PHRASE}. {PHRASE}.",
        "I let Dragoman speak with a copy of my voice",
        "I let Dragoman speak with a copy of my voice: and so on and so forth, whatever it is.",
        SENTENCE * 2,
        f"{SENTENCE} {PHRASE}.",
        f"{PHRASE}: I let Dragoman speak with a copy of my voice.",
        SENTENCE.replace("speak with a copy of my voice", "speak"),
        SENTENCE.replace("I let Dragoman speak with", "Dragoman"),
        SENTENCE.replace("voice", "dog"),
        SENTENCE[::-1],
        SENTENCE_VI,
        "不" * 500,
        "a" * 100_000,
    ],
    ids=lambda text: f"{text[:20]}…{len(text)}",
)
def test_anything_else_does_not_count(text: str) -> None:
    assert not consent(SENTENCE, heard(text))


@pytest.mark.parametrize("shown", ["", ":", "I let Dragoman speak", f"{SENTENCE[:46]}", "a: b"])
def test_where_no_sentence_was_shown_nothing_counts(shown: str) -> None:
    for text in (shown, SENTENCE, ""):
        assert not consent(shown, heard(text))


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_none_counts(text: str) -> None:
    assert not consent(SENTENCE, heard(text))
    assert not consent(text, heard(SENTENCE_VI))


# --- refusals


@pytest.mark.parametrize(
    "clause",
    [
        "I do not let Dragoman speak with a copy of my voice",
        "I don't let Dragoman speak with a copy of my voice",
        "I don\u2019t let Dragoman speak with a copy of my voice",
        "I dont let Dragoman speak with a copy of my voice",
        "I never let Dragoman speak with a copy of my voice",
        "I won't let Dragoman speak with a copy of my voice",
        "I wont let Dragoman speak with a copy of my voice",
        "I can't let Dragoman speak with a copy of my voice",
        "I cannot let Dragoman speak with a copy of my voice",
        "I let nobody speak with a copy of my voice",
        "I let no one speak with a copy of my voice",
        "I let no man speak with a copy of my voice",
        "I let none speak with a copy of my voice",
        "I let Dragoman not speak with a copy of my voice",
        "I let Dragoman speak without a copy of my voice",
        "I let Dragoman speak with no copy of my voice",
        "I let Dragoman speak with a copy of no voice",
        "I let Dragoman speak with a copy of his voice",
        "I let Dragoman speak with a copy of her voice",
        "I let Dragoman speak with a copy of your voice",
        "I let Dragoman speak with a copy of any voice",
        "I let Dragoman speak with a copy of our voice",
        "I refuse to let Dragoman speak with a copy of my voice",
        "I refuse Dragoman to speak with a copy of my voice",
        "I forbid Dragoman to speak with a copy of my voice",
        "I forbade Dragoman to speak with a copy of my voice",
        "I ban Dragoman from speaking with a copy of my voice",
        "I stop Dragoman speaking with a copy of my voice",
        "I hate that Dragoman speaks with a copy of my voice",
        "I hate Dragoman speak with a copy of my voice",
        "I deny Dragoman to speak with a copy of my voice",
        "I decline to let Dragoman speak with a copy of my voice",
        "I object to Dragoman speaking with a copy of my voice",
        "I prohibit Dragoman to speak with a copy of my voice",
        "I prevent Dragoman from speaking with a copy of my voice",
        "I withdraw that I let Dragoman speak with a copy of my voice",
        "I only let Dragoman speak with a copy of my voice if paid",
        "I might let Dragoman speak with a copy of my voice",
        "I would hate to let Dragoman speak with a copy of my voice",
        "I will sue Dragoman if it speaks with a copy of my voice",
        "Who let Dragoman speak with a copy of my voice",
        "They let Dragoman speak with a copy of my voice",
        "Mai let Dragoman speak with a copy of my voice",
        "I let Dragoman hear a copy of my voice",
        "I let Dragoman delete every copy of my voice",
        "I let Dragoman speak with a computer voice",
    ],
)
def test_a_refusal_in_english_is_no_consent(clause: str) -> None:
    assert not consent(SENTENCE, heard(f"{clause}: {PHRASE}."))
    assert not consent(SENTENCE, heard(f"{clause} {PHRASE}".lower()))


@pytest.mark.parametrize(
    "end",
    ["Not.", "No.", "No, never.", "If you pay.", "But no.", "Just kidding.", "I refuse.", "Joking.",
     "I do not agree.", "That was a lie.", "But only today.", "I take it back right now.",
     "Ha ha, of course you may not."],
)  # fmt: skip
def test_what_is_taken_back_in_the_same_breath_is_no_consent(end: str) -> None:
    assert not consent(SENTENCE, heard(f"{SENTENCE} {end}"))
    assert not consent(SENTENCE, heard(f"{end} {SENTENCE}"))


@pytest.mark.parametrize(
    "clause",
    [
        "Tôi không cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi ko cho phép Dragoman nói bằng bản sao giọng của tôi",
        "toi khong cho phep dragoman noi bang ban sao giong cua toi",
        "Tôi chưa cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi chẳng cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi chả cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi đâu cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi có cho phép Dragoman nói bằng bản sao giọng của tôi đâu",
        "Tôi hổng cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi ứ cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi éo cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Thôi cho phép Dragoman nói bằng bản sao giọng của tôi",
        "thoi cho phep dragoman noi bang ban sao giong cua toi",
        "Đừng cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi cấm Dragoman nói bằng bản sao giọng của tôi",
        "toi cam dragoman noi bang ban sao giong cua toi",
        "Tôi cấm không cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi từ chối cho phép Dragoman nói bằng bản sao giọng của tôi",
        "toi tu choi cho phep dragoman noi bang ban sao giong cua toi",
        "Tôi phản đối Dragoman nói bằng bản sao giọng của tôi",
        "Tôi phản đối việc cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi ngăn Dragoman nói bằng bản sao giọng của tôi",
        "Tôi chặn Dragoman nói bằng bản sao giọng của tôi",
        "Tôi ghét Dragoman nói bằng bản sao giọng của tôi",
        "Tôi hủy phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi rút lại việc cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi ngừng cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi chỉ cho phép Dragoman nói bằng bản sao giọng của tôi nếu trả tiền",
        "Không ai cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Tôi cho phép Dragoman không nói bằng bản sao giọng của tôi",
        "Tôi cho phép Dragoman nói bằng bản sao giọng của nó",
        "Tôi cho phép Dragoman nói bằng bản sao giọng của anh",
        "Tôi cho phép Dragoman nói bằng bản sao giọng của ai",
        "Tôi cho phép Dragoman xóa bản sao giọng của tôi",
        "Ai cho phép Dragoman nói bằng bản sao giọng của tôi",
        "Mẹ tôi cho phép Dragoman nói bằng bản sao giọng của tôi",
    ],
)
def test_a_refusal_in_vietnamese_is_no_consent(clause: str) -> None:
    assert not consent(SENTENCE_VI, heard(f"{clause}: {PHRASE_VI}."))
    assert not consent(SENTENCE_VI, heard(f"{clause} {PHRASE_VI}".lower()))


@pytest.mark.parametrize(
    "end",
    ["Không.", "Không phải.", "Đùa thôi.", "Tôi từ chối.", "Nhưng không.", "Nếu trả tiền.",
     "Tôi không đồng ý.", "Thôi.", "Tôi rút lại.", "Tôi nói đùa đấy mà."],
)  # fmt: skip
def test_what_is_taken_back_at_once_in_vietnamese_is_no_consent(end: str) -> None:
    assert not consent(SENTENCE_VI, heard(f"{SENTENCE_VI} {end}"))
    assert not consent(SENTENCE_VI, heard(f"{end} {SENTENCE_VI}"))
