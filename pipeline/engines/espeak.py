"""espeak-ng through the library and the data that the espeakng-loader wheel carries."""

import ctypes
import os
import re
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import espeakng_loader
import numpy as np

from pipeline import languages
from pipeline.engines.speaking import pace, sayable, spoken
from pipeline.errors import EngineError, EngineUnavailableError, UnsupportedLanguageError
from pipeline.specs import EspeakSpec
from pipeline.types import Audio, Language, Voice

LOCK: Final = threading.Lock()
"""Held by whoever is inside any copy of espeak-ng: it sets the locale of the whole process."""

_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: samples go to the callback, on the calling thread
_DONT_EXIT = 0x8000  # where its data can't be read; without it, the library ends the process
_PLAIN_UTF8 = 1  # flags of espeak_Synth; SSML (0x10) and phoneme input (0x100) stay off
_BY_CHARACTER = 1  # espeak_POSITION_TYPE
_RATE = 1  # espeak_PARAMETER
_WORDS_PER_MINUTE = 175  # espeakRATE_NORMAL
_SEED = 1  # of the breath and hiss in consonants; by itself it takes the time of day

_FULL_SCALE = 32_768
_MUTE = frozenset({"fo", "kaa", "xex"})  # the wheel carries their voices without a dictionary
_MBROLA = "mb"  # voices for a program that is not there
_LONG_RUN = re.compile(r"([^\s\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]{40,60}?)(?=\w)")

_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def breathed(text: str) -> str:
    """Return the text with a comma about every 40 signs where it has neither space nor stop.

    espeak-ng drops the rest of a word after 160 bytes, and of a clause after about 200 Chinese
    signs: without commas it loses most of a long Thai or Japanese sentence.
    """
    return _LONG_RUN.sub(r"\1, ", text)


