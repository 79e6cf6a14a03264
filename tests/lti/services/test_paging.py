"""Addresses of a platform's lists, which have queries of their own."""

import pytest

from app.lti.paging import with_query


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://lms/m", "https://lms/m?limit=500"),
        ("https://lms/m?type_id=1&empty=", "https://lms/m?type_id=1&empty=&limit=500"),
        ("https://lms/m?limit=10&type_id=1", "https://lms/m?type_id=1&limit=500"),
    ],
)
def test_a_parameter_is_asked_for_once(url: str, asked: str) -> None:
    assert with_query(url, {"limit": "500"}) == asked
