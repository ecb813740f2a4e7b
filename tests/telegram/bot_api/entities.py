"""Formatted text as Telegram reads it: HTML, explicit entities, and what it finds by itself.

Offsets and lengths are UTF-16 code units. Rules and error texts follow the Bot API's section
"Formatting options".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.telegram.bot_api.markdown import parse_markdown
from tests.telegram.bot_api.marks import Formatted, Marks, parse_error, units
from tests.telegram.bot_api.parameters import Entity
from tests.telegram.bot_api.refusals import Json, bad_request

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z-]*)"
    r"(?P<attributes>(?:\s+[\w-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)*)\s*>"
)
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_FOUND = {
    "url": re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]"),
    "email": re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "bot_command": re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    "mention": re.compile(r"(?<!\w)@[A-Za-z][A-Za-z0-9_]{3,31}\b"),
    "hashtag": re.compile(r"(?<![\w#])#(?=\w*[^\W\d_])\w{1,256}"),
}


def formatted(text: str, mode: str | None, given: Iterable[Entity] | None = None) -> Formatted:
    """Read a text the way the request wants it read, and add what Telegram finds by itself.

    Raises RefusalError when the formatting is broken.
    """
    if mode is None:
        made = Formatted(text, [_explicit(text, entity) for entity in given or ()])
    elif mode.lower() == "html":
        made = _Html(text).parse()
    elif mode.lower() == "markdownv2":
        made = parse_markdown(text)
    else:
        raise bad_request("unsupported parse_mode")
    kept = made.text.rstrip()
    entities = [_clipped(entity, units(kept)) for entity in made.entities]
    entities = [entity for entity in entities if entity["length"] > 0]
    return Formatted(kept, _ordered([*entities, *found(kept, entities)]))


def found(text: str, taken: Iterable[Json] = ()) -> list[Json]:
    """Commands, mentions, addresses and tags that Telegram marks without being asked."""
    busy = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in taken
        if entity["type"] in {"code", "pre", "text_link"}
    ]
    entities: list[Json] = []
    for kind, pattern in _FOUND.items():
        for match in pattern.finditer(text):
            start = units(text[: match.start()])
            end = start + units(match.group())
            if all(end <= first or start >= last for first, last in busy):
                busy.append((start, end))
                entities.append({"type": kind, "offset": start, "length": end - start})
    return _ordered(entities)


def _ordered(entities: list[Json]) -> list[Json]:
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _clipped(entity: Json, end: int) -> Json:
    return entity | {"length": min(entity["length"], end - entity["offset"])}


def _explicit(text: str, entity: Entity) -> Json:
    if entity.offset + entity.length > units(text):
        raise bad_request("can't parse entities: entity is out of bounds")
    halves = text.encode("utf-16-le")
    for edge in (entity.offset, entity.offset + entity.length):
        if halves[2 * edge + 1 : 2 * edge + 2] in {bytes([high]) for high in range(0xDC, 0xE0)}:
            raise bad_request("can't parse entities: entity begins or ends inside a character")
    return entity.model_dump(exclude_none=True)


@dataclass
class _Html:
    source: str
    marks: Marks = field(default_factory=Marks)
    position: int = 0

    def parse(self) -> Formatted:
        while self.position < len(self.source):
            character = self.source[self.position]
            if character == "<":
                self._tag()
            elif character == "&":
                self._reference()
            else:
                self.marks.write(character)
                self.position += 1
        if self.marks.open:
            name = self.marks.open[-1].marker
            raise parse_error(f'Can\'t find end tag corresponding to start tag "{name}"')
        return self.marks.finish()

    def _reference(self) -> None:
        match = _REFERENCE.match(self.source, self.position)
        if match is None:
            self.marks.write("&")
            self.position += 1
            return
        named, decimal, hexadecimal = match.groups()
        code = int(decimal) if decimal else int(hexadecimal or "0", 16)
        self.marks.write(_NAMED[named] if named else chr(min(code, 0x10FFFF)))
        self.position = match.end()

    def _tag(self) -> None:
        where = len(self.source[: self.position].encode())
        match = _TAG.match(self.source, self.position)
        if match is None:
            raise parse_error(f'Unsupported start tag "" at byte offset {where}')
        name = match["name"].lower()
        attributes = {
            key.lower(): double or single or bare
            for key, double, single, bare in _ATTRIBUTE.findall(match["attributes"])
        }
        self.position = match.end()
        if match["end"]:
            self._end(name, where)
            return
        if name == "span" and attributes.get("class") == "tg-spoiler":
            self.marks.start(name, "spoiler", where)
            return
        if name not in TAGS:
            raise parse_error(f'Unsupported start tag "{name}" at byte offset {where}')
        kind = TAGS[name]
        if name == "blockquote" and "expandable" in attributes:
            kind = "expandable_blockquote"
        language = attributes.get("class", "")
        extra = {"url": attributes.get("href", "")} if name == "a" else {}
        if name == "code" and language.startswith("language-"):
            extra = {"language": language.removeprefix("language-")}
        self.marks.start(name, kind, where, extra)

    def _end(self, name: str, where: int) -> None:
        if not self.marks.open:
            raise parse_error(f"Unexpected end tag at byte offset {where}")
        expected = self.marks.open[-1].marker
        if expected != name:
            raise parse_error(
                f'Unmatched end tag at byte offset {where}, expected "</{expected}>", '
                f'found "</{name}>"'
            )
        self.marks.end()
