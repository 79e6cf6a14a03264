"""What reports say about an exercise: what guessing earns, what a mistake means, what an option stands for.

An exercise may have left the catalogue since it was answered; then its ids stand for themselves.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from problems.answers import Choice, Choices, Option
from problems.catalogue import UnknownProblemError, find
from problems.dealing import deal, restore
from problems.diagnosis import describe, option_sources
from problems.problem import Field, Form
from problems.text import Text
from problems.variant import UnknownFormError, Variant


@dataclass(frozen=True, slots=True)
class OptionMeaning:
    """An option of a variant: what it says, whether it is right, and the mistakes that lead to it."""

    id: str
    text: Text
    right: bool
    mistakes: tuple[str, ...]


def mistake_text(problem_id: str, mistake: str) -> Text:
    """What the id of a mistake or slip means, as the student was told."""
    try:
        return describe(find(problem_id), mistake)
    except (UnknownProblemError, KeyError):
        return Text(mistake, mistake)


@lru_cache(maxsize=512)
def random_guess_score(problem_id: str, form: Form) -> float | None:
    """The facility that blind guessing reaches: 1/k for one of k options, 0 for what is typed.

    None where several options may be chosen, since nobody knows how many a guesser would choose, and for an exercise
    that the catalogue has no more. Several fields count by their points.
    """
    try:
        problem = find(problem_id)
        fields = deal(problem, 0 if form in problem.forms(0) else 1).fields(form)
    except (UnknownProblemError, UnknownFormError):
        return None
    if any(isinstance(field.kind, Choices) for field in fields):
        return None
    points = sum(field.points for field in fields)
    return sum(field.points * _guessed(field) for field in fields) / points if points else None


def _guessed(field: Field) -> float:
    return 1 / len(field.kind.options) if isinstance(field.kind, Choice) else 0.0


def option_meanings(
    problem_id: str, version: int, seed: int, parameters: Any, layout: tuple[str, ...]
) -> dict[str, list[OptionMeaning]]:
    """The options of each field of the form ``choice`` of a stored variant; none for another version."""
    try:
        problem = find(problem_id)
        if problem.version != version:
            return {}
        variant = restore(problem, seed, parameters, layout)
        return {field.name: _meanings(variant, field) for field in variant.fields("choice")}
    except (UnknownProblemError, UnknownFormError):
        return {}


def _meanings(variant: Variant[Any], field: Field) -> list[OptionMeaning]:
    options: tuple[Option, ...] = getattr(field.kind, "options", ())
    causes = {source.option: tuple(each.id for each in source.mistakes) for source in option_sources(variant)}
    key = variant.keys("choice", "corrected")[0].get(field.name)
    right = {key} if isinstance(key, str) else set(key or ())
    return [OptionMeaning(option.id, option.text, option.id in right, causes.get(option.id, ())) for option in options]
