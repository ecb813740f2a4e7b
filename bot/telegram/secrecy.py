"""The token is shown nowhere."""

from typing import Final

from telegram.ext import ExtBot

LIBRARIES: Final = ("telegram", "httpx", "httpcore", "tornado")
"""Their lines hold addresses with the token in them, and whole messages of people."""


class QuietBot(ExtBot[int]):
    """The library's bot, which otherwise shows its token wherever it is printed."""

    def __repr__(self) -> str:
        """Say what it is, and no more."""
        return "<the bot on Telegram>"
