"""A model hub on loopback, for the real huggingface_hub: the few questions it asks, and faults."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

REPO = "house/model"
COMMIT = "c" * 40
TOKEN = "hf_canaryTokenThatNobodyMaySee"  # noqa: S105 - opens nothing


@dataclass
class Hub:
    """What the hub holds, how it misbehaves, and what it was asked."""

    files: dict[str, bytes]
    endpoint: str = ""
    repo: str = REPO
    commit: str = COMMIT
    large: frozenset[str] = frozenset({"model.bin"})
    """Stored as LFS: published with a SHA-256; the others with git's name for them."""
    gated: bool = False
    refuses_tokens: bool = False
    listing_status: int = 200
    listing_answer: bytes | None = None
    download_status: int = 200
    published_digest: str | None = None
    """Claimed for each file instead of its own."""
    published_size: int | None = None
    """Claimed for each file instead of its own."""
    served: dict[str, bytes] = field(default_factory=dict)
    """Sent instead of what is published."""
    cut_after: dict[str, int] = field(default_factory=dict)
    """Bytes after which the connection of the next download of a path is closed."""
    hold_after: dict[str, int] = field(default_factory=dict)
    """Bytes after which a download of a path waits for ``release``."""
    ignores_ranges: bool = False
    large_files_at: str = ""
    """Another server, to which downloads of LFS files are sent on."""
    is_silent: bool = False
    """Takes questions and waits for ``release`` before answering."""
    is_holding: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    downloads: list[tuple[str, int]] = field(default_factory=list)
    """Path and first byte of each download."""
    tokens: set[str] = field(default_factory=set)
    """What downloads and questions were authorized with; empty for nothing."""
    listings: int = 0

    def listing(self) -> bytes:
        """Answer about the repository as the public hub does with ``blobs=true``."""
        siblings = [self._sibling(path, content) for path, content in self.files.items()]
        return json.dumps({"id": self.repo, "sha": self.commit, "siblings": siblings}).encode()

    def etag(self, path: str) -> str:
        """Name a file's content."""
        content = self.files[path]
        if path in self.large:
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 - git's

    def _sibling(self, path: str, content: bytes) -> dict[str, object]:
        size = self.published_size or len(content)
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 - git's
        blob = self.published_digest or blob
        sibling: dict[str, object] = {"rfilename": path, "size": size, "blobId": blob}
        if path in self.large:
            digest = self.published_digest or self.etag(path)
            sibling["lfs"] = {"sha256": digest, "size": size, "pointerSize": 134}
        return sibling


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve on a free port of loopback until the block ends."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        hub.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        token = self.headers.get("authorization", "")
        hub.tokens.add(token)
        if hub.is_silent:
            hub.release.wait(10)
            self.close_connection = True
        elif hub.refuses_tokens and token:
            self._refuse(401, "", f"Invalid credentials in Authorization header {token}")
        elif path.startswith(f"/api/models/{hub.repo}/revision/"):
            self._list(path.rpartition("/")[2])
        elif path.startswith(f"/{hub.repo}/resolve/{hub.commit}/"):
            self._file(path.partition(f"/resolve/{hub.commit}/")[2], token)
        else:
            self._refuse(401, "RepoNotFound", "Repository not found")

    def _list(self, revision: str) -> None:
        hub = self.hub
        hub.listings += 1
        if hub.listing_status != 200:
            self._refuse(hub.listing_status, "", "Out of order")
        elif revision not in {"main", hub.commit}:
            self._refuse(404, "RevisionNotFound", "Invalid rev id")
        else:
            body = hub.listing_answer if hub.listing_answer is not None else hub.listing()
            self._send(200, body, {"Content-Type": "application/json"})

    def _file(self, path: str, token: str) -> None:
        hub = self.hub
        if hub.gated and token != f"Bearer {TOKEN}":
            self._refuse(403 if token else 401, "GatedRepo", f"Access is restricted {token}")
            return
        if path not in hub.files:
            self._refuse(404, "EntryNotFound", "Entry not found")
            return
        body = hub.served.get(path, hub.files[path])
        start = int(self.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        start = 0 if hub.ignores_ranges else start
        headers = {"ETag": f'"{hub.etag(path)}"', "X-Repo-Commit": hub.commit}
        if hub.large_files_at and path in hub.large:
            headers["Location"] = hub.large_files_at + self.path
            self._send(302, b"", headers)
            return
        if self.command == "GET":
            hub.downloads.append((path, start))
            if hub.download_status != 200:
                self._refuse(hub.download_status, "", "Out of order")
                return
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._send(206 if start else 200, body[start:], headers, path)

    def _refuse(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        self._send(status, json.dumps({"error": message}).encode(), headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str], path: str = "") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.hub.cut_after.pop(path, None)
        hold = self.hub.hold_after.get(path)
        if cut is not None:
            self.wfile.write(body[:cut])
            self.close_connection = True
            return
        if hold is not None:
            self.wfile.write(body[:hold])
            self.wfile.flush()
            body = body[hold:]
            self.hub.is_holding.set()
            self.hub.release.wait(20)
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):  # the client was killed, as planned
            self.close_connection = True
