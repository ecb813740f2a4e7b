"""Which messages hold sound, and how it is fetched."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

import aiohttp
import discord

from bot.discord.outbox import FIRST_PAUSE_S, insist
from bot.discord.places import TITLE
from pipeline.errors import (
    AudioTooLargeError,
    PlatformError,
    PlatformRefusedError,
    PlatformUnreachableError,
)
from pipeline.types import Sound

_SUFFIXES: Final = re.compile(
    r"\.(3gp|aac|aiff?|amr|caf|flac|m4[ab]|mk[av]|mov|mp3|mp4|mpga|og[ag]|opus|wav|web[am]|wma)",
    re.IGNORECASE,
)
_TIMES: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
"""How long Discord may stay silent; the desk bounds the whole."""
_OK: Final = 200
_GONE: Final = frozenset({403, 404, 410})
"""Also an address that is older than a day."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound in a message, as the sender's app and Discord describe it: all of it claims."""

    url: str = field(repr=False)
    filmed: bool
    """A video, of which the sound is a part."""
    seconds: float | None
    size: int


def recordings_of(message: discord.Message) -> list[Recording]:
    """Return every sound that the message holds, or the message that was forwarded with it."""
    attachments = list(message.attachments)
    for forwarded in message.message_snapshots:
        attachments += forwarded.attachments
    kinds = [(each, _kind(each)) for each in attachments]
    return [
        Recording(each.url, kind == "video", each.duration, each.size)
        for each, kind in kinds
        if kind
    ]


def _kind(attachment: discord.Attachment) -> str:
    """Return ``audio`` or ``video``, as the type or the name of a file says, or nothing."""
    kind = (attachment.content_type or "").partition("/")[0].lower()
    if kind in {"audio", "video"}:
        return kind
    return "audio" if _SUFFIXES.fullmatch(PurePath(attachment.filename).suffix) else ""


class Downloads:
    """Fetches files from Discord's storage, on the connections of the library."""

    def __init__(
        self, client: discord.Client, limit: Callable[[], int], first_pause_s: float = FIRST_PAUSE_S
    ) -> None:
        """No more bytes of a file than ``limit`` are taken, whatever it claims to be."""
        self._client = client
        self._limit = limit
        self._first_pause_s = first_pause_s

    async def fetch(self, recording: Recording) -> Sound:
        """Return the bytes. Raises AudioTooLargeError and PlatformError."""
        return await insist(lambda: self._whole(recording.url), self._first_pause_s, within_s=None)

    async def _whole(self, url: str) -> bytes:
        async with (
            aiohttp.ClientSession(
                connector=self._client.http.connector,
                connector_owner=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=_TIMES,
            ) as session,
            session.get(
                url, headers={"Accept-Encoding": "identity"}, allow_redirects=False
            ) as response,
        ):
            if response.status != _OK:
                raise _refusal(response.status)
            data, limit = bytearray(), self._limit()
            async for chunk in response.content.iter_any():
                data += chunk
                if len(data) > limit:
                    raise AudioTooLargeError(limit=limit)
            return bytes(data)


def _refusal(status: int) -> PlatformError:
    if status == 429 or status >= 500:  # noqa: PLR2004 - Too Many Requests, or its own fault
        return PlatformUnreachableError(platform=TITLE, reason="network")
    reason = "gone" if status in _GONE else "other"
    return PlatformRefusedError(platform=TITLE, reason=reason)
