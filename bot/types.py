"""What platforms and the core say to each other; no platform's library is known here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.types import Language, Sound, Speech, Transcript, Translation
from storage.types import Chat, Person


@dataclass(frozen=True, slots=True)
class Address:
    """Where an answer goes: a message, in a chat."""

    chat: Chat
    message: str
    """The platform's id of the message that is answered."""


@dataclass(frozen=True, slots=True)
class Live:
    """What is different for an utterance of a call: no note is kept of it, and it goes stale."""

    spoken: bool
    """Whether the translation is to be spoken into the channel."""
    into: Language | None = None
    """Only translations into this language are spoken; ``None`` is every one."""
    follows: str = ""
    """What the speaker said just before, whose last words may be heard again, because long speech
    is cut with an overlap."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceNote:
    """Something spoken that somebody wants to understand."""

    address: Address
    speaker: Person
    """Who spoke: whose preferences say which language this is."""
    asker: Person
    """Who wants to understand it: the speaker, or whoever asked for somebody else's note."""
    locale: str
    """The asker's language for the interface, as the platform names it."""
    fetch: Callable[[], Awaitable[Sound]] = field(repr=False)
    """Brings the sound, once it is its turn. Raises AudioError and PlatformError."""
    seconds: float | None = None
    """Its duration as the platform claims it: good for refusing early, never trusted."""
    size: int | None = None
    """Its bytes, likewise."""
    asked: str = ""
    """The id of the message that asked for it, where that is not the note itself: another person
    may ask for the same note again."""
    live: Live | None = None
    """Not ``None``: an utterance of a call, and not a recording somebody has sent."""
    roles: frozenset[str] = frozenset()
    """The ids of the speaker's roles in this chat, where there are such things."""
    can_follow: bool = True
    """Whether more may be said of it later, of the bot's own accord; not where only the asker has
    brought the bot along."""
    enrols: bool = False
    """It was attached to the command that enrols a voice, and is meant for nothing else."""

    @property
    def key(self) -> str:
        """The id of the message under which this is remembered, to know it when it comes twice."""
        return self.asked or self.address.message


class Reply(Protocol):
    """One exchange about one note, as its platform can show it."""

    async def working(self) -> None:
        """Show that something is being done; repeated while it takes long."""
        ...

    async def waiting(self, place: int) -> None:
        """Say that the note waits, and at which place in the queue, the first being 1."""
        ...

    async def text(self, heard: Transcript, translation: Translation) -> None:
        """Show the original and what it means, with a mark where that is doubtful."""
        ...

    async def speech(self, speech: Speech) -> None:
        """Send the spoken answer as a voice message."""
        ...

    async def apologize(self, sentence: str, code: str) -> None:
        """Say in one sentence why there is no answer, or no voice, and what to do next.

        ``code`` is that of the error behind it: in a call, not every cough is worth a sentence.
        """
        ...


class Intake(Protocol):
    """Where platforms bring notes: the desk."""

    async def take(self, note: VoiceNote, reply: Reply) -> None:
        """Give the note a task of its own, and return when it has its place in the queue.

        One with the same ``key`` in the same chat as an earlier one is passed over in silence.
        What can't be taken is told through the reply.
        """
        ...


class Platform(Protocol):
    """A chat platform.

    ``bot.serving`` builds each from its settings, the Intake and the Commands, as
    ``bot.telegram.client.Telegram(settings.telegram, desk, commands)``; it calls ``run`` once, and
    when the program ends ``stop``, then the desk drains, then ``close``.
    """

    name: str
    """As in ``Chat.platform``: ``telegram``."""

    async def run(self) -> None:
        """Take notes and commands in until ``stop``; raises PlatformError if it can't."""
        ...

    async def stop(self) -> None:
        """Take nothing more in; what was taken may still be answered. ``run`` then returns."""
        ...

    async def close(self) -> None:
        """Let go of every connection; nothing is sent any more."""
        ...

    async def tell(self, address: Address, sentence: str) -> None:
        """Say a sentence later, replying to the message; raises PlatformError.

        May be called as soon as ``run`` is: it waits until the platform is connected.
        """
        ...

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        """Send speech later, replying to the message; raises PlatformError."""
        ...
