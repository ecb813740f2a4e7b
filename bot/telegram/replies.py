"""One exchange about one note: the waiting line, the text, the voice, or why there is none."""

import logging
from typing import Final

from telegram.constants import ChatAction

from bot import messages
from bot.telegram import texts
from bot.telegram.outbox import Outbox
from bot.telegram.places import Place
from pipeline.errors import PlatformError, PlatformRefusedError, PlatformUnreachableError
from pipeline.types import Speech, Transcript, Translation
from storage.types import Clock, Person

_EDIT_PAUSE_S: Final = 3.0
"""The waiting line changes no more often: edits count towards a group's 20 messages a minute."""

_log = logging.getLogger(__name__)


class TelegramReply:
    """Answers where the note is; what Telegram allows nowhere there, the asker is told in private.

    ``text``, ``speech`` and ``apologize`` raise PlatformError.
    """

    def __init__(
        self, outbox: Outbox, place: Place, asker: Person, locale: str, clock: Clock
    ) -> None:
        self._outbox = outbox
        self._place = place
        self._asker = asker
        self._locale = locale
        self._clock = clock
        self._doing = ChatAction.TYPING
        self._line: int | None = None
        """The message that says which place the note has in the queue."""
        self._line_place = 0
        self._line_changed = 0.0
        self._told_aside = False

    async def working(self) -> None:
        """Show “typing”, or once the text is there “recording voice”, for some five seconds."""
        await self._outbox.try_action(self._place, self._doing)

    async def waiting(self, place: int) -> None:
        """Say the place in the queue: one message, which changes with it."""
        line = messages.say("reply.waiting", self._locale, place=place)
        now = self._clock()
        if self._line is None:
            self._line = await self._outbox.try_line(self._place, line)
        elif place != self._line_place and now - self._line_changed >= _EDIT_PAUSE_S:
            await self._outbox.try_text(self._place.chat, self._line, line)
        else:
            return
        self._line_place, self._line_changed = place, now

    async def text(self, heard: Transcript, translation: Translation) -> None:
        """Show the original and what it means, in as many messages as it takes."""
        for part in texts.answer(heard, translation, self._locale):
            await self._send(part)
        self._doing = ChatAction.RECORD_VOICE
        await self._end_waiting()

    async def speech(self, speech: Speech) -> None:
        """Send a voice message; the text, which went before, says the same."""
        try:
            await self._outbox.voice(self._place, speech.clip)
        except PlatformUnreachableError as error:
            if error.details["reason"] != "silence":
                raise
            # Telegram had the whole file; sent again, it would most likely be heard twice.
            _log.warning("voice taken for sent", extra={"code": error.code})

    async def apologize(self, sentence: str, _: str) -> None:
        """Say the sentence."""
        for part in texts.plain(sentence):
            await self._send(part)
        await self._end_waiting()

    async def _send(self, html: str) -> None:
        try:
            await self._outbox.html(self._place, html)
        except PlatformRefusedError:
            await self._say_aside()
            raise

    async def _say_aside(self) -> None:
        """Tell the asker in private, if that is elsewhere, and if they have ever begun to talk."""
        chat = int(self._asker.id)
        if self._told_aside or chat == self._place.chat or chat <= 0:
            return
        self._told_aside = True
        try:
            await self._outbox.say(Place(chat), messages.say("reply.aside", self._locale))
        except PlatformError as error:
            _log.info("nobody could be told", extra={"code": error.code})

    async def _end_waiting(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await self._outbox.try_removing(self._place.chat, line)
