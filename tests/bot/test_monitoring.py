"""What the bot answers over HTTP, to Prometheus, to probes, and to strangers."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families as parse

from bot import app, logs, messages
from bot.desk import Bounds, Desk
from bot.interpreter import Interpreter
from bot.metrics import Metrics, models
from bot.monitoring import Answer, House, ask, open_monitoring, workers
from bot.observing import LogObserver, Observers
from bot.settings import Monitoring, load
from bot.types import Platform
from pipeline.errors import ConfigurationError
from pipeline.specs import AudioLimits
from tests.bot.exchanges import KeptReply, Recording, chat, note, person
from tests.bot.probing import free_port, until
from tests.bot.studies import SETTINGS, Study, opened

CANARY = "quetzalcoatl"


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()


class Watched:
    """A bot on the stages of these tests, and what it answers."""

    def __init__(self, study: Study, *platforms: Platform, listen: str = "127.0.0.1") -> None:
        self.study = study
        self.settings = Monitoring(listen=listen, port=free_port(listen))
        metrics = Metrics(models(SETTINGS))
        study.interpreter = Interpreter(
            study.pipeline,
            study.stores,
            SETTINGS,
            observer=Observers(LogObserver(), metrics),
        )
        self.desk = Desk(
            study.interpreter.open, study.stores.notes, Bounds(per_person=2), AudioLimits()
        )
        self.house = House(
            study.database,
            study.stores,
            self.desk,
            study.interpreter.oldest_s,
            (),
            platforms,
            metrics,
        )

    async def get(self, page: str, **headers: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        url = f"http://127.0.0.1:{self.settings.port}/{page}"
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            return answer.status, await answer.text()

    async def samples(self) -> dict[tuple[str, ...], float]:
        status, text = await self.get("metrics")
        assert status == 200
        return {
            (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
            for family in parse(text)
            for sample in family.samples
        }

    async def until_ready(self) -> None:
        """Wait until every check was made and finds nothing wrong."""

        async def ready() -> bool:
            return (await self.get("ready"))[0] == 200

        await until(ready)

    async def until_read(self, value: float, *sample: str) -> None:
        """Wait until this stands on the page of metrics."""

        async def read() -> bool:
            return (await self.samples()).get(sample) == value

        await until(read)


@asynccontextmanager
async def watched(
    folder: Path, *platforms: Platform, listen: str = "127.0.0.1"
) -> AsyncIterator[Watched]:
    async with opened(folder) as study:
        there = Watched(study, *platforms, listen=listen)
        async with open_monitoring(there.settings, there.house):
            yield there
            await there.desk.drain(0)


async def test_a_probe_learns_that_it_lives_and_when_it_is_ready(tmp_path: Path) -> None:
    async with watched(tmp_path) as bot:
        assert await bot.get("live") == (200, "alive\n")
        await bot.until_ready()
        told = json.loads((await bot.get("ready"))[1])
        assert told["ready"] is True
        assert {each["name"] for each in told["checks"]} == {"calls", "database", "disk"}
        assert ("dragoman_healthy", "database") in await bot.samples()


async def test_what_is_wrong_is_one_sentence_in_the_language_asked_for(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        await study.database.rows("PRAGMA query_only = ON")
        bot = Watched(study)
        async with open_monitoring(bot.settings, bot.house):
            await bot.until_read(1, "dragoman_healthy", "disk")
            status, text = await bot.get("ready", **{"Accept-Language": "vi"})
            checks = {each["name"]: each for each in json.loads(text)["checks"]}
            assert (status, checks["database"]["ok"], checks["disk"]["ok"]) == (503, False, True)
            assert checks["database"]["sentence"] == messages.say(
                "health.database", "vi", code="storage.unavailable"
            )
            assert await bot.get("live") == (200, "alive\n"), "a restart would mend nothing"


async def test_what_a_note_costs_is_on_the_page_and_nothing_of_the_note(tmp_path: Path) -> None:
    async with watched(tmp_path) as bot:
        bot.study.stages.text = f"My {CANARY} has 7 feathers."
        who, where = person(f"{CANARY}77001"), chat(f"{CANARY}88002")
        recording = Recording(CANARY.encode())
        for number in range(2):
            message = f"{CANARY}99003{number}"
            taken = note(message, who=who, where=where, recording=recording)
            await bot.desk.take(taken, KeptReply())
        await bot.desk.take(note(3, who=person(2)), KeptReply())
        await bot.desk.take(note(3, who=person(2)), KeptReply())
        await bot.until_read(3, "dragoman_notes_total", "note", "done", "other")
        seen = await bot.samples()
        assert seen["dragoman_time_to_text_seconds_count", "note", "other"] == 3
        assert seen["dragoman_cache_requests_total", "speeches", "hit"] > 0
        assert seen["dragoman_cache_requests_total", "translations", "miss"] > 0
        assert (seen["dragoman_desk_working_notes",], bot.house.oldest_s()) == (0, 0)
        words = {word for name, *words in seen for word in words}
        assert not [each for each in words if CANARY in each or "77001" in each]
        assert words <= {each for each in words if len(each) < 40}


async def test_a_refusal_is_counted_by_its_reason_and_the_oldest_note_shows(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as bot:
        bot.study.stages.gates["hear"] = asyncio.Event()
        for number in range(4):
            await bot.desk.take(note(number), KeptReply())
        await asyncio.sleep(0.05)
        seen = await bot.samples()
        assert seen["dragoman_notes_total", "note", "busy.person", "other"] == 2
        assert seen["dragoman_desk_working_notes",] == 2
        assert 0.05 <= seen["dragoman_desk_oldest_note_age_seconds",] < 5
        bot.study.stages.gates["hear"].set()


async def test_each_process_of_the_pipeline_is_watched_by_its_own_limit(tmp_path: Path) -> None:
    limits = {"timeout_s": 300, "start_timeout_s": 120, "decode_timeout_s": 7}
    chosen = await asyncio.to_thread(load, profile="demo", workers=limits)
    async with app.open_pipeline(chosen) as pipeline:
        watches = workers(chosen, pipeline, None)
        limits_s = [(each.name, each.limit_s) for each in watches]
        assert limits_s == [("decode", 127.0), ("interactive", 420.0)]
        await pipeline.decoder.warm()
        calls = [each.worker.stats.calls for each in watches]
        assert calls == [1, 0], "each name stands for its own process"
    async with opened(tmp_path) as study:
        bot = Watched(study)
        bot.house = replace(bot.house, workers=watches)
        async with open_monitoring(bot.settings, bot.house):
            await bot.until_read(1, "dragoman_worker_calls_total", "decode")
            await bot.until_read(1, "dragoman_healthy", "worker.decode")


async def test_it_answers_while_the_database_is_locked(tmp_path: Path) -> None:
    async with watched(tmp_path) as bot:
        await bot.until_ready()
        assert ("dragoman_own_voice_jobs", "queued") in await bot.samples()
        async with bot.study.database.transaction() as transaction:
            await transaction.rows("SELECT 1")
            async with asyncio.timeout(3):
                seen = await bot.samples()
            assert ("dragoman_own_voice_jobs", "queued") not in seen
            assert ("dragoman_desk_waiting_notes",) in seen
            assert (await bot.get("ready"))[0] == 200, "what was found last is told at once"
        assert ("dragoman_own_voice_jobs", "queued") in await bot.samples()


@pytest.mark.parametrize(
    "said", [b"", b"GET /metrics HTTP/1.1\r\n", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 99]
)
async def test_who_is_slow_keeps_nobody_else_and_not_the_end(tmp_path: Path, said: bytes) -> None:
    loop = asyncio.get_running_loop()
    async with watched(tmp_path) as bot:
        slow = [
            await asyncio.open_connection("127.0.0.1", bot.settings.port, limit=1)
            for _ in range(20)
        ]
        for _, writer in slow:
            writer.write(said)
        async with asyncio.timeout(5):
            assert (await bot.get("metrics"))[0] == 200
        began = loop.time()
    assert loop.time() - began < 5
    for _, writer in slow:
        await hang_up(writer)


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1" + CANARY.encode() + b"\r\n\r\n",
        b"GET /" + CANARY.encode() * 2_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00%ff../" + CANARY.encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET /ready HTTP/1.1\r\nHost: x\r\nAccept-Language: " + b"\xff" * 99 + b"\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: " + b"a;q=,;version=;" * 99 + b"\r\n\r\n",
    ],
)
async def test_whoever_speaks_nonsense_is_answered_and_nothing_of_it_is_logged(
    tmp_path: Path, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with watched(tmp_path) as bot:
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.settings.port)
        writer.write(said)
        async with asyncio.timeout(5):
            assert (await reader.readexactly(7)) == b"HTTP/1."
        await hang_up(writer)
        assert (await bot.get("live"))[0] == 200
    written = logs.JsonLine()
    assert not [each for each in caplog.records if CANARY in written.format(each)]


async def test_many_scrapes_at_once_are_all_whole(tmp_path: Path) -> None:
    async with watched(tmp_path) as bot:
        pages = await asyncio.gather(*(bot.samples() for _ in range(20)))
        assert len({frozenset(each) for each in pages}) <= 2, "the same families on each"


async def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    async with watched(tmp_path / "first") as first, opened(tmp_path / "second") as study:
        second = Watched(study)
        with pytest.raises(ConfigurationError) as raised:
            async with open_monitoring(first.settings, second.house):
                raise AssertionError
        said = messages.sentence(raised.value, "en")
        assert "monitoring.port" in said
        assert "Address already in use" in said


async def test_a_name_that_is_no_address_is_one_sentence(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        bot = Watched(study)
        with pytest.raises(ConfigurationError):
            async with open_monitoring(Monitoring(listen="256.0.0.1", port=9464), bot.house):
                raise AssertionError


async def test_without_a_port_nothing_listens_and_nothing_looks(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        bot = Watched(study)
        before = len(asyncio.all_tasks())
        async with open_monitoring(Monitoring(), bot.house):
            assert len(asyncio.all_tasks()) == before


async def test_at_the_end_the_port_is_free_and_no_task_is_left(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    for _ in range(2):
        async with watched(tmp_path) as bot:
            await bot.until_ready()
        with pytest.raises(aiohttp.ClientError):
            await bot.get("live")
    assert asyncio.all_tasks() == before


async def test_it_ends_in_order_when_it_is_cancelled(tmp_path: Path) -> None:
    up = asyncio.Event()

    async def serve() -> None:
        async with watched(tmp_path):
            up.set()
            await asyncio.Event().wait()

    before = asyncio.all_tasks()
    serving = asyncio.create_task(serve())
    await up.wait()
    serving.cancel()
    await asyncio.wait({serving})
    assert serving.cancelled()
    assert asyncio.all_tasks() == before


async def test_the_operator_is_told_that_all_is_well(tmp_path: Path) -> None:
    async with watched(tmp_path) as bot:
        await bot.until_ready()
        assert await ask(bot.settings, "vi") == Answer(ready=True, sentences=("Mọi thứ đều ổn.",))


@pytest.mark.parametrize("listen", ["::1", "::", "0.0.0.0", "localhost"])  # noqa: S104 - on purpose
async def test_wherever_it_listens_it_can_be_asked(tmp_path: Path, listen: str) -> None:
    async with watched(tmp_path, listen=listen) as bot:

        async def answers() -> bool:
            return (await ask(bot.settings, "en")).ready

        await until(answers)


async def test_the_operator_is_told_what_is_wrong(tmp_path: Path) -> None:
    async with opened(tmp_path) as study:
        bot = Watched(study)
        await study.database.rows("PRAGMA query_only = ON")
        async with open_monitoring(bot.settings, bot.house):
            await bot.until_read(1, "dragoman_healthy", "disk")
            answer = await ask(bot.settings, "en")
    assert not answer.ready
    assert answer.sentences == (messages.say("health.database", "en", code="storage.unavailable"),)


async def test_nobody_there_is_not_ready() -> None:
    port = free_port()
    answer = await ask(Monitoring(port=port), "en")
    assert not answer.ready
    assert str(port) in answer.sentences[0]


async def test_without_a_port_the_operator_learns_which_setting_is_missing() -> None:
    answer = await ask(Monitoring(), "en")
    assert not answer.ready
    assert "monitoring.port" in answer.sentences[0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"7",
        b'{"ready": true}',
        b'{"ready": true, "checks": [1]}',
        b'{"ready": true, "checks": [{"ok": true}], "x": "\xff"}',
        b'{"ready": "yes", "checks": []}',
        b'{"ready": true, "checks": [{"ok": false}]}',
        b"[" * 100_000,
    ],
)
async def test_somebody_else_on_the_port_is_not_us(body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    application = web.Application()
    application.router.add_get("/ready", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    port = free_port()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        assert not (await ask(Monitoring(port=port), "en")).ready
    finally:
        await runner.cleanup()
