"""Chapter 2: several steps of gradient descent on half the mean squared error."""

from pathlib import Path

import numpy as np

from problems import run_words
from problems.answers import Vector
from problems.chapters.descent_data import (
    COMMUTE_X,
    COMMUTE_Y,
    Array,
    Regression,
    arrays,
    column,
    draw_commute,
    iterates_table,
    stable_step,
)
from problems.chapters.descent_mistakes import SEVERAL_SAMPLES, mistakes, with_gradients
from problems.chapters.descent_tracing import full_batch_step, full_batch_tracing
from problems.chapters.regression_exhibits import run_exhibits
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_matrix
from problems.problem import Answers, Field, Problem
from problems.set1.rounded_runs import rounding_mistakes
from problems.steps import inverse_roots, with_velocity
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import (
    DataGradient,
    Projection,
    cyclic,
    full_batch,
    gradient_descent,
    inverse_sqrt,
    momentum,
    on_batches,
)
from solvers.linear_model import hessian, least_squares, mse_gradient


class Steps(Regression):
    step_size: float
    steps: int


def run(
    p: Steps, gradient: DataGradient = mse_gradient, *, extra_steps: int = 0, project: Projection | None = None
) -> Array:
    """All iterates (steps + 1, d + 1)."""
    X, y, w0 = arrays(p)
    return gradient_descent(full_batch(gradient, X, y), w0, p["step_size"], p["steps"] + extra_steps, project=project)


def solve(p: Steps, gradient: DataGradient = mse_gradient) -> Answers:
    return {"w": run(p, gradient)[-1]}


def draw(draws: Draws) -> Steps:
    X, y = draw_commute(draws)
    step_size = draws.choice((0.01, 0.015, 0.02, 0.025, 0.03, 0.04))
    return Steps(X=X, y=y, w0=[0, 0, 0], step_size=step_size, steps=draws.integer(5, 15))


def ill_posed(p: Steps) -> str | None:
    # Then the sum of the gradients, a step n times as long, still does not explode and is worth offering as an option.
    if len(p["y"]) * p["step_size"] > 1.1 * stable_step(p):
        return "the step is long enough that summing the gradients gives itself away"
    if np.abs(run(p)[-1]).min() < 0.05:
        return "a component is too small to be read well"
    return None


def values(p: Steps) -> dict[str, str | Text]:
    X, y, w0 = arrays(p)
    return {
        "n": str(len(y)),
        "hessian": latex_matrix([[f"{cell:.6g}" for cell in row] for row in hessian(X).tolist()]),
        "moments": column(-mse_gradient(np.zeros_like(w0), X, y)),
        "bound": f"{stable_step(p):.4f}",
        "iterates": iterates_table(run(p)),
        "minimiser": column(least_squares(X, y), 3),
    }


def exhibits(p: Steps) -> Exhibits:
    X, y, _ = arrays(p)
    return run_exhibits(X, y, run(p))


def _single_samples(p: Steps, steps: int) -> Answers:
    X, y, w0 = arrays(p)
    return {"w": gradient_descent(on_batches(mse_gradient, X, y, cyclic(len(y), steps)), w0, p["step_size"], steps)[-1]}


def _decaying(p: Steps) -> Answers:
    X, y, w0 = arrays(p)
    gradient = full_batch(mse_gradient, X, y)
    return {"w": gradient_descent(gradient, w0, inverse_sqrt(p["step_size"]), p["steps"])[-1]}


def _with_momentum(p: Steps) -> Answers:
    X, y, w0 = arrays(p)
    return {"w": momentum(full_batch(mse_gradient, X, y), w0, p["step_size"], 0.5, p["steps"])[-1]}


def _with_momentum_next(p: Steps, rows: Array) -> Array:
    X, y, _ = arrays(p)
    return with_velocity(
        lambda g, w0, eta, steps: momentum(g, w0, eta, 0.5, steps), mse_gradient, X, y, rows, p["step_size"]
    )


def _one_by_one(p: Steps) -> Answers:
    w = arrays(p)[2]
    for _ in range(p["steps"]):
        w = _one_by_one_next(p, w)
    return {"w": w}


def _one_by_one_next(p: Steps, rows: Array) -> Array:
    """Each weight is changed with the gradient at the weights already changed: (..., d) -> (..., d)."""
    X, y, _ = arrays(p)
    w = rows.copy()
    for j in range(w.shape[-1]):
        w[..., j] -= p["step_size"] * mse_gradient(w, X, y)[..., j]
    return w


