"""The Bot API over HTTP on loopback: requests in, answers or faults out, everything recorded."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from tests.telegram.bot_api.chats import Chat, Person, Status
from tests.telegram.bot_api.faults import (
    DOWNLOAD,
    Drop,
    Fault,
    Faults,
    FloodLimits,
    Redirect,
    Refuse,
    Slow,
    Trickle,
    Truncate,
)
from tests.telegram.bot_api.messages import User
from tests.telegram.bot_api.methods import METHODS, Method
from tests.telegram.bot_api.parameters import Upload
from tests.telegram.bot_api.refusals import Json, RefusalError, bad_request
from tests.telegram.bot_api.updates import Updates
from tests.telegram.bot_api.webhooks import Courier, Delivery
from tests.telegram.bot_api.world import UPLOAD_LIMIT, World

TOKEN = "710000001:AAH-loopback_only_0123456789abcdefg"  # noqa: S105 - opens nothing but this
_WELL_FORMED = re.compile(r"[0-9]+:[A-Za-z0-9_-]{35}")
_TICK_S = 0.05
"""How often a trickling download sends."""


@dataclass(eq=False)
class Call:
    """One request as it came, and what became of it; the token is nowhere in it."""

    method: str
    parameters: Json = field(default_factory=dict)
    leaks_token: bool = False
    """Whether the bot put its own token into a parameter."""
    fault: Fault | None = None
    status: int = 0
    """The HTTP status that was answered or, after a drop, would have been."""
    description: str = ""
    result: Any = field(default=None, repr=False)
    processed: bool = False
    """Whether it took effect."""
    answered: bool = False
    """Whether the client was still there for the answer."""
    at: float = field(default_factory=time.monotonic)


@dataclass(eq=False)
class BotApi:
    """A Telegram of one bot."""

    world: World
    port: int = 0
    calls: list[Call] = field(default_factory=list)
    """Every request, in order of arrival."""
    faults: Faults = field(default_factory=Faults)
    crashes: list[Exception] = field(default_factory=list)
    """Defects of this server; ``start`` raises them at its end."""

    def __post_init__(self) -> None:
        """Hire the one who delivers to webhooks."""
        self._courier = Courier(self.world)

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        *,
        token: str = TOKEN,
        username: str = "dragoman_bot",
        privacy: bool = True,
        local: Path | None = None,
        flood: bool = False,
        clock: Callable[[], float] = time.monotonic,
        seed: int = 0,
    ) -> AsyncIterator["BotApi"]:
        """Serve on a free port of 127.0.0.1.

        ``local`` plays a Bot API server of one's own, with its files in that folder; ``flood``
        enforces the message rates, told by ``clock``. At the end a defect of the server, or a
        fault that was ordered and never met, fails the test.
        """
        bot = User(int(token.split(":", maxsplit=1)[0]), "Dragoman", is_bot=True, username=username)
        limits = FloodLimits(clock) if flood else None
        api = cls(World(bot, token, privacy, local, limits), faults=Faults(seed))
        app = web.Application(client_max_size=UPLOAD_LIMIT + 2**20)
        app.router.add_route("*", "/bot{token}/{method}", api._serve_method)
        app.router.add_get("/file/bot{token}/{path:.+}", api._serve_file)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.port = runner.addresses[0][1]
        courier = asyncio.create_task(api._courier.run())
        try:
            yield api
        finally:
            courier.cancel()
            with suppress(asyncio.CancelledError):
                await courier
            await runner.cleanup()
        if api.crashes:
            raise ExceptionGroup("the Bot API server is wrong", api.crashes)
        if api.faults.unmet:
            raise AssertionError(f"faults that never happened: {api.faults.unmet}")

    @property
    def token(self) -> str:
        """What BotFather gave."""
        return self.world.token

    @property
    def base_url(self) -> str:
        """What the token and the method are appended to."""
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def base_file_url(self) -> str:
        """What the token and a file's path are appended to."""
        return f"http://127.0.0.1:{self.port}/file/bot"

    @property
    def updates(self) -> Updates:
        """The line of updates."""
        return self.world.updates

    @property
    def deliveries(self) -> list[Delivery]:
        """Attempts to deliver to the webhook, in order."""
        return self._courier.deliveries

    def calls_to(self, method: str) -> list[Call]:
        """The requests for one method, ``download`` for files."""
        return [call for call in self.calls if call.method == method]

    def person(
        self, name: str, *, language: str | None = "en", username: str | None = None
    ) -> Person:
        """Somebody new, whose app speaks this language."""
        number = 5_000_000_001 + len(self.world.people)
        person = Person(number, name, username=username, language=language, world=self.world)
        self.world.people.append(person)
        return person

    def group(self, title: str, *, creator: Person, bot: Status = "member") -> Chat:
        """Open a basic group, with the bot in it."""
        return self._open(self.world.open_chat("group", title), creator, bot)

    def supergroup(
        self, title: str, *, creator: Person, bot: Status = "member", forum: bool = False
    ) -> Chat:
        """Open a supergroup, with topics if wanted, and the bot in it."""
        chat = self.world.open_chat("supergroup", title)
        chat.forum = forum
        return self._open(chat, creator, bot)

    def _open(self, chat: Chat, creator: Person, bot: Status) -> Chat:
        chat.members[creator.id] = "creator"
        if bot != "left":
            chat.set_member(self.world.bot, bot, creator)
        return chat

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        call = Call(_canonical(request.match_info["method"]))
        self.calls.append(call)
        try:
            self._check_token(request.match_info["token"])
            method = _known(request.match_info["method"])
            given = await _given(request)
            call.parameters, call.leaks_token = self._masked(given)
            return await self._meet(request, call, method, given)
        except RefusalError as refusal:
            return self._refused(request, call, refusal)

    def _check_token(self, token: str) -> None:
        if not _WELL_FORMED.fullmatch(token):
            raise RefusalError(404, "Not Found")
        if token != self.token:
            raise RefusalError(401, "Unauthorized")

    def _masked(self, given: Json) -> tuple[Json, bool]:
        shown = {name: _mask(value, self.token) for name, value in given.items()}
        leaks = shown != given
        if "secret_token" in shown:
            shown["secret_token"] = "<secret>"  # noqa: S105 - a mask
        return shown, leaks

    async def _meet(
        self, request: web.Request, call: Call, method: Method, given: Json
    ) -> web.StreamResponse:
        """Do what is asked, with the fault that was ordered for it."""
        fault = call.fault = self.faults.take(method.name, _chat_id(given))
        if isinstance(fault, Refuse):
            return self._fault_answer(request, call, fault)
        if isinstance(fault, Drop) and not fault.processed:
            return _dropped(request)
        if isinstance(fault, Slow) and not fault.processed:
            await asyncio.sleep(fault.seconds)
        response = await self._process(request, call, method, given)
        if isinstance(fault, Slow) and fault.processed:
            await asyncio.sleep(fault.seconds)
        if isinstance(fault, Drop):
            return _dropped(request)
        call.answered = not _gone(request)
        return response

    async def _process(
        self, request: web.Request, call: Call, method: Method, given: Json
    ) -> web.StreamResponse:
        try:
            call.result = await method.run(self.world, given)
        except RefusalError as refusal:
            return self._refused(request, call, refusal)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the server ends
            self.crashes.append(error)
            return self._refused(request, call, RefusalError(500, "Internal Server Error"))
        call.status, call.processed = 200, True
        return web.json_response({"ok": True, "result": call.result})

    def _refused(
        self, request: web.Request, call: Call, refusal: RefusalError
    ) -> web.StreamResponse:
        call.status, call.description = refusal.status, refusal.description
        call.answered = not _gone(request)
        return web.json_response(refusal.body(), status=refusal.status)

    def _fault_answer(self, request: web.Request, call: Call, fault: Refuse) -> web.StreamResponse:
        if not fault.page:
            refusal = RefusalError(fault.status, fault.description, fault.retry_after)
            return self._refused(request, call, refusal)
        call.status, call.description, call.answered = fault.status, fault.description, True
        title = f"{fault.status} {HTTPStatus(fault.status).phrase}"
        page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        return web.Response(text=page, status=fault.status, content_type="text/html")

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        call = Call(DOWNLOAD, {"path": path.replace(self.token, "<token>")})
        self.calls.append(call)
        try:
            self._check_token(request.match_info["token"])
            stored = self.world.exposed_file(path)
        except RefusalError as refusal:
            return self._refused(request, call, refusal)
        fault = call.fault = self.faults.take(DOWNLOAD, None)
        if isinstance(fault, Refuse):
            return self._fault_answer(request, call, fault)
        if isinstance(fault, Drop):
            return _dropped(request)
        if isinstance(fault, Redirect):
            call.status = 302
            return web.Response(status=302, headers={"Location": fault.to})
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
        call.status, call.processed = 200, True
        if isinstance(fault, Truncate) and not fault.honest:
            return web.Response(body=stored.data[: fault.keep])
        response = await _stream(request, stored.data, fault)
        call.answered = not _gone(request)
        return response


