"""What a command answers with: text and buttons that every platform can show in its own way."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from bot import messages
from pipeline import languages
from pipeline.types import Language
from storage.types import Chat, Person

LONGEST_DATA: Final = 64
"""Bytes of a button's data: what Telegram carries."""
CALLING: Final = frozenset({"discord"})
"""The platforms that have live calls."""
_OWNER: Final = "@"
_COLUMNS: Final = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who uses a command, and where."""

    person: Person
    chat: Chat
    locale: str
    """The person's language as the platform names it; what they have chosen wins."""
    private: bool
    """Nobody else sees the answer: a private chat, or a reply that only the person is shown."""
    admin: bool = False
    """The platform says that the person may change the group's settings; never so where the chat
    is the person and the bot alone, which has none. In a server those may too who have the role
    that it has chosen (``CallPreferences.role``)."""
    alone: bool = False
    """The person and the bot are alone in the chat: what is recorded there is meant for the bot."""
    roles: frozenset[str] = frozenset()
    """The ids of the person's roles in the server."""
    about: Person | None = None
    """Who wrote the message that the command replies to."""
    message: str = ""
    """The id of the message that asks or is pressed, where an answer can reply to it."""

    @property
    def has_calls(self) -> bool:
        """Whether there are live calls where this person is."""
        return self.chat.platform in CALLING


@dataclass(frozen=True, slots=True)
class Button:
    """A choice to tap."""

    label: str
    data: str
    """For ``Commands.press``: at most 64 bytes of ASCII, the same after a restart."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to send with the card."""

    name: str
    data: bytes = field(repr=False)


Row: TypeAlias = tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One answer. The text is plain, with no markup, and fits one message (under 4096)."""

    text: str
    rows: tuple[Row, ...] = ()
    """Rows of buttons, at most 3 in a row and 10 rows."""
    file: File | None = None
    asks: str = ""
    """Not empty: the next line this person writes here is for ``Commands.answer``, with this."""
    alert: bool = False
    """Answering a pressed button: a short word to the presser; the pressed card stays as it is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One suggestion while somebody types."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Described:
    """A command for the platform's menu."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A caller, and the language they are answered in."""

    caller: Caller
    locale: str

    def say(self, name: str, **facts: object) -> str:
        """Return the sentence of that name."""
        return messages.say(name, self.locale, **facts)

    def name(self, language: Language) -> str:
        """Return the language's name."""
        return languages.name(language, self.locale)

    def button(self, name: str, data: str, *, chosen: bool = False) -> Button:
        """Return a button labelled with the sentence of that name."""
        return marked(self.say(name), data, chosen=chosen)

    def choice(self, language: Language, data: str, *, chosen: bool = False) -> Button:
        """Return a button labelled with the language's name."""
        return marked(self.name(language), data, chosen=chosen)

    def alert(self, name: str) -> Card:
        """Return a short word to the presser alone."""
        return Card(self.say(name), alert=True)


def marked(label: str, data: str, *, chosen: bool) -> Button:
    """Return a button that shows whether it is what was chosen."""
    return Button(f"✓ {label}" if chosen else label, data)


def rows(buttons: Iterable[Button], columns: int = _COLUMNS) -> tuple[Row, ...]:
    """Lay buttons out in rows, leaving out those whose data is too long to be carried."""
    kept = [each for each in buttons if len(each.data.encode()) <= LONGEST_DATA - len(_OWNER) - 20]
    return tuple(tuple(kept[at : at + columns]) for at in range(0, len(kept), columns))


def owned(card: Card, caller: Caller) -> Card:
    """Where others see the card, make its buttons the caller's alone."""
    if caller.private or not card.rows:
        return card
    suffix = f"{_OWNER}{caller.person.id}"
    return replace(
        card,
        rows=tuple(
            tuple(Button(each.label, each.data + suffix) for each in row) for row in card.rows
        ),
    )


def disowned(data: str, caller: Caller) -> str | None:
    """Return the data without its owner; ``None`` if that is somebody else."""
    plain, _, owner = data.partition(_OWNER)
    return plain if owner in {"", caller.person.id} else None
