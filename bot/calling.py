"""Live calls, without their platform: what a server chooses, who may, and what people are told."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Unpack

from bot import messages
from bot.cards import Ask, Button, Caller, Card, rows
from bot.choosing import Choosing, language_of, with_exact
from bot.settings import Current
from bot.stores import Stores
from storage.calls import CallChanges, CallPreferences
from storage.types import Chat

SPEAKS: Final = True
"""Where a server has not chosen, translations are spoken: an interpreter is summoned for that, and
it waits until nobody speaks."""
DECLINE: Final = "privacy:unheard:call"
"""The data of the button under a call's notice: anybody may press it, for themselves."""
_CARD: Final = "settings:calls"
_SWITCHES: Final[Mapping[tuple[str, ...], CallChanges]] = {
    ("speaks", "on"): {"speaks": True},
    ("speaks", "off"): {"speaks": False},
    ("pauses", "on"): {"pauses": True},
    ("pauses", "off"): {"pauses": False},
    ("keeps", "on"): {"keeps": True},
    ("keeps", "sure"): {"keeps": False},
}
"""What the end of a button's data changes."""


def speaks(chosen: CallPreferences) -> bool:
    """Say whether translations are to be spoken into the channel."""
    return SPEAKS if chosen.speaks is None else chosen.speaks


@dataclass(frozen=True, slots=True)
class CallFacts:
    """How a call under way is doing."""

    people: int
    """Who is heard: in the channel, not deafened, not a bot, and has not declined."""
    share: float | None
    """Of the frames that they have sent, how many could be heard, in [0, 1]; ``None`` before the
    first."""
    waiting: int
    """Translations that wait to be spoken."""
    dropped: int
    """Translations that were not spoken because they had grown too old."""
    waited_s: float = 0.0
    """How long ago the words of the oldest that waits were said, in seconds; 0 without any."""


class Switchboard(Protocol):
    """What is asked of a platform's calls."""

    def under_way(self, chat: Chat) -> CallFacts | None:
        """Return how the server's call is doing, if there is one."""
        ...

    def named(self, chat: Chat, id_: str) -> str | None:
        """Return how a channel, thread or role of the server is shown; ``None`` if it is gone."""
        ...


