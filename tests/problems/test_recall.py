"""Students who make one mistake, written down apart from the exercises' own, are told which it was.

Nothing here comes from `solvers` or from a problem's folder. Every mistake works from `data` alone, in plain Python.
The chapters' other exercises are in `test_recall_chapters.py`, and `conftest.py` says how they are counted.
"""

import math
from itertools import combinations, pairwise

import pytest

SEEDS = range(1, 21)
MORE_SEEDS = range(21, 321)


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def solved(A, b):
    """A⁻¹ b by elimination."""
    rows = [[*map(float, row), float(right)] for row, right in zip(A, b, strict=True)]
    n = len(rows)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[pivot] = rows[pivot], rows[k]
        for i in range(n):
            if i != k:
                share = rows[i][k] / rows[k][k]
                rows[i] = [a - share * p for a, p in zip(rows[i], rows[k], strict=True)]
    return [rows[k][n] / rows[k][k] for k in range(n)]


def with_ones(X):
    return [[1.0, *row] for row in X]


def normal(X, y, ridge=0.0, *, free=False):
    """(XᵀX/n + λI) w = Xᵀy/n; `free` leaves the first weight without penalty."""
    n, d = len(X), len(X[0])
    A = [[sum(row[i] * row[j] for row in X) / n for j in range(d)] for i in range(d)]
    for j in range(d):
        A[j][j] += 0 if free and j == 0 else ridge
    return solved(A, [sum(row[j] * target for row, target in zip(X, y, strict=True)) / n for j in range(d)])


# Descents: 1.6 to 1.9, c2.2, c2.5, c2.6

FACTORS = {
    None: lambda s, y: s - y if y * s < 1 else 0.0,
    "no-margin-condition": lambda s, y: s - y,
    "threshold-zero": lambda s, y: s - y if y * s <= 1e-12 else 0.0,
    "no-label-in-margin": lambda s, y: s - y if s < 1 else 0.0,
    "residual-to-one": lambda s, y: s - 1 if y * s < 1 else 0.0,
    "outer-label-dropped": lambda s, y: y * s - 1 if y * s < 1 else 0.0,
    "label-not-distributed": lambda s, y: y * s - y if y * s < 1 else 0.0,
    "hinge": lambda s, y: -y if y * s < 1 else 0.0,
    "logistic": lambda s, y: -y / (1 + math.exp(min(y * s, 700))),
}


def descent(
    data, factor, *, order=None, steps=None, eta=None, scale=1.0, alpha=0.0, start=None, digits=None, method="plain"
):
    """The last iterate; `order` lists the samples of each step (None: all in every step), `digits` are kept of W."""
    X, y = data["X"], data["y"]
    n, d = len(X), len(X[0])
    w = list(data["w0"] if start is None else start)
    v, r = [0.0] * d, [0.0] * d
    for t in range(len(order) if order is not None else data["steps"] if steps is None else steps):
        rate = data["step_size"] if eta is None else eta(t)
        used = range(n) if order is None else order[t]
        at = [a + alpha * b for a, b in zip(w, v, strict=True)] if method == "nesterov" else w
        factors = [factor(dot(at, X[i]), y[i]) for i in used]
        g = [scale * sum(f * X[i][j] for f, i in zip(factors, used, strict=True)) / len(used) for j in range(d)]
        if method == "average":
            v = [alpha * b + (1 - alpha) * c for b, c in zip(v, g, strict=True)]
            w = [a - rate * b for a, b in zip(w, v, strict=True)]
        elif method == "adagrad":
            r = [a + c * c for a, c in zip(r, g, strict=True)]
            w = [a - rate * c / (data["epsilon"] + math.sqrt(q)) for a, c, q in zip(w, g, r, strict=True)]
        elif method == "adagrad without root":
            r = [a + c * c for a, c in zip(r, g, strict=True)]
            w = [a - rate * c / (data["epsilon"] + q) for a, c, q in zip(w, g, r, strict=True)]
        elif method == "adagrad with one sum":
            r = [r[0] + dot(g, g)] * d
            w = [a - rate * c / (data["epsilon"] + math.sqrt(r[0])) for a, c in zip(w, g, strict=True)]
        elif method == "late velocity":
            w, v = [a + b for a, b in zip(w, v, strict=True)], [alpha * b - rate * c for b, c in zip(v, g, strict=True)]
        else:
            v = [alpha * b - rate * c for b, c in zip(v, g, strict=True)]
            w = [a + b for a, b in zip(w, v, strict=True)]
        if digits is not None:
            w = [round(a, digits) for a in w]
    return {"w": w}


