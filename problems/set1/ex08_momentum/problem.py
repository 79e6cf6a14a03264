"""Exercise 1.8: gradient descent with heavy-ball momentum."""

from pathlib import Path

import numpy as np

from problems import run_words
from problems.answers import Vector
from problems.draws import Draws
from problems.problem import Answers, Field, Problem
from problems.set1.careless_mistakes import careless_mistakes, data_mistakes
from problems.set1.classifier_mistakes import (
    ASCENT,
    HALF,
    OVER_FEATURES,
    SUM,
    TWICE,
    WRONG_GRADIENTS,
    gradient_mistakes,
    run_mistakes,
)
from problems.set1.descent_exhibits import descent_exhibits
from problems.set1.ex08_momentum.tracing import tracing
from problems.set1.linear_classifier import (
    PRINTED,
    Array,
    Descent,
    arrays,
    column,
    draw_data,
    ill_posed_run,
)
from problems.set1.step_slots import Slots, full_slots
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import (
    DataGradient,
    Gradient,
    Projection,
    averaged_momentum,
    cyclic,
    full_batch,
    gradient_descent,
    momentum,
    nesterov,
    on_batches,
)
from solvers.losses import squared_hinge_gradient


class Momentum(Descent):
    """`momentum` is the factor α of the previous velocity."""

    momentum: float


def run(
    p: Momentum,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    extra_steps: int = 0,
    project: Projection | None = None,
) -> Array:
    """All iterates (steps + 1, d)."""
    X, y, w0 = arrays(p)
    return momentum(
        full_batch(gradient, X, y), w0, p["step_size"], p["momentum"], p["steps"] + extra_steps, project=project
    )


def draw(draws: Draws) -> Momentum:
    return Momentum(
        **draw_data(draws),
        step_size=draws.choice((0.1, 0.2, 0.3, 0.4, 0.5)),
        steps=draws.integer(10, 30),
        momentum=draws.choice((0.3, 0.4, 0.6, 0.7, 0.8)),
    )


def ill_posed(p: Momentum) -> str | None:
    if round(10 * p["step_size"]) == round(10 * (1 - p["momentum"])):
        return "with η = 1 − α several mistakes yield the same numbers"
    return ill_posed_run(p, run(p))


def solve(p: Momentum) -> Answers:
    return {"w": run(p)[-1]}


def values(p: Momentum) -> Slots:
    iterates = run(p)
    return {**full_slots(p, iterates), "second_velocity": column(iterates[2] - iterates[1])}


def _gradient(p: Momentum) -> Gradient:
    X, y, _ = arrays(p)
    return full_batch(squared_hinge_gradient, X, y)


def _stale(p: Momentum) -> Array:
    """The step uses the velocity from before its refresh: w ← w + v, then v ← α v − η g."""
    gradient = _gradient(p)
    w = arrays(p)[2]
    v = np.zeros_like(w)
    iterates = [w]
    for t in range(p["steps"]):
        w, v = w + v, p["momentum"] * v - p["step_size"] * gradient(w, t)
        iterates.append(w)
    return np.array(iterates)


def _single_samples(p: Momentum) -> Array:
    X, y, w0 = arrays(p)
    gradient = on_batches(squared_hinge_gradient, X, y, cyclic(len(y), p["steps"]))
    return momentum(gradient, w0, p["step_size"], p["momentum"], p["steps"])


def _with(p: Momentum, *, step_size: float | None = None, alpha: float | None = None) -> Array:
    step_size = p["step_size"] if step_size is None else step_size
    alpha = p["momentum"] if alpha is None else alpha
    return momentum(_gradient(p), arrays(p)[2], step_size, alpha, p["steps"])


