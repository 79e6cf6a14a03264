"""Answers that are not given yet: kept on the server, so that they are there on another computer too.

A draft is no attempt: it is not graded, nobody else reads it, and it goes when the answer is given.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.attempts.asked import ask
from app.attempts.grade_models import Draft
from app.core.errors import ContentTooLargeError, ForbiddenError
from problems.text import Text

MAX_BYTES = 65_536

_STUDENTS = Text("Only students of the course have drafts.", "只有课程的学生才有草稿。")


def save_draft(
    session: Session, item_id: str, principal: Principal, answers: Mapping[str, Any], now: datetime
) -> datetime:
    """Keep what a student has entered; in the place of what was kept before.

    Raises:
        ContentTooLargeError: no answers are so long.
        ForbiddenError: not a student of the course.
        UnknownAssignmentError, AssignmentNotOpenError, AssignmentLockedError: as for an answer.

    """
    if len(orjson.dumps(dict(answers))) > MAX_BYTES:
        raise ContentTooLargeError(f"A draft has at most {MAX_BYTES} bytes.")
    asked = ask(session, item_id, principal)
    if asked.role != "student":
        raise ForbiddenError(_STUDENTS)
    asked.require_open(now)
    mine = (Draft.item_id == item_id) & (Draft.person_id == asked.person_id)
    row = {"answers": dict(answers), "updated_at": now}
    if not session.execute(update(Draft).where(mine).values(**row).returning(Draft.item_id)).first():
        session.execute(insert(Draft), {"item_id": item_id, "person_id": asked.person_id, **row})
    return now


def find_draft(session: Session, item_id: str, person_id: str) -> Draft | None:
    return session.get(Draft, (item_id, person_id))
