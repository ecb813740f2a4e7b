"""Answers that may be asked for again. Beside transcripts, the only place that holds what was said.

A translation is held for 24 hours and spoken audio for one, counted from when it was made; the
least recently used go first when there are too many bytes. The key is a digest that tells nothing
of the text, but the value is the content itself, in the clear, for whoever can read the file.
What has expired is never given out; it leaves the disk at the next ``put`` or ``sweep``, so the
application sweeps every few minutes and at its start. Backups leave the caches out.

A cache is dispensable: when the database fails, ``get`` finds nothing and ``put`` does nothing.
"""

import json
import logging
import time
from dataclasses import dataclass
from typing import Final

from pipeline.errors import StorageError
from pipeline.types import Clip, Language, Speech
from storage.database import Database, Transaction
from storage.types import Clock

_log = logging.getLogger(__name__)

_OVERHEAD: Final = 200
"""Bytes that an entry takes beside its value: key, numbers, and its share of three indexes."""
_LARGEST: Final = 8
"""A value over this fraction of the bound is not kept: it would drive out too much."""
_SPARED: Final = 7 / 8
"""Of the bound, what stays when it is crossed, so that not every ``put`` has to look for room."""


@dataclass(slots=True)
class Counts:
    """How a cache was asked since the program began."""

    hits: int = 0
    misses: int = 0
    """What was not there, had expired, or could not be read."""


class _Shelf:
    """The entries of one kind."""

    def __init__(
        self, database: Database, kind: str, *, seconds: float, bytes_: int, clock: Clock
    ) -> None:
        self._database = database
        self._kind = kind
        self._clock = clock
        self.counts = Counts()
        self.bound(seconds, bytes_)

    def bound(self, seconds: float, bytes_: int) -> None:
        self._seconds = seconds
        self._bytes = bytes_

    async def get(self, key: str) -> tuple[str, bytes] | None:
        found = await self._find(key)
        if found is None:
            self.counts.misses += 1
        else:
            self.counts.hits += 1
        return found

    async def _find(self, key: str) -> tuple[str, bytes] | None:
        digest, now = _digest(key), self._clock()
        try:
            row = await self._database.row(
                "UPDATE cached SET used = ? WHERE kind = ? AND key = ?"
                " AND expires > ? AND expires <= ? RETURNING about, value",
                now,
                self._kind,
                digest,
                now,
                now + self._seconds,
            )
        except StorageError as error:
            self._complain(error)
            return None
        return None if row is None else (row[0], row[1])

    async def put(self, key: str, about: str, value: bytes) -> None:
        digest, size = _digest(key), _OVERHEAD + len(about) + len(value)
        try:
            async with self._database.transaction() as transaction:
                await self._expire(transaction)
                if size <= self._bytes // _LARGEST and self._seconds > 0:
                    await self._insert(transaction, digest, size, about, value)
        except StorageError as error:
            self._complain(error)

    async def sweep(self) -> int:
        async with self._database.transaction() as transaction:
            expired = await self._expire(transaction)
        if expired:
            await self._database.scrub()
        return expired

    async def erase(self) -> int:
        rows = await self._database.rows(
            "DELETE FROM cached WHERE kind = ? RETURNING 1", self._kind
        )
        await self._database.scrub()
        return len(rows)

    async def _expire(self, transaction: Transaction) -> int:
        """Drop what has expired; expiry beyond a life from now shows a clock that was wrong."""
        now = self._clock()
        rows = await transaction.rows(
            "DELETE FROM cached WHERE kind = ? AND (expires <= ? OR expires > ?) RETURNING 1",
            self._kind,
            now,
            now + self._seconds,
        )
        return len(rows)

    async def _insert(
        self, transaction: Transaction, digest: bytes, size: int, about: str, value: bytes
    ) -> None:
        now = self._clock()
        await transaction.rows(
            "INSERT INTO cached (kind, key, used, expires, size, about, value)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET used = excluded.used,"
            " expires = excluded.expires, size = excluded.size, about = excluded.about,"
            " value = excluded.value",
            self._kind,
            digest,
            now,
            now + self._seconds,
            size,
            about,
            value,
        )
        [(held,)] = await transaction.rows(
            "SELECT bytes FROM cached_sizes WHERE kind = ?", self._kind
        )
        if held > self._bytes:
            await transaction.run(
                "DELETE FROM cached WHERE rowid IN (SELECT rowid FROM"
                " (SELECT rowid, sum(size) OVER (ORDER BY used DESC, rowid DESC) AS bytes"
                " FROM cached WHERE kind = ?) WHERE bytes > ?)",
                self._kind,
                self._bytes * _SPARED,
            )

    def _complain(self, error: StorageError) -> None:
        _log.warning("cache failed", extra={"kind": self._kind, "code": error.code})


