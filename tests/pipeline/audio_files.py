"""Sound files to test with, made on the spot: good, odd, damaged and hostile.

``python -m tests.pipeline.audio_files FOLDER`` writes them all, to be looked at or to be fed to
``dragoman try``.
"""

import io
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from pipeline import errors

UNREADABLE = errors.UnreadableAudioError

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415478da63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
"""A PNG of one pixel."""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A file and what must become of it."""

    name: str
    data: bytes
    seconds: float | None = None
    """Its duration once decoded; ``None`` when ``error`` is raised instead."""
    error: type[errors.AudioError] | None = None


def tone(
    seconds: float, rate: int = 16_000, *, hertz: float = 440.0, peak: float = 0.5
) -> NDArray[np.float32]:
    """Return a sine of shape ``(seconds * rate,)``."""
    times = np.arange(round(seconds * rate)) / rate
    return (peak * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def loudest_hertz(samples: NDArray[np.float32], rate: int) -> float:
    """Return the frequency that stands out."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def encoded(
    container: str,
    codec: str | None,
    *,
    seconds: float = 1.0,
    rate: int = 48_000,
    layout: str = "mono",
    pictures: str | None = None,
) -> bytes:
    """Return a tone, written by the real encoder, beside half a second of video if wanted."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        audio = output.add_stream(codec, rate=rate, layout=layout) if codec else None
        video = output.add_stream(pictures, rate=10) if pictures else None
        if isinstance(video, VideoStream):
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
            for index in range(5):
                picture = np.full((64, 64, 3), 40 * index, np.uint8)
                image = av.VideoFrame.from_ndarray(picture, format="rgb24")
                image.pts = index
                output.mux(video.encode(image))
            output.mux(video.encode(None))
        if isinstance(audio, AudioStream):
            samples = tone(seconds, rate).repeat(audio.codec_context.layout.nb_channels)
            frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout=layout)
            frame.sample_rate, frame.pts = rate, 0
            output.mux(audio.encode(frame))
            output.mux(audio.encode(None))
    return file.getvalue()


def long_opus(seconds: int) -> bytes:
    """Return hours of Opus in a moment: one encoded second, again and again."""
    sample = encoded("ogg", "libopus", seconds=1.0)
    file = io.BytesIO()
    with av.open(io.BytesIO(sample), "r") as source, av.open(file, "w", format="ogg") as output:
        track = source.streams.audio[0]
        second = [bytes(packet) for packet in source.demux(track) if packet.size][:50]
        copy = output.add_stream_from_template(track)
        for index in range(seconds * len(second)):
            packet = av.Packet(second[index % len(second)])
            packet.stream, packet.time_base = copy, Fraction(1, 48_000)
            packet.pts = packet.dts = index * 960
            packet.duration = 960
            output.mux(packet)
    return file.getvalue()


def wav(
    samples: bytes,
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = 16_000,
    bits: int = 16,
    claimed: int | None = None,
) -> bytes:
    """Return a WAV whose header says what one likes; ``claimed`` is the size it claims to hold."""
    block = channels * bits // 8
    header = struct.pack("<HHIIHH", tag, channels, rate, rate * block % 2**32, block % 2**16, bits)
    size = len(samples) if claimed is None else claimed
    body = b"WAVEfmt " + struct.pack("<I", len(header)) + header
    body += b"data" + struct.pack("<I", size) + samples
    return b"RIFF" + struct.pack("<I", (len(body) + size) % 2**32) + body


def pcm(seconds: float = 1.0, *, channels: int = 1, rate: int = 16_000) -> bytes:
    """Return a tone as interleaved 16-bit samples."""
    return (tone(seconds, rate) * 32767).astype("<i2").repeat(channels).tobytes()


def with_cover(mp3: bytes) -> bytes:
    """Put a picture in front of an MP3, as music shops do."""
    frame = b"\0image/png\0\3\0" + PIXEL
    apic = b"APIC" + struct.pack(">IH", len(frame), 0) + frame
    size = bytes(len(apic) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\3\0\0" + size + apic + mp3


def flac_claiming(rate: int, samples: int) -> bytes:
    """Forge the stream information of a one-second FLAC: 20 bits of rate, 36 of samples."""
    flac = bytearray(encoded("flac", "flac", rate=48_000))
    start = flac.index(b"fLaC") + 8 + 10
    fields = int.from_bytes(flac[start : start + 8], "big")
    rest = (fields >> 36) & 0xFF
    flac[start : start + 8] = (rate << 44 | rest << 36 | samples).to_bytes(8, "big")
    return bytes(flac)


def m4a_claiming(units: int, *, seconds: float = 1.0) -> bytes:
    """Forge every duration in the headers of an M4A: film, track and medium."""
    m4a = bytearray(encoded("ipod", "aac", seconds=seconds))
    for box, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        at = m4a.index(box)
        m4a[at + offset : at + offset + 4] = struct.pack(">I", units)
    return bytes(m4a)


def m4a_repeating(*, chunks: int, size: int) -> bytes:
    """Return an M4A of 8-bit samples whose index names the same ``size`` bytes ``chunks`` times."""
    return _m4a(chunks * size, per_chunk=size, chunks=chunks, ticks=1, size=size)


def m4a_bloating(samples: int) -> bytes:
    """Return an M4A of about 1.5 kB for whose index FFmpeg takes 24 bytes or more a sample."""
    return _m4a(samples, per_chunk=samples, chunks=1, ticks=2, size=1_000)


def _m4a(samples: int, *, per_chunk: int, chunks: int, ticks: int, size: int) -> bytes:
    def box(kind: bytes, *parts: bytes) -> bytes:
        return struct.pack(">I", 8 + sum(map(len, parts))) + kind + b"".join(parts)

    def words(*numbers: int) -> bytes:
        return struct.pack(f">{len(numbers)}I", *numbers)

    brand = box(b"ftyp", b"M4A \0\0\0\0M4A ")
    sample = struct.pack(">6xH8x4HI", 1, 1, 8, 0, 0, 16_000 << 16)
    table = box(
        b"stbl",
        box(b"stsd", words(0, 1), box(b"sowt", sample)),
        box(b"stts", words(0, 1, samples, ticks)),
        box(b"stsc", words(0, 1, 1, per_chunk, 1)),
        box(b"stsz", words(0, 1, samples)),
        box(b"stco", words(0, chunks, *[len(brand) + 8] * chunks)),
    )
    medium = box(
        b"mdia",
        box(b"mdhd", words(0, 0, 0, 16_000, 16_000, 0)),
        box(b"hdlr", words(0, 0), b"soun", bytes(13)),
        box(b"minf", table),
    )
    track = box(b"trak", box(b"tkhd", words(7, 0, 0, 1, 0, 16_000), bytes(60)), medium)
    film = box(b"moov", box(b"mvhd", words(0, 0, 0, 16_000, 16_000), bytes(80)), track)
    return brand + box(b"mdat", bytes(size)) + film


def damaged(data: bytes, start: float = 0.45, end: float = 0.55) -> bytes:
    """Overwrite a stretch, given as fractions of the file, with noise."""
    first, last = int(len(data) * start), int(len(data) * end)
    noise = np.random.default_rng(7).bytes(last - first)
    return data[:first] + noise + data[last:]


def good_files() -> list[SoundFile]:
    """Return what people send."""
    mp3 = encoded("mp3", "libmp3lame", rate=44_100, layout="stereo")
    opus = encoded("ogg", "libopus")
    return [
        SoundFile("note.ogg", opus, 1.0),
        SoundFile("song.mp3", mp3, 1.0),
        SoundFile("cover.mp3", with_cover(mp3), 1.0),
        SoundFile("phone.m4a", encoded("ipod", "aac", rate=44_100), 1.0),
        SoundFile("telephone.wav", encoded("wav", "pcm_mulaw", rate=8_000), 1.0),
        SoundFile("studio.wav", encoded("wav", "pcm_s24le", rate=96_000, layout="stereo"), 1.0),
        SoundFile("surround.flac", encoded("flac", "flac", layout="5.1"), 1.0),
        SoundFile("browser.webm", encoded("webm", "libopus"), 1.0),
        SoundFile("film.webm", encoded("webm", "libopus", pictures="libvpx-vp9"), 1.0),
        SoundFile("film.mp4", encoded("mp4", "aac", pictures="mpeg4"), 1.0),
        SoundFile("stream.ts", encoded("mpegts", "mp2", pictures="mpeg2video"), 1.0),
        SoundFile("raw.aac", encoded("adts", "aac", rate=24_000), 1.0),
        SoundFile("apple.caf", encoded("caf", "alac", rate=44_100), 1.0),
        SoundFile("opus-in-disguise.txt", opus, 1.0),
        SoundFile("no-extension", mp3, 1.0),
        SoundFile("đây là ghi âm 🎙.ogg", opus, 1.0),
    ]


def odd_files() -> list[SoundFile]:
    """Return files that lie or are broken in places, and hold sound all the same."""
    low = encoded("mp3", "libmp3lame", rate=16_000)
    high = encoded("mp3", "libmp3lame", rate=48_000, layout="stereo")
    raw = encoded("adts", "aac", rate=16_000) + encoded("adts", "aac", layout="stereo")
    tagged = encoded("flac", "flac")
    not_finite = tone(1.0)
    not_finite[4000:4100] = np.nan
    not_finite[8000] = np.inf
    not_finite[12000] = -1e38
    return [
        SoundFile("claims-4-gigabytes.wav", wav(pcm(), claimed=0xFFFFFFFF), 1.0),
        SoundFile("odd-number-of-bytes.wav", wav(pcm() + b"\1"), 1.0),
        SoundFile("24-channels.wav", wav(pcm(channels=24), channels=24), 1.0),
        SoundFile("not-finite.wav", wav(not_finite.tobytes(), tag=3, bits=32), 1.0),
        SoundFile("claims-12-days.flac", flac_claiming(48_000, 2**36 - 1), 1.0),
        SoundFile("tags-not-unicode.flac", tagged.replace(b"Lavf", b"\xff\xfe\xc3\xc3"), 1.0),
        SoundFile("claims-27-hours.m4a", m4a_claiming(100_000_000), 1.0),
        SoundFile("rate-changes.mp3", low + high, 2.0),
        SoundFile("layout-changes.aac", raw, 2.0),
        SoundFile("chained.ogg", encoded("ogg", "libopus") + encoded("ogg", "libopus"), 2.0),
    ]


def hostile_files() -> list[SoundFile]:
    """Return what must be refused, each with its reason."""
    film = encoded("mp4", None, pictures="mpeg4")
    noise = np.random.default_rng(11).bytes(50_000)
    opus = encoded("ogg", "libopus")
    return [
        SoundFile("empty.ogg", b"", error=errors.EmptyAudioError),
        SoundFile("header-only.wav", wav(b""), error=errors.EmptyAudioError),
        SoundFile("one-byte.mp3", b"\xff", error=UNREADABLE),
        SoundFile("silent-film.mp4", film, error=errors.NoSoundtrackError),
        SoundFile("noise.ogg", noise, error=UNREADABLE),
        SoundFile("zeros.m4a", bytes(50_000), error=UNREADABLE),
        SoundFile("letter.mp3", "Kính gửi anh chị,\n".encode() * 500, error=UNREADABLE),
        SoundFile("page.ogg", b"<!doctype html><title>404</title>" * 50, error=UNREADABLE),
        SoundFile("archive.wav", b"PK\3\4" + noise, error=UNREADABLE),
        SoundFile("picture.mp3", b"\x89PNG\r\n\x1a\n" + noise, error=UNREADABLE),
        SoundFile("headers-only.ogg", opus[:120], error=UNREADABLE),
        SoundFile("noise-inside.ogg", damaged(opus, 0.02, 1.0), error=UNREADABLE),
        SoundFile("no-index.m4a", encoded("ipod", "aac")[:4000], error=UNREADABLE),
        SoundFile("rate-0.wav", wav(pcm(), rate=0), error=UNREADABLE),
        SoundFile("rate-1.wav", wav(pcm(), rate=1), error=UNREADABLE),
        SoundFile("rate-4-gigahertz.wav", wav(pcm(), rate=4_000_000_000), error=UNREADABLE),
        SoundFile("channels-0.wav", wav(pcm(), channels=0), error=UNREADABLE),
        SoundFile("channels-65.wav", wav(pcm(channels=65), channels=65), error=UNREADABLE),
        SoundFile("channels-65535.wav", wav(pcm(), channels=65_535), error=UNREADABLE),
        SoundFile("bits-0.wav", wav(pcm(), bits=0), error=UNREADABLE),
    ]


def playlists(target: Path, port: int) -> list[SoundFile]:
    """Return files that would have the reader open another file, or call a port of this host."""
    here = f"http://127.0.0.1:{port}/sound.ts"

    def hls(address: str) -> bytes:
        lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1.0,", address, "#EXT-X-ENDLIST")
        return "\n".join(lines).encode()

    concat = f"ffconcat version 1.0\nfile {target.name}\n".encode()
    session = f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=audio {port} RTP/AVP 0\n".encode()
    return [
        SoundFile("near.m3u8", hls(target.name), error=UNREADABLE),
        SoundFile("file.m3u8", hls(f"file://{target}"), error=UNREADABLE),
        SoundFile("http.m3u8", hls(here), error=UNREADABLE),
        SoundFile("http.mp3", hls(here), error=UNREADABLE),
        SoundFile("nested.m3u8", hls(f"concat:{target}|{target}"), error=UNREADABLE),
        SoundFile("list.ffconcat", concat, error=UNREADABLE),
        SoundFile("list.ogg", concat, error=UNREADABLE),
        SoundFile("session.sdp", session, error=UNREADABLE),
    ]


def write(folder: Path, files: Sequence[SoundFile]) -> list[Path]:
    """Write the files into the folder; return their paths."""
    paths = [folder / file.name for file in files]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file.data)
    return paths


def write_no_files(folder: Path) -> list[Path]:
    """Make what has a name and is no file: all of them MissingAudioError."""
    (folder / "folder.ogg").mkdir()
    os.mkfifo(folder / "pipe.ogg")
    (folder / "device.ogg").symlink_to("/dev/zero")
    (folder / "circle.ogg").symlink_to(folder / "circle.ogg")
    (folder / "nowhere.ogg").symlink_to(folder / "gone.ogg")
    return sorted(path for path in folder.iterdir() if path.is_symlink() or not path.is_file())


if __name__ == "__main__":
    chosen = Path(sys.argv[1])
    chosen.mkdir(parents=True, exist_ok=True)
    write(chosen, [*good_files(), *odd_files(), *hostile_files()])
    write(chosen, playlists(chosen / "note.ogg", 9))
    write_no_files(chosen)
