"""The bodies of requests that write: messages, answers to interactions, and a few changes."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tests.discord.server.components import Components
from tests.discord.server.forms import Form, Snowflake, wrong
from tests.discord.server.messages import Flag

CONTENT_LIMIT = 2000
"""Characters of a message."""
EMBEDS_LIMIT = 6000
"""Characters in all embeds of a message together."""


class EmbedField(Form):
    """A name and a value inside an embed."""

    name: str = Field(min_length=1, max_length=256)
    value: str = Field(min_length=1, max_length=1024)
    inline: bool = False


class EmbedAuthor(Form):
    """The line above an embed's title."""

    name: str = Field(min_length=1, max_length=256)
    url: str | None = None
    icon_url: str | None = None


class EmbedFooter(Form):
    """The line below an embed."""

    text: str = Field(min_length=1, max_length=2048)
    icon_url: str | None = None


class Embed(Form):
    """A box under a message; pictures in it are not served here."""

    title: str | None = Field(None, max_length=256)
    type: str = "rich"
    description: str | None = Field(None, max_length=4096)
    url: str | None = None
    timestamp: str | None = None
    color: int | None = Field(None, ge=0, le=0xFFFFFF)
    footer: EmbedFooter | None = None
    author: EmbedAuthor | None = None
    fields: list[EmbedField] = Field([], max_length=25)
    flags: int = 0

    def size(self) -> int:
        """Characters that count against ``EMBEDS_LIMIT``."""
        texts = [self.title, self.description]
        texts += [self.footer.text if self.footer else None]
        texts += [self.author.name if self.author else None]
        texts += [text for one in self.fields for text in (one.name, one.value)]
        return sum(len(text or "") for text in texts)


class AllowedMentions(Form):
    """Who may be pinged by what a message says."""

    parse: list[Literal["roles", "users", "everyone"]] = Field([])
    users: list[Snowflake] = Field([], max_length=100)
    roles: list[Snowflake] = Field([], max_length=100)
    replied_user: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> "AllowedMentions":
        if ("users" in self.parse and self.users) or ("roles" in self.parse and self.roles):
            raise wrong(
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                "parse and a list of the same kind are mutually exclusive",
            )
        return self


class Reference(Form):
    """Which message is answered."""

    type: Literal[0] = 0
    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: bool = True


class AttachmentForm(Form):
    """A new file, by its number in the request, or one that stays, by its id.

    Of a file that stays, clients repeat what they know of it; nothing of that is taken over.
    """

    id: Snowflake
    filename: str | None = None
    description: str | None = Field(None, max_length=1024)
    duration_secs: float | None = None
    waveform: str | None = None
    url: str | None = None
    proxy_url: str | None = None
    size: int | None = None
    content_type: str | None = None
    spoiler: bool | None = None
    height: int | None = None
    width: int | None = None


class MessageForm(Components):
    """What every message may say; a field that is left out is left alone by an edit."""

    content: str | None = Field(None, max_length=CONTENT_LIMIT)
    embeds: list[Embed] | None = Field(None, max_length=10)
    allowed_mentions: AllowedMentions | None = None
    attachments: list[AttachmentForm] | None = Field(None, max_length=10)
    flags: int | None = None
    tts: bool = False

    @model_validator(mode="after")
    def _fits(self) -> "MessageForm":
        if sum(embed.size() for embed in self.embeds or []) > EMBEDS_LIMIT:
            raise wrong("MAX_EMBED_SIZE_EXCEEDED", f"Embeds exceed {EMBEDS_LIMIT} characters")
        return self

    @property
    def marks(self) -> Flag:
        """Its flags."""
        return Flag(self.flags or 0)


class CreateMessage(MessageForm):
    """Create Message."""

    nonce: Annotated[str, Field(max_length=25)] | int | None = None
    enforce_nonce: bool = False
    message_reference: Reference | None = None
    sticker_ids: list[Snowflake] | None = Field(None, max_length=0)


class Callback(Form):
    """Create Interaction Response."""

    type: Literal[1, 4, 5, 6, 7, 8, 9]
    data: dict[str, Any] | None = None


class Choices(Form):
    """The data of an autocomplete result."""

    choices: list["GivenChoice"] = Field(max_length=25)


class GivenChoice(Form):
    """A suggestion."""

    name: str = Field(min_length=1, max_length=100)
    name_localizations: dict[str, str] | None = None
    value: Annotated[str, Field(max_length=100)] | int | float


class StartThread(Form):
    """Start Thread from Message, Start Thread without Message."""

    name: str = Field(min_length=1, max_length=100)
    auto_archive_duration: Literal[60, 1440, 4320, 10080] | None = None
    rate_limit_per_user: int | None = None
    type: Literal[10, 11, 12] | None = None
    invitable: bool | None = None


class CreateDm(Form):
    """Create DM."""

    recipient_id: Snowflake


class ModifyVoiceState(Form):
    """Modify Current User Voice State."""

    channel_id: Snowflake | None = None
    suppress: bool | None = None
    request_to_speak_timestamp: str | None = None
