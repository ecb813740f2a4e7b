"""The bot on Telegram, from the note to the answer, over real HTTP."""

from pathlib import Path

from tests.telegram.bot_api.ogg import ogg_opus
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bots import note
from tests.telegram.home import home


async def test_a_voice_note_is_answered_with_text_and_then_with_a_voice(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        text = await chat.wait_for(text="Chúc ngủ ngon.", reply_to=sent)
        voice = await chat.wait_for(kind="voice", reply_to=sent)
        assert "Good night." in text.text
        assert text.id < voice.id
        assert ogg_opus(voice.data) is not None
        assert voice.media["duration"] == 1
