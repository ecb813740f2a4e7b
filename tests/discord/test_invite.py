"""The invitation brings the bot into a server with what it needs, and nothing more."""

import base64
from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from bot.discord.invite import link


def test_the_link_names_the_application_and_its_permissions() -> None:
    token = base64.urlsafe_b64encode(b"81384788765712384").decode().rstrip("=") + ".G1.secret"
    made = link(token)
    assert made is not None
    assert "secret" not in made
    url = urlsplit(made)
    assert (url.scheme, url.netloc, url.path) == ("https", "discord.com", "/oauth2/authorize")
    asked = parse_qs(url.query)
    assert asked["client_id"] == ["81384788765712384"]
    assert asked["scope"] == ["bot applications.commands"]
    allowed = discord.Permissions(int(asked["permissions"][0]))
    assert allowed.connect
    assert allowed.speak
    assert allowed.send_voice_messages
    assert not allowed.administrator
    assert not allowed.manage_guild


@pytest.mark.parametrize(
    "token",
    [
        *("", "no token", "....", "8J+YgA==.x.y", "YWJj.x.y", "\udc80"),
        *("MTIz", "MTIz.x", "MTIz..x", "MTIz.x.y.z", "MTIz" * 2_000 + ".x.y"),
    ],
)
def test_what_is_no_token_makes_no_link(token: str) -> None:
    assert link(token) is None
