"""What a member makes of what the bot writes under a note: the one table from words to outcomes."""

import re
from enum import StrEnum
from functools import cache
from string import Formatter

from bot import messages
from pipeline import languages
from pipeline.types import Language


class Meaning(StrEnum):
    """What a message says about a note."""

    ANSWER = "answer"
    """What was said, and what it means."""
    VOICE = "voice"
    """The same, spoken."""
    PLACE = "place"
    """It waits, and where in the queue."""
    UNSPOKEN = "unspoken"
    """There is a text, and there will be no voice."""
    REFUSED = "refused"
    """There is no room for it now, or the bot restarts."""
    FAILED = "failed"
    """It can't be answered, and why: the recording, or a fault of ours."""
    OTHER = "other"
    """Nothing that belongs under a note."""


_MEANINGS = {
    "reply.waiting": Meaning.PLACE,
    "reply.unspoken": Meaning.UNSPOKEN,
    "reply.no_voice": Meaning.UNSPOKEN,
    "busy": Meaning.REFUSED,
    "error": Meaning.FAILED,
    "audio": Meaning.FAILED,
    "language": Meaning.FAILED,
    "engine": Meaning.FAILED,
    "worker": Meaning.FAILED,
    "platform": Meaning.FAILED,
    "public": Meaning.FAILED,
}
"""By the name of a sentence, or by the family of names that it belongs to."""
HURRIED, UNSPOKEN = "doubt.hurried", "doubt.unspoken"
"""Marks on answers that were made while much waited."""
UNTRANSLATED = "doubt.untranslated"
"""The mark on an answer with nothing in it that could be spoken."""


def meaning(text: str) -> Meaning:
    """Say what a text under a note means; ``text`` is as people read it, without markup."""
    text = text.strip()
    for pattern, found in _patterns():
        if pattern.fullmatch(text):
            return found
    return Meaning.ANSWER if text.partition("\n")[0] in _headings() else Meaning.OTHER


def is_marked(text: str, mark: str) -> bool:
    """Say whether an answer bears the mark, such as ``doubt.hurried``."""
    last = text.strip().rpartition("\n")[2]
    marks = (each.get(mark) for each in messages.CATALOGUES.values())
    return last.startswith("\N{WARNING SIGN}") and any(each in last for each in marks if each)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Meaning], ...]:
    return tuple(
        (_pattern(template), found)
        for catalogue in messages.CATALOGUES.values()
        for name, template in catalogue.items()
        if (found := _MEANINGS.get(name) or _MEANINGS.get(name.partition(".")[0])) is not None
    )


def _pattern(template: str) -> re.Pattern[str]:
    parts = (
        re.escape(literal) + ("" if field is None else ".+?")
        for literal, field, _, _ in Formatter().parse(template)
    )
    return re.compile("".join(parts), re.DOTALL)


@cache
def _headings() -> frozenset[str]:
    """Return how the languages of the demo are called above an answer."""
    return frozenset(
        languages.name(Language(code), locale)
        for code in ("en", "vi")
        for locale in messages.CATALOGUES
    )
