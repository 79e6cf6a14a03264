"""Figures that several exercises share, with titles, descriptions and alternative texts written from their data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from problems.exhibits import Chart, Contours, Curve, Dots, Figure, Numbers, Tone
from problems.text import Text
from solvers.losses import scores
from solvers.samples import Array

GRID = 41
"""Points of a contour's grid to a side."""

Cost = Callable[[Array], Array]
"""The cost at each of a stack of weights (..., d)."""

TONES: tuple[Tone, ...] = ("blue", "orange", "green", "purple")


@dataclass(frozen=True, slots=True)
class Method:
    """A method's run: all its iterates (steps + 1, d), its initials in a drawing, its name in a sentence, a colour."""

    initials: str
    name: Text
    path: Array
    tone: Tone = "blue"


def plain(value: float) -> str:
    """A number in a sentence: three significant digits, with a true minus sign."""
    return f"{value + 0.0:.3g}".replace("-", "−")


def combination(coefficients: Sequence[float], symbols: Sequence[str]) -> str:
    """c₀ s₀ + c₁ s₁ + … in a sentence, with the signs of the coefficients between the terms."""
    terms = [f"{plain(abs(c))} {symbol}".strip() for c, symbol in zip(coefficients, symbols, strict=True)]
    signs = ["−" if c < 0 else "+" for c in coefficients]
    rest = " ".join(f"{sign} {term}" for sign, term in zip(signs[1:], terms[1:], strict=True))
    return f"{signs[0].removeprefix('+')}{terms[0]} {rest}"


def numbers(array: Array) -> Numbers:
    """As data of a drawing: six significant digits are more than a drawing shows."""
    return tuple(float(f"{value + 0.0:.6g}") for value in np.asarray(array, dtype=np.float64).tolist())


def bounded(methods: Sequence[Method]) -> list[Method]:
    """The first method, and of the others those that stay in its neighbourhood: a diverging run would hide it."""
    own = methods[0].path
    middle = (own.max(axis=0) + own.min(axis=0)) / 2
    reach = 2 * max(float(np.ptp(own, axis=0).max()), 1e-6)
    return [method for method in methods if bool((np.abs(method.path - middle) <= reach).all())]


def cost_figure(cost: Cost, methods: Sequence[Method], *, symbol: str = "C") -> Figure:
    """The cost after every step of each method, on a logarithmic axis unless a cost is 0."""
    methods = bounded(methods)
    costs = [cost(method.path) for method in methods]
    marks = tuple(
        Curve(tuple(range(len(c))), numbers(c), method.tone, method.initials, dashed=k > 0)
        for k, (c, method) in enumerate(zip(costs, methods, strict=True))
    )
    start, ends = plain(float(costs[0][0])), [plain(float(c[-1])) for c in costs]
    return Figure(
        id="cost",
        title=Text("The cost at every step", "每一步的代价"),
        description=_legend(
            Text(
                "The cost $C(W^{(t)})$ of all samples against the step $t$.",
                "全部样本的代价 $C(W^{(t)})$ 随步数 $t$ 的变化。",
            ),
            methods,
        ),
        alt=Text(
            f"Over the steps the cost starts at {start} and ends after {len(costs[0]) - 1} steps at "
            f"{_each(methods, ends).en}.",
            f"代价从 {start} 开始，经过 {len(costs[0]) - 1} 步之后为 {_each(methods, ends).zh}。",
        ),
        drawing=Chart("$t$", f"${symbol}(W^{{(t)}})$", marks, log_y=min(float(c.min()) for c in costs) > 0),
    )


def _each(methods: Sequence[Method], values: Sequence[str]) -> Text:
    """The values of the methods in a sentence; of one method alone just its value."""
    if len(methods) == 1:
        return Text(values[0], values[0])
    named = list(zip(methods, values, strict=True))
    return Text(
        ", ".join(f"{value} ({method.name.en})" for method, value in named),
        "，".join(f"{value}（{method.name.zh}）" for method, value in named),
    )


def _legend(first: Text, methods: Sequence[Method]) -> Text:
    """A sentence, and what the initials of the methods stand for where several are drawn."""
    if len(methods) == 1:
        return first
    en = "; ".join(f"{method.initials}: {method.name.en}" for method in methods[1:])
    zh = "；".join(f"{method.initials}：{method.name.zh}" for method in methods[1:])
    own = methods[0]
    return Text(
        f"{first.en} Solid, {own.initials}: the run of this exercise, {own.name.en}. Dashed, for comparison, with the "
        f"same step size and number of steps: {en}.",
        f"{first.zh}实线 {own.initials} 是本题的方法（{own.name.zh}）；虚线用于比较，步长和步数相同。{zh}。",
    )


@dataclass(frozen=True, slots=True)
class _Plane:
    """A plane in the space of the weights: its origin (d,), two directions (2, d), and the names of the axes."""

    origin: Array
    directions: Array
    labels: tuple[str, str]
    share: float

    def project(self, points: Array) -> Array:
        return np.asarray((points - self.origin) @ self.directions.T)


