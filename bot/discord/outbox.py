"""What goes out to Discord; its refusals become PlatformErrors here."""

import asyncio
import base64
import io
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import aiohttp
import discord
from discord.http import handle_message_parameters
from discord.utils import MISSING

from bot.discord.places import TITLE, Place
from bot.discord.texts import plain
from pipeline.errors import PlatformError, PlatformRefusedError, PlatformUnreachableError
from pipeline.types import Clip
from storage.types import Person

_T = TypeVar("_T")

FIRST_PAUSE_S: Final = 0.5
PATIENCE_S: Final = 60.0
"""Discord may ask for so long a wait before we give up."""
_ATTEMPT_S: Final = 90.0
"""How long one request may take, with the waits and repetitions of the library."""
_TRIES: Final = 6
"""After a broken connection; the library repeats what Discord itself fails at, four times."""
_REASONS: Final = {
    10003: "gone",
    10008: "gone",
    10015: "late",
    10062: "late",
    40060: "answered",
    50001: "permission",
    50007: "blocked",
    50013: "permission",
    50027: "late",
    50159: "voice",
    50160: "voice",
    50161: "voice",
    50173: "voice",
    50278: "blocked",
    160002: "history",
}
"""Discord's error codes, and the reason that we give. 50001 and 50013: it may not; 50007 and
50278: the person takes no messages; 10015, 10062 and 50027: the interaction is over; 40060: it was
answered before; 50159 to 50173: no voice messages; 160002: it may not see what it replies to."""
_BAD_TOKEN: Final = 4004
_NO_INTENTS: Final = 4014
"""Codes with which the gateway closes."""

_log = logging.getLogger(__name__)


@contextmanager
def refusals() -> Iterator[None]:
    """Translate what Discord says into PlatformError; its own words, which may quote people, go."""
    try:
        yield
    except discord.PrivilegedIntentsRequired:
        raise PlatformRefusedError(platform=TITLE, reason="intents.discord") from None
    except discord.LoginFailure:
        raise PlatformRefusedError(platform=TITLE, reason="token.discord") from None
    except discord.RateLimited:
        raise PlatformUnreachableError(platform=TITLE, reason="patience") from None
    except discord.HTTPException as answer:
        raise _refusal(answer) from None
    except discord.ConnectionClosed as closed:
        reason = {_BAD_TOKEN: "token.discord", _NO_INTENTS: "intents.discord"}.get(closed.code)
        if reason is not None:
            raise PlatformRefusedError(platform=TITLE, reason=reason) from None
        raise PlatformUnreachableError(platform=TITLE, reason="network") from None
    except (discord.GatewayNotFound, aiohttp.ClientError, TimeoutError, OSError):
        raise PlatformUnreachableError(platform=TITLE, reason="network") from None


def _refusal(answer: discord.HTTPException) -> PlatformError:
    if answer.status == 429:  # noqa: PLR2004 - Too Many Requests
        return PlatformUnreachableError(platform=TITLE, reason="patience")
    if answer.status >= 500:  # noqa: PLR2004 - its own fault
        return PlatformUnreachableError(platform=TITLE, reason="server")
    if answer.status == 401:  # noqa: PLR2004 - Unauthorized
        late = _REASONS.get(answer.code) == "late"
        return PlatformRefusedError(platform=TITLE, reason="late" if late else "token.discord")
    return PlatformRefusedError(platform=TITLE, reason=_REASONS.get(answer.code, "other"))


class VoiceMessage(discord.File):
    """The one attachment of a voice message; the library knows no duration and no waveform."""

    def __init__(self, clip: Clip) -> None:
        super().__init__(io.BytesIO(clip.data), "voice-message.ogg")
        self._clip = clip

    def to_dict(self, index: int) -> dict[str, Any]:
        """Return what is told of the file: seconds, and loudness as base64 of 1 to 256 bytes."""
        waveform = base64.b64encode(self._clip.waveform or b"\0").decode()
        seconds = round(max(self._clip.seconds, 0.1), 2)
        return {**super().to_dict(index), "duration_secs": seconds, "waveform": waveform}


def sound_file(clip: Clip, *, voice: bool) -> discord.File:
    """Return the attachment of a voice message, or the same sound as an ordinary file."""
    return VoiceMessage(clip) if voice else discord.File(io.BytesIO(clip.data), "voice.ogg")


