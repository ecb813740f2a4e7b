"""Is this recording good enough for a voice, and does its owner agree? Numbers, and no engine.

Where somebody speaks comes from the voice activity detector, whose voice it is from the cloner
that will speak with it (``Cloner.voiceprint``), what is said from the recogniser. Spectra and pitch
alone were tried for the second and left out: with the synthetic voices of espeak-ng, they confuse
8 % of pairs in one language and 15 % across English and Vietnamese, at the best threshold.

The thresholds of voiceprints are not measured: no pretrained weights were at hand. They lie where
encoders of this kind usually part speakers, and belong to the operator's settings. The others were
set with espeak-ng in white noise, clipped, and through Opus at 32 kbit/s; the tests hold them.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.denials import refusals
from pipeline.errors import (
    SampleClippedError,
    SampleNoisyError,
    SampleSilentError,
    SampleTooShortError,
    SampleVoicesError,
)
from pipeline.specs import SampleSpec, VadSpec
from pipeline.types import Audio, Span, Transcript
from pipeline.verifying import edits_to_beginnings, folded

LISTENING: Final = VadSpec(min_silence_ms=300, pad_ms=100)
"""How the spans of a sample are found: close around the speech, so that pauses show the noise."""

Voiceprint: TypeAlias = Callable[[Audio], NDArray[np.float32]]
"""``Cloner.voiceprint``: a direction of length 1."""

_FRAME_S: Final = 0.02
_PAUSE_S: Final = 0.25
"""Of the silence between two stretches of speech, at most so much is kept."""
_FLOOR_DB: Final = -100.0
_PEAK: Final = 0.97
"""Of the loudest sample: what is above is at the limit, if there is much of it."""
_QUIETEST: Final = 5.0
"""Percentile of the frames that are taken for noise: gaps between words."""
_NAME: Final = "dragoman"
_CLAUSE: Final = 0.15
"""Share of the letters that may be misheard in what stands before the drawn phrase."""
_MISHEARD: Final = 0.5
"""As above, in our name, which recognisers don't know: ``dragon man``, ``đờ ra gô man``."""
_PHRASE: Final = 0.2
"""As above, in the drawn phrase."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A usable sample."""

    audio: Audio
    """The speech, with short pauses, at the rate of the recording."""
    level_db: float
    """Of the speech, in decibels below full scale: RMS."""
    ratio_db: float
    """How much louder than the noise the speech is."""
    clipped: float
    """Share of samples at the limit, in [0, 1]."""


def check(recording: Audio, spans: Sequence[Span], spec: SampleSpec) -> Sample:
    """Return what of the recording is a sample of a voice, measured.

    ``spans`` are where somebody speaks, in order, as found with LISTENING. Raises
    SampleSilentError, SampleTooShortError, SampleClippedError and SampleNoisyError.
    """
    seconds = sum(span.end - span.start for span in spans)
    if not seconds:
        raise SampleSilentError
    power = _powers(recording)
    speaking = _speaking(spans, len(power))
    level = _decibels(float(power[speaking].mean())) if speaking.any() else _FLOOR_DB
    if level < spec.level_db:
        raise SampleSilentError(level=round(level))
    if seconds < spec.least_s:
        raise SampleTooShortError(seconds=int(seconds), limit=spec.least_s)
    clipped = _clipped(recording.samples)
    if clipped > spec.clipped:
        raise SampleClippedError(percent=round(100 * clipped, 1))
    ratio = level - _noise(power, speaking)
    if ratio < spec.ratio_db:
        raise SampleNoisyError(ratio=round(ratio), limit=spec.ratio_db)
    return Sample(_speech(recording, spans, spec.most_s), level, ratio, clipped)


def check_voices(sample: Audio, voiceprint: Voiceprint, spec: SampleSpec) -> None:
    """Raise SampleVoicesError when parts of the sample are not in one voice.

    A part counts as another's when it is unlike most of the others, so that a cough does no harm
    where only one part is short of likeness to a few.
    """
    count = int(sample.seconds / spec.part_s)
    if count <= 1:
        return
    parts = np.array_split(sample.samples, count)
    prints = np.stack([voiceprint(Audio(part, sample.rate)) for part in parts])
    alike = prints @ prints.T
    others = [np.delete(row, place) for place, row in enumerate(alike)]
    if min(float(np.median(row)) for row in others) < spec.alike:
        raise SampleVoicesError


