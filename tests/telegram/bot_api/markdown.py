"""Telegram's MarkdownV2: every reserved character is a mark or is escaped."""

import re
from dataclasses import dataclass, field

from tests.telegram.bot_api.marks import Formatted, Marks, parse_error

MARKERS = {
    "||": "spoiler",
    "__": "underline",
    "_": "italic",
    "*": "bold",
    "~": "strikethrough",
}
NAMES = {
    "||": "Spoiler",
    "__": "Underline",
    "_": "Italic",
    "*": "Bold",
    "~": "Strikethrough",
    "[": "TextUrl",
}
RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
_PRE_LANGUAGE = re.compile(r"([^\s`]+)?\n")


def parse_markdown(source: str) -> Formatted:
    """Read MarkdownV2. Raises RefusalError."""
    return _Markdown(source).parse()


@dataclass
class _Markdown:
    source: str
    marks: Marks = field(default_factory=Marks)
    position: int = 0

    def parse(self) -> Formatted:
        while self.position < len(self.source):
            self._step()
        self._end_quote()
        if self.marks.open:
            mark = self.marks.open[-1]
            raise parse_error(
                f"Can't find end of {NAMES[mark.marker]} entity at byte offset {mark.where}"
            )
        return self.marks.finish()

    def _step(self) -> None:
        if self._line_starts() and self._quote():
            return
        rest = self.source[self.position : self.position + 3]
        if rest[0] == "\\" and len(rest) > 1 and 0 < ord(rest[1]) < 127:
            self.marks.write(rest[1])
            self.position += 2
        elif rest[0] == "`":
            self._verbatim("```" if rest == "```" else "`")
        elif rest[0] == "[":
            self.marks.start("[", "text_link", self._bytes())
            self.position += 1
        elif rest[0] == "]" and self.marks.open and self.marks.open[-1].marker == "[":
            self._link()
        elif self._quote_ends():
            self.position += 2
        elif marker := self._marker(rest):
            self._toggle(marker)
        elif rest[0] in RESERVED:
            raise parse_error(
                f"Character '{rest[0]}' is reserved and must be escaped with the preceding '\\'"
            )
        else:
            self._plain(rest)

    def _plain(self, rest: str) -> None:
        if rest[0] == "\n" and not rest.startswith("\n>"):
            self._end_quote()
        self.marks.write(rest[0])
        self.position += 1

    def _bytes(self) -> int:
        return len(self.source[: self.position].encode())

    def _line_starts(self) -> bool:
        return self.position == 0 or self.source[self.position - 1] == "\n"

    def _quote(self) -> bool:
        """Begin or go on with a quotation: ``>`` or, for one that unfolds, ``**>``."""
        for start in (">", "**>"):
            if self.source.startswith(start, self.position):
                if not self._in_quote():
                    self.marks.start(">", "blockquote", self._bytes())
                self.position += len(start)
                return True
        return False

    def _in_quote(self) -> bool:
        return bool(self.marks.open) and self.marks.open[-1].marker == ">"

    def _quote_ends(self) -> bool:
        """Close a quotation that unfolds: it ends in ``||`` with nothing behind."""
        here = self.source[self.position : self.position + 3]
        if not (self._in_quote() and here in {"||", "||\n"}):
            return False
        self.marks.end({"type": "expandable_blockquote"})
        return True

    def _end_quote(self) -> None:
        if self._in_quote():
            self.marks.end()

    def _marker(self, rest: str) -> str | None:
        return next((marker for marker in MARKERS if rest.startswith(marker)), None)

    def _toggle(self, marker: str) -> None:
        if self.marks.open and self.marks.open[-1].marker == marker:
            self.marks.end()
        else:
            self.marks.start(marker, MARKERS[marker], self._bytes())
        self.position += len(marker)

    def _until(self, stop: str, what: str, where: int) -> str:
        """Read verbatim to the stop, where only a backslash has a meaning."""
        text = ""
        while self.position < len(self.source):
            if self.source.startswith(stop, self.position):
                self.position += len(stop)
                return text
            if self.source[self.position] == "\\" and self.position + 1 < len(self.source):
                self.position += 1
            text += self.source[self.position]
            self.position += 1
        raise parse_error(f"Can't find end of {what} entity at byte offset {where}")

    def _verbatim(self, marker: str) -> None:
        kind = "code" if marker == "`" else "pre"
        where = self._bytes()
        self.position += len(marker)
        extra = {}
        if kind == "pre" and (match := _PRE_LANGUAGE.match(self.source, self.position)):
            extra = {"language": match[1]} if match[1] else {}
            self.position = match.end()
        self.marks.start(marker, kind, where, extra)
        self.marks.write(self._until(marker, kind.capitalize(), where))
        self.marks.end()

    def _link(self) -> None:
        mark = self.marks.open[-1]
        self.position += 1
        url = ""
        if self.source.startswith("(", self.position):
            self.position += 1
            url = self._until(")", "a URL", mark.where)
        self.marks.end({"url": url})
