"""The voices that people let the bot speak with: each is the consent it stands on.

Sample and latents are sealed to that consent: without it, with another one, or as another
account's, they don't open. A voice expires, and is then erased, unless its person renews it.
"""

import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.errors import SealError
from pipeline.types import Audio, Language
from storage.database import Database, Row, Transaction
from storage.profiles import make_profile
from storage.sealing import Seal, prove
from storage.types import Clock, Person

_DAY_S: Final = 86_400.0
_PCM: Final = struct.Struct("<I")
"""A sample begins with its rate; 16-bit samples follow, little end first."""
_FULL: Final = 32_767


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """That somebody read a sentence aloud, just now, in the voice of the sample.

    Only checks of a recording make one. Raises ValueError for what can't be one.
    """

    sentence: str
    """The sentence's digest in lower-case hex, of 16 to 64 bytes: never its words."""
    language: Language
    words: float
    """How much of the sentence was heard, in [0, 1]."""
    likeness: float
    """How alike its voice was to the sample's, in [-1, 1]: the cosine of both voiceprints."""

    def __post_init__(self) -> None:
        """Refuse a sentence that could be text, and figures that are none."""
        digest = _digest(self.sentence)
        if digest.hex() != self.sentence or not 16 <= len(digest) <= 64:  # noqa: PLR2004 - said above
            raise ValueError("the sentence is a digest in lower-case hex")
        if not (0 <= self.words <= 1 and -1 <= self.likeness <= 1):
            raise ValueError("words are in [0, 1], the likeness in [-1, 1]")


@dataclass(frozen=True, slots=True)
class EnrolledVoice:
    """What can be said of a voice without hearing it. Times are seconds since the epoch."""

    number: int
    person: Person
    """The account that consented; accounts linked to it have the same voice."""
    consented: float
    expires: float
    seconds: float
    """Of the sample."""
    language: Language
    """In which consent was spoken."""
    likeness: float
    models: tuple[str, ...]
    """Those that have latents of it, by the catalogue's names."""


@dataclass(frozen=True, slots=True)
class VoiceReceipt:
    """What was erased."""

    voices: int
    """Samples, each with its consent."""
    latents: int
    jobs: int
    """Clips that were asked for, made or not."""


