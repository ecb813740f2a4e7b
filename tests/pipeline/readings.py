"""Sentences of consent as they are drawn, read, and misheard, the same again from a seed."""

from random import Random
from string import ascii_lowercase
from typing import Any

from bot.messages.en import consent as english
from bot.messages.vi import consent as vietnamese
from pipeline.types import Language, Transcript

CATALOGUES = {Language("en"): english, Language("vi"): vietnamese}
"""Of the modules with what is read."""


def heard(text: str, language: str = "en") -> Transcript:
    """Return what a recogniser makes of it."""
    return Transcript(text, Language(language), 1.0, (), 5.0, "demo-whisper")


def words(catalogue: Any, rng: Random) -> list[str]:
    """Draw a word of each list."""
    return [rng.choice(each) for each in catalogue.WORDS]


def sentence(catalogue: Any, drawn: list[str]) -> str:
    """Return the sentence with these words."""
    return str(catalogue.CONSENT.format(phrase=catalogue.PHRASE.format(*drawn)))


def misheard(text: str, share: float, rng: Random) -> str:
    """Change, leave out or double this share of the letters, wherever it may hit."""
    return "".join(_again(each, share, rng) for each in text)


def _again(letter: str, share: float, rng: Random) -> str:
    if not letter.isalpha() or rng.random() >= share:
        return letter
    return rng.choice((rng.choice(ascii_lowercase), "", letter + rng.choice(ascii_lowercase)))
