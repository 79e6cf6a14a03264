"""Waits grow, end at the longest, and are spread; what a server asks for is read in both of its forms."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.backoff import Backoff, retry_after

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
BACKOFF = Backoff(first=timedelta(seconds=5), factor=4, longest=timedelta(hours=1))


def test_waits_grow_up_to_the_longest():
    waits = [BACKOFF.wait(failures, lambda: 0.0).total_seconds() for failures in (1, 2, 3, 4, 5, 6, 7)]
    assert waits == [5, 20, 80, 320, 1280, 3600, 3600]


def test_no_number_of_failures_is_too_large():
    assert BACKOFF.wait(100_000, lambda: 0.0) == timedelta(hours=1)


def test_chance_takes_up_to_a_half():
    assert BACKOFF.wait(1, lambda: 1.0) == timedelta(seconds=2.5)
    waits = {BACKOFF.wait(6) for _ in range(100)}
    assert len(waits) > 90
    assert timedelta(minutes=30) <= min(waits)
    assert max(waits) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("9" * 30, 10**8),
        ("Tue, 01 Sep 2026 12:00:30 GMT", 30),
        ("Tue, 01 Sep 2026 11:00:00 GMT", 0),
        ("Tue, 01 Sep 2026 20:00:30 +0800", 30),
    ],
)
def test_what_a_server_asks_for(value: str, seconds: int):
    assert retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [None, "", "-1", "1.5", "soon", "٣", "Tue, 01 Sep 2026 12:00:30 +99999999999999"])
def test_what_says_nothing(value: str | None):
    assert retry_after(value, NOW) is None
