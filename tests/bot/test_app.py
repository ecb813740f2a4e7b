"""Settings become specs, or everything that stands in the way is named."""

import importlib.util
from pathlib import Path

import pytest

from bot import app, messages, settings
from bot.messages import CATALOGUES
from bot.settings import UnusableSettingsError
from pipeline.specs import EspeakSpec, GttsSpec, KokoroSpec, LibreTranslateSpec, NllbSpec
from pipeline.types import Language


def problems(folder: Path, text: str = "", **choices: object) -> list[str]:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    chosen = settings.load(file, models_dir=folder, **choices)
    with pytest.raises(UnusableSettingsError) as raised:
        app.pipeline_spec(chosen)
    return [
        f"{problem.code} {problem.details.get('model', '')}" for problem in raised.value.problems
    ]


def test_the_demo_profile_needs_no_download(tmp_path: Path) -> None:
    spec = app.pipeline_spec(settings.load(profile="demo", models_dir=tmp_path))
    recognizer = spec.recognizers.default
    assert (recognizer.model, recognizer.window) == ("demo-whisper", "speech")
    assert recognizer.languages == frozenset({"en", "vi"})
    assert [type(each) for each in spec.translators] == [NllbSpec]
    assert spec.synthesizers == (EspeakSpec(),)


def test_every_choice_of_the_settings_reaches_its_engine(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(
        'profile = "demo"\n'
        "[limits]\nseconds = 7\n"
        '[hearing]\nbeam = 2\nthreads = 3\nwindows = { demo-whisper = "full" }\n'
        "[hearing.vad]\nthreshold = 0.7\n"
        "[translating]\nno_repeat_ngram = 0\n"
        'libretranslate = { url = "http://127.0.0.1:5000", api_key = "k" }\n'
        '[speaking]\norder = ["demo-kokoro", "gtts", "espeak"]\ngtts_timeout_s = 2\n',
        encoding="utf-8",
    )
    spec = app.pipeline_spec(settings.load(file))
    recognizer = spec.recognizers.default
    assert (recognizer.beam, recognizer.threads, recognizer.window) == (2, 3, "full")
    assert (spec.limits.seconds, spec.vad.threshold) == (7, 0.7)
    nllb, libre = spec.translators
    assert isinstance(nllb, NllbSpec)
    assert nllb.no_repeat_ngram == 0
    assert libre == LibreTranslateSpec("http://127.0.0.1:5000", "k")
    assert [type(each) for each in spec.synthesizers] == [KokoroSpec, GttsSpec, EspeakSpec]
    assert spec.synthesizers[1] == GttsSpec(timeout_s=2)


def test_the_smaller_recogniser_hears_what_the_settings_let_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    hurry = '[overload]\nmodel = "demo-whisper"\nkept = ["vi"]\n'
    file.write_text(f'profile = "demo"\n[hearing]\nbeam = 3\n{hurry}', encoding="utf-8")
    routes = app.pipeline_spec(settings.load(file)).recognizers
    assert routes.smaller is not None
    assert (routes.smaller.model, routes.smaller.beam) == ("demo-whisper", 3)
    assert routes.kept == {Language("vi")}
    assert app.pipeline_spec(settings.load(profile="demo")).recognizers.smaller is None


def test_all_missing_models_are_named_at_once(tmp_path: Path) -> None:
    assert problems(tmp_path) == [
        "model.missing whisper-small",
        "model.missing phowhisper-small",
        "model.missing distil-large-v3.5",
        "model.missing whisper-base",
        "model.missing nllb-200-distilled-600m",
        "model.missing kokoro-82m",
    ]


def test_a_business_is_refused_models_whose_licence_forbids_it(tmp_path: Path) -> None:
    assert "model.forbidden nllb-200-distilled-600m" in problems(tmp_path, "commercial = true")


def test_a_name_nobody_knows_and_a_model_in_the_wrong_place_are_named(tmp_path: Path) -> None:
    text = '[hearing]\ndefault = "demo-nllb"\n[translating]\norder = ["babelfish"]\n'
    found = problems(tmp_path, text, profile="demo")
    assert found == ["configuration demo-nllb", "model.unknown babelfish"]


def test_what_is_wrong_in_several_places_alike_is_said_once(tmp_path: Path) -> None:
    routes = 'routes = { vi = "whisper-small", en = "whisper-small" }'
    text = f'[hearing]\n{routes}\n[overload]\nmodel = "whisper-small"\n'
    found = problems(tmp_path, text)
    assert found.count("model.missing whisper-small") == 1
    assert len(found) == 3


def test_without_any_translator_nothing_is_in_order(tmp_path: Path) -> None:
    text = "[translating]\norder = []\n"
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    chosen = settings.load(tmp_path / "settings.toml", profile="demo")
    with pytest.raises(UnusableSettingsError) as raised:
        app.check(chosen)
    [problem] = raised.value.problems
    for locale in CATALOGUES:
        said = messages.sentence(problem, locale)
        assert "translating.order" in said
        assert "translating.libretranslate" in said
    server = 'libretranslate = { url = "http://127.0.0.1:5000" }\n'
    (tmp_path / "settings.toml").write_text(text + server, encoding="utf-8")
    app.check(settings.load(tmp_path / "settings.toml", profile="demo"))


KEY = "00" * 32


def test_own_voices_are_off_unless_a_model_is_named(tmp_path: Path) -> None:
    assert app.cloner_specs(settings.load(profile="demo", models_dir=tmp_path)) == ()


def test_everything_that_own_voices_miss_is_said_beside_the_rest(tmp_path: Path) -> None:
    chosen = settings.load(
        profile="default",
        models_dir=tmp_path,
        own_voice={"models": ["xtts-v2", "kokoro-82m"], "key": KEY},
    )
    with pytest.raises(UnusableSettingsError) as raised:
        app.check(chosen)
    said = [str(problem) for problem in raised.value.problems]
    assert any("whisper-small" in each for each in said)
    assert any("model.missing" in each and "xtts-v2" in each for each in said)
    assert any("reason=kind" in each and "kokoro-82m" in each for each in said)
    without = importlib.util.find_spec("TTS") is None
    assert any("reason=clone" in each for each in said) == without


def test_where_money_is_involved_xtts_is_refused_with_its_licence(tmp_path: Path) -> None:
    chosen = settings.load(
        profile="demo",
        commercial=True,
        models_dir=tmp_path,
        own_voice={"models": ["xtts-v2", "vixtts"], "key": KEY},
    )
    with pytest.raises(UnusableSettingsError) as raised:
        app.cloner_specs(chosen)
    refused = [each for each in raised.value.problems if each.code == "model.forbidden"]
    assert [each.details["licence"] for each in refused] == ["CPML-1.0", "CPML-1.0"]


@pytest.mark.parametrize("key", [None, "", "short", "zz" * 32, "00" * 31, "A" * 45])
def test_own_voices_need_a_key_of_thirty_two_bytes(key: str | None) -> None:
    with pytest.raises(UnusableSettingsError) as raised:
        settings.load(profile="demo", own_voice={"models": ["xtts-v2"], "key": key})
    assert all("own_voice" in str(each.details["setting"]) for each in raised.value.problems)
    if key:
        assert key not in str([each.details for each in raised.value.problems])


@pytest.mark.parametrize("key", [KEY, "A" * 43 + "=", f" {KEY}\n"])
def test_a_key_may_be_written_in_hex_or_base64_and_never_shows(key: str) -> None:
    chosen = settings.load(profile="demo", own_voice={"models": ["xtts-v2"], "key": key})
    assert chosen.own_voice.secret == bytes(32)
    assert key not in repr(chosen)
