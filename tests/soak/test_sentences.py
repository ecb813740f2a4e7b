"""What members make of the bot's words: the table knows what may stand under a note."""

import html
import re

import pytest

from bot import messages
from bot.discord import texts as discord_texts
from bot.telegram import texts as telegram_texts
from pipeline.types import Doubt, Language, Transcript, Translation
from tests.soak.sentences import HURRIED, Meaning, is_marked, meaning
from tests.soak.watching import plain

EN, VI = Language("en"), Language("vi")
FACTS = {"place": 3, "limit": 600, "engine": "espeak", "platform": "Telegram"}


def heard(*doubts: Doubt) -> tuple[Transcript, Translation]:
    text = "It costs 3 * 4. [Really]"
    return (
        Transcript(text, EN, 1.0, (), 2.0, "demo", doubts),
        Translation("Giá _mười hai_.", EN, VI, "demo"),
    )


def on_telegram(locale: str, *doubts: Doubt) -> str:
    (answer,) = telegram_texts.answer(*heard(*doubts), locale)
    return html.unescape(re.sub("<[^>]+>", "", answer))


def on_discord(locale: str, *doubts: Doubt) -> str:
    (answer,) = discord_texts.answer(*heard(*doubts), locale)
    return plain(answer)


@pytest.mark.parametrize("locale", ["en", "vi"])
def test_answers_are_known_on_both_platforms(locale: str) -> None:
    for answer in (on_telegram(locale), on_discord(locale)):
        assert meaning(answer) is Meaning.ANSWER
        assert {"It costs 3 * 4. [Really]", "Giá _mười hai_."} <= set(answer.splitlines())
        assert not is_marked(answer, HURRIED)


@pytest.mark.parametrize("locale", ["en", "vi"])
def test_marks_of_haste_are_seen(locale: str) -> None:
    for answer in (on_telegram(locale, Doubt.HURRIED), on_discord(locale, Doubt.HURRIED)):
        assert meaning(answer) is Meaning.ANSWER
        assert is_marked(answer, HURRIED)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("busy.house", "busy.person", "busy.stopping", "busy.restarted"), Meaning.REFUSED),
        (("audio.unreadable", "audio.too_long", "worker.lost", "error"), Meaning.FAILED),
        (("platform.unreachable", "public.storage", "engine.timeout"), Meaning.FAILED),
        (("reply.waiting",), Meaning.PLACE),
        (("reply.unspoken", "reply.no_voice"), Meaning.UNSPOKEN),
        (("card.help", "call.notice"), Meaning.OTHER),
    ],
)
@pytest.mark.parametrize("locale", ["en", "vi"])
def test_sentences_mean_what_they_say(
    locale: str, names: tuple[str, ...], expected: Meaning
) -> None:
    for name in names:
        sentence = messages.say(name, locale, **FACTS)
        assert meaning(sentence) is expected, name
        assert meaning(plain(discord_texts.plain(sentence)[0])) is expected, name
