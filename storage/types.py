"""Who and where: the keys under which things are remembered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds since the epoch, as ``time.time`` gives them."""


@dataclass(frozen=True, slots=True)
class Person:
    """One account of a person; a linked person has several."""

    platform: str
    """Such as ``telegram`` or ``discord``."""
    id: str
    """The platform's own, which never changes; not a name."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A private chat, group, server channel, or one topic of a group."""

    platform: str
    id: str
    topic: str = ""
    """A forum thread of the chat; empty is the chat as a whole."""

    @property
    def whole(self) -> "Chat":
        """The chat that this is a topic of, or the chat itself."""
        return Chat(self.platform, self.id)
