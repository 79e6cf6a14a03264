"""One student in one assignment: every grade, and every attempt with what was read, the mistake and the time."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from app.attempts.models import Attempt, Score, Variant
from app.core.errors import UnknownPersonError
from app.reports.exercises import mistake_text
from app.reports.gradebook import Line, Wish, gradebook
from app.reports.subject import ReportItem, Subject
from app.reports.tallies import PAUSE
from problems.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAnswer:
    name: str
    read_as: str
    correct: bool
    mistake: str | None
    text: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentAttempt:
    """`seconds` since the student's attempt before it in this assignment; None for the first, and after a pause."""

    id: str
    number: int
    seed: int
    created_at: datetime
    seconds: int | None
    score: float | None
    max_score: float | None
    correct: bool | None
    fields: tuple[FieldAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentReport:
    line: Line
    attempts: dict[str, list[StudentAttempt]]

    def as_json(self, subject: Subject) -> dict[str, Any]:
        return {
            "student": self.line.as_json(subject),
            "items": [
                {
                    "item": item.id,
                    "position": item.position,
                    "problem": item.problem,
                    "title": item.title.as_dict(),
                    "points": item.points,
                    "attempts": [asdict(attempt) for attempt in self.attempts.get(item.id, ())],
                }
                for item in subject.items
            ],
        }


def student_report(session: Session, subject: Subject, person_id: str) -> StudentReport:
    """Raises `UnknownPersonError`: nobody of this id is a student of the course."""
    lines = gradebook(session, subject, Wish(person=person_id), limit=1)
    if not lines:
        raise UnknownPersonError("Nobody with this id is a student of the course.")
    items = {item.id: item for item in subject.items}
    attempts: dict[str, list[StudentAttempt]] = {}
    for row in session.execute(_attempts(subject, person_id)):
        attempt: Attempt = row.Attempt
        item = items[str(attempt.item_id)]
        attempts.setdefault(item.id, []).append(_attempt(item, attempt, row.seed, row.Score))
    return StudentReport(line=lines[0], attempts=attempts)


def _attempts(subject: Subject, person_id: str) -> Any:
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).correlate(Attempt).scalar_subquery()
    return (
        select(Attempt, Variant.seed, Score)
        .join(Variant, Variant.id == Attempt.variant_id)
        .outerjoin(Score, and_(Score.attempt_id == Attempt.id, Score.id == newest))
        .where(Attempt.person_id == person_id, Attempt.item_id.in_(subject.columns))
        .order_by(Attempt.id)
    )


def _attempt(item: ReportItem, attempt: Attempt, seed: int, score: Score | None) -> StudentAttempt:
    seconds = attempt.seconds
    return StudentAttempt(
        id=attempt.id,
        number=attempt.number or 0,
        seed=seed,
        created_at=attempt.created_at,
        seconds=seconds if seconds is not None and seconds <= PAUSE else None,
        score=score.score if score else None,
        max_score=score.max_score if score else None,
        correct=score.correct if score else None,
        fields=tuple(
            FieldAnswer(
                name=each["name"],
                read_as=each["read_as"],
                correct=each["correct"],
                mistake=each["mistake"],
                text=mistake_text(item.problem, each["mistake"]) if each["mistake"] else None,
            )
            for each in (score.fields if score else [])
        ),
    )
