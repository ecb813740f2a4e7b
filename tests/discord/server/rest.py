"""The REST API and the downloads over HTTP: requests in, answers or faults out, all recorded."""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web

from tests.discord.server.faults import (
    DOWNLOAD,
    Drop,
    Fault,
    Faults,
    Redirect,
    Refuse,
    Slow,
    Truncate,
)
from tests.discord.server.limits import Limits, too_many_headers
from tests.discord.server.messages import Attachment
from tests.discord.server.refusals import (
    RefusalError,
    TooManyRequestsError,
    refused,
    unauthorized,
)
from tests.discord.server.requests import BODY_LIMIT, Ask, taken
from tests.discord.server.routes import ROUTES, Route
from tests.discord.server.world import World

VERSION = "/api/v10"


@dataclass(eq=False)
class Record:
    """One request as it came, without its headers, and what became of it."""

    title: str
    """The route, as the API reference titles it."""
    channel: int | None = None
    """The channel in the path."""
    ask: Ask | None = field(default=None, repr=False)
    fault: Fault | None = None
    status: int = 0
    """The HTTP status that was answered or, after a drop, would have been."""
    code: int = 0
    """The JSON code of a refusal."""
    result: Any = field(default=None, repr=False)
    processed: bool = False
    """Whether it took effect."""
    at: float = field(default_factory=time.monotonic)


