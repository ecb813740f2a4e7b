"""RTP as Discord sends it: parsed, and its transport encryption taken off.

The one place that knows ``nacl``. RFC 3550 has the header, RFC 8285 its extension; Discord's mode
``aead_xchacha20_poly1305_rtpsize`` leaves the header and the first word of the extension in the
clear, authenticates them, and puts four bytes of nonce at the end.
"""

from dataclasses import dataclass, field
from enum import Enum
from struct import Struct
from typing import Final, TypeAlias

from nacl.exceptions import CryptoError
from nacl.secret import Aead

MODE: Final = "aead_xchacha20_poly1305_rtpsize"
"""The one mode that every voice server must offer."""
CLOCK_HZ: Final = 48_000
"""Of timestamps, whatever the sound was sampled at (RFC 7587, 4.1)."""
KEY_BYTES: Final = Aead.KEY_SIZE

_HEADER: Final = Struct(">BBHII")
_WORD: Final = 4
_VERSION: Final = 2
_OPUS: Final = 0x78
_PADDED, _EXTENDED, _SOURCES, _TYPE = 0x20, 0x10, 0x0F, 0x7F
_NONCE: Final = 4
_REST_OF_NONCE: Final = bytes(Aead.NONCE_SIZE - _NONCE)
_LEAST: Final = _HEADER.size + Aead.MACBYTES + _NONCE


class Refusal(Enum):
    """Why a datagram brings nothing."""

    FOREIGN = "foreign"
    """Not voice: control packets, pictures, echoes, noise."""
    SEALED = "sealed"
    """The key does not open it: forged, damaged, or of another voice session."""
    BROKEN = "broken"
    """It opens, and contradicts its own header."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of one source, open as far as the transport goes."""

    ssrc: int
    """Which source, 32 bits."""
    sequence: int
    """16 bits, one more for each packet of the source."""
    timestamp: int
    """32 bits, in samples at 48 kHz."""
    payload: bytes = field(repr=False)
    """An Opus frame, as a rule encrypted for the group; empty if the packet was only padding."""


Opened: TypeAlias = Packet | Refusal


class Transport:
    """The transport encryption of one voice session."""

    def __init__(self, key: bytes) -> None:
        """Take the key of the session description; raises ValueError unless it has 32 bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError("a key of the wrong length")
        self._box = Aead(key)

    def open(self, datagram: bytes) -> Opened:
        """Open whatever came; nothing that comes raises."""
        if len(datagram) < _LEAST:
            return Refusal.FOREIGN
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(datagram)
        if first >> 6 != _VERSION or second & _TYPE != _OPUS:
            return Refusal.FOREIGN
        clear = _HEADER.size + _WORD * ((first & _SOURCES) + bool(first & _EXTENDED))
        if len(datagram) < clear + Aead.MACBYTES + _NONCE:
            return Refusal.FOREIGN
        header, sealed = datagram[:clear], datagram[clear:-_NONCE]
        try:
            content = self._box.decrypt(sealed, header, datagram[-_NONCE:] + _REST_OF_NONCE)
        except CryptoError:
            return Refusal.SEALED
        payload = _voice(content, first, header)
        if payload is None:
            return Refusal.BROKEN
        return Packet(ssrc, sequence, timestamp, payload)


def _voice(content: bytes, first: int, header: bytes) -> bytes | None:
    """Take extension and padding off; ``None`` if there is less of them than announced."""
    if first & _EXTENDED:
        extension = _WORD * int.from_bytes(header[-2:], "big")
        if len(content) < extension:
            return None
        content = content[extension:]
    if first & _PADDED:
        padding = content[-1] if content else 0
        if not 0 < padding <= len(content):
            return None
        content = content[:-padding]
    return content
