"""One exchange about one note: the waiting line, the text, the voice, or why there is none."""

import io
import logging
from collections.abc import Sequence
from typing import Final, Protocol

import discord
from discord.http import Route, handle_message_parameters
from discord.utils import MISSING

from bot import messages
from bot.discord import places, texts
from bot.discord.outbox import Outbox, insist, refusals, sound_file, tried
from bot.discord.places import Interaction, Place
from pipeline.errors import PlatformError, PlatformRefusedError
from pipeline.types import Clip, Speech, Transcript, Translation
from storage.types import Clock, Person

_TYPING_S: Final = 8.0
"""Discord shows for ten seconds that somebody types."""
_EDIT_PAUSE_S: Final = 3.0
"""The waiting line changes no more often: five edits in five seconds are allowed in a channel."""
_GUEST_MESSAGES: Final = 5
"""Follow-ups where only the person has the bot, besides the answer itself."""
_FILE: Final = "translation.txt"

_log = logging.getLogger(__name__)


class Way(Protocol):
    """How an answer reaches people. ``texts`` and ``voice`` raise PlatformError."""

    async def texts(self, parts: Sequence[str], written: bytes = b"") -> None:
        """Send parts of one text; where they are too many, the first with all of it as a file."""
        ...

    async def voice(self, clip: Clip) -> None:
        """Send a voice message; where none is allowed, the same as a sound file."""
        ...

    async def try_working(self) -> None:
        """Try to show that something is being done."""
        ...

    async def try_waiting(self, line: str) -> None:
        """Try to show a line, which takes the place of the one before."""
        ...

    async def try_ending(self) -> None:
        """Try to take the line away."""
        ...


class ChannelWay:
    """In a channel, as replies to the note."""

    def __init__(self, outbox: Outbox, place: Place, clock: Clock) -> None:
        self._outbox = outbox
        self._place = place
        self._clock = clock
        self._typed: float | None = None
        """When typing was last shown, if nothing has been sent since."""
        self._line: int | None = None
        """The message that shows the line."""
        self._line_text = ""
        self._line_changed = 0.0

    async def texts(self, parts: Sequence[str], written: bytes = b"") -> None:  # noqa: ARG002 - room enough
        """Send every part."""
        for part in parts:
            await self._outbox.text(self._place, part)
        self._typed = None

    async def voice(self, clip: Clip) -> None:
        """Send a voice message."""
        await self._outbox.voice(self._place, clip)

    async def try_working(self) -> None:
        """Show “typing”."""
        now = self._clock()
        if self._typed is None or now - self._typed >= _TYPING_S:
            self._typed = now
            await self._outbox.try_typing(self._place)

    async def try_waiting(self, line: str) -> None:
        """Show one message, which changes."""
        now = self._clock()
        if self._line is None:
            self._line = await self._outbox.try_line(self._place, line)
        elif line != self._line_text and now - self._line_changed >= _EDIT_PAUSE_S:
            await self._outbox.try_text(self._place.channel, self._line, line)
        else:
            return
        self._line_text, self._line_changed = line, now

    async def try_ending(self) -> None:
        """Delete that message."""
        line, self._line = self._line, None
        if line is not None:
            await self._outbox.try_removing(self._place.channel, line)


