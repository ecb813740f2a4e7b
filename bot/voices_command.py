"""``dragoman voices`` and ``dragoman premium``: what the operator sees and changes of own voices.

Nobody can be enrolled here: a voice is made only of a sentence that its person reads aloud, to the
bot.
"""

import argparse
import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from rich.table import Table

from bot import messages, terminal
from bot.premium import DAYS, MINUTES, MOST_DAYS, MOST_MINUTES
from bot.settings import Settings
from bot.stores import Stores
from pipeline.errors import ConfigurationError, DatabaseUnavailableError
from storage.database import open_database
from storage.premium import Grant, Role
from storage.types import Chat, Person

_Do: TypeAlias = Callable[["_Command", Stores, argparse.Namespace], Awaitable[int]]
_PLATFORMS: Final = ("discord", "telegram")
_DAY_S: Final = 86_400
_ID: Final = re.compile("[0-9]{1,20}")
_CHAT_ID: Final = re.compile("-?[0-9]{1,20}")
_WHERE: Final = "in this group or server; else everywhere"


def add_voices(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the actions of ``voices``."""
    action = _actions(parser, common)
    action("list", _Command.voices, "Show whose voices are kept, and until when.")
    _add_person(action("delete", _Command.delete, "Erase somebody's voice, with its consent."))
    action("failed", _Command.failed, "Show the clips that were given up, and why.")


def add_premium(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the actions of ``premium``."""
    action = _actions(parser, common)
    grant = action("grant", _Command.grant, "Let somebody have clips in their own voice.")
    grant.add_argument("--days", type=_number(MOST_DAYS), default=DAYS, help=f"default: {DAYS}")
    grant.add_argument(
        "--minutes", type=_number(MOST_MINUTES), default=MINUTES, help=f"a day; default: {MINUTES}"
    )
    revoke = action("revoke", _Command.revoke, "Take that back.")
    for each in (grant, revoke):
        _add_person(each)
        each.add_argument("--chat", metavar="ID", type=_chat_id, help=_WHERE)
        each.add_argument("--role", action="store_true", help="ACCOUNT is a role of that server")
    listing = action("list", _Command.grants, "Show what is granted.")
    listing.add_argument("platform", nargs="?", choices=_PLATFORMS)
    listing.add_argument("--chat", metavar="ID", type=_chat_id, help=_WHERE)


def run(options: argparse.Namespace, settings: Settings, locale: str) -> int:
    """Do the action and return the exit status; raises StorageError."""
    return asyncio.run(_run(_Command(locale), options, settings))


async def _run(command: "_Command", options: argparse.Namespace, settings: Settings) -> int:
    async with _opened(settings) as stores:
        done: int = await options.action(command, stores, options)
        return done


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Stores]:
    """Open the database, which the bot may be serving."""
    path = settings.storage.path
    if not await asyncio.to_thread(path.is_file):
        raise DatabaseUnavailableError(path=str(path), reason="missing")
    async with open_database(path) as database:
        yield Stores.of(database, settings)


