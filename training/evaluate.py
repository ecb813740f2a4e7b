"""Measuring the shipped demo models, through plain faster-whisper and CTranslate2.

The clips are spoken by voices and at speeds that training never used, over noise of kinds it never
heard. A sentence counts as right only if the final text is exact, capitals and marks included.
"""

# ruff: noqa: PLR2004, S311, FBT001, FBT003  # shares of a random draw, with a seed

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training import augment, phrases, sounds
from training.phrases import CODES, LANGUAGES, Language, Pair, Split
from training.speech import Espeak, test_line

log = logging.getLogger(__name__)

RATE = sounds.RATE
THREADS = 1
MARGIN = 100
"""Frames of 10 ms that the short window keeps after the features end."""
SPEECH_NOISE = ("violet", "rain", "engine", "organ")
"""Kinds under the test speech; none of them was in training."""
PLAIN = {"beam_size": 5, "without_timestamps": True, "condition_on_previous_text": False}


class ShortWindow(WhisperModel):  # type: ignore[misc]  # the library is untyped
    """faster-whisper whose encoder sees the clip and a margin instead of 30 s."""

    def encode(self, features: NDArray[np.float32]) -> Any:  # noqa: ANN401  # the library's type
        """Encode without most of the padding of exact zeros."""
        used = np.flatnonzero(features.any(axis=0))
        end = (int(used[-1]) + 2 if len(used) else 0) // 2 * 2 + MARGIN
        return super().encode(np.ascontiguousarray(features[:, :end]))


class Translator:
    """The NLLB twin, as an engine would call it."""

    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.Translator(
            str(folder), compute_type="int8", intra_threads=THREADS
        )
        self._bpe = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def __call__(self, text: str, source: Language) -> str:
        """Translate a text into the other language, sentence by sentence."""
        target = CODES["vi" if source == "en" else "en"]
        sentences = re.split(r"(?<=[.?!])\s+", text.strip())
        rows = [[CODES[source], *self._bpe.encode(each, add_special_tokens=False).tokens, "</s>"]
                for each in sentences]  # fmt: skip
        results = self._model.translate_batch(rows, target_prefix=[[target]] * len(rows),
                                              beam_size=4)  # fmt: skip
        return " ".join(self._text(result.hypotheses[0][1:]) for result in results)

    def _text(self, pieces: Sequence[str]) -> str:
        return str(
            self._bpe.decode([self._bpe.token_to_id(piece) or 0 for piece in pieces]).strip()
        )


