import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from av import error as foreign
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import audio, errors
from pipeline.specs import AudioLimits
from pipeline.types import Audio
from tests.pipeline import audio_files
from tests.pipeline.audio_files import SoundFile, encoded, loudest_hertz, tone

LIMITS = AudioLimits()
KINDS = {
    "opus": ("ogg", "libopus", 48_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "flac": ("flac", "flac", 48_000),
    "wav": ("wav", "pcm_s16le", 22_050),
    "webm": ("webm", "libopus", 48_000),
}


def of_kind(kind: str, seconds: float) -> bytes:
    container, codec, rate = KINDS[kind]
    return encoded(container, codec, rate=rate, seconds=seconds, layout="stereo")


def names(files: list[SoundFile]) -> list[str]:
    return [file.name for file in files]


GOOD = [*audio_files.good_files(), *audio_files.odd_files()]
HOSTILE = audio_files.hostile_files()


@pytest.mark.parametrize("file", GOOD, ids=names(GOOD))
def test_what_people_send_becomes_16_khz_mono(file: SoundFile, tmp_path: Path) -> None:
    (path,) = audio_files.write(tmp_path, [file])
    heard = audio.decode(path, LIMITS)
    assert heard.rate == 16_000
    assert heard.samples.dtype == np.float32
    assert heard.samples.ndim == 1
    assert heard.seconds == pytest.approx(file.seconds, abs=0.12)
    assert np.abs(heard.samples).max() <= 1.0  # false for NaN, too
    assert loudest_hertz(heard.samples, 16_000) == pytest.approx(440, abs=4)
    assert np.array_equal(audio.decode(file.data, LIMITS).samples, heard.samples)


@pytest.mark.parametrize("file", HOSTILE, ids=names(HOSTILE))
def test_what_is_no_sound_is_refused_with_its_reason(file: SoundFile, tmp_path: Path) -> None:
    assert file.error
    (path,) = audio_files.write(tmp_path, [file])
    for sound in (path, file.data):
        with pytest.raises(errors.AudioError) as refusal:
            audio.decode(sound, LIMITS)
        assert type(refusal.value) is file.error
        assert path.name not in str(refusal.value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_limit_holds_while_decoding(kind: str) -> None:
    sound = of_kind(kind, 3.0)
    assert audio.decode(sound, AudioLimits(seconds=3.2)).seconds == pytest.approx(3.0, abs=0.1)
    with pytest.raises(errors.AudioTooLongError) as refusal:
        audio.decode(sound, AudioLimits(seconds=2.5))
    assert refusal.value.details == {"limit": 2.5}


@pytest.mark.parametrize(
    "sound",
    [
        audio_files.m4a_claiming(1, seconds=5.0),
        audio_files.flac_claiming(48_000, 1),
        audio_files.wav(audio_files.pcm(5.0), claimed=0xFFFFFFFF),
    ],
    ids=["m4a", "flac", "wav"],
)
def test_a_forged_duration_does_not_lift_the_limit(sound: bytes) -> None:
    with pytest.raises(errors.AudioTooLongError):
        audio.decode(sound, AudioLimits(seconds=0.5))


def test_a_low_rate_does_not_lift_the_limit() -> None:
    sound = audio_files.wav(audio_files.pcm(1.0), rate=1_000)
    with pytest.raises(errors.AudioTooLongError):
        audio.decode(sound, AudioLimits(seconds=15.9))
    assert audio.decode(sound, AudioLimits(seconds=16.0)).seconds == 16.0


def test_an_index_that_repeats_itself_does_not_lift_the_limit_of_bytes() -> None:
    sound = audio_files.m4a_repeating(chunks=2_000, size=20_000)
    assert len(sound) < 50_000
    with pytest.raises(errors.AudioTooLargeError):
        audio.decode(sound, AudioLimits(seconds=1e9, bytes=1_000_000))


def peak_growth_mb(limit: float, path: Path) -> tuple[str, float]:
    """Decode in a fresh process; return what came of it and by how much its peak memory grew."""
    script = """
import re, sys
from pathlib import Path
from pipeline import audio, errors
from pipeline.specs import AudioLimits
def peak():  # not ru_maxrss, in which the parent's memory counts too
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
audio.decode(audio.encode(audio.decode(Path(sys.argv[2]), AudioLimits())).data, AudioLimits())
data = Path(sys.argv[3]).read_bytes()
before = peak()
try:
    heard = audio.decode(data, AudioLimits(seconds=float(sys.argv[1])))
    outcome = round(heard.seconds)
except errors.AudioError as error:
    outcome = error.code
print(outcome, peak() - before)
"""
    warm = path.with_name("warm.ogg")
    warm.write_bytes(encoded("ogg", "libopus"))
    command = [sys.executable, "-c", script, str(limit), str(warm), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    outcome, growth = done.stdout.split()
    return outcome, float(growth)


@pytest.mark.slow
def test_an_hour_costs_no_more_memory_than_the_minute_that_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "hour.ogg"
    path.write_bytes(audio_files.long_opus(3600))
    outcome, growth = peak_growth_mb(60.0, path)
    assert outcome == "audio.too_long"
    assert growth < 10  # a minute is 3.8 MB


@pytest.mark.slow
def test_nine_minutes_cost_little_more_than_their_samples(tmp_path: Path) -> None:
    path = tmp_path / "long.ogg"
    path.write_bytes(audio_files.long_opus(540))
    outcome, growth = peak_growth_mb(600.0, path)
    assert outcome == "540"
    assert growth < 45  # the samples are 34.6 MB


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("end", "left"), [(0.501, 4.9), (0.55, 3.7)])  # Ogg loses pages of 1 s
def test_damage_in_the_middle_costs_only_the_middle(kind: str, end: float, left: float) -> None:
    heard = audio.decode(audio_files.damaged(of_kind(kind, 6.0), 0.5, end), LIMITS)
    assert heard.seconds > left
    for part in (heard.samples[4_000:20_000], heard.samples[-20_000:-4_000]):
        assert loudest_hertz(part, 16_000) == pytest.approx(440, abs=4)


def test_what_came_before_a_hole_in_the_container_is_kept() -> None:
    sound = encoded("wv", "wavpack", seconds=3.0)
    second_block = sound.index(b"wvpk", 1)
    holed = sound[:second_block] + bytes(5_000) + sound[second_block:]
    assert audio.decode(holed, LIMITS).seconds == 1.0


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"m4a"}))  # whose index stands at its end
def test_a_truncated_file_gives_what_there_is(kind: str) -> None:
    sound = of_kind(kind, 4.0)
    heard = audio.decode(sound[: len(sound) // 2], LIMITS)
    assert 1.5 < heard.seconds < 2.5


class Listener:
    """An HTTP server that serves a sound to whoever asks, and remembers it."""

    def __init__(self, sound: bytes) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(len(sound)))
                self.end_headers()
                self.wfile.write(sound)

            def log_message(self, *_: object) -> None:
                pass

        self.asked = asked
        self.server = HTTPServer(("127.0.0.1", 0), Handler)


@contextmanager
def listening(sound: bytes) -> Iterator[Listener]:
    listener = Listener(sound)
    with listener.server as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield listener
        server.shutdown()
        thread.join()


def test_no_playlist_reaches_another_file_or_an_address(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ts"
    secret.write_bytes(encoded("mpegts", "aac"))
    with listening(secret.read_bytes()) as listener:
        files = audio_files.playlists(secret, listener.server.server_port)
        reached = []
        for path in audio_files.write(tmp_path, files):
            try:
                with path.open("rb") as bait, av.open(bait, "r", timeout=5) as unguarded:
                    next(unguarded.decode(audio=0))
                reached.append(path.name)
            except (foreign.FFmpegError, StopIteration):
                continue
        assert {"near.m3u8", "file.m3u8", "http.m3u8", "list.ffconcat"} <= set(reached)
        assert listener.asked, "the bait must work where nothing guards"
        listener.asked.clear()
        for file in files:
            for sound in (tmp_path / file.name, file.data):
                with pytest.raises(errors.UnreadableAudioError):
                    audio.decode(sound, LIMITS)
        assert not listener.asked


def test_every_foreign_error_becomes_ours() -> None:
    known = [*vars(foreign).values(), *foreign.classes.values()]
    own = [each for each in known if getattr(each, "__module__", None) == foreign.__name__]
    raised = {each for each in own if isinstance(each, type) and issubclass(each, Exception)}
    assert len(raised) > 40
    for kind in raised:
        with pytest.raises(errors.UnreadableAudioError) as refusal, audio.translated():
            raise kind(1, "broken")
        assert refusal.value.details == {"reason": kind.__name__}


def test_nothing_is_printed_about_broken_files(capfd: pytest.CaptureFixture[str]) -> None:
    for file in HOSTILE:
        with pytest.raises(errors.AudioError):
            audio.decode(file.data, LIMITS)
    for file in GOOD:
        audio.decode(file.data, LIMITS)
    assert capfd.readouterr() == ("", "")


@settings(max_examples=150, deadline=2_000)
@given(st.binary(max_size=4_000))
def test_random_bytes_are_refused_or_heard(data: bytes) -> None:
    heard_or_refused(data)


SEEDS = [of_kind(kind, 0.3) for kind in KINDS] + [encoded("mp4", "aac", pictures="mpeg4")]


@settings(max_examples=400, deadline=2_000)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=12),
    st.floats(0, 1),
)
def test_mutated_files_are_refused_or_heard(
    seed: bytes, changes: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(seed)
    for where, what in changes:
        start = int(where**3 * len(data))  # headers stand in front
        data[start : start + len(what)] = what
    heard_or_refused(bytes(data[: max(100, int(len(data) * (1 - kept**4)))]))


def heard_or_refused(data: bytes) -> None:
    try:
        heard = audio.decode(data, AudioLimits(seconds=5.0))
    except errors.AudioError:
        return
    assert 0 < heard.seconds <= 5.01
    assert np.abs(heard.samples).max() <= 1.0


def test_progress_is_told_about_every_second() -> None:
    told: list[float] = []
    audio.decode(of_kind("opus", 4.5), LIMITS, told.append)
    assert told == pytest.approx([1, 2, 3, 4], abs=0.15)


def test_what_progress_raises_is_not_taken_for_a_broken_file() -> None:
    def stop(_: float) -> None:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        audio.decode(of_kind("opus", 2.0), LIMITS, stop)


def test_loud_stereo_is_averaged_and_not_clipped() -> None:
    both = (tone(1.0, peak=1.0) * 32767).astype("<i2").repeat(2)
    heard = audio.decode(audio_files.wav(both.tobytes(), channels=2), LIMITS)
    assert np.abs(heard.samples).max() == pytest.approx(1.0, abs=0.01)
    assert np.sqrt(np.mean(heard.samples**2)) == pytest.approx(np.sqrt(0.5), abs=0.01)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_decoded_audio_is_brought_to_16_khz(rate: int) -> None:
    samples = tone(1.0, rate)
    samples[100], samples[200], samples[300] = np.nan, np.inf, -7.0
    heard = audio.fitted(Audio(samples, rate), LIMITS)
    assert heard.rate == 16_000
    assert len(heard.samples) == 16_000
    assert np.abs(heard.samples).max() <= 1.0
    assert loudest_hertz(heard.samples[4_000:], 16_000) == pytest.approx(440, abs=4)
    assert np.isnan(samples[100]), "what the caller holds is not touched"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1.5, -1.5])
