"""The JSON of assignments, items and extensions: bodies (`…Request`, `…Change`) and what is sent (`…Out`)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.json_body import Body, Instant
from app.courses.fields import MAX_ITEMS, MAX_POOL, Change, Label, Lines, Seed, Share, Title, Uuid, Whole, line
from app.courses.models import Counting, Moment, SeedMode
from problems.answers import Scoring
from problems.problem import Form, KeyPolicy
from problems.tolerance import ToleranceKind


class Release(Body):
    """When something about an attempt is shown to its student."""

    correctness: Moment = "at-once"
    diagnosis: Moment = "at-once"
    key: Moment = "after-due"
    solution: Moment = "after-due"


class ToleranceSetting(Body):
    """How near a number must come, instead of what the exercise says."""

    kind: ToleranceKind
    value: Annotated[float, Field(ge=0, le=1e12)]


class ItemRequest(Body):
    """An exercise of an assignment. `seed` belongs to the mode fixed, `pool` or `pool_size` to the mode pool."""

    problem: Annotated[str, Field(min_length=1, max_length=64, examples=["1.6"])]
    form: Form
    points: Annotated[float, Field(ge=0, le=10_000)] = 1.0
    scoring: Scoring | None = None
    tolerance: ToleranceSetting | None = None
    seed_mode: SeedMode = "per-student"
    seed: Seed | None = None
    pool: Annotated[list[Seed], Field(min_length=1, max_length=MAX_POOL)] | None = None
    pool_size: Annotated[Whole, Field(ge=1, le=MAX_POOL)] | None = Field(
        default=None, description="instead of `pool`: so many seeds, drawn and proven by the server"
    )
    position: Annotated[Whole, Field(ge=1, le=MAX_ITEMS)] | None = Field(default=None, description="last if left out")


class ItemChange(Change):
    """What is left out stays."""

    problem: Annotated[str, Field(min_length=1, max_length=64)] = ""
    form: Form = "open"
    points: Annotated[float, Field(ge=0, le=10_000)] = 1.0
    scoring: Scoring | None = None
    tolerance: ToleranceSetting | None = None
    seed_mode: SeedMode = "per-student"
    seed: Seed | None = None
    pool: Annotated[list[Seed], Field(min_length=1, max_length=MAX_POOL)] | None = None
    pool_size: Annotated[Whole, Field(ge=1, le=MAX_POOL)] | None = None
    position: Annotated[Whole, Field(ge=1, le=MAX_ITEMS)] = 1


class ItemOut(BaseModel):
    """Students see neither seeds nor pools: who knows a seed could practise the very exercise."""

    id: Uuid
    assignment_id: Uuid
    position: int
    problem: str
    form: Form
    points: float
    scoring: Scoring | None
    tolerance: ToleranceSetting | None
    seed_mode: SeedMode | None
    seed: int | None
    pool: list[int] | None


class AssignmentRequest(Body):
    """A new assignment. It is a draft, which students do not see, unless `published`."""

    title: Title
    instructions: Lines = Field(default="", description="Markdown, with LaTeX between dollar signs")
    opens_at: Instant | None = None
    due_at: Instant | None = None
    closes_at: Instant | None = None
    attempts_allowed: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    counting: Counting = "best"
    attempt_penalty: Share = 0.0
    late_per_day: Share = 0.0
    key_policy: KeyPolicy = "either"
    release: Release = Field(default_factory=Release)
    password: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    published: bool = False
    items: Annotated[list[ItemRequest], Field(max_length=MAX_ITEMS)] = Field(default_factory=list)


class AssignmentChange(Change):
    """What is left out stays. With `version`, the change is refused (409) when somebody else has made one since."""

    title: Title = ""
    instructions: Lines = ""
    opens_at: Instant | None = None
    due_at: Instant | None = None
    closes_at: Instant | None = None
    attempts_allowed: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    counting: Counting = "best"
    attempt_penalty: Share = 0.0
    late_per_day: Share = 0.0
    key_policy: KeyPolicy = "either"
    release: Release = Field(default_factory=Release)
    password: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    published: bool = False
    version: Annotated[Whole, Field(ge=1, le=2**31)] = 1


class AssignmentOut(BaseModel):
    """For students the dates and the number of attempts are their own, extensions included."""

    id: Uuid
    course_id: Uuid
    title: str
    instructions: str
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    attempts_allowed: int | None
    counting: Counting
    attempt_penalty: float
    late_per_day: float
    key_policy: KeyPolicy
    release: Release
    has_password: bool
    points: float = Field(description="of all items together")
    phase: Literal["early", "open", "late", "closed"]
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class CopyRequest(Body):
    """Where to copy an assignment, as a draft; dates keep their local times, so many days later."""

    course_id: Uuid
    title: Title | None = None
    shift_days: Annotated[Whole, Field(ge=-3660, le=3660)] = 0


class ExtensionRequest(Body):
    """More time or attempts, for one person or for one section."""

    person_id: Uuid | None = None
    section: Label | None = None
    due_at: Instant | None = None
    closes_at: Instant | None = None
    extra_attempts: Annotated[Whole, Field(ge=0, le=1000)] = 0
    reason: Annotated[str, line(500)] = ""


class ExtensionChange(Change):
    """What is left out stays."""

    due_at: Instant | None = None
    closes_at: Instant | None = None
    extra_attempts: Annotated[Whole, Field(ge=0, le=1000)] = 0
    reason: Annotated[str, line(500)] = ""


class ExtensionOut(BaseModel):
    id: Uuid
    assignment_id: Uuid
    person_id: str | None
    section: str | None
    due_at: datetime | None
    closes_at: datetime | None
    extra_attempts: int
    reason: str
    created_at: datetime
    created_by: Uuid


class UnlockRequest(Body):
    """The password of an assignment."""

    password: Annotated[str, Field(min_length=1, max_length=200)]


class UnlockOut(BaseModel):
    assignment_id: Uuid
    unlocked: bool


class PreviewItem(BaseModel):
    id: Uuid
    position: int
    problem: str
    form: Form
    points: float
    seed: int


class PreviewOut(BaseModel):
    """The assignment as one student has it: dates, attempts, and the seeds that are dealt."""

    person_id: Uuid
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    attempts_allowed: int | None
    phase: Literal["early", "open", "late", "closed"]
    items: list[PreviewItem]


class AssignmentPage(BaseModel):
    items: list[AssignmentOut]
    next_cursor: str | None


class ItemPage(BaseModel):
    items: list[ItemOut]
    next_cursor: str | None


class ExtensionPage(BaseModel):
    items: list[ExtensionOut]
    next_cursor: str | None
