"""What servers choose for live calls, and which calls are under way."""

import time
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

from pipeline.types import Language
from storage.database import Database, Transaction
from storage.profiles import make_chat
from storage.types import Chat, Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPreferences:
    """A server's choices. Channels and roles are the platform's own ids; ``None`` is not chosen."""

    captions: str | None = None
    """The channel or thread where captions go; not chosen, the voice channel's own chat."""
    speaks: bool | None = None
    """Whether translations are spoken into the channel."""
    into: Language | None = None
    """Only translations into this language are spoken; not chosen, every one."""
    pauses: bool = True
    """Whether a translation waits while people speak."""
    auto_join: str | None = None
    """The voice channel that is joined when somebody comes into it, unasked."""
    keeps: bool = False
    """Whether transcripts are kept. Where they are not, there are none."""
    role: str | None = None
    """Who has this role may summon the bot and change these choices, as those may who manage the
    server."""


class CallChanges(TypedDict, total=False):
    """Fields of CallPreferences to change; ``None`` takes a choice back."""

    captions: str | None
    speaks: bool | None
    into: Language | None
    pauses: bool
    auto_join: str | None
    keeps: bool
    role: str | None


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that was opened and not closed: after a start, one to come back to."""

    chat: Chat
    """The server."""
    channel: str
    """The voice channel's id."""
    place: str
    """The id of the channel or thread where the call's captions and sentences go."""
    since: float
    """Seconds since the epoch."""


class Calls:
    """The calls of servers: a topic stands for its whole chat. Every verb raises StorageError."""

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self._database = database
        self._clock = clock

    async def of(self, chat: Chat) -> CallPreferences:
        """Return what the server has chosen."""
        return await _of(self._database, chat)

    async def change(self, chat: Chat, **changes: Unpack[CallChanges]) -> CallPreferences:
        """Change these choices and no other; return all.

        Where transcripts are not kept any more, those that were kept are erased.
        """
        erased = 0
        async with self._database.transaction() as transaction:
            number = await make_chat(transaction, chat.whole)
            chosen = replace(await _of(transaction, chat), **changes)
            await transaction.run(
                "INSERT OR REPLACE INTO call_preferences"
                " (chat, captions, speaks, spoken_into, pauses, auto_join, keeps, role)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                number,
                chosen.captions,
                chosen.speaks,
                chosen.into,
                chosen.pauses,
                chosen.auto_join,
                chosen.keeps,
                chosen.role,
            )
            if not chosen.keeps:
                erased = await transaction.run("DELETE FROM kept_calls WHERE chat = ?", number)
        if erased:
            await self._database.scrub()
        return chosen

    async def opened(self, chat: Chat, channel: str, place: str) -> None:
        """Note that the server's call is in this voice channel, and speaks in this place."""
        async with self._database.transaction() as transaction:
            await transaction.run(
                "INSERT OR REPLACE INTO open_calls (chat, channel, place, since)"
                " VALUES (?, ?, ?, ?)",
                await make_chat(transaction, chat.whole),
                channel,
                place,
                self._clock(),
            )

    async def closed(self, chat: Chat) -> None:
        """Note that the server's call is over, and not to be come back to."""
        await self._database.rows(
            "DELETE FROM open_calls WHERE chat IN"
            " (SELECT id FROM chats WHERE platform = ? AND chat = ?)",
            chat.platform,
            chat.id,
        )

    async def open_calls(self, platform: str) -> tuple[OpenCall, ...]:
        """Return the platform's calls that were opened and not closed, the oldest first."""
        rows = await self._database.rows(
            "SELECT chats.chat, channel, place, since FROM open_calls"
            " JOIN chats ON chats.id = open_calls.chat WHERE platform = ? ORDER BY since",
            platform,
        )
        return tuple(OpenCall(Chat(platform, chat), *rest) for chat, *rest in rows)


async def _of(source: Database | Transaction, chat: Chat) -> CallPreferences:
    row = await source.row(
        "SELECT captions, speaks, spoken_into, pauses, auto_join, keeps, role"
        " FROM call_preferences JOIN chats ON chats.id = call_preferences.chat"
        " WHERE platform = ? AND chats.chat = ? AND topic = ''",
        chat.platform,
        chat.id,
    )
    if row is None:
        return CallPreferences()
    captions, speaks, into, pauses, auto_join, keeps, role = row
    return CallPreferences(
        captions=captions,
        speaks=None if speaks is None else bool(speaks),
        into=into,
        pauses=bool(pauses),
        auto_join=auto_join,
        keeps=bool(keeps),
        role=role,
    )
