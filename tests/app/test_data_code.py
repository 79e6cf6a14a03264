"""The numbers of an exercise as lines of a program."""

from typing import Any

import numpy as np
import pytest

from app.attempts.data_code import as_code
from problems.catalogue import catalogue
from problems.dealing import deal


def run(lines: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(lines, names)
    return names


@pytest.mark.parametrize("problem_id", catalogue())
def test_numpy_gets_the_numbers_of_the_exercise(problem_id: str) -> None:
    parameters = deal(catalogue()[problem_id], 1).parameters
    code = dict(as_code(parameters))
    if not code:
        pytest.skip("no array of numbers to copy")
    copied = run(code["NumPy"])
    for name, value in parameters.items():
        np.testing.assert_equal(copied[name], value)


@pytest.mark.parametrize("problem_id", ["1.6", "1.10", "2.4", "c1.1", "c4.4"])
def test_exercises_with_arrays_can_be_copied(problem_id: str) -> None:
    assert as_code(deal(catalogue()[problem_id], 1).parameters)


@pytest.mark.parametrize("problem_id", ["1.1", "1.5", "2.1"])
def test_statements_symbols_and_architectures_are_no_arrays(problem_id: str) -> None:
    assert as_code(deal(catalogue()[problem_id], 0).parameters) == ()


def test_matlab() -> None:
    parameters = {"X": [[1, -0.5], [3, 4]], "y": [1, -1], "weights": [[[1, 2]], [[3], [4]]], "rule": "tanh", "n": 8}
    assert dict(as_code(parameters))["MATLAB / Octave"] == (
        "X = [\n    1 -0.5\n    3 4\n];\n"
        "y = [1; -1];\n"
        "weights = {[\n    1 2\n], [\n    3\n    4\n]};\n"
        "rule = 'tanh';\n"
        "n = 8;\n"
    )
