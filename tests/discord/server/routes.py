"""The routes that are served, under the titles of the API reference."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.discord.server import rest_commands as commands
from tests.discord.server import rest_interactions as interactions
from tests.discord.server import rest_messages as messages
from tests.discord.server import rest_places as places
from tests.discord.server.limits import Rule
from tests.discord.server.refusals import Json
from tests.discord.server.requests import Ask
from tests.discord.server.world import World

Result: TypeAlias = Json | list[Json] | None


@dataclass(frozen=True)
class Route:
    """One route of the REST API."""

    title: str
    method: str
    path: str
    answer: Callable[[World, Ask], Result]
    rule: Rule | None = None
    """How often it may be asked, per channel, server or token."""
    by_token: bool = False
    """Whether the path's token opens it, and the bot's own is not asked for."""


_MESSAGES = "/channels/{channel}/messages"
_MESSAGE = f"{_MESSAGES}/{{message}}"
_REACTION = f"{_MESSAGE}/reactions/{{emoji}}/@me"
_WEBHOOK = "/webhooks/{application}/{token}"
_COMMANDS = "/applications/{application}/commands"
_GUILD_COMMANDS = "/applications/{application}/guilds/{guild}/commands"
_VOICE_STATES = "/guilds/{guild}/voice-states"
_FIVE = Rule(5, 5.0)
_WEBHOOKS = Rule(5, 2.0)

ROUTES = (
    Route("Get Current User", "GET", "/users/@me", places.get_me),
    Route("Get Current Application", "GET", "/applications/@me", places.get_application),
    Route(
        "Get Current Bot Application Information",
        "GET",
        "/oauth2/applications/@me",
        places.get_application,
    ),
    Route("Get Gateway Bot", "GET", "/gateway/bot", places.get_gateway),
    Route("Create DM", "POST", "/users/@me/channels", places.create_dm),
    Route("Leave Guild", "DELETE", "/users/@me/guilds/{guild}", places.leave_guild),
    Route("Get User", "GET", "/users/{user}", places.get_user),
    Route("Get Guild", "GET", "/guilds/{guild}", places.get_guild),
    Route("Get Guild Member", "GET", "/guilds/{guild}/members/{user}", places.get_member),
    Route(
        "Get Current User Voice State", "GET", f"{_VOICE_STATES}/@me", places.get_own_voice_state
    ),
    Route(
        "Modify Current User Voice State",
        "PATCH",
        f"{_VOICE_STATES}/@me",
        places.modify_own_voice_state,
    ),
    Route("Get User Voice State", "GET", f"{_VOICE_STATES}/{{user}}", places.get_voice_state),
    Route("Get Channel", "GET", "/channels/{channel}", places.get_channel),
    Route(
        "Start Thread without Message", "POST", "/channels/{channel}/threads", places.start_thread
    ),
    Route(
        "Start Thread from Message", "POST", f"{_MESSAGE}/threads", places.start_thread_from_message
    ),
    Route("Join Thread", "PUT", "/channels/{channel}/thread-members/@me", places.join_thread),
    Route(
        "Trigger Typing Indicator",
        "POST",
        "/channels/{channel}/typing",
        messages.trigger_typing,
        _FIVE,
    ),
    Route("Get Channel Messages", "GET", _MESSAGES, messages.get_messages, _FIVE),
    Route("Create Message", "POST", _MESSAGES, messages.create_message, _FIVE),
    Route("Get Channel Message", "GET", _MESSAGE, messages.get_message, _FIVE),
    Route("Edit Message", "PATCH", _MESSAGE, messages.edit_message, _FIVE),
    Route("Delete Message", "DELETE", _MESSAGE, messages.delete_message, Rule(5, 1.0)),
    Route("Create Reaction", "PUT", _REACTION, messages.create_reaction, Rule(1, 0.25)),
    Route("Delete Own Reaction", "DELETE", _REACTION, messages.delete_own_reaction, Rule(1, 0.25)),
    Route("Get Global Application Commands", "GET", _COMMANDS, commands.get_global),
    Route(
        "Bulk Overwrite Global Application Commands", "PUT", _COMMANDS, commands.overwrite_global
    ),
    Route("Get Guild Application Commands", "GET", _GUILD_COMMANDS, commands.get_guild),
    Route(
        "Bulk Overwrite Guild Application Commands",
        "PUT",
        _GUILD_COMMANDS,
        commands.overwrite_guild,
    ),
    Route(
        "Create Interaction Response",
        "POST",
        "/interactions/{interaction}/{token}/callback",
        interactions.answer_interaction,
        by_token=True,
    ),
    Route(
        "Create Followup Message",
        "POST",
        _WEBHOOK,
        interactions.create_followup,
        _WEBHOOKS,
        by_token=True,
    ),
    *(
        Route(
            f"{verb} {title}",
            method,
            f"{_WEBHOOK}/messages/{message}",
            answer,
            _WEBHOOKS,
            by_token=True,
        )
        for title, message in (
            ("Original Interaction Response", "{message:@original}"),
            ("Followup Message", "{message}"),
        )
        for verb, method, answer in (
            ("Get", "GET", interactions.get_message),
            ("Edit", "PATCH", interactions.edit_message),
            ("Delete", "DELETE", interactions.delete_message),
        )
    ),
)
"""In the order in which a path is tried."""
