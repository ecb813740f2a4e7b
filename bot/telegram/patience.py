"""Every request to Telegram passes here: paced, and repeated while that can do no harm.

What is repeated is decided by what is known of the request that failed:

- 429: not done. Repeated after the time that Telegram asks for; other chats don't wait with it.
- 5xx, or the connection broke before the request was out: not done. Repeated, ever more slowly.
- The connection broke, or nothing was answered in time: unknown. What changes nothing when done
  twice (edits, deletions, questions) is repeated. Messages are repeated a few times after a broken
  connection, which mostly means that nothing was done, and texts also after a silence: an answer
  read twice is better than none. A file is not sent again after a silence: Telegram had all of it
  and most likely posts it, and the text stands in the chat already.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar

from telegram.error import (
    BadRequest,
    ChatMigrated,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import AIORateLimiter, BaseRateLimiter

Result: TypeAlias = bool | dict[str, Any] | list[dict[str, Any]]
_T = TypeVar("_T")

ONCE: Final = 1
"""For ``rate_limit_args``: a request that is not worth repeating."""
_TRIES: Final = 7
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 16.0
_LONGEST_FLOOD_WAIT_S: Final = 120.0
"""Telegram asks for more only of bots that it is throwing out."""
_SLACK_S: Final = 0.1
"""Added to what Telegram asks for, which is in whole seconds."""
_DOUBTFUL_REPEATS: Final = 2
"""How often a message is sent again when it may have arrived."""
_UNSENT: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "WriteTimeout"})
"""Errors of the HTTP library, as causes of the Telegram library's, that leave nothing done."""

_log = logging.getLogger(__name__)


class Schedule:
    """How long to wait before one request is tried again, from one failure to the next."""

    def __init__(
        self, endpoint: str, tries: int = _TRIES, first_pause_s: float = _FIRST_PAUSE_S
    ) -> None:
        self._endpoint = endpoint
        self._tries = tries
        self._pause_s = first_pause_s
        self._doubtful = 0

    def pause(self, error: TelegramError) -> float | None:
        """Return the seconds to wait, or ``None`` if the request must not be repeated."""
        self._tries -= 1
        if self._tries <= 0:
            return None
        if isinstance(error, RetryAfter):
            wait = _seconds(error)
            return wait if wait <= _LONGEST_FLOOD_WAIT_S else None
        if isinstance(error, BadRequest) or not isinstance(error, NetworkError):
            return None
        if _posts(self._endpoint) and not self._may_send_again(error):
            return None
        pause, self._pause_s = self._pause_s, min(2 * self._pause_s, _LONGEST_PAUSE_S)
        return pause

    def _may_send_again(self, error: NetworkError) -> bool:
        answered = not isinstance(error, TimedOut) and not error.message.startswith("httpx.")
        if answered or unsent(error):
            return True
        if isinstance(error, TimedOut) and self._endpoint != "sendMessage":
            return False
        self._doubtful += 1
        return self._doubtful <= _DOUBTFUL_REPEATS


class Patience(BaseRateLimiter[int]):
    """Paces messages by Telegram's limits and repeats requests; ``rate_limit_args`` is the tries.

    30 messages a second everywhere, and 20 a minute in a group, as Telegram's FAQ for bots says.
    """

    def __init__(self, first_pause_s: float = _FIRST_PAUSE_S) -> None:
        self._pace = AIORateLimiter(max_retries=0)
        self._first_pause_s = first_pause_s
        self._closed_until: dict[object, float] = {}
        """When each chat that asked for patience takes messages again, in the loop's time."""

    async def initialize(self) -> None:
        """Do nothing."""

    async def shutdown(self) -> None:
        """Do nothing."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: Any,  # noqa: ANN401 - as the library passes it
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Result:
        """Make the request; raises what Telegram says to the last try."""
        chat = data.get("chat_id")

        async def once() -> Result:
            if not _counts(endpoint):
                return await callback(*args, **kwargs)
            return await self._paced(callback, args, kwargs, endpoint, data)

        async def attempt() -> Result:
            await self._open(chat)
            try:
                return await once()
            except ChatMigrated as error:
                # The group has become a supergroup since the message that is answered.
                data["chat_id"] = error.new_chat_id
                return await once()

        schedule = Schedule(endpoint, rate_limit_args or _TRIES, self._first_pause_s)
        return await self._insist(attempt, schedule, chat)

    async def download(self, call: Callable[[], Awaitable[bytes]]) -> bytes:
        """Fetch a file, with the same patience; raises what Telegram says to the last try."""
        return await self._insist(call, Schedule("download", first_pause_s=self._first_pause_s))

    async def _insist(
        self, attempt: Callable[[], Awaitable[_T]], schedule: Schedule, chat: object = None
    ) -> _T:
        while True:
            try:
                return await attempt()
            except TelegramError as error:
                pause = schedule.pause(error)
                if pause is None:
                    raise
                if isinstance(error, RetryAfter) and chat is not None:
                    self._closed_until[chat] = asyncio.get_running_loop().time() + pause
            _log.info("telegram is asked again", extra={"pause_s": pause})
            await asyncio.sleep(pause)

    async def _open(self, chat: object) -> None:
        """Wait until a chat that is flooded takes messages again."""
        now = asyncio.get_running_loop().time()
        wait = self._closed_until.get(chat, now) - now
        if wait > 0:
            await asyncio.sleep(wait)
        self._closed_until.pop(chat, None)

    async def _paced(
        self,
        callback: Callable[..., Coroutine[Any, Any, Result]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
    ) -> Result:
        """Let the library's limiter wait for a free place, but not hold all chats for one."""
        failure: TelegramError | None = None

        async def call(*args: object, **kwargs: object) -> Result:
            nonlocal failure
            try:
                return await callback(*args, **kwargs)
            except TelegramError as error:
                failure = error
                return False

        result = await self._pace.process_request(call, args, kwargs, endpoint, data, None)
        if failure is not None:
            raise failure
        return result


def unsent(error: TelegramError) -> bool:
    """Say whether the request never reached Telegram as a whole."""
    return type(error.__cause__).__name__ in _UNSENT


def _posts(endpoint: str) -> bool:
    """Say whether it puts a message into a chat, and twice puts two."""
    return endpoint.startswith("send") and endpoint != "sendChatAction"


def _counts(endpoint: str) -> bool:
    """Say whether it counts towards Telegram's limits."""
    return _posts(endpoint) or endpoint.startswith("editMessage")


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return (wait.total_seconds() if isinstance(wait, timedelta) else wait) + _SLACK_S
