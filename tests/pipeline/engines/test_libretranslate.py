import gzip
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.engines.libretranslate import LibreTranslate
from pipeline.errors import (
    ConfigurationError,
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    UnsupportedLanguageError,
)
from pipeline.specs import LibreTranslateSpec
from pipeline.types import Language
from tests.pipeline.engines import libretranslate_server
from tests.pipeline.engines.libretranslate_server import API_KEY, Server

VI, EN = Language("vi"), Language("en")
CANARY = "pelikanhaus"


@pytest.fixture
def server() -> Iterator[Server]:
    with libretranslate_server.serve() as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[LibreTranslate]:
    translator = LibreTranslate(LibreTranslateSpec(server.url + "/", timeout_s=2.0))
    yield translator
    translator.close()


# --- translation


def test_sentences_go_in_one_request_and_come_back_in_order(
    server: Server, client: LibreTranslate
) -> None:
    assert client.translate(["one", "two", "", "one"], EN, VI) == [
        "vi:one",
        "vi:two",
        "vi:",
        "vi:one",
    ]
    assert server.asked == [
        {
            "path": "/translate",
            "q": ["one", "two", "", "one"],
            "source": "en",
            "target": "vi",
            "format": "text",
        }
    ]


def test_nothing_asks_nothing(server: Server, client: LibreTranslate) -> None:
    assert client.translate([], EN, VI) == []
    assert not server.asked


def test_the_key_is_sent_and_never_shown(server: Server) -> None:
    server.api_key = API_KEY
    spec = LibreTranslateSpec(server.url, API_KEY)
    translator = LibreTranslate(spec)
    assert translator.translate(["hello"], EN, VI) == ["vi:hello"]
    assert API_KEY not in repr(spec)
    translator.close()


@pytest.mark.parametrize("key", [None, "wrong"])
def test_a_missing_or_wrong_key_is_an_error(server: Server, key: str | None) -> None:
    server.api_key = API_KEY
    translator = LibreTranslate(LibreTranslateSpec(server.url, key))
    with pytest.raises(EngineError) as caught:
        translator.translate(["hello"], EN, VI)
    assert caught.value.details["status"] == (400 if key is None else 403)
    translator.close()


@pytest.mark.parametrize("text", ["a\0b", '"}]', "😀", "<b>&amp;</b>", "\u2028", "line\nline"])
def test_odd_text_survives_the_way(client: LibreTranslate, text: str) -> None:
    assert client.translate([text], EN, VI) == [f"vi:{text}"]


def test_lone_surrogates_neither_go_nor_come(server: Server, client: LibreTranslate) -> None:
    assert client.translate(["a\ud800b"], EN, VI) == ["vi:a?b"]
    server.answer = b'{"translatedText": ["\\ud800"]}'
    assert client.translate(["a"], EN, VI) == ["?"]


def test_the_connection_is_kept(server: Server, client: LibreTranslate) -> None:
    for _ in range(5):
        client.translate(["hello"], EN, VI)
    assert len(server.connections) == 1


def test_threads_share_one_client(client: LibreTranslate) -> None:
    texts = [f"sentence {number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda text: client.translate([text], EN, VI), texts))
    assert answers == [[f"vi:{text}"] for text in texts]


# --- languages


@pytest.mark.parametrize(("source", "target", "lacking"), [("de", "vi", "de"), ("en", "de", "de")])
def test_a_language_the_server_lacks_is_named(
    client: LibreTranslate, source: str, target: str, lacking: str
) -> None:
    with pytest.raises(UnsupportedLanguageError) as caught:
        client.translate(["hello"], Language(source), Language(target))
    assert caught.value.details == {"language": lacking, "engine": "libretranslate"}


def test_a_way_the_server_lacks_is_an_unsupported_language(client: LibreTranslate) -> None:
    with pytest.raises(UnsupportedLanguageError):
        client.translate(["bonjour"], Language("fr"), Language("zh"))


def test_a_language_without_a_code_is_refused_before_any_request(
    server: Server, client: LibreTranslate
) -> None:
    with pytest.raises(UnsupportedLanguageError):
        client.translate(["hello"], EN, Language("lo"))
    assert not server.asked


# --- faults


def test_over_the_limit_is_an_error_and_nothing_is_cut(client: LibreTranslate) -> None:
    with pytest.raises(EngineError) as caught:
        client.translate(["a" * 3_000], EN, VI)
    assert caught.value.details["status"] == 400


def test_a_flood_means_unavailable(server: Server, client: LibreTranslate) -> None:
    server.requests_left = 1
    client.translate(["hello"], EN, VI)
    with pytest.raises(EngineUnavailableError) as caught:
        client.translate(["hello"], EN, VI)
    assert caught.value.details["status"] == 429


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_out_of_order_means_unavailable(
    server: Server, client: LibreTranslate, status: int
) -> None:
    server.status = status
    with pytest.raises(EngineUnavailableError):
        client.translate(["hello"], EN, VI)


@pytest.mark.parametrize("status", [204, 301, 302, 307, 401, 404, 418])
def test_any_other_status_is_an_error_and_redirects_are_not_followed(
    server: Server, client: LibreTranslate, status: int
) -> None:
    server.status = status
    server.headers = {"Location": server.url + "/elsewhere"}
    server.answer = b""
    with pytest.raises(EngineError) as caught:
        client.translate(["hello"], EN, VI)
    assert caught.value.details["status"] == status
    assert [each["path"] for each in server.asked] == ["/translate"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage",
        b"null",
        b"[]",
        b"{}",
        b'{"translatedText": "one text"}',
        b'{"translatedText": {"0": "a"}}',
        b'{"translatedText": [1]}',
        b'{"translatedText": [null]}',
        b'{"translatedText": []}',
        b'{"translatedText": ["a", "b"]}',
        b'{"error": "is not supported"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 10_000,
    ],
)
def test_an_answer_that_makes_no_sense_is_an_error(
    server: Server, client: LibreTranslate, answer: bytes
) -> None:
    server.answer = answer
    with pytest.raises(EngineError) as caught:
        client.translate(["hello"], EN, VI)
    assert caught.value.code == "engine.failed"


