"""Mistakes in the order of the samples and in the number of single-sample steps: exercises 1.7 and 1.9."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar, cast

import numpy as np

from problems import run_words
from problems.problem import Answers, Mistake, OneOf
from problems.set1.linear_classifier import Array, Descent, arrays
from problems.text import Text
from solvers.descent import DataGradient, Order, cyclic
from solvers.losses import squared_hinge_gradient

P = TypeVar("P", bound=Descent)
P_contra = TypeVar("P_contra", bound=Descent, contravariant=True)


class SingleSampleRun(Protocol[P_contra]):
    """A run that sees one sample a step; `order` (steps, 1) is cyclic and as long as the exercise asks by default."""

    def __call__(
        self, p: P_contra, gradient: DataGradient = squared_hinge_gradient, *, order: Order | None = None
    ) -> Array: ...


WrongOrders = Mapping[str, tuple[Callable[[int, int], Order], Text]]
"""Orders (steps, 1) made from the number of samples and of steps."""

WRONG_NUMBERS: WrongOrders = {
    "one-step-fewer": (
        lambda n, steps: cyclic(n, steps - 1),
        run_words.ONE_STEP_FEWER,
    ),
    "one-step-more": (
        lambda n, steps: cyclic(n, steps + 1),
        run_words.ONE_STEP_MORE,
    ),
    "one-pass-fewer": (
        lambda n, steps: cyclic(n, steps - n),
        Text("One pass over the data is missing.", "你少遍历了一次数据。"),
    ),
    "one-pass-more": (
        lambda n, steps: cyclic(n, steps + n),
        Text("You made one pass over the data too many.", "你多遍历了一次数据。"),
    ),
    "one-pass-only": (
        lambda n, _: cyclic(n, n),
        Text("You passed over the data only once.", "你只遍历了一次数据。"),
    ),
}
"""The right samples, too few or too many of them."""

WRONG_ORDERS: WrongOrders = {
    "starts-at-second": (
        lambda n, steps: cyclic(n, steps, start=1),
        Text(
            "You began with the second sample; step 0 uses the first.",
            "你从第二个样本开始；第 0 步应使用第一个样本。",
        ),
    ),
    "starts-at-last": (
        lambda n, steps: cyclic(n, steps, start=n - 1),
        Text(
            "You began with the last sample; step 0 uses the first.",
            "你从最后一个样本开始；第 0 步应使用第一个样本。",
        ),
    ),
    "reversed-order": (
        lambda n, steps: (n - 1) - cyclic(n, steps),
        Text("You took the samples from the last to the first.", "你按从后往前的顺序使用了样本。"),
    ),
    "each-repeated": (
        lambda n, steps: np.repeat(np.arange(n), -(-steps // n))[:steps, None],
        Text(
            "You repeated each sample several times before going on to the next; the samples take turns.",
            "你把每个样本连续使用多次之后才换下一个；样本应轮流使用。",
        ),
    ),
    "last-sample-skipped": (
        lambda n, steps: cyclic(n - 1, steps),
        Text("The last sample never had its turn.", "最后一个样本从未被用到。"),
    ),
}
"""Wrong samples, step by step."""


def order_mistakes(run: SingleSampleRun[P], *, core: frozenset[str], reread: str) -> tuple[Mistake[P], ...]:
    """A mistake for each of the wrong orders.

    One run serves them all: a stack of problems, each with its samples in the order in which it sees them.
    """
    wrong = {**WRONG_NUMBERS, **WRONG_ORDERS}

    def together(p: P) -> Mapping[str, Answers]:
        X, y, w0 = arrays(p)
        seen = [order(len(y), p["steps"])[:, 0] for order, _ in wrong.values()]
        longest = max(map(len, seen))
        # The shorter ones go on with the first sample; what they reach after their own last step is not looked at.
        padded = np.array([np.pad(order, (0, longest - len(order))) for order in seen])
        stack = {**p, "X": X[padded], "y": y[padded], "w0": np.tile(w0, (len(seen), 1))}
        iterates = run(cast("P", stack), order=np.arange(longest)[:, None])
        return {
            name: {"w": iterates[len(order), row]} for row, (name, order) in enumerate(zip(wrong, seen, strict=True))
        }

    return tuple(
        Mistake(id=name, text=text, answers=OneOf(together, name), core=name in core, reread=reread)
        for name, (_, text) in wrong.items()
    )
