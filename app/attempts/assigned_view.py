"""An item as a student meets it, as JSON: the exercise with their own numbers, where they stand, what is released."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.attempts.asked import Asked, ask
from app.attempts.drafts import find_draft
from app.attempts.exercises import variant_json
from app.attempts.grade_models import Draft, ItemGrade
from app.attempts.hints import hints_of
from app.attempts.item_settings import adjusted
from app.attempts.overrides import grade_of
from problems.variant import Variant


def find_asked(
    session: Session, item_id: str, principal: Principal, assignment_id: str, now: datetime
) -> tuple[Asked, ItemGrade | None, Draft | None]:
    """The item with the grade and the draft of whoever asks; raises what `Asked.require_seen` raises."""
    asked = ask(session, item_id, principal, assignment_id=assignment_id)
    if asked.role == "student":
        asked.require_seen(now)
    return asked, grade_of(session, item_id, asked.person_id), find_draft(session, item_id, asked.person_id)


def asked_json(
    asked: Asked,
    variant: Variant[Any],
    grade: ItemGrade | None,
    draft: Draft | None,
    now: datetime,
    opened: frozenset[int] = frozenset(),
) -> dict[str, Any]:
    """What a student may know now."""
    graded = adjusted(variant, asked.form, asked.settings)
    exercise = variant_json(graded, asked.form)
    shown = asked.released(now)
    return {
        "assignment": asked.assignment.id,
        "item": asked.item.id,
        "position": asked.item.position,
        **{name: exercise[name] for name in ("problem", "version", "form", "title", "statement", "data", "fields")},
        "points": asked.item.points,
        "opens_at": asked.window.opens,
        "due_at": asked.window.due,
        "closes_at": asked.window.closes,
        "phase": asked.window.phase(now),
        "attempts_used": asked.used,
        "attempts_left": asked.attempts_left,
        "grade": grade_json(asked, grade, now),
        "draft": draft_json(draft),
        "hints": [each.as_json() for each in hints_of(variant, asked, opened)],
        "key": key_texts(asked, graded) if shown.key else None,
        "solution": variant.solution.as_dict() if shown.solution else None,
    }


def grade_json(asked: Asked, grade: ItemGrade | None, now: datetime) -> dict[str, Any]:
    """The grade, as far as its student may know it: points tell whether the answer is right."""
    shown = grade is not None and asked.points_released(now)
    return {
        "score": grade.score if grade is not None and shown else None,
        "points": asked.item.points,
        "status": grade.status if grade is not None else None,
        "late": grade is not None and grade.late,
        "overridden": grade is not None and shown and grade.overridden,
    }


def draft_json(draft: Draft | None) -> dict[str, Any]:
    return {
        "answers": {} if draft is None else draft.answers,
        "updated_at": None if draft is None else draft.updated_at,
    }


def key_texts(asked: Asked, graded: Variant[Any]) -> dict[str, str]:
    """The right answers in plain characters; the computed ones first, where several count."""
    key = graded.keys(asked.form, asked.settings.key_policy)[0]
    texts: dict[str, str] = {}
    for field in graded.fields(asked.form):
        kind: Any = field.kind
        texts[field.name] = kind.text(key[field.name])
    return texts
