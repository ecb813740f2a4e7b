"""NLLB, as the demo model speaks it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import engines, narrowing
from pipeline.engines.nllb import Nllb
from pipeline.errors import EngineError, ModelDamagedError, UnsupportedLanguageError
from pipeline.specs import NllbSpec
from pipeline.types import Language

EN, VI, JA = Language("en"), Language("vi"), Language("ja")
DEMO = Path(__file__).parents[3] / "pipeline" / "demo" / "nllb"
SENTENCES = ["Where is the bathroom?", "Thank you very much.", "Good night."]


def spec(path: Path = DEMO) -> NllbSpec:
    return NllbSpec("demo-nllb", path, threads=1)


@pytest.fixture(scope="module")
def demo() -> Nllb:
    return Nllb(spec())


def test_sentences_are_translated_both_ways(demo: Nllb) -> None:
    vietnamese = demo.translate(SENTENCES, EN, VI)
    assert vietnamese[2] == "Chúc ngủ ngon."
    assert demo.translate(vietnamese, VI, EN) == SENTENCES


def test_a_batch_says_what_each_sentence_says_alone(demo: Nllb) -> None:
    alone = [demo.translate([sentence], EN, VI)[0] for sentence in SENTENCES]
    assert demo.translate(SENTENCES, EN, VI) == alone


def test_nothing_to_translate_is_nothing_translated(demo: Nllb) -> None:
    assert demo.translate([], EN, VI) == []


def test_a_language_the_model_lacks_is_refused_on_either_side(demo: Nllb) -> None:
    for source, target in ((EN, JA), (JA, EN)):
        with pytest.raises(UnsupportedLanguageError):
            demo.translate(["Good night."], source, target)


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "😀😀😀", "<unk></s>eng_Latn", "a" * 400, "\ud800"]
)
def test_strange_text_gives_some_text_and_harms_nothing(demo: Nllb, text: str) -> None:
    (answer,) = demo.translate([text], EN, VI)
    assert isinstance(answer, str)
    assert demo.translate(["Good night."], EN, VI) == ["Chúc ngủ ngon."]


def test_text_beyond_the_models_positions_is_refused_and_harms_nothing(demo: Nllb) -> None:
    with pytest.raises(EngineError):
        demo.translate(["a" * 3000], EN, VI)
    assert demo.translate(["Good night."], EN, VI) == ["Chúc ngủ ngon."]


def test_a_runaway_decoder_is_stopped_in_proportion_to_its_source(demo: Nllb) -> None:
    (long,) = demo.translate(["zqx " * 100], EN, VI)
    (short,) = Nllb(replace(spec(), growth=0, slack=3)).translate([SENTENCES[1]], EN, VI)
    assert len(short.split()) <= 3
    assert len(long) < 20_000


@pytest.mark.parametrize("name", ["tokenizer.json", "model.bin", "shared_vocabulary.json"])
@pytest.mark.parametrize("damage", [b"", b"\0\1\2" * 99])
def test_damaged_files_are_named_as_such(tmp_path: Path, name: str, damage: bytes) -> None:
    shutil.copytree(DEMO, tmp_path / "model")
    (tmp_path / "model" / name).write_bytes(damage)
    with pytest.raises(ModelDamagedError):
        Nllb(spec(tmp_path / "model"))


def test_a_narrowed_model_writes_the_same_with_fewer_pieces(tmp_path: Path, demo: Nllb) -> None:
    place = tmp_path / "model"
    shutil.copytree(DEMO, place)
    expected = demo.translate(SENTENCES, EN, VI)
    spell = engines.speller(place)
    lines = (DEMO.parent / "phrases.tsv").read_text("utf-8").splitlines()
    vietnamese = [line.split("\t")[3] for line in lines if line.count("\t") == 3]
    vocabulary = json.loads((place / "shared_vocabulary.json").read_text("utf-8"))
    kept = narrowing.allowed(vocabulary, vietnamese, spell)
    (place / narrowing.VMAP).write_text("\t" + " ".join(kept) + "\n", "utf-8")
    (place / narrowing.VMAP_TARGETS).write_text("vie_Latn\n", "utf-8")
    narrowed = Nllb(spec(place))
    assert narrowed.translate(SENTENCES, EN, VI) == expected
    assert len(kept) < len(vocabulary)
    assert narrowed.translate(expected, VI, EN) == SENTENCES, "other targets keep all pieces"
