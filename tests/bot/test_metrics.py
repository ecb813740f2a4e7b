"""What Prometheus is told: closed vocabularies, proper names, and nothing of anybody."""

import asyncio
import math
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse

from bot.discord.places import PLATFORM as DISCORD
from bot.metrics import FAMILIES, PLATFORMS, READ, TOLD, Family, Metrics, Reading, models
from bot.observing import Finished, FollowUp
from bot.ordering import GrantError, QuotaError
from bot.settings import load
from bot.telegram.places import PLATFORM as TELEGRAM
from storage.clips import EXPIRED, LOST, UNCONSENTED

PROMTOOL = shutil.which("promtool")
CANARY = 'quetzalcoatl\n"} 1\\'
MODELS = ("demo-whisper", "demo-nllb", "espeak", "xtts-v2")
DONE = Finished(
    "telegram",
    "done",
    {"decode": 10.0, "hear": 200.0, "translate": 30.0, "speak": 40.0},
    {"hear": "demo-whisper", "translate": "demo-nllb", "speak": "espeak"},
    waited_ms=1_000.0,
    text_ms=1_300.0,
    voice_ms=1_400.0,
)
MADE = FollowUp("discord", "made", "xtts-v2", 4.0, 20.0, 60.0)
DELIVERED = FollowUp("discord", "delivered", "xtts-v2", 4.0, 20.0, 61.0)


def everything() -> list[Reading]:
    """A reading of every family that is read."""
    return [
        Reading(each.name, 1, tuple("x" for _ in each.labels))
        for each in READ
        if each.name != "dragoman_info"
    ]


async def families(metrics: Metrics, *readings: Reading) -> dict[str, Metric]:
    page, _ = await metrics.page(readings)
    return {each.name: each for each in parse(page.decode())}


