"""Who serves whom."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import languages, routing
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

VI, EN, JA, ZH_TW, EE = map(languages.parse, ("vi", "en", "ja", "zh-TW", "ee"))


def whisper(model: str, *known: Language) -> WhisperSpec:
    return WhisperSpec(model, Path(model), languages=frozenset(known) or None)


SMALL = whisper("whisper-small")
TURBO = whisper("whisper-large-v3-turbo")
PHO = whisper("phowhisper-small", VI)
DISTIL = whisper("distil-large-v3.5", EN)
TRIAL = whisper("candidate", VI, EN)
ROUTES = RecognizerRoutes(SMALL, ((VI, PHO), (EN, DISTIL)), TRIAL, 25, (TURBO,))
NOBODY_ON_TRIAL = RecognizerRoutes(SMALL, ((VI, PHO), (EN, DISTIL)), others=(TURBO,))

spoken = st.sampled_from(sorted(languages.supported_by("whisper")))
speakers = st.text(max_size=20)
shares = st.sampled_from((0, 10, 25, 50, 100))
models = st.sampled_from((None, *(each.model for each in (SMALL, TURBO, PHO, DISTIL, TRIAL))))


@pytest.mark.parametrize(("language", "model"), [(VI, PHO), (EN, DISTIL), (JA, SMALL)])
def test_each_language_goes_to_its_model(language: Language, model: WhisperSpec) -> None:
    assert routing.recognizer(NOBODY_ON_TRIAL, language, "somebody") is model


@given(spoken, speakers, shares, models)
def test_no_model_ever_hears_a_language_it_does_not_have(
    language: Language, speaker: str, share: int, preferred: str | None
) -> None:
    routes = RecognizerRoutes(SMALL, ROUTES.routes, TRIAL, share, (TURBO,))
    chosen = routing.recognizer(routes, language, speaker, preferred)
    assert chosen.languages is None or language in chosen.languages


@given(spoken, speakers, shares)
def test_a_preference_wins_whenever_its_model_has_the_language(
    language: Language, speaker: str, share: int
) -> None:
    routes = RecognizerRoutes(SMALL, ROUTES.routes, TRIAL, share, (TURBO,))
    assert routing.recognizer(routes, language, speaker, TURBO.model) is TURBO
    asked_for_english = routing.recognizer(routes, language, speaker, DISTIL.model)
    assert (asked_for_english is DISTIL) == (language == EN)


def test_a_route_to_a_model_without_the_language_falls_to_the_default() -> None:
    routes = RecognizerRoutes(SMALL, ((JA, DISTIL),))
    assert routing.recognizer(routes, JA) is SMALL


def test_a_language_nobody_hears_is_refused() -> None:
    with pytest.raises(UnsupportedLanguageError) as refused:
        routing.recognizer(ROUTES, EE)
    assert refused.value.details == {"language": "ee", "engine": "whisper-small"}
    with pytest.raises(UnsupportedLanguageError):
        routing.recognizer(RecognizerRoutes(PHO), EN)


def test_a_preferred_model_that_is_not_served_is_named() -> None:
    with pytest.raises(UnknownModelError) as refused:
        routing.recognizer(ROUTES, VI, preferred="whisper-huge")
    assert refused.value.details == {"model": "whisper-huge"}


@given(speakers, shares, shares)
def test_whoever_is_on_trial_stays_on_it_as_the_share_grows(
    speaker: str, one: int, other: int
) -> None:
    small, large = sorted((one, other))
    if routing.on_trial("candidate", speaker, small):
        assert routing.on_trial("candidate", speaker, large)


@pytest.mark.parametrize("share", [10, 25, 50])
def test_a_share_of_people_is_about_that_share(share: int) -> None:
    chosen = sum(routing.on_trial("candidate", f"person {n}", share) for n in range(5000))
    assert chosen / 50 == pytest.approx(share, abs=2.5)


def test_two_candidates_are_tried_on_different_people() -> None:
    people = [f"person {n}" for n in range(1000)]
    first = {each for each in people if routing.on_trial("one", each, 50)}
    second = {each for each in people if routing.on_trial("two", each, 50)}
    assert 150 < len(first & second) < 350


def test_the_choice_of_people_is_the_same_after_every_restart() -> None:
    chosen = [n for n in range(20) if routing.on_trial("candidate", f"person {n}", 25)]
    assert chosen == [2, 9, 10, 15, 16, 19]


@given(speakers)
def test_no_share_is_nobody_and_the_whole_share_is_everybody(speaker: str) -> None:
    assert not routing.on_trial("candidate", speaker, 0)
    assert routing.on_trial("candidate", speaker, 100)


@pytest.mark.parametrize("share", [10, 25, 50])
def test_people_who_cannot_be_told_apart_are_not_tried_on(share: int) -> None:
    assert not routing.on_trial("candidate", "", share)


@given(spoken, speakers)
def test_a_candidate_serves_only_its_languages(language: Language, speaker: str) -> None:
    routes = RecognizerRoutes(SMALL, ROUTES.routes, TRIAL, 100)
    assert (routing.recognizer(routes, language, speaker) is TRIAL) == (language in {VI, EN})


def test_the_default_detects_unless_the_preferred_model_has_every_allowed_language() -> None:
    both = frozenset({VI, EN})
    assert routing.detector(ROUTES) is SMALL
    assert routing.detector(ROUTES, TURBO.model) is TURBO
    assert routing.detector(ROUTES, DISTIL.model) is SMALL
    assert routing.detector(ROUTES, PHO.model, both) is SMALL
    assert routing.detector(ROUTES, TRIAL.model, both) is TRIAL


def test_one_allowed_language_is_not_detected_but_heard() -> None:
    assert routing.detector(NOBODY_ON_TRIAL, allowed=frozenset({VI})) is PHO


def test_traditional_chinese_is_heard_by_whoever_hears_chinese() -> None:
    assert routing.hears(SMALL, ZH_TW)
    assert not routing.hears(SMALL, EE)


def heard(language: Language) -> Transcript:
    return Transcript("", language, 1.0, (), 1.0, "whisper-small")


def test_the_first_target_that_is_not_spoken_is_translated_into() -> None:
    assert routing.target(heard(EN), (VI, EN)) == VI
    assert routing.target(heard(VI), (VI, EN)) == EN
    assert routing.target(heard(VI), (VI,)) == VI
    assert routing.target(heard(JA), (EN, VI)) == EN


KOKORO = KokoroSpec("kokoro-82m", Path("kokoro"))
NLLB = NllbSpec("nllb-200-distilled-600m", Path("nllb"))
LIBRE = LibreTranslateSpec("http://127.0.0.1:5000")


def test_kokoro_never_speaks_vietnamese() -> None:
    order = (KOKORO, GttsSpec(), EspeakSpec())
    assert routing.synthesizers(order, VI) == (GttsSpec(), EspeakSpec())
    assert routing.synthesizers(order, EN) == order
    assert routing.synthesizers(order, EE) == ()


@given(st.permutations((KOKORO, GttsSpec(), EspeakSpec())), st.sampled_from(languages.known()))
def test_voices_keep_the_order_of_the_settings(
    order: list[SynthesizerSpec], language: Language
) -> None:
    chosen = routing.synthesizers(order, language)
    assert list(chosen) == [each for each in order if each in chosen]


def test_offline_nothing_that_needs_a_network_is_tried() -> None:
    assert routing.synthesizers((GttsSpec(), EspeakSpec()), VI, offline=True) == (EspeakSpec(),)
    assert routing.translators((LIBRE, NLLB), VI, EN, offline=True) == (NLLB,)


def test_a_translator_must_have_both_languages() -> None:
    assert routing.translators((NLLB, LIBRE), VI, EN) == (NLLB, LIBRE)
    assert routing.translators((NLLB, LIBRE), VI, EE) == (NLLB,)
    assert routing.translators((NLLB, LIBRE), EE, VI) == (NLLB,)
    assert routing.translators((LIBRE,), EE, EE) == ()


def test_every_kind_of_engine_can_be_routed() -> None:
    one_of_each = {type(each) for each in (KOKORO, GttsSpec(), EspeakSpec(), NLLB, LIBRE)}
    assert one_of_each == {*get_args(TranslatorSpec), *get_args(SynthesizerSpec)}


BASE = whisper("whisper-base")
IN_A_HURRY = RecognizerRoutes(
    SMALL, ((VI, PHO), (EN, DISTIL)), TRIAL, 100, (TURBO,), smaller=BASE, kept=frozenset({VI})
)


def test_in_a_hurry_the_smaller_one_hears_all_but_what_is_kept() -> None:
    assert routing.recognizer(IN_A_HURRY, EN, "somebody", hurried=True) is BASE
    assert routing.recognizer(IN_A_HURRY, EN, preferred=TURBO.model, hurried=True) is BASE
    assert routing.recognizer(IN_A_HURRY, JA, hurried=True) is BASE
    assert routing.recognizer(IN_A_HURRY, VI, hurried=True) is TRIAL, "as without a hurry"
    assert routing.recognizer(IN_A_HURRY, JA) is SMALL
    assert routing.recognizer(ROUTES, JA, hurried=True) is SMALL, "there is no smaller one"


@given(spoken)
def test_in_a_hurry_too_no_model_hears_a_language_it_does_not_have(language: Language) -> None:
    routes = RecognizerRoutes(SMALL, ROUTES.routes, smaller=DISTIL)
    chosen = routing.recognizer(routes, language, hurried=True)
    assert chosen.languages is None or language in chosen.languages


def test_in_a_hurry_the_smaller_one_says_which_language_it_is_if_it_has_them_all() -> None:
    assert routing.detector(IN_A_HURRY, hurried=True) is BASE
    assert routing.detector(IN_A_HURRY, allowed=frozenset({VI}), hurried=True) is TRIAL
    english = RecognizerRoutes(SMALL, smaller=DISTIL)
    assert routing.detector(english, hurried=True) is SMALL
    assert routing.detector(english, allowed=frozenset({EN}), hurried=True) is DISTIL
