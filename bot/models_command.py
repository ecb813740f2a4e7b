"""``dragoman models``: list, fetch, verify, convert and narrow."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from bot import messages, terminal
from bot.settings import Settings
from pipeline import catalogue, conversion, engines, fetching, languages, models, narrowing
from pipeline.catalogue import Entry
from pipeline.errors import ConfigurationError, DragomanError, UnknownModelError
from pipeline.models import State


def add_actions(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the actions, each with its own options and the common ones."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(
        name: str, do: Callable[["_Models", argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=text, description=text, parents=[common])
        added.set_defaults(action=do)
        return added

    action("list", _Models.list, "Show every model, its licence, and whether it is here.")
    for name, do, text in (
        ("fetch", _Models.fetch, "Download models; those of the settings if none is named."),
        (
            "verify",
            _Models.verify,
            "Read models that are here and compare them with their checksums.",
        ),
        ("convert", _Models.convert, "Convert fetched Transformers weights to CTranslate2."),
    ):
        action(name, do, text).add_argument("names", nargs="*", metavar="MODEL")
    narrow = action("narrow", _Models.narrow, "Limit what NLLB writes to the words of some texts.")
    narrow.add_argument("name", metavar="MODEL")
    narrow.add_argument(
        "--to", required=True, nargs="+", metavar="LANG", help="languages of the texts"
    )
    narrow.add_argument("--text", required=True, nargs="+", type=Path, metavar="FILE")
    widen = action("widen", _Models.widen, "Undo narrow.")
    widen.add_argument("name", metavar="MODEL")


def run(options: argparse.Namespace, settings: Settings, locale: str) -> int:
    """Do the action and return the exit status."""
    return int(options.action(_Models(settings, locale), options))


class _Models:
    def __init__(self, settings: Settings, locale: str) -> None:
        self._settings = settings
        self._folder = settings.models_dir
        self._catalogue = catalogue.load()
        self._locale = locale
        self._out = terminal.answers()
        self._errors = terminal.complaints()

    def list(self, _options: argparse.Namespace) -> int:
        table = Table(box=None, pad_edge=False)
        for column in ("model", "state", "languages", "disk", "memory", "licence", "money"):
            table.add_column(messages.say(f"models.{column}", self._locale), no_wrap=True)
        kind = None
        for listed in models.listing(self._catalogue, self._folder):
            entry = listed.entry
            if entry.kind is not kind:
                kind = entry.kind
                table.add_row(Text(messages.say(f"models.{kind}", self._locale), "bold"))
            table.add_row(
                entry.name,
                Text(messages.say(f"models.{listed.state}", self._locale), _STYLES[listed.state]),
                entry.languages if isinstance(entry.languages, str) else _some(entry.languages),
                _size(entry.disk_mb),
                _size(entry.memory_mb),
                entry.licence,
                messages.say("models.yes" if entry.commercial else "models.no", self._locale),
            )
        self._out.print(table)
        return 0

    def fetch(self, options: argparse.Namespace) -> int:
        def one(entry: Entry) -> None:
            models.permit(entry, commercial=self._settings.commercial)
            with _bytes_bar(self._errors, entry.name) as move:
                fetching.fetch(
                    entry, self._folder, lambda progress: move(progress.done, progress.total)
                )

        wanted = options.names or named(self._settings)
        return self._each([each for name in wanted for each in self._with_needs(name)], one)

    def verify(self, options: argparse.Namespace) -> int:
        def one(entry: Entry) -> None:
            total, done = models.weight(entry, self._folder), 0
            with _bytes_bar(self._errors, entry.name) as move:

                def tick(count: int) -> None:
                    nonlocal done
                    done += count
                    move(done, total)

                models.verify(entry, self._folder, tick)

        here = models.listing(self._catalogue, self._folder)
        names = options.names or [
            each.entry.name for each in here if each.state is not State.ABSENT
        ]
        return self._each(names, one)

    def convert(self, options: argparse.Namespace) -> int:
        def one(entry: Entry) -> None:
            with self._errors.status(Text(entry.name)):
                conversion.convert(entry, self._folder, on_wait=lambda: None)

        here = models.listing(self._catalogue, self._folder)
        names = options.names or [
            each.entry.name for each in here if each.state is State.UNCONVERTED
        ]
        if not names:
            self._out.print(messages.say("models.unneeded", self._locale))
        return self._each(names, one)

    def narrow(self, options: argparse.Namespace) -> int:
        targets = [languages.parse(name) for name in options.to]
        entry = self._catalogue.find(options.name)
        pieces = engines.speller(models.require(entry, self._folder))
        kept = narrowing.narrow(entry, self._folder, _lines(options.text), pieces, targets)
        self._out.print(messages.say("models.narrowed", self._locale, model=entry.name, kept=kept))
        return 0

    def widen(self, options: argparse.Namespace) -> int:
        narrowing.widen(self._catalogue.find(options.name), self._folder)
        return 0

    def _with_needs(self, name: str) -> Sequence[str]:
        try:
            return [entry.name for entry in self._catalogue.with_needs(name)]
        except UnknownModelError:
            return [name]  # which is told of when its turn comes

    def _each(self, names: Iterable[str], do: Callable[[Entry], None]) -> int:
        """Do it to each model; a failure is told and the next one goes on."""
        failed = False
        for name in dict.fromkeys(names):
            try:
                do(self._catalogue.find(name))
            except DragomanError as error:
                self._complain(error)
                failed = True
            else:
                self._out.print(messages.say("models.done", self._locale, model=name))
        return int(failed)

    def _complain(self, error: DragomanError) -> None:
        self._errors.print(messages.sentence(error, self._locale), markup=False, style="red")


_SHOWN = 6
"""Language codes shown before the rest is counted."""
_STYLES = {
    State.READY: "green",
    State.ABSENT: "dim",
    State.UNCONVERTED: "yellow",
    State.DAMAGED: "red",
}


def named(settings: Settings) -> list[str]:
    """Return the models that the settings need."""
    hearing = settings.hearing
    trial = [hearing.candidate.model] if hearing.candidate else []
    hurry = [settings.overload.model] if settings.overload.model else []
    names = [
        hearing.default,
        *hearing.routes.values(),
        *trial,
        *hurry,
        *settings.translating.order,
        *settings.speaking.order,
        *settings.own_voice.models,
    ]
    return [name for name in dict.fromkeys(names) if name not in catalogue.MODELLESS]


def _some(codes: Sequence[str]) -> str:
    return (
        " ".join(codes)
        if len(codes) <= _SHOWN
        else f"{' '.join(codes[:_SHOWN])} +{len(codes) - _SHOWN}"
    )


def _size(megabytes: int | None) -> str:
    return "" if megabytes is None else f"{megabytes:,} MB"


def _lines(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        try:
            with file.open(encoding="utf-8") as text:
                yield from text
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise ConfigurationError(setting=str(file), reason=reason) from error


@contextmanager
def _bytes_bar(console: Console, name: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of bytes where somebody watches."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
