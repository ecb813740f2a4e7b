"""How people get a voice of their own: a sample, and a sentence read aloud that consents to it.

Until the sentence was read, the sample is held in memory alone, and not for long.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from bot import messages
from bot.consent import DrawnOutError, Sentences, readable
from bot.desk import BusyError
from pipeline.errors import AudioError, ConsentError, DragomanError, SampleError
from pipeline.studio import Reading
from pipeline.types import Audio, Language, Sound
from storage.types import Chat, Person
from storage.voices import Consent, EnrolledVoice

PATIENCE_S: Final = 900.0
"""How long each step waits for its recording."""
COLLECTING_S: Final = 3_600.0
"""How long a sample may take to be collected."""
_COLLECTED_S: Final = 10.0
"""Of clean speech make a collected sample."""
_TRIES: Final = 5
"""Recordings of one enrolment that may be refused."""
_MOST: Final = 32
"""Enrolments under way at once: each may hold 30 s of sound, which is 3 MB."""

_log = logging.getLogger(__name__)


class Studio(Protocol):
    """Makes voices of recordings: ``pipeline.studio.Studio``.

    Every verb raises AudioError, SampleError, EngineError, ModelError and WorkerError.
    """

    @property
    def languages(self) -> frozenset[Language]:
        """What people's own voices can speak here."""
        ...

    async def sample(self, sound: Sound) -> Audio:
        """Return what of a recording is a sample."""
        ...

    async def speech(self, sound: Sound, least_s: float) -> Audio:
        """Return the clean speech of a recording, which may be several people's."""
        ...

    async def check(self, sample: Audio) -> None:
        """Raise SampleVoicesError if more than one person speaks."""
        ...

    async def reading(
        self, sound: Sound, sentence: str, language: Language, sample: Audio
    ) -> Reading:
        """Hear whether the sentence is read by the person of the sample; raises ConsentError."""
        ...

    async def latents(self, sample: Audio) -> Mapping[str, bytes]:
        """Return what each cloner learns of the voice."""
        ...


class Keeping(Protocol):
    """Where voices are kept: ``storage.Voices``."""

    async def keep(
        self, person: Person, consent: Consent, sample: Audio, latents: Mapping[str, bytes]
    ) -> EnrolledVoice:
        """Keep the person's voice; raises StorageError."""
        ...


@dataclass(eq=False, slots=True)
class Enrolment:
    """One person's, under way."""

    person: Person
    chat: Chat
    language: Language
    """In which consent is to be read."""
    alone: bool
    """Every recording of the person here is meant for it; else only what is attached to the
    command."""
    collects: bool
    """The sample is collected from the person's notes, which are interpreted as ever."""
    terms: str = ""
    """What is still to be told before the person may consent."""
    sample: Audio | None = field(default=None, repr=False)
    sentence: str = ""
    """What is to be read aloud; empty as long as there is no sample."""
    tries: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    timer: asyncio.TimerHandle | None = None


