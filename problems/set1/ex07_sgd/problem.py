"""Exercise 1.7: stochastic gradient descent, the samples taking turns."""

from pathlib import Path

from problems import run_words
from problems.answers import Vector
from problems.draws import Draws
from problems.problem import Answers, Field, Problem
from problems.set1.careless_mistakes import careless_mistakes, data_mistakes
from problems.set1.classifier_mistakes import (
    ASCENT,
    HALF,
    TWICE,
    WRONG_GRADIENTS,
    gradient_mistakes,
    run_mistakes,
)
from problems.set1.descent_exhibits import descent_exhibits
from problems.set1.ex07_sgd.tracing import tracing
from problems.set1.linear_classifier import (
    PRINTED,
    Array,
    Descent,
    arrays,
    draw_data,
    ill_posed_run,
)
from problems.set1.sample_orders import order_mistakes
from problems.set1.step_slots import Slots, single_slots
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import (
    DataGradient,
    Order,
    Projection,
    cyclic,
    full_batch,
    gradient_descent,
    inverse_sqrt,
    momentum,
    on_batches,
)
from solvers.losses import squared_hinge_gradient


def run(
    p: Descent,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    order: Order | None = None,
    project: Projection | None = None,
) -> Array:
    """All iterates (steps + 1, d); `order` (steps, 1) is cyclic by default."""
    X, y, w0 = arrays(p)
    order = cyclic(len(y), p["steps"]) if order is None else order
    return gradient_descent(on_batches(gradient, X, y, order), w0, p["step_size"], len(order), project=project)


def draw(draws: Draws) -> Descent:
    data = draw_data(draws)
    passes = draws.integer(6, 14)
    return Descent(**data, step_size=draws.choice((0.1, 0.15, 0.2, 0.25)), steps=passes * len(data["y"]))


def solve(p: Descent) -> Answers:
    return {"w": run(p)[-1]}


def values(p: Descent) -> Slots:
    return single_slots(p, run(p))


def _full(p: Descent, steps: int, scale: float = 1.0) -> Array:
    X, y, w0 = arrays(p)
    return gradient_descent(full_batch(squared_hinge_gradient, X, y), w0, scale * p["step_size"], steps)


def _decaying(p: Descent) -> Array:
    X, y, w0 = arrays(p)
    gradient = on_batches(squared_hinge_gradient, X, y, cyclic(len(y), p["steps"]))
    return gradient_descent(gradient, w0, inverse_sqrt(p["step_size"]), p["steps"])


def _with_momentum(p: Descent) -> Array:
    X, y, w0 = arrays(p)
    gradient = on_batches(squared_hinge_gradient, X, y, cyclic(len(y), p["steps"]))
    return momentum(gradient, w0, p["step_size"], 0.5, p["steps"])


RUNS = {
    "divided-by-n": (
        lambda p: run(p, lambda w, X, y: squared_hinge_gradient(w, X, y) / len(p["y"])),
        run_words.DIVIDED_BY_N,
    ),
    "full-gradient": (
        lambda p: _full(p, p["steps"]),
        run_words.FULL_GRADIENT,
    ),
    "full-gradient-per-pass": (
        lambda p: _full(p, p["steps"] // len(p["y"]), len(p["y"])),
        Text(
            "You made one update per pass with the sum of all gradients; SGD updates after every sample.",
            "你每遍历一次数据才用梯度之和更新一次；随机梯度下降每用一个样本就更新一次。",
        ),
    ),
    "decaying-step": (
        _decaying,
        run_words.DECAYING_STEP,
    ),
    "momentum-added": (
        _with_momentum,
        Text("You added a momentum term; this is plain SGD.", "你加入了动量项；本题是普通的随机梯度下降。"),
    ),
}

GRADIENTS = {
    **{name: wrong for name, wrong in WRONG_GRADIENTS.items() if name != "mean-over-active"},
    "factor-two": TWICE,
    "half-gradient": HALF,
    "ascent": ASCENT,
}

problem = Problem(
    id="1.7",
    version=1,
    topic="sgd",
    folder=Path(__file__).parent,
    printed=Descent(**PRINTED, step_size=0.1, steps=80),
    draw=draw,
    ill_posed=lambda p: ill_posed_run(p, run(p)),
    solve=solve,
    fields=lambda p: (Field(name="w", kind=Vector(4, Tolerance("absolute", 0.001)), label=f"W^{{({p['steps']})}} ="),),
    values=values,
    exhibits=lambda p: descent_exhibits(p, "SGD", run(p)),
    mistakes=(
        *gradient_mistakes(
            run,
            GRADIENTS,
            core=frozenset({"factor-two", "no-margin-condition", "no-label-in-margin", "residual-to-one", "hinge"}),
            never_options=frozenset({"ascent", "half-gradient"}),  # so that options that were dealt stay
        ),
        *order_mistakes(
            run,
            core=frozenset({"one-pass-fewer", "one-pass-more", "starts-at-second", "reversed-order"}),
            reread="2.2, (2.2)",
        ),
        *run_mistakes(RUNS, core=frozenset({"divided-by-n", "full-gradient"}), reread="2.2, (2.2)"),
        *data_mistakes(run, reread="2.2, (2.2)"),
        *careless_mistakes(run, step_sizes=(0.1, 0.5), reread="2.2, (2.2)"),
    ),
    tracing=tracing(run, GRADIENTS),
    published={"answer": "A"},
    printed_options={
        "A": {"w": (-0.469, 0.890, -0.799, -0.449)},
        "B": {"w": (-0.480, 0.706, -0.879, -0.549)},
        "C": {"w": (-0.569, 0.990, -0.579, -0.479)},
        "D": {"w": (-0.669, 0.706, -0.764, -0.462)},
    },
)
