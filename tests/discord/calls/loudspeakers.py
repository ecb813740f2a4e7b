"""What a call hears: discord.py's own player, whose frames are kept instead of sent."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

import discord
import numpy as np
from discord.player import AudioPlayer

from pipeline import audio
from pipeline.types import Audio, Clip

RATE = 48_000


def clip(hertz: float, seconds: float = 0.1) -> Clip:
    """Return a clip that can be told by its pitch."""
    times = np.arange(round(seconds * RATE)) / RATE
    return audio.encode(Audio((0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32), RATE))


def pitch(pcm: bytes) -> float:
    """Return the loudest frequency in hertz, to the nearest 100."""
    left = np.frombuffer(pcm, "<i2")[::2].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(left * np.hanning(len(left))))
    return round(float(spectrum.argmax()) * RATE / len(left), -2)


class Loudspeaker:
    """Fits ``Player`` as ``discord.VoiceClient`` does, with as much of a connection as it needs."""

    timeout = 10.0

    def __init__(self) -> None:
        self.client = self.ws = self
        self.loop = asyncio.get_running_loop()
        self.frames: list[bytes] = []
        """Of every clip, the silence after it included."""
        self.begun: list[int] = []
        """At which frame each clip begins."""
        self.broken = False
        self._player: AudioPlayer | None = None
        self._connected = threading.Event()
        self._connected.set()

    def play(
        self, source: discord.AudioSource, *, after: Callable[[Exception | None], Any] | None
    ) -> None:
        if not self.is_connected():
            raise discord.ClientException("Not connected to voice.")
        if self._player is not None and self._player.is_playing():
            raise discord.ClientException("Already playing audio.")
        self.begun.append(len(self.frames))
        self._player = AudioPlayer(source, cast("discord.VoiceClient", self), after=after)
        self._player.start()

    def stop(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None

    def is_connected(self) -> bool:
        return self._connected.is_set()

    def disconnect(self) -> None:
        self._connected.clear()

    def reconnect(self) -> None:
        self._connected.set()

    @property
    def clips(self) -> list[bytes]:
        ends = [*self.begun[1:], len(self.frames)]
        return [b"".join(self.frames[i:j]) for i, j in zip(self.begun, ends, strict=True)]

    @property
    def pitches(self) -> list[float]:
        """What was said, by its pitch."""
        return [pitch(each) for each in self.clips if any(each)]

    # what the player's thread asks for

    def send_audio_packet(self, data: bytes, *, encode: bool = True) -> None:
        if self.broken:
            raise OSError("no route")
        if encode:
            self.frames.append(data)

    def wait_until_connected(self, timeout: float | None = None) -> bool:
        return self._connected.wait(timeout)

    async def speak(self, state: discord.SpeakingState) -> None:
        """Tell the others."""
