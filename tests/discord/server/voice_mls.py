"""MLS (RFC 9420) as far as a voice gateway must read and write it, for DAVE version 1."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_MLS_10 = 1
_PUBLIC_MESSAGE = 1
_CIPHERSUITE = 2
"""DHKEMP256_AES128GCM_SHA256_P256, the one of DAVE 1."""
_BASIC = 1
_REFERENCE = 2
_EXTERNAL, _MEMBER = 2, 1
_PROPOSAL, _COMMIT = 2, 3
_FOREVER = struct.pack(">QQ", 0, 2**64 - 1)


class MlsError(Exception):
    """A message that no gateway would pass on."""


class ProposalKind(IntEnum):
    """The two kinds DAVE allows."""

    ADD = 1
    REMOVE = 3


def vector(body: bytes) -> bytes:
    """Put the length in front: one, two or four bytes, as QUIC does it."""
    if len(body) < 1 << 6:
        return struct.pack(">B", len(body)) + body
    if len(body) < 1 << 14:
        return struct.pack(">H", len(body) | 1 << 14) + body
    return struct.pack(">I", len(body) | 1 << 31) + body


def _signed(label: str, content: bytes) -> bytes:
    return vector(f"MLS 1.0 {label}".encode()) + vector(content)


class _Reader:
    """Takes a message apart from the front; raises MlsError where it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self._data):
            raise MlsError("cut short")
        return self._data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self) -> bytes:
        first = self.number(1)
        width = {0: 1, 1: 2, 2: 4}.get(first >> 6)
        if width is None:
            raise MlsError("a length of no known width")
        rest = self.take(width - 1)
        return self.take(int.from_bytes(bytes([first & 0x3F]) + rest, "big"))

    def expect(self, what: str, size: int, wanted: int) -> None:
        if (found := self.number(size)) != wanted:
            raise MlsError(f"{what} is {found} and not {wanted}")

    def leaf(self) -> "_Leaf":
        self.vector()
        signature_key = self.vector()
        self.expect("credential", 2, _BASIC)
        identity = self.vector()
        for _ in ("versions", "ciphersuites", "extensions", "proposals", "credentials"):
            self.vector()
        match self.number(1):
            case 1:
                lifetime = self.take(len(_FOREVER))
            case 3:
                lifetime = b""
                self.vector()
            case other:
                raise MlsError(f"leaf of source {other}")
        self.vector()
        self.vector()
        return _Leaf(signature_key, identity, lifetime)


@dataclass(frozen=True, slots=True)
class _Leaf:
    signature_key: bytes
    identity: bytes
    lifetime: bytes


def check_key_package(data: bytes, user: int) -> None:
    """Refuse a package that is not ``user``'s own, whole, lasting for ever, and signed."""
    reader = _Reader(data)
    reader.expect("version", 2, _MLS_10)
    reader.expect("ciphersuite", 2, _CIPHERSUITE)
    reader.vector()
    leaf = reader.leaf()
    reader.vector()
    end = reader.at
    signature = reader.vector()
    if reader.at != len(data):
        raise MlsError("more than a key package")
    if leaf.identity != struct.pack(">Q", user):
        raise MlsError("a key package of somebody else")
    if leaf.lifetime != _FOREVER:
        raise MlsError("a key package that expires")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), leaf.signature_key)
        key.verify(signature, _signed("KeyPackageTBS", data[:end]), ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError) as error:
        raise MlsError("a key package with a forged signature") from error


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody shall join the group, or leave it."""

    kind: ProposalKind
    user: int
    message: bytes
    """An MLSMessage."""
    reference: bytes
    """What commits call it by."""


class ExternalSender:
    """The gateway's own voice in a group: it proposes, and never commits."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.package = vector(point) + struct.pack(">H", _BASIC) + vector(bytes(8))
        """What members are told of it, by opcode 25."""

    def add(self, group: int, epoch: int, user: int, key_package: bytes) -> Proposal:
        """Propose to let ``user`` in."""
        return self._propose(group, epoch, ProposalKind.ADD, user, key_package)

    def remove(self, group: int, epoch: int, user: int, leaf: int) -> Proposal:
        """Propose to put ``user``, who sits at ``leaf``, out."""
        return self._propose(group, epoch, ProposalKind.REMOVE, user, struct.pack(">I", leaf))

    def _propose(
        self, group: int, epoch: int, kind: ProposalKind, user: int, body: bytes
    ) -> Proposal:
        sender = struct.pack(">BI", _EXTERNAL, 0)
        framed = vector(struct.pack(">Q", group)) + struct.pack(">Q", epoch) + sender
        framed += vector(b"") + struct.pack(">BH", _PROPOSAL, kind) + body
        message = struct.pack(">HH", _MLS_10, _PUBLIC_MESSAGE) + framed
        signature = self._key.sign(_signed("FramedContentTBS", message), ec.ECDSA(SHA256()))
        message += vector(signature)
        reference = sha256(_signed("Proposal Reference", message[2:])).digest()
        return Proposal(kind, user, message, reference)


@dataclass(frozen=True, slots=True)
class Commit:
    """What a member wants to become of the proposals."""

    group: int
    epoch: int
    """The one it ends."""
    leaf: int
    """Whose it is."""
    references: tuple[bytes, ...]
    message: bytes
    welcome: bytes
    """For those who join; empty if nobody does."""


def parse_commit(data: bytes) -> Commit:
    """Read the body of opcode 28: a commit, and perhaps a welcome behind it."""
    reader = _Reader(data)
    reader.expect("version", 2, _MLS_10)
    reader.expect("wire format", 2, _PUBLIC_MESSAGE)
    group = int.from_bytes(reader.vector(), "big")
    epoch = reader.number(8)
    reader.expect("sender", 1, _MEMBER)
    leaf = reader.number(4)
    reader.vector()
    reader.expect("content", 1, _COMMIT)
    references = _references(reader.vector())
    if reader.number(1):
        reader.leaf()
        reader.vector()
    for _ in ("signature", "confirmation tag", "membership tag"):
        reader.vector()
    return Commit(group, epoch, leaf, references, data[: reader.at], data[reader.at :])


def _references(body: bytes) -> tuple[bytes, ...]:
    reader = _Reader(body)
    found = []
    while reader.at < len(body):
        reader.expect("proposal, which must be a reference,", 1, _REFERENCE)
        found.append(reader.vector())
    return tuple(found)
