"""Training the small Whisper: the real architecture with two extra heads while it learns.

The encoder also names the phoneme and the word that sound in each 20 ms frame, which espeak-ng
tells exactly. Learning from transcripts alone stays on a plateau for most of such a short run.
The two heads are dropped when the model is written.
"""

# ruff: noqa: PLR2004, S311, FBT001, FBT002, FBT003, SLF001  # the attention is chosen per batch, which has no public name

from __future__ import annotations

import copy
import itertools
import logging
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from transformers import WhisperConfig, WhisperForConditionalGeneration

from training import tokens
from training.batches import IGNORED, Batch, Mixer
from training.corpus import Corpus
from training.phrases import LANGUAGES, Split

log = logging.getLogger(__name__)

POSITIONS = 1500
"""Encoder positions of Whisper's 30 s window."""
WARM_UP = 200
DRAFT_EVERY = 250
LONG_WINDOW = 1000
"""Feature frames from which fused attention beats the plain one on a CPU (measured)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One run of the optimizer, from the averaged weights of the stage before it.

    The rate falls along a cosine that would end after ``horizon`` steps. After ``full_from`` of
    the steps, ``full_share`` of the batches are 30 s windows; one costs as much as ten short ones.
    """

    steps: int
    horizon: int
    rate: float
    frames: float
    """Weight of each frame loss beside the transcript's."""
    listed: float
    """Share of the batches that hold sentences of the list only."""
    batch: int = 32
    several: float = 0.2
    """Share of the short batches with two to five sentences a window."""
    context: float = 0.25
    """Share of the batches with hotwords, a prompt or earlier sentences before the transcript."""
    full_from: float = 1.0
    full_share: float = 0.15


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sizes and the course of training."""

    width: int = 160
    encoder_layers: int = 4
    decoder_layers: int = 2
    heads: int = 4
    stages: tuple[Stage, ...] = (
        Stage(steps=1000, horizon=4400, rate=1.6e-3, frames=0.4, listed=0.0),
        Stage(steps=3400, horizon=3400, rate=1.5e-3, frames=0.7, listed=0.7, batch=24,
              full_from=0.6),
        Stage(steps=3350, horizon=3350, rate=1.2e-3, frames=0.7, listed=0.1, batch=32,
              several=0.2, context=0.25, full_from=0.65, full_share=0.05),
    )  # fmt: skip
    full_batch: int = 5
    seed: int = 11


class Listener(nn.Module):
    """Whisper plus the frame heads."""

    def __init__(
        self, recipe: Recipe, vocabulary: int, end: int, phonemes: int, words: int
    ) -> None:
        super().__init__()
        width = recipe.width
        self.whisper = WhisperForConditionalGeneration(WhisperConfig(
            vocab_size=vocabulary, num_mel_bins=80, d_model=width,
            encoder_layers=recipe.encoder_layers, decoder_layers=recipe.decoder_layers,
            encoder_attention_heads=recipe.heads, decoder_attention_heads=recipe.heads,
            encoder_ffn_dim=4 * width, decoder_ffn_dim=4 * width,
            max_source_positions=POSITIONS, max_target_positions=448, dropout=0.0,
            pad_token_id=end, bos_token_id=end, eos_token_id=end,
            decoder_start_token_id=end + 1, suppress_tokens=None, begin_suppress_tokens=None,
            use_cache=False,
        ))  # fmt: skip
        decoder = self.whisper.model.decoder
        decoder.embed_positions.weight.data.copy_(_sinusoids(448, width) * 0.1)
        nn.init.normal_(decoder.embed_tokens.weight, std=width**-0.5)
        self.phoneme_head = nn.Linear(width, phonemes + 1)
        self.word_head = nn.Linear(width, words)

    def encode(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Run the encoder over a window of any length; also return a state from half way up."""
        encoder = self.whisper.model.encoder
        hidden = functional.gelu(encoder.conv1(mel))
        hidden = functional.gelu(encoder.conv2(hidden)).transpose(1, 2)
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        middle = hidden
        for index, layer in enumerate(encoder.layers):
            out = layer(hidden, None)
            hidden = out[0] if isinstance(out, tuple) else out
            if index == len(encoder.layers) * 2 // 3:
                middle = hidden
        return encoder.layer_norm(hidden), middle

    def forward(self, batch: Batch, frames: float) -> tuple[torch.Tensor, dict[str, float]]:
        """Return the training loss, and its parts for the log."""
        quick = "sdpa" if batch.mel.shape[-1] > LONG_WINDOW else "eager"
        self.whisper.config._attn_implementation = quick
        states, middle = self.encode(batch.mel)
        decoder = self.whisper.model.decoder
        hidden = decoder(input_ids=batch.tokens, encoder_hidden_states=states)[0]
        kept = batch.labels != IGNORED
        logits = self.whisper.proj_out(hidden[kept]).float()
        text = functional.cross_entropy(logits, batch.labels[kept], label_smoothing=0.02)
        phoneme = _frame_loss(self.phoneme_head, middle, batch.phonemes)
        word = _frame_loss(self.word_head, states, batch.words)
        right = (logits.argmax(-1) == batch.labels[kept]).float().mean()
        parts = {"text": text.item(), "phoneme": phoneme.item(), "word": word.item(),
                 "right": right.item()}  # fmt: skip
        return text + frames * (phoneme + word), parts


