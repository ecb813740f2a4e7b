"""discord.py's voice connection, with ears, and without what would make them deaf.

It leans on names that discord.py 2.7 keeps to itself. ``tests/discord/test_defects.py`` names them
all, and shows the defects that are worked around here:

- a message that the encrypted group refuses, or an answer that can't be sent, kills the task that
  reads the voice gateway;
- after a crash of the voice server it tries to resume, and gives up: it begins anew instead;
- after it has reconnected by itself, it takes the next move for a kick;
- while it connects, an answer that comes the moment it begins to wait is missed;
- its reader waits up to 30 s on a socket that was closed: so long a reconnect takes;
- a reconnect that takes too long is given up in the middle and never begun anew, and before each
  it waits longer than before: the watchdog ends both;
- put out of a call, it leaves once more, and waits in vain to be told that it is out;
- while the group agrees on keys, it speaks in the clear;
- it asks once for its address, and before it listens: an answer that gets lost, or that comes while
  another thread has its turn, is waited for in vain;
- a call that begins without encryption never comes to it, for want of a session.
"""

# ruff: noqa: SLF001 - the names above are those of discord.py's own connection state

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import discord
from discord.abc import Connectable
from discord.gateway import DiscordVoiceWebSocket as Gateway
from discord.utils import MISSING
from discord.voice_state import ConnectionFlowState, VoiceConnectionState

from bot.discord.ears import rtp
from bot.discord.ears.dave import Encryption, new_session
from bot.discord.ears.ears import Ears
from bot.discord.ears.watchdog import Facts
from pipeline.errors import PlatformUnreachableError

_KEEP_ALIVE_S: Final = 5.0
"""As Discord's own clients do; without it, sound stops after 5 to 15 minutes."""
_AGAIN_S: Final = 0.1
_ASK_AGAIN_S: Final = 1.0
_DISCOVERY: Final = struct.Struct(">HHI64sH")
"""Where somebody is seen: question or answer, length of the rest, SSRC, address, port."""
_ANSWER: Final = b"\0\2"
_CRASHED, _SESSION_OVER = 4015, 4006
"""Close codes: after the one discord.py resumes, after the other it begins anew."""
_TRANSITIONS: Final = {Gateway.MLS_ANNOUNCE_COMMIT_TRANSITION, Gateway.MLS_WELCOME}

_log = logging.getLogger(__name__)


