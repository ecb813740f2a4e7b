import asyncio

import pytest

from pipeline.errors import LinkCodeError, LinkSameAccountError, LinkTriesError
from pipeline.types import Language
from storage.database import Database
from storage.glossary import Glossary, Term
from storage.links import Links
from storage.preferences import PersonPreferences, Preferences
from storage.types import Person
from tests.storage.surroundings import SetClock

VI, EN, FR = Language("vi"), Language("en"), Language("fr")
HERE = Person("telegram", "1")
THERE = Person("discord", "2")
STRANGER = Person("discord", "666")
WRONG = "0000-0000-0000"


@pytest.fixture
def links(database: Database, clock: SetClock) -> Links:
    return Links(database, clock)


async def test_a_code_makes_two_accounts_one_person(links: Links, database: Database) -> None:
    preferences = Preferences(database)
    await preferences.change_person(HERE, target=EN)
    await preferences.change_person(THERE, target=FR, spoken=VI, allowed=frozenset())
    assert await links.redeem(await links.offer(HERE), THERE) == (THERE, HERE)
    for account in (HERE, THERE):
        assert await preferences.of_person(account) == PersonPreferences(
            target=EN, spoken=VI, allowed=frozenset()
        )
    await preferences.change_person(THERE, speed=2.0)
    assert (await preferences.of_person(HERE)).speed == 2.0
    assert await database.rows("SELECT count(*) FROM profiles") == [(1,)]


async def test_the_terms_of_both_are_kept_and_the_makers_win(
    links: Links, database: Database
) -> None:
    glossary = Glossary(database)
    await glossary.add(HERE, Term("phở", "noodle soup"))
    await glossary.add(THERE, Term("Phở", "pho"))
    await glossary.add(THERE, Term("Hội An"))
    await links.redeem(await links.offer(HERE), THERE)
    assert await glossary.terms(HERE) == (Term("Hội An"), Term("phở", "noodle soup"))
    assert await glossary.terms(THERE) == await glossary.terms(HERE)
    assert await database.rows("SELECT count(*) FROM terms") == [(2,)]


async def test_a_code_works_once(links: Links) -> None:
    code = await links.offer(HERE)
    await links.redeem(code, THERE)
    with pytest.raises(LinkCodeError):
        await links.redeem(code, STRANGER)
    assert await links.accounts(STRANGER) == ()


async def test_a_race_for_one_code_has_one_winner(links: Links) -> None:
    code = await links.offer(HERE)
    racers = [Person("discord", str(number)) for number in range(8)]
    results = await asyncio.gather(
        *(links.redeem(code, racer) for racer in racers), return_exceptions=True
    )
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert sum(isinstance(result, LinkCodeError) for result in results) == 7
    assert len(await links.accounts(HERE)) == 2


async def test_a_code_lives_ten_minutes(links: Links, clock: SetClock) -> None:
    code = await links.offer(HERE)
    clock.now += 601
    with pytest.raises(LinkCodeError) as caught:
        await links.redeem(code, THERE)
    assert caught.value.details == {"minutes": 10}
    code = await links.offer(HERE)
    clock.now += 599
    assert await links.redeem(code, THERE) == (THERE, HERE)


async def test_a_clock_set_back_does_not_lengthen_a_codes_life(
    links: Links, clock: SetClock
) -> None:
    code = await links.offer(HERE)
    clock.now -= 86_400
    with pytest.raises(LinkCodeError):
        await links.redeem(code, THERE)


async def test_a_new_code_ends_the_one_before(links: Links) -> None:
    first, second = await links.offer(HERE), await links.offer(HERE)
    with pytest.raises(LinkCodeError):
        await links.redeem(first, THERE)
    assert await links.redeem(second, THERE) == (THERE, HERE)


async def test_a_code_typed_by_a_human_works(links: Links) -> None:
    code = await links.offer(HERE)
    typed = f"  {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')}\n"
    assert await links.redeem(typed, THERE) == (THERE, HERE)


@pytest.mark.parametrize("typed", ["", "-", "\ud83d", "x" * 1_000_000, "ぁ", "\x00", "%", WRONG])
async def test_whatever_else_is_typed_is_no_code(links: Links, typed: str) -> None:
    await links.offer(HERE)
    with pytest.raises(LinkCodeError):
        await links.redeem(typed, THERE)
    assert await links.accounts(THERE) == ()


async def test_after_five_wrong_codes_even_the_right_one_waits(
    links: Links, clock: SetClock
) -> None:
    code = await links.offer(HERE)
    for _ in range(5):
        with pytest.raises(LinkCodeError):
            await links.redeem(WRONG, STRANGER)
    with pytest.raises(LinkTriesError):
        await links.redeem(code, STRANGER)
    assert await links.redeem(code, THERE) == (THERE, HERE)
    clock.now += 601
    assert await links.redeem(await links.offer(HERE), STRANGER) == (
        THERE,
        STRANGER,
        HERE,
    )


async def test_wrong_codes_at_the_same_time_are_all_counted(links: Links) -> None:
    results = await asyncio.gather(
        *(links.redeem(WRONG, STRANGER) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, LinkCodeError) for result in results) == 5
    assert sum(isinstance(result, LinkTriesError) for result in results) == 15


async def test_a_code_typed_where_it_was_made_says_so_and_stays_good(links: Links) -> None:
    code = await links.offer(HERE)
    with pytest.raises(LinkSameAccountError):
        await links.redeem(code, HERE)
    assert await links.redeem(code, THERE) == (THERE, HERE)


async def test_linking_twice_changes_nothing(links: Links, database: Database) -> None:
    await links.redeem(await links.offer(HERE), THERE)
    assert await links.redeem(await links.offer(HERE), THERE) == (THERE, HERE)
    assert await database.rows("SELECT count(*) FROM profiles") == [(1,)]


async def test_the_code_itself_is_nowhere_in_the_file(links: Links, database: Database) -> None:
    code = await links.offer(HERE)
    files = list(database.path.parent.iterdir())
    for form in (code, code.replace("-", "")):
        assert not any(form.encode() in file.read_bytes() for file in files)


async def test_codes_are_not_alike(links: Links) -> None:
    codes = {await links.offer(HERE) for _ in range(200)}
    assert len(codes) == 200
    assert {len(code) for code in codes} == {14}
    assert len({letter for code in codes for letter in code}) == 33


async def test_parting_leaves_both_with_their_choices_and_terms(
    links: Links, database: Database
) -> None:
    preferences, glossary = Preferences(database), Glossary(database)
    await preferences.change_person(HERE, target=EN)
    await glossary.add(HERE, Term("Hội An"))
    assert not await links.unlink(HERE)
    assert not await links.unlink(STRANGER)
    await links.redeem(await links.offer(HERE), THERE)
    assert await links.unlink(THERE)
    await preferences.change_person(THERE, target=FR)
    await glossary.remove(THERE, "Hội An")
    assert await links.accounts(HERE) == (HERE,)
    assert (await preferences.of_person(HERE)).target == EN
    assert (await preferences.of_person(THERE)).target == FR
    assert await glossary.terms(HERE) == (Term("Hội An"),)


async def test_what_is_over_can_be_swept(links: Links, clock: SetClock, database: Database) -> None:
    await links.offer(HERE)
    with pytest.raises(LinkCodeError):
        await links.redeem(WRONG, THERE)
    clock.now += 601
    await links.sweep()
    assert await database.rows("SELECT count(*) FROM link_codes") == [(0,)]
    assert await database.rows("SELECT count(*) FROM link_tries") == [(0,)]
