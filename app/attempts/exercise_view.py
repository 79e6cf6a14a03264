"""The exercise page as data: what its template shows, and nothing that it must not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from app.attempts.data_code import as_code
from app.attempts.form_answers import box_of, shown
from app.attempts.progress import Best
from app.attempts.result import AttemptResult
from problems.answers import AnyKind, Choice, Choices, Matrix, Vector
from problems.catalogue import catalogue
from problems.problem import Field, Form, Problem
from problems.reading import FormatError
from problems.text import Language, Text
from problems.trace_kind import read_as
from problems.trace_report import TraceReport
from problems.variant import Variant

_FORMULA = re.compile(r"\$[^$]+\$")

Refusal = Literal["unreadable", "token", "busy", "too-large"]
"""Why a sent answer was not graded; in every case what was entered stays on the page."""

Tone = Literal["ok", "warn", "no"]


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field with what stands in it. `grade` is its stored result (`app.attempts.result.field_json`)."""

    field: Field
    shown: tuple[str, ...]
    fault: FormatError | None = None
    grade: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def label(self) -> str:
        return self.field.label

    @property
    def kind(self) -> AnyKind:
        return self.field.kind

    @property
    def is_grid(self) -> bool:
        return isinstance(self.kind, Vector | Matrix)

    @property
    def rows(self) -> int:
        return self.kind.shape[0]

    @property
    def columns(self) -> int:
        return self.kind.shape[1] if isinstance(self.kind, Matrix) else 1

    @property
    def is_compact(self) -> bool:
        """Whether the options are formulas, which stand side by side where there is room."""
        return isinstance(self.kind, Choice) and all(_FORMULA.fullmatch(o.text.en) for o in self.kind.options)

    @property
    def has_feedback(self) -> bool:
        """Whether there is more to say than "right", which the marks beside the boxes say already."""
        return self.grade is not None and not (self.grade["correct"] and "\n" not in self.grade["feedback"]["en"])

    @property
    def error(self) -> Text | None:
        return self.fault.text if self.fault else None

    def is_faulty(self, box: int) -> bool:
        """Whether the sentence about what can't be read is about this box."""
        return self.fault is not None and box_of(self.kind, self.fault.path) in {None, box}

    @property
    def verdicts(self) -> Sequence[bool] | None:
        """Which boxes are right, once graded; None also for a field that was left empty."""
        return (self.grade["parts"] or None) if self.grade else None

    def judged(self, option: str) -> bool | None:
        """Whether a chosen option was right to choose; of the others nothing is said, or the key would be.

        Nor is anything said before it is released.
        """
        if self.grade is None or not isinstance(self.kind, Choice | Choices) or option not in self.shown:
            return None
        if isinstance(self.kind, Choice):
            return None if self.grade["correct"] is None else bool(self.grade["correct"])
        chosen = [each.id for each in self.kind.options if each.id in self.shown]
        return bool(self.grade["parts"][chosen.index(option)]) if self.grade["parts"] else None

    @property
    def tone(self) -> Tone:
        return "ok" if self.grade is None else tone(self.grade["score"], correct=self.grade["correct"])


def tone(score: float | None, *, correct: bool | None) -> Tone:
    if correct:
        return "ok"
    return "warn" if score is None or score > 0 else "no"


