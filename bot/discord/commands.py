"""The commands that Discord knows: what they are called, what they take, and who carries them out.

Cards in a server are for the person alone, so they may hold what is private; in a direct
conversation nobody else is there. Translate answers everybody where the bot is a member, because
an answer helps all who could not understand; where only the person has brought the bot along, it
answers that person alone, because nobody there has asked for a bot.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import discord
from discord import app_commands
from discord.app_commands import locale_str
from discord.http import Route

from bot import messages
from bot.commands import Commands
from bot.discord.cards import Cards, apologize
from bot.discord.outbox import refusals
from bot.discord.places import Interaction, account
from bot.discord.voices import Enroll, premium_commands, voice_commands
from pipeline.errors import DragomanError

Translate: TypeAlias = Callable[[Interaction, discord.Message], Awaitable[None]]
"""Interprets the recordings of a message for whoever asks."""

Writable: TypeAlias = (
    discord.TextChannel | discord.Thread | discord.VoiceChannel | discord.StageChannel
)
Vocal: TypeAlias = discord.VoiceChannel | discord.StageChannel

_EVERYWHERE: Final = app_commands.AppCommandContext(
    guild=True, dm_channel=True, private_channel=True
)
_ANYBODY: Final = app_commands.AppInstallationType(guild=True, user=True)
_IN_SERVERS: Final = app_commands.AppCommandContext(
    guild=True, dm_channel=False, private_channel=False
)
_SERVERS: Final = app_commands.AppInstallationType(guild=True, user=False)
_CHOICES: Final = 25
_CHOICE: Final = 100
"""Suggestions, and characters of one."""
_TOLD: Final = (
    "autocomplete",
    "channel_types",
    "choices",
    "contexts",
    "default_member_permissions",
    "description",
    "description_localizations",
    "integration_types",
    "max_length",
    "max_value",
    "min_length",
    "min_value",
    "name",
    "name_localizations",
    "nsfw",
    "options",
    "required",
    "type",
    "value",
    "vi",
)
"""What we tell of a command; the rest is Discord's own."""

_log = logging.getLogger(__name__)


class Tree(app_commands.CommandTree[discord.Client]):
    """The commands; ``extend`` of the platform adds others to it, which ``cards`` may answer."""

    def __init__(self, client: discord.Client, cards: Cards, begin: Callable[[], None]) -> None:
        """``begin`` is called in the task of each command, which is then seen through."""
        super().__init__(client, allowed_contexts=_EVERYWHERE, allowed_installs=_ANYBODY)
        self.cards = cards
        self._begin = begin

    async def interaction_check(self, _: Interaction, /) -> bool:
        """Let everybody use commands."""
        self._begin()
        return True

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """End a command that failed with a sentence."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await failed(interaction, cause)


async def failed(interaction: Interaction, error: Exception) -> None:
    """Note that an interaction failed, and say so to the person."""
    if isinstance(error, DragomanError):
        _log.warning("interaction failed", extra={"code": error.code, **error.details})
        await apologize(interaction, error)
    else:
        _log.error("interaction failed", exc_info=error)
        await apologize(interaction, DragomanError())


class Phrasebook(app_commands.Translator):
    """Says in Vietnamese what ``said`` has marked."""

    async def translate(
        self,
        string: locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,  # noqa: ARG002 - as the library calls it
    ) -> str | None:
        """Return the sentence in Vietnamese, and nothing for any other language."""
        name = string.extras.get("sentence")
        vietnamese = locale is discord.Locale.vietnamese
        return messages.say(name, "vi") if name and vietnamese else None


def said(name: str) -> locale_str:
    """Return the sentence of that name in English, which Discord shows in the person's language."""
    return locale_str(messages.say(name, "en"), sentence=name)


def add_commands(tree: Tree, commands: Commands, translate: Translate, enroll: Enroll) -> None:
    """Add the shared commands, and the menu of a message."""
    takers: dict[str, app_commands.Command[Any, ..., None] | app_commands.Group] = {
        "language": _language(tree.cards, commands),
        "voice": voice_commands(tree.cards, enroll, said),
        "premium": premium_commands(tree.cards, commands, said),
        "settings": _settings(tree.cards),
        "glossary": _glossary(tree.cards),
        "link": _link(tree.cards),
    }
    for each in commands.menu("en"):
        tree.add_command(takers.get(each.name) or _plain(each.name, tree.cards))

    async def menu(interaction: Interaction, message: discord.Message) -> None:
        await translate(interaction, message)

    tree.add_command(app_commands.ContextMenu(name=said("discord.translate"), callback=menu))


