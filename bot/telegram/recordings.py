"""Which messages hold sound, and how it is fetched."""

import asyncio
import logging
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Final, TypeAlias

from telegram import Audio, Document, ExternalReplyInfo, File, Message, Video, VideoNote, Voice
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.telegram.outbox import refusals
from bot.telegram.patience import Patience
from bot.telegram.places import TITLE
from pipeline.errors import PlatformRefusedError
from pipeline.types import Sound

Media: TypeAlias = Voice | Audio | VideoNote | Video | Document

DOWNLOAD_LIMIT: Final = 20 * 1024 * 1024
"""Bytes of a file that Telegram's own server gives to bots."""
_SUFFIXES: Final = re.compile(
    r"\.(3gp|aac|aiff?|amr|caf|flac|m4[ab]|mk[av]|mov|mp3|mp4|mpga|og[ag]|opus|wav|web[am]|wma)",
    re.IGNORECASE,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recording:
    """Sound in a message, as the sender's app describes it: all of it claims."""

    file_id: str
    filmed: bool
    """A video, of which the sound is a part; a round video note is not."""
    seconds: float | None
    size: int | None


def recording_of(message: Message | ExternalReplyInfo) -> Recording | None:
    """Return the sound that the message holds, if any."""
    media: Media | None = message.voice or message.video_note or message.audio or message.video
    kind = "video" if message.video else "audio"
    if media is None:
        media, kind = message.document, _kind(message.document)
    if media is None or not kind:
        return None
    return Recording(media.file_id, kind == "video", _seconds(media), media.file_size)


def _kind(document: Document | None) -> str:
    """Return ``audio`` or ``video``, as the type or the name of a file says, or nothing."""
    if document is None:
        return ""
    kind = (document.mime_type or "").partition("/")[0].lower()
    if kind in {"audio", "video"}:
        return kind
    return "audio" if _SUFFIXES.fullmatch(PurePath(document.file_name or "").suffix) else ""


def _seconds(media: Media) -> float | None:
    duration = getattr(media, "duration", None)
    return duration.total_seconds() if isinstance(duration, timedelta) else duration


class Downloads:
    """Fetches files from Telegram's server, or finds them on the disk of one's own."""

    def __init__(self, bot: ExtBot[int], patience: Patience, *, local: bool) -> None:
        self._bot = bot
        self._patience = patience
        self._local = local

    def too_large(self, recording: Recording) -> bool:
        """Say whether Telegram will not give a file of the size that is claimed."""
        return not self._local and (recording.size or 0) > DOWNLOAD_LIMIT

    async def fetch(self, recording: Recording) -> Sound:
        """Return the bytes, or the file where it is on this disk. Raises PlatformError."""
        with refusals():
            file = await self._bot.get_file(recording.file_id)
            if not self._local:
                return await self._patience.download(lambda: _whole(file))
        path = Path(file.file_path or "no such file")
        if await asyncio.to_thread(os.access, path, os.R_OK):
            return path
        _log.error("the Bot API server's files can't be read here")
        raise PlatformRefusedError(platform=TITLE, reason="local_files")


async def _whole(file: File) -> bytes:
    data = bytes(await file.download_as_bytearray())
    if file.file_size is not None and len(data) < file.file_size:
        raise NetworkError("the download ended early")
    return data
