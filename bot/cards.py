"""What a command answers with: text and buttons that every platform can show in its own way."""

from dataclasses import dataclass, field

from storage.types import Chat, Person

LONGEST_DATA = 64
"""Bytes of a button's data: what Telegram carries."""


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
    """The platform says that the person may change the chat's settings; in a private chat too."""


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


@dataclass(frozen=True, slots=True)
class Card:
    """One answer. The text is plain, with no markup, and fits one message (under 4096)."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    """Rows of buttons, at most 3 in a row and 10 rows."""
    file: File | None = None
    asks: str = ""
    """Not empty: the next line this person writes here is for ``Commands.answer``, with this."""
    alert: bool = False
    """A short word to the presser alone; the card that was pressed stays as it is."""


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
