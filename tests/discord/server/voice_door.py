"""What the text half of the loopback Discord asks of its voice half."""

from typing import Protocol


class Voice(Protocol):
    """A voice server that the gateway sends a bot to.

    The gateway tells it who is about to come before it hands the bot the
    endpoint and the token, so that a stranger can be refused.
    """

    @property
    def endpoint(self) -> str:
        """Where it listens, as "127.0.0.1:port" (TLS, voice gateway v8)."""

    def expect(
        self, guild: int, channel: int, user: int, session: str, token: str, *, stage: bool
    ) -> None:
        """Let `user` identify with `session` and `token`, until dismissed.

        `stage` says that the channel is a stage. A later call for the same
        guild and user replaces the earlier one: the user was moved, or the
        region changed.
        """

    def dismissed(self, guild: int, user: int) -> None:
        """`user` left voice in `guild`, or was put out: close with 4014."""
