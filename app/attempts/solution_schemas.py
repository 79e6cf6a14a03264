"""The JSON of worked solutions as OpenAPI tells it."""

from typing import Any

from pydantic import BaseModel, Field

from app.attempts.schemas import Bilingual, Form


class ColumnOut(BaseModel):
    name: str = Field(examples=["w1"], description="its head in the CSV")
    head: Bilingual


class TableOut(BaseModel):
    """A table of numbers, such as all iterates with their gradients."""

    id: str = Field(examples=["iterates"])
    caption: Bilingual
    columns: list[ColumnOut]
    rows: list[list[bool | int | float | str | None]] = Field(description="the first four rows and the last")
    row_count: int
    csv: str = Field(description="address of all rows")


class ThemesOut(BaseModel):
    """Addresses of the same drawing for light and for dark pages. They can't be guessed, and never change."""

    light: str
    dark: str


class FigureOut(BaseModel):
    id: str = Field(examples=["cost"])
    title: Bilingual
    description: Bilingual = Field(description="how to read it")
    alt: Bilingual = Field(description="what it shows, for who does not see it")
    svg: ThemesOut


class SolutionOut(BaseModel):
    """The key of a variant and the way to it."""

    problem: str = Field(examples=["1.6"])
    version: int
    seed: int
    form: Form
    title: Bilingual
    key: dict[str, Any] = Field(description="the right answer by field, unrounded")
    published_key: dict[str, Any] | None = Field(description="the book's own, where a recomputation gives another one")
    solution: Bilingual = Field(description="Markdown with LaTeX between dollar signs")
    tables: list[TableOut]
    figures: list[FigureOut]


class HintOut(BaseModel):
    number: int
    of: int = Field(description="how many hints the exercise has")
    cost: float = Field(description="share of the points that it costs where hints are not free; in practice they are")
    text: Bilingual
