"""The commands of calls: /join, /leave, /skip, /transcript and /voice-test."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeAlias

import discord
from discord import app_commands

from bot import messages
from bot.cards import Card
from bot.commands import Commands
from bot.discord.calls import transcripts
from bot.discord.calls.call import Came
from bot.discord.calls.calls import Calls
from bot.discord.calls.listening import Understood
from bot.discord.calls.presence import VocalChannel
from bot.discord.cards import promise
from bot.discord.commands import Tree, said
from bot.discord.outbox import refusals
from bot.discord.places import PLATFORM, Interaction, account
from bot.discord.texts import shortened
from bot.stores import Stores
from pipeline import languages
from pipeline.errors import CallRefusedError
from storage.transcripts import KeptCall
from storage.types import Chat

_TRIAL_S: Final = 20.0
"""How long somebody may take to begin to speak, and the bot to answer."""
_CHOICES: Final = 25
_Act: TypeAlias = Callable[[Interaction], Awaitable[str]]
"""Does something, and returns what to say."""
_Command: TypeAlias = app_commands.Command[Any, ..., None]
_IN_SERVERS: Final = app_commands.AppCommandContext(guild=True)
_SERVERS: Final = app_commands.AppInstallationType(guild=True)


class CallCommands:
    """Carries out the commands of calls. Every method raises DragomanError."""

    def __init__(self, calls: Calls, commands: Commands, stores: Stores) -> None:
        self._calls = calls
        self._commands = commands
        self._stores = stores

    def extend(self, tree: Tree) -> None:
        """Add the commands to the tree."""
        self._tree = tree
        for command in (
            self._join(),
            self._plain("leave", self._leave, summons=True),
            self._plain("skip", self._skip),
            self._transcript(),
            self._plain("voice-test", self._voice_test),
        ):
            tree.add_command(command)

    def _join(self) -> _Command:
        @app_commands.describe(channel=said("option.channel"))
        async def run(
            interaction: Interaction,
            channel: discord.VoiceChannel | discord.StageChannel | None = None,
        ) -> None:
            await self._done(interaction, partial(self._bring, channel=channel), summons=True)

        return _command("join", run)

    def _plain(self, name: str, act: _Act, *, summons: bool = False) -> _Command:
        async def run(interaction: Interaction) -> None:
            await self._done(interaction, act, summons=summons)

        return _command(name, run)

    async def _done(self, interaction: Interaction, act: _Act, *, summons: bool) -> None:
        """Do it, if the person may, and say what came of it."""
        await promise(interaction, ephemeral=True)
        caller = await self._tree.cards.caller(interaction)
        if not summons or await self._commands.calling.may_summon(caller):
            sentence = await act(interaction)
        else:
            sentence = await self._say(interaction, "call.managers")
        await _answer(interaction, sentence)

    async def _bring(self, interaction: Interaction, channel: VocalChannel | None) -> str:
        wanted = channel or _voice_channel(interaction)
        if wanted is None:
            raise CallRefusedError(reason="nowhere")
        call = await self._calls.join(wanted)
        return await self._say(
            interaction, "call.joined", channel=call.channel.mention, place=f"<#{call.place}>"
        )

    async def _leave(self, interaction: Interaction) -> str:
        guild = interaction.guild
        left = guild is not None and await self._calls.leave(guild)
        return await self._say(interaction, "call.left" if left else "call.none")

    async def _skip(self, interaction: Interaction) -> str:
        call = self._calls.of(interaction.guild)
        if call is None:
            return await self._say(interaction, "call.none")
        return await self._say(interaction, "call.skipped" if call.skip() else "call.quiet")

    async def _voice_test(self, interaction: Interaction) -> str:
        """Have the person say something, and tell what was heard, or why nothing was."""
        call, user = self._calls.of(interaction.guild), interaction.user.id
        if call is None:
            return await self._say(interaction, "call.none")
        if _voice_channel(interaction) != call.channel:
            return await self._say(
                interaction, "voice_test.elsewhere", channel=call.channel.mention
            )
        if not call.is_heard(user):
            return await self._say(interaction, await self._unheard(interaction))
        before = call.ears_of(user)
        trial = call.try_out(user)
        await _answer(interaction, await self._say(interaction, "voice_test.listening"))
        try:
            await asyncio.wait({trial.answer}, timeout=_TRIAL_S)
        finally:
            trial.answer.cancel()
        if trial.answer.cancelled():
            return await self._unanswered(interaction, before, call.ears_of(user))
        answer = trial.answer.result()
        return answer if isinstance(answer, str) else await self._understood(interaction, answer)

    async def _unheard(self, interaction: Interaction) -> str:
        """Return the name of the sentence that says why the person is not listened to."""
        member = interaction.user
        state = member.voice if isinstance(member, discord.Member) else None
        if state is None or state.self_deaf or state.deaf:
            return "voice_test.deafened"
        id_ = str(member.id)
        if await self._stores.preferences.unheard(PLATFORM, [id_]):
            return "voice_test.declined"
        return "voice_test.soon"

    async def _understood(self, interaction: Interaction, answer: Understood) -> str:
        heard, translation = answer
        locale = await self._locale(interaction)
        shown = [("voice_test.heard", heard.language, heard.text)]
        if translation.source != translation.target:
            shown.append(("voice_test.meant", translation.target, translation.text))
        return "\n".join(
            messages.say(name, locale, language=languages.name(language, locale), text=said_)
            for name, language, said_ in shown
        )

    async def _unanswered(self, interaction: Interaction, before: Came, after: Came) -> str:
        """Tell how far the person's voice came."""
        name = "voice_test.nothing"
        if after.received > before.received:
            name = "voice_test.sealed" if after.opened == before.opened else "voice_test.wordless"
        return await self._say(interaction, name, seconds=_TRIAL_S)

    def _transcript(self) -> _Command:
        @app_commands.describe(call=said("option.call"), format=said("option.format"))
        async def run(
            interaction: Interaction,
            call: str = "",
            format: transcripts.Form = transcripts.Form.TXT,  # noqa: A002 - shown to people
        ) -> None:
            await promise(interaction, ephemeral=True)
            card = await self._written(interaction, call, format)
            with refusals():
                await interaction.edit_original_response(
                    content=card.text,
                    attachments=[discord.File(io.BytesIO(card.file.data), card.file.name)]
                    if card.file
                    else [],
                )

        async def suggest(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
            kept = await self._readable(interaction)
            labels = [(_label(each, interaction.guild), each.id) for each in kept]
            return [
                app_commands.Choice(name=label, value=id_)
                for label, id_ in labels
                if typed.lower() in label.lower()
            ][:_CHOICES]

        command = _command("transcript", run)
        command.autocomplete("call")(suggest)
        return command

    async def _written(self, interaction: Interaction, call: str, form: transcripts.Form) -> Card:
        """Return the transcript of a call, or why there is none."""
        chat = _server(interaction)
        kept = await self._stores.transcripts.calls(chat)
        readable = await self._readable(interaction)
        chosen = next((each for each in readable if call in {"", each.id}), None)
        if chosen is None:
            keeps = (await self._stores.calls.of(chat)).keeps
            name = "transcript.hidden" if kept else "transcript.none"
            return Card(
                await self._say(interaction, name if keeps or kept else "transcript.not_kept")
            )
        lines = await self._stores.transcripts.lines(chat, chosen.id)
        file = await asyncio.to_thread(transcripts.file, chosen, lines, form)
        return Card(await self._say(interaction, "transcript.here", lines=len(lines)), file=file)

    async def _readable(self, interaction: Interaction) -> Sequence[KeptCall]:
        """Return the calls in channels that the person may enter, the latest first."""
        guild, member = interaction.guild, interaction.user
        if guild is None or not isinstance(member, discord.Member):
            return ()
        return [
            each
            for each in await self._stores.transcripts.calls(_server(interaction))
            if _may_enter(guild.get_channel(int(each.channel)), member)
        ]

    async def _locale(self, interaction: Interaction) -> str:
        return await self._commands.locale(account(interaction.user), str(interaction.locale))

    async def _say(self, interaction: Interaction, name: str, **facts: object) -> str:
        return messages.say(name, await self._locale(interaction), **facts)


def _command(name: str, run: Callable[..., Awaitable[None]]) -> _Command:
    return app_commands.Command(
        name=name,
        description=said(f"menu.{name}"),
        callback=run,  # type: ignore[arg-type]  # the library wants coroutines by name
        allowed_contexts=_IN_SERVERS,
        allowed_installs=_SERVERS,
    )


async def _answer(interaction: Interaction, sentence: str) -> None:
    with refusals():
        await interaction.edit_original_response(content=shortened(sentence))


def _server(interaction: Interaction) -> Chat:
    return Chat(PLATFORM, str(interaction.guild_id))


def _voice_channel(interaction: Interaction) -> VocalChannel | None:
    """Return the channel that the person is in."""
    member = interaction.user
    state = member.voice if isinstance(member, discord.Member) else None
    return state.channel if state else None


def _may_enter(channel: object, member: discord.Member) -> bool:
    """Say whether the member may hear the channel; of one that is gone, who manages the server."""
    if isinstance(channel, discord.VoiceChannel | discord.StageChannel):
        allowed = channel.permissions_for(member)
        return allowed.view_channel and allowed.connect
    return member.guild_permissions.manage_guild


def _label(call: KeptCall, guild: discord.Guild | None) -> str:
    channel = guild.get_channel(int(call.channel)) if guild else None
    began = datetime.fromtimestamp(call.started, UTC)
    return f"{began:%Y-%m-%d %H:%M} UTC · {channel.name if channel else '?'}"[:100]
