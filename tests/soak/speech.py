"""What is said: sentences of the demo's list by synthetic voices, as notes, files and calls."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import encode, resample
from pipeline.engines.espeak import Espeak
from pipeline.specs import EspeakSpec
from pipeline.types import Audio, Language, Voice
from tests.discord.server import talkers
from tests.integration.program import DEMO, NOTES
from tests.pipeline.audio_files import SoundFile, hostile_files, long_opus, wav
from training import phrases
from training.speech import TEST_VARIANTS

RATE = 16_000
LIMIT_S = 600
"""The longest recording that the bot takes."""
_PAUSE_S = 0.6
"""Between two sentences."""
_BREATH_S = 0.35
"""The same in calls, where a longer one is the end of what somebody has to say."""
_EDGE_S = 0.3
"""Before the first and after the last."""
_REMEMBERED = 40
"""Sentences that nobody says again so soon, so that an answer can be told from another."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, and what it means."""

    text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound file that somebody sends."""

    data: bytes = field(repr=False)
    seconds: float
    said: Said | None
    """``None`` where nothing was said that could be understood."""
    name: str = "voice-message.ogg"
    claimed_s: float | None = None
    """What the app says of its length, where that is not the truth."""

    @property
    def note(self) -> bool:
        """Whether an app could have recorded it as a voice note."""
        return PurePath(self.name).suffix == ".ogg"


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody says in one breath, ready to be spoken in a call."""

    said: Said
    frames: Sequence[bytes] = field(repr=False)
    """Opus, 20 ms each."""

    @property
    def seconds(self) -> float:
        """How long it takes to say."""
        return len(self.frames) * talkers.FRAME_S


class Script:
    """Draws what is said next, the same for the same seed. Blocks: call it in a thread."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)
        self._espeak = Espeak(EspeakSpec())
        listed = phrases.read()
        pairs = (*listed.pairs, *(each.pair for each in listed.filled()))
        self._pairs = [each for each in pairs if len(each.en.split()) > 2]
        """Those that are long enough for nothing else to be taken for them."""
        self._late: list[phrases.Pair] = []
        self._bundled = [
            Recording(
                (DEMO / "notes" / each["file"]).read_bytes(),
                each["seconds"],
                Said(each["text"], each["translation"]),
            )
            for each in NOTES
        ]
        self._hostile = _hostile()

    @property
    def sentences(self) -> frozenset[str]:
        """Everything that is ever said or meant: none of it may stand in a log."""
        bundled = (each.said for each in self._bundled if each.said)
        return frozenset(
            text
            for one, other in (
                *((each.en, each.vi) for each in self._pairs),
                *((each.text, each.meaning) for each in bundled),
            )
            for text in (one, other)
        )

    def note(self, sentences: int | None = None) -> Recording:
        """Return a voice note of so many sentences; by itself of one to six, or many."""
        count = sentences or self._dice.choice((1, 1, 2, 2, 3, 4, 6))
        if sentences is None:
            draw = self._dice.random()
            if draw < 0.1:
                return self._dice.choice(self._bundled)
            count = 15 if draw > 0.96 else count
        said, sound = self._spoken(count)
        return Recording(encode(sound).data, sound.seconds, said)

    def file(self) -> Recording:
        """Return a sound file that is no voice note."""
        said, sound = self._spoken(self._dice.randint(1, 4))
        samples = resample(sound, RATE).samples
        data = wav((samples * 32767).astype("<i2").tobytes(), rate=RATE)
        return Recording(data, sound.seconds, said, "memo.wav")

    def hostile(self) -> Recording:
        """Return something that no answer can be given to, or not a whole one."""
        return self._dice.choice(self._hostile)()

    def utterance(self) -> Utterance:
        """Return what somebody says in a call in one breath."""
        count = self._dice.choice((1, 2, 2, 3))
        said, sound = self._spoken(count, edge_s=0.0, pause_s=_BREATH_S)
        return Utterance(said, talkers.encode(resample(sound, RATE).samples, RATE))

    def _spoken(
        self, count: int, edge_s: float = _EDGE_S, pause_s: float = _PAUSE_S
    ) -> tuple[Said, Audio]:
        source, target = self._dice.choice((("en", "vi"), ("vi", "en")))
        pairs = [self._pair() for _ in range(count)]
        texts = [_text(each, source) for each in pairs]
        accent = "en-us" if source == "en" else "vi"
        voice = Voice(f"{accent}+{self._dice.choice(TEST_VARIANTS)}", self._dice.uniform(0.85, 1.1))
        sounds = [self._espeak.synthesize(each, Language(source), voice)[0] for each in texts]
        rate = sounds[0].rate
        pieces = [np.zeros(int(edge_s * rate), np.float32)]
        for sound in sounds:
            pieces += [sound.samples, np.zeros(int(pause_s * rate), np.float32)]
        pieces[-1] = np.zeros(int(edge_s * rate), np.float32)
        said = Said(" ".join(texts), " ".join(_text(each, target) for each in pairs))
        return said, Audio(self._recorded(np.concatenate(pieces)), rate)

    def _recorded(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Let a room and a microphone be there: some noise, and a level of their own."""
        noise = np.random.default_rng(self._dice.getrandbits(32)).normal(size=len(samples))
        level = self._dice.uniform(0.3, 0.9) / max(1e-6, float(np.abs(samples).max()))
        return (level * samples + 0.0005 * noise).astype(np.float32)

    def _pair(self) -> phrases.Pair:
        while (pair := self._dice.choice(self._pairs)) in self._late:
            pass
        self._late = [*self._late[1 - _REMEMBERED :], pair]
        return pair


def _text(pair: phrases.Pair, language: str) -> str:
    return pair.en if language == "en" else pair.vi


def _hostile() -> list[Callable[[], Recording]]:
    """Return makers of uploads that are broken, empty, too long, or something else altogether."""

    def of(file: SoundFile) -> Callable[[], Recording]:
        return lambda: Recording(file.data, 1.0, None, file.name)

    whole = (DEMO / "notes" / NOTES[0]["file"]).read_bytes()
    hours, silence = long_opus(LIMIT_S + 60), encode(Audio(np.zeros(2 * RATE, np.float32), RATE))
    lying = "voice-message.ogg"
    return [
        *(of(each) for each in hostile_files() if each.data),
        lambda: Recording(whole[: len(whole) // 2], 2.0, None, lying),
        lambda: Recording(hours, 3.0, None, lying),
        lambda: Recording(whole, 2.0, None, lying, claimed_s=LIMIT_S + 1),
        lambda: Recording(silence.data, 2.0, None, lying),
    ]
