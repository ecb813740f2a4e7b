"""What ears count: how many packets came, and what became of them; never who or what."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class SpeakerStats:
    """Of the packets of one speaker since they were first heard."""

    received: int = 0
    """Came, once their sender was known and admitted."""
    decoded: int = 0
    """Became sound."""
    concealed: int = 0
    """Frames invented, or recovered from the one behind, where packets were lost."""
    lost: int = 0
    """Never came, or could not be opened; known as soon as a later one is decoded."""
    opened: int = 0
    """Could be decrypted, or needed not to be; silence is not counted."""
    sealed: int = 0
    """Came, and could not be opened: of another epoch, forged or damaged."""
    sealed_in_a_row: int = 0
    """As above, since one was opened."""
    unreadable: int = 0
    """Were opened, and were no Opus."""
    late: int = 0
    """Came when their place had been given up."""
    duplicate: int = 0
    """Came before."""
    hurried: int = 0
    """Came so much faster than time passes that they were dropped."""

    @property
    def heard(self) -> float:
        """The share of frames that became sound, in [0, 1]; 1 while nothing is known."""
        silent = self.lost + self.unreadable + self.hurried
        return self.decoded / (self.decoded + silent) if silent else 1.0


@dataclass(frozen=True, slots=True)
class CallStats:
    """Of one call, at one moment; numbers only grow, except that who left is no longer listed."""

    speakers: Mapping[int, SpeakerStats] = field(default_factory=dict)
    """By Discord's id of the user."""
    datagrams: int = 0
    """Came; those below are among them."""
    foreign: int = 0
    """No voice."""
    sealed: int = 0
    """The transport's key did not open them."""
    broken: int = 0
    """Contradict themselves."""
    refused: int = 0
    """Of people who are not to be heard; neither decrypted nor decoded."""
    unknown: int = 0
    """Of nobody knows whom, when they came."""
    overflown: int = 0
    """Dropped, because the ears did not keep up."""
    faults: int = 0
    """Packets, or stretches of one speaker, that were lost to an error of our own."""
    announced: int = 0
    """Times the voice server has said that somebody begins to speak."""
    opened: int = 0
    """As of each speaker, those that have left included."""
