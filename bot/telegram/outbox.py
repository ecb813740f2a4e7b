"""What goes out to Telegram; its refusals become PlatformErrors here."""

import html
import logging
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Final

from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot

from bot.cards import Card
from bot.telegram.patience import ONCE, unsent
from bot.telegram.places import TITLE, Place
from bot.telegram.texts import plain
from pipeline.errors import PlatformError, PlatformRefusedError, PlatformUnreachableError
from pipeline.types import Clip

_REASONS: Final = {
    "voice_messages_forbidden": "voice",
    "send voice": "voice",
    "blocked by the user": "blocked",
    "can't initiate": "blocked",
    "deactivated": "blocked",
    "kicked": "left",
    "not a member": "left",
    "topic_closed": "closed",
    "thread not found": "closed",
    "not modified": "same",
    "file is too big": "too_large",
}
"""What Telegram says, in small letters, and the reason that we give; the first that fits."""

_ALERT: Final = 200
"""Characters of a word to who pressed a button."""

_log = logging.getLogger(__name__)


@contextmanager
def refusals() -> Iterator[None]:
    """Translate what Telegram says into PlatformError; its own words, which quote the token, go."""
    try:
        yield
    except (BadRequest, Conflict, Forbidden, InvalidToken, ChatMigrated) as refusal:
        raise PlatformRefusedError(platform=TITLE, reason=_reason(refusal)) from None
    except TelegramError as trouble:
        silence = isinstance(trouble, TimedOut) and not unsent(trouble)
        reason = "silence" if silence else "network"
        raise PlatformUnreachableError(platform=TITLE, reason=reason) from None


def _reason(error: TelegramError) -> str:
    if isinstance(error, InvalidToken):
        return "token"
    if isinstance(error, Conflict):
        return "conflict"
    said = error.message.lower()
    return next((reason for words, reason in _REASONS.items() if words in said), "other")


class Outbox:
    """Sends. Every method raises PlatformError, but those that say they try."""

    def __init__(self, bot: ExtBot[int]) -> None:
        self._bot = bot

    async def html(
        self,
        place: Place,
        text: str,
        markup: InlineKeyboardMarkup | ForceReply | None = None,
    ) -> Message:
        """Send a text in HTML."""
        with refusals():
            return await self._bot.send_message(
                place.chat,
                text,
                parse_mode=ParseMode.HTML,
                message_thread_id=place.topic,
                reply_parameters=_reply(place),
                reply_markup=markup,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )

    async def say(self, place: Place, text: str) -> None:
        """Send a plain text, in as many messages as it takes."""
        for part in plain(text):
            await self.html(place, part)

    async def voice(self, place: Place, clip: Clip, caption: str = "") -> None:
        """Send a voice message; where none is allowed, the same as a sound file.

        After a silence it is most likely there: PlatformUnreachableError with ``silence``.
        """
        sound, seconds = InputFile(clip.data, "voice.ogg"), max(1, round(clip.seconds))
        try:
            with refusals():
                await self._bot.send_voice(
                    place.chat,
                    sound,
                    duration=seconds,
                    caption=caption or None,
                    message_thread_id=place.topic,
                    reply_parameters=_reply(place),
                )
        except PlatformRefusedError as error:
            if error.details["reason"] != "voice":
                raise
            with refusals():
                await self._bot.send_audio(
                    place.chat,
                    sound,
                    duration=seconds,
                    caption=caption or None,
                    message_thread_id=place.topic,
                    reply_parameters=_reply(place),
                )

    async def card(self, place: Place, card: Card, *, ask: bool = False) -> None:
        """Send a card; ``ask`` opens the reply field for the line that it asks for."""
        markup = keyboard(card) or (ForceReply(selective=True) if ask and card.asks else None)
        with refusals():
            if card.file is None:
                *first, last = plain(card.text)
                for part in first:
                    await self.html(place, part)
                await self.html(place, last, markup)
            else:
                await self._bot.send_document(
                    place.chat,
                    InputFile(card.file.data, card.file.name),
                    caption=card.text,
                    disable_content_type_detection=True,
                    message_thread_id=place.topic,
                    reply_parameters=_reply(place),
                    reply_markup=markup,
                )

    async def replace(self, message: Message, card: Card) -> None:
        """Put a card in the place of another."""
        try:
            with refusals():
                await self._bot.edit_message_text(
                    html.escape(card.text, quote=False),
                    chat_id=message.chat.id,
                    message_id=message.message_id,
                    parse_mode=ParseMode.HTML,
                    reply_markup=keyboard(card),
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                )
        except PlatformRefusedError as error:
            if error.details["reason"] != "same":
                raise

    async def try_line(self, place: Place, text: str) -> int | None:
        """Try once to send a line that only informs; return its number."""
        try:
            with refusals():
                sent = await self._bot.send_message(
                    place.chat,
                    text,
                    message_thread_id=place.topic,
                    reply_parameters=_reply(place),
                    disable_notification=True,
                    rate_limit_args=ONCE,
                )
        except PlatformError as error:
            _log.info("tried in vain", extra={"code": error.code, **error.details})
            return None
        return sent.message_id

    async def try_text(self, chat: int, message: int, text: str) -> None:
        """Try once to change a text of ours; in vain, it stays as it is."""
        await self._try(
            self._bot.edit_message_text(
                text, chat_id=chat, message_id=message, rate_limit_args=ONCE
            )
        )

    async def try_alert(self, query: str, text: str) -> None:
        """Try once to answer a pressed button, with a word to the presser or none."""
        await self._try(
            self._bot.answer_callback_query(
                query, text[:_ALERT] or None, show_alert=bool(text), rate_limit_args=ONCE
            )
        )

    async def try_action(self, place: Place, action: ChatAction) -> None:
        """Try once to show what is being done."""
        await self._try(
            self._bot.send_chat_action(
                place.chat, action, message_thread_id=place.topic, rate_limit_args=ONCE
            )
        )

    async def try_removing(self, chat: int, message: int) -> None:
        """Try to take a message of ours away."""
        await self._try(self._bot.delete_message(chat, message))

    async def _try(self, request: Awaitable[object]) -> None:
        try:
            with refusals():
                await request
        except PlatformError as error:
            _log.info("tried in vain", extra={"code": error.code, **error.details})


def keyboard(card: Card) -> InlineKeyboardMarkup | None:
    """Return the card's buttons as Telegram shows them."""
    if not card.rows:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(each.label, callback_data=each.data) for each in row]
            for row in card.rows
        ]
    )


def _reply(place: Place) -> ReplyParameters | None:
    """Reply to the message, if it is still there."""
    if place.answers is None:
        return None
    return ReplyParameters(place.answers, allow_sending_without_reply=True)
