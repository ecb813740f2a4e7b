"""What each method may be asked: names, types and bounds as the Bot API 10.0 documents them.

Telegram ignores a parameter it does not know. This server refuses it: a misspelled parameter is a
bug in the bot.
"""

import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from tests.telegram.bot_api.refusals import bad_request

Model = TypeVar("Model", bound="Parameters")
T = TypeVar("T")


def _decoded(value: object) -> object:
    """Objects and lists travel as JSON text in forms, and as themselves in JSON bodies."""
    return json.loads(value) if isinstance(value, str) else value


Encoded: TypeAlias = Annotated[T, BeforeValidator(_decoded)]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a multipart request."""

    name: str
    mime: str
    data: bytes = field(repr=False)


File: TypeAlias = Upload | str
"""New bytes, or the ``file_id`` of a file the server already has."""


class Parameters(BaseModel):
    """One request; a field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Entity(Parameters):
    """A stretch of formatted text, in UTF-16 code units."""

    type: str
    offset: int = Field(ge=0)
    length: int = Field(gt=0)
    url: str | None = None
    user: dict[str, Any] | None = None
    language: str | None = None
    custom_emoji_id: str | None = None


class Button(Parameters):
    """A key of an inline keyboard: a text and exactly one action."""

    text: str = Field(min_length=1)
    callback_data: str | None = None
    url: str | None = None
    switch_inline_query: str | None = None
    switch_inline_query_current_chat: str | None = None
    copy_text: dict[str, str] | None = None
    style: Literal["danger", "success", "primary"] | None = None

    @model_validator(mode="after")
    def _one_action(self) -> "Button":
        data = self.callback_data
        actions = self.model_dump(exclude={"text", "style"}, exclude_none=True)
        if not actions:
            raise bad_request(
                "can't parse inline keyboard button: "
                "Text buttons are unallowed in the inline keyboard"
            )
        if len(actions) > 1 or (data is not None and not 1 <= len(data.encode()) <= 64):
            raise bad_request("BUTTON_DATA_INVALID")
        return self


class InlineKeyboard(Parameters):
    """Keys under a message; an empty one takes them away."""

    inline_keyboard: list[list[Button]]

    @field_validator("inline_keyboard")
    @classmethod
    def _few_enough(cls, rows: list[list[Button]]) -> list[list[Button]]:
        if sum(len(row) for row in rows) > 100 or any(len(row) > 8 for row in rows):
            raise bad_request("REPLY_MARKUP_TOO_LONG")
        return rows


class ForceReply(Parameters):
    """Opens the person's reply field."""

    force_reply: Literal[True]
    input_field_placeholder: str | None = Field(None, min_length=1, max_length=64)
    selective: bool = False


class RemoveKeyboard(Parameters):
    """Takes the custom keyboard away."""

    remove_keyboard: Literal[True]
    selective: bool = False


Markup: TypeAlias = InlineKeyboard | ForceReply | RemoveKeyboard


class ReplyParameters(Parameters):
    """Which message is answered."""

    message_id: int
    chat_id: int | None = None
    allow_sending_without_reply: bool = False
    quote: str | None = None
    quote_position: int | None = None


class Send(Parameters):
    """What every message may carry."""

    chat_id: int
    message_thread_id: int | None = None
    reply_parameters: Encoded[ReplyParameters | None] = None
    reply_markup: Encoded[Markup | None] = None
    disable_notification: bool = False
    protect_content: bool = False
    allow_paid_broadcast: bool = False
    message_effect_id: str | None = None


class SendMessage(Send):
    """sendMessage."""

    text: str = ""
    parse_mode: str | None = None
    entities: Encoded[list[Entity] | None] = None
    link_preview_options: Encoded[dict[str, Any] | None] = None


class SendFile(Send):
    """What every message with a file may carry."""

    caption: str = ""
    parse_mode: str | None = None
    caption_entities: Encoded[list[Entity] | None] = None


