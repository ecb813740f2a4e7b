"""Streams whose every sample says where it stands, and a detector that follows a given curve."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.segments import (
    FRAME,
    RATE,
    Final,
    Provisional,
    Resumed,
    Segmenter,
    SegmentEvent,
    Utterance,
)
from pipeline.specs import SegmentSpec

Samples = NDArray[np.float32]

MS = 32
SMALL = SegmentSpec(
    pre_roll_ms=3 * MS,
    post_roll_ms=2 * MS,
    min_speech_ms=MS,
    provisional_ms=5 * MS,
    end_silence_ms=10 * MS,
    longest_s=80 * MS / 1000,
    patience=0.6,
    overlap_ms=10 * MS,
)

_STEPS = 2**20
"""A float32 tells this many samples apart: 65 s."""


def ramp(samples: int) -> Samples:
    """Return samples that rise from 0 to 1: each is its own place."""
    return (np.arange(1, samples + 1) / _STEPS).astype(np.float32)


def places(samples: Samples) -> NDArray[np.int64]:
    """Return where the samples of a ramp stood; silence, which was added, is left out."""
    steps = np.rint(samples.astype(np.float64) * _STEPS).astype(np.int64)
    return steps[steps > 0] - 1


class Curve:
    """A detector that answers by the place of what it hears, and remembers what it called speech.

    ``probabilities`` has one figure per frame of the ramp.
    """

    def __init__(self, probabilities: Sequence[float], threshold: float = 0.5) -> None:
        self._curve = probabilities
        self._threshold = threshold
        self._speech: list[NDArray[np.int64]] = []
        self.asked = self.resets = 0

    @property
    def speech(self) -> NDArray[np.int64]:
        """The places of the samples it called speech."""
        return np.concatenate([np.zeros(0, np.int64), *self._speech])

    def probabilities(self, samples: Samples) -> NDArray[np.float32]:
        found = []
        for frame in samples.reshape(-1, FRAME):
            heard = places(frame)
            found.append(self._curve[min(int(heard.max()) // FRAME, len(self._curve) - 1)])
            if found[-1] >= self._threshold:
                self._speech.append(heard)
            self.asked += 1
        return np.array(found, np.float32)

    def reset(self) -> None:
        self.resets += 1


class Steady:
    """A detector that is of one opinion, and remembers nothing."""

    def __init__(self, probability: float) -> None:
        self._probability = probability

    def probabilities(self, samples: Samples) -> NDArray[np.float32]:
        return np.full(len(samples) // FRAME, self._probability, np.float32)

    def reset(self) -> None:
        pass


def finals(events: Iterable[SegmentEvent]) -> list[Utterance]:
    return [each.utterance for each in events if isinstance(each, Final)]


def told(event: SegmentEvent) -> tuple[object, ...]:
    """Return all that an event says, comparable."""
    if isinstance(event, Resumed):
        return ("resumed", event.number)
    said = event.utterance
    same = event.same if isinstance(event, Final) else None
    facts = (round(said.start, 6), said.continues, said.overlap, said.audio.samples.tobytes())
    return (type(event).__name__, event.number, same, *facts)


def assert_in_order(events: Iterable[SegmentEvent], longest_s: float) -> None:
    """Assert what holds for every stream, whatever is sent and however the clock goes."""
    standing: Provisional | None = None
    number = 0
    for event in events:
        assert event.number == number
        if isinstance(event, Resumed):
            assert standing is not None
            standing = None
            continue
        said = event.utterance
        assert 0 < said.audio.seconds <= longest_s
        assert said.audio.rate == RATE
        assert said.audio.samples.dtype == np.float32
        assert np.abs(said.audio.samples).max() <= 1
        if isinstance(event, Provisional):
            assert standing is None
            standing = event
            continue
        before = None if standing is None else standing.utterance.audio.samples
        assert event.same == (before is not None and np.array_equal(before, said.audio.samples))
        standing = None
        number += 1
    assert standing is None


def assert_nothing_lost(said: Sequence[Utterance], speech: NDArray[np.int64]) -> None:
    """Assert that each sample of speech is in one utterance, or in the stated overlap of two."""
    seen, before = -1, np.zeros(0, np.float32)
    new = []
    for utterance in said:
        sound, shared = utterance.audio.samples, round(utterance.overlap * RATE)
        assert np.array_equal(sound[:shared], before[len(before) - shared :])
        heard = places(sound[shared:])
        assert (np.diff(places(sound)) == 1).all()
        assert heard[0] > seen
        new.append(heard)
        seen, before = int(heard[-1]), sound
    assert np.isin(speech, np.concatenate([np.zeros(0, np.int64), *new])).all()


def chunks(sound: Samples, sizes: Sequence[int]) -> Iterator[tuple[Samples, float]]:
    """Yield the sound in chunks of the sizes, again and again, each with its time."""
    place = turn = 0
    while place < len(sound):
        size = sizes[turn % len(sizes)]
        yield sound[place : place + size], place / RATE
        place, turn = place + size, turn + 1


def listen(
    curve: Sequence[float], spec: SegmentSpec = SMALL, sizes: Sequence[int] = (320,)
) -> tuple[list[SegmentEvent], Curve]:
    """Hear a stream to its end."""
    vad = Curve(curve)
    segmenter = Segmenter(spec, vad)
    events = []
    for chunk, at in chunks(ramp(len(curve) * FRAME), sizes):
        events += segmenter.push(chunk, at)
    return events + segmenter.flush(), vad
