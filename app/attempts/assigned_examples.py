"""Examples for OpenAPI."""

from typing import Any

ASSIGNMENT = "01a2054b-5386-70de-b9b7-058e224f8401"
ITEM = "01a2054b-5386-70de-b9b7-058e224f8402"
STUDENT = "01a2054b-5386-70de-b9b7-058e224f8403"
TEACHER = "01a2054b-5386-70de-b9b7-058e224f8404"
REGRADE = "01a2054b-5386-70de-b9b7-058e224f8405"
AT = "2026-03-02T08:15:30.123456Z"

ATTEMPT: dict[str, Any] = {
    "id": "01a2054b-5386-70de-b9b7-058e224f8480",
    "problem": "1.4",
    "version": 1,
    "seed": None,
    "form": "open",
    "answers": {"count": 128},
    "score": 1.0,
    "max_score": 1.0,
    "correct": True,
    "fields": [
        {
            "name": "count",
            "score": 1.0,
            "max_score": 1.0,
            "correct": True,
            "read_as": "128",
            "read_as_latex": "128",
            "parts": [True],
            "mistake": None,
            "family": None,
            "candidates": [],
            "answered": True,
            "followed": False,
            "feedback": {"en": "Right.", "zh": "正确。"},
        }
    ],
    "created_at": AT,
    "assignment": ASSIGNMENT,
    "item": ITEM,
    "number": 1,
    "late": False,
    "attempts_left": 2,
    "repeated": False,
}
EXERCISE: dict[str, Any] = {
    "assignment": ASSIGNMENT,
    "item": ITEM,
    "position": 1,
    "problem": "1.4",
    "version": 1,
    "form": "open",
    "points": 2.0,
    "title": {"en": "Counting parameters", "zh": "参数的个数"},
    "statement": {"en": "How many parameters are there?", "zh": "一共有多少个参数？"},
    "data": {"layers": [6, 5, 10, 3]},
    "fields": [
        {
            "name": "count",
            "kind": "Integer",
            "shape": [],
            "label": "",
            "points": 1.0,
            "options": None,
            "variables": None,
            "tolerance": 0.0,
            "tolerance_kind": "absolute",
        }
    ],
    "opens_at": None,
    "due_at": "2026-03-08T15:59:59Z",
    "closes_at": None,
    "phase": "open",
    "attempts_used": 1,
    "attempts_left": 2,
    "grade": {"score": 2.0, "points": 2.0, "status": "graded", "late": False, "overridden": False},
    "hints": [{"number": 1, "cost": 0.1, "opened": False, "text": None}],
    "draft": {"answers": {"count": "128"}, "updated_at": AT},
    "key": None,
    "solution": None,
}
OVERRIDE: dict[str, Any] = {
    "id": 7,
    "item": ITEM,
    "person_id": STUDENT,
    "points": 1.5,
    "reason": "The working on paper was right.",
    "by": TEACHER,
    "at": AT,
}
SETTINGS: dict[str, Any] = {
    "points": 2.0,
    "scoring": None,
    "tolerance": None,
    "key_policy": "either",
    "keys": {},
    "award": "normal",
}
COUNTS: dict[str, Any] = {"answered": 30, "recomputed": 30, "rescored": 4, "failed": 0, "students": 1}
STUDENT_CHANGE: dict[str, Any] = {
    "person_id": STUDENT,
    "name": "Li Hua",
    "student_number": "20260101",
    "before": 0.0,
    "after": 2.0,
    "difference": 2.0,
    "attempts": [{"id": ATTEMPT["id"], "number": 1, "before": 0.0, "after": 1.0}],
}
REGRADE_OUT: dict[str, Any] = {
    "id": REGRADE,
    "assignment": ASSIGNMENT,
    "item": ITEM,
    "state": "applied",
    "reason": "The key of the printed exercise was wrong.",
    "by": TEACHER,
    "at": AT,
    **COUNTS,
}
CHANGED: dict[str, Any] = {
    "before": SETTINGS,
    "after": SETTINGS | {"keys": {"0": {"count": 128}}},
    "changes": [STUDENT_CHANGE],
}
PREVIEW: dict[str, Any] = {"item": ITEM, **COUNTS, **CHANGED, "digest": "0" * 64}
DETAIL: dict[str, Any] = REGRADE_OUT | CHANGED | {"changes": [STUDENT_CHANGE | {"attempts": []}]}