def _frame_loss(head: nn.Linear, states: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    kept = labels != IGNORED
    return functional.cross_entropy(head(states[kept]).float(), labels[kept])


def _sinusoids(length: int, width: int) -> torch.Tensor:
    scale = torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * scale[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Average:
    """Running average of the weights: steadier than the last step's."""

    def __init__(self, model: nn.Module, decay: float = 0.998) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._decay, self._steps = decay, 0

    def update(self, model: nn.Module) -> None:
        """Take one step's weights in."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        with torch.no_grad():
            for mine, new in zip(self.model.parameters(), model.parameters(), strict=True):
                mine.lerp_(new, 1 - decay)


def learning_rate(step: int, done: float, stage: Stage) -> float:
    """Linear warm-up, then a cosine down to a fiftieth; ``done`` is the share of the stage."""
    warm = min(1.0, (step + 1) / WARM_UP)
    turn = math.pi * done * stage.steps / stage.horizon
    return stage.rate * warm * (0.51 + 0.49 * math.cos(turn))


def draw(mixer: Mixer, done: float, stage: Stage, recipe: Recipe, rng: random.Random) -> Batch:
    """Return the next batch: short windows all along, 30 s windows only towards the end."""
    mixer.context_share = stage.context
    mixer.listed_only = rng.random() < stage.listed
    if done >= stage.full_from and rng.random() < stage.full_share:
        return mixer.full(recipe.full_batch)
    if rng.random() < stage.several:
        most = rng.choice((2, 2, 2, 3, 5))
        return mixer.several(max(stage.batch // most, 5), most)
    return mixer.single(stage.batch)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned from."""

    corpus: Corpus
    split: Split
    tokenizer: Tokenizer

    def mixer(self, seed: int) -> Mixer:
        """Return the source of batches for one stage."""
        targets = tokens.Targets(self.tokenizer)
        contexts = tokens.Contexts(targets, self.split, random.Random(seed + 1))
        listed = {pair.text(name) for pair in self.split.training for name in LANGUAGES}
        return Mixer(self.corpus, targets, contexts, listed, seed)


def train(
    corpus: Corpus, split: Split, recipe: Recipe, folder: Path, resume: bool = False,
    minutes: float | None = None,
) -> tuple[Listener, Tokenizer]:  # fmt: skip
    """Train through all stages; returns the averaged model, which is also kept in the folder.

    With ``resume``, stages that have left their checkpoint there are not repeated. With
    ``minutes``, each stage goes through its course in that time, whatever number of steps it is.
    """
    torch.manual_seed(recipe.seed)
    lesson = Lesson(corpus, split, tokens.build(split))
    model = build(recipe, lesson.tokenizer, corpus)
    size = sum(weight.numel() for weight in model.whisper.parameters()) / 1e6
    vocabulary = tokens.Targets(lesson.tokenizer).size
    log.info("recognizer: %.2f M parameters, %d tokens", size, vocabulary)
    for number in range(1, len(recipe.stages) + 1):
        checkpoint = folder / f"recognizer-{number}.pt"
        if resume and checkpoint.exists():
            log.info("stage %d is done already", number)
        else:
            _stage(model, number, recipe, lesson, checkpoint, minutes)
        model.load_state_dict(torch.load(checkpoint, weights_only=True))
    return model.eval(), lesson.tokenizer


def _stage(
    model: Listener, number: int, recipe: Recipe, lesson: Lesson, checkpoint: Path,
    minutes: float | None,
) -> None:  # fmt: skip
    """Train one stage and save its averaged weights; now and then a draft of them too."""
    stage, seed = recipe.stages[number - 1], recipe.seed + 2 * (number - 1)
    rng = random.Random(seed)
    mixer = lesson.mixer(seed)
    average = Average(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=stage.rate, betas=(0.9, 0.98),
                                  weight_decay=0.01)  # fmt: skip
    began, shown = time.monotonic(), dict[str, float]()
    for step in itertools.count():
        spent = (time.monotonic() - began) / 60
        done = spent / minutes if minutes else step / stage.steps
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, done, stage)
        batch = draw(mixer, done, stage, recipe, rng)
        with torch.autocast("cpu", torch.bfloat16):
            loss, parts = model(batch, stage.frames)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model)
        shown = {key: 0.98 * shown.get(key, value) + 0.02 * value for key, value in parts.items()}
        if step % 50 == 49:
            figures = " ".join(f"{key} {value:.3f}" for key, value in shown.items())
            log.info("stage %d step %d: %s, %.0f %% done, %.1f min",
                     number, step + 1, figures, 100 * done, spent)  # fmt: skip
        if step % DRAFT_EVERY == DRAFT_EVERY - 1:
            torch.save(average.model.state_dict(), checkpoint.with_suffix(".draft"))
    torch.save(average.model.state_dict(), checkpoint)


def build(recipe: Recipe, tokenizer: Tokenizer, corpus: Corpus) -> Listener:
    """Return an untrained model of the recipe's size."""
    targets = tokens.Targets(tokenizer)
    heads = len(corpus.phoneme_names), len(corpus.word_names)
    return Listener(recipe, targets.size, targets.end, *heads)
