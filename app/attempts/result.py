"""An attempt with its grade, as pages and the API show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.json_body import to_json
from problems.grading import FieldGrade, Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """One attempt and its newest score.

    `fields` holds the result of each field as it is stored (see `field_json`). An attempt that could not be graded has
    no score: `score`, `max_score` and `correct` are None then, and `fields` is empty.
    """

    id: str
    problem: str
    version: int
    seed: int
    form: str
    answers: dict[str, Any]
    score: float | None
    max_score: float | None
    correct: bool | None
    fields: list[dict[str, Any]]
    created_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def as_bytes(self) -> bytes:
        return to_json(self.as_json())


def fields_json(grade: Grade) -> list[dict[str, Any]]:
    return [field_json(field) for field in grade.fields]


def field_json(field: FieldGrade) -> dict[str, Any]:
    return {
        "name": field.name,
        "score": field.score,
        "max_score": field.max_score,
        "correct": field.correct,
        "read_as": field.read_as,
        "read_as_latex": field.read_as_latex,
        "parts": list(field.parts),
        "mistake": field.mistake,
        "family": field.family,
        "candidates": list(field.candidates),
        "answered": field.answered,
        "followed": field.followed,
        "feedback": field.feedback.as_dict(),
    }
