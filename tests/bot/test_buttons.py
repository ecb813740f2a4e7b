"""Buttons are their owner's alone, fit what platforms carry, and survive any forgery."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.glossary import Term
from storage.preferences import PersonPreferences
from tests.bot.counters import ADMIN, GROUP, ME, NAMES, Counter, sound
from tests.bot.exchanges import person
from tests.bot.studies import opened


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with opened(tmp_path) as study:
        yield Counter(study)


async def test_in_a_group_nobody_presses_anothers_buttons(counter: Counter) -> None:
    card = await counter.run("language", caller=GROUP)
    intruder = replace(GROUP, person=person("intruder"))
    for row in card.rows:
        for button in row:
            answer = await counter.commands.press(intruder, button.data)
            assert (answer.alert, answer.rows) == (True, ())
    assert (await counter.tap(card, "I speak…", GROUP)).asks


async def test_buttons_fit_even_under_the_longest_id_of_a_person(counter: Counter) -> None:
    caller = replace(ADMIN, person=person("9" * 20))
    await counter.stores.glossary.add(caller.person, Term("x"))
    seen: set[str] = set()
    ahead = [await counter.run(name, caller=caller) for name in NAMES]
    while ahead:
        for row in ahead.pop().rows:
            for button in row:
                if button.data not in seen and len(seen) < 300:
                    seen.add(button.data)
                    ahead.append(sound(await counter.commands.press(caller, button.data)))
    assert len(seen) > 60


async def test_a_button_that_is_pressed_twice_does_what_it_does_once(counter: Counter) -> None:
    """Impatient people do, and Telegram delivers a tap again that a restart left unconfirmed."""
    for term in ("one", "two", "three"):
        await counter.stores.glossary.add(ADMIN.person, Term(term))
    seen: set[str] = set()
    ahead = [await counter.run(name, caller=ADMIN) for name in NAMES]

    async def chosen() -> tuple[object, ...]:
        preferences, glossary = counter.stores.preferences, counter.stores.glossary
        return (
            await counter.mine(ADMIN.person),
            await preferences.of_chat(ADMIN.chat),
            [each.term for each in await glossary.terms(ADMIN.person)],
        )

    while ahead:
        for button in (each for row in ahead.pop(0).rows for each in row):
            if button.data in seen or len(seen) >= 200:
                continue
            seen.add(button.data)
            ahead.append(sound(await counter.commands.press(ADMIN, button.data)))
            once = await chosen()
            await counter.commands.press(ADMIN, button.data)
            assert await chosen() == once, button.data
    assert len(seen) > 60


@pytest.mark.parametrize(
    "data",
    ["", ":", "@", "nothing:here", "language:spoken:xx", "language:x", "language:locale:tlh",
     "voice:speed:99", "voice:speed:nan", "voice:name", "settings:target:zz", "glossary:x:y",
     "glossary:mine:page:99999999999999999999", "glossary:mine:page:²", "glossary:mine:remove",
     "start:target", "start:x:y:z", "mydata:delete:surely", "link:x", "language:allowed:xx@1"],
)  # fmt: skip
async def test_forged_data_changes_nothing_and_is_answered(counter: Counter, data: str) -> None:
    sound(await counter.commands.press(ME, data))
    assert await counter.mine() in (PersonPreferences(), PersonPreferences(speed=None))


async def test_anything_pressed_or_written_by_anybody_is_answered(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        counter = Counter(study)
        for name in NAMES:
            for words in ("", "x", "=", "²", "\ud800", "@" * 5000, "🏴" * 2000, "remove x", "off"):
                sound(await counter.commands.run(GROUP, name, words))
                sound(await counter.commands.run(ME, name, words))
                sound(await counter.commands.answer(ME, name, words))


async def test_data_put_together_at_random_is_answered_and_never_anothers(
    counter: Counter,
) -> None:
    draw = random.Random(3)
    parts = [*NAMES, "mine", "chat", "add", "remove", "page", "spoken", "allowed", "target", "on"]
    parts += ["delete", "sure", "export", "offer", "done", "name", "speed", "vi", "-", "", "0", "²"]
    for _ in range(400):
        data = ":".join(draw.choices(parts, k=draw.randint(1, 4)))
        assert (await counter.commands.press(GROUP, f"{data}@{ADMIN.person.id}")).alert
        card = sound(await counter.commands.press(GROUP, data[:64]))
        assert card.file is None
    assert await counter.mine(ADMIN.person) == PersonPreferences()
