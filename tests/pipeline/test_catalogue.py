import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import catalogue
from pipeline.catalogue import Format, Kind, is_plain_path
from pipeline.errors import ConfigurationError, UnknownModelError

MODELS = catalogue.load()

WHOLE = {
    "kind": '"translator"',
    "engine": '"nllb"',
    "repo": '"house/model"',
    "files": '["model.bin"]',
    "format": '"ctranslate2"',
    "licence": '"MIT"',
    "commercial": "true",
    "languages": '["en"]',
    "note": '"Small."',
}


def toml(name: str = "some-model", **changes: str | None) -> str:
    keys = {key: value for key, value in (WHOLE | changes).items() if value is not None}
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in keys.items())])


@pytest.mark.parametrize(
    "name",
    [
        *(f"whisper-{size}" for size in ("tiny", "base", "small", "medium")),
        "whisper-large-v3-turbo",
        "whisper-large-v3",
        "phowhisper-small",
        "phowhisper-large",
        "distil-large-v3",
        "distil-large-v3.5",
        "distil-large-v3.5-vi",
        "nllb-200-distilled-600m",
        "nllb-200-distilled-1.3b",
        "opus-mt-en-vi",
        "opus-mt-vi-en",
        "m2m100-418m",
        "small-100",
        "kokoro-82m",
        "xtts-v2",
        "vixtts",
        "pyannote-diarization-3.1",
        "minilm-multilingual",
        "demo-whisper",
        "demo-nllb",
        "demo-kokoro",
    ],
)
def test_every_model_of_the_specification_is_in_the_catalogue(name: str) -> None:
    assert MODELS.find(name).name == name


def test_a_name_that_is_not_in_the_catalogue_is_an_error() -> None:
    with pytest.raises(UnknownModelError) as caught:
        MODELS.find("whisper-gigantic")
    assert caught.value.details == {"model": "whisper-gigantic"}


def test_a_business_is_always_told_what_to_use_instead() -> None:
    for entry in MODELS.entries.values():
        if not entry.commercial:
            instead = MODELS.entries.get(entry.alternative)
            assert entry.alternative in catalogue.MODELLESS or (instead and instead.commercial)


def test_what_a_business_is_told_to_use_has_an_engine() -> None:
    engines = Path(catalogue.__file__).parent / "engines"
    for entry in MODELS.entries.values():
        if not entry.commercial:
            instead = MODELS.entries.get(entry.alternative)
            engine = instead.engine if instead else entry.alternative
            assert (engines / f"{engine}.py").is_file(), entry.name


@pytest.mark.parametrize("name", ["xtts-v2", "vixtts"])
def test_licences_that_forbid_commercial_use_are_known(name: str) -> None:
    assert not MODELS.find(name).commercial
    assert all(not e.commercial for e in MODELS.entries.values() if e.engine == "nllb" and e.repo)


def test_english_only_models_say_so() -> None:
    assert MODELS.find("distil-large-v3").languages == ("en",)
    assert MODELS.find("distil-large-v3.5").languages == ("en",)


def test_only_the_model_without_published_figures_is_a_candidate() -> None:
    assert [e.name for e in MODELS.entries.values() if e.candidate] == ["distil-large-v3.5-vi"]


def test_no_recogniser_can_be_left_without_a_tokenizer() -> None:
    for entry in MODELS.entries.values():
        if entry.kind is Kind.TRANSCRIBER and entry.repo:
            kept = entry.keep if entry.format is Format.TRANSFORMERS else entry.files
            assert "tokenizer.json" in kept, entry.name


def test_only_a_model_trained_for_it_gets_a_short_window() -> None:
    assert [e.name for e in MODELS.entries.values() if e.window == "speech"] == ["demo-whisper"]


def test_gated_models_name_the_page_to_agree_on() -> None:
    gated = [entry for entry in MODELS.entries.values() if entry.gated]
    assert {entry.name for entry in gated} >= {"pyannote-diarization-3.1"}
    assert all(entry.page.endswith(entry.repo) for entry in gated)


def test_what_a_model_needs_is_fetched_before_it() -> None:
    names = [entry.name for entry in MODELS.with_needs("pyannote-diarization-3.1")]
    assert names == ["pyannote-segmentation-3.0", "pyannote-wespeaker", "pyannote-diarization-3.1"]


