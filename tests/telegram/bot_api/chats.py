"""Chats, and what a person does in them."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tests.telegram.bot_api.messages import Message, User, captioned, claimed, written
from tests.telegram.bot_api.ogg import ogg_opus
from tests.telegram.bot_api.refusals import Json, RefusalError, bad_request, forbidden

if TYPE_CHECKING:
    from tests.telegram.bot_api.world import World

Status = Literal["creator", "administrator", "member", "left", "kicked"]

_RIGHTS = """
can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats
can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories
can_edit_stories can_delete_stories
"""


class Action(NamedTuple):
    """What the bot showed itself doing."""

    name: str
    thread: int | None


@dataclass(eq=False)
class Chat:
    """A private chat, a group or a supergroup, with everything that was ever written in it."""

    world: "World" = field(repr=False)
    id: int
    kind: Literal["private", "group", "supergroup"]
    title: str = ""
    person: "Person | None" = None
    """The other side of a private chat."""
    forum: bool = False
    members: dict[int, Status] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list, repr=False)
    """In order; deleted ones stay, and say so."""
    actions: list[Action] = field(default_factory=list, repr=False)
    topics: dict[int, Message] = field(default_factory=dict, repr=False)
    started: bool = False
    """Whether the person has ever written to the bot."""
    blocked: bool = False
    closed: set[int | None] = field(default_factory=set)
    """Topics in which only admins write."""
    forbidden: frozenset[str] = frozenset()
    """Kinds of messages that the group does not let members send, such as ``audio``."""
    voice_forbidden: bool = False
    """Whether voice messages are refused: a person's privacy setting, or a group's permission."""
    migrated_to: int | None = None

    @property
    def from_bot(self) -> list[Message]:
        """What the bot wrote, in order, deleted messages included."""
        return [message for message in self.messages if message.by_bot]

    def shape(self) -> Json:
        """A Chat."""
        if self.person is not None:
            name = {"first_name": self.person.first_name}
            user = {"username": self.person.username} if self.person.username else {}
            return {"id": self.id, "type": "private", **name, **user}
        forum = {"is_forum": True} if self.forum else {}
        return {"id": self.id, "type": self.kind, "title": self.title, **forum}

    def member(self, user: User, status: Status | None = None) -> Json:
        """A ChatMember."""
        status = status or self.members.get(user.id, "left")
        shape: Json = {"status": status, "user": user.shape()}
        if status == "creator":
            shape["is_anonymous"] = False
        if status == "administrator":
            shape |= dict.fromkeys(_RIGHTS.split(), False) | {"can_manage_chat": True}
        if status == "kicked":
            shape["until_date"] = 0
        return shape

    def find(self, message_id: int) -> Message | None:
        """The message under this number, unless it was deleted."""
        known = 0 < message_id <= len(self.messages)
        message = self.messages[message_id - 1] if known else None
        return None if message is None or message.deleted else message

    def post(self, sender: User, content: Json, **frame: Any) -> Message:
        """Put a message into the chat; ``frame`` is the rest of its fields."""
        message = Message(len(self.messages) + 1, self, sender, content, **frame)
        self.messages.append(message)
        self.world.bell.ring()
        return message

    def tell_bot(self, kind: str, message: Message) -> None:
        """Send the update, if the bot may see the message."""
        if self._bot_sees(message):
            self.world.updates.add(kind, message.shape())

    def _bot_sees(self, message: Message) -> bool:
        """Apply privacy mode: commands and replies to the bot; a mere mention does not count."""
        if self.kind == "private":
            return not self.blocked
        status = self.members.get(self.world.bot.id, "left")
        if status not in {"member", "administrator"} or self.migrated_to:
            return False
        if not self.world.privacy or status == "administrator" or message.service:
            return message.sender is not self.world.bot
        if message.reply_to is not None and message.reply_to.by_bot:
            return True
        command = re.match(r"/\w+(?:@(\w+))?", message.text)
        names = {None, self.world.bot.username}
        return command is not None and command[1] in names

    def check_writable(self) -> None:
        """Raise RefusalError where the bot may not write."""
        if self.migrated_to is not None:
            raise RefusalError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to=self.migrated_to,
            )
        if self.kind == "private":
            if self.blocked:
                raise forbidden("bot was blocked by the user")
            if not self.started:
                raise forbidden("bot can't initiate conversation with a user")
            return
        status = self.members.get(self.world.bot.id, "left")
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {self.kind} chat")
        if status == "left":
            raise forbidden(f"bot is not a member of the {self.kind} chat")

    def check_permitted(self, kind: str, thread: int | None) -> None:
        """Raise RefusalError where the bot, as a member, may not send this."""
        if self.members.get(self.world.bot.id) == "administrator":
            return
        if thread in self.closed:
            raise bad_request("TOPIC_CLOSED")
        if kind in self.forbidden:
            words = {"text": "text messages", "voice": "voice notes", "audio": "music"}
            raise bad_request(f"not enough rights to send {words.get(kind, kind)} to the chat")

    def check_voice(self) -> None:
        """Raise RefusalError where voice messages are not wanted."""
        if self.voice_forbidden and self.kind == "private":
            raise bad_request("VOICE_MESSAGES_FORBIDDEN")
        if self.voice_forbidden:
            raise bad_request("not enough rights to send voice notes to the chat")

    def set_member(self, user: User, status: Status, by: User) -> None:
        """Change somebody's place, and tell the bot what bots are told of it."""
        old = self.members.get(user.id, "left")
        change = {
            "chat": self.shape(),
            "from": by.shape(),
            "date": self.world.now(),
            "old_chat_member": self.member(user, old),
            "new_chat_member": self.member(user, status),
        }
        self.members[user.id] = status
        if user is self.world.bot:
            self.world.updates.add("my_chat_member", change)
        elif self.members.get(self.world.bot.id) == "administrator":
            self.world.updates.add("chat_member", change)

    def open_topic(self, name: str, by: User) -> int:
        """Open a forum topic; its thread is numbered like the message that opens it."""
        message = self.post(by, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
        message.thread = message.id
        self.topics[message.id] = message
        self.tell_bot("message", message)
        return message.id

    def upgrade(self) -> "Chat":
        """Become a supergroup, as groups do when their settings change; the old id is dead."""
        new = self.world.open_chat("supergroup", self.title)
        new.members = dict(self.members)
        creator = next(user for user in self.world.people if user.id in self.members)
        self.tell_bot("message", self.post(creator, {"migrate_to_chat_id": new.id}))
        self.migrated_to = new.id
        new.tell_bot("message", new.post(creator, {"migrate_from_chat_id": self.id}))
        return new


@dataclass(eq=False)
class Person(User):
    """Somebody with an app."""

    world: "World" = field(kw_only=True, repr=False)

    def private(self) -> "Seat":
        """The private chat with the bot."""
        chat = self.world.chats.get(self.id)
        return Seat(chat or self.world.open_chat("private", person=self), self)

    def joins(self, chat: Chat, status: Status = "member", *, topic: int | None = None) -> "Seat":
        """Enter a group, or take another place in it."""
        if chat.members.get(self.id) != status:
            chat.set_member(self, status, self)
        return Seat(chat, self, topic)


@dataclass(eq=False)
class Seat:
    """One person's place in one chat."""

    chat: Chat
    person: Person
    topic: int | None = None
    anonymous: bool = False
    """Whether an admin writes in the group's name."""
    _seen: set[tuple[int, int]] = field(default_factory=set, repr=False)

    @property
    def messages(self) -> list[Message]:
        """Everything in the chat, in order."""
        return self.chat.messages

    async def send(self, content: Json, **frame: Any) -> Message:
        """Send any content, as an app or a hostile one would."""
        root = self.chat.topics[self.topic] if self.topic else None
        frame["reply_to"] = frame.get("reply_to") or root
        self.chat.started = True
        message = self.chat.post(
            self.person, content, thread=self.topic, as_chat=self.anonymous, **frame
        )
        self.chat.tell_bot("message", message)
        return message

    async def say(self, text: str, *, reply_to: Message | None = None) -> Message:
        """Write a text; commands, mentions and addresses in it are marked as the apps do."""
        return await self.send(written(text), reply_to=reply_to)

    async def voice(
        self,
        data: bytes,
        *,
        seconds: float | None = None,
        reply_to: Message | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> Message:
        """Send a voice note; what the app claims of it need not be true."""
        known = ogg_opus(data)
        told = seconds if seconds is not None else known.seconds if known else 0
        shape = {"duration": round(told), "mime_type": "audio/ogg"}
        return await self._file("voice", "voice.oga", data, shape, claims, reply_to)

    async def audio(
        self,
        data: bytes,
        name: str,
        mime: str,
        *,
        seconds: float = 0,
        caption: str = "",
        reply_to: Message | None = None,
    ) -> Message:
        """Send an audio file, as music is sent."""
        shape = {"duration": round(seconds), "mime_type": mime, "file_name": name}
        return await self._file("audio", name, data, shape, None, reply_to, caption)

    async def video_note(
        self, data: bytes, *, seconds: float, reply_to: Message | None = None
    ) -> Message:
        """Send a round video."""
        shape = {"duration": round(seconds), "length": 240}
        return await self._file("video_note", "note.mp4", data, shape, None, reply_to)

    async def document(
        self, data: bytes, name: str, mime: str | None, *, caption: str = ""
    ) -> Message:
        """Send a file as a file."""
        claims = {"file_name": name, "mime_type": mime}
        return await self._file("document", name, data, {}, claims, None, caption)

    async def _file(
        self,
        kind: str,
        name: str,
        data: bytes,
        shape: Json,
        claims: Mapping[str, Any] | None,
        reply_to: Message | None,
        caption: str = "",
    ) -> Message:
        stored = self.chat.world.store(kind, name, data)
        media = claimed(stored.shape() | shape, claims or {})
        content = {kind: media} | captioned(caption)
        return await self.send(content, reply_to=reply_to, file=stored)

    async def forward(self, message: Message, *, hidden: bool = False) -> Message:
        """Pass a message on; its author may hide the account."""
        author = message.sender
        origin: Json = {"type": "user", "sender_user": author.shape()}
        if hidden:
            origin = {"type": "hidden_user", "sender_user_name": author.first_name}
        origin["date"] = message.date
        return await self.send(dict(message.content), file=message.file, origin=origin)

    async def block(self) -> None:
        """Block the bot."""
        self.chat.blocked = True
        self.chat.set_member(self.chat.world.bot, "kicked", self.person)

    async def unblock(self) -> None:
        """Let the bot write again."""
        self.chat.blocked = False
        self.chat.set_member(self.chat.world.bot, "member", self.person)

    async def wait_for(
        self,
        *,
        text: str | re.Pattern[str] | None = None,
        kind: str | None = None,
        reply_to: Message | None = None,
        where: Callable[[Message], bool] = lambda _: True,
        timeout: float = 10,  # noqa: ASYNC109 - tests say how long they are willing to wait
    ) -> Message:
        """Return the bot's next message here that fits, new or newly edited.

        A state of a message that an earlier call returned is not returned again. ``text`` is a
        part of the text or caption, or a pattern to search. Raises AssertionError.
        """

        def fits(message: Message) -> bool:
            pattern = re.escape(text) if isinstance(text, str) else text
            return (
                (message.id, message.revision) not in self._seen
                and not message.deleted
                and (self.topic is None or message.thread == self.topic)
                and (pattern is None or re.search(pattern, message.text) is not None)
                and (kind is None or message.kind == kind)
                and (reply_to is None or message.reply_to is reply_to)
                and where(message)
            )

        bell = self.chat.world.bell
        try:
            await bell.until(lambda: any(map(fits, self.chat.from_bot)), timeout)
        except TimeoutError:
            said = [(message.kind, message.text, message.labels) for message in self.chat.from_bot]
            raise AssertionError(f"waited {timeout} s in vain; the bot wrote {said}") from None
        message = next(filter(fits, self.chat.from_bot))
        self._seen.add((message.id, message.revision))
        return message

    async def wait_for_action(self, name: str, timeout: float = 10) -> None:  # noqa: ASYNC109 - as above
        """Wait until the bot has shown itself doing this. Raises TimeoutError."""
        bell = self.chat.world.bell
        await bell.until(lambda: any(a.name == name for a in self.chat.actions), timeout)

    async def quiet(self, seconds: float = 0.3) -> None:
        """Assert that the bot writes, edits and deletes nothing here for a while."""
        before = [(message.id, message.revision) for message in self.chat.from_bot]
        await asyncio.sleep(seconds)
        assert [(message.id, message.revision) for message in self.chat.from_bot] == before
