"""settings.toml and the environment, validated, as frozen specs. No other file knows pydantic.

What counts, strongest first: command-line choices, environment variables (``DRAGOMAN_`` and two
underscores per level: ``DRAGOMAN_HEARING__BEAM=1``), ``settings.toml``, the profile's file,
the defaults below.
"""

import os
import re
import tomllib
from base64 import b64decode
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from pipeline import languages
from pipeline.errors import ConfigurationError, DragomanError, UnknownLanguageError
from pipeline.types import Language

Profile = Literal["demo", "default"]


def _language(value: str) -> Language:
    try:
        return languages.parse(value)
    except UnknownLanguageError:
        raise ValueError(f"no language “{value}” is known") from None


def _some(values: tuple[Language, ...]) -> tuple[Language, ...]:
    if not values:
        raise ValueError("name at least one language")
    return values


LanguageSetting = Annotated[Language, BeforeValidator(_language)]
Probability = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
CORES = min(4, os.cpu_count() or 1)
"""Threads by default: more than there are cores only wait for each other."""
Folder = Annotated[Path, AfterValidator(Path.expanduser)]


class Section(BaseModel):
    """A table of settings.toml; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    threads: Annotated[int, Field(ge=1, le=256)] = CORES
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
    threads: Annotated[int, Field(ge=1, le=256)] = CORES
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
    threads: Annotated[int, Field(ge=1, le=256)] = CORES
    """Threads per computation."""
    gtts_timeout_s: Seconds = 5.0
    """How long to wait for Google's voice."""


class Workers(Section):
    """The processes that compute."""

    timeout_s: Seconds = 300.0
    """A computation that takes longer is stopped."""
    start_timeout_s: Seconds = 120.0
    """Added for the first one, which loads the models."""
    network_threads: Annotated[int, Field(ge=1, le=64)] = 8
    """Requests to other servers at the same time."""


class Desk(Section):
    """How many notes are taken on, and how long they may take."""

    at_once: Annotated[int, Field(ge=1, le=64)] = 2
    """Notes worked on at the same time: while one is computed, another is fetched or sent."""
    per_person: Annotated[int, Field(ge=1, le=1_000)] = 5
    """Notes of one person that wait or are worked on."""
    per_chat: Annotated[int, Field(ge=1, le=1_000)] = 20
    """Notes of one chat that wait or are worked on."""
    total: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Notes of everybody that wait or are worked on."""
    timeout_s: Seconds = 900.0
    """A note that takes longer, waiting excluded, is given up."""
    grace_s: Annotated[float, Field(ge=0, le=3_600)] = 20.0
    """When the program is asked to end, notes that were begun have so long to be finished."""


class Storage(Section):
    """What is remembered, and for how long."""

    path: Folder = Path("~/.local/share/dragoman/dragoman.db")
    """The database."""
    translations_mb: Annotated[int, Field(ge=1, le=65_536)] = 64
    """Room for translations; they are kept for translating.cache_hours."""
    speech_mb: Annotated[int, Field(ge=1, le=65_536)] = 256
    """Room for spoken audio."""
    speech_hours: Annotated[float, Field(ge=0, le=720)] = 1.0
    """How long spoken audio is kept; 0 keeps none."""
    transcript_days: Annotated[float, Field(ge=0, le=3_650)] = 30.0
    """How long the transcripts of calls are kept, where a server wants that; 0 allows none."""
    transcripts_mb: Annotated[int, Field(ge=1, le=65_536)] = 16
    """Room for the transcripts of each server."""


class Calls(Section):
    """Live calls."""

    speakers: Annotated[int, Field(ge=1, le=1_000)] = 25
    """People of one call who are listened to at the same time."""
    join_timeout_s: Seconds = 30.0
    """How long joining may take."""
    alone_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """An empty channel is left after this."""
    provisional_ms: Annotated[int, Field(ge=100, le=5_000)] = 250
    """After this silence, recognition begins, to be thrown away if the person goes on."""
    end_silence_ms: Annotated[int, Field(ge=200, le=5_000)] = 700
    """After this silence, the person has had their say."""
    longest_s: Annotated[float, Field(ge=5, le=30)] = 20.0
    """Speech without a pause is cut after this; recognisers hear at most 30 s at once."""
    stale_s: Seconds = 20.0
    """A translation older than this is not spoken into the channel any more."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.provisional_ms >= self.end_silence_ms:
            raise ValueError("provisional_ms must be less than end_silence_ms")
        return self


def _key(value: SecretStr) -> SecretStr:
    if _decoded(value) is None:
        raise ValueError("a key is 32 random bytes, written in base64 or hex")
    return value


def _decoded(key: SecretStr) -> bytes | None:
    """Return the 32 bytes that are written in base64 or hex, if they are."""
    written = key.get_secret_value().strip()
    try:
        data = bytes.fromhex(written) if len(written) == 2 * _KEY else b64decode(written)
    except ValueError:
        return None
    return data if len(data) == _KEY else None


