"""Captions of a call: one growing message, within Discord's rate limits, that never flickers."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.discord.calls import wording
from bot.discord.texts import LIMIT, units
from pipeline.errors import PlatformRefusedError, PlatformUnreachableError
from pipeline.types import Transcript, Translation

_INTERVAL_S: Final = 1.2
"""Between two requests: Discord takes five in five seconds of a channel."""
_PAUSE_S: Final = 60.0
_WAITING: Final = 200
"""Lines; one is at most as long as a message."""
_FIRST_PATIENCE_S: Final = 1.0
_LONGEST_PATIENCE_S: Final = 16.0
_CLOSE_S: Final = 5.0

_log = logging.getLogger(__name__)


class Surface(Protocol):
    """Where captions are shown: a channel or thread. It must ping nobody, and embed nothing.

    Both verbs raise PlatformUnreachableError for what may be tried again, and
    PlatformRefusedError for what may not.
    """

    async def send(self, text: str, nonce: str) -> str:
        """Send a message of at most 2000 characters; return its id.

        After PlatformUnreachableError the same is sent again with the same ``nonce``, by which
        Discord knows a message that it has already: at most 25 characters.
        """
        ...

    async def edit(self, message: str, text: str) -> None:
        """Put a longer text in the place of the message's, with which it begins."""
        ...


@dataclass(frozen=True, slots=True)
class _Line:
    speaker: str
    """An opaque key; empty for a line of our own."""
    head: str = field(repr=False)
    body: str = field(repr=False)


_GAP: Final = _Line("", "", "…")
"""Stands for lines that were dropped."""


class Captions:
    """Shows ``name: original → translation``, line by line, and owns the task that writes it.

    A text that is shown is only ever added to. Sentences of one speaker after another stand under
    one name. A new message is begun where the text would pass Discord's limit, after a pause of
    ``pause_s`` seconds, when somebody else's message came between, and when the message is gone.
    """

    def __init__(
        self,
        surface: Surface,
        locale: str,
        on_refused: Callable[[PlatformRefusedError], None],
        *,
        interval_s: float = _INTERVAL_S,
        pause_s: float = _PAUSE_S,
        close_s: float = _CLOSE_S,
    ) -> None:
        """``on_refused`` is called once, when no message may be sent; nothing is shown after."""
        self._surface = surface
        self._locale = locale
        self._on_refused = on_refused
        self._interval_s = interval_s
        self._pause_s = pause_s
        self._close_s = close_s
        self._waiting: deque[_Line] = deque()
        self._task: asyncio.Task[None] | None = None
        self._over = False
        self._speaker = ""
        """Of the last line of the text."""
        self._asked = -pause_s
        """When the last request ended, in the loop's time."""
        self._begin()

    def add(self, speaker: str, name: str, heard: Transcript, translation: Translation) -> None:
        """Show what was said and what it means, after all that was added before.

        ``speaker`` is a key that tells people apart whose names are the same. Where more waits
        than can be held, the oldest lines are dropped, and a line says so.
        """
        head = wording.head(name)
        room = LIMIT - units(head)
        for body in wording.bodies(heard, translation, self._locale, room):
            self._put(_Line(speaker, head, body))

    def notice(self, sentence: str) -> None:
        """Show a sentence of ours, or as much of it as a message holds."""
        self._put(_Line("", "", wording.notice(sentence)))

    def interrupted(self) -> None:
        """Know that somebody else's message came after ours: what follows is put below it."""
        self._apart = True

    async def close(self) -> None:
        """Write what is left, if that is soon done, and show nothing more."""
        self._over = True
        if self._task is None:
            return
        try:
            await asyncio.wait({self._task}, timeout=self._close_s)
        finally:
            self._task.cancel()
            await asyncio.wait({self._task})
        if left := len(self._waiting) + len(self._unsure):
            _log.warning("captions not written", extra={"lines": left})

    def _begin(self) -> None:
        """Let the next line be the first of a message."""
        self._message: str | None = None
        self._nonce = secrets.token_urlsafe(12)
        self._text = ""
        """What the message holds, or will once the request has come through."""
        self._unsure: list[_Line] = []
        """Lines of the text that may not be shown yet."""
        self._apart = False

    def _put(self, line: _Line) -> None:
        if self._over:
            return
        if len(self._waiting) == _WAITING:
            self._waiting.popleft()
            self._waiting[0] = _GAP
        self._waiting.append(line)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
            self._task.add_done_callback(_report)

    async def _write(self) -> None:
        patience = _FIRST_PATIENCE_S
        while self._waiting or self._unsure:
            await self._until(self._asked + self._interval_s)
            self._take()
            try:
                await self._show()
            except PlatformUnreachableError as error:
                _log.info("captions are tried again", extra={"code": error.code, "in_s": patience})
                await self._until(self._asked + patience)
                patience = min(2 * patience, _LONGEST_PATIENCE_S)
            except PlatformRefusedError as error:
                self._refused(error)
            else:
                self._unsure.clear()
                patience = _FIRST_PATIENCE_S

    def _take(self) -> None:
        """Add to the text what waits and fits."""
        if self._unsure and (self._message is None or self._apart):
            return  # that is tried again, as it was
        rested = asyncio.get_running_loop().time() - self._asked >= self._pause_s
        if not self._unsure and (self._apart or rested or not self._fits(self._waiting[0])):
            self._begin()
        while self._waiting and self._fits(self._waiting[0]):
            line = self._waiting.popleft()
            self._text += self._written(line)
            self._speaker = line.speaker
            self._unsure.append(line)

    def _written(self, line: _Line) -> str:
        """Return what the line adds to the text."""
        if not self._text:
            return line.head + line.body
        if line.speaker and line.speaker == self._speaker:
            return f"\n· {line.body}"
        return f"\n{line.head}{line.body}"

    def _fits(self, line: _Line) -> bool:
        return units(self._text + self._written(line)) <= LIMIT

    async def _show(self) -> None:
        try:
            if self._message is None:
                self._message = await self._surface.send(self._text, self._nonce)
            else:
                await self._surface.edit(self._message, self._text)
        finally:
            self._asked = asyncio.get_running_loop().time()

    def _refused(self, error: PlatformRefusedError) -> None:
        """Begin a new message, as a moderator may have deleted this one; or give up."""
        if self._message is not None:
            self._waiting.extendleft(reversed(self._unsure))
            self._begin()
            return
        self._over = True
        self._waiting.clear()
        self._unsure.clear()
        _log.warning("captions are refused", extra={"code": error.code})
        self._on_refused(error)

    async def _until(self, when: float) -> None:
        await asyncio.sleep(when - asyncio.get_running_loop().time())


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # A fault of ours costs what was being written; the next line begins anew.
        _log.error("captions failed", exc_info=error)
