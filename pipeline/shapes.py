"""The sizes of public models: what they cost can be measured without their weights.

From the models' public configurations: openai/whisper-*, distil-whisper/distil-large-v3 and
facebook/nllb-200-distilled-600M. ``pipeline.engines.shapes`` makes models of these sizes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

TIMES: Final = 1_501
"""Tokens of Whisper that stand for a time: 0 to 30 s by 20 ms."""


@dataclass(frozen=True, slots=True)
class WhisperShape:
    """The sizes of one Whisper."""

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    mels: int = 80
    words: int = 50_256
    """Text tokens, the 256 bytes included."""
    languages: int = 99

    @property
    def tokens(self) -> int:
        """Size of the vocabulary, as ``vocabulary`` spells it out."""
        return self.words + 9 + self.languages + TIMES


@dataclass(frozen=True, slots=True)
class NllbShape:
    """The sizes of one NLLB."""

    width: int
    heads: int
    layers: int
    tokens: int
    """Size of the vocabulary, at least 300: languages and specials are in it."""
    positions: int = 1_024


WHISPERS: Final[Mapping[str, WhisperShape]] = MappingProxyType(
    {
        "tiny": WhisperShape(384, 6, 4, 4),
        "base": WhisperShape(512, 8, 6, 6),
        "small": WhisperShape(768, 12, 12, 12),
        "distil-large-v3": WhisperShape(1_280, 20, 32, 2, mels=128, languages=100),
        "large-v3-turbo": WhisperShape(1_280, 20, 32, 4, mels=128, languages=100),
    }
)
NLLB_600M: Final = NllbShape(1_024, 16, 12, 256_206)
