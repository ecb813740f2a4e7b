"""Who may have their own voice, where, until when, and how much of it a day."""

import math

import pytest

from storage.database import Database
from storage.links import Links
from storage.premium import Allowance, Grant, Premium, Role
from storage.types import Chat, Person
from tests.storage.enrolments import spent
from tests.storage.surroundings import SetClock

DAY = 86_400
MAI, JOHN = Person("discord", "1"), Person("discord", "2")
THERE = Person("telegram", "1")
SERVER, OTHER = Chat("discord", "900"), Chat("discord", "901")
ROLE = Role(SERVER, "77")


@pytest.fixture
def premium(database: Database, clock: SetClock) -> Premium:
    return Premium(database, clock)


async def test_nobody_has_it_unasked(premium: Premium) -> None:
    assert await premium.holds(MAI, SERVER) is None
    assert await premium.list() == await premium.list(SERVER) == ()


async def test_the_operators_grant_holds_everywhere_for_that_person_alone(
    premium: Premium, clock: SetClock
) -> None:
    granted = await premium.grant(MAI, chat=None, minutes=10)
    assert granted == Grant(to=MAI, chat=None, granted=clock.now, until=None, minutes=10)
    for chat in (SERVER, OTHER, Chat("discord", "900", "7")):
        assert await premium.holds(MAI, chat) == Allowance(None, 10.0, 0.0)
    assert await premium.holds(JOHN, SERVER) is None
    assert await premium.holds(Person("telegram", "1"), SERVER) is None


async def test_a_servers_grant_holds_there_alone_and_in_all_its_channels(premium: Premium) -> None:
    await premium.grant(MAI, chat=Chat("discord", "900", "7"), minutes=10)
    assert await premium.holds(MAI, Chat("discord", "900", "8")) is not None
    assert await premium.holds(MAI, OTHER) is None
    assert [each.chat for each in await premium.list(SERVER)] == [SERVER]
    assert await premium.list() == ()


async def test_a_role_has_it_in_its_own_server_alone(premium: Premium) -> None:
    await premium.grant(ROLE, chat=SERVER, minutes=5)
    assert await premium.holds(MAI, SERVER, {"77", "78"}) == Allowance(None, 5.0, 0.0)
    assert await premium.holds(MAI, SERVER, {"78"}) is None
    assert await premium.holds(MAI, SERVER) is None
    assert await premium.holds(MAI, OTHER, {"77"}) is None
    for wrong in (None, OTHER):
        with pytest.raises(ValueError, match="own chat"):
            await premium.grant(ROLE, chat=wrong, minutes=5)


async def test_the_end_date_ends_it(premium: Premium, clock: SetClock) -> None:
    await premium.grant(MAI, chat=None, minutes=10, until=clock.now + DAY)
    clock.now += DAY - 1
    allowance = await premium.holds(MAI, SERVER)
    assert allowance is not None
    assert allowance.until == clock.now + 1
    clock.now += 1
    assert await premium.holds(MAI, SERVER) is None
    await premium.sweep()
    assert await premium.list() == ()


async def test_a_new_grant_replaces_the_same_and_no_other(premium: Premium) -> None:
    await premium.grant(MAI, chat=None, minutes=10)
    await premium.grant(MAI, chat=None, minutes=3)
    await premium.grant(MAI, chat=SERVER, minutes=7)
    await premium.grant(JOHN, chat=SERVER, minutes=1)
    await premium.grant(ROLE, chat=SERVER, minutes=2)
    assert [(each.to, each.minutes) for each in await premium.list()] == [(MAI, 3.0)]
    listed = {(each.to, each.minutes) for each in await premium.list(SERVER)}
    assert listed == {(MAI, 7.0), (JOHN, 1.0), (ROLE, 2.0)}