class Outbox:
    """Sends to channels. Every method raises PlatformError, but those that say they try."""

    def __init__(self, client: discord.Client, first_pause_s: float = FIRST_PAUSE_S) -> None:
        self._client = client
        self._first_pause_s = first_pause_s

    async def text(
        self,
        place: Place,
        text: str,
        *,
        silent: bool = False,
        view: discord.ui.View | None = None,
        nonce: str = "",
    ) -> int:
        """Send markup that fits one message; return the message's id.

        What is sent again with the same ``nonce``, of at most 25 characters, is not sent twice.
        """
        flags = discord.MessageFlags(suppress_notifications=silent)
        return await self._send(place, flags=flags, nonce=nonce, content=text, view=view or MISSING)

    async def edit(self, channel: int, message: int, text: str) -> None:
        """Put another text in the place of a message's of ours."""
        ours = self._client.get_partial_messageable(channel).get_partial_message(message)
        await self._insist(lambda: ours.edit(content=text))

    async def say(self, place: Place, text: str) -> None:
        """Send a plain text, in as many messages as it takes."""
        for part in plain(text):
            await self.text(place, part)

    async def voice(self, place: Place, clip: Clip, *, nonce: str = "") -> None:
        """Send a voice message; where none is allowed, the same as a sound file.

        ``nonce`` as above.
        """
        try:
            await self._send(place, flags=discord.MessageFlags(voice=True), nonce=nonce, clip=clip)
        except PlatformRefusedError as error:
            if error.details["reason"] not in {"voice", "permission"}:
                raise
            await self._send(place, flags=discord.MessageFlags(), nonce=nonce, clip=clip)

    async def direct(self, person: Person) -> Place:
        """Return the direct conversation with a person, which may be closed to messages."""
        with refusals():
            opened = await self._client.create_dm(discord.Object(int(person.id)))
        return Place(opened.id)

    async def try_line(self, place: Place, text: str) -> int | None:
        """Try once to send a line that only informs; return its id."""
        try:
            return await self.text(place, plain(text)[0], silent=True)
        except PlatformError as error:
            _log.info("tried in vain", extra={"code": error.code, **error.details})
            return None

    async def try_text(self, channel: int, message: int, text: str) -> None:
        """Try once to change a text of ours; in vain, it stays as it is."""
        ours = self._client.get_partial_messageable(channel).get_partial_message(message)
        await tried(ours.edit(content=plain(text)[0]))

    async def try_typing(self, place: Place) -> None:
        """Try once to show for ten seconds that something is being done."""
        await tried(self._client.http.send_typing(place.channel))

    async def try_removing(self, channel: int, message: int) -> None:
        """Try to take a message of ours away."""
        await tried(
            self._client.get_partial_messageable(channel).get_partial_message(message).delete()
        )

    async def _send(
        self,
        place: Place,
        *,
        flags: discord.MessageFlags,
        nonce: str = "",
        clip: Clip | None = None,
        **content: Any,  # noqa: ANN401 - as the library takes it
    ) -> int:
        """Send one message, once: Discord knows it again by its nonce."""
        nonce = nonce or secrets.token_hex(12)

        async def attempt(place: Place) -> int:
            with handle_message_parameters(
                **content,
                file=sound_file(clip, voice=flags.voice) if clip else MISSING,
                flags=flags,
                nonce=nonce,
                allowed_mentions=discord.AllowedMentions.none(),
                message_reference=_reference(place),
            ) as parameters:
                sent = await self._client.http.send_message(place.channel, params=parameters)
            return int(sent["id"])

        try:
            return await self._insist(lambda: attempt(place))
        except PlatformRefusedError as error:
            if error.details["reason"] != "history":
                raise
            return await self._insist(lambda: attempt(Place(place.channel)))

    async def _insist(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        return await insist(attempt, self._first_pause_s)


async def insist(
    attempt: Callable[[], Awaitable[_T]],
    pause_s: float = FIRST_PAUSE_S,
    within_s: float | None = _ATTEMPT_S,
) -> _T:
    """Make a request that may be made twice, again after a broken connection.

    The waits between tries begin at ``pause_s`` and double; one try may take ``within_s``. Raises
    PlatformError.
    """
    for _ in range(_TRIES - 1):
        try:
            return await _once(attempt, within_s)
        except PlatformUnreachableError as error:
            if error.details["reason"] != "network":
                raise
        _log.info("discord is asked again", extra={"pause_s": pause_s})
        await asyncio.sleep(pause_s)
        pause_s *= 2
    return await _once(attempt, within_s)


async def _once(attempt: Callable[[], Awaitable[_T]], within_s: float | None) -> _T:
    with refusals():
        async with asyncio.timeout(within_s):
            return await attempt()


async def tried(request: Awaitable[object]) -> None:
    """Make a request that is not worth a complaint."""
    try:
        with refusals():
            async with asyncio.timeout(_ATTEMPT_S):
                await request
    except PlatformError as error:
        _log.info("tried in vain", extra={"code": error.code, **error.details})


def _reference(place: Place) -> Any:  # noqa: ANN401 - as the library takes it
    """Reply to the message, if it is still there."""
    if place.answers is None:
        return MISSING
    return discord.MessageReference(
        message_id=place.answers, channel_id=place.channel, fail_if_not_exists=False
    ).to_message_reference_dict()
