"""The whole service in the test's own event loop, on a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.accounts import people, sessions, tokens
from app.accounts.scopes import SCOPES, Scope
from app.attempts.grade_models import ItemGrade
from app.core.settings import Settings
from app.main import create_app


@pytest.fixture
def settings(database_url: str) -> Settings:
    """A test that needs other settings overrides this fixture."""
    return Settings(database_url=database_url, secret="a secret of the tests, which is long enough")


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The running application."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def browse() -> Callable[[FastAPI], httpx.AsyncClient]:
    """Makes a further client, with cookies of its own."""
    return lambda app: httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://haitang.test")


@pytest.fixture
async def client(app: FastAPI, browse: Callable[[FastAPI], httpx.AsyncClient]) -> AsyncIterator[httpx.AsyncClient]:
    async with browse(app) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Account:
    """A person with an account, and a client that sends a token of theirs."""

    id: str
    email: str
    token: str
    client: httpx.AsyncClient


MakeAccount = Callable[..., Awaitable[Account]]


@pytest.fixture
async def account(app: FastAPI, browse: Callable[[FastAPI], httpx.AsyncClient]) -> AsyncIterator[MakeAccount]:
    """Makes people with an account, by a name; with `is_admin=True` an administrator."""
    service = app.state.service
    async with AsyncExitStack() as stack:

        async def make(name: str, *, is_admin: bool = False, scopes: Sequence[Scope] = SCOPES) -> Account:
            email = f"{name}@example.edu"

            def job(session):
                now = service.clock()
                id_ = people.create(session, None, now, name=name, email=email, is_admin=is_admin)
                return id_, tokens.create(session, id_, "tests", scopes, now, timedelta(days=90))[1]

            id_, token = await service.writer.write(job)
            client = await stack.enter_async_context(browse(app))
            client.headers["Authorization"] = f"Bearer {token}"
            return Account(id_, email, token, client)

        yield make


class Classroom:
    """A course with a teacher and students, driven over HTTP."""

    def __init__(self, app: FastAPI, account: MakeAccount) -> None:
        self.app = app
        self._account = account
        self.students: list[Account] = []

    async def open(self, students: int) -> "Classroom":
        self.teacher = await self._account("teacher", is_admin=True)
        made = await self.teacher.client.post("/api/v1/courses", json={"title": "Neural", "time_zone": "Asia/Shanghai"})
        assert made.status_code == 201, made.text
        self.course = made.json()["id"]
        for number in range(students):
            student = await self._account(f"s{number}")
            enrolled = await self.teacher.client.post(
                f"/api/v1/courses/{self.course}/enrolments",
                json={"email": student.email, "role": "student", "section": "A" if number % 2 == 0 else "B"},
            )
            assert enrolled.status_code == 201, enrolled.text
            self.students.append(student)
        return self

    async def assign(self, *items: dict[str, Any], **settings: Any) -> None:
        """One assignment; an item is exercise 1.4 as printed unless it says otherwise."""
        given = [
            {"problem": "1.4", "form": "open", "seed_mode": "fixed", "seed": 0, "points": 2} | each for each in items
        ]
        body = {"title": "Sheet 1", "published": True, "items": given} | settings
        made = await self.teacher.client.post(f"/api/v1/courses/{self.course}/assignments", json=body)
        assert made.status_code == 201, made.text
        self.assignment = made.json()["id"]
        listed = await self.teacher.client.get(f"/api/v1/assignments/{self.assignment}/items")
        self.items = [each["id"] for each in listed.json()["items"]]

    async def answer(self, student: Account, answers: dict[str, Any], item: int = 0, **headers: str) -> httpx.Response:
        body = {"assignment": self.assignment, "item": self.items[item], "answers": answers}
        return await student.client.post("/api/v1/attempts", json=body, headers=headers)

    async def exercise(self, student: Account, item: int = 0) -> dict[str, Any]:
        found = await student.client.get(f"/api/v1/assignments/{self.assignment}/items/{self.items[item]}/exercise")
        assert found.status_code == 200, found.text
        return found.json()

    def grade(self, student: Account, item: int = 0) -> ItemGrade | None:
        with self.app.state.service.database.reading() as session:
            return session.get(ItemGrade, (self.items[item], student.id))

    def count(self, table: Any) -> int:
        with self.app.state.service.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def classroom(app: FastAPI, account: MakeAccount) -> Callable[..., Awaitable[Classroom]]:
    async def open_(students: int = 1) -> Classroom:
        return await Classroom(app, account).open(students)

    return open_


SignedIn = Callable[[Any], Any]


@pytest.fixture
async def signed_in(app: FastAPI, browse: Callable[[FastAPI], httpx.AsyncClient]) -> AsyncIterator[SignedIn]:
    """A browser in which the person is signed in."""
    opened: list[httpx.AsyncClient] = []

    async def open_(person: Any) -> httpx.AsyncClient:
        service = app.state.service

        def job(session: Any) -> str:
            return sessions.begin(session, person.id, "tests", service.settings, service.clock())

        client = browse(app)
        client.cookies.set(sessions.COOKIE, await service.writer.write(job))
        client.headers["Accept"] = "text/html"
        opened.append(client)
        return client

    yield open_
    for client in opened:
        await client.aclose()
