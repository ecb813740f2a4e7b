"""Is this text to be trusted? Pure functions that doubt, and never change, a text."""

import csv
import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from types import MappingProxyType
from typing import Final

from pipeline import languages, quantities
from pipeline.quantities import Figure
from pipeline.types import Doubt, Language, Segment, Transcript

_COMPRESSION = 2.4
_LOG_PROBABILITY = -1.0
"""Whisper's own limits for text that is to be decoded again."""

_REPEATS: Final = ((1, 10), (2, 6), (3, 4))
"""So many repetitions of a phrase of so many words (or letters, where words are not spaced) are a
loop; longer phrases as the last. People do say "no no no no" and "go, go, go, go, go"."""
_LONGEST_PHRASE = 40
_LONGEST_WORD = 40

_WEAK_NO_SPEECH, _WEAK_LOG_PROBABILITY = 0.5, -0.8
_STRONG_NO_SPEECH, _STRONG_LOG_PROBABILITY = 0.2, -0.4
_FASTEST, _SLOWEST = 27.0, 1.0
"""Letters (as of English) per second that people speak: outside, the text does not fit the time."""

_LENGTH_VARIANCE = 6.8
_LENGTH_LIMIT = 2.5
"""Standard deviations; the variance per character is Gale and Church's (1993). None of the 1268
English-Vietnamese sentences of the IWSLT 2013 test set, translated by people, is over the limit;
18 % are when half of the translation is cut off."""
_LETTERS_IN_ENGLISH: Final = MappingProxyType(
    {"CJK": 3.0, "HIRAGANA": 1.9, "KATAKANA": 1.9, "HANGUL": 2.2}
)
"""English letters that one letter stands for, calibrated on ``tests/pipeline/check_pairs.tsv``."""
_SCRIPT_NAMES: Final = MappingProxyType(
    {
        "Hans": {"CJK"},
        "Hant": {"CJK", "BOPOMOFO"},
        "Jpan": {"CJK", "HIRAGANA", "KATAKANA"},
        "Hang": {"HANGUL", "CJK"},
        "Latn": {"LATIN"},
        "Arab": {"ARABIC"},
        "Cyrl": {"CYRILLIC"},
        "Deva": {"DEVANAGARI"},
        "Grek": {"GREEK"},
        "Hebr": {"HEBREW"},
        "Armn": {"ARMENIAN"},
        "Geor": {"GEORGIAN"},
        "Beng": {"BENGALI"},
        "Ethi": {"ETHIOPIC"},
        "Gujr": {"GUJARATI"},
        "Guru": {"GURMUKHI"},
        "Khmr": {"KHMER"},
        "Knda": {"KANNADA"},
        "Laoo": {"LAO"},
        "Mlym": {"MALAYALAM"},
        "Mymr": {"MYANMAR"},
        "Olck": {"OL"},
        "Orya": {"ORIYA"},
        "Sinh": {"SINHALA"},
        "Taml": {"TAMIL"},
        "Telu": {"TELUGU"},
        "Tfng": {"TIFINAGH"},
        "Thai": {"THAI"},
        "Tibt": {"TIBETAN"},
    }
)
"""How the names of a script's letters begin in Unicode."""

_UNSPACED: Final = frozenset(
    {"CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"}
)

_LINK = re.compile(
    r"https?://[^\s<>\"'\u201c\u201d]+|www\.[^\s<>\"'\u201c\u201d]+"
    r"|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
    r"|<[@#][!&]?\d+>|(?<![\w@.])@\w{2,64}"
    r"|\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}"
    r"\.(?:com|net|org|edu|gov|info|vn|io|gg|me|app|dev|jp|cn|uk|de|fr)\b(?:/[^\s<>\"']*)?",
    re.IGNORECASE,
)
_HOURS = 24
_ARTICLE = Decimal(1)
"""One stands for the article in Vietnamese, and comes and goes."""
_SHORT_YEARS: Final = MappingProxyType(
    {Decimal(year): (Decimal(year % 100),) for year in range(1900, 2100)}
    | {Decimal(year): (Decimal(1900 + year),) for year in range(50, 100)}
)
"""The nineties are the 1990s."""
_CLOCK = re.compile(
    r"\d\s*[ap]\.?m\b|\d\s*(?:h|g|giờ|uhr|heures?|o'clock|点|點|時|시|น\.)"
    r"|\d:\d\d|\b(?:sáng|trưa|chiều|tối|noon|midnight|morning|afternoon|evening|night)\b",
    re.IGNORECASE,
)
_VIETNAMESE = re.compile("[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]")
_WORDS_TO_TELL = 5
"""Fewer words may all be names, or happen to carry no diacritics."""


