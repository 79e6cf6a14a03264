"""The JSON of the reports as OpenAPI tells it. It describes what is sent, and validates nothing."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.reports.exports import EXAMPLE_ATTEMPT
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


# Examples


_TITLE = {"en": "Gradient descent with momentum", "zh": "带动量的梯度下降"}
_PERSON = "01a2054b-5386-70de-b9b7-058e224f8480"
_ITEM = "01a2054b-5386-70de-b9b7-058e224f8490"
_MISTAKE = {"en": "You update with every sample.", "zh": "你对每个样本都作了更新。"}
_FIGURES: dict[str, Any] = {
    "attempted": 70,
    "facility": 0.23,
    "sd": 3.1,
    "discrimination_index": -6.2,
    "discriminative_efficiency": -8.4,
    "effective_weight": 6.7,
    "negative_covariance": False,
    "point_biserial": 0.21,
}
_TOTALS: dict[str, Any] = {
    "students": 70,
    "items": 11,
    "mean": 66.8,
    "median": 67.7,
    "sd": 15.4,
    "minimum": 31.0,
    "lower_quartile": 56.2,
    "upper_quartile": 77.5,
    "maximum": 98.0,
    "skewness": -0.11,
    "kurtosis": -0.52,
    "cic": 78.0,
    "error_ratio": 46.9,
    "standard_error": 7.2,
}
_BRIEF: dict[str, Any] = {
    "item": _ITEM,
    "position": 1,
    "problem": "1.8",
    "form": "open",
    "title": _TITLE,
    "points": 10.0,
    "award": "normal",
}
_LINE: dict[str, Any] = {
    "person_id": _PERSON,
    "name": "徐浩然",
    "email": "xu@example.org",
    "number": "2026001",
    "section": "A",
    "total": 6.0,
    "max_points": 10.0,
    "attempts": 2,
    "last_activity": "2026-03-02T08:15:30.123456Z",
    "late": False,
    "status": "submitted",
    "grades": [
        {"item": _ITEM, "score": 6.0, "attempts": 2, "late": False, "overridden": False, "status": "graded"},
    ],
}
_SHARE: dict[str, Any] = {"mistake": "no-margin-condition", "field": "w", "text": _MISTAKE, "attempts": 22}

EXAMPLES: dict[str, Any] = {
    "getReport": {
        "assignment": {
            "id": "01a2054b-5386-70de-b9b7-058e224f84a0",
            "title": "Problem set 3",
            "course": "01a2054b-5386-70de-b9b7-058e224f84b0",
            "course_title": "Neural computation",
            "due_at": "2026-03-15T15:59:00Z",
            "max_points": 10.0,
        },
        "sections": ["A", "B"],
        "summary": {
            "enrolled": 74,
            "submitted": 70,
            "max_points": 100.0,
            "pass_mark": 0.6,
            "below_pass_mark": 24,
            "share_below_pass_mark": 24 / 70,
            "histogram": [0, 0, 0, 3, 9, 12, 14, 19, 6, 7],
            "statistics": _TOTALS,
        },
        "items": [{**_BRIEF, "statistics": _FIGURES}],
        "gradebook": {"items": [_LINE], "next_cursor": None, "count": 1},
    },
    "getItemReports": {
        "students": 70,
        "statistics": _TOTALS,
        "items": [
            {
                **_BRIEF,
                **_FIGURES,
                "weak": True,
                "random_guess_score": 0.0,
                "attempts": 112,
                "until_right": [{"attempt": 1, "students": 9}, {"attempt": 2, "students": 7}],
                "mean_until_right": 23 / 16,
                "median_seconds": 340.0,
                "quintiles": [0.2, 0.21, 0.25, 0.24, 0.25],
                "mistakes": [{**_SHARE, "students": 19, "share": 22 / 112, "variant": None}],
                "options": [],
                "variants": [
                    {"seed": 4, "version": 1, "data": {"steps": 3}, "students": 12, "harder": False, **_FIGURES}
                ],
            }
        ],
    },
    "getConcepts": {
        "topics": [
            {"key": "momentum", "name": {"en": "Momentum", "zh": "动量"}, "items": ["1. 1.8"], "facility": 0.23},
        ],
        "chapters": [
            {
                "key": "2",
                "name": {"en": "Gradient descent", "zh": "梯度下降"},
                "items": ["1. 1.8"],
                "facility": 0.23,
            }
        ],
        "mistakes": [
            {"mistake": "no-margin-condition", "text": _MISTAKE, "problems": ["1.8"], "attempts": 22},
        ],
        "since": "2026-03-02T08:15:30Z",
    },
    "getActivity": {"time_zone": "Asia/Shanghai", "days": [{"date": "2026-03-02", "attempts": 112}]},
    "getStudentReport": {
        "student": _LINE,
        "items": [
            {
                "item": _ITEM,
                "position": 1,
                "problem": "1.8",
                "title": _TITLE,
                "points": 10.0,
                "attempts": [
                    {
                        "id": "01a2054b-5386-70de-b9b7-058e224f84c0",
                        "number": 1,
                        "seed": 4711,
                        "created_at": "2026-03-02T08:09:10Z",
                        "seconds": None,
                        "score": 0.0,
                        "max_score": 1.0,
                        "correct": False,
                        "fields": [
                            {
                                "name": "w",
                                "read_as": "(0.1, 0.2)",
                                "correct": False,
                                "mistake": "no-margin-condition",
                                "text": _MISTAKE,
                            }
                        ],
                    }
                ],
            }
        ],
    },
    "getGradebookCsv": "student,number,email,section,1. 1.8,total,of,attempts,last_activity,late,status\r\n…",
    "getWorkbook": "(an XLSX file)",
    "getAttemptLines": EXAMPLE_ATTEMPT,
}
