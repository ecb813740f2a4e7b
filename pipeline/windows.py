"""Speech spans to recognition windows: what is heard together, and where long speech is cut."""

from collections.abc import Sequence

import numpy as np

from pipeline.types import Audio, Span

_PAUSE_S = 2.0
"""Longer silence inside a window has recognisers invent text."""
_FRAME_S = 0.02
_SEARCH_S = 5.0
"""How far back from the limit a cut is sought; longer than a breath group of fluent speech."""


def windows(
    audio: Audio, spans: Sequence[Span], *, longest_s: float, joins: bool
) -> tuple[Span, ...]:
    """Cut spans that are too long, and join neighbours while they fit, if they may be joined.

    Every instant of every span lies in exactly one window, in order; no window is longer than
    ``longest_s``, and none holds a pause longer than 2 s. A span that is too long is cut at
    the quietest place of the last ``min(5, longest_s / 2)`` seconds before the limit.
    """
    pieces = [piece for span in spans for piece in _cut(audio, span, longest_s)]
    if not joins:
        return tuple(pieces)
    joined: list[Span] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and piece.start - last.end <= _PAUSE_S and piece.end - last.start <= longest_s:
            joined[-1] = Span(last.start, piece.end)
        else:
            joined.append(piece)
    return tuple(joined)


def samples_of(audio: Audio, span: Span) -> Audio:
    """Return the part of the audio that the span names, without copying it."""
    start, end = (round(edge * audio.rate) for edge in (span.start, span.end))
    return Audio(audio.samples[start:end], audio.rate)


def _cut(audio: Audio, span: Span, longest_s: float) -> list[Span]:
    pieces: list[Span] = []
    while span.end - span.start > longest_s:
        limit = span.start + longest_s
        at = _quietest(audio, Span(limit - min(_SEARCH_S, longest_s / 2), limit))
        pieces.append(Span(span.start, at))
        span = Span(at, span.end)
    return [*pieces, span]


def _quietest(audio: Audio, span: Span) -> float:
    """Return the middle of the quietest 100 ms of the span, in seconds."""
    frame = round(_FRAME_S * audio.rate)
    samples = samples_of(audio, span).samples
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    energy = np.convolve(np.square(frames, dtype=np.float64).mean(axis=1), np.ones(5), "valid")
    return span.start + (int(np.argmin(energy)) + 2.5) * _FRAME_S
