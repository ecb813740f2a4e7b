"""The cards of /premium: who may have clips in their own voice, until when, how much a day."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot import messages
from bot.cards import Ask, Button, Caller, Card
from pipeline.errors import DragomanError
from storage.premium import Grant, Premium, Role
from storage.types import Chat, Clock, Person

DAYS: Final = 30
MINUTES: Final = 10
"""What a grant is, where it is not said."""
MOST_DAYS: Final = 3_650
MOST_MINUTES: Final = 1_440
_DAY_S: Final = 86_400
_MINUTE: Final = 60
_SHOWN: Final = 9
"""Grants on one card: each has a row of its own."""
_SHORTEST_ID: Final = 5
"""Of an id that is typed: days and minutes are shorter."""
_LONGEST_ID: Final = 20
_PERSON, _ROLE = "person", "role"


class GrantError(DragomanError):
    """What was typed is no grant: ``days`` and ``minutes`` are the most of each."""

    code = "grant"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is granted."""

    days: int = DAYS
    """From now."""
    minutes: int = MINUTES
    """A day, of speech."""


class Granting:
    """What /premium shows and changes.

    The operator's grants hold everywhere, those of who manages a group or server hold there.
    """

    def __init__(
        self,
        premium: Premium,
        operators: Callable[[], frozenset[Person]],
        clock: Clock = time.time,
    ) -> None:
        self._premium = premium
        self._operators = operators
        self._clock = clock

    async def premium(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Show what the person has and, to who may, what was granted; or do as was typed."""
        word, *rest = parts or line.split() or [""]
        if word not in {"grant", "revoke"}:
            return await self._shown(ask)
        if not self._may(ask.caller):
            return ask.alert("card.premium.managers")
        to, numbers = _named(ask.caller, rest)
        if parts:
            to, numbers = _of(ask.caller.chat, rest), ()
        if to is None:
            return ask.alert("card.stale" if parts else "card.premium.who")
        if word == "revoke":
            return await self.revoke(ask, to)
        return await self.grant(ask, to, _terms(numbers))

    async def grant(self, ask: Ask, to: Person | Role, terms: Terms) -> Card:
        """Grant, if the caller may; raises GrantError for terms beyond the bounds."""
        if not self._may(ask.caller):
            return ask.alert("card.premium.managers")
        if not (0 < terms.days <= MOST_DAYS and 0 < terms.minutes <= MOST_MINUTES):
            raise GrantError(days=MOST_DAYS, minutes=MOST_MINUTES)
        until = self._clock() + _DAY_S * terms.days
        where = self._places(ask.caller)[0] if isinstance(to, Person) else to.chat
        await self._premium.grant(to, chat=where, minutes=terms.minutes, until=until)
        return await self._shown(ask)

    async def revoke(self, ask: Ask, to: Person | Role) -> Card:
        """Take back what the caller may grant to them."""
        places = self._places(ask.caller) if isinstance(to, Person) else (to.chat,)
        if not self._may(ask.caller):
            return ask.alert("card.premium.managers")
        revoked = [await self._premium.revoke(to, chat=each) for each in places]
        return await self._shown(ask) if any(revoked) else ask.alert("card.premium.nobody")

    def _may(self, caller: Caller) -> bool:
        return bool(self._places(caller))

    def _places(self, caller: Caller) -> tuple[Chat | None, ...]:
        """Return where the caller's grants hold, the widest first; ``None`` is everywhere."""
        everywhere: tuple[Chat | None, ...] = (None,) if caller.person in self._operators() else ()
        return (*everywhere, caller.chat.whole) if caller.admin else everywhere

    async def _shown(self, ask: Ask) -> Card:
        """Show what the caller may have here and, to who may change it, what was granted."""
        caller = ask.caller
        allowed = await self._premium.holds(caller.person, caller.chat, caller.roles)
        if allowed is None:
            lines = [ask.say("card.premium.none")]
        else:
            left = round(allowed.left_s / _MINUTE, 1)
            until = messages.date(allowed.until) if allowed.until else ask.say("card.premium.ever")
            lines = [
                ask.say(
                    "card.premium", until=until, minutes=f"{allowed.minutes:g}", left=f"{left:g}"
                )
            ]
        if not self._may(caller):
            return Card(lines[0])
        return await self._managed(ask, lines)

    async def _managed(self, ask: Ask, lines: list[str]) -> Card:
        now, rows = self._clock(), []
        for place in self._places(ask.caller):
            granted = await self._premium.list(place)
            valid = [each for each in granted if each.until is None or each.until > now]
            name = "card.premium.everywhere" if place is None else "card.premium.here"
            lines += ["", ask.say(name, count=len(valid))]
            lines += [_line(ask, each) for each in valid[:_SHOWN]]
            rows += [(_button(each),) for each in valid]
        how = "card.premium.how.calls" if ask.caller.has_calls else "card.premium.how"
        lines += ["", ask.say(how, days=DAYS, minutes=MINUTES)]
        return Card("\n".join(lines), tuple(rows[:_SHOWN]))


def _line(ask: Ask, grant: Grant) -> str:
    name = "card.premium.role" if isinstance(grant.to, Role) else "card.premium.person"
    until = _until(ask, grant.until)
    return ask.say(name, id=grant.to.id, until=until, minutes=f"{grant.minutes:g}")


def _until(ask: Ask, until: float | None) -> str:
    return ask.say("card.premium.ever") if until is None else messages.date(until)


def _button(grant: Grant) -> Button:
    kind = _ROLE if isinstance(grant.to, Role) else _PERSON
    return Button(f"✕ {grant.to.id}", f"premium:revoke:{kind}:{grant.to.id}")


def _of(chat: Chat, parts: Sequence[str]) -> Person | Role | None:
    """Return whom a button is about."""
    match list(parts):
        case [kind, id_] if _is_id(id_) and kind in {_PERSON, _ROLE}:
            return Person(chat.platform, id_) if kind == _PERSON else Role(chat.whole, id_)
    return None


def _named(caller: Caller, words: Sequence[str]) -> tuple[Person | Role | None, Sequence[str]]:
    """Return whom a line is about, and the rest of it: who is replied to, or a typed id."""
    if caller.about is not None:
        return caller.about, words
    if words and _is_id(words[0]) and len(words[0]) >= _SHORTEST_ID:
        return Person(caller.chat.platform, words[0]), words[1:]
    return None, words


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID


def _terms(words: Sequence[str]) -> Terms:
    """Return the days and minutes that are typed; raises GrantError."""
    if len(words) > 2 or not all(each.isascii() and each.isdigit() for each in words):  # noqa: PLR2004 - these two
        raise GrantError(days=MOST_DAYS, minutes=MOST_MINUTES)
    return Terms(*(int(each[:_LONGEST_ID]) for each in words))
