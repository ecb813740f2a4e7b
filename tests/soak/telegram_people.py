"""People on Telegram: alone with the bot, in groups that want everything, and in others."""

import asyncio
import time
from dataclasses import dataclass, field

from tests.soak.ledger import Note
from tests.soak.people import Society
from tests.soak.speech import Recording
from tests.telegram.bot_api.chats import Seat, Status
from tests.telegram.bot_api.messages import Message
from tests.telegram.bot_api.server import BotApi

PLATFORM = "telegram"
_COMMANDS = ("/help", "/status", "/privacy", "/voice", "/glossary", "/mydata")
_ANSWER_S = 60.0


@dataclass(eq=False)
class TelegramPeople:
    """Everybody who uses the bot on Telegram."""

    telegram: BotApi
    society: Society
    alone: list[Seat] = field(default_factory=list)
    active: list[list[Seat]] = field(default_factory=list)
    """Members of groups in which every note is interpreted; the first is their admin."""
    asked: list[list[Seat]] = field(default_factory=list)
    """Members of groups in which somebody has to ask."""

    def meet(self, alone: int, groups: int) -> None:
        """Let so many people be there alone, and so many groups of each kind."""
        for number in range(alone):
            name, language = f"Zoltana{number}", ("en", "vi")[number % 2]
            self.alone.append(self.telegram.person(name, language=language).private())
        for number in range(groups):
            places: tuple[tuple[Status, list[list[Seat]]], ...] = (
                ("administrator", self.active),
                ("member", self.asked),
            )
            for kind, place in places:
                people = [
                    self.telegram.person(f"Wendelin{number}{kind}{each}", language="en")
                    for each in range(3)
                ]
                title = f"Zwetschgenklub{number}"
                chat = self.telegram.supergroup(title, creator=people[0], bot=kind)
                owner, *others = people
                place.append([owner.joins(chat, "creator"), *(each.joins(chat) for each in others)])

    async def settle(self) -> None:
        """Have admins switch the bot on."""
        for admin, *_ in self.active:
            sent = await admin.say("/settings")
            card = await admin.wait_for(reply_to=sent, timeout=_ANSWER_S)
            await (await card.tap(card.labels[0], by=admin.person)).answered(_ANSWER_S)
            await admin.wait_for(text="every voice note", timeout=_ANSWER_S)

    async def run(self) -> None:
        """Let everybody do what they do until enough has been said."""
        async with asyncio.TaskGroup() as lives:
            for seat in self.alone:
                lives.create_task(self._live_alone(seat))
            for members in self.active:
                lives.create_task(self._live_in_group(members))
            for members in self.asked:
                lives.create_task(self._ask_in_group(members))

    async def send(self, seat: Seat, kind: str, recording: Recording) -> Note:
        """Send a recording, which the bot will see as a note."""
        message = await self._sent(seat, recording)
        return self._entered(kind, recording, message)

    async def _sent(self, seat: Seat, recording: Recording) -> Message:
        if not recording.note:
            return await seat.document(recording.data, recording.name, None)
        seconds = recording.claimed_s or recording.seconds
        return await seat.voice(recording.data, seconds=seconds)

    def _entered(self, kind: str, recording: Recording, *messages: Message) -> Note:
        note = Note(PLATFORM, kind, recording.seconds, recording.said, time.monotonic())
        self.society.ledger.sent(note, *messages)
        self.society.handed_in(note)
        return note

    async def _live_alone(self, seat: Seat) -> None:
        society = self.society
        await society.think()
        while not society.budget.is_spent:
            draw = society.dice.random()
            if draw < 0.08 and seat.person.language == "en":
                await self._run_errand(seat)
            elif draw < 0.12:
                burst = [await society.recording() for _ in range(3)]
                await society.patience(*[await self.send(seat, *each) for each in burst])
            else:
                await society.patience(await self.send(seat, *await society.recording()))
            await society.think()

    async def _live_in_group(self, members: list[Seat]) -> None:
        """Take turns, no faster than Telegram lets a bot answer in a group."""
        society, turn = self.society, 0
        while not society.budget.is_spent:
            await society.think()
            kind, recording = await society.recording()
            turn += 1
            seat = members[turn % len(members)]
            await society.patience(
                await self.send(seat, "group" if kind == "note" else kind, recording)
            )
            await asyncio.sleep(5)

    async def _ask_in_group(self, members: list[Seat]) -> None:
        """Let one send a note, and another want to understand it."""
        society, turn = self.society, 0
        while not society.budget.is_spent:
            await society.think()
            recording = await society.supply.of(society.supply.script.note)
            speaker, asker = (members[(turn + each) % len(members)] for each in (0, 1))
            turn += 1
            held = await self._sent(speaker, recording)
            asking = await asker.say("/translate", reply_to=held)
            await society.patience(self._entered("asked", recording, held, asking))
            await asyncio.sleep(5)

    async def _run_errand(self, seat: Seat) -> None:
        """Send a command, and press a button."""
        errands, dice = self.society.errands, self.society.dice
        errands.asked[PLATFORM] += 1
        try:
            if dice.random() < 0.5:
                await seat.say(dice.choice(_COMMANDS))
                await seat.wait_for(where=lambda m: m.reply_to is None, timeout=_ANSWER_S)
            else:
                await seat.say("/language")
                card = await seat.wait_for(text="You speak:", timeout=_ANSWER_S)
                await card.tap("I speak…")
                await seat.wait_for(text="What do you speak?", timeout=_ANSWER_S)
        except AssertionError:
            return
        errands.answered[PLATFORM] += 1
