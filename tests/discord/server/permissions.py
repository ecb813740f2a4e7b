"""Who may do what where: the flags, and the order in which roles and overwrites count.

Names, bits and the order are those of the API reference, "Permissions".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Permission(IntFlag):
    """The permissions that this server knows."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    STREAM = 1 << 9
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MUTE_MEMBERS = 1 << 22
    DEAFEN_MEMBERS = 1 << 23
    MOVE_MEMBERS = 1 << 24
    USE_VAD = 1 << 25
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    REQUEST_TO_SPEAK = 1 << 32
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    SEND_VOICE_MESSAGES = 1 << 46
    USE_EXTERNAL_APPS = 1 << 50


EVERYTHING = ~Permission(0)
NOTHING = Permission(0)
EVERYONE = (
    Permission.VIEW_CHANNEL
    | Permission.ADD_REACTIONS
    | Permission.STREAM
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CONNECT
    | Permission.SPEAK
    | Permission.USE_VAD
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.REQUEST_TO_SPEAK
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.SEND_VOICE_MESSAGES
    | Permission.USE_EXTERNAL_APPS
)
"""What members may do in a new server."""
_WITH_SENDING = (
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)
"""What nobody may do who may not send messages."""
_TIMED_OUT = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel changes for one role or member."""

    allow: Permission = NOTHING
    deny: Permission = NOTHING


def resolve(
    base: Permission,
    everyone: Overwrite | None,
    roles: Iterable[Overwrite],
    member: Overwrite | None,
    *,
    timed_out: bool = False,
) -> Permission:
    """Apply a channel's overwrites to what the roles give, from the general to the particular."""
    if base & Permission.ADMINISTRATOR:
        return EVERYTHING
    held = list(roles)
    together = Overwrite(
        _union(overwrite.allow for overwrite in held), _union(overwrite.deny for overwrite in held)
    )
    for overwrite in (everyone, together, member):
        if overwrite is not None:
            base = base & ~overwrite.deny | overwrite.allow
    if not base & Permission.VIEW_CHANNEL:
        return NOTHING
    if not base & Permission.SEND_MESSAGES:
        base &= ~_WITH_SENDING
    return base & _TIMED_OUT if timed_out else base


def _union(flags: Iterable[Permission]) -> Permission:
    total = NOTHING
    for flag in flags:
        total |= flag
    return total
