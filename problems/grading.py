"""Grading: reading the answers, then holding them against the key, and what is wrong against the known mistakes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from problems.answers import NOTHING_CHOSEN, AnyKind, Choice, Choices, Scoring
from problems.candidates import Explanation
from problems.comparison import Comparison
from problems.diagnosis import diagnose
from problems.feedback import RIGHT, WRONG, Detail, explain, paragraphs
from problems.problem import Answers, Field, Form, KeyPolicy, Problem
from problems.reading import EMPTY, FormatError
from problems.text import Text
from problems.trace_kind import TRACE, notation, trace_of
from problems.trace_report import TraceReport
from problems.variant import Variant


class UnreadableAnswersError(ValueError):
    """Some fields can't be read; `errors` has one `FormatError` per field. No attempt is spent."""

    def __init__(self, errors: Mapping[str, FormatError]) -> None:
        super().__init__("; ".join(f"{name}: {error}" for name, error in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class FieldGrade:
    """One field's result.

    `parts` are its components (cells, chosen options) in order. `mistake` is the id of the one known mistake or slip
    that leads to this answer; where several do, or one that may be a coincidence, `candidates` are their ids. `family`
    is what these concern, if it is one family (`problems.families`). `followed` says that the points were earned by
    working on correctly from a wrong earlier answer. An `optional` field is told of and counts for nothing.
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
    family: str | None = None
    candidates: tuple[str, ...] = ()
    answered: bool = True
    followed: bool = False
    optional: bool = False


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
        return all(field.correct for field in self.fields if not field.optional)


def read(variant: Variant[Any], form: Form, raw: Mapping[str, Any]) -> Answers:
    """What was meant, for every field that was answered.

    In an exercise of several fields some may be left empty, but not all. A run (`problems.trace_kind`) may stand beside
    them; what is read of it is the report on it. Raises `UnreadableAnswersError` with a sentence for every field that
    is no answer.
    """
    fields = {field.name: field for field in variant.fields(form)}
    trace = trace_of(variant, form)
    errors = {
        name: FormatError(Text("There is no such field in this exercise.", "本题没有这个答案栏。"))
        for name in raw
        if name not in fields and not (trace and name == TRACE)
    }
    given = {name: raw[name] for name in fields if not _blank(raw.get(name))}
    kinds: dict[str, Any] = {name: fields[name].kind for name in given}
    if trace and not _blank(raw.get(TRACE)):
        kinds[TRACE] = trace
    answers = {}
    for name, kind in kinds.items():
        try:
            answers[name] = kind.parse(raw[name])
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
        return FormatError(NOTHING_CHOSEN)
    if isinstance(kind, Choice):
        return FormatError(Text("Choose one option.", "请选择一项。"))
    return FormatError(EMPTY)


def grade(
    variant: Variant[Any],
    form: Form,
    raw: Mapping[str, Any],
    *,
    policy: KeyPolicy = "either",
    scoring: Scoring | None = None,
    detail: Detail = "full",
    alike: bool = False,
) -> Grade:
    """Grade answers as they came from a page or from JSON.

    Where the policy accepts several keys, the one counts that gives the better score. `scoring` overrides that of the
    fields of kind Choices. `detail` is how much is told beside the score: with ``verdict`` only right or wrong, with
    ``parts`` also which parts, with ``full`` also the mistake, or how far off the answer is. What is not told is not in
    the result. With `alike`, right answers are held against the known mistakes as well, so that the time it takes does
    not tell them from wrong ones. Raises `UnknownFormError`, `UnreadableAnswersError`.
    """
    answers = dict(read(variant, form, raw))
    traced = (_traced(answers.pop(TRACE), detail),) if TRACE in answers else ()
    graded = [_grade_by(variant, form, answers, key, scoring, detail) for key in variant.keys(form, policy)]
    best = max(graded, key=lambda result: (result.score, result.correct))
    if alike and all(field.correct for field in best.fields):
        diagnose(variant, form, answers, ())
    return Grade((*best.fields, *traced))


def _traced(report: TraceReport, detail: Detail) -> FieldGrade:
    told = {"verdict": RIGHT if report.correct else WRONG, "parts": report.where, "full": report.text}
    return FieldGrade(
        name=TRACE,
        score=0.0,
        max_score=0.0,
        correct=report.correct,
        read_as=notation(report),
        read_as_latex="",
        parts=(),
        mistake=report.mistake if detail == "full" else None,
        feedback=told[detail],
        candidates=report.candidates if detail == "full" else (),
        optional=True,
    )


def _grade_by(
    variant: Variant[Any], form: Form, answers: Answers, key: Answers, scoring: Scoring | None, detail: Detail
) -> Grade:
    """Fields are graded in order, since a later one may follow from what was answered in an earlier one."""
    fields = [_scored_by(scoring, field) for field in variant.fields(form)]
    compared = {
        field.name: field.kind.compare(answers[field.name], key[field.name])
        for field in fields
        if field.name in answers
    }
    wrong = [name for name, comparison in compared.items() if not comparison.correct]
    causes = diagnose(variant, form, answers, wrong) if wrong else {}
    graded: dict[str, FieldGrade] = {}
    for field in fields:
        name = field.name
        follows = name in wrong and any(not graded[earlier].correct for earlier in field.follows)
        if name not in answers:
            graded[name] = _unanswered(field)
        elif follows and _follows(variant, field, answers):
            graded[name] = _followed(field, answers[name], compared[name], detail)
        else:
            graded[name] = _graded(
                field, answers[name], key[name], compared[name], _Told(detail, causes.get(name, Explanation()), form)
            )
    if variant.seed == 0 and variant.problem.erratum is not None and detail == "full":
        return Grade(tuple(_disputed(field, variant.problem) for field in graded.values()))
    return Grade(tuple(graded.values()))


def _scored_by(scoring: Scoring | None, field: Field) -> Field:
    if scoring is None or not isinstance(field.kind, Choices):
        return field
    return replace(field, kind=Choices(field.kind.options, scoring))


def _disputed(field: FieldGrade, problem: Problem[Any]) -> FieldGrade:
    """With the reason why two keys count, if the answer is one of them: beside a wrong one it would name the key."""
    if not field.correct or field.name not in problem.published or problem.erratum is None:
        return field
    return replace(field, feedback=paragraphs([field.feedback, problem.erratum.reason]))


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


@dataclass(frozen=True, slots=True)
class _Told:
    """What there is to tell about a wrong answer, and how much of it is told."""

    detail: Detail
    explanation: Explanation
    form: Form


def _graded(field: Field, given: Any, key: Any, comparison: Comparison, told: _Told) -> FieldGrade:
    one, causes = told.explanation.mistake, told.explanation.causes
    # Who guesses among options earns nothing for a wrong one, whatever mistake it was made from.
    credit = one.credit if one and told.form == "open" else 0.0
    families = {cause.family for cause in causes}
    full = told.detail == "full"
    return FieldGrade(
        name=field.name,
        score=field.points * max(comparison.share, credit),
        max_score=field.points,
        correct=comparison.correct,
        read_as=field.kind.text(given),
        read_as_latex=field.kind.latex(given),
        parts=() if told.detail == "verdict" else _parts(field.kind, given, key, comparison),
        mistake=one.id if one and full else None,
        family=(families.pop() or None) if len(families) == 1 and full else None,
        candidates=tuple(cause.id for cause in causes) if full and not one else (),
        feedback=explain(field.kind, given, key, comparison, told.explanation, told.detail),
    )


def _parts(kind: AnyKind, given: Any, key: Any, comparison: Comparison) -> tuple[bool, ...]:
    """Components and cells in order; of choices only those chosen, or the options left out would tell the key."""
    return tuple(option in key for option in given) if isinstance(kind, Choices) else comparison.parts


def _follows(variant: Variant[Any], field: Field, answers: Answers) -> bool:
    """Whether this answer is what correct work makes of the (wrong) answers that it builds on."""
    follow = variant.problem.follow
    if follow is None or not all(name in answers for name in field.follows):
        return False
    try:
        with np.errstate(all="ignore"):  # an earlier answer may be as large as numbers go
            expected: Any = field.kind.key(follow(variant.parameters, answers)[field.name])
    except (ValueError, ArithmeticError):
        return False  # with that earlier answer there is no right continuation
    return field.kind.compare(answers[field.name], expected).correct


def _followed(field: Field, given: Any, comparison: Comparison, detail: Detail) -> FieldGrade:
    return FieldGrade(
        name=field.name,
        score=field.points,
        max_score=field.points,
        correct=False,
        read_as=field.kind.text(given),
        read_as_latex=field.kind.latex(given),
        parts=() if detail == "verdict" else comparison.parts,
        mistake=None,
        feedback=Text(
            "Not the right number, but it follows correctly from your earlier answer, and earns the points.",
            "数值不对，但由你前面的答案推导正确，因此得分。",
        ),
        followed=True,
    )