def _known(name: str) -> Method:
    method = METHODS.get(name.lower())
    if method is None:
        raise RefusalError(404, "Not Found: method not found")
    return method


def _canonical(name: str) -> str:
    method = METHODS.get(name.lower())
    return method.name if method else name


def _mask(value: object, token: str) -> object:
    if isinstance(value, str):
        return value.replace(token, "<token>")
    if isinstance(value, Upload):
        return Upload(value.name.replace(token, "<token>"), value.mime, value.data)
    return value


def _chat_id(given: Json) -> int | None:
    with suppress(KeyError, ValueError, TypeError):
        return int(given["chat_id"])
    return None


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _dropped(request: web.Request) -> web.Response:
    """Hang up; the response that is returned has nowhere to go."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _stream(request: web.Request, data: bytes, fault: Fault | None) -> web.StreamResponse:
    """Send a file, all of it or cut, at once or in drops."""
    response = web.StreamResponse()
    response.content_type = "application/octet-stream"
    response.content_length = len(data)
    await response.prepare(request)
    if isinstance(fault, Truncate):
        await response.write(data[: fault.keep])
        if request.transport is not None:
            request.transport.close()
        return response
    step = len(data)
    if isinstance(fault, Trickle):
        step = max(1, int(fault.bytes_per_second * _TICK_S))
    with suppress(ConnectionResetError):
        for start in range(0, len(data), step or 1):
            await response.write(data[start : start + step])
            if isinstance(fault, Trickle):
                await asyncio.sleep(_TICK_S)
        await response.write_eof()
    return response


async def _given(request: web.Request) -> Json:
    """Collect the parameters from query, form, JSON or multipart. Raises RefusalError."""
    given: Json = dict(request.query)
    try:
        if request.content_type == "application/json":
            return given | dict(await request.json())
        if request.content_type == "multipart/form-data":
            return given | await _multipart(request)
        return given | dict(await request.post())
    except (TypeError, ValueError):
        raise bad_request("can't parse the request") from None
    except web.HTTPRequestEntityTooLarge:
        raise RefusalError(413, "Request Entity Too Large") from None


async def _multipart(request: web.Request) -> Json:
    given: Json = {}
    files: dict[str, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise bad_request("a part without a name")
        data = bytes(await part.read())
        if part.filename is None:
            given[part.name] = data.decode()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            files[part.name] = Upload(part.filename, mime, data)
    for name, value in given.items():
        if isinstance(value, str) and value.startswith("attach://"):
            attached = files.pop(value.removeprefix("attach://"), None)
            if attached is None:
                raise bad_request("file attachment is missing")
            given[name] = attached
    return given | files