class Calling:
    """The use cases of calls; the cards are shown by ``Commands``."""

    def __init__(self, stores: Stores, settings: Current, choosing: Choosing) -> None:
        self._calls = stores.calls
        self._current = settings
        self._choosing = choosing
        self._switchboard: Switchboard | None = None
        self._watching: dict[object, tuple[Chat, Callable[[], None]]] = {}

    @property
    def _days(self) -> float:
        return self._current.now.storage.transcript_days

    def connect(self, switchboard: Switchboard) -> None:
        """Ask this one from now on."""
        self._switchboard = switchboard

    def watch(self, chat: Chat, told: Callable[[], None]) -> Callable[[], None]:
        """Have ``told`` called when a call of the server should read again what holds for it.

        That is, whenever the server's choices have changed, or anybody's wish to be heard.
        ``told`` is called on the event loop and must not raise. Returns what ends the watch.
        """
        watch = object()
        self._watching[watch] = (chat.whole, told)

        def end() -> None:
            self._watching.pop(watch, None)

        return end

    def tell(self, chat: Chat | None = None) -> None:
        """Tell who watches this server, or all, that something has changed."""
        for whole, told in tuple(self._watching.values()):
            if chat is None or chat.whole == whole:
                told()

    async def may_summon(self, caller: Caller) -> bool:
        """Say whether the caller may bring the bot into a call, or send it out.

        Everybody may where the server has named no role for that. Raises StorageError.
        """
        return caller.admin or (await self._calls.of(caller.chat)).role is None

    async def entrusts(self, chat: Chat, roles: Collection[str]) -> bool:
        """Say whether the server has chosen one of these roles: then its members are admins.

        Raises StorageError.
        """
        return (await self._calls.of(chat)).role in roles

    async def settings(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Show or change what the server chose for calls, for those who manage it."""
        if not self._may(ask.caller):
            return ask.alert("card.calls.managers")
        changes: CallChanges
        match tuple(with_exact(parts, line)):
            case ("into",):
                now = await self._calls.of(ask.caller.chat)
                return self._choosing.picker(ask, f"{_CARD}:into", line, {now.into})
            case ("into", code):
                changes = {"into": language_of(code)}
            case ("keeps", "off"):
                taps = (ask.button("tap.calls.sure", f"{_CARD}:keeps:sure"), _back(ask, _CARD))
                return Card(ask.say("card.calls.sure"), (taps,))
            case pressed:
                changes = _SWITCHES.get(pressed, {})
        return await self.change(ask, **changes)

    async def change(self, ask: Ask, **changes: Unpack[CallChanges]) -> Card:
        """Change what the server chose for calls, if the caller may, and show all of it.

        Raises StorageError.
        """
        chat = ask.caller.chat
        if not self._may(ask.caller):
            return ask.alert("card.calls.managers")
        if changes.get("keeps") and not self._days:
            return ask.alert("card.calls.unkept")
        if changes:
            await self._calls.change(chat, **changes)
            self.tell(chat)
        return self._card(ask, await self._calls.of(chat))

    def notice(self, chosen: CallPreferences, locale: str) -> Card:
        """Return what everybody in a call must know, and the button of those who decline.

        It is for people of any language, so each sentence comes in all that we have, ``locale``
        first.
        """
        spoken = dict.fromkeys((messages.locale_of(locale), *messages.CATALOGUES))
        names = ["call.notice"]
        if chosen.keeps and self._days:
            names.append("call.notice.kept")
        lines = (
            " ".join(messages.say(name, each, days=self._days) for name in names) for each in spoken
        )
        label = " · ".join(messages.say("tap.decline", each) for each in spoken)
        return Card("\n\n".join(lines), ((Button(label, DECLINE),),))

    def status(self, ask: Ask) -> str:
        """Return what /status says of the server's call; empty if there is none."""
        facts = self._switchboard and self._switchboard.under_way(ask.caller.chat.whole)
        if not facts:
            return ""
        silent = facts.share is None
        return ask.say(
            "card.status.call.silent" if silent else "card.status.call",
            people=facts.people,
            share=int(100 * (facts.share or 0)),
            waiting=facts.waiting,
            dropped=facts.dropped,
        )

    def privacy(self, ask: Ask) -> str:
        """Return what /privacy says of calls."""
        kept = ask.say("card.privacy.kept", days=self._days) if self._days else ""
        return " ".join(filter(None, (ask.say("card.privacy.calls"), kept)))

    def _may(self, caller: Caller) -> bool:
        return caller.admin and caller.has_calls

    def _card(self, ask: Ask, chosen: CallPreferences) -> Card:
        text = ask.say(
            "card.calls",
            spoken=self._spoken(ask, chosen),
            pauses=ask.say("card.calls.pauses" if chosen.pauses else "card.calls.at_once"),
            keeps=ask.say("card.calls.kept", days=self._days)
            if chosen.keeps and self._days
            else ask.say("card.calls.not_kept"),
            captions=self._named(ask, chosen.captions, "card.calls.own_chat"),
            auto_join=self._named(ask, chosen.auto_join, "card.calls.when_asked"),
            role=self._named(ask, chosen.role, "card.calls.all"),
        )
        taps = [
            _switch(ask, "speaks", on=speaks(chosen)),
            ask.button("tap.calls.into", f"{_CARD}:into"),
            _switch(ask, "pauses", on=chosen.pauses),
        ]
        if self._days:
            taps.append(_switch(ask, "keeps", on=chosen.keeps))
        return Card(text, (*rows(taps, 2), (_back(ask, "settings"),)))

    def _spoken(self, ask: Ask, chosen: CallPreferences) -> str:
        if not speaks(chosen):
            return ask.say("card.calls.silent")
        if chosen.into is None:
            return ask.say("card.calls.spoken")
        return ask.say("card.calls.spoken_into", language=ask.name(chosen.into))

    def _named(self, ask: Ask, id_: str | None, otherwise: str) -> str:
        if id_ is None:
            return ask.say(otherwise)
        if self._switchboard is None:
            return id_
        return self._switchboard.named(ask.caller.chat, id_) or ask.say("card.calls.gone")


def _switch(ask: Ask, field: str, *, on: bool) -> Button:
    """Return the button that turns the choice over."""
    to = "off" if on else "on"
    return ask.button(f"tap.calls.{field}.{to}", f"{_CARD}:{field}:{to}")


def _back(ask: Ask, where: str) -> Button:
    return ask.button("tap.back", where)
