"""`haitang demo`: a class that is there, has answered, and has made mistakes that are named."""

import asyncio

import pytest
from sqlalchemy import func, select

from app.accounts import audit
from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade
from app.attempts.models import Attempt, Score
from app.core.errors import ConflictError
from app.courses.models import Enrolment
from app.demo import TEACHER, fill

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
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
