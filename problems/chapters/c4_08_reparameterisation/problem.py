"""A reparameterised sample and the gradients that flow through it, as exercise 2.9 speaks of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Vector
from problems.chapters.chained import Part, Parts, Slips, by_label, follow, with_slips
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import column, tenths
from problems.chapters.network_exhibits import COMPONENT, units_table
from problems.charts import plain
from problems.draws import Draws
from problems.exhibits import Arrow, Box, Exhibits, Figure, Graph
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.graph import Node, backpropagate, square
from solvers.latent import reparameterisation_gradient, reparameterise
from solvers.samples import Array


class Sample(TypedDict):
    """Mean `mu`, standard deviation `sigma`, noise `epsilon` and `target` t of a code, each (d,)."""

    mu: list[float]
    sigma: list[float]
    epsilon: list[float]
    target: list[float]


DIMENSIONS = 2


def draw(draws: Draws) -> Sample:
    """Tenths, so that every answer has at most three decimals; σ not 1, which hides squares and roots."""
    return Sample(
        mu=[tenths(draws, 2, 20) for _ in range(DIMENSIONS)],
        sigma=[draws.choice((2, 3, 4, 5, 6, 7, 13, 14, 15, 16)) / 10 for _ in range(DIMENSIONS)],
        epsilon=[tenths(draws, 3, 20) for _ in range(DIMENSIONS)],
        target=[tenths(draws, 2, 20) for _ in range(DIMENSIONS)],
    )


def solve(p: Sample) -> Answers:
    dz_dmu, dz_dsigma = reparameterisation_gradient(p["epsilon"])
    mu, sigma = ([Node(value) for value in p[name]] for name in ("mu", "sigma"))
    loss = 0.5 * sum(
        (square(m + s * e - t) for m, s, e, t in zip(mu, sigma, p["epsilon"], p["target"], strict=True)), Node(0.0)
    )
    gradient = backpropagate(loss)
    return {
        "z": reparameterise(p["mu"], p["sigma"], p["epsilon"]),
        "dz_dmu": dz_dmu,
        "dz_dsigma": dz_dsigma,
        "dL_dmu": np.array([gradient[m] for m in mu]),
        "dL_dsigma": np.array([gradient[s] for s in sigma]),
    }


def exhibits(p: Sample) -> Exhibits:
    """All numbers of every component, and the graph of the first one."""
    key = solve(p)
    columns = {
        "mu": (r"\mu", np.array(p["mu"])),
        "sigma": (r"\sigma", np.array(p["sigma"])),
        "epsilon": (r"\epsilon", np.array(p["epsilon"])),
        "z": ("z", np.array(key["z"])),
        "dL_dz": (r"\partial L/\partial z", _residual(p, key)),
        "dL_dmu": (r"\partial L/\partial \mu", np.array(key["dL_dmu"])),
        "dL_dsigma": (r"\partial L/\partial \sigma", np.array(key["dL_dsigma"])),
    }
    caption = Text("Each component, and the gradients that reach it.", "各分量，以及传到它的梯度。")
    return Exhibits((units_table("components", caption, COMPONENT, columns),), (_graph(p, key),))


def _graph(p: Sample, key: Answers) -> Figure:
    mu, sigma, noise, target = (p[name][0] for name in ("mu", "sigma", "epsilon", "target"))
    z, to_mu, to_sigma = (float(key[name][0]) for name in ("z", "dL_dmu", "dL_dsigma"))
    error = z - target
    boxes = (
        Box(0.0, 0.0, _equal(r"\mu_1", mu), (_equal(r"\partial L", to_mu),)),
        Box(1.0, 0.0, _equal(r"\sigma_1", sigma), (_equal(r"\partial L", to_sigma),)),
        Box(2.0, 0.0, _equal(r"\epsilon_1", noise)),
        Box(1.0, 1.1, _equal("z_1", z), (_equal(r"\partial L", error),)),
        Box(1.0, 2.2, _equal("L_1", error**2 / 2)),
    )
    arrows = (
        Arrow(0, 3, "$1$"),
        Arrow(1, 3, f"${latex_number(noise)}$"),
        Arrow(2, 3),
        Arrow(3, 4, f"${_digits(error)}$"),
    )
    return Figure(
        id="graph",
        title=Text("The way of the gradient in component 1", "第 1 个分量中梯度的路径"),
        description=Text(
            "Forward from top to bottom; $L_1$ is this component's share of the loss. Each box holds a value and, as "
            "$\\partial L$, the derivative with respect to it; each arrow its local gradient. The noise $\\epsilon$ "
            "stands beside the way: the gradient passes $z$ and reaches $\\mu$ and $\\sigma$.",
            "前向计算从上到下，$L_1$ 是该分量对损失的贡献。方框中是结点的值，以及损失对它的导数（记作 $\\partial L$）；"
            "箭头上是局部梯度。噪声 $\\epsilon$ 在路径之外：梯度经过 $z$ 到达 $\\mu$ 和 $\\sigma$。",
        ),
        alt=Text(
            f"z = {plain(z)} from mean {plain(mu)}, deviation {plain(sigma)} and noise {plain(noise)}. The derivative "
            f"{plain(error)} at z becomes {plain(to_mu)} at the mean and {plain(to_sigma)} at the deviation.",
            f"均值 {plain(mu)}、标准差 {plain(sigma)} 与噪声 {plain(noise)} 给出 z = {plain(z)}。"
            f"z 处的导数 {plain(error)} 传到均值处为 {plain(to_mu)}，传到标准差处为 {plain(to_sigma)}。",
        ),
        drawing=Graph(boxes, arrows),
    )


def _equal(name: str, value: float) -> str:
    return f"${name} = {_digits(value)}$"


def _digits(value: float) -> str:
    return latex_number(float(f"{value:.5g}") + 0.0)


def ill_posed(p: Sample) -> str | None:
    key = solve(p)
    if np.min(np.abs(key["dL_dmu"])) < 0.1 or np.min(np.abs(key["z"])) < 0.05:
        return "the sample hits the target, or zero"
    if np.min(np.abs(np.abs(p["epsilon"]) - 1)) < 0.05:
        return "a noise of 1 multiplies nothing"
    return None


def _residual(p: Sample, given: Answers) -> Array:
    """∂L/∂z."""
    residual: Array = np.array(given["z"], dtype=np.float64) - np.array(p["target"])
    return residual


PARTS: Parts[Sample] = {
    "z": Part((), lambda p, _: reparameterise(p["mu"], p["sigma"], p["epsilon"])),
    "dz_dmu": Part((), lambda p, _: reparameterisation_gradient(p["epsilon"])[0]),
    "dz_dsigma": Part((), lambda p, _: reparameterisation_gradient(p["epsilon"])[1]),
    "dL_dmu": Part(("z", "dz_dmu"), lambda p, given: _residual(p, given) * np.asarray(given["dz_dmu"])),
    "dL_dsigma": Part(("z", "dz_dsigma"), lambda p, given: _residual(p, given) * np.asarray(given["dz_dsigma"])),
}

LABELS = {
    "z": "z =",
    "dz_dmu": r"\frac{\partial z}{\partial \mu} =",
    "dz_dsigma": r"\frac{\partial z}{\partial \sigma} =",
    "dL_dmu": r"\frac{\partial L}{\partial \mu} =",
    "dL_dsigma": r"\frac{\partial L}{\partial \sigma} =",
}

FIELDS = tuple(
    Field(name=name, kind=Vector(DIMENSIONS, Tolerance("absolute", 0.001)), label=LABELS[name], follows=part.builds_on)
    for name, part in PARTS.items()
)


def values(p: Sample) -> dict[str, str | Text]:
    key = solve(p)
    return {
        "scaled_noise": column(np.array(p["sigma"]) * np.array(p["epsilon"]), None),
        "residual": column(_residual(p, key), None),
        **{name: column(value, None) for name, value in key.items()},
    }


def _sample(way: Callable[[Array, Array, Array], Array]) -> Callable[[Sample], Answers]:
    """A wrong z from μ, σ and ε."""
    return lambda p: {"z": way(np.array(p["mu"]), np.array(p["sigma"]), np.array(p["epsilon"]))}


SLIPS: Slips[Sample] = {
    "sigma-as-variance": (
        _sample(lambda mu, sigma, noise: mu + np.sqrt(sigma) * noise),
        Text(
            "You took the root of $\\sigma$. It is a standard deviation already, and multiplies the noise as it is.",
            "你对 $\\sigma$ 开了平方。它本来就是标准差，直接与噪声相乘即可。",
        ),
    ),
    "variance-for-sigma": (
        _sample(lambda mu, sigma, noise: mu + sigma**2 * noise),
        Text(
            "You multiplied the noise by the variance $\\sigma^2$; the sample is $\\mu + \\sigma\\epsilon$.",
            "你用方差 $\\sigma^2$ 乘了噪声；样本应是 $\\mu + \\sigma\\epsilon$。",
        ),
    ),
    "noise-not-scaled": (
        _sample(lambda mu, _, noise: mu + noise),
        Text(
            "You added the noise unscaled; multiply it by $\\sigma$ first.",
            "你直接加上了噪声；应当先乘以 $\\sigma$。",
        ),
    ),
    "exchanged": (
        _sample(lambda mu, sigma, noise: sigma + mu * noise),
        Text(
            "You exchanged $\\mu$ and $\\sigma$: the deviation multiplies the noise, the mean is added.",
            "你把 $\\mu$ 与 $\\sigma$ 弄反了：标准差乘以噪声，再加上均值。",
        ),
    ),
    "noise-subtracted": (
        _sample(lambda mu, sigma, noise: mu - sigma * noise),
        Text("The scaled noise is added, not subtracted.", "缩放后的噪声应当加上，而不是减去。"),
    ),
    "noise-forgotten": (
        _sample(lambda mu, sigma, _: mu + sigma),
        Text(
            "You left out the noise: $\\sigma$ is multiplied by $\\epsilon$.",
            "你漏掉了噪声：$\\sigma$ 要乘以 $\\epsilon$。",
        ),
    ),
    "mean-as-slope": (
        lambda p: {"dz_dmu": p["mu"]},
        Text(
            "You gave $\\mu$ itself. As a function of $\\mu$, $z = \\mu + \\sigma\\epsilon$ has the slope 1.",
            "你写的是 $\\mu$ 本身；把 $z = \\mu + \\sigma\\epsilon$ 看作 $\\mu$ 的函数，斜率是 1。",
        ),
    ),
    "nothing-flows": (
        lambda p: {"dz_dmu": np.zeros(DIMENSIONS), "dz_dsigma": np.zeros(len(p["sigma"]))},
        Text(
            "You let no gradient through, as if $z$ were drawn at random. The noise is random; given it, $z$ is a "
            "function "
            "of $\\mu$ and $\\sigma$.",
            "你没有让梯度通过，好像 $z$ 是直接随机抽取的。随机的只是噪声；噪声给定之后，$z$ 是 $\\mu$ 和 $\\sigma$ "
            "的函数。",
        ),
    ),
    "slope-by-noise": (
        lambda p: {"dz_dsigma": p["sigma"]},
        Text(
            "That is the derivative with respect to $\\epsilon$; with respect to $\\sigma$ it is $\\epsilon$.",
            "这是对 $\\epsilon$ 的导数；对 $\\sigma$ 的导数是 $\\epsilon$。",
        ),
    ),
    "slope-one": (
        lambda _: {"dz_dsigma": np.ones(DIMENSIONS)},
        Text(
            "The factor before $\\sigma$ is the noise: $\\partial z/\\partial\\sigma = \\epsilon$, not 1.",
            "$\\sigma$ 前面的因子是噪声：$\\partial z/\\partial\\sigma = \\epsilon$，而不是 1。",
        ),
    ),
    "reversed-residual": (
        lambda p: {"dL_dmu": -solve(p)["dL_dmu"], "dL_dsigma": -solve(p)["dL_dsigma"]},
        Text(
            "The sign is wrong: $\\partial L/\\partial z = z - t$.",
            "符号反了：$\\partial L/\\partial z = z - t$。",
        ),
    ),
    "factor-two": (
        lambda p: {"dL_dmu": 2 * solve(p)["dL_dmu"], "dL_dsigma": 2 * solve(p)["dL_dsigma"]},
        Text(
            "Twice too large: the $\\frac12$ of the loss cancels the 2 of the square.",
            "大了一倍：损失中的 $\\frac12$ 与平方求导产生的 2 相消。",
        ),
    ),
    "target-forgotten": (
        lambda p: {"dL_dmu": solve(p)["z"], "dL_dsigma": solve(p)["z"] * np.array(p["epsilon"])},
        Text(
            "You left out the target: $\\partial L/\\partial z = z - t$.",
            "你漏掉了目标值：$\\partial L/\\partial z = z - t$。",
        ),
    ),
    "chain-cut": (
        lambda p: {"dL_dsigma": solve(p)["dL_dmu"]},
        Text(
            "That is $\\partial L/\\partial z$; multiply it by $\\partial z/\\partial\\sigma$.",
            "这是 $\\partial L/\\partial z$；还要乘以 $\\partial z/\\partial\\sigma$。",
        ),
    ),
}

problem = Problem(
    id="c4.8",
    version=2,
    topic="latent-variables",
    folder=Path(__file__).parent,
    printed=Sample(mu=[0.5, -1.0], sigma=[0.4, 1.5], epsilon=[-0.5, 1.2], target=[1.0, 0.3]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: FIELDS,
    follow=follow(PARTS),
    values=values,
    exhibits=exhibits,
    mistakes=mistakes(
        with_slips(PARTS, SLIPS),
        core=frozenset({"sigma-as-variance", "variance-for-sigma", "chain-cut", "slope-one"}),
        reread="4.2.1",
    ),
    printed_options={
        "A": {
            "z": (0.3, 0.8),
            "dz_dmu": (1.0, 1.0),
            "dz_dsigma": (1.0, 1.0),
            "dL_dmu": (-0.7, 0.5),
            "dL_dsigma": (-0.7, 0.5),
        },
        "B": {
            "z": (0.42, 1.7),
            "dz_dmu": (1.0, 1.0),
            "dz_dsigma": (-0.5, 1.2),
            "dL_dmu": (-0.58, 1.4),
            "dL_dsigma": (0.29, 1.68),
        },
        "C": {
            "z": (0.3, 0.8),
            "dz_dmu": (1.0, 1.0),
            "dz_dsigma": (-0.5, 1.2),
            "dL_dmu": (-0.7, 0.5),
            "dL_dsigma": (-0.7, 0.5),
        },
        "D": {
            "z": (0.3, 0.8),
            "dz_dmu": (1.0, 1.0),
            "dz_dsigma": (-0.5, 1.2),
            "dL_dmu": (-0.7, 0.5),
            "dL_dsigma": (0.35, 0.6),
        },
    },
    show_option=lambda _, answers: by_label(FIELDS, answers),
)
