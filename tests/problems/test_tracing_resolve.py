"""Runs with one wrong step, made by a second program: plain Python from the data of the exercise, no solver, no rule.

`test_tracing.py` makes its errors with the rules that the checker itself tries, which proves its tolerances and nothing
about the rules. Here every step, right or wrong, is written anew, and the checker must say the same of it.
"""

import math
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from problems.catalogue import find
from problems.dealing import deal
from problems.trace_reading import read_trace
from problems.trace_report import check_run

Row = list[float]
DESCENTS = ("1.6", "1.7", "1.8", "1.9", "c2.2", "c2.5", "c2.6")
TRACED = (*DESCENTS, "1.10", "c3.1")
WITH_BIAS = {"c2.2", "c2.5", "c2.6", "c3.1"}
ONE_SAMPLE = {"1.7", "1.9", "c2.5", "c2.6"}
DIGITS = (3, 4, 6, 15)

FACTORS: dict[str, Callable[[float, float], float]] = {
    # What stands before x, from the score s and the label y, on the squared hinge.
    "right": lambda s, y: s - y if y * s < 1 else 0.0,
    "no-margin-condition": lambda s, y: s - y,
    "threshold-zero": lambda s, y: s - y if y * s <= 0 else 0.0,
    "no-label-in-margin": lambda s, y: s - y if s < 1 else 0.0,
    "residual-to-one": lambda s, y: s - 1 if y * s < 1 else 0.0,
    "hinge": lambda s, y: -y if y * s < 1 else 0.0,
    "logistic": lambda s, y: -y / (1 + math.exp(y * s)),
    "ascent": lambda s, y: y - s if y * s < 1 else 0.0,
}
RESIDUALS: dict[str, Callable[[float, float], float]] = {
    "right": lambda s, y: s - y,
    "ascent": lambda s, y: y - s,
    "sign-only": lambda s, y: float((s > y) - (s < y)),
}


class Program:
    """One exercise, and its steps from any rows."""

    ways: list[str]
    """The wrong ways to make a step."""
    steps: int

    def __init__(self, problem: str, seed: int) -> None:
        self.id = problem
        self.p: dict[str, Any] = deal(find(problem), seed).parameters
        self.X = [[1.0, *x] if problem in WITH_BIAS else [float(a) for a in x] for x in self.p["X"]]
        self.y = [float(label) for label in self.p["y"]]

    def sample(self, t: int) -> int:
        return self.p["order"][t] - 1 if "order" in self.p else t % len(self.y)

    def follow(self, rows: list[Row], way: str = "right") -> Row:
        raise NotImplementedError

    def go_on(self, rows: list[Row], way: str = "right", decimals: int | None = None) -> list[Row]:
        rows = list(rows)
        while len(rows) <= self.steps:
            row = self.follow(rows, way)
            rows.append(row if decimals is None else [round(each, decimals) for each in row])
        return rows


