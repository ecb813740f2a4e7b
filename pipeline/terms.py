"""Names and terms that read in a translation as people wish: pure functions.

A translator is not told of the terms: NLLB mangles placeholders, and drops words it is given in
another language. The finished text is corrected instead, where the term's place can be found: by
what the translator makes of the term alone, by the term left as it was, or by the wish without its
diacritics. What this can't do: a term that the translator renders otherwise within a sentence, or
inflects, is not found, and the text is marked as doubtful; and a wish goes in as it was written,
without the endings or the articles that the sentence may want.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pipeline.types import Language, Term

_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Letters of Thai, Lao, Burmese, Khmer, Japanese, Chinese and Korean: words stand side by side, or
take endings."""
_SHORTEST_BARE: Final = 4
"""Letters of a wish that is also found without its diacritics: shorter ones mean other words."""
_TRIMMED: Final = " .,!?;:\u2026\u3002\uff0c\uff01\uff1f\"'“”«»"


def concerning(terms: Iterable[Term], original: str, target: Language) -> tuple[Term, ...]:
    """Return the terms for the target that are said in the original, the longest first."""
    said = _composed(original)
    found = [
        each
        for each in terms
        if each.text.strip()
        and each.target in {None, target}
        and _pattern(_composed(each.text)).search(said)
    ]
    return tuple(sorted(found, key=lambda each: -len(each.text)))


def settle(
    text: str, terms: Sequence[Term], alone: Mapping[str, str]
) -> tuple[str, tuple[Term, ...]]:
    """Return the text in composed form with the terms as wished, and the terms that have no place.

    ``alone`` holds what the translator makes of a term's text by itself, as far as it was asked.
    """
    text = _composed(text)
    missing = []
    for each in terms:
        settled = _settled(text, each, alone.get(each.text, ""))
        if settled is None:
            missing.append(each)
        else:
            text = settled
    return text, tuple(missing)


def _settled(text: str, term: Term, alone: str) -> str | None:
    wish = _composed(term.wish)
    for found in (wish, _composed(alone).strip(_TRIMMED), _composed(term.text)):
        if found.strip() and (pattern := _pattern(found)).search(text):
            if found == wish and wish == wish.lower():
                return text  # a capital may be the beginning of the sentence
            return pattern.sub(lambda _: wish, text)
    if len(wish) < _SHORTEST_BARE:
        return None
    spans = [match.span() for match in _pattern(_bare(wish)).finditer(_bare(text))]
    for start, end in reversed(spans):
        text = text[:start] + wish + text[end:]
    return text if spans else None


def _pattern(words: str) -> re.Pattern[str]:
    """Match the words in any case, and as whole words where words are spaced."""
    before = "" if _UNSPACED.match(words[:1]) else r"(?<!\w)"
    after = "" if _UNSPACED.match(words[-1:]) else r"(?!\w)"
    inner = r"\s+".join(map(re.escape, words.split()))
    return re.compile(before + inner + after, re.IGNORECASE)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _bare(text: str) -> str:
    """Take the marks off the letters, each of which stays at its place."""
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in text)
