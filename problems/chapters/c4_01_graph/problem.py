"""Chapter 4: forward and backward through the computational graph of linear regression (figure 4.2)."""

from pathlib import Path
from typing import TypedDict

from problems.answers import Number
from problems.chapters.chained import Part, Parts, Slips, by_label, follow, with_slips
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import signed
from problems.chapters.network_exhibits import graph_exhibits
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.graph import backpropagate, linear_regression_graph


class Graph(TypedDict):
    """The given nodes: weight, input, bias and target."""

    w: float
    x: int
    b: int
    y: int


def draw(draws: Draws) -> Graph:
    """Halves and whole numbers, so that every node has at most two decimals."""
    return Graph(
        w=draws.choice((-1, 1)) * draws.integer(3, 10) / 2,
        x=draws.choice((-4, -3, -2, 2, 3, 4)),
        b=draws.choice((-1, 1)) * draws.integer(1, 9),
        y=draws.integer(-20, 20),
    )


def solve(p: Graph) -> Answers:
    graph = linear_regression_graph(**p)
    gradient = backpropagate(graph.loss)
    return {
        "u": graph.u.value,
        "prediction": graph.prediction.value,
        "error": graph.error.value,
        "loss": graph.loss.value,
        "dc_de": gradient[graph.error],
        "dc_dyhat": gradient[graph.prediction],
        "dc_dw": gradient[graph.w],
        "dc_db": gradient[graph.b],
    }


def ill_posed(p: Graph) -> str | None:
    return None if 2.5 <= abs(solve(p)["error"]) <= 12 else "the error is too small or too large"


PARTS: Parts[Graph] = {
    "u": Part((), lambda p, _: p["x"] * p["w"]),
    "prediction": Part(("u",), lambda p, given: given["u"] + p["b"]),
    "error": Part(("prediction",), lambda p, given: p["y"] - given["prediction"]),
    "loss": Part(("error",), lambda _, given: given["error"] ** 2),
    "dc_de": Part(("error",), lambda _, given: 2 * given["error"]),
    "dc_dyhat": Part(("dc_de",), lambda _, given: -given["dc_de"]),
    "dc_dw": Part(("dc_dyhat",), lambda p, given: given["dc_dyhat"] * p["x"]),
    "dc_db": Part(("dc_dyhat",), lambda _, given: given["dc_dyhat"]),
}

LABELS = {
    "u": "u =",
    "prediction": r"\hat y =",
    "error": "e =",
    "loss": "c =",
    "dc_de": r"\frac{\partial c}{\partial e} =",
    "dc_dyhat": r"\frac{\partial c}{\partial \hat y} =",
    "dc_dw": r"\frac{\partial c}{\partial w} =",
    "dc_db": r"\frac{\partial c}{\partial b} =",
}

FIELDS = tuple(
    Field(name=name, kind=Number(Tolerance("absolute", 0.001)), label=LABELS[name], follows=part.builds_on)
    for name, part in PARTS.items()
)


def values(p: Graph) -> dict[str, str | Text]:
    """Every node, as it stands alone and (``_in``) inside a formula."""
    key = solve(p)
    below = key["error"] > 0
    numbers = {"x": p["x"], "w": p["w"], "b": p["b"], **key}
    return {
        **{name: latex_number(value) for name, value in key.items()},
        **{f"{name}_in": signed(value) for name, value in numbers.items()},
        "sign_check": Text(
            "The prediction is below the target: a larger $b$ brings it nearer, and the loss falls."
            if below
            else "The prediction is above the target: a larger $b$ takes it further away, and the loss grows.",
            "预测值低于目标值：$b$ 增大时预测值向它靠近，损失减小。"
            if below
            else "预测值高于目标值：$b$ 增大时预测值离它更远，损失增大。",
        ),
    }


def exhibits(p: Graph) -> Exhibits:
    g = linear_regression_graph(**p)
    names = {g.w: "w", g.x: "x", g.b: "b", g.y: "y", g.u: "u", g.prediction: r"\hat y", g.error: "e", g.loss: "c"}
    return graph_exhibits(g.loss, names)


