"""The terminal as a chat: ``dragoman try`` hears files and tells what came of each."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from bot import messages
from pipeline.errors import ConfigurationError, DragomanError
from pipeline.pipeline import Event, Heard, Pipeline, Spoken, Translated, Unspoken
from pipeline.types import Request, Speech, Transcript, Translation


@dataclass(slots=True)
class Outcome:
    """What came of one file, as far as it came."""

    file: Path
    heard: Transcript | None = None
    translated: Translation | None = None
    spoken: Speech | None = None
    path: Path | None = None
    """Where the spoken answer was written."""
    unspoken: DragomanError | None = None
    error: DragomanError | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    """decode, hear, translate, speak; text: until the translation; total: until the end."""


async def interpret_files(
    pipeline: Pipeline,
    files: Iterable[Path],
    request: Request,
    out: Path,
    tell: Callable[[Outcome], None],
    *,
    progress: Console,
    locale: str,
) -> bool:
    """Interpret each file and tell its outcome; True if all went well.

    A file that fails never touches the next.
    """
    answers = _Answers(out)
    fine = True
    for file in files:
        outcome = Outcome(file)
        started = time.perf_counter()
        try:
            with _listening(progress, file, locale) as heard_so_far:
                async for event in pipeline.run(replace(request, sound=file), heard_so_far):
                    _record(outcome, event, started)
            if outcome.spoken and outcome.translated:
                target = outcome.translated.target
                outcome.path = await asyncio.to_thread(answers.write, file, target, outcome.spoken)
        except DragomanError as error:
            outcome.error = error
        outcome.timings_ms["total"] = _ms_since(started)
        await asyncio.to_thread(tell, outcome)
        fine &= outcome.error is None
    return fine


def _record(outcome: Outcome, event: Event, started: float) -> None:
    timings = outcome.timings_ms
    match event:
        case Heard():
            outcome.heard = event.transcript
            timings |= {"decode": event.decode_ms, "hear": event.hear_ms}
        case Translated():
            outcome.translated = event.translation
            timings |= {"translate": event.translate_ms, "text": _ms_since(started)}
        case Spoken():
            outcome.spoken = event.speech
            timings["speak"] = event.speak_ms
        case Unspoken():
            outcome.unspoken = event.error
            timings["speak"] = event.speak_ms


class _Answers:
    """Writes spoken answers, each under a name of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used: set[str] = set()

    def write(self, heard: Path, language: str, speech: Speech) -> Path:
        """Write the clip and return its path; raises ConfigurationError if it can't be written."""
        stem = f"{heard.stem}.{language}"
        name = next(name for name in _numbered(stem) if name not in self._used)
        self._used.add(name)
        path = self._folder / f"{name}.ogg"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(speech.clip.data)
        except OSError as error:
            raise ConfigurationError(setting="--out", reason=error.strerror or "") from error
        return path


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 1
    while True:
        number += 1
        yield f"{stem}-{number}"


def expand(files: Iterable[Path]) -> Iterator[Path]:
    """Put the files of a folder into its place, in the order of their names.

    A folder without any stays, so that it is told of.
    """
    for file in files:
        if file.is_dir():
            found = sorted(inner for inner in file.iterdir() if not inner.is_dir())
            yield from found or [file]
        else:
            yield file


@contextmanager
def _listening(console: Console, file: Path, locale: str) -> Iterator[Callable[[float], None]]:
    """Show a line that moves while a file is heard; nothing where nobody watches."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:.0f} s"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(f"{messages.say('try.listening', locale)} {file.name}", total=None)
        yield lambda seconds: bar.update(task, completed=seconds)


def _ms_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
