"""Which engine serves whom: pure functions of settings, language and person."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

from pipeline import languages
from pipeline.errors import UnknownModelError, UnsupportedLanguageError
from pipeline.specs import (
    EspeakSpec,
    GttsSpec,
    KokoroSpec,
    LibreTranslateSpec,
    NllbSpec,
    RecognizerRoutes,
    SynthesizerSpec,
    TranslatorSpec,
    WhisperSpec,
)
from pipeline.types import Language, Transcript

_Spec = TypeVar("_Spec", TranslatorSpec, SynthesizerSpec)


def recognizer(
    routes: RecognizerRoutes,
    language: Language,
    speaker: str = "",
    preferred: str | None = None,
    *,
    hurried: bool = False,
) -> WhisperSpec:
    """Return who hears the language: the preferred model, the candidate, the route, the default.

    In a hurry the smaller one comes before all of them, except for the languages that are kept.

    Each is passed over that does not have the language: a model for English alone never hears
    another language. ``preferred`` is a model's name, ``speaker`` the person's opaque key.
    Raises UnknownModelError for a preferred model that is not served, and
    UnsupportedLanguageError when not even the default has the language.
    """
    wishes = [_named(routes, preferred)] if preferred else []
    if hurried and routes.smaller and language not in routes.kept:
        wishes.insert(0, routes.smaller)
    if routes.candidate and on_trial(routes.candidate.model, speaker, routes.candidate_share):
        wishes.append(routes.candidate)
    wishes += [spec for routed, spec in routes.routes if routed == language]
    for spec in (*wishes, routes.default):
        if hears(spec, language):
            return spec
    raise UnsupportedLanguageError(language=language, engine=routes.default.model)


def detector(
    routes: RecognizerRoutes,
    preferred: str | None = None,
    allowed: frozenset[Language] = frozenset(),
    *,
    hurried: bool = False,
) -> WhisperSpec:
    """Return who says which of the allowed languages (all, if empty) is spoken.

    The preferred model, in a hurry the smaller one, if it has them all, so that it encodes the
    sound once for both; else the default. One allowed language needs no detection: who hears it is
    returned. Raises UnknownModelError, and UnsupportedLanguageError as ``recognizer`` does.
    """
    if len(allowed) == 1:
        return recognizer(routes, next(iter(allowed)), preferred=preferred, hurried=hurried)
    wish = _named(routes, preferred) if preferred else None
    if hurried and routes.smaller:
        wish = routes.smaller
    if wish and (wish.languages is None or (allowed and allowed <= wish.languages)):
        return wish
    return routes.default


def hears(spec: WhisperSpec, language: Language) -> bool:
    """Say whether the model may be given the language."""
    if spec.languages is None:
        return language in languages.supported_by("whisper")
    return language in spec.languages


def on_trial(candidate: str, speaker: str, share: int) -> bool:
    """Say whether the person is among the share (of 100) that gets the candidate.

    The answer is stable, differs from candidate to candidate, and stays yes as the share grows.
    Without a key to tell people apart, only a share of 100 says yes.
    """
    if not speaker:
        return share >= 100  # noqa: PLR2004 (a percentage)
    digest = hashlib.sha256(f"{candidate}\0{speaker}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100 < share


def target(transcript: Transcript, targets: Sequence[Language]) -> Language:
    """Return the first target that is not the spoken language; that one if there is no other."""
    return next((each for each in targets if each != transcript.language), transcript.language)


def translators(
    order: Sequence[TranslatorSpec], source: Language, target: Language, *, offline: bool = False
) -> tuple[TranslatorSpec, ...]:
    """Return who can translate from source into target, in the order of the settings.

    ``offline`` leaves out those that need a network.
    """
    served = (spec for spec in _reachable(order, offline=offline) if _has(spec, source))
    return tuple(spec for spec in served if _has(spec, target))


def synthesizers(
    order: Sequence[SynthesizerSpec], language: Language, *, offline: bool = False
) -> tuple[SynthesizerSpec, ...]:
    """Return who can speak the language, in the order of the settings.

    ``offline`` leaves out those that need a network.
    """
    return tuple(spec for spec in _reachable(order, offline=offline) if _has(spec, language))


def _reachable(order: Sequence[_Spec], *, offline: bool) -> Iterator[_Spec]:
    return (spec for spec in order if not (offline and spec.remote))


def _has(spec: TranslatorSpec | SynthesizerSpec, language: Language) -> bool:
    column: languages.Engine
    match spec:
        case NllbSpec():
            column = "flores"
        case LibreTranslateSpec():
            column = "libretranslate"
        case KokoroSpec():
            column = "kokoro"
        case GttsSpec():
            column = "gtts"
        case EspeakSpec():
            column = "espeak"
    return language in languages.supported_by(column)


def _named(routes: RecognizerRoutes, model: str) -> WhisperSpec:
    served = (routes.default, *(spec for _, spec in routes.routes), *routes.others)
    if routes.candidate:
        served += (routes.candidate,)
    for spec in served:
        if spec.model == model:
            return spec
    raise UnknownModelError(model=model)
