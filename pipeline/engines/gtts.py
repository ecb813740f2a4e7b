"""Google's public voice through gTTS: over the network, so what is said leaves the machine."""

import io
import logging
import time

import gtts
import requests

from pipeline import audio, languages
from pipeline.engines.speaking import sayable, spoken
from pipeline.errors import AudioError, EngineError, EngineTimeoutError, EngineUnavailableError
from pipeline.specs import AudioLimits, GttsSpec
from pipeline.types import Audio, Language, Voice

_SLOW = 0.75
"""At this speed and below, Google's slow reading is nearer to the wish than its normal one."""
_MP3_BYTES = 16 * 1024 * 1024
"""Over half an hour at Google's 64 kb/s."""
_MP3_SECONDS = 1_800.0


class Gtts:
    """One voice per language, at one of two speeds; nothing is kept between calls.

    gTTS does not verify the server's certificate and takes proxies from the environment: what is
    said is as private as the network it crosses.
    """

    def __init__(self, spec: GttsSpec) -> None:
        """Nothing is contacted yet."""
        self._spec = spec
        for name in ("gtts", "urllib3"):  # at DEBUG, gTTS logs the text itself
            logging.getLogger(name).setLevel(logging.WARNING)

    def synthesize(self, text: str, language: Language, voice: Voice) -> tuple[Audio, str]:
        """Speak the text at 16 kHz; return it with the name of the voice: Google's language code.

        Google has two speeds: a wish of 0.75 or less is read slowly, any other at normal pace.
        Raises UnsupportedLanguageError; EngineUnavailableError without a network, or when the
        service refuses (429) or is out of order (5xx); EngineTimeoutError; EngineError when there
        is nothing to say, when it takes more characters or requests than the spec's, or when the
        answer is no sound.
        """
        code = languages.gtts(language)
        said = sayable(text, self._spec.engine, self._spec.max_characters)
        reading = gtts.gTTS(
            said,
            lang=code,
            slow=voice.speed <= _SLOW,
            lang_check=False,
            timeout=self._spec.timeout_s,
        )
        try:
            count = len(reading.get_bodies())
        except AssertionError:  # how gTTS says that only punctuation is left
            raise EngineError(engine=self._spec.engine, reason="nothing to say") from None
        if count > self._spec.max_requests:
            raise EngineError(
                engine=self._spec.engine, requests=count, limit=self._spec.max_requests
            )
        return self._decoded(self._mp3(reading)), code

    def voices(self, language: Language) -> list[str]:
        """Return the one voice of the language; raises UnsupportedLanguageError."""
        return [languages.gtts(language)]

    def _mp3(self, reading: gtts.gTTS) -> bytes:
        engine = self._spec.engine
        deadline = time.monotonic() + self._spec.total_s
        mp3 = io.BytesIO()
        try:
            for part in reading.stream():
                mp3.write(part)
                if mp3.tell() > _MP3_BYTES:
                    raise EngineError(engine=engine, limit=_MP3_BYTES)
                if time.monotonic() > deadline:
                    raise EngineTimeoutError(engine=engine, seconds=self._spec.total_s)
        except gtts.gTTSError as error:
            raise self._translated(error) from None  # gTTS holds the text in its error
        except (requests.RequestException, ValueError) as error:
            raise EngineError(engine=engine, reason=type(error).__name__) from None
        return mp3.getvalue()

    def _translated(self, error: gtts.gTTSError) -> EngineError:
        """Tell the reasons apart by the answer, or by what requests raised when there was none."""
        engine = self._spec.engine
        if error.rsp is not None and error.rsp.ok:
            return EngineError(engine=engine, reason="no sound in the answer")
        if error.rsp is not None:
            return EngineUnavailableError(engine=engine, status=error.rsp.status_code)
        if isinstance(error.__context__, requests.Timeout):
            return EngineTimeoutError(engine=engine, seconds=self._spec.timeout_s)
        return EngineUnavailableError(engine=engine)

    def _decoded(self, mp3: bytes) -> Audio:
        try:
            sound = audio.decode(mp3, AudioLimits(_MP3_SECONDS, _MP3_BYTES))
        except AudioError as error:
            raise EngineError(engine=self._spec.engine, reason=error.code) from error
        return spoken(sound.samples, sound.rate, self._spec.engine)
