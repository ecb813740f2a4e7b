"""Sound files to samples, and samples to voice messages, through PyAV.

Whoever sends a sound chose every byte of it. So nothing a header says is believed: limits are
counted on what was really decoded, only the containers and decoders below exist for FFmpeg, and
no file may name another one (playlists, external tracks) or an address to fetch.
"""

import io
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import BlockingIOError as NothingYetError
from av.error import EOFError as NothingMoreError
from av.error import FFmpegError
from av.filter import Graph
from av.packet import Packet
from numpy.typing import NDArray

from pipeline import files
from pipeline.errors import (
    AudioError,
    AudioTooLargeError,
    AudioTooLongError,
    EmptyAudioError,
    NoSoundtrackError,
    UnreadableAudioError,
)
from pipeline.specs import AudioLimits
from pipeline.types import Audio, Clip
from pipeline.waveform import waveform

RATE = 16_000
"""Samples per second that the recognisers expect."""

_CLIP_RATE = 48_000
_VOICE = {"application": "voip", "vbr": "constrained", "b": "32000"}  # as chat clients record

_RATES = range(1_000, 768_001)  # telephone logs to studio; beyond, the resampler's filter explodes
_CHANNELS = range(1, 65)  # the most libswresample mixes
_ROUNDING_S = 1e-6  # of a sum of frames
_SURPLUS_S = 0.05  # of what was decoded: durations are rounded up, at each change of format

_PART = 2**18

_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,loas,matroska,mov,mp3,mpc,mpc8,mpeg,"
    "mpegts,nistsphere,ogg,tta,voc,w64,wav,wv"
)
_DECODERS = (
    "aac,aac_latm,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,alac,amrnb,amrwb,"
    "ape,dca,eac3,flac,gsm,gsm_ms,mp1,mp1float,mp2,mp2float,mp3,mp3float,mpc7,mpc8,nellymoser,"
    "opus,pcm_alaw,pcm_bluray,pcm_dvd,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,"
    "pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,pcm_s32le,pcm_s8,pcm_u16be,pcm_u16le,"
    "pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le,pcm_u8,speex,tta,vorbis,wavpack,wmalossless,wmapro,"
    "wmav1,wmav2,wmavoice"
)
_ONLY_THESE = {
    "format_whitelist": _CONTAINERS,
    "codec_whitelist": _DECODERS,  # no video decoder runs, not even to probe
    "protocol_whitelist": "none",
}


def decode(
    sound: Path | bytes,
    limits: AudioLimits,
    progress: Callable[[float], None] | None = None,
    rate: int = RATE,
) -> Audio:
    """Return a sound file as mono at ``rate`` hertz, finite and in [-1, 1]; channels are averaged.

    Any container and codec of the lists above is read, whatever the file is called; of several
    soundtracks, the one FFmpeg deems best. A damaged packet costs that packet. What was decoded
    is all that is held: four bytes a sample. ``progress`` is told the decoded seconds after about
    every second. What strangers send is decoded by ``decoding.Decoder`` alone.

    Raises MissingAudioError, EmptyAudioError, UnreadableAudioError, NoSoundtrackError,
    AudioTooLongError and AudioTooLargeError, the latter two as soon as the limit is passed.
    """
    source, pcm, told = _Source(files.contents(sound, limits)), bytearray(), 0.0
    with closing(_soundtrack(source, limits, rate)) as blocks:
        for block in blocks:
            pcm += block.data
            seconds = len(pcm) / (rate * np.float32().nbytes)
            if progress and seconds >= told + 1:
                progress(seconds)
                told = seconds
    if not pcm:
        raise EmptyAudioError
    return Audio(_tamed(np.frombuffer(pcm, np.float32)), rate)


def fitted(audio: Audio, limits: AudioLimits, rate: int = RATE) -> Audio:
    """Return sound that is decoded already as ``decode`` would; ``limits.seconds`` holds for it.

    Nothing about it is believed: it may come from a decoder that somebody has taken over.

    Raises UnreadableAudioError, EmptyAudioError and AudioTooLongError.
    """
    _check(audio)
    if not len(audio.samples):
        raise EmptyAudioError
    if audio.seconds > limits.seconds + _SURPLUS_S:
        raise AudioTooLongError(limit=limits.seconds)
    tame = audio.samples.min() >= -1 and audio.samples.max() <= 1  # false for NaN, too
    return audio if tame and audio.rate == rate else resample(audio, rate)


