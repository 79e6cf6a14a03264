"""An instructor adds a webhook, sends a test message and replaces the secret; every page passes axe at any width."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.accounts import sign_in_links
from app.cli_admin import first_link
from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from tests.browser.soundness import faults

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def served_settings(served_database: str) -> Settings:
    """Messages wait: this is about pages."""
    return Settings(database_url=served_database, webhook_sender=False)


@pytest.fixture
def setup_link(served_database: str) -> str:
    database = Database(served_database)
    with database.write_engine.begin() as connection, Session(connection) as session:
        secret = first_link(session, utc_now())
        session.commit()
    database.dispose()
    assert secret is not None
    return sign_in_links.path_of(secret)


def test_from_the_course_to_a_message_and_another_secret(new_page: NewPage, setup_link: str) -> None:
    page = new_page(viewport={"width": 320, "height": 700})
    page.goto(setup_link)
    page.get_by_label("Your name").fill("Wang Li")
    page.get_by_label("E-mail address").fill("wang@example.org")
    page.get_by_label("New password").fill("seven quiet herons")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Courses").first.click()
    page.get_by_label("Title").fill("Neural computation")
    page.get_by_label("Time zone").fill("Asia/Shanghai")
    page.get_by_role("button", name="Make a course").click()
    page.get_by_role("link", name="Webhooks").click()
    assert faults(page) == []
    page.get_by_label("Address").fill("https://10.0.0.1/")
    page.get_by_role("button", name="Add the webhook").click()
    page.get_by_text("An address of the public internet is needed here").wait_for()
    assert faults(page) == []
    page.get_by_label("Address").fill("https://192.0.43.8/a-long-address/for-messages/of-this-course/0123456789")
    page.get_by_role("button", name="Add the webhook").click()
    secret = page.locator(".secret").inner_text()
    assert secret.startswith("whsec_")
    assert faults(page) == []
    page.get_by_role("button", name="Send a test message").click()
    page.get_by_role("cell", name="Test message").wait_for()
    for scheme, width in (("light", 320), ("dark", 1200)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        for language in ("en", "zh"):
            page.goto(page.url.replace("/en/", f"/{language}/").replace("/zh/", f"/{language}/"))
            assert (scheme, language, faults(page)) == (scheme, language, [])
    page.goto(page.url.replace("/zh/", "/en/"))
    page.get_by_role("button", name="Make a new secret").click()
    assert page.locator(".secret").inner_text() not in {secret, ""}
    page.get_by_role("button", name="Disable").click()
    page.get_by_text("Disabled").wait_for()
    assert faults(page) == []
