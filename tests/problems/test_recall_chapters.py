"""Students who make one mistake in an exercise on the chapters, written down apart from the exercises' own.

As in `test_recall.py`: nothing comes from `solvers` or from a problem's folder. A wrong number is worked on with, so
that what builds on it is wrong as well.
"""

import math

import numpy as np
import pytest

SEEDS = range(1, 16)
MORE_SEEDS = range(21, 321)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def listed(array):
    return np.asarray(array, dtype=float).tolist()


def with_ones(X):
    return np.column_stack([np.ones(len(X)), X])


def fitted(A, y):
    return np.linalg.lstsq(np.asarray(A, dtype=float), np.asarray(y, dtype=float), rcond=None)[0]


def wrong_c1_2(data):
    X, y, x = np.array(data["X"]), np.array(data["y"]), np.array([1.0, *data["x"]])
    w = fitted(with_ones(X), y)

    def model(w):
        return {"w": listed(w), "prediction": float(np.dot(w, x))}

    def only(prediction):
        return {"prediction": float(prediction)}

    return {
        "no-bias": lambda: model([0, *fitted(X, y)]),
        "no-weekday": lambda: model([*fitted(with_ones(X[:, :1]), y), 0]),
        "last-trip-missing": lambda: model(fitted(with_ones(X[:-1]), y[:-1])),
        "one-sided-mean": lambda: model(len(y) * w),
        "one-sided-half": lambda: model(w / 2),
        "wrong-sign": lambda: model(-w),
        "mean-as-bias": lambda: model([y.mean(), *w[1:]]),
        "bias-not-added": lambda: only(w[1:] @ x[1:]),
        "bias-subtracted": lambda: only(w[1:] @ x[1:] - w[0]),
        "other-kind-of-day": lambda: only(w @ [1, x[1], 1 - x[2]]),
        "mean-time": lambda: only(y.mean()),
    }


def wrong_c1_3(data):
    A, y, w = with_ones(np.array(data["X"])), np.array(data["y"]), np.array(data["w"])

    def errors(e):
        return {"residuals": listed(e), "half_mse": float((e @ e) / (2 * len(e))), "mse": float((e @ e) / len(e))}

    def costs(mean):
        return {"half_mse": float(mean / 2), "mse": float(mean)}

    e = y - A @ w
    n = len(e)
    return {
        "residual-sign": lambda: errors(-e),
        "absolute-residuals": lambda: errors(abs(e)),
        "no-bias": lambda: errors(y - A[:, 1:] @ w[1:]),
        "bias-last": lambda: errors(y - A @ w[[2, 0, 1]]),
        "weights-swapped": lambda: errors(y - A @ w[[0, 2, 1]]),
        "outputs": lambda: {"residuals": listed(A @ w)},
        "sum-instead-of-mean": lambda: costs(e @ e),
        "divided-by-n-minus-one": lambda: costs(e @ e / (n - 1)),
        "square-of-the-mean": lambda: costs(e.mean() ** 2),
        "absolute-errors": lambda: costs(abs(e).mean()),
        "half-exchanged": lambda: {"half_mse": float(e @ e / n), "mse": float(e @ e / (2 * n))},
    }


def wrong_c1_4(data):
    x, y = np.array(data["x"], dtype=float), np.array(data["y"], dtype=float)
    ones = np.ones_like(x)
    squares = np.column_stack([ones, x, x * x])
    w = fitted(squares, y)

    def answer(w):
        return {"w": listed(w)}

    def placed(w, gap):
        return answer(np.insert(w, gap, 0.0))

    return {
        "highest-power-first": lambda: answer(w[::-1]),
        "line-fitted": lambda: placed(fitted(squares[:, :2], y), 2),
        "no-constant": lambda: placed(fitted(squares[:, 1:], y), 0),
        "no-linear-term": lambda: placed(fitted(squares[:, [0, 2]], y), 1),
        "negative-squares": lambda: answer(fitted(np.column_stack([ones, x, x * abs(x)]), y)),
        "sizes-of-inputs": lambda: answer(fitted(np.column_stack([ones, abs(x), x * x]), y)),
        "centred-inputs": lambda: answer(fitted(np.vander(x - x.mean(), 3)[:, ::-1], y)),
        "first-three-points": lambda: answer(fitted(squares[:3], y[:3])),
        "half-of-the-square": lambda: answer(w * [1, 1, 2]),
        "one-sided-mean": lambda: answer(len(x) * w),
    }


