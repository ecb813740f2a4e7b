"""What people choose is remembered and counts; nobody chooses for another."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.commands import Commands
from bot.overload import Step
from storage.database import open_database
from storage.glossary import Term
from storage.types import Person
from tests.bot.counters import ADMIN, EN, FR, GROUP, ME, NAMES, VI, Counter
from tests.bot.exchanges import chat, note, person
from tests.bot.studies import SETTINGS, Study, opened


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with opened(tmp_path) as study:
        yield Counter(study)


async def test_the_first_use_is_three_taps(counter: Counter) -> None:
    card = await counter.run("start")
    card = await counter.tap(card, "Vietnamese")
    card = await counter.tap(card, "English")
    card = await counter.tap(card, "Text and voice")
    assert card.text.startswith("Done.")
    mine = await counter.mine()
    assert (mine.spoken, mine.target, mine.quick_voice) == (VI, EN, True)


async def test_a_step_of_the_first_use_may_be_left_to_the_bot(counter: Counter) -> None:
    card = await counter.run("start")
    card = await counter.tap(card, "I speak several")
    card = await counter.tap(card, "Automatic")
    await counter.tap(card, "Text only")
    mine = await counter.mine()
    assert (mine.spoken, mine.target, mine.quick_voice) == (None, None, False)


async def test_a_language_is_found_by_writing_a_part_of_its_name(counter: Counter) -> None:
    card = await counter.tap(await counter.run("language"), "I speak…")
    card = await counter.write(card, "tiếng Ph")
    card = await counter.tap(card, "French")
    assert "You speak: French" in card.text
    assert (await counter.mine()).spoken == FR


@pytest.mark.parametrize("line", ["French", "fr", "tieng phap", "  FRANÇAIS "])
async def test_a_whole_name_or_code_is_taken_at_once(counter: Counter, line: str) -> None:
    card = await counter.tap(await counter.run("language"), "Others get…")
    card = await counter.write(card, line)
    assert "Others get: French" in card.text
    assert (await counter.mine()).target == FR


async def test_a_name_that_nobody_knows_may_be_written_again(counter: Counter) -> None:
    card = await counter.tap(await counter.run("language"), "I speak…")
    card = await counter.write(card, "Klingon")
    assert "no such language" in card.text
    await counter.write(card, "fr")
    assert (await counter.mine()).spoken == FR


async def test_a_language_given_with_the_command_is_offered_for_both_sides(
    counter: Counter,
) -> None:
    card = await counter.run("language", "viet")
    await counter.tap(card, "I speak: Vietnamese")
    await counter.tap(card, "Others get: Vietnamese")
    mine = await counter.mine()
    assert (mine.spoken, mine.target) == (VI, VI)


async def test_languages_to_be_heard_are_added_and_taken_away(counter: Counter) -> None:
    card = await counter.tap(await counter.run("language"), "Languages heard…")
    card = await counter.tap(card, "Vietnamese")
    card = await counter.tap(card, "English")
    assert (await counter.mine()).allowed == frozenset({VI, EN})
    card = await counter.tap(card, "✓ English")
    assert (await counter.mine()).allowed == frozenset({VI})
    card = await counter.tap(card, "All languages")
    assert (await counter.mine()).allowed is None


async def test_a_choice_is_taken_back(counter: Counter) -> None:
    await counter.stores.preferences.change_person(ME.person, spoken=VI)
    card = await counter.tap(await counter.run("language"), "I speak…")
    card = await counter.tap(card, "Detect it")
    assert (await counter.mine()).spoken is None


async def test_the_interface_speaks_what_is_chosen_and_else_what_the_platform_says(
    counter: Counter,
) -> None:
    vietnamese = replace(ME, locale="vi-VN")
    assert (await counter.run("help", caller=vietnamese)).text.startswith("Gửi tôi")
    assert (await counter.run("help", caller=replace(ME, locale="fr"))).text.startswith("Send me")
    card = await counter.tap(await counter.run("language"), "Tiếng Việt / English")
    card = await counter.tap(card, "tiếng Việt")
    assert card.text.startswith("Bạn nói")
    assert await counter.commands.locale(ME.person, "en") == "vi"


async def test_the_voice_is_switched_chosen_and_paced(counter: Counter) -> None:
    card = await counter.run("voice", "off")
    assert (await counter.mine()).quick_voice is False
    card = await counter.tap(card, "Let me hear the answers")
    card = await counter.tap(card, "1.25 x")
    card = await counter.tap(card, "Choose a voice…")
    await counter.tap(card, "gtts-vi")
    mine = await counter.mine()
    assert (mine.quick_voice, mine.speed, mine.voice) == (True, 1.25, "gtts-vi")
    card = await counter.tap(
        await counter.tap(await counter.run("voice"), "Choose a voice…"), "Automatic"
    )
    assert (await counter.mine()).voice is None


async def test_a_group_is_changed_by_its_admins_alone_until_they_let_all(
    counter: Counter,
) -> None:
    refused = await counter.run("settings", caller=GROUP)
    assert (refused.alert, refused.rows) == (True, ())
    forged = await counter.commands.press(GROUP, "settings:active")
    assert forged.alert
    assert not await counter.commands.listens(GROUP.chat)
    card = await counter.run("settings", caller=ADMIN)
    card = await counter.tap(card, "Interpret every note", ADMIN)
    assert await counter.commands.listens(GROUP.chat)
    await counter.tap(card, "Let everybody decide", ADMIN)
    card = await counter.run("settings", caller=GROUP)
    card = await counter.tap(card, "Others get…", GROUP)
    await counter.write(card, "fr", GROUP)
    assert (await counter.stores.preferences.of_chat(GROUP.chat)).target == FR
    card = await counter.run("settings", caller=GROUP)
    assert (await counter.tap(card, "Only admins decide", GROUP)).alert, "not theirs to decide"


async def test_a_private_chat_has_no_settings(counter: Counter) -> None:
    assert (await counter.run("settings")).alert


async def test_what_a_topic_chooses_does_not_change_its_group(counter: Counter) -> None:
    topic = replace(ADMIN, chat=chat("group", "7"))
    await counter.tap(await counter.run("settings", caller=topic), "Interpret every note", topic)
    assert await counter.commands.listens(topic.chat)
    assert not await counter.commands.listens(GROUP.chat)


async def test_terms_are_added_listed_and_removed(counter: Counter) -> None:
    await counter.stores.preferences.change_person(ME.person, target=EN)
    card = await counter.tap(await counter.run("glossary"), "Add…")
    card = await counter.write(card, "đơn vị = unit")
    card = await counter.run("glossary", "Dragoman")
    assert "Dragoman (kept)" in card.text
    assert "đơn vị → unit (English)" in card.text
    card = await counter.tap(card, "✕ đơn vị")
    assert await counter.stores.glossary.terms(ME.person) == (Term("Dragoman"),)
    await counter.run("glossary", "remove DRAGOMAN")
    assert await counter.stores.glossary.terms(ME.person) == ()


async def test_a_group_has_terms_of_its_own_which_its_admins_change(counter: Counter) -> None:
    card = await counter.tap(
        await counter.run("glossary", caller=ADMIN), "This chat's terms", ADMIN
    )
    card = await counter.tap(card, "Add…", ADMIN)
    await counter.write(card, "Kwik-E-Mart", ADMIN)
    assert await counter.stores.glossary.terms(GROUP.chat) == (Term("Kwik-E-Mart"),)
    card = await counter.tap(
        await counter.run("glossary", caller=GROUP), "This chat's terms", GROUP
    )
    assert "Kwik-E-Mart" in card.text
    assert (await counter.tap(card, "✕ Kwik-E-Mart", GROUP)).alert
    assert (await counter.write(replace(card, asks="glossary:chat"), "x", GROUP)).alert
    assert await counter.stores.glossary.terms(GROUP.chat) == (Term("Kwik-E-Mart"),)


async def test_many_long_terms_are_turned_page_by_page(counter: Counter) -> None:
    for number in range(20):
        term = f"{number:03}" + "ệ" * 97
        await counter.stores.glossary.add(ME.person, Term(term, "ữ" * 100))
    card = await counter.run("glossary")
    pages = [card.text]
    for _ in range(2):
        card = await counter.tap(card, "→")
        pages.append(card.text)
    assert all(first != second for first, second in pairwise(pages))
    assert sum(page.count("→") for page in pages) == 20


@pytest.mark.parametrize("line", ["=", " = x", "x" * 101, "a = " + "b" * 101, "\x00"])
async def test_a_term_that_is_none_is_refused_in_one_sentence(counter: Counter, line: str) -> None:
    card = await counter.run("glossary", line)
    assert card.text == "A term has 1 to 100 characters; write a shorter one."


@pytest.mark.parametrize(("rung", "said"), [(Step.SMALLER, "haste"), (Step.TEXT_ONLY, "text only")])
async def test_the_status_says_what_is_left_out_for_want_of_time(
    counter: Counter, rung: Step, said: str
) -> None:
    assert said not in (await counter.run("status")).text
    counter.queue.rung = rung
    assert said in (await counter.run("status")).text


async def test_the_status_says_what_is_done_how_long_it_takes_and_who_waits(
    counter: Counter,
) -> None:
    assert (await counter.run("status")).text == "Being worked on: 2. Waiting: 7."
    await counter.study.answer(note(who=person("other")))
    counter.queue.held = (2, 5)
    text = (await counter.run("status")).text
    assert "usually answered within 1 s" in text
    assert "Your places in the queue: 2, 5." in text


async def test_privacy_says_how_long_things_are_kept_as_it_is_set(counter: Counter) -> None:
    text = (await counter.run("privacy")).text
    assert "kept for 24 h and spoken audio for 1 h" in text
    assert "Google" not in text, "this operator does not use that voice"
    speaking = SETTINGS.speaking.model_copy(update={"order": ("gtts", "espeak")})
    chosen = SETTINGS.model_copy(update={"speaking": speaking})
    commands = Commands(counter.stores, chosen, counter.queue, counter.study.pipeline.voices)
    assert "sent to Google" in (await commands.run(ME, "privacy")).text


async def test_everything_about_a_person_is_given_as_a_file(counter: Counter) -> None:
    await counter.run("glossary", "Nguyễn")
    card = await counter.tap(await counter.run("mydata"), "Get it as a file")
    assert card.file is not None
    assert card.file.name == "dragoman.json"
    assert json.loads(card.file.data)["glossary"][0]["term"] == "Nguyễn"
    assert "Nguyễn".encode() in card.file.data, "for people to read"


async def test_everything_about_a_person_is_deleted_once_they_are_sure(counter: Counter) -> None:
    await counter.study.answer()
    await counter.run("glossary", "Nguyễn")
    await counter.stores.glossary.add(person("other"), Term("kept"))
    card = await counter.tap(await counter.run("mydata"), "Delete it…")
    assert len((await counter.stores.people.export(ME.person))["notes"]) == 1
    card = await counter.tap(card, "Delete everything")
    assert card.text.startswith(
        "Deleted: 1 accounts with their choices, 1 terms, 1 notes, 0 link codes and tries, "
        "0 lines of calls, 2 cached"
    )
    export = await counter.stores.people.export(ME.person)
    assert not any(entries for name, entries in export.items() if name != "accounts")
    assert await counter.stores.glossary.terms(person("other")) == (Term("kept"),)


@pytest.mark.parametrize("name", ["mydata", "link"])
async def test_what_is_private_is_not_shown_where_others_read(counter: Counter, name: str) -> None:
    card = await counter.run(name, caller=GROUP)
    assert "private chat" in card.text
    assert (card.rows, card.file) == ((), None)
    forged = await counter.commands.press(GROUP, f"{name}:export")
    assert forged.file is None


async def test_two_accounts_are_linked_by_a_code_and_parted_again(counter: Counter) -> None:
    other = replace(ME, person=Person("discord", "9"), chat=replace(ME.chat, platform="discord"))
    await counter.stores.preferences.change_person(ME.person, target=FR)
    card = await counter.tap(await counter.run("link"), "Make a code")
    code = card.text.rpartition("/link ")[2]
    card = await counter.tap(await counter.run("link", caller=other), "Enter a code", other)
    card = await counter.write(card, code.lower(), other)
    assert "2 accounts" in card.text
    assert (await counter.mine(other.person)).target == FR
    await counter.tap(await counter.run("link", caller=other), "Part this account", other)
    assert len(await counter.stores.links.accounts(ME.person)) == 1


async def test_a_wrong_code_is_one_sentence(counter: Counter) -> None:
    assert "not valid" in (await counter.run("link", "7K3M-XQ2P-04TZ")).text


# what fails


async def test_a_memory_that_is_gone_is_one_sentence_without_its_path(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        counter = Counter(study)
    card = await counter.run("language")
    assert card.text == "My memory can't be reached now; try again in a few minutes."
    assert await counter.commands.locale(ME.person, "vi") == "vi"


async def test_an_unknown_command_is_answered_with_the_help(counter: Counter) -> None:
    assert (await counter.run("nonsense")).text == (await counter.run("help")).text


@pytest.mark.parametrize("locale", ["en", "vi"])
async def test_the_menu_names_every_command(counter: Counter, locale: str) -> None:
    menu = counter.commands.menu(locale)
    assert tuple(each.name for each in menu) == NAMES
    assert all(3 <= len(each.text) <= 100 for each in menu), "what Discord shows"


async def test_suggestions_while_typing_are_what_a_platform_can_show(counter: Counter) -> None:
    found = counter.commands.languages("ti", "vi-VN")
    assert 0 < len(found) <= 25
    assert "vi" in {each.value for each in found}


async def test_choices_survive_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        await Counter(study).commands.press(ME, "language:spoken:fr")
    async with open_database(tmp_path / "dragoman.db") as database:
        assert (await Counter(Study(database)).mine()).spoken == FR


async def test_a_group_that_moved_keeps_its_choices_and_one_that_was_left_loses_them(
    counter: Counter,
) -> None:
    await counter.commands.press(ADMIN, "settings:active")
    await counter.commands.moved(GROUP.chat, chat("supergroup"))
    assert await counter.commands.listens(chat("supergroup"))
    await counter.commands.left(chat("supergroup"))
    assert not await counter.commands.listens(chat("supergroup"))
