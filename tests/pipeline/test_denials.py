import pytest

from pipeline.denials import denials, refusals
from pipeline.types import Language


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "I do not know, and I don't care: no, never!", 4),
        ("en", "Another notebook, a knot, nobler.", 0),
        ("en", "Don\u2019t. DONT. Cannot.", 3),
        ("vi", "Tôi không biết, đừng hỏi, chưa đâu.", 3),
        ("vi", "To\u0302i kho\u0302ng bie\u0302\u0301t", 1),
        ("vi", "toi khong biet", 1),
        ("vi", "Con chó chạy chậm, chà!", 0),
        ("de", "Kein Mensch weiß es nicht.", 2),
        ("ja", "知りません。", 0),
        ("pt-BR", "Não, nunca.", 2),
        ("", "not", 0),
    ],
)
def test_words_that_deny_are_counted_where_the_language_has_words_for_that(
    language: str, text: str, count: int
) -> None:
    assert denials(text, Language(language)) == count


@pytest.mark.parametrize(
    "text",
    ["I refuse.", "Tôi từ chối.", "tôi TỪ CHỐI", "only if you pay", "it was a joke", "his voice",
     "giọng của anh", "Forget it: cancelled!", "I withdrew it", "thoi"],
)  # fmt: skip
def test_words_that_refuse_in_either_language_are_found(text: str) -> None:
    assert refusals(text)


@pytest.mark.parametrize(
    "text", ["", "I agree.", "my voice", "mai voice", "của tôi", "của tui", "Tôi đồng ý.", "stool"]
)
def test_words_that_agree_are_not(text: str) -> None:
    assert refusals(text) == []
