"""Numbers in text: in digits of any script, and in words where the language is read here.

The words are in ``quantities.toml``.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any, Final

from pipeline.types import Language


def _read() -> dict[str, Any]:
    file = resources.files("pipeline") / "quantities.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


_LEXICON: Final = _read()
_SCALES: Final[dict[str, dict[str, int]]] = _LEXICON["scales"]
_UNITS: Final[dict[str, dict[str, int]]] = _LEXICON["units"]
_MULTIPLES: Final[dict[str, dict[str, int]]] = _LEXICON["multiples"]
_MEANINGS: Final[dict[str, dict[str, list[float]]]] = _LEXICON["meanings"]
_HAN: Final = frozenset({"zh", "yue", "ja"})
_FILLERS: Final = frozenset({"and", "linh", "lẻ"})
_LONGEST_RUN: Final = 12
"""Number words in a row whose every part is read; longer rows are hardly one number."""
_TEN, _THOUSAND = 10, 1_000

_NUMBER = re.compile(r"\d+(?:[.,'\u2019\u00a0\u202f\u2009]\d+)*")
_LETTERS = re.compile(r"[^\W\d_]+")
_HALF = re.compile(r"\s+(?:rưỡi|and a half)\b", re.IGNORECASE)
_GROUP = 3
_SEPARATORS: Final = str.maketrans({"\u066b": ".", "\u066c": ",", "\uff0e": ".", "\uff0c": ","})


@dataclass(frozen=True, slots=True)
class Figure:
    """A number written in digits."""

    value: Decimal
    """With the scale that follows: 3000000 for ``3 triệu``."""
    written: Decimal
    """Without: 3."""


@dataclass(frozen=True, slots=True)
class _Word:
    value: int
    multiplies: bool = False
    """Whether it multiplies what stands before it: twenty does not, hundred does."""
    closes: bool = False
    """Whether it multiplies everything since the last that closes: thousand and higher."""


def reads_words(language: Language) -> bool:
    """Say whether numbers in words are read reliably in the language."""
    return language in _UNITS


def reads_scales(language: Language) -> bool:
    """Say whether ``million`` and the like are known in the language."""
    return _base(language) in _SCALES


def figures(text: str, language: Language) -> list[Figure]:
    """Return the numbers that are written in digits, in order.

    Three digits after a separator are a group of thousands, in any language: ``1.500`` and
    ``1,500`` are the same number, and so are ``1,5`` and ``1.5``. What follows a scale at once
    is added: ``3 triệu 500 nghìn``; in Vietnamese a single digit as its tenth: ``2 triệu 5``.
    """
    plain = _ascii(text)
    found: list[Figure] = []
    room, end = Decimal(0), 0
    for match in _NUMBER.finditer(plain):
        between = plain[end : match.start()]
        values = _values(match.group())
        scale, end = _scale(plain, match.end(), language)
        if scale > 1 and (half := _HALF.match(plain, end)):
            figure = Figure((values[-1] + Decimal("0.5")) * scale, values[-1])
            end = half.end()
        else:
            figure = Figure(values[-1] * scale, values[-1])
        added = figure.value
        if language == "vi" and scale == 1 and figure.value < _TEN:
            added *= room / 10
        if room and not between.strip() and len(values) == 1 and added < room:
            found[-1] = Figure(found[-1].value + added, found[-1].written)
        else:
            found += [Figure(value, value) for value in values[:-1]]
            found.append(figure)
        room = scale if scale >= _THOUSAND else Decimal(0)
    return found


def spoken(text: str, language: Language) -> frozenset[Decimal]:
    """Return every value that the number words of the text, or parts of them, may mean."""
    values: set[Decimal] = set()
    for run in _runs(text, language):
        longest = len(run) if len(run) <= _LONGEST_RUN else 1
        for start in range(len(run)):
            for end in range(start + 1, min(start + longest, len(run)) + 1):
                values |= _values_of(run[start:end])
    meanings = _MEANINGS.get(language, {})
    for word in _words(text) if meanings else ():
        values.update(Decimal(str(each)) for each in meanings.get(word, ()))
    return frozenset(values)


def _base(language: Language) -> str:
    return {"yue": "zh"}.get(language, language.partition("-")[0])


def _ascii(text: str) -> str:
    """Write digits of every script as 0 to 9."""
    return "".join(
        str(unicodedata.decimal(each)) if each.isdecimal() else each
        for each in text.translate(_SEPARATORS)
    )


def _values(number: str) -> list[Decimal]:
    first, *rest = re.split(r"\D", number)
    marks = re.sub(r"\d", "", number)
    *inner, last = rest or [""]
    grouped = len(first) <= _GROUP and first != "0"
    if not rest:
        return [Decimal(first)]
    if grouped and len(set(marks)) == 1 and all(len(group) == _GROUP for group in rest):
        return [Decimal(first + "".join(rest))]
    decimal = marks[-1] in ".," and marks.count(marks[-1]) == 1
    if decimal and all(grouped and len(group) == _GROUP for group in inner):
        return [Decimal(f"{first}{''.join(inner)}.{last}")]
    return [Decimal(group) for group in (first, *rest)]


def _scale(text: str, start: int, language: Language) -> tuple[Decimal, int]:
    """Return what the words after a number multiply it by, and where they end."""
    scales = _SCALES.get(_base(language), {})
    longest = max(map(len, scales), default=0)
    scale = Decimal(1)
    while True:
        gap = start + (text[start : start + 1] in {" ", "\u00a0"})
        tail = text[gap : gap + longest + 1].lower()
        letters = _LETTERS.match(tail)
        word = tail[:1] if longest == 1 else letters.group() if letters else ""
        if word not in scales:
            return scale, start
        scale, start = scale * scales[word], gap + len(word)


def _words(text: str) -> list[str]:
    return _LETTERS.findall(unicodedata.normalize("NFC", text).lower())


def _runs(text: str, language: Language) -> Iterator[list[_Word]]:
    """Yield the number words that stand in a row."""
    han = _base(language) in _HAN
    run: list[_Word] = []
    for word in text if han else _words(text):
        number = _han(word) if han else _word(word, language)
        if number:
            run.append(number)
        elif run and word not in _FILLERS:
            yield run
            run = []
    if run:
        yield run


def _han(letter: str) -> _Word | None:
    if not letter.isnumeric() or letter.isdecimal():
        return None
    value = int(unicodedata.numeric(letter))
    return _Word(value, multiplies=value >= _TEN, closes=value > _THOUSAND)


def _word(word: str, language: Language) -> _Word | None:
    if word in (units := _UNITS.get(language, {})):
        return _Word(units[word])
    multiples = _SCALES.get(language, {}) | _MULTIPLES.get(language, {})
    if language not in _UNITS or word not in multiples:
        return None
    return _Word(multiples[word], multiplies=True, closes=multiples[word] >= _THOUSAND)


def _values_of(run: Sequence[_Word]) -> set[Decimal]:
    """Return the number that the words make, and the one they spell digit by digit."""
    total = section = current = 0
    for word in run:
        if word.closes:
            open_part = section + current
            total = total + open_part * word.value if open_part else (total or 1) * word.value
            section = current = 0
        elif word.multiplies:
            section, current = section + (current or 1) * word.value, 0
        else:
            current += word.value
    values = {Decimal(total + section + current)}
    if not any(word.multiplies for word in run):
        values.add(Decimal("".join(_spelled(run))))
    return values


def _spelled(run: Sequence[_Word]) -> Iterator[str]:
    """Yield groups of digits: ``twenty twenty four`` is 20, 24."""
    tens = 0
    for word in run:
        if tens and word.value < _TEN:
            yield str(tens + word.value)
            tens = 0
            continue
        if tens:
            yield str(tens)
        tens = word.value if word.value >= 2 * _TEN else 0
        if not tens:
            yield str(word.value)
    if tens:
        yield str(tens)
