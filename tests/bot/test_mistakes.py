"""Whoever misspells a setting, or gives it a wrong value, is told in one sentence what to write."""

import pytest

from bot import messages
from bot.settings import UnusableSettingsError, load


def said(locale: str = "en", **choices: object) -> list[str]:
    """Everything that is told of the settings."""
    with pytest.raises(UnusableSettingsError) as raised:
        load(None, **{"profile": "demo", **choices})
    return [messages.sentence(each, locale) for each in raised.value.problems]


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("DRAGOMAN_DISCORD_TOKEN", "DRAGOMAN_DISCORD__TOKEN"),
        ("DRAGOMAN_COMERCIAL", "DRAGOMAN_COMMERCIAL"),
        ("DRAGOMAN_TELEGRM__TOKEN", "DRAGOMAN_TELEGRAM__TOKEN"),
        ("DRAGOMAN_HEARING_BEAM", "DRAGOMAN_HEARING__BEAM"),
        ("dragoman_comercial", "DRAGOMAN_COMMERCIAL"),
    ],
)
def test_a_variable_that_nobody_reads_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, variable: str, meant: str
) -> None:
    monkeypatch.setenv(variable, "canary")
    assert said() == [f"There is no setting {variable}; did you mean {meant}?"]
    (sentence,) = said("vi")
    assert meant in sentence


def test_a_variable_like_none_of_ours_is_not_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_QQ", "1")
    (sentence,) = said()
    assert sentence.startswith("There is no setting DRAGOMAN_QQ; look for its name")


def test_variables_of_others_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMANIA_TOKEN", "1")
    assert load(profile="demo").profile == "demo"


def test_a_list_that_is_no_json_is_told_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_TARGETS", "vi")
    (sentence,) = said()
    assert "DRAGOMAN_TARGETS can't be read" in sentence
    assert """DRAGOMAN_TARGETS='["vi", "en"]'""" in sentence


def test_of_an_unknown_profile_nothing_else_is_said() -> None:
    assert said(profile="dmeo") == [
        "The setting profile must be one of 'demo', 'default'; correct it."
    ]


@pytest.mark.parametrize("locale", ["en", "vi"])
@pytest.mark.parametrize(
    ("section", "value", "words"),
    [
        ("hearing", {"beam": "many"}, "hearing.beam"),
        ("hearing", {"beam": 0}, "1"),
        ("desk", {"at_once": 65}, "64"),
        ("desk", {"timeout_s": "long"}, "desk.timeout_s"),
        ("calls", {"baem": 1}, "calls.baem"),
        ("commercial", "perhaps", "true"),
        ("own_voice", {"busy": "never"}, "go_on"),
    ],
)
def test_no_word_of_the_library_is_told(
    section: str, value: object, words: str, locale: str
) -> None:
    (sentence,) = said(locale, **{section: value})
    assert words in sentence
    for theirs in ("Input should", "Extra inputs", "unable to parse", "Value error"):
        assert theirs not in sentence


def test_what_two_settings_have_in_common_is_said_once() -> None:
    with pytest.raises(UnusableSettingsError) as raised:
        raise UnusableSettingsError([*_twice()])
    assert len(raised.value.problems) == 1


def _twice() -> tuple[UnusableSettingsError, UnusableSettingsError]:
    return UnusableSettingsError([]), UnusableSettingsError([])
