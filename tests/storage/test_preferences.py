import asyncio

import pytest

from pipeline.types import Language
from storage.database import Database
from storage.glossary import Glossary, Term
from storage.links import Links
from storage.preferences import ChatPreferences, PersonPreferences, Preferences
from storage.types import Chat, Person

VI, EN, FR = Language("vi"), Language("en"), Language("fr")
MAI = Person("telegram", "1")
GROUP = Chat("telegram", "-100")
TOPIC = Chat("telegram", "-100", "7")


@pytest.fixture
def preferences(database: Database) -> Preferences:
    return Preferences(database)


async def test_a_stranger_has_chosen_nothing_and_looking_leaves_no_trace(
    preferences: Preferences, database: Database
) -> None:
    assert await preferences.of_person(MAI) == PersonPreferences()
    assert await preferences.of_chat(TOPIC) == ChatPreferences()
    assert await preferences.of_person_in_chat(MAI, TOPIC) == PersonPreferences()
    assert await database.rows("SELECT count(*) FROM accounts") == [(0,)]
    assert await database.rows("SELECT count(*) FROM chats") == [(0,)]


async def test_every_choice_of_a_person_is_kept_as_it_was_made(preferences: Preferences) -> None:
    chosen = await preferences.change_person(
        MAI,
        spoken=VI,
        target=EN,
        allowed=frozenset({VI, EN, Language("zh-TW")}),
        quick_voice=False,
        voice="af_heart",
        speed=1.25,
        locale=VI,
    )
    kept = await preferences.of_person(MAI)
    assert kept == chosen
    assert kept == PersonPreferences(
        spoken=VI,
        target=EN,
        allowed=frozenset({VI, EN, Language("zh-TW")}),
        quick_voice=False,
        voice="af_heart",
        speed=1.25,
        locale=VI,
    )
    assert kept.quick_voice is False


async def test_every_choice_of_a_chat_is_kept_as_it_was_made(preferences: Preferences) -> None:
    await preferences.change_chat(
        GROUP, active=True, target=EN, allowed=frozenset(), admins_only=False
    )
    assert await preferences.of_chat(GROUP) == ChatPreferences(
        active=True, target=EN, allowed=frozenset(), admins_only=False
    )


async def test_a_change_leaves_the_other_choices_and_can_be_taken_back(
    preferences: Preferences,
) -> None:
    await preferences.change_person(MAI, target=EN, speed=0.5)
    await preferences.change_person(MAI, speed=None)
    assert await preferences.of_person(MAI) == PersonPreferences(target=EN)


async def test_changes_at_the_same_time_all_hold(preferences: Preferences) -> None:
    await asyncio.gather(
        preferences.change_person(MAI, target=EN),
        preferences.change_person(MAI, spoken=VI),
        preferences.change_person(MAI, speed=2.0),
        preferences.change_chat(GROUP, active=True),
        preferences.change_chat(GROUP, target=FR),
    )
    assert await preferences.of_person(MAI) == PersonPreferences(target=EN, spoken=VI, speed=2.0)
    assert await preferences.of_chat(GROUP) == ChatPreferences(active=True, target=FR)


@pytest.mark.parametrize("speed", [0.0, 0.49, 2.01, -1.0, float("nan"), float("inf")])
async def test_an_impossible_speed_is_refused_and_changes_nothing(
    preferences: Preferences, speed: float
) -> None:
    await preferences.change_person(MAI, speed=1.5)
    with pytest.raises(ValueError, match="speed"):
        await preferences.change_person(MAI, speed=speed, target=EN)
    assert await preferences.of_person(MAI) == PersonPreferences(speed=1.5)


async def test_the_persons_choice_wins_over_the_chats(preferences: Preferences) -> None:
    await preferences.change_chat(GROUP, target=FR, allowed=frozenset({VI, FR}))
    assert await preferences.of_person_in_chat(MAI, GROUP) == PersonPreferences(
        target=FR, allowed=frozenset({VI, FR})
    )
    await preferences.change_person(MAI, target=EN, allowed=frozenset())
    assert await preferences.of_person_in_chat(MAI, GROUP) == PersonPreferences(
        target=EN, allowed=frozenset()
    )


