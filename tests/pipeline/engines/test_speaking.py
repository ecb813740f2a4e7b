import numpy as np
import pytest

from pipeline.engines.speaking import pace, sayable, spoken
from pipeline.errors import EngineError

RATE = 1_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("xin chào", "xin chào"),
        ("e\u0301", "é"),
        ("a\0b\ud800c", "a b c"),
        ("soft\u00adware", "software"),
        ("\ufeffhello\u202e", "hello"),
        ("می\u200cروم", "می\u200cروم"),
        ("one\ntwo\u2028three", "one\ntwo three"),
        ("😀", "😀"),
    ],
)
def test_only_what_can_be_said_is_left(text: str, said: str) -> None:
    assert sayable(text, "x", 100) == said


def test_a_text_at_the_limit_passes_whole_and_one_more_does_not() -> None:
    assert sayable("a" * 100, "x", 100) == "a" * 100
    with pytest.raises(EngineError):
        sayable("a" * 101, "x", 100)


@pytest.mark.parametrize(
    ("wish", "given"), [(1.3, 1.3), (0.0, 0.5), (-1.0, 0.5), (9.0, 2.0), (float("inf"), 2.0)]
)
def test_a_pace_stays_within_bounds(wish: float, given: float) -> None:
    assert pace(wish) == given


def test_silence_around_speech_goes_and_a_margin_stays() -> None:
    samples = np.zeros(3 * RATE, np.float32)
    samples[RATE : 2 * RATE] = 0.5
    assert spoken(samples, RATE, "x").seconds == pytest.approx(1.12)


def test_a_pause_within_speech_stays() -> None:
    samples = np.zeros(3 * RATE, np.float32)
    samples[[0, -1]] = 0.5
    assert spoken(samples, RATE, "x").seconds == 3


def test_samples_over_full_scale_are_scaled_and_not_clipped() -> None:
    samples = np.array([0.5, -2.0, 1.0], np.float32)
    assert spoken(samples, RATE, "x").samples.tolist() == [0.25, -1.0, 0.5]


def test_what_is_no_number_becomes_silence() -> None:
    samples = np.array([0.5, np.nan, 0.5], np.float32)
    assert spoken(samples, RATE, "x").samples.tolist() == [0.5, 0.0, 0.5]


@pytest.mark.parametrize("count", [0, 10])
def test_silence_alone_is_an_error(count: int) -> None:
    with pytest.raises(EngineError):
        spoken(np.zeros(count, np.float32), RATE, "x")
