"""The use cases behind commands, shared by the platforms; no platform is known here."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol, TypeAlias, Unpack

from bot import messages
from bot.calling import Calling
from bot.cards import (
    CALLING,
    Ask,
    Caller,
    Card,
    Choice,
    Described,
    File,
    Row,
    disowned,
    owned,
    rows,
)
from bot.choosing import NONE, Choosing, Voices
from bot.enrolment import Enrolments
from bot.overload import Step
from bot.premium import Granting
from bot.premium import Terms as Granted
from bot.settings import Current
from bot.stores import Stores
from bot.terms import Terms
from bot.voices import OwnVoices
from pipeline import languages
from pipeline.errors import DragomanError, StorageError
from pipeline.types import Language
from storage.calls import CallChanges
from storage.premium import Role
from storage.types import Chat, Person

_log = logging.getLogger(__name__)

_Handler: TypeAlias = Callable[[Ask, Sequence[str], str], Awaitable[Card]]
"""Given the parts of a button's data after the command's name, and what was typed."""
_LONGEST_LINE: Final = 1_000
_OF_CALLS: Final = ("join", "leave", "skip", "transcript", "voice-test")
"""Commands that a platform with calls carries out by itself: they are in the menu alone."""


class Queue(Protocol):
    """What /status asks of the desk."""

    def waiting(self) -> int:
        """Return how many notes wait."""
        ...

    def working(self) -> int:
        """Return how many notes are worked on."""
        ...

    def step(self) -> Step:
        """Return the rung of the ladder on which the next note is worked on."""
        ...

    def places(self, person: Person) -> tuple[int, ...]:
        """Return the places in the queue of the person's notes that wait, the first being 1."""
        ...


