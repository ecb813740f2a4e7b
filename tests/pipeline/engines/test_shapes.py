"""Random weights in public shapes: as real as a model needs to be for its cost to be measured."""

from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from tokenizers import Tokenizer

from pipeline import languages
from pipeline.engines import shapes
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.engines.nllb import Nllb
from pipeline.shapes import NLLB_600M, WHISPERS, NllbShape, WhisperShape
from pipeline.specs import NllbSpec, WhisperSpec
from pipeline.types import Audio, Detection, Language, Span

EN, VI = Language("en"), Language("vi")
WHISPER = WhisperShape(64, 2, 2, 2, words=600)
NLLB = NllbShape(64, 2, 2, 1_000)
PROMPT = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"]


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shapes.make_whisper(WHISPER, tmp_path_factory.mktemp("shapes") / "whisper")


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shapes.make_nllb(NLLB, tmp_path_factory.mktemp("shapes") / "nllb")


def engine(path: Path, **choices: float) -> FasterWhisper:
    return FasterWhisper(
        WhisperSpec(
            "random",
            path,
            threads=1,
            workers=1,
            temperatures=(0.0,),
            compression_ratio_limit=1e9,
            log_probability_limit=-1e9,
            no_speech_limit=1.0,
            **choices,  # type: ignore[arg-type]  # numbers, whatever the field
        )
    )


def noise(seconds: float, loudness: float = 0.1) -> Audio:
    samples = np.random.default_rng(3).standard_normal(round(16_000 * seconds), np.float32)
    return Audio(samples * np.float32(loudness), 16_000)


def heard(recognizer: FasterWhisper, audio: Audio) -> int:
    spans = (Span(0.0, audio.seconds),)
    transcript = recognizer.transcribe(audio, spans, Detection(EN, 1.0))
    return len(transcript.text.split())


def test_whisper_never_ends_before_its_bound(whisper: Path) -> None:
    model = ctranslate2.models.Whisper(str(whisper), device="cpu")
    features = ctranslate2.StorageView.from_array(np.zeros((1, 80, 3000), np.float32))
    tokenizer = Tokenizer.from_file(str(whisper / "tokenizer.json"))
    prompt = [[tokenizer.token_to_id(token) for token in PROMPT]]
    for bound in (8, 50, 224):
        for beam in (1, 5):
            (found,) = model.generate(features, prompt, beam_size=beam, max_length=2 * bound)
            assert len(found.sequences_ids[0]) == bound


def test_what_whisper_writes_depends_on_the_seconds_alone(whisper: Path) -> None:
    recognizer = engine(whisper, tokens_per_second=4.0)
    ten, twenty, thirty = (heard(recognizer, noise(seconds)) for seconds in (10, 20, 30))
    assert 0 < ten < twenty
    assert thirty - twenty == twenty - ten
    assert heard(recognizer, noise(10, loudness=0.001)) == ten
    assert heard(engine(whisper, tokens_per_second=4.0, beam=1), noise(10)) == ten


@pytest.mark.parametrize("hotwords", [(), ("Dragoman",) * 300])
def test_fluent_speech_of_30_s_has_room_for_all_its_tokens(
    whisper: Path, hotwords: tuple[str, ...]
) -> None:
    fluent = engine(whisper, tokens_per_second=20.0)
    sound, spans = noise(29), (Span(0.0, 29.0),)
    found = fluent.transcribe(sound, spans, Detection(EN, 1.0), hotwords=hotwords)
    assert len(found.text.split()) == 224, "half of the decoder's positions, as Whisper was made"


def test_whisper_detects_among_all_its_languages(whisper: Path) -> None:
    audio = noise(2)
    found = engine(whisper).detect(audio, (Span(0.0, 2.0),), frozenset({EN, VI}))
    assert found.language in {EN, VI}
    assert 0 < found.probability < 1


def test_nllb_writes_exactly_as_much_as_it_read(nllb: Path) -> None:
    translator = Nllb(NllbSpec("random", nllb, threads=1, growth=1.0, slack=0))
    for words in (1, 7, 40):
        (text,) = translator.translate([" ".join(["babeba"] * words)], EN, VI)
        assert len(text.split()) == words + 1  # the language and the end, less the prefix


def test_nllb_knows_all_its_languages_and_no_word(nllb: Path) -> None:
    translator = Nllb(NllbSpec("random", nllb, threads=1, growth=1.0, slack=0))
    for language in languages.supported_by("flores"):
        assert translator.translate(["ô kìa"], language, EN)


def test_the_public_shapes_have_the_public_vocabularies() -> None:
    sizes = {name: shape.tokens for name, shape in WHISPERS.items()}
    assert sizes == {
        "tiny": 51_865,
        "base": 51_865,
        "small": 51_865,
        "distil-large-v3": 51_866,
        "large-v3-turbo": 51_866,
    }
    assert NLLB_600M.tokens == 256_206


def test_special_tokens_stand_where_whisper_has_them(tmp_path: Path) -> None:
    shape = WhisperShape(16, 2, 1, 1)
    path = shapes.make_whisper(shape, tmp_path / "narrow")
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    known = {"": 50_256, "<|endoftext|>": 50_257, "<|startoftranscript|>": 50_258}
    known |= {"<|translate|>": 50_358, "<|notimestamps|>": 50_363, "<|30.00|>": 51_864}
    assert {token: tokenizer.token_to_id(token) for token in known} == known
    assert tokenizer.get_vocab_size() == shape.tokens


def test_the_same_seed_gives_the_same_bytes_and_nothing_is_made_twice(tmp_path: Path) -> None:
    first, second = (shapes.make_nllb(NLLB, tmp_path / name) for name in ("one", "two"))
    before = (first / "model.bin").read_bytes()
    assert before == (second / "model.bin").read_bytes()
    (first / "model.bin").write_bytes(b"kept")
    shapes.make_nllb(NLLB, first)
    assert (first / "model.bin").read_bytes() == b"kept"


def test_a_model_that_can_not_be_finished_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should go")
    with pytest.raises(OSError, match="taken"):
        shapes.make_nllb(NLLB, tmp_path / "taken")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
