"""A reparameterised sample and the gradients that flow through it, as exercise 2.9 speaks of it."""

from pathlib import Path

import numpy as np

from problems.answers import Vector
from problems.chapters.c4_08_reparameterisation.mistakes import SLIPS
from problems.chapters.c4_08_reparameterisation.sample import DIMENSIONS, PARTS, Sample, residual, solve
from problems.chapters.chained import by_label, follow, with_slips
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


def draw(draws: Draws) -> Sample:
    """Tenths, so that every answer has at most three decimals; σ not 1, which hides squares and roots."""
    return Sample(
        mu=[tenths(draws, 2, 20) for _ in range(DIMENSIONS)],
        sigma=[draws.choice((2, 3, 4, 5, 6, 7, 13, 14, 15, 16)) / 10 for _ in range(DIMENSIONS)],
        epsilon=[tenths(draws, 3, 20) for _ in range(DIMENSIONS)],
        target=[tenths(draws, 2, 20) for _ in range(DIMENSIONS)],
    )


def exhibits(p: Sample) -> Exhibits:
    """All numbers of every component, and the graph of the first one."""
    key = solve(p)
    columns = {
        "mu": (r"\mu", np.array(p["mu"])),
        "sigma": (r"\sigma", np.array(p["sigma"])),
        "epsilon": (r"\epsilon", np.array(p["epsilon"])),
        "z": ("z", np.array(key["z"])),
        "dL_dz": (r"\partial L/\partial z", residual(p, key)),
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
        "residual": column(residual(p, key), None),
        **{name: column(value, None) for name, value in key.items()},
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
