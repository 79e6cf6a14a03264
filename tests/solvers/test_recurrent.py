"""Recurrent cells against their equations written out for single numbers in mpmath, to 30 digits."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest

from solvers.recurrent import LSTMState, lstm, lstm_parameters, lstm_step, rnn, rnn_parameters, rnn_step


def test_vanilla_network_is_the_equation_written_out():
    sequence, parameters = a_sequence(gates=1)
    with mpmath.workdps(30):
        expected = [[mpmath.mpf(0)] * 2]
        for x in sequence:
            expected.append([mpmath.tanh(z) for z in affine(x, expected[-1], *parameters)])
    hidden = rnn(sequence, np.zeros(2), *parameters)
    np.testing.assert_allclose(hidden, floats(expected), rtol=0, atol=1e-15)


def test_lstm_is_the_equations_written_out():
    sequence, parameters = a_sequence(gates=4)
    with mpmath.workdps(30):
        hidden, cell = [[mpmath.mpf("0.5"), mpmath.mpf(-1)]], [[mpmath.mpf(2), mpmath.mpf("-0.25")]]
        for x in sequence:
            z = affine(x, hidden[-1], *parameters)
            i, f, o = ([1 / (1 + mpmath.exp(-number)) for number in z[at : at + 2]] for at in (0, 2, 6))
            g = [mpmath.tanh(number) for number in z[4:6]]
            cell.append([f[j] * cell[-1][j] + i[j] * g[j] for j in range(2)])
            hidden.append([o[j] * mpmath.tanh(cell[-1][j]) for j in range(2)])
    states = lstm(sequence, LSTMState(floats(hidden[0]), floats(cell[0])), *parameters)
    np.testing.assert_allclose(states.hidden, floats(hidden), rtol=0, atol=1e-15)
    np.testing.assert_allclose(states.cell, floats(cell), rtol=0, atol=1e-15)


def test_open_forget_gate_and_closed_input_gate_keep_the_cell_for_ever():
    biases = [-1000.0, 1000.0, 3.0, 1000.0]  # i = 0, f = 1, g = tanh 3, o = 1
    sequence = np.ones((50, 1))
    states = lstm(sequence, LSTMState(np.zeros(1), np.array([0.75])), np.zeros((4, 1)), np.zeros((4, 1)), biases)
    assert (states.cell == 0.75).all()
    assert (states.hidden[1:] == np.tanh(0.75)).all()


def test_closed_forget_gate_and_open_input_gate_replace_the_cell():
    biases = [1000.0, -1000.0, 3.0, -1000.0]  # i = 1, f = 0, g = tanh 3, o = 0
    state = lstm_step([1.0], LSTMState(np.zeros(1), np.array([9.0])), np.zeros((4, 1)), np.zeros((4, 1)), biases)
    assert state == LSTMState(np.zeros(1), np.tanh([3.0]))


def test_exercise_2_5_a_state_does_not_depend_on_later_inputs():
    sequence, parameters = a_sequence(gates=1)
    changed = sequence.copy()
    changed[3] += 1
    before, after = rnn(sequence, np.zeros(2), *parameters), rnn(changed, np.zeros(2), *parameters)
    np.testing.assert_array_equal(before[:4], after[:4])  # h_0 … h_3, made of x_1 … x_3, that is rows 0 to 2
    assert (before[4:] != after[4:]).all()


def test_several_sequences_in_one_call_are_the_sequences_one_by_one():
    _, parameters = a_sequence(gates=1)
    _, gates = a_sequence(gates=4)
    sequences = np.random.default_rng(2).normal(size=(3, 5, 3))
    start = np.random.default_rng(3).normal(size=(3, 2))
    hidden = rnn(sequences, start, *parameters)
    states = lstm(sequences, LSTMState(start, -start), *gates)
    assert hidden.shape == states.hidden.shape == states.cell.shape == (3, 6, 2)
    for n in range(3):
        np.testing.assert_allclose(hidden[n], rnn(sequences[n], start[n], *parameters), rtol=0, atol=1e-15)
        alone = lstm(sequences[n], LSTMState(start[n], -start[n]), *gates)
        np.testing.assert_allclose(states.hidden[n], alone.hidden, rtol=0, atol=1e-15)
        np.testing.assert_allclose(states.cell[n], alone.cell, rtol=0, atol=1e-15)


def test_a_sequence_is_its_steps():
    sequence, parameters = a_sequence(gates=1)
    hidden = rnn(sequence, np.zeros(2), *parameters)
    for x, (before, after) in zip(sequence, pairwise(hidden), strict=True):
        np.testing.assert_array_equal(after, rnn_step(x, before, *parameters))


@pytest.mark.parametrize(("inputs", "hidden"), [(1, 1), (3, 2), (10, 20)])
def test_parameters_are_the_entries_of_the_arrays(inputs, hidden):
    for count, gates in [(rnn_parameters, 1), (lstm_parameters, 4)]:
        shapes = [(gates * hidden, inputs), (gates * hidden, hidden), (gates * hidden,)]
        assert count(inputs, hidden) == sum(np.zeros(shape).size for shape in shapes)


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0)])
def test_cells_without_parameters_are_refused(sizes):
    for count in (rnn_parameters, lstm_parameters):
        with pytest.raises(ValueError, match="at least one input and one hidden unit"):
            count(*sizes)


@pytest.mark.parametrize(
    "shapes",
    [((2, 4), (2, 2), (2,)), ((2, 3), (2, 3), (2,)), ((2, 3), (2, 2), (1,)), ((3, 3), (3, 2), (3,))],
)
def test_weights_that_do_not_fit_are_refused(shapes):
    parameters = [np.zeros(shape) for shape in shapes]
    with pytest.raises(ValueError, match="3 inputs and 2 hidden units need weights and biases of shapes"):
        rnn_step(np.zeros(3), np.zeros(2), *parameters)
    with pytest.raises(ValueError, match="3 inputs and 2 hidden units need weights and biases of shapes"):
        lstm_step(np.zeros(3), LSTMState(np.zeros(2), np.zeros(2)), *parameters)


def test_a_sequence_has_steps_and_features():
    with pytest.raises(ValueError, match="A sequence is"):
        rnn(np.zeros(3), np.zeros(1), np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1))


def a_sequence(gates):
    """Five steps of three inputs, and weights and biases for two hidden units."""
    rng = np.random.default_rng(gates)
    shapes = [(gates * 2, 3), (gates * 2, 2), (gates * 2,)]
    return rng.normal(size=(5, 3)), [rng.normal(size=shape) for shape in shapes]


def affine(x, hidden, input_weights, hidden_weights, bias):
    """W x + U h + b in mpmath, number by number."""
    return [
        mpmath.fdot(w.tolist(), x.tolist()) + mpmath.fdot(u.tolist(), hidden) + mpmath.mpf(float(b))
        for w, u, b in zip(input_weights, hidden_weights, bias, strict=True)
    ]


def floats(rows):
    return np.array(rows, dtype=float)
