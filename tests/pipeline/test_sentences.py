"""Where sentences end, and that nothing is lost."""

# ruff: noqa: RUF001 (full-width punctuation is what is tested)

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline import languages, sentences
from pipeline.types import Language

some_language = st.sampled_from(languages.known())
scripts = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="aé. !?\n,ế“”'()1:", max_size=300),
    st.text(alphabet="กขา็้ๆฯ ๑", max_size=200),
    st.text(alphabet="日本語。、！「」ー", max_size=200),
    st.text(alphabet="हिन्दी।, ", max_size=200),
    st.text(alphabet="العربية.؟، ", max_size=200),
    st.text(alphabet="ខ្មែរ។ ", max_size=200),
    st.text(alphabet="བོད་སྐད། ", max_size=200),
    st.text(alphabet="👩\u200d💻👍🏽\ufe0f a", max_size=100),
)


def language(code: str) -> Language:
    return languages.parse(code)


def solid(text: str) -> str:
    return "".join(text.split())


@given(scripts, some_language, st.integers(1, 60))
@example("\x1c.\x85a\u2028b", Language("en"), 3)
def test_nothing_but_space_is_lost_and_nothing_is_too_long(
    text: str, spoken: Language, limit: int
) -> None:
    parts = sentences.split(text, spoken, limit)
    assert solid("".join(parts)) == solid(text)
    assert all(part == part.strip() and 0 < len(part) <= limit for part in parts)


@given(scripts, some_language, st.integers(1, 60))
def test_messages_lose_nothing_and_keep_to_the_limit(
    text: str, spoken: Language, limit: int
) -> None:
    messages = sentences.pieces(text, spoken, limit)
    assert solid("".join(messages)) == solid(text)
    assert all(0 < len(message) <= limit for message in messages)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_without_room_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=str(limit)):
        sentences.split("Xin chào.", language("vi"), limit)


def test_a_lone_surrogate_does_no_harm() -> None:
    assert sentences.split("one\ud800. Two.", language("en")) == ["one?.", "Two."]


def test_a_long_text_is_split_in_moments() -> None:
    text = "không có dấu chấm " * 20_000
    assert max(map(len, sentences.split(text, language("vi")))) <= sentences.LONGEST


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("vi", ["Xin chào.", "Bạn khỏe không?", "Tôi khỏe!"]),
        ("vi", ["Dr. Nam sống ở TP. Hồ Chí Minh.", "Anh ấy là bác sĩ."]),
        ("vi", ["PGS. TS. Lan làm việc ở Q. 1.", "Giá 3.5 triệu."]),
        ("vi", ["Xem https://example.vn/a.html nhé.", "Thư: nam.le@example.vn đó."]),
        ("en", ["Dr. Smith paid $3.50.", "Mr. Nam was there."]),
        ("en", ["Mail a.b@c.com or see www.example.org/x.y now.", "Thanks."]),
        ("en", ["Well... maybe.", "He said no."]),
        ("ja", ["こんにちは。", "元気ですか？", "はい！"]),
        ("zh", ["你好。", "你好吗？", "我很好！"]),
        ("zh-TW", ["謝謝你。", "不客氣！"]),
        ("yue", ["你好。", "食咗飯未呀？"]),
        ("hi", ["नमस्ते।", "आप कैसे हैं?", "मैं ठीक हूँ।"]),
        ("ar", ["مرحبا.", "كيف حالك؟", "أنا بخير."]),
        ("ur", ["سلام۔", "آپ کیسے ہیں؟"]),
        ("ko", ["안녕하세요.", "잘 지내세요?"]),
        ("th", ["สวัสดีครับ ผมชื่อสมชาย"]),
        ("km", ["សួស្តី។", "អ្នកសុខសប្បាយទេ?"]),
        ("my", ["မင်္ဂလာပါ။", "နေကောင်းလား။"]),
        ("am", ["ሰላም።", "እንዴት ነህ?"]),
        ("fr", ["Bonjour M. Dupont.", "Ça va ?"]),
        ("de", ["Das ist z.B. gut.", "Am 3. Mai komme ich."]),
    ],
)
def test_sentences_end_where_speakers_of_the_language_end_them(code: str, parts: list[str]) -> None:
    whole = sentences.join(parts, language(code))
    assert sentences.split(whole, language(code)) == parts


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    text = "Hôm nay trời rất đẹp, chúng tôi đi ra biển, giá là 3,5 triệu đồng mỗi người"
    assert sentences.split(text, language("vi"), 50) == [
        "Hôm nay trời rất đẹp, chúng tôi đi ra biển,",
        "giá là 3,5 triệu đồng mỗi người",
    ]


def test_a_long_sentence_without_clauses_is_cut_between_words() -> None:
    assert sentences.split("one two three four five", language("en"), 10) == [
        "one two",
        "three four",
        "five",
    ]


def test_a_long_sentence_without_spaces_is_cut_between_letters() -> None:
    japanese = "今日は天気がとても良いので、海まで散歩に行きたいと思います"
    assert sentences.split(japanese, language("ja"), 20)[0] == "今日は天気がとても良いので、"
    thai = sentences.split("ที่นี่" * 20, language("th"), 10)
    assert all(part[0] == "ท" or part[0] == "น" for part in thai)


@pytest.mark.parametrize(
    ("code", "parts", "text"),
    [
        ("vi", [" Xin chào.", "", "Tạm biệt. "], "Xin chào. Tạm biệt."),
        ("ja", ["はい。", "そうです。"], "はい。そうです。"),
        ("zh", ["OK.", "Google Maps 很好。", "好。"], "OK. Google Maps 很好。好。"),
        ("th", ["สวัสดี", "ขอบคุณ"], "สวัสดี ขอบคุณ"),
        ("en", [], ""),
    ],
)
def test_sentences_are_joined_as_the_language_writes(
    code: str, parts: list[str], text: str
) -> None:
    assert sentences.join(parts, language(code)) == text


def test_a_message_holds_as_many_whole_sentences_as_fit() -> None:
    text = "First one.\nSecond one. Third one. Fourth."
    assert sentences.pieces(text, language("en"), 25) == [
        "First one.\nSecond one.",
        "Third one. Fourth.",
    ]
