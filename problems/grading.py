"""Grading: reading the answers, then holding them against the key and the known mistakes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from problems.answers import AnyKind, Choice, Choices, Comparison, Option, Scoring
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
    """One field's result. `parts` are its components (cells, options) in order; `mistake` the id of a named one."""

    name: str
    score: float
    max_score: float
    correct: bool
    read_as: str
    read_as_latex: str
    parts: tuple[bool, ...]
    mistake: str | None
    feedback: Text


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
    """What was meant, per field; raises `UnreadableAnswersError` with a sentence for every field that is no answer."""
    fields = {field.name: field for field in variant.fields(form)}
    errors = {
        name: FormatError(Text("There is no such field in this exercise.", "本题没有这个答案栏。"))
        for name in raw
        if name not in fields
    }
    answers = {}
    for name, field in fields.items():
        try:
            answers[name] = field.kind.parse(raw[name])
        except KeyError:
            errors[name] = FormatError(Text("This field is empty.", "这一格还没有填。"))
        except FormatError as error:
            errors[name] = error
    if errors:
        raise UnreadableAnswersError(errors)
    return answers


def grade(
    variant: Variant[Any],
    form: Form,
    raw: Mapping[str, Any],
    *,
    policy: KeyPolicy = "either",
    scoring: Scoring | None = None,
) -> Grade:
    """Grade answers as they came from a page or from JSON.

    With several keys under the policy each field counts by the one that it comes nearest to as a whole. `scoring`
    overrides that of the fields of kind Choices. Raises `UnknownFormError`, `UnreadableAnswersError`.
    """
    answers = read(variant, form, raw)
    graded = [
        Grade(tuple(_grade_field(variant, field, answers, key, scoring) for field in variant.fields(form)))
        for key in variant.keys(form, policy)
    ]
    return max(graded, key=lambda result: (result.score, result.correct))


def _grade_field(
    variant: Variant[Any], field: Field, answers: Answers, key: Answers, scoring: Scoring | None
) -> FieldGrade:
    given = answers[field.name]
    kind = _scored(field.kind, scoring)
    comparison = kind.compare(given, key[field.name])
    mistake = None if comparison.correct else _diagnose(variant, field, given)
    known = next((m for m in variant.problem.mistakes if m.id == mistake), None)
    share = max(comparison.share, known.credit if known else 0.0)
    return FieldGrade(
        name=field.name,
        score=field.points * share,
        max_score=field.points,
        correct=comparison.correct,
        read_as=kind.text(given),
        read_as_latex=kind.latex(given),
        parts=comparison.parts,
        mistake=mistake,
        feedback=_with_erratum(variant, field, known.text if known else _feedback(kind, given, key, field, comparison)),
    )


def _scored(kind: AnyKind, scoring: Scoring | None) -> AnyKind:
    return Choices(kind.options, scoring) if isinstance(kind, Choices) and scoring else kind


def _diagnose(variant: Variant[Any], field: Field, given: Any) -> str | None:
    """The one mistake that leads to exactly this answer; None when none or several do."""
    if isinstance(field.kind, Choice):
        source = next(option.source for option in field.kind.options if option.id == given)
        return source.removeprefix("mistake:") if source.startswith("mistake:") else None
    if isinstance(field.kind, Choices):
        return None
    matches = [
        name
        for name, answers in variant.mistaken.items()
        if field.name in answers and field.kind.compare(given, answers[field.name]).correct
    ]
    return matches[0] if len(matches) == 1 else None


def _feedback(kind: AnyKind, given: Any, key: Answers, field: Field, comparison: Comparison) -> Text:
    if isinstance(kind, Choice | Choices):
        return _choice_feedback(kind.options, given, key[field.name], comparison)
    if comparison.correct:
        return Text("Right.", "正确。")
    wrong = [str(place + 1) for place, right in enumerate(comparison.parts) if not right]
    if len(comparison.parts) == 1:
        return Text("Not right.", "不正确。")
    if len(wrong) == len(comparison.parts):
        return Text("No component is right.", "所有分量都不正确。")
    return Text(
        f"Not right yet: look at component {', '.join(wrong)} (counted from 1).",
        f"还不对：请检查第 {'、'.join(wrong)} 个分量（从 1 数起）。",
    )


def _choice_feedback(options: tuple[Option, ...], given: Any, key: Any, comparison: Comparison) -> Text:
    """Reasons for the options that were wrongly chosen, or for all of them once the answer is right."""
    chosen = {given} if isinstance(given, str) else set(given)
    right = {key} if isinstance(key, str) else set(key)
    told = [
        Text(f"{option.id}: {option.reason.en}", f"{option.id}：{option.reason.zh}")
        for option in options
        if option.reason and (comparison.correct or option.id in chosen - right)
    ]
    missing = len(right - chosen)
    if comparison.correct:
        head = Text("Right.", "正确。")
    elif missing and chosen <= right:
        head = Text("What you chose is right, but something is missing.", "所选各项都对，但还有遗漏。")
    else:
        head = Text("Not right.", "不正确。")
    return Text("\n\n".join([head.en, *(t.en for t in told)]), "\n\n".join([head.zh, *(t.zh for t in told)]))


def _with_erratum(variant: Variant[Any], field: Field, feedback: Text) -> Text:
    """On the printed exercise with a disputed key, the reason why both keys count stands with every feedback."""
    erratum = variant.problem.erratum
    if variant.seed != 0 or erratum is None or field.name not in variant.problem.published:
        return feedback
    return Text(f"{feedback.en}\n\n{erratum.reason.en}", f"{feedback.zh}\n\n{erratum.reason.zh}")
