"""Cards as Discord shows them: a message with buttons, and a form for the line it asks for."""

import io
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self, TypeAlias

import discord
from discord.utils import MISSING

from bot import messages
from bot.cards import Caller, Card, Row
from bot.commands import Commands
from bot.discord import places
from bot.discord.outbox import insist, refusals, tried
from bot.discord.places import Interaction, Locales
from bot.discord.texts import shortened
from pipeline.errors import DragomanError, PlatformError, PlatformRefusedError, StorageError
from storage.calls import CallChanges
from storage.types import Chat

Stewards: TypeAlias = Callable[[Chat, frozenset[str]], Awaitable[bool]]
"""Says whether one of these roles of a server may change its settings. Raises StorageError."""

ROWS: Final = 5
COLUMNS: Final = 5
_LABEL: Final = 80
_QUESTION: Final = 100
_LINE: Final = 1000
"""Discord's limits: rows of buttons, buttons in a row, characters of a label and of what a form
says; and the longest line that we take."""
_ASKS: Final = "ask|"
_SERVER: Final = "server|"
_SETTINGS: Final = "settings"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tap:
    """What a button, or a form, stands for; it is all in its id, which outlives a restart."""

    data: str
    """For ``Commands.press``, or if it asks, for ``Commands.answer``."""
    asks: bool = False
    """A button that opens a form, or that form."""
    server: bool = False
    """It is about the whole server, and not the channel."""

    @classmethod
    def of(cls, custom_id: str) -> Self:
        """Read an id."""
        data = custom_id.removeprefix(_ASKS)
        bare = data.removeprefix(_SERVER)
        return cls(bare, data != custom_id, bare != data)

    @property
    def custom_id(self) -> str:
        """At most 100 characters, as Discord takes them."""
        return f"{_ASKS * self.asks}{_SERVER * self.server}{self.data}"


def laid_out(rows: Sequence[Row]) -> list[Row]:
    """Return the buttons in at most 5 rows of 5.

    Where there are more rows, they close up, and the last one, which leads back, stays as it is;
    beyond 20 buttons above it, the last ones go.
    """
    if len(rows) <= ROWS:
        return list(rows)
    *others, last = rows
    flat = [button for row in others for button in row][: (ROWS - 1) * COLUMNS]
    return [*(tuple(flat[at : at + COLUMNS]) for at in range(0, len(flat), COLUMNS)), last]


def buttons(card: Card, locale: str, *, server: bool = False) -> discord.ui.View | None:
    """Return the card's buttons, with one to type where it asks for a line."""
    taps = [
        [(each.label, Tap(each.data, server=server)) for each in row] for row in laid_out(card.rows)
    ]
    if card.asks:
        last = taps.pop() if taps else []
        typing = (messages.say("discord.type", locale), Tap(card.asks, asks=True, server=server))
        taps.append([*last, typing])
    if not taps:
        return None
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(taps):
        for label, tap in row:
            view.add_item(
                discord.ui.Button(label=label[:_LABEL], custom_id=tap.custom_id, row=number)
            )
    # Taps are known by their ids; the library need not wait for them.
    view.stop()
    return view


def form(tap: Tap, question: str, locale: str) -> discord.ui.Modal:
    """Return the form that takes a line."""
    title = messages.say("discord.type", locale)
    modal = discord.ui.Modal(title=title, timeout=None, custom_id=tap.custom_id)
    line: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="line", max_length=_LINE
    )
    modal.add_item(discord.ui.Label(text=title, description=question[:_QUESTION], component=line))
    modal.stop()
    return modal


def typed(components: object) -> str:
    """Return the line that was typed into a form, as Discord tells it."""
    if isinstance(components, dict):
        value = components.get("value")
        if isinstance(value, str):
            return value
        return typed(components.get("component") or components.get("components"))
    if isinstance(components, list):
        return next(filter(None, map(typed, components)), "")
    return ""


