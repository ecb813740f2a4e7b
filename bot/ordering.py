"""What may be spoken again in its speaker's own voice: one job for it, after the text is out."""

import asyncio
import logging
from collections.abc import Collection

from bot.stores import Stores
from bot.types import VoiceNote
from pipeline.types import Language, Translation
from storage.jobs import Order

_log = logging.getLogger(__name__)


class Orders:
    """Takes orders for own voice, of those who may have it."""

    def __init__(self, stores: Stores, languages: Collection[Language]) -> None:
        """``languages`` are those in which there are own voices."""
        self._stores = stores
        self._languages = frozenset(languages)
        self.placed = asyncio.Event()
        """Set when there is something to do."""

    async def place(self, note: VoiceNote, translation: Translation, locale: str) -> bool:
        """Queue the translation to be spoken in the speaker's own voice; return whether it is.

        Only what people send themselves, and never an utterance of a call: nobody else's wish has
        somebody speak. They need a grant that holds here with some of today's minutes left, and a
        voice they consented to. Raises StorageError.
        """
        if note.live is not None or note.speaker != note.asker:
            return False
        if translation.source == translation.target or translation.target not in self._languages:
            return False
        chat, person = note.address.chat, note.speaker
        allowance = await self._stores.premium.holds(person, chat, note.roles)
        if allowance is None or not allowance.left_s:
            return False
        order = Order(
            person=person,
            chat=chat,
            message=note.address.message,
            text=translation.text,
            language=translation.target,
            locale=locale,
            quota_s=60 * allowance.minutes,
        )
        placed = await self._stores.jobs.add(order)
        if placed:
            self.placed.set()
            _log.info("own voice ordered", extra={"platform": chat.platform})
        return placed
