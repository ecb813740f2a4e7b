"""What people read aloud to consent to a copy of their voice: drawn for each reading.

A recording of another reading is of no use: of 100 000 random pairs of drawn sentences none passes
for the other, in either language; by how many words pairs share, it is 1 of 240 000 in English and
of 890 000 in Vietnamese. Of true readings with 4 % of the letters misheard, 95 and 91 % pass, and
whoever fails reads another (``python -m tests.pipeline.measure_consent``).
"""

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Final

from bot.messages.en import consent as english
from bot.messages.vi import consent as vietnamese
from pipeline.errors import DragomanError
from pipeline.types import Language
from storage.types import Person

MOST: Final = 10
"""Sentences that one person may be shown a day: who draws for ever finds what he has recorded."""
_DAY_S: Final = 86_400.0
_READ: Final = {Language("en"): english, Language("vi"): vietnamese}
"""The languages that consent is given in."""


class DrawnOutError(DragomanError):
    """The person has been shown ``limit`` sentences within a day."""

    code = "consent.drawn_out"


class Sentences:
    """Draws them; what it has shown to whom is in memory alone, and forgotten after a day."""

    def __init__(
        self,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
        compose: Callable[[Language], str] | None = None,
    ) -> None:
        """Show nobody more than ``most`` within 24 hours; ``clock`` counts seconds."""
        self._most = most
        self._clock = clock
        self._compose = compose or composed
        self._shown: dict[Person, dict[str, float]] = {}
        """When."""

    @property
    def known(self) -> int:
        """How many people have been shown one within a day."""
        return len(self._shown)

    def prove(self, person: Person) -> None:
        """Raise DrawnOutError if there is none for this person now."""
        if len(self._of_today(person)) >= self._most:
            raise DrawnOutError(limit=self._most)

    def draw(self, person: Person, language: Language) -> str:
        """Return one that the person was not shown within a day; raises DrawnOutError."""
        self.prove(person)
        shown = self._of_today(person)
        while (sentence := self._compose(language)) in shown:
            pass
        self._shown[person] = {**shown, sentence: self._clock()}
        return sentence

    def _of_today(self, person: Person) -> dict[str, float]:
        """Return what the person was shown within a day, and forget what is older of everybody."""
        since = self._clock() - _DAY_S
        self._shown = {
            each: kept
            for each, shown in self._shown.items()
            if (kept := {text: at for text, at in shown.items() if at > since})
        }
        return self._shown.get(person, {})


def readable(languages: Iterable[Language | None]) -> Language:
    """Return the first language that consent can be read in; English, if there is none."""
    return next((each for each in languages if each in _READ), Language("en"))


def composed(language: Language) -> str:
    """Return a sentence in one of these languages, drawn from all there are."""
    chosen = _READ[language]
    words = (secrets.choice(each) for each in chosen.WORDS)
    sentence: str = chosen.CONSENT.format(phrase=chosen.PHRASE.format(*words))
    return sentence
