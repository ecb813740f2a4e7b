"""The server that operators put before a webhook: it speaks TLS, and passes on."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trustme
from aiohttp import ClientSession, web

from tests.telegram.bot_api.webhooks import SECRET_HEADER


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def certified() -> tuple[ssl.SSLContext, bytes]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context, authority.cert_pem.bytes()


@asynccontextmanager
async def proxy(to: int) -> AsyncIterator[tuple[int, bytes]]:
    """A server that speaks TLS, and passes on to the bot what it gets."""
    context, certificate = await asyncio.to_thread(certified)

    async def pass_on(request: web.Request) -> web.Response:
        kept = ("Content-Type", SECRET_HEADER)
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        async with (
            ClientSession() as session,
            session.post(
                f"http://127.0.0.1:{to}{request.path}", data=await request.read(), headers=headers
            ) as response,
        ):
            return web.Response(status=response.status)

    app = web.Application()
    app.router.add_post("/{path:.*}", pass_on)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield runner.addresses[0][1], certificate
    await runner.cleanup()
