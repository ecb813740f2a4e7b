"""What people say and are called, so that Discord shows it and does nothing else with it."""

import re
from typing import Final

from bot import messages
from bot.discord.texts import LIMIT, units
from pipeline import sentences
from pipeline.types import Language, Transcript, Translation

_LONGEST_NAME: Final = 32
"""Characters of a display name: Discord allows no more."""
_SIGNS = re.compile(r"[\\*_~`|<>\[\]()#:@/-]")
"""All that formatting, mentions, timestamps, emoji, links and invitations are made of. An answer
keeps its links; here a name could pass for one, and a link would reach into what is added later."""
_TABLE: Final = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " "),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], None),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
}
"""Control characters and line breaks; what turns the direction of whatever stands after it;
surrogates without their other half."""
_WARNING: Final = "\N{WARNING SIGN}\ufe0f"


def one_line(text: str) -> str:
    """Return the text without line breaks, control characters, and tricks with its direction."""
    return " ".join(text.translate(_TABLE).split())


def escaped(text: str) -> str:
    """Return the text so that Discord shows it as it is: at most twice as many units."""
    return _SIGNS.sub(_escape, text)


def head(name: str) -> str:
    """Return how the first line of a speaker begins."""
    return f"**{escaped(one_line(name)[:_LONGEST_NAME].strip()) or '?'}:** "


def bodies(heard: Transcript, translation: Translation, locale: str, room: int) -> list[str]:
    """Return the original, what it means and what is doubtful: one line, if ``room`` units allow.

    Else there are more, cut at sentences, the translation after the original. What was not
    translated stands alone. There is none where nothing was said.
    """
    doubts = dict.fromkeys((*heard.doubts, *translation.doubts))
    words = ", ".join(messages.doubt(each, locale) for each in doubts)
    mark = f" ({_WARNING} {words})" if words else ""
    texts = [(one_line(heard.text), heard.language)]
    if translation.target != translation.source:
        texts.append((one_line(translation.text), translation.target))
    whole = " → ".join(escaped(text) for text, _ in texts if text)
    if units(whole + mark) <= room:
        return [whole + mark] if whole else []
    first, *meaning = (_pieces(*text, room - units(f"→ {mark}")) for text in texts)
    parts = [*first, *(f"→ {part}" for each in meaning for part in each)]
    return [*parts[:-1], parts[-1] + mark]


def notice(sentence: str) -> str:
    """Return a sentence of ours as a line of its own, no longer than a message."""
    return f"{_WARNING} {one_line(sentence)}"[: LIMIT // 2]


def _pieces(text: str, language: Language, room: int) -> list[str]:
    for characters in (room, room // 2):
        parts = [escaped(part) for part in sentences.pieces(text, language, characters)]
        if all(units(part) <= room for part in parts):
            break
    return parts


def _escape(sign: re.Match[str]) -> str:
    return "@\u200b" if sign[0] == "@" else f"\\{sign[0]}"
