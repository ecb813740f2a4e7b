"""What own voice takes of a machine, and from text, measured on the real thing where it is."""

import asyncio
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from bot.__main__ import main
from bot.bench import endless, endless_translator
from bot.bench_clone import Cloned, ClonePlan, endless_cloner, measure_clone, record
from bot.bench_measuring import Plan
from bot.bench_report import as_lines
from pipeline.shapes import NllbShape, WhisperShape
from pipeline.specs import EspeakSpec, NllbSpec, WhisperSpec, XttsSpec
from pipeline.types import Language
from tests.extras import HAS_CLONE

if TYPE_CHECKING or HAS_CLONE:
    from pipeline.engines.xtts_shapes import TINY, make_xtts


def planned(work: Path) -> ClonePlan:
    text = Plan(
        whisper=endless(WhisperSpec("micro-whisper", work / "whisper", threads=1, workers=1)),
        nllb=endless_translator(NllbSpec("micro-nllb", work / "nllb", threads=1)),
        synthesizer=EspeakSpec(),
        whisper_shape=WhisperShape(32, 2, 1, 1, words=600),
        nllb_shape=NllbShape(32, 2, 1, 600),
        work=work,
        seconds=(1.0,),
        settle_s=0.0,
    )
    xtts = XttsSpec("tiny", work / "tiny", frozenset({Language("en")}), threads=1)
    return ClonePlan(text, endless_cloner(xtts), random=False, niceness=0, sentences=(1,), runs=1)


@pytest.fixture
def measured(tmp_path: Path) -> Cloned:
    return Cloned(
        planned(tmp_path),
        load_s=9.876,
        learn_s=1.234,
        hear_s=[0.5, 0.7],
        spoken={78: [(4.0, 8.0), (4.0, 12.0), (5.0, 50.0)]},
        alone_ms=[100.0, 110.0, 90.0],
        beside_ms=[105.0, 115.0, 95.0],
        against_ms=[150.0],
        memory_mib=2_345.6,
        load=(0.5, 1.5),
    )


def test_the_record_says_medians_and_how_much_slower_text_was(measured: Cloned) -> None:
    found = json.loads(json.dumps(record(measured)))
    assert found["spoken"] == [
        {"characters": 78, "speech_s": 4.0, "took_s": 12.0, "real_time_factor": 3.0}
    ]
    assert (found["text_alone_p50_ms"], found["text_beside_p50_ms"]) == (100.0, 105.0)
    assert (found["slower_percent"], found["text_against_p50_ms"]) == (5.0, 150.0)
    assert (found["load_s"], found["memory_mib"], found["hear_s"]) == (9.88, 2_346, 0.6)


@pytest.mark.parametrize("locale", ["en", "vi"])
def test_people_can_read_it(measured: Cloned, locale: str) -> None:
    page = io.StringIO()
    as_lines(record(measured), Console(file=page, width=200), locale)
    for figure in ("9.88", "2,346", "3.0", "+5.0 %"):
        assert figure in page.getvalue()


@pytest.mark.lacks("clone")
def test_without_the_extra_the_operator_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "clone", "--profile", "demo", "--runs", "1"]) == 1
    assert "not installed" in capsys.readouterr().err


@pytest.mark.needs("clone")
def test_everything_is_measured_on_the_real_library(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    make_xtts(TINY, plan.xtts.path)
    told: list[tuple[int, int]] = []
    measured = asyncio.run(measure_clone(plan, lambda *steps: told.append(steps)))
    assert told == [(1, 2), (2, 2)]
    found = record(measured)
    assert measured.load_s > 0
    assert measured.learn_s > 0
    assert measured.memory_mib > 50
    [[(speech, took)]] = measured.spoken.values()
    assert speech > 0.1
    assert took > 0
    assert len(measured.alone_ms) == len(measured.beside_ms) == 1
    assert len(measured.against_ms) == 1
    assert json.dumps(found)
