"""Chapter 1: the three losses of the margin that stand in for the 0-1 loss."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Number
from problems.chapters.classifier_exhibits import losses_exhibits
from problems.draws import Draws
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.losses import hinge, logistic, squared_hinge
from solvers.samples import Array


class Scored(TypedDict):
    """`scores` (n,): what a classifier gives to the samples; `y` (n,): their labels ±1."""

    scores: list[float]
    y: list[int]


def draw(draws: Draws) -> Scored:
    """4 or 5 samples: at least one error, one margin between 0 and 1, one beyond 1; and both labels."""
    n = draws.choice((4, 5))
    margins = [draws.integer(-40, -2), draws.integer(2, 18), draws.integer(22, 60)]
    margins += [draws.integer(-40, 60) for _ in range(n - 3)]
    labels = [-1, 1, *(draws.choice((-1, 1)) for _ in range(n - 2))]
    pairs = list(zip(draws.shuffled(margins), draws.shuffled(labels), strict=True))
    return Scored(scores=[label * m / 20 for m, label in pairs], y=[label for _, label in pairs])


def ill_posed(p: Scored) -> str | None:
    m = _margins(p)
    if len(set(p["scores"])) < len(m) or 0 in p["scores"]:
        return "two scores are the same, or one is 0"
    if 2 * (m < 1).sum() == len(m):
        return "half of the samples are active: then the mean over these is twice the mean"
    return None


def _margins(p: Scored) -> Array:
    return np.array(p["y"], dtype=np.float64) * np.array(p["scores"], dtype=np.float64)


def _losses(m: Array) -> Answers:
    return {
        "hinge": hinge(m).mean(),
        "squared_hinge": squared_hinge(m).mean(),
        "logistic": logistic(m).mean(),
    }


def solve(p: Scored) -> Answers:
    return _losses(_margins(p))


def values(p: Scored) -> dict[str, str | Text]:
    m, key = _margins(p), solve(p)
    n = len(m)
    samples = "\n".join(
        f"| ${i}$ | ${latex_number(score)}$ | ${label:+d}$ |"
        for i, (score, label) in enumerate(zip(p["scores"], p["y"], strict=True), start=1)
    )
    columns = zip(m.tolist(), hinge(m).tolist(), squared_hinge(m).tolist(), logistic(m).tolist(), strict=True)
    rows = "\n".join(
        f"| ${i}$ | ${latex_number(margin)}$ | ${latex_number(a)}$ | ${latex_number(b)}$ | ${c:.6f}$ |"
        for i, (margin, a, b, c) in enumerate(columns, start=1)
    )
    heads = r"$\max\{0, 1-m\}$ | $\frac12 \max\{0, 1-m\}^2$ | $\ln(1 + e^{-m})$ |"
    rule = "|---:|---:|---:|---:|---:|"
    example = int(np.argmax(m < 1))  # one on which every loss acts
    margin = float(m[example])
    return {
        "n": str(n),
        "example": str(example + 1),
        "example_label": f"{p['y'][example]:+d}",
        "example_score": latex_number(p["scores"][example]),
        "example_margin": latex_number(margin),
        "example_hinge": latex_number(round(1 - margin, 6)),
        "example_squared": latex_number(round((1 - margin) ** 2 / 2, 6)),
        "example_power": f"{math.exp(-margin):.6f}",
        "example_logistic": f"{math.log1p(math.exp(-margin)):.6f}",
        "samples": Text(
            f"| sample | score $s$ | label $y$ |\n|---:|---:|---:|\n{samples}",
            f"| 样本 | 得分 $s$ | 标签 $y$ |\n|---:|---:|---:|\n{samples}",
        ),
        "losses": Text(
            f"| sample | margin $m = y s$ | {heads}\n{rule}\n{rows}",
            f"| 样本 | 间隔 $m = y s$ | {heads}\n{rule}\n{rows}",
        ),
        **{name: latex_number(round(float(value), 6)) for name, value in key.items()},
        **{f"{name}_sum": latex_number(round(n * float(value), 6)) for name, value in key.items()},
    }


def _scaled(factor: Callable[[Array], float], *names: str) -> Callable[[Scored], Answers]:
    """Some of the means times a factor."""
    return lambda p: {name: factor(_margins(p)) * solve(p)[name] for name in names or solve(p)}


def _hinges(shortfall: Callable[[Array], Array]) -> Callable[[Scored], Answers]:
    """Both hinges with something else in place of max(0, 1 − m)."""

    def answers(p: Scored) -> Answers:
        short = shortfall(_margins(p))
        return {"hinge": short.mean(), "squared_hinge": 0.5 * np.square(short).mean()}

    return answers


problem = Problem(
    id="c1.7",
    version=1,
    topic="margin-losses",
    folder=Path(__file__).parent,
    printed=Scored(scores=[2.5, 0.5, -0.25, 0.8], y=[1, -1, -1, 1]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: tuple(
        Field(name=name, kind=Number(Tolerance("absolute", 0.001)), label=label)
        for name, label in (
            ("hinge", r"\frac1n \sum_i \max\{0, 1 - m^{(i)}\} ="),
            ("squared_hinge", r"\frac{1}{2n} \sum_i \max\{0, 1 - m^{(i)}\}^2 ="),
            ("logistic", r"\frac1n \sum_i \ln(1 + e^{-m^{(i)}}) ="),
        )
    ),
    values=values,
    exhibits=lambda p: losses_exhibits(_margins(p)),
    mistakes=(
        Mistake(
            id="no-label",
            text=Text(
                "You put in the scores. The losses take the margins $m = y s$, the scores times the labels.",
                "你代入的是得分。损失的自变量是间隔 $m = y s$，即得分乘以标签。",
            ),
            answers=lambda p: _losses(np.array(p["scores"])),
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="margin-sign",
            text=Text(
                "Your losses grow with the margin. They must fall: $1 - m$ and $e^{-m}$, with minus signs.",
                "你的损失随间隔增大而增大。它应当减小：$1 - m$ 和 $e^{-m}$ 中都是负号。",
            ),
            answers=lambda p: _losses(-_margins(p)),
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="sum-instead-of-mean",
            text=Text("You did not divide the sum by $n$.", "你没有把总和除以 $n$。"),
            answers=_scaled(lambda m: float(len(m))),
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="half-forgotten",
            text=Text(
                "You forgot the $\\frac12$ of the squared hinge.",
                "你漏掉了平方铰链损失中的 $\\frac12$。",
            ),
            answers=_scaled(lambda _: 2.0, "squared_hinge"),
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="half-squared",
            text=Text(
                "You squared the $\\frac12$, too: it stands before the square.",
                "你把 $\\frac12$ 也平方了：它应在平方之外。",
            ),
            answers=_scaled(lambda _: 0.5, "squared_hinge"),
            reread="1.4",
        ),
        Mistake(
            id="no-maximum",
            text=Text(
                "You used $1 - m$ for every sample. Beyond the margin 1 the hinge is 0, not negative.",
                "你对每个样本都用了 $1 - m$。间隔超过 1 时铰链损失为 0，而不是负数。",
            ),
            answers=_hinges(lambda m: 1 - m),
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="threshold-zero",
            text=Text(
                "You used $\\max\\{0, -m\\}$, which stops at the margin 0. The hinge goes on to the margin 1.",
                "你用的是 $\\max\\{0, -m\\}$，它在间隔为 0 处就停止了。铰链损失一直作用到间隔为 1。",
            ),
            answers=_hinges(lambda m: np.maximum(0.0, -m)),
            core=True,
            reread="1.4",
        ),
        Mistake(
            id="mean-over-active",
            text=Text(
                "You divided by the number of samples with a margin below 1; the mean runs over all samples.",
                "你除以了间隔小于 1 的样本个数；平均应对全部样本进行。",
            ),
            answers=_scaled(lambda m: len(m) / int((m < 1).sum()), "hinge", "squared_hinge"),
            reread="1.4",
        ),
        Mistake(
            id="square-of-the-mean",
            text=Text(
                "You squared the mean of the hinge losses. Square each one first, then average.",
                "你把铰链损失的平均值平方了。应当先把每一项平方，再求平均。",
            ),
            answers=lambda p: {"squared_hinge": 0.5 * float(hinge(_margins(p)).mean()) ** 2},
            reread="1.4",
        ),
        Mistake(
            id="binary-logarithm",
            text=Text(
                "You used the logarithm to base 2; here it is the natural one.",
                "你用的是以 2 为底的对数；本题用自然对数。",
            ),
            answers=_scaled(lambda _: 1 / float(np.log(2.0)), "logistic"),
            reread="1.4",
        ),
        Mistake(
            id="decimal-logarithm",
            text=Text(
                "You used the logarithm to base 10; here it is the natural one.",
                "你用的是以 10 为底的对数；本题用自然对数。",
            ),
            answers=_scaled(lambda _: 1 / float(np.log(10.0)), "logistic"),
            reread="1.4",
        ),
        Mistake(
            id="loss-of-the-mean-margin",
            text=Text(
                "You averaged the margins first and took the loss of their mean. Average the losses.",
                "你先对间隔求平均，再计算损失。应当对各个损失求平均。",
            ),
            answers=lambda p: {  # for the hinge it mostly comes to the same as leaving out the maximum
                name: loss(_margins(p).mean())
                for name, loss in (("squared_hinge", squared_hinge), ("logistic", logistic))
            },
            reread="1.4",
        ),
        Mistake(
            id="errors-only",
            text=Text(
                "You added up only the samples that are misclassified. Rightly classified ones have a loss, too, when "
                "their margin is small.",
                "你只累加了分类错误的样本。分类正确但间隔较小的样本也有损失。",
            ),
            answers=lambda p: {
                name: loss(_margins(p)[_margins(p) <= 0]).sum() / len(p["y"])
                for name, loss in (("hinge", hinge), ("squared_hinge", squared_hinge), ("logistic", logistic))
            },
            reread="1.4",
        ),
    ),
)
