"""What an answer to an item is held against: the settings that a regrade may change, and the variant they make.

A change of the key, the tolerance, the policy or the scoring gives attempts other scores; a change of the points or the
award gives students other grades from the same scores. Both are versions of `ItemSettings`.
"""

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Self

import orjson

from app.attempts.counting import Award
from app.courses.models import Assignment, Item
from problems.answers import Choices, Matrix, Number, Scoring, Vector
from problems.grading import Grade, UnreadableAnswersError, grade, read
from problems.problem import Answers, Field, Form, KeyPolicy
from problems.reading import FormatError
from problems.text import Text
from problems.tolerance import Tolerance
from problems.variant import Variant

_INCOMPLETE = Text("A key needs a value for every field.", "答案必须给出每一格的值。")
_NO_KEY = Text("This can't be a key under the tolerance of the item.", "在该题目的误差要求下，这个值不能作为答案。")

Keys = Mapping[str, Mapping[str, Any]]
"""For a seed, as text, the value of each field: what counts as right instead of the computed key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSettings:
    """The settings in force; None leaves the problem's own scoring or tolerance."""

    points: float
    key_policy: KeyPolicy
    scoring: Scoring | None = None
    tolerance: Mapping[str, Any] | None = None
    keys: Keys = field(default_factory=dict)
    award: Award = "normal"

    def as_json(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**stored)

    @property
    def exact_tolerance(self) -> Tolerance | None:
        return None if self.tolerance is None else Tolerance(self.tolerance["kind"], self.tolerance["value"])


def settings_of(item: Item, assignment: Assignment) -> ItemSettings:
    """The settings of an item as it stands."""
    return ItemSettings.from_json(
        {
            "points": item.points,
            "key_policy": item.key_policy or assignment.key_policy,
            "scoring": item.scoring,
            "tolerance": item.tolerance,
            "keys": item.keys or {},
            "award": item.award,
        }
    )


@dataclass(frozen=True, eq=False)
class AdjustedVariant(Variant[Any]):
    """A variant of an item with a tolerance or keys of its own. What is asked, and its options, stay the same."""

    tolerance: Tolerance | None = None
    replaced: Mapping[str, Any] | None = None

    @cached_property
    def native_fields(self) -> tuple[Field, ...]:
        return tuple(_within(self.tolerance, each) for each in self.problem.fields(self.parameters))

    def keys(self, form: Form, policy: KeyPolicy) -> tuple[Answers, ...]:
        if self.replaced is None:
            return super().keys(form, policy)
        return (read_key(self, form, self.replaced),)


def _within(tolerance: Tolerance | None, asked: Field) -> Field:
    if tolerance is None or not isinstance(asked.kind, Number | Vector | Matrix):
        return asked
    return replace(asked, kind=replace(asked.kind, tolerance=tolerance))


def read_key(variant: Variant[Any], form: Form, given: Mapping[str, Any]) -> Answers:
    """A key as an instructor gave it, for every field of the form.

    Raises:
        UnreadableAnswersError: it is no answer to this variant, leaves fields out, or can't be a key under the
            tolerance.

    """
    answers = read(variant, form, given)
    kinds = {each.name: each.kind for each in variant.fields(form)}
    errors = {name: FormatError(_INCOMPLETE) for name in kinds if name not in answers}
    key: dict[str, Any] = {}
    for name, answer in answers.items():
        kind: Any = kinds[name]
        try:
            key[name] = kind.key(answer)
        except ValueError:
            errors[name] = FormatError(_NO_KEY)
    if errors:
        raise UnreadableAnswersError(errors)
    return key


def adjusted(variant: Variant[Any], form: Form, settings: ItemSettings) -> Variant[Any]:
    """The variant as these settings grade it: itself, where they change neither tolerance nor key.

    The tolerance is about numbers that are typed; options were laid out by the problem's own.
    """
    replaced = settings.keys.get(str(variant.seed))
    tolerance = settings.exact_tolerance if form == "open" else None
    if tolerance is None and replaced is None:
        return variant
    return _adjusted(variant, tolerance, None if replaced is None else orjson.dumps(replaced))


@functools.lru_cache(maxsize=1024)
def _adjusted(variant: Variant[Any], tolerance: Tolerance | None, replaced: bytes | None) -> AdjustedVariant:
    """With its key and mistakes computed, whether the first answer is right or wrong: only a wrong one needs them."""
    made = AdjustedVariant(
        variant.problem,
        variant.seed,
        variant.parameters,
        variant.layout,
        variant.redraws,
        tolerance,
        None if replaced is None else orjson.loads(replaced),
    )
    with contextlib.suppress(Exception):  # what fails now will fail again where it is needed, and is dealt with there
        _ = made.solved, made.candidates
    return made


def grade_with(
    graded: Variant[Any], form: Form, answers: Mapping[str, Any], settings: ItemSettings, *, alike: bool = False
) -> Grade:
    """The full grade of an answer to a variant that is `adjusted`; `alike` and errors are those of `grade`."""
    return grade(graded, form, answers, policy=settings.key_policy, scoring=settings.scoring, alike=alike)


def grades_alike(variant: Variant[Any], form: Form, old: ItemSettings, new: ItemSettings) -> bool:
    """Whether every answer to this variant has the same score under both settings, as far as the settings tell."""
    return _standard(variant, form, old) == _standard(variant, form, new)


def _standard(variant: Variant[Any], form: Form, settings: ItemSettings) -> tuple[object, ...]:
    """All that the score of an answer to the variant depends on in the settings."""
    graded = adjusted(variant, form, settings)
    kinds = [each.kind for each in graded.fields(form)]
    scoring = settings.scoring if any(isinstance(kind, Choices) for kind in kinds) else None
    return scoring, [kind.tolerance for kind in kinds], graded.keys(form, settings.key_policy)
