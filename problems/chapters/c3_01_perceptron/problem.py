"""Chapter 3: the perceptron with a bias, until every sample is classified.

All numbers are whole, so that a score of 0 is exactly 0 for everyone and the tie rule can be asked.
"""

from pathlib import Path

import numpy as np

from problems.answers import Integer, Vector
from problems.chapters.c3_01_perceptron.mistakes import VISITS, WRONG, bias_not_in_score, tested_at_the_beginning
from problems.chapters.c3_01_perceptron.passes import run, solve
from problems.chapters.classifier_exhibits import perceptron_exhibits
from problems.chapters.descent_data import Regression, arrays, column, options_by_label
from problems.chapters.descent_mistakes import mistakes
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.perceptron_tracing import perceptron_tracing, visit_steps, visited
from problems.problem import Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from problems.tracing import StepMistake


def draw(draws: Draws) -> Regression:
    """Five or six different points, split by a line that is not through the origin."""
    normal = (draws.choice((-3, -2, -1, 1, 2, 3)), draws.choice((-3, -2, -1, 1, 2, 3)))
    offset = draws.choice((-5, -3, 3, 5))
    size = draws.integer(5, 6)
    X: list[list[float]] = []
    while len(X) < size:
        x: list[float] = [draws.integer(-6, 6), draws.integer(-6, 6)]
        if any(x) and x not in X and offset + normal[0] * x[0] + normal[1] * x[1] != 0:
            X.append(x)
    y = [1 if offset + normal[0] * a + normal[1] * b > 0 else -1 for a, b in X]
    if -1 in y:  # so that the rule for a score of 0 matters at once
        first = y.index(-1)
        X.insert(0, X.pop(first))
        y.insert(0, y.pop(first))
    return Regression(X=X, y=y, w0=[0, 0, 0])


def ill_posed(p: Regression) -> str | None:
    if min(p["y"].count(1), p["y"].count(-1)) < 2:
        return "a class has fewer than two samples"
    found = run(p)
    if not (found.separated and 2 <= found.passes <= 5):
        return "too few passes, or too many"
    if not 4 <= solve(p)["updates"] <= 9:
        return "too few updates, or too many"
    if (found.iterates[-1] == 0).any():
        return "a weight ends at zero"
    return None


def fields(_: Regression) -> tuple[Field, ...]:
    return (
        Field(name="w", kind=Vector(3, Tolerance("absolute", 0.001), decimals=0), label="W ="),
        Field(name="updates", kind=Integer(), label="k ="),
    )


def values(p: Regression) -> dict[str, str | Text]:
    X, y, _ = arrays(p)
    found = run(p)
    n = len(y)
    rows = []
    for t, (before, after) in enumerate(zip(found.iterates[:-1], found.iterates[1:], strict=True)):
        i = t % n
        moved = (before != after).any()
        w = ", ".join(f"{component:.0f}" for component in (after + 0.0).tolist())
        margin = float(y[i] * (X[i] @ before)) + 0.0  # + 0.0 makes -0 a 0
        rows.append(f"| {t // n + 1} | {i + 1} | ${margin:.0f}$ | {'✓' if moved else '–'} | $({w})$ |")
    heads = {"en": ("pass", "sample", "margin", "update"), "zh": ("遍数", "样本", "间隔", "是否更新")}
    en, zh = (
        "\n".join([f"| {a} | {b} | {c} | {d} | $W$ |", "|---:|---:|---:|:---:|:---|", *rows])
        for a, b, c, d in heads.values()
    )
    margins = [f"${margin:.0f}$" for margin in (y * (X @ found.iterates[-1])).tolist()]
    return {
        "n": str(n),
        "table": Text(en, zh),
        "passes": str(found.passes),
        "updates": str(solve(p)["updates"]),
        "result": column(found.iterates[-1], 0),
        "margins": Text(", ".join(margins), "、".join(margins)),
    }


def exhibits(p: Regression) -> Exhibits:
    X, y, _ = arrays(p)
    return perceptron_exhibits(X, y, run(p).iterates)


problem = Problem(
    id="c3.1",
    version=1,
    topic="perceptron",
    folder=Path(__file__).parent,
    printed=Regression(X=[[0, 3], [3, 0], [0, 1], [3, -3], [1, 3]], y=[-1, 1, 1, 1, -1], w0=[0, 0, 0]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=fields,
    values=values,
    exhibits=exhibits,
    show_option=lambda p, answers: options_by_label(fields(p), answers),
    mistakes=mistakes(
        WRONG,
        core=frozenset({"strict-inequality", "double-step", "no-bias", "one-pass", "same-weights-within-a-pass"}),
        reread="3.1",
    ),
    tracing=perceptron_tracing(
        lambda p: run(p).iterates,
        arrays,
        (
            StepMistake("strict-inequality", visited(arrays, lambda score, label: label * score < 0)),
            *visit_steps(arrays, VISITS),
            StepMistake("bias-not-in-score", bias_not_in_score),
            StepMistake("reversed-order", visited(arrays, order=lambda n, steps: (n - 1) - np.arange(steps) % n)),
            StepMistake("same-weights-within-a-pass", tested_at_the_beginning),
        ),
        grid=1.0,
        may_rest=True,
    ),
    printed_options={
        "A": {"w": (1, 3, -2), "updates": 3},
        "B": {"w": (5, 5, -4), "updates": 9},
        "C": {"w": (6, 4, -4), "updates": 7},
        "D": {"w": (3, 2, -2), "updates": 7},
    },
)
