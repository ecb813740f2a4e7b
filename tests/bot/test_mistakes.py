"""Each mistake in the settings is one sentence of ours, in the operator's language."""

import os
import re
from pathlib import Path

import pytest

from bot import messages
from bot.messages import CATALOGUES
from bot.settings import UnusableSettingsError, load


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("DRAGOMAN_")]:
        monkeypatch.delenv(name)


def said(locale: str = "en", file: Path | None = None, **choices: object) -> list[str]:
    """Return what is said of the settings, which can't be used."""
    with pytest.raises(UnusableSettingsError) as raised:
        load(file, **choices)
    return [messages.sentence(problem, locale) for problem in raised.value.problems]


def said_of(folder: Path, text: str, locale: str = "en") -> list[str]:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return said(locale, file)


MISTAKES = (
    ("baem = 1", "There is no setting hearing.baem; write hearing.beam if you mean that."),
    ("colour = 1", "There is no setting hearing.colour; docs/settings.md shows those there are."),
    ("beam = 'x'", "The setting hearing.beam is not a whole number; write one, such as 3."),
    ("beam = 1.5", "The setting hearing.beam is not a whole number; write one, such as 3."),
    ("window_margin_s = 'x'", "The setting hearing.window_margin_s is not a number; "),
    ("timestamps = 'x'", "The setting hearing.timestamps is neither true nor false; "),
    ("default = 3", "The setting hearing.default is not text; put it in quotation marks."),
    (
        "compute_type = 'int4'",
        "{hearing.compute_type}; choose one of: int8, int8_float32, int16, float32.",
    ),
    ("beam = 0", "The setting hearing.beam is too small; write 1 or more."),
    ("beam = 33", "The setting hearing.beam is too large; write 32 or less."),
    ("compression_ratio_limit = 0", "is too small; write a number over 0."),
    ("allowed = 3", "The setting hearing.allowed is not a list; write it in square brackets."),
    ("routes = 3", "The setting hearing.routes is not a table; write names and values in braces."),
    ("vad = 3", "The setting hearing.vad is not a table; write names and values in braces."),
    ("candidate = { model = 'x' }", "The setting hearing.candidate.share is missing; write it."),
    ("routes = { xx = 'a' }", "The setting hearing.routes.xx names no language"),
    ("allowed = [3]", "The setting hearing.allowed.0 is not text; put it in quotation marks."),
)


@pytest.mark.parametrize(("line", "expected"), MISTAKES)
def test_a_mistake_is_one_sentence_that_names_the_setting(
    tmp_path: Path, line: str, expected: str
) -> None:
    expected = re.sub(r"\{(.*)\}", r"The setting \1 can't have this value", expected)
    [sentence] = said_of(tmp_path, f"[hearing]\n{line}\n")
    assert expected in sentence
    [translated] = said_of(tmp_path, f"[hearing]\n{line}\n", "vi")
    assert "hãy" in translated


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("targets = []", "The setting targets is empty; name at least one language."),
        ("[telegram]\napi_url = 'x'", "one that begins with http:// or https://."),
        (
            "[telegram]\nwebhook = { url = 'http://x', secret = '0123456789abcdef' }",
            "with https://.",
        ),
        ("[telegram]\nwebhook = { url = 'https://x', secret = 'short' }", "write 16 or more."),
        (
            "[telegram]\nwebhook = { url = 'https://x', secret = 'spaces are no use' }",
            "only those.",
        ),
        ("[discord]\noperators = ['anna']", "discord.operators.0 is not the id of an account"),
        ("[monitoring]\nlisten = ''", "monitoring.listen has too few characters; write 1 or more."),
        ("[calls]\nprovisional_ms = 900", "provisional_ms under [calls] is not less than"),
        ("[overload]\nsmaller_after_s = 99", "under [overload] do not rise; write them so"),
        ("[own_voice]\nmodels = ['xtts-v2']", "has no key beside it; set own_voice.key"),
        ("[own_voice]\nmodels = ['xtts-v2']\nkey = 'canary'", "own_voice.key is not 32 random"),
        ("[own_voice]\nmodels = ['xtts-v2']\nkey = 3", "own_voice.key is not text"),
        ("targets = [", "settings.toml is not TOML"),
    ],
)
def test_what_only_we_ask_for_is_said_in_each_language(
    tmp_path: Path, text: str, expected: str
) -> None:
    [sentence] = said_of(tmp_path, text)
    assert expected in sentence
    [translated] = said_of(tmp_path, text, "vi")
    assert "hãy" in translated
    assert "canary" not in sentence + translated


