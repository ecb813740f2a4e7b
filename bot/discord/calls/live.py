"""The reply to one utterance of a call: a caption, a voice, or now and then a sentence."""

import asyncio
import logging
from typing import Final

from bot import messages
from bot.discord.calls.captions import Captions
from bot.discord.calls.mouth import Mouth
from pipeline.types import Speech, Transcript, Translation

_HARMLESS: Final = frozenset({"audio.no_speech", "audio.empty"})
"""A cough, a laugh, a door: nobody said anything."""
_LASTING: Final = frozenset({"language.unsupported"})
"""As true for the rest of the call as now."""
_TELLING: Final = frozenset({"model", "storage", "configuration"})
"""Families whose sentences say who can mend it; others ask for what nobody can do in a call:
to send it again."""
_EVERY_S: Final = 60.0

_log = logging.getLogger(__name__)


class Apologies:
    """Says what went wrong in a call, but not again and again."""

    def __init__(self, captions: Captions, locale: str, every_s: float = _EVERY_S) -> None:
        """Tell of the same ``code`` at most once in ``every_s`` seconds."""
        self._captions = captions
        self._locale = locale
        self._every_s = every_s
        self._told: dict[str, float] = {}

    def tell(self, sentence: str, code: str, *, text_is_out: bool) -> None:
        """Show the sentence, or a fitting one, among the captions; or nothing."""
        now = asyncio.get_running_loop().time()
        due = self._told.get(code, -self._every_s) + self._every_s
        if code in _HARMLESS or now < due:
            return
        self._told[code] = float("inf") if code in _LASTING else now
        _log.info("a call is told of a failure", extra={"code": code})
        fits = text_is_out or code.partition(".")[0] in _TELLING
        self._captions.notice(sentence if fits else messages.say("call.missed", self._locale))


class LiveReply:
    """Shows what was said and meant, and speaks it; ``bot.types.Reply`` for one utterance.

    Nothing of it waits, and nothing raises.
    """

    def __init__(
        self,
        speaker: str,
        name: str,
        at: float,
        captions: Captions,
        mouth: Mouth,
        apologies: Apologies,
    ) -> None:
        """``speaker`` is a key of the person; ``at`` is when they ended, on the mouth's clock."""
        self._speaker = speaker
        self._name = name
        self._at = at
        self._captions = captions
        self._mouth = mouth
        self._apologies = apologies
        self._words: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def settled(self) -> str:
        """Wait until the caption has its place, or there is none; return the words as heard."""
        return await asyncio.shield(self._words)

    async def working(self) -> None:
        """Show nothing."""

    async def waiting(self, place: int) -> None:
        """Show nothing."""

    async def text(self, heard: Transcript, translation: Translation) -> None:
        """Add the caption."""
        self._captions.add(self._speaker, self._name, heard, translation)
        self._settle(heard.text)

    async def speech(self, speech: Speech) -> None:
        """Let the mouth say it, when its turn comes."""
        self._mouth.say(self._speaker, speech.clip, self._at)

    async def apologize(self, sentence: str, code: str) -> None:
        """Tell the call, unless it was told of the like just now."""
        self._apologies.tell(sentence, code, text_is_out=self._words.done())
        self._settle("")

    def _settle(self, words: str) -> None:
        if not self._words.done():
            self._words.set_result(words)
