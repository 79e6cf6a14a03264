"""Chapter 2: one step of gradient descent on half the mean squared error."""

from pathlib import Path

import numpy as np

from problems.answers import Vector
from problems.chapters.descent_data import (
    COMMUTE_X,
    COMMUTE_Y,
    Regression,
    arrays,
    column,
    draw_commute,
    draw_start,
    options_by_label,
    stable_step,
)
from problems.chapters.descent_mistakes import SEVERAL_SAMPLES, mistakes, with_gradients
from problems.chapters.regression_exhibits import gradients_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import DataGradient, full_batch, gradient_descent
from solvers.linear_model import half_mse, mse_gradient, predict


class Step(Regression):
    step_size: float


def draw(draws: Draws) -> Step:
    X, y = draw_commute(draws)
    return Step(X=X, y=y, w0=draw_start(draws, 3), step_size=draws.choice((0.01, 0.02, 0.03, 0.04, 0.05)))


def solve(p: Step, gradient: DataGradient = mse_gradient) -> Answers:
    X, y, w0 = arrays(p)
    return {
        "gradient": gradient(w0, X, y),
        "w": gradient_descent(full_batch(gradient, X, y), w0, p["step_size"], 1)[-1],
    }


def follow(p: Step, given: Answers) -> Answers:
    """The step along the gradient that the student found."""
    gradient = np.array(given["gradient"])
    return {"w": gradient_descent(lambda _w, _t: gradient, p["w0"], p["step_size"], 1)[-1]}


def fields(_: Step) -> tuple[Field, ...]:
    vector = Vector(3, Tolerance("absolute", 0.001))
    return (
        Field(name="gradient", kind=vector, label=r"\nabla C(W^{(0)}) ="),
        Field(name="w", kind=vector, label="W^{(1)} =", follows=("gradient",)),
    )


def values(p: Step) -> dict[str, str | Text]:
    X, y, w0 = arrays(p)
    solved = solve(p)
    return {
        "n": str(len(y)),
        "errors": column(predict(w0, X) - y, 3),
        "gradient": column(solved["gradient"]),
        "w1": column(solved["w"]),
        "cost_before": f"{half_mse(w0, X, y):.3f}",
        "cost_after": f"{half_mse(solved['w'], X, y):.3f}",
    }


def exhibits(p: Step) -> Exhibits:
    X, y, w0 = arrays(p)
    return Exhibits((gradients_table(X, y, w0, range(1, len(y) + 1)),))


def _stepping(p: Step, step_size: float) -> Answers:
    """The right gradient, another step."""
    gradient = solve(p)["gradient"]
    return {"gradient": gradient, "w": gradient_descent(lambda _w, _t: gradient, p["w0"], step_size, 1)[-1]}


STEPS = {
    "ascent": (
        lambda p: _stepping(p, -p["step_size"]),
        Text(
            "You went up the gradient: $W^{(1)} = W^{(0)} - \\eta\\,\\nabla C$ has a minus sign.",
            "你沿梯度上升了：$W^{(1)} = W^{(0)} - \\eta\\,\\nabla C$ 中是减号。",
        ),
    ),
    "no-step-size": (
        lambda p: _stepping(p, 1.0),
        Text("You forgot the step size $\\eta$.", "你漏掉了步长 $\\eta$。"),
    ),
    "unit-direction": (
        lambda p: _stepping(p, p["step_size"] / float((solve(p)["gradient"] ** 2).sum()) ** 0.5),
        Text(
            "You moved by the distance $\\eta$. The step is $\\eta$ times the gradient, not times a unit vector.",
            "你移动的距离是 $\\eta$。这一步是 $\\eta$ 乘以梯度本身，而不是乘以单位向量。",
        ),
    ),
    "step-only": (
        lambda p: {"gradient": solve(p)["gradient"], "w": solve(p)["w"] - p["w0"]},
        Text("That is the step alone; add it to $W^{(0)}$.", "这只是一步的位移；还要加上 $W^{(0)}$。"),
    ),
    "negative-gradient": (
        lambda p: {"gradient": -solve(p)["gradient"]},
        Text(
            "That is $-\\nabla C$. With the residual $e = y - XW$ the gradient is $-X^\\top e/n$.",
            "这是 $-\\nabla C$。用残差 $e = y - XW$ 表示时，梯度是 $-X^\\top e/n$。",
        ),
    ),
}

_GRADIENTS = {name: wrong for name, wrong in SEVERAL_SAMPLES.items() if name != "ascent"}

problem = Problem(
    id="c2.1",
    version=1,
    topic="gradient-descent",
    folder=Path(__file__).parent,
    printed=Step(X=COMMUTE_X, y=COMMUTE_Y, w0=[1, 1, 1], step_size=0.01),
    draw=draw,
    ill_posed=lambda p: "the step raises the cost" if p["step_size"] > 0.95 * stable_step(p) else None,
    solve=solve,
    fields=fields,
    follow=follow,
    values=values,
    exhibits=exhibits,
    show_option=lambda p, answers: options_by_label(fields(p), answers),
    mistakes=mistakes(
        {**with_gradients(solve, _GRADIENTS), **STEPS},
        core=frozenset({"sum-instead-of-mean", "factor-two", "no-bias", "ascent"}),
        reread="2.1, (2.1); 1.3, (1.5)",
    ),
    printed_options={
        "A": {"gradient": (-116.200, -425.620, -85.000), "w": (2.162, 5.256, 1.850)},
        "B": {"gradient": (-23.240, -85.124, -17.000), "w": (1.232, 1.851, 1.170)},
        "C": {"gradient": (-23.240, -85.124, -17.000), "w": (0.768, 0.149, 0.830)},
        "D": {"gradient": (-46.480, -170.248, -34.000), "w": (1.465, 2.702, 1.340)},
    },
)
