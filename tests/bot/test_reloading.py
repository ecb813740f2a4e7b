"""Settings that change while the program runs: each is taken, or said to need a restart."""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from pydantic import BaseModel

from bot.reloading import AFTER_RESTART, LIVE, Live, Source, changed, with_values
from bot.sections import Section
from bot.settings import Settings, load

EVERY_S = 0.02


class Operator(logging.Handler):
    """Somebody who edits a file, and reads what the program says."""

    def __init__(self, file: Path, locale: str) -> None:
        super().__init__()
        self.file = file
        self.asked = asyncio.Event()
        self.told: list[Settings] = []
        self.sentences: list[str] = []
        self._spoken = asyncio.Event()
        read = partial(load, file, profile="demo")
        self.source = Source.of(file, read, locale)
        self.live = Live(read(), EVERY_S)

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(str(vars(record)["sentence"]))
        self._spoken.set()

    def write(self, text: str) -> None:
        """Write it as editors do: a new file that takes the place of the old one."""
        new = self.file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self.file)

    async def said(self, count: int = 1) -> list[str]:
        """Wait until so much was said, and a little longer."""
        async with asyncio.timeout(10):
            while len(self.sentences) < count:
                self._spoken.clear()
                await self._spoken.wait()
        await asyncio.sleep(5 * EVERY_S)
        return self.sentences


Begin = Callable[..., Any]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def loop_guard() -> Iterator[BlockBuster]:
    """The program must not block the loop; the operator may."""
    with blockbuster_ctx(scanned_modules=["bot"]) as guard:
        yield guard