@dataclass(eq=False)
class Rest:
    """The HTTP side of the server."""

    world: World
    faults: Faults
    limits: Limits
    records: list[Record] = field(default_factory=list)
    """Every request, in order of arrival."""
    crashes: list[Exception] = field(default_factory=list)
    """Defects of this server."""

    def mount(self, app: web.Application) -> None:
        """Serve all routes."""
        for route in ROUTES:
            app.router.add_route(route.method, VERSION + route.path, partial(self._serve, route))
        app.router.add_get("/attachments/{channel}/{attachment}/{name}", self._download)
        app.router.add_route("*", VERSION + "/{rest:.*}", self._stray)

    async def _stray(self, request: web.Request) -> web.StreamResponse:
        """Refuse a route that is not served, and remember that it was asked for."""
        record = Record(f"{request.method} {request.path.removeprefix(VERSION)}")
        self.records.append(record)
        return self._refused(record, RefusalError(404, 0, "404: Not Found"))

    async def _serve(self, route: Route, request: web.Request) -> web.StreamResponse:
        record = Record(route.title, _channel(request.match_info))
        self.records.append(record)
        try:
            if not route.by_token and request.headers.get("Authorization") != self._password:
                raise unauthorized()
            if (request.content_length or 0) > BODY_LIMIT:
                raise refused(413, 40005, "Request entity too large")
            record.ask = await taken(request)
            return await self._meet(request, record, route, record.ask)
        except RefusalError as refusal:
            return self._refused(record, refusal)

    @property
    def _password(self) -> str:
        return f"Bot {self.world.token}"

    async def _meet(
        self, request: web.Request, record: Record, route: Route, ask: Ask
    ) -> web.StreamResponse:
        """Do what is asked, with the fault that was ordered for it."""
        fault = record.fault = self.faults.take(route.title, record.channel)
        if isinstance(fault, Refuse):
            return self._fault_answer(record, fault)
        if isinstance(fault, Drop) and not fault.processed:
            return _dropped(request)
        if isinstance(fault, Slow) and not fault.processed:
            await asyncio.sleep(fault.seconds)
        headers = self._admit(route, ask)
        response = self._process(record, route, ask, headers)
        if isinstance(fault, Slow) and fault.processed:
            await asyncio.sleep(fault.seconds)
        return _dropped(request) if isinstance(fault, Drop) else response

    def _admit(self, route: Route, ask: Ask) -> dict[str, str]:
        majors = [ask.path[name] for name in ("channel", "guild", "token") if name in ask.path]
        return self.limits.admit(
            route.title, "/".join(majors), route.rule, counted=not route.by_token
        )

    def _process(
        self, record: Record, route: Route, ask: Ask, headers: dict[str, str]
    ) -> web.StreamResponse:
        try:
            record.result = route.answer(self.world, ask)
        except RefusalError as refusal:
            return self._refused(record, refusal, headers)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the server ends
            self.crashes.append(error)
            return self._refused(record, RefusalError(500, 0, "500: Internal Server Error"))
        record.processed = True
        record.status = 204 if record.result is None else 200
        return _json(record.result, record.status, headers)

    def _refused(
        self, record: Record, refusal: RefusalError, headers: Mapping[str, str] | None = None
    ) -> web.StreamResponse:
        record.status, record.code = refusal.status, refusal.code
        told = dict(headers or {})
        if isinstance(refusal, TooManyRequestsError):
            told |= too_many_headers(refusal)
        return _json(refusal.body(), refusal.status, told)

    def _fault_answer(self, record: Record, fault: Refuse) -> web.StreamResponse:
        if fault.page:
            record.status = fault.status
            title = f"{fault.status} {HTTPStatus(fault.status).phrase}"
            page = f"<html><head><title>{title}</title></head><body>{fault.message}</body></html>"
            return web.Response(text=page, status=fault.status, content_type="text/html")
        refusal = RefusalError(fault.status, fault.code, fault.message)
        if fault.retry_after is not None:
            refusal = TooManyRequestsError(
                retry_after=fault.retry_after, everywhere=fault.everywhere
            )
        return self._refused(record, refusal)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Send a file, as long as its link is good and it was not deleted."""
        record = Record(DOWNLOAD, _channel(request.match_info))
        self.records.append(record)
        fault = record.fault = self.faults.take(DOWNLOAD, record.channel)
        if isinstance(fault, Refuse):
            return self._fault_answer(record, fault)
        if isinstance(fault, Drop):
            return _dropped(request)
        if isinstance(fault, Redirect):
            record.status = 302
            return web.Response(status=302, headers={"Location": fault.to})
        if isinstance(fault, Slow):
            await asyncio.sleep(fault.seconds)
        stored = self._stored(request)
        if stored is None:
            record.status = 404
            return web.Response(status=404, text="This content is no longer available.")
        record.status, record.processed = 200, True
        if isinstance(fault, Truncate):
            return await _cut_short(request, stored.data, fault.keep)
        told = {"Content-Type": stored.content_type or "application/octet-stream"}
        return web.Response(body=stored.data, headers=told)

    def _stored(self, request: web.Request) -> Attachment | None:
        try:
            channel, number = (int(request.match_info[name]) for name in ("channel", "attachment"))
            proofs = [f"{name}={request.query[name]}&" for name in ("ex", "is", "hm")]
            fresh = self.world.clock.now() < int(request.query["ex"], 16)
        except (KeyError, ValueError):
            return None
        stored = self.world.files.get((channel, number, request.match_info["name"]))
        known = stored is not None and all(proof in stored.url for proof in proofs)
        return stored if known and fresh else None


def _channel(path: Mapping[str, str]) -> int | None:
    with suppress(KeyError, ValueError):
        return int(path["channel"])
    return None


def _json(result: object, status: int, headers: Mapping[str, str]) -> web.Response:
    """An answer; the client takes JSON for text if the type names a character set."""
    if status == HTTPStatus.NO_CONTENT:
        return web.Response(status=204, headers=headers)
    told = {"Content-Type": "application/json", **headers}
    return web.Response(body=json.dumps(result).encode(), status=status, headers=told)


def _dropped(request: web.Request) -> web.Response:
    """Hang up; the response that is returned has nowhere to go."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _cut_short(request: web.Request, data: bytes, keep: int) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_length = len(data)
    await response.prepare(request)
    await response.write(data[:keep])
    if request.transport is not None:
        request.transport.close()
    return response
