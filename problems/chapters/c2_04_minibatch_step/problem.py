"""Chapter 2: one minibatch step on half the mean squared error, with the batch given."""

from collections.abc import Sequence
from pathlib import Path

from problems.answers import Vector
from problems.chapters.descent_data import (
    COMMUTE_X,
    COMMUTE_Y,
    Array,
    Regression,
    arrays,
    batches,
    column,
    draw_commute,
    draw_start,
    listed,
    single,
)
from problems.chapters.descent_mistakes import SEVERAL_SAMPLES, WRONG_ORDERS, mistakes, with_gradients
from problems.chapters.regression_exhibits import gradients_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_matrix, latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import DataGradient, Order, full_batch, gradient_descent, on_batches
from solvers.linear_model import mse_gradient, predict


class Minibatch(Regression):
    """`batch`: the samples of the step, counted from 1."""

    step_size: float
    batch: list[int]


def run(p: Minibatch, gradient: DataGradient = mse_gradient, *, order: Order | None = None) -> Array:
    """All iterates; `order` (steps, b) is the one given batch by default."""
    X, y, w0 = arrays(p)
    order = batches([p["batch"]]) if order is None else order
    return gradient_descent(on_batches(gradient, X, y, order), w0, p["step_size"], len(order))


def solve(p: Minibatch, gradient: DataGradient = mse_gradient) -> Answers:
    return {"w": run(p, gradient)[-1]}


def draw(draws: Draws) -> Minibatch:
    X, y = draw_commute(draws)
    # Not the last sample, so that who counts from 0 finds a sample, too; and fewer than half of them.
    batch = draws.sample(range(1, len(y)), 3 if len(y) == 7 else 2)
    step_size = draws.choice((0.02, 0.03, 0.04, 0.05, 0.06))
    return Minibatch(X=X, y=y, w0=draw_start(draws, 3), step_size=step_size, batch=batch)


def ill_posed(p: Minibatch) -> str | None:
    if 2 * len(p["batch"]) == len(p["y"]):
        return "with half of the samples, dividing by n is halving the gradient"
    if len({p["X"][i - 1][1] for i in p["batch"]}) == 1:
        return "a batch of weekdays, or of weekends, only"
    return None


def values(p: Minibatch) -> dict[str, str | Text]:
    X, y, w0 = arrays(p)
    errors = predict(w0, X) - y
    terms = (
        rf"$$\nabla C_{{{i}}}(W^{{(0)}}) = {latex_number(float(errors[i - 1]), 3)}\, {_sample(X[i - 1])}$$"
        for i in p["batch"]
    )
    return {
        "n": str(len(y)),
        "b": str(len(p["batch"])),
        "batch": listed(p["batch"]),
        "terms": "\n\n".join(terms),
        "gradient": column((w0 - run(p)[-1]) / p["step_size"]),
        "w1": column(run(p)[-1]),
    }


def exhibits(p: Minibatch) -> Exhibits:
    X, y, w0 = arrays(p)
    return Exhibits((gradients_table(X, y, w0, p["batch"]),))


def _sample(x: Array) -> str:
    return latex_matrix([[cell] for cell in x.tolist()])


def _over(p: Minibatch, samples: Sequence[int]) -> Answers:
    return {"w": run(p, order=batches([samples]))[-1]}


def _full(p: Minibatch) -> Answers:
    X, y, w0 = arrays(p)
    return {"w": gradient_descent(full_batch(mse_gradient, X, y), w0, p["step_size"], 1)[-1]}


def _divided_by_n(p: Minibatch) -> Answers:
    share = len(p["batch"]) / len(p["y"])
    return solve(p, lambda w, X, y: share * mse_gradient(w, X, y))


RUNS = {
    "divided-by-n": (
        _divided_by_n,
        Text(
            "You divided by the number $n$ of all samples; the mean runs over the $b$ samples of the batch.",
            "你除以了样本总数 $n$；平均应对批次中的 $b$ 个样本进行。",
        ),
    ),
    "full-gradient": (
        _full,
        Text(
            "You used all samples; a minibatch step sees those of the batch only.",
            "你用了全部样本；小批量的一步只使用批次中的样本。",
        ),
    ),
    "counted-from-zero": (
        lambda p: _over(p, [i + 1 for i in p["batch"]]),
        WRONG_ORDERS["counted-from-zero"][1],
    ),
    "one-after-another": (
        lambda p: {"w": run(p, order=single(p["batch"]))[-1]},
        Text(
            "You made a step for each sample of the batch, one after the other. All of them share one step, from the "
            "same $W^{(0)}$.",
            "你对批次中的样本逐个作了更新。它们应当合成一步，梯度都在同一个 $W^{(0)}$ 处计算。",
        ),
    ),
    "first-sample-only": (
        lambda p: _over(p, p["batch"][:1]),
        Text("You used only the first sample of the batch.", "你只用了批次中的第一个样本。"),
    ),
    "last-sample-only": (
        lambda p: _over(p, p["batch"][-1:]),
        Text("You used only the last sample of the batch.", "你只用了批次中的最后一个样本。"),
    ),
    "samples-left-out": (
        lambda p: _over(p, [i for i in range(1, len(p["y"]) + 1) if i not in p["batch"]]),
        Text("You used the samples that are not in the batch.", "你用的是不在批次中的那些样本。"),
    ),
    "two-steps": (
        lambda p: {"w": run(p, order=batches([p["batch"], p["batch"]]))[-1]},
        Text("You made two steps with this batch; one is asked.", "你用这个批次走了两步；本题只要一步。"),
    ),
}

problem = Problem(
    id="c2.4",
    version=1,
    topic="minibatch",
    folder=Path(__file__).parent,
    printed=Minibatch(X=COMMUTE_X, y=COMMUTE_Y, w0=[1, 1, 1], step_size=0.06, batch=[2, 3]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (Field(name="w", kind=Vector(3, Tolerance("absolute", 0.001)), label="W^{(1)} ="),),
    values=values,
    exhibits=exhibits,
    mistakes=mistakes(
        {**with_gradients(solve, SEVERAL_SAMPLES), **RUNS},
        core=frozenset({"sum-instead-of-mean", "divided-by-n", "full-gradient", "counted-from-zero"}),
        hidden=frozenset({"factor-two"}),  # of a batch of two it is the sum, which is by far the likelier slip
        reread="2.2.1, (2.3)",
    ),
    printed_options={
        "A": {"w": (3.394, 8.397, 2.614)},
        "B": {"w": (1.479, 2.479, 1.323)},
        "C": {"w": (2.394, 6.107, 2.020)},
        "D": {"w": (2.197, 4.699, 1.807)},
    },
)
