"""The divergence of a Gaussian code from the standard normal, as exercises 2.8 and 2.9 speak of it."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.chained import Part, Parts, Slips, by_label, follow, with_slips
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import column, tenths
from problems.chapters.network_exhibits import COMPONENT, units_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.latent import divergence, standard_deviation
from solvers.samples import Array


class Code(TypedDict):
    """What an encoder returns for one input: `mu` (d,) and `log_variance` (d,), ln σ²."""

    mu: list[float]
    log_variance: list[float]


DIMENSIONS = 2


def draw(draws: Draws) -> Code:
    return Code(
        mu=[tenths(draws, 2, 20) for _ in range(DIMENSIONS)],
        log_variance=[tenths(draws, 3, 9) for _ in range(DIMENSIONS)],
    )


def solve(p: Code) -> Answers:
    sigma = standard_deviation(p["log_variance"])
    components = divergence(p["mu"], sigma)
    return {"sigma": sigma, "components": components, "divergence": components.sum()}


PARTS: Parts[Code] = {
    "sigma": Part((), lambda p, _: standard_deviation(p["log_variance"])),
    "components": Part(("sigma",), lambda p, given: divergence(p["mu"], given["sigma"])),
    "divergence": Part(("components",), lambda _, given: np.sum(given["components"])),
}


def ill_posed(p: Code) -> str | None:
    if len(set(p["log_variance"])) < DIMENSIONS:
        return "the components have the same variance"
    if np.min(solve(p)["components"]) < 0.03:
        return "a divergence is too small for three decimals"
    return None


_SIGMA = Tolerance("absolute", 0.001)
_FOLLOWING = Tolerance("absolute", 0.002)
"""Room for what rounding the answer before and this one brings, so that both count."""

FIELDS = (
    Field(name="sigma", kind=Vector(DIMENSIONS, _SIGMA), label=r"\sigma ="),
    Field(name="components", kind=Vector(DIMENSIONS, _FOLLOWING), label=r"(D_1, D_2)^\top =", follows=("sigma",)),
    Field(name="divergence", kind=Number(_FOLLOWING), label="D =", follows=("components",)),
)


def values(p: Code) -> dict[str, str | Text]:
    key = solve(p)
    return {
        "sigma": column(key["sigma"]),
        "variance": column(np.exp(np.array(p["log_variance"]))),
        **{
            f"terms_{i}": _terms(mu, log) for i, (mu, log) in enumerate(zip(p["mu"], p["log_variance"], strict=True), 1)
        },
        **{f"component_{i}": f"{value:.6f}" for i, value in enumerate(key["components"], start=1)},
        "divergence": latex_number(float(key["divergence"]), 6),
    }


def _terms(mu: float, log_variance: float) -> str:
    """μ² + σ² − 1 − ln σ² in numbers."""
    logarithm = f"{'-' if log_variance >= 0 else '+'} {latex_number(abs(log_variance))}"
    return f"{latex_number(round(mu * mu, 6))} + {math.exp(log_variance):.6f} - 1 {logarithm}"


def exhibits(p: Code) -> Exhibits:
    key, logarithms = solve(p), np.array(p["log_variance"])
    columns = {
        "mu": (r"\mu_i", np.array(p["mu"])),
        "log_variance": (r"\ln \sigma_i^2", logarithms),
        "sigma": (r"\sigma_i", key["sigma"]),
        "variance": (r"\sigma_i^2", np.exp(logarithms)),
        "divergence": ("D_i", key["components"]),
    }
    caption = Text("Every component of the code and its divergence.", "编码的各分量及其散度。")
    return Exhibits((units_table("components", caption, COMPONENT, columns),))


def _half_sum(terms: Callable[[Array, Array, Array], Array]) -> Callable[[Code], Answers]:
    """The components as half a wrong sum of terms, from μ, σ² and ln σ²."""

    def slip(p: Code) -> Answers:
        log_variance = np.array(p["log_variance"])
        return {"components": terms(np.array(p["mu"]), np.exp(log_variance), log_variance) / 2}

    return slip


SLIPS: Slips[Code] = {
    "variance-for-deviation": (
        lambda p: {"sigma": np.exp(p["log_variance"])},
        Text(
            "You gave the variance $\\sigma^2 = e^{\\ln \\sigma^2}$; the standard deviation is its root, "
            "$\\sigma = e^{\\frac12 \\ln \\sigma^2}$.",
            "你写的是方差 $\\sigma^2 = e^{\\ln \\sigma^2}$；标准差是它的平方根，即 $\\sigma = e^{\\frac12 \\ln "
            "\\sigma^2}$。",
        ),
    ),
    "half-forgotten": (
        lambda p: {"components": 2 * solve(p)["components"]},
        Text("The factor $\\frac12$ before the bracket is missing.", "漏掉了括号前的因子 $\\frac12$。"),
    ),
    "log-deviation": (
        _half_sum(lambda mu, variance, log: mu**2 + variance - 1 - log / 2),
        Text(
            "You subtracted $\\ln \\sigma$; it is $\\ln \\sigma^2 = 2 \\ln \\sigma$, the number that is given.",
            "你减去的是 $\\ln \\sigma$；应当减去 $\\ln \\sigma^2 = 2 \\ln \\sigma$，也就是给定的数。",
        ),
    ),
    "deviation-not-squared": (
        _half_sum(lambda mu, variance, log: mu**2 + np.sqrt(variance) - 1 - log),
        Text(
            "You added $\\sigma$ where the variance $\\sigma^2$ belongs.",
            "你加的是 $\\sigma$；这里应当是方差 $\\sigma^2$。",
        ),
    ),
    "mean-not-squared": (
        _half_sum(lambda mu, variance, log: mu + variance - 1 - log),
        Text("You added $\\mu$ where its square belongs.", "你加的是 $\\mu$；这里应当是它的平方。"),
    ),
    "mean-forgotten": (
        _half_sum(lambda _, variance, log: variance - 1 - log),
        Text(
            "You left out $\\mu^2$: a code that lies away from 0 costs, too.",
            "你漏掉了 $\\mu^2$：均值偏离 0 也有代价。",
        ),
    ),
    "logarithm-added": (
        _half_sum(lambda mu, variance, log: mu**2 + variance - 1 + log),
        Text("The logarithm is subtracted, not added.", "对数项应当减去，而不是加上。"),
    ),
    "one-forgotten": (
        _half_sum(lambda mu, variance, log: mu**2 + variance - log),
        Text(
            "The $-1$ in the bracket is missing: without it the standard normal would not have the divergence 0.",
            "括号中漏掉了 $-1$：少了它，标准正态分布自身的散度就不是 0。",
        ),
    ),
    "reversed": (
        _half_sum(lambda mu, variance, log: (1 + mu**2) / variance - 1 + log),
        Text(
            "You computed the divergence of $N(0, 1)$ from $N(\\mu, \\sigma^2)$; the order matters.",
            "你算的是 $N(0, 1)$ 相对于 $N(\\mu, \\sigma^2)$ 的散度；两者的次序不能交换。",
        ),
    ),
    "negative": (
        lambda p: {"components": -solve(p)["components"]},
        Text(
            "The sign is wrong: a divergence is never negative. In the objective that is maximised it stands with a "
            "minus.",
            "符号反了：散度不会是负数。只有在要最大化的目标函数中，它前面才有负号。",
        ),
    ),
    "averaged": (
        lambda p: {"divergence": np.mean(solve(p)["components"])},
        Text(
            "You averaged over the components; for independent components the divergences add up.",
            "你对各分量取了平均；分量相互独立时，散度应当相加。",
        ),
    ),
}

problem = Problem(
    id="c4.7",
    version=1,
    topic="latent-variables",
    folder=Path(__file__).parent,
    printed=Code(mu=[0.5, -1.2], log_variance=[-0.8, 0.6]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: FIELDS,
    follow=follow(PARTS),
    values=values,
    exhibits=exhibits,
    show_option=lambda _, answers: by_label(FIELDS, answers),
    mistakes=mistakes(
        with_slips(PARTS, SLIPS),
        core=frozenset({"variance-for-deviation", "half-forgotten", "log-deviation", "averaged"}),
        reread="",
    ),
    printed_options={
        "A": {"sigma": (0.449, 1.822), "components": (0.526, 1.28), "divergence": 1.806},
        "B": {"sigma": (0.67, 1.35), "components": (0.25, 0.831), "divergence": 1.081},
        "C": {"sigma": (0.67, 1.35), "components": (0.499, 1.662), "divergence": 2.161},
        "D": {"sigma": (0.67, 1.35), "components": (0.05, 0.981), "divergence": 1.031},
    },
)