class Voices:
    """Voices with their consents. Every verb raises StorageError.

    Verbs that seal or open raise SealError without the key, or with another one; the others need
    none, so that voices can be deleted when the key is lost.
    """

    def __init__(
        self, database: Database, seal: Seal, *, days: float = 30.0, clock: Clock = time.time
    ) -> None:
        """``days`` is how long a voice is kept after its consent, or its renewal."""
        self._database = database
        self._seal = seal
        self._seconds = _DAY_S * days
        self._clock = clock

    async def prove(self) -> None:
        """Raise SealError unless the key opens what is kept: call at the start."""
        await prove(self._database, self._seal)

    async def keep(
        self, person: Person, consent: Consent, sample: Audio, latents: Mapping[str, bytes]
    ) -> EnrolledVoice:
        """Keep the person's voice, in place of the one before.

        ``latents`` are by the model that made them. What waits to be spoken is spoken in the new
        voice.
        """
        now = self._clock()
        async with self._database.transaction() as transaction:
            await make_profile(transaction, person)
            number = await _begin(transaction, person, consent, now, now + self._seconds)
            place = await _place(transaction, number)
            await transaction.run(
                "UPDATE voices SET sample = ?, seconds = ? WHERE id = ?",
                self._seal.close(_packed(sample), "sample", *place),
                sample.seconds,
                number,
            )
            await self._add(transaction, number, place, latents)
            await _replace_others(transaction, person, number)
            voice = await _of(transaction, person, now)
        await self._database.scrub()
        if voice is None:
            raise RuntimeError("a voice must be kept for more than no time")
        return voice

    async def of(self, person: Person) -> EnrolledVoice | None:
        """Return the person's voice, if there is one that has not expired."""
        async with self._database.transaction() as transaction:
            return await _of(transaction, person, self._clock())

    async def all(self) -> tuple[EnrolledVoice, ...]:
        """Return every voice that has not expired, the latest first."""
        rows = await self._database.rows(
            f"SELECT {_FACTS} FROM voices WHERE expires > ? ORDER BY consented DESC, id DESC",  # noqa: S608 - columns of ours
            self._clock(),
        )
        return tuple(map(_from_row, rows))

    async def sample(self, person: Person) -> Audio | None:
        """Return the sample of the person's voice, as it was kept, at 16 bits."""
        async with self._database.transaction() as transaction:
            voice = await _of(transaction, person, self._clock())
            if voice is None:
                return None
            place = await _place(transaction, voice.number)
            [(sealed,)] = await transaction.rows(
                "SELECT sample FROM voices WHERE id = ?", voice.number
            )
        return _unpacked(self._seal.open(sealed, "sample", *place))

    async def latents(self, person: Person, model: str) -> bytes | None:
        """Return what the model keeps of the person's voice, as it was given."""
        async with self._database.transaction() as transaction:
            voice = await _of(transaction, person, self._clock())
            if voice is None or model not in voice.models:
                return None
            place = await _place(transaction, voice.number)
            [(sealed,)] = await transaction.rows(
                "SELECT latents FROM voice_latents WHERE voice = ? AND model = ?",
                voice.number,
                model,
            )
        return self._seal.open(sealed, "latents", model, *place)

    async def add_latents(self, voice: EnrolledVoice, model: str, latents: bytes) -> bool:
        """Keep what another model makes of the voice; False if the voice is gone."""
        async with self._database.transaction() as transaction:
            now = await _of(transaction, voice.person, self._clock())
            if now is None or (now.number, now.consented) != (voice.number, voice.consented):
                return False
            place = await _place(transaction, voice.number)
            await self._add(transaction, voice.number, place, {model: latents})
        return True

    async def renew(self, person: Person) -> EnrolledVoice | None:
        """Keep the voice for another term from now, if it has not expired."""
        async with self._database.transaction() as transaction:
            voice = await _of(transaction, person, self._clock())
            if voice is None:
                return None
            await transaction.run(
                "UPDATE voices SET expires = ? WHERE id = ?",
                self._clock() + self._seconds,
                voice.number,
            )
            return await _of(transaction, person, self._clock())

    async def delete(self, person: Person) -> VoiceReceipt:
        """Erase the person's voice on all linked accounts, and what was to be made of it."""
        async with self._database.transaction() as transaction:
            receipt = await erase(transaction, person)
        await self._database.scrub()
        return receipt

    async def sweep(self) -> int:
        """Erase the voices that have expired; return how many. Call now and then.

        One that expires over a day later than it can shows a clock that was wrong.
        """
        now = self._clock()
        rows = await self._database.rows(
            "DELETE FROM voices WHERE expires <= ? OR expires > ? RETURNING 1",
            now,
            now + self._seconds + _DAY_S,
        )
        if rows:
            await self._database.scrub()
        return len(rows)

    async def _add(
        self,
        transaction: Transaction,
        number: int,
        place: tuple[str | float, ...],
        latents: Mapping[str, bytes],
    ) -> None:
        for model, data in latents.items():
            await transaction.run(
                "INSERT OR REPLACE INTO voice_latents (voice, model, latents) VALUES (?, ?, ?)",
                number,
                model,
                self._seal.close(data, "latents", model, *place),
            )


async def erase(transaction: Transaction, person: Person) -> VoiceReceipt:
    """Erase the voices of all accounts of the person; scrub afterwards."""
    numbers = [
        number
        for (number,) in await transaction.rows(
            "SELECT voice FROM consented WHERE platform = ? AND account = ?",
            person.platform,
            person.id,
        )
    ]
    jobs = latents = 0
    for number in numbers:
        jobs += await transaction.run("DELETE FROM jobs WHERE voice = ?", number)
        latents += await transaction.run("DELETE FROM voice_latents WHERE voice = ?", number)
        await transaction.run("DELETE FROM voices WHERE id = ?", number)
    return VoiceReceipt(len(numbers), latents, jobs)


