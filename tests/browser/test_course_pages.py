"""Every page of a course in which a class has worked: nothing that axe finds, no sideways scrolling on a phone."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import sessions
from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade
from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.courses.models import Assignment, Item
from app.demo import STUDENT, TEACHER
from tests.browser.soundness import faults

NewPage = Callable[..., Page]


@dataclass(frozen=True, slots=True)
class Class:
    """A demo course: where its pages are, and sessions of its instructor and of one student."""

    course: str
    assignment: str
    item: str
    person: str
    teacher: str
    student: str

    def for_staff(self) -> Iterator[str]:
        assignment, marked = f"/assignments/{self.assignment}", f"/assignments/{self.assignment}/items/{self.item}"
        report = f"{assignment}/report"
        yield from ("/courses", f"/courses/{self.course}", f"/courses/{self.course}/people")
        yield from (f"/courses/{self.course}/audit", f"/courses/{self.course}/webhooks")
        yield from (assignment, f"{assignment}/edit", f"{assignment}/preview", f"{assignment}/export")
        yield from (report, f"{report}?sort=-total&section=A1", f"{report}/concepts", f"{report}/items/{self.item}")
        yield from (f"{report}/students/{self.person}", "/statistics")
        yield from (f"{assignment}/regrades", f"{marked}/regrade", f"{marked}/overrides")
        yield from ("/account", "/account/tokens", "/people")

    def for_students(self) -> Iterator[str]:
        assignment = f"/assignments/{self.assignment}"
        yield from ("/courses", f"/courses/{self.course}", assignment, f"{assignment}/items/{self.item}", "/account")


@pytest.fixture(scope="module")
def served_database(served_database: str) -> str:
    """With the demo course, whose instructor administers the site, too, so that every page is theirs to see."""
    command = [sys.executable, "-c", "from app.cli import main; main()", "demo", "--students", "12"]
    subprocess.run([*command, "--database-url", served_database], check=True, capture_output=True)
    return served_database


@pytest.fixture(scope="module")
def taught(served_database: str) -> Class:
    database = Database(served_database)
    with database.write_lock(), database.write_engine.begin() as connection, Session(connection) as session:

        def person(email: str) -> Person:
            return session.scalars(select(Person).where(Person.email == email)).one()

        def sign_in(id_: str) -> str:
            return sessions.begin(session, id_, "", Settings(), utc_now())

        teacher, student = person(TEACHER), person(STUDENT.format(1))
        teacher.is_admin = True
        assignment = session.scalars(select(Assignment)).one()
        item = session.scalars(
            select(Item.id).where(Item.assignment_id == assignment.id).order_by(Item.position)
        ).first()
        graded = session.scalars(select(ItemGrade.person_id).where(ItemGrade.item_id == item)).first()
        found = Class(assignment.course_id, assignment.id, item, graded, sign_in(teacher.id), sign_in(student.id))
        session.commit()
    database.dispose()
    return found


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
@pytest.mark.parametrize("who", ["staff", "students"])
def test_pages_are_sound_on_a_narrow_screen(
    new_page: NewPage, address: str, taught: Class, language: str, scheme: str, who: str
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 320, "height": 700})
    session = taught.teacher if who == "staff" else taught.student
    page.context.add_cookies([{"name": sessions.COOKIE, "value": session, "url": address}])
    found = {}
    for path in taught.for_staff() if who == "staff" else taught.for_students():
        answer = page.goto(f"/{language}{path}")
        assert answer is not None
        assert (path, answer.status) == (path, 200)
        if each := faults(page):
            found[path] = each
    assert found == {}
