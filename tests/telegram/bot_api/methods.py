"""Which methods there are, what each takes, and what answers it."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.telegram.bot_api import asking, editing, parameters, sending
from tests.telegram.bot_api.refusals import Json
from tests.telegram.bot_api.world import World

Result: TypeAlias = Json | list[Json] | bool


@dataclass(frozen=True)
class Method:
    """One method of the Bot API."""

    name: str
    model: type[parameters.Parameters]
    answer: Callable[[World, Any], Result | Awaitable[Result]]

    async def run(self, world: World, given: Json) -> Result:
        """Check the request and do it. Raises RefusalError."""
        result = self.answer(world, parameters.read(self.model, given))
        return await result if inspect.isawaitable(result) else result


_ALL = (
    Method("getMe", parameters.Nothing, asking.get_me),
    Method("getUpdates", parameters.GetUpdates, asking.get_updates),
    Method("setWebhook", parameters.SetWebhook, asking.set_webhook),
    Method("deleteWebhook", parameters.DeleteWebhook, asking.delete_webhook),
    Method("getWebhookInfo", parameters.Nothing, asking.get_webhook_info),
    Method("getFile", parameters.GetFile, asking.get_file),
    Method("getChat", parameters.OneChat, asking.get_chat),
    Method("getChatMember", parameters.OneMember, asking.get_chat_member),
    Method("getChatAdministrators", parameters.OneChat, asking.get_chat_administrators),
    Method("leaveChat", parameters.OneChat, asking.leave_chat),
    Method("setMyCommands", parameters.SetMyCommands, asking.set_my_commands),
    Method("getMyCommands", parameters.CommandMenu, asking.get_my_commands),
    Method("deleteMyCommands", parameters.CommandMenu, asking.delete_my_commands),
    Method("sendMessage", parameters.SendMessage, sending.send_message),
    Method("sendVoice", parameters.SendVoice, sending.send_voice),
    Method("sendAudio", parameters.SendAudio, sending.send_audio),
    Method("sendDocument", parameters.SendDocument, sending.send_document),
    Method("sendChatAction", parameters.SendChatAction, sending.send_chat_action),
    Method("editMessageText", parameters.EditMessageText, editing.edit_message_text),
    Method("editMessageCaption", parameters.EditMessageCaption, editing.edit_message_caption),
    Method(
        "editMessageReplyMarkup",
        parameters.EditMessageReplyMarkup,
        editing.edit_message_reply_markup,
    ),
    Method("deleteMessage", parameters.Existing, editing.delete_message),
    Method("setMessageReaction", parameters.SetMessageReaction, editing.set_message_reaction),
    Method("answerCallbackQuery", parameters.AnswerCallbackQuery, editing.answer_callback_query),
)
METHODS = {method.name.lower(): method for method in _ALL}
"""By lower-case name: Telegram does not mind the case."""
