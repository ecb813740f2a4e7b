"""``dragoman try`` as people run it: the real program, the demo models, recorded speech."""

import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from pipeline import audio
from pipeline.specs import AudioLimits
from tests.integration.program import DEMO, NOTES, command, dragoman, records, surroundings
from tests.pipeline import audio_files

NOTE = DEMO / "notes" / NOTES[0]["file"]


def test_the_bundled_notes_are_heard_translated_and_spoken(tmp_path: Path) -> None:
    notes = [DEMO / "notes" / note["file"] for note in NOTES]
    run = dragoman("try", "--profile", "demo", "--json", *notes, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    for note, record in zip(NOTES, records(run), strict=True):
        assert record["heard"]["text"] == note["text"]
        assert record["heard"]["language"] == note["language"]
        assert record["translated"]["text"] == note["translation"]
        assert record["translated"]["doubts"] == []
        answer = audio.decode(tmp_path / record["spoken"]["path"], AudioLimits())
        assert answer.seconds == pytest.approx(record["spoken"]["seconds"], abs=0.03)
        assert abs(answer.samples).max() > 0.05, "it can be heard"


def test_a_folder_of_hostile_files_gives_one_sentence_each_and_spoils_nothing(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    refused = audio_files.hostile_files() + audio_files.playlists(folder / "note.ogg", 9)
    audio_files.write(folder, [*refused, *audio_files.good_files(), *audio_files.odd_files()])
    audio_files.write_no_files(folder)
    run = dragoman("try", "--profile", "demo", "--json", folder, NOTE, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (1, "")
    *bad, last = records(run)
    assert last["heard"]["text"] == NOTES[0]["text"]
    codes = {Path(record["file"]).name: record["error"]["code"] for record in bad}
    for file in refused:
        assert file.error is not None
        assert codes[file.name] == file.error.code, file.name
    tones = {file.name for file in (*audio_files.good_files(), *audio_files.odd_files())}
    assert {codes[name] for name in tones} == {"audio.no_speech"}, "a tone is no speech"
    assert all(record["error"]["message"].endswith(".") for record in bad)


@pytest.mark.parametrize(
    ("locale", "said"), [("C", "There is no file in it"), ("vi_VN.UTF-8", "không có tệp nào")]
)
def test_an_empty_folder_is_said_to_be_empty_and_spoils_nothing(
    tmp_path: Path, locale: str, said: str
) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    run = dragoman("try", "--profile", "demo", "--json", "empty", NOTE, cwd=tmp_path, locale=locale)
    assert (run.returncode, run.stderr) == (1, "")
    bad, good = records(run)
    assert (bad["file"], bad["error"]["code"]) == ("empty", "audio.missing")
    assert said in bad["error"]["message"]
    assert good["heard"]["text"] == NOTES[0]["text"]


def test_people_read_the_page_in_their_language(tmp_path: Path) -> None:
    (tmp_path / "empty.ogg").touch()
    run = dragoman(
        "try", "--profile", "demo", NOTE, "empty.ogg", cwd=tmp_path, locale="vi_VN.UTF-8"
    )
    assert run.returncode == 1
    for expected in (NOTES[0]["text"], NOTES[0]["translation"], "nghĩa là", "Bản ghi âm trống"):
        assert expected in run.stdout
    assert "\x1b" not in run.stdout, "colours belong to terminals"


def test_the_wished_languages_are_kept_to(tmp_path: Path) -> None:
    run = dragoman(
        "try", "--profile", "demo", "--json", "--from", "Vietnamese", "--to", "tiếng Việt",
        DEMO / "notes" / next(note["file"] for note in NOTES if note["language"] == "vi"),
        cwd=tmp_path,
    )  # fmt: skip
    (record,) = records(run)
    assert record["heard"]["language"] == record["translated"]["language"] == "vi"
    assert record["heard"]["probability"] == 1
    assert record["translated"]["engine"] == "none"


@pytest.mark.parametrize(
    "wrong", [["--to", "Klingon", "a.ogg"], ["--from", "", "--to", "xx", "a.ogg"], [], ["--bad"]]
)
def test_wrong_use_is_told_with_status_2(tmp_path: Path, wrong: list[str]) -> None:
    run = dragoman("try", "--profile", "demo", *wrong, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr.strip()
    assert "Traceback" not in run.stderr


def test_models_that_are_missing_are_named_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('models_dir = "models"\n')
    run = dragoman("try", "--json", NOTE, cwd=tmp_path)
    assert run.returncode == 1
    assert "dragoman models fetch whisper-small" in run.stderr
    assert "dragoman models fetch nllb-200-distilled-600m" in run.stderr


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)]
)
def test_stopped_in_the_middle_it_leaves_no_process_behind(
    tmp_path: Path, sent: signal.Signals, status: int
) -> None:
    notes = [NOTE] * 300
    with subprocess.Popen(
        command("try", "--profile", "demo", "--json", *notes),
        cwd=tmp_path,
        env=surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        children = psutil.Process(running.pid).children(recursive=True)
        assert children
        running.send_signal(sent)
        _, errors = running.communicate(timeout=20)
    assert running.returncode == status
    assert b"Traceback" not in errors
    deadline = time.monotonic() + 10
    while any(map(psutil.Process.is_running, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(psutil.Process.is_running, children))


def test_nothing_that_was_said_and_no_file_name_is_ever_logged(tmp_path: Path) -> None:
    secret = tmp_path / "canary-of-mine.ogg"
    secret.write_bytes(NOTE.read_bytes())
    broken = tmp_path / "canary-broken.ogg"
    broken.write_bytes(b"canary" * 99)
    run = dragoman("try", "--profile", "demo", "--json", "--verbose", secret, broken, cwd=tmp_path)
    assert len(records(run)) == 2
    words = {*NOTES[0]["text"].split(), *NOTES[0]["translation"].split(), "canary"}
    assert not [word for word in words if len(word) > 3 and word in run.stderr]
