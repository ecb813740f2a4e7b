"""A Discord of one bot, on loopback: REST API, gateway and downloads.

async with DiscordServer.start() as discord, running(discord, client):
    anna = discord.person("Anna", locale="vi")
    seat = anna.at(discord.guild("Club", owner=anna).text("general"))
    note = seat.voice(ogg, seconds=1.5)
    answer = await seat.wait_for(text="xin chào", reply_to=note)
    used = seat.use("settings captions", on=True)
    assert (await used.wait_for()).ephemeral
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from tests.discord.server.clock import Clock
from tests.discord.server.events import PRIVILEGED, Intent
from tests.discord.server.faults import Faults
from tests.discord.server.gateway import Gateway
from tests.discord.server.guilds import Guild
from tests.discord.server.limits import Limits
from tests.discord.server.messages import Message
from tests.discord.server.people import Person, User
from tests.discord.server.permissions import NOTHING, Permission
from tests.discord.server.reaching import reaching
from tests.discord.server.refusals import Json
from tests.discord.server.requests import BODY_LIMIT
from tests.discord.server.rest import VERSION, Record, Rest
from tests.discord.server.voice_door import Voice
from tests.discord.server.world import World

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAwMQ.loopb.only_here_0123456789abcdefghijklm"  # noqa: S105 - opens nothing else


@dataclass(eq=False)
class DiscordServer:
    """The REST API, the gateway and the downloads, over one world."""

    world: World
    rest: Rest
    gateway: Gateway

    @classmethod
    @asynccontextmanager
    async def start(  # noqa: PLR0913 - the ways in which a Discord can differ
        cls,
        *,
        token: str = TOKEN,
        voice: Voice | None = None,
        granted: Intent = PRIVILEGED,
        pace: float = 1.0,
        answer_within: float = 3.0,
        heartbeat_ms: int = 41_250,
        tls: ssl.SSLContext | None = None,
        seed: int = 0,
    ) -> AsyncIterator["DiscordServer"]:
        """Serve on a free port of 127.0.0.1, and let discord.py in this process come here.

        ``voice`` is where the bot is sent to speak; ``granted`` the privileged intents of the
        application; ``pace`` how fast the windows of rate limits pass; ``answer_within`` the
        seconds for a first answer. At the end a defect of the server, or a fault that was ordered
        and never met, fails the test.
        """
        world = World(token, granted=granted, voice=voice, answer_within=answer_within)
        rest = Rest(world, Faults(seed), Limits(pace))
        discord = cls(world, rest, Gateway(world, heartbeat_ms))
        world.listeners.append(discord.gateway.hear)
        app = web.Application(client_max_size=BODY_LIMIT + 2**20)
        app.router.add_get("/gateway/", discord.gateway.serve)
        rest.mount(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        host = f"127.0.0.1:{runner.addresses[0][1]}"
        secure = "s" if tls else ""
        world.cdn, world.gateway = f"http{secure}://{host}", f"ws{secure}://{host}/gateway/"
        try:
            with reaching(discord.api, world.gateway):
                yield discord
        finally:
            discord.gateway.close(1001)
            await runner.cleanup()
        if crashes := rest.crashes + discord.gateway.crashes:
            raise ExceptionGroup("the Discord server is wrong", crashes)
        if rest.faults.unmet:
            raise AssertionError(f"faults that never happened: {rest.faults.unmet}")

    @property
    def api(self) -> str:
        """What the paths of routes are appended to."""
        return self.world.cdn + VERSION

    @property
    def token(self) -> str:
        """What the developer portal gave."""
        return self.world.token

    @property
    def bot(self) -> User:
        """The bot's account."""
        return self.world.bot

    @property
    def clock(self) -> Clock:
        """The server's time; interactions and links age by it."""
        return self.world.clock

    @property
    def faults(self) -> Faults:
        """What shall go wrong."""
        return self.rest.faults

    @property
    def requests(self) -> list[Record]:
        """Every request, in order of arrival."""
        return self.rest.records

    def requests_to(self, title: str, *, channel: int | None = None) -> list[Record]:
        """The requests for one route, by its title in the API reference."""
        return [c for c in self.requests if c.title == title and channel in {None, c.channel}]

    def most_within(self, seconds: float, *titles: str, channel: int | None = None) -> int:
        """The most requests for these routes that fell into any stretch of so many seconds."""
        times = [c.at for title in titles for c in self.requests_to(title, channel=channel)]
        return max((sum(t <= other < t + seconds for other in times) for t in times), default=0)

    def person(self, name: str, *, locale: str = "en-US", installed: bool = False) -> Person:
        """Somebody new, whose app speaks this language; ``installed`` brings the bot along."""
        return self.world.person(name, locale=locale, installed=installed)

    def guild(
        self, name: str, *, owner: Person, bot: Permission | None = NOTHING, locale: str = "en-US"
    ) -> Guild:
        """Open a server; ``bot`` is what the bot's own role allows, ``None`` keeps it out."""
        return self.world.guild(name, owner=owner, bot=bot, locale=locale)

    def commands(self, guild: Guild | None = None) -> list[Json]:
        """What the bot has registered, for a server or everywhere."""
        place = guild.id if guild else None
        return [command.shape() for command in self.world.commands.get(place, [])]

    @property
    def from_bot(self) -> list[Message]:
        """Everything the bot wrote anywhere, in order, deleted messages included."""
        return self.world.by_bot()