def wrong_c1_6(data):
    A, y, w = with_ones(np.array(data["X"])), np.array(data["y"]), np.array(data["w"])
    s = A @ w

    def judged(s):
        guess = np.sign(s)
        return {
            "margins": listed(y * s),
            "predictions": listed(guess),
            "zero_one_loss": float((guess != y).mean()),
        }

    return {
        "no-bias": lambda: judged(A[:, 1:] @ w[1:]),
        "bias-last": lambda: judged(A @ w[[2, 0, 1]]),
        "scores-for-margins": lambda: {"margins": listed(s)},
        "margin-sign": lambda: {"margins": listed(-y * s)},
        "distances": lambda: {"margins": listed(y * s / np.hypot(w[1], w[2]))},
        "sign-of-the-margin": lambda: {"predictions": listed(np.sign(y * s))},
        "labels-for-predictions": lambda: {"predictions": listed(y)},
        "count-for-share": lambda: {"zero_one_loss": float((np.sign(s) != y).sum())},
        "accuracy": lambda: {"zero_one_loss": float((np.sign(s) == y).mean())},
    }


def wrong_c1_7(data):
    s, y = np.array(data["scores"]), np.array(data["y"])
    m = s * y

    def losses(m, total=np.mean, half=0.5, log=np.log1p):
        short = np.maximum(0, 1 - m)
        return {
            "hinge": float(total(short)),
            "squared_hinge": float(total(half * short**2)),
            "logistic": float(total(log(np.exp(-m)))),
        }

    def each(name, value):
        return lambda: {name: float(value)}

    short = np.maximum(0, 1 - m)
    return {
        "no-label": lambda: losses(s),
        "margin-sign": lambda: losses(-m),
        "sum-instead-of-mean": lambda: losses(m, np.sum),
        "half-forgotten": each("squared_hinge", (short**2).mean()),
        "half-squared": each("squared_hinge", (short**2).mean() / 4),
        "square-of-the-mean": each("squared_hinge", short.mean() ** 2 / 2),
        "binary-logarithm": each("logistic", np.log2(1 + np.exp(-m)).mean()),
        "decimal-logarithm": each("logistic", np.log10(1 + np.exp(-m)).mean()),
    }


def least_squares_step(data, seen):
    """The mistakes in a step over the samples `seen` (counted from 0), as gradient and new weights."""
    A, y, w = with_ones(np.array(data["X"], dtype=float)), np.array(data["y"], dtype=float), np.array(data["w0"], float)
    eta, n = data["step_size"], len(data["y"])

    def gradient(seen, factor=lambda s, y: s - y, columns=(0, 1, 2), over=None):
        kept = np.isin(range(3), columns)
        e = factor((A * kept)[seen] @ w, y[seen])
        return (A * kept)[seen].T @ e / (over or len(seen))

    g = gradient(seen)

    def both(g):
        return {"gradient": listed(g), "w": listed(w - eta * g)}

    def step(moved):
        return {"w": listed(moved)}

    return {
        "factor-two": lambda: both(2 * g),
        "half-gradient": lambda: both(g / 2),
        "sum-instead-of-mean": lambda: both(gradient(seen, over=1)),
        "no-bias": lambda: both(gradient(seen, columns=(1, 2))),
        "bias-frozen": lambda: both(g * [0, 1, 1]),
        "no-target": lambda: both(gradient(seen, lambda s, _: s)),
        "no-prediction": lambda: both(gradient(seen, lambda _, y: -y)),
        "sign-only": lambda: both(gradient(seen, lambda s, y: np.sign(s - y))),
        "ascent": lambda: step(w + eta * g),
        "no-step-size": lambda: step(w - g),
        "step-only": lambda: step(-eta * g),
        "full-gradient": lambda: step(w - eta * gradient(range(n))),
        "divided-by-n": lambda: step(w - eta * gradient(seen, over=n)),
        "first-sample-only": lambda: step(w - eta * gradient(seen[:1])),
        "last-sample-only": lambda: step(w - eta * gradient(seen[-1:])),
        "samples-left-out": lambda: step(w - eta * gradient([i for i in range(n) if i not in seen])),
        "counted-from-zero": lambda: step(w - eta * gradient([(i + 1) % n for i in seen])),
    }


