"""Sounds without speech, made from formulas: noise, hum, clicks, chords, melodies, drums.

Every maker takes a random generator and a length in samples at 16 kHz, and returns float32 with a
root mean square of 1. ``TRAIN_KINDS`` and ``TEST_KINDS`` share no maker: the second set measures
whether silence, noise and music of kinds never heard still give no text.
"""

# ruff: noqa: PLR2004  # shares of a random draw, with a seed

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Signal = NDArray[np.float32]
Maker = Callable[[np.random.Generator, int], Signal]


def level(signal: NDArray[np.floating]) -> Signal:
    """Return the signal scaled to a root mean square of 1 (silence stays silence)."""
    power = float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))
    return (signal / max(power, 1e-9)).astype(np.float32)


def _shaped(rng: np.random.Generator, count: int, slope: float) -> Signal:
    """Gaussian noise whose power falls with frequency to the power ``slope``."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20)
    return level(np.fft.irfft(spectrum * hertz ** (-slope / 2), count))


def _band(rng: np.random.Generator, count: int, low: float, high: float) -> Signal:
    """Gaussian noise between two frequencies in Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    return level(np.fft.irfft(np.where((hertz > low) & (hertz < high), spectrum, 0), count))


def _time(count: int) -> NDArray[np.float64]:
    return np.arange(count) / RATE


def _swell(rng: np.random.Generator, count: int, period: float, depth: float) -> Signal:
    """Return a slow random loudness curve: one new value about every ``period`` seconds."""
    points = rng.uniform(1 - depth, 1, max(int(count / RATE / period) + 2, 2))
    places = np.linspace(0, len(points) - 1, count)
    return np.interp(places, np.arange(len(points)), points).astype(np.float32)


def white(rng: np.random.Generator, count: int) -> Signal:
    """Make noise with equal power at all frequencies."""
    return _shaped(rng, count, 0.0)


def pink(rng: np.random.Generator, count: int) -> Signal:
    """Make noise that falls 3 dB per octave."""
    return _shaped(rng, count, 1.0)


def brown(rng: np.random.Generator, count: int) -> Signal:
    """Make noise that falls 6 dB per octave."""
    return _shaped(rng, count, 2.0)


def band(rng: np.random.Generator, count: int) -> Signal:
    """Make noise of a narrow band."""
    low = rng.uniform(50, 3000)
    return _band(rng, count, low, low * rng.uniform(1.3, 4))


def fan(rng: np.random.Generator, count: int) -> Signal:
    """Make the noise of turning blades."""
    blades = 1 + 0.4 * np.sin(2 * np.pi * rng.uniform(4, 25) * _time(count))
    return level(_shaped(rng, count, rng.uniform(0.5, 1.5)) * blades)


def gusts(rng: np.random.Generator, count: int) -> Signal:
    """Make noise that comes and goes."""
    noise = _shaped(rng, count, rng.uniform(0.3, 2))
    return level(noise * _swell(rng, count, rng.uniform(0.1, 0.8), 1.0) ** 2)


def hum(rng: np.random.Generator, count: int) -> Signal:
    """Make mains hum with its harmonics."""
    base = rng.choice([50.0, 100.0, 120.0]) * rng.uniform(0.99, 1.01)
    parts = [rng.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * _time(count) + rng.uniform(0, 6))
             for k in range(1, 9)]  # fmt: skip
    return level(np.sum(parts, axis=0) + 0.05 * rng.standard_normal(count))


def clicks(rng: np.random.Generator, count: int) -> Signal:
    """Make short bursts at random times."""
    signal = 0.01 * rng.standard_normal(count)
    for start in rng.integers(0, count, max(1, int(count / RATE * rng.uniform(1, 8)))):
        length = int(rng.integers(8, 400))
        burst = rng.standard_normal(length) * np.exp(-np.linspace(0, 6, length))
        signal[start : start + length] += burst[: count - start]
    return level(signal)


