"""The desk: nobody waits for ever, nobody is forgotten, and nobody harms another."""

import asyncio
import logging
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk import Bounds, BusyError, Desk
from bot.overload import Ladder, Rungs, Step
from bot.types import VoiceNote
from pipeline.errors import DatabaseLockedError, DragomanError
from pipeline.specs import AudioLimits
from tests.bot.exchanges import KeptReply, Ledger, PaperSeen, chat, note, person, settle


class Hall:
    """A desk and all that can be seen of its work."""

    def __init__(
        self,
        bounds: Bounds | None = None,
        patience_s: float = 3600.0,
        ladder: Ladder | None = None,
    ) -> None:
        self.ledger, self.seen = Ledger(), PaperSeen()
        self.desk = Desk(
            self.ledger.exchange,
            self.seen,
            bounds or Bounds(at_once=1),
            AudioLimits(seconds=60, bytes=1000),
            patience_s,
            farewell_s=0.1,
            ladder=ladder,
        )

    async def take(self, *notes: VoiceNote) -> None:
        for each in notes:
            await self.desk.take(each, KeptReply())
        await settle()

    async def let(self, *messages: object) -> None:
        self.ledger.let(*messages)
        await settle()

    def refusals(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for message, error in self.ledger.facts("refused").items():
            assert isinstance(error, DragomanError)
            found[message] = f"{error.code} {error.details.get('reason', '')}".strip()
        return found


async def test_no_more_are_worked_on_at_once_than_allowed_and_the_next_follows() -> None:
    hall = Hall(Bounds(at_once=2))
    await hall.take(*(note(each, where=chat(each)) for each in range(4)))
    assert hall.ledger.of("begun") == ["0", "1"]
    assert (hall.desk.working(), hall.desk.waiting()) == (2, 2)
    await hall.let(1)
    assert hall.ledger.of("begun") == ["0", "1", "2"]
    await hall.let(0, 2, 3)
    assert (hall.desk.working(), hall.desk.waiting()) == (0, 0)
    assert hall.ledger.most_running == 2


async def test_chats_take_turns_and_a_chat_keeps_its_order() -> None:
    hall = Hall()
    busy, quiet = chat("busy"), chat("quiet")
    await hall.take(
        note(0, where=chat("first")),
        *(note(f"b{each}", where=busy, who=person(each)) for each in range(3)),
        note("q0", where=quiet, who=person("q")),
        note("q1", where=quiet, who=person("q")),
    )
    await hall.let(0, "b0", "b1", "b2", "q0", "q1")
    assert hall.ledger.of("answered") == ["0", "b0", "q0", "b1", "q1", "b2"]


async def test_topics_of_a_chat_share_its_turns() -> None:
    hall = Hall()
    await hall.take(
        note(0, where=chat("first")),
        note("a", where=chat("forum", "1"), who=person("a")),
        note("b", where=chat("forum", "2"), who=person("b")),
        note("c", where=chat("other"), who=person("c")),
    )
    await hall.let(0, "a", "b", "c")
    assert hall.ledger.of("answered") == ["0", "a", "c", "b"]


async def test_a_message_that_comes_twice_is_answered_once() -> None:
    hall = Hall()
    await hall.take(note(1), note(1), note(1, where=chat(2)))
    await hall.let(1)
    assert hall.ledger.of("answered") == ["1", "1"], "one in each chat"
    await hall.take(note(1))
    assert len(hall.ledger.events) == 4


async def test_what_comes_twice_at_the_same_moment_is_answered_once() -> None:
    hall = Hall()
    await asyncio.gather(*(hall.desk.take(note(1), KeptReply()) for _ in range(5)))
    await hall.let(1)
    assert hall.ledger.ends() == {"1": 1}


@pytest.mark.parametrize(
    ("seconds", "size", "code"),
    [(61.0, None, "audio.too_long"), (None, 1001, "audio.too_large"), (1e308, 10**12, "audio.too")],
)
async def test_what_claims_to_be_too_much_is_refused_before_it_is_fetched(
    seconds: float | None, size: int | None, code: str
) -> None:
    hall = Hall()
    await hall.take(replace(note(1), seconds=seconds, size=size))
    assert hall.refusals()["1"].startswith(code)
    assert not hall.ledger.of("begun")


async def test_a_claim_that_is_none_is_not_believed_either_way() -> None:
    hall = Hall()
    await hall.take(
        replace(note(1), seconds=-5.0, size=-1),
        replace(note(2, where=chat(2)), seconds=float("nan")),
    )
    await hall.let(1, 2)
    assert hall.ledger.of("answered") == ["1", "2"]


async def test_over_a_bound_people_are_told_to_come_back_and_may() -> None:
    hall = Hall(Bounds(at_once=1, per_person=2, per_chat=3, total=4))
    crowd = chat("crowd")
    await hall.take(
        note(1, where=crowd),
        note(2, where=crowd),
        note(3, where=chat("elsewhere")),
        note(4, where=crowd, who=person("b")),
        note(5, where=crowd, who=person("c")),
        note(6, where=chat("d"), who=person("d")),
        note(7, where=chat("e"), who=person("e")),
    )
    assert hall.refusals() == {"3": "busy person", "5": "busy chat", "7": "busy house"}
    await hall.let(1)
    await hall.take(note(8, where=crowd))
    assert "8" not in hall.refusals()


async def test_who_waits_long_is_told_the_place_and_who_does_not_is_left_in_peace() -> None:
    hall = Hall(patience_s=0.02)
    await hall.take(note(0, where=chat("a")))
    await hall.take(*(note(f"b{each}", where=chat("b")) for each in range(2)))
    await hall.take(note("c0", where=chat("c"), who=person("c")))
    assert hall.desk.places(person()) == (1, 3)
    assert hall.desk.places(person("c")) == (2,)
    await asyncio.sleep(0.1)
    assert hall.ledger.facts("waiting") == {"b0": 1, "b1": 3, "c0": 2}
    await hall.let(0, "b0", "b1", "c0")
    assert not hall.desk.places(person())


async def test_a_note_that_fails_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    hall.ledger.failures["1"] = RuntimeError("a fault of ours")
    await hall.take(note(1), note(2))
    with caplog.at_level(logging.ERROR):
        await hall.let(1, 2)
    assert hall.ledger.of("answered") == ["2"]
    assert [record.message for record in caplog.records] == ["exchange failed"]


async def test_a_memory_that_fails_refuses_with_its_reason() -> None:
    hall = Hall()
    hall.seen.failure = DatabaseLockedError(path="x")
    await hall.take(note(1))
    assert hall.refusals() == {"1": "storage.locked"}
    hall.seen.failure = None
    await hall.take(note(2))
    assert hall.ledger.of("begun") == ["2"]


async def test_draining_finishes_what_can_be_finished_and_takes_nothing_more() -> None:
    hall = Hall()
    await hall.take(note(1), note(2))
    draining = asyncio.create_task(hall.desk.drain(grace_s=30))
    await settle()
    await hall.take(note(3))
    await hall.let(1, 2)
    await draining
    assert hall.ledger.of("answered") == ["1", "2"]
    assert hall.refusals() == {"3": "busy stopping"}


async def test_after_the_grace_the_rest_is_cut_off_and_everybody_is_told() -> None:
    hall = Hall()
    await hall.take(note(1), note(2), note(3, where=chat(2)))
    await hall.desk.drain(grace_s=0.02)
    assert sorted(hall.ledger.of("abandoned")) == ["1", "2", "3"]
    assert not hall.ledger.of("answered")
    assert hall.ledger.running == 0
    assert len(asyncio.all_tasks()) == 1


async def test_a_platform_that_is_gone_does_not_hold_the_end_up() -> None:
    hall = Hall()
    hall.ledger.mute = True
    await hall.take(note(1))
    async with asyncio.timeout(5):
        await hall.desk.drain(grace_s=0)


async def test_an_idle_desk_drains_at_once() -> None:
    hall = Hall()
    await hall.desk.drain(grace_s=3600)


async def test_cancelling_the_drain_cuts_everything_off() -> None:
    hall = Hall()
    await hall.take(note(1), note(2))
    draining = asyncio.create_task(hall.desk.drain(grace_s=3600))
    await settle()
    draining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await draining
    await settle()
    assert hall.ledger.running == 0
    assert not hall.desk.waiting()


Arrivals = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1, max_size=40
)


