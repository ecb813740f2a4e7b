"""A voice is its consent: there is none without, and it is of use to nobody else."""

import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.errors import SealError, StorageError
from storage.database import Database, back_up
from storage.jobs import Jobs
from storage.links import Links
from storage.people import People
from storage.sealing import Seal
from storage.voices import Voices
from tests.storage.enrolments import (
    CONSENT,
    JOHN,
    LATENTS,
    MAI,
    MODEL,
    SEAL,
    enrol,
    order,
    sample,
)
from tests.storage.surroundings import SetClock, content

DAY = 86_400
OTHER_KEY = Seal(bytes(32))
NO_KEY = Seal(None)


@pytest.fixture
def voices(database: Database, clock: SetClock) -> Voices:
    return Voices(database, SEAL, clock=clock)


def on_disk(database: Database) -> bytes:
    return content(database.path.parent)


# kept and sealed


async def test_a_kept_voice_comes_back_as_it_was(voices: Voices, clock: SetClock) -> None:
    given = sample()
    kept = await voices.keep(MAI, CONSENT, given, {MODEL: LATENTS, "vixtts": b"others"})
    assert await voices.of(MAI) == kept
    assert (kept.person, kept.consented, kept.expires) == (MAI, clock.now, clock.now + 30 * DAY)
    assert (kept.seconds, kept.models) == (6.0, ("vixtts", MODEL))
    assert await voices.latents(MAI, MODEL) == LATENTS
    assert await voices.latents(MAI, "vixtts") == b"others"
    assert await voices.latents(MAI, "another") is None
    brought = await voices.sample(MAI)
    assert brought is not None
    assert brought.rate == 24_000
    assert np.abs(brought.samples - given.samples).max() < 1e-4
    assert await voices.of(JOHN) is None
    assert await voices.sample(JOHN) is None


async def test_neither_sample_nor_latents_are_on_the_disk_in_the_clear(
    voices: Voices, database: Database
) -> None:
    given = sample()
    await voices.keep(MAI, CONSENT, given, {MODEL: LATENTS})
    pcm = np.round(np.clip(given.samples, -1, 1) * 32_767).astype("<i2").tobytes()
    disk = on_disk(database)
    for start in range(0, len(pcm) - 64, 4_096):
        assert pcm[start : start + 64] not in disk
    assert LATENTS[:64] not in disk
    assert all(file.stat().st_mode & 0o077 == 0 for file in database.path.parent.iterdir())


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_none(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(key)


@pytest.mark.parametrize(("seal", "reason"), [(OTHER_KEY, "wrong"), (NO_KEY, "missing")])
async def test_without_the_key_a_voice_is_of_no_use_but_can_be_deleted(
    voices: Voices, database: Database, clock: SetClock, seal: Seal, reason: str
) -> None:
    await voices.prove()
    await voices.keep(MAI, CONSENT, sample(), {MODEL: LATENTS})
    others = Voices(database, seal, clock=clock)
    for verb in (others.prove(), others.latents(MAI, MODEL), others.sample(MAI)):
        with pytest.raises(SealError) as caught:
            await verb
        assert caught.value.details == {"reason": reason}
    assert await others.of(MAI) is not None
    assert (await others.delete(MAI)).voices == 1


async def test_where_no_voice_is_kept_another_key_may_be_chosen(
    voices: Voices, database: Database
) -> None:
    await voices.prove()
    others = Voices(database, OTHER_KEY)
    await others.prove()
    await others.keep(MAI, CONSENT, sample(), {})
    with pytest.raises(SealError):
        await voices.prove()


async def test_a_changed_or_cut_value_does_not_open(voices: Voices, database: Database) -> None:
    await voices.keep(MAI, CONSENT, sample(), {MODEL: LATENTS})
    for change in ("x''", "x'00'", "substr(latents, 2)", "zeroblob(64)"):
        await database.rows(f"UPDATE voice_latents SET latents = {change}")  # noqa: S608 - of ours
        with pytest.raises(SealError):
            await voices.latents(MAI, MODEL)


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE voices SET sample = (SELECT sample FROM voices WHERE account = '2')",
        "UPDATE voices SET likeness = 0.99 WHERE account = '1'",
        "UPDATE voices SET consented = consented + 1 WHERE account = '1'",
        "UPDATE voices SET sentence = zeroblob(32) WHERE account = '1'",
        "UPDATE OR REPLACE voices SET platform = 'telegram', account = '1' WHERE account = '2'",
    ],
    ids=["another's sample", "likeness", "time", "sentence", "another's voice"],
)
async def test_a_voice_opens_for_its_own_person_and_consent_only(
    voices: Voices, database: Database, forgery: str
) -> None:
    await voices.keep(MAI, CONSENT, sample(1), {MODEL: LATENTS})
    await voices.keep(JOHN, CONSENT, sample(2), {MODEL: LATENTS})
    await database.rows(forgery)
    with pytest.raises(SealError):
        await voices.sample(MAI)


