"""The other commands, as operators run them."""

from pathlib import Path

import pytest

from tests.integration.program import dragoman


def test_check_says_that_the_demo_is_in_order(tmp_path: Path) -> None:
    run = dragoman("check", "--profile", "demo", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert "in order" in run.stdout
    assert "No chat platform is set up; put a bot's token under [discord]" in run.stdout


@pytest.mark.parametrize(
    ("locale", "copy_it"), [("C", "copy it again"), ("vi_VN.UTF-8", "chép lại")]
)
def test_check_refuses_tokens_that_can_be_none_and_shows_neither(
    tmp_path: Path, locale: str, copy_it: str
) -> None:
    (tmp_path / "settings.toml").write_text(
        'profile = "demo"\n[discord]\ntoken = "canary"\n[telegram]\ntoken = "canary"\n'
        "[translating]\norder = []\n"
    )
    run = dragoman("check", cwd=tmp_path, locale=locale)
    assert run.returncode == 1
    discord, telegram, order = run.stderr.splitlines()
    assert "discord.token" in discord
    assert "discord.com/developers/applications" in discord
    assert "telegram.token" in telegram
    assert "@BotFather" in telegram
    assert copy_it in discord
    assert copy_it in telegram
    assert "translating.order" in order, "all at once"
    assert not run.stdout
    assert "canary" not in run.stderr


def test_check_takes_what_may_be_a_token_of_telegram(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        f'profile = "demo"\n[telegram]\ntoken = "123456789:{"Aa0_-" * 7}"\n'
    )
    run = dragoman("check", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == "The settings are in order and every model they name is here.\n"


def test_check_says_everything_that_is_wrong_at_once(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[hearing]\nbeam = 0\nbaem = 1\n[limits]\nseconds = -1")
    run = dragoman("check", cwd=tmp_path)
    assert run.returncode == 1
    assert all(name in run.stderr for name in ("hearing.beam", "hearing.baem", "limits.seconds"))


def test_models_are_listed_with_licence_and_state(tmp_path: Path) -> None:
    run = dragoman("models", "list", "--profile", "demo", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    for expected in ("demo-whisper", "nllb-200-distilled-600m", "CC-BY-NC-4.0", "not fetched"):
        assert expected in run.stdout


def test_bundled_models_verify_offline(tmp_path: Path) -> None:
    names = ("demo-whisper", "demo-nllb", "demo-kokoro")
    run = dragoman("models", "verify", "--profile", "demo", *names, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("done") == 3


def test_a_business_cannot_fetch_what_its_licence_forbids(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('commercial = true\nmodels_dir = "models"\n')
    run = dragoman("models", "fetch", "nllb-200-distilled-600m", "nonsense", cwd=tmp_path)
    assert run.returncode == 1
    assert "libretranslate" in run.stderr
    assert "nonsense" in run.stderr, "the next one is tried all the same"
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("action", ["fetch", "verify", "convert"])
def test_a_model_that_there_is_not_is_a_failure(tmp_path: Path, action: str) -> None:
    run = dragoman("models", action, "nonsense", "--profile", "demo", cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
    assert "no model “nonsense”" in run.stderr


@pytest.mark.parametrize(
    ("locale", "said"), [("C", "nothing to convert"), ("vi_VN.UTF-8", "Không có mô hình nào")]
)
def test_where_nothing_is_to_be_converted_that_is_said(
    tmp_path: Path, locale: str, said: str
) -> None:
    (tmp_path / "settings.toml").write_text('models_dir = "models"\n')
    run = dragoman("models", "convert", cwd=tmp_path, locale=locale)
    assert (run.returncode, run.stderr, run.stdout.count("\n")) == (0, "", 1)
    assert said in run.stdout


def test_without_a_command_the_use_is_shown(tmp_path: Path) -> None:
    run = dragoman(cwd=tmp_path)
    assert run.returncode == 2
    assert "usage: dragoman" in run.stderr


def test_check_prints_the_link_that_invites_the_bot_and_never_the_token(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(
        'profile = "demo"\n[discord]\ntoken = "ODEzODQ3ODg3NjU3MTIzODQ.G1.canary"\n'
    )
    run = dragoman("check", cwd=tmp_path)
    assert run.returncode == 0
    assert "https://discord.com/oauth2/authorize?client_id=81384788765712384&" in run.stdout
    assert "canary" not in run.stdout + run.stderr
