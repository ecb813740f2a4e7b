"""Google's translate endpoint on loopback, behind an HTTPS proxy, for the real gTTS; and faults."""

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import trustme

HOST = "translate.google.com"
PATH = "/_/TranslateWebserverUi/data/batchexecute"
MOST_CHARACTERS = 100


@dataclass
class Google:
    """What the service says, how it misbehaves, and what it was asked."""

    mp3: bytes
    proxy: str = ""
    status: int = 200
    answer: bytes | None = None
    """Sent instead of sound."""
    delay_s: float = 0.0
    hangs_up: bool = False
    asked: list[tuple[str, str, bool]] = field(default_factory=list)
    """Text, language, and whether slowly."""
    tunnels: set[str] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)

    def speech(self) -> bytes:
        """Wrap the sound as the service does."""
        inner = json.dumps([base64.b64encode(self.mp3).decode()])
        rows = [["wrb.fr", "jQ1olc", inner, None, None, None, "generic"], ["di", 42]]
        chunk = json.dumps(rows, separators=(",", ":"))
        return f")]}}'\n\n{len(chunk)}\n{chunk}\n".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    google: Google
    tls: ssl.SSLContext

    def do_CONNECT(self) -> None:
        self.google.tunnels.add(self.path)
        self.send_response(200)
        self.end_headers()
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_POST(self) -> None:
        google = self.google
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        (((call, parameters, _, _),),) = json.loads(form["f.req"][0])
        text, language, slow, _ = json.loads(parameters)
        google.asked.append((text, language, slow is True))
        google.stopped.wait(google.delay_s)
        if google.hangs_up:
            self.close_connection = True
            return
        wrong = call != "jQ1olc" or self.path != PATH or not 0 < len(text) <= MOST_CHARACTERS
        body = google.speech() if google.answer is None else google.answer
        self.send_response(400 if wrong else google.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(mp3: bytes) -> Iterator[Google]:
    """Run the proxy, and the service behind it, until the end of the block."""
    google = Google(mp3)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert(HOST).configure_cert(tls)
    handler = type("Handler", (_Handler,), {"google": google, "tls": tls})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        google.proxy = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield google
        finally:
            google.stopped.set()
            server.shutdown()
            thread.join()