def resample(audio: Audio, rate: int) -> Audio:
    """Return the same sound at ``rate`` hertz, finite and in [-1, 1].

    Raises UnreadableAudioError when the audio's own rate is not one that sound is recorded at.
    """
    blocks = list(_at_rate(audio, rate))
    return Audio(np.concatenate(blocks) if blocks else np.zeros(0, np.float32), rate)


def encode(audio: Audio, tags: Mapping[str, str] | None = None) -> Clip:
    """Return the sound as Ogg Opus; the same samples always give the same bytes.

    ``tags`` become Vorbis comments of the file, which players show. Raises EmptyAudioError for no
    samples and UnreadableAudioError as ``resample``.
    """
    _check(audio)
    if not len(audio.samples):
        raise EmptyAudioError
    file, exact = io.BytesIO(), {"fflags": "+bitexact"}
    with translated(), av.open(file, "w", format="ogg", container_options=exact) as container:
        stream = container.add_stream("libopus", rate=_CLIP_RATE, layout="mono", options=_VOICE)
        stream.codec_context.format = "flt"
        stream.metadata.update(tags or {})
        written = 0
        for block in _at_rate(audio, _CLIP_RATE):
            container.mux(stream.encode(_frame(block, _CLIP_RATE, written)))
            written += len(block)
        container.mux(stream.encode(None))
    tame = Audio(_tamed(np.array(audio.samples, np.float32)), audio.rate)
    return Clip(file.getvalue(), audio.seconds, waveform(tame))


class _Source:
    """What FFmpeg may read.

    Its methods never raise: PyAV keeps what a callback raises for whichever call comes next, on
    whatever file, and prints it when a second one follows.
    """

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._position = 0

    def read(self, size: int) -> bytes:
        part = bytes(self._data[self._position : self._position + max(0, size)])
        self._position += len(part)
        return part

    def seek(self, offset: int, whence: int) -> int:
        """Move, to beyond the end if need be; -1, FFmpeg's way to say no, for before the start."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: len(self._data)}
        position = start.get(whence, 0) + offset
        if position < 0:
            return -1
        self._position = position
        return position

    def tell(self) -> int:
        return self._position


@contextmanager
def translated() -> Iterator[None]:
    """Turn what PyAV raises into UnreadableAudioError, whose ``reason`` is PyAV's class."""
    try:
        yield
    except AudioError:
        raise
    except (FFmpegError, LookupError, MemoryError, RuntimeError, ValueError) as error:
        raise UnreadableAudioError(reason=type(error).__name__) from error


def _soundtrack(
    source: _Source, limits: AudioLimits, rate: int
) -> Generator[NDArray[np.float32], None, None]:
    """Yield samples at ``rate`` hertz while they are decoded, as they come."""
    with (
        translated(),
        av.open(source, "r", metadata_errors="replace", container_options=_ONLY_THESE) as container,
    ):
        stream = _stream(container)
        mono, seconds, lost = _Mono(rate), 0.0, False
        for packet in _packets(container, stream, limits):
            try:
                for frame in packet.decode():
                    seconds += _seconds(frame)
                    if seconds > limits.seconds + _ROUNDING_S:
                        raise AudioTooLongError(limit=limits.seconds)
                    yield from mono.push(frame)
            except (FFmpegError, UnreadableAudioError):
                lost = True
        yield from mono.finish()
        if lost and not mono.total:
            raise UnreadableAudioError(reason="no packet could be decoded")


def _seconds(frame: AudioFrame) -> float:
    if frame.sample_rate not in _RATES or frame.layout.nb_channels not in _CHANNELS:
        raise UnreadableAudioError(rate=frame.sample_rate, channels=frame.layout.nb_channels)
    return frame.samples / frame.sample_rate


def _stream(container: InputContainer) -> AudioStream:
    stream = container.streams.best("audio")
    if stream is None and container.streams.video:
        raise NoSoundtrackError
    if not isinstance(stream, AudioStream):
        raise UnreadableAudioError(reason="neither sound nor pictures")
    context: AudioCodecContext | None = stream.codec_context  # None where FFmpeg has no decoder
    if context is None or context.name not in _DECODERS.split(","):
        raise UnreadableAudioError(reason="no decoder")
    context.thread_count = 1
    return stream