def _plane(path: Array, weights: Sequence[str]) -> _Plane:
    """The plane of the weights themselves, if there are two; else that of a path's two leading principal directions."""
    end = path[-1]
    if path.shape[1] == 2:
        return _Plane(np.zeros(2), np.eye(2), (weights[0], weights[1]), 1.0)
    _, sizes, directions = np.linalg.svd(path - end, full_matrices=False)
    leading = directions[:2]
    # The sign of a principal direction is a matter of the library. Here the path goes from left to right.
    signs = np.sign([leading[0] @ (end - path[0]) or 1.0, leading[1, np.abs(leading[1]).argmax()]])
    share = float((sizes[:2] ** 2).sum() / (sizes**2).sum())
    return _Plane(end, leading * signs[:, None], ("$p_1$", "$p_2$"), share)


def path_figure(cost: Cost, methods: Sequence[Method], weights: Sequence[str]) -> Figure:
    """The ways of the methods over the contours of the cost; `weights` are the symbols of the components."""
    methods = bounded(methods)
    plane = _plane(methods[0].path, weights)
    projected = [plane.project(method.path) for method in methods]
    contours = _contours(cost, plane, np.concatenate(projected))
    curves = (
        Curve(numbers(p[:, 0]), numbers(p[:, 1]), method.tone, method.initials, dashed=k > 0, dotted=k == 0, ends=True)
        for k, (p, method) in enumerate(zip(projected, methods, strict=True))
    )
    lengths = [plain(float(np.linalg.norm(np.diff(m.path, axis=0), axis=1).sum())) for m in methods]
    start, end = (plain(float(cost(methods[0].path[place]))) for place in (0, -1))
    return Figure(
        id="path",
        title=Text("The way over the cost", "代价曲面上的路径"),
        description=_legend(_way(plane), methods),
        alt=Text(
            f"Contour lines of the cost with the ways of the weights from the start, where the cost is {start}, to the "
            f"end, where it is {end}. Length of the way: {_each(methods, lengths).en}.",
            f"代价的等高线以及权重从起点到终点的路径；起点处代价为 {start}，终点处为 {end}。"
            f"路径长度为 {_each(methods, lengths).zh}。",
        ),
        drawing=Chart(*plane.labels, (contours, *curves), square=True),
    )


def _way(plane: _Plane) -> Text:
    if plane.share == 1.0:
        return Text("Contour lines of the cost in the plane of the two weights.", "代价在两个权重所在平面上的等高线。")
    share = f"{100 * plane.share:.3g}"
    return Text(
        "Contour lines of the cost in a plane through the last iterate. Its axes $p_1$ and $p_2$ are the two leading "
        f"principal directions of the iterates, which hold {share} % of their movement; everything else is projected "
        "onto it.",
        "代价在过最后一个迭代点的平面上的等高线。坐标轴 $p_1$、$p_2$ 是各迭代点的前两个主方向，"
        f"包含了迭代点变化的 {share}%；其余部分都投影到这个平面上。",
    )


def _contours(cost: Cost, plane: _Plane, points: Array) -> Contours:
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    # At least half as high as wide, or wide as high, so that there are contours to see.
    half = np.maximum((high - low) / 2, (high - low).max() / 4) * 1.15
    x, y = (np.linspace(m - h, m + h, GRID) for m, h in zip(middle, half, strict=True))
    at = plane.origin + x[None, :, None] * plane.directions[0] + y[:, None, None] * plane.directions[1]
    z = cost(at.reshape(-1, at.shape[-1])).reshape(GRID, GRID)
    levels = z.min() + (z.max() - z.min()) * (np.arange(1, 13) / 12.5) ** 2
    return Contours(numbers(x), numbers(y), tuple(numbers(row) for row in z), numbers(levels))


def decision_figure(X: Array, y: Array, w: Array) -> Figure:
    """The samples of a linear classifier without bias seen along its weights: score, and the widest other direction."""
    s = scores(w, X)
    rest = X - np.outer(s, w) / float(w @ w)
    _, _, directions = np.linalg.svd(rest, full_matrices=False)
    across = rest @ (directions[0] * np.sign(directions[0][np.abs(directions[0]).argmax()]))
    span = (float(across.min()), float(across.max()))
    pad = 0.15 * max(span[1] - span[0], 0.1)
    height = (span[0] - pad, span[1] + pad)
    lines = tuple(Curve((at, at), height, "ink" if at == 0 else "soft", dashed=at != 0) for at in (-1.0, 0.0, 1.0))
    inside = int((y * s < 1).sum())
    wrong = int((y * s <= 0).sum())
    return Figure(
        id="decision",
        title=Text("The samples by their scores", "按得分排列的样本"),
        description=Text(
            "Each sample by its score $W^\\top x$ and by the widest direction at right angles to $W$. Rings: $y = 1$, "
            "crosses: $y = -1$, with the numbers of the samples. Solid: the decision plane; dashed: the scores "
            "$\\pm 1$, where the margin is 1.",
            "每个样本的横坐标是得分 $W^\\top x$，纵坐标是与 $W$ 垂直、样本最分散的方向。"
            "圆圈为 $y = 1$，叉号为 $y = -1$，旁边是样本编号。"
            "实线是决策平面，虚线是得分为 $\\pm 1$（间隔为 1）的位置。",
        ),
        alt=Text(
            f"{len(y)} samples. On the wrong side of the decision plane or on it: {wrong}; with a margin below 1: "
            f"{inside}. The smallest margin is {plain(float((y * s).min()))}.",
            f"{len(y)} 个样本中有 {wrong} 个位于决策平面的错误一侧或平面上，{inside} 个的间隔小于 1；"
            f"最小的间隔为 {plain(float((y * s).min()))}。",
        ),
        drawing=Chart("$W^\\top x$", "$p$", (*lines, *_classes(s, across, y))),
    )


