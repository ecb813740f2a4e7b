"""settings.toml and the environment, validated, as frozen specs.

No other files but ``sections`` and ``mistakes`` know pydantic.

What counts, strongest first: command-line choices, environment variables (``DRAGOMAN_`` and two
underscores per level: ``DRAGOMAN_HEARING__BEAM=1``), ``settings.toml``, the profile's file,
the defaults below.
"""

import os
import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self, get_args

from pydantic import (
    AfterValidator,
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

from bot import mistakes
from bot.sections import (
    Folder,
    Hearing,
    LanguageSetting,
    Limits,
    OwnVoice,
    Seconds,
    Section,
    Speaking,
    Translating,
    Workers,
    refused,
    some,
)
from pipeline.errors import ConfigurationError, DragomanError

Profile = Literal["demo", "default"]


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


class Overload(Section):
    """What is done when notes would have to wait: rung by rung, and back."""

    model: str | None = None
    """A smaller recogniser for the time being; without one, the usual ones hear with less care."""
    kept: frozenset[LanguageSetting] = frozenset()
    """Languages that it does not hear although it could: their own recogniser stays."""
    smaller_after_s: Seconds = 8.0
    """From this wait on, notes are heard by it, and with no hypotheses beside the best."""
    text_only_after_s: Seconds = 20.0
    """From this wait on, answers are text only."""
    refuse_after_s: Seconds = 120.0
    """Whoever would have to wait longer is asked to come again later."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.smaller_after_s <= self.text_only_after_s <= self.refuse_after_s:
            raise refused("rising")
        return self


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
    """A pause this long may be the end of an utterance: a translation that waits is spoken."""
    end_silence_ms: Annotated[int, Field(ge=200, le=5_000)] = 700
    """After this silence, the person has had their say."""
    longest_s: Annotated[float, Field(ge=5, le=30)] = 20.0
    """Speech without a pause is cut after this; recognisers hear at most 30 s at once."""
    stale_s: Seconds = 20.0
    """A translation older than this is not spoken into the channel any more."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.provisional_ms >= self.end_silence_ms:
            raise refused("pause")
        return self


class Monitoring(Section):
    """Metrics for Prometheus, and answers to who asks how the bot is, over HTTP."""

    listen: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """The address to listen on; what is told needs no password, so keep it to yourself."""
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """The port to listen on, by custom 9464; without one, nothing listens: a port is opened only
    where somebody wants it, and two bots on one machine need two."""


AccountId = Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]


class Account(Section):
    """The bot's account on a chat platform."""

    token: SecretStr | None = None
    operators: frozenset[AccountId] = frozenset()
    """The ids of your own accounts, in quotation marks: they may grant own voices everywhere."""

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
            raise refused("secret")
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


class Current(Protocol):
    """The settings that hold now: ask again each time, some may change while the program runs."""

    @property
    def now(self) -> "Settings":
        """As they are at this moment."""
        ...


class Settings(BaseSettings):
    """Everything an operator can choose."""

    model_config = SettingsConfigDict(
        env_prefix="DRAGOMAN_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    profile: Profile = "default"
    """Which set of models the rest starts from: demo (bundled) or default (pretrained)."""
    commercial: bool = False
    """Whether money is involved: refuses models whose licences forbid that."""
    models_dir: Folder = Path("~/.local/share/dragoman/models")
    """Where fetched models lie."""
    targets: Annotated[tuple[LanguageSetting, ...], AfterValidator(some)]
    """Languages to translate into: the first that is not the spoken one."""
    limits: Limits = Limits()
    hearing: Hearing
    translating: Translating
    speaking: Speaking
    workers: Workers = Workers()
    desk: Desk = Desk()
    overload: Overload = Overload()
    storage: Storage = Storage()
    calls: Calls = Calls()
    own_voice: OwnVoice = OwnVoice()
    monitoring: Monitoring = Monitoring()
    discord: Discord = Discord()
    telegram: Telegram = Telegram()

    @property
    def now(self) -> Self:
        """These, which never change; see Current."""
        return self


class UnusableSettingsError(ConfigurationError):
    """Settings that can't be used, with everything that is wrong with them, each once."""

    def __init__(self, problems: Iterable[DragomanError]) -> None:
        super().__init__()
        self.problems = list({str(each): each for each in problems}.values())


def load(file: Path | None = None, **choices: object) -> Settings:
    """Return the settings from all sources; ``choices`` win. Raises UnusableSettingsError."""
    written = _read(file) if file else {}
    variables = {name.upper(): value for name, value in os.environ.items()}
    profile = choices.get("profile") or variables.get("DRAGOMAN_PROFILE") or written.get("profile")
    base = _profile(profile or "default")

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

    problems = list(mistakes.of_names(os.environ, Settings))
    try:
        given: dict[str, Any] = {name: each for name, each in choices.items() if each is not None}
        found = Loaded(**given)
    except ValidationError as error:
        problems += mistakes.of_values(error, Settings)
    except (SettingsError, RecursionError):
        wrong = list(mistakes.of_json(os.environ, Settings))
        problems += wrong or [ConfigurationError(setting="DRAGOMAN_*", reason="json")]
    if problems:
        raise UnusableSettingsError(problems)
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        problem = ConfigurationError(setting=str(file), reason=error.strerror or "")
    except UnicodeDecodeError:
        problem = ConfigurationError(setting=str(file), reason="encoding")
    except (ValueError, RecursionError) as error:  # TOML's, and that of a number without an end
        problem = ConfigurationError(setting=str(file), reason="toml", where=str(error))
    raise UnusableSettingsError([problem])


def _profile(name: object) -> dict[str, Any]:
    if name not in get_args(Profile):
        # The rest can't be judged without one.
        choices = ", ".join(get_args(Profile))
        problem = ConfigurationError(setting="profile", reason="choice", choices=choices)
        raise UnusableSettingsError([problem])
    file = resources.files("bot") / "profiles" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
