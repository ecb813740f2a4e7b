"""The recognizer's tokens: byte-level BPE whose pieces are mostly whole words, then Whisper's own.

The order is what Whisper's runtimes count on: text < end of text < start of transcript <
languages < tasks < no speech < no timestamps < the 1501 times from 0.00 to 30.00 s. The empty
token at the end of the text range is how CTranslate2 knows a multilingual model.
"""

# ruff: noqa: PLR2004, FBT001  # shares of a random draw, with a seed

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training.phrases import LANGUAGES, Language, Split, bare, capitalised, words

SPECIALS = (
    "<|endoftext|>", "<|startoftranscript|>", *(f"<|{name}|>" for name in LANGUAGES),
    "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>",
    "<|notimestamps|>",
)  # fmt: skip
TIMES = 1501
"""Timestamp tokens, one every 20 ms."""


def build(split: Split) -> Tokenizer:
    """Return the tokenizer for the list's words; bytes stand in for anything else."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8000, min_frequency=2, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    bpe.train_from_iterator(_whole_words(split), trainer)
    layout = json.loads(bpe.to_str())
    layout["model"]["vocab"][""] = len(layout["model"]["vocab"])
    tokenizer = Tokenizer.from_str(json.dumps(layout))
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


def _whole_words(split: Split) -> Iterable[str]:
    """Each word twice, so that it becomes one piece however rare it is in the list."""
    for language in LANGUAGES:
        texts = [pair.text(language) for pair in split.training]
        firsts = {capitalised(bare(text).split()[0]) for text in texts}
        for word in sorted(firsts | set(words(texts))):
            yield from (f" {word}",) * 2


@dataclass(frozen=True, slots=True)
class Target:
    """One decoder sequence, and which of its tokens count in the loss."""

    tokens: list[int]
    counted: list[bool]


class Targets:
    """Builds decoder sequences the way Whisper's runtimes prompt and read them."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        ids = {name: int(tokenizer.token_to_id(name) or 0) for name in SPECIALS}
        self.end, self.start = ids["<|endoftext|>"], ids["<|startoftranscript|>"]
        self.transcribe, self.previous = ids["<|transcribe|>"], ids["<|startofprev|>"]
        self.no_speech, self.no_times = ids["<|nospeech|>"], ids["<|notimestamps|>"]
        self.languages = {name: ids[f"<|{name}|>"] for name in LANGUAGES}
        self.first_time = tokenizer.get_vocab_size()
        self.size = self.first_time + TIMES

    def text(self, text: str) -> list[int]:
        """Return the tokens of a text, with the space that Whisper puts before it."""
        return list(self.tokenizer.encode(f" {text}", add_special_tokens=False).ids)

    def time(self, seconds: float) -> int:
        """Return the timestamp token of a moment."""
        return self.first_time + min(max(round(seconds * 50), 0), TIMES - 1)

    def speech(
        self, language: Language, spoken: list[tuple[float, str, float]], timed: bool,
        context: list[int],
    ) -> Target:  # fmt: skip
        """Return a transcript of sentences with their start and end in seconds."""
        body: list[int] = []
        for index, (start, text, end) in enumerate(spoken):
            begin = min(start, 1.0) if index == 0 else start
            marks = (self.time(begin), self.time(end)) if timed else ()
            body += [*marks[:1], *self.text(text), *marks[1:]]
        head = [self.languages[language], self.transcribe]
        return self._target(context, head, body, timed)

    def silence(self, language: Language, timed: bool, context: list[int]) -> Target:
        """Return the sequence of a clip in which nobody speaks.

        <|nospeech|> is right after the start, and after a forced language prompt the text ends
        at once.
        """
        head = [self.languages[language], self.transcribe]
        return self._target(context, head, [self.first_time] if timed else [], timed)

    def _target(self, context: list[int], head: list[int], body: list[int], timed: bool) -> Target:
        before = [self.previous, *context] if context else []
        tail = [*body, self.end]
        middle = [] if timed else [self.no_times]
        tokens = [*before, self.start, *head, *middle, *tail]
        counted = [False] * (len(before) + 1) + [True, True] + [False] * len(middle)
        return Target(tokens, counted + [True] * len(tail))


class Contexts:
    """What an application may put before a transcript: hotwords, or the sentences before it."""

    def __init__(self, targets: Targets, split: Split, rng: random.Random) -> None:
        self._targets, self._rng = targets, rng
        pairs = split.training
        self._sentences = [pair.text(name) for name in LANGUAGES for pair in pairs]
        self._words = [word for text in self._sentences for word in bare(text).split()]

    def draw(self) -> list[int]:
        """Random context tokens; now and then as many as Whisper allows (223)."""
        rng = self._rng
        limit = 223 if rng.random() < 0.06 else rng.choice((12, 30, 60))
        if rng.random() < 0.35:
            text = " ".join(rng.choices(self._sentences, k=rng.randint(1, 3)))
        else:
            entries = [self._entry() for _ in range(rng.randint(1, limit // 2))]
            text = rng.choice((", ", " ")).join(entries)
        return self._targets.text(text)[:limit]

    def _entry(self) -> str:
        rng = self._rng
        if rng.random() < 0.65:
            return rng.choice(self._words)
        letters = "".join(rng.choices("abcdeghiklmnopqrstuvxyâêôơưđáàạ", k=rng.randint(2, 9)))
        return rng.choice(
            (letters, capitalised(letters), letters.upper(), str(rng.randint(0, 999)))
        )
