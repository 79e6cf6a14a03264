"""Chapter 2: partial sums of the step sizes C/√t and of their squares."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from problems.answers import Number
from problems.chapters.descent_data import options_by_label
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.regression_exhibits import sums_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.descent import inverse_sqrt


class Schedule(TypedDict):
    """`rate`: the constant C; `steps`: the number T of steps that are summed."""

    rate: float
    steps: int


def draw(draws: Draws) -> Schedule:
    return Schedule(rate=draws.integer(6, 30) / 20, steps=draws.integer(5, 12))


def _sums(steps: int, step_size: Callable[[int], float], *, more: int = 0) -> Answers:
    """Σ η over T steps, Σ η² over them, and Σ η² over the T steps after them, steps counted from 0 as in `descent`.

    Each sum ends `more` terms later.
    """
    sizes = [step_size(t) for t in range(2 * steps + more)]
    squares = [size * size for size in sizes]
    return {
        "sum": math.fsum(sizes[: steps + more]),
        "squares": math.fsum(squares[: steps + more]),
        "next": math.fsum(squares[steps:]),
    }


def solve(p: Schedule) -> Answers:
    return _sums(p["steps"], inverse_sqrt(p["rate"]))


def fields(p: Schedule) -> tuple[Field, ...]:
    T = p["steps"]
    number = Number(Tolerance("absolute", 0.001))
    return (
        Field(name="sum", kind=number, label=rf"\sum_{{t=1}}^{{{T}}} \eta_t ="),
        Field(name="squares", kind=number, label=rf"\sum_{{t=1}}^{{{T}}} \eta_t^2 ="),
        Field(name="next", kind=number, label=rf"\sum_{{t={T + 1}}}^{{{2 * T}}} \eta_t^2 ="),
    )


def values(p: Schedule) -> dict[str, str | Text]:
    T, C = p["steps"], p["rate"]
    solved = solve(p)
    rows = [("T", "sum", "squares")]
    for factor in (1, 2, 4, 8, 16):
        sums = _sums(factor * T, inverse_sqrt(C))
        rows.append((str(factor * T), f"{sums['sum']:.6f}", f"{sums['squares']:.6f}"))
    body = "\n".join(f"| {steps} | ${total}$ | ${squares}$ |" for steps, total, squares in rows[1:])
    return {
        "after": str(T + 1),
        "twice": str(2 * T),
        "sum": f"{solved['sum']:.6f}",
        "squares": f"{solved['squares']:.6f}",
        "next": f"{solved['next']:.6f}",
        "roots": f"{solved['sum'] / C:.6f}",
        "harmonic": f"{solved['squares'] / C**2:.6f}",
        "harmonic_next": f"{solved['next'] / C**2:.6f}",
        "limit": f"{C**2 * math.log(2):.6f}",
        "table": "| $T$ | $\\sum \\eta_t$ | $\\sum \\eta_t^2$ |\n|---:|---:|---:|\n" + body,
    }


def exhibits(p: Schedule) -> Exhibits:
    schedule = inverse_sqrt(p["rate"])
    return Exhibits((sums_table([schedule(t) for t in range(2 * p["steps"])]),))


def _up_to_twice(p: Schedule) -> Answers:
    sums = solve(p)
    return {**sums, "next": sums["squares"] + sums["next"]}


def _one_term_early(p: Schedule) -> Answers:
    sums = solve(p)
    return {**sums, "next": sums["next"] + inverse_sqrt(p["rate"])(p["steps"] - 1) ** 2}


def _rate_not_squared(p: Schedule) -> Answers:
    sums = solve(p)
    return {"sum": sums["sum"], "squares": sums["squares"] / p["rate"], "next": sums["next"] / p["rate"]}


def _square_of_the_sum(p: Schedule) -> Answers:
    sums, twice = solve(p), _sums(2 * p["steps"], inverse_sqrt(p["rate"]))
    return {"sum": sums["sum"], "squares": sums["sum"] ** 2, "next": (twice["sum"] - sums["sum"]) ** 2}


def _integrals(p: Schedule) -> Answers:
    C, T = p["rate"], p["steps"]
    return {"sum": 2 * C * (math.sqrt(T) - 1), "squares": C**2 * math.log(T), "next": C**2 * math.log(2)}


MISTAKES = {
    "one-over-t": (
        lambda p: _sums(p["steps"], lambda t: p["rate"] / (t + 1)),
        Text(
            "You summed $C/t$; here the step size shrinks with the root, $\\eta_t = C/\\sqrt{t}$.",
            "你求的是 $C/t$ 的和；本题的步长按平方根减小：$\\eta_t = C/\\sqrt{t}$。",
        ),
    ),
    "begins-at-two": (
        lambda p: _sums(p["steps"], lambda t: inverse_sqrt(p["rate"])(t + 1)),
        Text(
            "Your first step size is already $C/\\sqrt{2}$; $t$ starts from 1, so the first one is $C$.",
            "你的第一个步长已经是 $C/\\sqrt{2}$；$t$ 从 1 开始，第一个步长就是 $C$。",
        ),
    ),
    "one-term-fewer": (
        lambda p: _sums(p["steps"], inverse_sqrt(p["rate"]), more=-1),
        Text("Your sums stop one term early.", "你的和式少加了最后一项。"),
    ),
    "one-term-more": (
        lambda p: _sums(p["steps"], inverse_sqrt(p["rate"]), more=1),
        Text("Your sums have one term too many at the end.", "你的和式在末尾多加了一项。"),
    ),
    "constant-step": (
        lambda p: _sums(p["steps"], lambda _: p["rate"]),
        Text("Your step size stays at $C$; it shrinks.", "你的步长一直是 $C$；它应逐步减小。"),
    ),
    "rate-forgotten": (
        lambda p: _sums(p["steps"], inverse_sqrt(1.0)),
        Text("You left out the constant $C$.", "你漏掉了常数 $C$。"),
    ),
    "rate-not-squared": (
        _rate_not_squared,
        Text(
            "The square of $C/\\sqrt{t}$ is $C^2/t$; you kept $C/t$.",
            "$C/\\sqrt{t}$ 的平方是 $C^2/t$；你写成了 $C/t$。",
        ),
    ),
    "square-of-the-sum": (
        _square_of_the_sum,
        Text(
            "You squared the sum. Square every step size first, then add.",
            "你把和式取了平方。应先把每个步长平方，再相加。",
        ),
    ),
    "integrals": (
        _integrals,
        Text(
            "You replaced the sums by integrals. They grow alike, but the sums themselves are asked.",
            "你用积分代替了和式。二者增长的快慢相同，但本题要的是和式本身的值。",
        ),
    ),
    "up-to-twice": (
        _up_to_twice,
        Text(
            "Your last sum begins at $t = 1$. It asks only for what the second half of the steps adds.",
            "你的最后一个和式从 $t = 1$ 加起。它只要后一半步数增加的部分。",
        ),
    ),
    "one-term-early": (
        _one_term_early,
        Text(
            "Your last sum counts the step $T$ again, which belongs to the first half.",
            "你的最后一个和式又把第 $T$ 步算了进去，它属于前一半。",
        ),
    ),
}

problem = Problem(
    id="c2.7",
    version=2,
    topic="step-size",
    folder=Path(__file__).parent,
    printed=Schedule(rate=0.5, steps=10),
    draw=draw,
    ill_posed=lambda p: "with C near 1 its square says nothing" if abs(p["rate"] - 1) < 0.1 else None,
    solve=solve,
    fields=fields,
    values=values,
    exhibits=exhibits,
    show_option=lambda p, answers: options_by_label(fields(p), answers),
    mistakes=mistakes(
        MISTAKES,
        core=frozenset({"one-over-t", "begins-at-two", "rate-not-squared", "square-of-the-sum"}),
        reread="2.2",
    ),
    printed_options={
        "A": {"sum": 2.510, "squares": 0.732, "next": 0.167},
        "B": {"sum": 2.510, "squares": 1.464, "next": 0.334},
        "C": {"sum": 1.464, "squares": 0.387, "next": 0.012},
        "D": {"sum": 2.161, "squares": 0.505, "next": 0.156},
    },
)
