"""What people and chats have chosen."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, TypedDict, Unpack

from pipeline.types import Language
from storage.database import Database, Transaction
from storage.profiles import make_chat, make_profile
from storage.types import Chat, Person

_SLOWEST: Final = 0.5
_FASTEST: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPreferences:
    """A person's choices; ``None`` is not chosen. Raises ValueError for an impossible speed."""

    spoken: Language | None = None
    """What they speak; not chosen, it is detected."""
    target: Language | None = None
    """What their speech is translated into."""
    allowed: frozenset[Language] | None = None
    """Detection chooses among these; empty allows every language."""
    quick_voice: bool | None = None
    """Whether the translation is spoken too."""
    voice: str | None = None
    """A voice of the engine that speaks."""
    speed: float | None = None
    """1 is the voice's normal pace; 0.5 to 2."""
    locale: Language | None = None
    """The language of the interface."""
    unheard: bool | None = None
    """Whether they don't want to be heard in calls. It outlives linking: who is linked to somebody
    unheard is unheard too."""

    def __post_init__(self) -> None:
        """Refuse what no voice can do."""
        if self.speed is not None and not _SLOWEST <= self.speed <= _FASTEST:
            raise ValueError(f"speed must be {_SLOWEST} to {_FASTEST}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPreferences:
    """A chat's choices; ``None`` is not chosen."""

    active: bool | None = None
    """Whether every voice note is interpreted, unasked."""
    target: Language | None = None
    """What the others get: the target of people who have not chosen one."""
    allowed: frozenset[Language] | None = None
    """Detection chooses among these for people who have not chosen; empty allows every one."""
    admins_only: bool | None = None
    """Whether only admins may change the chat's choices."""


class PersonChanges(TypedDict, total=False):
    """Fields of PersonPreferences to change; ``None`` takes a choice back."""

    spoken: Language | None
    target: Language | None
    allowed: frozenset[Language] | None
    quick_voice: bool | None
    voice: str | None
    speed: float | None
    locale: Language | None
    unheard: bool | None


class ChatChanges(TypedDict, total=False):
    """Fields of ChatPreferences to change; ``None`` takes a choice back."""

    active: bool | None
    target: Language | None
    allowed: frozenset[Language] | None
    admins_only: bool | None


class Preferences:
    """The choices of people and chats. Every verb raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_person(self, person: Person) -> PersonPreferences:
        """Return the person's own choices, the same on every linked account."""
        return await _of_person(self._database, person)

    async def of_chat(self, chat: Chat) -> ChatPreferences:
        """Return the chat's choices; a topic inherits what it has not chosen from its chat."""
        own = await _of_chat(self._database, chat)
        if chat == chat.whole:
            return own
        whole = await _of_chat(self._database, chat.whole)
        return ChatPreferences(
            active=whole.active if own.active is None else own.active,
            target=own.target or whole.target,
            allowed=whole.allowed if own.allowed is None else own.allowed,
            admins_only=whole.admins_only if own.admins_only is None else own.admins_only,
        )

    async def of_person_in_chat(self, person: Person, chat: Chat) -> PersonPreferences:
        """Return what holds for a person's note in a chat: what the person has chosen wins."""
        own = await self.of_person(person)
        theirs = await self.of_chat(chat)
        return replace(
            own,
            target=own.target or theirs.target,
            allowed=theirs.allowed if own.allowed is None else own.allowed,
        )

    async def change_person(
        self, person: Person, **changes: Unpack[PersonChanges]
    ) -> PersonPreferences:
        """Change these choices and no other; return all. Raises ValueError for a bad speed.

        Of somebody who will not be heard in calls, kept lines of calls are erased.
        """
        async with self._database.transaction() as transaction:
            profile = await make_profile(transaction, person)
            chosen = replace(await _of_person(transaction, person), **changes)
            await transaction.run(
                "UPDATE profiles SET spoken = ?, target = ?, allowed = ?, quick_voice = ?,"
                " voice = ?, speed = ?, locale = ?, unheard = ? WHERE id = ?",
                chosen.spoken,
                chosen.target,
                _codes(chosen.allowed),
                chosen.quick_voice,
                chosen.voice,
                chosen.speed,
                chosen.locale,
                chosen.unheard,
                profile,
            )
        if changes.get("unheard"):
            await self._database.scrub()
        return chosen

    async def unheard(self, platform: str, ids: Collection[str]) -> frozenset[str]:
        """Return which of these accounts belong to people who don't want to be heard in calls."""
        rows = await self._database.rows(
            "SELECT account FROM accounts JOIN profiles ON profile = id WHERE platform = ?"
            " AND unheard = 1 AND account IN (SELECT value FROM json_each(?))",
            platform,
            json.dumps(list(ids)),
        )
        return frozenset(account for (account,) in rows)

    async def change_chat(self, chat: Chat, **changes: Unpack[ChatChanges]) -> ChatPreferences:
        """Change these choices of exactly this chat or topic, and no other; return its own."""
        async with self._database.transaction() as transaction:
            number = await make_chat(transaction, chat)
            chosen = replace(await _of_chat(transaction, chat), **changes)
            await transaction.run(
                "UPDATE chats SET active = ?, target = ?, allowed = ?, admins_only = ?"
                " WHERE id = ?",
                chosen.active,
                chosen.target,
                _codes(chosen.allowed),
                chosen.admins_only,
                number,
            )
        return chosen

    async def move_chat(self, old: Chat, new: Chat) -> None:
        """Carry a chat, its topics, glossary and calls to a new id, as when a group is upgraded.

        A chat or topic that the new id already has stays as it is, and so does the old one.
        """
        await self._database.rows(
            "UPDATE OR IGNORE chats SET chat = ? WHERE platform = ? AND chat = ?",
            new.id,
            old.platform,
            old.id,
        )

    async def forget_chat(self, chat: Chat) -> None:
        """Forget a chat that the bot has left, with its topics, its glossary and its calls."""
        await self._database.rows(
            "DELETE FROM chats WHERE platform = ? AND chat = ?", chat.platform, chat.id
        )
        await self._database.scrub()


async def _of_person(source: Database | Transaction, person: Person) -> PersonPreferences:
    row = await source.row(
        "SELECT spoken, target, allowed, quick_voice, voice, speed, locale, unheard"
        " FROM profiles JOIN accounts ON profile = id WHERE platform = ? AND account = ?",
        person.platform,
        person.id,
    )
    if row is None:
        return PersonPreferences()
    spoken, target, allowed, quick_voice, voice, speed, locale, unheard = row
    return PersonPreferences(
        spoken=spoken,
        target=target,
        allowed=_languages(allowed),
        quick_voice=_flag(quick_voice),
        voice=voice,
        speed=speed,
        locale=locale,
        unheard=_flag(unheard),
    )


async def _of_chat(source: Database | Transaction, chat: Chat) -> ChatPreferences:
    row = await source.row(
        "SELECT active, target, allowed, admins_only FROM chats"
        " WHERE platform = ? AND chat = ? AND topic = ?",
        chat.platform,
        chat.id,
        chat.topic,
    )
    if row is None:
        return ChatPreferences()
    active, target, allowed, admins_only = row
    return ChatPreferences(
        active=_flag(active),
        target=target,
        allowed=_languages(allowed),
        admins_only=_flag(admins_only),
    )


def _languages(codes: str | None) -> frozenset[Language] | None:
    return None if codes is None else frozenset(Language(code) for code in codes.split())


def _codes(languages: frozenset[Language] | None) -> str | None:
    return None if languages is None else " ".join(sorted(languages))


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)
