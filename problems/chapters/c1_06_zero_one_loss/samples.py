"""The samples and weights of the classifier, and how they are drawn."""

from typing import TypedDict

import numpy as np

from problems.draws import Draws
from solvers.linear_model import with_bias
from solvers.samples import Array


class Classifier(TypedDict):
    """`X` (n, 2): rows are samples; `y` (n,): labels ±1; `w` (3,): the weights in halves, the bias first."""

    X: list[list[int]]
    y: list[int]
    w: list[float]


SIDE = range(-4, 5)


def draw(draws: Draws) -> Classifier:
    """5 or 6 samples with whole coordinates, one of them exactly on the decision line."""
    n = draws.choice((5, 6))
    on: list[list[int]] = []
    while not on:
        twice = [draws.choice((-6, -4, -2, 2, 4, 6)), draws.integer(-5, 5), draws.integer(-5, 5)]
        grid = [[a, b] for a in SIDE for b in SIDE]
        on = [x for x in grid if _twice_the_score(twice, x) == 0]
    off = [x for x in grid if _twice_the_score(twice, x) != 0]
    samples = draws.shuffled([draws.choice(on), *draws.sample(off, n - 1)])
    return Classifier(X=samples, y=[draws.choice((-1, 1)) for _ in range(n)], w=[k / 2 for k in twice])


def _twice_the_score(twice: list[int], x: list[int]) -> int:
    return twice[0] + twice[1] * x[0] + twice[2] * x[1]


def arrays(p: Classifier) -> tuple[Array, Array, Array]:
    """The weights (3,), X with the constant feature 1 in front (n, 3), and y (n,): in the order of `solvers.losses`."""
    return np.array(p["w"], dtype=np.float64), with_bias(p["X"]), np.array(p["y"], dtype=np.float64)
