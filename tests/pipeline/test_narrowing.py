import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import models
from pipeline.errors import ConfigurationError, ModelDamagedError, ModelMissingError
from pipeline.narrowing import VMAP, VMAP_TARGETS, allowed, narrow, widen
from pipeline.types import Language
from tests.pipeline.model_entries import entry, put

VOCABULARY = ["<s>", "<pad>", "</s>", "<unk>", "▁xin", "▁chào", "▁hello", "a", "▁a", "ế", "lo"]
CODES = ["vie_Latn", "eng_Latn", "<mask>"]
NLLB = entry(name="nllb-house", engine="nllb", files=("model.bin", "shared_vocabulary.json"))

VI = Language("vi")


def words(line: str) -> list[str]:
    return [f"▁{word}" for word in line.split()]


def lay(models_dir: Path, vocabulary: object) -> Path:
    text = json.dumps(vocabulary).encode()
    return put(NLLB, models_dir, {"model.bin": b"weights", "shared_vocabulary.json": text})


@pytest.mark.parametrize("vocabulary", [{}, 3, None, [1, 2], ["a", None]])
def test_a_vocabulary_in_another_shape_is_damage(tmp_path: Path, vocabulary: object) -> None:
    lay(tmp_path, vocabulary)
    with pytest.raises(ModelDamagedError):
        narrow(NLLB, tmp_path, [], words, [VI])


def test_pieces_that_the_file_cannot_hold_are_left_out() -> None:
    hostile = ["", " ", "\t", "\n", "a b", "a\tb", "▁xin\n", "\r"]
    assert allowed([*hostile, "▁xin"], ["xin"], words) == ["▁xin"]


@given(st.lists(st.text(max_size=4)), st.lists(st.text(max_size=8)))
def test_the_file_names_only_pieces_of_the_vocabulary(
    vocabulary: list[str], lines: list[str]
) -> None:
    kept = allowed(vocabulary, lines, words)
    assert set(kept) <= set(vocabulary)
    assert ("\t" + " ".join(kept)).split("\t")[1].split(" ") == (kept or [""])


def test_text_specials_codes_and_single_characters_are_kept(tmp_path: Path) -> None:
    place = lay(tmp_path, VOCABULARY + CODES)
    count = narrow(NLLB, tmp_path, ["xin chào"], words, [VI])
    line = (place / VMAP).read_text("utf-8")
    kept = "<s> <pad> </s> <unk> ▁xin ▁chào a ▁a ế vie_Latn eng_Latn <mask>"
    assert line == f"\t{kept}\n"
    assert (place / VMAP_TARGETS).read_text("utf-8") == "vie_Latn\n"
    assert count == len(kept.split())


def test_a_narrowed_model_is_still_whole_and_can_be_widened(tmp_path: Path) -> None:
    place = lay(tmp_path, VOCABULARY)
    narrow(NLLB, tmp_path, ["xin"], words, [VI])
    models.verify(NLLB, tmp_path)
    widen(NLLB, tmp_path)
    widen(NLLB, tmp_path)
    assert not (place / VMAP).exists()
    assert not (place / VMAP_TARGETS).exists()


def test_an_older_list_of_pieces_is_read_too(tmp_path: Path) -> None:
    text = "\n".join(VOCABULARY).encode()
    place = put(NLLB, tmp_path, {"model.bin": b"weights", "shared_vocabulary.txt": text})
    narrow(NLLB, tmp_path, ["hello"], words, [VI])
    assert "▁hello" in (place / VMAP).read_text("utf-8").split()


def test_only_a_fetched_nllb_can_be_narrowed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        narrow(entry(), tmp_path, [], words, [VI])
    with pytest.raises(ModelMissingError):
        narrow(NLLB, tmp_path, [], words, [VI])
    put(NLLB, tmp_path, {"model.bin": b"weights"})
    with pytest.raises(ModelDamagedError):
        narrow(NLLB, tmp_path, [], words, [VI])
