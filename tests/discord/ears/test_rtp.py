"""What the transport lets through, and what it makes of everything else."""

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.secret import Aead

from bot.discord.ears.rtp import Packet, Refusal, Transport
from tests.discord.ears.callers import KEY, Dressing, seal

NUMBERS = (4_000_000_001, 65_535, 4_294_967_295)
PAYLOAD = bytes(range(100, 160))


@pytest.fixture
def transport() -> Transport:
    return Transport(KEY)


@given(st.binary(max_size=2048))
def test_nothing_that_comes_raises(datagram: bytes) -> None:
    assert isinstance(Transport(KEY).open(datagram), Refusal)


@pytest.mark.parametrize("size", range(80))
def test_every_prefix_of_a_packet_is_refused(transport: Transport, size: int) -> None:
    datagram = seal(NUMBERS, PAYLOAD, Dressing(sources=3, padding=4))
    assert isinstance(transport.open(datagram[:size]), Refusal)


def test_one_flipped_bit_anywhere_is_noticed(transport: Transport) -> None:
    datagram = seal(NUMBERS, PAYLOAD, Dressing(sources=2, padding=9))
    for bit in range(8 * len(datagram)):
        forged = bytearray(datagram)
        forged[bit // 8] ^= 1 << bit % 8
        assert isinstance(transport.open(bytes(forged)), Refusal), f"bit {bit}"


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        Transport(key)


def test_a_packet_of_another_session_stays_sealed(transport: Transport) -> None:
    assert transport.open(seal(NUMBERS, PAYLOAD, key=bytes(32))) is Refusal.SEALED


@pytest.mark.parametrize("sources", [0, 1, 15])
@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("padding", [0, 1, 200, 255])
def test_only_the_payload_is_left(
    transport: Transport, sources: int, padding: int, *, extended: bool
) -> None:
    datagram = seal(NUMBERS, PAYLOAD, Dressing(sources, extended, padding))
    assert transport.open(datagram) == Packet(*NUMBERS, PAYLOAD)


def test_all_padding_leaves_an_empty_payload(transport: Transport) -> None:
    opened = transport.open(seal(NUMBERS, b"", Dressing(padding=255)))
    assert opened == Packet(*NUMBERS, b"")


@pytest.mark.parametrize("claimed", [0, 62, 255])
def test_padding_that_is_not_there_breaks_the_packet(transport: Transport, claimed: int) -> None:
    datagram = bytearray(seal(NUMBERS, PAYLOAD + bytes([claimed]), Dressing(extended=False)))
    assert isinstance(transport.open(bytes(datagram)), Packet)
    padded = seal_as(first=0xA0, content=PAYLOAD + bytes([claimed]))
    assert transport.open(padded) is Refusal.BROKEN


def test_an_extension_longer_than_the_packet_breaks_it(transport: Transport) -> None:
    header = bytes([0xBE, 0xDE, 0xFF, 0xFF])
    assert transport.open(seal_as(first=0x90, content=PAYLOAD, more=header)) is Refusal.BROKEN


def test_nothing_inside_is_no_padding(transport: Transport) -> None:
    assert transport.open(seal_as(first=0xA0, content=b"")) is Refusal.BROKEN


@pytest.mark.parametrize(
    ("at", "value"), [(0, 0x40), (1, 0x66), (1, 200), (1, 201)], ids=["v1", "video", "SR", "RR"]
)
def test_what_is_no_voice_is_not_even_tried(transport: Transport, at: int, value: int) -> None:
    datagram = bytearray(seal(NUMBERS, PAYLOAD))
    datagram[at] = value
    assert transport.open(bytes(datagram)) is Refusal.FOREIGN


def test_echoes_and_answers_of_the_voice_server_are_no_voice(transport: Transport) -> None:
    discovery = bytes([0, 2, 0, 70]) + random.Random(1).randbytes(70)
    assert transport.open(discovery) is Refusal.FOREIGN
    assert transport.open((7).to_bytes(8, "little")) is Refusal.FOREIGN
    assert transport.open(b"") is Refusal.FOREIGN


def seal_as(first: int, content: bytes, more: bytes = b"") -> bytes:
    """Seal a packet whose header need not fit its content."""
    header = struct.pack(">BBHII", first, 0x78, 1, 2, 3) + more
    return header + Aead(KEY).encrypt(content, header, bytes(24)).ciphertext + bytes(4)
