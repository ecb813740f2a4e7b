"""What a note is for: to be interpreted, or to be the next step of an enrolment."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from bot import messages
from bot.desk import Exchange
from bot.enrolment import Enrolment, Enrolments
from bot.stores import Stores
from bot.types import Reply, VoiceNote
from pipeline.errors import DragomanError, PlatformError, StorageError, WorkerTimeoutError
from pipeline.types import Sound
from storage.notes import DONE

Interpret: TypeAlias = Callable[[VoiceNote, Reply], Exchange]
"""Opens the exchange about what a note means."""

_log = logging.getLogger(__name__)

_SAY_S: Final = 125.0
"""How long a sentence of ours may take to be sent, as when a note is interpreted."""


class Reception:
    """Opens the exchange about each note; the desk sees it through."""

    def __init__(
        self,
        interpret: Interpret,
        enrolments: Enrolments | None,
        stores: Stores,
        timeout_s: Callable[[], float],
    ) -> None:
        """``timeout_s`` says what bounds each step of an enrolment."""
        self._interpret = interpret
        self._enrolments = enrolments
        self._stores = stores
        self._timeout_s = timeout_s

    def open(self, note: VoiceNote, reply: Reply) -> Exchange:
        """Return the exchange about the note."""
        enrolments = self._enrolments
        if enrolments is None or note.live is not None:
            return self._interpret(note, reply)
        enrolment = enrolments.under_way(note.asker, note.address.chat)
        counts = note.enrols or (enrolment is not None and enrolment.alone and not note.asked)
        if not counts:
            return self._interpret(note, reply)
        step = Step(enrolments, enrolment, note, reply, self._stores, self._timeout_s())
        if enrolment is None or not enrolment.collects or note.enrols:
            return step
        if note.speaker != note.asker:
            return self._interpret(note, reply)
        return Overheard(step, note, reply, self._interpret)


class Step:
    """A recording that is the next step of an enrolment; see ``bot.desk.Exchange``."""

    def __init__(
        self,
        enrolments: Enrolments,
        enrolment: Enrolment | None,
        note: VoiceNote,
        reply: Reply,
        stores: Stores,
        timeout_s: float,
    ) -> None:
        self._enrolments = enrolments
        self._enrolment = enrolment
        self._sentence = enrolment.sentence if enrolment is not None else ""
        """What was to be read when the recording came."""
        self._note = note
        self._reply = reply
        self._stores = stores
        self._timeout_s = timeout_s

    async def answer(self) -> None:
        """Do nothing: whoever waits for the cloners needs no turn, and must hold up nobody's."""

    async def afterwards(self) -> None:
        """Take the step and say what comes next."""
        error: DragomanError
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._told(await self._taken())
        except DragomanError as failure:
            error = failure
        except TimeoutError:
            error = WorkerTimeoutError(worker="desk", seconds=self._timeout_s)
        except Exception:  # noqa: BLE001 - a fault nobody has thought of costs this step alone
            _log.exception("enrolment failed")
            error = DragomanError()
        else:
            await self._finish(DONE)
            return
        await self.refuse(error)

    async def overhear(self, sound: Sound) -> None:
        """Collect from a note that was interpreted; that this fails is nobody's trouble."""
        if self._enrolment is None:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                locale = await self._locale()
                said = await self._enrolments.overhear(self._enrolment, sound, locale)
        except (DragomanError, TimeoutError) as error:
            code = error.code if isinstance(error, DragomanError) else "timeout"
            _log.warning("note not collected", extra={"code": code})
            return
        if said:
            await self._told(said)

    async def waiting(self, place: int) -> None:
        """Tell the place in the queue."""
        try:
            await self._reply.waiting(place)
        except PlatformError as error:
            _log.warning("not told", extra={"code": error.code})

    async def refuse(self, error: DragomanError) -> None:
        """Tell why the recording was not taken, and note that."""
        await self._told(messages.public(error, await self._locale()), error.code)
        await self._finish(error.code)

    async def abandon(self, error: DragomanError) -> None:
        """Tell that it was cut off; note nothing if that could not be told."""
        if await self._told(messages.public(error, await self._locale()), error.code):
            await self._finish(error.code)

    async def _taken(self) -> str:
        """Hand the recording on; return what to say."""
        note, locale = self._note, await self._locale()
        if self._enrolment is None:
            return messages.say("enrol.over", locale)
        if note.speaker != note.asker:
            return messages.say("enrol.forwarded", locale)
        await self._reply.working()
        sound = await note.fetch()
        await self._reply.working()
        return await self._enrolments.take(self._enrolment, self._sentence, sound, locale)

    async def _locale(self) -> str:
        try:
            chosen = await self._stores.preferences.of_person(self._note.asker)
        except StorageError:
            return messages.locale_of(self._note.locale)
        return messages.locale_of(chosen.locale or self._note.locale)

    async def _told(self, sentence: str, code: str = DONE) -> bool:
        """Return whether it could be said."""
        try:
            async with asyncio.timeout(_SAY_S):
                await self._reply.apologize(sentence, code)
        except (PlatformError, TimeoutError) as error:
            kind = error.code if isinstance(error, PlatformError) else "timeout"
            _log.warning("not told", extra={"code": kind})
            return False
        return True

    async def _finish(self, outcome: str) -> None:
        note = self._note
        try:
            await self._stores.notes.finish(note.address.chat, note.key, outcome)
        except StorageError as error:
            _log.warning("note not finished in storage", extra={"code": error.code})


class Overheard:
    """A note that is interpreted, and then collected from; see ``bot.desk.Exchange``."""

    def __init__(self, step: Step, note: VoiceNote, reply: Reply, interpret: Interpret) -> None:
        self._step = step
        self._note = note
        self._sound: Sound | None = None
        self._interpreted = interpret(replace(note, fetch=self._fetch), reply)

    async def answer(self) -> None:
        """Interpret the note."""
        await self._interpreted.answer()

    async def afterwards(self) -> None:
        """Let what was heard of it become a part of the sample."""
        await self._interpreted.afterwards()
        sound, self._sound = self._sound, None
        if sound is not None:
            await self._step.overhear(sound)

    async def waiting(self, place: int) -> None:
        """Tell the place in the queue."""
        await self._interpreted.waiting(place)

    async def refuse(self, error: DragomanError) -> None:
        """Tell why there is no answer."""
        await self._interpreted.refuse(error)

    async def abandon(self, error: DragomanError) -> None:
        """Tell that it was cut off."""
        await self._interpreted.abandon(error)

    async def _fetch(self) -> Sound:
        """Bring the sound, and hold it until the note is answered."""
        self._sound = await self._note.fetch()
        return self._sound
