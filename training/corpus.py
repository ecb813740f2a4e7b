"""The speech corpus: what is said, in which voices, and where the labels of each frame are kept.

A corpus is a folder of shards outside the repository, made once and reused by later runs with the
same plan. About a third of the speech goes through Opus, most of that with noise under it.
"""

# ruff: noqa: PLR2004, S311  # shares of a random draw, with a seed

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import augment, phrases, sounds
from training.phrases import LANGUAGES, Language, Split
from training.speech import FRAME, Espeak, Line, Spoken, frames, run_shards, training_line

log = logging.getLogger(__name__)

SHARD = 1000
"""Utterances per shard."""
OPUS_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Plan:
    """How often each kind of text is said, per language."""

    fixed: int = 28
    filled: int = 14
    sequences: int = 9000
    seed: int = 7

    def lines(self, split: Split) -> list[Line]:
        """Every line of the corpus, shuffled."""
        rng = random.Random(self.seed)
        made: list[Line] = []
        for language in LANGUAGES:
            for pairs, times in ((split.fixed, self.fixed), (split.seen, self.filled)):
                made += [training_line(pair.text(language), language, rng)
                         for pair in pairs for _ in range(times)]  # fmt: skip
            random_texts = phrases.sequences(split, language, self.sequences, self.seed)
            made += [training_line(text, language, rng) for text in random_texts]
        rng.shuffle(made)
        return made


@dataclass(frozen=True, slots=True)
class Crossings:
    """Templates with the values of other slots, each in a voice of its own."""

    phrases: phrases.Phrases
    seed: int = 17

    def lines(self, split: Split) -> list[Line]:
        """Every crossing once, shuffled."""
        rng = random.Random(self.seed)
        made = [
            training_line(text, language, rng)
            for language in LANGUAGES
            for text in phrases.crossings(self.phrases, split, language)
        ]
        rng.shuffle(made)
        return made


