"""Who may show our pages in a frame, as the header says it."""

import pytest

from app.lti.frames import frame_ancestors, joined, origin_of


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://lms.test/mod/lti/auth.php?x=1", "https://lms.test"),
        ("https://LMS.test:8443", "https://lms.test:8443"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("https://user:password@lms.test/", "https://lms.test"),
        ("https://lms.test;script-src *", None),
        ("https://lms.test *", None),
        ("https://*", None),
        ("https://", None),
        ("javascript:alert(1)", None),
        ("https://[", None),
        ("lms.test", None),
        ("", None),
    ],
)
def test_an_origin_holds_nothing_that_ends_a_directive(address, origin):
    assert origin_of(address) == origin


def test_all_origins_of_a_platform_are_listed_once():
    """Canvas has three: the issuer's, that of its authorization endpoint, and the school's own."""
    told = frame_ancestors(
        "https://sso.test/x", "https://canvas.test", None, "https://school.test/1", "https://sso.test/y"
    )
    assert told == "https://sso.test https://canvas.test https://school.test"


def test_without_any_nobody_may():
    assert frame_ancestors("mailto:x", None) == "'none'"


def test_two_platforms_of_one_session():
    assert joined("https://a.test https://b.test", "https://b.test https://c.test") == (
        "https://a.test https://b.test https://c.test"
    )
    assert joined(None, "https://a.test") == "https://a.test"
    assert joined("https://" + "x" * 990, "https://a.test") == "https://a.test"