class Descent(Program):
    """1.6 to 1.9, c2.2, c2.5 and c2.6."""

    def __init__(self, problem: str, seed: int) -> None:
        super().__init__(problem, seed)
        self.steps = self.p["steps"] if "steps" in self.p else len(self.p["order"])
        self.factors = RESIDUALS if problem in {"c2.2", "c2.5"} else FACTORS
        every = [*self.factors, "skip", "next-sample", "factor-two", "half-gradient"]
        per_problem = {
            "1.8": ["no-momentum", "nesterov", "moving-average", "momentum-subtracted", "step-size-twice"],
            "1.9": ["no-root", "no-accumulation", "plain-sgd", "scalar-accumulator"],
            "c2.5": ["constant-step", "one-over-t", "grows"],
        }
        averaged = [] if problem in ONE_SAMPLE else ["sum-instead-of-mean"]
        self.ways = [way for way in [*every, *averaged, *per_problem.get(problem, [])] if way != "right"]

    def gradient(self, w: Row, t: int, way: str) -> Row:
        factor = self.factors.get(way, self.factors["right"])
        seen = [self.sample(t)] if self.id in ONE_SAMPLE else list(range(len(self.y)))
        if way == "next-sample":
            seen = [(i + 1) % len(self.y) for i in seen]
        g = [0.0] * len(w)
        for i in seen:
            s = math.fsum(a * b for a, b in zip(w, self.X[i], strict=True))
            for j, x in enumerate(self.X[i]):
                g[j] += factor(s, self.y[i]) * x / len(seen)
        scale = {"factor-two": 2.0, "half-gradient": 0.5, "sum-instead-of-mean": len(self.y), "skip": 0.0}
        return [scale.get(way, 1.0) * each for each in g]

    def follow(self, rows: list[Row], way: str = "right") -> Row:
        t, w = len(rows) - 1, rows[-1]
        eta = self.p.get("step_size", 0.0)
        if "rate" in self.p:
            n = t + 1
            eta = self.p["rate"] * {"constant-step": 1.0, "one-over-t": 1 / n, "grows": n**0.5}.get(way, n**-0.5)
        if self.id == "1.8":
            return self.with_momentum(rows, way)
        g = self.gradient(w, t, way)
        if self.id == "1.9" and way != "plain-sgd":
            return self.adapted(rows, g, way)
        return [a - eta * b for a, b in zip(w, g, strict=True)]

    def with_momentum(self, rows: list[Row], way: str) -> Row:
        w, eta, alpha = rows[-1], self.p["step_size"], self.p["momentum"]
        v = [a - b for a, b in zip(w, rows[-2], strict=True)] if len(rows) > 1 else [0.0] * len(w)
        at = [a + alpha * b for a, b in zip(w, v, strict=True)] if way == "nesterov" else w
        g = self.gradient(at, len(rows) - 1, way)
        eta *= {"moving-average": 1 - alpha, "step-size-twice": eta}.get(way, 1.0)
        alpha *= {"no-momentum": 0.0, "momentum-subtracted": -1.0}.get(way, 1.0)
        return [a + alpha * b - eta * c for a, b, c in zip(w, v, g, strict=True)]

    def adapted(self, rows: list[Row], g: Row, way: str) -> Row:
        before = [self.gradient(row, t, "right") for t, row in enumerate(rows[:-1])]
        r = [math.fsum(h[j] ** 2 for h in [*before, g]) for j in range(len(g))]
        divisors = {
            "no-root": r,
            "no-accumulation": [abs(each) for each in g],
            "scalar-accumulator": [math.sqrt(sum(r))] * len(g),
        }.get(way, [math.sqrt(each) for each in r])
        scale = zip(rows[-1], g, divisors, strict=True)
        return [w - self.p["step_size"] * a / (self.p["epsilon"] + b) for w, a, b in scale]


class Perceptron(Program):
    """1.10 and c3.1: a visit a step; scores are rounded as on paper, where 0 is 0."""

    WAYS: ClassVar = {
        # Whether the sample moves the weights, from its score and label; and what is added then.
        "right": (lambda s, y: s * y <= 0, lambda x, y: [y * a for a in x]),
        "strict-inequality": (lambda s, y: s * y < 0, lambda x, y: [y * a for a in x]),
        "every-sample": (lambda _s, _y: True, lambda x, y: [y * a for a in x]),
        "double-step": (lambda s, y: s * y <= 0, lambda x, y: [2 * y * a for a in x]),
        "no-label-in-update": (lambda s, y: s * y <= 0, lambda x, _y: x),
        "wrong-sign": (lambda s, y: s * y <= 0, lambda x, y: [-y * a for a in x]),
    }
    ONLY: ClassVar = {
        "1.10": {
            "threshold-one": (lambda s, y: s * y < 1, lambda x, y: [y * a for a in x]),
            "half-step": (lambda s, y: s * y <= 0, lambda x, y: [y * a / 2 for a in x]),
            "no-label-in-test": (lambda s, _y: s <= 0, lambda x, y: [y * a for a in x]),
        },
        "c3.1": {
            "zero-counts-as-negative": (lambda s, y: (s > 0) != (y > 0), lambda x, y: [y * a for a in x]),
            "no-bias": (lambda s, y: s * y <= 0, lambda x, y: [0.0, *(y * a for a in x[1:])]),
            "bias-without-label": (lambda s, y: s * y <= 0, lambda x, y: [1.0, *(y * a for a in x[1:])]),
        },
    }

    def __init__(self, problem: str, seed: int) -> None:
        super().__init__(problem, seed)
        self.made = self.WAYS | self.ONLY[problem]
        self.ways = ["skip", *(way for way in self.made if way != "right")]
        self.steps = self.p["passes"] * len(self.y) if "passes" in self.p else self.until_separated()

    def until_separated(self) -> int:
        """The visits up to the end of the first pass that changes nothing."""
        n, rows = len(self.y), [[float(each) for each in self.p["w0"]]]
        while True:
            for _ in range(n):
                rows.append(self.follow(rows))
            if all(row == rows[-1] for row in rows[-n - 1 :]):
                return len(rows) - 1

    def follow(self, rows: list[Row], way: str = "right") -> Row:
        i, w = self.sample(len(rows) - 1), rows[-1]
        moves, step = self.made["right" if way == "skip" else way]
        s = round(math.fsum(a * b for a, b in zip(w, self.X[i], strict=True)), 9)
        if way == "skip" or not moves(s, self.y[i]):
            return w
        return [a + b for a, b in zip(w, step(self.X[i], self.y[i]), strict=True)]