@pytest.fixture
def begin(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Begin:
    """Begin to follow a file that says this."""
    caplog.set_level(logging.INFO, logger="bot.reloading")

    @asynccontextmanager
    async def begun(text: str, locale: str = "en") -> AsyncIterator[Operator]:
        file = tmp_path / "settings.toml"
        file.write_text(text, encoding="utf-8")
        operator = await asyncio.to_thread(Operator, file, locale)
        logging.getLogger("bot.reloading").addHandler(operator)
        following = asyncio.create_task(
            operator.live.follow(operator.source, operator.asked, operator.told.append)
        )
        yield operator
        logging.getLogger("bot.reloading").removeHandler(operator)
        assert not following.done(), "it goes on for ever"
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    return begun


async def test_a_change_that_needs_no_restart_holds_from_then_on(begin: Begin) -> None:
    async with begin("[desk]\nper_person = 5\n") as operator:
        operator.write("[desk]\nper_person = 7\ntotal = 9\n")
        (said,) = await operator.said()
        assert said.endswith("have changed, and hold from now on: desk.per_person, desk.total.")
        assert operator.live.now.desk.per_person == 7
        assert operator.told == [operator.live.now]


async def test_a_change_that_needs_one_is_named_and_holds_nowhere_before(begin: Begin) -> None:
    async with begin("[workers]\ntimeout_s = 5\n") as operator:
        operator.write("[workers]\ntimeout_s = 6\n[hearing]\nbeam = 1\n")
        (said,) = await operator.said()
        assert said == (
            "These settings take effect after a restart: hearing.beam, workers.timeout_s."
        )
        assert operator.live.now.workers.timeout_s == 5
        assert not operator.told


async def test_of_both_kinds_in_one_section_each_is_what_it_should_be(begin: Begin) -> None:
    async with begin("") as operator:
        operator.write('[storage]\npath = "/else/where.db"\nspeech_mb = 7\n')
        taken, waiting = await operator.said(2)
        assert "hold from now on: storage.speech_mb." in taken
        assert "after a restart: storage.path." in waiting
        assert operator.live.now.storage.speech_mb == 7
        assert operator.live.now.storage.path.name == "dragoman.db"
        operator.write("[storage]\nspeech_mb = 7\n")
        *_, same = await operator.said(3)
        assert same == "The settings were read again, and are as before."


async def test_a_file_that_can_not_be_used_changes_nothing(begin: Begin) -> None:
    async with begin("[desk]\ntotal = 5\n") as operator:
        before = operator.live.now
        operator.write("[desk]\ntotal = 7\nper_person = 0\nper_perzon = 1\n")
        said = await operator.said(2)
        assert len(said) == 2, "everything that is wrong, once"
        assert all(each.startswith("The settings stay as they are.") for each in said)
        assert {name for each in said for name in re.findall(r"setting (desk\.\w+)", each)} == {
            "desk.per_person",
            "desk.per_perzon",
        }
        assert operator.live.now is before
        assert not operator.told
        operator.write("[desk]\ntotal = 7\n")
        assert "hold from now on: desk.total." in (await operator.said(3))[-1]


@pytest.mark.parametrize(
    "text", ["[desk", "\x00", "targets = []", "a = " + "[" * 100_000, "targets = 5"]
)
async def test_what_is_no_settings_file_is_one_sentence_and_changes_nothing(
    begin: Begin, text: str
) -> None:
    async with begin("[desk]\ntotal = 5\n") as operator:
        before = operator.live.now
        operator.write(text)
        (said,) = await operator.said()
        assert said.startswith("The settings stay as they are. The ")
        assert operator.live.now is before


async def test_a_file_that_is_gone_changes_nothing_and_one_that_comes_is_read(
    begin: Begin,
) -> None:
    async with begin("[desk]\ntotal = 5\n") as operator:
        operator.file.unlink()
        await asyncio.sleep(5 * EVERY_S)
        assert not operator.sentences
        operator.asked.set()
        (said,) = await operator.said()
        assert "No such file" in said
        operator.write("[desk]\ntotal = 6\n")
        await operator.said(2)
        assert operator.live.now.desk.total == 6


async def test_a_file_that_is_still_being_written_is_left_until_it_rests(begin: Begin) -> None:
    async with begin("[desk]\ntotal = 5\n") as operator:
        for number in range(200):
            operator.file.write_text(f"[desk]\ntotal = 5{number}\n[cal", encoding="utf-8")
            await asyncio.sleep(EVERY_S / 10)
        operator.file.write_text("[desk]\ntotal = 6\n", encoding="utf-8")
        (said,) = await operator.said()
        assert "desk.total" in said


async def test_whoever_asks_is_answered_at_once(begin: Begin) -> None:
    async with begin("") as operator:
        operator.live._every_s = 3_600.0  # noqa: SLF001 - nothing is looked at by itself
        await asyncio.sleep(5 * EVERY_S)
        operator.asked.set()
        assert await operator.said() == ["The settings were read again, and are as before."]
        operator.write("[desk]\ntotal = 6\n")
        await asyncio.sleep(5 * EVERY_S)
        operator.asked.set()
        await operator.said(2)
        assert operator.live.now.desk.total == 6


async def test_the_environment_still_wins(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_DESK__TOTAL", "9")
    async with begin("") as operator:
        operator.write("[desk]\ntotal = 6\n")
        assert "as before" in (await operator.said())[0]
        assert operator.live.now.desk.total == 9


async def test_it_is_said_in_the_operators_language_and_without_any_value(
    begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    async with begin("", "vi") as operator:
        operator.write(
            '[discord]\ntoken = "canary"\noperators = ["8035111022"]\n[telegram]\ntoken = "canary"'
        )
        taken, waiting = await operator.said(2)
        assert taken == "Các thiết lập này đã đổi và có hiệu lực từ bây giờ: discord.operators."
        assert waiting.endswith("khởi động lại: discord.token, telegram.token.")
        operator.write('[discord]\ntoken = "canary"\noperators = ["canary"]\n')
        assert "Các thiết lập vẫn như cũ" in (await operator.said(3))[-1]
    for record in caplog.records:
        assert "canary" not in str(vars(record))
        assert "8035111022" not in str(vars(record))


async def test_without_a_file_nothing_is_followed() -> None:
    live = Live(await asyncio.to_thread(load, profile="demo"))
    await live.follow(None, asyncio.Event(), lambda _: None)


def _names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _names(inner, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_every_setting_is_taken_now_or_after_a_restart() -> None:
    assert sorted((*LIVE, *AFTER_RESTART)) == sorted(_names(Settings))


def test_a_value_is_compared_and_taken_by_its_name() -> None:
    one, other = load(profile="demo"), load(profile="demo")
    assert not changed(one, other, (*LIVE, *AFTER_RESTART))
    other = load(profile="demo", own_voice={"sample": {"least_s": 9.0}, "busy": "go_on"})
    assert changed(one, other, LIVE) == ["own_voice.sample.least_s", "own_voice.busy"]
    taken = with_values(one, other, ["own_voice.sample.least_s"])
    assert taken.own_voice.sample.least_s == 9.0
    assert (taken.own_voice.busy, one.own_voice.sample.least_s) == ("wait", 6.0)
