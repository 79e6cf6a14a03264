"""Exercise 1.9: AdaGrad on single samples that take turns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from problems.answers import Vector
from problems.draws import Draws
from problems.problem import Answers, Field, Problem
from problems.set1.careless_mistakes import careless_mistakes, data_mistakes
from problems.set1.classifier_mistakes import ASCENT, WRONG_GRADIENTS, gradient_mistakes, run_mistakes
from problems.set1.descent_exhibits import descent_exhibits
from problems.set1.ex09_adagrad.tracing import Divisors, tracing
from problems.set1.linear_classifier import (
    PRINTED,
    Array,
    Descent,
    arrays,
    column,
    draw_data,
    ill_posed_run,
)
from problems.set1.sample_orders import order_mistakes
from problems.set1.step_slots import Slots, single_slots
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import (
    DataGradient,
    Gradient,
    Order,
    Projection,
    adagrad,
    cyclic,
    full_batch,
    gradient_descent,
    on_batches,
    rmsprop,
)
from solvers.losses import squared_hinge_gradient


class AdaGrad(Descent):
    """`epsilon` is the book's δ, added to the root of the accumulated squares."""

    epsilon: float


def run(
    p: AdaGrad,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    order: Order | None = None,
    project: Projection | None = None,
) -> Array:
    """All iterates (steps + 1, d); `order` (steps, 1) is cyclic by default."""
    X, y, w0 = arrays(p)
    order = cyclic(len(y), p["steps"]) if order is None else order
    return adagrad(on_batches(gradient, X, y, order), w0, p["step_size"], p["epsilon"], len(order), project=project)


def draw(draws: Draws) -> AdaGrad:
    data = draw_data(draws)
    passes = draws.integer(8, 15)
    return AdaGrad(
        **data,
        step_size=draws.choice((0.1, 0.15, 0.2, 0.25)),
        steps=passes * len(data["y"]),
        epsilon=draws.choice((1e-6, 1e-8)),
    )


def solve(p: AdaGrad) -> Answers:
    return {"w": run(p)[-1]}


def values(p: AdaGrad) -> Slots:
    iterates = run(p)
    X, y, _ = arrays(p)
    squares = [squared_hinge_gradient(iterates[i], X[i : i + 1], y[i : i + 1]) ** 2 for i in range(2)]
    return {**single_slots(p, iterates), "second_squares": column(squares[0] + squares[1])}


def _gradient(p: AdaGrad) -> Gradient:
    X, y, _ = arrays(p)
    return on_batches(squared_hinge_gradient, X, y, cyclic(len(y), p["steps"]))


def _divided_by(scale: Callable[[Array, Array], Array]) -> Callable[[AdaGrad], Array]:
    """AdaGrad with another divisor: `scale` makes it from all gradients so far (t + 1, d) and the newest (d,)."""

    def wrong(p: AdaGrad) -> Array:
        gradient = _gradient(p)
        w = arrays(p)[2]
        iterates, seen = [w], np.empty((p["steps"], len(w)))
        for t in range(p["steps"]):
            seen[t] = gradient(w, t)
            w = w - p["step_size"] * seen[t] / (p["epsilon"] + scale(seen[: t + 1], seen[t]))
            iterates.append(w)
        return np.array(iterates)

    return wrong


def _full(p: AdaGrad, steps: int) -> Array:
    X, y, w0 = arrays(p)
    return adagrad(full_batch(squared_hinge_gradient, X, y), w0, p["step_size"], p["epsilon"], steps)


DIVISORS: Divisors = {
    "no-root": (
        lambda seen, _: np.square(seen).sum(axis=0),
        Text("You divided by $r$; AdaGrad divides by $\\sqrt{r}$.", "你除以了 $r$；AdaGrad 应除以 $\\sqrt{r}$。"),
    ),
    "no-accumulation": (
        lambda _, g: np.abs(g),
        Text(
            "You divided by the size of the newest gradient only; $r$ adds up the squares of all gradients so far.",
            "你只除以了最新梯度的大小；$r$ 要累加到目前为止所有梯度的平方。",
        ),
    ),
    "scalar-accumulator": (
        lambda seen, _: np.sqrt(np.square(seen).sum()),
        Text(
            "You accumulated the squared length of the gradient in one number; AdaGrad keeps one sum per coordinate.",
            "你把梯度长度的平方累加成了一个数；AdaGrad 对每个分量分别累加。",
        ),
    ),
    "accumulated-sizes": (
        lambda seen, _: np.sqrt(np.abs(seen).sum(axis=0)),
        Text(
            "You added up $|g|$; AdaGrad adds up the squares $g^2$.",
            "你累加的是 $|g|$；AdaGrad 累加的是平方 $g^2$。",
        ),
    ),
    "mean-of-squares": (
        lambda seen, _: np.sqrt(np.square(seen).mean(axis=0)),
        Text(
            "You used the mean of the squares; AdaGrad uses their sum, so that the steps get shorter.",
            "你用了平方的平均值；AdaGrad 用的是平方和，因此步长会越来越短。",
        ),
    ),
}
"""Other divisors than √r, with what to tell the student."""

