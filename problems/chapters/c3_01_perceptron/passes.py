"""The passes of the perceptron, until one of them changes nothing."""

from problems.chapters.descent_data import Array, Regression, arrays
from problems.problem import Answers
from solvers.perceptron import Separation, perceptron_until_separated

MAX_PASSES = 30


def run(p: Regression) -> Separation:
    return perceptron_until_separated(*arrays(p), MAX_PASSES)


def counted(iterates: Array) -> Answers:
    """The last weights, and how many of the visits changed them."""
    return {"w": iterates[-1], "updates": int((iterates[1:] != iterates[:-1]).any(axis=1).sum())}


def solve(p: Regression) -> Answers:
    return counted(run(p).iterates)