async def test_the_most_generous_of_several_counts(premium: Premium, clock: SetClock) -> None:
    await premium.grant(MAI, chat=None, minutes=3)
    await premium.grant(MAI, chat=SERVER, minutes=7, until=clock.now + 1)
    await premium.grant(ROLE, chat=SERVER, minutes=7)
    assert await premium.holds(MAI, SERVER, {"77"}) == Allowance(None, 7.0, 0.0)
    assert await premium.holds(MAI, OTHER, {"77"}) == Allowance(None, 3.0, 0.0)


async def test_what_is_revoked_is_gone_and_other_grants_stay(premium: Premium) -> None:
    await premium.grant(MAI, chat=None, minutes=3)
    await premium.grant(MAI, chat=SERVER, minutes=7)
    assert await premium.revoke(MAI, chat=None)
    assert not await premium.revoke(MAI, chat=None)
    assert not await premium.revoke(MAI, chat=OTHER)
    assert not await premium.revoke(JOHN, chat=SERVER)
    assert await premium.holds(MAI, OTHER) is None
    assert await premium.holds(MAI, SERVER) is not None


@pytest.mark.parametrize("minutes", [0, -1, math.nan])
async def test_a_grant_of_no_time_is_none(premium: Premium, minutes: float) -> None:
    with pytest.raises(ValueError, match="no minutes"):
        await premium.grant(MAI, chat=None, minutes=minutes)


async def test_use_counts_by_the_day_and_never_below_nothing(
    premium: Premium, database: Database, clock: SetClock
) -> None:
    clock.now = 20_000.0 * DAY
    await premium.grant(MAI, chat=None, minutes=1)
    await spent(database, MAI, 25.5, clock)
    await spent(database, MAI, 25.5, clock)
    allowance = await premium.holds(MAI, SERVER)
    assert allowance is not None
    assert (allowance.used_s, allowance.left_s) == (51.0, 9.0)
    await spent(database, MAI, 30.0, clock)
    allowance = await premium.holds(MAI, OTHER)
    assert allowance is not None
    assert allowance.left_s == 0.0
    assert await premium.used_s(MAI) == 81.0
    assert await premium.used_s(JOHN) == 0.0
    clock.now += DAY - 1
    assert await premium.used_s(MAI) == 81.0
    clock.now += 1
    assert await premium.used_s(MAI) == 0.0


async def test_linked_accounts_share_the_grant_and_its_use(
    premium: Premium, database: Database, clock: SetClock
) -> None:
    await premium.grant(MAI, chat=None, minutes=1)
    links = Links(database, clock)
    await links.redeem(await links.offer(MAI), THERE)
    await spent(database, MAI, 20.0, clock)
    await spent(database, THERE, 30.0, clock)
    allowance = await premium.holds(THERE, Chat("telegram", "5"))
    assert allowance is not None
    assert allowance.left_s == 10.0
    assert await premium.used_s(MAI) == 50.0
    await links.unlink(THERE)
    assert await premium.holds(THERE, Chat("telegram", "5")) is None


async def test_use_is_forgotten_after_a_month(
    premium: Premium, database: Database, clock: SetClock
) -> None:
    await spent(database, MAI, 20.0, clock)
    clock.now += 31 * DAY
    await premium.sweep()
    assert await database.rows("SELECT * FROM voice_use") == []


async def test_where_roles_are_not_known_any_that_was_granted_there_may_be_theirs(
    premium: Premium,
) -> None:
    assert await premium.holds(MAI, SERVER, None) is None
    await premium.grant(ROLE, chat=SERVER, minutes=3)
    assert await premium.holds(MAI, SERVER, None) == Allowance(None, 3.0, 0.0)
    assert await premium.holds(MAI, OTHER, None) is None
    assert await premium.holds(MAI, SERVER) is None


async def test_ids_are_data_and_not_sql(premium: Premium) -> None:
    evil = Person("discord", "'; DROP TABLE grants; --")
    await premium.grant(evil, chat=None, minutes=1)
    assert await premium.holds(evil, SERVER, {"') OR 1=1 --"}) is not None
    assert await premium.holds(MAI, SERVER, {"') OR 1=1 --"}) is None