@dataclass(frozen=True, slots=True)
class TraceView:
    """A run that was pasted to be checked, and what is said about it."""

    pasted: str = ""
    report: TraceReport | None = None
    fault: Text | None = None
    busy: bool = False

    @property
    def is_open(self) -> bool:
        return self.busy or self.report is not None or self.fault is not None

    @property
    def tone(self) -> Tone:
        return "ok" if self.report is not None and self.report.correct else "warn"

    @property
    def read_as(self) -> Text | None:
        return read_as(self.report) if self.report else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseView:
    """A variant in one form, before an answer, after one that could not be taken, or with an attempt and its grade.

    `token` and `key` are the hidden fields of the form. `best` is the person's best result at the exercise.
    """

    variant: Variant[Any]
    form: Form
    views: tuple[FieldView, ...]
    token: str
    key: str
    may_answer: bool
    best: Best | None = None
    attempt: AttemptResult | None = None
    refusal: Refusal | None = None
    trace: TraceView = TraceView()

    @property
    def problem(self) -> Problem[Any]:
        return self.variant.problem

    @property
    def seed(self) -> int:
        return self.variant.seed

    @property
    def statement(self) -> Text:
        return self.variant.statement

    @property
    def hints(self) -> tuple[Text, ...]:
        return self.variant.hints

    @property
    def ways(self) -> tuple[Form, ...]:
        """The forms, where they ask differently: not where the fields are choices by themselves."""
        return () if self.problem.native_choice else self.variant.forms

    @property
    def max_score(self) -> float:
        return sum(view.field.points for view in self.views)

    @property
    def tone(self) -> Tone:
        return "ok" if self.attempt is None else tone(self.attempt.score, correct=self.attempt.correct)

    @property
    def is_outdated(self) -> bool:
        """Whether this is an older version of the exercise, which takes no answers any more."""
        return catalogue()[self.problem.id].version != self.problem.version

    @property
    def code(self) -> tuple[tuple[str, str], ...]:
        return as_code(self.problem.data(self.variant.parameters))

    @property
    def draft(self) -> str:
        """Names the draft that a browser keeps of what is typed here."""
        return f"{self.problem.id}:{self.problem.version}:{self.seed}:{self.form}"

    @property
    def previous(self) -> Problem[Any] | None:
        return self._neighbour(-1)

    @property
    def next(self) -> Problem[Any] | None:
        return self._neighbour(1)

    def _neighbour(self, step: int) -> Problem[Any] | None:
        problems = list(catalogue().values())
        place = next(i for i, problem in enumerate(problems) if problem.id == self.problem.id) + step
        return problems[place] if 0 <= place < len(problems) else None

    def address(self, language: Language, form: Form | None = None) -> str:
        return exercise_address(language, self.problem.id, self.seed, form or self.form)

    def printed_address(self, language: Language) -> str:
        """Seed 0 in this form if it has it, else in its default form."""
        return exercise_address(language, self.problem.id, 0, self.form if self.form in self.problem.forms(0) else None)

    def another_address(self, language: Language) -> str:
        query = f"?form={self.form}" if self.form in self.problem.forms(1) else ""
        return f"/{language}/problems/{self.problem.id}/another{query}"

    def solution_address(self, language: Language) -> str:
        query = urlencode({"seed": self.seed, "form": self.form})
        return f"/{language}/problems/{self.problem.id}/solution?{query}"

    def preview_address(self, language: Language) -> str:
        return f"/{language}/problems/{self.problem.id}/preview?{urlencode({'seed': self.seed, 'form': self.form})}"

    @property
    def is_traceable(self) -> bool:
        """Whether a whole run can be checked."""
        return self.problem.tracing is not None

    def trace_address(self, language: Language) -> str:
        query = urlencode({"seed": self.seed, "form": self.form})
        return f"/{language}/problems/{self.problem.id}/trace?{query}#trace"

    @property
    def api_address(self) -> str:
        return f"/api/v1/problems/{self.problem.id}/variants/{self.seed}?form={self.form}"


def exercise_address(language: Language, problem_id: str, seed: int, form: Form | None) -> str:
    query = {"seed": seed} if form is None else {"seed": seed, "form": form}
    return f"/{language}/problems/{problem_id}?{urlencode(query)}"


def field_views(
    fields: Sequence[Field],
    answers: Mapping[str, Any],
    *,
    faults: Mapping[str, FormatError] | None = None,
    grades: Sequence[Mapping[str, Any]] = (),
) -> tuple[FieldView, ...]:
    """The fields with the answers in them, what can't be read about them, or how they were graded."""
    by_name = {grade["name"]: grade for grade in grades}
    return tuple(
        FieldView(
            field=field,
            shown=shown(field.kind, answers.get(field.name, "")),
            fault=(faults or {}).get(field.name),
            grade=by_name.get(field.name),
        )
        for field in fields
    )