RIGHT = FACTORS[None]


def in_turn(data, steps=None, start=0):
    n = len(data["y"])
    return [[(start + t) % n] for t in range(data["steps"] if steps is None else steps)]


def gradients(data, **options):
    """The mistakes in the gradient, run through a method."""
    return {name: lambda f=f: descent(data, f, **options) for name, f in FACTORS.items() if name}


def wrong_1_6(data):
    n, d = len(data["X"]), len(data["X"][0])
    steps, eta = data["steps"], data["step_size"]
    return gradients(data) | {
        "sum-instead-of-mean": lambda: descent(data, RIGHT, scale=n),
        "factor-two": lambda: descent(data, RIGHT, scale=2),
        "half-gradient": lambda: descent(data, RIGHT, scale=0.5),
        "mean-over-features": lambda: descent(data, RIGHT, scale=n / d),
        "one-step-fewer": lambda: descent(data, RIGHT, steps=steps - 1),
        "one-step-more": lambda: descent(data, RIGHT, steps=steps + 1),
        "single-samples": lambda: descent(data, RIGHT, order=in_turn(data)),
        "single-samples-epochs": lambda: descent(data, RIGHT, order=in_turn(data, n * steps)),
        "decaying-step": lambda: descent(data, RIGHT, eta=lambda t: eta / math.sqrt(t + 1)),
        "momentum-added": lambda: descent(data, RIGHT, alpha=0.5),
        "start-at-ones": lambda: descent(data, RIGHT, start=[1.0] * d),
        "rounded-to-2": lambda: descent(data, RIGHT, digits=2),
    }


def orders(data, **options):
    n, steps = len(data["y"]), data["steps"]
    given = {
        "one-step-fewer": in_turn(data, steps - 1),
        "one-step-more": in_turn(data, steps + 1),
        "one-pass-fewer": in_turn(data, steps - n),
        "one-pass-more": in_turn(data, steps + n),
        "one-pass-only": in_turn(data, n),
        "starts-at-second": in_turn(data, start=1),
        "starts-at-last": in_turn(data, start=n - 1),
        "reversed-order": [[n - 1 - t % n] for t in range(steps)],
        "last-sample-skipped": [[t % (n - 1)] for t in range(steps)],
    }
    return {name: lambda order=order: descent(data, RIGHT, order=order, **options) for name, order in given.items()}


def wrong_1_7(data):
    n, eta = len(data["y"]), data["step_size"]
    turns = in_turn(data)
    return (
        gradients(data, order=turns)
        | orders(data)
        | {
            "factor-two": lambda: descent(data, RIGHT, order=turns, scale=2),
            "divided-by-n": lambda: descent(data, RIGHT, order=turns, scale=1 / n),
            "full-gradient": lambda: descent(data, RIGHT),
            "decaying-step": lambda: descent(data, RIGHT, order=turns, eta=lambda t: eta / math.sqrt(t + 1)),
            "momentum-added": lambda: descent(data, RIGHT, order=turns, alpha=0.5),
            "rounded-to-2": lambda: descent(data, RIGHT, order=turns, digits=2),
        }
    )


def wrong_1_8(data):
    n, alpha, eta = len(data["y"]), data["momentum"], data["step_size"]
    return gradients(data, alpha=alpha) | {
        "sum-instead-of-mean": lambda: descent(data, RIGHT, alpha=alpha, scale=n),
        "factor-two": lambda: descent(data, RIGHT, alpha=alpha, scale=2),
        "mean-over-features": lambda: descent(data, RIGHT, alpha=alpha, scale=n / len(data["X"][0])),
        "one-step-fewer": lambda: descent(data, RIGHT, alpha=alpha, steps=data["steps"] - 1),
        "one-step-more": lambda: descent(data, RIGHT, alpha=alpha, steps=data["steps"] + 1),
        "no-momentum": lambda: descent(data, RIGHT),
        "moving-average": lambda: descent(data, RIGHT, alpha=alpha, method="average"),
        "nesterov": lambda: descent(data, RIGHT, alpha=alpha, method="nesterov"),
        "stale-velocity": lambda: descent(data, RIGHT, alpha=alpha, method="late velocity"),
        "complement-momentum": lambda: descent(data, RIGHT, alpha=1 - alpha),
        "momentum-subtracted": lambda: descent(data, RIGHT, alpha=-alpha),
        "steady-state-rate": lambda: descent(data, RIGHT, eta=lambda _: eta / (1 - alpha)),
        "single-samples": lambda: descent(data, RIGHT, alpha=alpha, order=in_turn(data)),
        "rounded-to-2": lambda: descent(data, RIGHT, alpha=alpha, digits=2),
    }


