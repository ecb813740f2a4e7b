"""Speech of exact length for ``dragoman bench``: espeak-ng reads the demo's phrases."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

import numpy as np

from pipeline import engines
from pipeline.specs import EspeakSpec
from pipeline.types import Audio, Language, Voice

LANGUAGE: Final = Language("en")
_GAP_S = 0.3
"""Between sentences: shorter than the pause that ends a stretch of speech."""
_SKIPPED = 40
"""Sentences passed over in search of one that still fits, before the rest stays silent."""


@dataclass(frozen=True, slots=True)
class BenchClip:
    """A voice message whose words are known."""

    seconds: float
    data: bytes = field(repr=False)
    """Ogg Opus."""
    sentences: tuple[str, ...]


def speak_clips(lengths: Sequence[float]) -> list[BenchClip]:
    """Return a clip for each length in seconds: whole sentences, then silence up to its end.

    A clip too short for any sentence has the beginning of one. Raises EngineError.
    """
    return [_clip(seconds) for seconds in lengths]


def _clip(seconds: float) -> BenchClip:
    from pipeline import audio  # noqa: PLC0415 - in a worker: the parent only names this function

    parts: list[Audio] = []
    said: list[str] = []
    left, skipped = seconds, 0
    for sentence in _phrases():
        sound, _ = engines.synthesizer(EspeakSpec()).synthesize(sentence, LANGUAGE, Voice())
        if sound.seconds > left:
            skipped += 1
            if skipped > _SKIPPED:
                break
            continue
        parts.append(sound)
        said.append(sentence)
        left -= sound.seconds + _GAP_S
    if not parts:
        parts, said = [sound], [sentence]
    rate = parts[0].rate
    samples = np.zeros(round(seconds * rate), np.float32)
    start = 0
    for part in parts:
        fits = part.samples[: len(samples) - start]
        samples[start : start + len(fits)] = fits
        start += len(part.samples) + round(_GAP_S * rate)
    return BenchClip(seconds, audio.encode(Audio(samples, rate)).data, tuple(said))


def _phrases() -> Iterator[str]:
    """Yield the demo's English sentences, again and again."""
    text = (resources.files("pipeline") / "demo" / "phrases.tsv").read_text("utf-8")
    rows = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    sentences = [row[2] for row in rows if row[:1] == ["pair"]]
    while True:
        yield from sentences