def test_one_wrong_sample_is_found_and_right_ones_are_not_copied(wrong: float) -> None:
    right = tone(1.0)
    assert audio.fitted(Audio(right, 16_000), LIMITS).samples is right
    samples = right.copy()
    samples[-1] = wrong
    assert np.abs(audio.fitted(Audio(samples, 16_000), LIMITS).samples).max() <= 1.0


def test_decoded_audio_has_limits_too() -> None:
    with pytest.raises(errors.AudioTooLongError):
        audio.fitted(Audio(tone(2.0), 16_000), AudioLimits(seconds=1.9))
    with pytest.raises(errors.EmptyAudioError):
        audio.fitted(Audio(tone(0.0), 16_000), LIMITS)
    for rate in (-1, 0, 1, 4_000_000_000):
        with pytest.raises(errors.UnreadableAudioError):
            audio.fitted(Audio(tone(1.0), rate), LIMITS)


def test_what_was_decoded_within_the_limit_fits() -> None:
    limits = AudioLimits(seconds=44_101 / 44_100)
    odd = audio_files.wav(audio_files.pcm(limits.seconds, rate=44_100), rate=44_100)
    decoded = audio.decode(odd, limits)
    assert decoded.seconds > limits.seconds, "durations are rounded up"
    assert audio.fitted(decoded, limits) is decoded


@pytest.mark.parametrize("make", [audio_files.good_files, audio_files.hostile_files])
def test_the_files_are_made_the_same_every_time(make: Callable[[], list[SoundFile]]) -> None:
    assert names(make()) == names(make())


def test_no_file_here_takes_long_to_judge() -> None:
    for file in [*GOOD, *HOSTILE]:
        start = time.process_time()
        try:
            audio.decode(file.data, LIMITS)
        except errors.AudioError as error:
            assert type(error) is file.error  # noqa: PT017 - both outcomes are timed
        assert time.process_time() - start < 2.0
