"""A class at an LMS: its course is one of ours, its people are known by their subjects, its link has a column."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.backoff import Backoff
from app.core.ids import new_id
from app.core.service import Service
from app.core.settings import Settings
from app.lti import claims as names
from app.lti import line_items, models
from app.lti.keys import public_jwks
from app.lti.sender import Sender
from app.lti.tokens import Tokens
from tests.app.conftest import Account, Classroom, account, app, browse, classroom, client  # noqa: F401 - fixtures
from tests.lti.platform import Course, Member, Platform
from tests.lti.platform_services import Column, Gradebook

QUICK = Backoff(first=timedelta(milliseconds=20), factor=1.5, longest=timedelta(milliseconds=200))
AGS_SCOPES = [names.SCOPE_SCORE, names.SCOPE_LINE_ITEM]


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Tests start the sender themselves."""
    return Settings(
        database_url=database_url,
        secret="a secret of the tests, which is long enough",
        lti_allow_loopback=True,
        lti_sender=False,
    )


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(tool="http://haitang.test") as platform:
        yield platform


@pytest.fixture
def gradebook(platform: Platform) -> Gradebook:
    return Gradebook(platform)


@pytest.fixture
async def service(app: FastAPI, platform: Platform) -> Service:  # noqa: F811
    """The service of the application, whose keys the platform knows."""
    service = app.state.service
    jwks = await public_jwks(service)
    platform.tool_keys = lambda: jwks
    return service


@pytest.fixture
async def tokens(service: Service) -> AsyncIterator[Tokens]:
    async with Tokens(service) as tokens:
        yield tokens


@pytest.fixture
def sender(service: Service, tokens: Tokens) -> Sender:
    """Waits little, so that tests do."""
    return Sender(service, tokens, backoff=QUICK, poll=0.05)


def register(session: Session, platform: Platform, now: datetime) -> models.Platform:
    """The registration of the LMS with us, as an administrator makes it."""
    registered = models.Platform(
        id=new_id(),
        name="LMS",
        issuer=platform.issuer,
        client_id=platform.client_id,
        authorization_url=f"{platform.address}/auth",
        token_url=f"{platform.address}/token",
        token_audience=None,
        keyset_url=f"{platform.address}/jwks",
        product="moodle",
        created_at=now,
        created_by=None,
        disabled_at=None,
    )
    session.add(registered)
    session.flush()
    return registered


@dataclass
class Linked:
    """An assignment of ours behind a link of the LMS; subjects are `u0`, `u1`, …, one for each student."""

    classroom: Classroom
    gradebook: Gradebook
    course: Course
    platform_id: str
    context_id: str
    link_id: str
    column: Column
    column_path: str

    @property
    def service(self) -> Service:
        return self.classroom.app.state.service

    def claim(self, **members: Any) -> dict[str, Any]:
        """What a launch says about line items."""
        address = self.gradebook.platform.address
        lists = f"{address}/courses/{self.course.id}/lineitems"
        return {"scope": AGS_SCOPES, "lineitems": lists, "lineitem": f"{address}{self.column_path}"} | members

    async def launch(self, claim: dict[str, Any] | None = None, person: int = 0) -> None:
        """What the launch of the link by a student stores about its line item."""
        await self.service.writer.write(
            lambda session: line_items.record(
                session,
                platform_id=self.platform_id,
                link_id=self.link_id,
                assignment_id=self.classroom.assignment,
                claim=self.claim() if claim is None else claim,
                person_id=self.classroom.students[person].id,
                now=self.service.clock(),
            )
        )

    async def override(self, student: Account, points: float | None, item: int = 0) -> None:
        """Points given by hand, which is the quickest change of a grade."""
        address = f"/api/v1/assignments/{self.classroom.assignment}/items/{self.classroom.items[item]}/overrides"
        body = {"person_id": student.id, "points": points, "reason": "a test"}
        given = await self.classroom.teacher.client.post(address, json=body)
        assert given.status_code == 201, given.text

    def scores(self) -> list[models.Score]:
        with self.service.database.reading() as session:
            found = list(session.scalars(select(models.Score).order_by(models.Score.subject)))
            session.expunge_all()
            return found

    def score(self) -> models.Score:
        (found,) = self.scores()
        return found

    def shown(self, number: int = 0) -> float | None:
        """What the LMS's gradebook shows for a student."""
        result = self.column.results.get(f"u{number}")
        return None if result is None else result.score


Link = Callable[..., Awaitable[Linked]]


@pytest.fixture
async def link(service: Service, classroom: Any, platform: Platform, gradebook: Gradebook) -> Link:  # noqa: F811
    """Makes a class with an assignment (see `Classroom.assign`) behind a link that has a column in the gradebook."""

    async def make(*items: dict[str, Any], students: int = 1, launched: bool = True, **settings: Any) -> Linked:
        room: Classroom = await classroom(students)
        await room.assign(*(items or ({},)), **settings)
        members = tuple(Member(f"u{number}", f"Student {number}") for number in range(students))
        course = replace(Course(), members=members)
        column, path = gradebook.add_column(course, link="31")
        now = service.clock()

        def job(session: Session) -> tuple[str, str, str]:
            registered = register(session, platform, now)
            deployment = models.Deployment(id=new_id(), platform_id=registered.id, deployment_id="1", created_at=now)
            session.add(deployment)
            session.flush()
            context = models.Context(
                id=new_id(),
                deployment_id=deployment.id,
                context_id=course.id,
                title=course.title,
                course_id=room.course,
                memberships_url=f"{platform.address}/courses/{course.id}/memberships",
                line_items_url=f"{platform.address}/courses/{course.id}/lineitems",
                scopes=AGS_SCOPES,
                created_at=now,
                updated_at=now,
            )
            session.add(context)
            session.flush()
            linked = models.Link(
                id=new_id(),
                deployment_id=deployment.id,
                resource_link_id="31",
                title="Sheet 1",
                context_id=context.id,
                assignment_id=room.assignment,
                line_item_due_at=None,
                created_at=now,
            )
            session.add(linked)
            for number, student in enumerate(room.students):
                session.add(
                    models.Identity(
                        issuer=registered.issuer, subject=f"u{number}", person_id=student.id, created_at=now
                    )
                )
            return registered.id, context.id, linked.id

        made = Linked(room, gradebook, course, *await service.writer.write(job), column, path)
        if launched:
            await made.launch()
        return made

    return make
