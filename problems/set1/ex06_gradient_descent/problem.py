"""Exercise 1.6: gradient descent on the squared hinge cost."""

from pathlib import Path

from problems import run_words
from problems.answers import Vector
from problems.draws import Draws
from problems.problem import Answers, Field, Problem
from problems.set1.careless_mistakes import careless_mistakes, data_mistakes
from problems.set1.classifier_mistakes import (
    ASCENT,
    HALF,
    OVER_FEATURES,
    SUM,
    TWICE,
    WRONG_GRADIENTS,
    gradient_mistakes,
    run_mistakes,
)
from problems.set1.descent_exhibits import descent_exhibits
from problems.set1.ex06_gradient_descent.tracing import tracing
from problems.set1.linear_classifier import (
    PRINTED,
    Array,
    Descent,
    arrays,
    draw_data,
    ill_posed_run,
)
from problems.set1.step_slots import Slots, full_slots
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import (
    DataGradient,
    Projection,
    cyclic,
    full_batch,
    gradient_descent,
    inverse_sqrt,
    momentum,
    on_batches,
)
from solvers.losses import squared_hinge_gradient


def run(
    p: Descent,
    gradient: DataGradient = squared_hinge_gradient,
    *,
    extra_steps: int = 0,
    project: Projection | None = None,
) -> Array:
    """All iterates (steps + 1, d)."""
    X, y, w0 = arrays(p)
    return gradient_descent(full_batch(gradient, X, y), w0, p["step_size"], p["steps"] + extra_steps, project=project)


def draw(draws: Draws) -> Descent:
    return Descent(
        **draw_data(draws),
        step_size=draws.choice((0.2, 0.3, 0.4, 0.5, 0.6, 0.8)),
        steps=draws.integer(20, 40),
    )


def solve(p: Descent) -> Answers:
    return {"w": run(p)[-1]}


def values(p: Descent) -> Slots:
    return full_slots(p, run(p))


def _single_samples(p: Descent, steps: int) -> Array:
    X, y, w0 = arrays(p)
    gradient = on_batches(squared_hinge_gradient, X, y, cyclic(len(y), steps))
    return gradient_descent(gradient, w0, p["step_size"], steps)


def _decaying(p: Descent) -> Array:
    X, y, w0 = arrays(p)
    return gradient_descent(full_batch(squared_hinge_gradient, X, y), w0, inverse_sqrt(p["step_size"]), p["steps"])


def _with_momentum(p: Descent) -> Array:
    X, y, w0 = arrays(p)
    return momentum(full_batch(squared_hinge_gradient, X, y), w0, p["step_size"], 0.5, p["steps"])


RUNS = {
    "one-step-fewer": (
        lambda p: run(p, extra_steps=-1),
        run_words.ONE_STEP_FEWER,
    ),
    "one-step-more": (
        lambda p: run(p, extra_steps=1),
        run_words.ONE_STEP_MORE,
    ),
    "single-samples": (
        lambda p: _single_samples(p, p["steps"]),
        run_words.SINGLE_SAMPLES,
    ),
    "single-samples-epochs": (
        lambda p: _single_samples(p, p["steps"] * len(p["y"])),
        Text(
            "You passed over the data once for each step, updating at every sample. One step of gradient descent is "
            "one update with the mean gradient.",
            "你在每一步里遍历了全部数据，并对每个样本都作了更新。梯度下降的一步只用平均梯度更新一次。",
        ),
    ),
    "decaying-step": (
        _decaying,
        run_words.DECAYING_STEP,
    ),
    "momentum-added": (
        _with_momentum,
        run_words.MOMENTUM_ADDED,
    ),
}

GRADIENTS = {
    **WRONG_GRADIENTS,
    "sum-instead-of-mean": SUM,
    "factor-two": TWICE,
    "half-gradient": HALF,
    "mean-over-features": OVER_FEATURES,
    "ascent": ASCENT,
}

problem = Problem(
    id="1.6",
    version=1,
    topic="gradient-descent",
    folder=Path(__file__).parent,
    printed=Descent(**PRINTED, step_size=0.5, steps=25),
    draw=draw,
    ill_posed=lambda p: ill_posed_run(p, run(p)),
    solve=solve,
    fields=lambda p: (Field(name="w", kind=Vector(4, Tolerance("absolute", 0.001)), label=f"W^{{({p['steps']})}} ="),),
    values=values,
    exhibits=lambda p: descent_exhibits(p, "GD", run(p)),
    mistakes=(
        *gradient_mistakes(
            run,
            GRADIENTS,
            core=frozenset(
                {
                    "sum-instead-of-mean",
                    "factor-two",
                    "no-margin-condition",
                    "no-label-in-margin",
                    "residual-to-one",
                    "hinge",
                }
            ),
        ),
        *run_mistakes(RUNS, core=frozenset({"one-step-fewer", "one-step-more", "single-samples"}), reread="2.1, (2.1)"),
        *data_mistakes(run, reread="2.1, (2.1)", distractor=True),
        *careless_mistakes(run, step_sizes=(0.5, 0.1), reread="2.1, (2.1)"),
    ),
    tracing=tracing(run, GRADIENTS),
    published={"answer": "B"},
    printed_options={
        "A": {"w": (-0.721, 1.262, -1.204, -0.484)},
        "B": {"w": (-0.527, 1.220, -1.047, -0.445)},
        "C": {"w": (-0.536, 1.260, -1.257, -0.565)},
        "D": {"w": (-0.637, 1.120, -1.056, -0.395)},
    },
)
