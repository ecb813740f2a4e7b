"""Frozen choices for the stages: what settings become, what crosses into a worker."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from pipeline.types import Language

Window: TypeAlias = Literal["full", "speech"]
"""How much audio the encoder sees: always 30 s, or the speech plus a margin."""


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """What one sound may cost; both hold while decoding, whatever its headers say."""

    seconds: float = 600.0
    bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class VadSpec:
    """Silero voice activity detection."""

    threshold: float = 0.5
    """Probability of speech, in [0, 1], over which a 32 ms frame counts as speech."""
    min_speech_ms: int = 250
    max_speech_s: float = 30.0
    min_silence_ms: int = 500
    pad_ms: int = 400


@dataclass(frozen=True, slots=True)
class SegmentSpec:
    """How live audio becomes utterances; times are kept to 32 ms.

    They fit together if ``provisional_ms`` is no less than ``shortest_pause_ms``, which is at least
    96, and ``patience * longest_s`` more than the overlap and the pre-roll.
    """

    threshold: float = 0.5
    """Probability of speech, in [0, 1], at which speech begins."""
    hysteresis: float = 0.15
    """It ends so far below the threshold, as in Silero's own iterator."""
    pre_roll_ms: int = 300
    """Kept from before speech was noticed, so that no first syllable is lost."""
    post_roll_ms: int = 200
    """Kept after the speech; no more than ``provisional_ms`` less 64."""
    min_speech_ms: int = 250
    """Less is a click or a cough."""
    provisional_ms: int = 250
    """After this silence, recognition may begin, to be thrown away if the person goes on; sooner
    than ``end_silence_ms``."""
    end_silence_ms: int = 700
    """After this silence, the person has had their say."""
    longest_s: float = 20.0
    """Speech without a pause is cut after this."""
    patience: float = 0.7
    """From this share of ``longest_s`` on, shorter and shorter pauses end the utterance."""
    shortest_pause_ms: int = 100
    """The shortest of them; silences inside words are shorter."""
    overlap_ms: int = 1_000
    """Of two utterances if the cut lies in speech; longer than a word."""


@dataclass(frozen=True, slots=True)
class WhisperSpec:
    """One Whisper model in CTranslate2's format."""

    model: str
    """Its name in the catalogue."""
    path: Path
    languages: frozenset[Language] | None = None
    """What it may be given; ``None`` is every language Whisper knows."""
    threads: int = 4
    workers: int = 2
    compute_type: str = "int8"
    beam: int = 5
    best_of: int = 5
    temperatures: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    compression_ratio_limit: float = 2.4
    log_probability_limit: float = -1.0
    no_speech_limit: float = 0.6
    max_tokens: int = 0
    """Tokens per window; 0 leaves it to the model."""
    tokens_per_second: float = 20.0
    """Nobody speaks faster; a decoder that does is looping, and every token is waited for."""
    timestamps: bool = False
    """Whether the model marks times between its words: more segments, more tokens to wait for."""
    window: Window = "full"
    window_margin_s: float = 1.0
    """Silence kept after the speech when the window is cut to it."""
    chunk_s: float = 30.0
    """The most speech put into one window."""
    joins: bool = True
    """Whether stretches of speech with a pause of up to 2 s between them share a window."""


@dataclass(frozen=True, slots=True)
class RecognizerRoutes:
    """Which recogniser hears which language; ``routing`` reads it."""

    default: WhisperSpec
    """Hears the languages that have no route, and detects which one is spoken."""
    routes: tuple[tuple[Language, WhisperSpec], ...] = ()
    candidate: WhisperSpec | None = None
    """On trial, for the languages it has."""
    candidate_share: int = 0
    """How many of 100 people get the candidate."""
    others: tuple[WhisperSpec, ...] = ()
    """Serve only those who ask for them by name."""
    smaller: WhisperSpec | None = None
    """Hears what is in a hurry."""
    kept: frozenset[Language] = frozenset()
    """Languages that the smaller one does not hear although it could."""


@dataclass(frozen=True, slots=True)
class NllbSpec:
    """One NLLB model in CTranslate2's format."""

    model: str
    path: Path
    threads: int = 4
    compute_type: str = "int8"
    beam: int = 4
    max_tokens: int = 512
    no_repeat_ngram: int = 3
    growth: float = 3.0
    """A translation has at most ``growth * n + slack`` tokens for ``n`` of the source. Languages
    differ by less; a decoder that runs on is looping, and every token is waited for."""
    slack: int = 16
    remote: ClassVar[bool] = False

    @property
    def engine(self) -> str:
        """Who is said to have translated."""
        return self.model


