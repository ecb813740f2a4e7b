"""Utterances out of any stream: nothing lost, nothing twice, bounded, whatever is sent."""

import math
import tracemalloc
from difflib import get_close_matches

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EngineError
from pipeline.joints import continued
from pipeline.segments import FRAME, RATE, Segmenter, SegmentEvent, Utterance
from pipeline.specs import SegmentSpec
from tests.pipeline.streams import (
    MS,
    SMALL,
    Curve,
    Samples,
    Steady,
    assert_in_order,
    assert_nothing_lost,
    chunks,
    finals,
    listen,
    places,
    ramp,
    told,
)

LEVELS = st.sampled_from([0.0, 0.1, 0.34, 0.36, 0.49, 0.5, 0.9, 1.0])
CURVES = st.lists(st.tuples(LEVELS, st.integers(1, 100)), min_size=1, max_size=8).map(
    lambda runs: [level for level, frames in runs for _ in range(frames)]
)
TALKS = st.lists(st.integers(1, 100), min_size=1, max_size=10).map(
    lambda runs: [float(turn % 2) for turn, frames in enumerate(runs) for _ in range(frames)]
)
SIZES = st.lists(st.integers(1, 3_000), max_size=8).map(lambda sizes: [*sizes, 3_000])
SPECS = st.builds(
    lambda hint, after, pause, **others: SegmentSpec(
        provisional_ms=hint * MS,
        end_silence_ms=(hint + after) * MS,
        shortest_pause_ms=min(pause, hint, hint + after - 1) * MS,
        min_speech_ms=MS,
        **others,
    ),
    st.integers(4, 8),
    st.integers(0, 60),
    st.integers(3, 8),
    pre_roll_ms=st.integers(0, 10).map(lambda frames: frames * MS),
    post_roll_ms=st.integers(0, 10).map(lambda frames: frames * MS),
    longest_s=st.floats(1.5, 6),
    patience=st.floats(0.5, 0.8),
    overlap_ms=st.integers(0, 20).map(lambda frames: frames * MS),
)


# --- hostile streams


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e38])
def test_what_is_no_number_is_silence_and_the_rest_is_bounded(value: float) -> None:
    sound = ramp(60 * FRAME)
    sound[10 * FRAME : 20 * FRAME] = value
    segmenter = Segmenter(SMALL, Curve([1.0]))
    events = segmenter.push(sound, 0.0) + segmenter.flush()
    assert_in_order(events, SMALL.longest_s)
    assert len(finals(events)) == (1 if math.isfinite(value) else 2)


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf, -1e300, 1e300, 0.0, -5.0])
def test_a_broken_clock_loses_no_speech(at: float) -> None:
    vad = Curve([1.0])
    segmenter = Segmenter(SMALL, vad)
    sound = ramp(40 * FRAME)
    events = segmenter.push(sound[: 20 * FRAME], 100.0)
    events += segmenter.push(sound[20 * FRAME :], at)
    events += segmenter.idle(at)
    events += segmenter.flush()
    assert_in_order(events, SMALL.longest_s)
    assert_nothing_lost(finals(events), vad.speech)
    assert len(vad.speech) == len(sound)


def test_a_day_in_one_jump_costs_no_more_than_a_pause() -> None:
    vad = Curve([1.0])
    segmenter = Segmenter(SMALL, vad)
    sound = ramp(40 * FRAME)
    tracemalloc.start()
    try:
        events = segmenter.push(sound[: 20 * FRAME], 0.0)
        events += segmenter.push(sound[20 * FRAME :], 86_400.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    events += segmenter.flush()
    assert peak < 5_000_000
    first, second = finals(events)
    assert first.end < 1
    assert second.start == pytest.approx(86_400 - 3 * MS / 1000, abs=MS / 1000)
    assert vad.asked <= 41


@given(
    CURVES,
    st.lists(
        st.tuples(
            st.sampled_from(["push", "push", "push", "idle", "flush"]),
            st.integers(0, 20_000),
            st.sampled_from([0.0, 0.02, -0.02, 0.1, 0.4, 3.0, 1e6, -0.5, -1e6, math.nan]),
        ),
        max_size=60,
    ),
    SPECS,
)
def test_no_schedule_loses_speech_or_tells_it_out_of_order(
    curve: list[float], schedule: list[tuple[str, int, float]], spec: SegmentSpec
) -> None:
    vad = Curve(curve)
    segmenter = Segmenter(spec, vad)
    sound, at, events = ramp(len(curve) * FRAME), 0.0, list[SegmentEvent]()
    for what, size, jump in schedule:
        if what == "push":
            events += segmenter.push(sound[:size], at + jump)
            at, sound = at + size / RATE, sound[size:]
        elif what == "idle":
            events += segmenter.idle(at + jump)
        else:
            events += segmenter.flush()
        at += jump if math.isfinite(jump) else 0.0
    events += segmenter.push(sound, at) + segmenter.flush()
    assert_in_order(events, spec.longest_s)
    assert_nothing_lost(finals(events), vad.speech)


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_the_longest_stream_takes_no_more_memory_than_a_minute(level: float) -> None:
    segmenter = Segmenter(SegmentSpec(), Steady(level))
    minute = np.full(60 * RATE, 0.5, np.float32)
    tracemalloc.start()
    try:
        segmenter.push(minute, 0.0)
        before, _ = tracemalloc.get_traced_memory()
        for turn in range(1, 5):
            segmenter.push(minute, 60.0 * turn)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1_500_000
    assert peak < 25_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"shortest_pause_ms": 50},
        {"provisional_ms": 64},
        {"end_silence_ms": 96},
        {"longest_s": 1.0},
        {"overlap_ms": 14_000},
        {"pre_roll_ms": 15_000},
        {"patience": 1.0},
    ],
)
def test_times_that_do_not_fit_together_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="SegmentSpec"):
        Segmenter(SegmentSpec(**wrong), Curve([0.0]))  # type: ignore[arg-type]  # some are float