def _note(rng: np.random.Generator, count: int, hertz: float, partials: int) -> NDArray[np.float64]:
    time = _time(count)
    decay = rng.uniform(0.5, 6)
    tone = sum(
        rng.uniform(0.2, 1) / k * np.sin(2 * np.pi * hertz * k * time)
        for k in range(1, partials + 1)
    )
    return np.asarray(tone) * np.exp(-decay * time) * np.minimum(1, time / 0.01)


def _pitch(rng: np.random.Generator) -> float:
    return float(110 * 2 ** (rng.integers(0, 36) / 12))


def melody(rng: np.random.Generator, count: int) -> Signal:
    """Make single notes, one after another."""
    signal = np.zeros(count)
    step = int(RATE * rng.uniform(0.12, 0.6))
    partials = int(rng.integers(1, 8))
    for start in range(0, count, step):
        if rng.random() < 0.85:
            length = min(count - start, int(step * rng.uniform(0.8, 2)))
            signal[start : start + length] += _note(rng, length, _pitch(rng), partials)
    return level(signal + 1e-4 * rng.standard_normal(count))


def chords(rng: np.random.Generator, count: int) -> Signal:
    """Make two to four notes at once."""
    signal = np.zeros(count)
    step = int(RATE * rng.uniform(0.4, 1.6))
    for start in range(0, count, step):
        length = min(count - start, step)
        root = _pitch(rng)
        for ratio in (1, rng.choice([1.19, 1.26]), 1.5, 2)[: rng.integers(2, 5)]:
            signal[start : start + length] += _note(rng, length, root * ratio, 5)
    return level(signal)


def drums(rng: np.random.Generator, count: int) -> Signal:
    """Make a beat."""
    signal = np.zeros(count)
    step = int(RATE * rng.uniform(0.1, 0.35))
    for beat, start in enumerate(range(0, count, step)):
        length = min(count - start, int(RATE * 0.25))
        time = _time(length)
        if beat % 4 == 0:
            hit = np.sin(2 * np.pi * (50 + 100 * np.exp(-30 * time)) * time) * np.exp(-12 * time)
        else:
            hit = 0.4 * rng.standard_normal(length) * np.exp(-rng.uniform(15, 60) * time)
        signal[start : start + length] += hit * rng.uniform(0.3, 1)
    return level(signal)


def band_music(rng: np.random.Generator, count: int) -> Signal:
    """Make drums, chords and a melody together."""
    return level(
        drums(rng, count) * rng.uniform(0.2, 1)
        + chords(rng, count) * rng.uniform(0.2, 1)
        + melody(rng, count) * rng.uniform(0.2, 1)
    )


def beeps(rng: np.random.Generator, count: int) -> Signal:
    """Make a tone that is switched on and off."""
    gate = np.sin(2 * np.pi * rng.uniform(0.5, 5) * _time(count)) > rng.uniform(-0.5, 0.5)
    tone = np.sin(2 * np.pi * rng.uniform(300, 3000) * _time(count))
    return level(tone * gate + 0.01 * rng.standard_normal(count))


def sweep(rng: np.random.Generator, count: int) -> Signal:
    """Make a tone that slides."""
    hertz = np.linspace(rng.uniform(80, 4000), rng.uniform(80, 4000), count)
    return level(np.sin(2 * np.pi * np.cumsum(hertz) / RATE) + 0.02 * rng.standard_normal(count))


def pad(rng: np.random.Generator, count: int) -> Signal:
    """Make a held synthesizer tone whose vowel-like formants move slowly; nobody speaks."""
    time = _time(count)
    base = rng.uniform(80, 300) * (1 + 0.01 * np.sin(2 * np.pi * rng.uniform(3, 7) * time))
    phase = 2 * np.pi * np.cumsum(base) / RATE
    peak = 3 + 9 * _swell(rng, count, 1.0, 1.0)
    parts = [np.exp(-((k - peak) ** 2) / 6) * np.sin(k * phase) for k in range(1, 16)]
    return level(np.sum(parts, axis=0))


def violet(rng: np.random.Generator, count: int) -> Signal:
    """Make noise that rises with frequency."""
    return _shaped(rng, count, -1.5)


