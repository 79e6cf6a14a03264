"""Dealing a variant: drawing until the exercise is well-posed."""

import functools
from collections.abc import Iterator
from typing import Any

from problems.answers import Matrix, Number, Vector
from problems.draws import MAX_SEED, Draws
from problems.problem import Answers, P, Problem
from problems.variant import KEY, SEPARATION, Variant

MAX_REDRAWS = 500

ROUNDING_MARGIN = 2e-5
"""No component of a key stands nearer than this to where rounding to the asked decimals changes a digit."""


BELIEVABLE = 5.0
"""No number of an option is more than so many times as large as the key's largest (or as 1)."""


class SeedOutOfRangeError(LookupError):
    """Seeds run from 0 (the printed exercise) to `MAX_SEED`."""


class NoWellPosedVariantError(RuntimeError):
    """So many draws in a row were ill-posed that the problem itself must be at fault."""


@functools.lru_cache(maxsize=4096)
def deal(problem: Problem[P], seed: int) -> Variant[P]:
    """The variant of this seed: seed 0 is the exercise as printed, others are drawn until well-posed.

    Deterministic from (problem id, version, seed). Raises `SeedOutOfRangeError`, or `NoWellPosedVariantError`.
    """
    if not 0 <= seed <= MAX_SEED:
        raise SeedOutOfRangeError(seed)
    if seed == 0:
        return Variant(problem, 0, problem.printed)
    draws = Draws(problem.id, problem.version, seed)
    for redraws in range(MAX_REDRAWS):
        variant = Variant(problem, seed, problem.draw(draws), redraws=redraws)
        if ill_posed(variant) is not None:
            continue
        layout = lay_out_options(variant, draws)
        if layout is not None:
            return variant.laid_out(layout)
    raise NoWellPosedVariantError(f"{problem.id}: no well-posed variant for seed {seed} in {MAX_REDRAWS} draws")


def restore(problem: Problem[P], seed: int, parameters: P, layout: tuple[str, ...]) -> Variant[P]:
    """A variant from what was stored with an attempt, whatever `draw` would give today."""
    return Variant(problem, seed, parameters, layout)


def ill_posed(variant: Variant[Any]) -> str | None:
    """Why this draw can't be used, or None: the cheap reasons first."""
    problem = variant.problem
    if reason := problem.ill_posed(variant.parameters):
        return reason
    try:
        key = variant.solved
    except ValueError as error:
        return f"no key: {error}"
    if any(_near_rounding_boundary(number, kind.decimals) for number, kind in _numbers(variant, key)):
        return "a component of the key stands on a rounding boundary"
    for mistake in problem.mistakes:
        if mistake.core and variant.near_key(variant.mistake_answers(mistake)):
            return f"the core mistake {mistake.id} yields the key"
    return None


def _numbers(variant: Variant[Any], key: Answers) -> Iterator[tuple[float, Number | Vector | Matrix]]:
    for field in variant.native_fields:
        value = key[field.name]
        match field.kind:
            case Number():
                yield value, field.kind
            case Vector():
                yield from ((component, field.kind) for component in value)
            case Matrix():
                yield from ((cell, field.kind) for row in value for cell in row)


def _near_rounding_boundary(value: float, decimals: int) -> bool:
    """Within the margin of a half unit of the last decimal; whole units (exact values) are no boundary of rounding."""
    scaled = abs(value) * 10.0**decimals
    return abs(scaled % 1.0 - 0.5) < ROUNDING_MARGIN * 10.0**decimals


def _believable(variant: Variant[Any], answers: Answers) -> bool:
    """Whether an option's numbers are of the size of the key's: a wrong run that diverges gives itself away."""
    bound = max((abs(number) for number, _ in _numbers(variant, variant.solved)), default=0.0)
    return all(abs(number) <= BELIEVABLE * max(1.0, bound) for number, _ in _numbers(variant, answers))


def lay_out_options(variant: Variant[P], draws: Draws) -> tuple[str, ...] | None:
    """Which option stands for what, in the form ``choice``: the key and mistakes, well apart, in random order.

    None when too few mistakes are far enough from the key and from each other; empty when there is no such form.
    """
    problem = variant.problem
    if problem.native_choice or "choice" not in variant.forms:
        return ()
    chosen: dict[str, Any] = {KEY: variant.solved}
    for mistake in draws.shuffled([mistake for mistake in problem.mistakes if mistake.distractor]):
        if len(chosen) == len(problem.printed_options):
            break
        answers = variant.mistake_answers(mistake)
        complete = set(answers) == set(variant.solved)
        if (
            complete
            and _believable(variant, answers)
            and not any(variant.near(answers, other, SEPARATION) for other in chosen.values())
        ):
            chosen[f"mistake:{mistake.id}"] = answers
    if len(chosen) < len(problem.printed_options):
        return None
    return tuple(draws.shuffled(list(chosen)))
