"""The routes about application commands: they are written all at once, and read."""

from tests.discord.server.commands import Command, CommandForm, check_set
from tests.discord.server.guilds import Guild
from tests.discord.server.refusals import Json, refused
from tests.discord.server.requests import Ask
from tests.discord.server.world import World


def overwrite_global(world: World, ask: Ask) -> list[Json]:
    """Bulk Overwrite Global Application Commands."""
    return _overwrite(world, ask, None)


def overwrite_guild(world: World, ask: Ask) -> list[Json]:
    """Bulk Overwrite Guild Application Commands."""
    return _overwrite(world, ask, _guild(world, ask))


def get_global(world: World, ask: Ask) -> list[Json]:
    """Get Global Application Commands."""
    _check_owner(world, ask)
    return [command.shape() for command in world.commands.get(None, [])]


def get_guild(world: World, ask: Ask) -> list[Json]:
    """Get Guild Application Commands."""
    _check_owner(world, ask)
    guild = _guild(world, ask)
    return [command.shape() for command in world.commands.get(guild.id, [])]


def _overwrite(world: World, ask: Ask, guild: Guild | None) -> list[Json]:
    """Replace the set; a command that keeps its name and kind keeps its id."""
    _check_owner(world, ask)
    forms = ask.read(list[CommandForm])
    check_set(forms)
    place = guild.id if guild else None
    known = {(old.form.type, old.form.name): old for old in world.commands.get(place, [])}
    commands = []
    for form in forms:
        old = known.get((form.type, form.name))
        if old is None or old.form != form:
            number = world.ids.next()
            old = Command(old.id if old else number, number, world.bot.id, guild, form)
        commands.append(old)
    world.commands[place] = commands
    world.bell.ring()
    return [command.shape() for command in commands]


def _check_owner(world: World, ask: Ask) -> None:
    if ask.number("application") != world.bot.id:
        raise refused(
            403, 20012, "You are not authorized to perform this action on this application"
        )


def _guild(world: World, ask: Ask) -> Guild:
    guild = world.guilds.get(ask.number("guild"))
    if guild is None or not guild.with_bot:
        raise refused(403, 50001, "Missing Access")
    return guild
