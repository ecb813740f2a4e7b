"""Own voice is granted by the operator everywhere, and by who manages a place in that place."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import messages
from bot.cards import Caller, Card
from bot.commands import Commands
from bot.premium import DAYS, MINUTES, Terms
from storage.premium import Role
from storage.types import Person
from tests.bot.counters import ADMIN, GROUP, ME, PaperQueue, sound
from tests.bot.exchanges import chat, person
from tests.bot.studies import SETTINGS, Study, opened
from tests.storage.enrolments import spent

OPERATOR = Caller(
    Person("telegram", "1"), replace(ME.chat, platform="telegram"), "en", private=True
)
"""Operators are of real platforms."""
BINH = person(20002)


def about(caller: Caller, who: Person = BINH) -> Caller:
    """The caller, replying to a message of somebody's."""
    return replace(caller, about=who)


class Counter:
    def __init__(self, study: Study) -> None:
        account = SETTINGS.telegram.model_copy(update={"operators": frozenset({"1"})})
        chosen = SETTINGS.model_copy(update={"telegram": account})
        self.database = study.database
        self.premium = study.stores.premium
        self.commands = Commands(study.stores, chosen, PaperQueue(), study.pipeline.voices)

    async def run(self, words: str, caller: Caller = ADMIN) -> Card:
        return sound(await self.commands.run(caller, "premium", words))

    async def holds(self, who: Person = BINH, where: Caller = GROUP) -> float | None:
        allowed = await self.premium.holds(who, where.chat)
        return None if allowed is None else allowed.minutes


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with opened(tmp_path) as study:
        yield Counter(study)


@pytest.mark.parametrize("caller", [ME, GROUP, replace(GROUP, person=BINH)])
@pytest.mark.parametrize(
    "words", ["grant", "grant 30 10", "grant 20002 30 10", "revoke", "revoke 20002"]
)
async def test_nobody_else_grants_or_takes_back(
    counter: Counter, caller: Caller, words: str
) -> None:
    await counter.run("grant", about(ADMIN, BINH))
    for card in (await counter.run(words, about(caller)), await counter.run(words, caller)):
        assert card.alert
        assert str(BINH.id) not in card.text
    assert len(await counter.premium.list(GROUP.chat)) == 1
    assert await counter.premium.list(None) == ()
    assert await counter.holds() == MINUTES


@pytest.mark.parametrize(
    "data",
    ["premium:grant:person:20002", "premium:revoke", "premium:revoke:person",
     "premium:revoke:role:2:3", "premium:revoke:person:²", "premium:revoke:chat:2",
     "premium:revoke:person:" + "9" * 30, "premium:revoke:person:20002"],
)  # fmt: skip
async def test_a_forged_button_takes_nothing_away(counter: Counter, data: str) -> None:
    await counter.run("grant", about(ADMIN))
    assert (await counter.commands.press(GROUP, data)).alert
    assert await counter.holds() == MINUTES


@pytest.mark.parametrize(
    "words",
    ["0", "-1", "1.5", "9999", "30 0", "30 1441", "30 -5", "30 10 5", "forever", "²", "30 x",
     "9" * 500],
)  # fmt: skip
async def test_what_is_no_grant_is_refused_in_one_sentence(counter: Counter, words: str) -> None:
    card = await counter.run(f"grant {words}", about(ADMIN))
    assert "at most 3650" in card.text
    assert await counter.holds() is None


@pytest.mark.parametrize(
    "words", ["grant", "revoke", "grant 30 10", "grant @binh", "grant " + "1" * 40]
)
async def test_a_grant_to_nobody_asks_whom_is_meant(counter: Counter, words: str) -> None:
    assert "Whom do you mean" in (await counter.run(words)).text


