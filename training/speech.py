"""Synthetic speech: espeak-ng, from the espeakng-loader wheel, with the time of every phoneme.

espeak-ng keeps its state in globals and sometimes crashes while phoneme events are on, so a
corpus is spoken shard by shard in child processes, and a shard whose process dies is repeated.
"""

# ruff: noqa: PLR2004, FBT001, FBT002  # shares of a random draw, with a seed

from __future__ import annotations

import ctypes
import multiprocessing
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import av
import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from training.phrases import Language

RATE = 16_000
"""Sample rate of everything the recognizer hears, in Hz."""
FRAME = 320
"""Samples per encoder position: Whisper's 10 ms hop, halved by its second convolution."""

_EVENTS = 1
_SYNCHRONOUS = 2
_UTF8 = 1
_EVENT_END, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7
_PARAMETERS = {"rate": 1, "pitch": 3, "range": 4}

ACCENTS: dict[Language, tuple[str, ...]] = {
    "en": ("en-us", "en-us", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd",
           "en-us-nyc", "en-029"),
    "vi": ("vi", "vi", "vi-vn-x-central", "vi-vn-x-south"),
}  # fmt: skip
TRAIN_VARIANTS = (
    "", "f1", "f2", "f4", "m1", "m2", "m4", "m5", "m6", "m8", "Alex", "Alicia", "Andrea", "Andy",
    "Denis", "Diogo", "Gene", "Gene2", "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario",
    "Michael", "Mike", "Mr serious", "Nguyen", "Storm", "Tweaky", "adam", "anika", "announcer",
    "antonio", "aunty", "belinda", "benjamin", "caleb", "david", "ed", "edward", "edward2",
    "grandma", "grandpa", "gustave", "ian", "iven", "iven2", "iven4", "john", "kaukovalta",
    "klatt", "klatt2", "klatt4", "linda", "marcelo", "max", "michel", "mike2", "norbert", "pablo",
    "pedro", "quincy", "robert", "robosoft", "robosoft3", "robosoft6", "sandro", "shelby", "steph",
    "steph2", "travis", "victor", "RicishayMax", "RicishayMax2",
)  # fmt: skip
TEST_VARIANTS = (
    "f3", "f5", "m3", "m7", "Annie", "Reed", "boris", "iven3", "miguel", "paul", "rob", "steph3",
    "zac", "klatt3",
)  # fmt: skip
TEST_RATES = (135, 165, 195)
"""Words per minute kept for evaluation; training stays 3 away from each of them."""
TRAIN_RATES = tuple(
    rate for rate in range(110, 221) if all(abs(rate - kept) > 2 for kept in TEST_RATES)
)


class SpeechError(RuntimeError):
    """espeak-ng refused a voice or a text, or a shard kept crashing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say and how: rate in words/min, pitch and range 0..99, tempo as a factor."""

    text: str
    language: Language
    voice: str
    rate: int = 160
    pitch: int = 50
    range: int = 50
    tempo: float = 1.0


@dataclass(slots=True)
class Spoken:
    """Audio at 16 kHz and what was said when (times in seconds)."""

    pcm: NDArray[np.int16]
    phonemes: list[tuple[float, str]] = field(default_factory=list)
    words: list[tuple[float, str]] = field(default_factory=list)


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_void_p), ("text", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """The library, once per process. ``events`` adds phoneme times and the risk of a crash."""

    def __init__(self, events: bool = False) -> None:
        self._library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        data = str(espeakng_loader.get_data_path()).encode()
        options = _EVENTS if events else 0
        self._rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, options))
        self._blocks: list[NDArray[np.int16]] = []
        self._events: list[tuple[int, int, int, int, str]] = []
        self._callback = _CALLBACK(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: object, count: int, events: object) -> int:
        if samples and count:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != _EVENT_END:  # type: ignore[index]
            event = events[index]  # type: ignore[index]
            name = ""
            if event.type == _EVENT_PHONEME:
                name = bytes(event.id.text).decode("utf-8", "ignore")
            self._events.append(
                (event.type, event.text_position, event.length, event.audio_position, name)
            )
            index += 1
        return 0

    def say(self, line: Line) -> Spoken:
        """Speak one line. Raises SpeechError for a voice that espeak-ng does not have."""
        if self._library.espeak_SetVoiceByName(line.voice.encode()) != 0:
            raise SpeechError(f"no voice {line.voice!r}")
        for name in ("rate", "pitch", "range"):
            self._library.espeak_SetParameter(_PARAMETERS[name], getattr(line, name), 0)
        self._blocks.clear()
        self._events.clear()
        text = line.text.encode() + b"\0"
        if self._library.espeak_Synth(text, len(text), 0, 1, 0, _UTF8, None, None) != 0:
            raise SpeechError(f"could not say {line.text!r}")
        pcm = np.concatenate(self._blocks) if self._blocks else np.zeros(1, np.int16)
        return self._timed(line, resample(pcm, round(self._rate * line.tempo), RATE))

    def _timed(self, line: Line, pcm: NDArray[np.int16]) -> Spoken:
        spoken = Spoken(pcm)
        for kind, position, length, milliseconds, name in self._events:
            seconds = milliseconds / 1000 / line.tempo
            if kind == _EVENT_WORD:
                spoken.words.append((seconds, line.text[position - 1 : position - 1 + length]))
            elif kind == _EVENT_PHONEME and not name.startswith("("):
                spoken.phonemes.append((seconds, name.strip("',")))
        return spoken


