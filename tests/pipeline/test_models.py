import json
from pathlib import Path

import pytest

from pipeline import catalogue, models
from pipeline.catalogue import Catalogue, Format
from pipeline.errors import ModelDamagedError, ModelForbiddenError, ModelMissingError
from pipeline.models import State
from tests.pipeline.hub_server import COMMIT
from tests.pipeline.model_entries import entry, put

FILES = {"config.json": b"{}", "model.bin": b"weights"}
RECORD = "model.json"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        "\0",
        "[" * 100_000,
        '{"version": 2}',
        '{"version": 1, "files": {}}',
    ],
)
def test_a_record_that_is_not_ours_is_damage_and_no_traceback(tmp_path: Path, text: str) -> None:
    place = put(entry(), tmp_path, FILES)
    (place / RECORD).write_text(text)
    for check in (models.require, models.verify):
        with pytest.raises(ModelDamagedError) as caught:
            check(entry(), tmp_path)
        assert caught.value.details["file"] == RECORD


@pytest.mark.parametrize("path", ["../../secret", "/etc/passwd", "a/../../b"])
def test_a_record_cannot_make_us_read_elsewhere(tmp_path: Path, path: str) -> None:
    place = put(entry(), tmp_path, FILES)
    values = json.loads((place / RECORD).read_text())
    values["files"][path] = values["files"]["model.bin"]
    (place / RECORD).write_text(json.dumps(values))
    with pytest.raises(ModelDamagedError):
        models.verify(entry(), tmp_path)


def test_a_record_cut_short_anywhere_is_damage(tmp_path: Path) -> None:
    place = put(entry(), tmp_path, FILES)
    whole = (place / RECORD).read_text().rstrip()
    for length in range(0, len(whole), 17):
        (place / RECORD).write_text(whole[:length])
        with pytest.raises(ModelDamagedError):
            models.require(entry(), tmp_path)


def test_a_model_that_was_never_fetched_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        models.require(entry(), tmp_path)
    assert caught.value.details == {"model": "whisper-house", "step": "fetch"}


def test_a_model_that_waits_for_its_conversion_says_so(tmp_path: Path) -> None:
    model = entry(format=Format.TRANSFORMERS, keep=("config.json",))
    put(model, tmp_path, FILES)
    with pytest.raises(ModelMissingError) as caught:
        models.require(model, tmp_path)
    assert caught.value.details["step"] == "convert"
    models.verify(model, tmp_path)


def test_a_whole_model_is_found(tmp_path: Path) -> None:
    place = put(entry(), tmp_path, FILES)
    assert models.require(entry(), tmp_path) == place
    models.verify(entry(), tmp_path)


@pytest.mark.parametrize("content", [b"", b"weight", b"weights and more", None])
def test_a_file_of_another_size_is_noticed_at_once(tmp_path: Path, content: bytes | None) -> None:
    place = put(entry(), tmp_path, FILES)
    if content is None:
        (place / "model.bin").unlink()
    else:
        (place / "model.bin").write_bytes(content)
    with pytest.raises(ModelDamagedError) as caught:
        models.require(entry(), tmp_path)
    assert caught.value.details == {"model": "whisper-house", "file": "model.bin"}


def test_a_single_changed_byte_is_noticed_by_verify(tmp_path: Path) -> None:
    place = put(entry(), tmp_path, FILES)
    (place / "model.bin").write_bytes(b"weightz")
    assert models.require(entry(), tmp_path) == place
    with pytest.raises(ModelDamagedError) as caught:
        models.verify(entry(), tmp_path)
    assert caught.value.details["file"] == "model.bin"


def test_verify_tells_how_far_it_is(tmp_path: Path) -> None:
    put(entry(), tmp_path, FILES)
    heard: list[int] = []
    models.verify(entry(), tmp_path, heard.append)
    assert sum(heard) == models.weight(entry(), tmp_path) == sum(map(len, FILES.values()))


def test_a_business_may_not_use_what_forbids_it() -> None:
    with pytest.raises(ModelForbiddenError) as caught:
        models.permit(entry(commercial=False), commercial=True)
    assert caught.value.details == {
        "model": "whisper-house",
        "licence": "CC-BY-NC-4.0",
        "alternative": "opus-mt-en-vi",
    }


@pytest.mark.parametrize(("free", "business"), [(True, True), (True, False), (False, False)])
def test_everything_else_is_permitted(*, free: bool, business: bool) -> None:
    models.permit(entry(commercial=free), commercial=business)


def test_the_list_tells_every_state(tmp_path: Path) -> None:
    waiting = entry(name="waiting", format=Format.TRANSFORMERS, keep=("config.json",))
    known = [entry(name="absent"), waiting, entry(name="broken"), entry(name="ready")]
    for model in known[1:]:
        put(model, tmp_path, FILES)
    (tmp_path / "broken" / "model.bin").unlink()
    listed = list(models.listing(Catalogue({each.name: each for each in known}), tmp_path))
    assert [(line.entry.name, line.state, line.commit) for line in listed] == [
        ("absent", State.ABSENT, ""),
        ("waiting", State.UNCONVERTED, COMMIT),
        ("broken", State.DAMAGED, COMMIT),
        ("ready", State.READY, COMMIT),
    ]


def test_listing_survives_a_folder_of_rubbish(tmp_path: Path) -> None:
    (tmp_path / "whisper-house").write_bytes(b"a file, not a folder")
    known = Catalogue({"whisper-house": entry()})
    assert [line.state for line in models.listing(known, tmp_path)] == [State.ABSENT]


@pytest.mark.parametrize("name", ["demo-whisper", "demo-nllb", "demo-kokoro"])
def test_a_bundled_model_lies_in_the_package_wherever_models_are_kept(name: str) -> None:
    place = models.folder(catalogue.load().find(name), Path("/nowhere"))
    assert place == Path(models.__file__).parent / "demo" / name.removeprefix("demo-")
