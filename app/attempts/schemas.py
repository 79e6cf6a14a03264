"""The JSON of the API as OpenAPI tells it. Only `AttemptRequest` validates; the others describe what is sent."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from problems.draws import MAX_SEED

PROBLEM_ID = r"^([12]|c[1-9][0-9]?)\.[1-9][0-9]?$"

Form = Literal["open", "choice"]


def _whole(value: Any) -> Any:
    """3.0 is an integer in JSON Schema; "3" and true are not."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Bilingual(BaseModel):
    """A text in English and in Chinese: Markdown, with LaTeX between dollar signs."""

    en: str
    zh: str


class FormsOf(BaseModel):
    """The forms of the printed exercise (seed 0) and of its variants, the default first."""

    printed: list[Form]
    variants: list[Form]


class ProblemSummary(BaseModel):
    id: str = Field(examples=["1.6"])
    set: str = Field(examples=["1"], description="`1`, `2`, or the chapter: `c3`")
    topic: str
    version: int = Field(description="rises when a change of the exercise would deal other variants")
    title: Bilingual
    forms: FormsOf
    max_seed: int = Field(examples=[MAX_SEED])


class ProblemPage(BaseModel):
    items: list[ProblemSummary]
    next_cursor: str | None


class OptionOut(BaseModel):
    id: str = Field(examples=["A"])
    text: Bilingual


class VariableOut(BaseModel):
    """A variable of a formula, which is compared with the key where low < value < high."""

    name: str
    low: float
    high: float


class FieldOut(BaseModel):
    """One answer that is asked for, and how near it must come."""

    name: str = Field(examples=["w"])
    kind: Literal["Choice", "Choices", "Integer", "Number", "Vector", "Matrix", "Formula", "Trace"]
    shape: list[int] = Field(
        description="[] for one value, [n] for a vector or for each row of a Trace, [rows, columns] for a matrix"
    )
    label: str = Field(description="LaTeX that stands before the input; may be empty")
    points: float
    options: list[OptionOut] | None = Field(description="of a Choice or of Choices, else null")
    variables: list[VariableOut] | None = Field(description="of a Formula, else null")
    tolerance: float | None
    tolerance_kind: Literal["absolute", "relative", "decimals", "significant"] | None
    optional: bool = Field(description="never worth a point; may be left out")


class VariantOut(BaseModel):
    """An exercise to be answered."""

    problem: str = Field(examples=["1.6"])
    version: int
    seed: int
    form: Form
    forms: list[Form] = Field(description="in which this variant is served, the default first")
    title: Bilingual
    statement: Bilingual
    data: dict[str, Any] = Field(description="the numbers of the exercise under fixed names; see docs/api.md")
    fields: list[FieldOut]


class AttemptRequest(BaseModel):
    """Answers to one variant. Further members are refused."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {"problem": "1.6", "seed": 0, "form": "choice", "answers": {"answer": "B"}},
                {"problem": "1.6", "seed": 0, "form": "open", "answers": {"w": ["-0.527", 0, "1/4", "1e-3"]}},
            ]
        },
    )

    problem: str = Field(pattern=PROBLEM_ID)
    seed: Annotated[int, BeforeValidator(_whole)] = Field(ge=0, le=MAX_SEED)
    form: Form
    answers: dict[str, Any] = Field(description="values by the names of the fields; not all may be left out")


class FieldResult(BaseModel):
    """The result of one field."""

    name: str
    score: float
    max_score: float
    correct: bool
    read_as: str = Field(description="how the answer was understood")
    read_as_latex: str
    parts: list[bool] = Field(description="which components, cells or chosen options are right, in order")
    mistake: str | None = Field(description="the known mistake that leads to this answer, if it is exactly one")
    family: str | None = Field(default=None, description="what the mistakes that lead to this answer all concern")
    candidates: list[str] = Field(
        default=[],
        description="the mistakes that lead to it, if there are several or it may be a coincidence",
    )
    answered: bool = Field(description="false if the field was left empty")
    followed: bool = Field(description="whether points were earned by working on correctly from a wrong earlier answer")
    feedback: Bilingual


class AttemptOut(BaseModel):
    """A stored attempt. One that could not be graded yet has no score (null) and no fields."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    problem: str
    version: int
    seed: int
    form: Form
    answers: dict[str, Any] = Field(description="as they were given")
    score: float | None
    max_score: float | None
    correct: bool | None
    fields: list[FieldResult]
    created_at: datetime = Field(description="when the request arrived, by the server's clock")


ATTEMPT_EXAMPLE: dict[str, Any] = {
    "id": "01a2054b-5386-70de-b9b7-058e224f8480",
    "problem": "1.4",
    "version": 1,
    "seed": 0,
    "form": "choice",
    "answers": {"answer": "B"},
    "score": 1.0,
    "max_score": 1.0,
    "correct": True,
    "fields": [
        {
            "name": "answer",
            "score": 1.0,
            "max_score": 1.0,
            "correct": True,
            "read_as": "B",
            "read_as_latex": r"\text{B}",
            "parts": [True],
            "mistake": None,
            "answered": True,
            "followed": False,
            "feedback": {"en": "Right.", "zh": "正确。"},
        }
    ],
    "created_at": "2026-03-02T08:15:30.123456Z",
}
