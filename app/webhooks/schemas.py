"""The JSON of webhooks: bodies (`…Request`, `…Change`), what answers them (`…Out`), and the messages themselves."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.core.json_body import Body
from app.courses.fields import Change, Uuid, Whole, line
from app.webhooks.models import Reason, State, WebhookDelivery, WebhookEndpoint
from app.webhooks.outbox import Event

Url: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern="^[!-~]*$"),
    Field(examples=["https://dashboard.example.edu/haitang"], json_schema_extra={"format": "uri"}),
]
Events: TypeAlias = Annotated[list[Literal["attempt.graded", "grade.changed"]], Field(min_length=1, max_length=2)]


class WebhookRequest(Body):
    """An address that is to hear of events in a course."""

    url: Url
    description: Annotated[str, line(200)] = ""
    events: Events = ["attempt.graded", "grade.changed"]  # noqa: RUF012 - Pydantic copies it


class WebhookChange(Change):
    """What is left out stays. `enabled` true starts afresh: earlier failures are forgotten."""

    url: Url = ""
    description: Annotated[str, line(200)] = ""
    events: Events = []  # noqa: RUF012
    enabled: bool = True


class SecretRequest(Body):
    """How long messages are signed by the old secret too."""

    overlap_hours: Annotated[Whole, Field(ge=0, le=168)] = 24


class WebhookOut(BaseModel):
    id: Uuid
    course_id: Uuid
    url: str
    description: str
    events: list[str]
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: Reason | None = Field(
        description="`by-hand`; `gone`: it answered 410; `failing`: it took nothing for three days; `secret`: the "
        "service's signing key was replaced, and the webhook needs a new secret"
    )
    failures: int = Field(description="since it last took a message")
    failing_since: datetime | None
    created_at: datetime


class NewWebhook(WebhookOut):
    secret: str = Field(description="by which messages are signed; shown this once")


class NewSecret(BaseModel):
    webhook_id: Uuid
    secret: str = Field(description="shown this once")
    created_at: datetime
    old_until: datetime = Field(description="until then messages are signed by the old secret too")


class DeliveryOut(BaseModel):
    id: Uuid = Field(description="the `webhook-id` of the message")
    webhook_id: Uuid
    type: Event
    created_at: datetime
    state: State
    due_at: datetime | None = Field(description="when it is tried next, while it is pending")
    tries: int
    last_tried_at: datetime | None
    last_status: int | None = Field(description="of the reply; null if none came")
    last_error: str | None = Field(description="what was wrong, in English")


class DeliveryDetail(DeliveryOut):
    body: str = Field(description="the message, as it is sent")


class Resent(BaseModel):
    count: int = Field(description="how many messages are sent again")


class WebhookPage(BaseModel):
    items: list[WebhookOut]
    next_cursor: str | None


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None


def endpoint_json(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "course_id": endpoint.course_id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": endpoint.events,
        "enabled": endpoint.disabled_at is None,
        "disabled_at": endpoint.disabled_at,
        "disabled_reason": endpoint.disabled_reason,
        "failures": endpoint.failures,
        "failing_since": endpoint.failing_since,
        "created_at": endpoint.created_at,
    }


def delivery_json(delivery: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhook_id": delivery.endpoint_id,
        "type": delivery.type,
        "created_at": delivery.created_at,
        "state": delivery.state,
        "due_at": delivery.due_at if delivery.state == "pending" else None,
        "tries": delivery.tries,
        "last_tried_at": delivery.last_tried_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
    }


class _Message(BaseModel):
    """Further members may come with later versions."""

    model_config = ConfigDict(extra="allow")


class FieldScore(_Message):
    name: str
    score: float
    max_score: float
    correct: bool
    mistake: str | None = Field(description="the known mistake that leads to the answer, if it is exactly one")


class GradedData(_Message):
    course_id: Uuid
    assignment_id: Uuid
    item_id: Uuid
    attempt_id: Uuid
    person_id: Uuid
    problem: str
    form: str
    number: int = Field(description="of the attempt, among the person's at this item, from 1")
    submitted_at: datetime
    score: float = Field(description="of the exercise's own points, before lateness and penalties")
    max_score: float
    correct: bool
    fields: list[FieldScore]
    revision: int = Field(description="of the item's settings by which it was graded; a regrade makes a new one")


class ChangedData(_Message):
    course_id: Uuid
    assignment_id: Uuid
    item_id: Uuid
    person_id: Uuid
    before: float | None = Field(description="points; null where there was no grade")
    after: float | None = Field(description="points; null where there is none any more")
    points: float = Field(description="of the item")


class PingData(_Message):
    course_id: Uuid
    webhook_id: Uuid


class AttemptGraded(_Message):
    """An attempt in an assignment has been graded, or graded anew by a regrade."""

    type: Literal["attempt.graded"]
    timestamp: datetime
    data: GradedData


class GradeChanged(_Message):
    """A student's grade at an item is another than before: by an attempt, a regrade, by hand, or by other dates."""

    type: Literal["grade.changed"]
    timestamp: datetime
    data: ChangedData


class Ping(_Message):
    """Somebody wants to see whether messages arrive."""

    type: Literal["ping"]
    timestamp: datetime
    data: PingData


BODIES: list[type[BaseModel]] = [WebhookRequest, WebhookChange, SecretRequest, AttemptGraded, GradeChanged, Ping]