def wrong_1_9(data):
    turns = in_turn(data)
    return (
        gradients(data, order=turns, method="adagrad")
        | orders(data, method="adagrad")
        | {
            "no-root": lambda: descent(data, RIGHT, order=turns, method="adagrad without root"),
            "scalar-accumulator": lambda: descent(data, RIGHT, order=turns, method="adagrad with one sum"),
            "plain-sgd": lambda: descent(data, RIGHT, order=turns),
            "full-gradient": lambda: descent(data, RIGHT, method="adagrad"),
            "rounded-to-2": lambda: descent(data, RIGHT, order=turns, method="adagrad", digits=2),
        }
    )


def perceptron(data, moves, step=lambda x, y: [y * a for a in x], visits=None):
    """Scores are rounded as on paper, where 0 is 0."""
    w = list(data["w0"])
    for i in range(len(data["y"])) if visits is None else visits:
        x, y = data["X"][i], data["y"][i]
        if moves(round(dot(w, x), 12), y):
            w = [a + b for a, b in zip(w, step(x, y), strict=True)]
    return {"w": w}


def wrong_1_10(data):
    n = len(data["y"])

    def on_mistake(s, y):
        return y * s <= 0

    return {
        "strict-inequality": lambda: perceptron(data, lambda s, y: y * s < 0),
        "threshold-one": lambda: perceptron(data, lambda s, y: y * s < 1),
        "no-label-in-test": lambda: perceptron(data, lambda s, _: s <= 0),
        "correct-samples": lambda: perceptron(data, lambda s, y: y * s >= 0),
        "every-sample": lambda: perceptron(data, lambda _s, _y: True),
        "double-step": lambda: perceptron(data, on_mistake, lambda x, y: [2 * y * a for a in x]),
        "half-step": lambda: perceptron(data, on_mistake, lambda x, y: [y * a / 2 for a in x]),
        "no-label-in-update": lambda: perceptron(data, on_mistake, lambda x, _: x),
        "wrong-sign": lambda: perceptron(data, on_mistake, lambda x, y: [-y * a for a in x]),
        "reversed-order": lambda: perceptron(data, on_mistake, visits=range(n - 1, -1, -1)),
        "starts-at-second": lambda: perceptron(data, on_mistake, visits=range(1, n)),
        "last-sample-skipped": lambda: perceptron(data, on_mistake, visits=range(n - 1)),
        "two-passes": lambda: perceptron(data, on_mistake, visits=[*range(n), *range(n)]),
    }


# Arithmetic


def wrong_1_4(data):
    m = data["layers"]
    weights = sum(a * b for a, b in pairwise(m))
    return {
        "no-biases": lambda: {"count": weights},
        "input-biases": lambda: {"count": weights + sum(m)},
        "hidden-biases-only": lambda: {"count": weights + sum(m[1:-1])},
        "one-bias-per-layer": lambda: {"count": weights + len(m) - 1},
        "source-biases": lambda: {"count": weights + sum(m[:-1])},
        "neurons-counted": lambda: {"count": sum(m)},
        "all-pairs": lambda: {"count": sum(a * b for a, b in combinations(m, 2)) + sum(m[1:])},
        "product-of-widths": lambda: {"count": math.prod(m)},
    }