class Connection(discord.VoiceClient):
    """Hears what is said in a voice channel, beside speaking into it.

    ``channel.connect(cls=Connection.with_ears(ears))`` makes one. The ears outlive it: a
    connection that is lost for good is followed by another one with the same ears.
    """

    supported_modes = (rtp.MODE,)
    _connection: "_State"

    def __init__(self, client: discord.Client, channel: Connectable, *, ears: Ears) -> None:
        self._ears = ears
        self._listening = False
        self._keeping_alive: asyncio.Task[None] | None = None
        super().__init__(client, channel)

    @classmethod
    def with_ears(cls, ears: Ears) -> "Callable[[discord.Client, Connectable], Connection]":
        """Return what ``connect`` takes as ``cls``."""
        return partial(cls, ears=ears)

    def create_connection_state(self) -> "_State":
        """Give discord.py the state it keeps of a connection."""
        return _State(self, hook=self._told)

    def alive(self) -> bool:
        """Say whether somebody listens to the voice gateway; ``is_connected`` alone can't tell."""
        tasks = (self._connection._runner, self._connection._connector)
        return any(task is not None and not task.done() for task in tasks)

    def facts(self) -> Facts:
        """Return what the watchdog wants to know.

        A connection that discord.py has let go of is not dead: it has been left for good.
        """
        left = self.guild.voice_client is not self
        return Facts(
            alive=self.alive() or left,
            ready=self.encryption().ready,
            pending=bool(self._connection.dave_pending_transitions),
            away=not left and not self._arrived(),
        )

    def _arrived(self) -> bool:
        """Say whether it is connected; discord.py also says so while it waits to connect again."""
        return self.is_connected() and self._connection.ws.ws.close_code is None

    def encryption(self) -> Encryption:
        """Return how the call is encrypted just now; for any thread."""
        return Encryption(self._connection.dave_protocol_version, self._connection.dave_session)

    def send_audio_packet(self, data: bytes, *, encode: bool = True) -> None:
        """Send 20 ms, or nothing while there is no key to encrypt them with."""
        with suppress(ValueError):  # of davey, which has no key yet
            super().send_audio_packet(data, encode=encode)

    async def rekey(self) -> None:
        """Ask to be taken out of the group and in again; does nothing where there is none.

        Raises PlatformUnreachableError.
        """
        if not self.encryption().version:
            return
        try:
            await self._connection._recover_from_invalid_commit(self._connection.transition)
        except (OSError, AttributeError) as error:  # no voice gateway, or not any more
            raise PlatformUnreachableError(platform="discord") from error

    async def disconnect(self, *, force: bool = False) -> None:
        """Leave, and let go of everything but the ears.

        The library's own tasks end first, and whatever began meanwhile: one that is about to
        connect again would leave once more, when we may have come back.
        """
        await self._end_tasks()
        try:
            await super().disconnect(force=force)
        finally:
            await self._end_tasks()

    async def _end_tasks(self) -> None:
        state = self._connection
        for task in (self._keeping_alive, state._runner, state._connector):
            await _ended(task)

    def cleanup(self) -> None:
        """Let go of the connection; discord.py calls it when Discord has ended it."""
        if self._keeping_alive is not None:
            self._keeping_alive.cancel()
        super().cleanup()

    async def _told(self, _: Gateway, message: dict[str, Any]) -> None:
        """Heed a message of the voice gateway; what is wrong with it costs only itself."""
        try:
            self._heed(message["op"], message["d"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            known = {"op": message.get("op"), "error": type(error).__name__}
            _log.warning("message of the voice gateway not understood", extra=known)

    def _heed(self, op: int, data: Any) -> None:  # noqa: ANN401 - JSON
        match op:
            case Gateway.READY:
                self._ears.reset(int(data["ssrc"]), self.user.id)
            case Gateway.SESSION_DESCRIPTION:
                self._described(bytes(data["secret_key"]))
            case Gateway.SPEAKING:
                begins = bool(data.get("speaking", True))
                self._ears.speaking(int(data["ssrc"]), int(data["user_id"]), begins=begins)
            case Gateway.CLIENT_CONNECT if data.get("audio_ssrc"):
                ssrc, user = int(data["audio_ssrc"]), int(data["user_id"])
                self._ears.speaking(ssrc, user, begins=False)
            case Gateway.CLIENT_DISCONNECT:
                self._ears.gone(int(data["user_id"]))
            case Gateway.DAVE_PREPARE_TRANSITION:
                self._connection.transition = int(data["transition_id"])

    def _described(self, key: bytes) -> None:
        """Begin to hear, or go on with another key."""
        state = self._connection
        state._disconnected.clear()
        if state.dave_session is None:
            state.dave_session = new_session(self.user.id, self.channel.id)
        self._ears.describe(key, self.encryption)
        if not self._listening:
            # Not earlier: its reader spins while there is a listener and no socket.
            state.add_socket_listener(self._ears.datagram)
            self._listening = True
        if self._keeping_alive is None or self._keeping_alive.done():
            self._keeping_alive = asyncio.create_task(self._keep_alive(), name="UDP keep-alive")

    async def _keep_alive(self) -> None:
        """Keep every router on the way from forgetting where sound for us goes."""
        counter = 0
        while True:
            with suppress(OSError):
                self._connection.socket.send(struct.pack("<Q", counter))
            counter = (counter + 1) % 2**32
            await asyncio.sleep(_KEEP_ALIVE_S)


async def _ended(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait for its end; our own is left to its caller."""
    if task is None or task is asyncio.current_task():
        return
    while not task.done():
        task.cancel()
        # Before 3.12, wait_for swallows a cancellation that comes together with what it waits for.
        await asyncio.wait({task}, timeout=_AGAIN_S)


class _State(VoiceConnectionState):
    """discord.py's state of a connection, with a gateway and a socket of ours."""

    transition = 0
    """The last change of the group that was announced."""

    @property
    def can_encrypt(self) -> bool:
        """Say that what is sent must be encrypted: discord.py takes a no for leave not to."""
        return self.dave_protocol_version != 0

    def _create_socket(self) -> None:
        self.socket = _Socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0)
        self._socket_reader.resume()

    async def _voice_disconnect(self) -> None:
        """Leave, and wait for no word of it where we are out already."""
        await super()._voice_disconnect()
        # In a new session of the gateway, the server is another object.
        guild = self.voice_client.client.get_guild(self.guild.id)
        member = guild.get_member(self.user.id) if guild else None
        if member is None or member.voice is None:
            self._disconnected.set()

    async def _wait_for_state(
        self,
        state: ConnectionFlowState,
        *other_states: ConnectionFlowState,
        timeout: float | None = None,  # noqa: ASYNC109 - as it is called
    ) -> None:
        async with asyncio.timeout(timeout):
            while self.state not in {state, *other_states}:
                await self._state_event.wait()

    async def _connect_websocket(self, resume: bool) -> Gateway:  # noqa: FBT001 - as it is called
        seen = -1 if self.ws is MISSING else self.ws.seq_ack
        gateway = await _Gateway.from_connection_state(
            self, resume=resume, hook=self.hook, seq_ack=seen
        )
        self.state = ConnectionFlowState.websocket_connected
        return gateway


class _Socket(socket.socket):
    def close(self) -> None:
        """Close it, and wake up whoever waits for it: closing alone does not."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        super().close()


class _Gateway(Gateway):
    _connection: _State

    async def poll_event(self) -> None:
        """Take the next message; have discord.py begin anew where it would go wrong."""
        try:
            await super().poll_event()
        except discord.ConnectionClosed as closed:
            if closed.code == _CRASHED:
                closed.code = _SESSION_OVER
            raise
        except ConnectionError as error:
            raise discord.ConnectionClosed(self.ws, shard_id=None, code=_SESSION_OVER) from error

    async def discover_ip(self) -> tuple[str, int]:
        """Ask where we are seen, until it is told."""
        state, told = self._connection, asyncio.Event()
        answers: list[bytes] = []

        def take(data: bytes) -> None:
            if len(data) == _DISCOVERY.size and data[:2] == _ANSWER:
                answers.append(data)
                with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                    self.loop.call_soon_threadsafe(told.set)

        state.add_socket_listener(take)
        try:
            while not answers:
                question = _DISCOVERY.pack(1, 70, state.ssrc, b"", 0)
                await self.loop.sock_sendall(state.socket, question)
                with suppress(TimeoutError):
                    await asyncio.wait_for(told.wait(), _ASK_AGAIN_S)
        finally:
            state.remove_socket_listener(take)
        *_, address, port = _DISCOVERY.unpack(answers[0])
        return address.split(b"\0", 1)[0].decode("ascii"), port

    async def received_binary_message(self, msg: bytes) -> None:
        """Let a message that the group's session refuses cost no more than itself.

        If it mattered, frames can't be opened any more, and the watchdog sees that.
        """
        op = msg[2] if len(msg) > 2 else None  # noqa: PLR2004 - behind the number of the message
        try:
            if op in _TRANSITIONS:
                [self._connection.transition] = struct.unpack_from(">H", msg, 3)
            await super().received_binary_message(msg)
        except (ValueError, IndexError, struct.error) as error:
            known = {"op": op, "error": type(error).__name__}
            _log.warning("message of the encrypted group refused", extra=known)
