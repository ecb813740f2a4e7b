"""Training the small Whisper: the real architecture with two extra heads while it learns.

The encoder also names the phoneme and the word that sound in each 20 ms frame, which espeak-ng
tells exactly. Learning from transcripts alone stays on a plateau for most of such a short run.
The two heads are dropped when the model is written.
"""

# ruff: noqa: PLR2004, S311, FBT003, SLF001  # the attention is chosen per batch, which has no public name

from __future__ import annotations

import copy
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
from training.phrases import Split

log = logging.getLogger(__name__)

POSITIONS = 1500
"""Encoder positions of Whisper's 30 s window."""
LONG_WINDOW = 1000
"""Feature frames from which fused attention beats the plain one on a CPU (measured)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sizes and the course of training. Steps are optimizer steps; shares are of all steps."""

    width: int = 160
    encoder_layers: int = 4
    decoder_layers: int = 2
    heads: int = 4
    steps: int = 4400
    batch: int = 32
    rate: float = 1.6e-3
    several_share: float = 0.2
    full_from: float = 0.70
    full_share: float = 0.25
    full_batch: int = 6
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

    def forward(self, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
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
        return text + 0.4 * phoneme + 0.4 * word, parts


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


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a cosine down to a fiftieth."""
    warm = min(1.0, (step + 1) / 300)
    return recipe.rate * warm * (0.51 + 0.49 * math.cos(math.pi * step / recipe.steps))


def draw(mixer: Mixer, step: int, recipe: Recipe, rng: random.Random) -> Batch:
    """Return the next batch: short windows all along, 30 s windows only towards the end."""
    chance = rng.random()
    if step >= recipe.full_from * recipe.steps and chance < recipe.full_share:
        return mixer.full(recipe.full_batch)
    if rng.random() < recipe.several_share:
        most = rng.choice((2, 2, 2, 3, 5))
        return mixer.several(max(recipe.batch // most, 6), most)
    return mixer.single(recipe.batch)


def train(
    corpus: Corpus, split: Split, recipe: Recipe, checkpoint: Path, every: int = 1000
) -> tuple[Listener, Tokenizer]:
    """Train from nothing; the averaged model is saved every ``every`` steps and returned."""
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    tokenizer = tokens.build(split)
    targets = tokens.Targets(tokenizer)
    contexts = tokens.Contexts(targets, split, random.Random(recipe.seed + 1))
    mixer = Mixer(corpus, targets, contexts, recipe.seed)
    model = build(recipe, tokenizer, corpus)
    average = Average(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, betas=(0.9, 0.98),
                                  weight_decay=0.01)  # fmt: skip
    size = sum(weight.numel() for weight in model.whisper.parameters()) / 1e6
    log.info("recognizer: %.2f M parameters, %d tokens", size, targets.size)
    began, shown = time.monotonic(), dict[str, float]()
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, recipe)
        batch = draw(mixer, step, recipe, rng)
        with torch.autocast("cpu", torch.bfloat16):
            loss, parts = model(batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update(model)
        shown = {key: 0.98 * shown.get(key, value) + 0.02 * value for key, value in parts.items()}
        if step % 50 == 49:
            _report(step + 1, recipe, began, shown)
        if step % every == every - 1:
            torch.save(average.model.state_dict(), checkpoint)
    torch.save(average.model.state_dict(), checkpoint)
    return average.model, tokenizer  # type: ignore[return-value]


def build(recipe: Recipe, tokenizer: Tokenizer, corpus: Corpus) -> Listener:
    """Return an untrained model of the recipe's size."""
    targets = tokens.Targets(tokenizer)
    heads = len(corpus.phoneme_names), len(corpus.word_names)
    return Listener(recipe, targets.size, targets.end, *heads)


def _report(step: int, recipe: Recipe, began: float, shown: dict[str, float]) -> None:
    spent = time.monotonic() - began
    left = spent / step * (recipe.steps - step) / 60
    figures = " ".join(f"{key} {value:.3f}" for key, value in shown.items())
    log.info("step %d/%d  %s  %.2f s/step, %.0f min left at this pace",
             step, recipe.steps, figures, spent / step, left)  # fmt: skip
