"""Captions held against what was said: what is lost or doubled is found, whoever else speaks."""

from types import SimpleNamespace
from typing import Any

from tests.soak.captions import Fate, Line, Minutes, Spoken, Window, settle
from tests.soak.speech import Said

WINDOWS = [Window(0.0, 100.0), Window(110.0)]


def spoken(name: str, text: str, began: float) -> Spoken:
    return Spoken(name, Said(text, text.upper()), 2.0, began, began + 2.0)


def line(name: str, text: str, at: float) -> Line:
    return Line(at, name, f"{text} → {text.upper()}" if name else text)


def settled(said: list[Spoken], *lines: Line) -> tuple[dict[Fate, int], int, int]:
    minutes = Minutes()
    minutes.lines = list(lines)
    account = settle(said, minutes, WINDOWS)
    return (
        {fate: count for fate, count in account.fates.items() if count},
        account.doubled,
        account.split,
    )


def test_what_is_captioned_is_captioned_although_another_was_lost_before_it() -> None:
    said = [spoken("An", "where is it", 1), spoken("An", "thank you", 5), spoken("Bo", "hello", 5)]
    fates, doubled, split = settled(said, line("An", "thank you", 8), line("Bo", "hello", 8))
    assert fates == {Fate.CAPTIONED: 2, Fate.LOST: 1}
    assert (doubled, split) == (0, 0)
    assert said[0].caption is None
    assert said[1].wait == 1.0


def test_a_caption_that_is_wrong_belongs_to_what_it_is_most_like() -> None:
    said = [spoken("An", "where is the station", 1), spoken("An", "thank you very much", 5)]
    fates, *_ = settled(said, line("An", "thank you very muck", 8))
    assert fates == {Fate.CAPTIONED: 1, Fate.LOST: 1}
    assert said[1].caption is not None
    assert not said[1].right


def test_a_caption_that_comes_again_is_doubled_and_one_in_two_parts_is_split() -> None:
    said = [spoken("An", "good night", 1), spoken("Bo", "one more game please", 1)]
    lines = [line("An", "good night", 4), line("An", "good night", 5)]
    lines += [line("Bo", "one more game", 4), line("Bo", "please", 5)]
    assert settled(said, *lines) == ({Fate.CAPTIONED: 2}, 1, 1)


def test_only_a_sentence_near_it_tells_of_what_was_not_captioned() -> None:
    missed = line("", "\N{WARNING SIGN} Some of what was said could not be interpreted.", 20)
    for began, fate in ((5, Fate.TOLD), (60, Fate.TOLD), (90, Fate.LOST)):
        assert settled([spoken("An", "hello", began)], missed)[0] == {fate: 1}
    assert settled([spoken("An", "hello", 5)], line("", "I am back.", 8))[0] == {Fate.LOST: 1}


def test_what_was_said_while_the_bot_was_away_is_not_lost() -> None:
    for began, fate in ((99, Fate.AWAY), (96, Fate.AWAY), (105, Fate.AWAY), (111, Fate.LOST)):
        assert settled([spoken("An", "hello", began)])[0] == {fate: 1}


def test_what_was_said_while_the_bot_was_away_takes_no_caption_of_what_came_after() -> None:
    said = [spoken("An", "where is it", 105), spoken("An", "thank you very much", 112)]
    fates, *_ = settled(said, line("An", "tank of sherry", 115))
    assert fates == {Fate.AWAY: 1, Fate.CAPTIONED: 1}


def test_captions_are_read_as_they_grow() -> None:
    minutes = Minutes()
    message: Any = SimpleNamespace(id=1, revision=0, content="**An B\\_:** hi → HI")
    minutes.read([message])
    minutes.read([message])
    message.revision, message.content = 1, message.content + "\n· so → SO\n**Bo:** ha → HA\n⚠️ Oh."
    minutes.read([message])
    assert [(each.name, each.body) for each in minutes.lines] == [
        ("An B_", "hi → HI"),
        ("An B_", "so → SO"),
        ("Bo", "ha → HA"),
        ("", "⚠️ Oh."),
    ]
    assert [each.body for each in minutes.sentences] == ["⚠️ Oh."]
