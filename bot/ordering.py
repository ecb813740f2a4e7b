"""What may be spoken again in its speaker's own voice: one job for it, after the text is out.

The minutes of the day are counted when a clip is made, and so is who may still have one: between
the order and the making there may be hours.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from bot.stores import Stores
from bot.types import VoiceNote
from pipeline.errors import DragomanError
from pipeline.types import Language, Translation
from storage.clips import Order
from storage.premium import Premium

_log = logging.getLogger(__name__)

_MINUTE: Final = 60.0
_TRIAL_S: Final = 60.0
"""Seconds of speech a day that everybody may have to try their voice."""


class GrantError(DragomanError):
    """The person may not have their own voice there any more."""

    code = "premium.none"


class QuotaError(DragomanError):
    """The person has had today's minutes."""

    code = "premium.quota"


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
        somebody speak. They need a grant that holds here, and a voice they consented to; and the
        bot must be where it is to follow. Raises StorageError.
        """
        if note.live is not None or note.speaker != note.asker or not note.can_follow:
            return False
        if translation.source == translation.target or translation.target not in self._languages:
            return False
        chat, person = note.address.chat, note.speaker
        allowance = await self._stores.premium.holds(person, chat, note.roles)
        if allowance is None:
            return False
        order = Order(
            person=person,
            chat=chat,
            message=note.address.message,
            text=translation.text,
            language=translation.target,
            locale=locale,
            quota_s=_MINUTE * allowance.minutes,
        )
        placed = await self._stores.jobs.add(order)
        if placed:
            self.placed.set()
            _log.info("own voice ordered", extra={"platform": chat.platform})
        return placed


async def permit(premium: Premium, order: Order) -> None:
    """Raise GrantError or QuotaError unless the person may have it, now; StorageError as well.

    Their roles are not known any more: one that holds there may be theirs. More minutes than they
    had when they ordered it, they don't get by that.
    """
    allowance = await premium.holds(order.person, order.chat, None)
    granted_s = 0.0 if allowance is None else _MINUTE * allowance.minutes
    if not (granted_s or order.is_trial):
        raise GrantError
    limit_s = max(granted_s, _TRIAL_S) if order.is_trial else min(granted_s, order.quota_s)
    if await premium.used_s(order.person) >= limit_s:
        raise QuotaError
