"""What a call plays: the right pitch, length and format, and no bomb."""

import io

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline import audio, errors, playback
from pipeline.specs import AudioLimits
from pipeline.types import Audio, Clip


def stereo(pcm: bytes) -> NDArray[np.int16]:
    return np.frombuffer(pcm, "<i2").reshape(-1, 2)


def tone(seconds: float, hertz: float, rate: int = 24_000) -> Audio:
    times = np.arange(round(seconds * rate)) / rate
    return Audio((0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32), rate)


@pytest.mark.parametrize("hertz", [440.0, 5_000.0])
def test_a_clip_comes_out_at_its_pitch_and_length_on_both_sides(hertz: float) -> None:
    played = stereo(playback.pcm(audio.encode(tone(1.5, hertz))))
    assert len(played) == 1.5 * 48_000
    assert np.array_equal(played[:, 0], played[:, 1])
    spectrum = np.abs(np.fft.rfft(played[:, 0]))
    assert spectrum.argmax() / 1.5 == pytest.approx(hertz, abs=2)
    assert np.abs(played).max() == pytest.approx(0.5 * 32767, rel=0.2)


def test_full_scale_does_not_wrap_around() -> None:
    clip = audio.encode(Audio(np.sign(tone(0.5, 100.0).samples), 24_000))
    exact = audio.decode(clip.data, AudioLimits(), rate=48_000).samples
    played = stereo(playback.pcm(clip))[:, 0] / 32767
    assert np.abs(exact).max() == 1.0, "louder than full scale before it was clipped"
    assert np.abs(played - exact).max() < 1e-4


@pytest.mark.parametrize("data", [b"", b"OggS", bytes(1000), b"RIFF" * 400])
def test_what_is_no_sound_is_an_audio_error(data: bytes) -> None:
    with pytest.raises(errors.AudioError):
        playback.pcm(Clip(data, 1.0, b""))


def test_a_clip_that_claims_a_second_and_holds_minutes_is_refused() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        stream.codec_context.format = "flt"
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), "flt", "mono")
        silence.sample_rate = 48_000
        for second in range(150):
            silence.pts = second * 48_000
            container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    with pytest.raises(errors.AudioTooLongError):
        playback.pcm(Clip(file.getvalue(), 1.0, b""))
