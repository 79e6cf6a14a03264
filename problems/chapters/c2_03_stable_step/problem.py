"""Chapter 2: the largest stable step of gradient descent for a line fitted by least squares."""

from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Number
from problems.chapters.descent_data import COMMUTE_X, Array, options_by_label
from problems.chapters.descent_mistakes import mistakes
from problems.charts import numbers, plain
from problems.draws import Draws
from problems.exhibits import Chart, Curve, Dots, Exhibits, Figure
from problems.latex import latex_matrix
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import largest_stable_step
from solvers.linear_model import hessian, with_bias


class Samples(TypedDict):
    """`X` (n, 1) without the column of ones; the targets do not matter here."""

    X: list[list[float]]


def draw(draws: Draws) -> Samples:
    return Samples(X=[[k / 10] for k in draws.sample(range(5, 46), draws.integer(4, 6))])


def _from_hessian(H: Array) -> Answers:
    """The largest eigenvalue of the Hessian and the bound that belongs to it."""
    step_size = largest_stable_step(H)
    return {"eigenvalue": 2 / step_size, "step_size": step_size}


def _hessian(p: Samples) -> Array:
    return hessian(with_bias(p["X"]))


def solve(p: Samples) -> Answers:
    return _from_hessian(_hessian(p))


def follow(_: Samples, given: Answers) -> Answers:
    """The bound that belongs to the eigenvalue that the student found."""
    return {"step_size": largest_stable_step(np.diag([given["eigenvalue"]]))}


def ill_posed(p: Samples) -> str | None:
    # An eigenvalue rounded to three decimals must still give the bound to four.
    return "the largest eigenvalue is too small" if solve(p)["eigenvalue"] < 4 else None


def fields(_: Samples) -> tuple[Field, ...]:
    return (
        Field(name="eigenvalue", kind=Number(Tolerance("absolute", 0.001)), label=r"\lambda_{\max} ="),
        Field(
            name="step_size",
            kind=Number(Tolerance("absolute", 0.0002), decimals=4),
            label=r"\eta_{\max} =",
            follows=("eigenvalue",),
        ),
    )


def values(p: Samples) -> dict[str, str | Text]:
    (_, mean), (_, square) = _hessian(p).tolist()
    discriminant = (1 - square) ** 2 + 4 * mean**2
    solved = solve(p)
    return {
        "n": str(len(p["X"])),
        "features": latex_matrix([[row[0] for row in p["X"]]]),
        "mean": f"{mean:.6g}",
        "square": f"{square:.6g}",
        "discriminant": f"{discriminant:.6g}",
        "eigenvalue": f"{solved['eigenvalue']:.6f}",
        "step_size": f"{solved['step_size']:.6f}",
        "tenth_more": f"{1.1 * solved['step_size']:.4f}",
    }


def exhibits(p: Samples) -> Exhibits:
    """By which factor a step shortens the error along either eigenvector, over the step size."""
    low, high = np.linalg.eigvalsh(_hessian(p)).tolist()
    bound = solve(p)["step_size"]
    eta = np.linspace(0.0, 1.25 * bound, 201)
    figure = Figure(
        id="factors",
        title=Text("What a step makes of the error", "一步之后误差变为多少倍"),
        description=Text(
            "The size of $1 - \\eta\\lambda$ over the step size $\\eta$, for the larger eigenvalue $\\lambda_1$ and "
            "the smaller one $\\lambda_2$. Below the dashed line errors shrink. The steepest direction crosses it at "
            "$\\eta_{\\max}$; the other one still shrinks there, but slowly.",
            "较大特征值 $\\lambda_1$ 与较小特征值 $\\lambda_2$ 对应的 $|1 - \\eta\\lambda|$ 随步长 $\\eta$ 的变化。"
            "在虚线以下，误差缩小。最陡的方向在 $\\eta_{\\max}$ 处越过虚线；另一个方向在那里仍在缩小，只是很慢。",
        ),
        alt=Text(
            f"The eigenvalues are {plain(high)} and {plain(low)}. The factor of the larger one is 0 at the step size "
            f"{plain(1 / high)} and reaches 1 again at {plain(bound)}, where that of the smaller one is "
            f"{plain(abs(1 - bound * low))}.",
            f"两个特征值为 {plain(high)} 和 {plain(low)}。较大者的因子在步长 {plain(1 / high)} 处为 0，"
            f"在 {plain(bound)} 处重新达到 1；此时较小者的因子为 {plain(abs(1 - bound * low))}。",
        ),
        drawing=Chart(
            r"$\eta$",
            r"$|1 - \eta\lambda|$",
            (
                Curve((0.0, float(eta[-1])), (1.0, 1.0), "soft", dashed=True),
                Curve(numbers(eta), numbers(np.abs(1 - eta * high)), "blue", r"$\lambda_1$"),
                Curve(numbers(eta), numbers(np.abs(1 - eta * low)), "orange", r"$\lambda_2$"),
                Dots((bound,), (1.0,), "ink", r"$\eta_{\max}$"),
            ),
        ),
    )
    return Exhibits((), (figure,))


