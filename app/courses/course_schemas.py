"""The JSON of courses, enrolments and invitations: bodies (`…Request`, `…Change`) and what is sent (`…Out`)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.json_body import Body, Instant
from app.core.problem_details import FaultDetails
from app.courses.fields import Change, Email, Label, Share, TimeZone, Title, Uuid, Whole, line
from app.courses.models import Role


class CourseRequest(Body):
    """A new course; who makes it becomes its instructor."""

    title: Title
    time_zone: TimeZone
    pass_mark: Share = 0.6


class CourseChange(Change):
    """What is left out stays."""

    title: Title = ""
    time_zone: TimeZone = ""
    pass_mark: Share = 0.0
    archived: bool = False


class CourseOut(BaseModel):
    id: Uuid
    title: str
    time_zone: str = Field(description="a name of the IANA database; dates of the course are told in it")
    pass_mark: float = Field(description="the share of all points from which the course counts as passed")
    role: Role = Field(description="of whoever asks")
    created_at: datetime
    archived_at: datetime | None


class EnrolmentRequest(Body):
    """A person by address. Somebody without an account gets one, into which an invitation or a sign-in link leads."""

    email: Email
    name: Annotated[str, line(200)] = ""
    role: Role = "student"
    section: Label | None = None
    student_number: Label | None = None


class EnrolmentChange(Change):
    """What is left out stays. `ended` true takes the person out of the course, false back in."""

    role: Role = "student"
    section: Label | None = None
    student_number: Label | None = None
    ended: bool = False


class EnrolmentOut(BaseModel):
    id: Uuid
    course_id: Uuid
    person_id: Uuid
    name: str
    email: str | None
    role: Role
    section: str | None
    student_number: str | None
    created_at: datetime
    ended_at: datetime | None


class ClassListRequest(Body):
    """A class list as CSV text, with a header line. Without `apply` nothing is changed."""

    csv: Annotated[str, Field(max_length=10_000_000, examples=["email,name,student_number,section\n"])]
    apply: bool = False


class ClassListRow(BaseModel):
    line: int = Field(description="of the CSV text, counted from 1")
    email: str
    action: Literal["enrol", "return", "change", "nothing"]
    account: bool = Field(description="whether the address has an account already")


class ClassListOut(BaseModel):
    """What the class list changes, or changed; with a bad row it is applied not at all (422)."""

    applied: bool
    counts: dict[str, int] = Field(description="how many rows there are of each action")
    rows: list[ClassListRow]
    errors: list[FaultDetails] = Field(description="bad rows, by line; a list that was applied has none")


class SignInLinkOut(BaseModel):
    """For somebody of the class list who has never signed in; it works once, for two weeks."""

    email: str
    name: str
    path: str = Field(description="of a page on this server")


class SignInLinks(BaseModel):
    items: list[SignInLinkOut]


class InvitationRequest(Body):
    """A link by which people enrol themselves."""

    role: Role = "student"
    section: Label | None = None
    email: Email | None = None
    expires_at: Instant | None = Field(default=None, description="two weeks from now if left out")
    max_uses: Annotated[Whole, Field(ge=1, le=100_000)] | None = None


class InvitationOut(BaseModel):
    id: Uuid
    course_id: Uuid
    role: Role
    section: str | None
    email: str | None
    created_at: datetime
    expires_at: datetime
    max_uses: int | None
    uses: int
    revoked_at: datetime | None
    token: str = Field(description="for POST /api/v1/me/enrolments")
    path: str = Field(description="of the page, on this server, where people accept")


class AcceptRequest(Body):
    """The token of an invitation."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


class CoursePage(BaseModel):
    items: list[CourseOut]
    next_cursor: str | None


class EnrolmentPage(BaseModel):
    items: list[EnrolmentOut]
    next_cursor: str | None


class InvitationPage(BaseModel):
    items: list[InvitationOut]
    next_cursor: str | None
