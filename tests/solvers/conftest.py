"""The book's data, and one way of comparing."""

import numpy as np
import pytest


@pytest.fixture
def printed():
    """X (8, 4) and y (8,) of exercises 1.6 to 1.10. The book prints the transpose: its columns are the samples."""
    X = np.array(
        [
            [-0.5, -1.0, 0.5, -0.2, -0.8, -0.15, -1.0, 0.0],
            [0.25, -0.1, 0.0, -0.3, 0.0, -0.5, 0.0, -0.25],
            [-0.8, -0.1, 0.25, 0.2, -0.8, 0.05, -1.0, 0.25],
            [-1.0, -1.0, 0.1, 0.0, -1.0, -0.25, -1.0, 0.1],
        ]
    ).T
    return X, np.array([1.0, 1, -1, -1, 1, -1, 1, -1])


@pytest.fixture
def commute():
    """X (5, 3), with the column of ones, and y (5,): kilometres, weekday or not, and minutes."""
    kilometres, weekday = [2.7, 4.1, 1.0, 5.2, 2.8], [1, 1, 0, 1, 0]
    return np.column_stack([np.ones(5), kilometres, weekday]), np.array([25.0, 33, 15, 45, 22])


@pytest.fixture
def apart(record_property):
    """The largest difference of two arrays of one shape.

    `pytest -o junit_family=xunit1 --junitxml=FILE` keeps each one; docs/solvers.md quotes them.
    """

    def largest(actual, expected):
        actual, expected = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
        assert actual.shape == expected.shape
        difference = float(np.max(np.abs(actual - expected)))
        record_property("apart", difference)
        return difference

    return largest
