"""One SQLite file: open, migrate, transact, back up. No other file knows aiosqlite."""

import asyncio
import logging
import os
import secrets
import sqlite3
import stat
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import aiosqlite

from pipeline.errors import (
    DatabaseCorruptError,
    DatabaseForeignError,
    DatabaseFullError,
    DatabaseLockedError,
    DatabaseMigrationError,
    DatabaseNewerError,
    DatabaseUnavailableError,
    StorageError,
)

Value: TypeAlias = str | bytes | int | float | None
Row: TypeAlias = tuple[Any, ...]
"""One row of a result; the migrations' STRICT tables say what its columns are."""

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_APPLICATION_ID: Final = 0x44524147
"""Marks the file as ours (``DRAG``), so that no other program's database is ever migrated."""
_MIGRATIONS: Final = resources.files("storage") / "migrations"
_OLDEST_SQLITE: Final = (3, 37, 0)
"""The first release with STRICT tables."""

_ERRORS: Final[dict[int, type[StorageError]]] = {
    sqlite3.SQLITE_CORRUPT: DatabaseCorruptError,
    sqlite3.SQLITE_NOTADB: DatabaseCorruptError,
    sqlite3.SQLITE_BUSY: DatabaseLockedError,
    sqlite3.SQLITE_LOCKED: DatabaseLockedError,
    sqlite3.SQLITE_PROTOCOL: DatabaseLockedError,
    sqlite3.SQLITE_FULL: DatabaseFullError,
    sqlite3.SQLITE_AUTH: DatabaseUnavailableError,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnavailableError,
    sqlite3.SQLITE_IOERR: DatabaseUnavailableError,
    sqlite3.SQLITE_PERM: DatabaseUnavailableError,
    sqlite3.SQLITE_READONLY: DatabaseUnavailableError,
}


