"""Who sends which SSRC, and the packets that wait until that is known."""

from collections import deque
from typing import Final

from bot.discord.ears.rtp import Packet

_WAITING: Final = 50
"""Packets of one SSRC: 1 s."""
_PATIENCE_S: Final = 2.0
"""What has waited longer is no longer worth hearing."""
_STRANGERS: Final = 32
"""SSRCs without a name; more than one call has speakers."""
_KNOWN: Final = 1_000
"""SSRCs with a name. Each is said once, and a call may go on for weeks."""


class Names:
    """The sources of one voice session. Its own voice has no name, and no packets of it wait."""

    def __init__(self, own_ssrc: int | None = None, own_user: int | None = None) -> None:
        self._own_ssrc, self._own_user = own_ssrc, own_user
        self._users: dict[int, int] = {}
        self._waiting: dict[int, deque[tuple[Packet, float]]] = {}

    def own(self, *, ssrc: int | None = None, user: int | None = None) -> bool:
        """Say whether this is ourselves."""
        return (ssrc is not None and ssrc == self._own_ssrc) or (
            user is not None and user == self._own_user
        )

    def of(self, ssrc: int) -> int | None:
        """Return the user, if known."""
        return self._users.get(ssrc)

    def learn(self, ssrc: int, user: int, now: float) -> list[tuple[Packet, float]]:
        """Remember who sends an SSRC; return what has waited for that, and when each came.

        A user has one SSRC, the one learnt last.
        """
        if self._users.get(ssrc) != user:
            self.forget(user)
            self._users.pop(ssrc, None)
            self._users[ssrc] = user
        if len(self._users) > _KNOWN:
            del self._users[next(iter(self._users))]
        waited = self._waiting.pop(ssrc, ())
        return [(packet, came) for packet, came in waited if now - came <= _PATIENCE_S]

    def wait(self, packet: Packet, came: float) -> None:
        """Keep a packet of nobody knows whom for a while."""
        queue = self._waiting.get(packet.ssrc)
        if queue is None:
            if len(self._waiting) >= _STRANGERS:
                del self._waiting[next(iter(self._waiting))]
            queue = self._waiting[packet.ssrc] = deque(maxlen=_WAITING)
        queue.append((packet, came))

    def forget(self, user: int) -> None:
        """Forget what a user sends."""
        for ssrc in [ssrc for ssrc, each in self._users.items() if each == user]:
            del self._users[ssrc]
