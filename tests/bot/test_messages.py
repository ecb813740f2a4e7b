"""Every way to fail has a sentence, in every language of the interface."""

import string
from collections.abc import Iterator

import pytest

from bot import messages
from bot.desk import BusyError
from bot.messages import CATALOGUES
from bot.messages.en import calls
from pipeline import errors
from pipeline.errors import Detail, DragomanError
from pipeline.types import Doubt

FACTS: dict[str, Detail] = {
    "limit": 600,
    "language": "vi",
    "engine": "demo-nllb",
    "model": "whisper-small",
    "file": "model.bin",
    "licence": "CC-BY-NC-4.0",
    "alternative": "libretranslate",
    "page": "https://example.org/agree",
    "reason": "offline",
    "seconds": 300,
    "setting": "hearing.beam",
    "step": "fetch",
    "path": "dragoman.db",
    "minutes": 10,
    "platform": "Telegram",
}


def classes(root: type[DragomanError] = DragomanError) -> Iterator[type[DragomanError]]:
    if root.__module__ == errors.__name__:
        yield root
    for child in root.__subclasses__():
        yield from classes(child)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("locale", CATALOGUES)
@pytest.mark.parametrize("kind", list(classes()), ids=lambda kind: kind.__name__)
def test_every_error_has_one_sentence_with_a_next_step(
    kind: type[DragomanError], locale: str
) -> None:
    said = messages.sentence(kind(**FACTS), locale)
    assert said.endswith(".")
    assert set(";,") & set(said), "what happened; what to do next"
    assert "{" not in said


def test_each_code_belongs_to_one_class() -> None:
    kinds = list(classes())
    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("locale", CATALOGUES)
@pytest.mark.parametrize("reason", ["person", "chat", "house", "stopping", "restarted"])
def test_every_reason_to_refuse_a_note_has_a_sentence_of_its_own(reason: str, locale: str) -> None:
    said = messages.public(BusyError(reason=reason), locale)
    assert said == CATALOGUES[locale][f"busy.{reason}"]


@pytest.mark.parametrize("locale", CATALOGUES)
def test_who_would_wait_too_long_is_told_how_long(locale: str) -> None:
    assert " 7 " in messages.public(BusyError(reason="wait", minutes=7), locale)


@pytest.mark.parametrize("locale", CATALOGUES)
@pytest.mark.parametrize("kind", list(classes()), ids=lambda kind: kind.__name__)
def test_people_in_a_chat_never_read_a_path_a_setting_or_a_command(
    kind: type[DragomanError], locale: str
) -> None:
    secret: dict[str, Detail] = {"path": "/canary/x", "setting": "canary.x", "file": "canary.bin"}
    said = messages.public(kind(**{**FACTS, **secret}), locale)
    assert said.endswith(".")
    assert not any(word in said for word in ("canary", "dragoman models", "dragoman check"))


@pytest.mark.parametrize("locale", CATALOGUES)
def test_every_doubt_has_a_warning(locale: str) -> None:
    assert all(messages.doubt(doubt, locale) for doubt in Doubt)


def test_the_catalogues_say_the_same_things_with_the_same_facts() -> None:
    english, vietnamese = CATALOGUES["en"], CATALOGUES["vi"]
    assert english.keys() == vietnamese.keys()
    assert all(fields(english[name]) == fields(vietnamese[name]) for name in english)


def test_what_is_said_of_calls_is_said_in_each_language() -> None:
    for name in calls.SENTENCES:
        said = [catalogue[name] for catalogue in CATALOGUES.values()]
        assert len(set(said)) == len(said), name
        if "option." in name:
            assert all(len(each) <= 100 for each in said), "what Discord shows"


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("vi_VN.UTF-8", "vi"),
        ("vi", "vi"),
        ("en-GB", "en"),
        ("fr_FR", "en"),
        ("C", "en"),
        (None, "en"),
    ],
)
def test_the_locale_follows_the_reader(tag: str | None, locale: str) -> None:
    assert messages.locale_of(tag) == locale


def test_languages_are_named_in_the_language_of_the_reader() -> None:
    error = errors.UnsupportedLanguageError(language="vi", engine="kokoro-82m")
    assert "Vietnamese" in messages.sentence(error, "en")
    assert "tiếng Việt" in messages.sentence(error, "vi")


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (64 * 2**20, "64 MB"),
        (20_500_000, "19.6 MB"),
        (3 * 2**30, "3,072 MB"),
        (2_048, "2 kB"),
        (10, "10 B"),
    ],
)
@pytest.mark.parametrize("locale", CATALOGUES)
def test_sizes_are_told_in_units_that_people_know(limit: int, said: str, locale: str) -> None:
    assert f" {said};" in messages.sentence(errors.AudioTooLargeError(limit=limit), locale)


@pytest.mark.parametrize("locale", CATALOGUES)
def test_one_call_is_not_called_many(locale: str) -> None:
    said = messages.say("health.calls", locale, count=1)
    assert "1" in said
    assert "1 calls" not in said
