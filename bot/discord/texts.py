"""What an answer looks like on Discord: its markup, in as many messages as it takes."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from bot import messages
from pipeline import languages, sentences
from pipeline.types import Language, Transcript, Translation

LIMIT: Final = 2000
"""Characters of one message, markup included. UTF-16 code units are counted: the most it can be."""
_MARKUP: Final = re.compile(
    r"""(https?://[^\s<>]*[^\s<>.,:;"'!?)\]])|^([ \t]*)([-#>+])|([\\`*_~|<\[\]])""", re.MULTILINE
)
"""Addresses; what is markup where a line begins; what is so anywhere. The library's
``escape_markdown`` leaves lists and mentions alive."""
_MORE: Final = "\n…"


def units(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def escaped(text: str) -> str:
    """Return markup that shows the text as it is, with no previews of addresses.

    An unpaired surrogate becomes a question mark.
    """
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return _MARKUP.sub(_escape, clean)


def _escape(found: re.Match[str]) -> str:
    if found[1]:
        return f"<{found[1]}>"
    return f"{found[2]}\\{found[3]}" if found[3] else f"\\{found[4]}"


def answer(heard: Transcript, translation: Translation, locale: str) -> list[str]:
    """Return the original, what it means and what is doubtful, as messages."""
    blocks = [_Block(heard.text, heard.language, locale, quoted=True)]
    if translation.target != translation.source:
        blocks.append(_Block(translation.text, translation.target, locale, quoted=False))
    words = _doubts(heard, translation, locale)
    mark = f"\n\n{words}" if words else ""
    whole = "\n".join(block.whole() for block in blocks) + mark
    if units(whole) <= LIMIT:
        return [whole]
    parts = [part for block in blocks for part in block.parts(LIMIT - units(mark))]
    return [*parts[:-1], parts[-1] + mark]


def written(heard: Transcript, translation: Translation, locale: str) -> bytes:
    """Return the same as a text file in UTF-8."""
    shown = {heard.language: heard.text}
    if translation.target != translation.source:
        shown[translation.target] = translation.text
    blocks = [f"{languages.name(code, locale)}\n{text.strip()}" for code, text in shown.items()]
    blocks.append(_doubts(heard, translation, locale))
    return "\n\n".join(filter(None, blocks)).encode("utf-8", "replace")


def plain(text: str, language: str = "en") -> list[str]:
    """Return a text without markup, as messages."""
    return [escaped(part) for part in _pieces(text, Language(language), LIMIT, escaped)]


def shortened(text: str) -> str:
    """Return a text without markup as one message; what is too long for one is left out."""
    first, *more = [*_pieces(text, Language("en"), LIMIT - len(_MORE), escaped)] or [""]
    return escaped(first) + (_MORE if more else "")


def _doubts(heard: Transcript, translation: Translation, locale: str) -> str:
    doubts = dict.fromkeys((*heard.doubts, *translation.doubts))
    words = ", ".join(messages.doubt(each, locale) for each in doubts)
    return f"\N{WARNING SIGN}\ufe0f {words}" if words else ""


class _Block:
    """A text under the name of its language."""

    def __init__(self, text: str, language: Language, locale: str, *, quoted: bool) -> None:
        self._text = text.strip()
        self._language = language
        self._heading = f"-# {escaped(languages.name(language, locale))}\n"
        self._quoted = quoted

    def whole(self) -> str:
        return self._heading + self._shown(self._text)

    def parts(self, room: int) -> Iterator[str]:
        """Yield the text in parts, the language's name on the first."""
        heading = self._heading
        for part in _pieces(self._text, self._language, room - units(heading), self._shown):
            yield heading + self._shown(part)
            heading = ""

    def _shown(self, text: str) -> str:
        shown = escaped(text)
        return "> " + shown.replace("\n", "\n> ") if self._quoted else shown


def _pieces(
    text: str, language: Language, room: int, shown: Callable[[str], str], size: int = LIMIT
) -> Iterator[str]:
    """Yield the text in parts that fit when they are shown; markup may make them longer."""
    for part in sentences.pieces(text, language, min(size, room)):
        if units(shown(part)) <= room:
            yield part
        else:
            yield from _pieces(part, language, room, shown, len(part) // 2)
