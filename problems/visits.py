"""The table of a perceptron's visits."""

import numpy as np

from problems.exhibits import Column, Table, symbol, symbols
from problems.text import Text
from solvers.samples import Array

SAMPLE = Column("sample", Text("sample", "样本"))


def visits_table(X: Array, y: Array, iterates: Array, *, decimals: int, start: int) -> Table:
    """Samples X (n, d) visited in order, over and over: iterates (visits + 1, d); components are counted from `start`.

    The numbers stand on a decimal grid; rounding takes away what the computer adds to them.
    """
    exact = np.round(iterates, 10) + 0.0  # + 0.0: no −0
    seen = np.arange(len(exact) - 1) % len(y)
    before = np.round(y[seen] * (X[seen] * exact[:-1]).sum(axis=1), 10) + 0.0
    moved = (exact[1:] != exact[:-1]).any(axis=1)
    rows = zip((seen + 1).tolist(), before.tolist(), moved.tolist(), exact[1:].tolist(), strict=True)
    return Table(
        "visits",
        Text(
            "Every visit: the sample, its margin before, whether it is a mistake, and the weights afterwards.",
            "每次访问：样本、访问前的间隔、是否更新，以及访问后的权重。",
        ),
        (
            symbol("k", "k"),
            SAMPLE,
            symbol("margin", "y^{(i)} W^\\top x^{(i)}", 2 * decimals),
            Column("update", Text("update", "更新")),
            *symbols("w", X.shape[1], decimals, start=start),
        ),
        tuple((k, i, m, u, *w) for k, (i, m, u, w) in enumerate(rows, start=1)),
    )
