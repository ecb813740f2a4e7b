"""What is kept of an enrolled voice: two arrays, and the model they belong to."""

import io
import zipfile
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import LatentsError

_VERSION: Final = 1
_MOST: Final = 1 << 20
"""Bytes of an archive, packed and unpacked; XTTS-v2's latents are 133 kB."""
_MEMBERS: Final = ("version", "model", "condition", "speaker")


@dataclass(frozen=True, slots=True, eq=False)
class Latents:
    """A voice, as a cloner takes it; of no use to any other model."""

    model: str
    """The catalogue's name of the model that made them."""
    condition: NDArray[np.float32]
    """How the person speaks: shape ``(frames, width)``, (32, 1024) for XTTS-v2."""
    speaker: NDArray[np.float32]
    """Whose voice it is: shape ``(n,)``, n = 512 for XTTS-v2, of length 1."""


def pack(latents: Latents) -> bytes:
    """Return the latents as a NumPy archive of plain arrays: nothing in it can be unpickled."""
    file = io.BytesIO()
    np.savez(
        file,
        version=np.int64(_VERSION),
        model=np.frombuffer(latents.model.encode(), np.uint8),
        condition=latents.condition.astype(np.float32, copy=False),
        speaker=latents.speaker.astype(np.float32, copy=False),
    )
    return file.getvalue()


def unpack(data: bytes) -> Latents:
    """Read what ``pack`` has written; raises LatentsError for anything else.

    Nothing is unpickled, and nothing larger than a megabyte is made of it.
    """
    try:
        found = _arrays(data)
        model = found["model"].tobytes().decode()
    except Exception as error:  # zipfile, zlib, struct and NumPy each raise their own
        raise LatentsError from error
    condition, speaker = found["condition"], found["speaker"]
    if (condition.ndim, speaker.ndim) != (2, 1) or not (_sound(condition) and _sound(speaker)):
        raise LatentsError
    return Latents(model, condition, speaker)


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Read the archive's arrays; raises ValueError, and whatever its libraries do."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sizes = [each.file_size for each in archive.infolist()]
    if max(sum(sizes), len(data)) > _MOST or len(sizes) != len(_MEMBERS):
        raise ValueError
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in _MEMBERS}
    if int(found["version"]) != _VERSION:
        raise ValueError
    return found


def _sound(array: NDArray[np.float32]) -> bool:
    return array.dtype == np.float32 and bool(array.size) and bool(np.isfinite(array).all())