BATCHES = ("full-gradient", "divided-by-n", "first-sample-only", "last-sample-only", "samples-left-out")


def wrong_c2_1(data):
    made = least_squares_step(data, range(len(data["y"])))
    return {name: wrong for name, wrong in made.items() if name not in (*BATCHES, "counted-from-zero")}


def wrong_c2_4(data):
    batch = [i - 1 for i in data["batch"]]
    made = least_squares_step(data, batch)
    if len(data["y"]) in data["batch"]:
        del made["counted-from-zero"]
    del made["no-step-size"], made["step-only"]
    return {name: lambda wrong=wrong: {"w": wrong()["w"]} for name, wrong in made.items()}


def wrong_c2_3(data):
    x = np.array(data["X"])[:, 0]
    H = np.array([[1, x.mean()], [x.mean(), (x * x).mean()]])
    low, top = np.linalg.eigvalsh(H).tolist()

    def answer(value, factor=2):
        return lambda: {"eigenvalue": float(value), "step_size": float(factor / value)}

    return {
        "one-over": answer(top, 1),
        "sum-instead-of-mean": answer(len(x) * top),
        "smallest-eigenvalue": answer(low),
        "no-bias": answer((x * x).mean()),
        "trace": answer(top + low),
        "centred": answer(x.var()),
        "singular-value": answer(math.sqrt(len(x) * top)),
    }


def wrong_c2_7(data):
    rate, T = data["rate"], data["steps"]

    def sums(size, end=1):
        return {
            "sum": math.fsum(size(t) for t in range(1, T + end)),
            "squares": math.fsum(size(t) ** 2 for t in range(1, T + end)),
            "next": math.fsum(size(t) ** 2 for t in range(T + 1, 2 * T + end)),
        }

    def right(t):
        return rate / math.sqrt(t)

    return {
        "one-over-t": lambda: sums(lambda t: rate / t),
        "begins-at-two": lambda: sums(lambda t: right(t + 1)),
        "constant-step": lambda: sums(lambda _: rate),
        "rate-forgotten": lambda: sums(lambda t: 1 / math.sqrt(t)),
        "one-term-fewer": lambda: sums(right, end=0),
        "one-term-more": lambda: sums(right, end=2),
        "up-to-twice": lambda: {"next": math.fsum(right(t) ** 2 for t in range(1, 2 * T + 1))},
        "rate-not-squared": lambda: {
            "squares": math.fsum(rate / t for t in range(1, T + 1)),
            "next": math.fsum(rate / t for t in range(T + 1, 2 * T + 1)),
        },
    }


def wrong_c3_1(data):
    X, y = [[1, *map(int, x)] for x in data["X"]], [int(label) for label in data["y"]]

    def train(moves=lambda s, y: y * s <= 0, step=lambda x, y: [y * a for a in x], order=None, passes=30):
        w, updates = [0, 0, 0], 0
        for _ in range(passes):
            before = updates
            for i in order or range(len(y)):
                if moves(sum(a * b for a, b in zip(w, X[i], strict=True)), y[i]):
                    moved = [a + b for a, b in zip(w, step(X[i], y[i]), strict=True)]
                    updates += moved != w
                    w = moved
            if updates == before or passes == 1:
                return {"w": [float(a) for a in w], "updates": updates}
        return {"w": [math.inf] * 3}  # no end, and no answer

    right = train()
    return {
        "strict-inequality": lambda: train(lambda s, y: y * s < 0),
        "double-step": lambda: train(step=lambda x, y: [2 * y * a for a in x]),
        "zero-counts-as-negative": lambda: train(lambda s, y: (s > 0) != (y > 0)),
        "no-bias": lambda: train(step=lambda x, y: [0, *(y * a for a in x[1:])]),
        "one-pass": lambda: train(passes=1),
        "reversed-order": lambda: train(order=range(len(y) - 1, -1, -1)),
        "bias-last": lambda: right | {"w": [*right["w"][1:], right["w"][0]]},
    }


