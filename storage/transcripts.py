"""What was said in calls, where a server wants it kept: beside the caches, the only place.

Lines are in the clear, with names, for whoever can read the file. They are kept only while the
server says so, never of people who don't want to be heard, and for so many days.
"""

import math
import time
from dataclasses import dataclass, field
from typing import Final

from pipeline.types import Language
from storage.database import Database, Transaction
from storage.types import Chat, Clock, Person

_LONGEST: Final = 4_000
"""Characters of an original, and of a translation: several times what is said in half a minute."""
_LONGEST_NAME: Final = 100
_OVERHEAD: Final = 200
"""Bytes that a line takes beside its texts: numbers, ids, and its share of two indexes."""
_TOLERANCE_S: Final = 86_400.0
"""A call that began further ahead than this shows a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance; times in seconds since the call began. Raises ValueError for others."""

    at: float
    end: float
    person: Person
    name: str = field(repr=False)
    """As the server shows it: the person may have another one elsewhere, or later."""
    source: Language
    original: str = field(repr=False)
    target: Language
    """The same as ``source`` where nothing was translated."""
    translation: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what no player could show."""
        if not 0 <= self.at <= self.end < math.inf:
            raise ValueError("a line begins at 0 or later, and ends after that")


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call of which there are lines."""

    chat: Chat
    """The server."""
    channel: str
    """The voice channel's id: who may be in it may read what was said there."""
    id: str
    """Of the call, unique in the server; the platform's or ours."""
    started: float
    """Seconds since the epoch."""
    lines: int = 0
    """How many there are; says nothing where a line is added."""


class Transcripts:
    """The lines of calls; a topic stands for its whole chat. Every verb raises StorageError."""

    def __init__(
        self,
        database: Database,
        *,
        days: float = 30.0,
        bytes_: int = 16 * 1024 * 1024,
        clock: Clock = time.time,
    ) -> None:
        """``days`` is how long they are kept, counted from when the call began; 0 keeps none.

        ``bytes_`` is the room of each server: its oldest calls go when there is too much, and
        lines of one call that fills it all alone are not kept.
        """
        self._database = database
        self._clock = clock
        self.bound(days=days, bytes_=bytes_)

    def bound(self, *, days: float, bytes_: int) -> None:
        """Keep no more than this from now on, and for no longer."""
        self._seconds = 86_400.0 * days
        self._bytes = bytes_

    async def add(self, call: KeptCall, line: Line) -> bool:
        """Keep the line, if the server keeps transcripts and the person may be heard.

        Returns whether it is kept. Texts of over 4,000 characters, and names of over 100, are cut.
        """
        values = _values(line)
        async with self._database.transaction() as transaction:
            allowed = self._lives(call.started) and await _allowed(transaction, call, line.person)
            if not allowed:
                return False
            number, held = await _made(transaction, call)
            size = _OVERHEAD + sum(len(text.encode()) for text in values if isinstance(text, str))
            if held + size > self._bytes:
                await transaction.run("DELETE FROM kept_calls WHERE id = ? AND lines = 0", number)
                return False
            await transaction.run(
                "INSERT INTO call_lines (call, at, until, platform, account, name, source,"
                " original, target, translation, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                number,
                *values,
                size,
            )
            await self._make_room(transaction, number)
        return True

    async def calls(self, chat: Chat) -> tuple[KeptCall, ...]:
        """Return the server's calls of which there are lines, the latest first."""
        rows = await self._database.rows(
            "SELECT channel, call, started, lines FROM kept_calls"
            " JOIN chats ON chats.id = kept_calls.chat"
            " WHERE platform = ? AND chats.chat = ? AND started BETWEEN ? AND ?"
            " ORDER BY started DESC, kept_calls.id DESC",
            chat.platform,
            chat.id,
            *self._life(),
        )
        return tuple(KeptCall(chat.whole, *row) for row in rows)

    async def lines(self, chat: Chat, call: str) -> tuple[Line, ...]:
        """Return the lines of the server's call in the order in which they were begun."""
        rows = await self._database.rows(
            "SELECT at, until, call_lines.platform, account, name, source, original,"
            " call_lines.target, translation FROM call_lines"
            " JOIN kept_calls ON kept_calls.id = call_lines.call"
            " JOIN chats ON chats.id = kept_calls.chat"
            " WHERE chats.platform = ? AND chats.chat = ? AND kept_calls.call = ?"
            " AND started BETWEEN ? AND ? ORDER BY at, call_lines.id",
            chat.platform,
            chat.id,
            call,
            *self._life(),
        )
        return tuple(
            Line(at, end, Person(platform, account), *rest)
            for at, end, platform, account, *rest in rows
        )

    async def erase(self, chat: Chat) -> int:
        """Erase everything that was kept of the server's calls; return how many lines."""
        rows = await self._database.rows(
            "DELETE FROM kept_calls WHERE chat IN"
            " (SELECT id FROM chats WHERE platform = ? AND chat = ?) RETURNING lines",
            chat.platform,
            chat.id,
        )
        await self._database.scrub()
        return sum(lines for (lines,) in rows)

    async def sweep(self) -> int:
        """Remove from the disk what has expired; return how many lines. Call now and then."""
        rows = await self._database.rows(
            "DELETE FROM kept_calls WHERE started NOT BETWEEN ? AND ? RETURNING lines",
            *self._life(),
        )
        if rows:
            await self._database.scrub()
        return sum(lines for (lines,) in rows)

    def _life(self) -> tuple[float, float]:
        """Return when a call that is still kept may have begun, from and until."""
        now = self._clock()
        return now - self._seconds, now + _TOLERANCE_S

    def _lives(self, started: float) -> bool:
        earliest, latest = self._life()
        return self._seconds > 0 and earliest <= started <= latest

    async def _make_room(self, transaction: Transaction, latest: int) -> None:
        """Drop the server's oldest calls, but not the latest, until the others fit."""
        await transaction.run(
            "DELETE FROM kept_calls WHERE id IN (SELECT id FROM (SELECT id,"
            " sum(bytes) OVER (ORDER BY id = ? DESC, started DESC, id DESC) AS held"
            " FROM kept_calls WHERE chat = (SELECT chat FROM kept_calls WHERE id = ?))"
            " WHERE held > ?)",
            latest,
            latest,
            self._bytes,
        )


