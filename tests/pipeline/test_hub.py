"""The real huggingface_hub, unpatched, against a loopback hub that is hostile or out of order."""

import hashlib
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import records
from pipeline.errors import DragomanError, HubError, ModelGatedError
from pipeline.fetching import fetch
from pipeline.hub import Access
from tests.pipeline.hub_fetch import FILES, WEIGHTS, access, bring, nobody, reason
from tests.pipeline.hub_server import COMMIT, TOKEN, Hub, serving
from tests.pipeline.model_entries import entry


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(dict(FILES))) as running:
        yield running


def test_a_file_name_that_leads_out_of_the_folder_is_never_written(
    hub: Hub, tmp_path: Path
) -> None:
    hub.files |= {"../evil": b"x", "/evil": b"x", "a/../../evil": b"x", ".cache/evil": b"x"}
    place = bring(entry(files=("*",)), tmp_path / "models", hub)
    assert {path.name for path in place.iterdir()} == {*FILES, "model.json"}
    assert not list(tmp_path.rglob("evil"))


def test_a_repository_cannot_bring_its_own_record(hub: Hub, tmp_path: Path) -> None:
    hub.files["model.json"] = b'{"version": 1}'
    place = bring(entry(files=("*",)), tmp_path, hub)
    record = records.read(place, "whisper-house")
    assert record
    assert record.commit == COMMIT


@pytest.mark.parametrize("digest", ["../../../../evil/", "/evil", "a" * 39, "A" * 64, "z" * 40])
def test_a_checksum_that_is_none_makes_a_file_unfetchable(
    hub: Hub, tmp_path: Path, digest: str
) -> None:
    hub.published_digest = digest
    assert reason(hub, tmp_path / "models") == "no_such_file"
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize("commit", ["", "main", "../..", "c" * 41])
def test_a_commit_that_is_none_is_refused(hub: Hub, tmp_path: Path, commit: str) -> None:
    hub.commit = commit
    assert reason(hub, tmp_path) == "answer"


@pytest.mark.parametrize("path", ["model.bin", "config.json"])
def test_wrong_bytes_never_reach_the_folder(hub: Hub, tmp_path: Path, path: str) -> None:
    good = FILES[path]
    hub.served[path] = b"?" + good[1:]
    assert reason(hub, tmp_path) == "checksum"
    assert not (tmp_path / "whisper-house").exists()
    del hub.served[path]
    assert (bring(entry(), tmp_path, hub) / path).read_bytes() == good


@pytest.mark.parametrize("body", [b"", WEIGHTS + b"more", WEIGHTS[:-1]])
def test_a_file_of_another_length_is_refused_and_forgotten(
    hub: Hub, tmp_path: Path, body: bytes
) -> None:
    hub.served["model.bin"] = body
    assert reason(hub, tmp_path) in {"answer", "checksum"}
    hub.served.clear()
    assert (bring(entry(), tmp_path, hub) / "model.bin").read_bytes() == WEIGHTS


def test_a_copy_that_differs_from_the_known_checksum_is_refused(hub: Hub, tmp_path: Path) -> None:
    assert reason(hub, tmp_path, entry(sha256={"model.bin": "0" * 64})) == "checksum"
    assert not (tmp_path / "whisper-house").exists()


def test_a_copy_with_the_known_checksum_is_taken(hub: Hub, tmp_path: Path) -> None:
    known = {"model.bin": hashlib.sha256(WEIGHTS).hexdigest()}
    assert bring(entry(sha256=known), tmp_path, hub).is_dir()


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>Sign in to the hotel's network</html>", b"[]", b"3", b"{}", b'{"id": "x"}'],
)
def test_an_answer_that_is_not_a_hubs_is_one_error(hub: Hub, tmp_path: Path, answer: bytes) -> None:
    hub.listing_answer = answer
    assert reason(hub, tmp_path) == "answer"


def test_more_than_the_disk_holds_is_refused_before_any_download(hub: Hub, tmp_path: Path) -> None:
    hub.published_size = 1 << 60
    assert reason(hub, tmp_path) == "disk_full"
    assert hub.downloads == []


@pytest.mark.parametrize("refusal", ["gated", "refuses_tokens", "missing"])
def test_a_token_is_in_no_error_and_no_log_even_if_the_hub_repeats_it(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture, refusal: str
) -> None:
    caplog.set_level(logging.INFO)
    token = f"{TOKEN}AndMore"
    hub.gated, hub.refuses_tokens = refusal == "gated", refusal == "refuses_tokens"
    if refusal == "missing":
        hub.repo = "house/other"
    with pytest.raises(DragomanError) as caught:
        bring(entry(), tmp_path, hub, token)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "canary" not in told
    assert "canary" not in repr(access(hub, token))


