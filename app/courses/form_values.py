"""What forms send, as the JSON that the API takes: one set of rules checks both."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from app.core.errors import Fault, InvalidRequestError
from app.core.json_body import as_model
from app.courses.deadlines import LocalTimeError, instant
from app.courses.models import RELEASED
from problems.text import Text

M = TypeVar("M", bound=BaseModel)

DATES = ("opens_at", "due_at", "closes_at")
_SKIPPED = Text(
    "Clocks are put forward over this time, so that it does not exist in the course's time zone.",
    "由于夏令时调整，课程所在时区不存在这一时刻。",
)


def as_body(model: type[M], values: Mapping[str, Any]) -> M:
    """The body that the values make; raises InvalidRequestError with a fault for each that does not fit."""
    return as_model(dict(values), model, "Some entries do not fit.")


def text(sent: FormData, name: str) -> str:
    """A text field, with the line ends of texts; a file is none."""
    value = sent.get(name, "")
    return "" if isinstance(value, UploadFile) else value.replace("\r\n", "\n").strip()


def optional(sent: FormData, name: str) -> str | None:
    return text(sent, name) or None


def number(sent: FormData, name: str) -> Any:
    """The number that was typed; as text, which the rules refuse, when it is none; None for an empty field."""
    typed = text(sent, name)
    with suppress(ValueError):
        return int(typed)
    with suppress(ValueError):
        return float(typed)
    return typed or None


def share(sent: FormData, name: str) -> Any:
    """A percentage as a share: 10 is 0.1, exactly."""
    typed = text(sent, name)
    try:
        return float(Decimal(typed or "0") / 100)
    except InvalidOperation:
        return typed


def seeds(sent: FormData, name: str) -> list[Any] | None:
    """Whole numbers with anything but digits between them."""
    typed = text(sent, name)
    return [_whole(part) for part in typed.replace(",", " ").replace("，", " ").split()] or None


def _whole(typed: str) -> Any:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 20 else typed


def dates(sent: FormData, place: ZoneInfo, names: tuple[str, ...] = DATES) -> dict[str, Any]:
    """Local times of the course as instants, in the words of the API."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in names:
        typed = text(sent, name)
        found[name] = typed or None
        with suppress(ValueError):
            local = datetime.fromisoformat(typed)
            if local.tzinfo is None and 2000 < local.year < 2100:
                try:
                    found[name] = instant(local, place, ends=name != "opens_at").isoformat()
                except LocalTimeError:
                    faults.append(Fault(_SKIPPED, pointer=f"/{name}"))
    if faults:
        raise InvalidRequestError("Some local times do not exist.", faults)
    return found


def local_value(date: datetime | None, place: ZoneInfo) -> str:
    """An instant as a field for local times shows it."""
    return "" if date is None else date.astimezone(place).replace(tzinfo=None).isoformat(timespec="seconds")


def assignment_values(sent: FormData, place: ZoneInfo) -> dict[str, Any]:
    """The form of an assignment's settings. A password is set when one is typed, and taken away by its box."""
    values = {
        "title": text(sent, "title"),
        "instructions": text(sent, "instructions"),
        "attempts_allowed": number(sent, "attempts_allowed"),
        "counting": text(sent, "counting"),
        "attempt_penalty": share(sent, "attempt_penalty"),
        "late_per_day": share(sent, "late_per_day"),
        "key_policy": text(sent, "key_policy"),
        "release": {name: text(sent, f"release-{name}") for name in RELEASED},
        "version": number(sent, "version"),
        **dates(sent, place),
    }
    if text(sent, "password"):
        values["password"] = text(sent, "password")
    elif text(sent, "no_password"):
        values["password"] = None
    return values


def item_values(sent: FormData) -> dict[str, Any]:
    """The form of an item. Fields that its way to deal seeds does not use are passed over."""
    mode = text(sent, "seed_mode")
    pool = seeds(sent, "pool") if mode == "pool" else None
    values = {
        "problem": text(sent, "problem"),
        "form": text(sent, "form"),
        "points": number(sent, "points"),
        "scoring": optional(sent, "scoring"),
        "seed_mode": mode,
        "seed": number(sent, "seed") if mode == "fixed" else None,
        "pool": pool,
        "pool_size": number(sent, "pool_size") if mode == "pool" and pool is None else None,
        "tolerance": None,
    }
    if kind := text(sent, "tolerance_kind"):
        values["tolerance"] = {"kind": kind, "value": number(sent, "tolerance")}
    return values


def extension_values(sent: FormData, place: ZoneInfo) -> dict[str, Any]:
    """The form of an extension, for `person:<id>` or `section:<name>`."""
    kind, _, whose = text(sent, "whose").partition(":")
    return {
        "person_id": whose if kind == "person" else None,
        "section": whose if kind == "section" else None,
        "extra_attempts": number(sent, "extra_attempts") or 0,
        "reason": text(sent, "reason"),
        **dates(sent, place, ("due_at", "closes_at")),
    }


def faults_by_field(error: InvalidRequestError | None) -> dict[str, Text]:
    """The sentences to put beside the fields of a form, by the last step of their pointers."""
    return dict(_by_field(error)) if error is not None else {}


def _by_field(error: InvalidRequestError) -> Iterator[tuple[str, Text]]:
    for fault in reversed(error.faults):
        yield (fault.pointer or "").lstrip("/").partition("/")[0], fault.detail
