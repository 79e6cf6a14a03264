"""Deadlines, exact to the microsecond, and local times over the days on which clocks are moved."""
# ruff: noqa: DTZ001 - a local time has no zone yet

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.courses.deadlines import (
    LocalTimeError,
    Window,
    instant,
    late_factor,
    shifted,
    window,
    zone,
)

MICROSECOND = timedelta(microseconds=1)
DUE = datetime(2026, 10, 23, 15, 59, 59, tzinfo=UTC)

# Ordinary hours, half an hour (Lord Howe), midnight (Santiago), no change at all, a skipped day (Apia, 2011).
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Shanghai",
    "Pacific/Apia",
]

instants = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@dataclass
class Dates:
    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    attempts_allowed: int | None = None


@dataclass
class Extra:
    person_id: str | None = None
    section: str | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    extra_attempts: int = 0


def due(at: datetime) -> Window:
    return Window(None, at, None, None)


@pytest.mark.parametrize(
    ("after", "factor"),
    [
        (timedelta(days=-3), 1.0),
        (timedelta(), 1.0),  # in the very microsecond
        (MICROSECOND, 0.9),
        (timedelta(days=1), 0.9),
        (timedelta(days=1) + MICROSECOND, 0.8),
        (timedelta(days=3), 0.7),  # 1 - 3 * 0.1 is not 0.7 in floats
        (timedelta(days=10), 0.0),
        (timedelta(days=999), 0.0),
    ],
)
def test_a_tenth_is_lost_for_each_started_day(after, factor):
    assert late_factor(due(DUE), 0.1, DUE + after) == factor


@given(instants, st.integers(0, 40 * 86_400_000_000), st.decimals(0, 1, places=3))
def test_the_share_that_is_left_is_counted_day_by_day(at, microseconds, per_day):
    arrived = at + timedelta(microseconds=microseconds)
    days = next(n for n in range(42) if at + timedelta(days=n) >= arrived)
    left = max(Decimal(0), 1 - days * per_day)
    assert late_factor(due(at), float(per_day), arrived) == pytest.approx(float(left), abs=1e-15)


@given(instants, instants, offsets, offsets)
def test_only_the_instants_count_not_the_zones_they_are_told_in(at, arrived, one, other):
    assert late_factor(due(at), 0.25, arrived) == late_factor(due(at.astimezone(one)), 0.25, arrived.astimezone(other))


def test_a_day_of_lateness_is_24_hours_when_clocks_are_moved():
    """In Berlin, 25 October 2026 has 25 hours: a whole day after 18:00 clocks show 17:00."""
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 10, 24, 18, tzinfo=berlin)
    assert late_factor(due(at), 0.1, datetime(2026, 10, 25, 17, tzinfo=berlin)) == 0.9
    assert late_factor(due(at), 0.1, datetime(2026, 10, 25, 17, 0, 0, 1, tzinfo=berlin)) == 0.8


def test_without_a_due_date_nothing_is_late():
    assert late_factor(Window(None, None, None, None), 1.0, DUE) == 1.0


@pytest.mark.parametrize(
    ("arrived", "phase"),
    [
        (DUE - timedelta(days=7) - MICROSECOND, "early"),
        (DUE - timedelta(days=7), "open"),
        (DUE, "open"),
        (DUE + MICROSECOND, "late"),
        (DUE + timedelta(days=2), "late"),
        (DUE + timedelta(days=2) + MICROSECOND, "closed"),
    ],
)
def test_every_limit_is_inclusive(arrived, phase):
    assert Window(DUE - timedelta(days=7), DUE, DUE + timedelta(days=2), None).phase(arrived) == phase


@given(arrived=instants)
def test_without_limits_an_assignment_is_always_open(arrived):
    assert Window(None, None, None, None).phase(arrived) == "open"


