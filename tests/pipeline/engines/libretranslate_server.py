"""A LibreTranslate server on loopback: its checks in its order, its words, and faults."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "canary-key"
LANGUAGES = ("en", "vi", "fr", "zh")


@dataclass
class Server:
    """How the server is set up, how it misbehaves, and what it was asked."""

    url: str = ""
    api_key: str | None = None
    most_characters: int = 2_000
    most_texts: int = 50
    requests_left: int = 1_000
    status: int = 200
    answer: bytes | None = None
    """Sent instead of a translation."""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    """Pause before each byte of the answer."""
    hangs_up: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)

    def reply(self, asked: dict[str, Any], language: str) -> tuple[int, dict[str, Any]]:
        """Answer as the real one does; its messages follow the reader's language."""
        self.requests_left -= 1
        for refused, status, message in self._checks(asked, language):
            if refused:
                return status, {"error": message}
        return 200, {"translatedText": [f"{asked['target']}:{text}" for text in asked["q"]]}

    def _checks(self, asked: dict[str, Any], language: str) -> Iterator[tuple[bool, int, str]]:
        yield self.requests_left < 0, 429, "Slowdown: 30 per 1 minute"
        if self.api_key:
            key = asked.get("api_key")
            yield not key, 400, "Please contact the server operator to get an API key"
            yield key != self.api_key, 403, "Invalid API key"
        for name in ("q", "source", "target"):
            yield not asked.get(name), 400, f"Invalid request: missing {name} parameter"
        texts, source, target = asked["q"], asked["source"], asked["target"]
        sizes = ((len(texts), self.most_texts), (sum(map(len, texts)), self.most_characters))
        for size, limit in sizes:
            message = f"Invalid request: request ({size}) exceeds text limit ({limit})"
            yield size > limit, 400, message
        lacks = "is not supported" if language == "en" else "n'est pas pris en charge"
        detected = {"confidence": 100.0, "language": source}
        yield source not in LANGUAGES, 400, f"{detected} {lacks}"
        yield target not in LANGUAGES, 400, f"{target} {lacks}"
        way = "Chinese (zh) is not available as a target language from French (fr)"
        message = f"Cannot translate text: 400 Bad Request: {way}"
        yield (source, target) == ("fr", "zh"), 500, message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server_state: Server

    def do_POST(self) -> None:
        state = self.server_state
        state.connections.add(self.client_address)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        state.asked.append({"path": self.path, **asked})
        state.stopped.wait(state.delay_s)
        if state.hangs_up:
            self.close_connection = True
            return
        language = self.headers.get("Accept-Language", "fr")
        status, content = state.reply(asked, language) if self.path == "/translate" else (404, {})
        if state.status != 200:
            status, content = state.status, {"error": "Cannot translate text"}
        body = json.dumps(content).encode() if state.answer is None else state.answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **state.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if not state.drip_s:
                self.wfile.write(body)
            for start in range(len(body) if state.drip_s else 0):
                state.stopped.wait(state.drip_s)
                self.wfile.write(body[start : start + 1])
        except OSError:  # the other side has enough
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[Server]:
    """Run the server until the end of the block."""
    state = Server()
    handler = type("Handler", (_Handler,), {"server_state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True  # an idle connection of the client's pool must not hold it
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            state.stopped.set()
            server.shutdown()
            thread.join()
