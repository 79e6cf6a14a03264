"""The JSON of scores and class lists."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.core.json_body import Body
from app.courses.fields import Uuid


class ResendRequest(Body):
    """Which scores to send once more; all of them, unless something else is said."""

    person_id: Uuid | None = Field(default=None, description="only this student's")
    only_failed: bool = Field(default=False, description="only those that were given up")


class ResentOut(BaseModel):
    scores: int = Field(description="how many are sent once more")


class SentScoreOut(BaseModel):
    id: str
    person_id: Uuid
    name: str
    platform: str = Field(description="the name of the platform")
    link: str | None = Field(description="the platform's name of the link to which the column belongs")
    state: Literal["pending", "held", "sent", "failed"] = Field(
        description="`held` until it is released or graded; `failed` until the grade changes or it is sent once more"
    )
    score: float | None = Field(description="the points that the platform has taken, if it has")
    max_score: float | None
    tried_at: datetime | None
    tries: int = Field(description="that failed in a row")
    next_try_at: datetime | None
    status: int | None = Field(description="of the platform's last answer (HTTP)")
    error: str | None


class SentScorePage(BaseModel):
    items: list[SentScoreOut]
    next_cursor: str | None


class LinkChange(Body):
    assignment_id: Uuid = Field(description="one of the course in which the link stands")


class LinkOut(BaseModel):
    """A link (activity) of a learning platform."""

    id: Uuid
    title: str = Field(description="the platform's name of it")
    platform: str = Field(description="the name of the platform")
    context: str = Field(description="the platform's name of its course")
    assignment_id: Uuid | None = Field(description="which it opens; null while it waits for one to be chosen")


class LinkPage(BaseModel):
    items: list[LinkOut]
    next_cursor: str | None


class RosterEntryOut(BaseModel):
    """Somebody in a platform's class list, as it was last seen."""

    context_id: Uuid
    subject: str = Field(description="who they are to the platform")
    name: str
    roles: list[str] = Field(description="as the platform writes them")
    status: str
    person_id: Uuid | None = Field(description="who they are here; null for who takes no part in the course")
    seen_at: datetime


class RosterPage(BaseModel):
    items: list[RosterEntryOut]
    next_cursor: str | None


class SyncedContextOut(BaseModel):
    context_id: Uuid
    title: str
    members: int = Field(description="in the platform's list")
    without_part: int = Field(description="of these, whose roles give them no part in the course")
    added: int
    ended: int


class SyncedOut(BaseModel):
    contexts: list[SyncedContextOut]