RUNS = {
    **{name: (_divided_by(scale), text) for name, (scale, text) in DIVISORS.items()},
    "initial-accumulator": (
        lambda p: adagrad(_gradient(p), arrays(p)[2], p["step_size"], p["epsilon"], p["steps"], initial=0.1),
        Text(
            "Your accumulator starts from 0.1, as some libraries do; here it starts from 0.",
            "你的累加量从 0.1 开始（有些软件库如此）；本题从 0 开始。",
        ),
    ),
    "rmsprop": (
        lambda p: rmsprop(_gradient(p), arrays(p)[2], p["step_size"], p["epsilon"], 0.9, p["steps"]),
        Text(
            "That is RMSProp, which forgets old gradients; AdaGrad keeps the full sum.",
            "这是 RMSProp，它会逐渐遗忘旧梯度；AdaGrad 保留全部的和。",
        ),
    ),
    "plain-sgd": (
        lambda p: gradient_descent(_gradient(p), arrays(p)[2], p["step_size"], p["steps"]),
        Text("That is plain SGD: the adaptive divisor is missing.", "这是普通的随机梯度下降：缺少自适应的除数。"),
    ),
    "full-gradient": (
        lambda p: _full(p, p["steps"]),
        Text(
            "You used the gradient over all samples in every step; here each step uses one sample.",
            "你每步都用了全部样本的梯度；本题每步只用一个样本。",
        ),
    ),
    "full-gradient-per-pass": (
        lambda p: _full(p, p["steps"] // len(p["y"])),
        Text(
            "You made one update with the full gradient per pass; here every sample makes its own update.",
            "你每遍历一次数据才用整体梯度更新一次；本题每个样本都要更新一次。",
        ),
    ),
}

GRADIENTS = {
    **{name: wrong for name, wrong in WRONG_GRADIENTS.items() if name != "mean-over-active"},
    "ascent": ASCENT,
}

problem = Problem(
    id="1.9",
    version=1,
    topic="adagrad",
    folder=Path(__file__).parent,
    printed=AdaGrad(**PRINTED, step_size=0.1, steps=80, epsilon=1e-6),
    draw=draw,
    ill_posed=lambda p: ill_posed_run(p, run(p)),
    solve=solve,
    fields=lambda p: (Field(name="w", kind=Vector(4, Tolerance("absolute", 0.001)), label=f"W^{{({p['steps']})}} ="),),
    values=values,
    exhibits=lambda p: descent_exhibits(p, "AdaGrad", run(p), epsilon=p["epsilon"]),
    mistakes=(
        *gradient_mistakes(run, GRADIENTS, core=frozenset({"no-margin-condition"})),
        *order_mistakes(run, core=frozenset({"one-pass-fewer", "starts-at-second"}), reread="2.2, (2.2)"),
        *run_mistakes(
            RUNS,
            core=frozenset(
                {
                    "no-root",
                    "no-accumulation",
                    "scalar-accumulator",
                    "initial-accumulator",
                    "plain-sgd",
                    "full-gradient",
                }
            ),
            reread="2.2, (2.2)",
        ),
        *data_mistakes(run, reread="2.2, (2.2)"),
        *careless_mistakes(run, step_sizes=(0.1, 0.5), reread="2.2, (2.2)"),
    ),
    tracing=tracing(run, GRADIENTS, DIVISORS),
    published={"answer": "A"},
    printed_options={
        "A": {"w": (-0.478, 0.849, -0.722, -0.380)},
        "B": {"w": (-0.498, 0.858, -0.612, -0.360)},
        "C": {"w": (-0.398, 0.868, -0.623, -0.354)},
        "D": {"w": (-0.698, 0.862, -0.632, -0.352)},
    },
)
