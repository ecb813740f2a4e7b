"""The real coqui-tts, with random weights, from a sample to the follow-up; with a restart midway.

Random weights say nothing that a recogniser understands, so what is heard comes from a table.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline import audio
from pipeline.cloning import Cloning
from pipeline.engines.espeak import Espeak
from pipeline.latents import unpack
from pipeline.marking import MARKS
from pipeline.specs import AudioLimits, EspeakSpec, XttsSpec
from pipeline.types import Audio, Voice
from pipeline.workers import ProcessWorker
from tests.bot.own_voices import MODEL, Workshop, workshop
from tests.extras import HAS_CLONE
from tests.pipeline.fake_stages import EN

if TYPE_CHECKING or HAS_CLONE:
    from pipeline.engines.xtts_shapes import TINY, make_xtts

pytestmark = [
    pytest.mark.needs("clone"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> XttsSpec:
    folder = make_xtts(TINY, tmp_path_factory.mktemp("xtts") / "tiny")
    return XttsSpec(MODEL, folder, frozenset({EN}), threads=1, growth=0.02, slack=40)


@pytest.fixture(scope="module")
def sample() -> Audio:
    said = "The train to the mountains leaves in the evening, so take warm clothes along. " * 2
    return Espeak(EspeakSpec()).synthesize(said, EN, Voice())[0]


@pytest.fixture
async def shop(tmp_path: Path, spec: XttsSpec) -> AsyncIterator[Workshop]:
    async with (
        workshop(tmp_path) as made,
        ProcessWorker(name="clone", timeout_s=50, start_timeout_s=50) as worker,
    ):
        made.cloning = Cloning([spec], worker)
        yield made


async def test_a_sample_becomes_a_voice_that_follows_up_across_a_restart(
    shop: Workshop, spec: XttsSpec, sample: Audio
) -> None:
    latents = await shop.cloning.learn(spec, sample)
    assert unpack(latents).model == MODEL
    await shop.keep(sample, {MODEL: latents})
    await shop.order(1)
    await shop.order(2)
    shop.chats[0].gate.clear()
    running = asyncio.create_task(shop.voice().run())
    async with asyncio.timeout(40):
        await shop.chats[0].reached.wait()
    running.cancel()
    await asyncio.wait({running})
    assert not shop.chats[0].delivered
    assert (await shop.states())[0] == "delivering"
    async with shop.at_work():
        shop.chats[0].gate.set()
        await shop.until("delivered", "delivered")
    for address, speech, caption in shop.chats[0].delivered:
        assert address.message in {"1", "2"}
        assert "Synthetic" in caption
        assert all(mark.encode() in speech.clip.data for mark in MARKS.values())
        decoded = await asyncio.to_thread(audio.decode, speech.clip.data, AudioLimits())
        assert decoded.seconds == pytest.approx(speech.clip.seconds, abs=0.1)
        assert decoded.samples.any()
    assert len(shop.chats[0].delivered) == 2


async def test_what_nobody_would_understand_is_withheld(
    shop: Workshop, spec: XttsSpec, sample: Audio
) -> None:
    latents = await shop.cloning.learn(spec, sample)
    await shop.keep(sample, {MODEL: latents})
    shop.stages.missed = 9
    await shop.order()
    async with shop.at_work():
        await shop.until_settled()
    assert not shop.chats[0].delivered
    assert len(shop.chats[0].told) == 1
    assert await shop.outcomes() == ["clip.unlike"]
