"""Text into sentences, and sentences into text: sentencex knows where they end."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from sentencex import segment

from pipeline import languages
from pipeline.types import Language

LONGEST: Final = 400
"""Characters of one sentence for a translator: NLLB, trained on single sentences, drops content
of longer input."""
_CLAUSE_END = re.compile(
    r"[,;:\u2013\u2014](?=\s)|[\uff0c\u3001\uff1b\uff1a\u060c\u061b\u1363\u1364\u104a\u0f0d]"
)
_BEFORE_SPACE = re.compile(r"(?=\s)")
_UNSPLIT_ENDS: Final = {"km": "[\u17d4\u17d5]", "bo": "\u0f0d+"}
"""Ends of sentences that the library passes over."""
_VIETNAMESE_TITLE = re.compile(
    r"(?:^|[\s(\"\u201c])(?:T[PpXx]|Ths|ThS|TS|[PG]?GS|BS|KS|LS|CN|Q|P|[SĐ]ĐT|NSND|NSƯT)\.\s*$"
)
"""``TP. Hồ Chí Minh`` is one city: the library does not know Vietnamese abbreviations."""
_UNSPACED: Final = frozenset({"Hans", "Hant", "Jpan"})
_JOINERS: Final = frozenset("\u200d\ufe0f")


def split(text: str, language: Language, limit: int = LONGEST) -> list[str]:
    """Return the sentences, without the space around them; none is empty.

    One longer than ``limit`` characters is cut where a clause ends, else between words, else
    between letters. Every character but white space comes back, in order.
    Raises ValueError for a limit below 1.
    """
    parts = (part.strip() for part in _parts(text, language, limit))
    return [part for part in parts if part]


def join(sentences: Iterable[str], language: Language) -> str:
    """Return one text, with spaces between sentences where the language writes them."""
    spaced = not _UNSPACED & languages.scripts(language)
    text = ""
    for sentence in filter(None, map(str.strip, sentences)):
        gap = " " if text and (spaced or (text[-1].isascii() and sentence[0].isascii())) else ""
        text += gap + sentence
    return text


def pieces(text: str, language: Language, limit: int) -> list[str]:
    """Return the text in as few messages of at most ``limit`` characters as whole sentences allow.

    Line breaks inside a message stay. Raises ValueError for a limit below 1.
    """
    messages: list[str] = []
    message = ""
    for part in _parts(text, language, limit):
        if len((message + part).strip()) > limit:
            messages.append(message.strip())
            message = ""
        message += part
    return [each for each in (*messages, message.strip()) if each]


def _parts(text: str, language: Language, limit: int) -> Iterator[str]:
    """Yield sentences, cut to the limit, with the white space that follows them."""
    if limit < 1:
        raise ValueError(limit)
    # The library takes UTF-8 only, and a lone surrogate has none.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    for sentence in _mended(segment(language.partition("-")[0], whole), language):
        yield from _cut(sentence, limit)


def _mended(sentences: Iterable[str], language: Language) -> Iterator[str]:
    """Undo and add what the library gets wrong."""
    unsplit = _UNSPLIT_ENDS.get(language)
    held = ""
    for sentence in sentences:
        held += sentence
        if language == "vi" and _VIETNAMESE_TITLE.search(held):
            continue
        yield from _split_again(held, unsplit) if unsplit else (held,)
        held = ""
    yield held


def _split_again(sentence: str, end: str) -> list[str]:
    return re.findall(rf".*?{end}\s*|.+$", sentence, re.DOTALL)


def _cut(text: str, limit: int) -> Iterator[str]:
    while len(text.strip()) > limit:
        text = text.lstrip()
        place = _place(text, limit)
        yield text[:place]
        text = text[place:]
    yield text


def _place(text: str, limit: int) -> int:
    """Return where to cut a longer text: late, and where it hurts least."""
    window = text[: limit + 1]
    earliest = limit // 3
    for boundary in (_CLAUSE_END, _BEFORE_SPACE):
        places = [each.end() for each in boundary.finditer(window)]
        places = [place for place in places if earliest < place <= limit]
        if places:
            return places[-1]
    place = limit
    while place > earliest and _continues(text[place - 1], text[place]):
        place -= 1
    return place if place > earliest else limit


def _continues(before: str, after: str) -> bool:
    """Say whether the letter goes on: a mark, or what a joiner binds."""
    return unicodedata.category(after).startswith("M") or bool(_JOINERS & {before, after})