class TranslationCache:
    """Translated sentences, under digests of text, languages and engine."""

    def __init__(
        self,
        database: Database,
        *,
        hours: float = 24.0,
        bytes_: int = 64 * 1024 * 1024,
        clock: Clock = time.time,
    ) -> None:
        self._shelf = _Shelf(
            database, "translation", seconds=3600 * hours, bytes_=bytes_, clock=clock
        )

    @property
    def counts(self) -> Counts:
        """How it was asked so far."""
        return self._shelf.counts

    def bound(self, *, hours: float, bytes_: int) -> None:
        """Keep no more than this from now on, and for no longer."""
        self._shelf.bound(3600 * hours, bytes_)

    async def get(self, key: str) -> str | None:
        """Return what was put under the key (a hex digest), unless it has expired or gone.

        Raises ValueError for a key that is no digest.
        """
        found = await self._shelf.get(key)
        return None if found is None else found[1].decode("utf-8", "surrogatepass")

    async def put(self, key: str, value: str) -> None:
        """Keep the value under the key (a hex digest); one too large for the bound is not kept.

        Raises ValueError for a key that is no digest.
        """
        await self._shelf.put(key, "", value.encode("utf-8", "surrogatepass"))

    async def sweep(self) -> int:
        """Remove from the disk what has expired; return how many. Raises StorageError."""
        return await self._shelf.sweep()

    async def erase(self) -> int:
        """Remove everything from the disk; return how many. Raises StorageError."""
        return await self._shelf.erase()


class SpeechCache:
    """Spoken audio, under digests of text, language, voice and engine."""

    def __init__(
        self,
        database: Database,
        *,
        hours: float = 1.0,
        bytes_: int = 256 * 1024 * 1024,
        clock: Clock = time.time,
    ) -> None:
        self._shelf = _Shelf(database, "speech", seconds=3600 * hours, bytes_=bytes_, clock=clock)

    @property
    def counts(self) -> Counts:
        """How it was asked so far."""
        return self._shelf.counts

    def bound(self, *, hours: float, bytes_: int) -> None:
        """Keep no more than this from now on, and for no longer."""
        self._shelf.bound(3600 * hours, bytes_)

    async def get(self, key: str) -> Speech | None:
        """Return what was put under the key (a hex digest), unless it has expired or gone.

        Raises ValueError for a key that is no digest.
        """
        found = await self._shelf.get(key)
        if found is None:
            return None
        about = json.loads(found[0])
        clip = Clip(found[1], about["seconds"], bytes.fromhex(about["waveform"]))
        return Speech(clip, Language(about["language"]), about["engine"], about["voice"])

    async def put(self, key: str, value: Speech) -> None:
        """Keep the value under the key (a hex digest); one too large for the bound is not kept.

        Raises ValueError for a key that is no digest.
        """
        about = {
            "seconds": value.clip.seconds,
            "waveform": value.clip.waveform.hex(),
            "language": value.language,
            "engine": value.engine,
            "voice": value.voice,
        }
        await self._shelf.put(key, json.dumps(about), value.clip.data)

    async def sweep(self) -> int:
        """Remove from the disk what has expired; return how many. Raises StorageError."""
        return await self._shelf.sweep()

    async def erase(self) -> int:
        """Remove everything from the disk; return how many. Raises StorageError."""
        return await self._shelf.erase()


def _digest(key: str) -> bytes:
    """Refuse a key that could be text: it must be the hex of 16 to 64 bytes."""
    try:
        digest = bytes.fromhex(key)
    except ValueError:
        digest = b""
    if digest.hex() != key or not 16 <= len(digest) <= 64:  # noqa: PLR2004 - said above
        raise ValueError("a cache key is a digest in lower-case hex")
    return digest
