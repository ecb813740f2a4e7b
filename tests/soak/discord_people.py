"""People on Discord: in direct conversations, and in channels of servers, by reply and by menu."""

import asyncio
import time
from collections.abc import Hashable
from dataclasses import dataclass, field

from tests.discord.server.messages import Message
from tests.discord.server.permissions import Permission
from tests.discord.server.posting import Upload
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer
from tests.soak.ledger import Note
from tests.soak.people import Society
from tests.soak.speech import Recording
from tests.soak.watching import Watching

PLATFORM = "discord"
_COMMANDS = ("help", "status", "privacy", "voice answers", "glossary", "mydata")
_ANSWER_S = 30.0


@dataclass(eq=False)
class DiscordPeople:
    """Everybody who uses the bot on Discord, calls excepted."""

    discord: DiscordServer
    society: Society
    watching: Watching
    alone: list[Seat] = field(default_factory=list)
    active: list[list[Seat]] = field(default_factory=list)
    """Members at channels in which every note is interpreted; the first owns the server."""
    asked: list[list[Seat]] = field(default_factory=list)
    """Members at channels in which somebody has to ask."""

    def meet(self, alone: int, servers: int) -> None:
        """Let so many people be there alone, and so many servers."""
        town = self.discord.guild(
            "Zuckerberghausen",
            owner=self.discord.person("Yoshimitsu"),
            bot=Permission.ADMINISTRATOR,
        )
        for number in range(alone):
            person = self.discord.person(f"Quirinus{number}")
            town.join(person)
            self.alone.append(person.private())
        for number in range(servers):
            people = [self.discord.person(f"Xanthippe{number}{each}") for each in "abc"]
            name = f"Xylophonbund{number}"
            guild = self.discord.guild(name, owner=people[0], bot=Permission.ADMINISTRATOR)
            for person in people[1:]:
                guild.join(person)
            for name, place in (("every", self.active), ("some", self.asked)):
                channel = guild.text(name)
                place.append([person.at(channel) for person in people])

    async def settle(self) -> None:
        """Have owners switch the bot on."""
        for owner, *_ in self.active:
            card = await owner.use("settings").wait_for(timeout=_ANSWER_S)
            pressed = owner.press(card, "Interpret every note")
            await pressed.wait_for(text="every voice note", timeout=_ANSWER_S)

    async def run(self) -> None:
        """Let everybody do what they do until enough has been said."""
        async with asyncio.TaskGroup() as lives:
            for seat in self.alone:
                lives.create_task(self._live_alone(seat))
            for members in self.active:
                lives.create_task(self._live_in_server(members))
            for members in self.asked:
                lives.create_task(self._ask_in_server(members))

    async def online(self) -> None:
        """Wait until the bot is shown as online, which people see: it is told of nothing else."""
        gateway = self.discord.gateway
        while not any(line.session and not line.frozen for line in gateway.lines):  # noqa: ASYNC110 - people look now and then
            await asyncio.sleep(0.2)

    async def send(self, seat: Seat, kind: str, recording: Recording) -> Note:
        """Send a recording, which the bot will see as a note."""
        await self.online()
        return self._entered(kind, recording, self._sent(seat, recording))

    def _sent(self, seat: Seat, recording: Recording) -> Message:
        if not recording.note:
            return seat.send(Upload(recording.name, None, recording.data))
        seconds = recording.claimed_s or recording.seconds
        return seat.voice(recording.data, seconds=seconds)

    def _entered(self, kind: str, recording: Recording, *messages: Hashable) -> Note:
        note = Note(PLATFORM, kind, recording.seconds, recording.said, time.monotonic())
        self.society.ledger.sent(note, *messages)
        self.society.handed_in(note)
        return note

    async def _live_alone(self, seat: Seat) -> None:
        society = self.society
        await society.think()
        while not society.budget.is_spent:
            draw = society.dice.random()
            if draw < 0.08:
                await self._run_errand(seat)
            elif draw < 0.12:
                burst = [await society.recording() for _ in range(3)]
                await society.patience(*[await self.send(seat, *each) for each in burst])
            else:
                await society.patience(await self.send(seat, *await society.recording()))
            await society.think()

    async def _live_in_server(self, members: list[Seat]) -> None:
        society, turn = self.society, 0
        while not society.budget.is_spent:
            await society.think()
            kind, recording = await society.recording()
            turn += 1
            seat = members[turn % len(members)]
            kind = "server" if kind == "note" else kind
            await society.patience(await self.send(seat, kind, recording))

    async def _ask_in_server(self, members: list[Seat]) -> None:
        """Let one send a note, and another want to understand it, by a word or from the menu."""
        society, turn = self.society, 0
        while not society.budget.is_spent:
            await society.think()
            recording = await society.supply.of(society.supply.script.note)
            speaker, asker = (members[(turn + each) % len(members)] for each in (0, 1))
            turn += 1
            await self.online()
            held = self._sent(speaker, recording)
            if turn % 2:
                asking = asker.say("translate", reply_to=held)
                note = self._entered("asked", recording, held, asking)
            else:
                note = self._entered("menu", recording, held)
                self.watching.menus[note] = asker.choose("Translate", held)
            await society.patience(note)

    async def _run_errand(self, seat: Seat) -> None:
        """Use a command, and press a button."""
        errands, dice = self.society.errands, self.society.dice
        await self.online()
        errands.asked[PLATFORM] += 1
        try:
            if dice.random() < 0.5:
                await seat.use(dice.choice(_COMMANDS)).wait_for(timeout=_ANSWER_S)
            else:
                card = await seat.use("language").wait_for(timeout=_ANSWER_S)
                pressed = seat.press(card, "I speak…")
                await pressed.wait_for(text="What do you speak?", timeout=_ANSWER_S)
        except AssertionError:
            return
        errands.answered[PLATFORM] += 1