FORWARD: Slips[Graph] = {
    "sum-for-product": (
        lambda p: {"u": p["w"] + p["x"]},
        Text("You added $x$ and $w$; the node $u$ multiplies them.", "你把 $x$ 与 $w$ 相加了；节点 $u$ 是它们的乘积。"),
    ),
    "bias-forgotten": (
        lambda p: {"prediction": solve(p)["u"]},
        Text("You left out the bias: $\\hat y = u + b$.", "你漏掉了偏置：$\\hat y = u + b$。"),
    ),
    "bias-subtracted": (
        lambda p: {"prediction": solve(p)["u"] - p["b"]},
        Text(
            "You subtracted the bias; it is added: $\\hat y = u + b$.",
            "偏置应当加上，你却减去了它：$\\hat y = u + b$。",
        ),
    ),
    "error-reversed": (
        lambda p: {"error": -solve(p)["error"], "dc_de": -solve(p)["dc_de"], "dc_dyhat": solve(p)["dc_dyhat"]},
        Text(
            "You took prediction minus target. Here the error is $e = y - \\hat y$, so $e$ and $\\partial "
            "c/\\partial e$ "
            "have the other sign.",
            "你用预测值减去了目标值。本题的残差是 $e = y - \\hat y$，因此 $e$ 和 $\\partial c/\\partial e$ "
            "的符号相反。",
        ),
    ),
    "half-square": (
        lambda p: {"loss": solve(p)["loss"] / 2, "dc_de": solve(p)["error"]},
        Text(
            "You put a $\\frac12$ before the square. Here $c = e^2$, so $\\partial c/\\partial e = 2e$.",
            "你在平方前面加了 $\\frac12$。本题中 $c = e^2$，所以 $\\partial c/\\partial e = 2e$。",
        ),
    ),
}

BACKWARD: Slips[Graph] = {
    "loss-for-derivative": (
        lambda p: {"dc_de": solve(p)["loss"]},
        Text(
            "You gave the loss $e^2$ itself; its derivative with respect to $e$ is $2e$.",
            "你写的是损失 $e^2$ 本身；它对 $e$ 的导数是 $2e$。",
        ),
    ),
    "local-sign": (
        lambda p: {"dc_dyhat": solve(p)["dc_de"]},
        Text(
            "A sign is lost: $e = y - \\hat y$ has the local gradient $\\partial e/\\partial \\hat y = -1$.",
            "丢了一个负号：由 $e = y - \\hat y$，局部梯度 $\\partial e/\\partial \\hat y = -1$。",
        ),
    ),
    "local-gradient-only": (
        lambda p: {"dc_dyhat": -1.0, "dc_dw": p["x"], "dc_db": 1.0},
        Text(
            "You gave the local gradient alone. Multiply it by the gradient that comes back from the node behind.",
            "你只写了局部梯度。还要乘以从后一个节点传回来的反向传播梯度。",
        ),
    ),
    "input-forgotten": (
        lambda p: {"dc_dw": solve(p)["dc_dyhat"]},
        Text(
            "The factor $x$ is missing: $u = xw$ has the local gradient $\\partial u/\\partial w = x$.",
            "漏掉了因子 $x$：由 $u = xw$，局部梯度 $\\partial u/\\partial w = x$。",
        ),
    ),
    "weight-for-input": (
        lambda p: {"dc_dw": solve(p)["dc_dyhat"] * p["w"]},
        Text(
            "You multiplied by $w$; that gives $\\partial c/\\partial x$. For $\\partial c/\\partial w$ the factor "
            "is $x$.",
            "你乘以了 $w$，得到的是 $\\partial c/\\partial x$；求 $\\partial c/\\partial w$ 时因子是 $x$。",
        ),
    ),
    "bias-times-input": (
        lambda p: {"dc_db": solve(p)["dc_dw"]},
        Text(
            "The bias is not multiplied by $x$: $\\partial \\hat y/\\partial b = 1$.",
            "偏置并不与 $x$ 相乘：$\\partial \\hat y/\\partial b = 1$。",
        ),
    ),
}

problem = Problem(
    id="c4.1",
    version=2,
    topic="computational-graph",
    folder=Path(__file__).parent,
    printed=Graph(w=5, x=1, b=1, y=10),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: FIELDS,
    follow=follow(PARTS),
    values=values,
    exhibits=exhibits,
    mistakes=(
        *mistakes(with_slips(PARTS, FORWARD), core=frozenset({"bias-forgotten"}), reread="4.2.2"),
        *mistakes(
            with_slips(PARTS, BACKWARD), core=frozenset({"local-sign", "input-forgotten"}), reread="4.2.1, 4.2.2"
        ),
    ),
    printed_options={
        "A": {
            "u": 5.0,
            "prediction": 5.0,
            "error": 5.0,
            "loss": 25.0,
            "dc_de": 10.0,
            "dc_dyhat": -10.0,
            "dc_dw": -10.0,
            "dc_db": -10.0,
        },
        "B": {
            "u": 5.0,
            "prediction": 6.0,
            "error": 4.0,
            "loss": 16.0,
            "dc_de": 8.0,
            "dc_dyhat": 8.0,
            "dc_dw": 8.0,
            "dc_db": 8.0,
        },
        "C": {
            "u": 5.0,
            "prediction": 6.0,
            "error": 4.0,
            "loss": 16.0,
            "dc_de": 8.0,
            "dc_dyhat": -8.0,
            "dc_dw": -8.0,
            "dc_db": -8.0,
        },
        "D": {
            "u": 5.0,
            "prediction": 6.0,
            "error": 4.0,
            "loss": 8.0,
            "dc_de": 4.0,
            "dc_dyhat": -4.0,
            "dc_dw": -4.0,
            "dc_db": -4.0,
        },
    },
    show_option=lambda _, answers: by_label(FIELDS, answers),
)
