"""The real huggingface_hub, unpatched, against a hub on loopback; and several processes at once."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import models
from pipeline.catalogue import Format
from pipeline.errors import ModelDamagedError
from pipeline.fetching import Progress, Stage, fetch
from tests.pipeline.hub_fetch import FILES, WEIGHTS, access, bring, reason
from tests.pipeline.hub_server import COMMIT, Hub, serving
from tests.pipeline.model_entries import entry, put


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(dict(FILES))) as running:
        yield running


def test_a_fetched_model_is_plain_files_and_a_record(hub: Hub, tmp_path: Path) -> None:
    place = bring(entry(), tmp_path, hub)
    assert place == tmp_path / "whisper-house"
    assert {path.name for path in place.iterdir()} == {"config.json", "model.bin", "model.json"}
    assert not any(path.is_symlink() for path in place.iterdir())
    written = json.loads((place / "model.json").read_text())
    assert (written["repo"], written["commit"]) == ("house/model", COMMIT)
    assert written["files"]["model.bin"] == {
        "size": len(WEIGHTS),
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
    }
    models.verify(entry(), tmp_path)
    assert models.require(entry(), tmp_path) == place


def test_a_pinned_commit_is_fetched(hub: Hub, tmp_path: Path) -> None:
    assert bring(entry(revision=COMMIT), tmp_path, hub).is_dir()


def test_files_get_the_names_that_the_engine_expects(hub: Hub, tmp_path: Path) -> None:
    hub.files["onnx/big.onnx"] = b"onnx"
    model = entry(files=("config.json", "onnx/*"), rename={"onnx/big.onnx": "model.onnx"})
    place = bring(model, tmp_path, hub)
    assert (place / "model.onnx").read_bytes() == b"onnx"
    models.verify(model, tmp_path)


def test_a_model_that_is_there_is_not_asked_for_again(hub: Hub, tmp_path: Path) -> None:
    bring(entry(), tmp_path, hub)
    asked = (hub.listings, len(hub.downloads))
    bring(entry(), tmp_path, hub)
    assert (hub.listings, len(hub.downloads)) == asked


def test_a_damaged_model_is_mended(hub: Hub, tmp_path: Path) -> None:
    place = bring(entry(), tmp_path, hub)
    (place / "model.bin").write_bytes(b"?" + WEIGHTS[1:])
    with pytest.raises(ModelDamagedError):
        models.verify(entry(), tmp_path)
    bring(entry(), tmp_path, hub)
    models.verify(entry(), tmp_path)


def test_a_model_of_another_commit_is_replaced(hub: Hub, tmp_path: Path) -> None:
    bring(entry(), tmp_path, hub)
    hub.commit, hub.files["config.json"] = "d" * 40, b'{"a": 2}'
    place = bring(entry(revision="d" * 40), tmp_path, hub)
    assert (place / "config.json").read_bytes() == b'{"a": 2}'


def test_a_failed_replacement_leaves_the_old_model(hub: Hub, tmp_path: Path) -> None:
    bring(entry(), tmp_path, hub)
    hub.commit, hub.files["model.bin"] = "d" * 40, WEIGHTS[::-1]
    hub.cut_after["model.bin"] = 0
    assert reason(hub, tmp_path, entry(revision="d" * 40)) == "interrupted"
    models.verify(entry(), tmp_path)


def test_a_converted_model_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    waiting = entry(format=Format.TRANSFORMERS, keep=("config.json",))
    put(entry(), tmp_path, {"model.bin": b"converted", "config.json": b"{}"})
    bring(waiting, tmp_path, hub)
    assert hub.listings == 0


def test_progress_ends_at_the_whole_and_never_goes_back(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after["model.bin"] = len(WEIGHTS) // 2
    heard: list[Progress] = []
    fetch(entry(), tmp_path, heard.append, access(hub))
    done = [progress.done for progress in heard]
    assert done == sorted(done)
    whole = len(WEIGHTS) + len(FILES["config.json"])
    assert heard[-1] == Progress("whisper-house", Stage.DOWNLOADING, whole, whole)
    assert len(set(done)) > 3


FETCH = """
import resource, sys
from pathlib import Path
from pipeline.errors import DragomanError
from pipeline.fetching import fetch
from pipeline.hub import Access
from tests.pipeline.model_entries import entry
if len(sys.argv) > 3:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
def report(progress):
    print(progress.stage, flush=True)
try:
    fetch(entry(), Path(sys.argv[1]), report, Access(endpoint=sys.argv[2], timeout_s=5.0))
except DragomanError as error:
    print(error)
    sys.exit(1)
"""


def start(models_dir: Path, hub: Hub, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, str(models_dir), hub.endpoint, *more],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
    )


def test_of_two_processes_one_downloads_and_both_have_the_model(hub: Hub, tmp_path: Path) -> None:
    hub.hold_after["model.bin"] = 1000
    with start(tmp_path, hub) as first:
        assert hub.is_holding.wait(20)
        with start(tmp_path, hub) as second:
            assert second.stdout
            assert second.stdout.readline().strip() == "waiting"
            hub.release.set()
            second.communicate(timeout=20)
        first.communicate(timeout=20)
    assert (first.returncode, second.returncode) == (0, 0)
    assert [path for path, _ in hub.downloads].count("model.bin") == 1
    models.verify(entry(), tmp_path)


def test_a_killed_fetch_is_taken_up_by_the_next(hub: Hub, tmp_path: Path) -> None:
    half = len(WEIGHTS) // 2
    hub.hold_after["model.bin"] = half
    with start(tmp_path, hub) as first:
        assert hub.is_holding.wait(20)
        for _ in range(500):
            arrived = [path.stat().st_size for path in tmp_path.rglob("*.part")]
            if sum(arrived) > half // 2 or hub.release.wait(0.02):
                break
        first.send_signal(signal.SIGKILL)
    hub.release.set()
    hub.hold_after.clear()
    heard: list[Progress] = []
    fetch(entry(), tmp_path, heard.append, access(hub))
    models.verify(entry(), tmp_path)
    path, begin = hub.downloads[-1]
    assert (path, begin > half // 2) == ("model.bin", True)
    assert begin + len(FILES["config.json"]) in [progress.done for progress in heard]


def test_a_full_disk_is_said_and_what_arrived_is_kept(hub: Hub, tmp_path: Path) -> None:
    with start(tmp_path, hub, str(len(WEIGHTS) // 2)) as process:
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "reason=disk_full" in said
    assert bring(entry(), tmp_path, hub).is_dir()
    assert hub.downloads[-1][1] > 0
