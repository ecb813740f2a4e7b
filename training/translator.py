"""Training the small NLLB: M2M100's architecture on the phrase list, both directions at once."""

# ruff: noqa: PLR2004, S311, FBT001, S106, SLF001  # shares of a draw; the tokens are words, not secrets

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)
from torch.nn import functional
from transformers import M2M100Config, M2M100ForConditionalGeneration

from training.phrases import CODES, LANGUAGES, Language, Pair, Phrases, Split, bare, filled, slot_of

log = logging.getLogger(__name__)

"""NLLB's names of the two languages (FLORES-200)."""
SHARES = {"fixed": 0.4, "seen": 0.3, "values": 0.05, "crossed": 0.25}
"""How often a training example is of each kind."""
_SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
_START, _PAD, _END, _UNKNOWN = range(4)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Sizes and the course of training."""

    width: int = 128
    encoder_layers: int = 3
    decoder_layers: int = 2
    steps: int = 3600
    batch: int = 64
    rate: float = 2e-3
    dropout: float = 0.1
    seed: int = 3


@dataclass(frozen=True, slots=True)
class Example:
    """One translation; ``fixed`` marks sentences of which no other differs by a single word."""

    source: str
    target: str
    language: Language
    fixed: bool


def tokenizer(split: Split) -> Tokenizer:
    """Return a Metaspace BPE over the list's words, with NLLB's specials around it."""
    bpe = Tokenizer(models.BPE(unk_token="<unk>"))
    bpe.normalizer = normalizers.NFC()
    bpe.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation(behavior="isolated"),
    ])  # fmt: skip
    bpe.decoder = decoders.Metaspace()
    texts = [pair.text(name) for pair in split.training for name in LANGUAGES]
    letters = {letter for text in texts for letter in text + text.upper() + text.lower()}
    trainer = trainers.BpeTrainer(
        vocab_size=8000, min_frequency=2, show_progress=False, special_tokens=list(_SPECIALS),
        initial_alphabet=sorted(letters | set("0123456789'-:;\"()abcdefghijklmnopqrstuvwxyzFJWZ▁")),
    )  # fmt: skip
    words = sorted({word for text in texts for word in bare(text).split()})
    shapes = [shape for word in words for shape in (word, word.lower(), word.capitalize())]
    bpe.train_from_iterator([shape for shape in shapes for _ in range(2)], trainer)
    bpe.add_special_tokens([AddedToken(code, special=True) for code in CODES.values()])
    return bpe


def examples(phrases: Phrases, split: Split) -> dict[str, list[Example]]:
    """Return what is translated, by kind.

    ``crossed`` fills each template with the values of all other slots. It makes no sense, and it
    teaches that a template and its filling are translated independently; held-out sentences are
    not among it, because they have the template's own slot.
    """
    made: dict[str, list[Example]] = {"fixed": _both(split.fixed, fixed=True)}
    made["seen"] = _both(split.seen)
    made["values"] = _both([value for slot in phrases.slots.values() for value in slot])
    crossed = []
    for template in phrases.templates:
        own = slot_of(template)
        for slot, values in phrases.slots.items():
            crossed += [filled(template, value) for value in values if slot != own]
    made["crossed"] = _both(crossed)
    return made


def _both(pairs: Sequence[Pair], *, fixed: bool = False) -> list[Example]:
    forward = [Example(pair.en, pair.vi, "en", fixed) for pair in pairs]
    return forward + [Example(pair.vi, pair.en, "vi", fixed) for pair in pairs]


def disturbed(text: str, rng: random.Random, words: Sequence[str], fixed: bool) -> str:
    """Return the text as it may arrive: other case, no full stop, a slip of the keys.

    A fixed sentence also survives one word that is missing or replaced, as recognizers do.
    """
    if rng.random() < 0.2:
        text = rng.choice((text.lower(), text.upper(), bare(text).lower(), text.capitalize()))
    if rng.random() < 0.15:
        text = text.rstrip(".?!")
    parts = text.split()
    if fixed and len(parts) > 3 and rng.random() < 0.2:
        place = rng.randrange(len(parts))
        parts[place : place + 1] = rng.choice(([], [rng.choice(words)]))
    if rng.random() < 0.1:
        place = rng.randrange(len(parts))
        parts[place] = _slip(parts[place], rng)
    return " ".join(parts)


def _slip(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + rng.choice((word[at + 1 :], word[at] + word[at:], word[at + 1] + word[at:]))


class Encoder:
    """Text to padded tensors, in NLLB's order: [language] tokens </s>."""

    def __init__(self, bpe: Tokenizer) -> None:
        self._bpe = bpe
        self.codes = {name: int(bpe.token_to_id(code) or 0) for name, code in CODES.items()}

    def row(self, text: str, language: Language) -> list[int]:
        """Return one sequence of token numbers."""
        ids = self._bpe.encode(text, add_special_tokens=False).ids
        return [self.codes[language], *ids, _END]

    @staticmethod
    def padded(rows: list[list[int]], fill: int) -> torch.Tensor:
        """Return the sequences as one tensor."""
        longest = max(map(len, rows))
        return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])


