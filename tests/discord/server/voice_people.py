"""People who are in a voice channel for both halves: seen by the gateway, heard by the bot."""

from tests.discord.server.channels import Kind
from tests.discord.server.seats import Seat
from tests.discord.server.talkers import Talker
from tests.discord.server.voice_gateway import VoiceServer


def come_in(seat: Seat, voice: VoiceServer, *, self_deaf: bool = False) -> Talker:
    """Join the voice channel of the seat."""
    seat.join(self_deaf=self_deaf)
    stage = seat.channel.kind == Kind.STAGE
    return voice.call(seat.channel.id, stage=stage).join(seat.person.id)


def go(seat: Seat, talker: Talker) -> None:
    """Leave it again."""
    talker.leave()
    seat.leave()
