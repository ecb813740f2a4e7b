"""Log-mel features for a batch, equal to faster-whisper's own extractor for one clip."""

from __future__ import annotations

import numpy as np
import torch
from faster_whisper.feature_extractor import FeatureExtractor

HOP = 160
"""Samples per feature frame (10 ms)."""
MELS = 80
_SIZE = 400


class LogMel:
    """Features of many clips at once.

    A clip ends at its own length; after it the features are 0, the value with which
    faster-whisper fills a window.
    """

    def __init__(self) -> None:
        filters = FeatureExtractor(feature_size=MELS).mel_filters
        self._filters = torch.from_numpy(np.asarray(filters, np.float32))
        self._window = torch.from_numpy(np.hanning(_SIZE + 1)[:-1].astype(np.float32))

    def __call__(self, audio: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """``audio`` [clips, samples], ``ends`` in frames; returns [clips, 80, samples / 160]."""
        spectrum = torch.stft(
            audio, _SIZE, HOP, window=self._window, center=True, pad_mode="reflect",
            return_complex=True,
        )[..., :-1]  # fmt: skip
        power = spectrum.real.square() + spectrum.imag.square()
        mel = torch.clamp(self._filters @ power, min=1e-10).log10()
        inside = torch.arange(mel.shape[-1])[None] < ends[:, None]
        peak = mel.masked_fill(~inside[:, None], -10).amax(dim=(1, 2), keepdim=True)
        mel = (torch.maximum(mel, peak - 8.0) + 4.0) / 4.0
        return mel.masked_fill(~inside[:, None], 0.0)
