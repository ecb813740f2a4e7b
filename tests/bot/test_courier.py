"""Why there is no clip is said in one sentence, whatever ended it, from its code alone."""

from collections.abc import Iterator

import pytest

from bot.courier import reason
from bot.messages import CATALOGUES
from pipeline.errors import DragomanError
from storage.clips import EXPIRED, LOST


def codes(kind: type[DragomanError] = DragomanError) -> Iterator[str]:
    """Whatever may end a job."""
    yield kind.code
    for child in kind.__subclasses__():
        yield from codes(child)


CODES = sorted({*codes(), EXPIRED, LOST, "", "no.such.code"})


@pytest.mark.parametrize("code", CODES)
def test_every_end_has_a_sentence_that_needs_no_facts(code: str) -> None:
    said = [reason(code, locale) for locale in CATALOGUES]
    assert all(each.endswith(".") and "{" not in each for each in said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (DragomanError.code, "could not be made"),
        ("worker.lost", "could not be made"),
        ("worker.timeout", "took too long"),
        ("engine.too_long", "too long to be said"),
        ("engine.failed", "could not be made"),
        ("model.damaged", "whoever runs this bot"),
        ("latents", "/voice enroll"),
        ("storage.seal", "whoever runs this bot"),
        ("platform.refused", "could not be sent"),
        ("premium.quota", "new ones tomorrow"),
        (LOST, "could not be made"),
    ],
)
def test_the_closest_sentence_is_said(code: str, words: str) -> None:
    assert words in reason(code, "en")
