"""The methods about the bot itself, its chats, its files and its updates."""

import asyncio
import re

from tests.telegram.bot_api.messages import StoredFile
from tests.telegram.bot_api.parameters import (
    CommandMenu,
    DeleteWebhook,
    GetFile,
    GetUpdates,
    Nothing,
    OneChat,
    OneMember,
    Scope,
    SetMyCommands,
    SetWebhook,
)
from tests.telegram.bot_api.refusals import Json, bad_request
from tests.telegram.bot_api.world import DOWNLOAD_LIMIT, Webhook, World


def get_me(world: World, _: Nothing) -> Json:
    """getMe."""
    return world.bot.shape() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": False,
    }


async def get_updates(world: World, asked: GetUpdates) -> list[Json]:
    """getUpdates."""
    return await world.updates.poll(asked)


def set_webhook(world: World, asked: SetWebhook) -> bool:
    """setWebhook; addresses and ports that Telegram would not reach are taken here."""
    if not asked.url:
        return delete_webhook(world, DeleteWebhook(drop_pending_updates=asked.drop_pending_updates))
    if not asked.url.startswith("https://" if world.local is None else ("https://", "http://")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if asked.drop_pending_updates:
        world.updates.drop()
    world.updates.allow(asked.allowed_updates)
    certificate = asked.certificate.data if asked.certificate else None
    world.webhook = Webhook(asked.url, asked.secret_token, certificate, asked.max_connections)
    world.updates.webhook = True
    world.bell.ring()
    return True


def delete_webhook(world: World, asked: DeleteWebhook) -> bool:
    """deleteWebhook."""
    if asked.drop_pending_updates:
        world.updates.drop()
    world.webhook = None
    world.updates.webhook = False
    world.bell.ring()
    return True


def get_webhook_info(world: World, _: Nothing) -> Json:
    """getWebhookInfo."""
    hook = world.webhook or Webhook("")
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": hook.certificate is not None,
        "pending_update_count": len(world.updates.pending),
    }
    if hook.url:
        info["max_connections"] = hook.max_connections
    if world.updates.allowed:
        info["allowed_updates"] = sorted(world.updates.allowed)
    if hook.last_error:
        info |= {"last_error_message": hook.last_error, "last_error_date": hook.last_error_date}
    return info


async def get_file(world: World, asked: GetFile) -> Json:
    """getFile: a path for the download, or on a server of one's own the file itself."""
    stored = world.files.get(asked.file_id)
    if stored is None:
        raise bad_request("invalid file_id")
    if world.local is None and len(stored.data) > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    world.exposed[stored.path] = stored
    path = stored.path if world.local is None else await _on_disk(world, stored)
    return stored.shape() | {"file_path": path}


async def _on_disk(world: World, stored: StoredFile) -> str:
    """Write the file where a local server does: below a folder named by the token."""
    assert world.local is not None
    path = world.local / world.token / stored.path
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(path.write_bytes, stored.data)
    return str(path)


def get_chat(world: World, asked: OneChat) -> Json:
    """getChat."""
    chat = world.chat(asked.chat_id)
    if chat.kind != "private":
        chat.check_writable()
    return chat.shape() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"), False
        )
        | {"gifts_from_channels": False},
    }


def get_chat_member(world: World, asked: OneMember) -> Json:
    """getChatMember."""
    chat = world.chat(asked.chat_id)
    user = world.user(asked.user_id)
    if chat.kind == "private":
        return chat.member(user, "member")
    chat.check_writable()
    return chat.member(user)


def get_chat_administrators(world: World, asked: OneChat) -> list[Json]:
    """getChatAdministrators, without other bots."""
    chat = world.chat(asked.chat_id)
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    chat.check_writable()
    admins = [id_ for id_, status in chat.members.items() if status in {"creator", "administrator"}]
    return [chat.member(world.user(admin)) for admin in admins]


def leave_chat(world: World, asked: OneChat) -> bool:
    """leaveChat."""
    chat = world.chat(asked.chat_id)
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    chat.check_writable()
    chat.set_member(world.bot, "left", world.bot)
    return True


def set_my_commands(world: World, asked: SetMyCommands) -> bool:
    """setMyCommands."""
    if len(asked.commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in asked.commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command.command):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command.description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    menu = [command.model_dump() for command in asked.commands]
    world.menus[menu_key(asked.scope, asked.language_code)] = menu
    return True


def get_my_commands(world: World, asked: CommandMenu) -> list[Json]:
    """getMyCommands."""
    return world.menus.get(menu_key(asked.scope, asked.language_code), [])


def delete_my_commands(world: World, asked: CommandMenu) -> bool:
    """deleteMyCommands."""
    world.menus.pop(menu_key(asked.scope, asked.language_code), None)
    return True


def menu_key(scope: Scope, language: str) -> tuple[str, int | None, int | None, str]:
    """Under what a menu is kept."""
    return (scope.type, scope.chat_id, scope.user_id, language)
