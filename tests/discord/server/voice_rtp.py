"""RTP (RFC 3550) under Discord's transport encryption ``aead_xchacha20_poly1305_rtpsize``.

The header, its CSRCs and the four bytes that announce an extension are authenticated and readable;
the body of the extension, the payload and the padding are encrypted; four bytes of nonce follow.
"""

import struct
from dataclasses import dataclass, field

from nacl.exceptions import CryptoError
from nacl.secret import Aead

OPUS = 0x78
VIDEO = 0x65
SENDER_REPORT = 200
KEY_BYTES = Aead.KEY_SIZE
SILENCE = b"\xf8\xff\xfe"
"""The frame that clients send five times when speech ends."""
FRAME_SAMPLES = 960
"""Ticks of the RTP clock, of 48 kHz, in one frame of 20 ms."""
_ONE_BYTE_EXTENSION = 0xBEDE
_AUDIO_LEVEL = 1


class RtpError(Exception):
    """Not a packet that a voice server would take."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One datagram, in the clear."""

    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = field(repr=False)
    payload_type: int = OPUS
    marker: bool = False
    extension: bytes | None = None
    """The body of a one-byte extension, whole words of four bytes; ``None`` if there is none."""
    csrcs: tuple[int, ...] = ()
    padding: int = 0
    """Bytes of padding, 255 at most, the last of which says how many they are."""


def audio_level(decibels: int) -> bytes:
    """Say how loud it is, as clients do: 0 is the loudest, 127 is silence (RFC 6464)."""
    return struct.pack(">BBxx", _AUDIO_LEVEL << 4, 0x80 | min(127, max(0, decibels)))


def seal(packet: Packet, key: bytes, counter: int) -> bytes:
    """Encrypt for the wire; no counter may serve twice under one key."""
    first = 0x80 | bool(packet.padding) << 5 | (packet.extension is not None) << 4
    second = packet.marker << 7 | packet.payload_type
    head = struct.pack(
        ">BBHII",
        first | len(packet.csrcs),
        second,
        packet.sequence,
        packet.timestamp,
        packet.ssrc,
    )
    head += struct.pack(f">{len(packet.csrcs)}I", *packet.csrcs)
    body = packet.payload
    if packet.extension is not None:
        head += struct.pack(">HH", _ONE_BYTE_EXTENSION, len(packet.extension) // 4)
        body = packet.extension + body
    if packet.padding:
        body += bytes(packet.padding - 1) + bytes([packet.padding])
    return _encrypt(head, body, key, counter)


def sender_report(ssrc: int, key: bytes, counter: int) -> bytes:
    """Make an RTCP packet, as every sender sends now and then."""
    head = struct.pack(">BBHI", 0x80, SENDER_REPORT, 6, ssrc)
    return _encrypt(head, bytes(20), key, counter)


def _encrypt(head: bytes, body: bytes, key: bytes, counter: int) -> bytes:
    nonce = struct.pack(">I", counter)
    sealed = Aead(key).encrypt(body, head, nonce + bytes(20)).ciphertext
    return head + sealed + nonce


def unseal(data: bytes, key: bytes) -> Packet:
    """Decrypt what came over the wire. Raises RtpError."""
    if len(data) < 12 or data[0] >> 6 != 2:
        raise RtpError("no RTP of version 2")
    sources = data[0] & 0x0F
    extended, padded = bool(data[0] & 0x10), bool(data[0] & 0x20)
    size = 12 + 4 * sources + 4 * extended
    if len(data) < size + Aead.MACBYTES + 4:
        raise RtpError("cut short")
    try:
        body = Aead(key).decrypt(data[size:-4], data[:size], data[-4:] + bytes(20))
    except CryptoError as error:
        raise RtpError("not encrypted with the session's key") from error
    sequence, timestamp, ssrc = struct.unpack_from(">HII", data, 2)
    extension = None
    if extended:
        words = int.from_bytes(data[size - 2 : size], "big")
        extension, body = body[: 4 * words], body[4 * words :]
    padding = body[-1] if padded and body else 0
    return Packet(
        sequence,
        timestamp,
        ssrc,
        body[: len(body) - padding],
        data[1] & 0x7F,
        bool(data[1] & 0x80),
        extension,
        struct.unpack_from(f">{sources}I", data, 12),
        padding,
    )
