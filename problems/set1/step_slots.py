"""The first steps of exercises 1.6 to 1.9 in numbers, as slots of their worked solutions."""

from collections.abc import Iterable, Mapping

import numpy as np

from problems.latex import latex_matrix, latex_number
from problems.set1.linear_classifier import Array, Descent, arrays, column, iterates_table
from problems.text import Text
from solvers.losses import margins, squared_hinge_cost, squared_hinge_gradient

Slots = Mapping[str, str | Text]


def full_slots(p: Descent, iterates: Array) -> Slots:
    """Of a run (steps + 1, d) with the gradient of all samples."""
    X, y, _ = arrays(p)
    gradients = squared_hinge_gradient(iterates[:2], X, y)
    reached = margins(iterates, X, y)
    return {
        "n": str(len(y)),
        "first_gradient": column(gradients[0]),
        "first_w": column(iterates[1]),
        "second_margins": _listed(f"${latex_number(m, 4)}$" for m in reached[1].tolist()),
        "second_active": _active(int((reached[1] < 1).sum()), len(y)),
        "second_gradient": column(gradients[1]),
        "second_w": column(iterates[2]),
        **_end(p, iterates, reached[-1]),
    }


def single_slots(p: Descent, iterates: Array) -> Slots:
    """Of a run with one sample a step, which take turns."""
    X, y, _ = arrays(p)
    margin = float(margins(iterates[1], X, y)[1])
    return {
        "n": str(len(y)),
        "passes": str(p["steps"] // len(y)),
        "first_sample": latex_matrix([[component] for component in p["X"][0]]),
        "first_label": str(p["y"][0]),
        "first_w": column(iterates[1]),
        "first_gradient": column(squared_hinge_gradient(iterates[0], X[:1], y[:1])),
        "second_margin": latex_number(margin, 6),
        "second_gradient": column(squared_hinge_gradient(iterates[1], X[1:2], y[1:2])),
        "second_w": column(iterates[2]),
        "verdict": _verdict(margin),
        **_end(p, iterates, margins(iterates[-1], X, y)),
    }


def _listed(formulas: Iterable[str]) -> Text:
    """Formulas of their own, so that a line may end between any two."""
    listed = list(formulas)
    return Text(", ".join(listed), "、".join(listed))


def _active(below: int, n: int) -> Text:
    if below == n:
        return Text(
            "All of them are below 1, so every sample counts once more:", "它们都小于 1，所以每个样本仍然都参与求和："
        )
    return Text(
        f"Of these {n} numbers {below} {'is' if below == 1 else 'are'} below 1; only those samples count:",
        f"这 {n} 个数中有 {below} 个小于 1，只有相应的样本参与求和：",
    )


def _verdict(margin: float) -> Text:
    if margin >= 1:
        return Text("which is at least 1, so that the gradient is 0", "不小于 1，所以梯度为 0")
    return Text("which is below 1, so that the sample counts", "小于 1，所以这个样本有梯度")


def _end(p: Descent, iterates: Array, reached: Array) -> Slots:
    """Where the run has come to."""
    X, y, _ = arrays(p)
    last = int((reached < 1).sum())
    start, end = (f"{cost:.4g}" for cost in squared_hinge_cost(np.stack([iterates[0], iterates[-1]]), X, y).tolist())
    if last == 0:
        left = Text("every sample has a margin of at least 1", "所有样本的间隔都不小于 1")
    else:
        some = f"{last} of the {len(y)} samples {'has' if last == 1 else 'have'}"
        left = Text(f"{some} a margin below 1", f"{len(y)} 个样本中还有 {last} 个的间隔小于 1")
    return {
        "iterates": iterates_table(iterates),
        "result": column(iterates[-1]),
        "cost_start": start,
        "cost_end": end,
        "left": left,
    }
