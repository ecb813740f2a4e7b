"""Samples as people record them and apps send them: real synthetic speech, spoiled one way each."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import decode, encode, resample
from pipeline.engines.espeak import Espeak
from pipeline.specs import AudioLimits, EspeakSpec
from pipeline.types import Audio, Language, Voice

EN, RATE = Language("en"), 24_000
TEXT = (
    "I lost my passport at the station yesterday, and I need help to find it. My grandmother "
    "grows roses behind the house, and the train leaves in the evening. "
)


@cache
def said(voice: str = "en-us+m3", text: str = TEXT) -> Audio:
    """Speak, with a peak of 0.6 and half a second before and after."""
    spoken = resample(Espeak(EspeakSpec()).synthesize(text, EN, Voice(voice))[0], RATE).samples
    return Audio(np.pad(spoken * np.float32(0.6 / np.abs(spoken).max()), RATE // 2), RATE)


def noisy(audio: Audio, ratio_db: float) -> Audio:
    """Add white noise that much quieter than the speech."""
    noise = np.random.default_rng(5).standard_normal(len(audio.samples), np.float32)
    speech = audio.samples[np.abs(audio.samples) > 0]
    loudness = np.sqrt(np.square(speech).mean()) * 10 ** (-ratio_db / 20)
    return Audio((audio.samples + loudness * noise).astype(np.float32), audio.rate)


def louder(audio: Audio, times: float) -> Audio:
    return Audio(np.clip(audio.samples * np.float32(times), -1, 1), audio.rate)


def sent(audio: Audio) -> Audio:
    """Give it the way of a voice note: through Opus at 32 kbit/s."""
    return decode(encode(audio).data, AudioLimits(), rate=RATE)


def voiceprint(audio: Audio) -> NDArray[np.float32]:
    """A print that tells these few voices apart: the shape of the mean spectrum."""
    frames = audio.samples[: len(audio.samples) // 512 * 512].reshape(-1, 512)
    spectrum = np.log(np.square(np.abs(np.fft.rfft(frames))).mean(axis=0)[1:200] + 1e-9)
    bands = np.array([band.mean() for band in np.array_split(spectrum, 24)])
    bands -= np.polyval(np.polyfit(np.arange(24), bands, 1), np.arange(24))
    found: NDArray[np.float32] = (bands / np.linalg.norm(bands)).astype(np.float32)
    return found
