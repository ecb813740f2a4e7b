"""One person on two platforms: a one-time code made here and typed there joins the profiles."""

import hashlib
import secrets
import time
from typing import Final

from pipeline.errors import LinkCodeError, LinkSameAccountError, LinkTriesError
from storage.database import Database, Transaction
from storage.profiles import find_profile, make_profile
from storage.types import Clock, Person

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS: Final = 3
_GROUP: Final = 4
"""Three groups of four of 32 letters are 60 bits: too many to guess, or to search for by their
hash, in the minutes that a code lives."""
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_MINUTES: Final = 10
_TRIES: Final = 5


class Links:
    """Codes and the profiles they join. Every verb raises StorageError."""

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self._database = database
        self._clock = clock

    async def offer(self, person: Person) -> str:
        """Return a code such as ``7K3M-XQ2P-04TZ`` that links one other account to this one.

        It lives ten minutes and works once; a new one ends the one before. Only its hash is kept.
        """
        groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        code = "-".join(groups)
        async with self._database.transaction() as transaction:
            profile = await make_profile(transaction, person)
            await transaction.run("DELETE FROM link_codes WHERE profile = ?", profile)
            await transaction.run(
                "INSERT INTO link_codes (digest, profile, platform, account, expires)"
                " VALUES (?, ?, ?, ?, ?)",
                _digest(code),
                profile,
                person.platform,
                person.id,
                self._clock() + 60 * _MINUTES,
            )
        return code

    async def redeem(self, code: str, person: Person) -> tuple[Person, ...]:
        """Join the person's profile to that of the code's maker; return all linked accounts.

        Choices of the maker stay; those that the maker has not made, and terms that the maker
        does not have, come from the person. Case, spaces and hyphens of the code don't matter.
        Raises LinkCodeError, LinkSameAccountError, and LinkTriesError after five wrong codes in
        ten minutes.
        """
        now = self._clock()
        async with self._database.transaction() as transaction:
            await _forget_old(transaction, now)
            tries = await transaction.row(
                "SELECT count(*) FROM link_tries WHERE platform = ? AND account = ?",
                person.platform,
                person.id,
            )
            if tries is not None and tries[0] >= _TRIES:
                raise LinkTriesError(minutes=_MINUTES)
            maker = await transaction.row(
                "SELECT profile, platform, account FROM link_codes WHERE digest = ?", _digest(code)
            )
            if maker is None:
                await transaction.run(
                    "INSERT INTO link_tries (platform, account, tried) VALUES (?, ?, ?)",
                    person.platform,
                    person.id,
                    now,
                )
            elif maker[1:] == (person.platform, person.id):
                raise LinkSameAccountError
            else:
                await _merge(transaction, maker[0], await make_profile(transaction, person))
                await transaction.run("DELETE FROM link_codes WHERE profile = ?", maker[0])
        # Not inside: raising there would take the counted try back.
        if maker is None:
            raise LinkCodeError(minutes=_MINUTES)
        return await self.accounts(person)

    async def accounts(self, person: Person) -> tuple[Person, ...]:
        """Return every account of the person's profile, this one included if it is known."""
        rows = await self._database.rows(
            "SELECT platform, account FROM accounts WHERE profile ="
            " (SELECT profile FROM accounts WHERE platform = ? AND account = ?)"
            " ORDER BY platform, account",
            person.platform,
            person.id,
        )
        return tuple(Person(platform, account) for platform, account in rows)

    async def unlink(self, person: Person) -> bool:
        """Part this account from the others, with a copy of the choices and terms.

        Returns whether it was linked.
        """
        async with self._database.transaction() as transaction:
            profile = await find_profile(transaction, person)
            [(accounts,)] = await transaction.rows(
                "SELECT count(*) FROM accounts WHERE profile = ?", profile
            )
            if profile is None or accounts == 1:
                return False
            [(new,)] = await transaction.rows(
                "INSERT INTO profiles"
                " (spoken, target, allowed, quick_voice, voice, speed, locale)"
                " SELECT spoken, target, allowed, quick_voice, voice, speed, locale"
                " FROM profiles WHERE id = ? RETURNING id",
                profile,
            )
            await transaction.run(
                "INSERT INTO terms (profile, folded, term, translation, target)"
                " SELECT ?, folded, term, translation, target FROM terms WHERE profile = ?",
                new,
                profile,
            )
            await transaction.run(
                "UPDATE accounts SET profile = ? WHERE platform = ? AND account = ?",
                new,
                person.platform,
                person.id,
            )
            await transaction.run("DELETE FROM link_codes WHERE profile = ?", profile)
        return True

    async def sweep(self) -> None:
        """Forget expired codes and old tries; call now and then."""
        async with self._database.transaction() as transaction:
            await _forget_old(transaction, self._clock())


async def _forget_old(transaction: Transaction, now: float) -> None:
    """Forget what is over; a time further off than it can be shows a clock that was wrong."""
    life = 60 * _MINUTES
    await transaction.run(
        "DELETE FROM link_codes WHERE expires NOT BETWEEN ? AND ?", now, now + life
    )
    await transaction.run("DELETE FROM link_tries WHERE tried NOT BETWEEN ? AND ?", now - life, now)


async def _merge(transaction: Transaction, kept: int, gone: int) -> None:
    if kept == gone:
        return
    await transaction.run(
        "UPDATE profiles SET"
        " spoken = coalesce(profiles.spoken, other.spoken),"
        " target = coalesce(profiles.target, other.target),"
        " allowed = coalesce(profiles.allowed, other.allowed),"
        " quick_voice = coalesce(profiles.quick_voice, other.quick_voice),"
        " voice = coalesce(profiles.voice, other.voice),"
        " speed = coalesce(profiles.speed, other.speed),"
        " locale = coalesce(profiles.locale, other.locale)"
        " FROM profiles AS other WHERE profiles.id = ? AND other.id = ?",
        kept,
        gone,
    )
    await transaction.run("UPDATE OR IGNORE terms SET profile = ? WHERE profile = ?", kept, gone)
    await transaction.run("UPDATE accounts SET profile = ? WHERE profile = ?", kept, gone)
    await transaction.run("DELETE FROM profiles WHERE id = ?", gone)


def _digest(code: str) -> bytes:
    """Hash the code; whatever is typed can be hashed, and is none if it is no code."""
    typed = code.upper().translate(_MISREAD).strip()
    return hashlib.sha256(typed.encode(errors="replace")).digest()