async def test_who_manages_a_group_grants_there_alone(counter: Counter) -> None:
    card = await counter.run("grant 7 3", about(ADMIN))
    assert "Granted here: 1" in card.text
    assert f"{BINH.id}: until" in card.text
    assert await counter.holds() == 3
    assert await counter.holds(where=replace(GROUP, chat=chat("elsewhere"))) is None
    [grant] = await counter.premium.list(GROUP.chat)
    assert grant.until is not None
    assert round((grant.until - grant.granted) / 86_400) == 7
    topic = replace(ADMIN, chat=chat("group", "7"))
    assert "Granted here: 0" in (await counter.run("revoke", about(topic))).text
    assert await counter.holds() is None
    assert "no grant" in (await counter.run("revoke", about(ADMIN))).text


async def test_the_operator_grants_everywhere_by_the_number_of_an_account(counter: Counter) -> None:
    binh = Person("telegram", "20002")
    card = await counter.run("grant 20002 30 60", OPERATOR)
    assert "everywhere: 1" in card.text
    anywhere = replace(OPERATOR, chat=replace(OPERATOR.chat, id="anywhere"))
    assert await counter.holds(binh, anywhere) == 60
    card = sound(await counter.commands.press(OPERATOR, "premium:revoke:person:20002"))
    assert "everywhere: 0" in card.text
    assert await counter.holds(binh, anywhere) is None


async def test_an_admin_does_not_take_back_what_the_operator_granted(counter: Counter) -> None:
    binh = Person("telegram", "20002")
    await counter.run("grant 20002", OPERATOR)
    admin = replace(OPERATOR, person=Person("telegram", "3"), private=False, admin=True)
    assert "no grant" in (await counter.run("revoke 20002", admin)).text
    assert await counter.holds(binh, admin) == MINUTES


async def test_an_operator_who_manages_the_place_sees_and_ends_both_kinds(counter: Counter) -> None:
    both = replace(OPERATOR, admin=True, private=False)
    await counter.premium.grant(Person("telegram", "20002"), chat=both.chat, minutes=5)
    card = await counter.run("grant 20002", both)
    assert "everywhere: 1" in card.text
    assert "Granted here: 1" in card.text
    card = await counter.run("revoke 20002", both)
    assert "everywhere: 0" in card.text
    assert "Granted here: 0" in card.text


async def test_roles_are_granted_as_a_platform_picks_them(counter: Counter) -> None:
    role = Role(ADMIN.chat, "99")
    card = await counter.commands.grant(ADMIN, role, Terms())
    assert "role 99" in card.text
    assert await counter.premium.holds(BINH, ADMIN.chat, ["99"])
    assert (await counter.commands.grant(GROUP, role, Terms())).alert
    assert (await counter.commands.revoke(GROUP, role)).alert
    card = await counter.commands.press(ADMIN, "premium:revoke:role:99")
    assert "Granted here: 0" in card.text


async def test_everybody_sees_what_they_may_have_and_no_more(counter: Counter) -> None:
    await counter.run("grant 30 10", about(ADMIN))
    await spent(counter.database, BINH, 90.0)
    binh = replace(GROUP, person=BINH)
    text = (await counter.run("", binh)).text
    assert "10 minutes a day, 8.5 of them left" in text
    assert "Granted" not in text
    assert "may not have" in (await counter.run("list", GROUP)).text


async def test_a_grant_that_is_over_is_not_shown(counter: Counter) -> None:
    await counter.premium.grant(BINH, chat=ADMIN.chat, minutes=5, until=1.0)
    assert "Granted here: 0" in (await counter.run("")).text


async def test_a_long_list_fits_one_card(counter: Counter) -> None:
    for number in range(50):
        await counter.run("grant", about(ADMIN, person(10**19 + number)))
    card = await counter.run("list")
    assert "Granted here: 50" in card.text
    assert len(card.rows) == 9


@pytest.mark.parametrize("locale", messages.CATALOGUES)
def test_the_pickers_name_the_terms_that_hold(locale: str) -> None:
    assert str(DAYS) in messages.say("discord.option.days", locale)
    assert str(MINUTES) in messages.say("discord.option.minutes", locale)