@settings(max_examples=60, deadline=None)
@given(Arrivals, st.integers(1, 3))
def test_whatever_comes_in_whatever_order_bounds_hold_and_all_end_once(
    arrivals: list[tuple[int, int, bool]], at_once: int
) -> None:
    bounds = Bounds(at_once=at_once, per_person=3, per_chat=4, total=7)

    async def day() -> None:
        hall = Hall(bounds)
        held: Counter[str] = Counter()
        for number, (who, where, answer) in enumerate(arrivals):
            await hall.take(note(number, who=person(who), where=chat(where)))
            if answer and (
                begun := [each for each in hall.ledger.of("begun") if not hall.ledger.ends()[each]]
            ):
                await hall.let(begun[0])
            assert hall.desk.working() == min(at_once, hall.desk.working() + hall.desk.waiting())
            assert hall.desk.working() + hall.desk.waiting() <= bounds.total
            for each in range(4):
                assert len(hall.desk.places(person(each))) <= bounds.per_person
            held[hall.refusals().get(str(number), "taken")] += 1
        await hall.let(*range(len(arrivals)))
        await hall.desk.drain(0)
        assert hall.ledger.ends() == Counter(map(str, range(len(arrivals))))
        assert hall.ledger.most_running <= at_once
        assert not hall.ledger.of("abandoned")

    asyncio.run(day())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=30))
