"""Limiting a translator's output layer, half of its work, to the languages in use."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from pipeline import languages, models
from pipeline.catalogue import Entry
from pipeline.errors import ConfigurationError, ModelDamagedError
from pipeline.types import Language

VMAP: Final = "vmap.txt"
"""Read by CTranslate2 when it is asked to ``use_vmap``."""

VMAP_TARGETS: Final = "vmap.targets.txt"
"""The languages it was made for, as FLORES codes; the engine uses it for these alone."""

_VOCABULARIES: Final = ("shared_vocabulary.json", "shared_vocabulary.txt")
_SPECIAL = re.compile(r"<.*>|[a-z]{3}_[A-Z][a-z]{3}", re.DOTALL)
_WORD_START: Final = "\N{LOWER ONE EIGHTH BLOCK}"
_SEPARATORS: Final = frozenset(" \t\r\n")


def narrow(
    entry: Entry,
    models_dir: Path,
    lines: Iterable[str],
    pieces: Callable[[str], Iterable[str]],
    targets: Iterable[Language],
) -> int:
    """Let the model write only pieces that occur in these lines, and return how many those are.

    The lines are ordinary text in each of the ``targets``: a word whose pieces never occur in them
    is spelt by other pieces, at worst letter by letter. Translation into other languages stays as
    it is. ``pieces`` is the model's own tokenizer. Takes effect when the model is next loaded;
    ``widen`` undoes it.
    Raises ModelMissingError, ModelDamagedError, and ConfigurationError for another kind of model.
    """
    if entry.engine != "nllb" or entry.bundled:
        raise ConfigurationError(model=entry.name, reason="not_narrowable")
    place = models.require(entry, models_dir)
    kept = allowed(_vocabulary(entry, place), lines, pieces)
    _write(place / VMAP_TARGETS, "".join(f"{languages.flores(each)}\n" for each in targets))
    _write(place / VMAP, "\t" + " ".join(kept) + "\n")
    return len(kept)


def widen(entry: Entry, models_dir: Path) -> None:
    """Let the model write every piece again."""
    place = models.require(entry, models_dir)
    for name in (VMAP, VMAP_TARGETS):
        (place / name).unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)


def allowed(
    vocabulary: Sequence[str], lines: Iterable[str], pieces: Callable[[str], Iterable[str]]
) -> list[str]:
    """Choose from a vocabulary, in its order.

    Kept are specials, language codes, every single character (alone and at the start of a word),
    and what occurs in the lines. Left out are pieces that the file's format can't hold.
    """
    seen = {piece for line in lines for piece in pieces(line)}
    return [
        piece
        for piece in vocabulary
        if piece
        and not _SEPARATORS.intersection(piece)
        and (
            piece in seen or len(piece.removeprefix(_WORD_START)) <= 1 or _SPECIAL.fullmatch(piece)
        )
    ]


def _vocabulary(entry: Entry, place: Path) -> list[str]:
    for name in _VOCABULARIES:
        try:
            text = (place / name).read_text("utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise ModelDamagedError(model=entry.name, file=name) from error
        try:
            found = json.loads(text) if name.endswith(".json") else text.split("\n")
        except ValueError as error:
            raise ModelDamagedError(model=entry.name, file=name) from error
        if isinstance(found, list) and all(isinstance(piece, str) for piece in found):
            return found
        raise ModelDamagedError(model=entry.name, file=name)
    raise ModelDamagedError(model=entry.name, file=_VOCABULARIES[0])
