"""The JSON of answers in assignments, of grades by hand and of regrades: bodies (`…Request`) and what is sent."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from app.attempts.schemas import AttemptOut, Bilingual, FieldOut, Form
from app.core.json_body import Body
from app.courses.assignment_schemas import ToleranceSetting
from app.courses.fields import Change, Uuid, line
from problems.answers import Scoring
from problems.problem import KeyPolicy

Points = Annotated[float, Field(ge=0, le=10_000)]
Reason = Annotated[str, line(500, 1)]


class AssignedAttemptRequest(Body):
    """Answers to an item of an assignment, which says what is asked, and in which form."""

    assignment: Uuid
    item: Uuid
    answers: dict[str, Any] = Field(description="a value for every field of the variant, by its name")


class AssignedField(BaseModel):
    """The result of one field, as far as it is released."""

    name: str
    score: float | None
    max_score: float
    correct: bool | None
    read_as: str = Field(description="how the answer was understood")
    read_as_latex: str
    parts: list[bool]
    mistake: str | None
    family: str | None = None
    candidates: list[str] = Field(default=[])
    answered: bool
    followed: bool
    feedback: Bilingual


class AssignedAttemptOut(BaseModel):
    """An attempt in an assignment. What is not released yet is null or empty."""

    id: Uuid
    problem: str
    version: int
    seed: int | None = Field(description="null for students")
    form: Form
    answers: dict[str, Any] = Field(description="as they were given")
    score: float | None
    max_score: float | None
    correct: bool | None
    fields: list[AssignedField]
    created_at: datetime = Field(description="when the request arrived, by the server's clock")
    assignment: Uuid
    item: Uuid
    number: int = Field(description="which attempt of the student at the item it is, from 1")
    late: bool = Field(description="whether it arrived after it was due")
    attempts_left: int | None = Field(description="null without a limit")
    repeated: bool = Field(description="the same answer as this earlier attempt came again; it spent nothing")


class AnyAttemptPage(BaseModel):
    """Attempts in practice and in assignments."""

    items: list[AttemptOut | AssignedAttemptOut]
    next_cursor: str | None


class AssignedAttemptPage(BaseModel):
    items: list[AssignedAttemptOut]
    next_cursor: str | None


class GradeOut(BaseModel):
    """What the attempts at an item come to. `score` is null until it is released, and where nothing counts."""

    score: float | None
    points: float
    status: Literal["graded", "waiting", "void"] | None
    late: bool
    overridden: bool


class DraftRequest(Body):
    """What has been entered so far, as it would be sent."""

    answers: dict[str, Any]


class DraftOut(BaseModel):
    answers: dict[str, Any]
    updated_at: datetime | None = Field(description="null where nothing has been kept")


class AssignedHint(BaseModel):
    """A hint of an item. `text` is null until it is opened, where that costs something."""

    number: int
    cost: float = Field(description="the share of the points by which answers count less from its opening on")
    opened: bool
    text: Bilingual | None


class AssignedExercise(BaseModel):
    """An item as the caller meets it, with their own numbers."""

    assignment: Uuid
    item: Uuid
    position: int
    problem: str
    version: int
    form: Form
    points: float
    title: Bilingual
    statement: Bilingual
    data: dict[str, Any]
    fields: list[FieldOut]
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    phase: Literal["early", "open", "late", "closed"]
    attempts_used: int
    attempts_left: int | None
    grade: GradeOut
    draft: DraftOut
    hints: list[AssignedHint]
    key: dict[str, str] | None = Field(description="the right answers in writing, once they are released")
    solution: Bilingual | None = Field(description="the worked solution, once it is released")


class OverrideRequest(Body):
    """Points by hand for one student; null withdraws what was given, so that the attempts count again."""

    person_id: Uuid
    points: Points | None
    reason: Reason


class OverrideOut(BaseModel):
    id: int
    item: Uuid
    person_id: Uuid
    points: float | None
    reason: str
    by: Uuid
    at: datetime


class OverridePage(BaseModel):
    items: list[OverrideOut]
    next_cursor: str | None


class SettingsChange(Change):
    """Settings by which an item is marked; what is left out stays as it is."""

    points: Points = 1.0
    scoring: Scoring | None = Field(default=None, description="null: that of the exercise")
    tolerance: ToleranceSetting | None = Field(default=None, description="null: that of the exercise")
    key_policy: KeyPolicy = "either"
    keys: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="by seed, a value for each field that counts as right instead of the computed key; takes the place "
        "of all keys set before",
    )
    award: Literal["normal", "void", "full"] = Field(
        default="normal", description="`void`: the item counts for nobody; `full`: everybody gets its points"
    )


class RegradePreviewRequest(Body):
    """Without any setting the item is graded again as it is, by the exercise as the server has it now."""

    item: Uuid
    settings: SettingsChange = Field(default_factory=SettingsChange)


class RegradeRequest(RegradePreviewRequest):
    reason: Reason
    preview: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None, description="`digest` of the preview; if the regrade would change anything else by now, 409"
    )


class UndoRequest(Body):
    reason: Reason


class RescoredAttempt(BaseModel):
    id: Uuid
    number: int
    before: float | None = Field(description="share of the exercise, 0 to 1")
    after: float | None


class StudentChangeOut(BaseModel):
    """One student whose grade changes, in points."""

    person_id: Uuid
    name: str
    student_number: str | None
    before: float | None
    after: float | None
    difference: float | None = Field(description="null where there is no grade before or after")
    attempts: list[RescoredAttempt] = Field(description="those that are scored anew; previews only")


class SettingsOut(BaseModel):
    points: float
    scoring: Scoring | None
    tolerance: ToleranceSetting | None
    key_policy: KeyPolicy
    keys: dict[str, dict[str, Any]]
    award: Literal["normal", "void", "full"]


class RegradeCounts(BaseModel):
    answered: int = Field(description="attempts at the item")
    recomputed: int = Field(description="attempts that had to be graded again")
    rescored: int = Field(description="attempts whose result is another")
    failed: int = Field(description="attempts that could not be graded; their scores stay")
    students: int = Field(description="students whose grade changes")


class RegradePreview(RegradeCounts):
    """Exactly what a regrade would change."""

    item: Uuid
    before: SettingsOut
    after: SettingsOut
    changes: list[StudentChangeOut]
    digest: str


class RegradeOut(RegradeCounts):
    """A regrade that was carried out. `applying` and `undoing` mean that a long one has not finished."""

    id: Uuid
    assignment: Uuid
    item: Uuid
    state: Literal["applying", "applied", "undoing", "undone"]
    reason: str
    by: Uuid
    at: datetime


class RegradeDetail(RegradeOut):
    before: SettingsOut
    after: SettingsOut
    changes: list[StudentChangeOut]


class RegradePage(BaseModel):
    items: list[RegradeOut]
    next_cursor: str | None


BODIES = (AssignedAttemptRequest, DraftRequest, OverrideRequest, RegradePreviewRequest, RegradeRequest, UndoRequest)