async def samples(metrics: Metrics, *readings: Reading) -> dict[tuple[str, ...], float]:
    """Every sample of the page, by its name and the values of its labels."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in (await families(metrics, *readings)).values()
        for sample in family.samples
    }


async def test_a_note_is_counted_and_timed_from_its_arrival() -> None:
    metrics = Metrics(MODELS)
    metrics.finished(DONE)
    seen = await samples(metrics)
    assert seen["dragoman_notes_total", "note", "done", "telegram"] == 1
    assert seen["dragoman_time_to_text_seconds_sum", "note", "telegram"] == pytest.approx(1.3)
    assert seen["dragoman_time_to_voice_seconds_sum", "note", "telegram"] == pytest.approx(1.4)
    assert seen["dragoman_wait_seconds_sum", "note", "telegram"] == pytest.approx(1.0)
    hearing = ("demo-whisper", "telegram", "hear")
    assert seen["dragoman_stage_duration_seconds_sum", *hearing] == pytest.approx(0.2)


async def test_notes_that_were_given_less_care_are_counted_by_the_rung() -> None:
    metrics = Metrics(MODELS)
    for step in ("calm", "smaller", "text_only", CANARY):
        metrics.finished(replace(DONE, step=step))
    seen = await samples(metrics)
    eased = {key: n for key, n in seen.items() if key[0] == "dragoman_eased_notes_total"}
    assert eased == {
        ("dragoman_eased_notes_total", "telegram", step): 1
        for step in ("smaller", "text_only", "other")
    }


async def test_what_a_note_did_not_come_to_is_not_timed() -> None:
    metrics = Metrics(MODELS)
    metrics.finished(Finished("discord", "busy.person", {}, {}, live=True))
    seen = await samples(metrics)
    assert seen["dragoman_notes_total", "live", "busy.person", "discord"] == 1
    assert not [name for name, *_ in seen if name.startswith("dragoman_time_to")]


async def test_own_voices_are_counted_and_their_real_time_factor_can_be_told() -> None:
    metrics = Metrics(MODELS)
    metrics.followed_up(MADE)
    metrics.followed_up(DELIVERED)
    seen = await samples(metrics)
    assert seen["dragoman_own_voice_clips_total", "made", "discord"] == 1
    assert seen["dragoman_own_voice_clips_total", "delivered", "discord"] == 1
    assert seen["dragoman_own_voice_making_seconds_total", "xtts-v2"] == 20
    assert seen["dragoman_own_voice_speech_seconds_total", "xtts-v2"] == 4
    assert seen["dragoman_time_to_own_voice_seconds_sum", "discord"] == 61


@pytest.mark.parametrize(
    "outcome",
    [EXPIRED, LOST, UNCONSENTED, GrantError.code, QuotaError.code, "clip.unlike", "worker.lost"],
)
async def test_each_end_of_a_clip_is_an_outcome_of_its_own(outcome: str) -> None:
    metrics = Metrics(MODELS)
    metrics.followed_up(FollowUp("discord", outcome, "", 0, 0, 60))
    seen = await samples(metrics)
    assert seen["dragoman_own_voice_clips_total", outcome, "discord"] == 1


async def test_words_that_nobody_has_foreseen_are_other() -> None:
    metrics = Metrics(MODELS)
    stages = {"hear": 1.0, CANARY: 1.0}
    metrics.finished(Finished(CANARY, CANARY, stages, dict.fromkeys(stages, CANARY)))
    metrics.followed_up(FollowUp(CANARY, CANARY, CANARY, 1, 1, 1))
    metrics.followed_up(FollowUp(CANARY, "made", CANARY, 1, 1, 1))
    page, _ = await metrics.page(())
    assert b"quetzalcoatl" not in page
    seen = await samples(metrics)
    assert seen["dragoman_notes_total", "note", "other", "other"] == 1
    assert seen["dragoman_stage_duration_seconds_count", "other", "other", "other"] == 1
    assert seen["dragoman_own_voice_speech_seconds_total", "other"] == 1


@settings(max_examples=20)
@given(st.sets(st.text()))
async def test_no_flood_of_values_makes_the_page_longer(words: set[str]) -> None:
    metrics = Metrics(MODELS)
    for word in (f"?{word}" for word in ("", *words)):
        metrics.finished(Finished(word, word, {word: 1.0}, {word: word}))
        metrics.followed_up(FollowUp(word, word, word, 1, 1, 1))
    counted = await samples(metrics)
    assert ("dragoman_notes_total", "note", "other", "other") in counted
    assert len([name for name, *_ in counted if name.endswith("_total")]) == 3


@pytest.mark.parametrize("strange", [-5.0, math.nan, math.inf])
async def test_a_clock_that_was_set_back_breaks_nothing(strange: float) -> None:
    metrics = Metrics(MODELS)
    stages = {"hear": strange}
    metrics.finished(replace(DONE, stages_ms=stages, waited_ms=strange, text_ms=strange))
    for outcome in ("made", "delivered"):
        metrics.followed_up(FollowUp("discord", outcome, "xtts-v2", strange, strange, strange))
    metrics.delayed(strange)
    assert (await samples(metrics))["dragoman_notes_total", "note", "done", "telegram"] == 1


def test_the_platforms_are_those_that_there_are() -> None:
    assert set(PLATFORMS) == {DISCORD, TELEGRAM}


def test_the_models_are_those_of_the_settings() -> None:
    assert set(models(load(profile="demo"))) == {
        *("demo-whisper", "demo-nllb", "espeak", "libretranslate"),
    }
    own = load(
        profile="demo",
        own_voice={"models": ["xtts-v2"], "key": "00" * 32},
        hearing={"default": "a", "routes": {"vi": "b"}, "candidate": {"model": "c", "share": 5}},
    )
    assert {"a", "b", "c", "xtts-v2"} <= set(models(own))


@pytest.mark.parametrize("reason", ["person", "chat", "house", "stopping", "restarted"])
async def test_each_reason_of_a_refusal_is_an_outcome_of_its_own(reason: str) -> None:
    metrics = Metrics(MODELS)
    outcome = f"busy.{reason}"
    metrics.finished(Finished("discord", outcome, {}, {}))
    assert ("dragoman_notes_total", "note", outcome, "discord") in await samples(metrics)


async def test_the_page_holds_what_is_written_down_and_nothing_else() -> None:
    metrics = Metrics(MODELS)
    metrics.finished(DONE)
    metrics.followed_up(MADE)
    metrics.followed_up(DELIVERED)
    metrics.delayed(0.01)
    ours = {
        name: family
        for name, family in (await families(metrics, *everything())).items()
        if not name.startswith("process_")
    }
    written = {each.name.removesuffix("_total"): each for each in FAMILIES.values()}
    assert ours.keys() == written.keys()
    for name, family in ours.items():
        assert (family.type, family.documentation) == (written[name].kind, written[name].help)
        for sample in family.samples:
            assert sample.labels.keys() - {"le"} == set(written[name].labels), sample


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_names_and_labels_are_as_prometheus_asks_for(family: Family) -> None:
    assert re.fullmatch(r"dragoman_[a-z][a-z_]*[a-z]", family.name)
    assert family.help.endswith(".")
    assert (family.kind == "counter") == family.name.endswith("_total")
    if family.kind == "histogram":
        assert family.name.endswith("_seconds")
        assert list(family.buckets) == sorted(set(family.buckets))
    known = {
        *("platform", "kind", "outcome", "stage", "model", "version", "check", "worker"),
        *("cache", "result", "fate", "reason", "state", "step"),
    }
    assert set(family.labels) <= known, "a new label needs a closed vocabulary"


async def test_a_scraper_that_speaks_open_metrics_gets_that() -> None:
    metrics = Metrics(MODELS)
    metrics.finished(DONE)
    page, kind = await metrics.page(everything(), "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert "dragoman_notes" in {each.name for each in parse_open(page.decode())}  # type: ignore[no-untyped-call]  # the library's


async def test_two_programs_count_for_themselves() -> None:
    first, second = Metrics(MODELS), Metrics(MODELS)
    first.finished(DONE)
    assert "dragoman_notes_total" not in [name for name, *_ in await samples(second)]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: apt install prometheus")
async def test_promtool_has_nothing_to_say() -> None:
    metrics = Metrics(MODELS)
    for each in (DONE, Finished("x", "y", {"hear": 1}, {}, live=True)):
        metrics.finished(each)
    metrics.followed_up(MADE)
    metrics.followed_up(DELIVERED)
    page, _ = await metrics.page(everything())
    checked = await asyncio.to_thread(promtool, "check", "metrics", page)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def promtool(verb: str, what: str, page: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [str(PROMTOOL), verb, what]
    return subprocess.run(command, input=page, capture_output=True, check=False, timeout=20)


def test_every_family_is_told_or_read() -> None:
    assert len(FAMILIES) == len(TOLD) + len(READ)
