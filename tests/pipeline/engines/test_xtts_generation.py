"""Every setting of generation arrives where the real library draws its tokens."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline import languages
from pipeline.latents import Latents
from pipeline.specs import XttsSpec
from pipeline.types import Language
from tests.extras import HAS_CLONE

if TYPE_CHECKING or HAS_CLONE:
    from pipeline.engines.xtts import Xtts
    from pipeline.engines.xtts_shapes import TINY, make_xtts

pytestmark = pytest.mark.needs("clone")
EN = Language("en")
TEXT = "Good morning."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_xtts(TINY, tmp_path_factory.mktemp("xtts") / "tiny")


@pytest.fixture(scope="module")
def voice() -> Latents:
    numbers = np.random.default_rng(1)
    condition = numbers.normal(size=(32, TINY.width)).astype(np.float32)
    return Latents("tiny", condition, numbers.normal(size=512).astype(np.float32))


def xtts(folder: Path, **choices: Any) -> "Xtts":
    spoken = languages.supported_by("xtts")
    return Xtts(XttsSpec("tiny", folder, spoken, threads=1, growth=0.02, slack=8, **choices))


@contextmanager
def drawing() -> Iterator[dict[str, Any]]:
    """Look at what the library's own loop is given, from outside."""
    seen: dict[str, Any] = {}

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "sample_stream":
            # A generator is called again at each token; its arguments are those of the first time.
            seen.setdefault("config", frame.f_locals["generation_config"])
            seen.setdefault("processors", list(frame.f_locals["logits_processor"]))

    sys.setprofile(look)
    try:
        yield seen
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize(
    ("choices", "arrived"),
    [
        ({}, (0.75, 1.0, 5.0, 50, 0.85)),
        (
            {
                "temperature": 0.5,
                "length_penalty": 2.0,
                "repetition_penalty": 3.0,
                "top_k": 7,
                "top_p": 0.6,
            },
            (0.5, 2.0, 3.0, 7, 0.6),
        ),
    ],
    ids=["of the spec", "others"],
)
def test_every_setting_reaches_the_loop_that_draws_tokens(
    folder: Path, voice: Latents, choices: dict[str, Any], arrived: tuple[float, ...]
) -> None:
    with drawing() as seen:
        assert list(xtts(folder, **choices).speak(TEXT, EN, voice))
    config = seen["config"]
    told = (
        config.temperature,
        config.length_penalty,
        config.repetition_penalty,
        config.top_k,
        config.top_p,
    )
    assert told == arrived
    assert config.do_sample
    # What is done with them is transformers' own; the length penalty weighs beams, of which there
    # is one.
    at_work = {type(each).__name__: vars(each) for each in seen["processors"]}
    assert at_work["TemperatureLogitsWarper"]["temperature"] == arrived[0]
    assert at_work["RepetitionPenaltyLogitsProcessor"]["penalty"] == arrived[2]
    assert at_work["TopKLogitsWarper"]["top_k"] == arrived[3]
    assert at_work["TopPLogitsWarper"]["top_p"] == arrived[4]


def test_without_temperature_the_likeliest_token_is_taken_whatever_the_seed(
    folder: Path, voice: Latents
) -> None:
    cold = xtts(folder, temperature=0.0)
    one, two = (
        np.concatenate([part.samples for part in cold.speak(TEXT, EN, voice, seed)])
        for seed in (1, 2)
    )
    assert np.array_equal(one, two)
