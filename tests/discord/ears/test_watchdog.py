"""What the watchdog takes for deafness, what it does, and when it stops trying."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from bot.discord.ears.stats import CallStats, SpeakerStats
from bot.discord.ears.watchdog import Facts, Judge, Symptom, Verdict, Watchdog, WatchLimits
from pipeline.errors import CallRefusedError

ALICE, BOB = 11, 12
LIMITS = WatchLimits()
SECOND = 50
"""Frames."""


@dataclass
class Call:
    """A call that a judge looks at once a second, and what the judge has said."""

    judge: Judge = field(default_factory=Judge)
    stats: CallStats = field(default_factory=CallStats)
    facts: Facts = field(default_factory=Facts)
    now: float = 100.0
    verdicts: list[Verdict] = field(default_factory=list)

    def go_on(self, seconds: int = 1, **frames: int) -> list[Verdict]:
        """Let time pass; each second so many frames of alice and bob can be opened or not."""
        said = []
        for _ in range(seconds):
            self.now += 1
            self._count(ALICE, frames.get("alice", 0), frames.get("alice_sealed", 0))
            self._count(BOB, frames.get("bob", 0), frames.get("bob_sealed", 0))
            self._add(datagrams=frames.get("strange", 0), sealed=frames.get("strange", 0))
            self._add(datagrams=frames.get("echoes", 0), foreign=frames.get("echoes", 0))
            self._add(datagrams=frames.get("refused", 0), refused=frames.get("refused", 0))
            self._add(announced=frames.get("announced", 0))
            said.append(self.judge.look(self.stats, self.facts, self.now))
        self.verdicts += [each for each in said if each is not Verdict.OK]
        return said

    def leave(self, user: int) -> None:
        kept = {each: stats for each, stats in self.stats.speakers.items() if each != user}
        self.stats = replace(self.stats, speakers=kept)

    def _count(self, user: int, opened: int, sealed: int) -> None:
        if not opened + sealed:
            return
        before = self.stats.speakers.get(user, SpeakerStats())
        after = replace(
            before,
            received=before.received + opened + sealed,
            decoded=before.decoded + opened,
            opened=before.opened + opened,
            sealed=before.sealed + sealed,
            sealed_in_a_row=before.sealed_in_a_row + sealed if sealed else 0,
        )
        self.stats = replace(self.stats, speakers={**self.stats.speakers, user: after})
        self._add(datagrams=opened + sealed, opened=opened)

    def _add(self, **numbers: int) -> None:
        grown = {name: getattr(self.stats, name) + more for name, more in numbers.items()}
        self.stats = replace(self.stats, **grown)


@pytest.fixture
def call() -> Call:
    call = Call()
    call.go_on()
    return call


def test_a_silent_call_is_no_deaf_one(call: Call) -> None:
    call.go_on(3_600, echoes=1)
    assert call.verdicts == []


def test_people_who_are_heard_are_heard(call: Call) -> None:
    call.go_on(600, alice=SECOND, announced=1)
    assert call.verdicts == []
    assert call.judge.symptom is None


def test_a_moment_that_can_not_be_opened_is_borne(call: Call) -> None:
    call.go_on(3, alice=SECOND)
    call.go_on(1, alice_sealed=LIMITS.unopened)
    call.go_on(3, alice=SECOND)
    assert call.verdicts == []


def test_a_stretch_that_can_not_be_opened_is_rekeyed_once_and_given_time(call: Call) -> None:
    call.go_on(3, alice=SECOND)
    assert call.go_on(1, alice_sealed=SECOND) == [Verdict.REKEY]
    assert call.judge.symptom is Symptom.ESTRANGED
    assert set(call.go_on(4, alice_sealed=SECOND)) == {Verdict.OK}


def test_what_heals_has_all_its_tries_again(call: Call) -> None:
    for _ in range(10):
        call.go_on(3, alice_sealed=SECOND)
        call.go_on(10, alice=SECOND)
    assert call.verdicts == [Verdict.REKEY] * 10


def test_what_never_heals_is_rekeyed_then_rejoined_and_then_told(call: Call) -> None:
    said = call.go_on(1_000, alice_sealed=SECOND)
    acted = [at for at, each in enumerate(said) if each in {Verdict.REKEY, Verdict.REJOIN}]
    assert [said[at] for at in acted] == [Verdict.REKEY] * 2 + [Verdict.REJOIN] * 3
    pauses = [later - earlier for earlier, later in itertools.pairwise(acted)]
    wanted = [LIMITS.rekey_s, 2 * LIMITS.rekey_s, LIMITS.rejoin_s, 2 * LIMITS.rejoin_s]
    assert all(0 <= pause - want <= 2 for pause, want in zip(pauses, wanted, strict=True))
    first = said.index(Verdict.DEAF)
    assert set(said[first:]) == {Verdict.DEAF}
    assert call.judge.deaf


def test_the_deaf_who_hear_again_are_not_deaf(call: Call) -> None:
    call.go_on(1_000, alice_sealed=SECOND)
    call.go_on(1, alice=SECOND)
    assert not call.judge.deaf
    assert call.go_on(2, alice_sealed=SECOND)[-1] is not Verdict.DEAF


def test_one_of_two_who_can_not_be_opened_is_rekeyed_twice_and_costs_nobody_the_call(
    call: Call,
) -> None:
    call.go_on(3, alice=SECOND, bob=SECOND)
    call.go_on(1_000, alice=SECOND, bob_sealed=SECOND)
    assert call.verdicts == [Verdict.REKEY] * 2
    assert call.judge.symptom is Symptom.PARTLY
    assert not call.judge.deaf


def test_one_who_comes_and_goes_with_sealed_frames_gets_no_new_tries_by_being_silent(
    call: Call,
) -> None:
    for _ in range(20):
        call.go_on(5, alice=SECOND, bob_sealed=SECOND)
        call.go_on(20, alice=SECOND)
    assert call.verdicts == [Verdict.REKEY] * 2


def test_who_left_is_no_symptom(call: Call) -> None:
    call.go_on(5, alice=SECOND, bob_sealed=SECOND)
    call.leave(BOB)
    call.go_on(5, alice=SECOND)
    assert call.judge.symptom is None
    call.go_on(1, alice=0, bob_sealed=SECOND)
    assert call.verdicts == [Verdict.REKEY] * 2


def test_a_change_under_way_excuses_it_for_a_while_and_not_for_ever(call: Call) -> None:
    call.facts = Facts(pending=True)
    call.go_on(int(LIMITS.pending_s) - 1, alice_sealed=SECOND)
    assert call.verdicts == []
    call.go_on(3, alice_sealed=SECOND)
    assert call.verdicts == [Verdict.REKEY]


def test_joining_the_group_may_take_its_time(call: Call) -> None:
    call.facts = Facts(ready=False)
    call.go_on(8, alice_sealed=SECOND)
    call.facts = Facts()
    call.go_on(1, alice_sealed=20)
    call.go_on(3, alice=SECOND)
    assert call.verdicts == []


def test_a_group_that_lets_nobody_in_is_asked_again(call: Call) -> None:
    call.facts = Facts(ready=False)
    call.go_on(1 + int(LIMITS.outside_s), alice_sealed=SECOND)
    assert call.verdicts == [Verdict.REKEY]
    assert call.judge.symptom is Symptom.OUTSIDE


def test_alone_in_a_call_there_is_no_group_and_no_symptom(call: Call) -> None:
    call.facts = Facts(ready=False)
    call.go_on(3_600, echoes=1)
    assert call.verdicts == []


def test_a_dead_task_is_noticed_at_the_next_look_although_nobody_speaks(call: Call) -> None:
    call.facts = Facts(alive=False)
    assert call.go_on() == [Verdict.REJOIN]
    assert call.judge.symptom is Symptom.DEAD


def test_who_is_long_on_the_way_back_joins_again_although_nobody_speaks(call: Call) -> None:
    call.facts = Facts(away=True)
    assert call.go_on(int(LIMITS.away_s)) == [Verdict.OK] * 8
    assert call.go_on() == [Verdict.REJOIN]
    assert call.judge.symptom is Symptom.AWAY


def test_short_ways_back_are_not_added_up(call: Call) -> None:
    for _ in range(100):
        call.facts = Facts(away=True)
        call.go_on(int(LIMITS.away_s))
        call.facts = Facts()
        call.go_on()
    assert call.verdicts == []


def test_speakers_without_sound_are_a_lost_way(call: Call) -> None:
    call.go_on(1, announced=1)
    assert call.go_on(int(LIMITS.cut_s) - 1, echoes=1) == [Verdict.OK] * 9
    assert call.go_on(1) == [Verdict.REJOIN]


def test_speakers_who_may_not_be_heard_are_no_lost_way(call: Call) -> None:
    call.go_on(600, announced=1, refused=SECOND)
    assert call.verdicts == []


def test_another_sessions_datagrams_are_noticed(call: Call) -> None:
    call.go_on(int(LIMITS.sealed_s) - 1, strange=SECOND)
    assert call.verdicts == []
    call.go_on(3, strange=SECOND)
    assert call.verdicts == [Verdict.REJOIN]


def test_forged_datagrams_among_good_ones_cost_nothing(call: Call) -> None:
    call.go_on(600, strange=SECOND, alice=SECOND)
    assert call.verdicts == []


def test_a_few_deaths_far_apart_are_not_added_up(call: Call) -> None:
    for _ in range(10):
        call.facts = Facts(alive=False)
        call.go_on()
        call.facts = Facts()
        call.go_on(int(LIMITS.forget_s) + 60, echoes=1)
    assert call.verdicts == [Verdict.REJOIN] * 10
    assert not call.judge.deaf


class Owner:
    """Who has the connection: remembers what the watchdog asked for."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.asked: list[str] = []
        self.happens: Callable[[], None] = lambda: None

    def look(self) -> tuple[CallStats, Facts]:
        self.happens()
        self.call.now += 1
        return self.call.stats, self.call.facts

    async def rekey(self) -> None:
        self.asked.append("rekey")

    async def rejoin(self) -> None:
        self.asked.append("rejoin")
        raise CallRefusedError(reason="voice")

    async def tell(self) -> None:
        self.asked.append("tell")

    def watchdog(self) -> Watchdog:
        return Watchdog(
            self.call.judge,
            self.look,
            rekey=self.rekey,
            rejoin=self.rejoin,
            tell=self.tell,
            clock=lambda: self.call.now,
            every_s=0,
        )


