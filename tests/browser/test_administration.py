"""Pages of those who look after people, courses and grades, and of whoever leaves: axe, dark, narrow, in Chinese."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import people, sessions
from app.accounts.access import Principal
from app.attempts.grade_models import Regrade
from app.attempts.item_revisions import Order
from app.attempts.item_settings import settings_of
from app.attempts.overrides import override
from app.attempts.regrade import regrade
from app.core.settings import Settings
from app.courses.models import Assignment, Enrolment, Item
from app.demo import TEACHER, fill
from app.main import create_app
from tests.browser.soundness import faults

NewPage = Callable[..., Page]


@dataclass(frozen=True)
class World:
    """A course with an answered assignment, one regrade and points by hand; secrets of sessions, and ids."""

    root: str
    teacher: str
    student: str
    leaving: str
    course: str
    assignment: str
    items: list[str]
    regrade: str
    person: str


async def make(settings: Settings) -> World:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        service = app.state.service
        now = service.clock()
        await fill(service, students=5, seed=1)

        def people_of(session: Session) -> tuple[str, str, str, list[str]]:
            teacher = people.find_by_email(session, TEACHER)
            assignment = session.scalars(select(Assignment)).one()
            root = people.create(session, None, now, name="Root", email="root@example.org", is_admin=True)
            enrolled = select(Enrolment.person_id).where(Enrolment.role == "student").order_by(Enrolment.id)
            return root, teacher.id, assignment.id, list(session.scalars(enrolled))

        root, teacher, assignment, students = await service.writer.write(people_of)
        with service.database.reading() as session:
            found = session.get_one(Assignment, assignment)
            items = session.scalars(select(Item).where(Item.assignment_id == assignment).order_by(Item.position)).all()
            settings_now, course = settings_of(items[0], found), found.course_id
        order = Order(
            item_id=items[0].id,
            course_id=course,
            after=type(settings_now)(**settings_now.as_json() | {"points": 2.0}),
            reason="It is worth more.",
            by=teacher,
            at=now,
        )
        done = await regrade(service, order)
        principal = Principal(teacher, via="session", scopes=frozenset({"read", "attempt", "manage"}))

        def finish(session: Session) -> list[str]:
            override(session, items[1].id, principal, students[0], 0.5, "on paper", now)
            session.get_one(Regrade, done)
            return [
                sessions.begin(session, each, "Mozilla/5.0 (a browser)", service.settings, now)
                for each in (root, teacher, students[0], students[1])
            ]

        secrets = await service.writer.write(finish)
    return World(*secrets, course, assignment, [each.id for each in items], done, students[2])


@pytest.fixture(scope="module")
def world(served_settings: Settings) -> World:
    with ThreadPoolExecutor(1) as other:  # an event loop runs in this thread already
        return other.submit(lambda: asyncio.run(make(served_settings))).result()


def signed_in(page: Page, address: str, secret: str) -> Page:
    page.context.add_cookies([{"name": "session", "value": secret, "url": address}])
    return page


@pytest.mark.parametrize(("scheme", "width", "language"), [("light", 1200, "en"), ("dark", 320, "zh")])
def test_axe_finds_nothing(
    new_page: NewPage, world: World, address: str, scheme: str, width: int, language: str
) -> None:
    item = f"assignments/{world.assignment}/items/{world.items[-1]}"
    pages = {
        world.root: [f"people/{world.person}", f"people/{world.person}/delete", "audit?verify=yes", "people"],
        world.teacher: [
            f"courses/{world.course}",
            f"courses/{world.course}/audit",
            f"courses/{world.course}/people",
            f"assignments/{world.assignment}/regrades",
            f"assignments/{world.assignment}/regrades/{world.regrade}",
            f"assignments/{world.assignment}/items/{world.items[1]}/overrides",
            f"assignments/{world.assignment}/edit?search=x",
        ],
        world.student: ["account/data", "account/delete", item],
    }
    for secret, paths in pages.items():
        page = signed_in(new_page(color_scheme=scheme, viewport={"width": width, "height": 800}), address, secret)
        for path in paths:
            page.goto(f"/{language}/{path}")
            assert (path, faults(page)) == (path, [])


def test_leaving_for_good(new_page: NewPage, world: World, address: str) -> None:
    page = signed_in(new_page(), address, world.leaving)
    page.goto("/en/account")
    page.get_by_role("link", name="My data").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download my data").click()
    assert download.value.suggested_filename.startswith("haitang-")
    page.get_by_role("link", name="What would go and what would stay").click()
    page.get_by_label("Type “student02@example.org” to confirm").fill("student02")
    page.get_by_role("button", name="Delete this account for good").click()
    page.get_by_text("Type exactly what is asked for").wait_for()
    assert faults(page) == []
    page.get_by_label("Type “student02@example.org” to confirm").fill("student02@example.org")
    page.get_by_role("button", name="Delete this account for good").click()
    page.get_by_role("heading", name="The account is deleted").wait_for()
    assert faults(page) == []
    page.get_by_role("link", name="Sign in").wait_for()
