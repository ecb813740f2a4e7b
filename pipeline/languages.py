"""One table for all engines' language codes: ``languages.tsv``, read once.

Its columns: the canonical code (BCP 47, as short as it is unambiguous); the name in English, in
the language itself and in Vietnamese; other codes and other names that people and libraries use;
and what each engine calls the language, empty where it does not have it. Languages that people
ask for most come first. Sources: Whisper's and gTTS's own lists, the voices of espeak-ng, Kokoro's
voice packs, XTTS-v2's configuration, LibreTranslate's packages, the tokens of NLLB-200.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from operator import itemgetter
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from pipeline.errors import UnknownLanguageError, UnsupportedLanguageError
from pipeline.types import Language

Engine: TypeAlias = Literal[
    "whisper", "flores", "kokoro", "gtts", "espeak", "xtts", "libretranslate"
]
"""A column of the table; ``flores`` are the tokens of NLLB-200."""

_SHOWN = 40
"""Characters of an unknown language that are kept in its error."""
_REGION_SCRIPT_OR_VARIANT = re.compile(r"[a-z]{2}|\d{3}|[a-z]{4}|[a-z\d]{5,8}|\d[a-z\d]{3}")
_LETTERS: Final = str.maketrans({"đ": "d", "ð": "d", "ø": "o", "ł": "l", "\u0131": "i"})
_APOSTROPHES: Final = re.compile("['`\u00b4\u02bb\u02bc\u2018\u2019]")
_SCRIPTS_BESIDES: Final = MappingProxyType(
    {
        "az": {"Cyrl"},
        "bs": {"Cyrl"},
        "kk": {"Latn"},
        "ku": {"Arab"},
        "la": {"Latn"},
        "ms": {"Arab"},
        "pa": {"Arab"},
        "sat": {"Olck"},
        "sr": {"Latn"},
        "tk": {"Cyrl"},
        "tzm": {"Latn"},
        "uz": {"Cyrl"},
        "yue": {"Hans"},
        "zh": {"Hant"},
        "zh-TW": {"Hans"},
    }
)
"""In what else than NLLB's script people write them (ISO 15924)."""


@dataclass(frozen=True, slots=True)
class _Row:
    code: Language
    name: str
    endonym: str
    vietnamese: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    engines: MappingProxyType[str, str]

    @property
    def spellings(self) -> Iterator[str]:
        """Every name, most telling first."""
        yield from (self.endonym, self.name, self.vietnamese, *self.names)


def _read() -> Iterator[_Row]:
    text = (resources.files("pipeline") / "languages.tsv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        yield _Row(
            code=Language(row["code"]),
            name=row["name"],
            endonym=row["endonym"],
            vietnamese=row["vietnamese"],
            codes=tuple(row["codes"].split()),
            names=tuple(filter(None, row["names"].split("; "))),
            engines=MappingProxyType({name: row[name] for name in get_args(Engine) if row[name]}),
        )


_TABLE: Final = MappingProxyType({row.code: row for row in _read()})


def parse(text: str) -> Language:
    """Return the language that a code or a name in any of its spellings stands for.

    Codes may be BCP 47 (regions and scripts that make no difference here are dropped: ``en-US`` is
    ``en``, ``zh-Hant-HK`` is ``zh-TW``), ISO 639-1, -2, -3, FLORES-200 or an engine's own; names
    English, Vietnamese or the language's own, with or without their diacritics.
    Raises UnknownLanguageError.
    """
    if len(text) > 2 * _SHOWN:
        raise UnknownLanguageError(language=text[:_SHOWN])
    tag = text.strip().replace("_", "-").lower()
    found = _by_code().get(tag) or _by_name().get(_fold(text)) or _reduced(tag)
    if found is None:
        raise UnknownLanguageError(language=text[:_SHOWN])
    return found


def known() -> tuple[Language, ...]:
    """Return every language of the table, those people ask for most first."""
    return tuple(_TABLE)


def name(language: Language, locale: str = "en") -> str:
    """Return the name in the locale's language: English, Vietnamese, else the language's own.

    Raises UnknownLanguageError.
    """
    row = _row(language)
    spoken = locale.replace("_", "-").split("-")[0].lower()
    return {"en": row.name, "vi": row.vietnamese}.get(spoken, row.endonym)


def scripts(language: Language) -> frozenset[str]:
    """Return the scripts the language is written in, as ISO 15924 codes.

    Raises UnknownLanguageError.
    """
    token = _row(language).engines.get("flores", "_Latn")
    return frozenset({token.split("_")[1], *_SCRIPTS_BESIDES.get(language, ())})


