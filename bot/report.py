"""Outcomes of ``dragoman try``, as one line of JSON and as a page for people."""

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import messages
from bot.console import Outcome
from pipeline.errors import DragomanError


def as_json(outcome: Outcome, locale: str) -> str:
    """Return the outcome as one JSON object on one line."""
    record: dict[str, Any] = {"file": str(outcome.file)}
    if (heard := outcome.heard) is not None:
        record["heard"] = {
            "text": heard.text,
            "language": heard.language,
            "probability": round(heard.probability, 4),
            "seconds": round(heard.seconds, 3),
            "model": heard.model,
        }
    if (translated := outcome.translated) is not None:
        record["translated"] = {
            "text": translated.text,
            "language": translated.target,
            "engine": translated.engine,
            "doubts": list(translated.doubts),
        }
    if outcome.spoken is not None and outcome.path is not None:
        record["spoken"] = {
            "path": str(outcome.path),
            "engine": outcome.spoken.engine,
            "seconds": round(outcome.spoken.clip.seconds, 3),
        }
    if outcome.unspoken is not None:
        record["unspoken"] = _problem(outcome.unspoken, locale)
    if outcome.error is not None:
        record["error"] = _problem(outcome.error, locale)
    record["timings_ms"] = {name: round(ms, 1) for name, ms in outcome.timings_ms.items()}
    return json.dumps(record, ensure_ascii=False)


def as_page(outcome: Outcome, console: Console, locale: str) -> None:
    """Print the outcome for a person to read; colours only where the console has them."""
    grid = Table.grid(padding=(0, 2))
    if (heard := outcome.heard) is not None:
        certain = f"{heard.language} {heard.probability:.0%}"
        grid.add_row(
            _label("try.heard", locale), certain, Text(heard.text), Text(heard.model, "dim")
        )
    if (translated := outcome.translated) is not None:
        grid.add_row(
            _label("try.meaning", locale),
            translated.target,
            Text(translated.text, "bold"),
            Text(translated.engine, "dim"),
        )
        if translated.doubts:
            doubts = ", ".join(messages.doubt(each, locale) for each in translated.doubts)
            grid.add_row(_label("try.doubts", locale), "", Text(doubts, "yellow"), "")
    if outcome.spoken is not None and outcome.path is not None:
        seconds = f"{outcome.spoken.clip.seconds:.1f} s"
        engine = f"{outcome.spoken.engine}, {outcome.spoken.voice}"
        path = Text(str(outcome.path), "cyan")
        grid.add_row(_label("try.spoken", locale), seconds, path, Text(engine, "dim"))
    for label, error in (("try.unspoken", outcome.unspoken), ("try.failed", outcome.error)):
        if error is not None:
            grid.add_row(
                _label(label, locale), "", Text(messages.sentence(error, locale), "red"), ""
            )
    console.print(Text(str(outcome.file), "bold blue"))
    console.print(grid)
    if "text" in outcome.timings_ms:
        console.print(Text(f"  {_times(outcome, locale)}", "dim"))
    console.print()


def _label(name: str, locale: str) -> Text:
    return Text(f"  {messages.say(name, locale)}", "dim")


def _times(outcome: Outcome, locale: str) -> str:
    times = {name: f"{ms:,.0f} ms" for name, ms in outcome.timings_ms.items()}
    times.setdefault("speak", "-")
    return "; ".join(messages.say(name, locale, **times) for name in ("try.times", "try.totals"))


def _problem(error: DragomanError, locale: str) -> dict[str, str]:
    return {"code": error.code, "message": messages.sentence(error, locale)}
