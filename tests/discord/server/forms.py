"""Request bodies: fields, types and bounds, and Discord's tree of what is wrong with them.

Discord ignores a field it does not know. This server refuses it: a misspelled field is a bug.
"""

from collections.abc import Iterable
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from tests.discord.server.refusals import Json, RefusalError

T = TypeVar("T")


class Form(BaseModel):
    """One object in a body; a field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def shape(self) -> Json:
        """The object as it came, without what was left out."""
        return self.model_dump(mode="json", exclude_unset=True)


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Snowflake: TypeAlias = Annotated[int, BeforeValidator(_number)]
"""An id; it travels as text, or as a number from clients that can."""


def wrong(code: str, words: str) -> PydanticCustomError:
    """What a validator raises: Discord's code for the field, and its words."""
    return PydanticCustomError(code, "{words}", {"words": words})


def read(kind: type[T], given: object, *, below: str = "") -> T:
    """Check a body, or what stands in it under the name ``below``. Raises RefusalError 50035."""
    try:
        return TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        tree = {below: _tree(details)} if below else _tree(details)
        raise RefusalError(400, 50035, "Invalid Form Body", tree) from None


def _tree(details: Iterable[ErrorDetails]) -> Json:
    tree: Json = {}
    for detail in details:
        branch = tree
        for step in detail["loc"]:
            branch = branch.setdefault(str(step), {})
        code, words = _told(detail)
        branch.setdefault("_errors", []).append({"code": code, "message": words})
    return tree


def _told(detail: ErrorDetails) -> tuple[str, str]:
    """Discord's code and words for what pydantic found."""
    facts: dict[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "BASE_TYPE_REQUIRED", "This field is required"
        case "string_too_long" | "too_long":
            words = f"Must be {facts['max_length']} or fewer in length."
            return "BASE_TYPE_MAX_LENGTH", words
        case "string_too_short" | "too_short":
            words = f"Must be {facts['min_length']} or more in length."
            return "BASE_TYPE_MIN_LENGTH", words
        case kind if kind.isupper():
            return kind, detail["msg"]
        case kind:
            return f"BASE_TYPE_{kind.upper()}", detail["msg"]