def wrong_1_5(data):
    (a, b), pairs = data["weights"], list(zip(data["x1"], data["x2"], strict=True))

    def each(f):
        return lambda: {"x": [f(p, q) for p, q in pairs]}

    return {
        "equal-weights": each(lambda p, q: (p + q) / 2),
        "reversed-weights": each(lambda p, q: (b * p + a * q) / (a + b)),
        "not-normalised": each(lambda p, q: a * p + b * q),
        "divided-by-two": each(lambda p, q: (a * p + b * q) / 2),
        "unweighted-numerator": each(lambda p, q: (p + q) / (a + b)),
        "squared-weights": each(lambda p, q: (a * a * p + b * b * q) / (a * a + b * b)),
        "wrong-sign": each(lambda p, q: -(a * p + b * q) / (a + b)),
        "components-swapped": lambda: {"x": [(a * p + b * q) / (a + b) for p, q in reversed(pairs)]},
    }


def wrong_2_4(data):
    (side, _), k, p, s = data["image"], data["kernel"], data["padding"], data["stride"]
    out = ((side + 2 * p - k) // s + 1) ** 2
    dense, filter_ = (side * side + 1) * out, k * k + 1
    return {
        "not-subtracted": lambda: {"difference": dense},
        "dense-weights-only": lambda: {"difference": side * side * out},
        "no-dense-biases": lambda: {"difference": side * side * out - filter_},
        "no-filter-bias": lambda: {"difference": dense - k * k},
        "added": lambda: {"difference": dense + filter_},
        "kernel-not-squared": lambda: {"difference": dense - k - 1},
        "padding-forgotten": lambda: {"difference": (side**2 + 1) * ((side - k) // s + 1) ** 2 - filter_},
    }


# Fits and gradients of least squares


def wrong_c1_1(data):
    X, y = with_ones(data["X"]), data["y"]
    return {
        "no-bias": lambda: {"w": [0.0, *normal(data["X"], y)]},
        "last-trip-missing": lambda: {"w": normal(X[:-1], y[:-1])},
        "one-sided-mean": lambda: {"w": [len(y) * a for a in normal(X, y)]},
        "one-sided-half": lambda: {"w": [a / 2 for a in normal(X, y)]},
        "wrong-sign": lambda: {"w": [-a for a in normal(X, y)]},
        "bias-last": lambda: {"w": [*normal(X, y)[1:], normal(X, y)[0]]},
        "features-swapped": lambda: {"w": [normal(X, y)[j] for j in (0, 2, 1)]},
    }


def wrong_c1_5(data):
    X, y, ridge = with_ones(data["X"]), data["y"], data["ridge"]
    return {
        "no-penalty": lambda: {"w": normal(X, y)},
        "penalty-not-scaled": lambda: {"w": normal(X, y, ridge / len(y))},
        "penalty-times-n": lambda: {"w": normal(X, y, ridge * len(y))},
        "bias-not-penalised": lambda: {"w": normal(X, y, ridge, free=True)},
        "penalty-without-half": lambda: {"w": normal(X, y, 2 * ridge)},
        "half-of-the-penalty": lambda: {"w": normal(X, y, ridge / 2)},
        "penalty-subtracted": lambda: {"w": normal(X, y, -ridge)},
        "slope-first": lambda: {"w": normal(X, y, ridge)[::-1]},
    }


def wrong_c1_8(data):
    X, y, w, ridge = with_ones(data["X"]), data["y"], data["w"], data["ridge"]
    n, d = len(X), len(X[0])
    right = [sum((dot(w, row) - t) * row[j] for row, t in zip(X, y, strict=True)) / n for j in range(d)]

    def both(factor):
        g = [factor * a for a in right]
        return {"gradient": g, "ridge_gradient": [a + ridge * b for a, b in zip(g, w, strict=True)]}

    def penalised(strength):
        return {"gradient": right, "ridge_gradient": [a + strength * b for a, b in zip(right, w, strict=True)]}

    return {
        "residual-sign": lambda: both(-1),
        "sum-instead-of-mean": lambda: both(n),
        "factor-two": lambda: both(2),
        "half-gradient": lambda: both(0.5),
        "penalty-doubled": lambda: penalised(2 * ridge),
        "penalty-halved": lambda: penalised(ridge / 2),
        "penalty-subtracted": lambda: penalised(-ridge),
        "no-penalty": lambda: penalised(0),
    }


def regression(data):
    """The data of a descent on least squares, whose samples carry the constant feature."""
    return data | {"X": with_ones(data["X"])}


def error(s, y):
    return s - y


def wrong_c2_2(data):
    given, n, steps = regression(data), len(data["y"]), data["steps"]
    eta = data["step_size"]
    bare = data | {"w0": data["w0"][1:]}
    return {
        "factor-two": lambda: descent(given, error, scale=2),
        "half-gradient": lambda: descent(given, error, scale=0.5),
        "sum-instead-of-mean": lambda: descent(given, error, scale=n),
        "no-bias": lambda: {"w": [0.0, *descent(bare, error)["w"]]},
        "one-step-fewer": lambda: descent(given, error, steps=steps - 1),
        "one-step-more": lambda: descent(given, error, steps=steps + 1),
        "single-samples": lambda: descent(given, error, order=in_turn(data)),
        "decaying-step": lambda: descent(given, error, eta=lambda t: eta / math.sqrt(t + 1)),
        "momentum-added": lambda: descent(given, error, alpha=0.5),
        "minimiser": lambda: {"w": normal(given["X"], data["y"])},
        "rounded-to-2": lambda: descent(given, error, digits=2),
    }


def wrong_c2_5(data):
    given, n, rate = regression(data), len(data["y"]), data["rate"]
    order = [[i - 1] for i in data["order"]]

    def eta(t):
        return rate / math.sqrt(t + 1)

    return {
        "factor-two": lambda: descent(given, error, order=order, eta=eta, scale=2),
        "constant-step": lambda: descent(given, error, order=order, eta=lambda _: rate),
        "one-over-t": lambda: descent(given, error, order=order, eta=lambda t: rate / (t + 1)),
        "begins-at-two": lambda: descent(given, error, order=order, eta=lambda t: rate / math.sqrt(t + 2)),
        "counted-from-zero": lambda: descent(given, error, order=[[i] for i in data["order"]], eta=eta),
        "reversed-order": lambda: descent(given, error, order=order[::-1], eta=eta),
        "divided-by-n": lambda: descent(given, error, order=order, eta=eta, scale=1 / n),
        "one-step-fewer": lambda: descent(given, error, order=order[:-1], eta=eta),
        "full-gradient": lambda: descent(given, error, order=[range(n)] * len(order), eta=eta),
    }


def wrong_c2_6(data):
    given, n = regression(data), len(data["y"])
    order = [[i - 1] for i in data["order"]]
    return {
        name: lambda f=f: descent(given, f, order=order)
        for name, f in FACTORS.items()
        if name not in (None, "no-label-in-margin")
    } | {
        "factor-two": lambda: descent(given, RIGHT, order=order, scale=2),
        "divided-by-n": lambda: descent(given, RIGHT, order=order, scale=1 / n),
        "one-step-fewer": lambda: descent(given, RIGHT, order=order[:-1]),
        "counted-from-zero": lambda: descent(given, RIGHT, order=[[i] for i in data["order"]]),
        "reversed-order": lambda: descent(given, RIGHT, order=order[::-1]),
    }


STUDENTS = {
    "1.4": wrong_1_4,
    "1.5": wrong_1_5,
    "1.6": wrong_1_6,
    "1.7": wrong_1_7,
    "1.8": wrong_1_8,
    "1.9": wrong_1_9,
    "1.10": wrong_1_10,
    "2.4": wrong_2_4,
    "c1.1": wrong_c1_1,
    "c1.5": wrong_c1_5,
    "c1.8": wrong_c1_8,
    "c2.2": wrong_c2_2,
    "c2.5": wrong_c2_5,
    "c2.6": wrong_c2_6,
}


# What they are told


@pytest.mark.parametrize("id_", STUDENTS)
def test_students_are_told_which_mistake_they_made(recall, id_):
    recall(id_, STUDENTS[id_], SEEDS).check(4 * len(SEEDS))


@pytest.mark.soak
@pytest.mark.parametrize("id_", STUDENTS)
def test_students_are_told_on_hundreds_of_variants(recall, id_):
    counted = recall(id_, STUDENTS[id_], MORE_SEEDS)
    print(id_, counted)  # noqa: T201 - the figures of the soak run
    counted.check(4 * len(MORE_SEEDS), wrongly=0.001)
