"""DAVE version 1 without a network: the gateway's part in a group, and members with real sessions.

    group = Group(channel)
    bot, alice = group.add(1), group.add(2)
    bot.decrypt(alice.user, alice.encrypt(opus))
    group.remove(alice.user)

A gateway proposes and orders; members commit. Remote members implement ``Party`` and bring what
they answer back through ``key_package``, ``commit_welcome``, ``ready`` and ``invalid``.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import davey

from tests.discord.server.voice_mls import (
    Commit,
    ExternalSender,
    MlsError,
    Proposal,
    ProposalKind,
    check_key_package,
    parse_commit,
    vector,
)
from tests.discord.server.voice_party import Party

VERSION = 1
"""Of the protocol; 0 would be a call that is not end-to-end encrypted."""
APPEND, REVOKE = 0, 1
_Key: TypeAlias = tuple[ProposalKind, int, bytes]
"""What is proposed, of whom, and with which key package."""


class Group:
    """The delivery service of one call: it knows epoch and leaves, and no secret."""

    def __init__(self, channel: int) -> None:
        self.channel = channel
        self.epoch = 0
        """0 while there is no group yet."""
        self.unreachable: set[int] = set()
        """Users whom no message of the gateway reaches: they get stuck in their epoch."""
        self.favourite: int | None = None
        """Whose commit is waited for, while that user can make one; else the first one wins."""
        self.flagged: list[int] = []
        """Who could not process a commit or a welcome, in order."""
        self.sender = ExternalSender()
        self._parties: dict[int, Party] = {}
        self._packages: dict[int, bytes] = {}
        self._leaves: dict[int, int] = {}
        self._lost: set[int] = set()
        """Who has a leaf, and has left or begun anew."""
        self._proposals: dict[_Key, Proposal] = {}
        self._told: dict[int, set[bytes]] = {}
        self._candidates: dict[int, Commit] = {}
        self._awaited: set[int] = set()
        self._transition = 0
        self._announced = 0
        self._steps: deque[Callable[[], None]] = deque()
        self._busy = False
        self._held = 0

    @property
    def members(self) -> list[int]:
        """Who is in the group, by leaf."""
        return [user for _, user in sorted(self._leaves.items())]

    @property
    def leaves(self) -> dict[int, int]:
        """The same, with the numbers of the leaves."""
        return dict(self._leaves)

    @property
    def settled(self) -> bool:
        """Whether everybody in the call is in the group, nobody else is, and all are ready."""
        if len(self._parties) < 2:
            return True
        return not self._awaited and not self._packages and set(self.members) == set(self._parties)

    def add(self, user: int) -> "Member":
        """Let a local member in, with a session of its own."""
        member = Member(self, user)
        self.join(member)
        return member

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all who come and go meanwhile do so in one epoch.

        For large groups: every member makes a commit of its own for every epoch, in davey's time.
        """
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self._do(lambda: None)

    def remove(self, user: int) -> None:
        """See somebody go."""
        self._do(lambda: self._leave(user))

    def join(self, party: Party) -> None:
        """See somebody come: they are to send a key package."""
        self._parties[party.user] = party
        if self._reachable(party.user):
            party.external_sender(self.sender.package)

    def key_package(self, user: int, package: bytes) -> None:
        """Take opcode 26. Raises MlsError."""
        check_key_package(package, user)
        self._do(lambda: self._packages.update({user: package}))

    def commit_welcome(self, user: int, data: bytes) -> None:
        """Take opcode 28; what comes too late is passed over. Raises MlsError."""
        commit = parse_commit(data)
        if commit.group != self.channel:
            raise MlsError("a commit for another group")
        self._do(lambda: self._committed(user, commit))

    def ready(self, user: int, transition: int) -> None:
        """Take opcode 23."""
        if transition == self._transition:
            self._do(lambda: self._await_no_longer(user))

    def invalid(self, user: int, transition: int) -> None:
        """Take opcode 31: put the member out, and in again with its next key package.

        Of an earlier transition it says nothing new: what came later can't be processed either,
        and will be flagged in its turn.
        """
        self.flagged.append(user)
        if transition == self._announced:
            self._do(lambda: self._lose(user))

    def renew(self, user: int) -> None:
        """Know that the member begins anew, and will send another key package."""
        self._do(lambda: self._lose(user))

    def hurry(self) -> None:
        """Do what a gateway does when its patience ends: go on without those who don't answer."""
        self._do(self._go_on)

    def _do(self, step: Callable[[], None]) -> None:
        """Take one step after the other: local members answer while others are still being told."""
        self._steps.append(step)
        if self._busy:
            return
        self._busy = True
        try:
            while self._steps:
                self._steps.popleft()()
                self._propose()
        finally:
            self._busy = False
            self._steps.clear()

    def _reachable(self, user: int) -> bool:
        return user in self._parties and user not in self.unreachable

    def _audience(self) -> list[int]:
        """Who has a group of their own to apply proposals to."""
        if not self.epoch:
            return [user for user in self._packages if self._reachable(user)]
        return [user for user in self._able() if self._reachable(user)]

    def _able(self) -> list[int]:
        """Who is in the group, and has not begun anew."""
        lost = self._lost | self._packages.keys()
        return [user for user in self.members if user not in lost]

    def _propose(self) -> None:
        if self._awaited or self._held:
            return
        if self.epoch and (len(self._parties) < 2 or not self._able()):
            self._begin_anew()
            return
        wanted = [
            (ProposalKind.REMOVE, user, b"")
            for user in self.members
            if user in self._lost or user in self._packages
        ]
        wanted += [(ProposalKind.ADD, user, package) for user, package in self._packages.items()]
        if not self._proposals.keys() <= set(wanted) or self._leaves_welcome_out(wanted):
            self._revoke()
        for key in wanted:
            if key not in self._proposals:
                self._proposals[key] = self._proposal(*key)
                self._candidates.clear()
        for user in self._audience():
            known = self._told.setdefault(user, set())
            due = [each for each in self._concerning(user) if each.reference not in known]
            if due:
                known.update(each.reference for each in due)
                body = vector(b"".join(each.message for each in due))
                self._parties[user].proposals(APPEND, body)

    def _leaves_welcome_out(self, wanted: list[_Key]) -> bool:
        """Whether davey would: it makes a welcome only if the last message adds somebody."""
        new = [key[0] for key in wanted if key not in self._proposals]
        adding = any(kind is ProposalKind.ADD for kind, *_ in self._proposals)
        return adding and bool(new) and ProposalKind.ADD not in new

    def _proposal(self, kind: ProposalKind, user: int, package: bytes) -> Proposal:
        if kind is ProposalKind.ADD:
            return self.sender.add(self.channel, self.epoch, user, package)
        leaf = next(leaf for leaf, each in self._leaves.items() if each == user)
        return self.sender.remove(self.channel, self.epoch, user, leaf)

    def _concerning(self, user: int) -> list[Proposal]:
        """Those a member gets: nobody is proposed to the group they have made for themselves."""
        return [each for each in self._proposals.values() if self.epoch or each.user != user]

    def _revoke(self) -> None:
        """Take everything back: what is still wanted is proposed again, in one message."""
        for user in self._audience():
            if known := self._told.get(user):
                body = vector(b"".join(vector(reference) for reference in sorted(known)))
                self._parties[user].proposals(REVOKE, body)
        self._proposals.clear()
        self._told.clear()
        self._candidates.clear()

    def _committed(self, user: int, commit: Commit) -> None:
        own = self._leaves.get(commit.leaf) == user if self.epoch else commit.leaf == 0
        mine = self._concerning(user)
        complete = {each.reference for each in mine} == set(commit.references)
        adds = any(each.kind is ProposalKind.ADD for each in mine)
        if not own or commit.epoch != self.epoch or not complete or adds != bool(commit.welcome):
            return
        self._candidates[user] = commit
        if self.favourite in {None, user} or self.favourite not in self._audience():
            self._announce(user, commit)

    def _announce(self, user: int, commit: Commit) -> None:
        by_reference = {each.reference: each for each in self._proposals.values()}
        proposals = [by_reference[reference] for reference in commit.references]
        if self.epoch:
            self._transition = self._transition % 0xFFFF + 1
        else:
            self._leaves = {0: user}
            del self._packages[user]
        transition = self._announced = self._transition if self.epoch else 0
        out = {each.user for each in proposals if each.kind is ProposalKind.REMOVE}
        self._leaves = {leaf: each for leaf, each in self._leaves.items() if each not in out}
        staying = self.members
        joining = [each.user for each in proposals if each.kind is ProposalKind.ADD]
        for each in joining:
            free = min(set(range(len(self._leaves) + 1)) - self._leaves.keys())
            self._leaves[free] = each
            del self._packages[each]
        self._lost -= out
        self.epoch += 1
        self._proposals.clear()
        self._told.clear()
        self._candidates.clear()
        self._awaited = {each for each in self.members if transition and self._reachable(each)}
        for each in filter(self._reachable, staying):
            self._parties[each].commit(transition, commit.message)
        for each in filter(self._reachable, joining):
            self._parties[each].welcome(transition, commit.welcome)

    def _await_no_longer(self, user: int) -> None:
        if user in self._awaited:
            self._awaited.discard(user)
            if not self._awaited:
                self._execute()

    def _execute(self) -> None:
        for user in filter(self._reachable, self.members):
            self._parties[user].execute(self._transition)

    def _lose(self, user: int) -> None:
        self._packages.pop(user, None)
        if user in self.members:
            self._lost.add(user)
        self._await_no_longer(user)

    def _leave(self, user: int) -> None:
        self._parties.pop(user, None)
        self._lose(user)

    def _begin_anew(self) -> None:
        """Nobody keeps a group to themselves, and one without members lets nobody in."""
        self.epoch = 0
        for each in (self._leaves, self._packages, self._proposals, self._told, self._candidates):
            each.clear()
        self._lost.clear()
        self._awaited.clear()
        for user in filter(self._reachable, list(self._parties)):
            self._parties[user].prepare_epoch()

    def _go_on(self) -> None:
        if self._awaited:
            self._awaited.clear()
            self._execute()
        elif self._candidates:
            self._announce(*next(iter(self._candidates.items())))
        else:
            self._revoke()


