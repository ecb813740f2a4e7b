"""The model hub, through huggingface_hub; httpx is here for the names of that library's errors.

Errors never carry foreign text: what a hub answers may quote the request, token included.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    DisabledRepoError,
    FileMetadataError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils.tqdm import tqdm

from pipeline.catalogue import Entry, is_plain_path
from pipeline.errors import DragomanError, HubError, ModelGatedError
from pipeline.installing import disk_reason
from pipeline.records import Fingerprint, Tick, fingerprint

RESUMABLE: Final = frozenset({"interrupted", "network", "timeout", "disk_full", "unavailable"})
"""Reasons after which what has arrived so far is worth keeping."""

_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_HTTP_REASONS: Final = (
    (DisabledRepoError, "disabled"),
    (RepositoryNotFoundError, "no_such_repository"),
    (RevisionNotFoundError, "no_such_revision"),
    (RemoteEntryNotFoundError, "no_such_file"),
)
_REASONS: Final = (
    (OfflineModeIsEnabled, "offline"),
    (httpx.TimeoutException, "timeout"),
    (httpx.ReadError, "interrupted"),
    (httpx.RemoteProtocolError, "interrupted"),
    (httpx.TransportError, "network"),
    (FileMetadataError, "answer"),
)


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
        if not info.sha:
            raise HubError(model=entry.name, reason="answer")
        files = [_published(each) for each in info.siblings or ()]
    return Snapshot(info.sha, tuple(file for file in files if file is not None))


def download(
    entry: Entry, commit: str, file: Published, folder: Path, access: Access, tick: Tick
) -> Fingerprint:
    """Bring one file into the folder, going on where an earlier attempt stopped; check it.

    ``tick`` is told the bytes that arrive. Raises ModelGatedError(page=) and HubError(reason=).
    """
    with _translated(entry):
        arrived = hf_hub_download(
            entry.repo,
            file.path,
            revision=commit,
            local_dir=folder,
            endpoint=access.endpoint,
            token=access.token,
            etag_timeout=access.timeout_s,
            tqdm_class=_meter(tick),
        )
        found = fingerprint(Path(arrived))
        if not file.matches(Path(arrived), found):
            Path(arrived).unlink()
            raise HubError(model=entry.name, reason="checksum", file=file.path)
    return found


def _published(sibling: RepoSibling) -> Published | None:
    """Describe a file; None for one that can't be checked or would leave the model's folder."""
    sha256, blob = sibling.lfs.sha256 if sibling.lfs else "", sibling.blob_id or ""
    if not is_plain_path(sibling.rfilename) or sibling.size is None or not (sha256 or blob):
        return None
    return Published(sibling.rfilename, int(sibling.size), sha256, blob)


def _git_blob(file: Path) -> str:
    content = file.read_bytes()
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def _meter(tick: Tick) -> type[tqdm]:
    """Make a progress bar that draws nothing and passes the bytes on."""

    class Meter(tqdm):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]  # tqdm is untyped
            tick(int(str(kwargs.get("initial") or 0)))

        def update(self, n: float | None = 1) -> None:
            tick(int(n or 0))

    return Meter


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
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    if isinstance(error, OSError) and error.errno is not None:
        return disk_reason(error)
    return "answer"
