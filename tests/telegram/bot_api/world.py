"""Everything the server knows: the bot, the people, the chats, the files."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal

from tests.telegram.bot_api.chats import Chat, Person
from tests.telegram.bot_api.faults import FloodLimits
from tests.telegram.bot_api.messages import Message, StoredFile, User
from tests.telegram.bot_api.refusals import Json, RefusalError, bad_request
from tests.telegram.bot_api.updates import Bell, Updates

DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes a bot may download from Telegram's own server; a local server has no such limit."""
UPLOAD_LIMIT = 50 * 1024 * 1024
"""Bytes a bot may upload."""
_FOLDERS = {
    "voice": "voice",
    "audio": "music",
    "video_note": "video_notes",
    "document": "documents",
}


@dataclass
class Query:
    """A tap on an inline key."""

    id: str
    person: User
    message: Message = field(repr=False)
    data: str
    answer: Json | None = None
    """What the bot answered: ``text``, ``show_alert``."""
    expired: bool = False
    """Set it, and the answer comes too late."""

    async def answered(self, seconds: float = 10) -> Json:
        """Wait for the bot's answer. Raises TimeoutError."""
        await self.message.chat.world.bell.until(lambda: self.answer is not None, seconds)
        return self.answer or {}


@dataclass
class Webhook:
    """Where updates are posted, and how that goes."""

    url: str
    secret: str | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    max_connections: int = 40
    last_error: str | None = None
    last_error_date: int = 0


@dataclass
class World:
    """The state behind the methods."""

    bot: User
    token: str = field(repr=False)
    privacy: bool
    """Whether the bot sees only what is meant for it in groups it does not administer."""
    local: Path | None
    """The folder of a Bot API server of one's own; ``None`` plays Telegram's."""
    limits: FloodLimits | None
    clock: Callable[[], float] = time.time
    bell: Bell = field(default_factory=Bell)
    chats: dict[int, Chat] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    files: dict[str, StoredFile] = field(default_factory=dict)
    exposed: dict[str, StoredFile] = field(default_factory=dict)
    """Files by path, once getFile has told it."""
    queries: dict[str, Query] = field(default_factory=dict)
    menus: dict[tuple[str, int | None, int | None, str], list[Json]] = field(default_factory=dict)
    """Command menus by scope, its chat and user, and language."""
    webhook: Webhook | None = None

    def __post_init__(self) -> None:
        """Open the line of updates."""
        self.updates = Updates(self.bell)

    def now(self) -> int:
        """Unix time, in seconds."""
        return int(self.clock())

    def open_chat(
        self,
        kind: Literal["private", "group", "supergroup"],
        title: str = "",
        person: Person | None = None,
    ) -> Chat:
        """Make a chat, numbered as Telegram numbers its kind."""
        number = len(self.chats) + 1
        ids = {"group": -4_000_000_000 - number, "supergroup": -1_002_000_000_000 - number}
        chat = Chat(self, person.id if person else ids[kind], kind, title, person)
        self.chats[chat.id] = chat
        return chat

    def chat(self, chat_id: int) -> Chat:
        """Find a chat. Raises RefusalError."""
        if chat_id not in self.chats:
            raise bad_request("chat not found")
        return self.chats[chat_id]

    def user(self, user_id: int) -> User:
        """Find an account. Raises RefusalError."""
        for user in (self.bot, *self.people):
            if user.id == user_id:
                return user
        raise bad_request("user not found")

    def store(self, kind: str, name: str, data: bytes) -> StoredFile:
        """Keep bytes under a new ``file_id``."""
        number = len(self.files)
        suffix = PurePath(name).suffix
        stored = StoredFile(
            id=f"AwACAgIAAxkBAAI{number:06d}ZxQ7bKp0nQABHk3dLw{kind}",
            unique_id=f"AgAD{number:08d}",
            path=f"{_FOLDERS[kind]}/file_{number}{suffix}",
            data=data,
        )
        self.files[stored.id] = stored
        return stored

    def exposed_file(self, path: str) -> StoredFile:
        """Find what a download asks for; a local server leaves its files on disk."""
        stored = None if self.local else self.exposed.get(path)
        if stored is None:
            raise RefusalError(404, "Not Found")
        return stored

    def query(self, person: User, message: Message, data: str) -> Query:
        """Send a callback query to the bot."""
        query = Query(f"{4_200_000_000_000 + len(self.queries)}", person, message, data)
        self.queries[query.id] = query
        self.updates.add(
            "callback_query",
            {
                "id": query.id,
                "from": person.shape(),
                "chat_instance": str(message.chat.id * 7919),
                "message": message.shape(),
                "data": data,
            },
        )
        return query
