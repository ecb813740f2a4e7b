import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import audio, errors
from pipeline.specs import AudioLimits
from pipeline.types import Audio
from tests.pipeline.audio_files import loudest_hertz, tone

LIMITS = AudioLimits()


@given(
    st.integers(0, 50_000), st.sampled_from([8_000, 11_025, 16_000, 24_000, 44_100, 48_000, 96_000])
)
@settings(max_examples=60, deadline=2_000)
def test_resampling_keeps_the_duration(count: int, rate: int) -> None:
    original = Audio(tone(1.0, 50_000)[:count], 16_000)
    other = audio.resample(original, rate)
    assert other.rate == rate
    assert len(other.samples) == -(-count * rate // 16_000)


def test_resampling_keeps_the_sound_in_place() -> None:
    there = audio.resample(Audio(tone(1.0), 16_000), 44_100)
    back = audio.resample(there, 16_000)
    assert np.abs(back.samples[200:-200] - tone(1.0)[200:-200]).max() < 0.01


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("count", [1, 7, 500, 12_345])
def test_a_clip_lasts_as_long_as_what_it_was_made_of(rate: int, count: int) -> None:
    clip = audio.encode(Audio(tone(2.0, rate)[:count], rate))
    assert clip.seconds == count / rate
    assert audio.decode(clip.data, LIMITS).seconds == pytest.approx(clip.seconds, abs=0.001)


def test_a_clip_is_what_chat_platforms_take() -> None:
    voice = Audio(tone(4.0, 24_000, peak=0.3), 24_000)
    clip = audio.encode(voice)
    assert clip.data[:4] == b"OggS"
    assert clip.data[28:36] == b"OpusHead"
    assert clip.data[37] == 1, "channels"
    assert int.from_bytes(clip.data[40:44], "little") == 48_000
    assert 24_000 < len(clip.data) * 8 / clip.seconds < 40_000, "bits per second"
    heard = audio.decode(clip.data, LIMITS).samples
    assert loudest_hertz(heard, 16_000) == pytest.approx(440, abs=2)
    expected = tone(4.0, peak=0.3)
    assert np.corrcoef(heard[:63_000], expected[:63_000])[0, 1] > 0.9, "nothing is shifted"


def test_the_same_samples_give_the_same_bytes() -> None:
    script = (
        "import hashlib, numpy as np; from pipeline import audio; from pipeline.types import Audio;"
        "samples = np.sin(np.arange(30_000) / 20).astype(np.float32);"
        "print(hashlib.sha256(audio.encode(Audio(samples, 24_000)).data).hexdigest())"
    )
    command = [sys.executable, "-c", script]
    first, second = (
        subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
        for _ in range(2)
    )
    assert first == second != b""


def test_a_clip_of_broken_samples_is_tame() -> None:
    samples = tone(1.0, peak=30.0)
    samples[5_000:5_100] = np.nan
    clip = audio.encode(Audio(samples, 16_000))
    assert len(clip.waveform) == 10
    assert np.abs(audio.decode(clip.data, LIMITS).samples).max() <= 1.0


def test_nothing_can_not_be_a_clip() -> None:
    with pytest.raises(errors.EmptyAudioError):
        audio.encode(Audio(np.zeros(0, np.float32), 16_000))
    with pytest.raises(errors.UnreadableAudioError):
        audio.encode(Audio(tone(1.0), 0))


@pytest.mark.parametrize(
    ("seconds", "points"), [(0.01, 1), (0.1, 1), (0.19, 1), (0.2, 2), (3.05, 30), (60.0, 256)]
)
def test_a_waveform_has_a_point_per_100_ms_and_at_most_256(seconds: float, points: int) -> None:
    assert len(audio.encode(Audio(tone(seconds, 8_000), 8_000)).waveform) == points


def test_a_waveform_shows_a_normal_voice_and_no_silence() -> None:
    voice, murmur = tone(1.0, peak=0.1), tone(1.0, peak=0.02)
    parts = [np.zeros(16_000, np.float32), voice, murmur, tone(1.0, peak=1.0)]
    drawn = audio.encode(Audio(np.concatenate(parts), 16_000)).waveform
    assert set(drawn[:10]) == {0}
    assert min(drawn[10:20]) > 100
    assert 30 < min(drawn[20:30]) <= max(drawn[20:30]) < min(drawn[10:20])
    assert set(drawn[30:]) == {255}
