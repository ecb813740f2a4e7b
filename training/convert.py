"""Writing trained models as CTranslate2 packages, with the files their runtimes look for.

CTranslate2's converter reads a Transformers folder, so one is made in a temporary place first.
"""

# ruff: noqa: S106  # the tokens are words, not secrets

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import ctranslate2
from tokenizers import Tokenizer
from transformers import (
    GenerationConfig,
    M2M100ForConditionalGeneration,
    PreTrainedTokenizerFast,
    WhisperForConditionalGeneration,
)

from training import tokens
from training.phrases import CODES

_PREPROCESSOR = {
    "chunk_length": 30, "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80,
    "hop_length": 160, "n_fft": 400, "n_samples": 480_000, "nb_max_frames": 3000,
    "padding_side": "right", "padding_value": 0.0, "processor_class": "WhisperProcessor",
    "return_attention_mask": False, "sampling_rate": 16_000,
}  # fmt: skip


def recognizer(model: WhisperForConditionalGeneration, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the Whisper package.

    ``begin_suppress_tokens`` stays empty although Whisper's own forbids the end of text there:
    an immediate end is how this model says that it heard nothing.
    """
    targets = tokens.Targets(tokenizer)
    layers, heads = model.config.decoder_layers, model.config.decoder_attention_heads
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        lang_to_id={f"<|{name}|>": number for name, number in targets.languages.items()},
        alignment_heads=[[layers - 1, head] for head in range(heads)],
        suppress_tokens=[], begin_suppress_tokens=[], is_multilingual=True,
        no_timestamps_token_id=targets.no_times, eos_token_id=targets.end,
        pad_token_id=targets.end, decoder_start_token_id=targets.start, max_length=448,
    )  # fmt: skip
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>",
        unk_token="<|endoftext|>", pad_token="<|endoftext|>",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary)
        model.save_pretrained(source)
        wrapped.save_pretrained(source)
        (source / "preprocessor_config.json").write_text(json.dumps(_PREPROCESSOR, indent=2))
        _convert(source, folder, ["preprocessor_config.json"])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)


def translator(model: M2M100ForConditionalGeneration, bpe: Tokenizer, folder: Path) -> None:
    """Write the NLLB package."""
    wrapped = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        pad_token="<pad>", additional_special_tokens=list(CODES.values()),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary)
        model.save_pretrained(source)
        wrapped.save_pretrained(source)
        _convert(source, folder, [])
    bpe.save(str(folder / "tokenizer.json"), pretty=False)


def _convert(source: Path, folder: Path, extra: list[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    converter = ctranslate2.converters.TransformersConverter(str(source), copy_files=extra)
    converter.convert(str(folder), quantization="int8")
