"""The phrase list: reading it, filling its templates, holding some combinations out.

The list is ``pipeline/demo/phrases.tsv``; its format is described in its first lines. This module
needs the standard library only, so that tests and other tools can use it without torch.
"""

# ruff: noqa: PLR2004, S311  # shares of a random draw, with a seed

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Language = Literal["en", "vi"]
LANGUAGES: tuple[Language, Language] = ("en", "vi")
CODES: dict[Language, str] = {"en": "eng_Latn", "vi": "vie_Latn"}
"""NLLB's tokens for the two languages."""

DEMO = Path(__file__).resolve().parent.parent / "pipeline" / "demo"
PHRASES = DEMO / "phrases.tsv"

SLOT = re.compile(r"\{(\w+)\}")
HELD_OUT_SHARE = 0.15
"""Upper share of the filled templates that no training run may see."""


class PhraseListError(ValueError):
    """The phrase list breaks its own format; the message names the line."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One sentence in both languages, in its written form."""

    group: str
    en: str
    vi: str

    def text(self, language: Language) -> str:
        """Return the sentence in one of the two languages."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its slot filled."""

    pair: Pair
    template: int
    slot: str
    value: int


@dataclass(frozen=True, slots=True)
class Phrases:
    """Everything the list holds, in file order."""

    pairs: tuple[Pair, ...]
    slots: dict[str, tuple[Pair, ...]]
    templates: tuple[Pair, ...]

    def filled(self) -> tuple[Filled, ...]:
        """Every template with every value of its slot."""
        return tuple(self._fill())

    def _fill(self) -> Iterator[Filled]:
        for number, template in enumerate(self.templates):
            slot = slot_of(template)
            for index, value in enumerate(self.slots[slot]):
                yield Filled(filled(template, value), number, slot, index)


@dataclass(frozen=True, slots=True)
class Split:
    """What training sees (``fixed`` and ``seen``) and what it never sees (``unseen``)."""

    fixed: tuple[Pair, ...]
    seen: tuple[Pair, ...]
    unseen: tuple[Pair, ...]

    @property
    def training(self) -> tuple[Pair, ...]:
        """Everything a training run may see."""
        return self.fixed + self.seen


def capitalised(text: str) -> str:
    """Return the text with its first letter in upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def filled(template: Pair, value: Pair) -> Pair:
    """Return the template with the value in its slot."""
    en, vi = SLOT.sub(value.en, template.en), SLOT.sub(value.vi, template.vi)
    return Pair(template.group, capitalised(en), capitalised(vi))


def slot_of(template: Pair) -> str:
    """Return the one slot a template has, the same on both sides."""
    names = [SLOT.findall(template.en), SLOT.findall(template.vi)]
    if len(names[0]) != 1 or names[0] != names[1]:
        raise PhraseListError(f"a template needs one slot, the same twice: {template.en!r}")
    return str(names[0][0])


def read(path: Path = PHRASES) -> Phrases:
    """Read the list. Raises PhraseListError where a line breaks the format."""
    pairs: list[Pair] = []
    slots: dict[str, list[Pair]] = {}
    templates: list[Pair] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4 or not all(fields):
            raise PhraseListError(f"line {number}: four fields wanted, {len(fields)} found")
        kind, group, en, vi = fields
        pair = Pair(group, en, vi)
        if kind == "pair":
            pairs.append(pair)
        elif kind == "slot":
            slots.setdefault(group, []).append(pair)
        elif kind == "template":
            if slot_of(pair) not in slots:
                raise PhraseListError(f"line {number}: no values for {slot_of(pair)!r}")
            templates.append(pair)
        else:
            raise PhraseListError(f"line {number}: unknown kind {kind!r}")
    frozen = {name: tuple(values) for name, values in slots.items()}
    return Phrases(tuple(pairs), frozen, tuple(templates))


def split(phrases: Phrases) -> Split:
    """Hold some filled templates out, the same ones every time.

    A combination is held out only while its template and its slot value each stay in training
    elsewhere, so an unseen sentence is always made of seen words.
    """
    filled = phrases.filled()
    order = sorted(filled, key=lambda item: _digest(item.pair.en))
    left_of_template = Counter(item.template for item in filled)
    left_of_value = Counter((item.slot, item.value) for item in filled)
    wanted = int(len(filled) * HELD_OUT_SHARE)
    unseen: list[Filled] = []
    for item in order:
        value = (item.slot, item.value)
        if (
            len(unseen) < wanted
            and left_of_template[item.template] > 3
            and left_of_value[value] > 1
        ):
            unseen.append(item)
            left_of_template[item.template] -= 1
            left_of_value[value] -= 1
    held = set(unseen)
    seen = tuple(item.pair for item in filled if item not in held)
    return Split(phrases.pairs, seen, tuple(item.pair for item in filled if item in held))


def words(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct words of the sentences as written in mid-sentence, sorted.

    A word that opens a sentence counts in lower case, unless it is always capitalised ("I").
    """
    inner: set[str] = set()
    first: set[str] = set()
    for text in texts:
        tokens = bare(text).split()
        first.update(tokens[:1])
        inner.update(tokens[1:])
    lowered = {word if word in inner else word[:1].lower() + word[1:] for word in first}
    return tuple(sorted(inner | lowered))


def bare(text: str) -> str:
    """Return the text without its punctuation marks (apostrophes stay)."""
    return re.sub(r"[.,?!]", "", text)


def sequences(split_: Split, language: Language, count: int, seed: int) -> list[str]:
    """Sentences that mean nothing: random words and halves of different sentences joined.

    They keep a decoder from learning the phrases by heart instead of listening. None of them is
    a sentence of the list, held-out ones included.
    """
    rng = random.Random(f"{seed}:{language}")
    texts = [pair.text(language) for pair in split_.training]
    known = {bare(text).casefold() for text in texts}
    known.update(bare(pair.text(language)).casefold() for pair in split_.unseen)
    spelled = words(texts)
    vocabulary = tuple(w for w in spelled if w == w.lower() or w.lower() not in spelled)
    made: list[str] = []
    while len(made) < count:
        parts = _shuffled(rng, vocabulary) if rng.random() < 0.6 else _crossed(rng, texts)
        text = " ".join(parts)
        if text.casefold() not in known:
            made.append(capitalised(text) + rng.choices(".?!", (8, 4, 1))[0])
    return made


def crossings(phrases: Phrases, split_: Split, language: Language) -> list[str]:
    """Every template with the values of every other template's slot, meaning or not.

    They teach that what stands in a slot must be heard, whatever stands around it. None of them is
    a sentence of the list, held-out ones included.
    """
    listed = {pair.text(language) for pair in (*split_.training, *split_.unseen)}
    made = [
        filled(template, value).text(language)
        for template in phrases.templates
        for slot, values in phrases.slots.items()
        if slot != slot_of(template)
        for value in values
    ]
    return sorted({text for text in made if text not in listed})


def _shuffled(rng: random.Random, vocabulary: tuple[str, ...]) -> list[str]:
    return rng.choices(vocabulary, k=rng.randint(2, 7))


def _crossed(rng: random.Random, texts: list[str]) -> list[str]:
    one, two = bare(rng.choice(texts)).split(), bare(rng.choice(texts)).split()
    head = one[: rng.randint(1, len(one))][:5]
    tail = two[rng.randint(0, len(two) - 1) :][:5]
    opening = tail[0] if tail[0] == "I" else tail[0][:1].lower() + tail[0][1:]
    return [*head, opening, *tail[1:]]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
