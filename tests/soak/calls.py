"""Live calls: people who talk most of the time, and who notice whether the bot is there."""

import asyncio
import time
from dataclasses import dataclass, field, replace

from bot import messages
from tests.discord.server.permissions import Permission
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer
from tests.discord.server.talkers import Faults, Talker
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_people import come_in, go
from tests.discord.server.voice_rtp import SILENCE
from tests.discord.server.voice_session import Session
from tests.soak.captions import SETTLE_S, Minutes, Spoken, Window, is_held
from tests.soak.people import Society
from tests.soak.watching import LOOK_S

BAD_LINE = Faults(loss=0.02, duplicate=0.02, reorder=0.05, jitter_s=0.02)
_NOTICE = messages.say("call.notice", "en")[:20]
_HEARD_AFTER_S = 0.5
"""The notice is written a moment before the first is heard."""
_LAST_WORDS_S = 8.0
"""Who leaves before this does not see their last words."""
_SURE_S = 3.0
"""Who has come back without a word, as to new keys, hears after this."""
_SUMMON_S = 15.0
"""So long people wait for the bot to come by itself."""
_PAUSE_S = 0.3
"""Of silence between two translations that are spoken."""


@dataclass(eq=False)
class LiveCall:
    """One server's call."""

    discord: DiscordServer
    voices: VoiceServer
    society: Society
    title: str
    people: int
    takes_turns: bool
    """Whether one speaks at a time, and lets the bot finish; otherwise all speak at once."""
    spoken: list[Spoken] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    minutes: Minutes = field(default_factory=Minutes)
    summoned: int = 0
    clips: int = 0
    """Translations that were heard in the channel."""
    in_the_clear: int = 0
    """Frames of the bot's that were not encrypted from end to end."""
    guest_leaves: bool = False
    """Set it, and the last of them leaves and comes back: everybody gets new keys."""
    _session: Session | None = None
    _is_new: bool = True
    """The bot has to say that it is listening."""
    _notices: int = 0
    _here_since: float = 0.0
    _last_frame: float = 0.0

    def __post_init__(self) -> None:
        """Open the server, with people in its voice channel."""
        names = [f"Kunigunde {self.title} {number}" for number in range(self.people)]
        everybody = [self.discord.person(name) for name in names]
        owner, *others = everybody
        self.guild = self.discord.guild(self.title, owner=owner, bot=Permission.ADMINISTRATOR)
        self.channel = self.guild.voice("Zwiesprache")
        for person in others:
            self.guild.join(person)
        self.seats: list[Seat] = [person.at(self.channel) for person in everybody]
        self.talkers: list[Talker] = [come_in(seat, self.voices) for seat in self.seats]
        self._turn = asyncio.Lock()

    @property
    def names(self) -> list[str]:
        """What its people are called."""
        return [seat.person.name for seat in self.seats]

    @property
    def session(self) -> Session | None:
        """The bot in the call, as the voice server knows it; ``None`` while it can't hear."""
        call = self.voices.call(self.channel.id)
        session = call.sessions.get(self.discord.bot.id)
        if session is None or session.address is None or session.ended is not None:
            return None
        return session

    @property
    def is_heard(self) -> bool:
        """Whether the bot is here, and can hear."""
        return bool(self.windows) and self.windows[-1].end == float("inf")

    async def run(self) -> None:
        """Talk until enough has been said, and wait for the last captions."""
        beside = [asyncio.create_task(work) for work in (self._look(), self._summon())]
        try:
            async with asyncio.TaskGroup() as talks:
                for number in range(self.people):
                    talks.create_task(self._talk(number))
            await self._settle()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _settle(self) -> None:
        """Wait until there are as many captions as breaths, or no more would come."""
        began = time.monotonic()
        while time.monotonic() < began + SETTLE_S:
            said = sum(is_held(each, self.windows) for each in self.spoken)
            lines = sum(bool(each.name) for each in self.minutes.lines)
            if lines >= said and time.monotonic() > began + _LAST_WORDS_S:
                return
            await asyncio.sleep(0.1)

    async def _talk(self, number: int) -> None:
        society, dice = self.society, self.society.dice
        while not society.budget.is_spent:
            if self.guest_leaves and number == self.people - 1:
                await self._leave_and_come_back()
            elif self.takes_turns:
                async with self._turn:
                    await self._say(number)
                    await asyncio.sleep(dice.uniform(3, 6))
            else:
                await self._say(number)
                await asyncio.sleep(dice.uniform(1.0, 2.0))

    async def _say(self, number: int) -> None:
        society = self.society
        utterance = await society.supply.of(society.supply.script.utterance)
        line = Faults()
        if society.dice.random() < 0.5:
            line = replace(BAD_LINE, seed=society.dice.getrandbits(32))
        name, talker = self.seats[number].person.name, self.talkers[number]
        spoken = Spoken(name, utterance.said, utterance.seconds, time.monotonic())
        self.spoken.append(spoken)
        await talker.say_encoded(utterance.frames, faults=line)
        spoken.ended = time.monotonic()
        if self.is_heard:
            society.budget.calls_s += spoken.seconds

    async def _leave_and_come_back(self) -> None:
        self.guest_leaves = False
        go(self.seats[-1], self.talkers[-1])
        await asyncio.sleep(3)
        self.talkers[-1] = come_in(self.seats[-1], self.voices)
        await asyncio.sleep(3)

    async def _summon(self) -> None:
        """Call the bot when it is online and has not come for a while."""
        missed = 0.0
        while True:
            await asyncio.sleep(1)
            online = any(line.session for line in self.discord.gateway.lines)
            gone = self.guild.call_of(self.discord.bot) is None
            missed = missed + 1 if online and gone else 0.0
            if missed >= (_SUMMON_S if self.summoned else 1):
                missed = 0.0
                self.summoned += 1
                self.seats[0].use("join")

    async def _look(self) -> None:
        """Read what the bot writes, listen to what it says, and note whether it is there."""
        while True:
            written = [each for each in self.channel.from_bot if not each.ephemeral]
            notices = [each for each in written if each.content.startswith(_NOTICE)]
            self.minutes.read(each for each in written if each not in notices)
            self._note_presence(len(notices))
            if self._session is not None:
                self._listen(self._session)
            await asyncio.sleep(LOOK_S)

    def _note_presence(self, notices: int) -> None:
        """Keep the stretches in which the bot hears: it says so when it comes, or comes back."""
        now, session = time.monotonic(), self.session
        if self.guild.call_of(self.discord.bot) is None and not self._is_new:
            self._is_new, self._notices = True, notices
        if session is not self._session:
            self._here_since = now
            if self.is_heard:
                self.windows[-1] = replace(self.windows[-1], end=now)
        self._session = session
        if self.is_heard or session is None:
            return
        told = not self._is_new or notices > self._notices or now - self._here_since > _SURE_S
        group = self.voices.call(self.channel.id).group
        if told and (group is None or group.settled):
            self._is_new = False
            self.windows.append(Window(now + _HEARD_AFTER_S))

    def _listen(self, session: Session) -> None:
        frames = session.ears.frames
        for frame in frames:
            if frame.opus == SILENCE:
                continue
            self.clips += frame.at - self._last_frame > _PAUSE_S
            self.in_the_clear += not frame.encrypted
            self._last_frame = frame.at
        frames.clear()
