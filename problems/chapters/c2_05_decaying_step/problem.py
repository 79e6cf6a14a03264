"""Chapter 2: stochastic gradient descent on least squares with the step size C/√t."""

from collections.abc import Callable, Mapping, Sequence
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
    draw_commute,
    draw_start,
    iterates_table,
    listed,
    single,
)
from problems.chapters.descent_mistakes import ONE_SAMPLE, WRONG_ORDERS, mistakes, with_gradients
from problems.chapters.descent_tracing import full_gradient, in_order, order_rules, single_sample_tracing
from problems.chapters.regression_exhibits import run_exhibits
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.set1.classifier_tracing import SizedStep
from problems.set1.rounded_runs import rounding_mistakes
from problems.steps import StepSizes, inverse_roots
from problems.text import Text
from problems.tolerance import Tolerance
from problems.tracing import Rule
from solvers.descent import DataGradient, Projection, StepSize, full_batch, gradient_descent, inverse_sqrt, on_batches
from solvers.linear_model import mse_gradient, predict


class Decaying(Regression):
    """`order`: the sample of each step, counted from 1; `rate`: the constant C of the step size C/√t."""

    rate: float
    order: list[int]


def run(
    p: Decaying,
    gradient: DataGradient = mse_gradient,
    *,
    order: Sequence[int] | None = None,
    step_size: StepSize | None = None,
    project: Projection | None = None,
) -> Array:
    """All iterates; `order` (counted from 1) and `step_size` are those of the exercise by default."""
    X, y, w0 = arrays(p)
    order = p["order"] if order is None else order
    step_size = inverse_sqrt(p["rate"]) if step_size is None else step_size
    return gradient_descent(on_batches(gradient, X, y, single(order)), w0, step_size, len(order), project=project)


def solve(p: Decaying, gradient: DataGradient = mse_gradient) -> Answers:
    return {"w": run(p, gradient)[-1]}


def draw(draws: Draws) -> Decaying:
    X, y = draw_commute(draws)
    # Not the last sample, so that who counts from 0 finds a sample, too.
    order = draws.sample(range(1, len(y)), min(len(y) - 1, draws.integer(3, 5)))
    rate = draws.choice((0.02, 0.03, 0.04, 0.05, 0.06))
    return Decaying(X=X, y=y, w0=draw_start(draws, 3), rate=rate, order=order)


def ill_posed(p: Decaying) -> str | None:
    if p["order"] in (sorted(p["order"]), sorted(p["order"], reverse=True)):
        return "the order is that of the rows"
    X, _, _ = arrays(p)
    if p["rate"] * float(np.square(X).sum(axis=1).max()) > 1.9:
        return "a step overshoots by so much that the weights grow"
    if np.abs(run(p)[-1]).min() < 0.05:
        return "a component is too small to be read well"
    return None


def values(p: Decaying) -> dict[str, str | Text]:
    X, y, _ = arrays(p)
    iterates = run(p)
    schedule = inverse_sqrt(p["rate"])
    steps = [
        rf"| {t + 1} | {i} | ${latex_number(schedule(t), 6)}$ "
        rf"| ${latex_number(float(predict(iterates[t], X)[i - 1] - y[i - 1]), 6)}$ |"
        for t, i in enumerate(p["order"])
    ]
    heads = {"en": ("sample", "error before the step"), "zh": ("样本", "更新前的误差")}
    en, zh = (
        "\n".join([f"| $t$ | {a} | $\\eta_t$ | {b} |", "|---:|---:|---:|---:|", *steps]) for a, b in heads.values()
    )
    return {
        "n": str(len(y)),
        "steps": str(len(p["order"])),
        "order": listed(p["order"]),
        "table": Text(en, zh),
        "iterates": iterates_table(iterates, shown=range(len(iterates))),
    }


def exhibits(p: Decaying) -> Exhibits:
    X, y, _ = arrays(p)
    return run_exhibits(X, y, run(p))


def _scheduled(schedule: Callable[[Decaying, int], float]) -> Callable[[Decaying], Answers]:
    """Another step size, as a function of t = 1, 2 and so on."""
    return lambda p: {"w": run(p, step_size=lambda t: schedule(p, t + 1))[-1]}


def _ordered(order: Callable[[Decaying], Sequence[int]]) -> Callable[[Decaying], Answers]:
    return lambda p: {"w": run(p, order=order(p))[-1]}


def _full(p: Decaying) -> Answers:
    X, y, w0 = arrays(p)
    gradient = full_batch(mse_gradient, X, y)
    return {"w": gradient_descent(gradient, w0, inverse_sqrt(p["rate"]), len(p["order"]))[-1]}


def _gradients_at_start(p: Decaying) -> Answers:
    _, _, w0 = arrays(p)
    return solve(p, lambda _w, X, y: mse_gradient(w0, X, y))


