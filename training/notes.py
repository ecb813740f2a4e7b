"""The bundled voice notes: six short Ogg Opus files as a messenger would deliver them.

Their voices and speeds are among those kept out of training. ``notes.json`` lists, per file, the
language, the words spoken, and the translation that the phrase list gives.
"""

# ruff: noqa: S311  # a seed, not a secret

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training import augment, sounds
from training.phrases import LANGUAGES, Language, Phrases
from training.speech import Espeak, Line, resample

BITS_PER_SECOND = 20_000
_DECIBELS = 28.0


@dataclass(frozen=True, slots=True)
class Note:
    """One note: a file name, who says what, and a voice of the test set."""

    file: str
    language: Language
    sentences: tuple[str, ...]
    voice: str
    rate: int


NOTES = (
    Note("en-passport.ogg", "en", ("I lost my passport.", "Can you help me?"), "en-us+f3", 135),
    Note("en-table.ogg", "en", ("We need a table for four people.",), "en-gb-x-rp+m3", 135),
    Note("en-microphone.ogg", "en", ("Please turn on your microphone.",), "en-us+m3", 135),
    Note("vi-bathroom.ogg", "vi", ("Xin lỗi.", "Nhà vệ sinh ở đâu?"), "vi+Reed", 135),
    Note("vi-doctor.ogg", "vi", ("Hôm nay tôi thấy khỏe hơn.",), "vi+m7", 135),
    Note("vi-meeting.ogg", "vi", ("Cuộc họp bắt đầu lúc tám giờ.",), "vi-vn-x-south+f5", 135),
)


def write(phrases: Phrases, folder: Path) -> None:
    """Speak, add mild noise, encode, and list the notes."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [*phrases.pairs, *(item.pair for item in phrases.filled())]
    espeak, rng, noises = Espeak(), random.Random(21), np.random.default_rng(21)
    listing = []
    for note in NOTES:
        parts = [np.zeros(int(0.35 * sounds.RATE), np.int16)]
        for sentence in note.sentences:
            spoken = espeak.say(Line(sentence, note.language, note.voice, note.rate))
            pause = int(rng.uniform(0.45, 0.6) * sounds.RATE)
            parts += [spoken.pcm, np.zeros(pause, np.int16)]
        audio = augment.floating(np.concatenate(parts)) * np.float32(0.6)
        noisy = augment.with_noise(audio, sounds.TEST_KINDS["rain"](noises, len(audio)), _DECIBELS)
        pcm = resample(augment.integers(noisy), sounds.RATE, 48_000)
        (folder / note.file).write_bytes(augment.encode(pcm, 48_000, BITS_PER_SECOND))
        other = LANGUAGES[1 - LANGUAGES.index(note.language)]
        meaning = {pair.text(note.language): pair.text(other) for pair in pairs}
        listing.append({
            "file": note.file, "language": note.language, "text": " ".join(note.sentences),
            "translation": " ".join(meaning[sentence] for sentence in note.sentences),
            "seconds": round(len(pcm) / 48_000, 2),
        })  # fmt: skip
    text = json.dumps(listing, indent=2, ensure_ascii=False)
    (folder / "notes.json").write_text(text + "\n", "utf-8")