class Cards:
    """Shows cards and takes what people do with them; only the person sees their cards.

    Every method raises PlatformError.
    """

    def __init__(
        self, commands: Commands, locales: Locales, *, sees: bool, stewards: Stewards | None
    ) -> None:
        """``sees`` says whether Discord shows the bot the recordings of a server."""
        self._commands = commands
        self._locales = locales
        self._sees = sees
        self._stewards = stewards
        self._names = {each.name for each in commands.menu("en")}

    async def run(
        self, interaction: Interaction, name: str, words: str = "", *, server: bool = False
    ) -> None:
        """Answer a command."""
        await promise(interaction, ephemeral=not places.is_alone(interaction))
        caller = await self.caller(interaction, server=server)
        card = await self._commands.run(caller, name, words)
        await self.show(interaction, caller, name, card, server=server)

    async def language(self, interaction: Interaction, speak: str, into: str) -> None:
        """Answer /language, with the languages that were named."""
        await promise(interaction, ephemeral=not places.is_alone(interaction))
        caller = await self.caller(interaction)
        card: Card | None = None
        for field, line in (("spoken", speak), ("target", into)):
            if line and not (card and card.asks):
                card = await self._commands.answer(caller, f"language:{field}", line)
        if card is None:
            card = await self._commands.run(caller, "language")
        await self.show(interaction, caller, "language", card)

    async def choose(self, interaction: Interaction, picked: Mapping[str, str | None]) -> None:
        """Change what the server chose for calls; only who manages it may choose the role."""
        await promise(interaction, ephemeral=True)
        caller = await self.caller(interaction, server=True)
        if "role" in picked and not _manages(interaction):
            caller = replace(caller, admin=False)
        changes: CallChanges = {}
        for name, id_ in picked.items():
            changes[name] = id_  # type: ignore[literal-required]  # as the command names them
        card = await self._commands.choose(caller, **changes)
        await self.show(interaction, caller, "settings:calls", card, server=True)

    def owns(self, interaction: Interaction) -> bool:
        """Say whether a button or form is one of ours."""
        name = Tap.of(interaction.custom_id or "").data.partition(":")[0]
        return name in self._names

    async def press(self, interaction: Interaction) -> None:
        """Answer a pressed button, or a form that was filled in."""
        tap = Tap.of(interaction.custom_id or "")
        caller = await self.caller(interaction, server=tap.server)
        if tap.asks and interaction.type is discord.InteractionType.component:
            await self._open(interaction, caller, tap)
            return
        await promise(interaction, ephemeral=False)
        if tap.asks:
            filled: Any = interaction.data
            card = await self._commands.answer(caller, tap.data, typed(filled["components"]))
        else:
            card = await self._commands.press(caller, tap.data)
        pressed = interaction.message
        public = not places.is_alone(interaction) and not (pressed and pressed.flags.ephemeral)
        if card.alert or card.file is not None or public:
            await self._send(interaction, caller, card)
        else:
            await self.show(interaction, caller, tap.data, card, server=tap.server)

    async def show(
        self,
        interaction: Interaction,
        caller: Caller,
        data: str,
        card: Card,
        *,
        server: bool = False,
    ) -> None:
        """Put a card where the promise is, or in the place of the one that was pressed."""
        if data.startswith(_SETTINGS):
            card = await self._with_sight(caller, card)
        locale = await self._commands.locale(caller.person, caller.locale)
        with refusals():
            await interaction.edit_original_response(
                content=shortened(card.text),
                view=buttons(card, locale, server=server),
                attachments=_files(card),
            )

    async def caller(self, interaction: Interaction, *, server: bool = False) -> Caller:
        """Return who uses a command here; with ``server``, for the whole of it."""
        chat = places.chat(interaction.guild_id, interaction.channel_id or 0)
        return Caller(
            places.account(interaction.user),
            chat.whole if server else chat,
            self._locales.see(interaction),
            private=True,
            admin=await self._is_admin(interaction, chat.whole),
            alone=places.is_alone(interaction),
            roles=places.roles(interaction.user),
            message=str(interaction.message.id) if interaction.message else "",
        )

    async def _open(self, interaction: Interaction, caller: Caller, tap: Tap) -> None:
        locale = await self._commands.locale(caller.person, caller.locale)
        question = interaction.message.content.replace("\\", "") if interaction.message else ""
        with refusals():
            await interaction.response.send_modal(form(tap, question, locale))

    async def _send(self, interaction: Interaction, caller: Caller, card: Card) -> None:
        """Send a card beside the one that was pressed."""
        alone = places.is_alone(interaction) and not card.alert
        locale = await self._commands.locale(caller.person, caller.locale)
        with refusals():
            await interaction.followup.send(
                shortened(card.text),
                files=_files(card),
                view=buttons(card, locale) or MISSING,
                ephemeral=not alone,
            )

    async def _is_admin(self, interaction: Interaction, server: Chat) -> bool:
        """Say whether the person may change settings, where the bot is a member."""
        if interaction.guild_id is None or places.is_guest(interaction):
            return False
        if _manages(interaction):
            return True
        if self._stewards is None:
            return False
        try:
            return await self._stewards(server, places.roles(interaction.user))
        except StorageError as error:
            _log.warning("admin not recognised", extra={"code": error.code})
            return False

    async def _with_sight(self, caller: Caller, card: Card) -> Card:
        """Add to a server's settings that the bot is not shown what it is to interpret."""
        if self._sees or card.alert:
            return card
        try:
            wanted = await self._commands.listens(caller.chat)
        except StorageError:
            return card
        if not wanted:
            return card
        locale = await self._commands.locale(caller.person, caller.locale)
        return replace(card, text=f"{card.text}\n\n{messages.say('discord.unseen', locale)}")


async def promise(interaction: Interaction, *, ephemeral: bool) -> None:
    """Promise an answer, for which there are three seconds; raises PlatformError.

    ``ephemeral`` shows the answer to a command to the person alone; that to a button takes the
    place of the card.
    """
    try:
        await insist(lambda: interaction.response.defer(ephemeral=ephemeral))
    except PlatformRefusedError as error:
        # It had arrived, though the connection broke.
        if error.details["reason"] != "answered":
            raise


async def apologize(interaction: Interaction, error: DragomanError) -> None:
    """End an interaction that failed with a sentence to the person alone, if that can be."""
    sentence = shortened(messages.public(error, str(interaction.locale)))
    try:
        if not interaction.response.is_done():
            with refusals():
                await interaction.response.send_message(sentence, ephemeral=True)
            return
    except PlatformError as failure:
        if failure.details["reason"] != "answered":
            _log.info("nobody could be told", extra={"code": failure.code, **failure.details})
            return
    await tried(interaction.followup.send(sentence, ephemeral=True))


def _manages(interaction: Interaction) -> bool:
    allowed = interaction.permissions
    return allowed.manage_guild or allowed.administrator


def _files(card: Card) -> list[discord.File]:
    return [discord.File(io.BytesIO(card.file.data), card.file.name)] if card.file else []
