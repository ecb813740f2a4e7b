"""Kokoro through kokoro-onnx, in the languages whose sounds it was given completely."""

import logging
from typing import Final

import kokoro_onnx
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from phonemizer.backend import EspeakBackend

from pipeline import languages
from pipeline.engines.espeak import LOCK, breathed
from pipeline.engines.speaking import pace, sayable, spoken
from pipeline.errors import (
    EngineError,
    ModelDamagedError,
    ModelMissingError,
    UnsupportedLanguageError,
)
from pipeline.specs import KokoroSpec
from pipeline.types import Audio, Language, Voice

ACCENTS: Final = {
    "a": "en-us",
    "b": "en-gb",
    "e": "es",
    "f": "fr-fr",
    "h": "hi",
    "i": "it",
    "p": "pt-br",
}
"""The first letter of a voice's name, and espeak-ng's code for what it speaks.

Voices of ``j`` (Japanese) and ``z`` (Chinese) are left out: espeak-ng writes tones and vowels that
the model has no symbols for, and reads Japanese signs out as "Chinese letter".
"""

_INPUTS = ({"tokens", "style", "speed"}, {"input_ids", "style", "speed"})
_FAVOURITES = ("af_heart", "bf_emma")
"""The best-graded English voices of the model's own list; elsewhere the first woman's voice."""
_QUIET_LOG = logging.getLogger("phonemizer.quiet")


class Kokoro:
    """One Kokoro model, loaded with its voices."""

    def __init__(self, spec: KokoroSpec) -> None:
        """Load ``model.onnx`` and ``voices.bin``; raises ModelMissingError, ModelDamagedError."""
        self._spec = spec
        _silence()
        for file in ("model.onnx", "voices.bin"):
            if not (spec.path / file).is_file():
                raise ModelMissingError(model=spec.model, file=file)
        try:
            session = _session(spec)
        except Exception as error:  # onnxruntime's classes have no other base
            raise ModelDamagedError(model=spec.model, file="model.onnx") from error
        if {each.name for each in session.get_inputs()} not in _INPUTS:
            raise ModelDamagedError(model=spec.model, file="model.onnx")
        try:
            self._styles = _styles(spec)
            self._kokoro = kokoro_onnx.Kokoro.from_session(session, str(spec.path / "voices.bin"))
            self._kokoro.voices.close()  # it would read them from disk at every use
        except Exception as error:  # zipfile, NumPy and zlib each raise their own
            raise ModelDamagedError(model=spec.model, file="voices.bin") from error
        if not self._styles or any(style.shape[1:] != (1, 256) for style in self._styles.values()):
            raise ModelDamagedError(model=spec.model, file="voices.bin")
        self._phonemizers: dict[str, EspeakBackend] = {}

    def synthesize(self, text: str, language: Language, voice: Voice) -> tuple[Audio, str]:
        """Speak the text at 24 kHz; return it with the name of the voice, such as ``af_heart``.

        A voice that is not one of the language's gives way to the language's own. Long text is
        split by kokoro-onnx at sentences, clauses and words. Raises UnsupportedLanguageError;
        EngineError when there is nothing to say or more than the spec's characters.
        """
        names = self.voices(language)
        name = voice.name if voice.name in names else names[0]
        said = sayable(text, self._spec.model, self._spec.max_characters)
        try:
            phonemes = self._phonemes(said, ACCENTS[name[0]])
            samples, rate = self._kokoro.create(
                phonemes, self._styles[name], pace(voice.speed), is_phonemes=True
            )
        except Exception:  # noqa: BLE001 - onnxruntime's classes have no other base
            raise EngineError(engine=self._spec.model) from None  # messages quote the text
        return spoken(samples, rate, self._spec.model), name

    def voices(self, language: Language) -> list[str]:
        """Return every voice of the language, the one used by default first.

        Raises UnsupportedLanguageError.
        """
        accent = languages.kokoro(language)
        akin = [letter for letter, each in ACCENTS.items() if each[:2] == accent[:2]]
        found = [name for name in self._styles if name[:1] in akin]
        if accent not in ACCENTS.values() or not found:
            raise UnsupportedLanguageError(language=language, engine=self._spec.model)
        return sorted(
            found,
            key=lambda name: (
                ACCENTS[name[0]] != accent,
                name not in _FAVOURITES,
                name[1:2] != "f",
                name,
            ),
        )

    def _phonemes(self, text: str, accent: str) -> str:
        """Return the model's symbols for the text.

        kokoro-onnx would do it, but leaves the marks of foreign words in, which are then spoken.
        """
        with LOCK:
            if accent not in self._phonemizers:
                self._phonemizers[accent] = EspeakBackend(
                    accent,
                    preserve_punctuation=True,
                    with_stress=True,
                    language_switch="remove-flags",
                    logger=_QUIET_LOG,
                )
            lines = self._phonemizers[accent].phonemize(breathed(text).splitlines())
        return str(self._kokoro.tokenizer.known(" ".join(lines))).strip()


def _session(spec: KokoroSpec) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = spec.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(spec.path / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )


def _styles(spec: KokoroSpec) -> dict[str, NDArray[np.float32]]:
    with (spec.path / "voices.bin").open("rb") as file, np.load(file) as voices:
        return {name: voices[name].astype(np.float32) for name in sorted(voices)}


def _silence() -> None:
    """Keep what is said out of the libraries' logs, whatever LOG_LEVEL asks for."""
    for name in ("kokoro_onnx", "phonemizer"):
        log = logging.getLogger(name)
        log.handlers.clear()
        log.setLevel(logging.ERROR)
