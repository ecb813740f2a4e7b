"""The cards of people's own voices: what they are, how one is enrolled, kept and erased."""

from collections.abc import Sequence
from typing import Final

from bot import messages
from bot.cards import Ask, Button, Card, Row
from bot.consent import readable
from bot.enrolment import PATIENCE_S, Enrolments
from bot.sections import OwnVoice
from bot.settings import Current
from bot.stores import Stores
from pipeline.errors import EngineUnavailableError
from pipeline.types import Language
from storage.clips import Order
from storage.job_queue import Place
from storage.types import Person
from storage.voices import EnrolledVoice

WORDS: Final = frozenset({"own", "enroll", "test", "renew", "delete"})
"""What may be typed after /voice to come here."""
_TESTED: Final = (Language("en"), Language("vi"))
"""The languages of the phrase by which people try their voice."""
_MINUTE: Final = 60


class OwnVoices:
    """What /voice shows and changes of a person's own voice, and what other cards say of it."""

    def __init__(self, stores: Stores, settings: Current, enrolments: Enrolments | None) -> None:
        """Without ``enrolments`` there are no own voices here; kept ones can still be erased."""
        self._stores = stores
        self._current = settings
        self._enrolments = enrolments

    @property
    def _chosen(self) -> OwnVoice:
        return self._current.now.own_voice

    @property
    def is_on(self) -> bool:
        """Whether there are own voices here."""
        return self._enrolments is not None

    async def card(self, ask: Ask, parts: Sequence[str]) -> Card:
        """Show the person's voice, or do what the button or word says."""
        match list(parts):
            case ["enroll", *how]:
                return await self._enroll(ask, how)
            case ["test"]:
                return await self._test(ask)
            case ["renew"]:
                if await self._stores.voices.renew(ask.caller.person) is None:
                    return ask.alert("card.own.none")
            case ["delete", *sure]:
                return await self._delete(ask, sure=sure == ["sure"])
        return await self._own(ask)

    async def attach(self, ask: Ask) -> Card | None:
        """Begin an enrolment whose recordings are attached to the command, unless one goes on.

        What the card of an enrolment says stands in its first answer. Returns a card where there
        can be none; raises BusyError, DrawnOutError and StorageError.
        """
        caller, enrolments = ask.caller, self._enrolments
        if enrolments is None:
            return _off(ask)
        language = await self._language(ask)
        if enrolments.under_way(caller.person, caller.chat) is None:
            terms = self._terms(ask)
            enrolments.begin(caller.person, caller.chat, language, alone=caller.alone, terms=terms)
        return None

    async def told(self, ask: Ask, language: Language) -> str:
        """Return what /language says to who has a voice that can't speak the language."""
        if self._enrolments is None or language in self._enrolments.languages:
            return ""
        if await self._stores.voices.of(ask.caller.person) is None:
            return ""
        return ask.say("card.own.without", language=ask.name(language))

    async def status(self, ask: Ask) -> list[str]:
        """Return what /status says of clips that are to be made."""
        if self._enrolments is None:
            return []
        counts = await self._stores.queue.counts()
        waiting = counts.get("queued", 0)
        working = sum(counts.get(state, 0) for state in ("claimed", "working"))
        lines = [ask.say("card.status.own", working=working, waiting=waiting)]
        mine = await self._stores.queue.mine(ask.caller.person)
        for is_made in (True, False):
            first = next((each for each in mine if each.is_made == is_made), None)
            if first is not None:
                lines.append(_stands(ask, first))
        return lines

    async def privacy(self, ask: Ask) -> str:
        """Return what /privacy says of voices, where there are any."""
        if not self.is_on and await self._stores.voices.of(ask.caller.person) is None:
            return ""
        return ask.say("card.privacy.own", days=self._chosen.sample_days)

    def forget(self, *people: Person) -> None:
        """Let go of the enrolments of these people."""
        if self._enrolments is not None:
            self._enrolments.end(*people)

    async def _own(self, ask: Ask) -> Card:
        voice = await self._stores.voices.of(ask.caller.person)
        if voice is None:
            if not self.is_on:
                return _off(ask)
            taps: tuple[Row, ...] = ((ask.button("tap.own.enroll", "voice:own:enroll"),),)
            lines = [ask.say("card.own.none"), self._languages(ask)]
        else:
            lines, taps = [self._kept(ask, voice), self._languages(ask)], self._taps(ask)
        lines.append(await self._allowed(ask))
        return Card("\n\n".join(filter(None, lines)), (*taps, (_back(ask, "voice"),)))

    def _kept(self, ask: Ask, voice: EnrolledVoice) -> str:
        return ask.say(
            "card.own.kept",
            since=messages.date(voice.consented),
            until=messages.date(voice.expires),
            seconds=voice.seconds,
            language=ask.name(voice.language),
        )

    def _taps(self, ask: Ask) -> tuple[Row, ...]:
        names = ("test", "renew", "enroll", "delete") if self.is_on else ("renew", "delete")
        taps = [ask.button(f"tap.own.{name}", f"voice:own:{name}") for name in names]
        if len(taps) > 2:  # noqa: PLR2004 - a row of two reads well
            taps[2] = ask.button("tap.own.again", "voice:own:enroll")
        return (tuple(taps[:2]), *((tuple(taps[2:]),) if taps[2:] else ()))

    async def _allowed(self, ask: Ask) -> str:
        """Say whether the person may have clips here, as far as that can be known."""
        caller = ask.caller
        if not self.is_on:
            return ""
        allowed = await self._stores.premium.holds(caller.person, caller.chat, caller.roles)
        if allowed is None:
            return ask.say("card.own.unpaid")
        return ask.say("card.own.left", minutes=round(allowed.left_s / _MINUTE, 1))

    def _languages(self, ask: Ask) -> str:
        """Say what own voices can speak, and that Vietnamese is not among it where it is not."""
        spoken = self._enrolments.languages if self._enrolments is not None else frozenset()
        if not spoken:
            return ""
        names = ", ".join(sorted(map(ask.name, spoken)))
        lines = [ask.say("card.own.languages", languages=names)]
        vietnamese = Language("vi")
        if vietnamese not in spoken:
            lines.append(ask.say("card.own.without", language=ask.name(vietnamese)))
        return "\n".join(lines)

    async def _language(self, ask: Ask) -> Language:
        """Return in which language the person would read."""
        spoken = (await self._stores.preferences.of_person(ask.caller.person)).spoken
        return readable((spoken, Language(ask.locale)))

    async def _enroll(self, ask: Ask, how: Sequence[str]) -> Card:
        """Explain it all, and wait for the sample; or collect it; or stop."""
        caller, enrolments = ask.caller, self._enrolments
        if enrolments is None:
            return _off(ask)
        if list(how) == ["cancel"]:
            enrolments.end(caller.person)
            return await self._own(ask)
        if not caller.alone:
            return ask.alert("card.enrol.alone.calls" if caller.has_calls else "card.enrol.alone")
        language = await self._language(ask)
        cancel = ask.button("tap.enrol.cancel", "voice:own:enroll:cancel")
        if list(how) == ["collect"] and self._chosen.collects:
            enrolments.begin(caller.person, caller.chat, language, collects=True)
            return Card(ask.say("card.enrol.collecting"), ((cancel,),))
        enrolments.begin(caller.person, caller.chat, language)
        collect = ask.button("tap.enrol.collect", "voice:own:enroll:collect")
        minutes = round(PATIENCE_S / _MINUTE)
        wanted = self._chosen.sample
        bounds = {"least": wanted.least_s, "most": wanted.most_s}
        text = ask.say("card.enrol", minutes=minutes, **bounds)
        taps = ((collect,), (cancel,)) if self._chosen.collects else ((cancel,),)
        return Card(f"{text}\n\n{self._terms(ask)}", taps)

    def _terms(self, ask: Ask) -> str:
        """Say what consent is to: what is kept, how long, for what, and in which languages."""
        days = self._chosen.sample_days
        lines = (ask.say("card.enrol.terms", days=days), self._languages(ask))
        return "\n\n".join(filter(None, lines))

    async def _test(self, ask: Ask) -> Card:
        """Have the phrase made, as any clip is."""
        caller, stores = ask.caller, self._stores
        if self._enrolments is None:
            return _off(ask)
        if await stores.voices.of(caller.person) is None:
            return ask.alert("card.own.none")
        if not caller.alone or not caller.message:
            return ask.alert("card.private_only")
        language = next((each for each in _TESTED if each in self._enrolments.languages), None)
        if language is None:
            return ask.alert("reply.no_voice")
        order = Order(
            person=caller.person,
            chat=caller.chat,
            message=caller.message,
            text=messages.say("own.phrase", language),
            language=language,
            locale=ask.locale,
            quota_s=0.0,
        )
        added = await stores.jobs.add(order)
        return ask.alert("card.own.tested" if added else "card.own.tested.again")

    async def _delete(self, ask: Ask, *, sure: bool) -> Card:
        if not sure:
            tap = ask.button("tap.own.sure", "voice:own:delete:sure")
            return Card(ask.say("card.own.sure"), ((tap, _back(ask)),))
        self.forget(ask.caller.person)
        receipt = await self._stores.voices.delete(ask.caller.person)
        text = ask.say(
            "card.own.receipt", voices=receipt.voices, latents=receipt.latents, jobs=receipt.jobs
        )
        return Card(text, ((_back(ask),),) if self.is_on else ())


def _off(ask: Ask) -> Card:
    """Say that there are no own voices here."""
    error = EngineUnavailableError(engine="own voice", reason="clone")
    return Card(messages.public(error, ask.locale))


def _back(ask: Ask, where: str = "voice:own") -> Button:
    return ask.button("tap.back", where)


def _stands(ask: Ask, clip: Place) -> str:
    """Say where a clip stands, and how long it is likely to take."""
    if clip.is_made:
        if not clip.seconds:
            return ask.say("card.status.own.made")
        minutes = max(1, round(clip.seconds / _MINUTE))
        return ask.say("card.status.own.again", minutes=minutes)
    name = "card.status.own.place" if clip.place else "card.status.own.now"
    when = ask.say("card.status.own.unknown")
    if clip.seconds is not None:
        when = _duration(ask, clip.seconds)
    return ask.say(name, place=clip.place, when=when)


def _duration(ask: Ask, seconds: float) -> str:
    """Return a time to wait, not more exact than it is known."""
    if seconds < 2 * _MINUTE:
        return ask.say("card.status.own.seconds", seconds=max(10, 10 * round(seconds / 10)))
    return ask.say("card.status.own.minutes", minutes=round(seconds / _MINUTE))
