"""The use case: a note becomes text and voice. The only place that knows the order of things."""

import asyncio
import hashlib
import logging
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from bot import messages
from bot.observing import Finished, LogObserver, Observer
from bot.ordering import Orders
from bot.overload import Ladder, Step
from bot.settings import Current, Settings
from bot.stores import Stores
from bot.types import Reply, VoiceNote
from pipeline import languages
from pipeline.errors import (
    DragomanError,
    PlatformError,
    StorageError,
    UnknownLanguageError,
    UnsupportedLanguageError,
    WorkerTimeoutError,
)
from pipeline.pipeline import Event, Heard, Pipeline, Spoken, Translated, Unspoken
from pipeline.types import Doubt, Language, Request, Term, Transcript, Translation, Voice
from storage.notes import DONE
from storage.preferences import PersonPreferences
from storage.types import Person

_log = logging.getLogger(__name__)

_WORKING_EVERY_S: Final = 4.0
"""Telegram shows that somebody types for five seconds."""
_SAY_S: Final = 125.0
"""How long a sentence of ours may take to be sent: a platform may ask for patience first, as
Telegram does for up to two minutes before it is given up."""
_HOTWORDS: Final = 400
"""Characters of terms that recognition is told of: the more, the more it invents."""


class Interpreter:
    """Opens exchanges on one pipeline and one memory."""

    def __init__(
        self,
        pipeline: Pipeline,
        stores: Stores,
        settings: Current,
        working_every_s: float = _WORKING_EVERY_S,
        observer: Observer | None = None,
        orders: Orders | None = None,
        ladder: Ladder | None = None,
    ) -> None:
        self._house = House(
            pipeline,
            stores,
            settings,
            working_every_s,
            observer or LogObserver(),
            orders,
            ladder or Ladder(),
        )
        self._open: weakref.WeakSet[NoteExchange] = weakref.WeakSet()
        """Those that the desk passes over are let go of, and never finished."""

    def open(self, note: VoiceNote, reply: Reply) -> "NoteExchange":
        """Return the exchange about the note."""
        exchange = NoteExchange(self._house, note, reply)
        self._open.add(exchange)
        return exchange

    def oldest_s(self) -> float:
        """Return for how long the oldest note has waited or been worked on; 0 without any."""
        now = time.monotonic()
        ages = (now - each.came for each in self._open if not each.is_over)
        return max(ages, default=0.0)


@dataclass(frozen=True, slots=True)
class House:
    """What every exchange needs."""

    pipeline: Pipeline
    stores: Stores
    current: Current
    working_every_s: float
    observer: Observer
    orders: Orders | None
    """Takes what may be spoken again in its speaker's own voice; ``None`` without own voices."""
    ladder: Ladder
    """Knows how much care there is time for."""

    @property
    def settings(self) -> Settings:
        """Those that hold now."""
        return self.current.now


