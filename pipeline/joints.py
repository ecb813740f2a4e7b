"""The texts of two utterances that share a second of sound, joined: nothing is said twice.

Speech that never pauses is cut inside words, so both sides are given the second before the cut, and
both write it down. At the edge, each may have heard half a word, or have written it otherwise.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

_ALIKE = 0.75
"""Share of letters in common over which two long words are one word heard twice."""
_LONG = 4
"""Letters of a long word; so many in common are no accident."""
_LETTERS = r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
_SIGNS = (  # Japanese and Chinese
    r"\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
_UNIT = re.compile(rf"(?P<sign>[{_SIGNS}])|(?P<letter>[{_LETTERS}])|[^\s{_SIGNS}{_LETTERS}]+")


@dataclass(frozen=True, slots=True)
class _Writing:
    """What a second of speech is, in units of text: words, or signs where words aren't spaced."""

    most: int
    """Units that are said in a second. In none of seven languages are that more than 8 syllables
    on average (Pellegrino and others, Language 87, 2011); a word or a sign is one or more."""
    least: int
    """Units in common that are no accident."""
    edge: int
    """Units that may have been misheard at the edge."""
    worth: int
    """Letters that a letter of a unit counts for."""


_WORDS = _Writing(most=8, least=1, edge=1, worth=1)
_IN_SIGNS = _Writing(most=8, least=2, edge=2, worth=2)
_IN_LETTERS = _Writing(most=24, least=4, edge=4, worth=1)


@dataclass(frozen=True, slots=True)
class _Unit:
    text: str
    """Without case and punctuation."""
    bare: str
    """Without accents, too: they are the first to be misheard in half a word."""
    start: int
    kind: _Writing


def continued(before: str, text: str) -> str:
    """Return ``text`` without the words at its start that repeat the end of ``before``.

    Both are what was heard of sounds that overlap by a second: more words than are said in one are
    true repetitions, and stay. Words are compared without case and punctuation; the first word of
    ``text`` may be a half, or misheard, and so may the last of ``before``, which then stays in
    ``text``, whole. If in doubt, nothing is taken away; nothing may be left.
    """
    again = list(_units(text))
    if not again:
        return text
    kind = again[0].kind
    nothing = _Unit("", "", 0, kind)
    said = [*[nothing] * kind.edge, *_units(before)][-kind.most - kind.edge :]
    best, repeated = 0, 0
    for heard in range(1, min(kind.most, len(again)) + 1):
        if heard < len(again) and not again[heard].bare:
            continue  # what is left would begin with the mark of a letter that is not
        for lost in range(kind.edge + 1):
            letters = _in_common(said, again, heard, lost)
            if letters > best:
                best, repeated = letters, heard
    if not repeated:
        return text
    return text[again[repeated].start :] if repeated < len(again) else ""


def _in_common(said: list[_Unit], again: list[_Unit], heard: int, lost: int) -> int:
    """Count the letters in common if the first units of ``again`` repeat the last that were said.

    ``heard`` are repeated; the ``lost`` last that were said are not among them. 0 if that can't be.
    """
    kind = again[0].kind
    last = len(said) - lost
    if last < heard:
        return 0
    pairs = list(zip(said[last - heard : last], again[:heard], strict=True))
    same = [_same(one, other) for one, other in pairs]
    same[0] = same[0] or _half(pairs[0][1], pairs[0][0].bare.endswith)
    garbled = same.index(True) if True in same else heard
    if garbled > kind.edge or not all(same[garbled:]) or heard - garbled < kind.least:
        return 0
    letters = kind.worth * sum(len(each.text) for _, each in pairs[garbled:])
    cut = lost == 1 and heard < len(again) and _half(said[-1], again[heard].bare.startswith)
    doubts = (garbled > 0) + (lost > 0 and not cut)
    return letters if letters >= doubts * _LONG else 0


def _same(one: _Unit, other: _Unit) -> bool:
    if one.text == other.text:
        return True
    if min(len(one.bare), len(other.bare)) < _LONG:
        return False
    return SequenceMatcher(None, one.bare, other.bare, autojunk=False).ratio() >= _ALIKE


def _half(unit: _Unit, fits: Callable[[str], bool]) -> bool:
    """Say whether it is what was heard of a word that was cut; one letter is no evidence."""
    return len(unit.bare) > 1 and fits(unit.bare)


def _units(text: str) -> Iterator[_Unit]:
    """Yield words, and signs with their marks; punctuation by itself is none."""
    for found in _UNIT.finditer(text):
        letters = _only(found[0], "LMN")
        if letters:
            kind = {"sign": _IN_SIGNS, "letter": _IN_LETTERS}.get(found.lastgroup or "", _WORDS)
            yield _Unit(letters, _only(letters, "LN"), found.start(), kind)


def _only(text: str, categories: str) -> str:
    """Return the characters of the Unicode categories, in small letters, decomposed."""
    small = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(each for each in small if unicodedata.category(each)[0] in categories)
