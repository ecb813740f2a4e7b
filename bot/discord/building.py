"""Discord put together: the text side and the calls."""

from bot.commands import Commands
from bot.discord.client import Additions, Discord
from bot.settings import Settings
from bot.stores import Stores
from bot.types import Intake
from pipeline.specs import AudioLimits


def build(settings: Settings, desk: Intake, commands: Commands, stores: Stores) -> Discord:
    """Return the platform; the settings must have its token."""
    limits = AudioLimits(**settings.limits.model_dump())
    return Discord(settings.discord, desk, commands, limits=limits)