def test_a_gated_model_says_where_to_agree(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True
    with pytest.raises(ModelGatedError) as caught:
        bring(entry(gated=True), tmp_path, hub)
    assert caught.value.details == {"model": "whisper-house", "page": "https://example.org/agree"}


def test_a_gated_model_that_the_hub_hides_says_so_too(hub: Hub, tmp_path: Path) -> None:
    hub.repo = "house/other"
    with pytest.raises(ModelGatedError):
        bring(entry(gated=True), tmp_path, hub)


def test_an_accepted_token_opens_a_gated_model(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True
    assert bring(entry(gated=True), tmp_path, hub, TOKEN).is_dir()


def test_no_such_repository(hub: Hub, tmp_path: Path) -> None:
    hub.repo = "house/other"
    assert reason(hub, tmp_path) == "no_such_repository"


def test_no_such_revision(hub: Hub, tmp_path: Path) -> None:
    assert reason(hub, tmp_path, entry(revision="d" * 40)) == "no_such_revision"


def test_a_file_that_the_repository_lacks_is_named(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(HubError) as caught:
        bring(entry(files=("model.bin", "vocabulary.*")), tmp_path, hub)
    assert caught.value.details["reason"] == "no_such_file"
    assert caught.value.details["file"] == "vocabulary.*"
    assert hub.downloads == []


def test_a_refused_token(hub: Hub, tmp_path: Path) -> None:
    hub.refuses_tokens = True
    assert reason(hub, tmp_path, token=TOKEN) == "refused"


@pytest.mark.parametrize(("status", "expected"), [(500, "unavailable"), (503, "unavailable")])
def test_a_hub_out_of_order(hub: Hub, tmp_path: Path, status: int, expected: str) -> None:
    hub.listing_status = status
    assert reason(hub, tmp_path) == expected


def test_a_hub_that_wants_a_pause(hub: Hub, tmp_path: Path) -> None:
    hub.listing_status = 429
    assert reason(hub, tmp_path) == "busy"


@pytest.mark.parametrize(("status", "expected"), [(500, "unavailable"), (416, "refused")])
def test_a_store_out_of_order(hub: Hub, tmp_path: Path, status: int, expected: str) -> None:
    hub.download_status = status
    assert reason(hub, tmp_path) == expected
    hub.download_status = 200
    assert bring(entry(), tmp_path, hub).is_dir()


def test_no_network(tmp_path: Path) -> None:
    with serving(Hub(dict(FILES))) as hub:
        pass
    assert reason(hub, tmp_path) == "network"


def test_a_hub_that_never_answers(hub: Hub, tmp_path: Path) -> None:
    hub.is_silent = True
    with pytest.raises(HubError) as caught:
        fetch(entry(), tmp_path, nobody, Access(endpoint=hub.endpoint, timeout_s=0.3))
    assert caught.value.details["reason"] == "timeout"


def test_a_dropped_download_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after["model.bin"] = len(WEIGHTS) // 2
    place = bring(entry(), tmp_path, hub)
    assert (place / "model.bin").read_bytes() == WEIGHTS
    assert [path for path, _ in hub.downloads] == ["config.json", "model.bin", "model.bin"]
    assert 0 < hub.downloads[-1][1] <= len(WEIGHTS) // 2


def test_a_download_that_brings_nothing_is_given_up(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after["model.bin"] = 0
    assert reason(hub, tmp_path) == "interrupted"
    assert not (tmp_path / "whisper-house").exists()


def test_a_server_that_ignores_ranges_is_understood(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after["model.bin"] = len(WEIGHTS) // 2
    hub.ignores_ranges = True
    assert (bring(entry(), tmp_path, hub) / "model.bin").read_bytes() == WEIGHTS


def test_bytes_from_elsewhere_are_asked_for_without_the_token(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True
    with serving(Hub(dict(FILES))) as store:
        hub.large_files_at = store.endpoint
        place = bring(entry(gated=True), tmp_path, hub, TOKEN)
    assert (place / "model.bin").read_bytes() == WEIGHTS
    assert [path for path, _ in store.downloads] == ["model.bin"]
    assert store.tokens == {""}
    assert hub.tokens == {f"Bearer {TOKEN}"}


def test_a_download_that_stalls_is_given_up(hub: Hub, tmp_path: Path) -> None:
    hub.hold_after["model.bin"] = 0
    with pytest.raises(HubError) as caught:
        fetch(entry(), tmp_path, nobody, Access(endpoint=hub.endpoint, timeout_s=0.3))
    assert caught.value.details["reason"] == "timeout"


def test_a_folder_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").write_bytes(b"a file where the folder should be")
    assert reason(hub, tmp_path / "models") == "disk"
