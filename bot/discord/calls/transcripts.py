"""What was said in a call as a file: to read, to show under a recording, or for machines."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from bot.cards import File
from bot.discord.calls.wording import one_line
from storage.transcripts import KeptCall, Line
from storage.types import Person

_SHORTEST_MS: Final = 1_000
"""Of a subtitle: nobody reads faster."""
_PLAIN: Final = str.maketrans("<>{}\\", "()()/")
"""SubRip has no escapes, and its players take these for tags, places and line breaks."""


class Form(StrEnum):
    """The kinds of file; the value is the ending of its name."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"


def file(call: KeptCall, lines: Sequence[Line], form: Form) -> File:
    """Return the lines, in the order of their times, as UTF-8.

    The name of the file tells when the call began, in UTC, and nothing else of it. It takes some
    50 ms for an hour of talk, and so is best done in a thread.
    """
    began = datetime.fromtimestamp(call.started, UTC)
    rows = _rows(sorted(lines, key=lambda line: (line.at, line.end)))
    match form:
        case Form.TXT:
            text = _txt(began, rows)
        case Form.SRT:
            text = _srt(rows)
        case Form.VTT:
            text = _vtt(rows)
        case Form.JSON:
            text = _json(began, rows)
    return File(f"call-{began:%Y-%m-%d-%H%M}.{form}", text.encode())


@dataclass(frozen=True, slots=True)
class _Row:
    """A line whose texts are one line each; times in milliseconds."""

    at: int
    end: int
    speaker: int
    """Tells people of one name apart: 1 is who spoke first."""
    name: str
    source: str
    original: str
    target: str
    translation: str
    """Empty where nothing was translated."""


def _rows(lines: Sequence[Line]) -> list[_Row]:
    speakers: dict[Person, int] = {}
    return [
        _Row(
            at=round(1_000 * line.at),
            end=round(1_000 * line.end),
            speaker=speakers.setdefault(line.person, len(speakers) + 1),
            name=one_line(line.name) or "?",
            source=line.source,
            original=one_line(line.original),
            target=line.target,
            translation=one_line(line.translation) if line.target != line.source else "",
        )
        for line in lines
    ]


def _txt(began: datetime, rows: Sequence[_Row]) -> str:
    parts = [f"{began:%Y-%m-%d %H:%M} UTC\n"]
    for row in rows:
        clock = _clock(row.at, ".").partition(".")[0]
        parts.append(f"[{clock}] {row.name}\n{row.source}: {row.original}\n")
        if row.translation:
            parts[-1] += f"{row.target}: {row.translation}\n"
    return "\n".join(parts)


def _srt(rows: Sequence[_Row]) -> str:
    """Write subtitles one after the other, as players want them.

    One ends where the next begins; those that begin within a second share one.
    """
    cues: list[list[_Row]] = []
    for row in rows:
        if cues and row.at < cues[-1][0].at + _SHORTEST_MS:
            cues[-1].append(row)
        else:
            cues.append([row])
    parts = []
    begins = [cue[0].at for cue in cues]
    for number, (cue, start) in enumerate(zip(cues, begins, strict=True), start=1):
        end = max(start + _SHORTEST_MS, *(row.end for row in cue))
        end = min([end, *begins[number : number + 1]])
        texts = "\n".join(_subtitle(row) for row in cue)
        parts.append(f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{texts}\n")
    return "\n".join(parts)


def _subtitle(row: _Row) -> str:
    text = f"{row.name}: {row.original}"
    if row.translation:
        text += f"\n→ {row.translation}"
    return text.translate(_PLAIN)


def _vtt(rows: Sequence[_Row]) -> str:
    """Write cues that may overlap, as people do, each with its speaker and languages."""
    parts = ["WEBVTT\n"]
    for row in rows:
        end = max(row.end, row.at + _SHORTEST_MS)
        texts = [(row.source, row.original), (row.target, row.translation)]
        said = "\n".join(f"<lang {code}>{_escaped(text)}</lang>" for code, text in texts if text)
        parts.append(
            f"{_clock(row.at, '.')} --> {_clock(end, '.')}\n<v {_escaped(row.name)}>{said}</v>\n"
        )
    return "\n".join(parts)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _json(began: datetime, rows: Sequence[_Row]) -> str:
    lines = [
        {
            "at": row.at / 1_000,
            "end": row.end / 1_000,
            "speaker": row.speaker,
            "name": row.name,
            "source": row.source,
            "original": row.original,
            "target": row.target if row.translation else None,
            "translation": row.translation or None,
        }
        for row in rows
    ]
    whole = {"began": began.isoformat(timespec="seconds"), "lines": lines}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _clock(ms: int, point: str) -> str:
    """Return hours, of which there may be any number, minutes, seconds and thousandths."""
    seconds, thousandths = divmod(ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"
