"""`haitang demo`: a class that is there, has answered, and has made mistakes that are named."""

import asyncio

import pytest
from sqlalchemy import func, select

from app import demo as demo_module
from app.accounts import audit
from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade
from app.attempts.models import Attempt, Score
from app.core.errors import ConflictError
from app.courses.models import Course, Enrolment
from app.demo import TEACHER, fill
from tests.backends import on_one_database

pytestmark = pytest.mark.anyio


@on_one_database
async def test_a_class_has_done_its_homework(app, client):
    service = app.state.service
    async with asyncio.timeout(120):
        demo = await fill(service, students=8, seed=3)
    with service.database.reading() as session:
        roles = dict(session.execute(select(Enrolment.role, func.count()).group_by(Enrolment.role)).all())
        assert roles == {"instructor": 1, "student": 8}
        assert session.scalar(select(func.count()).select_from(Attempt)) == demo.answers > 20
        shares = session.scalars(select(ItemGrade.raw_share)).all()
        assert min(shares) < 1 == max(shares)
        named = {field["mistake"] for fields in session.scalars(select(Score.fields)) for field in fields}
        assert len(named - {None}) > 3
        assert session.scalar(select(Person.is_admin).where(Person.email == TEACHER)) is False
        assert audit.verify(session).holds
    assert "高海棠" in (await client.get(demo.teacher_link)).text
    with pytest.raises(ConflictError):
        await fill(service, students=1, seed=3)


@on_one_database
async def test_one_that_fails_is_put_away_and_another_can_be_made(app, monkeypatch):
    service, submit, count = app.state.service, demo_module.submit_assigned, 0

    async def failing(*given):
        nonlocal count
        count += 1
        if count > 3:
            raise RuntimeError("The power is gone.")
        return await submit(*given)

    monkeypatch.setattr(demo_module, "submit_assigned", failing)
    with pytest.raises(RuntimeError):
        await fill(service, students=4, seed=3)
    with service.database.reading() as session:
        assert session.scalars(select(Person.email).where(Person.email.is_not(None))).all() == []
        assert all(session.scalars(select(Course.archived_at)))
        assert session.scalar(select(func.count()).select_from(Attempt)) == 3  # answers are never removed
    monkeypatch.setattr(demo_module, "submit_assigned", submit)
    await fill(service, students=4, seed=3)
    with service.database.reading() as session:
        assert len(session.scalars(select(Course).where(Course.archived_at.is_(None))).all()) == 1
    with pytest.raises(ConflictError):
        await fill(service, students=4, seed=3)
    with service.database.reading() as session:
        assert session.scalar(select(Person.name).where(Person.email == TEACHER)) == "高海棠"


@on_one_database
async def test_one_that_was_killed_is_put_away_by_the_next(app, monkeypatch):
    """A kill leaves no time for anything."""
    service, put_away = app.state.service, demo_module._put_away
    with monkeypatch.context() as killed:
        killed.setattr(demo_module, "_put_away", lambda _session, _now: None)
        killed.setattr(demo_module, "submit_assigned", None)
        with pytest.raises(TypeError):
            await fill(service, students=2, seed=3)
    assert demo_module._put_away is put_away
    made = await fill(service, students=2, seed=3)
    assert made.teacher_link.startswith("/en/sign-in/link/")
    with service.database.reading() as session:
        assert [each is None for each in session.scalars(select(Course.archived_at).order_by(Course.id))] == [
            False,
            True,
        ]
