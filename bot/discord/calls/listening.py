"""What the ears make out becomes notes for the desk, speaker by speaker."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.discord.calls.live import LiveReply
from bot.discord.calls.speakers import Said, Speaker
from bot.discord.places import PLATFORM
from bot.types import Address, Intake, Live, VoiceNote
from pipeline.errors import NoSpeechError
from pipeline.segments import Final, SegmentEvent, Utterance
from pipeline.types import Sound, Speech, Transcript, Translation
from storage.types import Chat, Person

_log = logging.getLogger(__name__)

Understood: TypeAlias = tuple[Transcript, Translation]
Keep: TypeAlias = Callable[[int, Utterance, Transcript, Translation], Awaitable[None]]
"""Told of every utterance of an account that was understood. Must not raise."""
Choose: TypeAlias = Callable[[int, str], Awaitable[Live]]
"""What holds for the next utterance of an account, given what it follows. Must not raise."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What holds for every utterance of one call."""

    chat: Chat
    """The voice channel, as a topic of its server."""
    call: str
    """A key of the call."""
    locale: str
    """The server's language."""


class Trial:
    """Somebody wants to see that they are understood: their next utterance is answered to them."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[Understood | str] = asyncio.get_running_loop().create_future()
        """What was heard and meant, or the sentence that says why not."""

    def settle(self, answer: Understood | str) -> None:
        """Give the answer, unless it was given, or nobody waits for it any more."""
        if not self.answer.done():
            self.answer.set_result(answer)


class CallReply:
    """A live reply of which others hear, too: whoever keeps, and whoever tries out the call."""

    def __init__(
        self,
        live: LiveReply,
        keep: Callable[[Transcript, Translation], Awaitable[None]],
        is_heard: Callable[[], bool],
    ) -> None:
        """Pass on nothing of who is not heard any more, having declined meanwhile."""
        self._live = live
        self._keep = keep
        self._is_heard = is_heard
        self.trial: Trial | None = None

    async def settled(self) -> str:
        """Wait for the words; see ``LiveReply.settled``."""
        return await self._live.settled()

    async def working(self) -> None:
        """Show nothing."""

    async def waiting(self, place: int) -> None:
        """Show nothing."""

    async def text(self, heard: Transcript, translation: Translation) -> None:
        """Add the caption, and pass it on."""
        if not self._is_heard():
            await self._live.apologize("", NoSpeechError.code)
            return
        await self._live.text(heard, translation)
        if self.trial is not None:
            self.trial.settle((heard, translation))
        await self._keep(heard, translation)

    async def speech(self, speech: Speech) -> None:
        """Let the mouth say it, when its turn comes."""
        if self._is_heard():
            await self._live.speech(speech)

    async def apologize(self, sentence: str, code: str) -> None:
        """Tell who tries out the call, and perhaps the call."""
        if self.trial is not None:
            self.trial.settle(sentence)
        await self._live.apologize(sentence, code)


class Listening:
    """Brings what people say to the desk; owns a task for each who speaks."""

    def __init__(
        self,
        desk: Intake,
        scene: Scene,
        reply: Callable[[int, Utterance], LiveReply],
        choose: Choose,
        keep: Keep,
        on_overflow: Callable[[], None],
        settle_s: float,
    ) -> None:
        """After ``settle_s`` seconds, an utterance holds up those after it no more."""
        self._desk = desk
        self._scene = scene
        self._reply = reply
        self._choose = choose
        self._keep = keep
        self._on_overflow = on_overflow
        self._settle_s = settle_s
        self._speakers: dict[int, Speaker] = {}
        self._trials: dict[int, Trial] = {}
        self._numbers = itertools.count(1)

    def event(self, account: int, event: SegmentEvent) -> None:
        """Take what the ears made out of an account's voice."""
        if isinstance(event, Final):
            self._speaker(account).say(event.utterance)

    def try_out(self, account: int) -> Trial:
        """Have the account's next utterance answered to it; an older trial of theirs ends."""
        trial = self._trials[account] = Trial()
        trial.answer.add_done_callback(lambda _: self._end(account, trial))
        return trial

    def is_tried_out(self, account: int) -> bool:
        """Say whether the account waits to be answered."""
        trial = self._trials.get(account)
        return trial is not None and not trial.answer.done()

    async def forget(self, account: int) -> None:
        """Let go of what somebody said who has left or declined."""
        speaker = self._speakers.pop(account, None)
        if speaker is not None:
            await speaker.close()

    async def close(self) -> None:
        """Let go of everything that waits."""
        for account in list(self._speakers):
            await self.forget(account)
        for trial in list(self._trials.values()):
            trial.answer.cancel()

    def _end(self, account: int, trial: Trial) -> None:
        if self._trials.get(account) is trial:
            del self._trials[account]

    def _speaker(self, account: int) -> Speaker:
        if account not in self._speakers:

            async def prepare(utterance: Utterance, before: str) -> Said:
                return await self._said(account, utterance, before)

            self._speakers[account] = Speaker(
                self._desk, prepare, self._on_overflow, self._settle_s
            )
        return self._speakers[account]

    async def _said(self, account: int, utterance: Utterance, before: str) -> Said:
        live = await self._choose(account, before)

        async def keep(heard: Transcript, translation: Translation) -> None:
            await self._keep(account, utterance, heard, translation)

        async def fetch() -> Sound:
            return utterance.audio

        speaker = self._speakers.get(account)

        def is_heard() -> bool:
            return speaker is not None and self._speakers.get(account) is speaker

        reply = CallReply(self._reply(account, utterance), keep, is_heard)
        reply.trial = self._trials.get(account)
        person = Person(PLATFORM, str(account))
        note = VoiceNote(
            address=Address(self._scene.chat, f"{self._scene.call}.{next(self._numbers)}"),
            speaker=person,
            asker=person,
            locale=self._scene.locale,
            fetch=fetch,
            seconds=utterance.audio.seconds,
            live=live,
        )
        return Said(note, reply)
