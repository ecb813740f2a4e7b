"""The picture of a chat shows what the program says."""

import html
import json
import re
from typing import Final
from xml.etree import ElementTree as ET

from bot import messages
from bot.telegram import texts
from pipeline.types import Language, Transcript, Translation
from tests.docs.markdown import read
from tests.docs.pages import DOCS, ROOT
from tests.integration.program import DEMO

PICTURE: Final = DOCS / "chat.svg"
SVG: Final = "{http://www.w3.org/2000/svg}"
EN, VI = Language("en"), Language("vi")
NOTE: Final = next(
    each
    for each in json.loads((DEMO / "notes" / "notes.json").read_text("utf-8"))
    if each["file"] == "vi-bathroom.ogg"
)


def shown(*classes: str) -> list[str]:
    """Return the lines of these kinds, from the top."""
    lines = ET.parse(PICTURE).iter(f"{SVG}text")  # noqa: S314 - our own file
    return ["".join(each.itertext()) for each in lines if each.get("class") in classes]


def test_the_text_is_what_the_bot_answers_to_a_note_of_the_demo() -> None:
    heard = Transcript(NOTE["text"], VI, 1.0, (), NOTE["seconds"], "demo-whisper")
    meant = Translation(NOTE["translation"], VI, EN, "demo-nllb")
    [answer] = texts.answer(heard, meant, "en")
    lines = html.unescape(re.sub(r"<[^>]+>", "", answer)).splitlines()
    assert shown("language", "answer") == lines


def test_the_label_is_that_of_clips_in_own_voices() -> None:
    assert " ".join(shown("caption")) == messages.say("voice.caption", "en", seconds=22)


def test_the_picture_stands_in_the_readme_and_needs_nothing_from_elsewhere() -> None:
    assert "docs/chat.svg" in read(ROOT / "README.md").links
    text = PICTURE.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|href|<script|@import|url\(", text)
