import asyncio
import unicodedata

import pytest

from pipeline.errors import GlossaryFullError, GlossaryTermError
from pipeline.types import Language
from storage.database import Database
from storage.glossary import Glossary, Term
from storage.types import Chat, Person

VI, EN, FR = Language("vi"), Language("en"), Language("fr")
MAI = Person("telegram", "1")
GROUP = Chat("telegram", "-100")
TOPIC = Chat("telegram", "-100", "7")


@pytest.fixture
def glossary(database: Database) -> Glossary:
    return Glossary(database)


async def test_terms_come_back_as_they_were_given(glossary: Glossary) -> None:
    await glossary.add(MAI, Term("Hội An"))
    await glossary.add(MAI, Term("bánh mì", "Vietnamese sandwich", EN))
    await glossary.add(MAI, Term("bánh mì", "sandwich vietnamien", FR))
    assert await glossary.terms(MAI) == (
        Term("bánh mì", "Vietnamese sandwich", EN),
        Term("bánh mì", "sandwich vietnamien", FR),
        Term("Hội An"),
    )
    assert await glossary.terms(GROUP) == ()
    assert await glossary.terms(Person("telegram", "2")) == ()


async def test_a_term_replaces_one_that_differs_in_case_or_unicode_form(
    glossary: Glossary,
) -> None:
    await glossary.add(MAI, Term("Hội An", "old"))
    await glossary.add(MAI, Term(unicodedata.normalize("NFD", "HỘI  AN\n"), "new"))
    assert await glossary.terms(MAI) == (Term("HỘI AN", "new"),)
    assert await glossary.remove(MAI, unicodedata.normalize("NFD", "hội an")) == 1
    assert await glossary.terms(MAI) == ()


async def test_removing_takes_the_term_for_every_target_and_only_the_owners(
    glossary: Glossary,
) -> None:
    for owner in (MAI, GROUP, TOPIC):
        await glossary.add(owner, Term("phở"))
        await glossary.add(owner, Term("phở", "pho", EN))
    assert await glossary.remove(GROUP, "PHỞ") == 2
    assert await glossary.remove(GROUP, "phở") == 0
    assert await glossary.remove(Chat("discord", "-100"), "phở") == 0
    assert len(await glossary.terms(MAI)) == len(await glossary.terms(TOPIC)) == 2


async def test_the_persons_term_wins_over_the_topics_and_the_topics_over_the_chats(
    glossary: Glossary,
) -> None:
    await glossary.add(GROUP, Term("a", "chat"))
    await glossary.add(GROUP, Term("b", "chat"))
    await glossary.add(GROUP, Term("c", "chat"))
    await glossary.add(TOPIC, Term("b", "topic"))
    await glossary.add(TOPIC, Term("c", "topic"))
    await glossary.add(MAI, Term("C", "person"))
    await glossary.add(MAI, Term("c", "for English", EN))
    assert await glossary.for_note(MAI, TOPIC) == (
        Term("a", "chat"),
        Term("b", "topic"),
        Term("C", "person"),
        Term("c", "for English", EN),
    )
    assert await glossary.for_note(Person("telegram", "2"), GROUP) == await glossary.terms(GROUP)


@pytest.mark.parametrize(
    "text",
    [
        *("", "   \n\t", "\u200b\u2060", "\u202e"),
        *("x" * 101, "x" * 1_000_000, " " * 799 + "xy"),
        *("a\x00b", "\x1b[31m", "x\ud83d"),
    ],
)
async def test_what_is_no_term_is_refused_on_either_side(glossary: Glossary, text: str) -> None:
    for entry in (Term(text), Term("fine", text)):
        with pytest.raises(GlossaryTermError) as caught:
            await glossary.add(MAI, entry)
        assert caught.value.details == {"limit": 100}
    with pytest.raises(GlossaryTermError):
        await glossary.remove(MAI, text)
    assert await glossary.terms(MAI) == ()


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100,
        "ngườiđẹp" * 12,
        "👩‍👩‍👧‍👦",
        "東京",
        "'; DROP TABLE terms; --",
        "ß",
        "a;b",
        "ﷺ",
        "क्‍ष",
    ],
)
async def test_what_people_write_is_a_term(glossary: Glossary, text: str) -> None:
    await glossary.add(MAI, Term(text, text))
    [entry] = await glossary.terms(MAI)
    assert entry == Term(text, text)
    assert await glossary.remove(MAI, text) == 1


async def test_two_hundred_terms_are_enough_even_when_they_come_at_once(
    glossary: Glossary,
) -> None:
    results = await asyncio.gather(
        *(glossary.add(MAI, Term(f"term {number}")) for number in range(210)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, GlossaryFullError) for result in results) == 10
    assert len(await glossary.terms(MAI)) == 200
    await glossary.add(MAI, Term("TERM 7", "replaced"))
    await glossary.add(GROUP, Term("another owner's"))
    assert len(await glossary.terms(MAI)) == 200