async def test_a_topic_inherits_what_it_has_not_chosen(preferences: Preferences) -> None:
    await preferences.change_chat(GROUP, active=True, target=FR, admins_only=True)
    await preferences.change_chat(TOPIC, active=False, allowed=frozenset({VI}))
    assert await preferences.of_chat(TOPIC) == ChatPreferences(
        active=False, target=FR, allowed=frozenset({VI}), admins_only=True
    )
    assert await preferences.of_chat(GROUP) == ChatPreferences(
        active=True, target=FR, admins_only=True
    )


async def test_the_same_number_on_two_platforms_is_two_people_and_two_chats(
    preferences: Preferences,
) -> None:
    await preferences.change_person(MAI, target=EN)
    await preferences.change_chat(GROUP, target=EN)
    assert await preferences.of_person(Person("discord", "1")) == PersonPreferences()
    assert await preferences.of_chat(Chat("discord", "-100")) == ChatPreferences()


async def test_a_group_that_is_upgraded_keeps_its_choices_topics_and_terms(
    preferences: Preferences, database: Database
) -> None:
    glossary = Glossary(database)
    await preferences.change_chat(GROUP, target=FR)
    await preferences.change_chat(TOPIC, active=True)
    await glossary.add(GROUP, Term("Hội An"))
    new = Chat("telegram", "-1001234567890")
    await preferences.move_chat(GROUP, new)
    assert (await preferences.of_chat(Chat("telegram", new.id, "7"))).active is True
    assert (await preferences.of_chat(new)).target == FR
    assert await glossary.terms(new) == (Term("Hội An"),)
    assert await preferences.of_chat(GROUP) == ChatPreferences()


async def test_a_chat_that_was_left_is_forgotten_with_its_topics_and_terms(
    preferences: Preferences, database: Database
) -> None:
    await preferences.change_chat(TOPIC, target=FR)
    await Glossary(database).add(TOPIC, Term("Hội An"))
    await preferences.change_chat(Chat("telegram", "-200"), target=EN)
    await preferences.forget_chat(GROUP)
    assert await database.rows("SELECT chat FROM chats") == [("-200",)]
    assert await database.rows("SELECT count(*) FROM terms") == [(0,)]


async def test_ids_of_any_form_are_kept_apart(preferences: Preferences) -> None:
    ids = [
        "0",
        "00",
        "1e3",
        "1000",
        "-1",
        "",
        " ",
        "x\x00y",
        "x",
        "'; DROP TABLE chats; --",
        "\u0661",
    ]
    for speed, one in enumerate(ids):
        await preferences.change_person(Person("telegram", one), speed=1 + speed / 100)
    for speed, one in enumerate(ids):
        assert (await preferences.of_person(Person("telegram", one))).speed == 1 + speed / 100


async def test_who_declines_to_be_heard_is_known_among_others(preferences: Preferences) -> None:
    people = {str(number): Person("discord", str(number)) for number in range(300)}
    for person in (people["7"], people["42"], Person("telegram", "8")):
        await preferences.change_person(person, unheard=True)
    await preferences.change_person(people["9"], unheard=False)
    await preferences.change_person(people["7"], speed=1.5)
    assert await preferences.unheard("discord", people) == {"7", "42"}
    assert await preferences.unheard("discord", ["8", "9", "7", "7", "'", "\ud83d", ""]) == {"7"}
    assert await preferences.unheard("discord", []) == frozenset()
    await preferences.change_person(people["42"], unheard=None)
    assert await preferences.unheard("discord", people) == {"7"}


@pytest.mark.parametrize("declined", ["maker", "taker"])
async def test_who_declined_stays_unheard_when_accounts_are_linked_and_parted(
    preferences: Preferences, database: Database, declined: str
) -> None:
    links = Links(database)
    maker, taker = Person("discord", "1"), Person("telegram", "2")
    await preferences.change_person(maker, unheard=declined == "maker")
    await preferences.change_person(taker, unheard=declined == "taker")
    await links.redeem(await links.offer(maker), taker)
    for _ in range(2):
        assert await preferences.unheard("discord", ["1"]) == {"1"}
        assert await preferences.unheard("telegram", ["2"]) == {"2"}
        await links.unlink(taker)


async def test_linking_silences_nobody_who_has_not_declined(
    preferences: Preferences, database: Database
) -> None:
    links = Links(database)
    maker, taker = Person("discord", "1"), Person("telegram", "2")
    await links.redeem(await links.offer(maker), taker)
    assert (await preferences.of_person(maker)).unheard is None
    await links.unlink(taker)
    assert (await preferences.of_person(taker)).unheard is None
