"""The jitter buffer: the order of frames, whatever the network made of it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.ears.jitter import HOLD_S, Arrival, Frame, JitterBuffer

FIRST = 65_530
"""Six packets before the numbers wrap."""
TICK = 0.020


def payload(at: int) -> bytes:
    return f"frame {at}".encode()


def push(buffer: JitterBuffer, at: int, now: float) -> Arrival:
    """Push the packet at a place counted from the first, and fill it if it is new."""
    sequence = (FIRST + at) % 2**16
    arrival = buffer.push(sequence, 960 * at, now)
    if arrival is Arrival.NEW:
        buffer.fill(sequence, payload(at))
    return arrival


def pop_all(buffer: JitterBuffer, now: float) -> list[Frame]:
    frames = []
    while (frame := buffer.pop(now)) is not None:
        frames.append(frame)
    return frames


def begun(packets: int = 1) -> JitterBuffer:
    """Return a buffer that has given its first packets, the last of them at 0 s."""
    buffer = JitterBuffer()
    for at in range(packets):
        push(buffer, at, -HOLD_S)
    assert len(pop_all(buffer, 0)) == packets
    return buffer


def places(frames: list[Frame]) -> list[int]:
    return [frame.timestamp // 960 for frame in frames]


def test_what_comes_in_order_waits_for_nothing() -> None:
    buffer = begun()
    for at in range(1, 20):
        push(buffer, at, at * TICK)
        assert pop_all(buffer, at * TICK) == [Frame(payload(at), 960 * at, at * TICK, 0)]


def test_the_very_first_waits_for_one_that_was_overtaken() -> None:
    buffer = JitterBuffer()
    push(buffer, 1, 0)
    assert pop_all(buffer, 0.01) == []
    push(buffer, 0, 0.02)
    assert places(pop_all(buffer, HOLD_S)) == [0, 1]


def test_an_overtaken_packet_is_put_back_in_its_place() -> None:
    buffer = begun()
    push(buffer, 2, 0)
    assert pop_all(buffer, 0.04) == []
    push(buffer, 1, 0.05)
    assert [(each.timestamp // 960, each.lost) for each in pop_all(buffer, 0.05)] == [
        (1, 0),
        (2, 0),
    ]


def test_a_gap_is_given_up_after_60_ms() -> None:
    buffer = begun()
    push(buffer, 3, 0)
    assert pop_all(buffer, HOLD_S - 0.001) == []
    [frame] = pop_all(buffer, HOLD_S)
    assert (frame.lost, frame.payload) == (2, payload(3))


def test_what_comes_after_its_place_was_given_up_is_late_once_and_then_twice() -> None:
    buffer = begun()
    push(buffer, 2, 0)
    pop_all(buffer, HOLD_S)
    assert push(buffer, 1, 0.07) is Arrival.LATE
    assert push(buffer, 1, 0.07) is Arrival.DUPLICATE
    assert pop_all(buffer, 1) == []


def test_a_packet_is_given_once_however_often_it_comes() -> None:
    buffer = begun()
    push(buffer, 2, 0)
    assert push(buffer, 2, 0) is Arrival.DUPLICATE
    assert push(buffer, 0, 0) is Arrival.DUPLICATE
    push(buffer, 1, 0)
    assert places(pop_all(buffer, 0)) == [1, 2]
    assert push(buffer, 1, 0) is Arrival.DUPLICATE


def test_what_cannot_be_opened_is_lost_and_holds_nobody_up() -> None:
    buffer = begun()
    buffer.push((FIRST + 1) % 2**16, 960, 0)
    assert pop_all(buffer, 0) == []
    push(buffer, 2, 0.02)
    [frame] = pop_all(buffer, 0.02)
    assert frame.lost == 1


def test_padding_is_no_loss() -> None:
    buffer = begun()
    buffer.push((FIRST + 1) % 2**16, 0, 0)
    buffer.fill((FIRST + 1) % 2**16, b"")
    push(buffer, 2, 0)
    [frame] = pop_all(buffer, 0)
    assert frame.lost == 0


def test_a_single_stray_packet_changes_nothing() -> None:
    buffer = begun()
    assert push(buffer, 30_000, 0) is Arrival.STRAY
    push(buffer, 1, 0)
    assert places(pop_all(buffer, 0)) == [1]


def test_a_sender_that_begins_anew_is_followed_with_its_second_packet() -> None:
    buffer = begun()
    assert push(buffer, 30_000, 0) is Arrival.STRAY
    assert push(buffer, 30_001, 0.02) is Arrival.NEW
    push(buffer, 30_002, 0.04)
    frames = pop_all(buffer, 0.09)
    assert places(frames) == [30_001, 30_002]
    assert frames[0].lost == 0


def test_a_flood_behind_a_gap_does_not_pile_up() -> None:
    buffer = begun()
    given = []
    for at in range(2, 2_000):
        push(buffer, at, 0)
        given += pop_all(buffer, 0)
        assert len(buffer._slots) <= 64  # noqa: SLF001 - memory is what this is about
    assert places(given) == list(range(2, 2_000))
    assert given[0].lost == 1


def test_an_hour_of_losses_is_remembered_in_little_room() -> None:
    buffer, chance = begun(), random.Random(5)
    at = now = 0.0
    for _ in range(20_000):
        at += chance.choice([1, 1, 1, 2, 5, 3_000])
        now += 0.1
        push(buffer, int(at), now)
        pop_all(buffer, now + HOLD_S)
    assert len(buffer._given_up) <= 202  # noqa: SLF001 - memory is what this is about


@given(
    st.lists(st.sampled_from(["kept", "lost", "sealed", "twice"]), min_size=3, max_size=200),
    st.randoms(use_true_random=False),
)
def test_within_60_ms_every_order_comes_out_right(fates: list[str], chance: random.Random) -> None:
    buffer = JitterBuffer()
    came = []
    for at, fate in enumerate(fates):
        for _ in range({"lost": 0, "twice": 2}.get(fate, 1)):
            delay = 0 if at == 0 else chance.random() * (HOLD_S - TICK)
            came.append((at * TICK + delay, at))
    frames = []
    for now, at in sorted(came):
        if fates[at] == "sealed":
            assert buffer.push((FIRST + at) % 2**16, 960 * at, now) is Arrival.NEW
        else:
            push(buffer, at, now)
        frames += pop_all(buffer, now)
    frames += pop_all(buffer, len(fates))
    heard = [at for at, fate in enumerate(fates) if fate in {"kept", "twice"}]
    assert places(frames) == heard
    known_lost = [at for at, fate in enumerate(fates) if fate in {"lost", "sealed"}]
    begin = min((at for _, at in came), default=0)
    expected = len([at for at in known_lost if begin <= at < max(heard, default=0)])
    assert sum(frame.lost for frame in frames) == expected


@pytest.mark.parametrize("seed", range(20))
def test_any_numbers_at_any_time_keep_it_small_and_alive(seed: int) -> None:
    buffer, chance = JitterBuffer(), random.Random(seed)
    for _ in range(5_000):
        sequence = chance.choice([chance.randrange(2**16), chance.randrange(300)])
        now = chance.uniform(-1e6, 1e6)
        if buffer.push(sequence, chance.randrange(2**32), now) is Arrival.NEW:
            buffer.fill(sequence, b"x")
        pop_all(buffer, now)
        assert len(buffer._slots) <= 64  # noqa: SLF001 - memory is what this is about
    for at in range(3):
        buffer.push(at + 7_000, 960 * at, 2e6)
        buffer.fill(at + 7_000, payload(at)) if at else None
    assert payload(2) in [frame.payload for frame in pop_all(buffer, 3e6)]
