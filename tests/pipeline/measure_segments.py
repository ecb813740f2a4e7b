"""What it costs to listen, and how soon the end of speech is known.

Run as ``python -m tests.pipeline.measure_segments``: about 15 s.
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from pipeline import audio
from pipeline.engines.silero import Silero
from pipeline.segments import FRAME, RATE, Final, Provisional, Segmenter
from pipeline.specs import AudioLimits, SegmentSpec

NOTES = Path("pipeline/demo/notes")
PACKET = RATE // 50
FAINT = 0.05
"""Share of the loudest 10 ms under which nobody speaks in the demo notes."""

Samples = NDArray[np.float32]


def fastest(task: Callable[[], object], runs: int = 5) -> float:
    """Return the seconds that the fastest run took: others had to share the machine."""
    taken = []
    for _ in range(runs):
        started = time.process_time()
        task()
        taken.append(time.process_time() - started)
    return min(taken)


def microseconds_per_frame(silero: Silero, batch: int) -> float:
    """Measure Silero alone, asked about so many frames at once."""
    stream, noise = silero.stream(), np.random.default_rng(1).normal(0, 0.1, batch * FRAME)
    frames, calls = noise.astype(np.float32), 2_000 // batch

    def ask() -> None:
        for _ in range(calls):
            stream.probabilities(frames)

    return 1e6 * fastest(ask) / (calls * batch)


def share_of_a_core(silero: Silero, sound: Samples) -> float:
    """Measure a whole segmenter, given packets of 20 ms; in percent."""

    def listen() -> None:
        segmenter = Segmenter(SegmentSpec(), silero.stream())
        for place in range(0, len(sound), PACKET):
            segmenter.push(sound[place : place + PACKET], place / RATE)

    return 100 * fastest(listen) / (len(sound) / RATE)


def end_of_speech(note: Samples) -> float:
    """Return when the last sound of speech ends, to 10 ms."""
    parts = note[: len(note) // 160 * 160].reshape(-1, 160)
    loudness = np.sqrt(np.square(parts).mean(axis=1))
    return float(np.nonzero(loudness > FAINT * loudness.max())[0][-1] + 1) / 100


def delays(silero: Silero, note: Samples, after: Samples | None) -> tuple[float, float]:
    """Return the ms of audio from the end of speech to the last Provisional and to the Final.

    ``after`` is what comes after the speech; ``None`` is no packets.
    """
    segmenter, spoken = Segmenter(SegmentSpec(), silero.stream()), end_of_speech(note)
    told: dict[type, float] = {}
    silence = np.zeros(2 * RATE, np.float32) if after is None else after
    sound = np.concatenate((note[: round(spoken * RATE)], silence))
    for place in range(0, len(sound), PACKET):
        if after is None and place / RATE >= spoken:
            events = segmenter.idle((place + PACKET) / RATE)
        else:
            events = segmenter.push(sound[place : place + PACKET], place / RATE)
        told |= {type(each): (place + PACKET) / RATE - spoken for each in events}
    return 1000 * told[Provisional], 1000 * told[Final]


def main() -> None:
    """Print the figures."""
    silero = Silero()
    notes = [audio.decode(each, AudioLimits()).samples for each in sorted(NOTES.glob("*.ogg"))]
    speech = np.concatenate(notes * 3)
    noise = np.random.default_rng(1).normal(0, 0.003, 60 * RATE).astype(np.float32)
    lines = [
        f"Silero, {batch:2} frames at once: {microseconds_per_frame(silero, batch):.0f} us a frame"
        for batch in (1, 2, 8, 64)
    ]
    for name, sound in (("speech", speech), ("noise", noise), ("digital silence", 0 * noise)):
        lines.append(f"segmenter, {name}: {share_of_a_core(silero, sound):.2f} % of one core")
    for name, after in (
        ("hiss goes on", noise[: 2 * RATE]),
        ("silent packets", np.zeros(2 * RATE, np.float32)),
        ("no packets", None),
    ):
        found = [delays(silero, note, after) for note in notes]
        for kind, each in zip(("Provisional", "Final"), zip(*found, strict=True), strict=True):
            lines.append(
                f"{name}: {kind} {median(each):.0f} ms after speech"
                f" ({min(each):.0f} to {max(each):.0f})"
            )
    print("\n".join(lines))  # noqa: T201 - a program for people


if __name__ == "__main__":
    main()
