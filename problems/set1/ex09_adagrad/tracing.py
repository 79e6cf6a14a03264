"""Exercise 1.9, step by step. What is accumulated before a step are the squared gradients at the rows themselves."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from problems.set1.classifier_mistakes import WrongGradients
from problems.set1.classifier_tracing import (
    careless_steps,
    gradient_steps,
    order_steps,
    rule_steps,
    single_sample_happenings,
    whose_turn,
)
from problems.set1.linear_classifier import Array, arrays
from problems.set1.sample_orders import WRONG_ORDERS
from problems.steps import adapted, adaptive_spread, descended, squares_before, turns
from problems.text import Text
from problems.tracing import Rule, Tracing
from solvers.descent import DataGradient, Order, cyclic, full_batch
from solvers.losses import squared_hinge_gradient

if TYPE_CHECKING:
    from problems.set1.ex09_adagrad.problem import AdaGrad

Divisors = Mapping[str, tuple[Callable[[Array, Array], Array], Text]]
"""Divisors made from all gradients so far (t + 1, d) and the newest (d,)."""


def _in_turn(p: "AdaGrad", steps: int) -> Order:
    return cyclic(len(p["y"]), steps)


def _samples(p: "AdaGrad", rows: Array, order: Order | None = None) -> tuple[Array, Array]:
    X, y, _ = arrays(p)
    return turns(X, y, _in_turn(p, len(rows)) if order is None else order)


def _squares(p: "AdaGrad", rows: Array) -> Array:
    return squares_before(squared_hinge_gradient, *_samples(p, rows), rows)


def step(
    p: "AdaGrad",
    rows: Array,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    order: Order | None = None,
    initial: float = 0.0,
) -> Array:
    """The step from every row; another gradient or order (T, 1) is that of the step alone, not of those before it."""
    X, y = _samples(p, rows, order)
    return adapted(gradient, X, y, rows, p["step_size"], p["epsilon"], initial + _squares(p, rows))


def _spread(p: "AdaGrad", rows: Array, errors: Array) -> Array:
    X, y = _samples(p, rows)
    return adaptive_spread(squared_hinge_gradient, X, y, rows, errors, p["step_size"], p["epsilon"])


def _divided_by(scale: Callable[[Array, Array], Array]) -> "Rule[AdaGrad]":
    def rule(p: "AdaGrad", rows: Array) -> Array:
        g = full_batch(squared_hinge_gradient, *_samples(p, rows))(rows, 0)
        divisors = np.array([np.broadcast_to(scale(g[: t + 1], g[t]), g[t].shape) for t in range(len(g))])
        return np.asarray(rows - p["step_size"] * g / (p["epsilon"] + divisors))

    return rule


def _rmsprop(p: "AdaGrad", rows: Array) -> Array:
    g = full_batch(squared_hinge_gradient, *_samples(p, rows))(rows, 0)
    r = 0.9 * _squares(p, rows) + 0.1 * g * g
    return np.asarray(rows - p["step_size"] * g / (p["epsilon"] + np.sqrt(r)))


def _full_gradient(p: "AdaGrad", rows: Array) -> Array:
    X, y, _ = arrays(p)
    return adapted(squared_hinge_gradient, X, y, rows, p["step_size"], p["epsilon"], _squares(p, rows))


RULES = {
    "initial-accumulator": lambda p, rows: step(p, rows, initial=0.1),
    "rmsprop": _rmsprop,
    "plain-sgd": lambda p, rows: descended(squared_hinge_gradient, *_samples(p, rows), rows, p["step_size"]),
    "full-gradient": _full_gradient,
}


def tracing(run: "Callable[[AdaGrad], Array]", wrong: WrongGradients, divisors: Divisors) -> "Tracing[AdaGrad]":
    divided = {name: _divided_by(scale) for name, (scale, _) in divisors.items()}
    return Tracing(
        run=run,
        next_rows=step,
        spread=_spread,
        mistakes=(
            *gradient_steps(step, wrong),
            *order_steps(step, WRONG_ORDERS),
            *rule_steps({**divided, **RULES}),
            *careless_steps(step, step_sizes=(0.1, 0.5)),
        ),
        happenings=single_sample_happenings(step, arrays, _in_turn),
        context=whose_turn(arrays, _in_turn),
        pass_length=lambda p: len(p["y"]),
    )
