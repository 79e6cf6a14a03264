"""The page of an item as data: the exercise with the student's own numbers, where they stand, and what is released."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.attempts.asked import Asked
from app.attempts.assigned_result import AssignedResult, item_address
from app.attempts.assigned_view import key_texts
from app.attempts.data_code import as_code
from app.attempts.exercise_view import FieldView, Refusal, tone
from app.attempts.grade_models import Draft, ItemGrade
from app.attempts.hints import HintView
from app.attempts.release import Released
from app.attempts.solution_pages import TableView
from app.attempts.solutions import Solution
from app.core.drawings import Theme
from problems.exhibits import Figure, Table
from problems.problem import Problem
from problems.reading import FormatError
from problems.text import Language, Text
from problems.trace_kind import TRACE
from problems.variant import Variant


@dataclass(frozen=True, slots=True)
class RunView:
    """The optional field for a whole run: what stands in it, why it can't be read, or what was said about it."""

    pasted: str
    fault: FormatError | None = None
    grade: Mapping[str, Any] | None = None

    @property
    def error(self) -> Text | None:
        return self.fault.text if self.fault else None

    @property
    def tone(self) -> str:
        return "ok" if self.grade is None or self.grade["correct"] is not False else "warn"


def run_view(
    answers: Mapping[str, Any],
    faults: Mapping[str, FormatError] | None = None,
    grades: Sequence[Mapping[str, Any]] = (),
) -> RunView:
    """Of a run that was pasted on the page; one that came through the API as rows is written as such."""
    sent = answers.get(TRACE, "")
    pasted = sent if isinstance(sent, str) else "\n".join(", ".join(map(str, row)) for row in sent)
    graded = next((each for each in grades if each["name"] == TRACE), None)
    return RunView(pasted, (faults or {}).get(TRACE), graded)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item as its student answers it; `attempts` are all of theirs, the newest last.

    `run` is None where there are no iterations; `solution` until it is released.
    """

    asked: Asked
    variant: Variant[Any]
    grade: ItemGrade | None
    draft: Draft | None
    attempts: Sequence[AssignedResult]
    views: tuple[FieldView, ...]
    run: RunView | None
    hints: Sequence[HintView]
    solution: Solution | None
    now: datetime
    token: str
    key: str
    refusal: Refusal | None = None
    repeated: bool = False
    saved: bool = False

    @property
    def problem(self) -> Problem[Any]:
        return self.variant.problem

    @property
    def attempt(self) -> AssignedResult | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def released(self) -> Released:
        return self.asked.released(self.now)

    @property
    def score(self) -> float | None:
        if self.grade is None or not self.asked.points_released(self.now):
            return None
        return self.grade.score

    @property
    def phase(self) -> str:
        return self.asked.window.phase(self.now)

    @property
    def may_answer(self) -> bool:
        return self.asked.role == "student" and self.phase in {"open", "late"} and self.asked.attempts_left != 0

    @property
    def tone(self) -> str:
        return "ok" if self.attempt is None else tone(self.attempt.score, correct=self.attempt.correct)

    @property
    def code(self) -> tuple[tuple[str, str], ...]:
        return as_code(self.problem.data(self.variant.parameters))

    @property
    def keys(self) -> Mapping[str, str]:
        return key_texts(self.asked, self.variant) if self.released.key else {}

    def address(self, language: Language) -> str:
        return item_address(language, self.asked.assignment.id, self.asked.item.id)

    @property
    def figures(self) -> Sequence[Figure]:
        return self.solution.exhibits.figures if self.solution else ()

    @property
    def tables(self) -> list[TableView]:
        return [TableView(table) for table in self.solution.exhibits.tables] if self.solution else []

    def figure_address(self, language: Language, figure: Figure, theme: Theme) -> str:
        """Below the item, where it is asked each time who may see it: the seed stands in no address."""
        return f"{self.address(language)}/figures/{figure.id}.{theme}.svg"

    def table_address(self, language: Language, table: Table) -> str:
        return f"{self.address(language)}/tables/{table.id}.csv"

    def hint_address(self, language: Language, hint: HintView) -> str:
        return f"{self.address(language)}/hints/{hint.number}"
