"""The table against what each installed library lists, and against what people type."""

import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import get_args

import espeakng_loader
import gtts.lang
import pytest
from faster_whisper.tokenizer import _LANGUAGE_CODES
from hypothesis import given
from hypothesis import strategies as st

from pipeline import languages
from pipeline.errors import UnknownLanguageError, UnsupportedLanguageError
from pipeline.languages import Engine
from pipeline.types import Language

KNOWN = languages.known()
HERE = Path(__file__).parent
LISTED = tomllib.loads((HERE / "language_lists.toml").read_text(encoding="utf-8"))
ENGINES: tuple[Engine, ...] = get_args(Engine)


def codes(engine: Engine) -> set[str]:
    return {languages.code(each, engine) for each in languages.supported_by(engine)}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "xx",
            "xxx_Xxxx",
            "english please",
            "\0",
            "en\0",
            "-",
            "_",
            "en-",
            "-en",
            "en--us",
        ),
        *("en-us!", "zh-min-nan", "en us", "🇻🇳", "vi;", "../vi", "%s", "x-en", "i-klingon"),
        "e" * 10_000,
    ],
)
def test_what_is_no_language_is_refused_and_never_taken_for_english(text: str) -> None:
    with pytest.raises(UnknownLanguageError) as refused:
        languages.parse(text)
    assert len(str(refused.value.details["language"])) <= 40


@given(st.text(max_size=90))
def test_any_text_is_a_known_language_or_refused(text: str) -> None:
    try:
        language = languages.parse(text)
    except UnknownLanguageError:
        return
    assert language in KNOWN


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("VI", "vi"),
        (" vi ", "vi"),
        ("vi_VN", "vi"),
        ("vie", "vi"),
        ("vie_Latn", "vi"),
        ("VIE_LATN", "vi"),
        ("vn", "vi"),
        ("Vietnamese", "vi"),
        ("tiếng Việt", "vi"),
        ("TIẾNG VIỆT", "vi"),
        ("tie\u0302\u0301ng Vie\u0323\u0302t", "vi"),
        ("tieng viet", "vi"),
        ("Việt", "vi"),
        ("tiếng Đức", "de"),
        ("duc", "de"),
        ("tieng phap", "fr"),
        ("en-US", "en"),
        ("en-GB-oxendict", "en"),
        ("es-419", "es"),
        ("de-CH-1996", "de"),
        ("sr-Latn-RS", "sr"),
        ("zh", "zh"),
        ("zh-CN", "zh"),
        ("zh-Hans-SG", "zh"),
        ("zh-Hans-HK", "zh"),
        ("cmn", "zh"),
        ("Mandarin", "zh"),
        ("zh-TW", "zh-TW"),
        ("zh_tw", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-Hant-HK", "zh-TW"),
        ("cantonese", "yue"),
        ("zh-yue", "yue"),
        ("iw", "he"),
        ("jw", "jv"),
        ("in", "id"),
        ("fil", "tl"),
        ("Tagalog", "tl"),
        ("nb", "no"),
        ("nn-NO", "nn"),
        ("fa-AF", "prs"),
        ("sat_Olck", "sat"),
        ("min_Arab", "min"),
        ("arb_Latn", "ar"),
        ("ks-Deva-IN", "ks-Deva"),
        ("日本語", "ja"),
        ("한국어", "ko"),
        ("العربية", "ar"),
        ("Turkce", "tr"),
        ("flemish", "nl"),
        ("castilian", "es"),
        ("pushto", "ps"),
    ],
)
def test_what_people_and_platforms_write_is_understood(text: str, language: str) -> None:
    assert languages.parse(text) == language


@pytest.mark.parametrize("language", KNOWN)
def test_each_language_is_found_by_its_code_and_all_its_names(language: Language) -> None:
    assert languages.parse(language) == language
    assert languages.parse(language.upper().replace("-", "_")) == language
    for locale in ("en", "vi"):
        assert languages.parse(languages.name(language, locale)) == language


def test_no_code_stands_for_two_languages() -> None:
    seen: dict[str, str] = {}
    text = Path(languages.__file__).with_suffix(".tsv").read_text(encoding="utf-8")
    header, *rows = (line.split("\t") for line in text.splitlines())
    assert header[-len(ENGINES) :] == list(ENGINES)
    for row in rows:
        fields = dict(zip(header, row, strict=True))
        both_chinese = {fields["flores"]} if fields["code"].startswith("zh") else set()
        own = {fields["code"], *fields["codes"].split(), fields["flores"] or fields["code"]}
        for each in {code.lower().replace("_", "-") for code in own | both_chinese}:
            assert seen.setdefault(each, fields["code"]) == fields["code"]
        assert all(field == field.strip() for field in row)
        assert fields["name"]
        assert fields["endonym"]
        assert fields["vietnamese"]


def test_whisper_is_covered_exactly() -> None:
    assert codes("whisper") == set(_LANGUAGE_CODES)
    for each in _LANGUAGE_CODES:
        assert languages.whisper(languages.parse(each)) == each


def test_nllb_is_covered_exactly() -> None:
    tokens = LISTED["nllb"].split()
    assert len(tokens) == 202
    assert len(languages.supported_by("flores")) == 202
    assert codes("flores") == set(tokens)
    for each in tokens:
        assert languages.flores(languages.parse(each)) == each