def test_a_renamed_or_pinned_file_is_one_that_is_fetched() -> None:
    for entry in MODELS.entries.values():
        assert {*entry.rename, *entry.sha256} <= set(entry.files)
        assert set(entry.keep) <= set(entry.files)


def test_every_key_is_explained() -> None:
    text = Path(catalogue.__file__).with_suffix(".toml").read_text("utf-8")
    keys = set(re.findall(r"^(\w+) = ", text, re.MULTILINE))
    assert keys <= set(catalogue.Entry.__dataclass_fields__)


def test_a_whole_entry_is_read() -> None:
    entry = catalogue.parse(toml()).find("some-model")
    assert (entry.repo, entry.revision, entry.files) == ("house/model", "main", ("model.bin",))


@pytest.mark.parametrize(
    ("text", "field", "reason"),
    [
        (toml(colour='"red"'), "colour", "unknown_key"),
        (toml(licence=None), "licence", "missing"),
        (toml(licence='""'), "licence", "not_text"),
        (toml(licence="3"), "licence", "not_text"),
        (toml(commercial=None), "commercial", "missing"),
        (toml(commercial='"yes"'), "commercial", "not_a_flag"),
        (toml(commercial="false"), "alternative", "missing"),
        (toml(commercial="false", alternative='"nobody"'), "alternative", "unknown_model"),
        (toml(commercial="false", alternative='"some-model"'), "alternative", "not_commercial"),
        (toml(kind='"oracle"'), "kind", "not_a_choice"),
        (toml(format='"gguf"'), "format", "not_a_choice"),
        (toml(window='"tiny"'), "window", "not_a_choice"),
        (toml(window='"speech"'), "window", "not_a_transcriber"),
        (toml(languages="[]"), "languages", "missing"),
        (toml(languages='"klingon"'), "languages", "unknown_set"),
        (toml(files="[]"), "files", "missing"),
        (toml(files="[1]"), "files", "not_a_list_of_texts"),
        (toml(files='["../model.bin"]'), "files", "not_a_path"),
        (toml(rename='{ "model.bin" = "/etc/passwd" }'), "rename", "not_a_path"),
        (toml(rename='{ "model.bin" = 3 }'), "rename", "not_a_table_of_texts"),
        (toml(sha256='{ "model.bin" = "abc" }'), "sha256", "not_a_checksum"),
        (toml(repo='"model"'), "repo", "not_a_repo"),
        (toml(repo='"../etc/model"'), "repo", "not_a_repo"),
        (toml(repo=None), "repo", "repo_or_bundled"),
        (toml(bundled='"demo/x"'), "repo", "repo_or_bundled"),
        (toml(repo=None, bundled='"demo/x"'), "files", "bundled_has_no_source"),
        (toml(repo=None, files=None, bundled='"../x"'), "bundled", "not_a_path"),
        (toml(revision='"v1"'), "revision", "not_a_commit"),
        (toml(format='"transformers"'), "keep", "nothing_to_convert"),
        (toml(keep='["model.bin"]'), "keep", "nothing_to_convert"),
        (toml(gated="true"), "page", "missing"),
        (toml(gated="true", page='"http://example.org"'), "page", "missing"),
        (toml(disk_mb="-1"), "disk_mb", "not_a_size"),
        (toml(disk_mb="true"), "disk_mb", "not_a_size"),
        (toml(needs='["nobody"]'), "needs", "unknown_model"),
        (toml(name='"../x"'), "name", "not_a_name"),
        ("some-model = 3", "name", "not_a_table"),
    ],
)
def test_a_mistake_in_the_catalogue_is_named(text: str, field: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        catalogue.parse(text)
    assert (caught.value.details["field"], caught.value.details["reason"]) == (field, reason)


def test_a_catalogue_that_is_not_toml_is_one_error() -> None:
    with pytest.raises(ConfigurationError):
        catalogue.parse("[unfinished")


@pytest.mark.parametrize(
    "path",
    ["", "/x", "../x", "a/../../x", "a//b", "a/./b", "a\\..\\b", "a\nb", "a\0b", "..", ".cache/x"],
)
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    assert not is_plain_path(path)


@given(st.text(alphabet="ab./\\\0\n ~é", max_size=12))
def test_an_accepted_path_stays_in_its_folder(path: str) -> None:
    if is_plain_path(path):
        inside = Path("/models/m")
        assert inside in (inside / path).resolve().parents
        assert str(PurePosixPath(path)) == path