class Enrolments:
    """The enrolments under way, one of a person in a chat; they end by themselves."""

    def __init__(
        self,
        studio: Studio,
        voices: Keeping,
        *,
        patience_s: float = PATIENCE_S,
        collecting_s: float = COLLECTING_S,
        most: int = _MOST,
        sentences: Sentences | None = None,
    ) -> None:
        """Hold at most ``most`` at once, each step for its time."""
        self._studio = studio
        self._voices = voices
        self._patience_s = patience_s
        self._collecting_s = collecting_s
        self._most = most
        self._sentences = sentences or Sentences()
        self._open: dict[tuple[Person, Chat], Enrolment] = {}

    @property
    def languages(self) -> frozenset[Language]:
        """What people's own voices can speak here."""
        return self._studio.languages

    def begin(
        self,
        person: Person,
        chat: Chat,
        language: Language,
        *,
        alone: bool = True,
        collects: bool = False,
        terms: str = "",
    ) -> None:
        """Wait for a sample, in place of what was under way; raises BusyError and DrawnOutError.

        Consent is read in ``language`` where it is one of those that it can be given in. ``terms``
        are told with the sentence to be read, if the person was not told before.
        """
        self._sentences.prove(person)
        self.end(person)
        if len(self._open) >= self._most:
            raise BusyError(reason="house")
        enrolment = Enrolment(person, chat, readable([language]), alone, collects, terms)
        self._open[person, chat] = enrolment
        self._wait(enrolment, self._collecting_s if collects else self._patience_s)

    def under_way(self, person: Person, chat: Chat) -> Enrolment | None:
        """Return the person's enrolment in the chat."""
        return self._open.get((person, chat))

    def end(self, *people: Person) -> bool:
        """Let go of what is under way for these people, anywhere; return whether there was any."""
        found = [each for each in self._open.values() if each.person in people]
        for each in found:
            self._drop(each)
        return bool(found)

    async def take(self, enrolment: Enrolment, sentence: str, sound: Sound, locale: str) -> str:
        """Take a recording that came while ``sentence`` was to be read; return what to say.

        Raises DragomanError for what the person can't mend: the same step then waits on.
        """
        async with enrolment.turn:
            if not self._is_open(enrolment):
                return messages.say("enrol.over", locale)
            if enrolment.sentence != sentence:
                return messages.say("enrol.one", locale)
            try:
                if enrolment.sample is None or not sentence:
                    sample = await self._studio.sample(sound)
                    return self._sampled(enrolment, sample, locale)
                return await self._read(enrolment, enrolment.sample, sound, locale)
            except (AudioError, SampleError, ConsentError) as error:
                return self._refused(enrolment, error, locale)

    async def overhear(self, enrolment: Enrolment, sound: Sound, locale: str) -> str:
        """Add a note's speech to the sample that is collected; return what there is to say.

        What is no clean speech is passed over. Raises EngineError, ModelError and WorkerError.
        """
        async with enrolment.turn:
            if not self._is_open(enrolment) or enrolment.sentence:
                return ""
            try:
                heard = await self._studio.speech(sound, 0.0)
                sample = _joined(enrolment.sample, heard)
                if sample.seconds < _COLLECTED_S:
                    enrolment.sample = sample
                    return ""
                await self._studio.check(sample)
            except (AudioError, SampleError) as error:
                _log.info("note not collected", extra={"code": error.code})
                if error.code == "sample.voices":
                    enrolment.sample = None
                return ""
            return self._sampled(enrolment, sample, locale)

    def _sampled(self, enrolment: Enrolment, sample: Audio, locale: str) -> str:
        if not self._is_open(enrolment):
            return messages.say("enrol.over", locale)
        enrolment.sample = sample
        name = "enrol.collected" if enrolment.collects else "enrol.sampled"
        enrolment.collects = False
        said = messages.say(name, locale, seconds=sample.seconds)
        return "\n\n".join(filter(None, (said, enrolment.terms, self._asked(enrolment, locale))))

    async def _read(self, enrolment: Enrolment, sample: Audio, sound: Sound, locale: str) -> str:
        """Take the sentence that was read, and with it the consent to keep anything at all."""
        reading = await self._studio.reading(sound, enrolment.sentence, enrolment.language, sample)
        latents = await self._studio.latents(sample)
        if not self._is_open(enrolment):
            return messages.say("enrol.over", locale)
        consent = Consent(
            sentence=hashlib.sha256(enrolment.sentence.encode()).hexdigest(),
            language=enrolment.language,
            words=reading.words,
            likeness=reading.likeness,
        )
        voice = await self._voices.keep(enrolment.person, consent, sample, latents)
        self._drop(enrolment)
        _log.info("voice enrolled", extra={"platform": enrolment.person.platform})
        return messages.say("enrol.done", locale, until=messages.date(voice.expires))

    def _refused(self, enrolment: Enrolment, error: DragomanError, locale: str) -> str:
        """Say what is wrong with a recording, and whether another one may follow."""
        why = messages.public(error, locale)
        if not self._is_open(enrolment):
            return why
        enrolment.tries += 1
        if enrolment.tries >= _TRIES:
            self._drop(enrolment)
            return f"{why}\n\n{messages.say('enrol.tries', locale)}"
        if enrolment.sentence:
            return f"{why}\n\n{self._asked(enrolment, locale)}"
        self._wait(enrolment, self._patience_s)
        return why

    def _asked(self, enrolment: Enrolment, locale: str) -> str:
        """Ask for another sentence to be read; if it is one too many, the enrolment is over."""
        try:
            enrolment.sentence = self._sentences.draw(enrolment.person, enrolment.language)
        except DrawnOutError as error:
            self._drop(enrolment)
            return messages.public(error, locale)
        self._wait(enrolment, self._patience_s)
        return messages.say("enrol.read", locale, sentence=enrolment.sentence)

    def _wait(self, enrolment: Enrolment, seconds: float) -> None:
        if enrolment.timer is not None:
            enrolment.timer.cancel()
        loop = asyncio.get_running_loop()
        enrolment.timer = loop.call_later(seconds, self._drop, enrolment)

    def _drop(self, enrolment: Enrolment) -> None:
        if enrolment.timer is not None:
            enrolment.timer.cancel()
        enrolment.sample = None
        if self._is_open(enrolment):
            del self._open[enrolment.person, enrolment.chat]

    def _is_open(self, enrolment: Enrolment) -> bool:
        return self._open.get((enrolment.person, enrolment.chat)) is enrolment


def _joined(before: Audio | None, more: Audio) -> Audio:
    if before is None:
        return more
    return Audio(np.concatenate([before.samples, more.samples]), more.rate)