def _packets(
    container: InputContainer, stream: AudioStream, limits: AudioLimits
) -> "Iterator[Packet[AudioStream]]":
    """Yield the packets of one stream, up to damage that FFmpeg can't read past.

    An index can send FFmpeg to the same bytes again and again, so packets are counted too.
    """
    size = 0
    try:
        for packet in container.demux(stream):
            size += max(1, packet.size)
            if size > limits.bytes:
                raise AudioTooLargeError(limit=limits.bytes)
            yield packet
    except FFmpegError:
        if not size:
            raise


class _Mono:
    """A resampler for frames of any format, layout and rate, changing as they like.

    Gives exactly as many samples as the duration asks for, however short it is.
    """

    def __init__(self, rate: int) -> None:
        self.total = 0
        self._rate = rate
        self._shape: tuple[str, int, str] | None = None
        self._graph: Graph | None = None
        self._taken = 0
        self._given = 0

    def push(self, frame: AudioFrame) -> Iterator[NDArray[np.float32]]:
        shape = (frame.format.name, frame.sample_rate, frame.layout.name)
        if shape != self._shape:
            yield from self.finish()
            self._graph = self._built(*shape, channels=frame.layout.nb_channels)
            self._shape = shape
        if self._graph:
            self._graph.push(frame)
            self._taken += frame.samples
            yield from self._pulled(self._graph)

    def finish(self) -> Iterator[NDArray[np.float32]]:
        """Yield what the resampler's filter still holds."""
        if self._graph and self._shape:
            end = -(-self._taken * self._rate // self._shape[1])
            self._graph.push(None)
            for block in self._pulled(self._graph):
                surplus = max(0, self._given - end)
                if surplus < len(block):
                    yield block[: len(block) - surplus]
            self.total += end
        self._graph, self._shape, self._taken, self._given = None, None, 0, 0

    def _built(self, sample_format: str, rate: int, layout: str, *, channels: int) -> Graph:
        graph = Graph()
        graph.threads = 1
        nodes = [
            graph.add(
                "abuffer",
                sample_fmt=sample_format,
                sample_rate=str(rate),
                channel_layout=layout,
                time_base=f"1/{rate}",
            )
        ]
        if channels > 1:  # "<" makes the weights add up to 1: full scale stays full scale
            mean = "+".join(f"c{channel}" for channel in range(channels))
            nodes.append(graph.add("pan", f"mono|c0<{mean}"))
        nodes.append(graph.add("apad", pad_dur="0.1"))  # drives the end through the filter
        nodes.append(graph.add("aresample", f"{self._rate}:out_sample_fmt=flt"))
        nodes.append(graph.add("abuffersink"))
        graph.link_nodes(*nodes).configure()
        return graph

    def _pulled(self, graph: Graph) -> Iterator[NDArray[np.float32]]:
        while True:
            try:
                frame = graph.pull()
            except (NothingYetError, NothingMoreError):
                return
            if isinstance(frame, AudioFrame):
                self._given += frame.samples
                yield np.frombuffer(memoryview(frame.planes[0]), np.float32, frame.samples)


def _at_rate(audio: Audio, rate: int) -> Iterator[NDArray[np.float32]]:
    """Yield the samples at ``rate``, a second or less at a time."""
    _check(audio)
    seconds = (
        _tamed(np.array(audio.samples[start : start + audio.rate], np.float32))
        for start in range(0, len(audio.samples), audio.rate)
    )
    if rate == audio.rate:
        yield from seconds
        return
    mono = _Mono(rate)
    with translated():
        for second in seconds:
            for block in mono.push(_frame(second, audio.rate)):
                yield _tamed(block.copy())
        for block in mono.finish():
            yield _tamed(block.copy())


def _frame(samples: NDArray[np.float32], rate: int, start: int = 0) -> AudioFrame:
    """Wrap samples for FFmpeg; ``start`` counts the samples before them."""
    frame = AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
    frame.sample_rate, frame.pts = rate, start
    frame.time_base = Fraction(1, rate)
    return frame


def _check(audio: Audio) -> None:
    if audio.rate not in _RATES:
        raise UnreadableAudioError(rate=audio.rate)


def _tamed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make samples finite and within [-1, 1], in place and with little memory beside them."""
    for part in np.array_split(samples, len(samples) // _PART + 1):
        np.nan_to_num(part, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
        np.clip(part, -1.0, 1.0, out=part)
    return samples
