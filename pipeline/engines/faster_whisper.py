"""Whisper through faster-whisper and CTranslate2, and the voice activity detector in its wheel.

Stock ``WhisperModel.transcribe`` encodes the first window twice when the language is not given:
once to detect it, once to transcribe. Here ``encode`` remembers its last answer, so both share
one pass.
"""

import copy
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from pipeline import languages, sentences
from pipeline.errors import ModelDamagedError, UnsupportedLanguageError
from pipeline.specs import VadSpec, WhisperSpec
from pipeline.types import Audio, Detection, Language, Segment, Span, Transcript, Word
from pipeline.windows import samples_of, windows

if TYPE_CHECKING:
    import faster_whisper.transcribe

RATE = 16_000
"""Samples per second that Whisper and Silero expect."""
_POSITIONS = 448
"""Tokens that Whisper's decoder has room for: context, prompt and text."""
_PROMPT = 4
"""Tokens of the prompt at most: start, language, task, no timestamps."""
_CONTEXT = 100
"""Tokens kept of the hotwords, and of what was said before: both leave room for a full window."""
_MOST = 224
"""Tokens that Whisper writes for 30 s at most: half of its positions."""

logging.getLogger("faster_whisper").setLevel(logging.WARNING)


def find_speech(audio: Audio, spec: VadSpec) -> tuple[Span, ...]:
    """Return where somebody speaks in 16 kHz audio, padded, in order and without overlap."""
    options = VadOptions(
        threshold=spec.threshold,
        min_speech_duration_ms=spec.min_speech_ms,
        min_silence_duration_ms=spec.min_silence_ms,
        speech_pad_ms=spec.pad_ms,
    )
    found = get_speech_timestamps(audio.samples, options, sampling_rate=RATE)
    spans = [Span(each["start"] / RATE, each["end"] / RATE) for each in found]
    return windows(audio, spans, longest_s=spec.max_speech_s, joins=False)


def max_new_tokens(wanted: int, prompt: int) -> int:
    """Return what to ask of faster-whisper so that up to ``wanted`` tokens are written.

    It adds the ``prompt`` tokens to what it is asked for; CTranslate2 stops at half of the sum.
    """
    return min(max(wanted, 2 * wanted - prompt), _POSITIONS - prompt)


class Model(WhisperModel):  # type: ignore[misc]  # the library is untyped
    """A WhisperModel that never encodes the same window twice in a row."""

    margin: int | None = None
    """Frames of 10 ms kept after the speech; ``None`` encodes the whole window of 30 s."""
    _last: tuple[NDArray[np.float32], Any] | None = None

    def seeing_only_speech(self, margin_s: float) -> Self:
        """Return a view of the same weights that cuts the encoder's window to the speech."""
        view = copy.copy(self)
        view.margin = round(margin_s * self.frames_per_second)
        return view

    def encode(self, features: NDArray[np.float32]) -> Any:  # noqa: ANN401 - the library's type
        """Encode log-mel features of shape ``(mels, frames)``, or recall them."""
        if self.margin is not None:
            features = features[:, : self._frames_of_speech(features) + self.margin]
        if self._last is None or not np.array_equal(self._last[0], features):
            self._last = (features, self.compute(features))
        return self._last[1]

    def compute(self, features: NDArray[np.float32]) -> Any:  # noqa: ANN401 - the library's type
        """Run the encoder."""
        return super().encode(np.ascontiguousarray(features))

    def forget(self) -> None:
        """Drop the last window, which is a person's speech."""
        self._last = None

    def _frames_of_speech(self, features: NDArray[np.float32]) -> int:
        """Count the frames before the padding of exact zeros; even, as the encoder's stride."""
        used = np.flatnonzero(features.any(axis=0))
        return int(used[-1] + 2) // 2 * 2 if len(used) else features.shape[1]


class _Hints(NamedTuple):
    """What the decoder reads before it writes."""

    hotwords: str | None
    prompt: str | None
    tokens: int


class _Care(NamedTuple):
    """How many ways to write it down are tried."""

    beam: int
    best_of: int
    temperatures: tuple[float, ...]

    @classmethod
    def of(cls, spec: WhisperSpec, *, hurried: bool) -> Self:
        if hurried:
            return cls(1, 1, spec.temperatures[:1])
        return cls(spec.beam, spec.best_of, spec.temperatures)


