"""How long it takes to know all wrong answers to a variant: mistakes run together and one by one, then matching.

Prints ratios to the time of the key, which hold on any machine: ``python benchmarks/diagnosis.py``
"""

import functools
import time

import numpy as np

from problems.catalogue import find
from problems.dealing import deal
from problems.grading import grade
from problems.problem import OneOf
from problems.set1.ex07_sgd import problem as sgd
from problems.set1.ex09_adagrad import problem as adagrad
from problems.set1.rounded_runs import ROUNDED
from problems.set1.sample_orders import WRONG_NUMBERS, WRONG_ORDERS
from problems.variant import Variant

SEEDS = range(1, 6)


def seconds(work, repeat=10):
    """The least of several runs."""
    least = float("inf")
    for _ in range(repeat):
        begin = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - begin)
    return least


def fresh(variant):
    return Variant(variant.problem, variant.seed, variant.parameters, variant.layout)


def one_by_one(module, parameters):
    """What the shared runs of exercises 1.7 and 1.9 replace: a run for each gradient, order and rounding."""
    n, steps = len(parameters["y"]), parameters["steps"]
    with np.errstate(over="ignore", invalid="ignore"):
        for gradient, _ in module.GRADIENTS.values():
            module.run(parameters, gradient)
        for order, _ in (*WRONG_NUMBERS.values(), *WRONG_ORDERS.values()):
            module.run(parameters, order=order(n, steps))
        for _ in ROUNDED:
            module.run(parameters, project=lambda w: np.rint(100 * w) / 100)


def together(problem, parameters):
    for run in {mistake.answers.together for mistake in problem.mistakes if isinstance(mistake.answers, OneOf)}:
        run(parameters)


def ratios(module):
    """Times of the shared runs one by one, of the shared runs together, and of all mistakes, over that of the key."""
    totals = [0.0, 0.0, 0.0, 0.0]
    for seed in SEEDS:
        variant = deal(module.problem, seed)
        works = (
            module.problem.solve,
            lambda p: one_by_one(module, p),
            lambda p: together(module.problem, p),
            lambda _, v=variant: fresh(v).mistaken,
        )
        for place, work in enumerate(works):
            totals[place] += seconds(functools.partial(work, variant.parameters))
    return [total / totals[0] for total in totals[1:]]


def main():
    for module in (sgd, adagrad):
        single, shared, every = ratios(module)
        print(
            f"{module.problem.id}   key 1; shared runs one by one {single:.1f}, together {shared:.1f};"
            f" all {len(module.problem.mistakes)} mistakes {every:.1f}"
        )
    variant = deal(find("1.7"), 1)
    wrong = {"w": [component + 0.01 for component in variant.solved["w"]]}
    grade(variant, "open", wrong)
    right = seconds(lambda: grade(variant, "open", variant.solved), 200)
    missed = seconds(lambda: grade(variant, "open", wrong), 200)
    print(f"1.7   grading, with {len(variant.candidates.causes)} candidates: wrong / right = {missed / right:.1f}")


if __name__ == "__main__":
    main()
