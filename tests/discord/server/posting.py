"""From a request to a message: files, voice messages, pings, and what each of them needs."""

import base64
import binascii
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tests.discord.server.bodies import AllowedMentions, AttachmentForm, CreateMessage, MessageForm
from tests.discord.server.messages import (
    DEFAULT,
    REPLY,
    Attachment,
    Flag,
    Mentions,
    Message,
    mentioned,
)
from tests.discord.server.people import User
from tests.discord.server.permissions import Permission
from tests.discord.server.refusals import invalid, refused

if TYPE_CHECKING:
    from tests.discord.server.channels import Channel

WAVEFORM_POINTS = 256
_TYPES = {
    ".flac": "audio/flac",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".png": "image/png",
    ".srt": "application/x-subrip",
    ".txt": "text/plain; charset=utf-8",
    ".vtt": "text/vtt",
    ".wav": "audio/x-wav",
    ".webm": "video/webm",
}
EVERYBODY = AllowedMentions(
    parse=["roles", "users", "everyone"], users=[], roles=[], replied_user=True
)
"""What a message may ping that does not say otherwise."""
_USERS = AllowedMentions(parse=["users"], users=[], roles=[], replied_user=True)
"""As above, for answers to interactions."""
_SETTABLE = Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS | Flag.IS_VOICE_MESSAGE


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a request."""

    filename: str
    content_type: str | None
    data: bytes = field(repr=False)

    @property
    def known_name(self) -> str:
        """What Discord makes of the name: no spaces, and ASCII alone."""
        plain = unicodedata.normalize("NFKD", self.filename.replace(" ", "_"))
        return "".join(letter for letter in plain if letter.isascii())

    @property
    def known_type(self) -> str | None:
        """What Discord takes it for: clients that send plain bytes are known by the name."""
        if self.content_type in {None, "application/octet-stream"}:
            return _TYPES.get(PurePath(self.filename).suffix.lower())
        return self.content_type


Uploads = Mapping[int, Upload]
"""File parts by the number in their name: ``files[0]`` is 0."""


def write(
    channel: "Channel",
    form: MessageForm,
    uploads: Uploads,
    *,
    settable: Flag = _SETTABLE,
    **how: Any,
) -> Message:
    """Make the bot's message; ``how`` is the rest of its facts. Raises RefusalError."""
    flags = form.marks
    if flags & ~settable:
        raise invalid("flags", "BITFIELD_VALUE_INVALID", "These flags cannot be set")
    if flags & Flag.IS_VOICE_MESSAGE:
        _check_voice(channel, form, uploads)
    ephemeral = how.get("only_for") is not None
    attachments = _attach(channel, form.attachments, uploads, (), ephemeral=ephemeral)
    content = (form.content or "").strip()
    if not (content or attachments or form.embeds):
        raise refused(400, 50006, "Cannot send an empty message")
    world = channel.world
    return Message(
        world.ids.next(),
        channel,
        world.bot,
        content,
        embeds=[embed.shape() for embed in form.embeds or []],
        attachments=attachments,
        components=[row.shape() for row in form.components or []],
        flags=flags,
        mentions=pings(
            channel,
            world.bot,
            content,
            form.allowed_mentions or (_USERS if "interaction" in how else EVERYBODY),
            how.get("reply_to"),
        ),
        **how,
    )


def create(channel: "Channel", form: CreateMessage, uploads: Uploads) -> Message:
    """Write into a channel, as a member with permissions. Raises RefusalError."""
    channel.check_writable()
    if form.embeds:
        channel.check(Permission.EMBED_LINKS)
    if uploads:
        channel.check(Permission.ATTACH_FILES)
    if form.tts:
        channel.check(Permission.SEND_TTS_MESSAGES)
    nonce = None if form.nonce is None else str(form.nonce)
    if form.enforce_nonce and nonce is not None:
        for earlier in channel.from_bot:
            if earlier.nonce == nonce:
                return earlier
    answered = _answered(channel, form)
    kind = REPLY if answered else DEFAULT
    message = write(channel, form, uploads, reply_to=answered, nonce=nonce, type=kind)
    channel.archived = False
    return channel.post(message)


