"""One call: from joining a voice channel to leaving it."""

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import discord

from bot import messages
from bot.calling import CallFacts, Calling, speaks
from bot.discord import places
from bot.discord.calls.captions import Captions
from bot.discord.calls.line import VoiceLine
from bot.discord.calls.listening import Listening, Scene, Trial
from bot.discord.calls.live import Apologies, LiveReply
from bot.discord.calls.mouth import Mouth, MouthLimits
from bot.discord.calls.notices import Notices
from bot.discord.calls.presence import Presence, VocalChannel
from bot.discord.calls.surface import ChannelSurface
from bot.discord.cards import buttons
from bot.discord.ears import opus
from bot.discord.ears.ears import Ears
from bot.discord.ears.stats import CallStats
from bot.discord.ears.watchdog import Judge, Watchdog, WatchLimits
from bot.discord.outbox import Outbox
from bot.discord.places import PLATFORM, Place
from bot.settings import Current, Settings
from bot.stores import Stores
from bot.types import Intake, Live
from pipeline.engines.silero import Silero
from pipeline.errors import CallLostError, StorageError
from pipeline.segments import Segmenter, SegmentEvent, Utterance
from pipeline.specs import SegmentSpec
from pipeline.types import Transcript, Translation
from storage.calls import CallPreferences
from storage.transcripts import KeptCall, Line
from storage.types import Person

Reason: TypeAlias = Literal[
    "asked", "alone", "kicked", "gone", "connection", "permission", "moved", "session", "stopping"
]
"""Why a call is over."""

