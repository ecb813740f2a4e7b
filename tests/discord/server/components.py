"""Buttons, selects and forms under messages: what a bot may show, as the API reference bounds it.

Components of the second version, which replace a message's text, are not served here.
"""

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from tests.discord.server.forms import Form, Snowflake, wrong

CustomId: TypeAlias = Annotated[str, Field(min_length=1, max_length=100)]


class ControlKind(IntEnum):
    """Component types that stand in a row."""

    BUTTON = 2
    STRING_SELECT = 3
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8


LINK, PREMIUM = 5, 6
"""Styles of buttons that don't come back to the bot."""


class SelectOption(Form):
    """One entry of a select."""

    label: str = Field(min_length=1, max_length=100)
    value: str = Field(min_length=1, max_length=100)
    description: str | None = Field(None, max_length=100)
    emoji: dict[str, Any] | None = None
    default: bool = False


class Control(Form):
    """A button or a select."""

    type: ControlKind
    id: int | None = None
    custom_id: CustomId | None = None
    disabled: bool = False
    style: int | None = Field(None, ge=1, le=6)
    label: str | None = Field(None, max_length=80)
    emoji: dict[str, Any] | None = None
    url: str | None = Field(None, max_length=512)
    sku_id: Snowflake | None = None
    options: list[SelectOption] | None = Field(None, min_length=1, max_length=25)
    placeholder: str | None = Field(None, max_length=150)
    min_values: int = Field(1, ge=0, le=25)
    max_values: int = Field(1, ge=1, le=25)
    required: bool | None = None
    channel_types: list[int] | None = None
    default_values: list[dict[str, Any]] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Control":
        if self.type == ControlKind.BUTTON:
            return self._as_button()
        if self.custom_id is None:
            raise wrong("BASE_TYPE_REQUIRED", "A select needs a custom id")
        if (self.type == ControlKind.STRING_SELECT) != (self.options is not None):
            raise wrong("COMPONENT_OPTIONS_INVALID", "Options belong to string selects")
        values = Counter(option.value for option in self.options or [])
        if any(times > 1 for times in values.values()):
            raise wrong("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "Values must be unique")
        most = len(values) if self.options is not None else 25
        if not self.min_values <= self.max_values <= most:
            raise wrong("SELECT_COMPONENT_MAX_VALUES", "More to pick than there is")
        return self

    def _as_button(self) -> "Control":
        if self.style is None:
            raise wrong("BASE_TYPE_REQUIRED", "A button needs a style")
        if not (self.label or self.emoji or self.style == PREMIUM):
            raise wrong("BUTTON_COMPONENT_LABEL_REQUIRED", "A label or an emoji is required")
        if (self.style == LINK) != (self.url is not None):
            raise wrong("BUTTON_COMPONENT_INVALID_URL", "A URL makes a link, and a link needs one")
        if (self.style in {LINK, PREMIUM}) == (self.custom_id is not None):
            raise wrong("BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "Links alone have no custom id")
        return self


class Row(Form):
    """Up to five buttons, or one select."""

    type: Literal[1]
    id: int | None = None
    components: list[Control] = Field(min_length=1, max_length=5)

    @model_validator(mode="after")
    def _fits(self) -> "Row":
        selects = sum(control.type != ControlKind.BUTTON for control in self.components)
        if selects and len(self.components) > 1:
            raise wrong("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A select fills its row")
        return self


def _distinct(rows: Sequence[Row]) -> None:
    names = Counter(control.custom_id for row in rows for control in row.components)
    if any(times > 1 for name, times in names.items() if name is not None):
        raise wrong("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


class Components(Form):
    """The rows under a message."""

    components: list[Row] | None = Field(None, max_length=5)

    @model_validator(mode="after")
    def _unique(self) -> "Components":
        _distinct(self.components or [])
        return self


class TextInput(Form):
    """A field of a form; lengths in characters."""

    type: Literal[4]
    id: int | None = None
    custom_id: CustomId
    style: Literal[1, 2]
    label: str | None = Field(None, max_length=45)
    required: bool = True
    value: str | None = Field(None, max_length=4000)
    placeholder: str | None = Field(None, max_length=100)
    min_length: int = Field(0, ge=0, le=4000)
    max_length: int = Field(4000, ge=1, le=4000)


class InputRow(Form):
    """A field, in a row or under a label."""

    type: Literal[1, 18]
    id: int | None = None
    label: str | None = Field(None, min_length=1, max_length=45)
    description: str | None = Field(None, max_length=100)
    component: TextInput | None = None
    components: list[TextInput] = Field([], max_length=1)

    @model_validator(mode="after")
    def _one(self) -> "InputRow":
        label = self.label if self.type == 18 else self.field.label
        if not label:
            raise wrong("BASE_TYPE_REQUIRED", "A field needs a label")
        return self

    @property
    def field(self) -> TextInput:
        """The field itself."""
        if self.component is not None:
            return self.component
        if not self.components:
            raise wrong("BASE_TYPE_REQUIRED", "A row needs a field")
        return self.components[0]


class ModalForm(Form):
    """A form that opens over the chat."""

    custom_id: CustomId
    title: str = Field(min_length=1, max_length=45)
    components: list[InputRow] = Field(min_length=1, max_length=5)
