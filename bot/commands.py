"""The use cases behind commands, shared by the platforms; no platform is known here."""

from bot.cards import Caller, Card, Choice, Described
from storage.types import Chat, Person


class Commands:
    """Answers commands, pressed buttons and asked-for lines with cards.

    No method but ``listens`` raises: whatever fails becomes a card with one sentence in the
    person's language.
    """

    async def run(self, caller: Caller, name: str, words: str = "") -> Card:
        """Answer ``/name words``; an unknown name is answered with the help."""
        raise NotImplementedError

    async def press(self, caller: Caller, data: str) -> Card:
        """Answer a pressed button with the card that takes the place of the pressed one.

        Data that is no button's, or another person's button, is answered with an alert.
        """
        raise NotImplementedError

    async def answer(self, caller: Caller, asks: str, line: str) -> Card:
        """Answer the line that a card asked for."""
        raise NotImplementedError

    def menu(self, locale: str) -> tuple[Described, ...]:
        """Return the commands with a line about each, for the platform's menu."""
        raise NotImplementedError

    def languages(self, text: str, locale: str) -> tuple[Choice, ...]:
        """Return the languages whose name or code begins so, at most 25, best first."""
        raise NotImplementedError

    async def locale(self, person: Person, platform_locale: str) -> str:
        """Return the language in which to speak to the person: ``en`` or ``vi``."""
        raise NotImplementedError

    async def listens(self, chat: Chat) -> bool:
        """Say whether every voice note in this group is to be interpreted, unasked.

        A private chat always is; don't ask. Raises StorageError.
        """
        raise NotImplementedError

    async def moved(self, old: Chat, new: Chat) -> None:
        """Carry the choices of a chat to its new id, as when a group is upgraded."""
        raise NotImplementedError

    async def left(self, chat: Chat) -> None:
        """Forget a chat that the bot has been removed from."""
        raise NotImplementedError
