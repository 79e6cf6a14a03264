"""Exercise 1.6, step by step."""

from collections.abc import Callable

from problems.set1.classifier_mistakes import WrongGradients
from problems.set1.classifier_tracing import careless_steps, full_batch_happenings, gradient_steps, rule_steps
from problems.set1.linear_classifier import Array, Descent, arrays
from problems.steps import StepSizes, descended, inverse_roots, linear_spread, turns, with_velocity
from problems.tracing import Tracing
from solvers.descent import DataGradient, Order, cyclic, momentum
from solvers.losses import squared_hinge_gradient


def step(
    p: Descent,
    rows: Array,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    order: Order | None = None,
    step_size: StepSizes | None = None,
) -> Array:
    """The step from every row, over all samples or, with `order` (T, b), over those of each step."""
    X, y, _ = arrays(p)
    X, y = (X, y) if order is None else turns(X, y, order)
    return descended(gradient, X, y, rows, p["step_size"] if step_size is None else step_size)


def _spread(p: Descent, rows: Array, errors: Array) -> Array:
    X, y, _ = arrays(p)
    return linear_spread(X, y, rows, errors, p["step_size"], hinge=True)


def _with_momentum(p: Descent, rows: Array) -> Array:
    X, y, _ = arrays(p)
    return with_velocity(
        lambda g, w0, eta, steps: momentum(g, w0, eta, 0.5, steps), squared_hinge_gradient, X, y, rows, p["step_size"]
    )


RULES = {
    "single-samples": lambda p, rows: step(p, rows, order=cyclic(len(p["y"]), len(rows))),
    "decaying-step": lambda p, rows: step(p, rows, step_size=inverse_roots(p["step_size"], len(rows))),
    "momentum-added": _with_momentum,
}


def tracing(run: Callable[[Descent], Array], wrong: WrongGradients) -> Tracing[Descent]:
    return Tracing(
        run=run,
        next_rows=step,
        spread=_spread,
        mistakes=(*gradient_steps(step, wrong), *rule_steps(RULES), *careless_steps(step, step_sizes=(0.5, 0.1))),
        happenings=full_batch_happenings(step, arrays),
    )