class Transaction:
    """What may be awaited between begin and commit: SQL, and nothing else."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """Return every row of the result."""
        return [tuple(row) for row in await self._connection.execute_fetchall(sql, values)]

    async def row(self, sql: str, *values: Value) -> Row | None:
        """Return the first row of the result, if there is one."""
        rows = await self.rows(sql, *values)
        return rows[0] if rows else None

    async def run(self, sql: str, *values: Value) -> int:
        """Execute a statement without a result; return how many rows it changed."""
        async with self._connection.execute(sql, values) as cursor:
            return cursor.rowcount


class Database:
    """An open database. One connection, one transaction at a time."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._statements = Transaction(connection)
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None
        self._closed = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit what the body did, or undo it if the body fails or is cancelled.

        Await nothing but the transaction's SQL in the body: everybody else waits for it.
        Raises StorageError.
        """
        async with self._held():
            try:
                await self._statements.rows("BEGIN IMMEDIATE")
                yield self._statements
                await _uninterrupted(self._connection.commit())
            except BaseException:
                await _uninterrupted(self._connection.rollback())
                raise

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """Execute one statement as a transaction of its own; return every row of its result.

        Raises StorageError.
        """
        async with self._held():
            return await self._statements.rows(sql, *values)

    async def row(self, sql: str, *values: Value) -> Row | None:
        """Execute one statement as a transaction of its own; return the first row, if any.

        Raises StorageError.
        """
        rows = await self.rows(sql, *values)
        return rows[0] if rows else None

    async def scrub(self) -> None:
        """Overwrite what deleted rows left behind; call after erasing. Raises StorageError.

        The file's own pages are overwritten on deletion (``secure_delete``), the write-ahead log
        is emptied here, or later where another process is just reading.
        """
        done = await self.row("PRAGMA wal_checkpoint(TRUNCATE)")
        if done is None or done[0]:
            _log.warning("erased data stays in the write-ahead log until no one reads")

    async def check(self) -> None:
        """Read every page and index. Raises DatabaseCorruptError; may take seconds."""
        await _check(self, "PRAGMA integrity_check(1)")
        if await self.rows("PRAGMA foreign_key_check"):
            raise DatabaseCorruptError(path=str(self.path), reason="dangling reference")

    async def backup(self, target: Path) -> None:
        """Write a checked copy to ``target`` while others go on; replace what was there, at once.

        The copy is one file of mode 0600. It leaves out what the database holds only for a
        while, and voices: one that was deleted must not come back. Raises StorageError.
        """
        target = await asyncio.to_thread(_absolute, target)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        with _unavailable(target):
            await asyncio.to_thread(_create_copy, part, target, self.path)
            try:
                await _uninterrupted(self._copy(part))
                await asyncio.to_thread(_put_in_place, part, target)
            finally:
                await _uninterrupted(asyncio.to_thread(part.unlink, missing_ok=True))

    async def _copy(self, part: Path) -> None:
        async with (
            _connected(part, busy_s=0) as sink,
            _connected(self.path, busy_s=5) as source,
        ):
            with _translated(part):
                await source.backup(sink)
            copy = Database(sink, part)
            for statement in (
                "PRAGMA secure_delete = ON",
                "PRAGMA journal_mode = DELETE",
                "DELETE FROM cached",
                "DELETE FROM call_lines",
                "DELETE FROM open_calls",
                "DELETE FROM link_codes",
                "DELETE FROM voices",
                "VACUUM",
            ):
                await copy.rows(statement)
            await copy.check()

    async def _prepare(self, scripts: tuple[str, ...]) -> None:
        """Refuse what is not ours or not sound, before anything is written; then migrate."""
        [(identity,)] = await self.rows("PRAGMA application_id")
        [(tables,)] = await self.rows("SELECT count(*) FROM sqlite_schema")
        if identity != _APPLICATION_ID and (identity or tables):
            raise DatabaseForeignError(path=str(self.path))
        [(version,)] = await self.rows("PRAGMA user_version")
        if version > len(scripts):
            raise DatabaseNewerError(path=str(self.path), version=version, known=len(scripts))
        await _check(self, "PRAGMA quick_check(1)")
        [(mode,)] = await self.rows("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise DatabaseUnavailableError(path=str(self.path), reason="no write-ahead log here")
        for pragma in (
            "PRAGMA synchronous = NORMAL",
            "PRAGMA secure_delete = ON",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA trusted_schema = OFF",
            "PRAGMA cell_size_check = ON",
        ):
            await self.rows(pragma)
        for number, script in enumerate(scripts, start=1):
            await self._migrate(number, script)
        # Only now: a migration that rebuilds a table needs the references to look away.
        await self.rows("PRAGMA foreign_keys = ON")

    async def _migrate(self, number: int, script: str) -> None:
        try:
            await self._apply(number, script)
        except StorageError as error:
            if type(error) is not StorageError:
                raise
            raise DatabaseMigrationError(path=str(self.path), version=number) from error

    async def _apply(self, number: int, script: str) -> None:
        async with self.transaction() as transaction:
            [(version,)] = await transaction.rows("PRAGMA user_version")
            if version >= number:
                return
            for statement in _statements(script):
                await transaction.run(statement)
            if await transaction.rows("PRAGMA foreign_key_check"):
                raise StorageError(path=str(self.path), reason="dangling reference")
            await transaction.run(f"PRAGMA application_id = {_APPLICATION_ID}")
            await transaction.run(f"PRAGMA user_version = {number}")

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if self._owner is not None and self._owner is task:
            raise RuntimeError("inside a transaction, use the transaction")
        async with self._lock:
            if self._closed:
                raise DatabaseUnavailableError(path=str(self.path), reason="closed")
            self._owner = task
            try:
                with _translated(self.path):
                    yield
            finally:
                self._owner = None

    async def _close(self) -> None:
        async with self._lock:
            self._closed = True


@asynccontextmanager
async def open_database(
    path: Path, *, busy_s: float = 5.0, migrations: Traversable = _MIGRATIONS
) -> AsyncIterator[Database]:
    """Open the database, creating it and its folder if need be, and bring it up to date.

    The file is for its owner alone (mode 0600). Durable when the process dies; a power cut may
    cost the last moments, never the file. Another process that holds the file is waited for
    ``busy_s`` seconds. ``migrations`` is a folder of ``0001_what.sql`` and on, each applied once
    and as a whole.
    Raises DatabaseUnavailableError, DatabaseLockedError, DatabaseCorruptError,
    DatabaseForeignError, DatabaseNewerError, DatabaseMigrationError and DatabaseFullError.
    """
    # aiosqlite writes every statement with its values, which people may have said, to this log.
    logging.getLogger("aiosqlite").addFilter(_not_debug)
    scripts = await asyncio.to_thread(_scripts, migrations)
    path = await asyncio.to_thread(_absolute, path)
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        reason = f"SQLite {sqlite3.sqlite_version} is too old"
        raise DatabaseUnavailableError(path=str(path), reason=reason)
    with _unavailable(path):
        await asyncio.to_thread(_create, path)
    async with _connected(path, busy_s) as connection:
        database = Database(connection, path)
        try:
            await database._prepare(scripts)  # noqa: SLF001 - opening is part of the class
            with _unavailable(path):
                await asyncio.to_thread(_restrict, path)
            yield database
        finally:
            await _uninterrupted(database._close())  # noqa: SLF001 - as above


@asynccontextmanager
async def _connected(path: Path, busy_s: float) -> AsyncIterator[aiosqlite.Connection]:
    connection = aiosqlite.connect(path, timeout=busy_s, isolation_level=None)

    async def start() -> None:
        await connection

    try:
        with _translated(path):
            await _uninterrupted(start())
        yield connection
    finally:
        with _translated(path):
            await _uninterrupted(connection.close())


async def _check(database: Database, pragma: str) -> None:
    [(problem,)] = await database.rows(pragma)
    if problem != "ok":
        raise DatabaseCorruptError(path=str(database.path), reason="failed its check")


async def _uninterrupted(work: Coroutine[Any, Any, _T]) -> _T:
    """Finish the work even if the task is cancelled meanwhile; then the cancellation goes on."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as cancellation:
            cancelled = cancellation
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours; none of them quotes a value."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        reason = getattr(error, "sqlite_errorname", type(error).__name__)
        raise _ERRORS.get(code, StorageError)(path=str(path), reason=reason) from error
    except UnicodeEncodeError:
        # It carries the whole value, so it must not be the cause of what is logged.
        raise StorageError(path=str(path), reason="half a character") from None


@contextmanager
def _unavailable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DatabaseUnavailableError(path=str(path), reason=reason) from error


def _not_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _scripts(folder: Traversable) -> tuple[str, ...]:
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    for number, file in enumerate(files, start=1):
        if not file.name.startswith(f"{number:04}_"):
            raise ValueError(f"{file.name} is not migration {number}")
    return tuple(file.read_text(encoding="utf-8") for file in files)


def _statements(script: str) -> Iterator[str]:
    """Split at the semicolons that end a statement: none in a text, a comment or a trigger."""
    statement = ""
    *parts, rest = script.split(";")
    for part in parts:
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement + rest


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _create(path: Path) -> None:
    """Make the file if there is none. Never opens one that is there: closing drops its locks."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "not a file") from None


def _restrict(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            file.chmod(mode & 0o700)


def _create_copy(part: Path, target: Path, source: Path) -> None:
    if target.exists() and target.samefile(source):
        raise OSError(0, "it is the database itself")
    _create(part)


def _put_in_place(part: Path, target: Path) -> None:
    _sync(part)
    part.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
