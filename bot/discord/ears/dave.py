"""DAVE, Discord's end-to-end encryption, as far as hearing goes. The one place that knows davey.

discord.py keeps the group: it answers every proposal and commit. Here its session opens frames.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from davey import DAVE_PROTOCOL_VERSION, DaveSession, MediaType

from bot.discord.ears.opus import SILENCE

_MARKER: Final = b"\xfa\xfa"
"""Every encrypted frame ends in it."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """How a call is encrypted end to end, at one moment."""

    version: int = 0
    """Of the protocol; 0 is none, as in Stage channels."""
    session: DaveSession | None = field(default=None, repr=False)

    @property
    def ready(self) -> bool:
        """Whether frames can be opened; they can be where nothing is encrypted."""
        return not self.version or (self.session is not None and bool(self.session.ready))

    def open(self, user: int, frame: bytes) -> bytes | None:
        """Return the Opus frame that ``user`` has sent; ``None`` if this can't be opened.

        What looks encrypted is never returned as it is: decoded, it would be loud noise.
        """
        if frame == SILENCE:
            return frame
        if not self.version:
            return None if frame.endswith(_MARKER) else frame
        opened = self._decrypt(user, frame)
        return None if opened == frame and frame.endswith(_MARKER) else opened

    def sender(self, frame: bytes, candidates: Iterable[int]) -> tuple[int, bytes] | None:
        """Find out who has sent a frame, by whose key opens it, and return it opened.

        Keys are each sender's own; a wrong one fails, and does no harm to a later right one.
        """
        if not self.version or frame == SILENCE:
            return None
        for user in candidates:
            opened = self._decrypt(user, frame)
            # What passes through unchanged would do so for everybody.
            if opened is not None and opened != frame:
                return user, opened
        return None

    def members(self) -> list[int]:
        """Return the users in the group."""
        if not self.version or self.session is None:
            return []
        return [int(user) for user in self.session.get_user_ids()]

    def _decrypt(self, user: int, frame: bytes) -> bytes | None:
        if self.session is None or not self.session.ready:
            return None
        try:
            return self.session.decrypt(user, MediaType.audio, frame)
        except ValueError:
            return None


def new_session(user: int, channel: int) -> DaveSession:
    """Make a session that is in no group yet, of the newest version davey knows."""
    return DaveSession(DAVE_PROTOCOL_VERSION, user, channel)
