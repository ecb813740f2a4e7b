"""Health: each check notices what it is for, and says it in one sentence in both languages."""

import asyncio
import shutil
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.calling import CallFacts
from bot.discord.ears.stats import CallStats, SpeakerStats
from bot.discord.ears.watchdog import Facts, WatchLimits
from bot.health import (
    CallWatch,
    DatabaseCheck,
    DiskCheck,
    Finding,
    Growth,
    Health,
    Observed,
    PlatformCheck,
    WorkerWatch,
)
from bot.messages import CATALOGUES
from pipeline.worker_supervisor import WorkerStats
from pipeline.workers import ProcessWorker
from storage.database import Database, open_database
from tests.integration.program import ROOT

GONE = Facts(alive=False)
ANNA, BINH = 1, 2


def faults(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {each.check: each.fault for each in findings}


class Told:
    """A check that finds what it is told to, as soon as it is let."""

    name = "told"

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.open = asyncio.Event()
        self.made = 0

    async def find(self) -> Finding:
        await self.open.wait()
        self.made += 1
        return Finding(self.name, self.fault, {"check": self.name, "count": 1})


@asynccontextmanager
async def looking(health: Health) -> AsyncIterator[None]:
    task = asyncio.create_task(health.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def found(health: Health, name: str, fault: str, seconds: float = 5) -> Finding:
    """Wait until the check has found this."""
    async with asyncio.timeout(seconds):
        while faults(health.findings()).get(name) != fault:  # noqa: ASYNC110 - looked at as a probe does
            await asyncio.sleep(0.02)
    return next(each for each in health.findings() if each.check == name)


async def test_it_is_not_well_before_everything_was_looked_at() -> None:
    check = Told()
    health = Health(checks=[check])
    assert faults(health.findings()) == {"told": "starting"}
    async with looking(health):
        check.open.set()
        assert (await found(health, "told", "")).ok


async def test_a_check_that_hangs_is_a_fault_and_keeps_no_other() -> None:
    class Hung(Told):
        name = "hung"

    check = Told()
    check.open.set()
    health = Health(checks=[Hung(), check], patience_s=0.05)
    async with looking(health):
        await found(health, "hung", "slow")
        await found(health, "told", "")


async def test_a_check_is_made_again_and_what_heals_is_well() -> None:
    check = Told("calls")
    check.open.set()
    health = Health(checks=[check], every_s=0.02)
    async with looking(health):
        assert not (await found(health, "told", "calls")).ok
        check.fault = ""
        await found(health, "told", "")
        assert check.made > 1


async def test_what_was_found_long_ago_counts_for_nothing() -> None:
    check = Told()
    check.open.set()
    health = Health(checks=[check], every_s=0.01, patience_s=0.01, stale_s=0.05)
    async with looking(health):
        await found(health, "told", "")
    await found(health, "told", "unchecked")


async def test_many_probes_make_no_work() -> None:
    check = Told()
    check.open.set()
    health = Health(checks=[check])
    async with looking(health):
        await found(health, "told", "")
        for _ in range(1_000):
            health.findings()
        assert check.made == 1


async def test_a_loop_that_is_held_up_is_told_of() -> None:
    delays: list[float] = []
    async with looking(Health(delayed=delays.append)):
        await asyncio.sleep(0.9)
        until = time.perf_counter() + 0.5
        while time.perf_counter() < until:
            pass
        await asyncio.sleep(0.1)
    assert max(delays) > 0.2


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "d.db", busy_s=0.2) as database:
        yield database


async def test_a_database_is_really_written_and_nothing_of_it_changes(database: Database) -> None:
    log = database.path.with_name("d.db-wal")
    [(before,)] = await database.rows("PRAGMA user_version")
    await database.scrub()
    assert (await DatabaseCheck(database).find()).ok
    assert (await asyncio.to_thread(log.stat)).st_size > 4096, "a page came to the disk"
    assert await database.rows("PRAGMA user_version") == [(before,)]
    await database.check()


async def test_a_database_that_another_program_holds_is_noticed(database: Database) -> None:
    def hold() -> sqlite3.Connection:
        other = sqlite3.connect(database.path, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        return other

    with closing(await asyncio.to_thread(hold)) as other:
        finding = await DatabaseCheck(database).find()
        assert (finding.fault, finding.facts) == ("database", {"code": "storage.locked"})
        await asyncio.to_thread(other.rollback)
    assert (await DatabaseCheck(database).find()).ok


async def test_a_database_that_takes_no_writes_is_noticed(database: Database) -> None:
    await database.rows("PRAGMA query_only = ON")
    finding = await DatabaseCheck(database).find()
    assert (finding.fault, finding.facts) == ("database", {"code": "storage.unavailable"})


async def test_a_database_without_room_is_noticed(tmp_path: Path) -> None:
    """The file system is full: its writes end at the size that the process may write."""
    script = (
        "import asyncio, pathlib, resource, sys\n"
        "from bot.health import DatabaseCheck\n"
        "from storage.database import open_database\n"
        "async def main():\n"
        "    async with open_database(pathlib.Path(sys.argv[1])) as database:\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "        print((await DatabaseCheck(database).find()).fault)\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
        "        print((await DatabaseCheck(database).find()).ok)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, tmp_path / "full.db", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.split() == [b"database", b"True"]


async def test_a_database_that_is_busy_with_us_is_slow_and_not_harmed(database: Database) -> None:
    health = Health(checks=[DatabaseCheck(database)], patience_s=0.05, every_s=0.02)
    async with looking(health):
        await found(health, "database", "")
        async with database.transaction() as transaction:
            await transaction.rows("SELECT 1")
            await found(health, "database", "slow")
        await found(health, "database", "")


async def test_a_disk_is_full_before_the_last_byte(tmp_path: Path) -> None:
    roomy = DiskCheck(tmp_path / "d.db", room=1)
    assert (await roomy.find()).ok
    free = (await asyncio.to_thread(shutil.disk_usage, tmp_path)).free
    assert roomy.free == pytest.approx(free, rel=0.2)
    tight = await DiskCheck(tmp_path / "d.db", room=2**60).find()
    assert tight.fault == "disk"
    assert str(tight.facts["free_mib"]) in tight.sentence("vi")


async def test_a_disk_that_is_gone_is_noticed(tmp_path: Path) -> None:
    check = DiskCheck(tmp_path / "gone" / "d.db")
    assert (await check.find()).fault == "disk.unreadable"
    assert check.free is None


async def test_a_platform_that_is_cut_off_is_noticed() -> None:
    async def connected() -> bool:
        return False

    finding = await PlatformCheck("Telegram", connected).find()
    assert (finding.check, finding.fault) == ("platform.telegram", "platform")


class Stats:
    """What a worker tells of itself."""

    def __init__(self) -> None:
        self.stats = WorkerStats(0, 0, busy=False, queued=0, pid=None, rss_bytes=0)

    def tell(
        self, calls: int, *, busy: bool = True, restarts: int = 0, paused: bool = False
    ) -> None:
        self.stats = WorkerStats(calls, restarts, busy, 0, pid=1, rss_bytes=0, paused=paused)


def test_a_call_that_outlives_its_timeout_is_stuck() -> None:
    worker = Stats()
    watch = WorkerWatch("interactive", worker, limit_s=100)
    worker.tell(1)
    for now in (0, 60, 114):
        watch.look(now)
        assert watch.finding().ok
    watch.look(116)
    assert watch.finding().fault == "worker.stuck"
    assert watch.call_s == 116
    worker.tell(2)
    watch.look(117)
    assert watch.finding().ok, "that is another call"
    worker.tell(2, busy=False)
    watch.look(300)
    assert (watch.finding().ok, watch.call_s) == (True, 0)


def test_a_worker_that_stands_back_for_notes_is_not_stuck_however_long_it_stands() -> None:
    worker = Stats()
    watch = WorkerWatch("clone", worker, limit_s=100)
    worker.tell(1)
    watch.look(0)
    worker.tell(1, paused=True)
    for now in range(10, 5_000, 10):
        watch.look(now)
    assert watch.finding().ok
    worker.tell(1)
    for now in range(5_000, 5_090, 10):
        watch.look(now)
    assert watch.finding().ok
    for now in range(5_090, 5_130, 10):
        watch.look(now)
    assert watch.finding().fault == "worker.stuck"


def test_starts_long_ago_are_forgiven() -> None:
    worker = Stats()
    watch = WorkerWatch("interactive", worker, limit_s=100)
    for number in range(1, 6):
        worker.tell(number, busy=False, restarts=number)
        watch.look(number)
    assert watch.finding().fault == "worker.restarts"
    watch.look(700)
    assert watch.finding().ok


def test_a_worker_that_strangers_files_may_end_is_not_unwell_for_it() -> None:
    worker = Stats()
    watch = WorkerWatch("decode", worker, limit_s=100, restless=True)
    for number in range(1, 50):
        worker.tell(number, restarts=number)
        watch.look(number)
        assert watch.finding().ok
    watch.look(200)
    assert watch.finding().fault == "worker.stuck"


async def test_a_real_worker_that_starts_again_and_again_is_noticed() -> None:
    async with ProcessWorker(
        name="spent", timeout_s=20, start_timeout_s=20, calls_before_renewal=1
    ) as worker:
        watch = WorkerWatch("spent", worker, limit_s=40)
        for _ in range(6):
            assert await worker.call(abs, -1) == 1
            watch.look(asyncio.get_running_loop().time())
        finding = watch.finding()
        assert (finding.fault, finding.facts["count"]) == ("worker.restarts", 5)


async def test_a_real_call_is_seen_to_go_on() -> None:
    async with ProcessWorker(name="slow", timeout_s=20, start_timeout_s=20) as worker:
        await worker.call(abs, 0)
        watch = WorkerWatch("slow", worker, limit_s=-15)
        calling = asyncio.create_task(worker.call(sum, range(50_000_000)))
        await asyncio.sleep(0.2)
        for now in (0.0, 0.1):
            watch.look(now)
        assert watch.finding().fault == "worker.stuck"
        await calling
        await asyncio.sleep(0.1)
        watch.look(0.2)
        assert watch.finding().ok


class Line:
    """Calls, as they are seen from one look to the next."""

    def __init__(self) -> None:
        self.calls: dict[Hashable, Observed] = {}

    def see(
        self,
        call: str = "call",
        connection: Facts | None = None,
        dropped: int = 0,
        foreign: int = 0,
        **decoded: int,
    ) -> None:
        speakers = {
            number: SpeakerStats(decoded=frames, opened=frames)
            for number, frames in ((ANNA, decoded.get("anna")), (BINH, decoded.get("binh")))
            if frames is not None
        }
        stats = CallStats(
            speakers=speakers,
            datagrams=foreign,
            foreign=foreign,
            sealed=0,
            broken=0,
            refused=0,
            unknown=0,
            overflown=0,
            faults=0,
            announced=0,
            opened=sum(each.opened for each in speakers.values()),
        )
        facts = CallFacts(people=2, share=1.0, waiting=3, dropped=dropped, waited_s=len(self.calls))
        self.calls[call] = Observed(stats, connection or Facts(), facts)


def test_a_call_is_deaf_when_every_remedy_was_in_vain_and_heals_when_it_is_heard() -> None:
    line = Line()
    watch = CallWatch(lambda: line.calls, WatchLimits(rejoins=1, rejoin_s=1))
    line.see("well", anna=0)
    line.see("ill", GONE, anna=0)
    watch.look(0)
    assert watch.finding().ok, "it is about to join again"
    watch.look(2)
    finding = watch.finding()
    assert (finding.fault, finding.facts) == ("calls", {"count": 1})
    assert (watch.under_way, watch.deaf, watch.people, watch.waiting) == (2, 1, 4, 6)
    assert watch.waited_s == 1
    line.see("ill", anna=50)
    watch.look(3)
    assert watch.finding().ok


def test_a_deaf_call_that_is_left_is_forgotten() -> None:
    line = Line()
    watch = CallWatch(lambda: line.calls, WatchLimits(rejoins=0))
    line.see(connection=GONE)
    watch.look(0)
    assert watch.deaf == 1
    line.calls.clear()
    watch.look(1)
    assert (watch.under_way, watch.deaf, watch.people) == (0, 0, 0)


def test_frames_are_summed_over_people_and_calls_that_come_and_go() -> None:
    line = Line()
    watch = CallWatch(lambda: line.calls)
    assert watch.frames.total["heard"] == 0
    line.see("one", anna=10, binh=5, dropped=2, foreign=1)
    line.see("two", anna=100)
    watch.look(0)
    line.see("one", anna=12, dropped=2, foreign=4)
    watch.look(1)
    assert (watch.frames.total["heard"], watch.unsaid.total["old"]) == (117, 2)
    line.see("one", anna=12, binh=3, dropped=2, foreign=4)
    watch.look(2)
    assert watch.frames.total["heard"] == 120, "who comes back is counted from the start"
    line.calls.clear()
    watch.look(3)
    line.see("one", anna=1)
    watch.look(4)
    assert (watch.frames.total["heard"], watch.dropped.total["foreign"]) == (121, 4)


def test_a_call_that_is_heard_badly_is_not_hidden_by_those_that_are_heard_well() -> None:
    calls: dict[Hashable, Observed] = {}
    watch = CallWatch(lambda: calls)

    def look(now: float, **speakers: SpeakerStats) -> float:
        for name, speaker in speakers.items():
            facts = CallFacts(people=1, share=None, waiting=0, dropped=0)
            calls[name] = Observed(CallStats(speakers={ANNA: speaker}), Facts(), facts)
        watch.look(now)
        return watch.worst

    assert look(0, good=SpeakerStats(), bad=SpeakerStats()) == 0
    well = SpeakerStats(decoded=9_000)
    assert look(5, good=well, bad=SpeakerStats(decoded=100, lost=149)) == 0, "too short to tell"
    ill = SpeakerStats(decoded=200, lost=150, unreadable=40, hurried=10)
    assert look(10, good=well, bad=ill) == 0.5
    assert look(60, bad=SpeakerStats(decoded=800, lost=150, unreadable=40, hurried=10)) == 0.2
    better = SpeakerStats(decoded=1_750, lost=200, unreadable=40, hurried=10)
    assert look(71, bad=better) == 0.05, "what is a minute old is over"
    calls.clear()
    assert look(72) == 0


def test_a_sum_never_shrinks() -> None:
    growth = Growth("heard", "lost")
    growth.take({1: {"heard": 10}})
    growth.take({1: {"heard": 4}})
    assert growth.total == {"heard": 14, "lost": 0}


@pytest.mark.parametrize("locale", CATALOGUES)
def test_every_fault_is_one_sentence(locale: str) -> None:
    given = ("check", "seconds", "code", "free_mib", "platform", "worker", "count", "address")
    facts = dict.fromkeys(given, 1)
    names = [name for name in CATALOGUES[locale] if name.startswith("health.")]
    for name in names:
        said = Finding("x", name.removeprefix("health."), facts).sentence(locale)
        assert said.endswith((".", "?")), name
        assert "{" not in said
