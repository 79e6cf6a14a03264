"""What can go wrong in the test, in the update, in the order of the visits, and in counting them."""

from collections.abc import Callable, Sequence

import numpy as np

from problems import perceptron_words as words
from problems.chapters.c3_01_perceptron.passes import MAX_PASSES, counted, run, solve
from problems.chapters.descent_data import Array, Regression, arrays
from problems.perceptron_tracing import Test, Update, Visits, add_sample, is_mistake
from problems.problem import Answers
from problems.text import Text


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
            return counted(np.array(iterates))
    if passes < MAX_PASSES:
        return counted(np.array(iterates))
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


def bias_not_in_score(p: Regression, rows: Array) -> Array:
    X, y, _ = arrays(p)
    i = np.arange(len(rows)) % len(y)
    wrong = y[i] * (X[i, 1:] * rows[:, 1:]).sum(axis=1) <= 0
    return rows + np.where(wrong, y[i], 0.0)[:, None] * X[i]


def tested_at_the_beginning(p: Regression, rows: Array) -> Array:
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
        words.STRICT_INEQUALITY,
    ),
    "double-step": (
        lambda p: _visiting(p, *VISITS["double-step"]),
        words.DOUBLE_STEP,
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
        words.NO_LABEL_IN_UPDATE,
    ),
    "wrong-sign": (
        lambda p: _visiting(p, *VISITS["wrong-sign"], passes=run(p).passes),
        words.WRONG_SIGN,
    ),
    "every-sample": (
        lambda p: _visiting(p, *VISITS["every-sample"], passes=run(p).passes),
        words.EVERY_SAMPLE,
    ),
    "reversed-order": (
        lambda p: _visiting(p, is_mistake, order=range(len(p["y"]) - 1, -1, -1)),
        words.REVERSED_ORDER,
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
