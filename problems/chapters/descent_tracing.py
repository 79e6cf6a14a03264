"""How the runs of c2.2, c2.5 and c2.6 are checked step by step: linear models with a bias."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from problems.chapters.descent_data import Array, arrays
from problems.chapters.descent_mistakes import WRONG_ORDERS
from problems.set1.classifier_tracing import (
    SizedStep,
    gradient_steps,
    rule_steps,
    single_sample_happenings,
    two_steps,
    whose_turn,
)
from problems.step_words import NOTHING_MOVED, sample_skipped
from problems.steps import StepSizes, descended, linear_spread, turns
from problems.text import Text
from problems.tracing import Happening, Rule, Tracing
from solvers.descent import DataGradient, Order
from solvers.linear_model import mse_gradient
from solvers.losses import squared_hinge_gradient

P = TypeVar("P", bound=Mapping[str, Any])

Wrong = Mapping[str, tuple[DataGradient, Text]]


def given_order(p: Mapping[str, Any], steps: int) -> Order:
    """The order of the exercise, counted from 0: (T, 1)."""
    return in_order(p["order"], steps)


def in_order(samples: Any, steps: int) -> Order:
    """Samples counted from 1, one a step, and round again where they are too few: (T, 1), counted from 0."""
    return np.resize(np.array(samples, dtype=np.int64) - 1, steps)[:, None]


def full_batch_step(
    p: Any,
    rows: Array,
    gradient: DataGradient = mse_gradient,
    *,
    order: Order | None = None,
    step_size: StepSizes | None = None,
) -> Array:
    """The step of gradient descent from every row; with `order` (T, b), over the samples of each step."""
    X, y, _ = arrays(p)
    X, y = (X, y) if order is None else turns(X, y, order)
    return descended(gradient, X, y, rows, p["step_size"] if step_size is None else step_size)


def full_batch_tracing(run: Callable[[P], Array], wrong: Wrong, rules: Mapping[str, Rule[P]]) -> Tracing[P]:
    """Gradient descent on half the mean squared error."""

    def spread(p: P, rows: Array, errors: Array) -> Array:
        X, y, _ = arrays(p)  # type: ignore[arg-type]
        return linear_spread(X, y, rows, errors, p["step_size"], hinge=False)

    return Tracing(
        run=run,
        next_rows=full_batch_step,
        spread=spread,
        mistakes=(*gradient_steps(full_batch_step, wrong), *rule_steps(rules)),
        happenings=_left_out,
    )


def _left_out(p: Any, rows: Array) -> tuple[Happening, ...]:
    n = len(p["y"])

    def without(sample: int) -> DataGradient:
        def gradient(w: Array, X: Array, y: Array) -> Array:
            kept = np.arange(n) != sample
            return np.asarray(mse_gradient(w, X[kept], y[kept]) * (n - 1) / n)

        return gradient

    return (
        Happening("no-move", rows[-1], NOTHING_MOVED),
        *two_steps(full_batch_step, p, rows),
        *(
            Happening("sample-skipped", full_batch_step(p, rows, without(i))[-1], sample_skipped(i + 1))
            for i in range(n)
        ),
    )


def single_sample_tracing(
    run: Callable[[P], Array],
    wrong: Wrong,
    step_sizes: Callable[[P, int], StepSizes],
    rules: Callable[[SizedStep[P]], Mapping[str, Rule[P]]],
    *,
    hinge: bool,
) -> Tracing[P]:
    """One sample a step in the order of the exercise; `step_sizes` (T, 1) are the right ones for so many steps."""
    right = squared_hinge_gradient if hinge else mse_gradient

    def step(
        p: P,
        rows: Array,
        gradient: DataGradient = right,
        *,
        order: Order | None = None,
        step_size: StepSizes | None = None,
    ) -> Array:
        X, y, _ = arrays(p)  # type: ignore[arg-type]
        samples = turns(X, y, given_order(p, len(rows)) if order is None else order)
        return descended(gradient, *samples, rows, step_sizes(p, len(rows)) if step_size is None else step_size)

    def spread(p: P, rows: Array, errors: Array) -> Array:
        X, y, _ = arrays(p)  # type: ignore[arg-type]
        samples = turns(X, y, given_order(p, len(rows)))
        return linear_spread(*samples, rows, errors, step_sizes(p, len(rows)), hinge=hinge)

    data: Callable[[Any], tuple[Array, Array, Array]] = arrays
    happenings = single_sample_happenings(step, data, given_order, hinge=hinge)
    mistakes = (*gradient_steps(step, wrong), *rule_steps(rules(step)))
    if not hinge:
        return Tracing(run=run, next_rows=step, spread=spread, mistakes=mistakes, happenings=happenings)
    context = whose_turn(data, given_order)
    return Tracing(run=run, next_rows=step, spread=spread, mistakes=mistakes, happenings=happenings, context=context)


def order_rules(step: Any) -> Mapping[str, Rule[Any]]:
    """The steps of `WRONG_ORDERS`."""

    def ordered(samples: Callable[[Any], Any]) -> Rule[Any]:
        return lambda p, rows: step(p, rows, order=in_order(samples(p), len(rows)))

    return {name: ordered(samples) for name, (samples, _) in WRONG_ORDERS.items()}


def full_gradient(gradient: DataGradient, step_sizes: Callable[[Any, int], StepSizes]) -> Rule[Any]:
    def rule(p: Any, rows: Array) -> Array:
        X, y, _ = arrays(p)
        return descended(gradient, X, y, rows, step_sizes(p, len(rows)))

    return rule
