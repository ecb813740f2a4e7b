import logging
import socket
import traceback
from collections.abc import Iterator

import gtts
import numpy as np
import pytest

from pipeline import languages
from pipeline.engines.gtts import Gtts
from pipeline.errors import (
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    UnsupportedLanguageError,
)
from pipeline.specs import GttsSpec
from pipeline.types import Audio, Language, Voice
from tests.pipeline.audio_files import encoded, loudest_hertz
from tests.pipeline.engines import google_server
from tests.pipeline.engines.google_server import Google

VI, EN = Language("vi"), Language("en")
CANARY = "pelikanhaus"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(scope="module")
def mp3() -> bytes:
    return encoded("mp3", "libmp3lame", seconds=1.0, rate=24_000)


@pytest.fixture
def google(mp3: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with google_server.serve(mp3) as service:
        use_proxy(monkeypatch, service.proxy)
        yield service


def use_proxy(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("https_proxy", address)


def say(text: str, language: Language = VI, speed: float = 1.0, **spec: float) -> Audio:
    return Gtts(GttsSpec(**spec)).synthesize(text, language, Voice(speed=speed))[0]  # type: ignore[arg-type]  # int fields too


# --- speech


def test_what_google_says_comes_back_as_sound(google: Google) -> None:
    audio, name = Gtts(GttsSpec()).synthesize("xin chào", VI, Voice("anything"))
    assert name == "vi"
    assert google.asked == [("xin chào", "vi", False)]
    assert google.tunnels == {"translate.google.com:443"}
    assert audio.samples.dtype == np.float32
    assert np.abs(audio.samples).max() <= 1
    assert audio.seconds == pytest.approx(1.0, abs=0.1)
    assert loudest_hertz(audio.samples, audio.rate) == pytest.approx(440, abs=3)


def test_a_long_text_is_spoken_in_parts_that_hold_all_of_it(google: Google) -> None:
    text = "Tôi bị mất hộ chiếu ở nhà ga, làm ơn giúp tôi. " * 5
    audio = say(text)
    assert len(google.asked) > 3
    said = "".join(part for part, _, _ in google.asked)
    assert [c for c in said if c.isalnum()] == [c for c in text if c.isalnum()]
    assert audio.seconds == pytest.approx(len(google.asked), rel=0.15)


@pytest.mark.parametrize(
    ("speed", "slow"), [(0.5, True), (0.75, True), (0.9, False), (1.0, False), (2.0, False)]
)
def test_only_googles_own_two_speeds_are_asked_for(
    google: Google, speed: float, *, slow: bool
) -> None:
    say("xin chào", speed=speed)
    assert google.asked == [("xin chào", "vi", slow)]


def test_markup_and_quotes_are_passed_on_as_text(google: Google) -> None:
    say('<speak>"a\\b"</speak> ]]')
    assert google.asked[0][0] == '<speak>"a\\b"</speak> ]]'


def test_every_language_of_the_table_is_one_of_the_librarys() -> None:
    for language in languages.supported_by("gtts"):
        assert Gtts(GttsSpec()).voices(language)[0] in gtts.lang.tts_langs()


# --- hostile text and limits: nothing leaves the machine


@pytest.mark.parametrize("text", ["", "  ", "?!", "\0", "\ud800", "\u200b"])
def test_text_without_anything_to_say_is_refused(google: Google, text: str) -> None:
    with pytest.raises(EngineError):
        say(text)
    assert not google.asked


def test_controls_and_surrogates_are_not_sent(google: Google) -> None:
    say("a\0b\ud800c")
    assert google.asked[0][0] == "a b c"


def test_too_many_characters_are_refused_and_not_cut(google: Google) -> None:
    with pytest.raises(EngineError) as caught:
        say("a" * 100_000)
    assert caught.value.details["limit"] == 5_000
    assert not google.asked


def test_too_many_requests_are_refused_before_the_first(google: Google) -> None:
    with pytest.raises(EngineError) as caught:
        say("một, hai, " * 100)
    assert caught.value.details["requests"] == 200
    assert not google.asked


def test_an_unsupported_language_is_refused_before_any_request(google: Google) -> None:
    lacking = min(set(languages.known()) - languages.supported_by("gtts"))
    with pytest.raises(UnsupportedLanguageError):
        say("hello", lacking)
    assert not google.asked


# --- faults


@pytest.mark.parametrize("status", [429, 500, 503, 403])
def test_a_refusal_means_unavailable(google: Google, status: int) -> None:
    google.status = status
    with pytest.raises(EngineUnavailableError) as caught:
        say("xin chào")
    assert caught.value.details == {"engine": "gtts", "status": status}


def test_no_network_means_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        use_proxy(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(EngineUnavailableError):
            say("xin chào")


def test_a_hang_up_means_unavailable(google: Google) -> None:
    google.hangs_up = True
    with pytest.raises(EngineUnavailableError):
        say("xin chào")


def test_a_silent_service_means_a_timeout(google: Google) -> None:
    google.delay_s = 5
    with pytest.raises(EngineTimeoutError):
        say("xin chào", timeout_s=0.2)


def test_all_requests_together_have_a_limit(google: Google) -> None:
    google.delay_s = 0.15
    with pytest.raises(EngineTimeoutError):
        say("một, " * 22, total_s=0.4)
    assert len(google.asked) < 6


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b'[["wrb.fr","jQ1olc",null]]',
        b'[["wrb.fr","jQ1olc","[\\"bm8gc291bmQ=\\"]"]]',
        b'[["wrb.fr","jQ1olc","[\\"A\\"]"]]',
        b'[["wrb.fr","jQ1olc","[\\"\xc3\xa9\\"]"]]',
        b"<html>" * 100_000,
    ],
)
def test_an_answer_without_sound_is_the_engines_failure(google: Google, answer: bytes) -> None:
    google.answer = answer
    with pytest.raises(EngineError) as caught:
        say("xin chào")
    assert caught.value.code == "engine.failed"


# --- silence about what is said


def test_nothing_said_reaches_a_log(google: Google, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    say(CANARY)
    assert google.asked[0][0] == CANARY
    assert CANARY not in caplog.text


@pytest.mark.parametrize("fault", ["status", "answer", "hang-up"])
def test_nothing_said_reaches_a_log_or_a_traceback_when_it_fails(
    google: Google, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    google.status = 500 if fault == "status" else 200
    google.answer = b"garbage" if fault == "answer" else None
    google.hangs_up = fault == "hang-up"
    with pytest.raises(EngineError) as caught:
        say(CANARY)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert CANARY not in caplog.text
