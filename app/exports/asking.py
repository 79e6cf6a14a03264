"""From a variant to the question that is exported: what counts as right, and which wrong answers are known.

The grader itself is asked: a mistake is told of in an export only if `problems.grade` names it, alone, when its result
is typed with as many decimals as the exercise asks for. So nothing is named in an LMS that is not named here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from app.exports.question import Cell, Choice, Choosing, Interval, Numbers, Part, Question, Trap
from problems import answers as kinds
from problems.candidates import ROUNDING, Cause
from problems.diagnosis import option_sources
from problems.feedback import paragraphs, reread
from problems.formula_kind import Formula
from problems.grading import grade
from problems.problem import Answers, Field, Form, KeyPolicy
from problems.slips import Slip
from problems.text import Text
from problems.tolerance import Tolerance
from problems.variant import Variant

DECIMALS = 3
"""Mistakes are looked for among answers with so many decimals where the exercise asks for whole numbers."""


class FormulaError(ValueError):
    """The exercise asks for a formula, and no format of export can compare formulas."""


@dataclass(frozen=True, slots=True)
class Standard:
    """What answers are held against, beside the variant: the settings of an item, or those of practice."""

    policy: KeyPolicy = "either"
    scoring: kinds.Scoring | None = None


def ask(variant: Variant[Any], form: Form, standard: Standard, *, figures: bool = False) -> Question:
    """The question of this variant.

    Raises:
        FormulaError: a field of it is a formula.
        problems.variant.UnknownFormError: the variant is not served in this form.

    """
    fields = variant.fields(form)
    if any(isinstance(field.kind, Formula) for field in fields):
        raise FormulaError(variant.problem.id)
    keys = variant.keys(form, standard.policy)
    traps = list(_traps(variant, keys[0])) if any(_is_numeric(field) for field in fields) else []
    parts = tuple(_part(variant, field, keys, standard, traps) for field in fields)
    erratum = variant.problem.erratum if len(keys) > 1 else None
    return Question(
        variant=variant,
        form=form,
        parts=parts,
        figures=variant.exhibits().figures if figures else (),
        why=erratum.reason if erratum else None,
    )


def _is_numeric(field: Field) -> bool:
    return isinstance(field.kind, kinds.Integer | kinds.Number | kinds.Vector | kinds.Matrix)


def _part(
    variant: Variant[Any],
    field: Field,
    keys: tuple[Answers, ...],
    standard: Standard,
    traps: list[tuple[str, Trap]],
) -> Part:
    kind = field.kind
    match kind:
        case kinds.Choice():
            allowed = tuple(frozenset({key[field.name]}) for key in keys)
            return Choosing(field.name, field.points, _options(variant, kind), allowed, True, "all")  # noqa: FBT003 - single
        case kinds.Choices():
            allowed = tuple(frozenset(key[field.name]) for key in keys)
            scoring = standard.scoring or kind.scoring
            return Choosing(field.name, field.points, _options(variant, kind), allowed, False, scoring)  # noqa: FBT003
        case Formula():
            raise FormulaError(field.name)
    rows, columns = (*kind.shape, 1, 1)[:2] if kind.shape else (1, 1)
    return Numbers(
        name=field.name,
        label=field.label,
        points=field.points,
        rows=rows,
        columns=columns,
        cells=tuple(_cell(field, name, number) for name, number in cells_of(field, keys[0][field.name])),
        per_cell=isinstance(kind, kinds.Matrix) and kind.per_cell,
        traps=tuple(trap for name, trap in traps if name == field.name),
    )


def _options(variant: Variant[Any], kind: kinds.Choice | kinds.Choices) -> tuple[Choice, ...]:
    """The options with what is said about each: the mistake behind it, or the reason of a statement."""
    sources = {} if variant.problem.native_choice else {each.option: each for each in option_sources(variant)}
    told: dict[str, Text | None] = {option.id: option.reason for option in kind.options}
    for id_, source in sources.items():
        if source.mistakes:
            told[id_] = _told(source.mistakes[0])
    return tuple(Choice(option.id, option.text, told[option.id]) for option in kind.options)


def cells_of(field: Field, value: Any) -> Iterator[tuple[str, float]]:
    """The numbers of an answer with the names of their cells."""
    match field.kind:
        case kinds.Vector():
            yield from ((f"{field.name}_{place}", number) for place, number in enumerate(value, start=1))
        case kinds.Matrix():
            for row, numbers in enumerate(value, start=1):
                yield from ((f"{field.name}_{row}_{place}", number) for place, number in enumerate(numbers, start=1))
        case _:
            yield field.name, value


def _cell(field: Field, name: str, key: float) -> Cell:
    tolerance: Tolerance = field.kind.tolerance or Tolerance("absolute", 0)
    accepted = tuple(Interval(*each) for each in tolerance.intervals(key))
    whole = isinstance(field.kind, kinds.Integer)
    shown = str(key) if whole else rounded(key, getattr(field.kind, "decimals", DECIMALS))
    if not tolerance.accepts(float(shown), key):
        shown = decimal(key)
    return Cell(name, key, shown, accepted, whole)


def rounded(number: float, decimals: int) -> str:
    """With so many decimals, in plain characters; no −0."""
    shown = f"{number:.{decimals}f}"
    return shown.removeprefix("-") if float(shown) == 0 else shown


def decimal(number: float) -> str:
    """With all digits that a float has, and never with an exponent."""
    return f"{Decimal(repr(float(number))):f}".removesuffix(".0")


# What known mistakes lead to


def _traps(variant: Variant[Any], key: Answers) -> Iterator[tuple[str, Trap]]:
    """Every known wrong answer that the grader names, with the field that it stands in."""
    found = [each for cause in variant.candidates.causes for each in _traps_of(variant, key, cause)]
    for name, trap in found:
        # Mistakes that lead to one answer here are told apart by what they lead to in other fields, if at all.
        alike = any(_alike(trap, other) for field, other in found if field == name and other.id != trap.id)
        alone = len(trap.cells) == 1
        yield name, trap if alike or alone else replace(trap, elsewhere={})


def _alike(trap: Trap, other: Trap) -> bool:
    return all(place.meets(other.cells[name]) for name, place in trap.cells.items())


def _traps_of(variant: Variant[Any], key: Answers, cause: Cause) -> Iterator[tuple[str, Trap]]:
    """What one mistake or slip makes of the fields that it touches, where the grader names it."""
    fields = {field.name: field for field in variant.native_fields}
    yielded = cause.answers if isinstance(cause, Slip) else variant.mistaken[cause.id]
    if isinstance(cause, Slip) and cause.id.startswith("decimal") and any(fields[each].kind.shape for each in yielded):
        return  # a misplaced point in a vector: three powers of ten for every component
    typed = {name: _typed(fields[name], value) for name, value in yielded.items()}
    # What a mistake leaves as it is has been answered rightly.
    graded = {each.name: each for each in grade(variant, "open", {**key, **typed}).fields}
    near = {name: _near(fields[name], value) for name, value in yielded.items() if not graded[name].correct}
    for name, cells in near.items():
        result = graded[name]
        if result.mistake == cause.id and not result.followed:
            yield (
                name,
                Trap(
                    id=cause.id,
                    text=_told(cause),
                    family=cause.family,
                    credit=result.score / fields[name].points if cause.credit else 0.0,
                    cells=cells,
                    elsewhere={cell: place for other in near if other != name for cell, place in near[other].items()},
                ),
            )


def _told(cause: Cause) -> Text:
    return paragraphs([cause.text, *([reread(cause.reread)] if cause.reread else [])])


def _places(field: Field) -> int:
    """With how many decimals an answer is typed; see `problems.candidates`."""
    return getattr(field.kind, "decimals", 0) or DECIMALS


def _typed(field: Field, value: Any) -> Any:
    if isinstance(field.kind, kinds.Integer):
        return value
    if isinstance(value, tuple):
        return [_typed(field, each) for each in value]
    return round(value, _places(field))


def _near(field: Field, value: Any) -> Mapping[str, Interval]:
    """Where the numbers of a mistake stand once they are rounded, or cut, to the decimals that are typed."""
    whole = isinstance(field.kind, kinds.Integer)
    unit = 0.0 if whole else 10.0 ** -_places(field)
    return {name: _around(number, unit) for name, number in cells_of(field, value)}


def _around(number: float, unit: float) -> Interval:
    """Cutting moves a number towards 0 by less than a unit, rounding by half of one to either side."""
    slack = ROUNDING * max(1.0, abs(number)) if unit else 0.0
    near, far = max(unit - slack, unit / 2 + slack), unit / 2 + slack
    return Interval(number - near, number + far) if number >= 0 else Interval(number - far, number + near)
