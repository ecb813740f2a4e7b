"""Models that exist only in tests."""

from pathlib import Path

from pipeline import records
from pipeline.catalogue import Entry, Format, Kind
from pipeline.records import Record
from tests.pipeline.hub_server import COMMIT, REPO

FILES = ("config.json", "model.bin")


def entry(  # noqa: PLR0913 - what a test may want to differ
    *,
    name: str = "whisper-house",
    format: Format = Format.CTRANSLATE2,  # noqa: A002 - the catalogue's word
    files: tuple[str, ...] = FILES,
    revision: str = "main",
    engine: str = "faster_whisper",
    commercial: bool = True,
    gated: bool = False,
    rename: dict[str, str] | None = None,
    sha256: dict[str, str] | None = None,
    keep: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        name=name,
        kind=Kind.TRANSCRIBER,
        engine=engine,
        format=format,
        licence="MIT" if commercial else "CC-BY-NC-4.0",
        commercial=commercial,
        languages=("en",),
        note="For tests.",
        repo=REPO,
        revision=revision,
        files=files,
        rename=rename or {},
        sha256=sha256 or {},
        keep=keep,
        alternative="" if commercial else "opus-mt-en-vi",
        gated=gated,
        page="https://example.org/agree" if gated else "",
    )


def put(model: Entry, models_dir: Path, files: dict[str, bytes]) -> Path:
    """Lay a model into its folder, as if it had been fetched."""
    place = models_dir / model.name
    for path, content in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    record = Record(
        repo=model.repo,
        commit=COMMIT,
        patterns=model.files,
        format=model.format,
        files={path: records.fingerprint(place / path) for path in files},
    )
    records.write(place, record)
    return place