SCHEDULES: Mapping[str, Callable[[Decaying, int], float]] = {
    "constant-step": lambda p, _: p["rate"],
    "one-over-t": lambda p, t: p["rate"] / t,
    "begins-at-two": lambda p, t: p["rate"] / (t + 1) ** 0.5,
    "grows": lambda p, t: p["rate"] * t**0.5,
    "last-step-size": lambda p, _: p["rate"] / len(p["order"]) ** 0.5,
}
"""Wrong step sizes, as functions of t = 1, 2 and so on."""


def _right_sizes(p: Decaying, steps: int) -> StepSizes:
    return inverse_roots(p["rate"], steps)


def _wrong_steps(step: SizedStep[Decaying]) -> Mapping[str, Rule[Decaying]]:
    def scheduled(schedule: Callable[[Decaying, int], float]) -> Rule[Decaying]:
        return lambda p, rows: step(p, rows, step_size=np.array([[schedule(p, t + 1)] for t in range(len(rows))]))

    return {
        **{name: scheduled(schedule) for name, schedule in SCHEDULES.items()},
        **order_rules(step),
        "first-sample-skipped": lambda p, rows: step(p, rows, order=in_order(p["order"][1:], len(rows))),
        "divided-by-n": lambda p, rows: step(p, rows, lambda w, X, y: mse_gradient(w, X, y) / len(p["y"])),
        "full-gradient": full_gradient(mse_gradient, _right_sizes),
        "gradients-at-start": lambda p, rows: step(p, rows, lambda w, X, y: mse_gradient(rows[:1] + 0 * w, X, y)),
    }


RUNS = {
    "constant-step": (
        _scheduled(SCHEDULES["constant-step"]),
        Text(
            "Your step size stays at $C$; it shrinks: $\\eta_t = C/\\sqrt{t}$.",
            "你的步长一直是 $C$；它应逐步减小：$\\eta_t = C/\\sqrt{t}$。",
        ),
    ),
    "one-over-t": (
        _scheduled(SCHEDULES["one-over-t"]),
        Text(
            "Your step size is $C/t$; here it shrinks with the root, $\\eta_t = C/\\sqrt{t}$.",
            "你的步长是 $C/t$；本题按平方根减小：$\\eta_t = C/\\sqrt{t}$。",
        ),
    ),
    "begins-at-two": (
        _scheduled(SCHEDULES["begins-at-two"]),
        Text(
            "Your first step size is already $C/\\sqrt{2}$; $t$ starts from 1, so the first one is $C$.",
            "你的第一个步长已经是 $C/\\sqrt{2}$；$t$ 从 1 开始，第一个步长就是 $C$。",
        ),
    ),
    "grows": (
        _scheduled(SCHEDULES["grows"]),
        Text("Your step size grows: divide $C$ by $\\sqrt{t}$.", "你的步长在增大：应当用 $C$ 除以 $\\sqrt{t}$。"),
    ),
    "last-step-size": (
        _scheduled(SCHEDULES["last-step-size"]),
        Text(
            "You used the last step size throughout; each step has its own, $\\eta_t = C/\\sqrt{t}$.",
            "你每一步都用了最后一步的步长；各步的步长不同，$\\eta_t = C/\\sqrt{t}$。",
        ),
    ),
    "one-step-fewer": (
        _ordered(lambda p: p["order"][:-1]),
        run_words.ONE_STEP_FEWER,
    ),
    "first-sample-skipped": (
        _ordered(lambda p: p["order"][1:]),
        Text("You left out the first sample of the order.", "你漏掉了顺序中的第一个样本。"),
    ),
    **{name: (_ordered(order), text) for name, (order, text) in WRONG_ORDERS.items()},
    "divided-by-n": (
        lambda p: solve(p, lambda w, X, y: mse_gradient(w, X, y) / len(p["y"])),
        run_words.DIVIDED_BY_N,
    ),
    "full-gradient": (
        _full,
        run_words.FULL_GRADIENT,
    ),
    "gradients-at-start": (
        _gradients_at_start,
        Text(
            "You took every gradient at $W^{(0)}$; each step starts from the result of the one before.",
            "你把每个梯度都在 $W^{(0)}$ 处计算；每一步都应从上一步的结果出发。",
        ),
    ),
}

problem = Problem(
    id="c2.5",
    version=1,
    topic="sgd",
    folder=Path(__file__).parent,
    printed=Decaying(X=COMMUTE_X, y=COMMUTE_Y, w0=[1, 1, 1], rate=0.06, order=[3, 1, 4, 2]),
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
            {**with_gradients(solve, ONE_SAMPLE), **RUNS},
            core=frozenset({"constant-step", "one-over-t", "begins-at-two", "counted-from-zero", "full-gradient"}),
            hidden=frozenset({"ascent"}),
            reread="2.2, (2.2)",
        ),
        *rounding_mistakes(run, reread="2.2, (2.2)"),
    ),
    tracing=single_sample_tracing(run, ONE_SAMPLE, _right_sizes, _wrong_steps, hinge=False),
    printed_options={
        "A": {"w": (2.993, 6.359, 2.213)},
        "B": {"w": (3.136, 7.112, 2.356)},
        "C": {"w": (2.864, 6.032, 2.084)},
        "D": {"w": (2.881, 6.915, 2.329)},
    },
)
