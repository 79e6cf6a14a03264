"""What exercises 1.6 to 1.10 share: the data, its drawing, and the conditions that every run on it must meet."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from problems.draws import Draws
from problems.latex import latex_matrix, latex_number
from solvers.losses import margins

Array = NDArray[np.float64]

FEATURES = 4
GRID = 20
"""Inputs are multiples of 1/20: exact to type, and no non-zero input is nearer to 0 than 0.05."""


class Classification(TypedDict):
    """`X` (n, d): rows are samples; `y` (n,): labels ±1; `w0` (d,): where the method starts."""

    X: list[list[float]]
    y: list[int]
    w0: list[float]


class Descent(Classification):
    """A run of `steps` steps of the constant size `step_size`."""

    step_size: float
    steps: int


PRINTED_X = [
    [-0.5, 0.25, -0.8, -1.0],
    [-1.0, -0.1, -0.1, -1.0],
    [0.5, 0.0, 0.25, 0.1],
    [-0.2, -0.3, 0.2, 0.0],
    [-0.8, 0.0, -0.8, -1.0],
    [-0.15, -0.5, 0.05, -0.25],
    [-1.0, 0.0, -1.0, -1.0],
    [0.0, -0.25, 0.25, 0.1],
]
PRINTED_Y = [1, 1, -1, -1, 1, -1, 1, -1]
PRINTED = Classification(X=PRINTED_X, y=PRINTED_Y, w0=[0.0] * FEATURES)


def draw_data(draws: Draws, *, positive_first: bool = False) -> Classification:
    """8 or 10 samples, separated by a hidden plane through the origin with a distance of at least 0.1 to each.

    The samples and the plane's normal are whole numbers here, so that the distance is compared exactly:
    ``|k·x| / (20 |k|) ≥ 1/10`` is ``(k·x)² ≥ 4 |k|²``.
    """
    n = draws.choice((8, 10))
    normal = [draws.integer(-GRID, GRID) for _ in range(FEATURES)]
    while not any(normal):
        normal = [draws.integer(-GRID, GRID) for _ in range(FEATURES)]
    norm = sum(k * k for k in normal)
    samples: list[list[int]] = []
    while len(samples) < n:
        x = [draws.integer(-GRID, GRID) for _ in range(FEATURES)]
        if _dot(normal, x) ** 2 >= 4 * norm and x not in samples:
            samples.append(x)
    labels = [1 if _dot(normal, x) > 0 else -1 for x in samples]
    if positive_first and 1 in labels:
        first = labels.index(1)
        samples.insert(0, samples.pop(first))
        labels.insert(0, labels.pop(first))
    return Classification(X=[[k / GRID for k in x] for x in samples], y=labels, w0=[0.0] * FEATURES)


def _dot(a: Sequence[int], b: Sequence[int]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))


def arrays(p: Classification) -> tuple[Array, Array, Array]:
    """X (n, d), y (n,) and w0 (d,) as arrays."""
    return np.array(p["X"]), np.array(p["y"], dtype=float), np.array(p["w0"])


def ill_posed_labels(p: Classification) -> str | None:
    """Both classes need at least two samples."""
    return "a class has fewer than two samples" if min(p["y"].count(1), p["y"].count(-1)) < 2 else None


def ill_posed_run(p: Classification, iterates: Array) -> str | None:
    """Conditions on a descent's whole path, `iterates` (steps + 1, d); the reasons are those of the audit."""
    if reason := ill_posed_labels(p):
        return reason
    X, y, _ = arrays(p)
    reached = margins(iterates, X, y)  # (steps + 1, n): one X for every iterate
    if np.abs(reached - 1).min() < 1e-6:
        return "a sample stands on the margin along the path"
    if (reached[:-1] < 1).all():
        return "no sample reaches the margin, so the condition is never tested"
    last = np.abs(iterates[-1])
    if last.max() > 5 or last.min() < 0.01:
        return "a component is too large or too small to be read well"
    return None


def iterates_table(iterates: Array, *, first: int = 3) -> str:
    """The first iterates and the last as a Markdown table, to six decimals, with dots for those between."""
    steps = len(iterates) - 1
    shown = sorted({*range(min(first, steps) + 1), steps})
    head = "| $t$ | " + " | ".join(f"$w_{{{j + 1}}}$" for j in range(iterates.shape[1])) + " |"
    rule = "|" + "---:|" * (iterates.shape[1] + 1)
    rows = [f"| {t} | " + " | ".join(f"${latex_number(w, 6)}$" for w in iterates[t].tolist()) + " |" for t in shown]
    if shown[-1] > len(shown) - 1:
        rows.insert(-1, "| $\\vdots$ |" + " |" * iterates.shape[1])
    return "\n".join([head, rule, *rows])


def column(vector: Array) -> str:
    """A vector as a LaTeX column, to six decimals."""
    return latex_matrix([[component] for component in vector.tolist()], 6)