class _Listed(ctypes.Structure):
    """espeak_VOICE."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class Espeak:
    """The offline voice: any language, no model, about 5 ms a sentence.

    The library keeps state from one utterance to the next that nothing resets (the flutter of the
    voice goes on where it was), and phonemizer has its own copy of it in the same process. So each
    utterance is spoken by a fresh image of it: loaded from memory, and unloaded afterwards. The
    same text then always gives the same samples, and nobody else's settings are met.
    """

    def __init__(self, spec: EspeakSpec) -> None:
        """Find the library and its voices; raises EngineUnavailableError."""
        self._spec = spec
        try:
            library = Path(espeakng_loader.get_library_path()).read_bytes()
            self._data = espeakng_loader.get_data_path().encode()
            self._file = os.memfd_create("espeak-ng")
            weakref.finalize(self, os.close, self._file)
            Path(f"/proc/self/fd/{self._file}").write_bytes(library)
        except (OSError, RuntimeError) as error:
            raise EngineUnavailableError(engine=spec.engine) from error
        with self._image() as image:
            self._dialects = dict(_dialects(image))
            self._variants = sorted(_variants(image))

    def synthesize(self, text: str, language: Language, voice: Voice) -> tuple[Audio, str]:
        """Speak the text at 22.05 kHz; return it with the name of the voice, such as ``vi+f3``.

        A voice that is not one of the language's gives way to the language's own. Markup is read
        out as text. Raises UnsupportedLanguageError; EngineError when there is nothing to say, or
        more than the spec's characters or seconds.
        """
        name = self._name(language, voice.name)
        said = sayable(text, self._spec.engine, self._spec.max_characters)
        dialect, plus, variant = name.partition("+")
        identifier = (self._dialects[dialect] + plus + variant).encode()
        words_per_minute = round(_WORDS_PER_MINUTE * pace(voice.speed))
        with self._image() as image:
            pcm = self._pcm(image, breathed(said).encode(), identifier, words_per_minute)
            rate = image.espeak_ng_GetSampleRate()
        samples = np.frombuffer(pcm, np.int16).astype(np.float32) / np.float32(_FULL_SCALE)
        return spoken(samples, rate, self._spec.engine), name

    def voices(self, language: Language) -> list[str]:
        """Return every voice of the language, its own first: dialects, then that one's variants.

        Raises UnsupportedLanguageError.
        """
        own = self._own(language)
        others = sorted(each for each in self._dialects if _akin(each, own) and each != own)
        return [own, *others, *(f"{own}+{variant}" for variant in self._variants)]

    def _own(self, language: Language) -> str:
        code = languages.espeak(language)
        if code not in self._dialects:
            raise UnsupportedLanguageError(language=language, engine=self._spec.engine)
        return code

    def _name(self, language: Language, wish: str | None) -> str:
        own = self._own(language)
        dialect, plus, variant = (wish or own).partition("+")
        known = dialect in self._dialects and (not plus or variant in self._variants)
        return f"{dialect}{plus}{variant}" if known and _akin(dialect, own) else own

    def _pcm(
        self, image: ctypes.CDLL, text: bytes, identifier: bytes, words_per_minute: int
    ) -> bytearray:
        """Return the utterance as 16-bit samples; raises EngineError."""
        engine, limit = self._spec.engine, self._spec.max_seconds
        pcm = bytearray()
        most = int(limit * image.espeak_ng_GetSampleRate() * ctypes.sizeof(ctypes.c_short))

        def hear(block: int | None, count: int, _events: int | None) -> int:
            if block and count > 0:
                pcm.extend(ctypes.string_at(block, count * ctypes.sizeof(ctypes.c_short)))
            return int(len(pcm) > most)  # 1 stops the synthesis

        callback = _Heard(hear)
        image.espeak_SetSynthCallback(callback)
        if image.espeak_SetVoiceByName(identifier):
            raise EngineError(engine=engine, reason="no such voice")
        image.espeak_SetParameter(_RATE, words_per_minute, 0)
        if image.espeak_Synth(
            text, ctypes.c_size_t(len(text) + 1), 0, _BY_CHARACTER, 0, _PLAIN_UTF8, None, None
        ):
            raise EngineError(engine=engine, reason="refused")
        if len(pcm) > most:
            raise EngineError(engine=engine, reason="too long", seconds=limit)
        return pcm

    @contextmanager
    def _image(self) -> Iterator[ctypes.CDLL]:
        with LOCK:
            handle = _dlopen(b"/proc/self/fd/%d" % self._file, os.RTLD_NOW)
            if not handle:
                raise EngineUnavailableError(engine=self._spec.engine)
            try:
                image = ctypes.CDLL("espeak-ng", handle=handle)
                if image.espeak_Initialize(_SYNCHRONOUS, 0, self._data, _DONT_EXIT) < 0:
                    raise EngineUnavailableError(engine=self._spec.engine)
                image.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
                yield image
                image.espeak_Terminate()
            finally:
                _dlclose(handle)


_dlopen, _dlclose = ctypes.CDLL(None).dlopen, ctypes.CDLL(None).dlclose
_dlopen.argtypes, _dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
_dlclose.argtypes = (ctypes.c_void_p,)


def _akin(one: str, other: str) -> bool:
    """Tell whether two voices speak the same language."""
    return one.partition("-")[0] == other.partition("-")[0]


def _listed(image: ctypes.CDLL, wanted: bytes | None = None) -> Iterator[_Listed]:
    image.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Listed))
    only = ctypes.create_string_buffer(wanted) if wanted else None
    question = _Listed(languages=ctypes.addressof(only)) if only else None
    answer = image.espeak_ListVoices(ctypes.byref(question) if question else None)
    for each in answer:
        if not each:
            return
        yield each.contents


def _dialects(image: ctypes.CDLL) -> Iterator[tuple[str, str]]:
    """Yield names of voices, which are their files', and the identifiers that find just them."""
    for voice in _listed(image):
        identifier = voice.identifier.decode()
        family, _, name = identifier.rpartition("/")
        if family != _MBROLA and name not in _MUTE:
            yield name.lower(), identifier


def _variants(image: ctypes.CDLL) -> Iterator[str]:
    for voice in _listed(image, b"variant"):
        yield voice.identifier.decode().removeprefix("!v/")
