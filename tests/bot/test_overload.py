"""The ladder: climbed at once, left slowly, and never for less than is really to be waited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.overload import Ladder, Rungs, Step

waits = st.floats(min_value=0, max_value=1e6, allow_nan=False)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Scene:
    def __init__(self) -> None:
        self.clock = Clock()
        self.ladder = Ladder(Rungs(smaller_s=8, text_only_s=20, refuse_s=120), self.clock)

    def after(self, seconds: float, wait_s: float) -> Step:
        self.clock.now += seconds
        self.ladder.feel(wait_s)
        return self.ladder.step


def test_as_long_as_no_note_was_worked_on_nobody_is_said_to_wait() -> None:
    assert Scene().ladder.wait_s(50) == 0


def test_a_wait_is_as_many_turns_as_there_are_each_as_long_as_the_latest_notes_took() -> None:
    ladder = Scene().ladder
    ladder.worked(2.0)
    assert ladder.wait_s(10) == 20
    for _ in range(40):
        ladder.worked(0.5)
    assert ladder.wait_s(10) == pytest.approx(5, rel=0.01)


@pytest.mark.parametrize(
    ("wait_s", "step"),
    [(0, Step.CALM), (7.9, Step.CALM), (8, Step.SMALLER), (20, Step.TEXT_ONLY), (1e9, 2)],
)
def test_each_rung_is_climbed_at_once_from_its_wait_on(wait_s: float, step: Step) -> None:
    assert Scene().after(0, wait_s) == step


def test_a_rung_is_left_when_the_wait_is_half_as_long_for_some_seconds_one_by_one() -> None:
    scene = Scene()
    assert scene.after(0, 25) == Step.TEXT_ONLY
    assert scene.after(60, 11) == Step.TEXT_ONLY, "more than half of 20"
    assert scene.after(1, 9) == Step.TEXT_ONLY
    assert scene.after(5, 9) == Step.SMALLER
    assert scene.after(1, 3) == Step.SMALLER
    assert scene.after(5, 3) == Step.CALM


def test_a_queue_that_comes_and_goes_does_not_make_care_flicker() -> None:
    scene = Scene()
    seen = [scene.after(0.5, wait_s) for wait_s in (9, 7, 9, 3, 9, 3, 9, 7)]
    assert set(seen) == {Step.SMALLER}


def test_when_nothing_comes_any_more_it_is_calm_again_by_itself() -> None:
    scene = Scene()
    assert scene.after(0, 500) == Step.TEXT_ONLY
    scene.after(1, 0)
    scene.clock.now += 30
    assert scene.ladder.step == Step.CALM


@given(waits)
def test_who_is_refused_would_have_waited_longer_than_anybody_should(wait_s: float) -> None:
    assert Scene().ladder.refuses(wait_s) == (wait_s > 120)


@given(st.lists(st.tuples(st.floats(0, 100), waits), max_size=30))
def test_whatever_comes_the_step_is_never_below_what_the_wait_asks_for(
    happenings: list[tuple[float, float]],
) -> None:
    scene = Scene()
    for seconds, wait_s in happenings:
        step = scene.after(seconds, wait_s)
        asked = Step((wait_s >= 8) + (wait_s >= 20))
        assert step >= asked


def test_a_rung_is_not_left_the_moment_the_wait_shrinks() -> None:
    scene = Scene()
    assert scene.after(0, 25) == Step.TEXT_ONLY
    assert scene.after(12, 3) == Step.TEXT_ONLY, "until just now it was long"
    assert scene.after(5, 3) < Step.TEXT_ONLY