@dataclass(frozen=True, slots=True)
class LibreTranslateSpec:
    """A self-hosted LibreTranslate server."""

    url: str
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 5.0
    """To connect, and for the whole answer."""
    max_bytes: int = 4 * 1024 * 1024
    """Of an answer."""
    remote: ClassVar[bool] = True
    engine: ClassVar[str] = "libretranslate"


@dataclass(frozen=True, slots=True)
class KokoroSpec:
    """One Kokoro model as ONNX, with its file of voices."""

    model: str
    path: Path
    threads: int = 4
    max_characters: int = 5_000
    """Of one text; about six minutes of speech."""
    remote: ClassVar[bool] = False

    @property
    def engine(self) -> str:
        """Who is said to have spoken."""
        return self.model


@dataclass(frozen=True, slots=True)
class GttsSpec:
    """Google's public voice, over the network."""

    timeout_s: float = 5.0
    """To connect, and for each silence of the service."""
    total_s: float = 30.0
    """For all requests of one text; checked between them."""
    max_characters: int = 5_000
    max_requests: int = 50
    """Of one text: there is one per clause, and at least one per 100 characters."""
    remote: ClassVar[bool] = True
    engine: ClassVar[str] = "gtts"


@dataclass(frozen=True, slots=True)
class EspeakSpec:
    """The offline voice that needs no model."""

    max_characters: int = 20_000
    max_seconds: float = 1_800.0
    """Of speech: some signs are read as long words."""
    remote: ClassVar[bool] = False
    engine: ClassVar[str] = "espeak"


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """What a sample of a voice must be; where its figures come from: ``pipeline.enrolling``."""

    least_s: float = 6.0
    """Of speech."""
    most_s: float = 30.0
    """Of what is kept; more speech is left away."""
    level_db: float = -45.0
    """Speech must be louder, in decibels below full scale."""
    ratio_db: float = 15.0
    """Speech must be louder than the noise by this."""
    clipped: float = 0.002
    """Share of samples, in [0, 1], that may be at the limit."""
    part_s: float = 3.0
    """Whether one person speaks is heard by comparing parts of this length."""
    alike: float = 0.5
    """Cosine of the voiceprints of two parts, in [-1, 1], from which they are one person's."""
    same: float = 0.6
    """As ``alike``, of a whole sample and a sentence read for it."""


@dataclass(frozen=True, slots=True)
class XttsSpec:
    """One XTTS-v2, or a fine-tune of it; figures without a source are of its own ``config.json``.

    Beside generation, the settings say how a voice is read from its sample.
    """

    model: str
    """Its name in the catalogue."""
    path: Path
    languages: frozenset[Language]
    """What it may be given; a fine-tune forgets others."""
    threads: int = 2
    temperature: float = 0.75
    """0 takes the likeliest token each time."""
    length_penalty: float = 1.0
    """The library takes it, but one beam is all that streams, and it weighs beams."""
    repetition_penalty: float = 5.0
    top_k: int = 50
    top_p: float = 0.85
    speed: float = 1.0
    """0.5 to 2; other than 1, the decoder hears stretched latents."""
    gpt_cond_len_s: int = 30
    """How much of a sample teaches how the person speaks."""
    gpt_cond_chunk_len_s: int = 4
    """It is read in parts of this length, which are averaged."""
    max_ref_len_s: int = 30
    """How much of a sample is heard at all."""
    sound_norm_refs: bool = False
    """Whether samples are brought to the same peak (0.75 of full scale) first."""
    growth: float = 1.5
    """The longest text a language may have fills the model's 28 s. A shorter one gets its share of
    them, times this, and ``slack`` tokens: a decoder that runs on is lost, and every token is
    waited for."""
    slack: int = 64
    """21.5 tokens are a second."""
    max_characters: int = 2_000
    """Of one text; over two minutes of speech."""

    @property
    def engine(self) -> str:
        """Who is said to have spoken."""
        return self.model


TranslatorSpec: TypeAlias = NllbSpec | LibreTranslateSpec
SynthesizerSpec: TypeAlias = KokoroSpec | GttsSpec | EspeakSpec
EngineSpec: TypeAlias = WhisperSpec | TranslatorSpec | SynthesizerSpec


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """Everything the pipeline needs to know."""

    recognizers: RecognizerRoutes
    translators: tuple[TranslatorSpec, ...]
    """In the order of preference."""
    synthesizers: tuple[SynthesizerSpec, ...]
    """In the order of preference."""
    vad: VadSpec = VadSpec()
    limits: AudioLimits = AudioLimits()
