"""The cards of the glossary: a person's terms, and a group's."""

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Final

from bot.cards import Ask, Button, Card
from bot.choosing import Choosing
from bot.stores import Stores
from pipeline.types import Language
from storage.glossary import Term
from storage.types import Chat, Person

_PAGE: Final = 7
"""Terms on one card: each may be 200 characters, and has a row of its own."""
_LABEL: Final = 30
_MINE, _CHAT = "mine", "chat"


class Terms:
    """What /glossary shows and changes."""

    def __init__(self, stores: Stores, choosing: Choosing) -> None:
        self._glossary = stores.glossary
        self._preferences = stores.preferences
        self._choosing = choosing

    async def glossary(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Show the terms of ``mine`` or ``chat``, add the typed one, or remove the pressed one."""
        whose, action, what = (*parts, *("", "", "")[len(parts) :])
        whose = whose or _MINE
        if whose not in {_MINE, _CHAT}:
            return ask.alert("card.stale")
        changes = bool(line.strip()) or action in {"add", "remove"}
        if whose == _CHAT and changes and not await self._choosing.may_change(ask):
            return ask.alert("card.settings.admins")
        owner = ask.caller.chat if whose == _CHAT else ask.caller.person
        if line.strip():
            return await self._typed(ask, owner, whose, line)
        if action == "add":
            back = ask.button("tap.back", f"glossary:{whose}")
            return Card(ask.say("card.glossary.add"), ((back,),), asks=f"glossary:{whose}")
        if action == "remove":
            for each in await self._glossary.terms(owner):
                if _digest(each.term) == what:
                    await self._glossary.remove(owner, each.term)
        page = int(what) if action == "page" and what.isdecimal() else 0
        return await self._list(ask, owner, whose, page)

    async def _typed(self, ask: Ask, owner: Person | Chat, whose: str, line: str) -> Card:
        word, _, rest = line.strip().partition(" ")
        removing = {ask.say("word.remove"), "remove"}
        adding = {ask.say("word.add"), "add"}
        if rest and word.lower() in removing:
            await self._glossary.remove(owner, rest)
        else:
            typed = rest if rest and word.lower() in adding else line
            term, equals, translation = typed.partition("=")
            target = await self._target(owner) if equals else None
            await self._glossary.add(owner, Term(term, translation if equals else None, target))
        return await self._list(ask, owner, whose, 0)

    async def _target(self, owner: Person | Chat) -> Language | None:
        """Return the language that the owner's notes become: a translation is in that one."""
        if isinstance(owner, Person):
            return (await self._preferences.of_person(owner)).target
        return (await self._preferences.of_chat(owner)).target

    async def _list(self, ask: Ask, owner: Person | Chat, whose: str, page: int) -> Card:
        terms = await self._glossary.terms(owner)
        last = max(0, len(terms) - 1) // _PAGE
        page = min(page, last)
        shown = terms[page * _PAGE : (page + 1) * _PAGE]
        lines = [
            ask.say(f"card.glossary.{whose}", count=len(terms)),
            *(_line(ask, each) for each in shown),
        ]
        remove = [
            (Button(f"✕ {each.term[:_LABEL]}", f"glossary:{whose}:remove:{_digest(each.term)}"),)
            for each in shown
        ]
        turn = [
            Button(label, f"glossary:{whose}:page:{number}")
            for label, number in (("←", page - 1), ("→", page + 1))
            if 0 <= number <= last
        ]
        other = _CHAT if whose == _MINE else _MINE
        below = (
            ask.button("tap.add", f"glossary:{whose}:add"),
            ask.button(f"tap.glossary.{other}", f"glossary:{other}"),
        )
        return Card("\n".join(lines), tuple(filter(None, (*remove, tuple(turn), below))))


def _line(ask: Ask, entry: Term) -> str:
    if entry.translation is None:
        return ask.say("card.glossary.kept", term=entry.term)
    line = f"{entry.term} → {entry.translation}"
    return f"{line} ({ask.name(entry.target)})" if entry.target else line


def _digest(term: str) -> str:
    """Return what stands for the term in a button, as the term may be too long for one."""
    folded = unicodedata.normalize("NFC", term.casefold())
    return hashlib.sha256(folded.encode(errors="surrogatepass")).hexdigest()[:12]
