"""Fetching from a hub on loopback, for tests."""

from pathlib import Path

import pytest

from pipeline.catalogue import Entry
from pipeline.errors import HubError
from pipeline.fetching import Progress, fetch
from pipeline.hub import Access
from tests.pipeline.hub_server import Hub
from tests.pipeline.model_entries import entry

WEIGHTS = bytes(range(256)) * 4096
FILES = {"config.json": b'{"a": 1}', "model.bin": WEIGHTS, "README.md": b"# Model"}


def access(hub: Hub, token: str | None = None) -> Access:
    return Access(endpoint=hub.endpoint, token=token, timeout_s=5.0)


def nobody(_progress: Progress) -> None:
    pass


def bring(model: Entry, models_dir: Path, hub: Hub, token: str | None = None) -> Path:
    return fetch(model, models_dir, nobody, access(hub, token))


def reason(hub: Hub, models_dir: Path, model: Entry | None = None, token: str | None = None) -> str:
    """Fetch what can't be fetched; return why."""
    with pytest.raises(HubError) as caught:
        bring(model or entry(), models_dir, hub, token)
    assert caught.value.details["model"] == "whisper-house"
    return str(caught.value.details["reason"])