# consent


@pytest.mark.parametrize(
    "change",
    [
        {"sentence": "I let Dragoman speak with my voice"},
        {"sentence": "AB" * 16},
        {"sentence": "ab" * 15},
        {"words": 1.1},
        {"words": math.nan},
        {"likeness": -1.1},
        {"likeness": math.nan},
    ],
)
def test_what_could_be_words_or_is_no_figure_is_no_consent(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"digest|words are in"):
        replace(CONSENT, **change)


async def test_a_voice_without_consent_can_not_even_be_written_by_hand(
    voices: Voices, database: Database
) -> None:
    await voices.keep(MAI, CONSENT, sample(), {})
    columns = "platform, account, consented, sentence, language, words, likeness, expires, seconds"
    values = "'telegram', '1', 0, zeroblob(32), 'vi', 1, 1, 9e9, 6"
    for name in ("consented", "sentence", "words", "likeness"):
        fields = columns.split(", ")
        given = [
            "NULL" if field == name else value
            for field, value in zip(fields, values.split(", "), strict=True)
        ]
        with pytest.raises(StorageError):
            await database.rows(
                f"INSERT OR REPLACE INTO voices ({columns}, sample)"  # noqa: S608 - of ours
                f" VALUES ({', '.join(given)}, x'00')"
            )


async def test_a_voice_written_by_hand_can_not_be_spoken_with(
    voices: Voices, database: Database, clock: SetClock
) -> None:
    await voices.keep(MAI, CONSENT, sample(), {MODEL: LATENTS})
    await voices.delete(MAI)
    await database.rows(
        "INSERT INTO voices (platform, account, consented, sentence, language, words, likeness,"
        " expires, seconds, sample) VALUES ('telegram', '1', 0, zeroblob(32), 'vi', 1, 1, ?, 6,"
        " zeroblob(99))",
        clock.now + DAY,
    )
    await database.rows("INSERT INTO voice_latents SELECT id, 'xtts-v2', sample FROM voices")
    assert await voices.of(MAI) is not None
    with pytest.raises(SealError):
        await voices.latents(MAI, MODEL)
    with pytest.raises(SealError):
        await voices.sample(MAI)


# expiry and renewal


async def test_a_voice_ends_after_thirty_days_and_is_erased(
    voices: Voices, database: Database, clock: SetClock
) -> None:
    await voices.keep(MAI, CONSENT, sample(), {MODEL: LATENTS})
    clock.now += 30 * DAY - 1
    assert await voices.sweep() == 0
    assert await voices.latents(MAI, MODEL) == LATENTS
    clock.now += 1
    assert await voices.of(MAI) is None
    assert await voices.latents(MAI, MODEL) is None
    assert await voices.sample(MAI) is None
    assert await voices.renew(MAI) is None, "what is over needs a new consent"
    assert await voices.all() == ()
    assert await voices.sweep() == 1
    for table in ("voices", "voice_latents"):
        assert await database.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 - of ours


async def test_a_renewed_voice_lives_thirty_days_from_then(voices: Voices, clock: SetClock) -> None:
    await voices.keep(MAI, CONSENT, sample(), {MODEL: LATENTS})
    clock.now += 20 * DAY
    renewed = await voices.renew(MAI)
    assert renewed is not None
    assert renewed.expires == clock.now + 30 * DAY
    clock.now += 29 * DAY
    assert await voices.latents(MAI, MODEL) == LATENTS


async def test_a_clock_that_was_wrong_keeps_no_voice_for_ever(
    voices: Voices, clock: SetClock
) -> None:
    clock.now += 400 * DAY
    await voices.keep(MAI, CONSENT, sample(), {})
    clock.now -= 400 * DAY
    assert await voices.sweep() == 1


async def test_a_new_sample_takes_the_place_of_the_old(voices: Voices, database: Database) -> None:
    first = await voices.keep(MAI, CONSENT, sample(1), {MODEL: LATENTS})
    second = await voices.keep(MAI, CONSENT, sample(2), {"vixtts": b"new"})
    assert second.models == ("vixtts",)
    assert await voices.latents(MAI, MODEL) is None
    assert len(await voices.all()) == 1
    assert not await voices.add_latents(replace(first, consented=0.0), MODEL, LATENTS)
    assert await voices.add_latents(second, MODEL, LATENTS)
    assert await voices.latents(MAI, MODEL) == LATENTS
    await database.check()


