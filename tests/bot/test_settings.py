"""Settings: what counts, and that everything wrong is said at once."""

import ipaddress
import os
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.sections import Section
from bot.settings import Settings, UnusableSettingsError, load
from pipeline import catalogue
from pipeline.catalogue import Kind
from pipeline.specs import EspeakSpec, GttsSpec

EXAMPLE = Path(__file__).parents[2] / "settings.example.toml"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
        monkeypatch.delenv(name)


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_demo_profile_needs_nothing_else() -> None:
    found = load(profile="demo")
    assert found.hearing.default == "demo-whisper"
    assert found.translating.order == ("demo-nllb",)
    assert found.speaking.order == ("espeak",)


def test_the_environment_wins_over_the_file_and_the_file_over_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "[hearing]\nbeam = 3\nbest_of = 2\n")
    monkeypatch.setenv("DRAGOMAN_HEARING__BEAM", "1")
    found = load(file)
    assert (found.hearing.beam, found.hearing.best_of) == (1, 2)
    assert found.hearing.default == "whisper-small"


def test_the_command_line_wins_over_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_PROFILE", "default")
    assert load(written(tmp_path, 'profile = "default"'), profile="demo").profile == "demo"


def test_the_profile_may_stand_in_the_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(written(tmp_path, 'profile = "demo"')).hearing.default == "demo-whisper"
    monkeypatch.setenv("DRAGOMAN_PROFILE", "demo")
    assert load().hearing.default == "demo-whisper"


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'targets = ["tlh"]\nlimit = 3\n[hearing]\nbeam = 0\nbaem = 2\n[limits]\nseconds = "long"\n',
    )
    with pytest.raises(UnusableSettingsError) as raised:
        load(file)
    wrong = {problem.details["setting"] for problem in raised.value.problems}
    assert wrong == {"targets.0", "limit", "hearing.beam", "hearing.baem", "limits.seconds"}


@pytest.mark.parametrize(
    ("text", "why"),
    [("targets = [", "Unclosed array|Invalid value|Unterminated"), ("profile = 'fast'", "demo")],
)
def test_a_file_that_is_no_settings_file_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UnusableSettingsError) as raised:
        load(written(tmp_path, text))
    [problem] = raised.value.problems
    assert re.search(why, str(problem))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableSettingsError) as raised:
        load(tmp_path / "absent.toml")
    assert "No such file" in str(raised.value.problems[0].details["reason"])


def test_secrets_never_show_in_problems(tmp_path: Path) -> None:
    file = written(
        tmp_path, '[translating.libretranslate]\nurl = "ftp://x"\napi_key = "s3cret-canary"\n'
    )
    with pytest.raises(UnusableSettingsError) as raised:
        load(file)
    assert "s3cret" not in str([problem.details for problem in raised.value.problems])


def test_the_example_is_valid_and_changes_nothing() -> None:
    assert load(EXAMPLE).model_dump() == load().model_dump()


def test_the_example_names_every_setting_with_its_default() -> None:
    assert _names(Settings) == _paths(tomllib.loads(_written_out()))


def test_the_models_that_the_example_names_are_in_the_catalogue(tmp_path: Path) -> None:
    example = re.sub("(?m)^key = .*$", f'key = "{"00" * 32}"', _written_out())
    found = load(written(tmp_path, example))
    kinds = {each.name: each.kind for each in catalogue.load().entries.values()}
    assert found.hearing.candidate is not None
    hearing = (found.hearing.default, found.hearing.candidate.model, found.overload.model or "")
    named = [
        *((each, Kind.TRANSCRIBER) for each in (*hearing, *found.hearing.routes.values())),
        *((each, Kind.TRANSCRIBER) for each in found.hearing.windows),
        *((each, Kind.TRANSLATOR) for each in found.translating.order),
        *((each, Kind.SYNTHESIZER) for each in found.speaking.order[:1]),
        *((each, Kind.CLONER) for each in found.own_voice.models),
    ]
    assert [each for each, kind in named if kinds.get(each) is not kind] == []
    assert set(found.speaking.order[1:]) == {GttsSpec.engine, EspeakSpec.engine}


def _written_out() -> str:
    """Return the example with all that it has commented out."""
    return re.sub(r"(?m)^# (?=[a-z_]+ = )", "", EXAMPLE.read_text(encoding="utf-8"))


def _example() -> str:
    return EXAMPLE.read_text(encoding="utf-8")


def _names(model: type[BaseModel], prefix: str = "") -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            names |= _names(inner, f"{prefix}{name}.")
        else:
            names.add(prefix + name)
    return names


def _paths(values: dict[str, object], prefix: str = "") -> set[str]:
    paths: set[str] = set()
    for name, value in values.items():
        is_section = isinstance(value, dict) and f"{prefix}{name}" in _SECTIONS
        if is_section and isinstance(value, dict):
            paths |= _paths(value, f"{prefix}{name}.")
        else:
            paths.add(prefix + name)
    return paths


_SECTIONS = {
    *("limits", "hearing", "hearing.vad", "translating", "speaking", "workers"),
    *("desk", "storage", "calls", "discord", "telegram", "own_voice", "own_voice.sample"),
    *("monitoring", "overload"),
}


def test_folders_below_the_home_are_the_same_wherever_it_is_started(tmp_path: Path) -> None:
    for found in (load(), load(written(tmp_path, '[storage]\npath = "~/d.db"\n'))):
        assert found.storage.path.is_relative_to(Path.home())
        assert found.models_dir.is_relative_to(Path.home())


def test_a_webhook_secret_that_telegram_would_refuse_is_refused_here(tmp_path: Path) -> None:
    for secret in ("short", "sixteen letters, but spaces", "x" * 257):
        file = written(
            tmp_path, f'[telegram]\nwebhook = {{ url = "https://x.org", secret = "{secret}" }}\n'
        )
        with pytest.raises(UnusableSettingsError) as raised:
            load(file)
        assert secret not in str([problem.details for problem in raised.value.problems])


@pytest.mark.parametrize("platform", ["telegram", "discord"])
def test_no_token_shows_in_what_is_printed_of_the_settings(tmp_path: Path, platform: str) -> None:
    file = written(tmp_path, f'[{platform}]\ntoken = "7:s3cret-canary"\n')
    assert "s3cret" not in repr(load(file))


@pytest.mark.parametrize(
    "line",
    [
        "provisional_ms = 700",
        "end_silence_ms = 250",
        "longest_s = 31",
        "longest_s = nan",
        "speakers = 0",
        "stale_s = 0",
        "alone_s = -1",
        "alone_s = inf",
    ],
)
def test_figures_with_which_no_call_can_be_heard_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UnusableSettingsError) as raised:
        load(written(tmp_path, f"[calls]\n{line}\n"))
    (problem,) = raised.value.problems
    assert str(problem.details["setting"]).startswith("calls")


def test_what_listens_is_reached_from_this_machine_alone_unless_told() -> None:
    webhook = {"url": "https://example.org/x", "secret": "s" * 16, "port": 8443}
    chosen = load(profile="demo", telegram={"token": "1:" + "x" * 35, "webhook": webhook})
    assert chosen.telegram.webhook is not None
    for listen in (chosen.monitoring.listen, chosen.telegram.webhook.listen):
        assert ipaddress.ip_address(listen).is_loopback
    assert chosen.monitoring.port is None


@pytest.mark.parametrize(
    "text",
    ['models_dir = "~nobody-of-that-name/x"\n', "[limits]\nbytes = " + "9" * 5000 + "\n"],
)
def test_what_python_stumbles_over_is_told_like_any_fault(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableSettingsError):
        load(written(tmp_path, text))
