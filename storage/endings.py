"""What became of the clips that nobody gets: each is counted, and told where it has to be, once.

An ending is dealt with after its job has ended, by whoever sends, and not by whoever ended it: so
it is not lost with a program that dies in between, and nobody is told of an end that was none. In
the row, ``due`` says when it may be dealt with; it lies before the end of what is settled.
"""

import time
from typing import Final

from storage.clips import Ending
from storage.database import Database
from storage.types import Chat, Clock, Person

_DAY_S: Final = 86_400.0
"""What ended longer ago is not spoken of any more."""
_LONGEST_PAUSE_S: Final = 3_600.0


class Endings:
    """Jobs that failed or were dropped, and are not settled. Every verb raises StorageError."""

    def __init__(
        self, database: Database, *, pause_s: float = 60.0, clock: Clock = time.time
    ) -> None:
        """Give out again after ``pause_s``, then later and later, what is not settled."""
        self._database = database
        self._pause_s = pause_s
        self._clock = clock

    async def next(self, platform: str) -> Ending | None:
        """Give out the platform's next ending; it comes again, for a day, until it is settled."""
        now = self._clock()
        row = await self._database.row(
            "UPDATE jobs SET due = ? + min(?, max(?, ? - finished)) WHERE id ="  # noqa: S608 - text of ours
            " (SELECT id FROM jobs WHERE finished > ? AND state IN ('failed', 'dropped')"
            " AND platform = ? AND due BETWEEN finished AND ? ORDER BY due, id LIMIT 1)"
            " RETURNING id, account, chat, topic, message, locale, state = 'failed', outcome,"
            f" finished - created, NOT {_EARLIER}, due > finished + ?",
            now,
            _LONGEST_PAUSE_S,
            self._pause_s,
            now,
            now - _DAY_S,
            platform,
            now,
            _DAY_S,
        )
        if row is None:
            return None
        number, account, chat, topic, message, locale, failed, code, waited, first, last = row
        return Ending(
            number=number,
            person=Person(platform, account),
            chat=Chat(platform, chat, topic),
            message=message,
            locale=locale,
            failed=bool(failed),
            code=code,
            waited_s=max(0.0, waited),
            is_first=bool(first),
            is_last=bool(last),
        )

    async def recover(self) -> None:
        """Give out again, at once, what an earlier program was at: call once at the start."""
        await self._database.rows(
            "UPDATE jobs SET due = finished WHERE state IN ('failed', 'dropped') AND due > finished"
        )

    async def settle(self, ending: Ending) -> None:
        """Note that nothing more is to be done."""
        await self._database.rows("UPDATE jobs SET due = 0 WHERE id = ?", ending.number)


_EARLIER: Final = (
    "EXISTS (SELECT 1 FROM jobs AS past WHERE past.voice = jobs.voice"
    " AND past.outcome = jobs.outcome AND (past.finished, past.id) < (jobs.finished, jobs.id)"
    " AND CAST(past.finished / 86400 AS INTEGER) = CAST(jobs.finished / 86400 AS INTEGER))"
)
"""Whether another of the voice ended so before, on the same day."""
