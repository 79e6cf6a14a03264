"""Exercise 1.7, step by step."""

from collections.abc import Callable

from problems.set1.classifier_mistakes import WrongGradients
from problems.set1.classifier_tracing import (
    careless_steps,
    gradient_steps,
    order_steps,
    rule_steps,
    single_sample_happenings,
    whose_turn,
)
from problems.set1.linear_classifier import Array, Descent, arrays
from problems.set1.sample_orders import WRONG_ORDERS
from problems.steps import StepSizes, descended, inverse_roots, linear_spread, turns, with_velocity
from problems.tracing import Tracing
from solvers.descent import DataGradient, Order, cyclic, momentum
from solvers.losses import squared_hinge_gradient


def _in_turn(p: Descent, steps: int) -> Order:
    return cyclic(len(p["y"]), steps)


def _samples(p: Descent, rows: Array, order: Order | None = None) -> tuple[Array, Array]:
    X, y, _ = arrays(p)
    return turns(X, y, _in_turn(p, len(rows)) if order is None else order)


def step(
    p: Descent,
    rows: Array,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    order: Order | None = None,
    step_size: StepSizes | None = None,
) -> Array:
    """The step from every row, with the samples in turn or in another order (T, 1)."""
    return descended(gradient, *_samples(p, rows, order), rows, p["step_size"] if step_size is None else step_size)


def _spread(p: Descent, rows: Array, errors: Array) -> Array:
    return linear_spread(*_samples(p, rows), rows, errors, p["step_size"], hinge=True)


def _full_gradient(p: Descent, rows: Array) -> Array:
    X, y, _ = arrays(p)
    return descended(squared_hinge_gradient, X, y, rows, p["step_size"])


def _with_momentum(p: Descent, rows: Array) -> Array:
    return with_velocity(
        lambda g, w0, eta, steps: momentum(g, w0, eta, 0.5, steps),
        squared_hinge_gradient,
        *_samples(p, rows),
        rows,
        p["step_size"],
    )


RULES = {
    "divided-by-n": lambda p, rows: step(p, rows, step_size=p["step_size"] / len(p["y"])),
    "full-gradient": _full_gradient,
    "decaying-step": lambda p, rows: step(p, rows, step_size=inverse_roots(p["step_size"], len(rows))),
    "momentum-added": _with_momentum,
}


def tracing(run: Callable[[Descent], Array], wrong: WrongGradients) -> Tracing[Descent]:
    return Tracing(
        run=run,
        next_rows=step,
        spread=_spread,
        mistakes=(
            *gradient_steps(step, wrong),
            *order_steps(step, WRONG_ORDERS),
            *rule_steps(RULES),
            *careless_steps(step, step_sizes=(0.1, 0.5)),
        ),
        happenings=single_sample_happenings(step, arrays, _in_turn),
        context=whose_turn(arrays, _in_turn),
        pass_length=lambda p: len(p["y"]),
    )
