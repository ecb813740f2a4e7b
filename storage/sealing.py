"""What of a person's voice lies on the disk is sealed: of no use without the operator's key.

XChaCha20-Poly1305 (libsodium's, through PyNaCl). Each sealed value is bound to its place, such as
the consent it stands on: moved elsewhere, or with that changed, it does not open.

Sealed values are in the database, and not in files beside it: what is said of a voice and the voice
itself come and go in one transaction, and deleting overwrites (``secure_delete``). The database's
files have mode 0600, as files beside it would.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from pipeline.errors import SealError
from storage.database import Database

KEY_BYTES: Final = Aead.KEY_SIZE
"""Of a key: 32."""
_PROOF: Final = b"dragoman"


class Seal:
    """Seals and opens bytes with one key. Without a key it does neither."""

    def __init__(self, key: bytes | None) -> None:
        """Take 32 random bytes; raises ValueError for others."""
        self._aead = None if key is None else Aead(_checked(key))

    def close(self, plain: bytes, *place: str | float) -> bytes:
        """Return the bytes sealed to the place; raises SealError (``missing``) without a key."""
        return bytes(self._lock().encrypt(plain, _bytes(place)))

    def open(self, sealed: bytes, *place: str | float) -> bytes:
        """Return what was sealed to this place.

        Raises SealError: ``missing`` without a key; ``wrong`` for another key or place, and for
        bytes that were changed.
        """
        try:
            return bytes(self._lock().decrypt(sealed, _bytes(place)))
        except (CryptoError, ValueError):
            raise SealError(reason="wrong") from None

    def _lock(self) -> Aead:
        if self._aead is None:
            raise SealError(reason="missing")
        return self._aead


async def prove(database: Database, seal: Seal) -> None:
    """Raise SealError unless the key opens what is kept; where nothing is, it is the key from now.

    ``missing`` says that there is no key. Raises StorageError.
    """
    proof = seal.close(_PROOF, "proof")
    async with database.transaction() as transaction:
        row = await transaction.row(_KEPT)
        if row is None:
            await transaction.run("INSERT OR REPLACE INTO seals (id, proof) VALUES (1, ?)", proof)
    if row is not None:
        seal.open(row[0], "proof")


def check(path: Path, seal: Seal) -> None:
    """Raise SealError unless the key opens what the database keeps, which is only read.

    Whatever else may be wrong with the file is said when it is opened.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as database:
            database.execute("PRAGMA query_only = ON")
            row = database.execute(_KEPT).fetchone()
    except sqlite3.Error:
        return
    if row is not None:
        seal.open(row[0], "proof")


_KEPT: Final = (
    "SELECT proof FROM seals WHERE EXISTS (SELECT 1 FROM voices)"
    " OR EXISTS (SELECT 1 FROM jobs WHERE coalesce(text, clip) IS NOT NULL)"
)
"""What the key must open, where anything is kept that it sealed."""


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    return key


def _bytes(place: tuple[str | float, ...]) -> bytes:
    """Return the place as bytes; no two places have the same."""
    return json.dumps(place).encode()