def batches(
    items: dict[str, list[Example]], encoder: Encoder, size: int, rng: random.Random
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Endless source, decoder input and label tensors."""
    kinds, shares = list(SHARES), list(SHARES.values())
    words = [word for item in items["fixed"] for word in bare(item.source).split()]
    while True:
        sources, targets = [], []
        for kind in rng.choices(kinds, shares, k=size):
            example = rng.choice(items[kind])
            other: Language = "vi" if example.language == "en" else "en"
            text = disturbed(example.source, rng, words, example.fixed)
            sources.append(encoder.row(text, example.language))
            targets.append(encoder.row(example.target, other))
        inputs = encoder.padded([[_END, *row[:-1]] for row in targets], _PAD)
        yield encoder.padded(sources, _PAD), inputs, encoder.padded(targets, -100)


def build(recipe: Recipe, size: int) -> M2M100ForConditionalGeneration:
    """Return an untrained model for a vocabulary of ``size`` tokens."""
    width = recipe.width
    config = M2M100Config(
        vocab_size=size, d_model=width, max_position_embeddings=1024,
        encoder_layers=recipe.encoder_layers, decoder_layers=recipe.decoder_layers,
        encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=4 * width, decoder_ffn_dim=4 * width,
        dropout=recipe.dropout, attention_dropout=0.0, activation_dropout=0.0,
        encoder_layerdrop=0.0, decoder_layerdrop=0.0, scale_embedding=True, init_std=0.06,
        bos_token_id=_START, pad_token_id=_PAD, eos_token_id=_END, decoder_start_token_id=_END,
        use_cache=False,
    )  # fmt: skip
    config._attn_implementation = "eager"
    return M2M100ForConditionalGeneration(config)


def train(
    phrases: Phrases, split: Split, recipe: Recipe
) -> tuple[M2M100ForConditionalGeneration, Tokenizer]:
    """Train from nothing; returns the model and its tokenizer."""
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    bpe = tokenizer(split)
    model = build(recipe, bpe.get_vocab_size()).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, betas=(0.9, 0.98),
                                  weight_decay=0.01)  # fmt: skip
    source = batches(examples(phrases, split), Encoder(bpe), recipe.batch, rng)
    size = sum(weight.numel() for weight in model.parameters()) / 1e6
    log.info("translator: %.2f M parameters, %d tokens", size, bpe.get_vocab_size())
    began, shown = time.monotonic(), 0.0
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, recipe)
        inputs, before, labels = next(source)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(
                input_ids=inputs, attention_mask=(inputs != _PAD).long(), decoder_input_ids=before
            ).logits
        loss = functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(),
                                        label_smoothing=0.05)  # fmt: skip
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        shown = 0.98 * shown + 0.02 * loss.item() if step else loss.item()
        if step % 100 == 99:
            left = (time.monotonic() - began) / (step + 1) * (recipe.steps - step - 1) / 60
            log.info("step %d/%d  loss %.3f, %.1f min left", step + 1, recipe.steps, shown, left)
    return model.eval(), bpe


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, then a cosine down to a fiftieth."""
    warm = min(1.0, (step + 1) / 200)
    return recipe.rate * warm * (0.51 + 0.49 * math.cos(math.pi * step / recipe.steps))