def wrong_c3_2(data):
    x = data["x"]

    def pair(a):
        return {"a": float(a), "derivative": float(a * (1 - a))}

    a = sigmoid(x)
    return {
        "exponent-sign": lambda: pair(sigmoid(-x)),
        "base-ten": lambda: pair(1 / (1 + 10**-x)),
        "tanh": lambda: {"a": math.tanh(x), "derivative": 1 - math.tanh(x) ** 2},
        "derivative-sign": lambda: {"derivative": float(-a * (1 - a))},
        "tanh-rule": lambda: {"derivative": float(1 - a * a)},
        "complement-only": lambda: {"derivative": float(1 - a)},
        "argument-for-value": lambda: {"derivative": float(x * (1 - x))},
    }


def wrong_c3_3(data):
    w, b, x, y = (data[name] for name in "wbxy")

    def neuron(z, slope=lambda _z, a: a * (1 - a), a=None, scale=1.0):
        a = float(sigmoid(z)) if a is None else a
        delta = scale * (a - y) * slope(z, a)
        return {"z": float(z), "a": float(a), "dw": float(delta * x), "db": float(delta)}

    right = neuron(w * x + b)
    return {
        "bias-forgotten": lambda: neuron(w * x),
        "bias-subtracted": lambda: neuron(w * x - b),
        "bias-before-weight": lambda: neuron(w * (x + b)),
        "exponent-sign": lambda: neuron(w * x + b, a=float(sigmoid(-w * x - b))),
        "no-sigmoid-derivative": lambda: neuron(w * x + b, lambda _z, _a: 1.0),
        "slope-at-output": lambda: neuron(w * x + b, lambda _z, a: sigmoid(a) * (1 - sigmoid(a))),
        "residual-sign": lambda: neuron(w * x + b, scale=-1),
        "factor-two": lambda: neuron(w * x + b, scale=2),
        "half-kept": lambda: neuron(w * x + b, scale=0.5),
        "input-in-both": lambda: right | {"db": right["dw"]},
        "input-forgotten": lambda: right | {"dw": right["db"]},
        "weight-for-input": lambda: right | {"dw": right["db"] * w},
    }


def wrong_c3_5(data):
    activations = {"sigmoid": sigmoid, "tanh": np.tanh}
    g = activations.pop(data["activation"])
    (other,) = activations.values()
    (V, U), (c, d) = map(np.array, data["weights"]), map(np.array, data["biases"])
    x = np.array(data["x"])

    def forward(g2=g, g3=g, weights=(V, U), biases=(c, d), x=x):
        hidden = g2(weights[0] @ x + biases[0])
        return {"hidden": listed(hidden), "output": listed(g3(weights[1] @ hidden + biases[1]))}

    def plain(z):
        return z

    return {
        "biases-forgotten": lambda: forward(biases=(0, 0)),
        "output-bias-forgotten": lambda: forward(biases=(c, 0)),
        "biases-subtracted": lambda: forward(biases=(-c, -d)),
        "output-not-activated": lambda: forward(g3=plain),
        "hidden-not-activated": lambda: forward(g2=plain),
        "other-activation": lambda: forward(other, other),
        "sign-before-activation": lambda: forward(lambda z: g(-z), lambda z: g(-z)),
        "input-activated": lambda: forward(x=g(x)),
        "inputs-reversed": lambda: forward(x=x[::-1]),
        "first-neuron-only": lambda: forward(weights=(0 * V + V[0], 0 * U + U[0])),
    }


