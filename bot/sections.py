"""The tables of settings.toml that say which models work, and how."""

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Final, Literal, LiteralString, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot import cores
from pipeline import languages
from pipeline.errors import UnknownLanguageError
from pipeline.types import Language

OURS: Final = "configuration."
"""With this begins the name of the sentence for what we refuse and pydantic would not."""


def refused(reason: LiteralString, **facts: str) -> PydanticCustomError:
    """Return a ValueError whose sentence ``bot.messages`` has as ``configuration.reason``."""
    return PydanticCustomError(f"{OURS}{reason}", reason, dict(facts))


def _language(value: object) -> Language:
    if not isinstance(value, str):
        raise refused("text")
    try:
        return languages.parse(value)
    except UnknownLanguageError:
        raise refused("language", value=value) from None


def some(values: tuple[Language, ...]) -> tuple[Language, ...]:
    """Return the languages; raises ValueError for none."""
    if not values:
        raise refused("none")
    return values


def _whole(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise refused("home") from None


LanguageSetting = Annotated[Language, BeforeValidator(_language)]
Probability = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Folder = Annotated[Path, AfterValidator(_whole), Field(validate_default=True)]
CORES = min(4, cores.usable())
"""Threads by default: more than there are cores only wait for each other."""
Threads = Annotated[
    int, Field(ge=1, le=256, json_schema_extra={"default": "the cores it may use, at most 4"})
]
"""The documents are the same on every machine, so they tell the rule and not the number."""


class Section(BaseModel):
    """A table of settings.toml; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Limits(Section):
    """What one recording may cost."""

    seconds: Seconds = 600.0
    """The longest recording, in seconds."""
    bytes: Annotated[int, Field(gt=0)] = 64 * 1024 * 1024
    """The largest file, in bytes."""


class Vad(Section):
    """Voice activity detection: where somebody speaks."""

    threshold: Probability = 0.5
    """Probability over which a frame counts as speech."""
    min_speech_ms: Annotated[int, Field(ge=0)] = 250
    """Speech shorter than this is dropped."""
    max_speech_s: Seconds = 30.0
    """Speech longer than this is cut at its quietest place."""
    min_silence_ms: Annotated[int, Field(ge=0)] = 500
    """A pause shorter than this does not end a stretch of speech."""
    pad_ms: Annotated[int, Field(ge=0)] = 400
    """Kept before and after speech."""


class Candidate(Section):
    """A recogniser on trial for a share of the people."""

    model: str
    """Its name in the catalogue."""
    share: Annotated[int, Field(ge=0, le=100)]
    """How many of 100 people get it; the same people stay in as it grows."""


class Hearing(Section):
    """Speech to text."""

    default: str
    """The recogniser of every language without a route, and the one that detects languages."""
    routes: dict[LanguageSetting, str] = {}
    """A recogniser per language."""
    candidate: Candidate | None = None
    """A recogniser on trial."""
    allowed: frozenset[LanguageSetting] = frozenset()
    """Languages that may be detected; empty allows all."""
    threads: Threads = CORES
    """Threads per computation; the number of cores is a good choice."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Computations at the same time on the same weights; the process asks for one at a time."""
    compute_type: Literal["int8", "int8_float32", "int16", "float32"] = "int8"
    """Precision of the computation."""
    beam: Annotated[int, Field(ge=1, le=32)] = 5
    """Hypotheses kept while decoding."""
    best_of: Annotated[int, Field(ge=1, le=32)] = 5
    """Samples taken at temperatures over 0."""
    temperatures: tuple[Probability, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    """Tried in turn while the text is doubtful."""
    compression_ratio_limit: Annotated[float, Field(gt=0)] = 2.4
    """Text that compresses better than this is a loop."""
    log_probability_limit: Annotated[float, Field(le=0)] = -1.0
    """A mean token probability below this makes the text doubtful."""
    no_speech_limit: Probability = 0.6
    """Over this the window is taken for silence, if the text is doubtful too."""
    max_tokens: Annotated[int, Field(ge=0, le=220)] = 0
    """Tokens per window; 0 leaves it to the model."""
    timestamps: bool = False
    """Let the model mark times: finer segments for transcripts, slower."""
    windows: dict[str, Literal["full", "speech"]] = {}
    """Per model, what the encoder sees; the catalogue's choice where none is set."""
    window_margin_s: Annotated[float, Field(ge=0, le=30)] = 1.0
    """Silence kept after the speech when the window is cut to it."""
    vad: Vad = Vad()


class LibreTranslate(Section):
    """A self-hosted LibreTranslate server."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    """Its address, such as http://127.0.0.1:5000."""
    api_key: SecretStr | None = None
    """If the server wants one."""
    timeout_s: Seconds = 5.0
    """How long to wait for an answer."""


class Translating(Section):
    """Text to text."""

    order: tuple[str, ...]
    """Translators, the preferred one first; LibreTranslate follows them if it is set."""
    libretranslate: LibreTranslate | None = None
    """The fallback."""
    threads: Threads = CORES
    """Threads per computation."""
    compute_type: Literal["int8", "int8_float32", "int16", "float32"] = "int8"
    """Precision of the computation."""
    beam: Annotated[int, Field(ge=1, le=32)] = 4
    """Hypotheses kept while decoding."""
    max_tokens: Annotated[int, Field(ge=8, le=4096)] = 512
    """Tokens per sentence."""
    no_repeat_ngram: Annotated[int, Field(ge=0, le=16)] = 3
    """No run of this many tokens comes twice; 0 allows it."""
    cache_hours: Annotated[float, Field(ge=0, le=720)] = 24.0
    """How long a translation is remembered; 0 forgets at once."""


class Speaking(Section):
    """Text to speech."""

    order: tuple[str, ...]
    """Voices, the preferred one first: a Kokoro model of the catalogue, gtts, espeak."""
    threads: Threads = CORES
    """Threads per computation."""
    gtts_timeout_s: Seconds = 5.0
    """How long to wait for Google's voice."""


class Workers(Section):
    """The processes that compute."""

    timeout_s: Seconds = 300.0
    """A computation that takes longer is stopped."""
    start_timeout_s: Seconds = 120.0
    """Added for the first one, which loads the models."""
    decode_timeout_s: Seconds = 60.0
    """Decoding a recording may take this long."""
    decode_memory_mb: Annotated[int, Field(ge=32)] = 128
    """What decoders may take beside the recording and its samples."""
    network_threads: Annotated[int, Field(ge=1, le=64)] = 8
    """Requests to other servers at the same time."""


def _key(value: SecretStr) -> SecretStr:
    if _decoded(value) is None:
        raise refused("key")
    return value


def _decoded(key: SecretStr) -> bytes | None:
    """Return the 32 bytes that are written in base64 or hex, if they are."""
    written = key.get_secret_value().strip()
    try:
        data = (
            bytes.fromhex(written)
            if len(written) == 2 * _KEY
            else b64decode(written, validate=True)
        )
    except ValueError:
        return None
    return data if len(data) == _KEY else None


_KEY = 32
"""Bytes of a key."""


class Sample(Section):
    """What a sample of a voice must be."""

    least_s: Annotated[float, Field(ge=1, le=30)] = 6.0
    """Seconds of speech."""
    most_s: Annotated[float, Field(ge=6, le=120)] = 30.0
    """Seconds that are kept; more speech is left away."""
    level_db: Annotated[float, Field(ge=-90, le=0)] = -45.0
    """Speech must be louder, in decibels below full scale."""
    ratio_db: Annotated[float, Field(ge=0, le=90)] = 15.0
    """Speech must be louder than the noise by this, in decibels."""
    clipped: Probability = 0.002
    """Share that may be too loud for the microphone."""
    part_s: Annotated[float, Field(ge=1, le=30)] = 3.0
    """Whether one person speaks is heard by comparing parts of this length."""
    alike: Annotated[float, Field(ge=-1, le=1)] = 0.5
    """Likeness of two parts from which they are one person's."""
    same: Annotated[float, Field(ge=-1, le=1)] = 0.6
    """Likeness of the sample and the sentence read for it from which they are one person's."""


class OwnVoice(Section):
    """Translations again in the speaker's own voice, a little later."""

    models: tuple[str, ...] = ()
    """Cloners of the catalogue, such as xtts-v2; the first that has the language speaks it. Without
    any there are no own voices."""
    key: Annotated[SecretStr, AfterValidator(_key)] | None = None
    """Seals what is kept of voices: 32 random bytes in base64 or hex, to be kept apart from the
    database. With another one, what is kept can't be read."""
    collects: bool = False
    """Whether people may have their sample collected from their notes, once they said yes."""
    sample: Sample = Sample()
    threads: Threads = CORES
    """Threads of the process that speaks."""
    niceness: Annotated[int, Field(ge=0, le=19)] = 19
    """How far that process stands back behind all others."""
    idle_unload_s: Seconds = 300.0
    """Its models are unloaded when it had nothing to do for this long."""
    timeout_s: Seconds = 1_800.0
    """A clip that takes longer is stopped."""
    max_memory_mb: Annotated[int, Field(ge=256)] = 6_144
    """The process is renewed when it holds more after a clip, and killed at twice that."""
    busy: Literal["wait", "go_on"] = "wait"
    """While notes wait or are worked on: make clips stand still, or go on beside them."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """How often a clip that failed is tried again."""
    expiry_h: Annotated[float, Field(gt=0, le=720)] = 24.0
    """A clip that could not be made in this time is not wanted any more."""
    sample_days: Annotated[float, Field(gt=0, le=3_650)] = 30.0
    """A voice is erased so long after its consent, unless it is renewed."""

    @property
    def secret(self) -> bytes | None:
        """The key's 32 bytes."""
        return None if self.key is None else _decoded(self.key)

    @property
    def is_set(self) -> bool:
        """Whether there are own voices."""
        return bool(self.models)

    @model_validator(mode="after")
    def _sealed(self) -> Self:
        if self.models and self.key is None:
            raise refused("keyless")
        return self
