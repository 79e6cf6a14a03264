"""Exercise 1.8, step by step. The velocity of a row is the step that led to it; before the first step it is 0."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from problems.set1.classifier_mistakes import WrongGradients
from problems.set1.classifier_tracing import careless_steps, full_batch_happenings, gradient_steps, rule_steps
from problems.set1.linear_classifier import Array, arrays
from problems.steps import Method, before, descended, linear_spread, turns, with_velocity
from problems.tracing import Tracing
from solvers.descent import DataGradient, Order, averaged_momentum, cyclic, momentum, nesterov
from solvers.losses import squared_hinge_gradient

if TYPE_CHECKING:
    from problems.set1.ex08_momentum.problem import Momentum


def _heavy_ball(alpha: float) -> Method:
    return lambda g, w0, eta, steps: momentum(g, w0, eta, alpha, steps)


def step(
    p: "Momentum", rows: Array, gradient: DataGradient = squared_hinge_gradient, *, order: Order | None = None
) -> Array:
    """The step from every row, over all samples or, with `order` (T, b), over those of each step."""
    X, y, _ = arrays(p)
    X, y = (X, y) if order is None else turns(X, y, order)
    return with_velocity(_heavy_ball(p["momentum"]), gradient, X, y, rows, p["step_size"])


def _spread(p: "Momentum", rows: Array, errors: Array) -> Array:
    """The row and the row before it, which the velocity is the difference of."""
    X, y, _ = arrays(p)
    alpha = p["momentum"]
    own = linear_spread(X, y, rows, errors, p["step_size"], hinge=True, carry=1 + alpha)
    return own + alpha * before(errors)


def _by(p: "Momentum", rows: Array, method: Method) -> Array:
    X, y, _ = arrays(p)
    return with_velocity(method, squared_hinge_gradient, X, y, rows, p["step_size"])


def _plain(p: "Momentum", rows: Array, step_size: float) -> Array:
    X, y, _ = arrays(p)
    return descended(squared_hinge_gradient, X, y, rows, step_size)


def _step_size_twice(p: "Momentum", rows: Array) -> Array:
    """η² for η in the velocity, which is then added as it is."""
    return _plain(p, rows, p["step_size"] ** 2) + p["momentum"] * (rows - before(rows))


RULES = {
    "no-momentum": lambda p, rows: _plain(p, rows, p["step_size"]),
    "moving-average": lambda p, rows: _by(
        p, rows, lambda g, w0, eta, steps: averaged_momentum(g, w0, eta, p["momentum"], steps)
    ),
    "nesterov": lambda p, rows: _by(p, rows, lambda g, w0, eta, steps: nesterov(g, w0, eta, p["momentum"], steps)),
    "stale-velocity": lambda _, rows: rows + (rows - before(rows)),
    "complement-momentum": lambda p, rows: _by(p, rows, _heavy_ball(1 - p["momentum"])),
    "momentum-subtracted": lambda p, rows: _by(p, rows, _heavy_ball(-p["momentum"])),
    "step-size-twice": _step_size_twice,
    "steady-state-rate": lambda p, rows: _plain(p, rows, p["step_size"] / (1 - p["momentum"])),
    "single-samples": lambda p, rows: step(p, rows, order=cyclic(len(p["y"]), len(rows))),
}


def tracing(run: Callable[["Momentum"], Array], wrong: WrongGradients) -> "Tracing[Momentum]":
    return Tracing(
        run=run,
        next_rows=step,
        spread=_spread,
        mistakes=(*gradient_steps(step, wrong), *rule_steps(RULES), *careless_steps(step, step_sizes=(0.5, 0.1))),
        happenings=full_batch_happenings(step, arrays),
    )
