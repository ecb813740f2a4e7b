"""The model hub, through huggingface_hub.

Errors never carry foreign text: what a hub answers may quote the request, token included.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # exported without __all__
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from pipeline.catalogue import Entry, is_plain_path
from pipeline.errors import DragomanError, HubError, ModelGatedError
from pipeline.installing import disk_reason
from pipeline.records import Fingerprint, Tick, fingerprint

_PARTIAL_CONTENT, _NO_SUCH_RANGE, _TOO_MANY_REQUESTS, _SERVER_ERROR = 206, 416, 429, 500
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_PASSING: Final = frozenset({"interrupted", "timeout", "network"})
_HTTP_REASONS: Final = (
    (DisabledRepoError, "disabled"),
    (RepositoryNotFoundError, "no_such_repository"),
    (RevisionNotFoundError, "no_such_revision"),
    (RemoteEntryNotFoundError, "no_such_file"),
)
_TRANSPORT_REASONS: Final = {
    "TimeoutException": "timeout",
    "ReadError": "interrupted",
    "RemoteProtocolError": "interrupted",
    "TransportError": "network",
}
"""By name: huggingface_hub 1 and 2 use two HTTP libraries, whose errors have the same names."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the hub."""

    token: str | None = None
    """None is what the environment or an earlier login says."""
    endpoint: str | None = None
    """None is what HF_ENDPOINT says, or else the public hub."""
    timeout_s: float = 10.0
    """For the answer to a question; a download may take as long as bytes keep coming."""

    def __repr__(self) -> str:
        """Neither the token nor the endpoint, which may hold one."""
        return f"Access(timeout_s={self.timeout_s})"


@dataclass(frozen=True, slots=True)
class Published:
    """One file as the hub describes it."""

    path: str
    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal; empty for a small file, which has a ``blob`` instead."""
    blob: str
    """Git's name for the content, hexadecimal."""

    def matches(self, file: Path, found: Fingerprint) -> bool:
        """Whether a file's content is what the hub published; raises OSError."""
        if found.size != self.size:
            return False
        return found.sha256 == self.sha256 if self.sha256 else _git_blob(file) == self.blob


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository at one commit."""

    commit: str
    files: tuple[Published, ...]


def snapshot(entry: Entry, access: Access) -> Snapshot:
    """Ask what the repository holds at the entry's revision.

    Raises ModelGatedError(page=) and HubError(reason=, status=).
    """
    with _translated(entry):
        info = HfApi(endpoint=access.endpoint, token=access.token).model_info(
            entry.repo, revision=entry.revision, files_metadata=True, timeout=access.timeout_s
        )
        if not _HEXADECIMAL.fullmatch(info.sha or ""):
            raise HubError(model=entry.name, reason="answer")
        files = [_published(each) for each in info.siblings or ()]
    return Snapshot(str(info.sha), tuple(file for file in files if file is not None))


def download(
    entry: Entry, commit: str, file: Published, folder: Path, access: Access, tick: Tick
) -> Fingerprint:
    """Bring one file into the folder, going on where an earlier attempt stopped; check it.

    huggingface_hub's own download can't do that: since release 2, and wherever Xet carries the
    bytes, it begins anew. ``tick`` is told the bytes that are there and that arrive (negative ones
    if they turn out useless). What has arrived is kept unless it is wrong.
    Raises ModelGatedError(page=) and HubError(reason=, file=).
    """
    target = folder / file.path
    part = target.with_name(f"{target.name}.{(file.sha256 or file.blob)[:16]}.part")
    with _translated(entry):
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as output:
            tick(output.tell())
            while output.tell() < file.size and _stream(entry, commit, file, access, output, tick):
                pass
        found = fingerprint(part)
        if not file.matches(part, found):
            part.unlink()
            raise HubError(model=entry.name, reason="checksum", file=file.path)
        part.replace(target)
    return found


def _stream(
    entry: Entry, commit: str, file: Published, access: Access, output: BinaryIO, tick: Tick
) -> bool:
    """Append what the hub sends; tell whether anything came, so that asking again is worth it."""
    before = output.tell()
    try:
        for chunk in _chunks(entry, commit, file, access, output, tick):
            output.write(chunk)
            tick(len(chunk))
    except Exception as error:  # whatever is not a passing fault is raised again
        if output.tell() <= before or _reason(error) not in _PASSING:
            raise
    return output.tell() > before


def _chunks(
    entry: Entry, commit: str, file: Published, access: Access, output: BinaryIO, tick: Tick
) -> Iterator[bytes]:
    url = hf_hub_url(entry.repo, file.path, revision=commit, endpoint=access.endpoint)
    source = get_hf_file_metadata(
        url, token=access.token, timeout=access.timeout_s, endpoint=access.endpoint
    ).location
    is_elsewhere = urlsplit(source).netloc != urlsplit(url).netloc
    headers = build_hf_headers(token=False if is_elsewhere else access.token)
    headers |= {"Range": f"bytes={output.tell()}-", "Accept-Encoding": "identity"}
    with get_session().stream("GET", source, headers=headers, timeout=access.timeout_s) as answer:
        if answer.is_error:
            answer.read()
        if answer.status_code == _NO_SUCH_RANGE:
            output.truncate(0)
        hf_raise_for_status(answer)
        if answer.status_code != _PARTIAL_CONTENT:
            tick(-output.tell())
            output.seek(0)
            output.truncate()
        for chunk in answer.iter_bytes():
            yield chunk
            if output.tell() > file.size:
                return


def _published(sibling: RepoSibling) -> Published | None:
    """Describe a file; None for one that can't be checked or would leave the model's folder."""
    sha256, blob = sibling.lfs.sha256 if sibling.lfs else "", sibling.blob_id or ""
    is_checkable = sibling.size is not None and _HEXADECIMAL.fullmatch(sha256 or blob)
    if not is_checkable or not is_plain_path(sibling.rfilename):
        return None
    return Published(sibling.rfilename, int(sibling.size or 0), sha256, blob)


def _git_blob(file: Path) -> str:
    content = file.read_bytes()
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


@contextmanager
def _translated(entry: Entry) -> Iterator[None]:
    try:
        yield
    except DragomanError:
        raise
    except Exception as error:  # noqa: BLE001 - an answer in a wrong shape raises anything
        raise _translate(entry, error) from None


def _translate(entry: Entry, error: Exception) -> DragomanError:
    if isinstance(error, LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        return _translate(entry, error.__cause__)
    is_hidden = isinstance(error, RepositoryNotFoundError) and entry.gated
    if isinstance(error, GatedRepoError) or is_hidden:
        page = entry.page or f"https://huggingface.co/{entry.repo}"
        return ModelGatedError(model=entry.name, page=page)
    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        return HubError(model=entry.name, reason=_http_reason(error, status), status=status)
    return HubError(model=entry.name, reason=_reason(error))


def _http_reason(error: HfHubHTTPError, status: int) -> str:
    for kind, reason in _HTTP_REASONS:
        if isinstance(error, kind):
            return reason
    if status == _TOO_MANY_REQUESTS:
        return "busy"
    return "unavailable" if status >= _SERVER_ERROR else "refused"


def _reason(error: Exception) -> str:
    if isinstance(error, OfflineModeIsEnabled):
        return "offline"
    for kind in type(error).__mro__:
        if kind.__name__ in _TRANSPORT_REASONS:
            return _TRANSPORT_REASONS[kind.__name__]
    if isinstance(error, OSError) and error.errno is not None:
        return disk_reason(error)
    return "answer"
