"""A channel or thread, as captions need it."""

from bot.discord.outbox import Outbox
from bot.discord.places import Place


class ChannelSurface:
    """See ``captions.Surface``."""

    def __init__(self, outbox: Outbox, channel: int) -> None:
        self._outbox = outbox
        self._place = Place(channel)

    async def send(self, text: str, nonce: str) -> str:
        """Send a message that notifies nobody."""
        return str(await self._outbox.text(self._place, text, silent=True, nonce=nonce))

    async def edit(self, message: str, text: str) -> None:
        """Put a longer text in the place of the message's."""
        await self._outbox.edit(self._place.channel, int(message), text)
