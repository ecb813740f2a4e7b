"""``dragoman``: parse the command line, load the settings, call."""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import get_args

from bot import (
    app,
    bench,
    logs,
    messages,
    models_command,
    monitoring,
    serving,
    settings,
    terminal,
    voices_command,
)
from bot.console import Outcome, expand, interpret_files
from bot.reloading import Source
from bot.report import as_json, as_page
from bot.serving import NoPlatformError
from bot.settings import Profile, Settings, UnusableSettingsError
from pipeline import languages
from pipeline.errors import ConfigurationError, DragomanError, LanguageError
from pipeline.types import Request
from storage.database import back_up
from storage.restoring import restore
from storage.sealing import Seal

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    options = parser().parse_args(arguments)
    locale = messages.locale_of(_environment("LC_ALL", "LC_MESSAGES", "LANG"))
    logs.begin(verbose=options.verbose)
    errors = terminal.complaints()
    try:
        return int(options.run(options, locale))
    except LanguageError as error:
        problems, status = [error], MISUSED
    except DragomanError as error:
        problems, status = getattr(error, "problems", [error]), FAILED
    except KeyboardInterrupt:
        errors.print(messages.say("interrupted", locale))
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away; let the interpreter's last flush find nothing to complain about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    for problem in problems:
        errors.print(messages.sentence(problem, locale), markup=False)
    return status


def _environment(*names: str) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)


_FILE = Path("settings.toml")


def _settings(options: argparse.Namespace) -> Settings:
    file = options.settings
    if file is None and _FILE.exists():
        file = _FILE
    return settings.load(file, profile=options.profile)


def _source(options: argparse.Namespace, locale: str) -> Source:
    """Return where the settings are read from while the program runs."""
    file = (options.settings or _FILE).absolute()

    def load() -> Settings:
        found = settings.load(file, profile=options.profile)
        app.check(found)
        return found

    return Source.of(file, load, locale)


def _try(options: argparse.Namespace, locale: str) -> int:
    target = languages.parse(options.to) if options.to else None
    source = languages.parse(options.source) if options.source else None
    chosen = _settings(options)
    request = Request(
        sound=b"",
        targets=(target,) if target else chosen.targets,
        source=source,
        allowed=chosen.hearing.allowed,
    )
    files = list(expand(options.files))
    console = terminal.answers()

    def tell(outcome: Outcome) -> None:
        if options.json:
            print(as_json(outcome, locale), flush=True)  # noqa: T201 - this is the output
        else:
            as_page(outcome, console, locale)

    async def interpret() -> bool:
        async with app.open_pipeline(chosen) as pipeline:
            with suppress(DragomanError):  # each file will say so
                await pipeline.warm()
            return await interpret_files(
                pipeline,
                files,
                request,
                options.out,
                tell,
                progress=terminal.complaints(),
                locale=locale,
            )

    return OK if asyncio.run(interpret()) else FAILED


def _run(options: argparse.Namespace, locale: str) -> int:
    source = _source(options, locale)
    try:
        asyncio.run(serving.serve(_settings(options), source=source))
    except asyncio.CancelledError:  # a second signal
        return INTERRUPTED
    return OK


def _health(options: argparse.Namespace, locale: str) -> int:
    answer = asyncio.run(monitoring.ask(_settings(options).monitoring, locale))
    answers = terminal.answers()
    for sentence in answer.sentences:
        answers.print(sentence, soft_wrap=True, markup=False)
    return OK if answer.ready else FAILED


def _backup(options: argparse.Namespace, locale: str) -> int:
    asyncio.run(back_up(_settings(options).storage.path, options.file))
    terminal.answers().print(messages.say("backup.done", locale, path=options.file), markup=False)
    return OK


def _restore(options: argparse.Namespace, locale: str) -> int:
    chosen = _settings(options)
    secret = chosen.own_voice.secret
    seal = None if secret is None else Seal(secret)
    aside = asyncio.run(restore(options.file, chosen.storage.path, seal))
    name = "restore.done" if aside is None else "restore.replaced"
    sentence = messages.say(name, locale, path=chosen.storage.path, copy=options.file, aside=aside)
    terminal.answers().print(sentence, soft_wrap=True, markup=False)
    return OK