def buzz(rng: np.random.Generator, count: int) -> Signal:
    """Make a 60 Hz sawtooth, as a bad cable gives."""
    base = 60 * rng.uniform(0.98, 1.02)
    return level(2 * ((base * _time(count)) % 1) - 1 + 0.1 * rng.standard_normal(count))


def rain(rng: np.random.Generator, count: int) -> Signal:
    """Make many small drops."""
    drops = rng.standard_normal(count) * (rng.random(count) < rng.uniform(0.002, 0.05))
    ring = np.exp(-np.arange(60) / 12) * np.sin(np.arange(60) * rng.uniform(0.8, 2))
    return level(np.convolve(drops, ring, "same") + 0.02 * rng.standard_normal(count))


def engine(rng: np.random.Generator, count: int) -> Signal:
    """Make a motor whose speed changes."""
    speed = rng.uniform(25, 70) * (0.8 + 0.4 * _swell(rng, count, 0.7, 0.5))
    phase = np.cumsum(speed) / RATE
    return level(np.abs(np.sin(np.pi * phase)) ** 0.5 - 0.6 + 0.2 * brown(rng, count))


def siren(rng: np.random.Generator, count: int) -> Signal:
    """Make a howling tone."""
    hertz = 900 + rng.uniform(200, 400) * np.sin(2 * np.pi * rng.uniform(0.2, 2) * _time(count))
    return level(np.tanh(3 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE)))


def typing(rng: np.random.Generator, count: int) -> Signal:
    """Make the knocks of a keyboard."""
    signal = 0.003 * rng.standard_normal(count)
    start = 0
    while start < count:
        knock = rng.standard_normal(500) * np.exp(-np.arange(500) / rng.uniform(30, 120))
        signal[start : start + 500] += knock[: count - start] * rng.uniform(0.3, 1)
        start += int(RATE * rng.uniform(0.06, 0.4))
    return level(signal)


def arpeggio(rng: np.random.Generator, count: int) -> Signal:
    """Make plucked square waves, up and down a chord."""
    signal = np.zeros(count)
    step = int(RATE * rng.uniform(0.08, 0.3))
    root = _pitch(rng)
    for index, start in enumerate(range(0, count, step)):
        time = _time(min(count - start, step * 2))
        hertz = root * (1, 1.25, 1.5, 2)[index % 4]
        pluck = np.sign(np.sin(2 * np.pi * hertz * time)) * np.exp(-5 * time)
        signal[start : start + len(time)] += pluck
    return level(signal)


def organ(rng: np.random.Generator, count: int) -> Signal:
    """Make a held chord with vibrato."""
    time = _time(count)
    vibrato = 0.4 * np.sin(2 * np.pi * 5.5 * time)
    root = _pitch(rng)
    parts = [np.sin(2 * np.pi * root * r * time + r * vibrato) for r in (0.5, 1, 1.5, 2, 3, 4)]
    return level(np.sum(parts, axis=0) * _swell(rng, count, 0.5, 0.5))


TRAIN_KINDS: dict[str, Maker] = {
    "white": white, "pink": pink, "brown": brown, "band": band, "fan": fan, "gusts": gusts,
    "hum": hum, "clicks": clicks, "melody": melody, "chords": chords, "drums": drums,
    "band_music": band_music, "beeps": beeps, "sweep": sweep, "pad": pad,
}  # fmt: skip
TEST_KINDS: dict[str, Maker] = {
    "violet": violet, "buzz": buzz, "rain": rain, "engine": engine, "siren": siren,
    "typing": typing, "arpeggio": arpeggio, "organ": organ,
}  # fmt: skip
BACKGROUND = ("white", "pink", "brown", "band", "fan", "gusts", "hum", "clicks", "band_music")
"""The training kinds that also go under speech."""


def bank(kinds: dict[str, Maker], each: int, seconds: float, seed: int) -> dict[str, list[Signal]]:
    """``each`` clips of every kind, reproducible from the seed."""
    rng = np.random.default_rng(seed)
    return {
        name: [make(rng, int(seconds * RATE)) for _ in range(each)] for name, make in kinds.items()
    }
