"""Live audio to utterances: where somebody begins to speak, pauses, and has had their say.

A stream is judged in frames of 32 ms. Silence ends an utterance; a shorter silence announces that
it may have ended, so that recognition can begin early and be thrown away if the person goes on.
Speech without a pause is cut. The caller brings the clock: nothing here waits.
"""

import math
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.specs import SegmentSpec
from pipeline.types import Audio

RATE = 16_000
"""Samples per second."""
FRAME = 512
"""Samples that are judged at once."""

_FRAME_S = FRAME / RATE
_SLACK_S = 0.06
"""Packets of 20 ms come so much too early or too late without a gap between them."""
_INAUDIBLE = 2**-15
"""One step of 16 bits: below it, nobody needs to be asked whether this is speech."""
_ONSET = 2
"""Frames that are left to the next utterance after a short pause: a word is noticed late."""
_FORGET = 125
"""Frames of silence after which the detector begins afresh. Silero's memory grows in silence:
after 5 s of noise it notices the demo notes up to 1 frame later than a fresh one, after 20 s up to
14, after a minute up to 23, which is more than the pre-roll saves."""
_SMOOTH = 5
"""Frames over which the quietest place is sought: there are shorter gaps inside words."""
_LOUDNESS = 0.3
"""What the loudness of a frame, as a share of the loudest, weighs beside its probability: enough to
decide where the detector is sure all along, too little to take a silent consonant for a pause."""
_PART = 64 * FRAME
"""Samples that are taken in at once, so that a huge chunk costs no huge copies."""
_SILENCE = np.zeros(FRAME, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """What one person said in one go; times in seconds on the call's clock."""

    audio: Audio = field(repr=False)
    """At 16 kHz, with some silence around the speech; at most ``longest_s`` seconds."""
    start: float
    end: float
    continues: bool = False
    """The person had not finished when the utterance before this one ended."""
    overlap: float = 0.0
    """So many seconds at the start are the end of the utterance before this one: it was cut inside
    speech."""


@dataclass(frozen=True, slots=True)
class Provisional:
    """A pause has begun: what the utterance is if the person says no more."""

    utterance: Utterance
    number: int
    """Which of this stream's utterances it is; the first is 0."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The person went on: the provisional utterance is void."""

    number: int


@dataclass(frozen=True, slots=True)
class Final:
    """The person has had their say, or the utterance was cut because it grew too long."""

    utterance: Utterance
    number: int
    same: bool
    """Its audio is that of the provisional utterance which is not void: what was recognised
    holds."""


SegmentEvent: TypeAlias = Provisional | Resumed | Final
"""Numbers ascend. There is one Final for each; before it any number of pairs of Provisional and
Resumed, and at most one Provisional that stands."""


class SpeechProbability(Protocol):
    """Judges one stream; an error of its own goes through the segmenter to the caller."""

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of speech, shape ``(n,)`` in [0, 1], of ``(n * 512,)`` samples.

        They are 16 kHz, in [-1, 1], and go on where the last call ended.
        """
        ...

    def reset(self) -> None:
        """Forget the stream."""
        ...


@dataclass(frozen=True, slots=True)
class _Frame:
    samples: NDArray[np.float32]
    probability: float
    spoken: bool


class Segmenter:
    """Cuts one person's stream into utterances. Not for two threads at once.

    Each sample of speech is in one utterance; only what lies in an overlap is in two. It keeps
    at most ``longest_s`` seconds of sound, twice.
    """

    def __init__(self, spec: SegmentSpec, vad: SpeechProbability) -> None:
        """Begin in silence; raises ValueError for times that don't fit together."""
        self._vad = vad
        self._threshold = spec.threshold
        self._end_threshold = max(spec.threshold - spec.hysteresis, 0.01)
        self._pre_roll, self._least = _frames(spec.pre_roll_ms), _frames(spec.min_speech_ms)
        self._pause, self._end = _frames(spec.shortest_pause_ms), _frames(spec.end_silence_ms)
        self._hint = min(_frames(spec.provisional_ms), self._end - 1)
        self._longest = int(spec.longest_s / _FRAME_S)
        self._patient = int(spec.patience * self._longest)
        self._overlap = _frames(spec.overlap_ms)
        self._post_roll = min(_frames(spec.post_roll_ms), self._hint - _ONSET)
        if not _ONSET < self._pause <= self._hint:
            raise ValueError(spec)
        if not max(self._overlap, self._pre_roll) < self._patient <= self._longest - _SMOOTH:
            raise ValueError(spec)
        self._frames: list[_Frame] = []
        """While nobody speaks, the last of the silence; else the utterance as far as it goes."""
        self._rest = np.zeros(0, np.float32)
        """What does not fill a frame yet."""
        self._clock = 0.0
        """Where the last frame ends, in seconds on the call's clock."""
        self._silent = self._end
        """Frames since the last speech."""
        self._guessed = 0
        """Frames at the end that are silence only because no packets came."""
        self._speaking = False
        self._start = 0.0
        self._continues = False
        self._overlapping = 0
        self._number = 0
        self._announced: Utterance | None = None

    @property
    def speaking(self) -> bool:
        """Whether an utterance is under way, and no pause that may be its end has begun."""
        return self._speaking and self._silent < self._hint

    def push(self, samples: NDArray[np.float32], at: float) -> list[SegmentEvent]:
        """Hear samples, shape ``(n,)`` at 16 kHz, of which the first was spoken at ``at`` seconds.

        A gap since the last samples is silence. A clock that goes back is followed; what it says
        then is not before or after anything. What is no number is taken for silence, or passed over
        as a time.
        """
        self._take_back()
        events = self._follow(at) if math.isfinite(at) else []
        for first in range(0, len(samples), _PART):
            events += self._listen(samples[first : first + _PART])
        return events

    def idle(self, now: float) -> list[SegmentEvent]:
        """Let time pass up to ``now``, while no samples come.

        Samples that come late all the same are heard as if this had not been called, unless it has
        ended the utterance.
        """
        self._take_back()
        passed = (now - self._clock - len(self._rest) / RATE) / _FRAME_S
        if not self._speaking or not math.isfinite(passed) or self._silent + passed < self._hint:
            return []
        return self._guess(min(int(passed), self._end))

    def flush(self) -> list[SegmentEvent]:
        """End the stream: what was said so far is final. Another one may follow."""
        self._take_back()
        events = self._judge(_filled(self._rest)) if len(self._rest) else []
        if self._speaking and self._enough():
            events.append(self._close(self._spoken_end(reserve=0)))
        self._frames, self._rest = [], self._rest[:0]
        self._speaking, self._silent = False, self._end
        self._vad.reset()
        return events

    def _take_back(self) -> None:
        """Undo what was only a guess."""
        if self._guessed:
            del self._frames[-self._guessed :]
            self._silent -= self._guessed
            self._clock -= self._guessed * _FRAME_S
            self._guessed = 0

    def _guess(self, frames: int) -> list[SegmentEvent]:
        """Take what is to come for silence, until that ends the utterance."""
        events: list[SegmentEvent] = []
        for frame in range(frames):
            self._guessed += 1
            events += self._step(_SILENCE if frame else _filled(self._rest), 0.0)
            if not self._speaking:
                self._guessed, self._rest = 0, self._rest[:0]
                break
        return events

    def _follow(self, at: float) -> list[SegmentEvent]:
        """Fill the gap before ``at`` with as much silence as can matter."""
        held = len(self._rest) / RATE
        gap = at - held - self._clock
        events: list[SegmentEvent] = []
        if gap > _SLACK_S:
            silence = min(gap, (self._end + self._pre_roll + 1) * _FRAME_S)
            events = self._listen(np.zeros(round(silence * RATE), np.float32))
        if abs(gap) > _SLACK_S or not self._speaking:
            self._clock = at - len(self._rest) / RATE
        return events

    def _listen(self, samples: NDArray[np.float32]) -> list[SegmentEvent]:
        sound = np.where(np.isfinite(samples), samples, np.float32(0)).clip(-1, 1)
        sound = np.concatenate((self._rest, sound), dtype=np.float32)
        whole = len(sound) // FRAME * FRAME
        self._rest = sound[whole:]
        return [event for frame in sound[:whole].reshape(-1, FRAME) for event in self._judge(frame)]

    def _judge(self, samples: NDArray[np.float32]) -> list[SegmentEvent]:
        if np.abs(samples).max() < _INAUDIBLE:
            return self._step(samples, 0.0)
        return self._step(samples, float(self._vad.probabilities(samples)[0]))

    def _step(self, samples: NDArray[np.float32], probability: float) -> list[SegmentEvent]:
        """Go on by one frame."""
        threshold = self._threshold if self._silent else self._end_threshold
        spoken = probability >= threshold
        self._frames.append(_Frame(samples, probability, spoken))
        self._clock += _FRAME_S
        if not self._speaking and not spoken:
            self._wait()
            return []
        if not self._speaking:
            self._begin()
        self._silent = 0 if spoken else self._silent + 1
        events = self._resume() if spoken else self._pause_or_end()
        if self._speaking and not self._guessed and len(self._frames) >= self._longest:
            events.append(self._cut())
        return events

    def _wait(self) -> None:
        self._silent += 1
        self._keep(self._pre_roll)
        if self._silent % _FORGET == 0:
            self._vad.reset()

    def _begin(self) -> None:
        self._keep(self._pre_roll + 1)
        self._speaking = True
        self._start = self._clock - len(self._frames) * _FRAME_S
        self._continues, self._overlapping = self._silent < self._end, 0

    def _keep(self, last: int) -> None:
        del self._frames[: max(0, len(self._frames) - last)]

    def _resume(self) -> list[SegmentEvent]:
        if self._announced is None:
            return []
        self._announced = None
        return [Resumed(self._number)]

    def _pause_or_end(self) -> list[SegmentEvent]:
        events: list[SegmentEvent] = []
        if self._announced is None and self._silent >= self._hint and self._enough():
            self._announced = self._utterance(self._spoken_end())
            events.append(Provisional(self._announced, self._number))
        if self._silent >= self._needed():
            if self._enough():
                events.append(self._close(self._spoken_end()))
            self._speaking = False
            self._keep(self._pre_roll)
        return events

    def _needed(self) -> float:
        """Return how many frames of silence end the utterance: fewer as it grows too long.

        What is late is no pause: without packets, there is no haste.
        """
        if self._guessed:
            return self._end
        haste = (len(self._frames) - self._patient) / (self._longest - self._patient)
        return self._end - max(0.0, haste) * (self._end - self._pause)

    def _enough(self) -> bool:
        """Say whether it is more than a click; what goes on from speech needs no proof."""
        return self._continues or sum(each.spoken for each in self._frames) >= self._least

    def _spoken_end(self, reserve: int = _ONSET) -> int:
        """Return the frames up to the end of speech, with the post-roll."""
        after = min(self._post_roll, self._silent - reserve)
        return min(len(self._frames) - self._silent + max(0, after), self._longest)

    def _utterance(self, frames: int) -> Utterance:
        audio = Audio(np.concatenate([each.samples for each in self._frames[:frames]]), RATE)
        return Utterance(
            audio,
            self._start,
            self._start + audio.seconds,
            self._continues,
            self._overlapping * _FRAME_S,
        )

    def _close(self, frames: int) -> Final:
        """End the utterance after so many frames; those that follow are left."""
        utterance, announced = self._utterance(frames), self._announced
        same = announced is not None and np.array_equal(
            announced.audio.samples, utterance.audio.samples
        )
        final = Final(utterance, self._number, same)
        self._number += 1
        self._announced = None
        del self._frames[:frames]
        self._start = utterance.end
        return final

    def _cut(self) -> Final:
        """End the utterance at its quietest place; inside a word, both sides hear the word."""
        place, in_speech = self._quietest()
        goes_on = any(each.spoken for each in self._frames[place:])
        before = self._frames[place - self._overlap : place]
        final = self._close(place)
        self._speaking = self._continues = goes_on
        self._overlapping = 0
        if goes_on and in_speech:
            self._frames[:0] = before
            self._overlapping = len(before)
            self._start -= len(before) * _FRAME_S
        return final

    def _quietest(self) -> tuple[int, bool]:
        """Return the frame at the quietest place past ``patience``, and whether that is speech."""
        frames = self._frames[self._patient :]
        loudness = np.array([np.sqrt(np.square(each.samples).mean()) for each in frames])
        cost = _LOUDNESS * loudness / (loudness.max() or 1.0)
        cost += [each.probability for each in frames]
        place = int(np.argmin(np.convolve(cost, np.ones(_SMOOTH), "valid"))) + _SMOOTH // 2
        in_speech = any(each.spoken for each in frames[place - 1 : place + 2])
        return self._patient + place, in_speech


def _frames(milliseconds: float) -> int:
    return round(milliseconds / 1000 / _FRAME_S)


def _filled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a frame that begins with the samples and ends in silence."""
    return np.pad(samples, (0, FRAME - len(samples)))