def consent(expected: str, transcript: Transcript) -> bool:
    """Say whether the sentence was read; ``expected`` is what was shown, parted by a colon.

    The clause before the colon is the same for everybody and must be heard nearly letter by
    letter, the phrase after it, which no recording of another sentence has, by itself. Marks on
    letters don't count, but for a word that denies or refuses: none may be lost or come in.
    """
    clause, _, phrase = expected.partition(":")
    before, name, after = _letters(clause).partition(_NAME)
    heard = _letters(transcript.text)
    parts = ((before, _CLAUSE), (name, _MISHEARD), (after, _CLAUSE), (_letters(phrase), _PHRASE))
    return (
        all(letters for letters, _ in parts)
        and len(heard) < 2 * len(expected)
        and refusals(expected) == refusals(transcript.text)
        and _is_all(heard, parts)
    )


def likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the cosine of two voiceprints, in [-1, 1]."""
    return float(one @ other)


def _letters(text: str) -> str:
    """Return the letters as they are compared, without marks."""
    plain = unicodedata.normalize("NFD", folded(text)).replace("đ", "d")
    return "".join(each for each in plain if not unicodedata.combining(each))


def _is_all(heard: str, parts: Sequence[tuple[str, float]]) -> bool:
    """Say whether the parts follow each other in what was heard, and nothing else.

    Beside each is the share of its letters that may be wrong; one may be in any case.
    """
    ends = {0}
    for letters, share in parts:
        most = max(1, int(share * len(letters)))
        ends = {
            start + int(length)
            for start in ends
            for length in np.flatnonzero(
                edits_to_beginnings(letters, heard[start : start + len(letters) + most]) <= most
            )
        }
    return len(heard) in ends


def _powers(audio: Audio) -> NDArray[np.float64]:
    """Return the mean square of each frame of 20 ms; what is left over is left out."""
    size = max(1, round(_FRAME_S * audio.rate))
    whole = audio.samples[: len(audio.samples) // size * size]
    power: NDArray[np.float64] = np.square(whole, dtype=np.float64).reshape(-1, size).mean(axis=1)
    return power


def _speaking(spans: Sequence[Span], frames: int) -> NDArray[np.bool_]:
    marks = np.zeros(frames, np.bool_)
    for span in spans:
        marks[round(span.start / _FRAME_S) : round(span.end / _FRAME_S)] = True
    return marks


def _noise(power: NDArray[np.float64], speaking: NDArray[np.bool_]) -> float:
    """Return how loud it is where nobody speaks: in pauses, or in the gaps between words."""
    gaps = float(np.percentile(power[speaking], _QUIETEST))
    pauses = float(np.median(power[~speaking])) if not speaking.all() else 0.0
    return _decibels(max(gaps, pauses))


def _decibels(power: float) -> float:
    return max(_FLOOR_DB, 10 * float(np.log10(max(power, 1e-12))))


def _clipped(samples: NDArray[np.float32]) -> float:
    """Return the share of samples at the limit, wherever the limit lies.

    What was cut at three times its limit has 0.3 % there, after Opus, and clean speech none. Sound
    that was cut, made quieter, and then coded looks clean: its edges are round again.
    """
    level = np.abs(samples)
    return float((level >= _PEAK * level.max(initial=1e-9)).mean())


def _speech(recording: Audio, spans: Sequence[Span], most_s: float) -> Audio:
    """Return the stretches of speech with short pauses between, and no more than ``most_s``."""
    rate, samples = recording.rate, recording.samples
    stretches: list[NDArray[np.float32]] = []
    end = 0.0
    for span in spans:
        start = max(end, span.start - _PAUSE_S) if stretches else span.start
        stretches.append(samples[round(start * rate) : round(span.end * rate)])
        end = span.end
    return Audio(np.concatenate(stretches)[: round(most_s * rate)], rate)
