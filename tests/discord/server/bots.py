"""A bot on the real discord.py with one command of every kind that people meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord
from discord import app_commands

from tests.discord.server.channels import Channel
from tests.discord.server.clients import READY_S, Quick, running
from tests.discord.server.guilds import Guild
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer

Use: TypeAlias = discord.Interaction[Any]
LANGUAGES = ["English", "Tiếng Việt", "日本語"]


class Form(discord.ui.Modal, title="Thuật ngữ"):
    term: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Term", custom_id="term")
    wish: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label="Wish", custom_id="wish", required=False, max_length=10
    )

    async def on_submit(self, interaction: Use) -> None:
        await interaction.response.send_message(f"{self.term.value} = {self.wish.value}")


class Panel(discord.ui.View):
    @discord.ui.button(label="Next", custom_id="next")
    async def turn(self, interaction: Use, _: discord.ui.Button[Any]) -> None:
        await interaction.response.edit_message(content="page 2", view=None)

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: Use, _: discord.ui.Button[Any]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="page 3")
        await interaction.followup.send("whispered", ephemeral=True)

    @discord.ui.button(label="Form", custom_id="form")
    async def open(self, interaction: Use, _: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.select(
        placeholder="Languages",
        custom_id="languages",
        max_values=2,
        options=[discord.SelectOption(label=name, value=name[:2]) for name in LANGUAGES],
    )
    async def choose(self, interaction: Use, select: discord.ui.Select[Any]) -> None:
        await interaction.response.send_message("picked " + " ".join(select.values))


class Bot(Quick):
    """Has one command of every kind that people meet."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=READY_S)
        self.tree = app_commands.CommandTree(self)
        self.latest: list[Use] = []
        commands: list[Any] = [say, defer, panel, take, translate, member, manage, Settings()]
        for command in commands:
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        self.add_view(Panel(timeout=None))
        await self.tree.sync()

    async def on_interaction(self, interaction: Use) -> None:
        self.latest.append(interaction)


@app_commands.command(description="Say where and who")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def say(interaction: Use, *, ephemeral: bool = False) -> None:
    words = f"{interaction.user.display_name} {interaction.locale} {interaction.guild_locale}"
    await interaction.response.send_message(words, ephemeral=ephemeral)


@app_commands.command(description="Think first")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def defer(interaction: Use, times: int = 1, *, ephemeral: bool = False) -> None:
    await interaction.response.defer(ephemeral=ephemeral)
    for number in range(times):
        await interaction.followup.send(f"part {number}")


@app_commands.command(description="Show buttons")
async def panel(interaction: Use) -> None:
    await interaction.response.send_message("page 1", view=Panel(timeout=None))


@app_commands.command(description="Take anything")
@app_commands.choices(level=[app_commands.Choice(name="high", value=2)])
async def take(
    interaction: Use,
    sound: discord.Attachment,
    to: app_commands.Range[str, 2, 5],
    level: int = 0,
    who: discord.Member | None = None,
    where: discord.TextChannel | None = None,
) -> None:
    data = await sound.read()
    words = f"{sound.filename} {len(data)} {to} {level}"
    names = [thing.name for thing in (who, where) if thing is not None]
    await interaction.response.send_message(f"{words} {names}")


@take.autocomplete("to")
async def _languages(_: Use, typed: str) -> list[app_commands.Choice[str]]:
    found = [name for name in LANGUAGES if typed.lower() in name.lower()]
    return [app_commands.Choice(name=name, value=name[:2]) for name in found]


@app_commands.context_menu(name="Translate")
@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def translate(interaction: Use, message: discord.Message) -> None:
    files = [len(await attachment.read()) for attachment in message.attachments]
    await interaction.response.send_message(f"{message.content} {files}")


@app_commands.context_menu(name="Who")
async def member(interaction: Use, user: discord.Member) -> None:
    await interaction.response.send_message(f"this is {user.display_name}")


@app_commands.command(description="For managers")
@app_commands.default_permissions(manage_guild=True)
@app_commands.guild_only()
async def manage(interaction: Use) -> None:
    await interaction.response.send_message("managed")


class Settings(app_commands.Group, name="settings", description="Settings"):
    @app_commands.command(description="Captions")
    async def captions(self, interaction: Use, *, on: bool) -> None:
        await interaction.response.send_message(f"captions {on}")


@dataclass
class Club:
    """A server with one text channel, its owner there, and the bot."""

    server: DiscordServer
    guild: Guild
    room: Channel
    anna: Seat
    bot: Bot


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[Club]:
    async with DiscordServer.start(**options) as server:
        anna = server.person("Anna", locale="vi")
        guild = server.guild("Club", owner=anna, locale="ja")
        room = guild.text("general")
        async with running(server, Bot()) as bot:
            yield Club(server, guild, room, anna.at(room), bot)
