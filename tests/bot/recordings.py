"""A studio without engines: its recordings say in so many words what is to be heard in them."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline import enrolling, verifying
from pipeline.errors import (
    ConsentVoiceError,
    ConsentWordsError,
    DragomanError,
    SampleNoisyError,
    SampleTooShortError,
    SampleVoicesError,
    UnreadableAudioError,
)
from pipeline.studio import RATE, Reading
from pipeline.types import Audio, Language, Sound, Transcript

MODEL = "xtts-v2"
EN, VI, FR = Language("en"), Language("vi"), Language("fr")


def recording(
    voice: str = "Mai", text: str = "Good night.", seconds: float = 12.0, *, noisy: bool = False
) -> bytes:
    """Return a recording of somebody who says something; two voices are joined by a plus."""
    about = {"voice": voice, "text": text, "seconds": seconds, "noisy": noisy}
    return json.dumps(about).encode()


class PaperStudio:
    """See ``bot.enrolment.Studio``: decisions are the real ones, sounds are not."""

    def __init__(self, *languages: Language) -> None:
        self.languages = frozenset(languages or (EN, FR))
        self.failure: DragomanError | None = None
        self.gate: asyncio.Event | None = None
        """Latents wait for it."""
        self.reached = asyncio.Event()
        self.people: list[str] = []
        """Whose voices are known, by the level at which their samples lie."""

    async def sample(self, sound: Sound) -> Audio:
        found = await self.speech(sound, 6.0)
        await self.check(found)
        return found

    async def speech(self, sound: Sound, least_s: float) -> Audio:
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        about = self._about(sound)
        if about["seconds"] < least_s:
            raise SampleTooShortError(seconds=about["seconds"], limit=least_s)
        if about["noisy"]:
            raise SampleNoisyError(ratio=3, limit=15)
        whole = round(RATE * about["seconds"])
        parts = about["voice"].split("+")
        levels = [np.full(whole // len(parts), self._level(part), np.float32) for part in parts]
        return Audio(np.concatenate(levels), RATE)

    async def check(self, sample: Audio) -> None:
        if len(np.unique(sample.samples)) > 1:
            raise SampleVoicesError

    async def reading(
        self, sound: Sound, sentence: str, language: Language, sample: Audio
    ) -> Reading:
        about = self._about(sound)
        transcript = Transcript(about["text"], language, 1.0, (), about["seconds"], "paper")
        if not enrolling.consent(sentence, transcript):
            raise ConsentWordsError
        if self._level(about["voice"]) != sample.samples[0]:
            raise ConsentVoiceError
        return Reading(verifying.says(sentence, transcript), 0.9)

    async def latents(self, sample: Audio) -> Mapping[str, bytes]:
        self.reached.set()
        if self.gate is not None:
            await self.gate.wait()
        return {MODEL: b"latents of " + self.people[round(100 * sample.samples[0])].encode()}

    def _level(self, voice: str) -> np.float32:
        if voice not in self.people:
            self.people.append(voice)
        return np.float32(self.people.index(voice) / 100)

    def _about(self, sound: Sound) -> Any:
        assert isinstance(sound, bytes)
        try:
            return json.loads(sound)
        except ValueError:
            raise UnreadableAudioError from None
