"""One voice channel: who is in it, who hears whom, and their end-to-end encrypted group."""

import random
import secrets
import time
from dataclasses import dataclass, field

from tests.discord.server.dave import APPEND, VERSION, Group
from tests.discord.server.talkers import Talker
from tests.discord.server.voice_ears import Ears
from tests.discord.server.voice_mls import vector
from tests.discord.server.voice_protocol import Op
from tests.discord.server.voice_rtp import KEY_BYTES, OPUS, Packet, RtpError, unseal
from tests.discord.server.voice_session import Admission, Session, Weather
from tests.discord.server.voice_udp import Datagrams
from tests.discord.server.watching import Bell


@dataclass(eq=False)
class Call:
    """People who talk, and bots; a stage has no group."""

    channel: int
    stage: bool
    datagrams: Datagrams
    weather: Weather
    bell: Bell
    patience_s: float
    """How long the group waits for those who don't answer."""
    dice: random.Random
    talkers: dict[int, Talker] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    foreign: int = 0
    """Datagrams of bots that were not sound they may send."""
    _unsettled_since: float | None = None

    def __post_init__(self) -> None:
        """Found the group."""
        self.group = None if self.stage else Group(self.channel)

    def join(self, user: int) -> Talker:
        """Let somebody come in who can talk."""
        member = self.group.add(user) if self.group else None
        talker = Talker(self, user, self.ssrc(), member, self.dice)
        self.talkers[user] = talker
        for session in self.sessions.values():
            self._introduce(session, [user])
        self.bell.ring()
        return talker

    def leave(self, talker: Talker) -> None:
        """See somebody go."""
        del self.talkers[talker.user]
        self._gone(talker.user)

    def open(self, admission: Admission) -> Session:
        """Let a bot in that has identified."""
        ears = Ears(lambda frame: self._overhear(admission.user, frame))
        version = 0 if self.stage else VERSION
        session = Session(
            admission, self.ssrc(), ears, self.datagrams, self.weather, self.bell, version
        )
        self.sessions[session.user] = session
        return session

    def greet(self, session: Session) -> None:
        """Tell a bot who is there."""
        others = [user for user in (*self.talkers, *self.sessions) if user != session.user]
        if others:
            self._introduce(session, others)

    def close(self, session: Session) -> None:
        """See a bot go."""
        if self.sessions.get(session.user) is session:
            del self.sessions[session.user]
            self._gone(session.user)

    def spoken(self, talker: Talker) -> None:
        """Tell the bots whose SSRC this is, if they have not been told."""
        for session in self.sessions.values():
            if talker.ssrc not in session.introduced:
                session.introduced.add(talker.ssrc)
                who = {"user_id": str(talker.user), "ssrc": talker.ssrc, "speaking": 1}
                session.send(Op.SPEAKING, who)

    def rekey(self, session: Session) -> None:
        """Change the key of the transport; a client takes the news for a new beginning."""
        session.key = secrets.token_bytes(KEY_BYTES)
        session.describe()
        if self.group is not None:
            self.group.renew(session.user)

    def propose_wrongly(self, session: Session) -> None:
        """Send a bot what no member can take: a proposal for an epoch that never was."""
        assert self.group is not None
        stray = self.group.sender.remove(self.channel, self.group.epoch + 90, session.user, 0)
        session.proposals(APPEND, vector(stray.message))

    def hear(self, session: Session, data: bytes) -> None:
        """Take a datagram of a bot."""
        try:
            packet = unseal(data, session.key)
        except RtpError:
            self.foreign += 1
            return
        if packet.ssrc != session.ssrc or packet.payload_type != OPUS:
            self.foreign += 1
            return
        session.ears.take(packet, time.monotonic())
        self.bell.ring()

    def pass_time(self) -> None:
        """Let the group go on if it has waited long enough."""
        now = time.monotonic()
        if self.group is None or self.group.settled:
            self._unsettled_since = None
        elif self._unsettled_since is None:
            self._unsettled_since = now
        elif now - self._unsettled_since >= self.patience_s:
            self._unsettled_since = now
            self.group.hurry()
            self.bell.ring()

    async def settled(self, seconds: float = 5) -> None:
        """Wait until everybody is in the group. Raises TimeoutError."""
        await self.bell.until(lambda: self.group is None or self.group.settled, seconds)

    def ssrc(self) -> int:
        """A number nobody in this call has."""
        taken = {talker.ssrc for talker in self.talkers.values()}
        taken |= {session.ssrc for session in self.sessions.values()}
        while (ssrc := self.dice.getrandbits(32)) in taken:
            pass
        return ssrc

    def transmit(self, packet: Packet) -> None:
        """Pass sound on to the bots."""
        for session in self.sessions.values():
            session.transmit(packet)

    def _introduce(self, session: Session, users: list[int]) -> None:
        session.send(Op.CLIENTS_CONNECT, {"user_ids": [str(user) for user in users]})
        for user in users:
            session.send(Op.CLIENT_FLAGS, {"user_id": str(user), "flags": 2})
            session.send(Op.CLIENT_PLATFORM, {"user_id": str(user), "platform": 0})

    def _gone(self, user: int) -> None:
        for session in self.sessions.values():
            session.send(Op.CLIENT_DISCONNECT, {"user_id": str(user)})
        if self.group is not None:
            self.group.remove(user)
        self.bell.ring()

    def _overhear(self, user: int, frame: bytes) -> bytes:
        members = [talker.member for talker in self.talkers.values() if talker.member is not None]
        for member in members:
            if member.ready:
                return member.decrypt(user, frame)
        raise ValueError("nobody there to hear it")
