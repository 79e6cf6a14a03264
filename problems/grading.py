"""Grading: reading the answers, then holding them against the key, and what is wrong against the known mistakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from problems.answers import AnyKind, Choice, Choices, Scoring
from problems.comparison import Comparison
from problems.diagnosis import diagnose, explain
from problems.problem import Answers, Field, Form, KeyPolicy
from problems.reading import FormatError
from problems.text import Text
from problems.variant import Variant


class UnreadableAnswersError(ValueError):
    """Some fields can't be read; `errors` has one `FormatError` per field. No attempt is spent."""

    def __init__(self, errors: Mapping[str, FormatError]) -> None:
        super().__init__("; ".join(f"{name}: {error}" for name, error in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class FieldGrade:
    """One field's result.

    `parts` are its components (cells, options) in order; `mistake` is the id of the one mistake that leads to this
    answer; `followed` says that the points were earned by working on correctly from a wrong earlier answer.
    """

    name: str
    score: float
    max_score: float
    correct: bool
    read_as: str
    read_as_latex: str
    parts: tuple[bool, ...]
    mistake: str | None
    feedback: Text
    answered: bool = True
    followed: bool = False


@dataclass(frozen=True, slots=True)
class Grade:
    """The result of one attempt."""

    fields: tuple[FieldGrade, ...]

    @property
    def score(self) -> float:
        return sum(field.score for field in self.fields)

    @property
    def max_score(self) -> float:
        return sum(field.max_score for field in self.fields)

    @property
    def correct(self) -> bool:
        return all(field.correct for field in self.fields)


def read(variant: Variant[Any], form: Form, raw: Mapping[str, Any]) -> Answers:
    """What was meant, for every field that was answered.

    In an exercise of several fields some may be left empty, but not all. Raises `UnreadableAnswersError` with a
    sentence for every field that is no answer.
    """
    fields = {field.name: field for field in variant.fields(form)}
    errors = {
        name: FormatError(Text("There is no such field in this exercise.", "本题没有这个答案栏。"))
        for name in raw
        if name not in fields
    }
    given = {name: raw[name] for name in fields if not _blank(raw.get(name))}
    answers = {}
    for name, value in given.items():
        try:
            answers[name] = fields[name].kind.parse(value)
        except FormatError as error:
            errors[name] = error
    if not given:
        errors |= {name: _empty(field.kind) for name, field in fields.items()}
    if errors:
        raise UnreadableAnswersError(errors)
    return answers


def _blank(raw: Any) -> bool:
    """Whether a cell, or every cell of a vector or matrix, was left empty. JSON may nest deeper; no answer does."""
    rows = raw if isinstance(raw, list | tuple) else [raw]
    cells = [cell for row in rows for cell in (row if isinstance(row, list | tuple) else [row])]
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def _empty(kind: AnyKind) -> FormatError:
    if isinstance(kind, Choices):
        return FormatError(Text("Choose at least one option.", "请至少选择一项。"))
    if isinstance(kind, Choice):
        return FormatError(Text("Choose one option.", "请选择一项。"))
    return FormatError(Text("This field is empty.", "这一格还没有填。"))


def grade(
    variant: Variant[Any],
    form: Form,
    raw: Mapping[str, Any],
    *,
    policy: KeyPolicy = "either",
    scoring: Scoring | None = None,
) -> Grade:
    """Grade answers as they came from a page or from JSON.

    Where the policy accepts several keys, the one counts that gives the better score. `scoring` overrides that of the
    fields of kind Choices. Raises `UnknownFormError`, `UnreadableAnswersError`.
    """
    answers = read(variant, form, raw)
    graded = [_grade_by(variant, form, answers, key, scoring) for key in variant.keys(form, policy)]
    return max(graded, key=lambda result: (result.score, result.correct))


def _grade_by(variant: Variant[Any], form: Form, answers: Answers, key: Answers, scoring: Scoring | None) -> Grade:
    """Fields are graded in order, since a later one may follow from what was answered in an earlier one."""
    graded: dict[str, FieldGrade] = {}
    for field in variant.fields(form):
        if field.name not in answers:
            graded[field.name] = _unanswered(field)
            continue
        kind = Choices(field.kind.options, scoring) if isinstance(field.kind, Choices) and scoring else field.kind
        comparison = kind.compare(answers[field.name], key[field.name])
        follows = field.follows and not comparison.correct and any(not graded[name].correct for name in field.follows)
        if follows and _follows(variant, field, answers):
            graded[field.name] = _followed(field, kind, answers, comparison)
        else:
            graded[field.name] = _graded(variant, field, kind, answers, key, comparison)
    return Grade(tuple(graded.values()))


def _unanswered(field: Field) -> FieldGrade:
    return FieldGrade(
        name=field.name,
        score=0.0,
        max_score=field.points,
        correct=False,
        read_as="",
        read_as_latex="",
        parts=(),
        mistake=None,
        feedback=Text("Not answered.", "未作答。"),
        answered=False,
    )


def _graded(
    variant: Variant[Any], field: Field, kind: AnyKind, answers: Answers, key: Answers, comparison: Comparison
) -> FieldGrade:
    given = answers[field.name]
    mistakes = () if comparison.correct else diagnose(variant, field, answers)
    mistake = mistakes[0] if len(mistakes) == 1 else None
    share = max(comparison.share, mistake.credit if mistake else 0.0)
    return FieldGrade(
        name=field.name,
        score=field.points * share,
        max_score=field.points,
        correct=comparison.correct,
        read_as=kind.text(given),
        read_as_latex=kind.latex(given),
        parts=comparison.parts,
        mistake=mistake.id if mistake else None,
        feedback=explain(variant, field, given, key[field.name], comparison, mistakes),
    )


def _follows(variant: Variant[Any], field: Field, answers: Answers) -> bool:
    """Whether this answer is what correct work makes of the (wrong) answers that it builds on."""
    follow = variant.problem.follow
    if follow is None or not all(name in answers for name in field.follows):
        return False
    try:
        expected: Any = field.kind.key(follow(variant.parameters, answers)[field.name])
    except (ValueError, ArithmeticError):
        return False  # with that earlier answer there is no right continuation
    return field.kind.compare(answers[field.name], expected).correct


def _followed(field: Field, kind: AnyKind, answers: Answers, comparison: Comparison) -> FieldGrade:
    given = answers[field.name]
    return FieldGrade(
        name=field.name,
        score=field.points,
        max_score=field.points,
        correct=False,
        read_as=kind.text(given),
        read_as_latex=kind.latex(given),
        parts=comparison.parts,
        mistake=None,
        feedback=Text(
            "Not the right number, but it follows correctly from your earlier answer, and earns the points.",
            "数值不对，但由你前面的答案推导正确，因此得分。",
        ),
        followed=True,
    )