def test_a_file_that_is_not_utf_8_is_said_to_be_that(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(b"targets = ['\xff']")
    [sentence] = said(file=file)
    assert "settings.toml is not UTF-8 text; save it as such." in sentence


@pytest.mark.parametrize("locale", CATALOGUES)
def test_of_an_unknown_profile_it_is_said_which_there_are_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    monkeypatch.setenv("DRAGOMAN_PROFILE", "dmeo")
    [sentence] = said(locale)
    assert "demo, default" in sentence
    assert "profile" in sentence


@pytest.mark.parametrize("locale", CATALOGUES)
def test_every_sentence_of_a_mistake_has_a_next_step(locale: str) -> None:
    facts = {"setting": "hearing.beam", "limit": 3, "choices": "a, b", "nearest": "x", "start": "y"}
    facts |= {"value": "xx", "where": "line 1", "reason": "z", "model": "m"}
    names = [name for name in CATALOGUES[locale] if name.startswith("configuration.")]
    assert len(names) > 25
    for name in names:
        sentence = messages.say(name, locale, **facts)
        assert sentence.endswith(".")
        assert set(";,") & set(sentence), sentence


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DRAGOMAN_DISCORD_TOKEN", "DRAGOMAN_DISCORD__TOKEN"),
        ("DRAGOMAN_COMERCIAL", "DRAGOMAN_COMMERCIAL"),
        ("DRAGOMAN_HEARING_BEAM", "DRAGOMAN_HEARING__BEAM"),
        ("DRAGOMAN_TELEGRM__TOKEN", "DRAGOMAN_TELEGRAM__TOKEN"),
        ("dragoman_comercial", "DRAGOMAN_COMMERCIAL"),
        ("DRAGOMAN_COMMERCIAL__ANYWAY", None),
        ("DRAGOMAN_", None),
        ("DRAGOMAN_WAND", None),
    ],
)
@pytest.mark.parametrize("locale", CATALOGUES)
def test_a_variable_that_is_no_setting_is_said_with_the_one_it_may_be_meant_for(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str | None, locale: str
) -> None:
    monkeypatch.setenv(name, "canary")
    [sentence] = said(locale, profile="demo")
    assert f" {name};" in sentence
    named = [word for word in re.findall(r"DRAGOMAN_[A-Z_]+", sentence) if word != name]
    assert named == ([nearest] if nearest else [])
    assert "canary" not in sentence


def test_variables_that_are_wrong_are_said_beside_values_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_HEARING_BEAM", "1")
    monkeypatch.setenv("DRAGOMAN_HEARING__BEST_OF", "0")
    monkeypatch.setenv("DRAGOMAN_HEARING__BAEM", "1")
    assert len(said_of(tmp_path, "[limits]\nseconds = 'long'\n")) == 4


@pytest.mark.parametrize("name", ["dragoman_profile", "DRAGOMAN_PROFILE"])
def test_small_letters_are_as_good_as_capitals(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "demo")
    assert load().hearing.default == "demo-whisper"


@pytest.mark.parametrize("locale", CATALOGUES)
@pytest.mark.parametrize(
    "names",
    [
        ["DRAGOMAN_TARGETS"],
        ["DRAGOMAN_HEARING__ROUTES", "DRAGOMAN_TRANSLATING__ORDER"],
        ["DRAGOMAN_HEARING"],
        ["DRAGOMAN_OWN_VOICE__MODELS", "DRAGOMAN_TARGETS", "DRAGOMAN_WAND"],
    ],
)
def test_a_variable_that_has_to_be_json_is_named_with_an_example(
    monkeypatch: pytest.MonkeyPatch, names: list[str], locale: str
) -> None:
    for name in names:
        monkeypatch.setenv(name, "vi")
    sentences = said(locale, profile="demo")
    assert sorted(re.findall(r"DRAGOMAN_\w+", " ".join(sentences))) == sorted(names)
    for sentence in sentences:
        assert "DRAGOMAN_WAND" in sentence or """'["vi", "en"]'""" in sentence


@pytest.mark.parametrize("value", ["[" * 100_000, "", "{", "nan"])
def test_what_is_no_json_list_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("DRAGOMAN_TARGETS", value)
    assert len(said(profile="demo")) == 1