class SendVoice(SendFile):
    """sendVoice."""

    voice: File
    duration: int = Field(0, ge=0)


class SendAudio(SendFile):
    """sendAudio."""

    audio: File
    duration: int = Field(0, ge=0)
    performer: str | None = None
    title: str | None = None
    thumbnail: Upload | None = None


class SendDocument(SendFile):
    """sendDocument."""

    document: File
    disable_content_type_detection: bool = False
    thumbnail: Upload | None = None


class SendChatAction(Parameters):
    """sendChatAction."""

    chat_id: int
    action: str
    message_thread_id: int | None = None


class Existing(Parameters):
    """A message that is already there."""

    chat_id: int
    message_id: int


class EditMessageText(Existing):
    """editMessageText."""

    text: str = ""
    parse_mode: str | None = None
    entities: Encoded[list[Entity] | None] = None
    link_preview_options: Encoded[dict[str, Any] | None] = None
    reply_markup: Encoded[InlineKeyboard | None] = None


class EditMessageCaption(Existing):
    """editMessageCaption."""

    caption: str = ""
    parse_mode: str | None = None
    caption_entities: Encoded[list[Entity] | None] = None
    show_caption_above_media: bool = False
    reply_markup: Encoded[InlineKeyboard | None] = None


class EditMessageReplyMarkup(Existing):
    """editMessageReplyMarkup."""

    reply_markup: Encoded[InlineKeyboard | None] = None


class Reaction(Parameters):
    """One emoji under a message."""

    type: Literal["emoji"]
    emoji: str


class SetMessageReaction(Existing):
    """setMessageReaction; bots may set one."""

    reaction: Encoded[list[Reaction]] = Field([], max_length=1)
    is_big: bool = False


class AnswerCallbackQuery(Parameters):
    """answerCallbackQuery."""

    callback_query_id: str
    text: str = Field("", max_length=200)
    show_alert: bool = False
    url: str | None = None
    cache_time: int = Field(0, ge=0)


class Command(Parameters):
    """An entry of the command menu."""

    command: str
    description: str


class Scope(Parameters):
    """Who sees a command menu."""

    type: Literal[
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    ] = "default"
    chat_id: int | None = None
    user_id: int | None = None


class CommandMenu(Parameters):
    """getMyCommands, deleteMyCommands."""

    scope: Encoded[Scope] = Scope()
    language_code: str = Field("", pattern=r"^([a-z]{2})?$")


class SetMyCommands(CommandMenu):
    """setMyCommands."""

    commands: Encoded[list[Command]]


class OneChat(Parameters):
    """getChat, getChatAdministrators, leaveChat."""

    chat_id: int


class OneMember(OneChat):
    """getChatMember."""

    user_id: int


class GetFile(Parameters):
    """getFile."""

    file_id: str


class GetUpdates(Parameters):
    """getUpdates; ``timeout`` in seconds."""

    offset: int = 0
    limit: int = Field(100, ge=1, le=100)
    timeout: float = Field(0, ge=0)
    allowed_updates: Encoded[list[str] | None] = None


class SetWebhook(Parameters):
    """setWebhook."""

    url: str
    certificate: Upload | None = None
    ip_address: str | None = None
    max_connections: int = Field(40, ge=1, le=100)
    allowed_updates: Encoded[list[str] | None] = None
    drop_pending_updates: bool = False
    secret_token: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,256}$", repr=False)


class DeleteWebhook(Parameters):
    """deleteWebhook."""

    drop_pending_updates: bool = False


class Nothing(Parameters):
    """A method without parameters."""


def read(model: type[Model], given: dict[str, Any]) -> Model:
    """Check a request. Raises RefusalError."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
            raise bad_request(f"unknown parameter {name}") from None
        raise bad_request(f"wrong parameter {name} in request: {first['msg']}") from None
    except json.JSONDecodeError:
        raise bad_request("can't parse JSON object") from None