def _first_gradient_again(p: Steps) -> Answers:
    X, y, w0 = arrays(p)
    return {"w": gradient_descent(lambda _w, _t: mse_gradient(w0, X, y), w0, p["step_size"], p["steps"])[-1]}


def _first_gradient_next(p: Steps, rows: Array) -> Array:
    X, y, _ = arrays(p)
    return np.asarray(rows - p["step_size"] * mse_gradient(rows[0], X, y))


RUNS = {
    "one-step-fewer": (
        lambda p: {"w": run(p, extra_steps=-1)[-1]},
        run_words.ONE_STEP_FEWER,
    ),
    "one-step-more": (
        lambda p: {"w": run(p, extra_steps=1)[-1]},
        run_words.ONE_STEP_MORE,
    ),
    "minimiser": (
        lambda p: {"w": least_squares(*arrays(p)[:2])},
        Text(
            "That is the minimiser of the cost, which descent only approaches. The iterate after the given number of "
            "steps is asked.",
            "这是代价函数的极小点，梯度下降只会逐渐接近它；本题要的是走完指定步数后的迭代值。",
        ),
    ),
    "single-samples": (
        lambda p: _single_samples(p, p["steps"]),
        run_words.SINGLE_SAMPLES,
    ),
    "single-samples-epochs": (
        lambda p: _single_samples(p, p["steps"] * len(p["y"])),
        Text(
            "You passed over the data once for each step, updating at every sample. One step is one update with the "
            "mean gradient.",
            "你在每一步里遍历了全部数据，并对每个样本都作了更新。一步只用平均梯度更新一次。",
        ),
    ),
    "decaying-step": (
        _decaying,
        run_words.DECAYING_STEP,
    ),
    "momentum-added": (
        _with_momentum,
        run_words.MOMENTUM_ADDED,
    ),
    "one-by-one": (
        _one_by_one,
        Text(
            "You changed the weights one after the other, each with the new values of those before. All components of "
            "the gradient belong to the same $W^{(t)}$.",
            "你逐个更新权重，后面的分量用到了前面已更新的值。梯度的所有分量都应在同一个 $W^{(t)}$ 处计算。",
        ),
    ),
    "first-gradient-again": (
        _first_gradient_again,
        Text(
            "You used the gradient at $W^{(0)}$ in every step; it has to be computed anew at each $W^{(t)}$.",
            "你每一步都用了 $W^{(0)}$ 处的梯度；应在每个 $W^{(t)}$ 处重新计算梯度。",
        ),
    ),
}

# From W = 0 these lead to the same numbers as "no-bias" and "first-gradient-again", or nowhere.
_SAME_FROM_ZERO = {"bias-frozen", "no-prediction", "no-target"}
_GRADIENTS = {name: wrong for name, wrong in SEVERAL_SAMPLES.items() if name not in _SAME_FROM_ZERO}

problem = Problem(
    id="c2.2",
    version=1,
    topic="gradient-descent",
    folder=Path(__file__).parent,
    printed=Steps(X=COMMUTE_X, y=COMMUTE_Y, w0=[0, 0, 0], step_size=0.02, steps=10),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (Field(name="w", kind=Vector(3, Tolerance("absolute", 0.001)), label=f"W^{{({p['steps']})}} ="),),
    values=values,
    exhibits=exhibits,
    mistakes=(
        *mistakes(
            {**with_gradients(solve, _GRADIENTS), **RUNS},
            core=frozenset(
                {"sum-instead-of-mean", "factor-two", "no-bias", "one-step-fewer", "one-step-more", "single-samples"}
            ),
            hidden=frozenset({"ascent"}),
            reread="2.1, (2.1); 1.3, (1.5)",
        ),
        *rounding_mistakes(run, reread="2.1, (2.1)"),
    ),
    tracing=full_batch_tracing(
        run,
        _GRADIENTS,
        {
            "single-samples": lambda p, rows: full_batch_step(p, rows, order=cyclic(len(p["y"]), len(rows))),
            "decaying-step": lambda p, rows: full_batch_step(
                p, rows, step_size=inverse_roots(p["step_size"], len(rows))
            ),
            "momentum-added": _with_momentum_next,
            "one-by-one": _one_by_one_next,
            "first-gradient-again": _first_gradient_next,
        },
    ),
    printed_options={
        "A": {"w": (2.039, 7.218, 1.442)},
        "B": {"w": (6.086, 6.534, 2.113)},
        "C": {"w": (2.085, 7.342, 1.466)},
        "D": {"w": (2.631, 7.582, 1.476)},
    },
)
