"""Training batches for the recognizer: windows of speech, noise and music with their targets."""

# ruff: noqa: PLR2004, S311, FBT003  # shares of a random draw, with a seed

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training import augment, sounds
from training.corpus import Corpus
from training.features import HOP, LogMel
from training.phrases import LANGUAGES, Language
from training.speech import FRAME, RATE
from training.tokens import Contexts, Target, Targets

IGNORED = -100
"""The label that the loss leaves out."""
LONGEST = 30 * RATE
NOTHING_SHARE = 0.12
TIMED_SHARE = 0.35
BANK_SECONDS = 10.0


@dataclass(slots=True)
class Batch:
    """Tensors for one step; frame labels are per 20 ms."""

    mel: torch.Tensor
    tokens: torch.Tensor
    labels: torch.Tensor
    phonemes: torch.Tensor
    words: torch.Tensor


@dataclass(slots=True)
class Clip:
    """One window before its features: audio, where its content ends, labels, target."""

    audio: sounds.Signal
    end: int
    phonemes: NDArray[np.int64]
    words: NDArray[np.int64]
    target: Target
    silent: bool


class Mixer:
    """Draws batches. All randomness comes from one seed."""

    def __init__(
        self, corpus: Corpus, targets: Targets, contexts: Contexts, listed: set[str], seed: int
    ) -> None:
        self._corpus, self._targets, self._contexts = corpus, targets, contexts
        self._rng = random.Random(seed)
        self._noise_rng = np.random.default_rng(seed)
        self._mel = LogMel()
        self._in_context = False
        self._lead = 0.5
        self.context_share = 0.25
        """Share of the batches with a context; whole batches, as it makes every row longer."""
        self.listed_only = False
        """Whether the next batch holds sentences of the list only, no random sequences."""
        order = np.argsort(corpus.seconds(), kind="stable")
        known = np.array([text in listed for text in corpus.texts])
        self._orders = {False: order, True: order[known[order]]}
        self._by_language = {
            (name, only): np.array([
                index for index, own in enumerate(corpus.languages)
                if own == name and (known[index] or not only)
            ])
            for name in LANGUAGES for only in (False, True)
        }  # fmt: skip
        self._bank = sounds.bank(sounds.TRAIN_KINDS, 24, BANK_SECONDS, seed)

    def single(self, size: int) -> Batch:
        """One sentence a window, all of about the same length."""
        order = self._orders[self.listed_only]
        near = self._rng.randrange(len(order))
        low = max(0, min(near - 1000, len(order) - 2000))
        picks = [[int(order[self._rng.randrange(low, min(low + 2000, len(order)))])]
                 for _ in range(size)]  # fmt: skip
        return self._windowed(picks, None)

    def several(self, size: int, most: int) -> Batch:
        """Two or more sentences of one language a window, with pauses."""
        picks = [self._talk(self._rng.randint(2, most)) for _ in range(size)]
        return self._windowed(picks, None)

    def full(self, size: int) -> Batch:
        """Whisper's own 30 s window with one to six sentences in it."""
        picks = [self._talk(self._rng.choice((1, 1, 1, 2, 2, 3, 6))) for _ in range(size)]
        return self._windowed(picks, LONGEST)

    def _talk(self, count: int) -> list[int]:
        pool = self._by_language[self._rng.choice(LANGUAGES), self.listed_only]
        return [int(pool[self._rng.randrange(len(pool))]) for _ in range(count)]

    def _windowed(self, picks: list[list[int]], window: int | None) -> Batch:
        self._in_context = self._rng.random() < self.context_share
        self._lead = self._rng.choice((0.2, 0.5, 1.0))
        plans = [self._timeline(pick) for pick in picks]
        needed = max(end for _, end in plans)
        if window is None:
            spare = self._rng.choice((0.3, 0.3, 1.2))
            window = min(needed + int(self._rng.uniform(0.05, spare) * RATE), LONGEST)
            window = -(-window // FRAME) * FRAME
        clips = []
        for pick, (starts, end) in zip(picks, plans, strict=True):
            if self._rng.random() < NOTHING_SHARE:
                clips.append(self._nothing(window))
            else:
                clips.append(self._speech(pick, starts, end, window))
        return self._collate(clips)

    def _timeline(self, pick: list[int]) -> tuple[list[int], int]:
        """Where each utterance starts and the last one ends, in samples (multiples of 20 ms)."""
        rng = self._rng
        at = int(rng.uniform(0, self._lead) * RATE)
        starts = []
        for index in pick:
            at = at // FRAME * FRAME
            starts.append(at)
            at += len(self._corpus.audio(index)) + int(rng.uniform(0.2, 0.8) * RATE)
        last = starts[-1] + len(self._corpus.audio(pick[-1]))
        return starts, last

    def _speech(self, pick: list[int], starts: list[int], end: int, window: int) -> Clip:
        audio = np.zeros(window, np.float32)
        phonemes = np.full(window // FRAME, len(self._corpus.phoneme_names), np.int64)
        words = np.full(window // FRAME, IGNORED, np.int64)
        spoken = []
        for index, start in zip(pick, starts, strict=True):
            pcm = self._corpus.audio(index)[: window - start]
            audio[start : start + len(pcm)] = augment.floating(pcm) * self._rng.uniform(0.7, 1.0)
            for row, labels in zip((phonemes, words), self._corpus.labels(index), strict=True):
                known = labels[: len(row) - start // FRAME].astype(np.int64)
                span = slice(start // FRAME, start // FRAME + len(known))
                row[span] = np.where(known < 0, IGNORED, known)
            text = self._corpus.texts[index]
            spoken.append((start / RATE, text, (start + len(pcm)) / RATE))
        language = self._corpus.languages[pick[0]]
        target = self._targets.speech(language, spoken, *self._manner())
        return Clip(self._dirty(audio), self._end(end, window), phonemes, words, target, False)

    def _nothing(self, window: int) -> Clip:
        """Silence, noise or music alone."""
        rng = self._rng
        audio = np.zeros(window, np.float32)
        if rng.random() < 0.9:
            audio += self._noise(rng.choice(list(self._bank)), window)
            audio *= 10 ** rng.uniform(-4, -0.3)
        if rng.random() < 0.3:
            audio += self._noise("white", window) * np.float32(10 ** rng.uniform(-4, -2))
        silent = np.full(window // FRAME, len(self._corpus.phoneme_names), np.int64)
        words = np.full(window // FRAME, IGNORED, np.int64)
        language: Language = rng.choice(LANGUAGES)
        target = self._targets.silence(language, *self._manner())
        end = self._end(rng.randrange(min(RATE // 4, window), window + 1), window)
        return Clip(np.clip(audio, -1, 1), end, silent, words, target, True)

    def _manner(self) -> tuple[bool, list[int]]:
        """Whether the target has times, and what stands before it."""
        context = self._contexts.draw() if self._in_context else []
        return self._rng.random() < TIMED_SHARE, context

    def _dirty(self, audio: sounds.Signal) -> sounds.Signal:
        """Noise under the speech, and a random gain."""
        rng = self._rng
        chance = rng.random()
        if chance < 0.6:
            noise = self._noise(rng.choice(sounds.BACKGROUND), len(audio))
            audio = augment.with_noise(audio, noise, rng.uniform(5, 40))
        elif chance < 0.85:
            audio = augment.with_noise(audio, self._noise("white", len(audio)), rng.uniform(35, 60))
        peak = max(float(np.abs(audio).max()), 1e-6)
        return (audio * np.float32(10 ** rng.uniform(-1.3, 0) / peak)).astype(np.float32)

    def _noise(self, kind: str, count: int) -> sounds.Signal:
        clip = self._rng.choice(self._bank[kind])
        shift = self._rng.randrange(len(clip))
        return np.resize(np.roll(clip, shift) if count > 4 * RATE else np.take(
            clip, np.arange(shift, shift + count), mode="wrap"), count)  # fmt: skip

    def _end(self, end: int, window: int) -> int:
        """Return the frame from which the features are padding: often soon after the content."""
        if self._rng.random() < (0.9 if window == LONGEST else 0.5):
            end = min(end + self._rng.randrange(RATE // 20, RATE), window)
            return max(1, -(-end // HOP))
        return window // HOP

    def _collate(self, clips: list[Clip]) -> Batch:
        audio = torch.from_numpy(np.stack([clip.audio for clip in clips]))
        ends = torch.tensor([clip.end for clip in clips])
        inside = torch.arange(audio.shape[1])[None] < (ends * HOP)[:, None]
        mel = self._tilted(self._mel(audio * inside, ends), ends)
        longest = max(len(clip.target.tokens) for clip in clips)
        tokens = torch.full((len(clips), longest - 1), self._targets.end)
        labels = torch.full((len(clips), longest - 1), IGNORED)
        for row, clip in enumerate(clips):
            sequence, counted = clip.target.tokens, clip.target.counted
            count = len(sequence) - 1
            tokens[row, :count] = torch.tensor(sequence[:-1])
            follow = torch.tensor(sequence[1:])
            labels[row, :count] = torch.where(torch.tensor(counted[1:]), follow, IGNORED)
            if clip.silent:
                labels[row, sequence.index(self._targets.start)] = self._targets.no_speech
        phonemes = torch.from_numpy(np.stack([clip.phonemes for clip in clips]))
        words = torch.from_numpy(np.stack([clip.words for clip in clips]))
        return Batch(mel, tokens, labels, phonemes, words)

    def _tilted(self, mel: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """Another microphone: a random slope over the mel bands, about 6 dB at the edges."""
        slope = torch.from_numpy(self._noise_rng.uniform(-0.15, 0.15, (len(mel), 1, 1)))
        curve = torch.linspace(-1, 1, mel.shape[1])[None, :, None] * slope.float()
        inside = torch.arange(mel.shape[-1])[None, None] < ends[:, None, None]
        return mel + curve * inside
