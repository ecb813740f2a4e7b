"""The ledger's own honesty: it finds what is lost and what comes twice."""

import pytest

from tests.soak.ledger import Fate, Ledger, Note, Seen, waits
from tests.soak.report import Kind
from tests.soak.sentences import Meaning
from tests.soak.speech import Said

SAID = Said("Good night.", "Chúc ngủ ngon.")
TEXT = "English\nGood night.\nVietnamese\nChúc ngủ ngon."
HASTY = f"{TEXT}\n\n\N{WARNING SIGN}\ufe0f no voice this time, as many notes wait"

SAME = "English\nGood night.\n\n\N{WARNING SIGN}\ufe0f not translated"


def note(*seen: Meaning | Seen, wants_voice: bool = True) -> Note:
    made = Note("telegram", "note", 2.0, SAID, 10.0, wants_voice)
    for at, each in enumerate(seen):
        made.see(each if isinstance(each, Seen) else Seen(11.0 + at, each, TEXT))
    return made


@pytest.mark.parametrize(
    ("seen", "fate"),
    [
        ((Meaning.ANSWER, Meaning.VOICE), Fate.ANSWERED),
        ((Meaning.PLACE, Meaning.ANSWER, Meaning.VOICE), Fate.ANSWERED),
        ((Meaning.ANSWER, Meaning.UNSPOKEN), Fate.TEXT_ONLY),
        ((Seen(1.0, Meaning.ANSWER, HASTY),), Fate.TEXT_ONLY),
        ((Seen(1.0, Meaning.ANSWER, SAME),), Fate.TEXT_ONLY),
        ((Meaning.REFUSED,), Fate.REFUSED),
        ((Meaning.PLACE, Meaning.FAILED), Fate.FAILED),
        ((Meaning.ANSWER,), Fate.MUTE),
        ((Meaning.PLACE,), Fate.SILENT),
        ((Meaning.VOICE,), Fate.SILENT),
        ((), Fate.SILENT),
    ],
)
def test_a_note_ends_as_its_sender_sees_it(seen: tuple[Meaning | Seen, ...], fate: Fate) -> None:
    assert note(*seen).fate is fate
    assert note(*seen).over.is_set() is (fate not in {Fate.MUTE, Fate.SILENT})


def test_who_wants_text_alone_misses_no_voice() -> None:
    assert note(Meaning.ANSWER, wants_voice=False).fate is Fate.ANSWERED


@pytest.mark.parametrize(
    ("seen", "surplus"),
    [
        ((Meaning.ANSWER, Meaning.VOICE), (0, 0)),
        ((Meaning.ANSWER, Meaning.ANSWER, Meaning.VOICE), (1, 0)),
        ((Meaning.ANSWER, Meaning.VOICE, Meaning.VOICE, Meaning.VOICE), (2, 0)),
        ((Seen(1, Meaning.ANSWER, TEXT, unknowable=True), Meaning.ANSWER, Meaning.VOICE), (0, 1)),
        (
            (Seen(1, Meaning.ANSWER, TEXT, unknowable=True), Meaning.ANSWER, Meaning.ANSWER),
            (1, 1),
        ),
        ((Seen(1, Meaning.ANSWER, TEXT, unknowable=True), Meaning.VOICE), (0, 0)),
        ((Meaning.REFUSED, Meaning.REFUSED), (1, 0)),
        ((Meaning.ANSWER, Meaning.VOICE, Meaning.REFUSED), (1, 0)),
    ],
)
def test_what_comes_twice_is_told_from_what_nobody_could_know(
    seen: tuple[Meaning | Seen, ...], surplus: tuple[int, int]
) -> None:
    assert note(*seen).surplus == surplus


def test_only_an_answer_to_the_letter_is_right() -> None:
    assert note(Meaning.ANSWER).right
    assert not note(Seen(1, Meaning.ANSWER, TEXT.replace("night", "day"))).right
    assert not note(Meaning.FAILED).right


def test_waits_are_to_the_first_that_was_seen() -> None:
    assert note(Meaning.PLACE, Meaning.ANSWER, Meaning.VOICE).wait(Meaning.ANSWER) == 2.0
    assert waits([note(Meaning.ANSWER), note(Meaning.FAILED)], Meaning.ANSWER) == [1.0]


def test_messages_find_their_note_and_the_report_counts_what_is_missing() -> None:
    ledger, answered, lost = Ledger(), note(), note()
    ledger.sent(answered, "message 1", "message 2")
    ledger.sent(lost, "message 3")
    ledger.see("message 2", Seen(11.0, Meaning.ANSWER, TEXT))
    ledger.see("message 1", Seen(12.0, Meaning.VOICE))
    ledger.see("message 1", Seen(13.0, Meaning.VOICE))
    ledger.see("a command", Seen(13.0, Meaning.OTHER))
    assert ledger.open() == [lost]
    assert not ledger.stray
    [(platform, kind, notes)] = ledger.groups()
    counted = Kind.of(platform, kind, notes)
    assert (counted.sent, counted.answered, counted.lost, counted.doubled) == (2, 1, 1, 1)
    assert counted.right == 1