RUNS = {
    "one-step-fewer": (lambda p: run(p, extra_steps=-1), run_words.ONE_STEP_FEWER),
    "one-step-more": (lambda p: run(p, extra_steps=1), run_words.ONE_STEP_MORE),
    "no-momentum": (
        lambda p: gradient_descent(_gradient(p), arrays(p)[2], p["step_size"], p["steps"]),
        Text("That is gradient descent without momentum.", "这是不带动量的梯度下降的结果。"),
    ),
    "moving-average": (
        lambda p: averaged_momentum(_gradient(p), arrays(p)[2], p["step_size"], p["momentum"], p["steps"]),
        Text(
            "You averaged: $v \\leftarrow \\alpha v + (1-\\alpha)\\nabla C$. Here the gradient enters with $\\eta$, "
            "without the factor $1-\\alpha$.",
            "你取了滑动平均 $v \\leftarrow \\alpha v + (1-\\alpha)\\nabla C$。"
            "本题中梯度只乘以 $\\eta$，没有因子 $1-\\alpha$。",
        ),
    ),
    "nesterov": (
        lambda p: nesterov(_gradient(p), arrays(p)[2], p["step_size"], p["momentum"], p["steps"]),
        Text(
            "You took the gradient at the look-ahead point $W + \\alpha v$ (Nesterov); here it is taken at $W$.",
            "你在前瞻点 $W + \\alpha v$ 处计算了梯度（Nesterov 动量）；本题在 $W$ 处计算梯度。",
        ),
    ),
    "stale-velocity": (
        _stale,
        Text(
            "You moved with the velocity of the step before. Refresh $v$ first, then add it to $W$.",
            "你用上一步的速度更新了 $W$。应先更新 $v$，再把它加到 $W$ 上。",
        ),
    ),
    "complement-momentum": (
        lambda p: _with(p, alpha=1 - p["momentum"]),
        Text("You used $1-\\alpha$ in place of $\\alpha$.", "你把 $\\alpha$ 用成了 $1-\\alpha$。"),
    ),
    "momentum-subtracted": (
        lambda p: _with(p, alpha=-p["momentum"]),
        Text(
            "The old velocity is added, $\\alpha v$; you subtracted it.",
            "上一步的速度应当加上（$\\alpha v$），而你减去了它。",
        ),
    ),
    "step-size-twice": (
        lambda p: _with(p, step_size=p["step_size"] ** 2),
        Text(
            "The step size entered twice: once in $v$ and once more in $W \\leftarrow W + v$.",
            "步长用了两次：一次在 $v$ 中，另一次在 $W \\leftarrow W + v$ 中。",
        ),
    ),
    "steady-state-rate": (
        lambda p: gradient_descent(_gradient(p), arrays(p)[2], p["step_size"] / (1 - p["momentum"]), p["steps"]),
        Text(
            "You replaced momentum by the larger step size $\\eta/(1-\\alpha)$; that is only its long-run effect.",
            "你用更大的步长 $\\eta/(1-\\alpha)$ 代替了动量；这只是动量的长期效果。",
        ),
    ),
    "single-samples": (
        _single_samples,
        Text(
            "You used one sample a step; here every step uses the gradient over all samples.",
            "你每步只用了一个样本；本题每步使用全部样本的梯度。",
        ),
    ),
}

GRADIENTS = {
    **WRONG_GRADIENTS,
    "sum-instead-of-mean": SUM,
    "factor-two": TWICE,
    "mean-over-features": OVER_FEATURES,
    "half-gradient": HALF,
    "ascent": ASCENT,
}

problem = Problem(
    id="1.8",
    version=1,
    topic="momentum",
    folder=Path(__file__).parent,
    printed=Momentum(**PRINTED, step_size=0.5, steps=25, momentum=0.5),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (Field(name="w", kind=Vector(4, Tolerance("absolute", 0.001)), label=f"W^{{({p['steps']})}} ="),),
    values=values,
    exhibits=lambda p: descent_exhibits(p, "momentum", run(p), alpha=p["momentum"]),
    mistakes=(
        *gradient_mistakes(
            run,
            GRADIENTS,
            core=frozenset({"sum-instead-of-mean", "no-margin-condition", "no-label-in-margin", "residual-to-one"}),
            never_options=frozenset({"ascent", "half-gradient"}),  # so that options that were dealt stay
        ),
        *run_mistakes(
            RUNS,
            core=frozenset(
                {"one-step-fewer", "one-step-more", "no-momentum", "moving-average", "nesterov", "stale-velocity"}
            ),
            reread="2.1, (2.1)",
        ),
        *data_mistakes(run, reread="2.1, (2.1)"),
        *careless_mistakes(run, step_sizes=(0.5, 0.1), reread="2.1, (2.1)"),
    ),
    tracing=tracing(run, GRADIENTS),
    published={"answer": "D"},
    printed_options={
        "A": {"w": (-0.798, 1.939, -1.697, -0.408)},
        "B": {"w": (-0.798, 1.849, -1.667, -0.422)},
        "C": {"w": (-0.698, 1.839, -1.657, -0.402)},
        "D": {"w": (-0.598, 1.829, -1.557, -0.502)},
    },
)
