"""Run by test_languages: what espeak-ng says of itself, by itself and inside kokoro-onnx."""

import ctypes
import sys

import espeakng_loader
from kokoro_onnx.tokenizer import Tokenizer
from phonemizer.backend import EspeakBackend


def refused(voices: list[str]) -> list[str]:
    """Return the names that the wheel's library does not take."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)
    return [voice for voice in voices if library.espeak_SetVoiceByName(voice.encode())]


def phonemized() -> list[str]:
    """Return the languages that kokoro-onnx can turn into phonemes."""
    Tokenizer()  # points the phonemizer to the wheel's library
    return list(EspeakBackend.supported_languages())


if __name__ == "__main__":
    sys.stdout.write(" ".join(refused(sys.argv[1:]) if sys.argv[1:] else phonemized()))