def doubts_of_transcript(transcript: Transcript) -> tuple[Doubt, ...]:
    """Return why the words may not be what was said; each reason once."""
    segments = transcript.segments
    return tuple(
        doubt
        for doubt, holds in (
            (
                Doubt.LOOP,
                any(each.compression_ratio > _COMPRESSION for each in segments)
                or _loops(transcript.text),
            ),
            (Doubt.INVENTED, any(_invented(each, transcript.language) for each in segments)),
            (
                Doubt.UNSURE,
                any(each.log_probability < _LOG_PROBABILITY for each in segments)
                or _foreign(transcript.text, transcript.language),
            ),
        )
        if holds
    )


def doubts_of_translation(
    original: str, translation: str, source: Language, target: Language
) -> tuple[Doubt, ...]:
    """Return why the translation may not mean what the original does; each reason once."""
    if source == target:
        return ()
    links, copied_links = _links(original), _links(translation)
    before, after = _LINK.sub(" ", original), _LINK.sub(" ", translation)
    return tuple(
        doubt
        for doubt, holds in (
            (Doubt.LOOP, _loops(after) and not _loops(before)),
            (Doubt.NUMBERS, _numbers_differ(before, after, source, target)),
            (Doubt.LINKS, links != copied_links),
            (Doubt.LENGTH, _out_of_proportion(before, after)),
            (Doubt.UNTRANSLATED, _untranslated(before, after, source, target)),
        )
        if holds
    )


# Loops


def _loops(text: str) -> bool:
    units = _units(text)
    endless = [each for each in units if len(each) > _LONGEST_WORD]
    return _repeats(units) or any(map(_repeats, endless))


