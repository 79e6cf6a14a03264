"""The JSON of the reports as OpenAPI tells it. It describes what is sent, and validates nothing."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.reports.statistics import ItemStatistics, TestStatistics

Share = Field(ge=0, le=1)


class ReportText(BaseModel):
    """A text in English and in Chinese, with LaTeX between dollar signs."""

    en: str
    zh: str


class ReportAssignment(BaseModel):
    id: str
    title: str
    course: str = Field(description="the id of the course")
    course_title: str
    due_at: datetime | None
    max_points: float


class ReportSummary(BaseModel):
    """The totals of all students who have submitted anything, in points."""

    enrolled: int
    submitted: int
    max_points: float
    pass_mark: float = Field(description="share of all points from which the course counts as passed", ge=0, le=1)
    below_pass_mark: int
    share_below_pass_mark: float | None
    histogram: list[int] = Field(description="students in ten bins of equal width, from 0 to all points")
    statistics: TestStatistics


class ReportItemBrief(BaseModel):
    item: str
    position: int = Field(description="counted from 1")
    problem: str
    form: Literal["open", "choice"]
    title: ReportText
    points: float
    award: Literal["normal", "void", "full"]
    statistics: ItemStatistics


class GradeOut(BaseModel):
    """A student's grade at an item; `status` is `none` where there is neither an attempt nor points."""

    item: str
    score: float | None
    attempts: int
    late: bool
    overridden: bool
    status: Literal["none", "graded", "waiting", "void"]


class LineOut(BaseModel):
    """A line of the gradebook."""

    person_id: str
    name: str
    email: str | None
    number: str | None
    section: str | None
    total: float
    max_points: float
    attempts: int
    last_activity: datetime | None
    late: bool
    status: Literal["none", "waiting", "submitted"]
    grades: list[GradeOut]


class LinePage(BaseModel):
    items: list[LineOut]
    next_cursor: str | None
    count: int = Field(description="lines on all pages together")


class ReportOut(BaseModel):
    assignment: ReportAssignment
    sections: list[str]
    summary: ReportSummary
    items: list[ReportItemBrief]
    gradebook: LinePage


class AttemptsUntilRight(BaseModel):
    attempt: int = Field(ge=1)
    students: int


class MistakeShareOut(BaseModel):
    """A named mistake; `share` of all attempts at the item, or at one variant, whose seed is in `variant` then."""

    mistake: str
    field: str
    text: ReportText
    attempts: int
    students: int
    share: float
    variant: int | None


class OptionShareOut(BaseModel):
    """An option of a variant; what it says and whether it is right is null for an old version of the exercise."""

    seed: int
    field: str
    option: str
    text: ReportText | None
    right: bool | None
    mistakes: list[str]
    attempts: int
    share: float


class VariantReportOut(BaseModel):
    """The students who had one variant. `harder`: lower marks than with its siblings, by more than chance."""

    seed: int
    version: int
    data: dict[str, Any]
    students: int
    harder: bool
    attempted: int
    facility: float | None
    sd: float | None
    discrimination_index: float | None
    discriminative_efficiency: float | None
    effective_weight: float | None
    negative_covariance: bool
    point_biserial: float | None


class ItemReportOut(BaseModel):
    """All figures of an item; docs/statistics.md defines each. What is not defined is null."""

    item: str
    position: int
    problem: str
    form: Literal["open", "choice"]
    title: ReportText
    points: float
    award: Literal["normal", "void", "full"]
    attempted: int
    facility: float | None
    sd: float | None
    discrimination_index: float | None
    discriminative_efficiency: float | None
    effective_weight: float | None
    negative_covariance: bool
    point_biserial: float | None
    weak: bool = Field(description="the discrimination index is below 20")
    random_guess_score: float | None
    attempts: int
    until_right: list[AttemptsUntilRight]
    mean_until_right: float | None
    median_seconds: float | None
    quintiles: list[float | None] = Field(description="facility in each fifth of the students, by rising totals")
    mistakes: list[MistakeShareOut]
    options: list[OptionShareOut]
    variants: list[VariantReportOut]


class ItemReportsOut(BaseModel):
    students: int
    statistics: TestStatistics
    items: list[ItemReportOut]


class MasteryOut(BaseModel):
    key: str
    name: ReportText
    items: list[str]
    facility: float | None


class FrequentMistakeOut(BaseModel):
    mistake: str
    text: ReportText
    problems: list[str]
    attempts: int


class ConceptsOut(BaseModel):
    topics: list[MasteryOut]
    chapters: list[MasteryOut]
    mistakes: list[FrequentMistakeOut]
    since: datetime | None


class ActivityDay(BaseModel):
    date: str = Field(json_schema_extra={"format": "date"}, description="in the course's time zone")
    attempts: int


class ActivityOut(BaseModel):
    time_zone: str
    days: list[ActivityDay]


class FieldAnswerOut(BaseModel):
    name: str
    read_as: str
    correct: bool
    mistake: str | None
    text: ReportText | None


class StudentAttemptOut(BaseModel):
    id: str
    number: int
    seed: int
    created_at: datetime
    seconds: int | None = Field(description="since the student's attempt before it, unless that is half an hour ago")
    score: float | None
    max_score: float | None
    correct: bool | None
    fields: list[FieldAnswerOut]


class StudentItemOut(BaseModel):
    item: str
    position: int
    problem: str
    title: ReportText
    points: float
    attempts: list[StudentAttemptOut]


class StudentReportOut(BaseModel):
    student: LineOut
    items: list[StudentItemOut]
