"""What happens to speech on its way: noise, gain, and the Opus codec of a voice note."""

from __future__ import annotations

import io

import av
import numpy as np
from numpy.typing import NDArray

from training.sounds import RATE, Signal
from training.speech import resample

FULL_SCALE = 32768.0


def floating(pcm: NDArray[np.int16]) -> Signal:
    """16 bit PCM as floats between -1 and 1."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def integers(signal: NDArray[np.floating]) -> NDArray[np.int16]:
    """Floats between -1 and 1 as 16 bit PCM, clipped."""
    clipped: NDArray[np.int16] = np.clip(signal * FULL_SCALE, -32768, 32767).astype(np.int16)
    return clipped


def loudness(signal: NDArray[np.floating]) -> float:
    """Root mean square of the parts that sound (above a hundredth of the peak)."""
    loud = signal[np.abs(signal) > 0.01 * max(float(np.abs(signal).max(initial=0.0)), 1e-9)]
    return float(np.sqrt(np.mean(np.square(loud, dtype=np.float64)))) if len(loud) else 0.0


def with_noise(signal: Signal, noise: Signal, decibels: float) -> Signal:
    """Return the signal over noise of root mean square 1, at a signal-to-noise ratio in dB."""
    gain = loudness(signal) / 10 ** (decibels / 20)
    return (signal + gain * noise[: len(signal)]).astype(np.float32)


def encode(pcm: NDArray[np.int16], rate: int, bits_per_second: int) -> bytes:
    """Mono PCM as an Ogg Opus file at 48 kHz, as a messenger's voice note has it."""
    file = io.BytesIO()
    pcm = resample(pcm, rate, 48_000)
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000)
        stream.bit_rate = bits_per_second
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


def decode(data: bytes) -> NDArray[np.int16]:
    """Return an encoded file as mono PCM at 16 kHz."""
    with av.open(io.BytesIO(data), "r") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def through_opus(pcm: NDArray[np.int16], bits_per_second: int) -> NDArray[np.int16]:
    """Mono 16 kHz PCM, encoded and decoded again, at its original length."""
    out = decode(encode(pcm, RATE, bits_per_second))[: len(pcm)]
    return np.pad(out, (0, len(pcm) - len(out)))
