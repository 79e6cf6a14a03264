"""Chapter 3: the perceptron with a bias, until every sample is classified.

All numbers are whole, so that a score of 0 is exactly 0 for everyone and the tie rule can be asked.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from problems.answers import Integer, Vector
from problems.chapters.classifier_exhibits import perceptron_exhibits
from problems.chapters.descent_data import Array, Regression, arrays, column, options_by_label
from problems.chapters.descent_mistakes import mistakes
from problems.draws import Draws
from problems.exhibits import Exhibits
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
from problems.text import Text
from problems.tolerance import Tolerance
from problems.tracing import StepMistake
from solvers.perceptron import Separation, perceptron_until_separated

MAX_PASSES = 30


def run(p: Regression) -> Separation:
    return perceptron_until_separated(*arrays(p), MAX_PASSES)


def _counted(iterates: Array) -> Answers:
    """The last weights, and how many of the visits changed them."""
    return {"w": iterates[-1], "updates": int((iterates[1:] != iterates[:-1]).any(axis=1).sum())}


def solve(p: Regression) -> Answers:
    return _counted(run(p).iterates)


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


def _visiting(
    p: Regression,
    mistaken: Test,
    step: Update = add_sample,
    *,
    order: Sequence[int] | None = None,
    scored: Callable[[Array], Array] = lambda x: x,
    passes: int = MAX_PASSES,
) -> Answers:
    """Passes with another test (on score and label), step, order or score, until one of them changes nothing."""
    X, y, w = arrays(p)
    iterates = [w]
    for _ in range(passes):
        for i in range(len(y)) if order is None else order:
            w = iterates[-1]
            iterates.append(w + step(X[i], y[i]) if mistaken(float(scored(X[i]) @ w), float(y[i])) else w)
        if (np.array(iterates[-len(y) :]) == iterates[-1 - len(y)]).all():
            return _counted(np.array(iterates))
    if passes < MAX_PASSES:
        return _counted(np.array(iterates))
    raise ValueError(f"no end within {MAX_PASSES} passes")


VISITS: Visits = {
    "double-step": (is_mistake, lambda x, y: 2 * y * x),
    "zero-counts-as-negative": (lambda score, label: (score > 0) != (label > 0), add_sample),
    "no-bias": (is_mistake, lambda x, y: y * np.array([0.0, *x[1:]])),
    "bias-without-label": (is_mistake, lambda x, y: np.array([1.0, *(y * x[1:])])),
    "no-label-in-update": (is_mistake, lambda x, _: x),
    "wrong-sign": (is_mistake, lambda x, y: -y * x),
    "every-sample": (lambda _score, _label: True, add_sample),
}
"""Wrong tests and updates."""


def _from_the_top(p: Regression) -> Answers:
    """After an update the search for a mistake begins with sample 1 again."""
    X, y, w = arrays(p)
    for updates in range(MAX_PASSES):
        wrong = [i for i in range(len(y)) if is_mistake(float(X[i] @ w), float(y[i]))]
        if not wrong:
            return {"w": w, "updates": updates}
        w = w + y[wrong[0]] * X[wrong[0]]
    raise ValueError(f"no end within {MAX_PASSES} updates")


def _same_weights_within_a_pass(p: Regression) -> Answers:
    """All tests of a pass are made with the weights from its beginning."""
    X, y, w = arrays(p)
    updates = 0
    for _ in range(MAX_PASSES):
        wrong = y * (X @ w) <= 0
        if not wrong.any():
            return {"w": w, "updates": updates}
        w = w + (y * wrong) @ X
        updates += int(wrong.sum())
    raise ValueError(f"no end within {MAX_PASSES} passes")


def _bias_not_in_score(p: Regression, rows: Array) -> Array:
    X, y, _ = arrays(p)
    i = np.arange(len(rows)) % len(y)
    wrong = y[i] * (X[i, 1:] * rows[:, 1:]).sum(axis=1) <= 0
    return rows + np.where(wrong, y[i], 0.0)[:, None] * X[i]


def _tested_at_the_beginning(p: Regression, rows: Array) -> Array:
    """Each visit is tested with the row from the beginning of its pass."""
    X, y, _ = arrays(p)
    i = np.arange(len(rows)) % len(y)
    tested = rows[np.arange(len(rows)) - i]
    wrong = y[i] * (X[i] * tested).sum(axis=1) <= 0
    return rows + np.where(wrong, y[i], 0.0)[:, None] * X[i]


def _only(name: str, value: Callable[[Regression], object]) -> Callable[[Regression], Answers]:
    return lambda p: {name: value(p)}


WRONG = {
    "strict-inequality": (
        lambda p: {"w": np.array(p["w0"]), "updates": 0},
        Text(
            "You update only when $y\\,W^\\top x < 0$. From $W = 0$ that never happens: a score of 0 counts as a "
            "mistake.",
            "你只在 $y\\,W^\\top x < 0$ 时更新。从 $W = 0$ 出发这永远不会发生：得分为 0 也算分类错误。",
        ),
    ),
    "double-step": (
        lambda p: _visiting(p, *VISITS["double-step"]),
        Text(
            "Your updates are twice too long: $(y - \\hat y)\\,x$ is $2\\,y\\,x$ on a mistake; "
            "here $W \\leftarrow W + y\\,x$.",
            "你的更新量大了一倍：分类错误时 $(y - \\hat y)\\,x$ 等于 $2\\,y\\,x$；本题是 $W \\leftarrow W + y\\,x$。",
        ),
    ),
    "zero-counts-as-negative": (
        lambda p: _visiting(p, *VISITS["zero-counts-as-negative"]),
        Text(
            "You let a score of 0 count as the class $-1$. Here it is a mistake for either label.",
            "你把得分 0 当作类别 $-1$。本题中得分为 0 时，无论标签是什么都算分类错误。",
        ),
    ),
    "no-bias": (
        lambda p: _visiting(p, *VISITS["no-bias"]),
        Text(
            "Your bias never changes. On a mistake it moves, too: $w_0 \\leftarrow w_0 + y$.",
            "你的偏置一直没有变。分类错误时偏置也要更新：$w_0 \\leftarrow w_0 + y$。",
        ),
    ),
    "bias-without-label": (
        lambda p: _visiting(p, *VISITS["bias-without-label"]),
        Text(
            "You added 1 to the bias at every update; it is $y$ that is added.",
            "每次更新时你都给偏置加了 1；应当加上的是 $y$。",
        ),
    ),
    "bias-not-in-score": (
        lambda p: _visiting(p, is_mistake, scored=lambda x: x * (0, 1, 1)),
        Text(
            "You left the bias out of the score; a sample is tested by $w_0 + w_1 x_1 + w_2 x_2$.",
            "你算得分时漏掉了偏置；判断样本要用 $w_0 + w_1 x_1 + w_2 x_2$。",
        ),
    ),
    "one-pass": (
        lambda p: _visiting(p, is_mistake, passes=1),
        Text(
            "You stopped after one pass; some samples are still classified wrongly.",
            "你只遍历了一次就停了；此时仍有样本分类错误。",
        ),
    ),
    "one-pass-fewer": (
        lambda p: _visiting(p, is_mistake, passes=run(p).passes - 1) if run(p).passes > 2 else {},
        Text(
            "You stopped one pass early; some samples are still classified wrongly.",
            "你少遍历了一次；此时仍有样本分类错误。",
        ),
    ),
    "no-label-in-update": (
        lambda p: _visiting(p, *VISITS["no-label-in-update"], passes=run(p).passes),
        Text("You added $x$ instead of $y\\,x$.", "你加上的是 $x$，而不是 $y\\,x$。"),
    ),
    "wrong-sign": (
        lambda p: _visiting(p, *VISITS["wrong-sign"], passes=run(p).passes),
        Text("You subtracted $y\\,x$; it is added.", "你减去了 $y\\,x$；应当加上它。"),
    ),
    "every-sample": (
        lambda p: _visiting(p, *VISITS["every-sample"], passes=run(p).passes),
        Text(
            "You added $y\\,x$ for every sample, whether it was classified rightly or not.",
            "无论分类是否正确，你对每个样本都加上了 $y\\,x$。",
        ),
    ),
    "reversed-order": (
        lambda p: _visiting(p, is_mistake, order=range(len(p["y"]) - 1, -1, -1)),
        Text("You took the samples from the last to the first.", "你按从后往前的顺序使用了样本。"),
    ),
    "from-the-top": (
        _from_the_top,
        Text(
            "After an update you went back to the first sample; the pass goes on with the next one.",
            "每次更新后你又从第一个样本开始；应当继续访问下一个样本。",
        ),
    ),
    "same-weights-within-a-pass": (
        _same_weights_within_a_pass,
        Text(
            "You tested all samples of a pass with the same weights. Each test uses the weights as they are by then.",
            "在同一遍中，你用同样的权重判断了所有样本。每次判断都应使用当时最新的权重。",
        ),
    ),
    "bias-last": (
        _only("w", lambda p: np.roll(run(p).iterates[-1], -1)),
        Text(
            "You put the bias last; here $W = (w_0, w_1, w_2)^\\top$.",
            "你把偏置放在了最后；本题中 $W = (w_0, w_1, w_2)^\\top$。",
        ),
    ),
    "visits-counted": (
        _only("updates", lambda p: run(p).passes * len(p["y"])),
        Text(
            "You counted all visits; an update is a visit that changes $W$.",
            "你数的是访问样本的总次数；只有改变了 $W$ 的访问才算一次更新。",
        ),
    ),
    "passes-counted": (
        _only("updates", lambda p: run(p).passes),
        Text("You counted passes; the updates are asked.", "你数的是遍数；本题要的是更新次数。"),
    ),
    "final-pass-counted": (
        _only("updates", lambda p: solve(p)["updates"] + 1),
        Text(
            "You counted one update too many. The check that ends the run changes nothing.",
            "你多数了一次更新。结束前的检查并不改变 $W$。",
        ),
    ),
}

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
            StepMistake("bias-not-in-score", _bias_not_in_score),
            StepMistake("reversed-order", visited(arrays, order=lambda n, steps: (n - 1) - np.arange(steps) % n)),
            StepMistake("same-weights-within-a-pass", _tested_at_the_beginning),
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
