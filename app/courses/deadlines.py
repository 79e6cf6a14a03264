"""When answers are taken, and what lateness costs: pure functions of instants.

Deadlines are instants, compared with the instant at which the server received the request. The rules:

- Every limit is inclusive: what arrives in the very microsecond at which an assignment is due or closes is in time.
- A day of lateness is 24 hours and counts as soon as it has begun, however clocks are moved meanwhile.
- An extension never takes anything away: of all dates that apply to a student the latest counts, and no date that is
  extended lies after the one at which the assignment closes for this student.
- A local time that clocks skip in spring names no instant and is refused. One that they pass twice in autumn is taken
  the first time where something opens and the second time where it ends: both times in the student's favour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)

Phase: TypeAlias = Literal["early", "open", "late", "closed"]


class Dated(Protocol):
    """What of an assignment is needed (a row of the table will do)."""

    @property
    def opens_at(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def closes_at(self) -> datetime | None: ...
    @property
    def attempts_allowed(self) -> int | None: ...


class Extended(Protocol):
    """What of an extension is needed (a row of the table will do)."""

    @property
    def person_id(self) -> str | None: ...
    @property
    def section(self) -> str | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def closes_at(self) -> datetime | None: ...
    @property
    def extra_attempts(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Window:
    """The dates and the number of attempts that hold for one person; None is without a limit.

    All dates are kept in UTC: Python compares and subtracts two datetimes of one time zone by their local times.
    """

    opens: datetime | None
    due: datetime | None
    closes: datetime | None
    attempts_allowed: int | None

    def __post_init__(self) -> None:
        for name in ("opens", "due", "closes"):
            date: datetime | None = getattr(self, name)
            object.__setattr__(self, name, date and date.astimezone(UTC))

    def attempts_left(self, used: int) -> int | None:
        """How many attempts may follow so many; None is any number."""
        return None if self.attempts_allowed is None else max(0, self.attempts_allowed - used)

    def phase(self, arrived_at: datetime) -> Phase:
        """Where an instant lies: "early" before it opens, "late" after it was due, "closed" when it is over."""
        arrived_at = arrived_at.astimezone(UTC)
        if self.opens is not None and arrived_at < self.opens:
            return "early"
        if self.closes is not None and arrived_at > self.closes:
            return "closed"
        return "open" if self.due is None or arrived_at <= self.due else "late"


def window(assignment: Dated, extensions: Iterable[Extended], person_id: str, section: str | None) -> Window:
    """What holds for this person, who belongs to this section, if to any; other people's extensions are passed over."""
    mine = [each for each in extensions if each.person_id == person_id or (section and each.section == section)]
    due = _latest(assignment.due_at, [each.due_at for each in mine])
    closes = _latest(assignment.closes_at, [each.closes_at for each in mine])
    if closes is not None and due is not None:
        closes = max(closes, due)
    allowed = assignment.attempts_allowed
    if allowed is not None:
        allowed += max((each.extra_attempts for each in mine), default=0)
    return Window(assignment.opens_at, due, closes, allowed)


def _latest(date: datetime | None, extended: Iterable[datetime | None]) -> datetime | None:
    """None as the date itself is no limit, and stays none; None as an extension leaves it as it is."""
    dates = [date, *(each for each in extended if each is not None)] if date is not None else []
    return max((each.astimezone(UTC) for each in dates), default=None)


def late_factor(window: Window, late_per_day: float, arrived_at: datetime) -> float:
    """The share of the points that is left: 1 in time, less by `late_per_day` for every started day, never below 0."""
    arrived_at = arrived_at.astimezone(UTC)
    if window.due is None or arrived_at <= window.due:
        return 1.0
    started = -((window.due - arrived_at) // DAY)  # rounded up; timedelta divides in whole microseconds
    # Ten days of 0.1 are all of it: fractions of the decimal that was typed, since floats would leave a rest.
    return float(max(Fraction(0), 1 - started * Fraction(repr(late_per_day))))


class LocalTimeError(ValueError):
    """A local time that names no instant, because clocks are put forward over it."""


def zone(name: str) -> ZoneInfo:
    """The time zone of this name, such as ``Asia/Shanghai``; raises `ValueError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of the database
        raise ValueError(f"{name!r} is no time zone of the IANA database.") from None


def instant(local: datetime, zone: ZoneInfo, *, ends: bool) -> datetime:
    """The instant, in UTC, at which clocks in the zone show this local time; `ends` says which of two to take.

    Raises:
        LocalTimeError: they never do.

    """
    found = local.replace(tzinfo=zone, fold=1 if ends else 0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None, fold=0):
        raise LocalTimeError(f"Clocks in {zone.key} are put forward over {local:%Y-%m-%d %H:%M}.")
    return found


def shifted(date: datetime | None, days: int, zone: ZoneInfo) -> datetime | None:
    """The date so many days later at the same local time, as people copy an assignment to the next term.

    Where clocks skip that local time the instant is the one that they show as an hour later.
    """
    if date is None:
        return None
    local = date.astimezone(zone)
    return (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone, fold=local.fold).astimezone(UTC)
