"""Whom a group of DAVE talks to."""

from typing import Protocol


class Party(Protocol):
    """Somebody in the call, as the gateway reaches them."""

    @property
    def user(self) -> int:
        """Who."""

    def external_sender(self, package: bytes) -> None:
        """Opcode 25: whose proposals to believe."""

    def prepare_epoch(self) -> None:
        """Opcodes 24 and 21: the group begins anew; a new key package is wanted."""

    def proposals(self, operation: int, body: bytes) -> None:
        """Opcode 27: proposals to append, or references of those to revoke."""

    def commit(self, transition: int, message: bytes) -> None:
        """Opcode 29: what became of the proposals."""

    def welcome(self, transition: int, message: bytes) -> None:
        """Opcode 30: the way into the group."""

    def execute(self, transition: int) -> None:
        """Opcode 22: from now on, send with the new keys."""