class TestExtensions:
    base = Dates(due_at=DUE, closes_at=DUE + timedelta(days=1), attempts_allowed=3)

    def test_other_peoples_and_other_sections_are_passed_over(self):
        others = [Extra(person_id="b", due_at=DUE + timedelta(days=9)), Extra(section="2", extra_attempts=5)]
        assert window(self.base, others, "a", "1") == Window(None, DUE, DUE + timedelta(days=1), 3)
        assert window(self.base, others, "a", None) == window(self.base, [], "a", None)

    def test_a_persons_and_a_sections_the_better_of_each(self):
        extensions = [
            Extra(person_id="a", due_at=DUE + timedelta(hours=3), extra_attempts=2),
            Extra(section="1", due_at=DUE + timedelta(hours=2), closes_at=DUE + timedelta(days=4), extra_attempts=1),
        ]
        expected = Window(None, DUE + timedelta(hours=3), DUE + timedelta(days=4), 5)
        assert window(self.base, extensions, "a", "1") == expected

    def test_what_is_due_later_stays_open_so_long(self):
        later = DUE + timedelta(days=30)
        assert window(self.base, [Extra(person_id="a", due_at=later)], "a", None).closes == later

    def test_more_attempts_than_any_number_are_any_number(self):
        assert window(Dates(), [Extra(person_id="a", extra_attempts=2)], "a", None).attempts_allowed is None

    def test_what_has_no_limit_gets_none(self):
        assert window(Dates(), [Extra(person_id="a", due_at=DUE, closes_at=DUE)], "a", None) == window(
            Dates(), [], "a", None
        )

    @given(
        st.lists(
            st.builds(
                Extra,
                person_id=st.sampled_from(["a", "b", None]),
                section=st.sampled_from(["1", None]),
                due_at=st.none() | instants,
                closes_at=st.none() | instants,
                extra_attempts=st.integers(0, 5),
            ),
            max_size=4,
        ),
        instants,
    )
    def test_an_extension_never_takes_anything_away(self, extensions, arrived):
        plain, extended = (window(self.base, given, "a", "1") for given in ([], extensions))
        rank = ["closed", "late", "open"]
        assert rank.index(extended.phase(arrived)) >= rank.index(plain.phase(arrived))
        assert late_factor(extended, 0.1, arrived) >= late_factor(plain, 0.1, arrived)
        assert extended.attempts_allowed >= plain.attempts_allowed


def at_which_clocks_show(local: datetime, place: ZoneInfo) -> list[datetime]:
    """Every instant at which clocks show this local time: tried with all offsets of the days around it."""
    around = [(local + timedelta(hours=hours)).replace(tzinfo=UTC) for hours in range(-60, 61, 3)]
    possible = {each.astimezone(place).utcoffset() for each in around}
    tried = {(local - offset).replace(tzinfo=UTC) for offset in possible}
    return sorted(each for each in tried if each.astimezone(place).replace(tzinfo=None) == local)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("ends", [True, False])
@given(local=st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1)))
def test_local_times_are_those_that_clocks_show(name, ends, local):
    check_local(local, zone(name), ends=ends)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("America/Santiago", date(2026, 4, 4)),
        ("America/Santiago", date(2026, 9, 6)),
        ("Pacific/Apia", date(2011, 12, 30)),  # the day that Samoa left out
    ],
)
def test_every_quarter_of_an_hour_of_a_day_on_which_clocks_are_moved(name, day, ends):
    for quarter in range(24 * 4):
        local = datetime(day.year, day.month, day.day) + quarter * timedelta(minutes=15)
        check_local(local, zone(name), ends=ends)


def check_local(local: datetime, place: ZoneInfo, *, ends: bool) -> None:
    shown = at_which_clocks_show(local, place)
    if shown:
        assert instant(local, place, ends=ends) == (shown[-1] if ends else shown[0])
    else:
        with pytest.raises(LocalTimeError):
            instant(local, place, ends=ends)


def test_the_hour_that_comes_twice_is_taken_in_the_students_favour():
    berlin = zone("Europe/Berlin")
    twice = datetime(2026, 10, 25, 2, 30)
    assert instant(twice, berlin, ends=False) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(twice, berlin, ends=True) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(instants, st.sampled_from(ZONES), st.integers(-400, 400))
def test_a_shifted_date_keeps_its_local_time_where_clocks_show_it(at, name, days):
    place = zone(name)
    moved = shifted(at, days, place)
    local = at.astimezone(place).replace(tzinfo=None) + timedelta(days=days)
    if at_which_clocks_show(local, place):
        assert moved.astimezone(place).replace(tzinfo=None) == local
    else:
        assert abs(moved.astimezone(place).replace(tzinfo=None) - local) <= timedelta(days=1)
    assert moved.utcoffset() == timedelta()


def test_no_date_stays_none():
    assert shifted(None, 7, zone("UTC")) is None


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "Europe", "\0", "a" * 300])
def test_what_is_no_time_zone(name):
    with pytest.raises(ValueError, match="time zone"):
        zone(name)