def _classes(x: Array, y: Array, labels: Array) -> tuple[Dots, Dots]:
    places = [str(i) for i in range(1, len(labels) + 1)]

    def those(label: int, tone: Tone, shape: Literal["ring", "cross"]) -> Dots:
        chosen = labels == label
        names = tuple(name for name, is_one in zip(places, chosen.tolist(), strict=True) if is_one)
        return Dots(numbers(x[chosen]), numbers(y[chosen]), tone, f"$y = {label}$", shape, names)

    return those(1, "blue", "ring"), those(-1, "orange", "cross")


def line_figure(X: Array, y: Array, w: Array, *, with_margins: bool = False) -> Figure:
    """Samples of a plane, X (n, 2), with the decision line w₀ + w₁x₁ + w₂x₂ = 0."""
    low, high = X.min(axis=0), X.max(axis=0)
    pad = 0.15 * np.maximum(high - low, 0.5)
    low, high = low - pad, high + pad
    levels = (0.0, -1.0, 1.0) if with_margins else (0.0,)
    lines = [
        Curve(*clipped, "ink" if level == 0 else "soft", dashed=level != 0)
        for level in levels
        if (clipped := _clipped(w, level, low, high))
    ]
    margins = y * (w[0] + X @ w[1:])
    wrong = int((margins <= 0).sum())
    dashed = Text(" Dashed: the scores $\\pm 1$.", "虚线：得分为 $\\pm 1$ 的位置。") if with_margins else Text("", "")
    equation = f"{combination(w.tolist(), ('', 'x₁', 'x₂'))} = 0"
    return Figure(
        id="decision",
        title=Text("The decision line", "决策直线"),
        description=Text(
            "The samples (rings: $y = 1$, crosses: $y = -1$, with their numbers) and the line "
            f"$w_0 + w_1 x_1 + w_2 x_2 = 0$.{dashed.en}",
            f"各样本（圆圈为 $y = 1$，叉号为 $y = -1$，旁边是编号）与直线 $w_0 + w_1 x_1 + w_2 x_2 = 0$。{dashed.zh}",
        ),
        alt=Text(
            f"The line {equation} and {len(y)} samples. On the wrong side or on the line: {wrong}.",
            f"直线 {equation} 与 {len(y)} 个样本，其中 {wrong} 个位于错误一侧或直线上。",
        ),
        drawing=Chart("$x_1$", "$x_2$", (*lines, *_classes(X[:, 0], X[:, 1], y))),
    )


def _clipped(w: Array, level: float, low: Array, high: Array) -> tuple[Numbers, Numbers] | None:
    """The two points where w₀ + w₁x₁ + w₂x₂ = level meets the edges of a rectangle."""
    w0, w1, w2 = (float(component) for component in w)
    across = [(float(x), (level - w0 - w1 * x) / w2) for x in (low[0], high[0]) if w2]
    along = [((level - w0 - w2 * y) / w1, float(y)) for y in (low[1], high[1]) if w1]
    points = [(x, y) for x, y in across if low[1] <= y <= high[1]] + [
        (x, y) for x, y in along if low[0] <= x <= high[0]
    ]
    if len(points) < 2:
        return None
    points.sort()
    return numbers(np.array([points[0][0], points[-1][0]])), numbers(np.array([points[0][1], points[-1][1]]))


def fit_figure(
    x: Array,
    y: Array,
    curves: Mapping[str, tuple[Array, Array]],
    *,
    description: Text,
    alt: Text,
    labels: tuple[str, str] = ("$x$", "$y$"),
) -> Figure:
    """Points with fitted curves, each by its name in the legend."""
    marks = tuple(
        Curve(numbers(at), numbers(value), tone, name, dashed=k > 0)
        for k, (tone, (name, (at, value))) in enumerate(zip(TONES, curves.items(), strict=False))
    )
    points = Dots(numbers(x), numbers(y), "ink", "", "dot", tuple(str(i) for i in range(1, len(y) + 1)))
    return Figure(
        id="fit",
        title=Text("The data and the fit", "数据与拟合"),
        description=description,
        alt=alt,
        drawing=Chart(*labels, (*marks, points)),
    )