@dataclass(slots=True)
class Corpus:
    """Everything spoken, in memory: 16 kHz PCM end to end, and labels every 20 ms."""

    pcm: NDArray[np.int16]
    starts: NDArray[np.int64]
    phonemes: NDArray[np.int16]
    words: NDArray[np.int16]
    label_starts: NDArray[np.int64]
    texts: list[str]
    languages: list[Language]
    phoneme_names: list[str]
    word_names: list[str]

    def __len__(self) -> int:
        """Count the utterances."""
        return len(self.texts)

    def seconds(self) -> NDArray[np.float64]:
        """Return the length of each utterance."""
        return np.diff(self.starts) / sounds.RATE

    def audio(self, index: int) -> NDArray[np.int16]:
        """Return one utterance."""
        return self.pcm[self.starts[index] : self.starts[index + 1]]

    def labels(self, index: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Phoneme and word numbers of each 20 ms frame; -1 where there is none."""
        span = slice(self.label_starts[index], self.label_starts[index + 1])
        return self.phonemes[span], self.words[span]


def word_key(language: Language, word: str) -> str:
    """Return a word as the frame labels name it: by language, without case and punctuation."""
    return f"{language}:{phrases.bare(word).casefold()}"


def word_names(split: Split) -> list[str]:
    """Every word of the list, held-out sentences included: they have no other words."""
    keys: set[str] = set()
    for language in LANGUAGES:
        texts = [pair.text(language) for pair in split.training]
        keys.update(word_key(language, word) for text in texts for word in text.split())
    return sorted(keys)


def _trimmed(spoken: Spoken) -> Spoken:
    """Without the silence that espeak-ng leaves at the end."""
    loud = np.flatnonzero(np.abs(spoken.pcm.astype(np.int32)) > 200)
    end = int(loud[-1]) + FRAME if len(loud) else FRAME
    return Spoken(spoken.pcm[:end], spoken.phonemes, spoken.words)


def _roughened(pcm: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """Return the share of the speech that went through a codec, often with noise before it."""
    if rng.random() >= OPUS_SHARE:
        return pcm
    signal = augment.floating(pcm) * np.float32(rng.uniform(0.3, 1.0))
    if rng.random() < 0.75:
        kind = str(rng.choice(sounds.BACKGROUND))
        noise = sounds.TRAIN_KINDS[kind](rng, len(pcm))
        signal = augment.with_noise(signal, noise, rng.uniform(8, 35))
    return augment.through_opus(augment.integers(signal), int(rng.integers(12, 33)) * 1000)


def speak_shard(path: Path, lines: Sequence[Line], words: list[str], seed: int) -> None:
    """Say the lines and write them to one file. Runs in a child process."""
    espeak = Espeak(events=True)
    rng = np.random.default_rng(seed)
    word_ids = {name: number for number, name in enumerate(words)}
    phoneme_ids: dict[str, int] = {}
    pcm, phoneme_rows, word_rows = [], [], []
    for line in lines:
        spoken = _trimmed(espeak.say(line))
        for _, name in spoken.phonemes:
            phoneme_ids.setdefault(f"{line.language}:{name}", len(phoneme_ids))
        count = -(-len(spoken.pcm) // FRAME)
        phoneme_marks = [(at, f"{line.language}:{name}") for at, name in spoken.phonemes]
        word_marks = [(at, word_key(line.language, word)) for at, word in spoken.words]
        phoneme_rows.append(frames(phoneme_marks, phoneme_ids, count))
        word_rows.append(frames(word_marks, word_ids, count))
        pcm.append(_roughened(spoken.pcm, rng))
    part = path.with_suffix(".part.npz")
    np.savez(
        part, pcm=np.concatenate(pcm), lengths=[len(row) for row in pcm],
        phonemes=np.concatenate(phoneme_rows), words=np.concatenate(word_rows),
        names=np.array(list(phoneme_ids)), texts=np.array([line.text for line in lines]),
        languages=np.array([line.language for line in lines]),
    )  # fmt: skip
    part.rename(path)


def build(split: Split, plan: Plan | Crossings, folder: Path, processes: int) -> list[Path]:
    """Make the shards that are not there yet; returns all of them in order."""
    lines, words = plan.lines(split), word_names(split)
    stamp = hashlib.sha256(repr((lines, OPUS_SHARE)).encode()).hexdigest()[:12]
    folder = folder / stamp
    folder.mkdir(parents=True, exist_ok=True)
    parts = [lines[start : start + SHARD] for start in range(0, len(lines), SHARD)]
    paths = [folder / f"{number:03d}.npz" for number in range(len(parts))]
    jobs = [(path, (part, words, plan.seed * 1000 + number))
            for number, (path, part) in enumerate(zip(paths, parts, strict=True))
            if not path.exists()]  # fmt: skip
    for done, path in enumerate(run_shards(jobs, speak_shard, processes), start=1):
        log.info("spoke shard %s (%d of %d)", path.stem, done, len(jobs))
    return paths


def load(paths: Sequence[Path], split: Split) -> Corpus:
    """Read the shards into memory."""
    names: dict[str, int] = {}
    pcm, lengths, phonemes, words = [], [], [], []
    texts: list[str] = []
    languages: list[Language] = []
    for path in paths:
        with np.load(path) as shard:
            table = [names.setdefault(str(name), len(names)) for name in shard["names"]]
            phonemes.append(np.array([*table, -1], np.int16)[shard["phonemes"]])
            words.append(shard["words"])
            pcm.append(shard["pcm"])
            lengths.append(shard["lengths"])
            texts += [str(text) for text in shard["texts"]]
            languages += ["en" if name == "en" else "vi" for name in shard["languages"]]
    sizes = np.concatenate(lengths)
    return Corpus(
        np.concatenate(pcm), np.concatenate(([0], np.cumsum(sizes))),
        np.concatenate(phonemes), np.concatenate(words),
        np.concatenate(([0], np.cumsum(-(-sizes // FRAME)))),
        texts, languages, list(names), word_names(split),
    )  # fmt: skip
