"""Random weights in the shape of XTTS-v2: what it costs can be measured without its weights.

As in ``shapes``, the end is ruled out: a decoder runs to exactly the bound it is given.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from pipeline import languages, records
from pipeline.catalogue import Format
from pipeline.engines.xtts import FILES, network
from pipeline.engines.xtts import Tokenizer as Spelling

_RULED_OUT: Final = -1e4
"""Added to a logit: far below any other, and far from the end of float32."""
_UNKNOWN: Final = "[UNK]"
_SPECIAL: Final = ("[STOP]", _UNKNOWN, "[SPACE]", "[START]")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'-:;"
_TONES: Final = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"


@dataclass(frozen=True, slots=True)
class XttsShape:
    """The sizes that can be chosen; the vocoder and the speaker encoder have 22 million weights."""

    width: int = 1_024
    heads: int = 16
    layers: int = 30
    tokens: int = 6_681
    """Of text, at least 200."""
    vietnamese: bool = False
    """Whether the vocabulary has ``[vi]``, as a fine-tune's."""


XTTS_V2: Final = XttsShape()
"""From the public ``config.json`` and ``vocab.json`` of coqui/XTTS-v2: 467 million weights."""
TINY: Final = XttsShape(width=64, heads=2, layers=2, tokens=256)


def make_xtts(shape: XttsShape, folder: Path, seed: int = 1) -> Path:
    """Write the model with its record, as if it were fetched, and return its folder.

    One made before is kept.
    """
    if (folder / records.RECORD).exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.") as draft:
        place = Path(draft) / folder.name
        place.mkdir()
        _vocabulary(shape).save(str(place / "vocab.json"))
        config = _config(shape)
        (place / "config.json").write_text(json.dumps(config), "utf-8")
        torch.save({"model": _weights(place, config, seed)}, place / "model.pth")
        files = {name: records.fingerprint(place / name) for name in FILES}
        source = records.Record(
            repo="random/weights", commit="", patterns=FILES, format=Format.TORCH, files=files
        )
        records.write(place, source)
        place.replace(folder)
    return folder


def _config(shape: XttsShape) -> dict[str, object]:
    spoken = sorted({languages.xtts(each) for each in languages.supported_by("xtts")})
    return {
        "model": "xtts",
        "languages": [*spoken, *(["vi"] if shape.vietnamese else [])],
        "model_args": {
            "gpt_layers": shape.layers,
            "gpt_n_model_channels": shape.width,
            "gpt_n_heads": shape.heads,
            "gpt_num_audio_tokens": 1_026,
            "gpt_start_audio_token": 1_024,
            "gpt_stop_audio_token": 1_025,
            "gpt_use_perceiver_resampler": True,
            "decoder_input_dim": shape.width,
        },
    }


def _weights(place: Path, config: dict[str, object], seed: int) -> dict[str, torch.Tensor]:
    """Build the network as it comes from the library, at random."""
    torch.manual_seed(seed)
    model = network(config, Spelling(str(place / "vocab.json")))
    with torch.no_grad():
        model.gpt.mel_head.bias[model.args.gpt_stop_audio_token] = _RULED_OUT
    weights: dict[str, torch.Tensor] = model.state_dict()
    return weights


def _vocabulary(shape: XttsShape) -> Tokenizer:
    codes = sorted({languages.xtts(each) for each in languages.supported_by("xtts")})
    marks = [f"[{code}]" for code in (*codes, *(["vi"] if shape.vietnamese else []))]
    known = [*_SPECIAL, *marks, *_LETTERS, *_TONES]
    rest = (f"#{number}" for number in range(shape.tokens - len(known)))
    ids = {token: number for number, token in enumerate((*known, *rest))}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=[], unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([*_SPECIAL, *marks])
    return tokenizer
