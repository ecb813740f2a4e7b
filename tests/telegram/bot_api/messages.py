"""A message as everybody in the chat sees it, and what a person can do with it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.telegram.bot_api.entities import found
from tests.telegram.bot_api.refusals import Json

if TYPE_CHECKING:
    from tests.telegram.bot_api.chats import Chat
    from tests.telegram.bot_api.world import Query

KINDS = ("text", "voice", "audio", "video_note", "document")
SERVICE = frozenset({"forum_topic_created", "migrate_to_chat_id", "migrate_from_chat_id"})
"""Contents that the server itself writes."""


@dataclass(eq=False)
class User:
    """An account, of a person or of a bot."""

    id: int
    first_name: str
    is_bot: bool = False
    username: str | None = None
    language: str | None = None
    """The language of the person's app, as an IETF tag; ``None`` when the app does not tell."""

    def shape(self) -> Json:
        """A User."""
        shape: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            shape["username"] = self.username
        if self.language:
            shape["language_code"] = self.language
        return shape


@dataclass(frozen=True)
class StoredFile:
    """Bytes the server keeps."""

    id: str
    unique_id: str
    path: str
    """Where it is downloaded from, once getFile has told."""
    data: bytes = field(repr=False)

    def shape(self) -> Json:
        """What every file says of itself."""
        return {
            "file_id": self.id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.data),
        }


@dataclass(eq=False)
class Message:
    """One message; ``content`` is what its shape carries beyond the frame."""

    id: int
    chat: "Chat" = field(repr=False)
    sender: User
    content: Json
    reply_to: "Message | None" = field(default=None, repr=False)
    thread: int | None = None
    """The forum topic; ``None`` outside topics and in General."""
    markup: Json | None = None
    file: StoredFile | None = None
    origin: Json | None = None
    """Where it was forwarded from."""
    as_chat: bool = False
    """Whether an anonymous admin wrote it."""
    date: int = field(default_factory=lambda: int(time.time()))
    edited: int | None = None
    deleted: bool = False
    history: list[Json] = field(default_factory=list, repr=False)
    """Contents before each edit, oldest first."""
    reactions: dict[int, list[str]] = field(default_factory=dict)
    """Emoji by the account that set them."""
    revision: int = 0
    """Counts every change anybody can see."""

    @property
    def text(self) -> str:
        """Its text, or its caption."""
        return str(self.content.get("text", self.content.get("caption", "")))

    @property
    def entities(self) -> list[Json]:
        """The marks on its text or caption."""
        name = "entities" if "text" in self.content else "caption_entities"
        return list(self.content.get(name, []))

    @property
    def kind(self) -> str:
        """The field that holds its content: ``text``, ``voice``, ...; or ``other``."""
        return next((kind for kind in KINDS if kind in self.content), "other")

    @property
    def service(self) -> bool:
        """Whether the server wrote it, about the chat."""
        return not SERVICE.isdisjoint(self.content)

    @property
    def media(self) -> Json:
        """The shape of its voice, audio, video note or document."""
        shape: Json = self.content[self.kind]
        return shape

    @property
    def data(self) -> bytes:
        """The bytes of its file."""
        if self.file is None:
            raise AssertionError("the message has no file")
        return self.file.data

    @property
    def by_bot(self) -> bool:
        """Whether the bot under test wrote it."""
        return self.sender is self.chat.world.bot

    @property
    def buttons(self) -> list[Json]:
        """Its inline keys, row by row."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    @property
    def labels(self) -> list[str]:
        """The texts on its inline keys."""
        return [button["text"] for button in self.buttons]

    def shape(self, *, inner: bool = False) -> Json:
        """A Message; an inner one does not carry the message it answers in turn."""
        sender = self.sender.shape()
        shape: Json = {
            "message_id": self.id,
            "date": self.date,
            "chat": self.chat.shape(),
            "from": sender,
            **self.content,
        }
        if self.as_chat:
            shape["from"] = {
                "id": 1087968824,
                "is_bot": True,
                "first_name": "Group",
                "username": "GroupAnonymousBot",
            }
            shape["sender_chat"] = self.chat.shape()
        if self.thread is not None:
            shape |= {"message_thread_id": self.thread, "is_topic_message": True}
        if self.reply_to and not self.reply_to.deleted and not inner:
            shape["reply_to_message"] = self.reply_to.shape(inner=True)
        if self.buttons:
            shape["reply_markup"] = self.markup
        if self.edited:
            shape["edit_date"] = self.edited
        if self.origin:
            shape["forward_origin"] = self.origin
        return shape

    def change(self, content: Json, markup: Json | None) -> None:
        """Replace what it says and its keys, and keep what it said."""
        if content != self.content:
            self.history.append(self.content)
            self.edited = int(time.time())
        self.content, self.markup = content, markup
        self.touch()

    def touch(self) -> None:
        """Tell everybody who waits that something has changed."""
        self.revision += 1
        self.chat.world.bell.ring()

    async def tap(self, label: str, by: User | None = None) -> "Query":
        """Press the inline key with this text; in a private chat it is the person who does."""
        for button in self.buttons:
            if button["text"] == label:
                return await self.press(button["callback_data"], by)
        raise AssertionError(f"no key {label!r} among {self.labels}")

    async def press(self, data: str, by: User | None = None) -> "Query":
        """Send any callback data for this message: a hostile app is not bound to its keys."""
        person = by or self.chat.person
        if person is None:
            raise AssertionError("in a group, say who presses: by=")
        return self.chat.world.query(person, self, data)

    async def edit(self, text: str) -> None:
        """Let its author change the text."""
        field_of = "text" if "text" in self.content else "caption"
        entities = "entities" if field_of == "text" else "caption_entities"
        content = {k: v for k, v in self.content.items() if k not in {field_of, entities}}
        self.change(content | _marked(text, field_of, entities), self.markup)
        self.chat.tell_bot("edited_message", self)

    async def delete(self) -> None:
        """Take it away; Telegram tells bots nothing."""
        self.deleted = True
        self.touch()


def _marked(text: str, name: str, entities: str) -> dict[str, Any]:
    marks = found(text)
    return {name: text} | ({entities: marks} if marks else {})


def written(text: str) -> Json:
    """The content of a text message."""
    return _marked(text, "text", "entities")


def captioned(text: str) -> Json:
    """The part of a content that is its caption."""
    return _marked(text, "caption", "caption_entities") if text else {}


def claimed(shape: Json, claims: Mapping[str, Any]) -> Json:
    """A shape with some facts replaced; ``None`` leaves a fact out."""
    return {name: value for name, value in (shape | dict(claims)).items() if value is not None}
