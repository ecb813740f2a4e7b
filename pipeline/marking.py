"""What a clip in a cloned voice says of itself, for machines to read: comments of the Ogg file.

They are in the file that goes to the platform, and are lost when the sound is recorded anew or
converted, by whomever; then only the words beside the message tell.

A mark inside the sound was tried, and left out because it is either audible or not found again: a
pattern of cells, 40 ms by 100 Hz, made louder and softer in speech of espeak-ng, and sought by
correlation after Opus at 32 kbit/s (score: deviations above the median of all offsets; 20 clips).
Unmarked speech reached 4.4. Cells of 1 dB scored from 3.3 in clips of 1 s and from 4.1 in clips of
3 s, which is no different; cells of 1.5 dB from 4.1 and from 6.6, but they lie only 17 dB below the
speech, and nobody has listened.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DESCRIPTION": "Synthetic voice, made by a machine",
        "DIGITALSOURCETYPE": (
            "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        ),
    }
)
"""For ``audio.encode``. The second is IPTC's term for media made by a trained model."""
