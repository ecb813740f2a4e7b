import hashlib
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline import languages
from pipeline.engines.espeak import Espeak
from pipeline.engines.kokoro import Kokoro
from pipeline.errors import EngineError, UnknownLanguageError, UnsupportedLanguageError
from pipeline.specs import EspeakSpec, KokoroSpec
from pipeline.types import Audio, Language, Voice

VI, EN = Language("vi"), Language("en")
DEMO = KokoroSpec("demo-kokoro", Path("pipeline/demo/kokoro"), threads=1)
ENGLISH = [f"Platform {number} is on the left, behind the bakery." for number in range(10)]
VIETNAMESE = [f"Nhà ga số {number} ở bên trái, sau tiệm bánh." for number in range(10)]
SENTENCES = [*((each, EN) for each in ENGLISH), *((each, VI) for each in VIETNAMESE)]


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak(EspeakSpec())


def say(espeak: Espeak, text: str, language: Language = EN, voice: Voice | None = None) -> Audio:
    audio, _ = espeak.synthesize(text, language, voice or Voice())
    return audio


def fingerprint(audio: Audio) -> tuple[int, bytes]:
    return audio.rate, audio.samples.tobytes()


def is_the_same(one: Audio, other: Audio) -> bool:
    return fingerprint(one) == fingerprint(other)


# --- hostile text


@pytest.mark.parametrize("text", ["", " \n\t ", "...", "\0", "\ud800", "\x01\x02", "\u200b\ufeff"])
def test_text_without_anything_to_say_is_refused(espeak: Espeak, text: str) -> None:
    with pytest.raises(EngineError) as caught:
        say(espeak, text)
    assert caught.value.details["reason"] == "nothing to say"


@pytest.mark.parametrize(
    "text",
    [
        "hel\0lo",
        "\0hello",
        "hello\ud800there",
        "\x01200S hello",
        "a\x1b[31mb\x07",
        "😀👩‍👩‍👧",
        "e" + "\u0301" * 500,
        "[[h@l'oU]]",
        "&lt;&amp;",
        "%s%n%p",
        "\u0627" * 50,
        "语" * 50,
        "\u202ehello",
    ],
)
def test_odd_characters_are_survived(espeak: Espeak, text: str) -> None:
    assert 0.05 < say(espeak, text).seconds < 200


def test_what_follows_a_nul_is_still_said(espeak: Espeak) -> None:
    assert say(espeak, "good\0morning").seconds > 1.3 * say(espeak, "good").seconds


def test_embedded_commands_do_not_change_the_voice(espeak: Espeak) -> None:
    assert is_the_same(say(espeak, "\x0199P hello"), say(espeak, "99P hello"))


def test_markup_is_read_out_and_not_obeyed(espeak: Espeak) -> None:
    assert say(espeak, "<speak>hello</speak>").seconds > 2 * say(espeak, "hello").seconds
    assert longest_pause(say(espeak, '<speak><break time="9s"/>hello</speak>')) < 1


def longest_pause(audio: Audio) -> float:
    loud = np.flatnonzero(np.abs(audio.samples) > 0.01)
    return float(np.diff(loud).max()) / audio.rate


def test_vietnamese_sounds_the_same_composed_and_decomposed(espeak: Espeak) -> None:
    assert is_the_same(say(espeak, "phở bò", VI), say(espeak, "phơ\u0309 bo\u0300", VI))


# --- limits


def test_too_many_characters_are_refused_and_not_cut(espeak: Espeak) -> None:
    with pytest.raises(EngineError) as caught:
        say(espeak, "a" * 100_000)
    assert caught.value.details == {"engine": "espeak", "characters": 100_000, "limit": 20_000}


def test_too_much_speech_is_refused_and_not_cut() -> None:
    brief = Espeak(EspeakSpec(max_seconds=2.0))
    with pytest.raises(EngineError) as caught:
        say(brief, "one two three four five six seven eight nine ten eleven twelve")
    assert caught.value.details["reason"] == "too long"
    assert say(brief, "one two").seconds < 2


