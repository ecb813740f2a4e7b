"""The whole bench, on models so small that it takes seconds."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from bot import bench_report
from bot.__main__ import main
from bot.bench import endless, endless_translator
from bot.bench_clips import LANGUAGE, speak_clips
from bot.bench_measuring import TARGET, Measured, Plan, measure
from pipeline import audio, baselines, engines
from pipeline.engines.shapes import make_nllb
from pipeline.shapes import NllbShape, WhisperShape
from pipeline.specs import AudioLimits, EspeakSpec, NllbSpec, VadSpec, WhisperSpec

WHISPER = WhisperShape(32, 2, 1, 1, words=600)
NLLB = NllbShape(32, 2, 1, 65_000)
"""Just large enough to be narrowed."""


def planned(work: Path, **choices: Any) -> Plan:
    return Plan(
        whisper=endless(WhisperSpec("micro-whisper", work / "whisper", threads=1, workers=1)),
        nllb=endless_translator(NllbSpec("micro-nllb", work / "nllb", threads=1)),
        synthesizer=EspeakSpec(),
        whisper_shape=WHISPER,
        nllb_shape=NLLB,
        work=work,
        settle_s=0.0,
        **choices,
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """One run of everything, with its progress checked on the way."""
    told: list[tuple[int, int]] = []
    plan = planned(tmp_path_factory.mktemp("bench"), seconds=(2.0, 1.0), runs=2)
    result = asyncio.run(measure(plan, lambda done, total: told.append((done, total))))
    turns = len({who for who, _, _ in result.times})
    assert told == [(done, 2 * 2 * turns) for done in range(1, 2 * 2 * turns + 1)]
    return result


@pytest.fixture(scope="module")
def record(measured: Measured) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bench_report.as_json(measured))
    return found


def test_percentiles_are_those_of_the_values() -> None:
    assert bench_report.percentiles([7.0]) == {"p50_ms": 7.0, "p95_ms": 7.0}
    values = [float(value) for value in range(100, -1, -1)]
    assert bench_report.percentiles(values) == {"p50_ms": 50.0, "p95_ms": 95.0}


def test_everything_is_in_the_record(record: dict[str, Any]) -> None:
    assert set(record) == {
        "machine",
        "models",
        "threads",
        "runs",
        "clips",
        "cached_translation",
        "encoder_passes",
        "peak_memory_mib",
        "absent",
    }
    assert {"cpu", "cores", "memory_gib", "python", "libraries", "load"} == set(record["machine"])
    assert [clip["seconds"] for clip in record["clips"]] == [1.0, 2.0]
    for clip in record["clips"]:
        assert all(clip["stages"][stage]["p50_ms"] > 0 for stage in bench_report.STAGES)
        assert clip["real_time_factor"] > 0
        assert clip["words"] > 0
        assert all(
            times["p50_ms"] <= times["p95_ms"]
            for name, times in clip["recognition"].items()
            if name != "transformers"
        )
        assert set(clip["translation"]) == {"ours.wide", "ours.narrowed"}
        given, bare = (clip["text_given"][name]["p50_ms"] for name in ("ours.given", "bare"))
        assert clip["overhead"] == pytest.approx(given / bare - 1, abs=0.01)


def test_text_takes_at_least_what_its_stages_take(measured: Measured) -> None:
    for seconds in measured.plan.seconds:
        stages = ("decode", "hear", "translate")
        runs = zip(*(measured.times["ours", seconds, each] for each in stages), strict=True)
        text = measured.times["ours", seconds, "text"]
        assert all(sum(run) <= whole for run, whole in zip(runs, text, strict=True))


def test_random_weights_are_called_random(measured: Measured, record: dict[str, Any]) -> None:
    assert record["models"]["recognizer"]["random"]
    assert record["models"]["translator"]["random"]
    for locale, word in (("en", "random weights"), ("vi", "trọng số ngẫu nhiên")):
        page = printed(measured, locale)
        assert f"micro-whisper ({word})" in page
        assert f"micro-nllb ({word})" in page


def printed(measured: Measured, locale: str) -> str:
    console = Console(file=io.StringIO(), width=200)
    bench_report.as_tables(measured, console, locale)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_language_and_text_share_one_encoder_pass_where_stock_takes_two(
    record: dict[str, Any],
) -> None:
    passes = {"ours": 1, "ours.given": 1, "stock": 2, "stock.given": 1}
    assert record["encoder_passes"] == passes


def test_memory_is_that_of_the_parent_its_worker_and_its_decoder(record: dict[str, Any]) -> None:
    peaks = record["peak_memory_mib"]
    processes = peaks["parent"] + peaks["child"] + peaks["decoder"]
    assert peaks["ours"] == pytest.approx(processes, abs=0.2)
    assert min(peaks.values()) > 10


@pytest.mark.lacks("convert")
def test_what_did_not_run_is_said(measured: Measured, record: dict[str, Any]) -> None:
    assert "transformers" in record["absent"]
    assert "Transformers did not run" in printed(measured, "en")


@pytest.mark.needs("convert")
def test_transformers_run_beside_us_where_they_are_here(record: dict[str, Any]) -> None:
    assert "transformers" not in record["absent"]


def test_the_libraries_do_as_much_work_as_the_pipeline(measured: Measured) -> None:
    plan = measured.plan
    (clip,) = speak_clips([2.0])
    words = measured.words[2.0]
    pair = (LANGUAGE, TARGET)
    bare = baselines.bare(clip.data, plan.whisper, plan.vad, plan.nllb, pair, words)
    stock = baselines.stock(clip.data, plan.whisper, None, words)
    assert bare.words == words
    assert stock.words == words - 1, "the first of its tokens is a time"


@pytest.mark.parametrize("seconds", [0.5, 2.0, 7.25])
def test_clips_are_speech_of_exactly_the_length_that_was_asked(seconds: float) -> None:
    (clip,) = speak_clips([seconds])
    sound = audio.decode(clip.data, AudioLimits())
    assert sound.seconds == pytest.approx(seconds, abs=1e-3)
    assert np.abs(sound.samples).max() > 0.05
    assert engines.find_speech(sound, VadSpec())
    assert clip.sentences


def test_models_that_are_made_are_kept_for_the_next_time(measured: Measured) -> None:
    made = measured.plan.nllb.path / "model.bin"
    before = made.stat().st_mtime_ns
    make_nllb(NLLB, measured.plan.nllb.path)
    assert made.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "options",
    [
        ["--runs", "0"],
        ["--runs", "many"],
        ["--seconds", "nan"],
        ["--seconds", "0.1"],
        ["--seconds", "1e9"],
        ["--threads", "-1"],
        ["--shape", "huge"],
        ["--shape", "tiny", "--model", "whisper-small"],
    ],
)
def test_wrong_use_is_refused_before_anything_is_made(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["bench", "--profile", "demo", *options])
    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_model_that_can_not_be_measured_ends_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, reason in (("nothing", "no model"), ("demo-nllb", "not of the kind")):
        assert main(["bench", "--profile", "demo", "--model", name]) == 1
        error = capsys.readouterr().err
        assert reason in error
        assert error.count("\n") == 1


def test_a_folder_that_can_not_be_made_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert main(["bench", "--profile", "demo", "--work", str(tmp_path / "file" / "work")]) == 1
    assert "--work" in capsys.readouterr().err


@pytest.mark.slow
def test_the_demo_is_measured_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            [
                "bench",
                "--profile",
                "demo",
                "--seconds",
                "2",
                "--runs",
                "1",
                "--threads",
                "1",
                "--json",
            ]
        )
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["models"]["recognizer"] == {
        "name": "demo-whisper",
        "random": False,
        "window": "speech",
    }
    assert found["threads"] == 1
    assert set(found["absent"]) == {"transformers", "ours.narrowed"}
