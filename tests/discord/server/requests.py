"""A request as it came in: the path, the query, the body and its files."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import BodyPartReader, web

from tests.discord.server.forms import read
from tests.discord.server.posting import Upload
from tests.discord.server.refusals import invalid, refused

T = TypeVar("T")
BODY_LIMIT = 25 * 1024 * 1024
"""Bytes of a request; larger ones are refused unread."""


@dataclass(frozen=True)
class Ask:
    """What a route is asked."""

    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """The JSON of the body, or of its part ``payload_json``."""
    uploads: Mapping[int, Upload] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """An id in the path. Raises RefusalError."""
        text = self.path[name]
        if not text.isdecimal():
            raise invalid(f"{name}_id", "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
        return int(text)

    def read(self, kind: type[T]) -> T:
        """Check the body. Raises RefusalError."""
        return read(kind, {} if self.body is None else self.body)


async def taken(request: web.Request) -> Ask:
    """Read a request. Raises RefusalError."""
    body: object = None
    uploads: dict[int, Upload] = {}
    try:
        if request.content_type == "multipart/form-data":
            body, uploads = await _parts(request)
        elif request.can_read_body:
            body = json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge:
        raise refused(413, 40005, "Request entity too large") from None
    except ValueError:
        raise refused(400, 50109, "The request body contains invalid JSON.") from None
    return Ask(request.match_info, request.query, body, uploads)


async def _parts(request: web.Request) -> tuple[object, dict[int, Upload]]:
    body: object = None
    uploads: dict[int, Upload] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise refused(400, 50035, "Invalid Form Body")
        data = bytes(await part.read())
        numbered = re.fullmatch(r"files\[(\d+)\]", part.name)
        if part.name == "payload_json":
            body = json.loads(data)
        elif numbered and part.filename is not None:
            kind = part.headers.get("Content-Type")
            uploads[int(numbered[1])] = Upload(part.filename, kind, data)
        else:
            raise invalid(part.name, "UNKNOWN_PART", "Neither payload_json nor files[n]")
    return body, uploads
