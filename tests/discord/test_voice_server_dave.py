"""Groups of real DAVE sessions: what our own Discord needs, shown without a network."""

import random

import davey
import pytest

from tests.discord.server.dave import Group, Member
from tests.discord.server.voice_mls import MlsError, check_key_package, parse_commit, vector

CHANNEL = 2**63 + 7
BOT, ALICE, BOB, CAROL = 2**62 + 1, 11, 12, 13
FRAME = bytes(range(80))


def hear(listener: Member, speaker: Member) -> bool:
    """Whether a frame goes through; without the right key it must not."""
    try:
        return listener.decrypt(speaker.user, speaker.encrypt(FRAME)) == FRAME
    except ValueError:
        return False


def agree(*members: Member) -> bool:
    codes = {member.session.voice_privacy_code for member in members}
    return len(codes) == 1 and None not in codes


def test_nobody_has_a_group_to_themselves() -> None:
    group = Group(CHANNEL)
    alice = group.add(ALICE)
    assert not alice.ready
    assert group.members == []


def test_two_who_meet_understand_each_other() -> None:
    group = Group(CHANNEL)
    bot, alice = group.add(BOT), group.add(ALICE)
    assert agree(bot, alice)
    assert hear(bot, alice)
    assert hear(alice, bot)
    assert group.settled
    assert group.epoch == 1


def test_every_coming_and_going_changes_the_epoch() -> None:
    group = Group(CHANNEL)
    bot, alice = group.add(BOT), group.add(ALICE)
    bob = group.add(BOB)
    carol = group.add(CAROL)
    assert group.epoch == 3
    assert agree(bot, alice, bob, carol)
    assert hear(bob, carol)
    group.remove(ALICE)
    assert group.epoch == 4
    assert agree(bot, bob, carol)
    assert hear(bot, carol)
    assert not hear(alice, bob)
    assert not hear(bob, alice)


def test_who_comes_and_goes_together_costs_one_epoch() -> None:
    group = Group(CHANNEL)
    bot, alice = group.add(BOT), group.add(ALICE)
    with group.together():
        bob, carol = group.add(BOB), group.add(CAROL)
        group.remove(ALICE)
    assert group.epoch == 2
    assert set(group.members) == {BOT, BOB, CAROL}
    assert agree(bot, bob, carol)
    assert not hear(alice, bob)


@pytest.mark.parametrize("seed", range(6))
def test_through_all_coming_and_going_everybody_in_it_agrees_and_nobody_else_hears(
    seed: int,
) -> None:
    dice = random.Random(seed)
    group = Group(CHANNEL)
    inside: dict[int, Member] = {}
    outside: list[Member] = []
    for user in range(1, 25):
        with group.together():
            for _ in range(dice.randint(0, 2)):
                if inside:
                    outside.append(inside.pop(dice.choice(list(inside))))
                    group.remove(outside[-1].user)
            inside[user] = group.add(user)
        assert group.settled
        if len(inside) > 1:
            assert {user: leaf for leaf, user in group.leaves.items()} == {
                user: member.session.own_leaf_index for user, member in inside.items()
            }
            assert agree(*inside.values())
            speaker, listener = dice.sample(list(inside.values()), 2)
            assert hear(listener, speaker)
            assert not any(hear(gone, speaker) for gone in outside)


def test_who_comes_back_is_understood_again() -> None:
    group = Group(CHANNEL)
    bot, bob = group.add(BOT), group.add(BOB)
    group.add(ALICE)
    group.remove(ALICE)
    alice = group.add(ALICE)
    assert agree(bot, alice, bob)
    assert hear(bot, alice)


def test_who_is_back_before_anybody_noticed_gets_a_new_leaf() -> None:
    group = Group(CHANNEL)
    bot, bob, before = group.add(BOT), group.add(BOB), group.add(ALICE)
    with group.together():
        group.remove(ALICE)
        alice = group.add(ALICE)
    assert group.settled
    assert agree(bot, bob, alice)
    assert hear(bot, alice)
    assert not hear(before, bot)


def test_the_last_one_starts_anew_and_is_found_by_the_next() -> None:
    group = Group(CHANNEL)
    bot = group.add(BOT)
    group.add(ALICE)
    group.remove(ALICE)
    assert group.epoch == 0
    assert not bot.ready
    bob = group.add(BOB)
    assert agree(bot, bob)
    assert hear(bot, bob)


def test_who_misses_the_gateway_is_deaf_until_it_asks_for_help() -> None:
    group = Group(CHANNEL)
    bot, alice = group.add(BOT), group.add(ALICE)
    group.unreachable.add(BOT)
    bob = group.add(BOB)
    group.unreachable.clear()
    assert agree(alice, bob)
    assert not hear(bot, bob)
    group.add(CAROL)
    assert bot.refused > 0
    assert group.flagged == [BOT]
    assert agree(bot, alice, bob)
    assert hear(bot, bob)


@pytest.mark.parametrize("favourite", [BOT, ALICE])
def test_the_favourite_commits(favourite: int) -> None:
    group = Group(CHANNEL)
    group.favourite = favourite
    group.add(BOT)
    group.add(ALICE)
    assert group.members[0] == favourite


def test_a_favourite_that_does_not_answer_is_given_up() -> None:
    group = Group(CHANNEL)
    bot, alice = group.add(BOT), group.add(ALICE)
    group.favourite = BOB
    group.join(Mute(BOB))
    assert hear(bot, alice)
    carol = group.add(CAROL)
    group.hurry()
    assert hear(bot, carol)


class Mute:
    """A member that is told everything and never says a word."""

    def __init__(self, user: int) -> None:
        self.user = user

    def external_sender(self, package: bytes) -> None: ...
    def prepare_epoch(self) -> None: ...
    def proposals(self, operation: int, body: bytes) -> None: ...
    def commit(self, transition: int, message: bytes) -> None: ...
    def welcome(self, transition: int, message: bytes) -> None: ...
    def execute(self, transition: int) -> None: ...


def test_a_key_package_of_somebody_else_is_refused() -> None:
    group = Group(CHANNEL)
    alice = group.add(ALICE)
    package = alice.session.get_serialized_key_package()
    check_key_package(package, ALICE)
    with pytest.raises(MlsError, match="somebody else"):
        group.key_package(BOB, package)


@pytest.mark.parametrize("at", [10, 200, -1])
def test_a_key_package_that_was_tampered_with_is_refused(at: int) -> None:
    session = davey.DaveSession(1, ALICE, CHANNEL)
    package = bytearray(session.get_serialized_key_package())
    package[at] ^= 1
    with pytest.raises(MlsError):
        check_key_package(bytes(package), ALICE)


def test_every_prefix_of_a_commit_is_refused() -> None:
    group = Group(CHANNEL)
    alice, bob = (davey.DaveSession(1, user, CHANNEL) for user in (ALICE, BOB))
    alice.set_external_sender(group.sender.package)
    proposal = group.sender.add(CHANNEL, 0, BOB, bob.get_serialized_key_package())
    body = vector(proposal.message)
    result = alice.process_proposals(davey.ProposalsOperationType.append, body)
    assert result is not None
    commit = parse_commit(result.commit)
    assert commit.references == (proposal.reference,)
    assert commit.message == result.commit
    for size in range(len(result.commit)):
        with pytest.raises(MlsError):
            parse_commit(result.commit[:size])