async def _allowed(transaction: Transaction, call: KeptCall, person: Person) -> bool:
    row = await transaction.row(
        "SELECT 1 FROM call_preferences JOIN chats ON chats.id = call_preferences.chat"
        " WHERE platform = ? AND chats.chat = ? AND keeps = 1 AND NOT EXISTS"
        " (SELECT 1 FROM accounts JOIN profiles ON profile = profiles.id"
        " WHERE platform = ? AND account = ? AND unheard = 1)",
        call.chat.platform,
        call.chat.id,
        person.platform,
        person.id,
    )
    return row is not None


async def _made(transaction: Transaction, call: KeptCall) -> tuple[int, int]:
    """Return the number of the call, and the bytes it takes; a new one, if there is none yet."""
    await transaction.run(
        "INSERT INTO kept_calls (chat, call, channel, started)"
        " SELECT id, ?, ?, ? FROM chats WHERE platform = ? AND chat = ? AND topic = ''"
        " ON CONFLICT DO NOTHING",
        call.id,
        call.channel,
        call.started,
        call.chat.platform,
        call.chat.id,
    )
    [(number, held)] = await transaction.rows(
        "SELECT kept_calls.id, bytes FROM kept_calls JOIN chats ON chats.id = kept_calls.chat"
        " WHERE platform = ? AND chats.chat = ? AND call = ?",
        call.chat.platform,
        call.chat.id,
        call.id,
    )
    return number, held


def _values(line: Line) -> tuple[float | str, ...]:
    """Return the columns from ``at`` to ``translation``."""
    return (
        line.at,
        line.end,
        line.person.platform,
        line.person.id,
        _storable(line.name, _LONGEST_NAME),
        line.source,
        _storable(line.original, _LONGEST),
        line.target,
        _storable(line.translation, _LONGEST),
    )


def _storable(text: str, longest: int) -> str:
    """Cut the text, without halves of characters or NULs, on which SQLite's functions end."""
    return text[:longest].replace("\0", "").encode("utf-8", "replace").decode()