def test_a_failing_detector_is_told_to_the_caller() -> None:
    class Failing(Curve):
        def probabilities(self, samples: Samples) -> Samples:
            raise EngineError(engine=str(len(samples)))

    with pytest.raises(EngineError):
        Segmenter(SMALL, Failing([])).push(ramp(FRAME), 0.0)


@given(st.integers(100, 5_000), st.integers(200, 5_000), st.floats(5, 30), st.floats(0, 1))
def test_whatever_operators_may_set_fits_together(
    provisional_ms: int, end_silence_ms: int, longest_s: float, threshold: float
) -> None:
    spec = SegmentSpec(
        threshold=threshold,
        provisional_ms=min(provisional_ms, end_silence_ms - 1),
        end_silence_ms=end_silence_ms,
        longest_s=longest_s,
    )
    (said,) = finals(listen([*[1.0] * 40, *[0.0] * 10], spec)[0])
    assert said.audio.seconds >= 40 * MS / 1000


# --- for any speech, in any chunks


@given(CURVES, SIZES, SPECS)
def test_every_sample_of_speech_is_in_one_utterance_or_in_a_stated_overlap(
    curve: list[float], sizes: list[int], spec: SegmentSpec
) -> None:
    events, vad = listen(curve, spec, sizes)
    assert_in_order(events, spec.longest_s)
    assert_nothing_lost(finals(events), vad.speech)
    assert len(vad.speech) == FRAME * sum(level >= 0.5 for level in curve)


@given(TALKS, SIZES, SPECS)
def test_utterances_stand_where_they_were_spoken_and_know_what_they_continue(
    curve: list[float], sizes: list[int], spec: SegmentSpec
) -> None:
    spoken = np.repeat(np.array(curve) == 1.0, FRAME)
    last = -(10**9)
    for said in finals(listen(curve, spec, sizes)[0]):
        heard = places(said.audio.samples)
        assert said.start == pytest.approx(heard[0] / RATE)
        assert said.end == pytest.approx((heard[-1] + 1) / RATE)
        new = heard[round(said.overlap * RATE) :]
        speech = new[spoken[new]]
        assert len(speech)
        assert said.continues == ((speech[0] - last) * 1000 / RATE <= spec.end_silence_ms)
        assert said.continues or not said.overlap
        last = speech[-1]


@given(CURVES, SIZES)
def test_the_chunks_make_no_difference(curve: list[float], sizes: list[int]) -> None:
    whole = [told(event) for event in listen(curve, sizes=[10**9])[0]]
    assert [told(event) for event in listen(curve, sizes=sizes)[0]] == whole


@given(
    st.integers(1, 200),
    st.lists(st.floats(0, 0.31), min_size=1, max_size=20),
    st.lists(st.integers(500, 3_000), min_size=1, max_size=8),
)
def test_packets_that_come_late_are_heard_as_if_they_had_come_in_time(
    length: int, delays: list[float], sizes: list[int]
) -> None:
    curve = [*[1.0] * length, *[0.1] * 30]
    segmenter, events = Segmenter(SMALL, Curve(curve)), list[SegmentEvent]()
    for turn, (chunk, at) in enumerate(chunks(ramp(len(curve) * FRAME), sizes)):
        events += segmenter.push(chunk, at)
        sent = at + len(chunk) / RATE
        if sent < length * MS / 1000:
            events += segmenter.idle(sent + delays[turn % len(delays)])
    events += segmenter.flush()
    assert_in_order(events, SMALL.longest_s)
    late, in_time = finals(events), finals(listen(curve)[0])
    assert [said.audio.samples.tobytes() for said in late] == [
        said.audio.samples.tobytes() for said in in_time
    ]


# --- speech without a pause, written down word by word

WORDS = [
    *["passport", "meeting", "yellow", "bridge", "doctor", "kitchen", "summer", "window"],
    *["garlic", "engine", "thumb", "hospital", "quarter", "language", "fish", "journey"],
]


def written(said: Utterance, spoken: list[tuple[str, int, int]]) -> str:
    """Write down what is heard, of words at the edges only the letters."""
    heard = places(said.audio.samples)
    letters = [
        "".join(
            letter
            for turn, letter in enumerate(word)
            if heard[0] <= first + (last - first) * (turn + 0.5) / len(word) <= heard[-1]
        )
        for word, first, last in spoken
    ]
    return " ".join(filter(None, letters))


@given(
    st.permutations(WORDS),
    st.lists(st.integers(5, 16), min_size=len(WORDS), max_size=len(WORDS)),
    st.lists(st.floats(0.6, 1.0), min_size=60, max_size=60),
)
def test_each_word_is_told_nearly_whole_and_once_wherever_speech_is_cut(
    words: list[str], lengths: list[int], levels: list[float]
) -> None:
    edges = np.cumsum([0, *lengths]).tolist()
    spoken = [
        (word, first * FRAME, last * FRAME)
        for word, first, last in zip(words, edges, edges[1:], strict=False)
    ]
    curve = [levels[place % len(levels)] for place in range(edges[-1])]
    text, before = "", ""
    for said in finals(listen(curve, SegmentSpec(longest_s=3.0))[0]):
        heard = written(said, spoken)
        before = continued(before, heard) if said.overlap else heard
        text += f" {before}"
    long = [each for each in text.split() if len(each) > 3]
    assert [word for each in long for word in get_close_matches(each, WORDS, 1, 0.75)] == words