def test_gtts_is_covered_exactly() -> None:
    offered = set(gtts.lang.tts_langs())
    assert codes("gtts") <= offered
    same = {"zh": "zh-CN", "fr-CA": "fr", "pt-PT": "pt"}
    assert {same.get(each, each) for each in offered} == codes("gtts")
    for each in offered:
        assert languages.gtts(languages.parse(each)) == same.get(each, each)


def espeak(*arguments: str) -> set[str]:
    command = [sys.executable, str(HERE / "language_voices.py"), *arguments]
    answer = subprocess.run(command, capture_output=True, check=True, text=True, timeout=30)
    return set(answer.stdout.split())


def test_espeak_takes_every_voice_name_of_the_table() -> None:
    assert espeak(*codes("espeak"), "no-such-voice") == {"no-such-voice"}


def espeak_voices() -> list[str]:
    folder = resources.files(espeakng_loader) / "espeak-ng-data" / "lang"
    families = [each for each in folder.iterdir() if each.is_dir()]
    return [each.name for here in (folder, *families) for each in here.iterdir() if each.is_file()]


def test_no_voice_of_espeak_is_forgotten() -> None:
    voices = espeak_voices()
    assert len(voices) == 141
    spoken = languages.supported_by("espeak")
    for voice in voices:
        try:
            language = languages.parse(voice)
        except UnknownLanguageError:
            continue
        assert language in spoken


def test_kokoro_has_those_of_its_own_languages_that_espeak_can_write_for_it() -> None:
    assert codes("kokoro") == set(LISTED["kokoro"].split()) - {"en-gb", "ja", "cmn"}
    assert codes("kokoro") <= espeak()
    with pytest.raises(UnsupportedLanguageError) as refused:
        languages.kokoro(languages.parse("vi"))
    assert refused.value.details == {"language": "vi", "engine": "kokoro"}


def test_xtts_has_its_own_languages_only() -> None:
    assert codes("xtts") == set(LISTED["xtts"].split())
    assert languages.parse("vi") not in languages.supported_by("xtts")


def test_libretranslate_codes_are_ones_that_every_version_takes() -> None:
    assert languages.libretranslate(languages.parse("zh-Hans")) == "zh"
    assert languages.libretranslate(languages.parse("zh-Hant")) == "zt"
    assert languages.libretranslate(languages.parse("no")) == "nb"
    assert {"vi", "en", "ja", "ko", "fr", "de"} <= codes("libretranslate")


@pytest.mark.parametrize(("locale", "language"), LISTED["discord"].items())
def test_discord_locales_are_understood(locale: str, language: str) -> None:
    assert len(LISTED["discord"]) == 32
    assert languages.parse(locale) == language


@pytest.mark.parametrize(("tag", "language"), LISTED["telegram"].items())
def test_telegram_language_codes_are_understood(tag: str, language: str) -> None:
    assert languages.parse(tag) == language


@pytest.mark.parametrize("engine", ENGINES)
@given(language=st.sampled_from(KNOWN))
def test_an_engine_has_a_code_exactly_for_what_it_supports(
    engine: Engine, language: Language
) -> None:
    if language in languages.supported_by(engine):
        assert languages.code(language, engine)
    else:
        with pytest.raises(UnsupportedLanguageError):
            languages.code(language, engine)


def test_a_language_that_was_never_parsed_is_unknown() -> None:
    for ask in (languages.whisper, languages.name, languages.scripts):
        with pytest.raises(UnknownLanguageError):
            ask(Language("klingon"))


def test_names_follow_the_locale_and_else_are_the_language_s_own() -> None:
    japanese = languages.parse("ja")
    assert languages.name(japanese) == "Japanese"
    assert languages.name(japanese, "vi-VN") == "tiếng Nhật"
    assert languages.name(japanese, "fr") == "日本語"


def test_scripts_are_those_people_write() -> None:
    assert languages.scripts(languages.parse("vi")) == {"Latn"}
    assert languages.scripts(languages.parse("sr")) == {"Cyrl", "Latn"}
    assert languages.scripts(languages.parse("br")) == {"Latn"}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("v", "vi"),
        ("viet", "vi"),
        ("tieng viet", "vi"),
        ("tiếng v", "vi"),
        ("việ", "vi"),
        ("vie", "vi"),
        ("en", "en"),
        ("es", "es"),
        ("id", "id"),
        ("chin", "zh"),
        ("zh-tw", "zh-TW"),
        ("zh tw", "zh-TW"),
        ("traditional", "zh-TW"),
        ("中", "zh"),
        ("日", "ja"),
        ("nhat", "ja"),
        ("espa", "es"),
        ("farsi", "fa"),
        ("ita", "it"),
        ("Bok", "no"),
    ],
)
def test_what_is_typed_so_far_finds_the_language(typed: str, first: str) -> None:
    assert languages.search(typed)[0] == first


def test_typing_nothing_offers_the_languages_people_ask_for_most() -> None:
    assert languages.search("") == KNOWN[:25]
    assert KNOWN[:3] == ("en", "vi", "zh")


def test_a_search_without_an_answer_is_empty() -> None:
    assert languages.search("qqq") == ()


@given(st.text(max_size=30))
def test_any_search_gives_at_most_what_discord_can_show(text: str) -> None:
    found = languages.search(text)
    assert len(found) <= 25
    assert len(set(found)) == len(found)
