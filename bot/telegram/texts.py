"""What an answer looks like on Telegram: HTML, in as many messages as it takes."""

import html
from collections.abc import Iterator
from typing import Final

from bot import messages
from pipeline import languages, sentences
from pipeline.types import Language, Transcript, Translation

LIMIT: Final = 4096
"""UTF-16 code units of one message, after Telegram has taken the formatting out."""


def units(text: str) -> int:
    """Return the length in UTF-16 code units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def answer(heard: Transcript, translation: Translation, locale: str) -> list[str]:
    """Return the original, what it means and what is doubtful, as HTML messages."""
    blocks = [_Block(heard.text, heard.language, locale, quoted=True)]
    if translation.target != translation.source:
        blocks.append(_Block(translation.text, translation.target, locale, quoted=False))
    doubts = dict.fromkeys((*heard.doubts, *translation.doubts))
    words = ", ".join(messages.doubt(each, locale) for each in doubts)
    mark = f"\n\n\N{WARNING SIGN}\ufe0f {words}" if words else ""
    room = LIMIT - units(mark)
    if sum(block.units for block in blocks) + len(blocks) - 1 <= room:
        return ["\n".join(block.whole() for block in blocks) + html.escape(mark)]
    parts = [part for block in blocks for part in block.parts(room)]
    return [*parts[:-1], parts[-1] + html.escape(mark)]


def plain(text: str, language: str = "en") -> list[str]:
    """Return a text without formatting, as HTML messages."""
    return [html.escape(part, quote=False) for part in _pieces(text, Language(language), LIMIT)]


class _Block:
    """A text under the name of its language."""

    def __init__(self, text: str, language: Language, locale: str, *, quoted: bool) -> None:
        self._text = text.strip()
        self._language = language
        self._heading = languages.name(language, locale)
        self._quoted = quoted

    @property
    def units(self) -> int:
        return units(f"{self._heading}\n{self._text}")

    def whole(self) -> str:
        return f"<i>{html.escape(self._heading)}</i>\n{self._shown(self._text)}"

    def parts(self, room: int) -> Iterator[str]:
        """Yield the text in parts, the language's name on the first."""
        heading = f"<i>{html.escape(self._heading)}</i>\n"
        for part in _pieces(self._text, self._language, room - units(self._heading) - 1):
            yield heading + self._shown(part)
            heading = ""

    def _shown(self, text: str) -> str:
        escaped = html.escape(text, quote=False)
        return f"<blockquote>{escaped}</blockquote>" if self._quoted else escaped


def _pieces(text: str, language: Language, limit: int) -> list[str]:
    """Split at sentences; letters beyond the basic plane count twice, as Telegram counts them."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    if units(clean) <= limit:
        return [clean.strip()] if clean.strip() else []
    characters = limit if units(clean) == len(clean) else limit // 2
    return sentences.pieces(clean, language, characters)
