"""What is heard together, and where long speech is cut."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.types import Audio, Span
from pipeline.windows import samples_of, windows

RATE = 16_000


def noise(seconds: float) -> Audio:
    generator = np.random.default_rng(1)
    samples = generator.uniform(-0.5, 0.5, round(seconds * RATE)).astype(np.float32)
    return Audio(samples, RATE)


def test_neighbouring_spans_share_a_window_while_they_fit() -> None:
    spans = [Span(0, 2), Span(2.5, 4), Span(4.2, 9)]
    assert windows(noise(10), spans, longest_s=5, joins=True) == (Span(0, 4), Span(4.2, 9))


def test_a_long_pause_begins_a_new_window() -> None:
    spans = [Span(0, 2), Span(5, 6)]
    assert windows(noise(10), spans, longest_s=30, joins=True) == tuple(spans)


def test_spans_stay_apart_when_none_may_join() -> None:
    spans = [Span(0, 2), Span(2, 4)]
    assert windows(noise(10), spans, longest_s=30, joins=False) == tuple(spans)


def test_long_speech_is_cut_at_its_quietest_place() -> None:
    audio = noise(40)
    audio.samples[27 * RATE : round(27.2 * RATE)] *= 0.01
    first, second = windows(audio, [Span(0, 40)], longest_s=30, joins=True)
    assert 27.0 < first.end < 27.2
    assert (second.start, second.end) == (first.end, 40)


def test_no_speech_gives_no_window() -> None:
    assert windows(noise(1), [], longest_s=30, joins=True) == ()


def test_samples_are_not_copied() -> None:
    audio = noise(2)
    part = samples_of(audio, Span(0.5, 1.5))
    assert part.seconds == pytest.approx(1.0)
    assert np.shares_memory(part.samples, audio.samples)


@st.composite
def spans_in(draw: st.DrawFn, seconds: float) -> list[Span]:
    edges = sorted(draw(st.lists(st.floats(0, seconds), max_size=12, unique=True)))
    return [
        Span(start, end)
        for start, end in zip(edges[::2], edges[1::2], strict=False)
        if end - start > 0.3
    ]


@given(spans_in(120), st.floats(1, 30))
def test_every_instant_of_speech_is_in_exactly_one_window(
    spans: list[Span], longest_s: float
) -> None:
    found = windows(noise(120), spans, longest_s=longest_s, joins=True)
    assert all(window.end - window.start <= longest_s + 1e-6 for window in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    covered = sum(
        max(0.0, min(span.end, window.end) - max(span.start, window.start))
        for span in spans
        for window in found
    )
    assert covered == pytest.approx(sum(span.end - span.start for span in spans))
