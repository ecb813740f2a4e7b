"""Application commands: what a bot may register, as the API reference bounds it."""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import AfterValidator, Field, StrictFloat, StrictInt, StrictStr, model_validator

from tests.discord.server.forms import Form, Snowflake, wrong
from tests.discord.server.permissions import Permission
from tests.discord.server.refusals import Json, invalid, refused

if TYPE_CHECKING:
    from tests.discord.server.guilds import Guild

_LOCALES = """
id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi
th zh-CN ja zh-TW ko
"""
LOCALES = frozenset(_LOCALES.split())
"""The languages of Discord's apps."""
SIZE_LIMIT = 8000
"""Characters in all names, descriptions and values of a command, of the longest language each."""
_PER_KIND = {1: 100, 2: 15, 3: 15}
_SCRIPTS = ("DEVANAGARI", "THAI")


class CommandKind(IntEnum):
    """Application command types."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class OptionKind(IntEnum):
    """Application command option types."""

    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


_NESTED = frozenset({OptionKind.SUB_COMMAND, OptionKind.SUB_COMMAND_GROUP})
_BELOW = {None: _NESTED, OptionKind.SUB_COMMAND_GROUP: frozenset({OptionKind.SUB_COMMAND})}
"""Where subcommands may stand: below a command, and below a group, which holds nothing else."""
CHOSEN: dict[OptionKind, type | tuple[type, ...]] = {
    OptionKind.STRING: str,
    OptionKind.INTEGER: int,
    OptionKind.NUMBER: (int, float),
}
"""The options that can have choices, and what is chosen then."""


def _in_name(letter: str) -> bool:
    return (
        letter in "-_'"
        or unicodedata.category(letter)[0] in "LN"
        or unicodedata.name(letter, "").startswith(_SCRIPTS)
    )


def _chat_name(name: str) -> str:
    if not all(map(_in_name, name)) or name != name.lower():
        raise wrong("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return name


Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=100)]
MenuName: TypeAlias = Annotated[str, Field(min_length=1, max_length=32)]
ChatName: TypeAlias = Annotated[MenuName, AfterValidator(_chat_name)]


def _languages(given: dict[str, str]) -> dict[str, str]:
    for locale in given:
        if locale not in LOCALES:
            raise wrong("BASE_TYPE_CHOICES", f"{locale} is no language of Discord's apps")
    return given


Texts: TypeAlias = Annotated[dict[str, Text], AfterValidator(_languages)]
MenuNames: TypeAlias = Annotated[dict[str, MenuName], AfterValidator(_languages)]
ChatNames: TypeAlias = Annotated[dict[str, ChatName], AfterValidator(_languages)]


class Choice(Form):
    """A value to choose, and how it reads."""

    name: Text
    name_localizations: Texts | None = None
    value: Annotated[StrictStr, Field(max_length=100)] | StrictInt | StrictFloat


class Option(Form):
    """A parameter, a subcommand, or a group of these."""

    type: OptionKind
    name: ChatName
    name_localizations: ChatNames | None = None
    description: Text
    description_localizations: Texts | None = None
    required: bool = False
    choices: list[Choice] = Field([], max_length=25)
    options: list["Option"] = Field([], max_length=25)
    channel_types: list[int] = Field([])
    min_value: float | None = None
    max_value: float | None = None
    min_length: int | None = Field(None, ge=0, le=6000)
    max_length: int | None = Field(None, ge=1, le=6000)
    autocomplete: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "Option":
        if (self.choices or self.autocomplete) and self.type not in CHOSEN:
            raise wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "This type has no choices")
        if any(not isinstance(choice.value, CHOSEN[self.type]) for choice in self.choices):
            raise wrong("BASE_TYPE_BAD_TYPE", "Choices are of the option's type")
        if self.choices and self.autocomplete:
            raise wrong("APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", "Choices exclude autocomplete")
        if self.options and self.type not in _NESTED:
            raise wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "This type has no options")
        _check_options(self.options, below=self.type)
        return self

    def size(self) -> int:
        """Characters that count against ``SIZE_LIMIT``."""
        own = _longest(self.name, self.name_localizations)
        own += _longest(self.description, self.description_localizations)
        own += sum(
            _longest(choice.name, choice.name_localizations) + len(str(choice.value))
            for choice in self.choices
        )
        return own + sum(option.size() for option in self.options)


def _longest(text: str, localised: dict[str, str] | None) -> int:
    return max(map(len, [text, *(localised or {}).values()]))


def _check_options(options: Sequence[Option], *, below: OptionKind | None = None) -> None:
    """Apply the rules that hold between options."""
    names = Counter(option.name for option in options)
    if any(times > 1 for times in names.values()):
        raise wrong("APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Names must be unique")
    kinds = {option.type for option in options}
    plain = kinds.isdisjoint(_NESTED) and below != OptionKind.SUB_COMMAND_GROUP
    if not plain and not (kinds and kinds <= _BELOW.get(below, frozenset())):
        raise wrong("APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-commands cannot stand here")
    required = [option.required for option in options]
    if required != sorted(required, reverse=True):
        raise wrong(
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
            "Required options must be placed before non-required options",
        )


class CommandForm(Form):
    """A command as the bot describes it."""

    type: CommandKind = CommandKind.CHAT_INPUT
    name: MenuName
    name_localizations: MenuNames | None = None
    description: str = Field("", max_length=100)
    description_localizations: Texts | None = None
    options: list[Option] = Field([], max_length=25)
    default_member_permissions: Snowflake | None = None
    dm_permission: bool | None = None
    nsfw: bool = False
    contexts: list[Annotated[int, Field(ge=0, le=2)]] | None = None
    integration_types: list[Annotated[int, Field(ge=0, le=1)]] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "CommandForm":
        if self.type == CommandKind.CHAT_INPUT:
            for name in (self.name, *(self.name_localizations or {}).values()):
                _chat_name(name)
            if not self.description:
                raise wrong("BASE_TYPE_REQUIRED", "A description is required")
        elif self.description or self.options:
            raise wrong(
                "APPLICATION_COMMAND_DESCRIPTION_FORBIDDEN",
                "Context menu commands cannot have a description or options",
            )
        _check_options(self.options)
        if self.size() > SIZE_LIMIT:
            raise wrong(
                "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({SIZE_LIMIT})"
            )
        return self

    def size(self) -> int:
        """Characters that count against ``SIZE_LIMIT``."""
        own = _longest(self.name, self.name_localizations)
        own += _longest(self.description, self.description_localizations)
        return own + sum(option.size() for option in self.options)


@dataclass(frozen=True)
class Command:
    """A command that is registered."""

    id: int
    version: int
    application: int
    guild: "Guild | None"
    """Where it is registered; ``None`` is everywhere."""
    form: CommandForm

    @property
    def contexts(self) -> frozenset[int]:
        """Where it may be used: 0 a server, 1 the bot's private chat, 2 other private chats."""
        if self.guild is not None or self.form.dm_permission is False:
            return frozenset({0})
        return frozenset((0, 1, 2) if self.form.contexts is None else self.form.contexts)

    @property
    def installs(self) -> frozenset[int]:
        """How it is brought along: 0 by a server, 1 by a person."""
        given = self.form.integration_types
        return frozenset((0,) if self.guild is not None or given is None else given)

    @property
    def needs(self) -> Permission:
        """What a member must be allowed to see it, unless a server changes that."""
        return Permission(self.form.default_member_permissions or 0)

    def shape(self) -> Json:
        """An Application Command."""
        needs = self.form.default_member_permissions
        return {
            "description": "",
            "options": [],
            "dm_permission": True,
            **self.form.model_dump(mode="json", exclude_unset=True),
            "id": str(self.id),
            "application_id": str(self.application),
            "version": str(self.version),
            "type": int(self.form.type),
            "default_member_permissions": None if needs is None else str(needs),
            "contexts": sorted(self.contexts) if self.guild is None else None,
            "integration_types": sorted(self.installs),
            **({"guild_id": str(self.guild.id)} if self.guild else {}),
        }


def check_set(forms: Sequence[CommandForm]) -> None:
    """Apply the rules that hold between commands. Raises RefusalError."""
    for kind, limit in _PER_KIND.items():
        if sum(form.type == kind for form in forms) > limit:
            raise refused(400, 30032, f"Maximum number of application commands reached ({limit})")
    for number, again in _repeated(forms):
        raise invalid(
            f"{number}.name",
            "APPLICATION_COMMANDS_DUPLICATE_NAME",
            f"Application command names must be unique: {again.name}",
        )


def _repeated(forms: Sequence[CommandForm]) -> Iterator[tuple[int, CommandForm]]:
    seen = set()
    for number, form in enumerate(forms):
        if (form.type, form.name) in seen:
            yield number, form
        seen.add((form.type, form.name))