def test_no_chat_is_served_twice_while_another_waits_its_turn(chats: list[int]) -> None:
    async def day() -> list[int]:
        hall = Hall(Bounds(at_once=1, per_person=99, per_chat=99, total=99))
        await hall.take(note("first", where=chat("first")))
        for number, where in enumerate(chats):
            await hall.take(note(number, where=chat(where)))
        await hall.let("first", *range(len(chats)))
        for _ in chats:
            await settle()
        return [chats[int(each)] for each in hall.ledger.of("answered")[1:]]

    served = asyncio.run(day())
    assert Counter(served) == Counter(chats)
    left = Counter(chats)
    for at, each in enumerate(served):
        left[each] -= 1
        since = served[:at][::-1]
        before = since.index(each) if each in since else len(since)
        others = {other for other in left if left[other] and other != each}
        if each in since:
            assert others <= set(since[:before]), "everybody who waits had a turn in between"


def taking(seconds: float) -> Ladder:
    """Return a ladder that has seen notes take so long."""
    ladder = Ladder(Rungs(smaller_s=8, text_only_s=20, refuse_s=60))
    ladder.worked(seconds)
    return ladder


async def test_who_would_have_to_wait_too_long_is_refused_and_told_how_long() -> None:
    hall = Hall(Bounds(at_once=1, per_chat=50, per_person=50), ladder=taking(10.0))
    crowd = [note(each, where=chat(each), who=person(each)) for each in range(8)]
    await hall.take(*crowd)
    assert hall.ledger.of("begun") == ["0"]
    assert hall.desk.waiting() == 6, "60 s are borne"
    error = hall.ledger.facts("refused")["7"]
    assert isinstance(error, BusyError)
    assert error.details == {"reason": "wait", "minutes": 2}


async def test_a_quiet_chat_is_let_in_while_a_busy_one_must_wait() -> None:
    hall = Hall(Bounds(at_once=1, per_chat=50, per_person=50), ladder=taking(10.0))
    busy, quiet = chat("busy"), chat("quiet")
    await hall.take(*(note(each, where=busy) for each in range(8)))
    assert set(hall.refusals()) == {"7"}
    await hall.take(note("q", where=quiet, who=person("q")))
    assert set(hall.refusals()) == {"7"}
    await hall.let(0, 1)
    assert hall.ledger.of("begun") == ["0", "1", "q"]


async def test_whose_turn_comes_at_once_is_never_refused_however_long_notes_take() -> None:
    hall = Hall(Bounds(at_once=2), ladder=taking(600.0))
    await hall.take(note(1), note(2, where=chat(2)))
    assert not hall.refusals()


async def test_the_ladder_is_climbed_as_notes_wait_and_left_when_they_are_answered() -> None:
    hall = Hall(Bounds(at_once=1, per_chat=50, per_person=50), ladder=taking(10.0))
    assert hall.desk.step() == Step.CALM
    await hall.take(note(0))
    assert hall.desk.step() == Step.CALM, "nobody waits"
    await hall.take(note(1))
    assert hall.desk.step() == Step.SMALLER, "one waits for ten seconds"
    await hall.take(note(2))
    assert hall.desk.step() == Step.TEXT_ONLY
    await hall.let(0, 1, 2)
    assert hall.desk.step() == Step.TEXT_ONLY, "for some seconds more"


async def test_what_is_left_to_do_after_a_turn_holds_up_nobody_and_is_not_cut_short() -> None:
    hall = Hall(Bounds(at_once=1, per_person=2), ladder=taking(0.0))
    hall.ledger.lingering["0"] = asyncio.Event()
    await hall.take(note(0), note(1))
    await hall.let(0, 1)
    assert hall.ledger.of("lingers") == ["0"]
    assert hall.ledger.of("answered") == ["0", "1"]
    assert (hall.desk.working(), hall.desk.waiting()) == (0, 0)
    await hall.take(note(2), note(3))
    assert set(hall.refusals()) == {"3"}, "it still counts as a note of the person"
    hall.ledger.lingering["0"].set()
    await hall.let(2)
    assert hall.ledger.of("gone") == ["0"]


async def test_who_is_cut_off_after_the_turn_is_told_so() -> None:
    hall = Hall(Bounds(at_once=1))
    hall.ledger.lingering["0"] = asyncio.Event()
    await hall.take(note(0))
    await hall.let(0)
    await hall.desk.drain(0)
    assert hall.ledger.of("abandoned") == ["0"]


async def test_a_farewell_that_fails_keeps_nobody_from_theirs() -> None:
    hall = Hall()
    hall.ledger.failures["farewell 1"] = RuntimeError()
    await hall.take(note(1), note(2), note(3, where=chat(2)))
    await hall.desk.drain(grace_s=0.02)
    assert sorted(hall.ledger.of("abandoned")) == ["2", "3"]
