"""Terms that are kept as they are, or always translated so: of a person or of a chat."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from pipeline.errors import GlossaryFullError, GlossaryTermError
from pipeline.types import Language
from storage.database import Database, Transaction
from storage.profiles import find_chat, find_profile, make_chat, make_profile
from storage.types import Chat, Person

_LONGEST: Final = 100
"""Characters in a term or its translation."""
_MOST: Final = 200
"""Terms of one person, or of one chat or topic."""


@dataclass(frozen=True, slots=True)
class Term:
    """One entry; as given out, its text is in Unicode's composed form (NFC)."""

    term: str
    translation: str | None = None
    """``None`` keeps the term as it is."""
    target: Language | None = None
    """Only when translating into this language; ``None`` is every language."""


class Glossary:
    """The terms of people and chats. Every verb raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, owner: Person | Chat, entry: Term) -> None:
        """Add the term, in place of one that differs only in case and translation.

        Raises GlossaryTermError (more than 100 characters, empty, or not text) and
        GlossaryFullError (200 terms).
        """
        term = _clean(entry.term)
        translation = None if entry.translation is None else _clean(entry.translation)
        folded, target = _fold(term), entry.target or ""
        async with self._database.transaction() as transaction:
            profile, chat = await _made(transaction, owner)
            await transaction.run(
                "DELETE FROM terms WHERE profile IS ? AND chat IS ? AND folded = ? AND target = ?",
                profile,
                chat,
                folded,
                target,
            )
            [(count,)] = await transaction.rows(
                "SELECT count(*) FROM terms WHERE profile IS ? AND chat IS ?", profile, chat
            )
            if count >= _MOST:
                raise GlossaryFullError(limit=_MOST)
            await transaction.run(
                "INSERT INTO terms (profile, chat, folded, term, translation, target)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                profile,
                chat,
                folded,
                term,
                translation,
                target,
            )

    async def terms(self, owner: Person | Chat) -> tuple[Term, ...]:
        """Return exactly the owner's own terms, in the order of the alphabet."""
        return tuple((await self._by_key(owner)).values())

    async def for_note(self, person: Person, chat: Chat) -> tuple[Term, ...]:
        """Return the terms for a person's note in a chat, in the order of the alphabet.

        Where several have the same term for the same target, the person's wins over the
        topic's, and the topic's over the chat's.
        """
        merged = await self._by_key(chat.whole)
        if chat != chat.whole:
            merged |= await self._by_key(chat)
        merged |= await self._by_key(person)
        return tuple(merged[key] for key in sorted(merged))

    async def remove(self, owner: Person | Chat, term: str) -> int:
        """Remove the term for every target, in any case; return how many entries that were.

        Raises GlossaryTermError.
        """
        async with self._database.transaction() as transaction:
            profile, chat = await _found(transaction, owner)
            return await transaction.run(
                "DELETE FROM terms WHERE profile IS ? AND chat IS ? AND folded = ?",
                profile,
                chat,
                _fold(_clean(term)),
            )

    async def _by_key(self, owner: Person | Chat) -> dict[tuple[str, str], Term]:
        async with self._database.transaction() as transaction:
            profile, chat = await _found(transaction, owner)
            rows = await transaction.rows(
                "SELECT folded, target, term, translation FROM terms"
                " WHERE profile IS ? AND chat IS ? ORDER BY folded, target",
                profile,
                chat,
            )
        return {
            (folded, target): Term(term, translation, Language(target) if target else None)
            for folded, target, term, translation in rows
        }


async def _made(transaction: Transaction, owner: Person | Chat) -> tuple[int | None, int | None]:
    if isinstance(owner, Person):
        return await make_profile(transaction, owner), None
    return None, await make_chat(transaction, owner)


async def _found(transaction: Transaction, owner: Person | Chat) -> tuple[int | None, int | None]:
    """Return the columns of the owner; both empty, as no row has them, for an unknown one."""
    if isinstance(owner, Person):
        return await find_profile(transaction, owner), None
    return None, await find_chat(transaction, owner)


def _clean(text: str) -> str:
    """Return the text on one line, composed; raises GlossaryTermError."""
    if len(text) > 8 * _LONGEST:
        raise GlossaryTermError(limit=_LONGEST)
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    visible = any(unicodedata.category(letter)[0] not in "CZ" for letter in clean)
    broken = any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in clean)
    if not visible or broken or len(clean) > _LONGEST:
        raise GlossaryTermError(limit=_LONGEST)
    return clean


def _fold(term: str) -> str:
    return unicodedata.normalize("NFC", term.casefold())
