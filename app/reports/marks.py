"""The matrix of marks: one scan of the grades of an assignment, which are one row a student and item."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attempts.grade_queries import GRADES
from app.reports.statistics import Floats
from app.reports.subject import Subject, students

FETCHED = 5_000  # rows of grades in memory at a time


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
    enrolled = set(session.scalars(students(subject, section)))
    # Whom a grade belongs to is looked up here: asking the database, row by row, takes it twice as long as the scan.
    # Columns of the table and not of its class: for so many rows the ORM costs a third of the scan.
    grades = GRADES.columns
    query = select(grades.person_id, grades.item_id, grades.score, grades.attempts).where(
        grades.item_id.in_(subject.columns)
    )
    points = np.full((len(enrolled), len(subject.items)), np.nan)
    attempts = np.zeros(points.shape, dtype=np.int64)
    rows: dict[str, int] = {}
    columns = subject.columns
    for person, item, score, count in session.execute(query.execution_options(yield_per=FETCHED)):
        if person in enrolled:
            place = rows.setdefault(person, len(rows)), columns[item]
            attempts[place] = count
            if score is not None:
                points[place] = score
    submitted: NDArray[np.bool] = attempts.sum(axis=1) > 0
    people = tuple(person for person, row in rows.items() if submitted[row])
    return Marks(people, points[submitted], attempts[submitted], len(enrolled))
