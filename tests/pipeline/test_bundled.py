"""The demo models are the files that ``pipeline/demo/checksums.txt`` names, and no others.

After a training run: ``cd pipeline/demo && sha256sum kokoro/* nllb/* whisper/* > checksums.txt``.
"""

from pathlib import Path

import pytest

from pipeline import catalogue, models, records
from pipeline.catalogue import Entry
from pipeline.errors import ModelMissingError

DEMO = Path(models.__file__).parent / "demo"
BUNDLED = [entry for entry in catalogue.load().entries.values() if entry.bundled]
NOWHERE = Path("/nowhere")


def names(entry: Entry) -> str:
    return entry.name


@pytest.mark.parametrize("entry", BUNDLED, ids=names)
def test_a_bundled_model_is_what_was_trained(entry: Entry) -> None:
    if not models.folder(entry, NOWHERE).is_dir():
        pytest.skip("not trained yet")
    assert models.require(entry, NOWHERE) == models.folder(entry, NOWHERE)
    models.verify(entry, NOWHERE)
    assert models.weight(entry, NOWHERE) > 0


def test_every_file_of_a_bundled_model_is_named() -> None:
    named = set(records.parse_checksums((DEMO / "checksums.txt").read_text("utf-8")))
    folders = [models.folder(entry, NOWHERE) for entry in BUNDLED]
    there = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert named == {path.relative_to(DEMO).as_posix() for path in there}


def test_all_demo_models_together_stay_under_12_mb() -> None:
    assert sum(models.weight(entry, NOWHERE) for entry in BUNDLED) < 12_000_000


def test_a_bundled_model_that_was_not_packed_wants_a_new_installation() -> None:
    stranger = Entry(
        name="demo-stranger",
        kind=BUNDLED[0].kind,
        engine="nllb",
        format=BUNDLED[0].format,
        licence="MIT",
        commercial=True,
        languages=("en",),
        note="Not there.",
        bundled="demo/stranger",
    )
    with pytest.raises(ModelMissingError) as caught:
        models.require(stranger, NOWHERE)
    assert caught.value.details["step"] == "reinstall"


@pytest.mark.parametrize(
    "text",
    ["x", f"{'a' * 64} one-space", f"{'a' * 64}  ../up", f"{'a' * 64}  /root", f"{'a' * 64}  "],
)
def test_a_list_of_checksums_in_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - it says no more
        records.parse_checksums(text)


def test_checksums_are_read_as_the_common_program_writes_them() -> None:
    text = f"{'a' * 64}  nllb/model.bin\n{'b' * 64} *nllb/tokenizer.json\n"
    assert records.parse_checksums(text) == {
        "nllb/model.bin": "a" * 64,
        "nllb/tokenizer.json": "b" * 64,
    }