def _repeats(units: Sequence[str]) -> bool:
    for length in range(1, min(_LONGEST_PHRASE, len(units) // 2) + 1):
        needed = next((n for size, n in _REPEATS if size == length), _REPEATS[-1][1])
        same = 0
        for place in range(length, len(units)):
            same = same + 1 if units[place] == units[place - length] else 0
            if same >= length * (needed - 1):
                return True
    return False


# Invented phrases


@dataclass(frozen=True, slots=True)
class _Phrase:
    language: str
    words: str
    credit: bool
    """Nobody says it to a bot: end credits of the videos that Whisper learned from."""


def _phrases() -> tuple[_Phrase, ...]:
    text = (resources.files("pipeline") / "invented.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(
        _Phrase(row["language"], _spaced(row["phrase"]), row["kind"] == "credit") for row in rows
    )


def _spaced(text: str) -> str:
    return f" {' '.join(_words(text))} "


def _invented(segment: Segment, language: Language) -> bool:
    """Say whether it is a phrase that Whisper invents, on evidence too weak for it.

    Credits are believed on strong evidence only; courtesies, which people do say, are doubted on
    weak evidence only, and only if nothing else was said.
    """
    heard = _spaced(segment.text)
    sure = (
        segment.no_speech_probability <= _STRONG_NO_SPEECH
        and segment.log_probability >= _STRONG_LOG_PROBABILITY
        and _pace_fits(segment)
    )
    unsure = (
        segment.no_speech_probability >= _WEAK_NO_SPEECH
        or segment.log_probability <= _WEAK_LOG_PROBABILITY
        or not _pace_fits(segment)
    )
    known = [each for each in _PHRASES if each.language in {language.partition("-")[0], "en"}]
    return any(
        (not sure and each.words.strip() in heard)
        if each.credit
        else (unsure and each.words == heard)
        for each in known
    )


def _pace_fits(segment: Segment) -> bool:
    return _SLOWEST <= _weight(segment.text) / max(segment.end - segment.start, 0.01) <= _FASTEST


# Links and numbers


def _links(text: str) -> set[str]:
    found = (each.casefold().rstrip(".,;:!?)]}/\u3002\uff0c") for each in _LINK.findall(text))
    return {re.sub(r"^(?:https?://)?(?:www\.)?", "", each) for each in found}


def _numbers_differ(original: str, translation: str, source: Language, target: Language) -> bool:
    before = quantities.figures(original, source)
    after = quantities.figures(translation, target)
    if _digits(before) == _digits(after):
        return False
    scaled = quantities.reads_scales(source) and quantities.reads_scales(target)
    words = quantities.spoken(original, source), quantities.spoken(translation, target)
    shifts: tuple[Decimal, ...] = ()
    if _CLOCK.search(original) or _CLOCK.search(translation):
        shifts += (Decimal(12), Decimal(-12))
    if Decimal("0.5") in words[0] | words[1]:
        shifts += (Decimal("0.5"), Decimal("-0.5"))
    lost = _unmatched(before, after, words[1], scaled=scaled, shifts=shifts)
    added = _unmatched(after, before, words[0], scaled=scaled, shifts=shifts)
    return (
        bool(lost and added)
        or any(quantities.reads_words(target) or not _sayable(each) for each in lost)
        or any(quantities.reads_words(source) or not _sayable(each) for each in added)
    )


def _digits(figures: Sequence[Figure]) -> str:
    """Return the digits in a row, so that grouping makes no difference: telephone numbers."""
    return "".join(re.sub(r"\D", "", f"{each.value:f}") for each in figures)


def _unmatched(
    figures: Sequence[Figure],
    others: Sequence[Figure],
    spoken: Collection[Decimal],
    *,
    scaled: bool,
    shifts: Collection[Decimal],
) -> list[Decimal]:
    """Return the values that neither the digits nor the words of the other side can mean.

    ``scaled``: millions are known in both languages. ``shifts``: differences that mean the same,
    such as 3 pm and 15 o'clock, two hours and a half and 2.5 hours.
    """
    meant = {each.value for each in others} | set(spoken) | {_ARTICLE}
    if not scaled:
        meant |= {each.written for each in others}
    if shifts:
        hours = {each for each in meant if each <= _HOURS}
        meant |= {each + shift for each in hours for shift in shifts} | {Decimal(0)}
    return [
        each.value
        for each in figures
        if not {each.value, *_SHORT_YEARS.get(each.value, ())} & meant
        and (scaled or each.written not in meant)
    ]


def _sayable(value: Decimal) -> bool:
    """Say whether translators like to write the number as a word."""
    return value <= 20 or (value <= 100 and value % 10 == 0) or value in {1_000, 10**6, 10**9}  # noqa: PLR2004


# Length, language and script


def _out_of_proportion(original: str, translation: str) -> bool:
    before, after = _weight(original), _weight(translation)
    if not before or not after:
        return before != after
    deviation = math.sqrt(_LENGTH_VARIANCE * (before + after) / 2)
    return abs(before - after) > _LENGTH_LIMIT * deviation


def _weight(text: str) -> float:
    return sum(_LETTERS_IN_ENGLISH.get(_script(each), 1.0) for each in text if each.isalnum())


def _untranslated(original: str, translation: str, source: Language, target: Language) -> bool:
    """Say whether the original, or another language, stands where the translation should."""
    before, after = _units(original), _units(translation)
    names = {word.casefold() for word in re.findall(r"\w+", original) if word[0].isupper()}
    plain = [word for word in after if word.isalpha() and word not in names]
    if before == after or (_foreign(translation, target) and set(after) <= set(before)):
        return len(plain) > 1
    if _foreign(translation, target):
        return True
    if len(plain) < _WORDS_TO_TELL or "vi" not in {source, target}:
        return False
    copied = sum(word in before for word in plain) / len(plain)
    vietnamese = sum(bool(_VIETNAMESE.search(word)) for word in plain) / len(plain)
    wrong = vietnamese == 0 if target == "vi" else vietnamese > 0.5  # noqa: PLR2004 (most words)
    return copied > 0.8 or wrong  # noqa: PLR2004 (nearly all words)


def _foreign(text: str, language: Language) -> bool:
    """Say whether most letters are of scripts that the language is not written in."""
    expected = set[str]().union(*(_SCRIPT_NAMES[each] for each in languages.scripts(language)))
    letters = [_script(each) for each in text if each.isalpha()]
    return sum(each not in expected for each in letters) > len(letters) / 2


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]


def _words(text: str) -> list[str]:
    """Return the words without case and punctuation."""
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def _units(text: str) -> list[str]:
    """Return the words, and the letters where words are not spaced."""
    return [
        unit
        for word in _words(text)
        for unit in (word if _script(word[0]) in _UNSPACED else (word,))
    ]


_PHRASES: Final = _phrases()