class InteractionWay:
    """Under the command that asked, which Discord shows as being worked on until the first text.

    Once the interaction is over, after 15 minutes, in the channel, if the bot is there.
    """

    def __init__(self, interaction: Interaction, channel: Way | None) -> None:
        """Answer an interaction that has been deferred; ``channel`` is the way when it is over."""
        self._interaction = interaction
        self._channel = channel
        self._guest = places.is_guest(interaction)
        self._answered = False

    async def texts(self, parts: Sequence[str], written: bytes = b"") -> None:
        """Send the parts, or a file where Discord takes only so many messages."""
        if not (self._guest and written and len(parts) >= _GUEST_MESSAGES):
            written = b""
        shown = parts[:1] if written else parts
        for number, part in enumerate(shown):
            try:
                await self._text(part, written)
            except PlatformRefusedError as error:
                await self._over(error).texts(parts[number:])
                return

    async def voice(self, clip: Clip) -> None:
        """Send a voice message; where that is refused, for whatever reason, a sound file."""
        try:
            await self._post(self._flags(voice=True), clip=clip)
        except PlatformRefusedError as error:
            if error.details["reason"] == "late":
                await self._over(error).voice(clip)
            else:
                await self._post(self._flags(), clip=clip)

    async def try_working(self) -> None:
        """Do nothing: Discord shows it."""

    async def try_waiting(self, line: str) -> None:
        """Show the line where the text will stand."""
        if not self._answered:
            await tried(self._interaction.edit_original_response(content=texts.escaped(line)))

    async def try_ending(self) -> None:
        """Do nothing: the text has taken its place."""

    async def _text(self, text: str, written: bytes) -> None:
        if self._answered:
            await insist(lambda: self._post(self._flags(), content=text))
        else:
            await insist(lambda: self._edit(text, written))
            self._answered = True

    async def _edit(self, text: str, written: bytes) -> None:
        files = [discord.File(io.BytesIO(written), _FILE)] if written else []
        await self._interaction.edit_original_response(content=text, attachments=files)

    async def _post(
        self, flags: discord.MessageFlags, *, content: str = MISSING, clip: Clip | None = None
    ) -> None:
        """Send a follow-up; the library can't mark one as a voice message."""
        route = Route(
            "POST",
            "/webhooks/{webhook_id}/{webhook_token}",
            webhook_id=self._interaction.application_id,
            webhook_token=self._interaction.token,
        )
        send = self._interaction.client.http.request
        with (
            refusals(),
            handle_message_parameters(
                content=content,
                file=sound_file(clip, voice=flags.voice) if clip else MISSING,
                flags=flags,
                allowed_mentions=discord.AllowedMentions.none(),
            ) as parameters,
        ):
            if parameters.files:
                await send(route, files=parameters.files, form=parameters.multipart)
            else:
                await send(route, json=parameters.payload)

    def _flags(self, *, voice: bool = False) -> discord.MessageFlags:
        return discord.MessageFlags(ephemeral=self._guest, voice=voice)

    def _over(self, error: PlatformRefusedError) -> Way:
        """Return the way that is left if the interaction is over; raises the error if none is."""
        if error.details["reason"] != "late" or self._channel is None:
            raise error
        return self._channel


class Aside:
    """The way to say something to the asker alone."""

    def __init__(self, outbox: Outbox, asker: Person) -> None:
        self._outbox = outbox
        self._asker = asker

    async def tell(self, sentence: str) -> None:
        """Say it in a direct conversation, if the person takes messages there."""
        try:
            await self._outbox.say(await self._outbox.direct(self._asker), sentence)
        except PlatformError as error:
            _log.info("nobody could be told", extra={"code": error.code})


class DiscordReply:
    """Answers where the note is; what Discord allows nowhere there, the asker is told in private.

    ``text``, ``speech`` and ``apologize`` raise PlatformError.
    """

    def __init__(self, way: Way, aside: Aside | None, locale: str) -> None:
        """``aside`` is None where the asker and the bot are alone anyway."""
        self._way = way
        self._aside = aside
        self._locale = locale

    async def working(self) -> None:
        """Show that something is being done."""
        await self._way.try_working()

    async def waiting(self, place: int) -> None:
        """Say the place in the queue: one line, which changes with it."""
        await self._way.try_waiting(messages.say("reply.waiting", self._locale, place=place))

    async def text(self, heard: Transcript, translation: Translation) -> None:
        """Show the original and what it means, in as many messages as it takes."""
        parts = texts.answer(heard, translation, self._locale)
        await self._send(parts, texts.written(heard, translation, self._locale))
        await self._way.try_ending()

    async def speech(self, speech: Speech) -> None:
        """Send a voice message; the text, which went before, says the same."""
        await self._way.voice(speech.clip)

    async def apologize(self, sentence: str, _: str) -> None:
        """Say the sentence."""
        await self._send(texts.plain(sentence))
        await self._way.try_ending()

    async def _send(self, parts: Sequence[str], written: bytes = b"") -> None:
        try:
            await self._way.texts(parts, written)
        except PlatformRefusedError:
            aside, self._aside = self._aside, None
            if aside is not None:
                await aside.tell(messages.say("reply.aside", self._locale))
            raise
