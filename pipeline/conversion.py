"""Converting Transformers weights to CTranslate2's int8, with CTranslate2's own program.

The program runs as a process of its own: it needs several times the weights in memory, which the
system then has back, and the torch it loads stays out of ours.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Final

from pipeline import models, records
from pipeline.catalogue import Entry, Format
from pipeline.confinement import surroundings
from pipeline.errors import (
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    ModelMissingError,
)
from pipeline.installing import disk, install, turn, workshop
from pipeline.records import Record

QUANTIZATION: Final = "int8"
_ENGINE: Final = "ctranslate2-converter"
# The torchaudio that own voice brings may be for CUDA alone, and nothing here needs it.
_PROGRAM: Final = (
    "import runpy, sys; sys.modules['torchaudio'] = None;"
    "runpy.run_module('ctranslate2.converters.transformers', run_name='__main__', alter_sys=True)"
)


def convert(
    entry: Entry,
    models_dir: Path,
    *,
    on_wait: Callable[[], None],
    timeout_s: float = 3600.0,
    python: str = sys.executable,
) -> Path:
    """Replace fetched Transformers weights by their conversion, or leave what is converted.

    ``python`` is an interpreter whose environment has the extra ``convert``. What the program said
    is kept in ``<models_dir>/.partial/<name>.convert.log``. Whatever fails, the weights stay.
    Raises ModelMissingError, ModelDamagedError, EngineUnavailableError(extra=),
    EngineTimeoutError(seconds=), EngineError(status=, log=) and HubError(reason=) for a full disk.
    """
    with turn(entry, models_dir, on_wait):
        place = models.folder(entry, models_dir)
        record = records.read(place, entry.name)
        if record is None:
            raise ModelMissingError(model=entry.name, step="fetch")
        if record.format is not Format.TRANSFORMERS:
            return models.require(entry, models_dir)
        models.verify(entry, models_dir)
        _check_extra(python)
        ready = workshop(entry, models_dir) / "converted"
        with disk(entry):
            shutil.rmtree(ready, ignore_errors=True)
            _run(entry, place, ready, timeout_s, python)
            _record(ready, record)
            install(entry, models_dir, ready)
    return models.folder(entry, models_dir)


def _check_extra(python: str) -> None:
    if python == sys.executable and not all(map(util.find_spec, ("torch", "transformers"))):
        raise EngineUnavailableError(engine=_ENGINE, extra="convert")


def _run(entry: Entry, source: Path, ready: Path, timeout_s: float, python: str) -> None:
    log = ready.parent.with_name(f"{entry.name}.convert.log")
    command = [python, "-c", _PROGRAM, "--model", str(source), "--output_dir", str(ready)]
    command += ["--quantization", QUANTIZATION, "--copy_files", *entry.keep]
    with log.open("wb") as output:
        try:
            done = subprocess.run(  # noqa: S603 - no shell; every part is ours or the catalogue's
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**surroundings(), "HF_HUB_OFFLINE": "1"},
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineTimeoutError(engine=_ENGINE, seconds=timeout_s) from error
    missing = [name for name in ("model.bin", *entry.keep) if not (ready / name).is_file()]
    if done.returncode != 0 or missing:
        raise EngineError(engine=_ENGINE, model=entry.name, status=done.returncode, log=str(log))


def _record(ready: Path, source: Record) -> None:
    files = sorted(path for path in ready.rglob("*") if path.is_file())
    record = Record(
        repo=source.repo,
        commit=source.commit,
        patterns=source.patterns,
        format=Format.CTRANSLATE2,
        files={path.relative_to(ready).as_posix(): records.fingerprint(path) for path in files},
        conversion=QUANTIZATION,
    )
    records.write(ready, record)