def resample(pcm: NDArray[np.int16], source: int, target: int) -> NDArray[np.int16]:
    """Mono PCM from one rate (Hz) to another."""
    if source == target:
        return pcm
    resampler = av.AudioResampler(format="s16", layout="mono", rate=target)
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = source
    blocks = [block.to_ndarray()[0] for block in resampler.resample(frame)]
    blocks += [block.to_ndarray()[0] for block in resampler.resample(None)]
    return np.concatenate(blocks) if blocks else np.zeros(1, np.int16)


def voice_name(accent: str, variant: str) -> str:
    """espeak-ng's name for an accent spoken by a variant."""
    return f"{accent}+{variant}" if variant else accent


def training_line(text: str, language: Language, rng: random.Random) -> Line:
    """Return a random voice, speed and pitch of those that training may use."""
    voice = voice_name(rng.choice(ACCENTS[language]), rng.choice(TRAIN_VARIANTS))
    tempo = rng.uniform(0.92, 1.08) if rng.random() < 0.4 else 1.0
    return Line(text, language, voice, rng.choice(TRAIN_RATES), rng.randint(25, 75),
                rng.randint(25, 75), tempo)  # fmt: skip


def test_line(text: str, language: Language, rng: random.Random) -> Line:
    """A random voice and speed of those kept out of training."""
    voice = voice_name(rng.choice(ACCENTS[language]), rng.choice(TEST_VARIANTS))
    return Line(text, language, voice, rng.choice(TEST_RATES), rng.randint(35, 65))


def frames(
    marks: Sequence[tuple[float, str]], ids: dict[str, int], count: int
) -> NDArray[np.int16]:
    """One label per 20 ms frame: what is sounding there; unknown names become -1."""
    labels = np.full(count, -1, np.int16)
    for index, (seconds, name) in enumerate(marks):
        start = round(seconds * RATE / FRAME)
        end = round(marks[index + 1][0] * RATE / FRAME) if index + 1 < len(marks) else count
        labels[start:end] = ids.get(name, -1)
    return labels


def run_shards(
    jobs: Sequence[tuple[Path, tuple[object, ...]]],
    work: Callable[..., None],
    processes: int,
    attempts: int = 8,
) -> Iterable[Path]:
    """Call ``work(path, *arguments)`` once per job, each in a child process of its own.

    Yields the paths as they are done. A job counts as done when its process ended well and left
    its file; otherwise it is tried again.
    """
    context = multiprocessing.get_context("spawn")
    waiting = [(path, arguments, 0) for path, arguments in jobs]
    running: list[tuple[BaseProcess, Path, tuple[object, ...], int]] = []
    while waiting or running:
        while waiting and len(running) < processes:
            path, arguments, tries = waiting.pop(0)
            if tries >= attempts:
                raise SpeechError(f"{path.name} failed {tries} times")
            child: BaseProcess = context.Process(target=work, args=(path, *arguments))
            child.start()
            running.append((child, path, arguments, tries))
        child, path, arguments, tries = running.pop(0)
        child.join(0.2)
        if child.is_alive():
            running.append((child, path, arguments, tries))
        elif child.exitcode == 0 and path.exists():
            yield path
        else:
            waiting.append((path, arguments, tries + 1))