def supported_by(engine: Engine) -> frozenset[Language]:
    """Return the languages that the engine has."""
    return frozenset(row.code for row in _TABLE.values() if engine in row.engines)


def code(language: Language, engine: Engine) -> str:
    """Return what the engine calls the language.

    Raises UnsupportedLanguageError, and UnknownLanguageError.
    """
    called = _row(language).engines.get(engine)
    if called is None:
        raise UnsupportedLanguageError(language=language, engine=engine)
    return called


def whisper(language: Language) -> str:
    """Return Whisper's code, such as ``vi``; raises UnsupportedLanguageError."""
    return code(language, "whisper")


def flores(language: Language) -> str:
    """Return NLLB's token, such as ``vie_Latn``; raises UnsupportedLanguageError."""
    return code(language, "flores")


def kokoro(language: Language) -> str:
    """Return Kokoro's language, such as ``en-us``; raises UnsupportedLanguageError."""
    return code(language, "kokoro")


def gtts(language: Language) -> str:
    """Return gTTS's code, such as ``iw`` for Hebrew; raises UnsupportedLanguageError."""
    return code(language, "gtts")


def espeak(language: Language) -> str:
    """Return the exact name of the espeak-ng voice; raises UnsupportedLanguageError."""
    return code(language, "espeak")


def xtts(language: Language) -> str:
    """Return XTTS-v2's code, such as ``zh-cn``; raises UnsupportedLanguageError."""
    return code(language, "xtts")


def libretranslate(language: Language) -> str:
    """Return LibreTranslate's code, one that old and new servers take.

    Raises UnsupportedLanguageError.
    """
    return code(language, "libretranslate")


def search(text: str, limit: int = 25) -> tuple[Language, ...]:
    """Return what the beginning of a code or name may mean, best first, at most ``limit``.

    Whole codes come first, then whole names, what begins so (in the table's order: what people ask
    for most), and names with a later word that begins so, whatever
    the spelling's language.
    25 is what Discord shows in an autocompletion.
    """
    wanted = _fold(text)
    ranks = {row.code: _rank(wanted, row) for row in _TABLE.values()}
    found = [(rank, language) for language, rank in ranks.items() if rank is not None]
    return tuple(language for _, language in sorted(found, key=itemgetter(0))[:limit])


def _rank(wanted: str, row: _Row) -> int | None:
    codes = [each.lower() for each in (row.code, *row.codes)]
    names = [_fold(each) for each in row.spellings]
    words = [word for each in names for word in each.split()[1:]]
    matches = (
        wanted.replace(" ", "-") in codes,
        wanted in names,
        any(each.startswith(wanted) for each in (*names, codes[0])),
        any(each.startswith(wanted) for each in words),
    )
    return matches.index(True) if any(matches) else None


def _row(language: Language) -> _Row:
    try:
        return _TABLE[language]
    except KeyError:
        raise UnknownLanguageError(language=language[:_SHOWN]) from None


@cache
def _by_code() -> dict[str, Language]:
    index: dict[str, Language] = {each.lower(): each for each in _TABLE}
    for row in _TABLE.values():
        for each in (*row.codes, row.engines.get("flores", row.code)):
            index.setdefault(each.replace("_", "-").lower(), row.code)
    return index


@cache
def _by_name() -> dict[str, Language]:
    index: dict[str, Language] = {}
    for row in _TABLE.values():
        for each in row.spellings:
            index.setdefault(_fold(each), row.code)
    for row in _TABLE.values():
        bare = _fold(row.vietnamese).removeprefix("tieng ")
        if len(bare) >= len("anh"):
            index.setdefault(bare, row.code)
    return index


def _reduced(tag: str) -> Language | None:
    """Look the tag up as RFC 4647 §3.4 does: without its last subtag, again and again."""
    subtags = tag.partition("-x-")[0].split("-")
    if not all(map(_REGION_SCRIPT_OR_VARIANT.fullmatch, subtags[1:])):
        return None
    return next(filter(None, map(_by_code().get, _prefixes(subtags))), None)


def _prefixes(subtags: list[str]) -> Iterable[str]:
    return ("-".join(subtags[:end]) for end in range(len(subtags), 0, -1))


def _fold(text: str) -> str:
    """Return the text without case, diacritics, apostrophes and surplus space."""
    plain = _APOSTROPHES.sub("", text).casefold().translate(_LETTERS)
    bare = (
        each for each in unicodedata.normalize("NFKD", plain) if not "\u0300" <= each <= "\u036f"
    )
    return " ".join("".join(bare).replace("_", " ").split())
