"""Tiếng Việt."""

from typing import Final

from bot.messages.vi import calls, chat, errors, terminal

SENTENCES: Final = {
    **errors.SENTENCES,
    **chat.SENTENCES,
    **calls.SENTENCES,
    **terminal.SENTENCES,
}
"""Templates by code or name."""
