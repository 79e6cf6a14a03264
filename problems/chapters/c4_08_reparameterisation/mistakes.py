"""What can go wrong in the sample, in its slopes and in the gradients that flow through it."""

from collections.abc import Callable

import numpy as np

from problems.chapters.c4_08_reparameterisation.sample import DIMENSIONS, Sample, solve
from problems.chapters.chained import Slips
from problems.problem import Answers
from problems.text import Text
from solvers.samples import Array


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