class _Command:
    def __init__(self, locale: str) -> None:
        self._locale = locale
        self._out = terminal.answers()

    async def voices(self, stores: Stores, _: argparse.Namespace) -> int:
        rows = [
            (
                f"{each.person.platform} {each.person.id}",
                messages.date(each.consented),
                messages.date(each.expires),
                f"{each.seconds:.0f} s",
                " ".join(each.models),
            )
            for each in await stores.voices.all()
        ]
        columns = ("account", "since", "until", "seconds", "models")
        self._show([f"voices.{each}" for each in columns], rows, "voices.none")
        return 0

    async def delete(self, stores: Stores, options: argparse.Namespace) -> int:
        receipt = await stores.voices.delete(Person(options.platform, options.account))
        self._say(
            "voices.deleted", voices=receipt.voices, latents=receipt.latents, jobs=receipt.jobs
        )
        return 0 if receipt.voices else 1

    async def failed(self, stores: Stores, _: argparse.Namespace) -> int:
        rows = [
            (
                str(each.number),
                each.platform,
                messages.date(each.finished),
                str(each.tries),
                each.code,
            )
            for each in await stores.queue.dead()
        ]
        columns = ("clip", "platform", "given_up", "tries", "reason")
        self._show([f"voices.{each}" for each in columns], rows, "voices.none_failed")
        return 0

    async def grant(self, stores: Stores, options: argparse.Namespace) -> int:
        to, chat = _to(options)
        until = time.time() + _DAY_S * options.days
        granted = await stores.premium.grant(to, chat=chat, minutes=options.minutes, until=until)
        self._say("premium.granted", until=messages.date(until), minutes=granted.minutes)
        return 0

    async def revoke(self, stores: Stores, options: argparse.Namespace) -> int:
        to, chat = _to(options)
        revoked = await stores.premium.revoke(to, chat=chat)
        self._say("premium.revoked" if revoked else "premium.nobody")
        return 0 if revoked else 1

    async def grants(self, stores: Stores, options: argparse.Namespace) -> int:
        listed = await stores.premium.list(_chat(options))
        rows = [
            self._row(each) for each in listed if options.platform in {None, _platform(each.to)}
        ]
        columns = ("premium.to", "premium.where", "voices.until", "premium.minutes")
        self._show(columns, rows, "premium.none")
        return 0

    def _row(self, grant: Grant) -> tuple[str, ...]:
        kind = "role " if isinstance(grant.to, Role) else ""
        where = grant.chat.id if grant.chat else messages.say("premium.everywhere", self._locale)
        until = messages.date(grant.until) if grant.until else "-"
        return (f"{_platform(grant.to)} {kind}{grant.to.id}", where, until, f"{grant.minutes:g}")

    def _show(self, columns: Sequence[str], rows: Iterable[Sequence[str]], none: str) -> None:
        table = Table(box=None, pad_edge=False)
        for column in columns:
            table.add_column(messages.say(column, self._locale), no_wrap=True)
        for row in rows:
            table.add_row(*row)
        if table.row_count:
            self._out.print(table)
        else:
            self._say(none)

    def _say(self, name: str, **facts: object) -> None:
        self._out.print(messages.say(name, self._locale, **facts), markup=False)


def _actions(
    parser: argparse.ArgumentParser, common: argparse.ArgumentParser
) -> Callable[[str, _Do, str], argparse.ArgumentParser]:
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, do: _Do, text: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=text, description=text, parents=[common])
        added.set_defaults(action=do)
        return added

    return action


def _add_person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("platform", choices=_PLATFORMS)
    parser.add_argument("account", metavar="ACCOUNT", type=_id, help="the number of the account")


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise argparse.ArgumentTypeError("an account is a number of at most 20 digits")
    return text


def _chat_id(text: str) -> str:
    if not _CHAT_ID.fullmatch(text):
        raise argparse.ArgumentTypeError("a group or server is a number of at most 20 digits")
    return text


def _number(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= most):
            raise argparse.ArgumentTypeError(f"a number from 1 to {most}")
        return int(text)

    return number


def _chat(options: argparse.Namespace) -> Chat | None:
    """Return where a grant holds; raises ConfigurationError if that can't be told."""
    if options.chat is None:
        return None
    if options.platform is None:
        raise ConfigurationError(setting="--chat", reason="name the platform as well")
    return Chat(options.platform, options.chat)


def _to(options: argparse.Namespace) -> tuple[Person | Role, Chat | None]:
    """Return to whom, and where; raises ConfigurationError for a role of no server."""
    chat = _chat(options)
    if not options.role:
        return Person(options.platform, options.account), chat
    if chat is None:
        raise ConfigurationError(setting="--role", reason="name its server with --chat as well")
    return Role(chat, options.account), chat


def _platform(to: Person | Role) -> str:
    return to.platform if isinstance(to, Person) else to.chat.platform
