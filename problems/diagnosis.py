"""Which known mistakes and slips lead to a wrong answer, and which of them the options of a variant stand for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from problems.candidates import Explanation
from problems.problem import Answers, Form, Mistake, Problem
from problems.slips import SLIPS
from problems.text import Text
from problems.variant import KEY, Variant


def diagnose(variant: Variant[Any], form: Form, answers: Answers, wrong: Collection[str]) -> Mapping[str, Explanation]:
    """What leads to each wrong answer, by field."""
    if variant.problem.native_choice:
        return {}
    if form == "choice":  # derived: an option stands for answers to all fields
        return {name: Explanation(option_mistakes(variant, answers[name])) for name in wrong}
    return variant.candidates.explain(answers, wrong)


def option_mistakes(variant: Variant[Any], option: str) -> tuple[Mistake[Any], ...]:
    """The mistakes that lead to this option of the derived form ``choice``; several can't be told apart."""
    chosen = variant.option_answers(option)
    return tuple(
        variant.problem.mistake(name)
        for name, yielded in variant.mistaken.items()
        if set(yielded) == set(chosen) and variant.near(yielded, chosen, 1.0)
    )


@dataclass(frozen=True, slots=True)
class OptionSource:
    """What an option stands for. For instructors: never shown to a student before release.

    `mistakes` is empty for the right option, and for a wrong option of the book to which no mistake that we know leads.
    """

    option: str
    right: bool
    mistakes: tuple[Mistake[Any], ...]


def option_sources(variant: Variant[Any]) -> tuple[OptionSource, ...]:
    """What each option of the derived form ``choice`` stands for; raises `UnknownFormError` where there is none.

    Options of a problem that asks which statements are true carry their own reasons; for those nothing is returned.
    """
    (field, *_) = variant.fields("choice")
    if variant.problem.native_choice:
        return ()
    return tuple(
        OptionSource(option.id, option.source == KEY, _behind(variant, option.id, option.source))
        for option in getattr(field.kind, "options", ())
    )


def _behind(variant: Variant[Any], option: str, source: str) -> tuple[Mistake[Any], ...]:
    """The mistake that an option was made from first, then others that lead there."""
    if source == KEY:
        return ()
    found = option_mistakes(variant, option)
    return tuple(sorted(found, key=lambda mistake: source != f"mistake:{mistake.id}"))


def describe(problem: Problem[Any], cause: str) -> Text:
    """What the id of a mistake or slip, as stored with an attempt, means; raises `KeyError`."""
    return SLIPS[cause] if cause in SLIPS else problem.mistake(cause).text
