"""What tests see and hear at the end of an unpatched discord.VoiceClient."""

# ruff: noqa: SLF001 - tests look where discord.py keeps what it says to nobody

import asyncio
from collections.abc import Callable

import davey
import discord
import numpy as np
from discord import opus
from numpy.typing import NDArray

from tests.discord.server.talkers import Talker
from tests.discord.server.voice_call import Call
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_rtp import OPUS, unseal
from tests.discord.server.voice_session import Session
from tests.discord.server.voice_sounds import Played, tone


async def until(happened: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for what nobody announces. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


async def agreed(client: discord.VoiceClient, *talkers: Talker) -> None:
    """Wait until all see the same group."""

    def codes() -> set[str | None]:
        members = [talker.member for talker in talkers if talker.member is not None]
        return {client.voice_privacy_code} | {each.session.voice_privacy_code for each in members}

    await until(lambda: len(codes()) == 1 and None not in codes())


async def play(client: discord.VoiceClient, hertz: float, seconds: float = 0.5) -> None:
    """Play a tone to its end."""
    client.play(Played(tone(hertz, seconds)))
    await until(lambda: not client.is_playing())


async def reconnected(server: VoiceServer, first: Session) -> Session:
    """Wait for the session after ``first``, past the sleep of discord.py on its closed socket.

    Stragglers from the old address wake it, once the new socket has got something to be read.
    """
    await until(lambda: len(server.past) > server.past.index(first) + 1)
    second = server.past[server.past.index(first) + 1]
    assert first.address is not None
    async with asyncio.timeout(5):
        while second.address is None:
            server.datagrams.send(b"straggler", first.address)
            await asyncio.sleep(0.05)
    return second


class Listening:
    """What a receiver does, in its smallest form: it knows good order only."""

    def __init__(self, client: discord.VoiceClient, call: Call) -> None:
        self.datagrams: list[bytes] = []
        self.failures: list[str] = []
        """Why frames could not be decrypted."""
        self._frames: dict[int, list[bytes]] = {}
        self._client = client
        self._call = call
        client._connection.add_socket_listener(self._hear)

    def _hear(self, data: bytes) -> None:
        """Open a datagram when it comes, as no frame can be decrypted twice."""
        self.datagrams.append(data)
        packet = unseal(data, bytes(self._client.secret_key))
        for talker in list(self._call.talkers.values()):
            if talker.ssrc == packet.ssrc and packet.payload_type == OPUS:
                try:
                    frame = self._open(talker, packet.payload)
                except ValueError as error:
                    self.failures.append(str(error))
                else:
                    self._frames.setdefault(talker.ssrc, []).append(frame)

    def _open(self, talker: Talker, payload: bytes) -> bytes:
        session = self._client._connection.dave_session
        if session is None:
            return payload
        return session.decrypt(talker.user, davey.MediaType.audio, payload)

    def frames(self, talker: Talker) -> list[bytes]:
        """The Opus frames of a talker, as they came."""
        return self._frames.get(talker.ssrc, [])

    def pcm(self, talker: Talker) -> NDArray[np.float32]:
        """The same, decoded: mono, 48 kHz."""
        decoder = opus.Decoder()  # type: ignore[no-untyped-call]  # so it is in discord.py
        decoded = [decoder.decode(frame, fec=False) for frame in self.frames(talker)]
        stereo = np.frombuffer(b"".join(decoded), np.int16).reshape(-1, 2)
        return np.asarray(stereo[:, 0] / 32768, np.float32)
