"""How often a recording of another sentence passes for consent, and how often a true one does not.

Run as ``python -m tests.pipeline.measure_consent [PAIRS]``: ten minutes for 20 000 pairs, half an
hour for 100 000, which is what it takes if it is told nothing.
"""

import sys
from collections.abc import Iterator
from itertools import combinations
from math import prod
from random import Random
from typing import Any

from pipeline.enrolling import consent
from tests.pipeline.readings import CATALOGUES, heard, misheard, sentence, words

STRATUM, READINGS = 3_000, 2_000


def passes(catalogue: Any, shown: list[str], read: list[str]) -> bool:
    """Say whether a recording of one sentence passes for another."""
    return consent(sentence(catalogue, shown), heard(sentence(catalogue, read)))


def random_pairs(catalogue: Any, count: int, rng: Random) -> int:
    """Return how many of so many pairs pass, each sentence drawn by itself."""
    return sum(
        passes(catalogue, words(catalogue, rng), words(catalogue, rng)) for _ in range(count)
    )


def strata(catalogue: Any, rng: Random) -> Iterator[tuple[int, float, float]]:
    """Yield how many words a pair shares, how likely that is, and the share of such that passes.

    Those that pass share most of their words, and are too rare to be met among random pairs.
    """
    lists = catalogue.WORDS
    for shared in range(len(lists) + 1):
        choices = list(combinations(range(len(lists)), shared))
        likely = sum(
            prod(
                1 / len(each) if place in kept else 1 - 1 / len(each)
                for place, each in enumerate(lists)
            )
            for kept in choices
        )
        hits = 0
        for _ in range(STRATUM):
            kept, shown = rng.choice(choices), words(catalogue, rng)
            read = [
                word if place in kept else rng.choice([other for other in each if other != word])
                for place, (word, each) in enumerate(zip(shown, lists, strict=True))
            ]
            hits += passes(catalogue, shown, read)
        yield shared, likely, hits / STRATUM


def readings(catalogue: Any, share: float, rng: Random) -> float:
    """Return how many true readings pass of which that share of the letters is misheard."""
    passed = 0
    for _ in range(READINGS):
        shown = sentence(catalogue, words(catalogue, rng))
        passed += consent(shown, heard(misheard(shown, share, rng)))
    return passed / READINGS


def lines(catalogue: Any, count: int) -> Iterator[str]:
    """Measure, and yield what was found."""
    rng, whole = Random(1), 0.0
    yield f"{prod(map(len, catalogue.WORDS)):,} sentences"
    yield f"of {count:,} pairs, {random_pairs(catalogue, count, rng)} pass"
    for shared, likely, share in strata(catalogue, rng):
        yield f"{shared} words shared: {likely:.1e} of pairs, of which {share:.1%} pass"
        whole += likely * share
    yield f"in all 1 of {1 / whole:,.0f} pairs"
    for share in (0.0, 0.02, 0.04, 0.06, 0.1):
        passed = readings(catalogue, share, rng)
        yield f"{share:.0%} of letters misheard: {passed:.1%} of readings pass"


if __name__ == "__main__":
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for language, catalogue in CATALOGUES.items():
        for line in lines(catalogue, pairs):
            sys.stdout.write(f"{language}: {line}\n")
            sys.stdout.flush()