def _top(matrix: Array, factor: float = 1.0) -> Answers:
    return _from_hessian(factor * matrix)


def _smallest(p: Samples) -> Answers:
    return _from_hessian(np.diag(np.linalg.eigvalsh(_hessian(p))[:1]))


def _singular_value(p: Samples) -> Answers:
    return _from_hessian(np.diag(np.linalg.svd(with_bias(p["X"]), compute_uv=False)[:1]))


MISTAKES = {
    "one-over": (
        lambda p: {"eigenvalue": solve(p)["eigenvalue"], "step_size": 0.5 * solve(p)["step_size"]},
        Text(
            "That is $1/\\lambda_{\\max}$, a step that surely converges. The bound itself is twice as large.",
            "这是 $1/\\lambda_{\\max}$，用它一定收敛；但稳定的上界是它的两倍。",
        ),
    ),
    "sum-instead-of-mean": (
        lambda p: _top(_hessian(p), len(p["X"])),
        Text(
            "You used $\\tilde X^\\top \\tilde X$ without dividing by $n$; the cost is a mean.",
            "你用了 $\\tilde X^\\top \\tilde X$ 而没有除以 $n$；代价函数是平均值。",
        ),
    ),
    "smallest-eigenvalue": (
        _smallest,
        Text(
            "You took the smallest eigenvalue. The steepest direction, that of the largest one, explodes first.",
            "你取了最小特征值。最先发散的是最陡的方向，即最大特征值对应的方向。",
        ),
    ),
    "no-bias": (
        lambda p: _top(hessian(np.array(p["X"]))),
        Text(
            "You left out the bias: with the column of ones the Hessian has two rows and two columns.",
            "你漏掉了偏置：补上全 1 列之后，黑塞矩阵是 2 行 2 列。",
        ),
    ),
    "trace": (
        lambda p: _from_hessian(np.diag([np.trace(_hessian(p))])),
        Text(
            "That is the trace, the sum of both eigenvalues; only the larger one counts.",
            "这是迹，即两个特征值之和；起作用的只是较大的那一个。",
        ),
    ),
    "centred": (
        lambda p: _top(hessian(np.array(p["X"]) - np.mean(p["X"]))),
        Text(
            "You used the variance of the feature. The Hessian holds its mean and the mean of its squares, uncentred.",
            "你用了特征的方差。黑塞矩阵里是特征的均值和平方的均值，没有作中心化。",
        ),
    ),
    "singular-value": (
        _singular_value,
        Text(
            "That is the largest singular value $\\sigma$ of $\\tilde X$; the eigenvalue of "
            "$\\tilde X^\\top \\tilde X/n$ is $\\sigma^2/n$.",
            "这是 $\\tilde X$ 的最大奇异值 $\\sigma$；$\\tilde X^\\top \\tilde X/n$ 的特征值是 $\\sigma^2/n$。",
        ),
    ),
    "factor-two": (
        lambda p: {"eigenvalue": 2 * solve(p)["eigenvalue"]},
        Text(
            "Your Hessian is twice too large: the $\\frac12$ in the cost cancels the 2 of the square.",
            "你的黑塞矩阵大了一倍：代价函数中的 $\\frac12$ 与平方求导产生的 2 相消。",
        ),
    ),
    "half-hessian": (
        lambda p: {"eigenvalue": 0.5 * solve(p)["eigenvalue"]},
        Text(
            "Your Hessian is half as large as it should be: the $\\frac12$ in the cost is used up when the square is "
            "differentiated.",
            "你的黑塞矩阵只有应有的一半：代价函数中的 $\\frac12$ 在平方求导时已被消去。",
        ),
    ),
}

problem = Problem(
    id="c2.3",
    version=1,
    topic="step-size",
    folder=Path(__file__).parent,
    printed=Samples(X=[row[:1] for row in COMMUTE_X]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=fields,
    follow=follow,
    values=values,
    exhibits=exhibits,
    show_option=lambda p, answers: options_by_label(fields(p), answers),
    mistakes=mistakes(
        MISTAKES,
        core=frozenset({"one-over", "sum-instead-of-mean", "no-bias", "trace"}),
        reread="2.1; 1.2, (1.3)",
    ),
    printed_options={
        "A": {"eigenvalue": 12.839, "step_size": 0.1558},
        "B": {"eigenvalue": 12.839, "step_size": 0.0779},
        "C": {"eigenvalue": 64.197, "step_size": 0.0312},
        "D": {"eigenvalue": 11.996, "step_size": 0.1667},
    },
)
