"""The whole bot but its engines, connected to the Bot API server of these tests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import settings
from bot.commands import Commands
from bot.desk import Bounds, Desk
from bot.enrolment import Enrolments, Studio
from bot.interpreter import Interpreter
from bot.ordering import Orders
from bot.reception import Reception
from bot.settings import Settings
from bot.stores import Stores
from bot.telegram.client import Telegram
from pipeline import decoding, stages
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits
from pipeline.types import Clip, Language, Request, Speech, Transcript
from storage.database import open_database
from tests.pipeline.fake_stages import SPEC, WORDS, Memory, decoded, file_of
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bots import note

EN, VI = Language("en"), Language("vi")
GRACE_S = 5.0


@dataclass
class Engines:
    """A worker that hears what it is told to, translates from a table, and speaks a tone."""

    text: str = "Good night."
    language: Language = EN
    heard: list[Request] = field(default_factory=list)
    """What was asked, in order."""
    failures: dict[str, Exception] = field(default_factory=dict)
    """By stage: hear, translate, speak."""
    reads: Callable[[Any], str] | None = None
    """Makes the text from the sound."""
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    """Stages wait for these."""
    studio: Studio | None = None
    """Makes people's own voices; without it there are none."""

    async def call(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Any:
        stage = fn.__name__
        if stage in self.gates:
            await self.gates[stage].wait()
        if stage in self.failures:
            raise self.failures[stage]
        if fn is decoding.decode:
            return decoded(args[0])
        if fn is stages.hear:
            return self._hear(args[0])
        if fn is stages.translate:
            return [WORDS.get(sentence, sentence.upper()) for sentence in args[1]]
        if fn is stages.voices:
            return ["default", "other"]
        return self.speech()

    def speech(self) -> Speech:
        """What is spoken, whatever it says."""
        return Speech(Clip(note(), 1.0, b"\x10"), VI, "gtts", "voice")

    async def call_reporting(
        self,
        _: Callable[[float], None] | None,
        fn: Callable[..., Any],
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        return await self.call(fn, *args, **kwargs)

    def _hear(self, request: Request) -> stages.Hearing:
        self.heard.append(request)
        text = self.reads(file_of(request)) if self.reads else self.text
        heard = Transcript(text, self.language, 0.99, (), 2.0, "whisper")
        return stages.Hearing(heard, 2.0)


@dataclass
class Home:
    """The running bot."""

    telegram: BotApi
    engines: Engines
    settings: Settings
    stores: Stores
    desk: Desk
    commands: Commands
    bot: Telegram
    running: asyncio.Task[None]

    async def down(self) -> None:
        """Stop as ``dragoman run`` stops; raises what ``run`` raised."""
        await self.bot.stop()
        await self.desk.drain(GRACE_S)
        await self.bot.close()
        await self.running

    async def connected(self) -> None:
        """Wait until the bot asks for updates or waits for them."""
        bell = self.telegram.world.bell
        await bell.until(
            lambda: bool(self.telegram.calls_to("getUpdates") or self.telegram.world.webhook), 10
        )


async def settings_for(folder: Path, **choices: Any) -> Settings:
    """The settings of a bot whose database is in the folder."""
    path = {"path": folder / "dragoman.db"}
    return await asyncio.to_thread(settings.load, profile="demo", storage=path, **choices)


@asynccontextmanager
async def home(
    telegram: BotApi,
    folder: Path,
    engines: Engines | None = None,
    /,
    *,
    pipeline: Callable[[Settings, Stores], Any] | None = None,
    read_timeout_s: float = 5.0,
    working_every_s: float = 4.0,
    patience_s: float = 0.3,
    **choices: Any,
) -> AsyncIterator[Home]:
    """Run the bot on fake engines, or on the ``pipeline`` that a context manager opens."""
    engines = engines or Engines()
    own = {"token": telegram.token, "api_url": f"http://127.0.0.1:{telegram.port}"}
    own |= choices.pop("telegram", {})
    chosen = await settings_for(folder, telegram=own, **choices)
    async with AsyncExitStack() as stack:
        stores = Stores.of(
            await stack.enter_async_context(open_database(chosen.storage.path)), chosen
        )
        if pipeline:
            line = await stack.enter_async_context(pipeline(chosen, stores))
        else:
            line = Pipeline(
                SPEC, decoding=engines, compute=engines, network=engines, cache=Memory()
            )
        bounds = Bounds(
            chosen.desk.at_once, chosen.desk.per_person, chosen.desk.per_chat, chosen.desk.total
        )
        enrolments = Enrolments(engines.studio, stores.voices) if engines.studio else None
        orders = Orders(stores, enrolments.languages) if enrolments else None
        interpret = Interpreter(line, stores, chosen, working_every_s, orders=orders).open
        desk = Desk(
            Reception(interpret, enrolments, stores, lambda: chosen.desk.timeout_s).open,
            stores.notes,
            bounds,
            AudioLimits(**chosen.limits.model_dump()),
            patience_s=patience_s,
        )
        commands = Commands(stores, chosen, desk, line.voices, enrolments)
        bot = Telegram(
            chosen.telegram,
            desk,
            commands,
            read_timeout_s=read_timeout_s,
            first_pause_s=0.02,
        )
        running = asyncio.create_task(bot.run())
        house = Home(telegram, engines, chosen, stores, desk, commands, bot, running)
        try:
            await house.connected()
            yield house
        finally:
            await house.down()