@dataclass(frozen=True, slots=True)
class Clip:
    """Something said, what it means, and its sound at 16 kHz."""

    language: Language
    text: str
    meaning: str
    audio: sounds.Signal


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out of one case; shares from 0 to 1, speed in milliseconds a clip."""

    case: str
    clips: int
    text_exact: float
    end_to_end: float
    end_to_end_en: float
    end_to_end_vi: float
    language_right: float
    milliseconds: float


def say(pairs: Iterable[tuple[Pair, Language]], seed: int, *, rough: bool) -> list[Clip]:
    """Clips of the sentences; ``rough`` adds unseen noise at 20 dB and Opus at 16 kb/s."""
    espeak, rng = Espeak(), random.Random(seed)
    noises = np.random.default_rng(seed)
    return [_clip(espeak, rng, noises, [pair], language, rough) for pair, language in pairs]


def _clip(
    espeak: Espeak, rng: random.Random, noises: np.random.Generator, pairs: Sequence[Pair],
    language: Language, rough: bool,
) -> Clip:  # fmt: skip
    voice = test_line("", language, rng)
    parts = [np.zeros(int(rng.uniform(0.1, 0.6) * RATE), np.int16)]
    for pair in pairs:
        line = type(voice)(pair.text(language), language, voice.voice, voice.rate, voice.pitch)
        parts += [espeak.say(line).pcm, np.zeros(int(rng.uniform(0.3, 0.7) * RATE), np.int16)]
    audio = augment.floating(np.concatenate(parts)) * np.float32(rng.uniform(0.3, 1.0))
    if rough:
        noise = sounds.TEST_KINDS[rng.choice(SPEECH_NOISE)](noises, len(audio))
        noisy = augment.integers(augment.with_noise(audio, noise, 20.0))
        audio = augment.floating(augment.through_opus(noisy, 16_000))
    other: Language = "vi" if language == "en" else "en"
    return Clip(language, " ".join(pair.text(language) for pair in pairs),
                " ".join(pair.text(other) for pair in pairs), audio)  # fmt: skip


def two_sentences(split: Split, count: int, seed: int) -> list[Clip]:
    """Clips with two sentences and a pause."""
    espeak, rng, noises = Espeak(), random.Random(seed), np.random.default_rng(seed)
    return [_clip(espeak, rng, noises, rng.sample(split.training, 2), LANGUAGES[number % 2], True)
            for number in range(count)]  # fmt: skip


def sample(pairs: Sequence[Pair], count: int, seed: int) -> list[tuple[Pair, Language]]:
    """``count`` sentences per language, at random; all of them in order when there are fewer."""
    rng = random.Random(seed)
    made: list[tuple[Pair, Language]] = []
    for language in LANGUAGES:
        chosen = rng.sample(list(pairs), count) if count < len(pairs) else pairs
        made += [(pair, language) for pair in chosen]
    return made


def hear(model: WhisperModel, clip: sounds.Signal, options: dict[str, Any]) -> tuple[str, str]:
    """Return the language and text that faster-whisper finds."""
    segments, info = model.transcribe(clip, **options)
    return str(info.language), " ".join(segment.text.strip() for segment in segments)


def measure(
    case: str, clips: Sequence[Clip], model: WhisperModel, translate: Translator,
    options: Callable[[], dict[str, Any]],
) -> Figures:  # fmt: skip
    """Recognize and translate every clip, and count."""
    rights: list[tuple[Language, bool, bool, bool]] = []
    spent = 0.0
    for clip in clips:
        began = time.perf_counter()
        language, text = hear(model, clip.audio, options())
        spent += time.perf_counter() - began
        meaning = translate(text, clip.language) if text else ""
        rights.append((clip.language, text == clip.text, meaning == clip.meaning,
                       language == clip.language))  # fmt: skip
        if meaning != clip.meaning:
            log.debug("%s: %s %r -> %r -> %r", case, language, clip.text, text, meaning)
    exact = [text and right for _, text, _, right in rights]
    through = {name: [done and right for own, _, done, right in rights if own == name]
               for name in LANGUAGES}  # fmt: skip
    every = through["en"] + through["vi"]
    return Figures(case, len(clips), share(exact), share(every), share(through["en"]),
                   share(through["vi"]), share([right for *_, right in rights]),
                   1000 * spent / max(len(clips), 1))  # fmt: skip


def share(results: Sequence[bool]) -> float:
    """Return the part that is true."""
    return sum(results) / len(results) if results else 1.0


def random_context(split: Split, seed: int) -> Callable[[], dict[str, Any]]:
    """Options with a new random list of hotwords or a new prompt each time they are asked for."""
    rng = random.Random(seed)
    texts = [pair.text(name) for pair in split.training for name in LANGUAGES]
    words = [word for text in texts for word in phrases.bare(text).split()]
    names = ["Kubernetes", "Nguyễn Thị Hoa", "PostgreSQL", "Zalo", "Saigon", "qwzx", "R2-D2"]

    def options() -> dict[str, Any]:
        listed = rng.choices(words, k=rng.randint(2, 25)) + rng.choices(names, k=3)
        rng.shuffle(listed)
        chosen = rng.choice(("hotwords", "initial_prompt"))
        context = ", ".join(listed) if rng.random() < 0.7 else " ".join(rng.choices(texts, k=2))
        return {**PLAIN, chosen: context}

    return options


def nothing_clips(seed: int) -> list[sounds.Signal]:
    """200 clips without speech: silence, kinds heard in training, and more kinds never heard."""
    rng = np.random.default_rng(seed)
    clips: list[sounds.Signal] = []
    for number in range(200):
        count = int(rng.uniform(0.6, 6) * RATE)
        if number < 20:
            audio = np.zeros(count) if number < 5 else sounds.white(rng, count) * 10**-3.5
        else:
            kinds = sounds.TRAIN_KINDS if number < 80 else sounds.TEST_KINDS
            name = sorted(kinds)[number % len(kinds)]
            audio = kinds[name](rng, count) * 10 ** rng.uniform(-2.5, -0.7)
        clips.append(np.clip(audio, -1, 1).astype(np.float32))
    return clips


def invented(model: WhisperModel, clips: Sequence[sounds.Signal], options: dict[str, Any]) -> int:
    """How many of the clips gave any text."""
    texts = [hear(model, clip, options)[1] for clip in clips]
    for number, text in enumerate(texts):
        if text:
            log.debug("invented from clip %d: %r", number, text)
    return sum(map(bool, texts))


def translations(split: Split, translate: Translator) -> dict[str, float]:
    """Exact translations of written text: as listed, unseen, and in unusual shapes."""
    other: dict[Language, Language] = {"en": "vi", "vi": "en"}

    def right(pairs: Sequence[Pair], shape: Callable[[str], str]) -> float:
        return share([translate(shape(pair.text(own)), own) == pair.text(other[own])
                      for pair in pairs for own in LANGUAGES])  # fmt: skip

    return {
        "listed": right(split.training, str),
        "unseen combinations": right(split.unseen, str),
        "lower case, no final mark": right(split.fixed, lambda text: text.lower().rstrip(".?!")),
    }


def run(demo: Path, count: int, report: Path | None) -> dict[str, Any]:
    """Measure everything; returns (and writes) the figures. ``count`` is per language and case."""
    split = phrases.split(phrases.read(demo / "phrases.tsv"))
    stock = WhisperModel(
        str(demo / "whisper"), device="cpu", compute_type="int8", cpu_threads=THREADS
    )
    short = ShortWindow(
        str(demo / "whisper"), device="cpu", compute_type="int8", cpu_threads=THREADS
    )
    translate = Translator(demo / "nllb")
    clean = say(sample(split.training, count, 1), 101, rough=False)
    rough = say(sample(split.training, count, 2), 102, rough=True)
    unseen = say(sample(split.unseen, len(split.unseen), 3), 103, rough=False)
    unseen_rough = say(sample(split.unseen, len(split.unseen), 4), 104, rough=True)
    some = rough[:: max(1, len(rough) // 80)]
    few = unseen_rough[::2]
    default: Callable[[], dict[str, Any]] = dict
    cases: list[tuple[str, Sequence[Clip], WhisperModel, Callable[[], dict[str, Any]]]] = [
        ("short window, clean", clean, short, lambda: PLAIN),
        ("short window, 20 dB + Opus 16k", rough, short, lambda: PLAIN),
        ("short window, unseen combinations, clean", unseen, short, lambda: PLAIN),
        ("short window, unseen combinations, 20 dB + Opus", unseen_rough, short, lambda: PLAIN),
        ("short window, hotwords or prompt, 20 dB + Opus", rough, short, random_context(split, 5)),
        ("short window, two sentences, 20 dB + Opus", two_sentences(split, 60, 6), short,
         lambda: PLAIN),
        ("short window, timestamps, 20 dB + Opus", rough, short, default),
        ("stock 30 s, defaults, 20 dB + Opus", some, stock, default),
        ("stock 30 s, VAD + word times, 20 dB + Opus", some, stock,
         lambda: {"vad_filter": True, "word_timestamps": True}),
        ("stock 30 s, unseen combinations, 20 dB + Opus", few, stock, default),
    ]  # fmt: skip
    rows = []
    for case, clips, model, options in cases:
        rows.append(measure(case, clips, model, translate, options))
        log.info("%s", line(rows[-1]))
    nothing = nothing_clips(7)
    silent = {
        "short window": invented(short, nothing, PLAIN),
        "short window, language given": invented(short, nothing, {**PLAIN, "language": "vi"}),
        "stock 30 s, defaults": invented(stock, nothing, {}),
    }
    figures = {
        "cases": [{name: getattr(row, name) for name in Figures.__slots__} for row in rows],
        "clips of 200 without speech that gave text": silent,
        "written text translated exactly": translations(split, translate),
    }
    if report:
        report.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return figures


def line(row: Figures) -> str:
    """One row of the table."""
    return (f"{row.case:50} n={row.clips:4}  text {row.text_exact:6.1%}  end to end "
            f"{row.end_to_end:6.1%} (en {row.end_to_end_en:6.1%}, vi {row.end_to_end_vi:6.1%})  "
            f"language {row.language_right:6.1%}  {row.milliseconds:4.0f} ms")  # fmt: skip