async def offer(tree: Tree) -> None:
    """Tell Discord of the commands, if it knows others. Raises PlatformError."""
    phrasebook = Phrasebook()
    await tree.set_translator(phrasebook)
    wanted = [await each.get_translated_payload(tree, phrasebook) for each in tree.get_commands()]
    application, http = tree.client.application_id, tree.client.http
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    with refusals():
        known = await http.request(route, params={"with_localizations": "true"})
        if application is not None and _by_name(wanted) != _by_name(known):
            await http.bulk_upsert_global_commands(application, payload=wanted)
            _log.info("commands offered", extra={"count": len(wanted)})


def _plain(name: str, cards: Cards) -> app_commands.Command[Any, ..., None]:
    async def run(interaction: Interaction) -> None:
        await cards.run(interaction, name)

    return app_commands.Command(name=name, description=said(f"menu.{name}"), callback=run)


def _language(cards: Cards, commands: Commands) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(speak=said("discord.option.speak"), into=said("discord.option.into"))
    async def run(interaction: Interaction, speak: str = "", into: str = "") -> None:
        await cards.language(interaction, speak, into)

    async def suggest(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        locale = await commands.locale(account(interaction.user), str(interaction.locale))
        return [
            app_commands.Choice(name=each.label[:_CHOICE], value=each.value)
            for each in commands.languages(typed, locale)[:_CHOICES]
        ]

    command = app_commands.Command[Any, ..., None](
        name="language", description=said("menu.language"), callback=run
    )
    command.autocomplete("speak")(suggest)
    command.autocomplete("into")(suggest)
    return command


def _settings(cards: Cards) -> app_commands.Command[Any, ..., None]:
    """Cards have buttons; channels and roles are picked in Discord's own way."""

    @app_commands.describe(
        where=said("discord.option.where"),
        captions=said("option.captions"),
        auto_join=said("option.auto_join"),
        role=said("option.role"),
        unset=said("option.unset"),
    )
    @app_commands.choices(
        where=_choices("discord.where", "channel", "server"),
        unset=_choices("option.unset", "captions", "auto_join", "role"),
    )
    async def run(
        interaction: Interaction,
        where: str = "channel",
        captions: Writable | None = None,
        auto_join: Vocal | None = None,
        role: discord.Role | None = None,
        unset: str = "",
    ) -> None:
        picked = {"captions": captions, "auto_join": auto_join, "role": role}
        changes = {name: str(each.id) for name, each in picked.items() if each is not None}
        if changes or unset:
            await cards.choose(interaction, {**changes, **dict.fromkeys(filter(None, [unset]))})
        else:
            await cards.run(interaction, "settings", server=where == "server")

    return app_commands.Command(
        name="settings",
        description=said("menu.settings"),
        callback=run,
        allowed_contexts=_IN_SERVERS,
        allowed_installs=_SERVERS,
    )


def _choices(kind: str, *values: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=said(f"{kind}.{each}"), value=each) for each in values]


def _glossary(cards: Cards) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(term=said("discord.option.term"))
    async def run(interaction: Interaction, term: str = "") -> None:
        await cards.run(interaction, "glossary", term)

    return app_commands.Command(name="glossary", description=said("menu.glossary"), callback=run)


def _link(cards: Cards) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(code=said("discord.option.code"))
    async def run(interaction: Interaction, code: str = "") -> None:
        await cards.run(interaction, "link", code)

    return app_commands.Command(name="link", description=said("menu.link"), callback=run)


def _by_name(told: list[dict[str, Any]]) -> dict[tuple[object, object], Any]:
    return {(each.get("type", 1), each["name"]): _essence(each) for each in told}


def _essence(told: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what counts in what is told of a command; defaults and the order of numbers don't."""
    if isinstance(told, dict):
        kept = {name: _essence(told.get(name)) for name in _TOLD}
        return {name: each for name, each in kept.items() if each}
    if isinstance(told, list):
        listed = [_essence(each) for each in told]
        return sorted(listed) if all(isinstance(each, str) for each in listed) else listed
    if isinstance(told, float) and told.is_integer():
        told = int(told)
    return "" if told is None or told is False else str(told)
