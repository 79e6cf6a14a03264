"""Chapter 1: margins, predictions and the 0-1 loss of a linear classifier."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.c1_06_zero_one_loss.samples import Classifier, arrays, draw
from problems.chapters.classifier_exhibits import scored_exhibits
from problems.chapters.linear_data import column
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.losses import margins, scores, sgn, zero_one_cost
from solvers.samples import Array


def ill_posed(p: Classifier) -> str | None:
    if 0 in p["w"] or abs(p["w"][1]) == abs(p["w"][2]):
        return "a weight is zero, or both features weigh the same"
    m = margins(*arrays(p))
    if not ((m > 0).any() and (m < 0).any()):
        return "the classifier is always right or always wrong"
    if len({label for label, margin in zip(p["y"], m.tolist(), strict=True) if margin}) == 1:
        return "all labels off the line are the same"
    right = int((m > 0).sum())
    if right in ((m < 0).sum(), (m < 1).sum()):
        return "wrong counts of the errors coincide"
    predictions = [tuple(each(p)["predictions"]) for each in (solve, *WRONG_PREDICTIONS.values())]
    return "wrong predictions coincide" if len(set(predictions)) < len(predictions) else None


def _scores(p: Classifier) -> Array:
    w, X, _ = arrays(p)
    return scores(w, X)


def _classified(w: Array, X: Array, y: Array) -> Answers:
    return {
        "margins": margins(w, X, y) + 0.0,  # no −0, which would be shown with its sign
        "predictions": sgn(scores(w, X)),
    }


def solve(p: Classifier) -> Answers:
    return {**_classified(*arrays(p)), "zero_one_loss": zero_one_cost(*arrays(p))}


def follow(p: Classifier, answers: Answers) -> Answers:
    """Predictions from the margins answered (the score is y times the margin, since y² = 1), the loss from these."""
    y = np.array(p["y"])
    followed: dict[str, object] = {}
    if "margins" in answers:
        followed["predictions"] = sgn(y * np.array(answers["margins"]))
    if "predictions" in answers:
        followed["zero_one_loss"] = float((np.array(answers["predictions"]) != y).mean())
    return followed


def values(p: Classifier) -> dict[str, str | Text]:
    w, X, y = arrays(p)
    s, wrong = scores(w, X), (sgn(scores(w, X)) != y)
    samples = "\n".join(
        f"| ${i}$ | $({x[0]}, {x[1]})^\\top$ | ${label:+d}$ |"
        for i, (x, label) in enumerate(zip(p["X"], p["y"], strict=True), start=1)
    )
    rows = "\n".join(
        f"| ${i}$ | ${latex_number(score)}$ | ${label:+d}$ | ${latex_number(label * score)}$ | ${int(sgn(score))}$ | "
        f"{'✗' if missed else '–'} |".replace("$-0$", "$0$")
        for i, (score, label, missed) in enumerate(zip(s.tolist(), p["y"], wrong, strict=True), start=1)
    )
    rule = "|---:|---:|---:|---:|---:|:---:|"
    zeros = [str(i) for i, score in enumerate(s.tolist(), start=1) if score == 0]
    return {
        "n": str(len(y)),
        "weights": column(w, None),
        "samples": Text(
            f"| sample | $x$ | $y$ |\n|---:|:---|---:|\n{samples}",
            f"| 样本 | $x$ | $y$ |\n|---:|:---|---:|\n{samples}",
        ),
        "results": Text(
            f"| sample | score $s$ | $y$ | margin $y s$ | $\\text{{sgn}}(s)$ | wrong |\n{rule}\n{rows}",
            f"| 样本 | 得分 $s$ | $y$ | 间隔 $y s$ | $\\text{{sgn}}(s)$ | 是否错误 |\n{rule}\n{rows}",
        ),
        "on_the_line": Text(", ".join(zeros), "、".join(zeros)),
        "errors": str(int(wrong.sum())),
        "loss": f"{wrong.mean():.3f}",
    }


def exhibits(p: Classifier) -> Exhibits:
    w, X, y = arrays(p)
    return scored_exhibits(X, y, w)


def _no_bias(p: Classifier) -> Answers:
    w, X, y = arrays(p)
    return _classified(w[1:], X[:, 1:], y)


def _bias_last(p: Classifier) -> Answers:
    w, X, y = arrays(p)
    return _classified(np.roll(w, 1), X, y)


def _ties_to(side: float) -> Callable[[Classifier], Answers]:
    """Predictions with sgn(0) = ±1."""
    return lambda p: {"predictions": np.where(_scores(p) == 0, side, sgn(_scores(p)))}


def _share(p: Classifier, below: float) -> float:
    """The share of margins less than this."""
    return float((margins(*arrays(p)) < below).mean())


WRONG_PREDICTIONS: Mapping[str, Callable[[Classifier], Answers]] = {
    "no-bias": _no_bias,
    "bias-last": _bias_last,
    "sign-of-the-margin": lambda p: {"predictions": sgn(margins(*arrays(p)))},
    "tie-to-plus": _ties_to(1.0),
    "tie-to-minus": _ties_to(-1.0),
    "labels-for-predictions": lambda p: {"predictions": p["y"]},
}
"""Mistakes that change the predictions: so few values are possible that a draw must make sure that all differ."""

problem = Problem(
    id="c1.6",
    version=1,
    topic="zero-one-loss",
    folder=Path(__file__).parent,
    printed=Classifier(
        X=[[2, 1], [0, 2], [1, -1], [-2, 3], [-1, -1], [1, 2]],
        y=[1, -1, -1, 1, 1, 1],
        w=[1.0, -1.5, 2.0],
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(name="margins", kind=Vector(len(p["y"]), Tolerance("absolute", 0.001)), label="y^{(i)} s^{(i)} ="),
        Field(
            name="predictions",
            kind=Vector(len(p["y"]), Tolerance("absolute", 0.001), decimals=0),
            label=r"\text{sgn}(s^{(i)}) =",
            follows=("margins",),
        ),
        Field(
            name="zero_one_loss",
            kind=Number(Tolerance("absolute", 0.001)),
            label="C(W) =",
            follows=("predictions",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=(
        Mistake(
            id="scores-for-margins",
            text=Text(
                "You gave the scores $s$. A margin is the score times the label, $y s$.",
                "你给出的是得分 $s$。间隔等于得分乘以标签，即 $y s$。",
            ),
            answers=lambda p: {"margins": _scores(p)},
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="margin-sign",
            text=Text(
                "All signs are reversed: a margin is positive where score and label agree in sign.",
                "符号全反了：得分与标签同号时，间隔为正。",
            ),
            answers=lambda p: {"margins": -margins(*arrays(p))},
            reread="1.4",
        ),
        Mistake(
            id="distances",
            text=Text(
                "You divided by the length of the weights, which gives distances from the decision line. The margin "
                "here is $y s$ itself.",
                "你除以了权重的长度，得到的是到决策边界的距离。这里的间隔就是 $y s$ 本身。",
            ),
            answers=lambda p: {"margins": margins(*arrays(p)) / np.linalg.norm(p["w"][1:])},
            reread="1.4",
        ),
        Mistake(
            id="no-bias",
            text=Text(
                "You left out the bias $w_0$: the score is $w_0 + w_1 x_1 + w_2 x_2$.",
                "你漏掉了偏置 $w_0$：得分是 $w_0 + w_1 x_1 + w_2 x_2$。",
            ),
            answers=WRONG_PREDICTIONS["no-bias"],
            core=True,
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="bias-last",
            text=Text(
                "You took the last of the weights as the bias. The bias comes first: $W = (w_0, w_1, w_2)^\\top$.",
                "你把最后一个权重当成了偏置。偏置在最前面：$W = (w_0, w_1, w_2)^\\top$。",
            ),
            answers=WRONG_PREDICTIONS["bias-last"],
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="sign-of-the-margin",
            text=Text(
                "You took the sign of the margin. The prediction is the sign of the score; it does not know the label.",
                "你取的是间隔的符号。预测是得分的符号，与标签无关。",
            ),
            answers=WRONG_PREDICTIONS["sign-of-the-margin"],
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="tie-to-plus",
            text=Text(
                "You took $\\text{sgn}(0)$ for 1. In this chapter $\\text{sgn}(0) = 0$.",
                "你把 $\\text{sgn}(0)$ 取成了 1。本章规定 $\\text{sgn}(0) = 0$。",
            ),
            answers=WRONG_PREDICTIONS["tie-to-plus"],
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="tie-to-minus",
            text=Text(
                "You took $\\text{sgn}(0)$ for $-1$, as chapter 3 does. In this chapter $\\text{sgn}(0) = 0$.",
                "你像第三章那样把 $\\text{sgn}(0)$ 取成了 $-1$。本章规定 $\\text{sgn}(0) = 0$。",
            ),
            answers=WRONG_PREDICTIONS["tie-to-minus"],
            core=True,
            reread="1.4; 3.1",
        ),
        Mistake(
            id="labels-for-predictions",
            text=Text(
                "You gave the labels. A prediction is the sign of the score, and may be wrong.",
                "你给出的是标签。预测是得分的符号，可能与标签不同。",
            ),
            answers=WRONG_PREDICTIONS["labels-for-predictions"],
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="tie-forgiven",
            text=Text(
                "You did not count the score of 0. $\\text{sgn}(0) = 0$ differs from both labels, so it is an error.",
                "你没有把得分为 0 的样本计入。$\\text{sgn}(0) = 0$ 与两种标签都不同，因此算作错误。",
            ),
            answers=lambda p: {"zero_one_loss": _share(p, 0)},
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="count-for-share",
            text=Text(
                "You counted the errors. $C(W)$ is their share: divide by $n$.",
                "你给出的是错误的个数。$C(W)$ 是错误的比例：还要除以 $n$。",
            ),
            answers=lambda p: {"zero_one_loss": len(p["y"]) * zero_one_cost(*arrays(p))},
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="accuracy",
            text=Text(
                "You gave the share of samples that are classified rightly. The loss is the share of the others.",
                "你给出的是分类正确的比例。损失是分类错误的比例。",
            ),
            answers=lambda p: {"zero_one_loss": 1.0 - zero_one_cost(*arrays(p))},
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="margins-below-one",
            text=Text(
                "You counted all margins below 1, where the hinge losses act. An error has a margin of at most 0.",
                "你把间隔小于 1 的样本都算上了。那是铰链损失起作用的范围；分类错误是指间隔不大于 0。",
            ),
            answers=lambda p: {"zero_one_loss": _share(p, 1)},
            reread="1.4",
        ),
    ),
)