def wrong_c3_7(data):
    A, k, x = data["scale"], data["gain"], data["x"]

    def sigmoids(p, q, r):
        s = sigmoid(q * x)
        return {"coefficients": [p, q, r], "value": float(p * s + r), "derivative": float(p * q * s * (1 - s))}

    def slope(value):
        return lambda: {"derivative": float(value)}

    t = math.tanh(k * x)
    return {
        "not-stretched": lambda: sigmoids(2 * A, k, -A),
        "height-not-doubled": lambda: sigmoids(A, 2 * k, -A),
        "shift-not-scaled": lambda: sigmoids(2 * A, 2 * k, -1.0),
        "shift-sign": lambda: sigmoids(2 * A, 2 * k, A),
        "argument-halved": lambda: sigmoids(2 * A, k / 2, -A),
        "sigmoid-rule": slope(A * k * t * (1 - t)),
        "not-squared": slope(A * k * (1 - t)),
        "inner-derivative-forgotten": slope(A * (1 - t * t)),
        "scale-forgotten": slope(k * (1 - t * t)),
        "scale-in-the-square": slope(A * k * (1 - (A * t) ** 2)),
        "sign": slope(-A * k * (1 - t * t)),
    }


def wrong_c3_8(data):
    X, y, w, b = np.array(data["X"]), np.array(data["y"]), np.array(data["w0"]), data["b0"]
    eta, n = data["step_size"], len(data["y"])

    def step(dw, db, eta=eta):
        return {"dw": listed(dw), "db": float(db), "w": listed(w - eta * dw), "b": float(b - eta * db)}

    def gradient(z=None, slope=lambda _z, a: a * (1 - a), rows=slice(None), over=None):
        z = X @ w + b if z is None else z
        a = sigmoid(z)
        delta = ((a - y) * slope(z, a))[rows]
        return X[rows].T @ delta / (over or len(delta)), delta.sum() / (over or len(delta))

    dw, db = gradient()
    right = step(dw, db)
    return {
        "no-sigmoid-derivative": lambda: step(*gradient(slope=lambda _z, _a: 1.0)),
        "slope-at-output": lambda: step(*gradient(slope=lambda _z, a: sigmoid(a) * (1 - sigmoid(a)))),
        "sum-instead-of-mean": lambda: step(n * dw, n * db),
        "factor-two": lambda: step(2 * dw, 2 * db),
        "half-gradient": lambda: step(dw / 2, db / 2),
        "bias-forgotten": lambda: step(*gradient(X @ w)),
        "first-sample-only": lambda: step(*gradient(rows=slice(1))),
        "last-sample-only": lambda: step(*gradient(rows=slice(n - 1, n))),
        "ascent": lambda: right | {name: step(dw, db, -eta)[name] for name in ("w", "b")},
        "step-size-forgotten": lambda: right | {name: step(dw, db, 1)[name] for name in ("w", "b")},
        "bias-not-moved": lambda: right | {"b": b},
        "step-alone": lambda: right | {"w": listed(-eta * dw), "b": float(-eta * db)},
    }


STUDENTS = {
    "c1.2": wrong_c1_2,
    "c1.3": wrong_c1_3,
    "c1.4": wrong_c1_4,
    "c1.6": wrong_c1_6,
    "c1.7": wrong_c1_7,
    "c2.1": wrong_c2_1,
    "c2.3": wrong_c2_3,
    "c2.4": wrong_c2_4,
    "c2.7": wrong_c2_7,
    "c3.1": wrong_c3_1,
    "c3.2": wrong_c3_2,
    "c3.3": wrong_c3_3,
    "c3.5": wrong_c3_5,
    "c3.7": wrong_c3_7,
    "c3.8": wrong_c3_8,
}


@pytest.mark.parametrize("id_", STUDENTS)
def test_students_are_told_which_mistake_they_made(recall, id_):
    recall(id_, STUDENTS[id_], SEEDS).check(4 * len(SEEDS))


@pytest.mark.soak
@pytest.mark.parametrize("id_", STUDENTS)
def test_students_are_told_on_hundreds_of_variants(recall, id_):
    counted = recall(id_, STUDENTS[id_], MORE_SEEDS)
    print(id_, counted)  # noqa: T201 - the figures of the soak run
    counted.check(4 * len(MORE_SEEDS), wrongly=0.001)
