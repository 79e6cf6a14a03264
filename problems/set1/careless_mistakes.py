"""Mistakes that any descent on the classification data can suffer: other data, another start, fewer digits."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from problems.problem import Mistake
from problems.set1.classifier_mistakes import margin_reversed
from problems.set1.linear_classifier import Array, Descent
from problems.set1.rounded_runs import rounding_mistakes
from problems.text import Text
from solvers.descent import DataGradient, Projection
from solvers.losses import squared_hinge_gradient

P = TypeVar("P", bound=Descent)
P_contra = TypeVar("P_contra", bound=Descent, contravariant=True)


class Run(Protocol[P_contra]):
    """The iterates (steps + 1, ..., d), of one start w0 (d,) or of a stack of them."""

    def __call__(
        self, p: P_contra, gradient: DataGradient = squared_hinge_gradient, *, project: Projection | None = None
    ) -> Array: ...


def careless_mistakes(run: Run[P], *, step_sizes: tuple[float, float], reread: str) -> tuple[Mistake[P], ...]:
    """`step_sizes` are that of the exercise as printed and that of its neighbours in the book.

    None of these mistakes is offered as an option of the form ``choice``.
    """
    printed, neighbours = step_sizes

    def with_neighbours_step(p: P) -> Array:
        if p["step_size"] != printed:
            raise ValueError("nobody would take this exercise for its neighbour")
        return run(_with(p, step_size=neighbours))

    return (
        _mistake(
            "other-step-size",
            with_neighbours_step,
            Text(
                f"You used the step size {neighbours:g}, which belongs to another exercise.",
                f"你用的步长 {neighbours:g} 是另一道题的步长。",
            ),
            reread,
        ),
        _mistake(
            "margin-reversed",
            lambda p: run(p, margin_reversed),
            Text(
                "You update with the samples whose margin is at least 1. It is those with a margin below 1 that "
                "contribute.",
                "你用间隔不小于 1 的样本作了更新。对梯度有贡献的恰恰是间隔小于 1 的样本。",
            ),
            "1.4, (1.7)",
        ),
        *rounding_mistakes(run, reread=reread),
    )


def data_mistakes(run: Run[P], *, reread: str, distractor: bool = False) -> tuple[Mistake[P], ...]:
    """Runs on a scrambled data matrix and from another start."""
    return (
        _mistake(
            "reshaped-data",
            lambda p: run(_with(p, X=_reshaped(p))),
            Text(
                "Your data matrix is scrambled: reshaping is not transposing. Each row of $X$ is one sample.",
                "你的数据矩阵被打乱了：改变形状不等于转置。$X$ 的每一行是一个样本。",
            ),
            reread,
            distractor=distractor,
        ),
        _mistake(
            "start-at-ones",
            lambda p: run(_with(p, w0=np.ones(len(p["w0"])))),
            Text("You started from a vector of ones instead of zeros.", "你的初始向量取成了全 1，而不是全 0。"),
            reread,
            distractor=distractor,
        ),
    )


def _mistake(id_: str, run: Callable[[P], Array], text: Text, reread: str, *, distractor: bool = False) -> Mistake[P]:
    def answers(p: P) -> dict[str, Array]:
        with np.errstate(over="ignore", invalid="ignore"):  # a longer step may diverge; then it is no answer
            return {"w": run(p)[-1]}

    return Mistake(id=id_, text=text, answers=answers, distractor=distractor, reread=reread)


def _with(p: P, **changed: Any) -> P:
    """The same exercise with some of its data replaced."""
    return cast("P", {**p, **changed})


def _reshaped(p: Descent) -> Array:
    X = np.array(p["X"])
    return X.T.reshape(X.shape)
