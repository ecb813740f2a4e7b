import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline import models, records
from pipeline.catalogue import Format
from pipeline.conversion import convert
from pipeline.errors import (
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    ModelDamagedError,
    ModelMissingError,
)
from tests.pipeline.model_entries import entry, put

KEEP = ("tokenizer.json", "preprocessor_config.json")
WAITING = entry(format=Format.TRANSFORMERS, files=("*",), keep=KEEP)
RUBBISH = {"config.json": b"{}", "pytorch_model.bin": b"weights", **dict.fromkeys(KEEP, b"{}")}


def nobody() -> None:
    pass


def program(folder: Path, text: str) -> str:
    """Write a real program to stand where the converter's interpreter would."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.lacks("convert")
def test_without_the_extra_its_name_is_told(tmp_path: Path) -> None:
    put(WAITING, tmp_path, RUBBISH)
    with pytest.raises(EngineUnavailableError) as caught:
        convert(WAITING, tmp_path, on_wait=nobody)
    assert caught.value.details["extra"] == "convert"
    models.verify(WAITING, tmp_path)


def test_what_was_never_fetched_cannot_be_converted(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        convert(WAITING, tmp_path, on_wait=nobody)
    assert caught.value.details["step"] == "fetch"


def test_damaged_weights_are_not_converted(tmp_path: Path) -> None:
    place = put(WAITING, tmp_path, RUBBISH)
    (place / "pytorch_model.bin").write_bytes(b"weightz")
    with pytest.raises(ModelDamagedError):
        convert(WAITING, tmp_path, on_wait=nobody)


def test_what_is_converted_is_left_alone(tmp_path: Path) -> None:
    place = put(entry(), tmp_path, {"model.bin": b"converted"})
    assert convert(entry(), tmp_path, on_wait=nobody) == place


@pytest.mark.parametrize(
    "text",
    [
        "echo it does not work >&2; exit 3",
        "kill -9 $$",
        "exit 0",
        'mkdir -p "$6" && echo x > "$6/model.bin"',
    ],
)
def test_a_converter_that_fails_leaves_the_weights_and_a_log(tmp_path: Path, text: str) -> None:
    put(WAITING, tmp_path / "models", RUBBISH)
    python = program(tmp_path, text)
    with pytest.raises(EngineError) as caught:
        convert(WAITING, tmp_path / "models", on_wait=nobody, python=python)
    assert Path(str(caught.value.details["log"])).exists()
    models.verify(WAITING, tmp_path / "models")
    with pytest.raises(ModelMissingError):
        models.require(WAITING, tmp_path / "models")


def test_a_converter_that_hangs_is_stopped(tmp_path: Path) -> None:
    put(WAITING, tmp_path / "models", RUBBISH)
    python = program(tmp_path, "exec sleep 30")
    with pytest.raises(EngineTimeoutError):
        convert(WAITING, tmp_path / "models", on_wait=nobody, timeout_s=0.2, python=python)
    models.verify(WAITING, tmp_path / "models")


def test_the_converter_gets_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "canary")
    put(WAITING, tmp_path / "models", RUBBISH)
    with pytest.raises(EngineError) as caught:
        convert(WAITING, tmp_path / "models", on_wait=nobody, python=program(tmp_path, "env"))
    said = Path(str(caught.value.details["log"])).read_text()
    assert "canary" not in said
    assert "HF_HUB_OFFLINE=1" in said


def test_two_conversions_at_once_wait_for_each_other(tmp_path: Path) -> None:
    put(WAITING, tmp_path / "models", RUBBISH)
    script = f"""
echo started >> {tmp_path}/runs
sleep 0.3
mkdir -p "$6"
for name in model.bin tokenizer.json preprocessor_config.json; do echo x > "$6/$name"; done
"""
    python = program(tmp_path, script)
    waited = threading.Event()

    def run() -> None:
        convert(WAITING, tmp_path / "models", on_wait=waited.set, python=python)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert waited.is_set()
    assert (tmp_path / "runs").read_text() == "started\n"
    models.verify(WAITING, tmp_path / "models")
    record = records.read(tmp_path / "models" / WAITING.name, WAITING.name)
    assert record
    assert (record.format, record.conversion) == (Format.CTRANSLATE2, "int8")


TINY_WHISPER = """
import json, sys
sys.modules["torchaudio"] = None
from pathlib import Path
from tokenizers import Tokenizer, models
from transformers import GenerationConfig, PreTrainedTokenizerFast
from transformers import WhisperConfig, WhisperForConditionalGeneration
place = Path(sys.argv[1])
words = ["a", "b", "", "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|vi|>"]
words += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"]
words += ["<|nospeech|>", "<|notimestamps|>"]
ids = {word: number for number, word in enumerate(words)}
tokenizer = Tokenizer(models.WordLevel(ids, unk_token="a"))
PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, eos_token=words[3], bos_token=words[3], unk_token=words[3]
).save_pretrained(place)
config = WhisperConfig(
    vocab_size=len(words), d_model=16, encoder_layers=1, decoder_layers=1, num_mel_bins=80,
    encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
    pad_token_id=3, bos_token_id=3, eos_token_id=3, decoder_start_token_id=4,
)
model = WhisperForConditionalGeneration(config)
model.generation_config = GenerationConfig(
    lang_to_id={"<|en|>": 5, "<|vi|>": 6}, alignment_heads=[[0, 0]], suppress_tokens=[],
    begin_suppress_tokens=[3], decoder_start_token_id=4, eos_token_id=3, pad_token_id=3,
)
model.save_pretrained(place)
(place / "preprocessor_config.json").write_text(json.dumps({"feature_size": 80}))
"""

LOAD = """
import sys
import numpy as np
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8")
language, probability, _ = model.detect_language(np.zeros(16000, np.float32))
print(language, model.feature_extractor.mel_filters.shape[0])
"""


@pytest.mark.slow
@pytest.mark.needs("convert")
def test_a_real_whisper_is_converted_and_loads_without_the_network(tmp_path: Path) -> None:
    source, kept = tmp_path / "source", tmp_path / "models"
    source.mkdir()
    run(TINY_WHISPER, source)
    put(WAITING, kept, {path.name: path.read_bytes() for path in source.iterdir()})
    place = convert(WAITING, kept, on_wait=nobody)
    assert models.require(WAITING, kept) == place
    models.verify(WAITING, kept)
    assert {*KEEP, "model.bin", "config.json", "model.json"} <= {p.name for p in place.iterdir()}
    assert not list(place.glob("*.safetensors"))
    assert run(LOAD, place).split()[1] == "80"


def run(text: str, place: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", text, str(place)],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        timeout=50,
        check=True,
        text=True,
    )
    return done.stdout