def program(problem: str, seed: int) -> Program:
    return (Descent if problem in DESCENTS else Perceptron)(problem, seed)


NAMES = {
    "skip": {"sample-skipped", "no-move"},
    # In a single step these are one and the same: sample i + 1 for sample i.
    "next-sample": {"other-sample", "starts-at-second", "counted-from-zero"},
}


def csv(rows: list[Row], decimals: int) -> str:
    return "\n".join(",".join(f"{cell:.{decimals}f}" for cell in row) for row in rows)


def apart(a: Row, b: Row) -> float:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def count(problem: str, runs: int, seed: int) -> Counter[str]:
    draw = random.Random(f"{problem} {seed}")
    counted: Counter[str] = Counter()
    while counted["runs"] < runs:
        made = program(problem, draw.randrange(1, 60))
        start = [float(each) for each in made.p["w0"]]
        decimals, way, step = draw.choice(DIGITS), draw.choice(made.ways), draw.randint(1, made.steps)
        carried = decimals if draw.random() < 0.3 and decimals < 15 else None
        right = made.go_on([start], decimals=carried)
        wrong = made.follow(right[:step], way)
        unit = 10.0**-decimals
        if not 10 * unit < apart(wrong, right[step]) < 1e3:
            continue
        others = [made.follow(right[:step], other) for other in made.ways if other != way]
        unique = all(apart(other, wrong) > 10 * unit for other in others)
        lasts = draw.random() < 0.5 and way != "skip"
        rows = made.go_on([*right[:step], wrong], way if lasts else "right", carried)
        if max(abs(cell) for row in rows for cell in row) > 1e6:
            continue
        found = check_run(find(problem), made.p, read_trace(csv(rows, decimals)))
        names = {found.mistake, *found.candidates}
        counted["runs"] += 1
        counted["step"] += found.first_wrong == step
        if way not in NAMES and way not in {mistake.id for mistake in find(problem).tracing.mistakes}:
            counted["undeclared"] += 1  # no mistake of this exercise: nothing must be named
            counted["undeclared, named"] += unique and found.mistake is not None
            continue
        counted["unique"] += unique
        counted["named"] += unique and bool(names & NAMES.get(way, {way}))
        counted["alone"] += unique and found.mistake in NAMES.get(way, {way})
        if unique and found.mistake not in {None, *NAMES.get(way, {way})}:
            counted[f"{way} → {found.mistake}"] += 1
    return counted


@pytest.mark.parametrize("problem", TRACED)
def test_the_checker_agrees_with_a_second_program(problem: str) -> None:
    for seed in range(6):
        made = program(problem, seed)
        for decimals in DIGITS:
            clean = made.go_on([[float(each) for each in made.p["w0"]]])
            assert check_run(find(problem), made.p, read_trace(csv(clean, decimals))).correct


@pytest.mark.parametrize("problem", TRACED)
def test_errors_of_a_second_program_are_found(problem: str) -> None:
    counted = count(problem, 40, seed=1)
    assert counted["step"] >= 0.97 * counted["runs"], counted
    assert counted["named"] >= 0.95 * counted["unique"], counted
    assert counted["alone"] >= 0.85 * counted["unique"], counted
    assert counted["undeclared, named"] <= 0.05 * max(20, counted["undeclared"]), counted


@pytest.mark.soak
@pytest.mark.parametrize("problem", TRACED)
def test_many_errors_of_a_second_program_are_found(problem: str) -> None:
    counted = count(problem, 1_000, seed=2)
    print(problem, dict(counted))  # noqa: T201 - the figures of the soak run
    assert counted["step"] >= 0.99 * counted["runs"], counted
    assert counted["named"] >= 0.97 * counted["unique"], counted
    assert counted["alone"] >= 0.9 * counted["unique"], counted
    assert counted["undeclared, named"] <= 0.05 * max(20, counted["undeclared"]), counted
