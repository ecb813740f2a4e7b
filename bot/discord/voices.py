"""Own voices on Discord: enrolling where nobody else is, and who may have one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

import discord
from discord import app_commands

from bot import messages
from bot.cards import Caller, Card
from bot.commands import Commands
from bot.discord import places
from bot.discord.cards import Cards, buttons, promise
from bot.discord.outbox import Outbox
from bot.discord.places import PLATFORM, Interaction
from bot.discord.recordings import Downloads, Recording
from bot.discord.replies import DiscordReply, InteractionWay
from bot.discord.texts import shortened
from bot.premium import DAYS, MINUTES, MOST_DAYS, MOST_MINUTES, Terms
from bot.types import Address, Intake, VoiceNote
from pipeline.errors import PlatformRefusedError
from storage.premium import Role
from storage.types import Chat, Person

Enroll: TypeAlias = Callable[[Interaction, discord.Attachment | None], Awaitable[None]]
"""Carries out /voice enroll."""
Days: TypeAlias = app_commands.Range[int, 1, MOST_DAYS]
Minutes: TypeAlias = app_commands.Range[int, 1, MOST_MINUTES]

_DIRECT: Final = "https://discord.com/channels/@me/{channel}"


class Enrolling:
    """What /voice enroll does."""

    def __init__(
        self, outbox: Outbox, downloads: Downloads, desk: Intake, commands: Commands, cards: Cards
    ) -> None:
        self._outbox = outbox
        self._downloads = downloads
        self._desk = desk
        self._commands = commands
        self._cards = cards

    async def enroll(self, interaction: Interaction, recording: discord.Attachment | None) -> None:
        """Take an attached recording, or begin where the person and the bot are alone.

        Raises PlatformError.
        """
        await promise(interaction, ephemeral=not places.is_alone(interaction))
        caller = await self._cards.caller(interaction)
        if recording is not None:
            await self._attached(interaction, caller, recording)
        elif caller.alone:
            card = await self._commands.run(caller, "voice", "enroll")
            await self._cards.show(interaction, caller, "voice", card)
        else:
            card = await self._begun_directly(caller)
            await self._cards.show(interaction, caller, "voice", card)

    async def _attached(
        self, interaction: Interaction, caller: Caller, recording: discord.Attachment
    ) -> None:
        """Bring the recording to the desk, as the step of an enrolment here."""
        refusal = await self._commands.attach(caller)
        if refusal is not None:
            await self._cards.show(interaction, caller, "voice", refusal)
            return
        claimed = Recording(
            recording.url, filmed=False, seconds=recording.duration, size=recording.size
        )
        note = VoiceNote(
            address=Address(caller.chat, str(interaction.id)),
            speaker=caller.person,
            asker=caller.person,
            locale=caller.locale,
            fetch=partial(self._downloads.fetch, claimed),
            seconds=claimed.seconds,
            size=claimed.size,
            enrols=True,
        )
        locale = await self._commands.locale(caller.person, caller.locale)
        await self._desk.take(note, DiscordReply(InteractionWay(interaction, None), None, locale))

    async def _begun_directly(self, caller: Caller) -> Card:
        """Begin in the direct conversation, and say so."""
        locale = await self._commands.locale(caller.person, caller.locale)
        try:
            place = await self._outbox.direct(caller.person)
            chat = Chat(PLATFORM, str(place.channel))
            there = replace(caller, chat=chat, alone=True, admin=False, roles=frozenset())
            card = await self._commands.run(there, "voice", "enroll")
            if not card.rows:
                return card
            view = buttons(card, locale)
            await self._outbox.text(place, shortened(card.text), view=view)
        except PlatformRefusedError:
            return Card(messages.say("discord.enrol.attach", locale))
        link = _DIRECT.format(channel=place.channel)
        return Card(messages.say("discord.enrol.opened", locale, link=link))


def voice_commands(
    cards: Cards, enroll: Enroll, said: Callable[[str], app_commands.locale_str]
) -> app_commands.Group:
    """Return /voice; ``said`` names a sentence that Discord shows in the person's language."""
    group = app_commands.Group(name="voice", description=said("menu.voice"))

    @group.command(name="answers", description=said("menu.voice.answers"))
    async def answers(interaction: Interaction) -> None:
        await cards.run(interaction, "voice")

    @group.command(name="own", description=said("menu.voice.own"))
    async def own(interaction: Interaction) -> None:
        await cards.run(interaction, "voice", "own")

    @group.command(name="enroll", description=said("menu.voice.enroll"))
    @app_commands.describe(recording=said("discord.option.recording"))
    async def begin(interaction: Interaction, recording: discord.Attachment | None = None) -> None:
        await enroll(interaction, recording)

    @group.command(name="delete", description=said("menu.voice.delete"))
    async def delete(interaction: Interaction) -> None:
        await cards.run(interaction, "voice", "delete")

    return group


def premium_commands(
    cards: Cards, commands: Commands, said: Callable[[str], app_commands.locale_str]
) -> app_commands.Group:
    """Return /premium, with Discord's own pickers; ``said`` as above."""
    group = app_commands.Group(name="premium", description=said("menu.premium"))

    async def answer(
        interaction: Interaction,
        who: discord.User | discord.Member | discord.Role,
        change: Callable[[Caller, Person | Role], Awaitable[Card]],
    ) -> None:
        await promise(interaction, ephemeral=not places.is_alone(interaction))
        caller = await cards.caller(interaction)
        is_role = isinstance(who, discord.Role)
        to = Role(caller.chat.whole, str(who.id)) if is_role else Person(PLATFORM, str(who.id))
        await cards.show(interaction, caller, "premium", await change(caller, to))

    @group.command(name="grant", description=said("menu.premium.grant"))
    @app_commands.describe(
        who=said("discord.option.who"),
        days=said("discord.option.days"),
        minutes=said("discord.option.minutes"),
    )
    async def grant(
        interaction: Interaction,
        who: discord.User | discord.Role,
        days: Days = DAYS,
        minutes: Minutes = MINUTES,
    ) -> None:
        terms = Terms(days, minutes)
        await answer(interaction, who, lambda caller, to: commands.grant(caller, to, terms))

    @group.command(name="revoke", description=said("menu.premium.revoke"))
    @app_commands.describe(who=said("discord.option.who"))
    async def revoke(interaction: Interaction, who: discord.User | discord.Role) -> None:
        await answer(interaction, who, commands.revoke)

    @group.command(name="list", description=said("menu.premium.list"))
    async def listing(interaction: Interaction) -> None:
        await cards.run(interaction, "premium")

    return group
