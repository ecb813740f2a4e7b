"""Everything about one person: to give it to them, and to forget it."""

import json
from collections import Counter
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

from storage.database import Database, Transaction
from storage.profiles import find_profile
from storage.types import Person
from storage.voices import erase

Export: TypeAlias = dict[str, list[dict[str, object]]]
"""Names of what is remembered, each with its entries; plain data, ready for JSON."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many entries were forgotten."""

    accounts: int
    """Accounts, the linked ones included, and with them the choices."""
    terms: int
    notes: int
    codes: int
    """Link codes that were not used yet, and tries of wrong ones."""
    lines: int
    """What they said in calls whose transcripts are kept."""
    voices: int = 0
    """Samples of their voice, each with its consent."""
    jobs: int = 0
    """Clips that were asked for in their voice, made or not."""
    grants: int = 0
    """Of own voice to them, and days of its use."""


class People:
    """A person as a whole, with all linked accounts. Every verb raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def export(self, person: Person) -> Export:
        """Return everything that is remembered about the person; times in seconds since 1970.

        Cached translations and speech are not in it: no cache knows whose they are, and they are
        gone within the day. Of voices and of clips in them there are the facts.
        """
        async with self._database.transaction() as transaction:
            profile = await find_profile(transaction, person)
            accounts = await _accounts(transaction, person, profile)
            export: Export = {
                "accounts": [{"platform": each.platform, "id": each.id} for each in accounts],
                "preferences": await _objects(transaction, _PREFERENCES, profile),
                "glossary": await _objects(transaction, _TERMS, profile),
                "link_codes": await _objects(transaction, _CODES, profile),
                "link_tries": [],
                "notes": [],
                "transcripts": [],
                "voices": [],
                "voice_jobs": [],
                "voice_grants": [],
                "voice_use": [],
            }
            for each in accounts:
                key = (each.platform, each.id)
                export["link_tries"] += await _objects(transaction, _TRIES, *key)
                export["notes"] += await _objects(transaction, _NOTES, *key)
                export["transcripts"] += await _objects(transaction, _LINES, *key)
                export["voices"] += await _objects(transaction, _VOICES, *key)
                export["voice_jobs"] += await _objects(transaction, _JOBS, *key)
                export["voice_grants"] += await _objects(transaction, _GRANTS, *key)
                export["voice_use"] += await _objects(transaction, _USE, *key)
        return export

    async def forget(self, person: Person) -> Receipt:
        """Forget the person, on all linked accounts, beyond recovery from the file.

        Backups that were made before still have what they had.
        """
        forgotten: Counter[str] = Counter()
        async with self._database.transaction() as transaction:
            profile = await find_profile(transaction, person)
            accounts = await _accounts(transaction, person, profile)
            erased = await erase(transaction, person)
            forgotten.update(voices=erased.voices, jobs=erased.jobs)
            for name, sql in _FORGET_PROFILE:
                forgotten[name] += await transaction.run(sql, profile)
            for each in accounts:
                for name, sql in _FORGET_ACCOUNT:
                    forgotten[name] += await transaction.run(sql, each.platform, each.id)
            forgotten["accounts"] = await transaction.run(
                "DELETE FROM accounts WHERE profile = ?", profile
            )
            await transaction.run("DELETE FROM profiles WHERE id = ?", profile)
        await self._database.scrub()
        return Receipt(**{each.name: forgotten[each.name] for each in fields(Receipt)})


_FORGET_PROFILE: Final = (
    ("terms", "DELETE FROM terms WHERE profile = ?"),
    ("codes", "DELETE FROM link_codes WHERE profile = ?"),
)
_FORGET_ACCOUNT: Final = (
    ("codes", "DELETE FROM link_tries WHERE platform = ? AND account = ?"),
    ("notes", "DELETE FROM notes WHERE platform = ? AND account = ?"),
    ("lines", "DELETE FROM call_lines WHERE platform = ? AND account = ?"),
    ("jobs", "DELETE FROM jobs WHERE platform = ? AND account = ?"),
    ("grants", "DELETE FROM grants WHERE platform = ? AND account = ?"),
    ("grants", "DELETE FROM voice_use WHERE platform = ? AND account = ?"),
)
"""What goes, and the field of the receipt that counts it."""

_PREFERENCES = (
    "SELECT json_object('spoken', spoken, 'target', target, 'allowed', allowed, 'quick_voice',"
    " quick_voice, 'voice', voice, 'speed', speed, 'locale', locale, 'unheard', unheard)"
    " FROM profiles WHERE id = ?"
)
_TERMS = (
    "SELECT json_object('term', term, 'translation', translation, 'target', nullif(target, ''))"
    " FROM terms WHERE profile = ? ORDER BY folded, target"
)
_CODES = (
    "SELECT json_object('platform', platform, 'account', account, 'expires', expires)"
    " FROM link_codes WHERE profile = ?"
)
_TRIES = (
    "SELECT json_object('platform', platform, 'account', account, 'tried', tried)"
    " FROM link_tries WHERE platform = ? AND account = ?"
)
_NOTES = (
    "SELECT json_object('platform', platform, 'chat', chat, 'topic', topic, 'message', message,"
    " 'taken', taken, 'finished', finished, 'outcome', outcome, 'stages', json(stages))"
    " FROM notes WHERE platform = ? AND account = ? ORDER BY taken"
)
_LINES = (
    "SELECT json_object('platform', chats.platform, 'chat', chats.chat, 'channel', channel,"
    " 'call', kept_calls.call, 'started', started, 'at', at, 'end', until, 'name', name,"
    " 'source', source, 'original', original, 'target', call_lines.target,"
    " 'translation', translation)"
    " FROM call_lines JOIN kept_calls ON kept_calls.id = call_lines.call"
    " JOIN chats ON chats.id = kept_calls.chat"
    " WHERE call_lines.platform = ? AND account = ? ORDER BY started, at"
)
_VOICES = (
    "SELECT json_object('platform', platform, 'account', account, 'consented', consented,"
    " 'language', language, 'words', words, 'likeness', likeness, 'expires', expires,"
    " 'sample_seconds', seconds, 'models', (SELECT json_group_array(model) FROM voice_latents"
    " WHERE voice = voices.id)) FROM voices WHERE platform = ? AND account = ?"
)
_JOBS = (
    "SELECT json_object('platform', platform, 'chat', chat, 'topic', topic, 'message', message,"
    " 'language', language, 'characters', characters, 'state', state, 'created', created,"
    " 'made_seconds', made, 'finished', finished, 'outcome', outcome)"
    " FROM jobs WHERE platform = ? AND account = ? ORDER BY created"
)
_GRANTS = (
    "SELECT json_object('platform', grants.platform, 'chat', chats.chat, 'granted', granted,"
    " 'until', until, 'minutes', minutes) FROM grants LEFT JOIN chats ON chats.id = grants.chat"
    " WHERE grants.platform = ? AND account = ? ORDER BY granted"
)
_USE = (
    "SELECT json_object('day', day, 'seconds', seconds) FROM voice_use"
    " WHERE platform = ? AND account = ? ORDER BY day"
)


async def _objects(
    transaction: Transaction, sql: str, *values: str | int | None
) -> list[dict[str, object]]:
    return [json.loads(text) for (text,) in await transaction.rows(sql, *values)]


async def _accounts(
    transaction: Transaction, person: Person, profile: int | None
) -> tuple[Person, ...]:
    """Return all accounts of the profile; this one too where only notes or tries know it."""
    rows = await transaction.rows(
        "SELECT platform, account FROM accounts WHERE profile = ?", profile
    )
    return tuple({person, *(Person(*row) for row in rows)})
