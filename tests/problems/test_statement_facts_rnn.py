"""Statements of exercise 2.5 (RNN and LSTM), by running small cells and differentiating them with autograd."""

import tomllib
from importlib.resources import files
from itertools import chain

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, jacobian

BANK = {
    statement["id"]: statement["true"]
    for statement in tomllib.loads(
        files("problems.set2.ex05_rnn").joinpath("statements.toml").read_text(encoding="utf-8")
    )["statement"]
}
RNG = np.random.Generator(np.random.PCG64(25))


def rnn_parameters(d, h, scale=0.5):
    return [RNG.normal(scale=scale, size=shape) for shape in ((h, d), (h, h), (h,))]


def rnn(parameters, inputs):
    """All hidden states h_1 … h_T of h_t = tanh(W_x x_t + W_h h_{t-1} + b) with h_0 = 0."""
    W_x, W_h, b = parameters
    states = [np.zeros(len(b))]
    for x in inputs:
        states.append(anp.tanh(anp.dot(W_x, x) + anp.dot(W_h, states[-1]) + b))
    return states[1:]


def sigmoid(z):
    return 1 / (1 + anp.exp(-z))


def lstm_parameters(d, h, scale=0.5):
    """The four affine maps, in the order forget, input, output, candidate."""
    return [rnn_parameters(d, h, scale) for _ in range(4)]


def next_cell(forget, enter, candidate, cell):
    return forget * cell + enter * candidate


def lstm_step(parameters, x, hidden, cell):
    forget, enter, out, candidate = (W @ x + U @ hidden + b for W, U, b in parameters)
    gates = [sigmoid(z) for z in (forget, enter, out)]
    candidate = anp.tanh(candidate)
    cell = next_cell(gates[0], gates[1], candidate, cell)
    return gates[2] * anp.tanh(cell), cell, gates, candidate


PARAMETERS = rnn_parameters(3, 4)
SEQUENCE = RNG.normal(size=(6, 3))


def dependence(t, s):
    """Whether the hidden state h_t changes when the input x_s does."""
    changed = SEQUENCE.copy()
    changed[s - 1] += 1
    return not np.array_equal(rnn(PARAMETERS, SEQUENCE)[t - 1], rnn(PARAMETERS, changed)[t - 1])


def test_which_inputs_a_hidden_state_depends_on():
    assert dependence(3, 5) is BANK["later-input"]
    assert (not any(dependence(3, s) for s in (4, 5, 6))) is BANK["inputs-so-far"]
    assert dependence(5, 1) is BANK["early-input"]


def test_states_of_one_sequence_depend_on_each_other():
    W_x, W_h, b = PARAMETERS
    by_previous = jacobian(lambda h: anp.tanh(W_x @ SEQUENCE[1] + W_h @ h + b))(rnn(PARAMETERS, SEQUENCE)[0])
    assert bool(by_previous.any()) is BANK["one-after-another"]
    assert (not by_previous.any()) is BANK["independent-states"]


def test_batch_advances_together():
    W_x, W_h, b = PARAMETERS
    batch = RNG.normal(size=(5, 6, 3))
    states = np.zeros((5, 4))
    for t in range(6):
        states = np.tanh(batch[:, t] @ W_x.T + states @ W_h.T + b)
    one_by_one = [rnn(PARAMETERS, inputs)[-1] for inputs in batch]
    assert np.allclose(states, one_by_one, atol=1e-14) is BANK["batch-of-sequences"]


def test_same_parameters_serve_every_length_and_width():
    final = {length: rnn(PARAMETERS, RNG.normal(size=(length, 3)))[-1].shape for length in (1, 2, 9)}
    assert (len(set(final.values())) == 1) is BANK["fixed-size-summary"]
    assert (final[1] == (3,)) is BANK["width-equals-input"]


@pytest.mark.parametrize(
    ("statement", "parameters", "claimed"),
    [
        ("rnn-count-3-4", rnn_parameters(3, 4), 32),
        ("rnn-count-10-20", rnn_parameters(10, 20), 220),
        ("lstm-count-10-20", chain(*lstm_parameters(10, 20)), 1860),
        ("lstm-count-general", chain(*lstm_parameters(7, 5)), 4 * (7 * 5 + 5**2 + 5)),
    ],
)
def test_parameter_counts(statement, parameters, claimed):
    assert (sum(array.size for array in parameters) == claimed) is BANK[statement]


