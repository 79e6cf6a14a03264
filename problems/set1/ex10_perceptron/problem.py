"""Exercise 1.10: one pass of the perceptron."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from problems import perceptron_words as words
from problems.answers import Vector
from problems.draws import Draws
from problems.perceptron_tracing import (
    Test,
    Update,
    Visits,
    add_sample,
    is_mistake,
    perceptron_tracing,
    visit_steps,
    visited,
)
from problems.problem import Answers, Field, Problem
from problems.set1.classifier_mistakes import run_mistakes
from problems.set1.descent_exhibits import perceptron_exhibits
from problems.set1.linear_classifier import (
    GRID,
    PRINTED,
    Array,
    Classification,
    arrays,
    column,
    draw_data,
    ill_posed_labels,
)
from problems.steps import descended, turns
from problems.text import Text
from problems.tolerance import Tolerance
from problems.tracing import StepMistake
from solvers.descent import cyclic
from solvers.linear_model import with_bias
from solvers.losses import squared_hinge_gradient
from solvers.perceptron import perceptron


class Passes(Classification):
    """`passes` over the data, in order."""

    passes: int


def run(p: Passes, *, passes: int | None = None, bias: bool = False) -> Array:
    """All iterates, one row per visited sample: (passes · n + 1, d), the bias first where there is one.

    Runs in whole numbers, in units of the grid, where a score that is 0 on paper is 0: W and x grow alike.
    """
    X, y, w0 = arrays(p)
    X, w0 = (with_bias(X), np.append(0.0, w0)) if bias else (X, w0)
    return perceptron(np.rint(GRID * X), y, np.rint(GRID * w0), p["passes"] if passes is None else passes) / GRID


def draw(draws: Draws) -> Passes:
    return Passes(**draw_data(draws, positive_first=True), passes=1)


def ill_posed(p: Passes) -> str | None:
    if reason := ill_posed_labels(p):
        return reason
    iterates = run(p)
    updated = (iterates[1:] != iterates[:-1]).any(axis=1)
    if not 2 <= updated.sum() <= len(p["y"]) - 2:
        return "too few or too many samples are mistakes"
    X, _, _ = arrays(p)
    # Whole numbers in units of the grid: a score that is zero is exactly zero here.
    scores = (np.rint(GRID * iterates[:-1]) * np.rint(GRID * np.tile(X, (p["passes"], 1)))).sum(axis=1)
    first = int(np.argmax(updated))
    if (scores[first + 1 :] == 0).any():
        return "a score is exactly zero after the first update, where rounding decides"
    if np.abs(iterates[-1]).min() < 0.01:
        return "a component is zero"
    return None


def solve(p: Passes) -> Answers:
    return {"w": run(p)[-1]}


def values(p: Passes) -> dict[str, str | Text]:
    iterates = run(p)
    rows = []
    for t, (x, y) in enumerate(zip(p["X"], p["y"], strict=True)):
        score = float(np.round(iterates[t] @ np.array(x), 10))
        moved = (iterates[t + 1] != iterates[t]).any()
        w = ", ".join(f"{component:.10g}" for component in np.round(iterates[t + 1], 10).tolist())
        rows.append(
            f"| {t + 1} | ${y * score:.10g}$ | {'✓' if moved else '–'} | $({w})^\\top$ |".replace("$-0$", "$0$")
        )
    heads = {"en": ("sample", "margin", "update"), "zh": ("样本", "间隔", "是否更新")}
    en, zh = ("\n".join([f"| {a} | {b} | {c} | $W$ |", "|---:|---:|:---:|:---|", *rows]) for a, b, c in heads.values())
    return {"n": str(len(p["y"])), "iterates": Text(en, zh), "result": column(np.round(iterates[-1], 10))}


def _visiting(
    p: Passes,
    mistaken: Test,
    step: Update = add_sample,
    *,
    order: Callable[[int], range] | None = None,
) -> Array:
    """A pass with another test, on score and label, another step, or another order of the samples."""
    X, y, w = arrays(p)
    iterates = [w]
    visits = range(len(y)) if order is None else order(len(y))
    for i in visits:
        if mistaken(float(np.round(w @ X[i], 12)), y[i]):
            w = w + step(X[i], y[i])
        iterates.append(w)
    return np.array(iterates)


def _squared_hinge_next(p: Passes, rows: Array) -> Array:
    X, y, _ = arrays(p)
    due = cyclic(len(y), len(rows))
    return descended(squared_hinge_gradient, *turns(X, y, due), rows, 1.0)


def _squared_hinge_steps(p: Passes) -> Array:
    X, y, w = arrays(p)
    iterates = [w]
    for x, label in zip(X, y, strict=True):
        w = w + max(0.0, 1.0 - label * float(w @ x)) * label * x
        iterates.append(w)
    return np.array(iterates)


VISITS: Visits = {
    "strict-inequality": (lambda score, label: label * score < 0, add_sample),
    "double-step": (is_mistake, lambda x, y: 2 * y * x),
    "half-step": (is_mistake, lambda x, y: 0.5 * y * x),
    "threshold-one": (lambda score, label: label * score < 1, add_sample),
    "no-label-in-test": (lambda score, _: score <= 0, add_sample),
    "no-label-in-update": (is_mistake, lambda x, _: x),
    "correct-samples": (lambda score, label: label * score >= 0, add_sample),
    "every-sample": (lambda _score, _label: True, add_sample),
    "wrong-sign": (is_mistake, lambda x, y: -y * x),
}
"""Wrong tests and updates."""


def _wrongly(name: str) -> Callable[[Passes], Array]:
    return lambda p: _visiting(p, *VISITS[name])


RUNS = {
    "strict-inequality": (
        _wrongly("strict-inequality"),
        words.STRICT_INEQUALITY,
    ),
    "double-step": (
        _wrongly("double-step"),
        words.DOUBLE_STEP,
    ),
    "half-step": (
        _wrongly("half-step"),
        Text(
            "You used a learning rate of 0.5; here $W \\leftarrow W + y\\,x$.",
            "你用了 0.5 的学习率；本题是 $W \\leftarrow W + y\\,x$。",
        ),
    ),
    "bias-learned": (
        lambda p: run(p, bias=True)[:, 1:],
        Text("You learned a bias as well; this model has none.", "你同时学习了偏置；本题的模型没有偏置。"),
    ),
    "threshold-one": (
        _wrongly("threshold-one"),
        Text(
            "You update whenever the margin is below 1, as for the hinge loss; the perceptron updates at margins up to "
            "0.",
            "你在间隔小于 1 时就更新（那是铰链损失的条件）；感知器只在间隔不大于 0 时更新。",
        ),
    ),
    "squared-hinge-step": (
        _squared_hinge_steps,
        Text(
            "You made steps on the squared hinge loss; the perceptron adds $y\\,x$ itself, and only on a mistake.",
            "你做的是平方铰链损失的更新；感知器直接加上 $y\\,x$，而且只在分类错误时更新。",
        ),
    ),
    "no-label-in-test": (
        _wrongly("no-label-in-test"),
        Text(
            "You tested $W^\\top x \\le 0$ without the label $y$.",
            "你判断的是 $W^\\top x \\le 0$，漏掉了标签 $y$。",
        ),
    ),
    "no-label-in-update": (
        _wrongly("no-label-in-update"),
        words.NO_LABEL_IN_UPDATE,
    ),
    "correct-samples": (
        _wrongly("correct-samples"),
        Text(
            "You update on the samples that are classified rightly; the mistakes are the ones to learn from.",
            "你对分类正确的样本作了更新；应当更新的是分类错误的样本。",
        ),
    ),
    "every-sample": (
        _wrongly("every-sample"),
        words.EVERY_SAMPLE,
    ),
    "wrong-sign": (
        _wrongly("wrong-sign"),
        words.WRONG_SIGN,
    ),
    "reversed-order": (
        lambda p: _visiting(p, is_mistake, order=lambda n: range(n - 1, -1, -1)),
        words.REVERSED_ORDER,
    ),
    "starts-at-second": (
        lambda p: _visiting(p, is_mistake, order=lambda n: range(1, n)),
        Text("You left out the first sample.", "你漏掉了第一个样本。"),
    ),
    "last-sample-skipped": (
        lambda p: _visiting(p, is_mistake, order=lambda n: range(n - 1)),
        Text("You left out the last sample.", "你漏掉了最后一个样本。"),
    ),
    "first-update-only": (
        lambda p: _visiting(p, is_mistake, order=lambda _: range(1)),
        Text("You stopped after the first update.", "你在第一次更新之后就停止了。"),
    ),
    "two-passes": (
        lambda p: run(p, passes=2 * p["passes"]),
        Text("You passed over the data twice.", "你遍历了两次数据。"),
    ),
}


problem = Problem(
    id="1.10",
    version=1,
    topic="perceptron",
    folder=Path(__file__).parent,
    printed=Passes(**PRINTED, passes=1),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(
            name="w",
            kind=Vector(4, Tolerance("absolute", 0.001), decimals=2),
            label=f"W^{{({p['passes'] * len(p['y'])})}} =",
        ),
    ),
    values=values,
    exhibits=lambda p: perceptron_exhibits(p, run(p)),
    mistakes=run_mistakes(
        RUNS,
        core=frozenset({"strict-inequality", "double-step", "threshold-one", "no-label-in-test", "wrong-sign"}),
        reread="3.1",
    ),
    tracing=perceptron_tracing(
        run,
        arrays,
        (
            *visit_steps(arrays, VISITS),
            StepMistake("squared-hinge-step", _squared_hinge_next),
            StepMistake("reversed-order", visited(arrays, order=lambda n, steps: (n - 1) - np.arange(steps) % n)),
            StepMistake("starts-at-second", visited(arrays, order=lambda n, steps: (1 + np.arange(steps)) % n)),
        ),
        grid=1 / GRID,
    ),
    published={"answer": "C"},
    printed_options={
        "A": {"w": (-0.45, 0.70, -0.82, -0.70)},
        "B": {"w": (-0.40, 0.75, -0.84, -0.70)},
        "C": {"w": (-0.35, 0.75, -0.85, -0.75)},
        "D": {"w": (-0.48, 0.70, -0.75, -0.85)},
    },
)
