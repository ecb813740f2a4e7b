"""A channel as captions see it, and sentences to put there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.discord.texts import LIMIT
from pipeline.errors import PlatformError, PlatformRefusedError, PlatformUnreachableError
from pipeline.types import Doubt, Language, Transcript, Translation

VI, EN = Language("vi"), Language("en")


def heard(text: str, language: Language = VI, doubts: tuple[Doubt, ...] = ()) -> Transcript:
    return Transcript(text, language, 1.0, (), 1.0, "demo", doubts)


def meaning(
    text: str,
    source: Language = VI,
    target: Language = EN,
    doubts: tuple[Doubt, ...] = (),
) -> Translation:
    return Translation(text, source, target, "demo", doubts)


def refused(reason: str = "permission") -> PlatformRefusedError:
    return PlatformRefusedError(platform="Discord", reason=reason)


def unreachable() -> PlatformUnreachableError:
    return PlatformUnreachableError(platform="Discord", reason="network")


@dataclass
class Channel:
    """Keeps what is sent as Discord does, by its nonce, and sees to the rules of captions.

    ``faults`` are raised one by one, after the request was carried out if ``late``.
    """

    messages: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    faults: Callable[[], PlatformError | None] = lambda: None
    late: bool = False
    takes_s: float = 0.0
    _nonces: dict[str, str] = field(default_factory=dict)
    _broken: list[str] = field(default_factory=list)

    async def send(self, text: str, nonce: str) -> str:
        fault = await self._asked(text)
        if fault is None or self.late:
            if nonce not in self._nonces:
                self._nonces[nonce] = str(len(self._nonces))
                self.messages[self._nonces[nonce]] = text
            self._rule("what is sent again is the same", self.messages[self._nonces[nonce]] == text)
        if fault is not None:
            raise fault
        return self._nonces[nonce]

    async def edit(self, message: str, text: str) -> None:
        fault = await self._asked(text)
        if message not in self.messages:
            raise refused("gone")
        if fault is None or self.late:
            shown = self.messages[message]
            self._rule("what is shown is only added to", text.startswith(shown))
            self._rule("every request has a reason", text != shown or self.late)
            self.messages[message] = text
        if fault is not None:
            raise fault

    def delete(self) -> None:
        """A moderator deletes the latest message."""
        self.deleted.append(self.messages.popitem()[1])

    @property
    def shown(self) -> str:
        """What can be read in the channel; fails if a rule was broken."""
        assert not self._broken
        return "\n".join(self.messages.values())

    def _rule(self, words: str, kept: bool) -> None:  # noqa: FBT001 - a rule is kept or not
        if not kept:
            self._broken.append(words)

    async def _asked(self, text: str) -> PlatformError | None:
        self._rule("a message is short enough", 0 < len(text.encode("utf-16-le")) / 2 <= LIMIT)
        self._rule("Discord finds nothing to strip", text == text.strip())
        self.requests.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.takes_s)
        return self.faults()
