"""The methods that put something into a chat."""

from tests.telegram.bot_api.chats import Action, Chat
from tests.telegram.bot_api.entities import formatted
from tests.telegram.bot_api.marks import units
from tests.telegram.bot_api.messages import Message, StoredFile, claimed
from tests.telegram.bot_api.ogg import ogg_opus
from tests.telegram.bot_api.parameters import (
    Entity,
    File,
    Markup,
    Send,
    SendAudio,
    SendChatAction,
    SendDocument,
    SendFile,
    SendMessage,
    SendVoice,
    Upload,
)
from tests.telegram.bot_api.refusals import Json, RefusalError, bad_request
from tests.telegram.bot_api.world import UPLOAD_LIMIT, World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
"""Characters after formatting is taken out. Telegram does not say which; UTF-16 code units are the
strictest reading."""
_ACTIONS = """
typing upload_photo record_video upload_video record_voice upload_voice upload_document
choose_sticker find_location record_video_note upload_video_note
"""
ACTIONS = frozenset(_ACTIONS.split())


def text_content(text: str, mode: str | None, entities: list[Entity] | None) -> Json:
    """Check a text and mark it. Raises RefusalError."""
    made = formatted(text, mode, entities)
    if not made.text.strip():
        raise bad_request("message text is empty")
    if units(made.text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return {"text": made.text} | ({"entities": made.entities} if made.entities else {})


def caption_content(text: str, mode: str | None, entities: list[Entity] | None) -> Json:
    """Check a caption and mark it; an empty one adds nothing. Raises RefusalError."""
    made = formatted(text, mode, entities)
    if units(made.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    if not made.text:
        return {}
    marks = {"caption_entities": made.entities} if made.entities else {}
    return {"caption": made.text} | marks


def markup_shape(markup: Markup | None) -> Json | None:
    """The keys as the message carries them."""
    return None if markup is None else markup.model_dump(exclude_none=True)


def send_message(world: World, asked: SendMessage) -> Json:
    """sendMessage."""
    content = text_content(asked.text, asked.parse_mode, asked.entities)
    return _post(world, asked, content).shape()


def send_voice(world: World, asked: SendVoice) -> Json:
    """sendVoice: what is not Ogg Opus arrives as a document, as on Telegram."""
    world.chat(asked.chat_id).check_voice()
    stored = _stored(world, asked.voice, "voice")
    if ogg_opus(stored.data) is None:
        return _send_file(world, asked, stored, "document", {"mime_type": "audio/ogg"})
    facts = {"duration": asked.duration, "mime_type": "audio/ogg"}
    return _send_file(world, asked, stored, "voice", facts)


def send_audio(world: World, asked: SendAudio) -> Json:
    """sendAudio."""
    stored = _stored(world, asked.audio, "audio")
    facts = {
        "duration": asked.duration,
        "performer": asked.performer,
        "title": asked.title,
        "file_name": asked.audio.name if isinstance(asked.audio, Upload) else None,
        "mime_type": "audio/mpeg",
    }
    return _send_file(world, asked, stored, "audio", facts)


def send_document(world: World, asked: SendDocument) -> Json:
    """sendDocument."""
    stored = _stored(world, asked.document, "document")
    facts: Json = {}
    if isinstance(asked.document, Upload):
        facts = {"file_name": asked.document.name, "mime_type": asked.document.mime}
    return _send_file(world, asked, stored, "document", facts)


def send_chat_action(world: World, asked: SendChatAction) -> bool:
    """sendChatAction."""
    if asked.action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = world.chat(asked.chat_id)
    chat.check_writable()
    _thread(chat, asked.message_thread_id, None)
    chat.actions.append(Action(asked.action, asked.message_thread_id))
    world.bell.ring()
    return True


def _stored(world: World, file: File, kind: str) -> StoredFile:
    if isinstance(file, str):
        if file not in world.files:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return world.files[file]
    if not file.data:
        raise bad_request("file must be non-empty")
    if len(file.data) > UPLOAD_LIMIT:
        raise RefusalError(413, "Request Entity Too Large")
    return world.store(kind, file.name, file.data)


def _send_file(world: World, asked: SendFile, stored: StoredFile, kind: str, facts: Json) -> Json:
    caption = caption_content(asked.caption, asked.parse_mode, asked.caption_entities)
    content = {kind: claimed(stored.shape() | facts, {})} | caption
    return _post(world, asked, content, stored).shape()


def _post(world: World, asked: Send, content: Json, stored: StoredFile | None = None) -> Message:
    chat = world.chat(asked.chat_id)
    chat.check_writable()
    answered = _answered(chat, asked)
    thread = _thread(chat, asked.message_thread_id, answered)
    chat.check_permitted(next(iter(content)), thread)
    if world.limits:
        world.limits.admit(chat.id, group=chat.kind != "private")
    return chat.post(
        world.bot,
        content,
        reply_to=answered or (chat.topics[thread] if thread else None),
        thread=thread,
        markup=markup_shape(asked.reply_markup),
        file=stored,
    )


def _answered(chat: Chat, asked: Send) -> Message | None:
    reply = asked.reply_parameters
    if reply is None:
        return None
    if reply.chat_id not in {None, chat.id}:
        raise bad_request("this server does not reply across chats")
    message = chat.find(reply.message_id)
    if message is None and not reply.allow_sending_without_reply:
        raise bad_request("message to be replied not found")
    if message and reply.quote is not None and reply.quote not in message.text:
        raise bad_request("QUOTE_TEXT_INVALID")
    return message


def _thread(chat: Chat, asked: int | None, answered: Message | None) -> int | None:
    """The topic a message lands in: the one asked for, or that of the answered message."""
    if asked is None:
        return answered.thread if answered else None
    if asked not in chat.topics:
        raise bad_request("message thread not found")
    return asked
