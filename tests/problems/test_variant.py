"""What a variant shows: its parameters as LaTeX in the slots of the texts."""

import pytest

from problems.catalogue import find
from problems.dealing import deal
from problems.variant import _as_latex


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (3, "3"),
        (-0.25, "-0.25"),
        ("x_1", "x_1"),
        ([1, -0.5], r"\begin{bmatrix} 1 \\ -0.5 \end{bmatrix}"),
        (["a", "b"], r"\begin{bmatrix} a \\ b \end{bmatrix}"),
        ([[1, 2], [3, 4]], r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}"),
        # What needs words of its own is left to `Problem.values`.
        ([[]], ""),
        (None, ""),
        (True, ""),
        ({"filters": 1}, ""),
        ([{"filters": 1}], ""),
        ([[[1, 2], [3, 4]], [[5]]], ""),
        ([1, [2]], ""),
    ],
)
def test_parameters_as_latex(value, latex):
    assert _as_latex(value) == latex


def test_what_is_no_json_is_an_error():
    with pytest.raises(TypeError, match="no JSON value"):
        _as_latex({1, 2})


def test_a_problem_may_show_a_parameter_in_its_own_way(make_problem):
    variant = deal(make_problem(values=lambda p: {"x": f"the numbers {p['x']}"}), 0)
    assert variant.statement.en == "Halve the numbers [2.0, 4.0]."
    assert r"\begin{bmatrix} 2 \\ 4 \end{bmatrix}" in deal(make_problem(), 0).statement.en


def test_options_of_several_fields_are_equations_in_a_row():
    texts = [option.text.en for option in deal(find("2.3"), 0).fields("choice")[0].kind.options]
    assert texts[1] == r"$N = 10,\; H = 5,\; W = 5,\; C = 3$"
