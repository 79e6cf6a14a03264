"""The chain-rule example against SymPy's derivative of the composed function, evaluated to 30 digits."""

import numpy as np
import pytest
import sympy

from solvers.chain_rule import total_derivative

TIME = sympy.Symbol("t")
X, Y = sympy.symbols("x y")
OUTER = Y + sympy.exp(X * Y)
PATH = {X: sympy.cos(TIME), Y: TIME**2}


@pytest.mark.parametrize("t", ["-3/2", "-1/3", "0", "1/2", "1", "7/4", "3"])
def test_derivative_and_its_two_paths(t):
    def exactly(derivative):
        return float(derivative.subs(PATH).subs(TIME, sympy.Rational(t)).evalf(30))

    result = total_derivative(float(sympy.Rational(t)))

    close = {"rel": 2e-15, "abs": 1e-15}
    assert result.total == pytest.approx(exactly(sympy.diff(OUTER.subs(PATH), TIME)), **close)
    assert result.through_x == pytest.approx(exactly(sympy.diff(OUTER, X) * sympy.diff(PATH[X], TIME)), **close)
    assert result.through_y == pytest.approx(exactly(sympy.diff(OUTER, Y) * sympy.diff(PATH[Y], TIME)), **close)


def test_many_points_in_one_call_are_the_same_points_one_by_one():
    times = np.linspace(-2, 2, 9).reshape(3, 3)
    together = total_derivative(times)
    for i, j in np.ndindex(times.shape):
        alone = total_derivative(times[i, j])
        np.testing.assert_allclose([path[i, j] for path in together], alone, rtol=1e-15)