class Member:
    """One of the group, in this process.

    davey 0.1 sends with the new keys as soon as it has a commit; the clients people use wait for
    the transition to be executed. So does this member, by taking the commit in only then.
    """

    def __init__(self, group: Group, user: int) -> None:
        self.user = user
        self.session = davey.DaveSession(VERSION, user, group.channel)
        self.refused = 0
        """How many messages of the gateway made no sense to the session."""
        self._group = group
        self._prepared: Callable[[], None] | None = None

    @property
    def ready(self) -> bool:
        """Whether it is in a group, and can send and hear."""
        return self.session.ready

    def encrypt(self, opus: bytes) -> bytes:
        """Encrypt one frame. Raises ValueError if not ready."""
        return self.session.encrypt_opus(opus)

    def decrypt(self, sender: int, frame: bytes) -> bytes:
        """Decrypt one frame of another member. Raises ValueError."""
        return self.session.decrypt(sender, davey.MediaType.audio, frame)

    def external_sender(self, package: bytes) -> None:
        """Take opcode 25, and apply."""
        self.session.set_external_sender(package)
        self._apply()

    def prepare_epoch(self) -> None:
        """Take opcode 24, and apply again."""
        self._prepared = None
        self.session.reinit(VERSION, self.user, self._group.channel)
        self._apply()

    def proposals(self, operation: int, body: bytes) -> None:
        """Take opcode 27, and commit."""
        kind = davey.ProposalsOperationType.append
        if operation == REVOKE:
            kind = davey.ProposalsOperationType.revoke
        try:
            result = self.session.process_proposals(kind, body)
        except ValueError:
            self.refused += 1
            return
        if result is not None:
            self._group.commit_welcome(self.user, result.commit + (result.welcome or b""))

    def commit(self, transition: int, message: bytes) -> None:
        """Take opcode 29."""
        self._prepare(transition, lambda: self.session.process_commit(message))

    def welcome(self, transition: int, message: bytes) -> None:
        """Take opcode 30."""
        self._prepare(transition, lambda: self.session.process_welcome(message))

    def execute(self, transition: int) -> None:
        """Take opcode 22."""
        prepared, self._prepared = self._prepared, None
        if prepared is None:
            return
        try:
            prepared()
        except ValueError:
            self.refused += 1
            self._group.invalid(self.user, transition)
            self.prepare_epoch()

    def _prepare(self, transition: int, step: Callable[[], None]) -> None:
        self._prepared = step
        if transition:
            self._group.ready(self.user, transition)
        else:
            self.execute(transition)

    def _apply(self) -> None:
        self._group.key_package(self.user, self.session.get_serialized_key_package())