class Commands:
    """Answers commands, pressed buttons and asked-for lines with cards.

    ``run``, ``press`` and ``answer`` don't raise: a DragomanError becomes a card with one sentence
    in the person's language.
    """

    def __init__(
        self,
        stores: Stores,
        settings: Current,
        queue: Queue,
        voices: Voices,
        enrolments: Enrolments | None = None,
    ) -> None:
        """Without ``enrolments`` there are no own voices."""
        self._stores = stores
        self._settings = settings
        self._queue = queue
        self._own = OwnVoices(stores, settings, enrolments)
        self._granting = Granting(stores.premium, partial(_operators, settings))
        self._choosing = Choosing(stores.preferences, settings, voices, self._own)
        self.calling = Calling(stores, settings, self._choosing)
        """What the platform's calls are asked, and told."""
        self._handlers: dict[str, _Handler] = {
            "start": self._start,
            "help": self._help,
            "language": self._choosing.language,
            "voice": self._choosing.voice,
            "settings": self._chosen,
            "glossary": Terms(stores, self._choosing).glossary,
            "status": self._status,
            "privacy": self._privacy,
            "mydata": self._mydata,
            "premium": self._granting.premium,
            "link": self._link,
        }

    async def run(self, caller: Caller, name: str, words: str = "") -> Card:
        """Answer ``/name words``; an unknown name is answered with the help."""
        return await self._handled(caller, name if name in self._handlers else "help", (), words)

    async def press(self, caller: Caller, data: str) -> Card:
        """Answer a pressed button with the card that takes the place of the pressed one.

        Data that is no button's, or another person's button, is answered with an alert.
        """
        plain = disowned(data, caller)
        if plain is None:
            return (await self._ask(caller)).alert("card.not_yours")
        name, *parts = plain.split(":")
        if name not in self._handlers:
            return (await self._ask(caller)).alert("card.stale")
        return await self._handled(caller, name, parts, "")

    async def answer(self, caller: Caller, asks: str, line: str) -> Card:
        """Answer the line that a card asked for."""
        name, *parts = asks.split(":")
        if name not in self._handlers:
            return (await self._ask(caller)).alert("card.stale")
        return await self._handled(caller, name, parts, line)

    async def choose(self, caller: Caller, **changes: Unpack[CallChanges]) -> Card:
        """Change what a server chose of calls, as picked in the platform's own way; show it all.

        Only who manages the server itself may choose the role; the platform sees to that.
        """
        ask = await self._ask(caller)
        answer = self.calling.change(ask, **changes)
        return await self._answered(ask, "settings", answer, alert=False)

    async def attach(self, caller: Caller) -> Card | None:
        """Expect recordings for a voice that are attached to the command; say why if not."""
        ask = await self._ask(caller)
        try:
            return await self._own.attach(ask)
        except DragomanError as error:
            _log.warning("command failed", extra={"command": "voice", "code": error.code})
            return Card(messages.public(error, ask.locale))

    async def grant(self, caller: Caller, to: Person | Role, granted: Granted) -> Card:
        """Let somebody have clips in their own voice, as picked in the platform's own way."""
        ask = await self._ask(caller)
        return await self._answered(
            ask, "premium", self._granting.grant(ask, to, granted), alert=False
        )

    async def revoke(self, caller: Caller, to: Person | Role) -> Card:
        """Take that back, as picked in the platform's own way."""
        ask = await self._ask(caller)
        return await self._answered(ask, "premium", self._granting.revoke(ask, to), alert=False)

    def menu(self, locale: str, platform: str = "") -> tuple[Described, ...]:
        """Return the platform's commands with a line about each, for its menu.

        Those of calls, on a platform that has calls, are the platform's own to carry out.
        """
        names = (*self._handlers, *(_OF_CALLS if platform in CALLING else ()))
        return tuple(Described(name, messages.say(f"menu.{name}", locale)) for name in names)

    def languages(self, text: str, locale: str) -> tuple[Choice, ...]:
        """Return the languages whose name or code begins so, at most 25, best first."""
        spoken = messages.locale_of(locale)
        return tuple(Choice(languages.name(each, spoken), each) for each in languages.search(text))

    async def locale(self, person: Person, platform_locale: str) -> str:
        """Return the language in which to speak to the person: ``en`` or ``vi``."""
        try:
            chosen = (await self._stores.preferences.of_person(person)).locale
        except StorageError as error:
            _log.warning("preferences not read", extra={"code": error.code})
            chosen = None
        return messages.locale_of(chosen or platform_locale)

    async def listens(self, chat: Chat) -> bool:
        """Say whether every voice note in this group is to be interpreted, unasked.

        A private chat always is; don't ask. Raises StorageError.
        """
        return bool((await self._stores.preferences.of_chat(chat)).active)

    async def moved(self, old: Chat, new: Chat) -> None:
        """Carry the choices of a chat to its new id, as when a group is upgraded.

        Raises StorageError.
        """
        await self._stores.preferences.move_chat(old, new)

    async def left(self, chat: Chat) -> None:
        """Forget a chat that the bot has been removed from; raises StorageError."""
        await self._stores.preferences.forget_chat(chat)

    async def _ask(self, caller: Caller) -> Ask:
        return Ask(caller, await self.locale(caller.person, caller.locale))

    async def _handled(self, caller: Caller, name: str, parts: Sequence[str], line: str) -> Card:
        ask = await self._ask(caller)
        answer = self._handlers[name](ask, parts, line[:_LONGEST_LINE].strip())
        return await self._answered(ask, name, answer, alert=bool(parts) and not line)

    async def _answered(self, ask: Ask, name: str, answer: Awaitable[Card], *, alert: bool) -> Card:
        """Return the answer as the caller's own; one that fails becomes a sentence."""
        try:
            card = await answer
        except DragomanError as error:
            _log.warning("command failed", extra={"command": name, "code": error.code})
            return Card(messages.public(error, ask.locale), alert=alert)
        return owned(card, ask.caller)

    async def _chosen(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Show or change what a group wants, or what a server wants of calls."""
        if parts and parts[0] == "calls":
            return await self.calling.settings(ask, parts[1:], line)
        return await self._choosing.settings(ask, parts, line)

    async def _start(self, ask: Ask, parts: Sequence[str], _: str) -> Card:
        """Lead through the first use: what is spoken, what others get, whether it is heard."""
        preferences, person = self._stores.preferences, ask.caller.person
        step, choice = (*parts, "", "")[:2]
        chosen = Language(choice) if choice in languages.known() else None
        if step == "target":
            await preferences.change_person(person, spoken=chosen)
            return self._languages(
                ask, "voice", [each for each in self._offered() if each != chosen]
            )
        if step == "voice":
            await preferences.change_person(person, target=chosen)
            taps = (
                ask.button("tap.voice.text", "start:done:off"),
                ask.button("tap.voice.both", "start:done:on"),
            )
            return Card(ask.say("card.start.voice"), (taps,))
        if step == "done":
            await preferences.change_person(person, quick_voice=choice == "on")
            return Card(ask.say("card.start.done"))
        return self._languages(ask, "target", self._offered())

    def _offered(self) -> list[Language]:
        return list(dict.fromkeys((*self._settings.now.targets, *languages.known()[:_FIRST])))[
            :_FIRST
        ]

    def _languages(self, ask: Ask, step: str, offered: Sequence[Language]) -> Card:
        """Return the card whose choice leads to the step."""
        taps = rows(ask.choice(each, f"start:{step}:{each}") for each in offered)
        skip = ask.button(f"tap.start.{step}", f"start:{step}:{NONE}")
        question = "card.start.spoken" if step == "target" else "card.start.others"
        return Card(ask.say(question), (*taps, (skip,)))

    async def _help(self, ask: Ask, _: Sequence[str], __: str) -> Card:
        menu = self.menu(ask.locale, ask.caller.chat.platform)
        lines = [ask.say("card.help"), "", *(f"/{each.name} · {each.text}" for each in menu)]
        if ask.caller.has_calls:
            lines.insert(1, ask.say("card.help.calls"))
        return Card("\n".join(lines))

    async def _status(self, ask: Ask, _: Sequence[str], __: str) -> Card:
        lines = [
            ask.say("card.status", working=self._queue.working(), waiting=self._queue.waiting())
        ]
        step = self._queue.step()
        if step > Step.CALM:
            lines.append(ask.say(f"card.status.{step.name.lower()}"))
        seconds = await self._stores.notes.typical_seconds()
        if seconds is not None:
            lines.append(ask.say("card.status.typical", seconds=max(1, round(seconds))))
        places = self._queue.places(ask.caller.person)
        if places:
            lines.append(ask.say("card.status.yours", places=", ".join(map(str, places))))
        lines += await self._own.status(ask)
        call = self.calling.status(ask)
        if call:
            lines.append(call)
        return Card("\n".join(lines), ((ask.button("tap.again", "status"),),))

    async def _privacy(self, ask: Ask, parts: Sequence[str], _: str) -> Card:
        """Show what is kept; in calls, let the person decline to be heard."""
        settings, preferences = self._settings.now, self._stores.preferences
        wish, where = (*parts, "", "")[:2]
        if wish in {"unheard", "heard"}:
            declines = wish == "unheard"
            await preferences.change_person(ask.caller.person, unheard=declines or None)
            self.calling.tell()
            if declines and where:
                return ask.alert("call.declined")
        lines = [
            ask.say(
                "card.privacy",
                hours=settings.translating.cache_hours,
                speech=settings.storage.speech_hours,
            )
        ]
        if "gtts" in settings.speaking.order:
            lines.append(ask.say("card.privacy.gtts"))
        if settings.translating.libretranslate is not None:
            lines.append(ask.say("card.privacy.libretranslate"))
        if own := await self._own.privacy(ask):
            lines.append(own)
        taps: tuple[Row, ...] = ()
        if ask.caller.has_calls:
            declined = (await preferences.of_person(ask.caller.person)).unheard
            wish = "heard" if declined else "unheard"
            lines.append(self.calling.privacy(ask))
            taps = ((ask.button(f"tap.{wish}", f"privacy:{wish}"),),)
        return Card("\n\n".join((*lines, ask.say("card.privacy.yours"))), taps)

    async def _mydata(self, ask: Ask, parts: Sequence[str], _: str) -> Card:
        """Export or, once confirmed, delete everything about the person."""
        if not ask.caller.private:
            return ask.alert("card.private_only")
        stores, person = self._stores, ask.caller.person
        match list(parts):
            case ["export"]:
                export = await stores.people.export(person)
                exported = {"exported": datetime.now(UTC).isoformat(timespec="seconds"), **export}
                data = json.dumps(exported, ensure_ascii=False, indent=2).encode()
                return Card(ask.say("card.mydata.export"), file=File("dragoman.json", data))
            case ["delete"]:
                sure = ask.button("tap.mydata.sure", "mydata:delete:sure")
                return Card(
                    ask.say("card.mydata.sure"), ((sure, ask.button("tap.back", "mydata")),)
                )
            case ["delete", "sure"]:
                self._own.forget(*await stores.links.accounts(person), person)
                receipt = await stores.people.forget(person)
                self.calling.tell()
                cached = await stores.translations.erase() + await stores.speeches.erase()
                return Card(
                    ask.say(
                        "card.mydata.receipt",
                        accounts=receipt.accounts,
                        terms=receipt.terms,
                        notes=receipt.notes,
                        codes=receipt.codes,
                        lines=receipt.lines,
                        cached=cached,
                        voices=receipt.voices,
                        clips=receipt.jobs,
                        grants=receipt.grants,
                    )
                )
        taps = (
            ask.button("tap.mydata.export", "mydata:export"),
            ask.button("tap.mydata.delete", "mydata:delete"),
        )
        return Card(ask.say("card.mydata"), (taps,))

    async def _link(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Offer a code, take one made on another platform, or part the accounts again."""
        if not ask.caller.private:
            return ask.alert("card.private_only")
        links, person = self._stores.links, ask.caller.person
        if line:
            accounts = await links.redeem(line, person)
            self.calling.tell()
            return Card(ask.say("card.link.done", count=len(accounts)))
        match list(parts):
            case ["offer"]:
                return Card(ask.say("card.link.code", code=await links.offer(person)))
            case ["redeem"]:
                return Card(ask.say("card.link.redeem"), asks="link")
            case ["part"]:
                parted = await links.unlink(person)
                return Card(ask.say("card.link.parted" if parted else "card.link.alone"))
        taps = [
            ask.button("tap.link.offer", "link:offer"),
            ask.button("tap.link.redeem", "link:redeem"),
        ]
        count = len(await links.accounts(person))
        if count > 1:
            taps.append(ask.button("tap.link.part", "link:part"))
        lines = [ask.say("card.link", count=max(count, 1))]
        if self._own.is_on:
            lines.append(ask.say("card.link.voice"))
        return Card("\n\n".join(lines), rows(taps, 2))


def _operators(settings: Current) -> frozenset[Person]:
    """Return the operator's own accounts."""
    accounts = {"discord": settings.now.discord, "telegram": settings.now.telegram}
    return frozenset(
        Person(platform, id_) for platform, each in accounts.items() for id_ in each.operators
    )


_FIRST: Final = 9
"""Languages offered at the first use."""
