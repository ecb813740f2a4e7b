"""Posts updates to the bot's webhook until it takes them."""

import asyncio
import ssl
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.telegram.bot_api.refusals import Json
from tests.telegram.bot_api.world import Webhook, World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0
_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Delivery:
    """One attempt."""

    update_id: int
    status: int
    """HTTP status; 0 when there was no answer."""


@dataclass
class Courier:
    """Delivers in order, one at a time; what is refused comes again."""

    world: World
    deliveries: list[Delivery] = field(default_factory=list)

    async def run(self) -> None:
        """Deliver until cancelled."""
        pause = _FIRST_PAUSE_S
        async with ClientSession(timeout=ClientTimeout(total=_PATIENCE_S)) as session:
            while True:
                hook, update = self.world.webhook, self.world.updates.first()
                if hook is None or update is None:
                    await self.world.bell.wait()
                    continue
                trouble = await self._post(session, hook, update)
                if trouble is None:
                    self.world.updates.confirm(update)
                    pause = _FIRST_PAUSE_S
                    continue
                hook.last_error, hook.last_error_date = trouble, self.world.now()
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _post(self, session: ClientSession, hook: Webhook, update: Json) -> str | None:
        """Deliver once; return what went wrong."""
        headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
        status, trouble = 0, None
        try:
            async with session.post(
                hook.url, json=update, headers=headers, ssl=_trust(hook.certificate)
            ) as response:
                status = response.status
                if not response.ok:
                    trouble = f"Wrong response from the webhook: {status} {response.reason}"
        except TimeoutError:
            trouble = "Read timeout expired"
        except ClientError as error:
            trouble = f"Connection failed: {type(error).__name__}"
        self.deliveries.append(Delivery(update["update_id"], status))
        return trouble


def _trust(certificate: bytes | None) -> ssl.SSLContext | bool:
    """Trust the uploaded certificate itself, whoever signed it, or else the system's issuers."""
    if certificate is None:
        return True
    context = ssl.create_default_context(cadata=certificate.decode("ascii"))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
