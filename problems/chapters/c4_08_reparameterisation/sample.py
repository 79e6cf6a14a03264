"""A reparameterised sample and its gradients: the numbers of the exercise and what follows from them."""

from typing import TypedDict

import numpy as np

from problems.chapters.chained import Part, Parts
from problems.problem import Answers
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


def residual(p: Sample, given: Answers) -> Array:
    """∂L/∂z."""
    difference: Array = np.array(given["z"], dtype=np.float64) - np.array(p["target"])
    return difference


PARTS: Parts[Sample] = {
    "z": Part((), lambda p, _: reparameterise(p["mu"], p["sigma"], p["epsilon"])),
    "dz_dmu": Part((), lambda p, _: reparameterisation_gradient(p["epsilon"])[0]),
    "dz_dsigma": Part((), lambda p, _: reparameterisation_gradient(p["epsilon"])[1]),
    "dL_dmu": Part(("z", "dz_dmu"), lambda p, given: residual(p, given) * np.asarray(given["dz_dmu"])),
    "dL_dsigma": Part(("z", "dz_dsigma"), lambda p, given: residual(p, given) * np.asarray(given["dz_dsigma"])),
}
