"""The whole pipeline: real workers, real engines, the demo models, and services that fail."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot import app, settings
from pipeline.errors import AudioError, NoSpeechError, UnreadableAudioError, WorkerLostError
from pipeline.pipeline import Event, Heard, Pipeline, Spoken, Translated, Unspoken
from pipeline.specs import AudioLimits
from pipeline.types import Doubt, Language, Request, Sound, Voice
from tests.integration.program import DEMO, NOTES
from tests.pipeline import audio_files

EN, VI = Language("en"), Language("vi")
NOTE = DEMO / "notes" / NOTES[0]["file"]
CLOSED = "http://127.0.0.1:9"


@asynccontextmanager
async def running(folder: Path, text: str = "") -> AsyncIterator[Pipeline]:
    file = folder / "settings.toml"
    await asyncio.to_thread(file.write_text, f'profile = "demo"\n{text}')
    chosen = await asyncio.to_thread(settings.load, file)
    async with app.open_pipeline(chosen) as pipeline:
        yield pipeline


async def interpret(
    pipeline: Pipeline, sound: Sound = NOTE, voice: Voice | None = None
) -> list[Event]:
    request = Request(sound=sound, targets=(VI, EN), voice=voice)
    return [event async for event in pipeline.run(request)]


async def children() -> dict[str, int]:
    """Return the processes of the workers, by their names."""
    found = await asyncio.to_thread(
        lambda: {child.cmdline()[-1]: child.pid for child in psutil.Process().children()}
    )
    assert found.keys() <= {"decode", "interactive"}
    return found


async def test_a_note_is_heard_translated_and_spoken(tmp_path: Path) -> None:
    async with running(tmp_path) as pipeline:
        heard, translated, spoken = await interpret(pipeline, voice=Voice())
    assert isinstance(heard, Heard)
    assert heard.transcript.text == NOTES[0]["text"]
    assert isinstance(translated, Translated)
    assert translated.translation.text == NOTES[0]["translation"]
    assert isinstance(spoken, Spoken)
    assert spoken.speech.clip.data.startswith(b"OggS")
    assert 0 < len(spoken.speech.clip.waveform) <= 256


async def test_without_a_network_the_offline_voice_speaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", CLOSED)
    async with running(tmp_path, '[speaking]\norder = ["gtts", "espeak"]') as pipeline:
        *_, spoken = await interpret(pipeline, voice=Voice())
    assert isinstance(spoken, Spoken)
    assert spoken.speech.engine == "espeak"


async def test_a_voice_without_the_language_leaves_the_text_standing(tmp_path: Path) -> None:
    async with running(tmp_path, '[speaking]\norder = ["demo-kokoro"]') as pipeline:
        _, translated, unspoken = await interpret(pipeline, voice=Voice())
    assert isinstance(translated, Translated)
    assert isinstance(unspoken, Unspoken)
    assert unspoken.error.code == "language.unsupported"


async def test_the_original_is_passed_on_marked_when_no_translator_answers(tmp_path: Path) -> None:
    text = f'[translating]\norder = []\nlibretranslate = {{ url = "{CLOSED}" }}'
    async with running(tmp_path, text) as pipeline:
        _, translated = await interpret(pipeline)
    assert isinstance(translated, Translated)
    assert translated.translation.text == NOTES[0]["text"]
    assert translated.translation.doubts == (Doubt.UNTRANSLATED,)


async def test_a_killed_child_costs_one_note(tmp_path: Path) -> None:
    async with running(tmp_path) as pipeline:
        await interpret(pipeline)
        child = (await children())["interactive"]
        decoded = await pipeline.decoder.decode(NOTE, AudioLimits())
        notes = asyncio.create_task(interpret(pipeline, decoded.audio))
        compute: Any = pipeline._compute  # noqa: SLF001 - it is killed at work
        while not compute.stats.busy:  # noqa: ASYNC110 - its thread tells nobody
            await asyncio.sleep(0.001)
        os.kill(child, signal.SIGKILL)
        with pytest.raises(WorkerLostError):
            await notes
        heard, _ = await interpret(pipeline)
    assert isinstance(heard, Heard)
    assert heard.transcript.text == NOTES[0]["text"]


async def test_a_crash_of_the_decoder_costs_one_note_and_no_model(tmp_path: Path) -> None:
    long = await asyncio.to_thread(audio_files.long_opus, 600)
    async with running(tmp_path) as pipeline:
        await interpret(pipeline)
        before = await children()
        hostile = asyncio.create_task(interpret(pipeline, long))
        await asyncio.sleep(0.3)
        os.kill(before["decode"], signal.SIGSEGV)
        with pytest.raises(UnreadableAudioError):
            await hostile
        heard, _ = await interpret(pipeline)
        after = await children()
    assert isinstance(heard, Heard)
    assert heard.transcript.text == NOTES[0]["text"]
    assert after["interactive"] == before["interactive"], "its models are loaded still"
    assert after["decode"] != before["decode"]


async def test_a_file_that_bloats_its_decoder_leaves_the_models_alone(tmp_path: Path) -> None:
    async with running(tmp_path) as pipeline:
        await interpret(pipeline)
        before = await children()
        with pytest.raises(AudioError):
            await interpret(pipeline, audio_files.m4a_bloating(60_000_000))
        assert len(await interpret(pipeline)) == 2
        assert await children() == before
        models = await asyncio.to_thread(psutil.Process, before["interactive"])
        usage = await asyncio.to_thread(models.memory_info)
        assert usage.rss < 600 * 2**20


async def test_a_caller_who_gives_up_harms_nobody(tmp_path: Path) -> None:
    async with running(tmp_path) as pipeline:
        await interpret(pipeline)
        before = await children()
        decoded = await pipeline.decoder.decode(NOTE, AudioLimits())
        for sound in (NOTE, decoded.audio):
            impatient = asyncio.create_task(interpret(pipeline, sound))
            await asyncio.sleep(0.01)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
            assert len(await interpret(pipeline)) == 2
        assert await children() == before


async def test_hostile_files_between_good_ones_change_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as pipeline:
        for file in audio_files.hostile_files():
            assert file.error is not None
            with pytest.raises(file.error):
                await interpret(pipeline, file.data)
        with pytest.raises(NoSpeechError):
            await interpret(pipeline, audio_files.good_files()[0].data)
        assert len(await interpret(pipeline)) == 2
