"""How long a typed formula takes to read and to compare with the key, cold and warm, and the costliest ones found.

    python -m benchmarks.formula

Times are of one call on one core, the best of several runs; "first" is a formula that was not seen before, so that
nothing of it lies in a cache. The bound that the tests hold every input to is 50 ms.
"""

import timeit
from collections.abc import Callable

from problems import formula_kind
from problems.formula_kind import Formula, Variable
from problems.formula_reading import read_formula
from problems.reading import FormatError

KIND = Formula((Variable("x", -2.0, 2.0), Variable("w", 0.1, 3.0), Variable("eta", 0.01, 1.0)))
KEY = KIND.key("eta*exp(-x)/(1+w*exp(-x))^2")

ANSWERS = {
    "a derivative": "eta/(exp(x)*(1+w*e^(-x))^2)",
    "150 terms": "x" + "+x" * 149,
    "40 nested tangents": "tan(" * 40 + "x" + ")" * 40,
    "50 powers": "+".join(["w^x"] * 50),
    "23 sines of huge arguments": "sin(1e300*x)" + "*sin(1e300*x)" * 22,
    "refused: 300 parentheses": "(" * 300,
    "refused: a name of 300 letters": "x" * 300,
}


def microseconds(work: Callable[[], object], before: Callable[[], object]) -> float:
    timer = timeit.Timer(work, setup=before)
    return min(timer.repeat(200, 1)) * 1e6


def forget() -> None:
    read_formula.cache_clear()
    formula_kind._sampled.cache_clear()  # noqa: SLF001 - what a new answer costs can't be seen otherwise
    KIND.compare(KEY, KEY)


def grade(typed: str) -> None:
    try:
        KIND.compare(KIND.parse(typed), KEY)
    except FormatError:
        return


def main() -> None:
    print(f"{'answer':32}{'first':>10}{'again':>10}   (µs)")
    for name, typed in ANSWERS.items():
        first = microseconds(lambda typed=typed: grade(typed), forget)
        again = microseconds(lambda typed=typed: grade(typed), lambda: None)
        print(f"{name:32}{first:10.0f}{again:10.0f}")
    sampling = microseconds(lambda: KIND.compare(KEY, KEY), lambda: (forget(), _forget_points()))
    print(f"{'the points of a new domain':32}{sampling:10.0f}")


def _forget_points() -> None:
    formula_kind._points.cache_clear()  # noqa: SLF001
    formula_kind._sampled.cache_clear()  # noqa: SLF001


if __name__ == "__main__":
    main()
