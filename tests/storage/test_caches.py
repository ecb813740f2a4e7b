import asyncio
import hashlib
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.types import Clip, Language, Speech
from storage.caches import SpeechCache, TranslationCache
from storage.database import Database, open_database
from tests.storage.surroundings import SetClock, content

if TYPE_CHECKING:
    from pipeline.pipeline import TranslationCache as Promise

HOUR = 3600
CANARY = "con chim hoàng yến trong hầm mỏ"


def key(number: object) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def speech(size: int) -> Speech:
    clip = Clip(bytes(range(256)) * (size // 256), 2.5, bytes(range(100)))
    return Speech(clip, Language("vi"), "gtts", "vi")


def on_disk(database: Database) -> bytes:
    return content(database.path.parent)


@pytest.fixture
def cache(database: Database, clock: SetClock) -> TranslationCache:
    return TranslationCache(database, clock=clock)


async def test_it_is_the_cache_that_the_pipeline_asks_for(cache: TranslationCache) -> None:
    promised: Promise = cache
    await promised.put(key(1), "xin chào")
    assert await promised.get(key(1)) == "xin chào"
    assert await promised.get(key(2)) is None


@pytest.mark.parametrize(
    "value", ["", "\x00", "a\x00b", "\ud83d", "👩‍👩‍👧‍👦\u202e", "NFD: phở", "x" * 5_000_000]
)
async def test_any_text_comes_back_exactly(cache: TranslationCache, value: str) -> None:
    await cache.put(key(1), value)
    assert await cache.get(key(1)) == value


@pytest.mark.parametrize(
    "bad", ["", "xin chào", "abc", "ab" * 15, "AB" * 32, "ab " * 32, "ab" * 65, "zz" * 32]
)
async def test_a_key_that_could_be_text_is_refused(cache: TranslationCache, bad: str) -> None:
    with pytest.raises(ValueError, match="digest") as caught:
        await cache.put(bad, "x")
    assert not bad or bad not in str(caught.value)
    with pytest.raises(ValueError, match="digest"):
        await cache.get(bad)


async def test_a_translation_lives_a_day_and_speech_an_hour(
    cache: TranslationCache, database: Database, clock: SetClock
) -> None:
    clips = SpeechCache(database, clock=clock)
    await cache.put(key(1), "x")
    await clips.put(key(1), speech(1024))
    clock.now += HOUR - 1
    assert await clips.get(key(1)) == speech(1024)
    clock.now += 1
    assert await clips.get(key(1)) is None
    clock.now += 23 * HOUR - 1
    assert await cache.get(key(1)) == "x"
    clock.now += 1
    assert await cache.get(key(1)) is None


async def test_use_does_not_lengthen_a_life_but_a_new_answer_does(
    cache: TranslationCache, clock: SetClock
) -> None:
    await cache.put(key(1), "old")
    clock.now += 20 * HOUR
    assert await cache.get(key(1)) == "old"
    await cache.put(key(1), "new")
    clock.now += 20 * HOUR
    assert await cache.get(key(1)) == "new"
    clock.now += 4 * HOUR
    assert await cache.get(key(1)) is None


async def test_a_clock_set_back_does_not_lengthen_a_life(
    cache: TranslationCache, clock: SetClock
) -> None:
    await cache.put(key(1), "x")
    clock.now -= 1000 * HOUR
    assert await cache.get(key(1)) is None
    assert await cache.sweep() == 1


async def test_zero_hours_remember_nothing(database: Database, clock: SetClock) -> None:
    forgetful = TranslationCache(database, hours=0, clock=clock)
    await forgetful.put(key(1), "x")
    assert await forgetful.get(key(1)) is None
    assert await database.rows("SELECT count(*) FROM cached") == [(0,)]


async def test_ten_thousand_answers_stay_within_the_bound_and_the_latest_used_stay(
    database: Database, clock: SetClock
) -> None:
    bound = 500_000
    cache = TranslationCache(database, bytes_=bound, clock=clock)
    await cache.put(key("always used"), "kept")
    await cache.put(key("never used"), "lost")
    for number in range(10_000):
        clock.now += 0.001
        await cache.put(key(number), f"{number} " * 8)
        if number % 500 == 0:
            assert await cache.get(key("always used")) == "kept"
            [(held,)] = await database.rows("SELECT sum(size) FROM cached")
            assert held <= bound
    assert await cache.get(key("never used")) is None
    assert await cache.get(key(9_999)) is not None
    assert await cache.get(key(0)) is None
    [(held, counted)] = await database.rows(
        "SELECT (SELECT sum(size) FROM cached),"
        " (SELECT bytes FROM cached_sizes WHERE kind = 'translation')"
    )
    assert held == counted
    assert bound / 2 < held <= bound
    assert database.path.stat().st_size < 3 * bound


async def test_one_huge_answer_does_not_drive_out_the_others(
    database: Database, clock: SetClock
) -> None:
    cache = TranslationCache(database, bytes_=100_000, clock=clock)
    for number in range(10):
        await cache.put(key(number), "x")
    await cache.put(key("huge"), "x" * 100_000)
    assert await cache.get(key("huge")) is None
    assert [await cache.get(key(number)) for number in range(10)] == ["x"] * 10


async def test_each_cache_has_its_own_bound_and_its_own_keys(
    database: Database, clock: SetClock
) -> None:
    texts = TranslationCache(database, clock=clock)
    clips = SpeechCache(database, bytes_=100_000, clock=clock)
    await texts.put(key(0), "x")
    for number in range(50):
        clock.now += 1
        await clips.put(key(number), speech(10_240))
    assert await clips.get(key(0)) is None
    assert await clips.get(key(49)) == speech(10_240)
    assert await texts.get(key(0)) == "x"
    [(held,)] = await database.rows("SELECT sum(size) FROM cached WHERE kind = 'speech'")
    assert held <= 100_000
    assert await texts.erase() == 1
    assert await clips.get(key(49)) == speech(10_240)


async def test_an_answer_put_again_with_another_size_is_counted_once(
    database: Database, cache: TranslationCache
) -> None:
    for size in (10, 10_000, 100, 0):
        await cache.put(key(1), "x" * size)
        assert await database.rows(
            "SELECT bytes FROM cached_sizes WHERE kind = 'translation'"
        ) == await database.rows("SELECT sum(size) FROM cached")


async def test_what_was_said_is_on_the_disk_until_it_is_erased_and_not_after(
    cache: TranslationCache, database: Database
) -> None:
    for number in range(100):
        await cache.put(key(number), f"{CANARY} {number} " * 50)
    assert CANARY.encode() in on_disk(database)
    assert await cache.erase() == 100
    assert CANARY.encode() not in on_disk(database)


async def test_what_has_expired_leaves_the_disk_with_the_sweep(
    cache: TranslationCache, database: Database, clock: SetClock
) -> None:
    await cache.put(key(1), CANARY)
    clock.now += 12 * HOUR
    await cache.put(key(2), "still good")
    assert await cache.sweep() == 0
    clock.now += 12 * HOUR
    assert await cache.sweep() == 1
    assert CANARY.encode() not in on_disk(database)
    assert await cache.get(key(2)) == "still good"


async def test_what_is_asked_for_is_not_recognisable_in_the_key(
    cache: TranslationCache, database: Database
) -> None:
    await cache.put(key(CANARY), "x")
    assert CANARY.encode() not in on_disk(database)


async def test_a_cache_outlives_a_restart(path: Path, clock: SetClock) -> None:
    async with open_database(path) as database:
        await TranslationCache(database, clock=clock).put(key(1), "xin chào")
    async with open_database(path) as database:
        assert await TranslationCache(database, clock=clock).get(key(1)) == "xin chào"


async def test_a_database_that_fails_costs_the_cache_and_not_the_answer(
    path: Path, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_database(path, busy_s=0.05) as database:
        cache = TranslationCache(database, clock=clock)
        await cache.put(key(1), CANARY)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert await cache.get(key(1)) is None
        await cache.put(key(2), CANARY)
        other.execute("ROLLBACK")
        other.close()
        assert await cache.get(key(1)) == CANARY
        assert await cache.get(key(2)) is None
    assert await cache.get(key(1)) is None
    codes = [vars(record).get("code") for record in caplog.records if record.name.startswith("sto")]
    assert codes == ["storage.locked", "storage.locked", "storage.unavailable"]
    assert CANARY not in caplog.text


async def test_many_at_once_get_what_they_put(cache: TranslationCache) -> None:
    async def put_and_get(number: int) -> bool:
        await cache.put(key(number), str(number))
        return await cache.get(key(number)) == str(number)

    assert all(await asyncio.gather(*(put_and_get(number) for number in range(300))))


async def test_it_is_counted_how_often_a_cache_knew(
    cache: TranslationCache, clock: SetClock, database: Database
) -> None:
    await cache.get(key(1))
    await cache.put(key(1), "một")
    await cache.get(key(1))
    await cache.get(key(1))
    clock.now += 25 * HOUR
    await cache.get(key(1))
    assert (cache.counts.hits, cache.counts.misses) == (2, 2)
    speeches = SpeechCache(database, clock=clock)
    await speeches.get(key(1))
    assert (speeches.counts.hits, speeches.counts.misses) == (0, 1)
