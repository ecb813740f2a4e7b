"""The cards on which people and chats choose: languages, voice, what a group wants."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeAlias

from bot import messages
from bot.cards import Ask, Button, Caller, Card, marked, rows
from bot.settings import Current
from bot.voices import WORDS, OwnVoices
from pipeline import languages
from pipeline.errors import UnknownLanguageError
from pipeline.types import Language
from storage.preferences import ChatPreferences, PersonPreferences, Preferences

Voices: TypeAlias = Callable[[Language], Awaitable[Sequence[str]]]
"""The names of the voices that can speak a language, the one used by default first."""

NONE: Final = "-"
"""In a button's data: take the choice back."""
_COMMON: Final = 12
_FOUND: Final = 12
_SPEEDS: Final = (0.75, 1.0, 1.25, 1.5)
_VOICES: Final = 18


class Choosing:
    """What /language, /voice and /settings show and change."""

    def __init__(
        self,
        preferences: Preferences,
        settings: Current,
        voices: Voices,
        own: OwnVoices | None = None,
    ) -> None:
        """Offer the operator's targets first, and use them where nothing is chosen."""
        self._preferences = preferences
        self._current = settings
        self._voices = voices
        self._own = own

    @property
    def _targets(self) -> tuple[Language, ...]:
        return self._current.now.targets

    async def language(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Show or change the languages of the person."""
        if not parts:
            return self._offer(ask, line) if line else await self._languages(ask)
        field, *code = with_exact(parts, line)
        person = ask.caller.person
        if field == "locale":
            return await self._locale(ask, code)
        if field not in {"spoken", "target", "allowed"}:
            return ask.alert("card.stale")
        own = await self._preferences.of_person(person)
        if not code:
            now = {"spoken": {own.spoken}, "target": {own.target}, "allowed": own.allowed or ()}
            return self.picker(ask, f"language:{field}", line, now[field])
        if field == "allowed":
            allowed = _changed(own.allowed, code[0])
            await self._preferences.change_person(person, allowed=allowed)
            return self.picker(ask, "language:allowed", "", allowed or ())
        if field == "spoken":
            await self._preferences.change_person(person, spoken=language_of(code[0]))
        else:
            await self._preferences.change_person(person, target=language_of(code[0]))
        return await self._languages(ask)

    async def voice(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Show or change how the person hears answers; ``line`` may be on, off or of own voice."""
        person = ask.caller.person
        word = parts[0] if parts else line.strip().lower()
        if self._own is not None and word in WORDS:
            own = parts[1:] if parts else () if word == "own" else (word,)
            return await self._own.card(ask, own)
        if word in {"on", "off"}:
            await self._preferences.change_person(person, quick_voice=word == "on")
        elif word == "speed" and len(parts) > 1:
            speed = next((each for each in _SPEEDS if str(each) == parts[1]), None)
            await self._preferences.change_person(person, speed=speed)
        elif word == "name":
            if len(parts) == 1:
                return await self._voice_names(ask)
            name = None if parts[1] == NONE else parts[1]
            await self._preferences.change_person(person, voice=name)
        return await self._voice(ask)

    async def settings(self, ask: Ask, parts: Sequence[str], line: str) -> Card:
        """Show or change what a group wants, for those who may."""
        caller, chat = ask.caller, ask.caller.chat
        if not await self.may_change(ask):
            return ask.alert("card.settings.admins")
        field, *code = with_exact(parts, line) or ("",)
        now = await self._preferences.of_chat(chat)
        if field == "active":
            await self._preferences.change_chat(chat, active=_wished(code, not now.active))
        elif field == "admins":
            if not caller.admin:
                return ask.alert("card.settings.admins")
            admins_only = _wished(code, now.admins_only is False)
            await self._preferences.change_chat(chat, admins_only=admins_only)
        elif field == "target" and code:
            await self._preferences.change_chat(chat, target=language_of(code[0]))
        elif field == "target":
            return self.picker(ask, "settings:target", line, {now.target})
        elif field == "allowed":
            allowed = now.allowed
            if code:
                allowed = _changed(allowed, code[0])
                await self._preferences.change_chat(chat, allowed=allowed)
                line = ""
            return self.picker(ask, "settings:allowed", line, allowed or ())
        return self._settings(ask, await self._preferences.of_chat(chat))

    async def may_change(self, ask: Ask) -> bool:
        """Say whether the caller may change the chat's choices: admins, unless they let all."""
        if ask.caller.admin:
            return True
        return (await self._preferences.of_chat(ask.caller.chat)).admins_only is False

    def picker(self, ask: Ask, prefix: str, line: str, chosen: Iterable[Language | None]) -> Card:
        """Return a card to pick a language from: those asked for most, or those found."""
        field, marks = prefix.rpartition(":")[2], set(filter(None, chosen))
        found = languages.search(line, _FOUND) if line.strip() else ()
        if line.strip() and not found:
            return Card(ask.say("card.language.none"), self._back(ask, prefix), asks=prefix)
        common = dict.fromkeys((*self._targets, *sorted(marks), *languages.known()))
        shown = found or tuple(common)[:_COMMON]
        sign = ("+", "-") if field == "allowed" else ("", "")
        taps = [
            ask.choice(each, f"{prefix}:{sign[each in marks]}{each}", chosen=each in marks)
            for each in shown
        ]
        clear = ask.button(f"tap.none.{field}", f"{prefix}:{NONE}", chosen=not marks)
        return Card(
            ask.say(f"card.pick.{field}"),
            (*rows(taps), (clear,), *self._back(ask, prefix)),
            asks=prefix,
        )

    def _back(self, ask: Ask, prefix: str) -> tuple[tuple[Button, ...], ...]:
        return ((ask.button("tap.back", prefix.rpartition(":")[0] or prefix),),)

    def _offer(self, ask: Ask, line: str) -> Card:
        """Show what a typed name may mean, and what to do with it."""
        found = languages.search(line, _FOUND // 2)
        if not found:
            return Card(ask.say("card.language.none"), self._back(ask, "language"))
        taps = [
            Button(
                ask.say(f"tap.offer.{field}", language=ask.name(each)), f"language:{field}:{each}"
            )
            for each in found
            for field in ("spoken", "target")
        ]
        return Card(ask.say("card.language.found"), (*rows(taps, 2), *self._back(ask, "language")))

    async def _languages(self, ask: Ask) -> Card:
        own = await self._preferences.of_person(ask.caller.person)
        holds = await self._preferences.of_person_in_chat(ask.caller.person, ask.caller.chat)
        text = ask.say(
            "card.language",
            spoken=ask.name(own.spoken) if own.spoken else ask.say("card.detected"),
            target=self._target(ask, holds),
            allowed=_listed(ask, holds.allowed),
        )
        if self._own is not None:
            spoken_into = holds.target or next(
                (each for each in self._targets if each != own.spoken), self._targets[0]
            )
            text = "\n\n".join(filter(None, (text, await self._own.told(ask, spoken_into))))
        taps = [
            ask.button(f"tap.{each}", f"language:{each}")
            for each in ("spoken", "target", "allowed", "locale")
        ]
        return Card(text, rows(taps, 2))

    async def _locale(self, ask: Ask, code: Sequence[str]) -> Card:
        if code:
            chosen = language_of(code[0])
            await self._preferences.change_person(ask.caller.person, locale=chosen)
            return await self._languages(Ask(ask.caller, messages.locale_of(chosen)))
        taps = [
            marked(languages.name(each, each), f"language:locale:{each}", chosen=each == ask.locale)
            for each in (Language("en"), Language("vi"))
        ]
        return Card(ask.say("card.pick.locale"), (*rows(taps), *self._back(ask, "language")))

    def _target(self, ask: Ask, holds: PersonPreferences | ChatPreferences) -> str:
        if holds.target:
            return ask.name(holds.target)
        return ask.say("card.first_other", languages=", ".join(map(ask.name, self._targets)))

    async def _voice(self, ask: Ask) -> Card:
        own = await self._preferences.of_person(ask.caller.person)
        on, speed = own.quick_voice is not False, own.speed or 1.0
        text = ask.say(
            "card.voice.on" if on else "card.voice.off",
            voice=own.voice or ask.say("card.automatic"),
            speed=speed,
        )
        switch = (
            ask.button("tap.voice.off", "voice:off")
            if on
            else ask.button("tap.voice.on", "voice:on")
        )
        speeds = [
            marked(f"{each} x", f"voice:speed:{each}", chosen=each == speed) for each in _SPEEDS
        ]
        below = [ask.button("tap.voice", "voice:name")]
        if self._own is not None and self._own.is_on:
            below.append(ask.button("tap.own", "voice:own"))
        return Card(text, ((switch,), *rows(speeds, 4), tuple(below)))

    async def _voice_names(self, ask: Ask) -> Card:
        """Offer the voices of the language that answers are spoken in."""
        holds = await self._preferences.of_person_in_chat(ask.caller.person, ask.caller.chat)
        language = holds.target or self._targets[0]
        names = await self._voices(language)
        taps = [
            marked(each, f"voice:name:{each}", chosen=each == holds.voice)
            for each in names[:_VOICES]
        ]
        automatic = ask.button("tap.automatic", f"voice:name:{NONE}", chosen=not holds.voice)
        text = ask.say("card.voice.names", language=ask.name(language))
        return Card(text, (*rows(taps), (automatic,), *self._back(ask, "voice")))

    def _settings(self, ask: Ask, chosen: ChatPreferences) -> Card:
        text = ask.say(
            "card.settings",
            where=ask.say(_place(ask.caller)),
            active=ask.say("card.active" if chosen.active else "card.asked"),
            target=self._target(ask, chosen),
            allowed=_listed(ask, chosen.allowed),
            who=ask.say("card.all" if chosen.admins_only is False else "card.admins"),
        )
        taps = [
            ask.button("tap.asked", "settings:active:off")
            if chosen.active
            else ask.button("tap.active", "settings:active:on"),
            ask.button("tap.admins", "settings:admins:on")
            if chosen.admins_only is False
            else ask.button("tap.all", "settings:admins:off"),
            ask.button("tap.target", "settings:target"),
            ask.button("tap.allowed", "settings:allowed"),
        ]
        if ask.caller.has_calls and ask.caller.admin:
            taps.append(ask.button("tap.calls", "settings:calls"))
        return Card(text, rows(taps, 2))


def language_of(code: str) -> Language | None:
    """Return what a button chose; raises UnknownLanguageError if it is no language."""
    if code == NONE:
        return None
    if code not in languages.known():
        raise UnknownLanguageError(language=code[:40])
    return Language(code)


def _place(caller: Caller) -> str:
    """Return the name of the sentence that says where these choices hold."""
    if caller.has_calls:
        return "card.channel" if caller.chat.topic else "card.server"
    return "card.topic" if caller.chat.topic else "card.chat"


def with_exact(parts: Sequence[str], line: str) -> Sequence[str]:
    """Take a line that names exactly one language for a choice of it."""
    if len(parts) != 1 or not line.strip():
        return parts
    try:
        return (*parts, languages.parse(line))
    except UnknownLanguageError:
        return parts


def _wished(code: Sequence[str], other: bool) -> bool:  # noqa: FBT001 - what a switch turns to
    """Return what a button says shall be: the same tap may come twice, and twice is as once."""
    return {"on": True, "off": False}.get(code[0] if code else "", other)


def _changed(allowed: frozenset[Language] | None, code: str) -> frozenset[Language] | None:
    """Add a language (``+``) or take it out (``-``); one without a sign is turned over."""
    sign, name = (code[0], code[1:]) if code[:1] in {"+", "-"} and code != NONE else ("", code)
    language = language_of(name)
    if language is None:
        return None
    before = allowed or frozenset()
    added = sign == "+" or (not sign and language not in before)
    return (before | {language} if added else before - {language}) or None


def _listed(ask: Ask, allowed: frozenset[Language] | None) -> str:
    return ", ".join(map(ask.name, sorted(allowed))) if allowed else ask.say("card.every")