def test_a_long_text_is_spoken_to_its_end(espeak: Espeak) -> None:
    once, ten = (say(espeak, "The last word is never lost. " * count) for count in (1, 10))
    assert ten.seconds > 9.5 * once.seconds


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("th", "สวัสดีครับ"),
        ("ja", "こんにちは"),
        ("zh", "今天天气很好"),
        ("my", "မင်္ဂလာပါ"),
        ("en", "passport"),
        ("vi", "xin chào "),
    ],
)
def test_text_without_stops_or_spaces_is_spoken_to_its_end(
    espeak: Espeak, language: str, word: str
) -> None:
    few, many = (say(espeak, word * count, Language(language)).seconds for count in (5, 200))
    assert many == pytest.approx(40 * few, rel=0.08)


# --- sound


def test_speech_is_mono_float_without_clipping_or_silent_ends(espeak: Espeak) -> None:
    for text, language in SENTENCES:
        audio = say(espeak, text, language)
        assert audio.rate == 22_050
        assert audio.samples.dtype == np.float32
        assert audio.samples.ndim == 1
        level = np.abs(audio.samples)
        assert 0.1 < level.max() <= 1
        assert np.count_nonzero(level > 0.999) < 5
        assert level[: audio.rate // 10].max() > 0.005 * level.max()
        assert level[-audio.rate // 5 :].max() > 0.005 * level.max()


@pytest.mark.parametrize(("speed", "ratio"), [(0.5, 2.0), (2.0, 0.5), (0.01, 2.0), (90.0, 0.5)])
def test_speed_scales_the_duration_within_bounds(
    espeak: Espeak, speed: float, ratio: float
) -> None:
    usual = say(espeak, ENGLISH[0]).seconds
    assert say(espeak, ENGLISH[0], EN, Voice(speed=speed)).seconds / usual == pytest.approx(
        ratio, rel=0.15
    )


def test_a_speed_that_is_no_number_does_no_harm(espeak: Espeak) -> None:
    assert say(espeak, "hello", EN, Voice(speed=float("nan"))).seconds > 0.1


# --- voices


@pytest.mark.parametrize(
    ("language", "wish", "used"),
    [
        (VI, None, "vi"),
        (EN, None, "en-us"),
        (VI, "vi-vn-x-south", "vi-vn-x-south"),
        (EN, "en-us+f3", "en-us+f3"),
        (EN, "en-gb-x-rp", "en-gb-x-rp"),
        (VI, "vi+Mr serious", "vi+Mr serious"),
        (VI, "en-us", "vi"),
        (VI, "nobody", "vi"),
        (VI, "vi+nobody", "vi"),
        (VI, "vi+", "vi"),
        (VI, "", "vi"),
        (VI, "vi\0", "vi"),
        (VI, "vi+../../../etc/passwd", "vi"),
        (EN, "../en", "en-us"),
        (EN, "mb/mb-en1", "en-us"),
    ],
)
def test_a_voice_is_used_if_it_speaks_the_language(
    espeak: Espeak, language: Language, wish: str | None, used: str
) -> None:
    audio, name = espeak.synthesize("xin chào", language, Voice(wish))
    assert name == used
    assert is_the_same(audio, say(espeak, "xin chào", language, Voice(used)))


def test_dialects_and_variants_sound_different(espeak: Espeak) -> None:
    names = ["vi", "vi-vn-x-central", "vi-vn-x-south", "vi+f3", "vi+whisper"]
    sounds = {fingerprint(say(espeak, VIETNAMESE[0], VI, Voice(name))) for name in names}
    assert len(sounds) == len(names)


def test_voices_begin_with_the_default_and_each_speaks(espeak: Espeak) -> None:
    names = espeak.voices(VI)
    assert names[:3] == ["vi", "vi-vn-x-central", "vi-vn-x-south"]
    assert len(names) == len(set(names)) > 100
    for name in names[::10]:
        audio, used = espeak.synthesize("xin chào", VI, Voice(name))
        assert used == name
        assert audio.seconds > 0.2


def test_every_language_of_the_table_speaks(espeak: Espeak) -> None:
    for language in sorted(languages.supported_by("espeak") - {"fo"}):
        assert say(espeak, "1 2 3 ma ma", language).seconds > 0.2, language


def test_a_voice_whose_dictionary_is_not_there_is_refused_and_not_silent(espeak: Espeak) -> None:
    with pytest.raises(UnsupportedLanguageError):
        say(espeak, "góðan morgun", Language("fo"))


def test_a_language_without_a_voice_is_refused(espeak: Espeak) -> None:
    lacking = min(set(languages.known()) - languages.supported_by("espeak"))
    with pytest.raises(UnsupportedLanguageError):
        say(espeak, "hello", lacking)
    with pytest.raises(UnknownLanguageError):
        say(espeak, "hello", Language("../vi"))


# --- threads and processes


def test_the_same_text_is_always_the_same_samples(espeak: Espeak) -> None:
    before = [say(espeak, text, language) for text, language in SENTENCES]
    after = [say(espeak, text, language) for text, language in reversed(SENTENCES)]
    assert all(map(is_the_same, before, reversed(after)))


def test_eight_threads_hear_what_one_hears(espeak: Espeak) -> None:
    serial = [fingerprint(say(espeak, *each)) for each in SENTENCES]

    def speak_all(start: int) -> bool:
        order = [(start + step) % len(SENTENCES) for step in range(len(SENTENCES))]
        return all(fingerprint(say(espeak, *SENTENCES[each])) == serial[each] for each in order)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(speak_all, range(0, 16, 2)))


CHILD = """
import hashlib
from pipeline.engines.espeak import Espeak
from pipeline.specs import EspeakSpec
from pipeline.types import Voice
audio, name = Espeak(EspeakSpec()).synthesize("xin chào các bạn", "vi", Voice())
print(name, hashlib.sha256(audio.samples.tobytes()).hexdigest())
"""


def test_another_process_says_the_same_and_prints_nothing_else(espeak: Espeak) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, timeout=30, check=True
    )
    expected = hashlib.sha256(say(espeak, "xin chào các bạn", VI).samples.tobytes()).hexdigest()
    assert child.stdout.decode().split() == ["vi", expected]
    assert not child.stderr


