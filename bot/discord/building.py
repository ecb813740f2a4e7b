"""Discord put together: the text side and the calls."""

from bot.commands import Commands
from bot.discord.calls.calls import Calls
from bot.discord.calls.commands import CallCommands
from bot.discord.client import Additions, Discord, Wire
from bot.settings import Current
from bot.stores import Stores
from bot.types import Intake


def build(
    settings: Current,
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
    return Discord(
        settings.now.discord,
        desk,
        commands,
        limit=lambda: settings.now.limits.bytes,
        additions=additions,
        wire=wire,
    )