# deleting


async def test_a_deleted_voice_leaves_nothing_but_a_receipt(
    voices: Voices, database: Database
) -> None:
    await enrol(database)
    assert await Jobs(database, SEAL).add(order())
    [(sealed,)] = await database.rows("SELECT substr(sample, 1000, 40) FROM voices")
    await voices.delete(JOHN)
    receipt = await voices.delete(MAI)
    assert (receipt.voices, receipt.latents, receipt.jobs) == (1, 1, 1)
    assert await voices.of(MAI) is None
    assert sealed not in on_disk(database)
    for table in ("voices", "voice_latents", "jobs"):
        assert await database.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 - of ours
    assert (await voices.delete(MAI)).voices == 0


async def test_a_voice_deleted_by_another_program_takes_its_jobs_along(database: Database) -> None:
    await enrol(database)
    assert await Jobs(database, SEAL).add(order())
    with closing(sqlite3.connect(database.path)) as other, other:
        other.execute("DELETE FROM voices")  # looks after no references
    for table in ("voice_latents", "jobs"):
        assert await database.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 - of ours


async def test_who_is_forgotten_has_no_voice(voices: Voices, database: Database) -> None:
    await enrol(database)
    await Jobs(database, SEAL).add(order())
    receipt = await People(database).forget(MAI)
    assert (receipt.voices, receipt.jobs) == (1, 1)
    for table in ("voices", "voice_latents", "jobs", "accounts"):
        assert await database.rows(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608 - of ours
    assert await voices.of(MAI) is None


async def test_no_voice_and_no_job_is_in_a_backup(voices: Voices, database: Database) -> None:
    await voices.prove()
    await enrol(database)
    await Jobs(database, SEAL).add(order())
    target = database.path.with_name("copy.db")
    await back_up(database.path, target)
    with closing(sqlite3.connect(target)) as copy:
        for table in ("voices", "voice_latents", "jobs"):
            assert copy.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608 - of ours


# linked accounts


async def test_linked_accounts_have_one_voice_and_parted_ones_have_not(
    voices: Voices, database: Database
) -> None:
    links = Links(database)
    await voices.keep(MAI, CONSENT, sample(), {MODEL: LATENTS})
    await links.redeem(await links.offer(JOHN), MAI)
    assert await voices.latents(JOHN, MODEL) == LATENTS
    await links.unlink(JOHN)
    assert await voices.of(JOHN) is None
    assert await voices.latents(MAI, MODEL) == LATENTS


async def test_who_consented_takes_the_voice_along_when_parting(
    voices: Voices, database: Database
) -> None:
    links = Links(database)
    await voices.keep(MAI, CONSENT, sample(), {})
    await links.redeem(await links.offer(JOHN), MAI)
    await links.unlink(MAI)
    assert await voices.of(MAI) is not None
    assert await voices.of(JOHN) is None


async def test_of_two_linked_voices_the_latest_counts_and_both_are_deleted(
    voices: Voices, database: Database, clock: SetClock
) -> None:
    await voices.keep(MAI, CONSENT, sample(), {MODEL: b"hers"})
    clock.now += 1
    await voices.keep(JOHN, CONSENT, sample(), {MODEL: b"his"})
    links = Links(database, clock)
    await links.redeem(await links.offer(MAI), JOHN)
    assert await voices.latents(MAI, MODEL) == b"his"
    assert (await voices.delete(MAI)).voices == 2


async def test_a_new_voice_replaces_those_of_linked_accounts(database: Database) -> None:
    links = Links(database)
    await enrol(database)
    await links.redeem(await links.offer(JOHN), MAI)
    jobs = Jobs(database, SEAL)
    assert await jobs.add(order())
    kept = await Voices(database, SEAL).keep(JOHN, CONSENT, sample(2), {})
    assert [each.number for each in await Voices(database, SEAL).all()] == [kept.number]
    assert await database.rows("SELECT voice FROM jobs") == [(kept.number,)]
    claimed = await jobs.claim()
    assert claimed is not None
    assert claimed.order == order()


async def test_a_clock_that_is_set_back_a_little_erases_no_voice(
    voices: Voices, clock: SetClock
) -> None:
    await voices.keep(MAI, CONSENT, sample(), {MODEL: LATENTS})
    clock.now -= 3_600
    assert await voices.sweep() == 0
    assert await voices.latents(MAI, MODEL) == LATENTS
