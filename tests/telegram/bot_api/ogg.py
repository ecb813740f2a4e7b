"""Is this an Ogg Opus file? Read from the pages themselves (RFC 3533, RFC 7845)."""

import struct
from dataclasses import dataclass

OPUS_RATE = 48_000
"""Granule positions of Opus count samples at 48 kHz (RFC 7845, section 4)."""


@dataclass(frozen=True, slots=True)
class OggOpus:
    """What the pages say."""

    channels: int
    seconds: float


def ogg_opus(data: bytes) -> OggOpus | None:
    """Describe an Ogg Opus file; ``None`` for anything else, a cut file included."""
    position, granule, head = 0, 0, b""
    while position < len(data):
        if len(data) < position + 27 or data[position : position + 5] != b"OggS\x00":
            return None
        (page_granule,) = struct.unpack_from("<q", data, position + 6)
        count = data[position + 26]
        lacing = data[position + 27 : position + 27 + count]
        body = position + 27 + count
        end = body + sum(lacing)
        if len(lacing) < count or end > len(data):
            return None
        head = head or data[body:end]
        granule = max(granule, page_granule)
        position = end
    if len(head) < 19 or not head.startswith(b"OpusHead"):
        return None
    channels = head[9]
    (skipped,) = struct.unpack_from("<H", head, 10)
    return OggOpus(channels, max(0, granule - skipped) / OPUS_RATE)