def test_kokoro_and_espeak_do_not_disturb_each_other(espeak: Espeak) -> None:
    kokoro = Kokoro(DEMO)
    text = "Good morning, where is the station?"
    voices = [Voice(speed=2.0), Voice("vi+f3"), Voice("vi-vn-x-south", 0.5)]
    alone = fingerprint(kokoro.synthesize(text, EN, Voice())[0])
    serial = [fingerprint(say(espeak, VIETNAMESE[1], VI, voice)) for voice in voices]
    start, disturbed = threading.Barrier(2), []

    def espeak_speaks() -> None:
        start.wait(10)
        for _ in range(20):
            heard = [fingerprint(say(espeak, VIETNAMESE[1], VI, voice)) for voice in voices]
            disturbed.append(heard != serial)

    def kokoro_speaks() -> None:
        start.wait(10)
        for _ in range(20):
            heard = fingerprint(kokoro.synthesize(text, EN, Voice())[0])
            disturbed.append(heard != alone)

    with ThreadPoolExecutor(2) as threads:
        for future in [threads.submit(espeak_speaks), threads.submit(kokoro_speaks)]:
            future.result(60)
    assert len(disturbed) == 40
    assert not any(disturbed)


def test_hundreds_of_utterances_do_not_add_up_in_memory(espeak: Espeak) -> None:
    def resident_kib() -> int:
        found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
        assert found
        return int(found[1])

    for _ in range(50):
        say(espeak, "hello")
    before, images = resident_kib(), open_images()
    for _ in range(500):
        say(espeak, "hello")
    assert resident_kib() - before < 8 * 1024
    assert open_images() == images == 0


def open_images() -> int:
    return Path("/proc/self/maps").read_text("ascii").count("memfd:espeak-ng")
