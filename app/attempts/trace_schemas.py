"""The JSON of a run and of the report on it, as OpenAPI tells it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.attempts.schemas import Bilingual


class TraceRequest(BaseModel):
    """A run. Further members are refused."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"trace": "0 0 0 0\n-0.05 0.025 -0.08 -0.1"}]},
    )

    trace: Any = Field(
        description="one step a row, as pasted from CSV, MATLAB, NumPy or a spreadsheet, or as a list of rows; "
        "at most 10000 steps and a million characters"
    )


class TraceOut(BaseModel):
    """The report on a run. Every step is judged from the run's own row before it."""

    problem: str = Field(examples=["1.7"])
    version: int
    seed: int
    correct: bool = Field(description="every step that is asked for is there and right, and nothing follows")
    steps: int | None = Field(description="how many are asked for; null where finding the end is part of the exercise")
    rows: int = Field(description="how many are shown, without the start")
    right_steps: int = Field(description="how many are right before the first that deviates")
    first_wrong: int | None = Field(description="the first step that deviates, from 1; 0 is the start, null none")
    shown_with_start: bool
    transposed: bool = Field(description="read with one step a column")
    numbered: bool = Field(description="read with the number of the step in front")
    every: Literal["step", "pass", "update"] = Field(description="what one row shows")
    mistake: str | None = Field(description="what leads to the first deviating step, if it is known")
    candidates: list[str] = Field(description="the known mistakes that lead to it, if `mistake` is not the only one")
    read_as: Bilingual
    feedback: Bilingual