def test_an_endless_answer_is_not_kept(server: Server) -> None:
    server.answer = json.dumps({"translatedText": ["a" * 1_000_000]}).encode()
    translator = LibreTranslate(LibreTranslateSpec(server.url, max_bytes=100_000))
    with pytest.raises(EngineError) as caught:
        translator.translate(["hello"], EN, VI)
    assert caught.value.details["limit"] == 100_000
    translator.close()


def test_a_compressed_bomb_is_not_unpacked(server: Server, client: LibreTranslate) -> None:
    server.answer = gzip.compress(json.dumps({"translatedText": ["a" * 1_000_000]}).encode())
    server.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(EngineError):
        client.translate(["hello"], EN, VI)


def silent(server: Server) -> None:
    server.delay_s = 5


def dripping(server: Server) -> None:
    server.drip_s = 0.05
    server.answer = b" " * 200


@pytest.mark.parametrize("fault", [silent, dripping])
def test_a_slow_server_means_a_timeout(server: Server, fault: Callable[[Server], None]) -> None:
    fault(server)
    translator = LibreTranslate(LibreTranslateSpec(server.url, timeout_s=0.3))
    started = time.monotonic()
    with pytest.raises(EngineTimeoutError):
        translator.translate(["hello"], EN, VI)
    assert time.monotonic() - started < 2
    translator.close()


def test_a_hang_up_means_unavailable(server: Server, client: LibreTranslate) -> None:
    server.hangs_up = True
    with pytest.raises(EngineUnavailableError):
        client.translate(["hello"], EN, VI)


def test_nobody_there_means_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        translator = LibreTranslate(LibreTranslateSpec(url))
        with pytest.raises(EngineUnavailableError):
            translator.translate(["hello"], EN, VI)
        translator.close()


@pytest.mark.parametrize("host", ["127.0.0.1:99999", "a" * 300, "."])
def test_an_impossible_host_means_unavailable(host: str) -> None:
    translator = LibreTranslate(LibreTranslateSpec(f"http://{host}"))
    with pytest.raises(EngineUnavailableError):
        translator.translate(["hello"], EN, VI)
    translator.close()


def test_proxies_of_the_environment_are_not_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    translator = LibreTranslate(LibreTranslateSpec(server.url))
    assert translator.translate(["hello"], EN, VI) == ["vi:hello"]
    translator.close()


@pytest.mark.parametrize(
    "url", ["", "localhost:5000", "file:///etc/passwd", "http://", "http://a:b", "ftp://x"]
)
def test_what_is_no_http_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError):
        LibreTranslate(LibreTranslateSpec(url))


# --- silence about what is said


@pytest.mark.parametrize("status", [200, 500])
def test_neither_text_nor_key_reaches_a_log(
    server: Server, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    server.status = status
    translator = LibreTranslate(LibreTranslateSpec(server.url, API_KEY))
    if status == 200:
        translator.translate([CANARY], EN, VI)
    else:
        with pytest.raises(EngineUnavailableError):
            translator.translate([CANARY], EN, VI)
    translator.close()
    assert server.asked[0]["q"] == [CANARY]
    assert CANARY not in caplog.text
    assert API_KEY not in caplog.text
