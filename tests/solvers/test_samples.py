"""Data that a solver cannot use is refused with a sentence that says why."""

import numpy as np
import pytest

from solvers.samples import labelled, samples


@pytest.mark.parametrize(
    ("X", "y", "sentence"),
    [
        ([1.0, 2.0], [1.0, 1.0], "needs rows"),
        (np.empty((0, 3)), [], "at least one sample"),
        (np.empty((3, 0)), [1, 1, 1], "one feature"),
        ([[1.0], [2.0]], [1.0], "y has shape"),
        ([[1.0], [2.0]], [[1.0], [2.0]], "y has shape"),
        (np.ones((5, 2, 3)), [1.0, 2.0], "y has shape"),
        ([[np.nan], [2.0]], [1.0, 2.0], "finite"),
        ([[1.0], [2.0]], [1.0, np.inf], "finite"),
    ],
    ids=["flat", "no sample", "no feature", "too few", "column", "one y for a stack", "nan", "infinity"],
)
def test_unusable_data(X, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        samples(X, y)


def test_ragged_rows():
    with pytest.raises(ValueError, match="inhomogeneous"):
        samples([[1.0, 2.0], [3.0]], [1.0, 2.0])


@pytest.mark.parametrize("label", [0, 2, 0.5, -1.5])
def test_labels_other_than_plus_or_minus_one(label):
    with pytest.raises(ValueError, match="-1 or \\+1"):
        labelled([[1.0], [2.0]], [1, label])


def test_a_transposed_view_becomes_contiguous():
    X, _ = samples(np.ones((3, 2)).T, [1, 1])
    assert X.flags.c_contiguous
