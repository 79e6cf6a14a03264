"""What OpenAPI shows for the calls of this package, and its section `webhooks`: the messages that are sent."""

from typing import Any

_COURSE = "01a2054b-5386-70de-b9b7-058e224f8481"
_PERSON = "01a2054b-5386-70de-b9b7-058e224f8482"
_ASSIGNMENT = "01a2054b-5386-70de-b9b7-058e224f8483"
_ITEM = "01a2054b-5386-70de-b9b7-058e224f8484"
_ATTEMPT = "01a2054b-5386-70de-b9b7-058e224f8486"
_WEBHOOK = "01a2054b-5386-70de-b9b7-058e224f8487"
_DELIVERY = "01a2054b-5386-70de-b9b7-058e224f8488"
_AT = "2026-10-12T08:30:00Z"
_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw3hT1qJ0hXyI="

WEBHOOK: dict[str, Any] = {
    "id": _WEBHOOK,
    "course_id": _COURSE,
    "url": "https://dashboard.example.edu/haitang",
    "description": "The dashboard of the department",
    "events": ["attempt.graded", "grade.changed"],
    "enabled": True,
    "disabled_at": None,
    "disabled_reason": None,
    "failures": 0,
    "failing_since": None,
    "created_at": "2026-09-01T00:00:00Z",
}
NEW_WEBHOOK: dict[str, Any] = WEBHOOK | {"secret": _KEY}
NEW_SECRET: dict[str, Any] = {
    "webhook_id": _WEBHOOK,
    "secret": _KEY,
    "created_at": _AT,
    "old_until": "2026-10-13T08:30:00Z",
}
DELIVERY: dict[str, Any] = {
    "id": _DELIVERY,
    "webhook_id": _WEBHOOK,
    "type": "grade.changed",
    "created_at": _AT,
    "state": "delivered",
    "due_at": None,
    "tries": 2,
    "last_tried_at": "2026-10-12T08:30:06Z",
    "last_status": 204,
    "last_error": None,
}
GRADED: dict[str, Any] = {
    "type": "attempt.graded",
    "timestamp": _AT,
    "data": {
        "course_id": _COURSE,
        "assignment_id": _ASSIGNMENT,
        "item_id": _ITEM,
        "attempt_id": _ATTEMPT,
        "person_id": _PERSON,
        "problem": "1.6",
        "form": "open",
        "number": 2,
        "submitted_at": _AT,
        "score": 0.0,
        "max_score": 1.0,
        "correct": False,
        "fields": [{"name": "w", "score": 0.0, "max_score": 1.0, "correct": False, "mistake": "gradient-summed"}],
        "revision": 0,
    },
}
CHANGED: dict[str, Any] = {
    "type": "grade.changed",
    "timestamp": _AT,
    "data": {
        "course_id": _COURSE,
        "assignment_id": _ASSIGNMENT,
        "item_id": _ITEM,
        "person_id": _PERSON,
        "before": 1.0,
        "after": 2.0,
        "points": 2.0,
    },
}
PING: dict[str, Any] = {"type": "ping", "timestamp": _AT, "data": {"course_id": _COURSE, "webhook_id": _WEBHOOK}}
DETAIL: dict[str, Any] = DELIVERY | {
    "body": '{"type":"ping","timestamp":"2026-10-12T08:30:00Z","data":{"course_id":"…","webhook_id":"…"}}'
}

_HEADERS = {
    "webhook-id": "the id of the message, the same however often it is sent",
    "webhook-timestamp": "when it was sent, in seconds since 1970",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`; several, with spaces "
    "between, while two secrets are live",
}


def _operation(model: str, summary: str, example: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "header", "required": True, "description": about, "schema": {"type": "string"}}
        for name, about in _HEADERS.items()
    ]
    content = {"schema": {"$ref": f"#/components/schemas/{model}"}, "example": example}
    return {
        "post": {
            "operationId": f"on{model}",
            "tags": ["webhooks"],
            "summary": summary,
            "parameters": parameters,
            "requestBody": {"required": True, "content": {"application/json": content}},
            "responses": {
                "2XX": {"description": "The message was taken."},
                "410": {"description": "No further messages are wanted; the webhook is disabled."},
                "default": {"description": "The message was not taken, and is sent again later."},
            },
        }
    }


WEBHOOKS: dict[str, Any] = {
    "attempt.graded": _operation("AttemptGraded", "An attempt in an assignment has been graded", GRADED),
    "grade.changed": _operation("GradeChanged", "A student's grade at an item is another than before", CHANGED),
    "ping": _operation("Ping", "Somebody wants to see whether messages arrive", PING),
}
"""The section of the OpenAPI document."""
