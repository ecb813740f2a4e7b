"""``python -m training``: build the demo models, or one part of them, or measure them."""

# ruff: noqa: PLC0415  # each part imports only its own packages

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from training import phrases

log = logging.getLogger("training")

CACHE = Path(tempfile.gettempdir()) / "dragoman-training"
MODELS = ("kokoro", "nllb", "whisper")
PARTS = ("voice", "notes", "translator", "recognizer", "evaluate")


def main(arguments: list[str] | None = None) -> int:
    """Run the parts that were asked for, in their order; all of them by default."""
    options = _parsed(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stdout,
    )  # fmt: skip
    for noisy in ("faster_whisper", "phonemizer", "urllib3", "filelock", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for part in PARTS:
        if not options.parts or part in options.parts:
            began = time.monotonic()
            _run(part, options)
            _list_files(options.out)
            log.info("%s: done in %.1f min", part, (time.monotonic() - began) / 60)
    return 0


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--out", type=Path, default=phrases.DEMO, help="the demo folder")
    parser.add_argument("--cache", type=Path, default=CACHE,
                        help="where speech and checkpoints are kept (2 GB)")  # fmt: skip
    parser.add_argument("--processes", type=int, default=2, help="for speaking the corpus")
    parser.add_argument("--minutes", type=float,
                        help="recognizer: time for each stage, instead of its steps")  # fmt: skip
    parser.add_argument("--steps", type=int, help="translator: other than the recipe's")
    parser.add_argument("--resume", action="store_true",
                        help="recognizer: do not repeat stages that the cache holds")  # fmt: skip
    parser.add_argument("--count", type=int, default=250,
                        help="evaluate: sentences per language and case")  # fmt: skip
    parser.add_argument("--json", type=Path, help="evaluate: also write the figures here")
    parser.add_argument("--verbose", action="store_true", help="evaluate: show every miss")
    return parser.parse_args(arguments)


def _run(part: str, options: argparse.Namespace) -> None:
    """Run one part. The imports are here so that a part needs only its own packages."""
    listed = phrases.read()
    if part == "voice":
        from training import voice

        voice.write(options.out / "kokoro")
    elif part == "notes":
        from training import notes

        notes.write(listed, options.out / "notes")
    elif part == "translator":
        _translator(listed, options)
    elif part == "recognizer":
        _recognizer(listed, options)
    else:
        from training import evaluate

        figures = evaluate.run(options.out, options.count, options.json)
        del figures["cases"]
        sys.stdout.write(json.dumps(figures, indent=1) + "\n")


def _translator(listed: phrases.Phrases, options: argparse.Namespace) -> None:
    from training import convert, translator

    recipe = translator.Recipe(steps=options.steps or translator.Recipe().steps)
    model, bpe = translator.train(listed, phrases.split(listed), recipe)
    convert.translator(model, bpe, options.out / "nllb")


def _recognizer(listed: phrases.Phrases, options: argparse.Namespace) -> None:
    from training import convert, corpus, recognizer

    split = phrases.split(listed)
    paths = [
        path
        for plan in (corpus.Plan(), corpus.Crossings(listed))
        for path in corpus.build(split, plan, options.cache / "corpus", options.processes)
    ]
    spoken = corpus.load(paths, split)
    model, bpe = recognizer.train(
        spoken, split, recognizer.Recipe(), options.cache, options.resume, options.minutes
    )
    convert.recognizer(model.whisper, bpe, options.out / "whisper")


def _list_files(out: Path) -> None:
    """Write what ``sha256sum`` would print of the models, so that damage is found."""
    files = sorted(path for part in MODELS for path in (out / part).glob("*"))
    lines = (f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(out)}" for path in files)
    (out / "checksums.txt").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    sys.exit(main())