_KEY = 32
"""Bytes of a key."""


class OwnVoice(Section):
    """Translations again in the speaker's own voice, a little later."""

    models: tuple[str, ...] = ()
    """Cloners of the catalogue, such as xtts-v2; the first that has the language speaks it. Without
    any there are no own voices."""
    key: Annotated[SecretStr, AfterValidator(_key)] | None = None
    """Seals what is kept of voices: 32 random bytes in base64 or hex, to be kept apart from the
    database. With another one, what is kept can't be read."""
    threads: Annotated[int, Field(ge=1, le=256)] = CORES
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
    """While notes are waiting or worked on: begin no clip, or go on beside them."""
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
            raise ValueError("models are set, so set a key as well: openssl rand -base64 32")
        return self


class Account(Section):
    """The bot's account on a chat platform."""

    token: SecretStr | None = None

    @property
    def is_set(self) -> bool:
        """Whether the platform is to be served."""
        return self.token is not None and bool(self.token.get_secret_value())


class Discord(Account):
    """The bot on Discord."""

    token: SecretStr | None = None
    """From the developer portal; without it there is no bot on Discord."""


class Webhook(Section):
    """Telegram calls us, rather than we it."""

    url: Annotated[str, Field(pattern=r"^https://")]
    """The public address, as Telegram reaches it."""
    secret: Annotated[SecretStr, Field(min_length=16, max_length=256)]
    """What Telegram sends along, so that nobody else can: letters, digits, _ and -."""
    listen: str = "127.0.0.1"
    """The address to listen on, behind the server that speaks TLS."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 8443
    """The port to listen on."""

    @field_validator("secret")
    @classmethod
    def _sendable(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch("[A-Za-z0-9_-]+", secret.get_secret_value()):
            raise ValueError("only letters, digits, _ and - can be sent along")
        return secret


class Telegram(Account):
    """The bot on Telegram."""

    token: SecretStr | None = None
    """From @BotFather; without it there is no bot on Telegram."""
    api_url: Annotated[str, Field(pattern=r"^https?://")] = "https://api.telegram.org"
    """The Bot API server; your own takes files over 20 MB."""
    local_mode: bool = False
    """Whether your own Bot API server runs with --local, on a disk that we can read."""
    webhook: Webhook | None = None
    """Wait for Telegram's calls; without it, we ask again and again."""


class Settings(BaseSettings):
    """Everything an operator can choose."""

    model_config = SettingsConfigDict(
        env_prefix="DRAGOMAN_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    profile: Profile = "default"
    """Which set of models the rest starts from: demo (bundled) or default (pretrained)."""
    commercial: bool = False
    """Whether money is involved: refuses models whose licences forbid that."""
    models_dir: Folder = Path("~/.local/share/dragoman/models")
    """Where fetched models lie."""
    targets: Annotated[tuple[LanguageSetting, ...], AfterValidator(_some)]
    """Languages to translate into: the first that is not the spoken one."""
    limits: Limits = Limits()
    hearing: Hearing
    translating: Translating
    speaking: Speaking
    workers: Workers = Workers()
    desk: Desk = Desk()
    storage: Storage = Storage()
    calls: Calls = Calls()
    own_voice: OwnVoice = OwnVoice()
    discord: Discord = Discord()
    telegram: Telegram = Telegram()


class UnusableSettingsError(ConfigurationError):
    """Settings that can't be used, with everything that is wrong with them."""

    def __init__(self, problems: Sequence[DragomanError]) -> None:
        super().__init__()
        self.problems = problems


def load(file: Path | None = None, **choices: object) -> Settings:
    """Return the settings from all sources; ``choices`` win. Raises UnusableSettingsError."""
    written = _read(file) if file else {}
    profile = choices.get("profile") or os.environ.get("DRAGOMAN_PROFILE") or written.get("profile")
    base = _profile(str(profile or "default"))

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - read by nobody
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            files = (InitSettingsSource(settings_cls, values) for values in (written, base))
            return init_settings, env_settings, *files

    try:
        given: dict[str, Any] = {name: each for name, each in choices.items() if each is not None}
        return Loaded(**given)
    except ValidationError as error:
        raise UnusableSettingsError(list(_problems(error))) from None
    except SettingsError as error:
        raise UnusableSettingsError(
            [ConfigurationError(setting="DRAGOMAN_*", reason=str(error))]
        ) from None


def _problems(error: ValidationError) -> Iterator[ConfigurationError]:
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(part) for part in each["loc"]) or "settings"
        yield ConfigurationError(setting=where, reason=each["msg"])


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
    raise UnusableSettingsError([ConfigurationError(setting=str(file), reason=reason)])


def _profile(name: str) -> dict[str, Any]:
    file = resources.files("bot") / "profiles" / f"{name}.toml"
    if name not in get_args(Profile):
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))
