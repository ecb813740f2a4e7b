"""Which models are fetched when none is named; the command itself: tests/integration."""

from pydantic import SecretStr

from bot.models_command import named
from bot.sections import OwnVoice
from bot.settings import load


def test_every_model_that_check_asks_for_is_fetched() -> None:
    own = OwnVoice(models=("xtts-v2",), key=SecretStr("ab" * 32))
    found = named(load(profile="demo", own_voice=own))
    assert {"demo-whisper", "demo-nllb", "xtts-v2"} <= set(found)
    assert "espeak" not in found, "it has no model"
