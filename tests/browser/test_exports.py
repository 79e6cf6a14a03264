"""Who teaches takes an exercise away as a file: the page passes axe, on a phone too, and the file arrives."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from app.accounts import people, sessions
from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from tests.browser.soundness import faults

NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def signed_in(served_database: str, served_settings: Settings) -> str:
    """The session cookie of an administrator."""
    database, now = Database(served_database), utc_now()
    with database.write_engine.begin() as connection, Session(connection) as session:
        person = people.create(session, None, now, name="root", email="root@example.edu", is_admin=True)
        cookie = sessions.begin(session, person, "", served_settings, now)
        session.commit()
    database.dispose()
    return cookie


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1100, "dark")])
def test_an_exercise_becomes_a_file(
    new_page: NewPage, signed_in: str, address: str, tmp_path: Path, width: int, scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.context.add_cookies([{"name": "session", "value": signed_in, "url": address}])
    page.goto("/en/problems/1.4")
    page.get_by_role("link", name="Export for other systems").click()
    assert faults(page) == []
    page.get_by_label("Numbers of the variants").fill("many")
    page.get_by_role("button", name="Download the file").click()
    page.get_by_role("alert").get_by_text("Seeds (the numbers of variants)").wait_for()
    assert faults(page) == []
    page.get_by_label("Numbers of the variants").fill("0-2")
    page.get_by_label("Language of the questions").select_option("both")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the file").click()
    assert download.value.suggested_filename == "haitang-1.4-moodle.xml"
    download.value.save_as(tmp_path / "questions.xml")
    kinds = [each.attrib["type"] for each in ET.parse(tmp_path / "questions.xml").getroot()]
    assert kinds == ["category", *["numerical"] * 3] * 2
    page.goto("/zh/problems/1.4/export")
    assert faults(page) == []
