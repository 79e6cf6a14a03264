"""The first administrator opens the link, chooses a password, makes a token and signs out; every page passes axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.accounts import sign_in_links
from app.cli_admin import first_link
from app.core.clock import utc_now
from app.core.database import Database
from tests.browser.soundness import faults

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def setup_link(served_database: str) -> str:
    database = Database(served_database)
    with database.write_engine.begin() as connection, Session(connection) as session:
        secret = first_link(session, utc_now())
        session.commit()
    database.dispose()
    assert secret is not None
    return sign_in_links.path_of(secret)


def test_from_the_first_link_to_the_sign_out(new_page: NewPage, setup_link: str) -> None:
    page = new_page(color_scheme="light", viewport={"width": 320, "height": 700})
    page.goto(setup_link)
    assert faults(page) == []
    page.get_by_label("Your name").fill("Wang Li")
    page.get_by_label("E-mail address").fill("wang@example.org")
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("A password has at least 10 characters.").wait_for()
    assert faults(page) == []
    page.get_by_label("New password").fill("seven quiet herons")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Wang Li").click()
    for path in ("/en/account", "/zh/account", "/en/account/tokens", "/zh/people"):
        page.goto(path)
        assert (path, faults(page)) == (path, [])
    page.goto("/en/account/tokens")
    page.get_by_label("What it is for").fill("notebook")
    page.get_by_role("button", name="Make a token").click()
    assert page.locator(".secret").inner_text().startswith("haitang_")
    assert faults(page) == []
    page.goto("/en/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("E-mail address").fill("wang@example.org")
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("The address or the password is not right").wait_for()
    assert faults(page) == []
    page.get_by_label("Password").fill("seven quiet herons")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Wang Li").wait_for()


def test_dark_and_used_up(new_page: NewPage, setup_link: str) -> None:
    page = new_page(color_scheme="dark")
    for path in ("/en/sign-in", "/zh/sign-in", setup_link):
        page.goto(path)
        assert (path, faults(page)) == (path, [])
    page.get_by_role("heading", name="This link does not work any more").wait_for()
