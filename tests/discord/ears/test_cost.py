"""What hearing costs, in short; ``tests/discord/bench_ears.py`` measures it at length."""

import pytest

from tests.discord.bench_ears import cost, soak


@pytest.mark.slow
async def test_ten_people_at_once_leave_most_of_a_core_alone() -> None:
    ten = await cost(people=10, seconds=4)
    assert ten.decoded >= 10 * 4 * 50 * 0.95
    assert ten.share < 0.4


@pytest.mark.slow
async def test_25_people_take_no_more_room_once_all_have_spoken() -> None:
    crowd = await soak(people=25, seconds=31)
    assert crowd.decoded == crowd.sent
    assert crowd.utterances > 25 * 5
    assert crowd.memory[-1] - crowd.memory[2] < 16
