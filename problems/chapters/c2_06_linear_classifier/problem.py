"""Chapter 2: stochastic gradient descent for a linear classifier with the squared hinge."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from problems import run_words
from problems.answers import Vector
from problems.chapters.classifier_exhibits import flowers_exhibits
from problems.chapters.descent_data import Array, Regression, arrays, iterates_table, listed, single
from problems.chapters.descent_mistakes import WRONG_ORDERS, Wrong, mistakes, with_gradients
from problems.chapters.descent_tracing import full_gradient, order_rules, single_sample_tracing
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.set1.classifier_mistakes import ASCENT, HALF, TWICE, WRONG_GRADIENTS, scaled
from problems.set1.classifier_tracing import SizedStep
from problems.set1.rounded_runs import rounding_mistakes
from problems.steps import StepSizes, inverse_roots
from problems.text import Text
from problems.tolerance import Tolerance
from problems.tracing import Rule
from solvers.descent import DataGradient, Projection, StepSize, full_batch, gradient_descent, inverse_sqrt, on_batches
from solvers.losses import margins, squared_hinge_gradient


class Flowers(Regression):
    """`y`: the species, ±1; `order`: the sample of each step, counted from 1."""

    step_size: float
    order: list[int]


def run(
    p: Flowers,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    order: Sequence[int] | None = None,
    step_size: StepSize | None = None,
    project: Projection | None = None,
) -> Array:
    """All iterates; `order` (counted from 1) and `step_size` are those of the exercise by default."""
    X, y, w0 = arrays(p)
    order = p["order"] if order is None else order
    step_size = p["step_size"] if step_size is None else step_size
    return gradient_descent(on_batches(gradient, X, y, single(order)), w0, step_size, len(order), project=project)


def solve(p: Flowers, gradient: DataGradient = squared_hinge_gradient) -> Answers:
    return {"w": run(p, gradient)[-1]}


def draw(draws: Draws) -> Flowers:
    """Six flowers, three of either species, in random order; the last is never visited (see `counted-from-zero`)."""
    small = [(draws.integer(10, 19), draws.integer(1, 6), -1) for _ in range(3)]
    large = [(draws.integer(33, 51), draws.integer(10, 18), 1) for _ in range(3)]
    flowers = draws.shuffled(small + large)
    return Flowers(
        X=[[length / 10, width / 10] for length, width, _ in flowers],
        y=[species for *_, species in flowers],
        w0=[0, 0, 0],
        step_size=draws.choice((0.04, 0.05, 0.06, 0.08)),
        order=[*draws.sample(range(1, 6), 4), draws.integer(1, 5)],
    )


def _margins(p: Flowers) -> Array:
    """The margin of the sample of each step, before the step: (steps,)."""
    X, y, _ = arrays(p)
    visited = [i - 1 for i in p["order"]]
    before = run(p)[:-1]
    return np.array([margins(w, X[[i]], y[[i]])[0] for w, i in zip(before, visited, strict=True)])


def ill_posed(p: Flowers) -> str | None:
    reached = _margins(p)
    if np.abs(reached - 1).min() < 1e-3 or np.abs(reached[1:]).min() < 1e-3:
        return "a sample stands on the margin or on the boundary along the path"
    if not 1 <= (reached >= 1).sum() <= len(reached) - 3:
        return "too few steps move the weights, or none leaves them"
    if p["order"][-1] == p["order"][-2] or reached[-1] >= 1:
        return "the last step does not matter"
    if np.abs(run(p)[-1]).min() < 0.01:
        return "a component is too small to be read well"
    return None


def values(p: Flowers) -> dict[str, str | Text]:
    reached = _margins(p).tolist()
    rows = [
        rf"| {t} | {i} | ${p['y'][i - 1]}$ | ${latex_number(margin, 6)}$ | {'–' if margin >= 1 else '✓'} |"
        for t, (i, margin) in enumerate(zip(p["order"], reached, strict=True))
    ]
    heads = {"en": ("sample", "margin", "update"), "zh": ("样本", "间隔", "是否更新")}
    en, zh = (
        "\n".join([f"| $t$ | {a} | $y$ | {b} | {c} |", "|---:|---:|---:|---:|:---:|", *rows])
        for a, b, c in heads.values()
    )
    return {
        "n": str(len(p["y"])),
        "steps": str(len(p["order"])),
        "order": listed(p["order"]),
        "table": Text(en, zh),
        "iterates": iterates_table(run(p), shown=range(len(p["order"]) + 1)),
    }


def exhibits(p: Flowers) -> Exhibits:
    X, y, _ = arrays(p)
    return flowers_exhibits(X, y, single(p["order"])[:, 0], run(p))


def _without_bias(w: Array, X: Array, y: Array) -> Array:
    return squared_hinge_gradient(w, np.where(np.arange(X.shape[-1]) == 0, 0.0, X), y)


GRADIENTS: Wrong = {
    # A single sample is its own mean, and no sample is left out of it; and in so few steps hardly a negative
    # sample scores -1 or less, so that a label missing in the test goes unnoticed.
    **{
        name: wrong for name, wrong in WRONG_GRADIENTS.items() if name not in ("mean-over-active", "no-label-in-margin")
    },
    "factor-two": (scaled(lambda _: 2.0), TWICE[1]),
    "half-gradient": (scaled(lambda _: 0.5), HALF[1]),
    "ascent": ASCENT,
    "no-bias": (
        _without_bias,
        Text(
            "You left the bias out. The score is $w_0 + w_1 x_1 + w_2 x_2$: put the constant $x_0 = 1$ before "
            "each sample.",
            "你漏掉了偏置。得分是 $w_0 + w_1 x_1 + w_2 x_2$：应在每个样本前面补上常数 $x_0 = 1$。",
        ),
    ),
}


def _ordered(order: Callable[[Flowers], Sequence[int]]) -> Callable[[Flowers], Answers]:
    return lambda p: {"w": run(p, order=order(p))[-1]}


def _full(p: Flowers) -> Answers:
    X, y, w0 = arrays(p)
    gradient = full_batch(squared_hinge_gradient, X, y)
    return {"w": gradient_descent(gradient, w0, p["step_size"], len(p["order"]))[-1]}


RUNS = {
    "one-step-fewer": (
        _ordered(lambda p: p["order"][:-1]),
        run_words.ONE_STEP_FEWER,
    ),
    **{name: (_ordered(order), text) for name, (order, text) in WRONG_ORDERS.items()},
    "divided-by-n": (
        lambda p: solve(p, lambda w, X, y: squared_hinge_gradient(w, X, y) / len(p["y"])),
        run_words.DIVIDED_BY_N,
    ),
    "full-gradient": (
        _full,
        run_words.FULL_GRADIENT,
    ),
    "decaying-step": (
        lambda p: {"w": run(p, step_size=inverse_sqrt(p["step_size"]))[-1]},
        run_words.DECAYING_STEP,
    ),
}


def _right_sizes(p: Flowers, _steps: int) -> StepSizes:
    return p["step_size"]


def _wrong_steps(step: SizedStep[Flowers]) -> Mapping[str, Rule[Flowers]]:
    return {
        **order_rules(step),
        "divided-by-n": lambda p, rows: step(p, rows, lambda w, X, y: squared_hinge_gradient(w, X, y) / len(p["y"])),
        "full-gradient": full_gradient(squared_hinge_gradient, _right_sizes),
        "decaying-step": lambda p, rows: step(p, rows, step_size=inverse_roots(p["step_size"], len(rows))),
    }


problem = Problem(
    id="c2.6",
    version=1,
    topic="sgd",
    folder=Path(__file__).parent,
    printed=Flowers(
        X=[[1.4, 0.2], [4.7, 1.4], [1.3, 0.3], [4.0, 1.3], [4.5, 1.5], [1.6, 0.6]],
        y=[-1, 1, -1, 1, 1, -1],
        w0=[0, 0, 0],
        step_size=0.1,
        order=[4, 3, 2, 5, 1],
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(name="w", kind=Vector(3, Tolerance("absolute", 0.001)), label=f"W^{{({len(p['order'])})}} ="),
    ),
    values=values,
    exhibits=exhibits,
    mistakes=(
        *mistakes(
            {**with_gradients(solve, GRADIENTS), **RUNS},
            core=frozenset({"no-margin-condition", "hinge", "no-bias", "counted-from-zero", "full-gradient"}),
            hidden=frozenset({"ascent"}),
            reread="2.2.2; 1.4, (1.7)",
        ),
        *rounding_mistakes(run, reread="2.2.2"),
    ),
    tracing=single_sample_tracing(run, GRADIENTS, _right_sizes, _wrong_steps, hinge=True),
    printed_options={
        "A": {"w": (-0.187, 0.014, 0.054)},
        "B": {"w": (-0.100, 0.130, 0.080)},
        "C": {"w": (-0.185, 0.047, 0.067)},
        "D": {"w": (0.000, 0.016, 0.057)},
    },
)
