"""That something was handled, how long it took and how it ended. Never what was said.

A note's words are codes of ours, checked to be codes, so that no text can slip in by mistake.
"""

import json
import re
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from storage.database import Database, Row
from storage.types import Chat, Clock, Person

_CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*", re.ASCII)
_LONGEST_CODE: Final = 40
_DAYS: Final = 30
_RECENT: Final = 100
"""How many of the latest notes make the typical time."""

DONE: Final = "done"
"""The outcome of a note that was answered; others are codes of errors."""


@dataclass(frozen=True, slots=True)
class Note:
    """One message that was taken on."""

    chat: Chat
    person: Person
    message: str
    """The platform's id of the message, or of the command that asked for it."""
    taken: float
    """Seconds since the epoch."""
    seconds: float | None = None
    """From taken to finished; ``None`` while it is not."""
    outcome: str | None = None
    """``done`` or the code of an error; ``None`` while it is not finished."""
    stages_ms: Mapping[str, float] | None = None
    """What each stage took, in milliseconds."""


class Notes:
    """The messages of the last 30 days. Every verb raises StorageError."""

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self._database = database
        self._clock = clock

    async def take(self, chat: Chat, person: Person, message: str) -> bool:
        """Note that the message is being handled; False if it was taken before.

        A platform delivers some messages twice, also across restarts: only who is told True
        goes on. Raises ValueError for a person of another platform than the chat's.
        """
        if person.platform != chat.platform:
            raise ValueError("person and chat are of one platform")
        taken = await self._database.rows(
            "INSERT INTO notes (platform, chat, topic, message, account, taken)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1",
            chat.platform,
            chat.id,
            chat.topic,
            message,
            person.id,
            self._clock(),
        )
        return bool(taken)

    async def finish(
        self, chat: Chat, message: str, outcome: str, stages_ms: Mapping[str, float] | None = None
    ) -> None:
        """Note how it ended: ``done`` or an error's code, and what each stage took.

        A note that is finished, or forgotten meanwhile, stays so. Raises ValueError for an
        outcome or a stage that is no code.
        """
        stages = dict(stages_ms or {})
        for code in (outcome, *stages):
            if len(code) > _LONGEST_CODE or not _CODE.fullmatch(code):
                raise ValueError("an outcome or a stage is a code, such as audio.no_speech")
        await self._database.rows(
            "UPDATE notes SET finished = ?, outcome = ?, stages = ?"
            " WHERE platform = ? AND chat = ? AND message = ? AND finished IS NULL",
            self._clock(),
            outcome,
            json.dumps({stage: round(float(ms), 1) for stage, ms in stages.items()}),
            chat.platform,
            chat.id,
            message,
        )

    async def unfinished(self) -> tuple[Note, ...]:
        """Return what was taken but not finished, the oldest first: after a start, what was lost.

        Finish each, once its people have been told or it has been done again.
        """
        rows = await self._database.rows(
            "SELECT platform, chat, topic, account, message, taken, finished, outcome, stages"
            " FROM notes WHERE finished IS NULL ORDER BY taken"
        )
        return tuple(from_row(row) for row in rows)

    async def typical_seconds(self) -> float | None:
        """Return the median time of the latest hundred notes that were done, if there is any."""
        rows = await self._database.rows(
            "SELECT finished - taken FROM notes WHERE outcome = ? ORDER BY taken DESC LIMIT ?",
            DONE,
            _RECENT,
        )
        return statistics.median(seconds for (seconds,) in rows) if rows else None

    async def sweep(self) -> int:
        """Forget notes older than 30 days; return how many. Call now and then."""
        rows = await self._database.rows(
            "DELETE FROM notes WHERE taken < ? RETURNING 1", self._clock() - 86_400 * _DAYS
        )
        return len(rows)


def from_row(row: Row) -> Note:
    """Make a note of platform, chat, topic, account, message, taken, finished, outcome, stages."""
    platform, chat, topic, account, message, taken, finished, outcome, stages = row
    return Note(
        Chat(platform, chat, topic),
        Person(platform, account),
        message,
        taken,
        None if finished is None else finished - taken,
        outcome,
        json.loads(stages),
    )
