"""What goes wrong: all the time a little, and at set points of the way something worse."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.discord.server import faults as discord_faults
from tests.discord.server.server import DiscordServer
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_protocol import Close
from tests.soak.calls import LiveCall
from tests.soak.people import Budget
from tests.soak.program import Program
from tests.telegram.bot_api import faults as telegram_faults
from tests.telegram.bot_api.server import BotApi

Blow: TypeAlias = Callable[[], Awaitable[None]]
Plan: TypeAlias = tuple[tuple[float, str], ...]
"""What happens when which share of the speech has been handed in."""

LONG: Plan = (
    (0.04, "gateway cut"),
    (0.08, "worker killed"),
    (0.11, "voice server crashed"),
    (0.14, "guests left and came back"),
    (0.17, "worker killed"),
    (0.20, "gateway closed"),
    (0.23, "voice connection cut"),
    (0.26, "worker killed"),
    (0.29, "gateway asked to reconnect"),
    (0.33, "program restarted"),
    (0.40, "guests left and came back"),
    (0.50, "region of calls changed"),
    (0.55, "gateway cut"),
    (0.60, "key of calls changed"),
    (0.65, "guests left and came back"),
    (0.70, "wrong proposal in calls"),
    (0.75, "gateway session lost"),
    (0.85, "voice server crashed"),
    (0.90, "gateway asked to reconnect"),
)
"""The worker dies before the restart only, so that memory can be watched for the longest time in
one and the same process after it."""
BRIEF: Plan = (
    (0.15, "gateway cut"),
    (0.30, "worker killed"),
    (0.45, "program restarted"),
    (0.80, "voice server crashed"),
)

_TELEGRAM = {
    "sendMessage": (
        (telegram_faults.server_error(), 0.01),
        (telegram_faults.bad_gateway(), 0.01),
        (telegram_faults.flood_wait(1), 0.01),
        (telegram_faults.Drop(processed=False), 0.01),
        (telegram_faults.Drop(processed=True), 0.005),
    ),
    "sendVoice": (
        (telegram_faults.server_error(), 0.01),
        (telegram_faults.bad_gateway(), 0.01),
        (telegram_faults.flood_wait(1), 0.01),
        (telegram_faults.Drop(processed=False), 0.01),
    ),
    "sendChatAction": (
        (telegram_faults.server_error(), 0.02),
        (telegram_faults.flood_wait(1), 0.01),
    ),
    "getFile": (
        (telegram_faults.server_error(), 0.01),
        (telegram_faults.Drop(processed=True), 0.01),
    ),
    "getUpdates": (
        (telegram_faults.bad_gateway(), 0.01),
        (telegram_faults.Drop(processed=True), 0.01),
        (telegram_faults.conflict(), 0.003),
    ),
    telegram_faults.DOWNLOAD: (
        (telegram_faults.server_error(), 0.01),
        (telegram_faults.Drop(processed=False), 0.01),
        (telegram_faults.Truncate(300), 0.02),
        (telegram_faults.Trickle(20_000), 0.01),
    ),
}
_DISCORD = {
    "Create Message": (
        (discord_faults.server_error(), 0.01),
        (discord_faults.bad_gateway(), 0.01),
        (discord_faults.rate_limited(0.7), 0.01),
        (discord_faults.Drop(processed=False), 0.01),
        (discord_faults.Drop(processed=True), 0.01),
    ),
    "Edit Message": (
        (discord_faults.server_error(), 0.02),
        (discord_faults.rate_limited(0.7), 0.01),
        (discord_faults.Drop(processed=False), 0.01),
    ),
    "Delete Message": ((discord_faults.server_error(), 0.02),),
    "Trigger Typing Indicator": ((discord_faults.server_error(), 0.02),),
    "Create Followup Message": ((discord_faults.server_error(), 0.01),),
    discord_faults.DOWNLOAD: (
        (discord_faults.server_error(), 0.01),
        (discord_faults.Drop(processed=False), 0.01),
        (discord_faults.Truncate(300), 0.02),
    ),
}
"""By the method or the route: what happens to which share of the requests."""
_REDELIVER_S = 5.0


@dataclass(eq=False)
class Storm:
    """Everything that goes wrong, on all sides of the bot."""

    telegram: BotApi
    discord: DiscordServer
    voices: VoiceServer
    calls: list[LiveCall]
    program: Program
    budget: Budget
    plan: Plan
    happened: Counter[str] = field(default_factory=Counter)
    """What was done on purpose, by its name."""
    times: list[tuple[float, str]] = field(default_factory=list)
    """When something of the plan was done, by the monotonic clock."""
    _dice: random.Random = field(default_factory=lambda: random.Random(6))

    def __post_init__(self) -> None:
        """Know how to do each thing that a plan may name."""
        self._blows: dict[str, Blow] = {
            "worker killed": self.program.kill_worker,
            "program restarted": self._restart,
            "gateway cut": self._cut_gateway,
            "gateway closed": self._close_gateway,
            "gateway asked to reconnect": self._reconnect,
            "gateway session lost": self._lose_session,
            "voice server crashed": self._crash_voice,
            "voice connection cut": self._cut_voice,
            "region of calls changed": self._change_region,
            "key of calls changed": self._rekey,
            "wrong proposal in calls": self._propose_wrongly,
            "guests left and came back": self._change_guests,
        }

    def begin(self) -> None:
        """Let requests fail now and then."""
        for method, faults in _TELEGRAM.items():
            for fault, share in faults:
                self.telegram.faults.always(method, fault, share=share)
        for route, failures in _DISCORD.items():
            for failure, share in failures:
                self.discord.faults.always(route, failure, share=share)

    def cease(self) -> None:
        """Let everything go well."""
        self.telegram.faults.clear()
        self.discord.faults.clear()

    @property
    def requests(self) -> Counter[str]:
        """Failed requests by platform."""
        return Counter(
            telegram=len(self.telegram.faults.happened), discord=len(self.discord.faults.happened)
        )

    async def run(self) -> None:
        """Strike where the plan says so, until nothing is left to be done or enough is said."""
        redelivering = asyncio.create_task(self._redeliver())
        try:
            for share, name in self.plan:
                await self._until(share)
                if self.budget.is_spent:
                    break
                self.times.append((time.monotonic(), name))
                await self._blows[name]()
                self.happened[name] += 1
            await self._until(1.0)
        finally:
            redelivering.cancel()
            await asyncio.gather(redelivering, return_exceptions=True)

    async def _until(self, share: float) -> None:
        while self.budget.share < share:  # noqa: ASYNC110 - nothing rings for every second of speech
            await asyncio.sleep(0.2)

    async def _redeliver(self) -> None:
        """Have Telegram deliver some updates again, now and then."""
        while True:
            await asyncio.sleep(_REDELIVER_S)
            last = min(3, len(self.telegram.updates.confirmed))
            if last:
                self.telegram.updates.redeliver(last)
                self.happened["updates redelivered"] += last

    async def _restart(self) -> None:
        await self.program.end()
        await self.program.start()
        self.program.restarts += 1

    async def _cut_gateway(self) -> None:
        self.discord.gateway.cut()

    async def _close_gateway(self) -> None:
        self.discord.gateway.close(4000)

    async def _reconnect(self) -> None:
        self.discord.gateway.reconnect()

    async def _lose_session(self) -> None:
        self.discord.gateway.invalidate()

    def _in_calls(self) -> Iterator[LiveCall]:
        return (call for call in self.calls if call.session is not None)

    async def _crash_voice(self) -> None:
        for call in self._in_calls():
            assert call.session is not None
            self.voices.close(call.session, Close.VOICE_SERVER_CRASHED)

    async def _cut_voice(self) -> None:
        for call in self._in_calls():
            assert call.session is not None
            self.voices.close(call.session, Close.ABNORMAL)

    async def _change_region(self) -> None:
        for call in self._in_calls():
            call.guild.bot_call.hand_over(self.voices)

    async def _rekey(self) -> None:
        for call in self._in_calls():
            assert call.session is not None
            self.voices.call(call.channel.id).rekey(call.session)

    async def _propose_wrongly(self) -> None:
        for call in self._in_calls():
            assert call.session is not None
            self.voices.call(call.channel.id).propose_wrongly(call.session)

    async def _change_guests(self) -> None:
        for call in self.calls:
            call.guest_leaves = True
