"""A self-hosted LibreTranslate server over HTTP."""

import json
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import httpx

from pipeline import languages
from pipeline.errors import (
    ConfigurationError,
    EngineError,
    EngineTimeoutError,
    EngineUnavailableError,
    UnsupportedLanguageError,
)
from pipeline.specs import LibreTranslateSpec
from pipeline.types import Language


class LibreTranslate:
    """One server; neither redirects nor proxies of the environment are followed."""

    def __init__(self, spec: LibreTranslateSpec) -> None:
        """Nothing is contacted yet; raises ConfigurationError for what is no HTTP address."""
        self._spec = spec
        try:
            self._url = httpx.URL(spec.url.rstrip("/") + "/translate")
            usable = self._url.scheme in {"http", "https"} and bool(self._url.host)
        except httpx.InvalidURL:
            usable = False
        if not usable:
            raise ConfigurationError(
                setting="libretranslate.url", reason="not an http or https address"
            )
        self._client = httpx.Client(
            headers={"Accept-Encoding": "identity", "Accept-Language": "en"},
            timeout=spec.timeout_s,
            trust_env=False,
            follow_redirects=False,
        )

    def translate(self, sentences: Sequence[str], source: Language, target: Language) -> list[str]:
        """Translate each sentence in one request; as many come back as went in.

        Raises UnsupportedLanguageError; EngineUnavailableError when the server can't be reached,
        refuses for now (429) or is out of order (5xx); EngineTimeoutError; EngineError for any
        other refusal (``status``) and for an answer that makes no sense (``reason``).
        """
        question = {
            "q": [_encodable(each) for each in sentences],
            "source": languages.libretranslate(source),
            "target": languages.libretranslate(target),
            "format": "text",
        }
        if self._spec.api_key is not None:
            question["api_key"] = self._spec.api_key
        if not sentences:
            return []
        status, body = self._ask(question)
        answer = _parsed(body)
        if status != HTTPStatus.OK and (reason := _unsupported(answer)):
            lacking = source if f"'{question['source']}'" in reason else target
            raise UnsupportedLanguageError(language=lacking, engine=self._spec.engine)
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise EngineUnavailableError(engine=self._spec.engine, status=status)
        if status != HTTPStatus.OK:
            raise EngineError(engine=self._spec.engine, status=status)
        match answer:
            case {"translatedText": [*texts]} if all(isinstance(each, str) for each in texts):
                if len(texts) != len(sentences):
                    raise EngineError(engine=self._spec.engine, reason="not one for each")
                return [_encodable(each) for each in texts]
        raise EngineError(engine=self._spec.engine, reason="no translation in the answer")

    def close(self) -> None:
        """Close the connections; nothing can be asked afterwards."""
        self._client.close()

    def _ask(self, question: Mapping[str, object]) -> tuple[int, bytes]:
        """Return status and body; raises EngineUnavailableError, EngineTimeoutError, EngineError.

        httpx limits each silence; a server that drips is limited here, as a whole.
        """
        engine, seconds = self._spec.engine, self._spec.timeout_s
        deadline, body = time.monotonic() + seconds, bytearray()
        try:
            with self._client.stream("POST", self._url, json=question) as response:
                for block in response.iter_raw():
                    body += block
                    if len(body) > self._spec.max_bytes:
                        raise EngineError(engine=engine, limit=self._spec.max_bytes)
                    if time.monotonic() > deadline:
                        raise EngineTimeoutError(engine=engine, seconds=seconds)
                return response.status_code, bytes(body)
        except httpx.TimeoutException as error:
            raise EngineTimeoutError(engine=engine, seconds=seconds) from error
        except (httpx.HTTPError, OverflowError, UnicodeError) as error:  # no such port or host
            raise EngineUnavailableError(engine=engine) from error


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no JSON in UTF-8 can carry."""
    return text.encode("utf-8", "replace").decode()


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _unsupported(answer: object) -> str | None:
    """Return the server's words if they say that it lacks a language or the way between two."""
    match answer:
        case {"error": str(reason)} if reason.endswith("is not supported"):
            return reason
        case {"error": str(reason)} if "is not available as a target language" in reason:
            return reason
    return None
