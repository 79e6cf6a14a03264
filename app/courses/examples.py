"""What OpenAPI shows for the calls of this package."""

from typing import Any

from app.core.pagination import encode_cursor

_COURSE = "01a2054b-5386-70de-b9b7-058e224f8481"
_PERSON = "01a2054b-5386-70de-b9b7-058e224f8482"
_ASSIGNMENT = "01a2054b-5386-70de-b9b7-058e224f8483"
_ITEM = "01a2054b-5386-70de-b9b7-058e224f8484"
_OTHER = "01a2054b-5386-70de-b9b7-058e224f8485"
_AT = "2026-09-01T00:00:00Z"


def listed(example: dict[str, Any]) -> dict[str, Any]:
    """A page that shows the example and goes on."""
    return {"items": [example], "next_cursor": encode_cursor(example["id"])}


COURSE: dict[str, Any] = {
    "id": _COURSE,
    "title": "神经计算的数学原理",
    "time_zone": "Asia/Shanghai",
    "pass_mark": 0.6,
    "role": "instructor",
    "created_at": _AT,
    "archived_at": None,
}
ENROLMENT: dict[str, Any] = {
    "id": _OTHER,
    "course_id": _COURSE,
    "person_id": _PERSON,
    "name": "林海棠",
    "email": "haitang.lin@example.edu",
    "role": "student",
    "section": "A1",
    "student_number": "20260101",
    "created_at": _AT,
    "ended_at": None,
}
CLASS_LIST: dict[str, Any] = {
    "applied": False,
    "counts": {"enrol": 1},
    "rows": [{"line": 2, "email": "haitang.lin@example.edu", "action": "enrol", "account": False}],
    "errors": [
        {
            "pointer": "/csv",
            "line": 3,
            "detail": "Line 3: The e-mail address is missing.",
            "detail_zh": "第 3 行：缺少电子邮箱地址。",
        }
    ],
}
SIGN_IN_LINK: dict[str, Any] = {
    "email": "haitang.lin@example.edu",
    "name": "林海棠",
    "path": "/en/sign-in/link/q2dJx0ovCzW8fQ4pOYUDsEyxk1R0RGBbTZVbBy8Nq1U",
}
INVITATION: dict[str, Any] = {
    "id": _OTHER,
    "course_id": _COURSE,
    "role": "student",
    "section": "A1",
    "email": None,
    "created_at": _AT,
    "expires_at": "2026-09-15T00:00:00Z",
    "max_uses": 40,
    "uses": 12,
    "revoked_at": None,
    "token": "q2dJx0ovCzW8fQ4pOYUDsEyxk1R0RGBbTZVbBy8Nq1U",
    "path": "/en/join/q2dJx0ovCzW8fQ4pOYUDsEyxk1R0RGBbTZVbBy8Nq1U",
}
ASSIGNMENT: dict[str, Any] = {
    "id": _ASSIGNMENT,
    "course_id": _COURSE,
    "title": "Homework 1: gradient descent",
    "instructions": "Round to three decimals.",
    "opens_at": _AT,
    "due_at": "2026-10-23T15:59:59Z",
    "closes_at": "2026-10-30T15:59:59Z",
    "attempts_allowed": 3,
    "counting": "best",
    "attempt_penalty": 0.1,
    "late_per_day": 0.2,
    "key_policy": "either",
    "release": {"correctness": "at-once", "diagnosis": "at-once", "key": "after-due", "solution": "after-due"},
    "has_password": False,
    "points": 5.0,
    "phase": "open",
    "published_at": _AT,
    "created_at": _AT,
    "updated_at": _AT,
    "version": 3,
}
ITEM: dict[str, Any] = {
    "id": _ITEM,
    "assignment_id": _ASSIGNMENT,
    "position": 1,
    "problem": "1.6",
    "form": "open",
    "points": 5.0,
    "scoring": None,
    "tolerance": {"kind": "absolute", "value": 0.001},
    "seed_mode": "pool",
    "seed": None,
    "pool": [7, 19, 23],
}
EXTENSION: dict[str, Any] = {
    "id": _OTHER,
    "assignment_id": _ASSIGNMENT,
    "person_id": _PERSON,
    "section": None,
    "due_at": "2026-10-26T15:59:59Z",
    "closes_at": None,
    "extra_attempts": 1,
    "reason": "ill",
    "created_at": _AT,
    "created_by": _PERSON,
}
PREVIEW: dict[str, Any] = {
    "person_id": _PERSON,
    "opens_at": _AT,
    "due_at": "2026-10-26T15:59:59Z",
    "closes_at": "2026-10-30T15:59:59Z",
    "attempts_allowed": 4,
    "phase": "open",
    "items": [{"id": _ITEM, "position": 1, "problem": "1.6", "form": "open", "points": 5.0, "seed": 19}],
}
UNLOCKED: dict[str, Any] = {"assignment_id": _ASSIGNMENT, "unlocked": True}
