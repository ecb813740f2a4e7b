"""The libopus that is found: what it decodes, and what it makes of losses and of noise."""

import random

import discord.opus
import numpy as np
import pytest
from numpy.typing import NDArray

from bot.discord.ears import opus
from pipeline.errors import UnreadableAudioError
from tests.discord.ears.callers import RATE, frames, tone, voice


@pytest.fixture(autouse=True)
def libopus() -> None:
    opus.load()


def loudest(samples: NDArray[np.float32], rate: int = opus.RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def decoded(packets: list[bytes], lost: set[int], how: str) -> NDArray[np.float32]:
    decoder, sound = opus.Decoder(), []
    for at, packet in enumerate(packets):
        if at not in lost:
            sound.append(decoder.hear(packet))
        elif how == "silence":
            sound.append(np.zeros(320, np.float32))
        elif how == "conceal" or at + 1 in lost or at + 1 == len(packets):
            sound.append(decoder.conceal())
        else:
            sound.append(decoder.recover(packets[at + 1]))
    return np.concatenate(sound)


def loudness_of_error(sound: NDArray[np.float32], whole: NDArray[np.float32]) -> float:
    """Root of the mean squared difference of the spectra, which an ear hears."""
    difference = [
        np.abs(np.fft.rfft(a)) - np.abs(np.fft.rfft(b))
        for a, b in zip(sound.reshape(-1, 320), whole.reshape(-1, 320), strict=True)
    ]
    return float(np.sqrt(np.mean(np.square(difference))))


def test_the_library_is_the_one_beside_pyav() -> None:
    opus.load()
    assert discord.opus.is_loaded()
    version = discord.opus.Encoder.get_opus_version().removeprefix("libopus ")
    assert tuple(map(int, version.split(".")[:2])) >= (1, 3)


def test_it_speaks_as_well_as_it_hears() -> None:
    encoder = discord.opus.Encoder()
    packet = encoder.encode(bytes(encoder.FRAME_SIZE), encoder.SAMPLES_PER_FRAME)
    assert len(opus.Decoder().hear(packet)) == 320


def test_a_tone_comes_out_at_16_khz_between_minus_one_and_one() -> None:
    sound = decoded(frames(tone(440, 1)), set(), "")
    assert sound.dtype == np.float32
    assert len(sound) == opus.RATE
    assert 0.25 < np.abs(sound).max() <= 1
    assert loudest(sound) == pytest.approx(440, abs=2)


def test_an_overdriven_voice_stays_between_minus_one_and_one() -> None:
    square = np.sign(tone(200, 1)) * np.float32(0.999)
    assert np.abs(decoded(frames(square), set(), "")).max() <= 1


def test_silence_is_silent() -> None:
    assert np.abs(opus.Decoder().hear(opus.SILENCE)).max() < 1e-9


def test_what_was_lost_is_better_recovered_than_concealed_than_silent() -> None:
    packets = frames(voice(10))
    random_loss = random.Random(3)
    lost = {at for at in range(5, len(packets) - 1) if random_loss.random() < 0.13}
    lost -= {at + 1 for at in lost}
    whole = decoded(packets, set(), "")
    silent, concealed, recovered = (
        loudness_of_error(decoded(packets, lost, how), whole)
        for how in ("silence", "conceal", "recover")
    )
    assert recovered < 0.75 * concealed
    assert concealed < 0.75 * silent


def test_invention_fades() -> None:
    decoder = opus.Decoder()
    for packet in frames(voice(1)):
        last = decoder.hear(packet)
    invented = [float(np.abs(decoder.conceal()).max()) for _ in range(10)]
    assert invented[0] > 0.3 * np.abs(last).max()
    assert invented[-1] < 0.2 * invented[0]


def test_noise_is_refused_and_the_next_frame_is_heard() -> None:
    noise = random.Random(4)
    decoder = opus.Decoder()
    refused = 0
    for _ in range(20_000):
        packet = noise.randbytes(noise.randrange(120))
        for attempt in (decoder.hear, decoder.recover):
            try:
                sound = attempt(packet)
            except UnreadableAudioError:
                refused += 1
            else:
                assert len(sound) <= 0.12 * opus.RATE
                assert np.isfinite(sound).all()
    assert refused > 1_000
    for packet in frames(tone(440, 0.5)):
        sound = decoder.hear(packet)
    assert np.abs(sound).max() > 0.2


@pytest.mark.parametrize("duration", [2.5, 5, 10, 20, 40, 60])
def test_frames_of_every_length_are_decoded_whole(duration: float) -> None:
    encoder = discord.opus.Encoder()
    samples = int(RATE * duration / 1000)
    packet = encoder.encode(bytes(4 * samples), samples)
    assert len(opus.Decoder().hear(packet)) == opus.RATE * duration / 1000
