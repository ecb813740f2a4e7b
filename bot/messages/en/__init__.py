"""English."""

from typing import Final

from bot.messages.en import calls, chat, errors, terminal, voices

SENTENCES: Final = {
    **errors.SENTENCES,
    **chat.SENTENCES,
    **calls.SENTENCES,
    **terminal.SENTENCES,
    **voices.SENTENCES,
}
"""Templates by code or name."""