def test_ranges_of_gates_candidate_and_states():
    gates, candidates, hidden_states, cells = [], [], [], []
    for seed in range(20):
        parameters = lstm_parameters(3, 4, scale=2.0)
        hidden = cell = np.zeros(4)
        for x in np.random.Generator(np.random.PCG64(seed)).normal(size=(10, 3)):
            hidden, cell, step_gates, candidate = lstm_step(parameters, x, hidden, cell)
            gates += step_gates
            candidates.append(candidate)
            hidden_states.append(hidden)
            cells.append(cell)
    assert bool((np.array(gates) > 0).all() and (np.array(gates) < 1).all()) is BANK["gate-range"]
    assert bool((np.array(candidates) >= 0).all()) is BANK["candidate-range"]
    assert bool((np.abs(hidden_states) < 1).all()) is BANK["hidden-range"]
    assert bool((np.abs(cells) <= 1).all()) is BANK["cell-range"]


def test_forget_gate():
    previous, candidate = RNG.normal(size=(2, 4))
    forget, enter = sigmoid(RNG.normal(size=(2, 4)))
    by_previous = jacobian(lambda cell: next_cell(forget, enter, candidate, cell))(previous)
    assert np.allclose(by_previous, np.diag(forget)) is BANK["cell-path-derivative"]

    zero_weights = [np.zeros((4, 3)), np.zeros((4, 4))]
    open_forget = [[*zero_weights, np.full(4, bias)] for bias in (50.0, 0.0, 0.0, 0.0)]  # f = 1, g = tanh(0) = 0
    _, cell, gates, _ = lstm_step(open_forget, np.zeros(3), np.zeros(4), previous)
    assert np.allclose(gates[0], 1)
    assert np.allclose(cell, 0) is BANK["forget-gate-one"]

    partly = [[*zero_weights, np.full(4, 0.3)], *open_forget[1:]]
    _, cell, gates, _ = lstm_step(partly, np.zeros(3), np.zeros(4), previous)
    assert np.allclose(cell, gates[0] * previous) is BANK["forget-gate-product"]


def test_gradient_of_a_shared_weight_adds_over_time():
    """Giving every time step its own copy of W_x separates the contributions."""
    W_x, W_h, b = PARAMETERS

    def loss(copies):
        state = np.zeros(4)
        for W, x in zip(copies, SEQUENCE, strict=True):
            state = anp.tanh(anp.dot(W, x) + anp.dot(W_h, state) + b)
        return anp.sum(state**2)

    by_copy = grad(loss)([W_x] * len(SEQUENCE))
    shared = grad(lambda W: anp.sum(rnn([W, W_h, b], SEQUENCE)[-1] ** 2))(W_x)
    assert np.allclose(shared, sum(by_copy)) is BANK["time-contributions-a"]
    assert np.allclose(shared, by_copy[-1]) is BANK["time-contributions-b"]


def test_product_of_contracting_jacobians():
    jacobians = [RNG.normal(size=(4, 4)) for _ in range(8)]
    bound = 0.8
    jacobians = [J * bound / np.linalg.norm(J, 2) for J in jacobians]
    norms = [np.linalg.norm(np.linalg.multi_dot(jacobians[:k]), 2) for k in range(2, 9)]
    assert all(norm <= bound**k for k, norm in enumerate(norms, start=2)) is BANK["jacobian-product"]


def test_gradient_along_the_cell_path_can_vanish():
    """With all weights and biases zero, the gates are 1/2 and the candidate is 0."""
    blank = [[np.zeros((4, 3)), np.zeros((4, 4)), np.zeros(4)]] * 4

    def after_fifty_steps(cell):
        hidden = np.zeros(4)
        for _ in range(50):
            hidden, cell, _, _ = lstm_step(blank, np.ones(3), hidden, cell)
        return cell

    derivative = np.diag(jacobian(after_fifty_steps)(np.ones(4)))
    assert bool((derivative > 1e-6).all()) is BANK["lstm-gradient-guarantee"]


def test_norm_clipping_keeps_the_direction():
    gradient = RNG.normal(size=6) * 10
    clipped = gradient * 1.0 / np.linalg.norm(gradient)
    cosine = clipped @ gradient / np.linalg.norm(clipped) / np.linalg.norm(gradient)
    assert bool(not np.isclose(cosine, 1)) is BANK["norm-clipping"]


def test_scalar_recursion():
    scalar = [np.array([[1.0]]), np.array([[2.0]]), np.zeros(1)]

    def second_state(*inputs):
        return rnn(scalar, np.array(inputs)[:, None])[1]

    assert np.allclose(second_state(0.0, 1.0), np.tanh(1)) is BANK["scalar-steps"]
    assert np.allclose(second_state(0.0, 1.0), second_state(1.0, 0.0)) is BANK["order-of-inputs"]
