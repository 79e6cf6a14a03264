"""The matrix of marks: one scan of the grades of an assignment, which are one row a student and item."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.attempts.grade_models import ItemGrade
from app.reports.statistics import Floats
from app.reports.subject import Subject, students


@dataclass(frozen=True, slots=True)
class Marks:
    """Students who have submitted anything, in rows, and items, in columns.

    points: of shape (n_students, n_items); NaN where there is no grade, and throughout a voided item's column.
    attempts: of the same shape, how many attempts were made.
    enrolled: students of the course (or section) now, whether they have submitted or not.
    """

    people: tuple[str, ...]
    points: Floats
    attempts: NDArray[np.int64]
    enrolled: int

    @property
    def totals(self) -> Floats:
        """Of shape (n_students,), in points."""
        totals: Floats = np.nansum(self.points, axis=1)
        return totals


def load_marks(session: Session, subject: Subject, section: str | None = None) -> Marks:
    """The grades of those who are students now; points without any attempt (given by hand) make no submission."""
    who = students(subject, section)
    enrolled = session.scalar(select(func.count()).select_from(who.subquery())) or 0
    query = select(ItemGrade.person_id, ItemGrade.item_id, ItemGrade.score, ItemGrade.attempts).where(
        ItemGrade.item_id.in_(subject.columns), ItemGrade.person_id.in_(who)
    )
    rows: dict[str, int] = {}
    cells = [
        (rows.setdefault(person, len(rows)), subject.columns[item], score, attempts)
        for person, item, score, attempts in session.execute(query)
    ]
    points = np.full((len(rows), len(subject.items)), np.nan)
    attempts = np.zeros(points.shape, dtype=np.int64)
    if cells:
        i, j, scores, counts = zip(*cells, strict=True)
        points[i, j] = np.array(scores, dtype=np.float64)  # None becomes NaN
        attempts[i, j] = counts
    submitted: NDArray[np.bool] = attempts.sum(axis=1) > 0
    people = tuple(person for person, row in rows.items() if submitted[row])
    return Marks(people, points[submitted], attempts[submitted], enrolled)