def _check(options: argparse.Namespace, locale: str) -> int:
    settings = _settings(options)
    answers = terminal.answers()
    remarks, problems = _platforms(settings, locale)
    for sentence in remarks:
        answers.print(sentence, soft_wrap=True, markup=False)
    try:
        app.check(settings)
    except UnusableSettingsError as error:
        problems += error.problems
    if problems:
        raise UnusableSettingsError(problems)
    answers.print(messages.say("check.fine", locale))
    return OK


def _platforms(settings: Settings, locale: str) -> tuple[list[str], list[DragomanError]]:
    """Return what is to be said of the tokens, and which can't be any."""
    remarks: list[str] = []
    problems: list[DragomanError] = []
    discord, telegram = settings.discord, settings.telegram
    if not discord.is_set and not telegram.is_set:
        remarks.append(messages.say(NoPlatformError.code, locale))
    if discord.is_set and discord.token is not None:
        # A platform's library is loaded only where it is used.
        from bot.discord import invite  # noqa: PLC0415

        link = invite.link(discord.token.get_secret_value())
        if link is None:
            problems.append(ConfigurationError(setting="discord.token", reason="token.discord"))
        else:
            remarks.append(messages.say("check.invite", locale, link=link))
    if telegram.is_set and telegram.token is not None:
        token = telegram.token.get_secret_value()
        if not re.fullmatch("[0-9]+:[A-Za-z0-9_-]+", token):
            problems.append(ConfigurationError(setting="telegram.token", reason="token.telegram"))
    return remarks, problems


def _bench(options: argparse.Namespace, locale: str) -> int:
    return bench.run(options, _settings(options), locale)


def _models(options: argparse.Namespace, locale: str) -> int:
    return models_command.run(options, _settings(options), locale)


def _voices(options: argparse.Namespace, locale: str) -> int:
    return voices_command.run(options, _settings(options), locale)


def parser() -> argparse.ArgumentParser:
    """Return what understands the command line."""
    parser = argparse.ArgumentParser(
        prog="dragoman", description="A self-hosted interpreter for voice."
    )
    parser.add_argument("--version", action="version", version=f"dragoman {version('dragoman')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--settings", type=Path, metavar="FILE", help="default: settings.toml")
    common.add_argument("--profile", choices=get_args(Profile), help="which models to start from")
    common.add_argument("--verbose", action="store_true", help="log what is going on")

    def command(
        name: str,
        run: Callable[[argparse.Namespace, str], int],
        text: str,
        *parents: argparse.ArgumentParser,
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, parents=parents)
        added.set_defaults(run=run)
        return added

    trying = command("try", _try, "Interpret sound files, or the files of a folder.", common)
    trying.add_argument("files", nargs="+", type=Path, metavar="FILE")
    trying.add_argument("--to", metavar="LANG", help="translate into this language")
    trying.add_argument(
        "--from", dest="source", metavar="LANG", help="the spoken language; detected if not given"
    )
    trying.add_argument(
        "--out", type=Path, default=Path("spoken"), metavar="DIR", help="for the spoken answers"
    )
    trying.add_argument("--json", action="store_true", help="one JSON object a file on one line")

    command("run", _run, "Interpret on the chat platforms, until it is stopped.", common)
    command("health", _health, "Ask the running bot whether everything is in order.", common)
    backing_up = command("backup", _backup, "Write a copy of the database.", common)
    backing_up.add_argument("file", type=Path, metavar="FILE")
    putting_back = command("restore", _restore, "Put a copy in the database's place.", common)
    putting_back.add_argument("file", type=Path, metavar="FILE")
    command("check", _check, "Say everything that is wrong with the settings.", common)
    bench.add_arguments(
        command("bench", _bench, "Measure this machine, beside the libraries alone.", common)
    )
    models_command.add_actions(command("models", _models, "List and fetch models."), common)
    own = command("voices", _voices, "List and delete people's own voices.")
    voices_command.add_voices(own, common)
    granting = command("premium", _voices, "Say who may have clips in their own voice.")
    voices_command.add_premium(granting, common)
    return parser


if __name__ == "__main__":
    sys.exit(main())
