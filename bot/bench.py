"""``dragoman bench``: what this machine takes, stage by stage, and beside the libraries alone."""

import argparse
import asyncio
import json
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import app, messages, terminal
from bot.bench_clips import LANGUAGE
from bot.bench_clone import ClonePlan, endless_cloner, measure_clone, record
from bot.bench_measuring import TARGET, Plan, measure
from bot.bench_report import as_json, as_lines, as_tables
from bot.settings import Settings
from pipeline import catalogue, models, routing
from pipeline.errors import (
    ConfigurationError,
    ModelDamagedError,
    ModelForbiddenError,
    ModelMissingError,
)
from pipeline.shapes import NLLB_600M, WHISPERS
from pipeline.specs import (
    EspeakSpec,
    NllbSpec,
    PipelineSpec,
    VadSpec,
    WhisperSpec,
    Window,
    XttsSpec,
)

SECONDS: Final = (2.0, 5.0, 10.0, 30.0)
RUNS: Final = 5
_XTTS: Final = "xtts-v2"
_NLLB: Final = "nllb-200-distilled-600m"
_NEVER: Final = 1e9
"""As a limit: no text of random weights is doubtful, or it would be heard again and again."""
_TOKENS_PER_SECOND: Final = 4.0
"""As in fluent English."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=("text", "clone"),
        default="text",
        help="text beside the libraries, or own voice and what it takes from text; default: text",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", metavar="NAME", help="a recogniser of the catalogue")
    which.add_argument(
        "--shape",
        choices=sorted(WHISPERS),
        help="the real size of this Whisper and of NLLB-600M; random weights where none are here",
    )
    parser.add_argument(
        "--seconds", nargs="+", type=_seconds, default=SECONDS, metavar="S", help="lengths of clips"
    )
    parser.add_argument("--runs", type=_count, default=RUNS, metavar="N", help="times per clip")
    parser.add_argument("--threads", type=_count, metavar="N", help="default: the settings'")
    parser.add_argument("--window", choices=get_args(Window), help="what the encoder sees")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="keep models that are made here for the next time"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")


def run(options: argparse.Namespace, settings: Settings, locale: str) -> int:
    """Measure, tell, and return the exit status; raises DragomanError."""
    with _folder(options.work) as work, _bar(locale) as progress:
        plan = _plan(options, settings, work)
        if options.what == "clone":
            return _clone(options, _clone_plan(options, settings, plan), progress, locale)
        measured = asyncio.run(measure(plan, progress))
    if options.json:
        print(as_json(measured))  # noqa: T201 - this is the output
    else:
        as_tables(measured, terminal.answers(), locale)
    return 0


def _clone(
    options: argparse.Namespace,
    plan: ClonePlan,
    progress: Callable[[int, int], None],
    locale: str,
) -> int:
    """Measure own voice, tell, and return the exit status."""
    found = record(asyncio.run(measure_clone(plan, progress)))
    if options.json:
        print(json.dumps(found))  # noqa: T201 - this is the output
    else:
        as_lines(found, terminal.answers(), locale)
    return 0


def _clone_plan(options: argparse.Namespace, settings: Settings, plan: Plan) -> ClonePlan:
    """Plan with the first own voice of the settings, or XTTS-v2; random where it is not here."""
    own = settings.own_voice
    name = next(iter(own.models), _XTTS)
    here = _here(settings, name)
    spoken = frozenset({LANGUAGE})
    threads = options.threads or own.threads
    spec = XttsSpec(name, here or plan.work / name, spoken, threads=threads)
    if here is None:
        spec = endless_cloner(spec)
    return ClonePlan(
        replace(plan, seconds=tuple(options.seconds)),
        spec,
        random=here is None,
        niceness=own.niceness,
        runs=options.runs,
    )


def _plan(options: argparse.Namespace, settings: Settings, work: Path) -> Plan:
    plan = _shaped(options, settings, work) if options.shape else _set(options, settings, work)
    whisper, nllb = plan.whisper, plan.nllb
    if options.threads:
        whisper = replace(whisper, threads=options.threads)
        nllb = replace(nllb, threads=options.threads)
    if options.window:
        whisper = replace(whisper, window=options.window)
    return replace(
        plan, whisper=whisper, nllb=nllb, seconds=tuple(options.seconds), runs=options.runs
    )


def _set(options: argparse.Namespace, settings: Settings, work: Path) -> Plan:
    """Plan with the models of the settings, or the one that was named for hearing."""
    hearing = settings.hearing
    if options.model:
        only = {"default": options.model, "routes": {}, "candidate": None}
        settings = settings.model_copy(update={"hearing": hearing.model_copy(update=only)})
    spec = app.pipeline_spec(settings)
    voices = routing.synthesizers(spec.synthesizers, TARGET, offline=True)
    return Plan(
        whisper=routing.recognizer(spec.recognizers, LANGUAGE),
        nllb=_local_translator(spec),
        synthesizer=next(iter(voices), EspeakSpec()),
        vad=spec.vad,
        limits=spec.limits,
        work=work,
    )


def _local_translator(spec: PipelineSpec) -> NllbSpec:
    for each in routing.translators(spec.translators, LANGUAGE, TARGET, offline=True):
        if isinstance(each, NllbSpec):
            return each
    raise ConfigurationError(setting="translating.order", reason="no local translator")


def _shaped(options: argparse.Namespace, settings: Settings, work: Path) -> Plan:
    """Plan with real sizes: weights that are here, else random ones."""
    hearing, translating = settings.hearing, settings.translating
    name = options.shape if options.shape in _entries() else f"whisper-{options.shape}"
    whisper = WhisperSpec(
        name, work / name, threads=hearing.threads, workers=hearing.workers, beam=hearing.beam
    )
    nllb = NllbSpec(_NLLB, work / _NLLB, threads=translating.threads, beam=translating.beam)
    plan = Plan(
        whisper=whisper,
        nllb=nllb,
        synthesizer=EspeakSpec(),
        vad=VadSpec(**hearing.vad.model_dump()),
        work=work,
    )
    whisper_here, nllb_here = (_here(settings, each) for each in (name, _NLLB))
    if whisper_here is None:
        plan = replace(plan, whisper=endless(whisper), whisper_shape=WHISPERS[options.shape])
    else:
        plan = replace(plan, whisper=replace(whisper, path=whisper_here))
    if nllb_here is None:
        return replace(plan, nllb=endless_translator(nllb), nllb_shape=NLLB_600M)
    return replace(plan, nllb=replace(nllb, path=nllb_here))


def endless(spec: WhisperSpec) -> WhisperSpec:
    """Return the spec for random weights: one decoding per window, of a length that is known."""
    return replace(
        spec,
        temperatures=(0.0,),
        compression_ratio_limit=_NEVER,
        log_probability_limit=-_NEVER,
        no_speech_limit=1.0,
        tokens_per_second=_TOKENS_PER_SECOND,
    )


def endless_translator(spec: NllbSpec) -> NllbSpec:
    """Return the spec for random weights: as many tokens as the source has."""
    return replace(spec, growth=1.0, slack=0)


def _entries() -> Sequence[str]:
    return tuple(catalogue.load().entries)


def _here(settings: Settings, name: str) -> Path | None:
    entry = catalogue.load().find(name)
    try:
        models.permit(entry, commercial=settings.commercial)
        return models.require(entry, settings.models_dir)
    except (ModelMissingError, ModelDamagedError, ModelForbiddenError):
        return None


@contextmanager
def _folder(wish: Path | None) -> Iterator[Path]:
    """Give out the folder for models that are made: the wished one, or one that vanishes."""
    if wish is None:
        with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
            yield Path(folder)
        return
    try:
        wish.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(setting="--work", reason=error.strerror or "") from error
    yield wish


@contextmanager
def _bar(locale: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far the measuring is, on stderr, where somebody watches."""
    console = terminal.complaints()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(messages.say("bench.measuring", locale), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _count(text: str) -> int:
    return round(_within(text, 1, 1_000))


def _seconds(text: str) -> float:
    return _within(text, 0.5, 600)


def _within(text: str, least: float, most: float) -> float:
    """Return the number; raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
    return number
