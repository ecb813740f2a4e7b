"""Text that grows while marks on it open and close: what both markup languages are parsed into."""

from dataclasses import dataclass, field

from tests.telegram.bot_api.refusals import Json, RefusalError, bad_request


def units(text: str) -> int:
    """Length in UTF-16 code units, which Telegram counts in."""
    return len(text.encode("utf-16-le")) // 2


def parse_error(what: str) -> RefusalError:
    """The formatting is broken."""
    return bad_request(f"can't parse entities: {what}")


@dataclass(frozen=True)
class Formatted:
    """A plain text and the marks on it."""

    text: str
    entities: list[Json]


@dataclass(frozen=True)
class Mark:
    """A mark that has been opened."""

    marker: str
    kind: str
    offset: int
    where: int
    """Bytes before it in the source."""
    extra: Json


@dataclass
class Marks:
    """The text so far, the open marks, and the closed ones."""

    text: str = ""
    length: int = 0
    open: list[Mark] = field(default_factory=list)
    closed: list[Json] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Add plain text."""
        self.text += text
        self.length += units(text)

    def start(self, marker: str, kind: str, where: int, extra: Json | None = None) -> None:
        """Open a mark."""
        self.open.append(Mark(marker, kind, self.length, where, extra or {}))

    def end(self, extra: Json | None = None) -> None:
        """Close the mark that was opened last; an empty one vanishes, as on Telegram."""
        mark = self.open.pop()
        length = self.length - mark.offset
        entity: Json = {"type": mark.kind, "offset": mark.offset, "length": length}
        entity |= mark.extra | (extra or {})
        if length and not (mark.kind == "text_link" and "://" not in entity["url"]):
            self.closed.append(entity)

    def finish(self) -> Formatted:
        """Hand over; ``pre`` around exactly one ``code`` becomes one block with its language."""
        blocks = {
            (entity["offset"], entity["length"]): entity
            for entity in self.closed
            if entity["type"] == "pre"
        }
        entities = []
        for entity in self.closed:
            block = blocks.get((entity["offset"], entity["length"]))
            if entity["type"] == "code" and block is not None:
                block |= {key: entity[key] for key in ("language",) if key in entity}
            else:
                entities.append(entity)
        for entity in entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return Formatted(self.text, entities)
