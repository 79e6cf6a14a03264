"""The page of a worked solution, in practice: asked for, and with another variant at hand for another try."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.accounts.access import Caller
from app.attempts.exercise_view import exercise_address
from app.attempts.solutions import Solution
from app.attempts.solutions_api import in_practice, solution_of
from app.core.pages import render
from problems.answers import Choice, Choices, Option
from problems.exhibits import Cell, Column, Table
from problems.problem import Field, Form
from problems.text import Language
from problems.variant import rounded

router = APIRouter(include_in_schema=False)

Seed = Annotated[int, Query(lt=2**63)]


@router.get("/{language:language}/problems/{problem_id}/solution")
async def show_solution(
    request: Request, _caller: Caller, language: Language, problem_id: str, seed: Seed = 0, form: Form | None = None
) -> Response:
    shown = in_practice(request)
    view = SolutionView(await solution_of(request, problem_id, seed, form))
    return render(request, language, "solution.html", section="exercises", view=view, shown=shown)


@dataclass(frozen=True, slots=True)
class SolutionView:
    solution: Solution

    @property
    def keys(self) -> list["KeyView"]:
        variant, key = self.solution.variant, self.solution.key
        return [KeyView(field, key[field.name]) for field in variant.fields(self.solution.form)]

    @property
    def tables(self) -> list["TableView"]:
        return [TableView(table) for table in self.solution.exhibits.tables]

    def exercise_address(self, language: Language) -> str:
        variant = self.solution.variant
        return exercise_address(language, variant.problem.id, variant.seed, self.solution.form)

    def another_address(self, language: Language) -> str:
        problem, form = self.solution.variant.problem, self.solution.form
        query = f"?form={form}" if form in problem.forms(1) else ""
        return f"/{language}/problems/{problem.id}/another{query}"


@dataclass(frozen=True, slots=True)
class KeyView:
    """One field with its right answer: as LaTeX, rounded as the exercise asks, or the right options."""

    field: Field
    key: Any

    @property
    def latex(self) -> str:
        return rounded(self.field, self.key)

    @property
    def options(self) -> list[Option]:
        kind = self.field.kind
        if not isinstance(kind, Choice | Choices):
            return []
        right = self.key if isinstance(kind, Choices) else [self.key]
        return [option for option in kind.options if option.id in right]


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as it is shown: some of its rows at once, all of them on demand where there are more."""

    table: Table

    @property
    def is_cut(self) -> bool:
        return len(self.excerpt) < len(self.table.rows)

    @property
    def excerpt(self) -> list[list[str]]:
        return [self._row(place) for place in self.table.excerpt()]

    @property
    def rows(self) -> list[list[str]]:
        return [self._row(place) for place in range(len(self.table.rows))]

    def _row(self, place: int) -> list[str]:
        return [written(cell, column) for cell, column in zip(self.table.rows[place], self.table.columns, strict=True)]


def written(cell: Cell, column: Column) -> str:
    """A cell as text: numbers rounded, with a true minus sign; a tick for yes."""
    match cell:
        case None:
            return ""
        case bool():
            return "✓" if cell else "–"
        case str():
            return cell
    shown = f"{cell:.7g}" if column.decimals is None else f"{cell:.{column.decimals}f}"
    # No number is −0, and a number too large for its decimals is no number to read.
    if abs(cell) >= 1e9:
        shown = f"{cell:.6e}"
    elif float(shown) == 0:
        shown = shown.removeprefix("-")
    return shown.replace("-", "\N{MINUS SIGN}")