_FACTS: Final = (
    "id, platform, account, consented, expires, seconds, language, likeness,"
    " (SELECT group_concat(model, ' ') FROM voice_latents WHERE voice = voices.id)"
)


async def _of(transaction: Transaction, person: Person, now: float) -> EnrolledVoice | None:
    """Return the voice of the person's latest consent, of whichever account."""
    row = await transaction.row(
        f"SELECT {_FACTS} FROM voices WHERE id IN"  # noqa: S608 - columns of ours
        " (SELECT voice FROM consented WHERE platform = ? AND account = ?)"
        " AND expires > ? ORDER BY consented DESC, id DESC LIMIT 1",
        person.platform,
        person.id,
        now,
    )
    return None if row is None else _from_row(row)


def _from_row(row: Row) -> EnrolledVoice:
    number, platform, account, consented, expires, seconds, language, likeness, models = row
    return EnrolledVoice(
        number,
        Person(platform, account),
        consented,
        expires,
        seconds,
        Language(language),
        likeness,
        tuple(sorted((models or "").split())),
    )


async def _begin(
    transaction: Transaction, person: Person, consent: Consent, now: float, expires: float
) -> int:
    """Write the consent down; return the number of its voice, which has nothing in it yet."""
    [(number,)] = await transaction.rows(
        "INSERT INTO voices (platform, account, consented, sentence, language, words, likeness,"
        " expires, seconds, sample) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, x'')"
        " ON CONFLICT (platform, account) DO UPDATE SET consented = excluded.consented,"
        " sentence = excluded.sentence, language = excluded.language, words = excluded.words,"
        " likeness = excluded.likeness, expires = excluded.expires RETURNING id",
        person.platform,
        person.id,
        now,
        _digest(consent.sentence),
        consent.language,
        consent.words,
        consent.likeness,
        expires,
    )
    await transaction.run("DELETE FROM voice_latents WHERE voice = ?", number)
    return int(number)


async def _place(transaction: Transaction, number: int) -> tuple[str | float, ...]:
    """Return what a voice is sealed to: its account and its consent."""
    [(sentence, *rest)] = await transaction.rows(
        "SELECT sentence, id, platform, account, consented, language, words, likeness"
        " FROM voices WHERE id = ?",
        number,
    )
    return (sentence.hex(), *rest)


async def _replace_others(transaction: Transaction, person: Person, number: int) -> None:
    """Let the voice stand for those of linked accounts, and erase them."""
    others = (
        "(SELECT voice FROM consented WHERE platform = ? AND account = ? AND voice <> ?)",
        (person.platform, person.id, number),
    )
    await transaction.run(
        f"UPDATE jobs SET voice = ? WHERE voice IN {others[0]}",  # noqa: S608 - text of ours
        number,
        *others[1],
    )
    await transaction.run(f"DELETE FROM voices WHERE id IN {others[0]}", *others[1])  # noqa: S608 - as above


def _packed(sample: Audio) -> bytes:
    samples = np.clip(np.nan_to_num(sample.samples), -1.0, 1.0) * _FULL
    return _PCM.pack(sample.rate) + np.round(samples).astype("<i2").tobytes()


def _unpacked(data: bytes) -> Audio:
    if len(data) < _PCM.size:
        raise SealError(reason="wrong")
    [rate] = _PCM.unpack_from(data)
    samples = np.frombuffer(data, "<i2", offset=_PCM.size)
    return Audio(samples.astype(np.float32) / np.float32(_FULL), rate)


def _digest(sentence: str) -> bytes:
    try:
        return bytes.fromhex(sentence)
    except ValueError:
        return b""
