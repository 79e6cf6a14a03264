"""How runs on the squared hinge cost are checked step by step: exercises 1.6 to 1.9, and c2.6.

Every wrong step is the right one with a wrong gradient or another order, from the same tables as the mistakes of the
final answer.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from problems.set1.classifier_mistakes import margin_reversed
from problems.set1.sample_orders import WrongOrders
from problems.step_words import NOTHING_MOVED, TWO_STEPS, other_sample, sample_skipped, sample_used, turn
from problems.steps import StepSizes
from problems.text import Text
from problems.tracing import Array, Happening, Rule, StepMistake
from solvers.descent import DataGradient, Order
from solvers.losses import margins, squared_hinge_gradient

P = TypeVar("P", bound=Mapping[str, Any])
P_contra = TypeVar("P_contra", bound=Mapping[str, Any], contravariant=True)

Data = Callable[[P], tuple[Array, Array, Array]]
"""X (n, d), y (n,), w0 (d,)."""


class Step(Protocol[P_contra]):
    """The step from every row (T, d); `order` (T, b) names the samples of each step."""

    def __call__(
        self, p: P_contra, rows: Array, gradient: DataGradient = ..., *, order: Order | None = None
    ) -> Array: ...


class SizedStep(Step[P_contra], Protocol[P_contra]):
    """The same, with other step sizes: a number, or (T, 1)."""

    def __call__(
        self,
        p: P_contra,
        rows: Array,
        gradient: DataGradient = ...,
        *,
        order: Order | None = None,
        step_size: StepSizes | None = None,
    ) -> Array: ...


def gradient_steps(step: Step[P], wrong: Mapping[str, tuple[DataGradient, Text]]) -> tuple[StepMistake[P], ...]:
    """A step with each of the wrong gradients."""

    def with_gradient(gradient: DataGradient) -> Rule[P]:
        return lambda p, rows: step(p, rows, gradient)

    return tuple(StepMistake(name, with_gradient(gradient)) for name, (gradient, _) in wrong.items())


def rule_steps(rules: Mapping[str, Rule[P]]) -> tuple[StepMistake[P], ...]:
    return tuple(StepMistake(name, rule) for name, rule in rules.items())


def order_steps(step: Step[P], orders: WrongOrders) -> tuple[StepMistake[P], ...]:
    """A step with each of the wrong orders."""

    def ordered(order: Callable[[int, int], Order]) -> Rule[P]:
        return lambda p, rows: step(p, rows, order=order(len(p["y"]), p["steps"])[: len(rows)])

    return tuple(StepMistake(name, ordered(order)) for name, (order, _) in orders.items())


def careless_steps(step: Step[P], *, step_sizes: tuple[float, float]) -> tuple[StepMistake[P], ...]:
    """The margin reversed, scrambled data, and the step size of the neighbour where that as printed is asked for."""
    printed, neighbours = step_sizes

    def reshaped(p: P, rows: Array) -> Array:
        X = np.array(p["X"])
        return step(_with(p, X=X.T.reshape(X.shape)), rows)

    def other_step_size(p: P, rows: Array) -> Array:
        return step(_with(p, step_size=neighbours if p["step_size"] == printed else np.nan), rows)

    return rule_steps(
        {
            "margin-reversed": lambda p, rows: step(p, rows, margin_reversed),
            "reshaped-data": reshaped,
            "other-step-size": other_step_size,
        }
    )


def _with(p: P, **changed: Any) -> P:
    """The same exercise with some of its data replaced."""
    return cast("P", {**p, **changed})


def two_steps(next_rows: Rule[P], p: P, rows: Array) -> Iterable[Happening]:
    """A row is missing."""
    reached = next_rows(p, rows)[-1:]
    yield Happening("two-steps", next_rows(p, np.concatenate([rows, reached]))[-1], TWO_STEPS)


def full_batch_happenings(step: Step[P], data: Data[P]) -> Callable[[P, Array], tuple[Happening, ...]]:
    """A sample is left out of the mean, or counted, against its margin; nothing moves; or a row is missing."""

    def happenings(p: P, rows: Array) -> tuple[Happening, ...]:
        X, y, _ = data(p)
        reached = margins(rows[-1], X, y)

        def without(sample: int) -> DataGradient:
            """The gradient with the one sample on the wrong side of its margin."""

            def gradient(w: Array, X: Array, y: Array) -> Array:
                alone = _slope(w, X[sample], float(y[sample]))
                counted = squared_hinge_gradient(w, X, y)
                kept = reached[sample] < 1
                return np.asarray(counted - alone / len(y) if kept else counted + alone / len(y))

            return gradient

        each = (
            Happening(
                "sample-skipped" if margin < 1 else "sample-counted",
                step(p, rows, without(i))[-1],
                sample_skipped(i + 1, margin) if margin < 1 else sample_used(i + 1, margin),
            )
            for i, margin in enumerate(reached.tolist())
        )
        still = Happening("no-move", rows[-1], NOTHING_MOVED)
        return (*each, still, *two_steps(step, p, rows))

    return happenings


def _slope(w: Array, x: Array, label: float) -> Array:
    """(wᵀx − y) x for one sample, whatever its margin: (..., d)."""
    return np.asarray((w @ x - label)[..., None] * x)


def single_sample_happenings(
    step: Step[P], data: Data[P], order: Callable[[P, int], Order], *, hinge: bool = True
) -> Callable[[P, Array], tuple[Happening, ...]]:
    """The sample is skipped, or another has its turn; `order` (T, 1) is the right one for so many steps.

    Margins are told of where they matter, with the `hinge`.
    """

    def happenings(p: P, rows: Array) -> tuple[Happening, ...]:
        X, y, _ = data(p)
        right = order(p, len(rows))
        due = int(right[-1, 0])
        margin = float(margins(rows[-1], X[[due]], y[[due]])[0])
        others: tuple[Happening, ...] = tuple(
            Happening(
                "other-sample",
                step(p, rows, order=np.concatenate([right[:-1], [[other]]]))[-1],
                other_sample(other + 1, due + 1),
            )
            for other in range(len(y))
            if other != due
        )
        if hinge and margin >= 1:
            plain = _slope(rows[-1], X[due], float(y[due]))
            used = Happening("sample-counted", _moved(step, p, rows, plain), sample_used(due + 1, margin))
            others = (used, *others)
        skipped = Happening("sample-skipped", rows[-1], sample_skipped(due + 1, margin if hinge else None))
        return (skipped, *others, *two_steps(step, p, rows))

    return happenings


def _moved(step: Step[P], p: P, rows: Array, gradient: Array) -> Array:
    """The step after the last row with this gradient (d,)."""
    moved: Array = step(p, rows, lambda w, _X, _y: np.broadcast_to(gradient, w.shape))[-1]
    return moved


def whose_turn(data: Data[P], order: Callable[[P, int], Order]) -> Callable[[P, Array], Text]:
    """The context of a step that sees one sample."""

    def context(p: P, rows: Array) -> Text:
        X, y, _ = data(p)
        due = int(order(p, len(rows))[-1, 0])
        return turn(len(rows), due + 1, float(margins(rows[-1], X[[due]], y[[due]])[0]))

    return context