async def watched(owner: Owner, seconds: float) -> None:
    """Run the watchdog for so long, on the call's clock."""
    until = owner.call.now + seconds
    running = asyncio.create_task(owner.watchdog().run())
    while owner.call.now < until and not running.done():  # noqa: ASYNC110 - time is the call's
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_it_does_what_the_judge_says_and_tells_once_although_remedies_fail(
    call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    owner = Owner(call)
    call.facts = Facts(alive=False)
    await watched(owner, 500)
    assert owner.asked == ["rejoin", "rejoin", "rejoin", "tell"]
    codes = [each.__dict__["code"] for each in caplog.records if "code" in each.__dict__]
    assert codes == ["call.refused"] * 3


async def test_it_tells_again_when_it_was_heard_in_between(call: Call) -> None:
    owner = Owner(call)
    for _ in range(2):
        call.facts = Facts(alive=False)
        await watched(owner, 300)
        call.facts = Facts()
        call._count(ALICE, SECOND, 0)  # noqa: SLF001 - as go_on does, without a look
        call.go_on()
    assert owner.asked.count("tell") == 2


async def test_it_does_nothing_about_a_call_that_is_well(call: Call) -> None:
    owner = Owner(call)
    owner.happens = lambda: call._count(ALICE, SECOND, 0)  # noqa: SLF001 - as above
    await watched(owner, 500)
    assert owner.asked == []


def test_the_share_that_was_heard_is_told_of_each_speaker() -> None:
    assert SpeakerStats().heard == 1
    assert SpeakerStats(decoded=90, lost=5, unreadable=3, hurried=2).heard == 0.9
    assert SpeakerStats(lost=10).heard == 0
