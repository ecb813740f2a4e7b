"""Who is in a voice channel, and who of them may be heard."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self, TypeAlias

import discord

from bot.discord.places import PLATFORM
from storage.preferences import Preferences

VocalChannel: TypeAlias = discord.VoiceChannel | discord.StageChannel


@dataclass(frozen=True, slots=True)
class Presence:
    """The people of a voice channel; bots are none of them."""

    people: frozenset[int] = frozenset()
    """Everybody, by account."""
    heard: frozenset[int] = frozenset()
    """Those who may be decoded: they have not deafened themselves, nor declined."""
    parted: frozenset[int] = frozenset()
    """Those who were heard and have gone, and may have had their say: they have not declined."""

    @classmethod
    async def of(
        cls,
        channel: VocalChannel,
        preferences: Preferences,
        most: int,
        before: Collection[int] = (),
    ) -> Self:
        """Look who is there, and ask what they have chosen; at most ``most`` are heard.

        ``before`` are those who were heard until now. Raises StorageError: who can't be asked may
        not be heard.
        """
        states = channel.voice_states
        people = people_in(channel)
        listening = {id_ for id_ in people if not (states[id_].self_deaf or states[id_].deaf)}
        parted = frozenset(before) - people
        asked = [str(id_) for id_ in listening | parted]
        declined = {int(each) for each in await preferences.unheard(PLATFORM, asked)}
        heard = sorted(listening - declined)
        return cls(people, frozenset(heard[:most]), parted - declined)

    def newcomers(self, known: Collection[int]) -> frozenset[int]:
        """Return who is not among the known ones."""
        return self.people.difference(known)


def people_in(channel: VocalChannel) -> frozenset[int]:
    """Return who is in the channel, by account; bots are not counted."""
    return frozenset(id_ for id_ in channel.voice_states if not _is_bot(channel.guild, id_))


def _is_bot(guild: discord.Guild, account: int) -> bool:
    """Say whether it is a bot; Discord tells who everybody in a voice channel is."""
    member = guild.get_member(account)
    return member is not None and member.bot