class NoteExchange:
    """One note and its reply; see ``bot.desk.Exchange``."""

    def __init__(self, house: House, note: VoiceNote, reply: Reply) -> None:
        self._house = house
        self._note = note
        self._reply = reply
        self._heard: Transcript | None = None
        self._translation: Translation | None = None
        self._text_is_out = False
        self._voice_is_due = False
        self._step = Step.CALM
        self._is_muted = False
        self._stages_ms: dict[str, float] = {}
        self._engines: dict[str, str] = {}
        self.came: Final = time.monotonic()
        self._outcome: str | None = None
        self._waited_ms: float | None = None
        self._text_ms: float | None = None
        self._voice_ms: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has been answered, or refused."""
        return self._outcome is not None

    async def answer(self) -> None:
        """Interpret the note; each result is given to the reply as soon as it is there."""
        self._waited_ms = self._age_ms()
        self._step = self._house.ladder.step
        timeout_s = self._house.settings.desk.timeout_s
        error: DragomanError
        try:
            async with (
                asyncio.timeout(timeout_s),
                _repeated(self._reply.working, self._house.working_every_s),
            ):
                await self._interpret()
        except DragomanError as failure:
            error = failure
        except TimeoutError:
            error = WorkerTimeoutError(worker="desk", seconds=timeout_s)
        except Exception:  # noqa: BLE001 - a fault nobody has thought of costs this note alone
            _log.exception("note failed")
            error = DragomanError()
        else:
            await self._finish(DONE)
            await self._order()
            return
        if self._text_is_out:
            await self._end_without_voice(error)
        else:
            await self.refuse(error)

    async def afterwards(self) -> None:
        """Do nothing: all was told."""

    async def waiting(self, place: int) -> None:
        """Tell the place in the queue."""
        await self._told(self._reply.waiting(place))

    async def refuse(self, error: DragomanError) -> None:
        """Tell why there is no answer, and note that."""
        await self._apologize(error)
        await self._finish(_outcome(error))

    async def abandon(self, error: DragomanError) -> None:
        """Tell that the note was cut off; note nothing if that could not be told."""
        if self._outcome is not None:  # only its being noted was cut off
            await self._finish(self._outcome)
        elif self._text_is_out:
            await self._end_without_voice(error)
        elif await self._apologize(error):
            await self._finish(_outcome(error))

    async def _interpret(self) -> None:
        request = await self._request()
        self._voice_is_due = request.voice is not None
        async with aclosing(self._house.pipeline.run(request)) as events:
            async for event in events:
                await self._pass_on(event)

    async def _pass_on(self, event: Event) -> None:
        stages = self._stages_ms
        match event:
            case Heard():
                self._heard = event.transcript
                stages |= {"decode": event.decode_ms, "hear": event.hear_ms}
                self._engines["hear"] = event.transcript.model
            case Translated():
                stages["translate"] = event.translate_ms
                self._engines["translate"] = event.translation.engine
                if self._heard is not None:
                    marked = self._marked(event.translation)
                    await self._reply.text(self._heard, marked)
                    self._text_is_out = True
                    self._text_ms = self._age_ms()
                    self._translation = event.translation
            case Spoken():
                stages["speak"] = event.speak_ms
                self._engines["speak"] = event.speech.engine
                await self._reply.speech(event.speech)
                self._voice_ms = self._age_ms()
                self._voice_is_due = False
            case Unspoken():
                stages["speak"] = event.speak_ms
                await self._say_unspoken(event.error)

    def _marked(self, translation: Translation) -> Translation:
        """Say beside the text what there was no time for."""
        doubts = translation.doubts
        if self._step >= Step.SMALLER:
            doubts = (*doubts, Doubt.HURRIED)
        if self._is_muted and translation.source != translation.target:
            doubts = (*doubts, Doubt.UNSPOKEN)
        return replace(translation, doubts=doubts)

    async def _end_without_voice(self, error: DragomanError) -> None:
        """End a note whose text is out: it is answered, if perhaps not spoken."""
        if self._voice_is_due:
            await self._say_unspoken(error)
        await self._finish(DONE)
        await self._order()

    async def _order(self) -> None:
        """Have the text spoken in the speaker's own voice later, if that may be."""
        orders, translation = self._house.orders, self._translation
        if orders is None or translation is None:
            return
        try:
            await orders.place(self._note, translation, await self._locale())
        except StorageError as error:
            _log.warning("own voice not ordered", extra={"code": error.code})

    async def _request(self) -> Request:
        """Ask what the people have chosen, and fetch the sound."""
        note, stores, settings = self._note, self._house.stores, self._house.settings
        chat = note.address.chat
        asker = await stores.preferences.of_person_in_chat(note.asker, chat)
        speaker = asker
        if note.speaker != note.asker:
            speaker = await stores.preferences.of_person_in_chat(note.speaker, chat)
        terms = await stores.glossary.for_note(note.asker, chat)
        allowed = settings.hearing.allowed if speaker.allowed is None else speaker.allowed
        live = note.live
        wants_voice = asker.quick_voice is not False if live is None else live.spoken
        self._is_muted = wants_voice and self._step >= Step.TEXT_ONLY
        speaks = wants_voice and not self._is_muted
        return Request(
            sound=await note.fetch(),
            targets=self._targets(asker),
            source=speaker.spoken,
            allowed=allowed,
            speaker=_opaque(note.speaker),
            hotwords=_hotwords([each.term for each in terms]),
            terms=tuple(
                Term(each.term, each.translation or each.term, each.target) for each in terms
            ),
            voice=Voice(asker.voice, asker.speed or 1.0) if speaks else None,
            hurried=self._step >= Step.SMALLER,
            voice_into=live.into if live else None,
            follows=live.follows if live else "",
        )

    def _targets(self, asker: PersonPreferences) -> tuple[Language, ...]:
        """Return what to translate into, the first that is not spoken counting.

        The own words become what others get; somebody else's, what the asker understands.
        """
        note = self._note
        wishes = [asker.target, asker.spoken]
        if note.speaker != note.asker:
            wishes = [asker.spoken, _language(asker.locale or note.locale), asker.target]
        chosen = (each for each in wishes if each is not None)
        return tuple(dict.fromkeys((*chosen, *self._house.settings.targets)))

    async def _locale(self) -> str:
        """Return the language to apologize in: the asker's choice, or what the platform says."""
        note = self._note
        try:
            chosen = await self._house.stores.preferences.of_person(note.asker)
        except StorageError:
            return messages.locale_of(note.locale)
        return messages.locale_of(chosen.locale or note.locale)

    async def _apologize(self, error: DragomanError) -> bool:
        sentence = messages.public(error, await self._locale())
        return await self._told(self._reply.apologize(sentence, error.code))

    async def _say_unspoken(self, error: DragomanError) -> None:
        """Say in one short sentence that there is no voice; the text is out."""
        _log.warning("not spoken", extra={"code": error.code})
        unsupported = isinstance(error, UnsupportedLanguageError)
        name = "reply.no_voice" if unsupported else "reply.unspoken"
        sentence = messages.say(name, await self._locale())
        self._voice_is_due = False
        await self._told(self._reply.apologize(sentence, error.code))

    async def _told(self, saying: Awaitable[None]) -> bool:
        """Return whether it could be said: a chat may be gone, or the platform down."""
        try:
            async with asyncio.timeout(_SAY_S):
                await saying
        except (PlatformError, TimeoutError) as error:
            code = error.code if isinstance(error, PlatformError) else "timeout"
            _log.warning("not told", extra={"code": code})
            return False
        except Exception:  # noqa: BLE001 - likewise, this sentence alone
            _log.exception("not told")
            return False
        return True

    def _age_ms(self) -> float:
        return 1000 * (time.monotonic() - self.came)

    async def _finish(self, outcome: str) -> None:
        """Note how it ended, and never what was said."""
        chat = self._note.address.chat
        if self._outcome is None:
            self._outcome = outcome
            self._observe(outcome)
        if self._note.live is not None:
            return
        try:
            await self._house.stores.notes.finish(chat, self._note.key, outcome, self._stages_ms)
        except StorageError as error:
            _log.warning("note not finished in storage", extra={"code": error.code})

    def _observe(self, outcome: str) -> None:
        self._house.observer.finished(
            Finished(
                self._note.address.chat.platform,
                outcome,
                dict(self._stages_ms),
                dict(self._engines),
                live=self._note.live is not None,
                waited_ms=self._waited_ms,
                text_ms=self._text_ms,
                voice_ms=self._voice_ms,
                step=self._step.name.lower(),
            )
        )


@asynccontextmanager
async def _repeated(act: Callable[[], Awaitable[None]], every_s: float) -> AsyncIterator[None]:
    """Do it now and again while the body runs; that it fails changes nothing."""

    async def repeat() -> None:
        while True:
            await act()
            await asyncio.sleep(every_s)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("work not shown", extra={"kind": type(error).__name__})


def _outcome(error: DragomanError) -> str:
    """Return the error's code, with the reason where that is one of ours."""
    reason = error.details.get("reason")
    return f"{error.code}.{reason}" if error.code == "busy" and reason else error.code


def _opaque(person: Person) -> str:
    return hashlib.sha256(f"{person.platform}\0{person.id}".encode()).hexdigest()


def _language(locale: str) -> Language | None:
    try:
        return languages.parse(locale)
    except UnknownLanguageError:
        return None


def _hotwords(terms: list[str]) -> tuple[str, ...]:
    """Return as many of the terms as recognition takes well."""
    room, chosen = _HOTWORDS, []
    for term in dict.fromkeys(terms):
        room -= len(term)
        if room >= 0:
            chosen.append(term)
    return tuple(chosen)
