"""Who may have their own voice, until when, and for how many minutes a day."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from storage.database import Database, Row, Transaction
from storage.profiles import find_chat, make_chat
from storage.types import Chat, Clock, Person

_DAY_S: Final = 86_400
_KEPT_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Role:
    """Everybody with a role of a server."""

    chat: Chat
    id: str
    """The platform's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One permission. Times are seconds since the epoch."""

    to: Person | Role
    chat: Chat | None
    """Where it holds; ``None`` is everywhere, which only the operator grants."""
    granted: float
    until: float | None
    """``None`` has no end."""
    minutes: float
    """A day, of speech."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a person may have here, today."""

    until: float | None
    """Seconds since the epoch; ``None`` has no end."""
    minutes: float
    """A day, of speech."""
    used_s: float
    """Seconds of speech that were made today, in UTC."""

    @property
    def left_s(self) -> float:
        """Seconds of speech that may still be made today; 0 or more."""
        return max(0.0, 60 * self.minutes - self.used_s)


class Premium:
    """Grants and their use; a topic stands for its whole chat. Every verb raises StorageError."""

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self._database = database
        self._clock = clock

    async def grant(
        self,
        to: Person | Role,
        *,
        chat: Chat | None,
        minutes: float,
        until: float | None = None,
    ) -> Grant:
        """Grant own voice, in place of the grant that the same has in the same chat.

        Without a chat it is the operator's grant, and holds everywhere. Raises ValueError for a
        role without its own chat, and for minutes that are not more than none.
        """
        if isinstance(to, Role) and (chat is None or chat.whole != to.chat.whole):
            raise ValueError("a role is granted in its own chat")
        if not minutes > 0:
            raise ValueError("a grant is of more than no minutes")
        now = self._clock()
        async with self._database.transaction() as transaction:
            number = None if chat is None else await make_chat(transaction, chat.whole)
            await transaction.run(
                "INSERT INTO grants (chat, platform, account, role, granted, until, minutes)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (coalesce(chat, 0), platform,"
                " coalesce(account, ''), coalesce(role, '')) DO UPDATE SET"
                " granted = excluded.granted, until = excluded.until, minutes = excluded.minutes",
                number,
                *_key(to),
                now,
                until,
                minutes,
            )
        where = None if chat is None else chat.whole
        return Grant(to=to, chat=where, granted=now, until=until, minutes=minutes)

    async def revoke(self, to: Person | Role, *, chat: Chat | None) -> bool:
        """Take back the grant in this chat, or the operator's; return whether there was one.

        What other grants allow stays allowed.
        """
        async with self._database.transaction() as transaction:
            number = None if chat is None else await find_chat(transaction, chat.whole)
            if chat is not None and number is None:
                return False
            removed = await transaction.run(
                "DELETE FROM grants WHERE chat IS ? AND platform = ? AND account IS ?"
                " AND role IS ?",
                number,
                *_key(to),
            )
        return bool(removed)

    async def list(self, chat: Chat | None = None) -> tuple[Grant, ...]:
        """Return the grants of the chat, or those of the operator, the latest first.

        Those that are over are among them until they are swept.
        """
        rows = await self._database.rows(
            "SELECT grants.platform, account, role, granted, until, minutes, chats.chat"
            " FROM grants LEFT JOIN chats ON chats.id = grants.chat"
            " WHERE CASE WHEN ? IS NULL THEN grants.chat IS NULL"
            " ELSE chats.platform = ? AND chats.chat = ? AND chats.topic = '' END"
            " ORDER BY granted DESC, grants.id DESC",
            *(3 * (None,) if chat is None else (chat.id, chat.platform, chat.id)),
        )
        return tuple(map(_from_row, rows))

    async def holds(
        self, person: Person, chat: Chat, roles: Collection[str] | None = ()
    ) -> Allowance | None:
        """Return what the person may have in this chat; ``None`` without any grant.

        ``roles`` are the person's there; ``None`` where they are not known, and any that was
        granted something may be theirs. Of several grants the most generous counts: most minutes,
        then latest end. Use counts on all linked accounts together.
        """
        now = self._clock()
        held = "role IS NOT NULL" if roles is None else f"role IN ({', '.join('?' * len(roles))})"
        row = await self._database.row(
            f"{_LINKED} SELECT until, minutes,"  # noqa: S608 - question marks
            " (SELECT coalesce(sum(seconds), 0) FROM voice_use JOIN linked"
            " USING (platform, account) WHERE day = ?)"
            " FROM grants LEFT JOIN chats ON chats.id = grants.chat"
            " WHERE coalesce(until, 9e99) > ? AND (grants.chat IS NULL OR"
            " (chats.platform = ? AND chats.chat = ? AND chats.topic = ''))"
            " AND ((grants.platform, account) IN (SELECT platform, account FROM linked)"
            f" OR (grants.platform = ? AND {held}))"
            " ORDER BY minutes DESC, coalesce(until, 9e99) DESC LIMIT 1",
            *_linked(person),
            now // _DAY_S,
            now,
            chat.platform,
            chat.id,
            chat.platform,
            *(roles or ()),
        )
        return None if row is None else Allowance(*row)

    async def used_s(self, person: Person) -> float:
        """Return the seconds of speech that were made for the person today, in UTC."""
        [(seconds,)] = await self._database.rows(
            f"{_LINKED} SELECT coalesce(sum(seconds), 0.0) FROM voice_use"  # noqa: S608 - text of ours
            " JOIN linked USING (platform, account) WHERE day = ?",
            *_linked(person),
            self._clock() // _DAY_S,
        )
        return float(seconds)

    async def sweep(self) -> None:
        """Forget grants that are over, and use of more than 30 days ago; call now and then."""
        now = self._clock()
        await self._database.rows("DELETE FROM grants WHERE until <= ?", now)
        await self._database.rows("DELETE FROM voice_use WHERE day < ?", now // _DAY_S - _KEPT_DAYS)


async def spend(transaction: Transaction, person: Person, seconds: float, now: float) -> None:
    """Count seconds of speech that were made for the person."""
    await transaction.run(
        "INSERT INTO voice_use (platform, account, day, seconds) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds",
        person.platform,
        person.id,
        now // _DAY_S,
        seconds,
    )


_LINKED: Final = (
    "WITH linked (platform, account) AS (SELECT ?, ? UNION"
    " SELECT platform, account FROM accounts WHERE profile ="
    " (SELECT profile FROM accounts WHERE platform = ? AND account = ?))"
)
"""The account itself, known or not, and those that are linked to it."""


def _linked(person: Person) -> tuple[str, str, str, str]:
    return (person.platform, person.id, person.platform, person.id)


def _key(to: Person | Role) -> tuple[str, str | None, str | None]:
    if isinstance(to, Role):
        return (to.chat.platform, None, to.id)
    return (to.platform, to.id, None)


def _from_row(row: Row) -> Grant:
    platform, account, role, granted, until, minutes, where = row
    chat = None if where is None else Chat(platform, where)
    to: Person | Role
    if role is None:
        to = Person(platform, account)
    elif chat is not None:
        to = Role(chat, role)
    else:
        raise RuntimeError("the schema has no role without a chat")
    return Grant(to=to, chat=chat, granted=granted, until=until, minutes=minutes)
