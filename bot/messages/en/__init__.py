"""English."""

from typing import Final

from bot.messages.en import calls, chat, errors, terminal

SENTENCES: Final = {
    **errors.SENTENCES,
    **chat.SENTENCES,
    **calls.SENTENCES,
    **terminal.SENTENCES,
}
"""Templates by code or name."""
