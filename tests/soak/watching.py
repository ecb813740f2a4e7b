"""What people see on both platforms, written into the ledger as it appears."""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field

from tests.discord.server import messages as discord_messages
from tests.discord.server.channels import Channel, Kind
from tests.discord.server.interactions import Interaction
from tests.discord.server.server import DiscordServer
from tests.soak.ledger import Ledger, Note, Seen
from tests.soak.sentences import Meaning, meaning
from tests.telegram.bot_api import messages as telegram_messages
from tests.telegram.bot_api.faults import Drop
from tests.telegram.bot_api.server import BotApi, Call

LOOK_S = 0.02
"""Between two looks: so exact are the times at which something is seen."""
_MARKUP = re.compile(r"^(?:-# |> )", re.MULTILINE)


def plain(content: str) -> str:
    """Return what people read of Discord's markup, as far as the bot uses it."""
    return _MARKUP.sub("", content).replace("\\", "").replace("@\u200b", "@")


@dataclass(eq=False)
class Watching:
    """Looks at both platforms, and never at the bot."""

    ledger: Ledger
    telegram: BotApi
    discord: DiscordServer
    menus: dict[Note, Interaction] = field(default_factory=dict)
    """Notes that were asked for from a menu: their answers stand under the command."""
    _read: Counter[Hashable] = field(default_factory=Counter)
    """How many messages of a place were looked at."""
    _menus_read: dict[Note, set[tuple[int, str]]] = field(default_factory=lambda: defaultdict(set))
    _calls_read: int = 0
    _dropped: list[Call] = field(default_factory=list)
    """Requests to Telegram that took effect, and that nobody was told of."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Take in what has come since the last look."""
        self._look_for_drops()
        for chat in self.telegram.world.chats.values():
            for message in chat.messages[self._read[chat.id] :]:
                self._read[chat.id] += 1
                if message.by_bot and message.reply_to is not None:
                    self.ledger.see(message.reply_to, self._seen_on_telegram(message))
        for channel in list(self.discord.world.channels.values()):
            for written in channel.messages[self._read[channel.id] :]:
                self._read[channel.id] += 1
                if written.by_bot and written.interaction is None:
                    self._see_on_discord(channel, written)
        for note, interaction in self.menus.items():
            self._look_below(note, interaction)

    def _look_for_drops(self) -> None:
        calls = self.telegram.calls
        for call in calls[self._calls_read :]:
            if call.fault == Drop(processed=True) and call.method.startswith("send"):
                self._dropped.append(call)
        self._calls_read = len(calls)

    def _seen_on_telegram(self, message: telegram_messages.Message) -> Seen:
        number = message.chat.id, message.id
        unknowable = any(
            (call.result["chat"]["id"], call.result["message_id"]) == number
            for call in self._dropped
            if isinstance(call.result, dict)
        )
        if message.kind == "text":
            return _text(message.text, unknowable=unknowable)
        return Seen(time.monotonic(), Meaning.VOICE, unknowable=unknowable)

    def _see_on_discord(self, channel: Channel, message: discord_messages.Message) -> None:
        seen = _seen_on_discord(message)
        if message.reply_to is not None:
            self.ledger.see(message.reply_to, seen)
        elif seen.meaning is Meaning.REFUSED and channel.kind == Kind.TEXT:
            # After a restart, there is no message to reply to for a note asked for from a menu.
            waiting = (n for n, i in self.menus.items() if i.channel is channel and not n.seen)
            note = next(waiting, None)
            if note is not None:
                note.see(seen)

    def _look_below(self, note: Note, interaction: Interaction) -> None:
        for message in interaction.in_sight:
            state = message.id, message.content
            if not message.thinking and state not in self._menus_read[note]:
                self._menus_read[note].add(state)
                note.see(_seen_on_discord(message))


def _text(text: str, *, unknowable: bool = False) -> Seen:
    return Seen(time.monotonic(), meaning(text), text, unknowable)


def _seen_on_discord(message: discord_messages.Message) -> Seen:
    if message.voice or message.attachments:
        return Seen(time.monotonic(), Meaning.VOICE)
    return _text(plain(message.content))
