"""Does a sound say the text it should? What was heard in it, letter by letter against the text."""

import re
import unicodedata
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.denials import denials
from pipeline.types import Transcript

ENOUGH: Final = 0.7
"""``says`` of a clip that may be sent. A recogniser that gets every tenth letter wrong gives 0.9;
sentences that have nothing to do with each other reach 0.4 at most in the tests."""

_SPELT: Final = 8
"""Letters that a digit may stand for: recognisers write 7 for ``seven``, or the other way round."""
_DIGITS: Final = re.compile(r"\d")


def says(text: str, transcript: Transcript) -> float:
    """Return how much of the text was heard, and nothing else: 1 is all, 0 is another text.

    It is 1 less the character error rate: letters and digits are compared, case, spaces and
    punctuation are not. Where one writes figures and the other words, the figures are believed.
    A "not" that was lost or came in makes another text of it, few letters as it has.
    """
    if _is_denied(text, transcript):
        return 0.0
    return accuracy(folded(text), folded(transcript.text))


def accuracy(expected: str, heard: str) -> float:
    """Return the same of two texts that are folded already."""
    spelt = abs(len(_DIGITS.findall(expected)) - len(_DIGITS.findall(heard)))
    if spelt:
        expected, heard = _DIGITS.sub("", expected), _DIGITS.sub("", heard)
    wrong = max(0, edits(expected, heard) - _SPELT * spelt)
    return max(0.0, 1 - wrong / max(1, len(expected)))


def folded(text: str) -> str:
    """Return the letters and digits, as they are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if each.isalnum() or unicodedata.combining(each))


def edits(one: str, other: str) -> int:
    """Return how many letters must be put in, left out or changed to make one the other."""
    return int(edits_to_beginnings(one, other)[-1])


def edits_to_beginnings(one: str, other: str) -> NDArray[np.int64]:
    """Return the same to make it the first 0, 1, 2... letters of the other, up to all of them."""
    columns = np.arange(len(other) + 1)
    letters = np.array([ord(each) for each in other], np.int64)
    row = columns.copy()
    for letter in one:
        changed = row[:-1] + (letters != ord(letter))
        best = np.concatenate([[row[0] + 1], np.minimum(row[1:] + 1, changed)])
        row = np.minimum.accumulate(best - columns) + columns
    return row


def _is_denied(text: str, transcript: Transcript) -> bool:
    """Say whether one denies more often than the other.

    Not known where one writes figures in words: Vietnamese says ``không`` for zero, too.
    """
    heard = transcript.text
    if len(_DIGITS.findall(text)) != len(_DIGITS.findall(heard)):
        return False
    return denials(text, transcript.language) != denials(heard, transcript.language)