class FasterWhisper:
    """One Whisper model, loaded."""

    model_class: ClassVar[type[Model]] = Model

    def __init__(self, spec: WhisperSpec) -> None:
        """Load the weights; raises ModelDamagedError when they can't be."""
        self._spec = spec
        try:
            self._full = self.model_class(
                str(spec.path),
                device="cpu",
                compute_type=spec.compute_type,
                cpu_threads=spec.threads,
                num_workers=spec.workers,
                local_files_only=True,
            )
        except Exception as error:  # the tokenizer's library raises bare Exception
            raise ModelDamagedError(model=spec.model, file="model.bin") from error
        cut = spec.window == "speech"
        self._model = self._full.seeing_only_speech(spec.window_margin_s) if cut else self._full

    def detect(
        self, audio: Audio, spans: Sequence[Span], allowed: frozenset[Language]
    ) -> Detection:
        """Say which of the allowed languages (all, if empty) the first window of speech is in."""
        candidates = self._candidates(allowed)
        if len(candidates) == 1:
            return Detection(next(iter(candidates.values())), 1.0)
        first = samples_of(audio, self._windows(audio, spans)[0])
        features = self._model.feature_extractor(first.samples)[:, :-1]
        encoded = self._model.encode(pad_or_trim(features))
        likely = {
            candidates[token[2:-2]]: float(probability)
            for token, probability in self._model.model.detect_language(encoded)[0]
            if token[2:-2] in candidates
        }
        if not likely:
            wanted = ", ".join(sorted(allowed))
            raise UnsupportedLanguageError(language=wanted, engine=self._spec.model)
        best = max(likely, key=likely.__getitem__)
        return Detection(best, likely[best] / (sum(likely.values()) or 1.0))

    def transcribe(  # noqa: PLR0913 - wishes, each by keyword
        self,
        audio: Audio,
        spans: Sequence[Span],
        detection: Detection,
        *,
        hotwords: Sequence[str] = (),
        prompt: str = "",
        words: bool = False,
        hurried: bool = False,
        progress: Callable[[float], None] | None = None,
    ) -> Transcript:
        """Write down what is said in the spans of 16 kHz audio, in the detected language."""
        if not self._candidates(frozenset({detection.language})):
            raise UnsupportedLanguageError(language=detection.language, engine=self._spec.model)
        segments: list[Segment] = []
        hints = self._hints(", ".join(hotwords), prompt)
        try:
            for window in self._windows(audio, spans):
                segments += self._transcribe_window(
                    samples_of(audio, window),
                    window.start,
                    hints,
                    _Care.of(self._spec, hurried=hurried),
                    language=languages.whisper(detection.language),
                    word_timestamps=words,
                )
                if progress:
                    progress(window.end)
        finally:
            self._model.forget()
            self._full.forget()
        return Transcript(
            text=sentences.join([segment.text for segment in segments], detection.language),
            language=detection.language,
            probability=detection.probability,
            segments=tuple(segments),
            seconds=audio.seconds,
            model=self._spec.model,
        )

    def _candidates(self, allowed: frozenset[Language]) -> dict[str, Language]:
        """Return Whisper's code for each allowed language (all, if empty) that the model has."""
        has = frozenset(self._full.supported_languages)
        wanted = allowed or frozenset(map(languages.parse, has))
        serves = wanted if self._spec.languages is None else wanted & self._spec.languages
        speaks = serves & languages.supported_by("whisper")
        coded = {languages.whisper(language): language for language in speaks}
        return {code: language for code, language in coded.items() if code in has}

    def _windows(self, audio: Audio, spans: Sequence[Span]) -> tuple[Span, ...]:
        return windows(audio, spans, longest_s=self._spec.chunk_s, joins=self._spec.joins)

    def _hints(self, hotwords: str, prompt: str) -> _Hints:
        """Cut both to what fits: the first hotwords, the last of what was said before."""
        encode = partial(self._full.hf_tokenizer.encode, add_special_tokens=False)
        decode = self._full.hf_tokenizer.decode
        favoured, before = encode(hotwords).ids[:_CONTEXT], encode(prompt).ids[-_CONTEXT:]
        tokens = len(favoured) + len(before)
        return _Hints(decode(favoured) or None, decode(before) or None, tokens + bool(tokens))

    def _transcribe_window(
        self, audio: Audio, start: float, hints: _Hints, care: _Care, **wishes: object
    ) -> list[Segment]:
        """Transcribe up to one window; if it was cut and the text is doubtful, all 30 s of it."""
        most = self._spec.max_tokens or _MOST
        wanted = min(most, 8 + round(audio.seconds * self._spec.tokens_per_second))
        wishes |= {
            "hotwords": hints.hotwords,
            "initial_prompt": hints.prompt,
            "max_new_tokens": max_new_tokens(wanted, hints.tokens + _PROMPT),
        }
        if self._model is not self._full:
            first = care._replace(temperatures=care.temperatures[:1])
            segments = self._run(self._model, audio, start, first, wishes)
            if segments and not any(map(self._doubtful, segments)):
                return segments
        return self._run(self._full, audio, start, care, wishes)

    def _doubtful(self, segment: Segment) -> bool:
        return (
            segment.compression_ratio > self._spec.compression_ratio_limit
            or segment.log_probability < self._spec.log_probability_limit
        )

    def _run(
        self,
        model: Model,
        audio: Audio,
        start: float,
        care: _Care,
        wishes: dict[str, object],
    ) -> list[Segment]:
        spec = self._spec
        found, _ = model.transcribe(
            audio.samples,
            beam_size=care.beam,
            best_of=care.best_of,
            temperature=care.temperatures,
            compression_ratio_threshold=spec.compression_ratio_limit,
            log_prob_threshold=spec.log_probability_limit,
            no_speech_threshold=spec.no_speech_limit,
            without_timestamps=not spec.timestamps,
            condition_on_previous_text=False,
            **wishes,
        )
        return [_segment(each, start) for each in found]


def _segment(found: "faster_whisper.transcribe.Segment", offset: float) -> Segment:
    return Segment(
        text=found.text.strip(),
        start=offset + found.start,
        end=offset + found.end,
        log_probability=float(found.avg_logprob),
        no_speech_probability=float(found.no_speech_prob),
        compression_ratio=float(found.compression_ratio),
        words=tuple(
            Word(
                text=word.word.strip(),
                start=offset + float(word.start),
                end=offset + float(word.end),
                probability=float(word.probability),
            )
            for word in found.words or ()
        ),
    )