def change(message: Message, form: MessageForm, uploads: Uploads) -> None:
    """Edit what the form names, and nothing else. Raises RefusalError."""
    if message.voice:
        raise refused(400, 50162, "Voice messages cannot be edited.")
    if form.marks & ~Flag.SUPPRESS_EMBEDS & ~message.flags:
        raise invalid("flags", "BITFIELD_VALUE_INVALID", "These flags cannot be set")
    given = form.model_fields_set
    attachments = message.attachments
    if form.attachments is not None or uploads:
        attachments = _attach(
            message.channel,
            form.attachments,
            uploads,
            attachments,
            ephemeral=message.ephemeral,
        )
    content = (form.content or "").strip() if "content" in given else message.content
    embeds = message.embeds
    if "embeds" in given:
        embeds = [embed.shape() for embed in form.embeds or []]
    if not (content or attachments or embeds):
        raise refused(400, 50006, "Cannot send an empty message")
    if "components" in given:
        message.components = [row.shape() for row in form.components or []]
    message.attachments, message.embeds = attachments, embeds
    if "content" in given:
        allowed = form.allowed_mentions or (_USERS if message.interaction else EVERYBODY)
        bot, answered = message.channel.world.bot, message.reply_to
        message.mentions = pings(message.channel, bot, content, allowed, answered)
    message.rewrite(content)
    message.touch()


def pings(
    channel: "Channel",
    author: User,
    text: str,
    allowed: AllowedMentions,
    answered: Message | None,
) -> Mentions:
    """Who is pinged by a text: those it names, as far as they may be."""
    guild = channel.guild
    named = mentioned(text, named="@")
    if "users" not in allowed.parse:
        named = [number for number in named if number in allowed.users]
    known = {user.id: user for user in (channel.world.bot, *channel.world.people)}
    users = {known[number]: None for number in named if number in known}
    if answered is not None and allowed.replied_user:
        users[answered.author] = None
    may = bool(channel.permissions(author) & Permission.MENTION_EVERYONE)
    roles = [
        number
        for number in mentioned(text, named="@&")
        if may and guild and number in guild.roles
        if "roles" in allowed.parse or number in allowed.roles
    ]
    loud = may and "everyone" in allowed.parse and ("@everyone" in text or "@here" in text)
    return Mentions(tuple(users), tuple(roles), everyone=loud and guild is not None)


def _answered(channel: "Channel", form: CreateMessage) -> Message | None:
    reference = form.message_reference
    if reference is None:
        return None
    if reference.channel_id not in {None, channel.id}:
        raise invalid(
            "message_reference",
            "MESSAGE_REFERENCE_CHANNEL_MISMATCH",
            "Replies stay in their channel",
        )
    if not channel.permissions(channel.world.bot) & Permission.READ_MESSAGE_HISTORY:
        raise refused(403, 160002, "Cannot reply without permission to read message history")
    message = channel.find(reference.message_id)
    if message is None and reference.fail_if_not_exists:
        raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return message


def _check_voice(channel: "Channel", form: MessageForm, uploads: Uploads) -> None:
    """Apply the rules of voice messages."""
    if not channel.permissions(channel.world.bot) & Permission.SEND_VOICE_MESSAGES:
        raise refused(403, 50173, "You cannot send voice messages in this channel")
    if form.content or form.embeds or form.components:
        raise refused(400, 50159, "Voice messages do not support additional content.")
    described = form.attachments or []
    sound = [upload for upload in uploads.values() if "audio/" in (upload.known_type or "")]
    if len(described) != 1 or len(uploads) != 1 or not sound:
        raise refused(400, 50160, "Voice messages must have a single audio attachment.")
    (only,) = described
    if not only.duration_secs or only.duration_secs < 0 or not _points(only.waveform):
        raise refused(400, 50161, "Voice messages must have supporting metadata.")


def _points(waveform: str | None) -> bool:
    try:
        return 1 <= len(base64.b64decode(waveform or "", validate=True)) <= WAVEFORM_POINTS
    except binascii.Error:
        return False


def _attach(
    channel: "Channel",
    described: Sequence[AttachmentForm] | None,
    uploads: Uploads,
    present: Sequence[Attachment],
    *,
    ephemeral: bool,
) -> list[Attachment]:
    """Keep what is named of the present files, and add the new ones."""
    limit = channel.guild.file_limit if channel.guild else channel.world.file_limit
    if any(len(upload.data) > limit for upload in uploads.values()):
        raise refused(413, 40005, "Request entity too large")
    named = {one.id: one for one in described or []}
    kept = [one for one in present if described is None or one.id in named]
    unmet = named.keys() - uploads.keys() - {one.id for one in present}
    if unmet:
        raise invalid("attachments", "ATTACHMENT_NOT_FOUND", f"No file for {sorted(unmet)}")
    for number, upload in uploads.items():
        facts = named.get(number)
        kept.append(
            channel.world.store(
                channel,
                upload,
                seconds=facts.duration_secs if facts else None,
                waveform=facts.waveform if facts else None,
                description=facts.description if facts else None,
                ephemeral=ephemeral,
            )
        )
    return kept