_LOOK_S: Final = 0.1
"""How often it is looked whether anybody speaks."""
_AGAIN_S: Final = 2.0
"""Until storage that failed is asked again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class House:
    """What every call needs."""

    client: discord.Client
    outbox: Outbox
    desk: Intake
    stores: Stores
    calling: Calling
    current: Current
    silero: Silero
    watch: WatchLimits

    @property
    def settings(self) -> Settings:
        """Those that hold now."""
        return self.current.now


@dataclass(frozen=True, slots=True)
class Came:
    """What has come from one person, in frames."""

    received: int = 0
    opened: int = 0
    """Could be decrypted."""


class Call:
    """A voice channel in which we are; owns the connection, the ears and every task of the call.

    ``over`` is set with the reason when it should be closed: by ``end``, or by itself.
    """

    def __init__(
        self, house: House, channel: VocalChannel, place: int, chosen: CallPreferences
    ) -> None:
        """``place`` is the channel or thread where captions go."""
        loop = asyncio.get_running_loop()
        self.channel = channel
        self.place = place
        self.over: asyncio.Future[Reason] = loop.create_future()
        self.closed = asyncio.Event()
        """It has let go of everything."""
        self.next: VocalChannel | None = None
        """Where it was moved to."""
        self._house = house
        self._chosen = chosen
        self._locale = messages.locale_of(str(channel.guild.preferred_locale))
        self._started, self._began = time.time(), time.monotonic()
        self._presence = Presence()
        self._heard: frozenset[int] = frozenset()
        self._parted: dict[int, float] = {}
        """Who was heard and has gone, and when: what they had said is still brought out."""
        self._saying: frozenset[int] = frozenset()
        """Whose words may be on their way."""
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._alone: asyncio.TimerHandle | None = None
        scene = Scene(places.chat(channel.guild.id, channel.id), secrets.token_hex(8), self._locale)
        self._kept = KeptCall(scene.chat.whole, str(channel.id), scene.call, self._started)
        settings = house.settings
        self._ears = Ears(
            loop,
            segmenter=self._segmenter,
            on_event=self._event,
            admitted=self._admits,
        )
        self.line = VoiceLine(house.client, self._ears, settings.calls.join_timeout_s, self.end)
        self._mouth = Mouth(
            self.line,
            time.monotonic,
            pauses=chosen.pauses,
            limits=MouthLimits(stale_s=settings.calls.stale_s),
        )
        self._captions = Captions(
            ChannelSurface(house.outbox, place), self._locale, lambda _: self.end("permission")
        )
        self._apologies = Apologies(self._captions, self._locale)
        self._notices = Notices(self._send_notice)
        self._listening = Listening(
            house.desk,
            scene,
            reply=self._reply,
            choose=self._choose,
            keep=self._keep,
            on_overflow=self._overflow,
            settle_s=settings.desk.timeout_s,
        )

    async def open(self) -> None:
        """Join, tell everybody, and listen from then on.

        Raises CallRefusedError, PlatformError and StorageError; it is closed then.
        """
        try:
            await asyncio.to_thread(opus.load)
            self._ears.start()
            await self.line.open(self.channel)
            self._presence = await self._look()
            await self._notices.first(self._presence.people)
            await self._refresh()
        except BaseException:
            await self.close()
            raise
        watchdog = Watchdog(
            Judge(self._house.watch),
            lambda: (self._ears.stats(), self.line.facts()),
            rekey=self.line.rekey,
            rejoin=self.line.rejoin,
            tell=self._tell_deaf,
        )
        for work in (self._follow(), watchdog.run(), self._heed_speech()):
            task = asyncio.create_task(work)
            task.add_done_callback(self._report)
            self._tasks.append(task)

    async def close(self) -> None:
        """Leave, write what is left, and let go of everything."""
        try:
            await self._close()
        finally:
            self.closed.set()

    async def _close(self) -> None:
        self.end("asked")
        self._hear_nobody()
        if self._alone is not None:
            self._alone.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._notices.close()
        await self._listening.close()
        await self._mouth.close()
        await self.line.close()
        await self._ears.close()
        await self._captions.close()

    def end(self, reason: Reason) -> None:
        """Have it closed, for this reason unless there was one before."""
        if not self.over.done():
            self.over.set_result(reason)

    def changed(self) -> None:
        """Have it look again at who is there and what holds."""
        self._changed.set()

    def moved(self, channel: VocalChannel) -> None:
        """Know in which channel it is: in another one, nothing holds that was told in this."""
        if channel.id != self.channel.id:
            self.next = channel
            self.end("moved")

    def posted(self, message: discord.Message) -> None:
        """Know that somebody has written something; captions go on below it."""
        ours = self._house.client.user
        if message.channel.id == self.place and ours is not None and message.author.id != ours.id:
            self._captions.interrupted()

    def skip(self) -> bool:
        """End what is being said; return whether there was something."""
        return self._mouth.skip()

    def try_out(self, account: int) -> Trial:
        """Answer the account's next utterance to the person alone."""
        return self._listening.try_out(account)

    def is_heard(self, account: int) -> bool:
        """Say whether the person may be heard."""
        return account in self._heard

    def counted(self) -> CallStats:
        """Return what became of the packets so far."""
        return self._ears.stats()

    def ears_of(self, account: int) -> Came:
        """Return how far the person's voice has come."""
        stats = self._ears.stats().speakers.get(account)
        return Came(stats.received, stats.opened) if stats else Came()

    def facts(self) -> CallFacts:
        """Return how it is doing."""
        speakers = self._ears.stats().speakers.values()
        decoded = sum(each.decoded for each in speakers)
        silent = sum(each.lost + each.unreadable + each.hurried for each in speakers)
        spoken = self._mouth.stats()
        return CallFacts(
            people=len(self._heard),
            share=decoded / (decoded + silent) if decoded + silent else None,
            waiting=spoken.waiting,
            dropped=spoken.stale + spoken.crowded,
            waited_s=self._mouth.waited_s(),
        )

    def _event(self, account: int, event: SegmentEvent) -> None:
        # The ears may have sent it a moment before they knew that the person is not heard.
        if self._admits(account):
            self._listening.event(account, event)

    def _admits(self, account: int) -> bool:
        return account in self._heard or account in self._parted

    def _segmenter(self) -> Segmenter:
        calls = self._house.settings.calls
        spec = SegmentSpec(
            threshold=self._house.settings.hearing.vad.threshold,
            provisional_ms=calls.provisional_ms,
            end_silence_ms=calls.end_silence_ms,
            longest_s=calls.longest_s,
        )
        return Segmenter(spec, self._house.silero.stream())

    async def _follow(self) -> None:
        """Look again whenever something has changed."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._refresh()
            except StorageError as error:
                # Who has declined can't be known: nobody is heard until it can.
                self._hear_nobody()
                _log.warning("a call is deaf without storage", extra={"code": error.code})
                await asyncio.sleep(_AGAIN_S)
                self._changed.set()

    async def _heed_speech(self) -> None:
        """Let the mouth know when people speak, so that it waits."""
        spoke = False
        while True:
            await asyncio.sleep(_LOOK_S)
            speaks_ = self._ears.anybody_speaks()
            if speaks_ is not spoke:
                self._mouth.people_speaking(speaks_)
                spoke = speaks_

    def _hear_nobody(self) -> None:
        self._heard, self._parted = frozenset(), {}

    async def _look(self) -> Presence:
        house, saying = self._house, self._saying
        most = house.settings.calls.speakers
        return await Presence.of(self.channel, house.stores.preferences, most, saying)

    async def _refresh(self) -> None:
        """Apply what holds now."""
        kept, chosen = self._chosen.keeps, await self._house.stores.calls.of(self._kept.chat)
        # Only once nothing can fail any more: what has changed must not be passed over.
        self._presence, self._chosen = await self._look(), chosen
        parted, saying = self._part(self._presence.parted), self._presence.heard
        if self._chosen.keeps and not kept:
            self._notices.forget()
            parted, saying = {}, frozenset()
        self._notices.now(self._presence.people)
        self._parted, self._heard = parted, self._presence.heard & self._notices.told()
        self._mouth.pauses = self._chosen.pauses
        before, self._saying = self._saying, saying.union(parted)
        for account in before - self._saying:
            await self._listening.forget(account)
            self._mouth.forget(str(account))
        self._wait_alone()

    def _part(self, parted: frozenset[int]) -> dict[int, float]:
        """Return when those have gone who were heard, and may still have words on their way."""
        now, settle_s = time.monotonic(), self._house.settings.desk.timeout_s
        gone_at = dict.fromkeys(self._heard, now) | self._parted
        known = gone_at.keys() & parted
        return {each: gone_at[each] for each in known if now < gone_at[each] + settle_s}

    def _wait_alone(self) -> None:
        """Leave an empty channel after a while."""
        if self._presence.people and self._alone is not None:
            self._alone.cancel()
            self._alone = None
        elif not self._presence.people and self._alone is None:
            loop, alone_s = asyncio.get_running_loop(), self._house.settings.calls.alone_s
            self._alone = loop.call_later(alone_s, self.end, "alone")

    async def _tell_deaf(self) -> None:
        """Say that it can't hear, and can do nothing about it; without a connection, it is over."""
        if self.line.is_connected():
            self._captions.notice(messages.sentence(CallLostError(reason="deaf"), self._locale))
        else:
            self.end("connection")

    async def _send_notice(self) -> None:
        card = self._house.calling.notice(self._chosen, self._locale)
        view = buttons(card, self._locale)
        await self._house.outbox.text(Place(self.place), card.text, silent=True, view=view)
        self._captions.interrupted()
        self.changed()

    async def _choose(self, account: int, before: str) -> Live:
        chosen = self._chosen
        if self._listening.is_tried_out(account):
            return Live(spoken=True, follows=before)
        return Live(spoken=speaks(chosen), into=chosen.into, follows=before)

    def _reply(self, account: int, utterance: Utterance) -> LiveReply:
        return LiveReply(
            str(account),
            self._name(account),
            utterance.end,
            self._captions,
            self._mouth,
            self._apologies,
        )

    def _name(self, account: int) -> str:
        member = self.channel.guild.get_member(account)
        return member.display_name if member else messages.say("call.somebody", self._locale)

    async def _keep(
        self, account: int, utterance: Utterance, heard: Transcript, translation: Translation
    ) -> None:
        """Keep the line where the server wants that."""
        if not self._chosen.keeps:
            return
        start = max(0.0, utterance.start - self._began)
        line = Line(
            start,
            max(start, utterance.end - self._began),
            Person(PLATFORM, str(account)),
            self._name(account),
            heard.language,
            heard.text,
            translation.target,
            translation.text,
        )
        try:
            await self._house.stores.transcripts.add(self._kept, line)
        except StorageError as error:
            _log.warning("a line is not kept", extra={"code": error.code})

    def _overflow(self) -> None:
        sentence = messages.say("call.missed", self._locale)
        self._apologies.tell(sentence, "busy.call", text_is_out=False)

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a call can't go on", exc_info=error)
            self.end("connection")
