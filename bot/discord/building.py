"""Discord put together: the text side and the calls."""

from bot.commands import Commands
from bot.discord.calls.calls import Calls
from bot.discord.calls.commands import CallCommands
from bot.discord.client import Additions, Discord, Wire
from bot.settings import Settings
from bot.stores import Stores
from bot.types import Intake
from pipeline.specs import AudioLimits


def build(
    settings: Settings,
    desk: Intake,
    commands: Commands,
    stores: Stores,
    calls: Calls | None = None,
    wire: Wire | None = None,
) -> Discord:
    """Return the platform; the settings must have its token."""
    calls = calls or Calls(desk, commands, stores, settings)
    additions = Additions(
        calls=calls,
        extend=CallCommands(calls, commands, stores).extend,
        stewards=commands.calling.entrusts,
    )
    limits = AudioLimits(**settings.limits.model_dump())
    return Discord(settings.discord, desk, commands, limits=limits, additions=additions, wire=wire)
