"""The link with which a server's owner brings the bot in, with the permissions that it needs."""

import base64
import binascii
import re
from typing import Final

import discord

PERMISSIONS: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    read_message_history=True,
    send_voice_messages=True,
    connect=True,
    speak=True,
)
"""To answer notes where they are posted, and to hear, caption and speak in calls."""


_PARTS: Final = 3
"""Of a token: the application's id, a time, a signature."""


def link(token: str) -> str | None:
    """Return the link; ``None`` if this can't be a token."""
    head, *rest = token.split(".")
    if len(rest) != _PARTS - 1 or not all(rest):
        return None
    try:
        id_ = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    if not re.fullmatch("[0-9]{1,20}", id_):
        return None
    return discord.utils.oauth_url(
        int(id_), permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )
