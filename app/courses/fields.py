"""Kinds of values in the bodies of courses and assignments, and what a change is."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.accounts.people import normal_email
from app.core.json_body import Body
from app.courses import deadlines
from problems.draws import MAX_SEED

PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
LINES = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"  # tabs and line feeds too
MAX_ITEMS = 100
MAX_POOL = 200


def _time_zone(name: str) -> str:
    try:
        deadlines.zone(name)
    except ValueError:
        raise PydanticCustomError("time_zone", "no time zone") from None
    return name


def _email(address: str) -> str:
    if normal_email(address) is None:
        raise PydanticCustomError("email", "no address")
    return address


def _whole(value: Any) -> Any:
    """3.0 is an integer in JSON Schema; "3" and true are not."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def line(maximum: int, minimum: int = 0) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=minimum, max_length=maximum, pattern=PRINTABLE)


Whole: TypeAlias = Annotated[int, BeforeValidator(_whole)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Title: TypeAlias = Annotated[str, line(200, 1)]
Label: TypeAlias = Annotated[str, line(64, 1)]
Lines: TypeAlias = Annotated[str, StringConstraints(max_length=20_000, pattern=LINES)]
Seed: TypeAlias = Annotated[Whole, Field(ge=0, le=MAX_SEED)]
Email: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=254),
    AfterValidator(_email),
    Field(json_schema_extra={"format": "email"}),
]
TimeZone: TypeAlias = Annotated[str, AfterValidator(_time_zone), Field(examples=["Asia/Shanghai"])]
Uuid: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


def _without_defaults(schema: dict[str, Any]) -> None:
    for each in schema["properties"].values():
        each.pop("default", None)


class Change(Body):
    """The body of a PATCH: what is left out stays as it is, so the defaults of its members mean nothing."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    def changes(self) -> dict[str, Any]:
        """What was sent."""
        return self.model_dump(exclude_unset=True)
