"""Live calls, and what is said about them."""

from typing import Final

SENTENCES: Final = {
    "call": "The call can't be interpreted; use /join to try again.",
    "call.refused": "I can't join that call; choose another voice channel.",
    "call.refused.nowhere": "You are in no voice channel; join one, or name it: /join channel.",
    "call.refused.permission": (
        "I may not see, join or speak in that channel; a server admin can allow it."
    ),
    "call.refused.full": "That channel is full; make room for one more, then use /join again.",
    "call.refused.elsewhere": "I am in another channel here; use /leave there first, then /join.",
    "call.refused.stopping": "I am about to restart; use /join again in a minute.",
    "call.refused.voice": "Discord did not let me into the call; try /join again in a minute.",
    "call.lost": "I lost the call; use /join to have me back.",
    "call.lost.kicked": "I was taken out of the call; use /join to have me back.",
    "call.lost.gone": "The voice channel is gone; use /join in another one.",
    "call.lost.deaf": (
        "I can't hear this call any more, and joining again did not help; try /leave and /join "
        "in a minute."
    ),
    "call.lost.restart": "I restarted and could not come back to the call; use /join.",
    "call.lost.connection": "The connection to the call broke; use /join to have me back.",
}
