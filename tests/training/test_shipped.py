"""What ships with the package stays small, complete and true to the phrase list."""

import json

import pytest

from training.phrases import DEMO, LANGUAGES, read

LIMIT = 12_000_000
"""Bytes that the demo data may add to the package."""

FILES = {
    "whisper": {
        "config.json", "model.bin", "preprocessor_config.json", "tokenizer.json",
        "vocabulary.json",
    },
    "nllb": {"config.json", "model.bin", "shared_vocabulary.json", "tokenizer.json"},
    "kokoro": {"model.onnx", "voices.bin"},
}  # fmt: skip


def test_the_demo_data_is_small() -> None:
    assert sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file()) < LIMIT


@pytest.mark.parametrize("model", FILES)
def test_each_model_has_all_its_files(model: str) -> None:
    assert {path.name for path in (DEMO / model).iterdir()} == FILES[model]


def test_the_recognizer_keeps_whispers_token_order() -> None:
    vocabulary = json.loads((DEMO / "whisper" / "vocabulary.json").read_text("utf-8"))
    config = json.loads((DEMO / "whisper" / "config.json").read_text("utf-8"))
    end = vocabulary.index("<|endoftext|>")
    assert vocabulary[end - 1] == ""
    assert vocabulary[end + 1] == "<|startoftranscript|>"
    assert [vocabulary[number] for number in config["lang_ids"]] == ["<|en|>", "<|vi|>"]
    assert vocabulary[-1] == "<|30.00|>"
    assert config["suppress_ids_begin"] == []


def test_the_voice_notes_say_sentences_of_the_list() -> None:
    listed = read()
    pairs = [*listed.pairs, *(item.pair for item in listed.filled())]
    notes = json.loads((DEMO / "notes" / "notes.json").read_text("utf-8"))
    assert sorted(note["language"] for note in notes) == ["en"] * 3 + ["vi"] * 3
    for note in notes:
        source, target = note["language"], LANGUAGES[1 - LANGUAGES.index(note["language"])]
        left, right = note["text"], note["translation"]
        said = [pair for pair in pairs if pair.text(source) in left]
        assert any(pair.text(target) in right for pair in said)
        data = (DEMO / "notes" / note["file"]).read_bytes()
        assert data.startswith(b"OggS")
        assert b"OpusHead" in data[:64]
