"""Vanilla recurrent network and LSTM, forward (what exercise 2.5 talks about).

Samples and time steps are rows: an input is (…, d), a sequence (…, T, d), a state (…, k). Sequences are run one step
after the other, since each state needs the one before it. All states are returned, the first row being the state
the sequence started from.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solvers.activations import sigmoid
from solvers.samples import Array


class LSTMState(NamedTuple):
    hidden: Array  # (…, k), or (…, T + 1, k) over a sequence
    cell: Array  # the same


def rnn_step(
    x: ArrayLike,
    hidden: ArrayLike,
    input_weights: ArrayLike,
    hidden_weights: ArrayLike,
    bias: ArrayLike,
) -> Array:
    """h_t = tanh(W x_t + U h_{t−1} + b), with W (k, d), U (k, k), b (k,).

    Raises:
        ValueError: if a shape does not fit the others.

    """
    return np.tanh(_affine(x, hidden, input_weights, hidden_weights, bias, gates=1))


def lstm_step(
    x: ArrayLike,
    state: LSTMState,
    input_weights: ArrayLike,
    hidden_weights: ArrayLike,
    bias: ArrayLike,
) -> LSTMState:
    """One step of the LSTM cell (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    i = σ(W_i x + U_i h + b_i)       input gate
    f = σ(W_f x + U_f h + b_f)       forget gate
    g = tanh(W_g x + U_g h + b_g)    candidate
    o = σ(W_o x + U_o h + b_o)       output gate
    c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh(c')

    W (4k, d), U (4k, k) and b (4k,) hold the gates below each other in the order i, f, g, o, as in PyTorch.

    Raises:
        ValueError: if a shape does not fit the others.

    """
    i, f, g, o = np.split(_affine(x, state.hidden, input_weights, hidden_weights, bias, gates=4), 4, axis=-1)
    cell = sigmoid(f) * state.cell + sigmoid(i) * np.tanh(g)
    return LSTMState(sigmoid(o) * np.tanh(cell), cell)


def rnn(
    sequence: ArrayLike,
    hidden: ArrayLike,
    input_weights: ArrayLike,
    hidden_weights: ArrayLike,
    bias: ArrayLike,
) -> Array:
    """The hidden states h_0, …, h_T, (…, T + 1, k), of a sequence (…, T, d) started from h_0 (…, k)."""
    states = [np.asarray(hidden, dtype=np.float64)]
    for x in _steps(sequence):
        states.append(rnn_step(x, states[-1], input_weights, hidden_weights, bias))
    return np.stack(states, axis=-2)


def lstm(
    sequence: ArrayLike,
    state: LSTMState,
    input_weights: ArrayLike,
    hidden_weights: ArrayLike,
    bias: ArrayLike,
) -> LSTMState:
    """The states (h_0, c_0), …, (h_T, c_T), each (…, T + 1, k), of a sequence (…, T, d) started from (h_0, c_0)."""
    states = [LSTMState(np.asarray(state.hidden, dtype=np.float64), np.asarray(state.cell, dtype=np.float64))]
    for x in _steps(sequence):
        states.append(lstm_step(x, states[-1], input_weights, hidden_weights, bias))
    return LSTMState(np.stack([s.hidden for s in states], axis=-2), np.stack([s.cell for s in states], axis=-2))


def rnn_parameters(inputs: int, hidden: int) -> int:
    """k·d + k² + k. PyTorch keeps one bias for the input and one for the state, so it counts k more."""
    return _parameters_per_gate(inputs, hidden)


def lstm_parameters(inputs: int, hidden: int) -> int:
    """4 (k·d + k² + k). PyTorch keeps two biases a gate, so it counts 4k more."""
    return 4 * _parameters_per_gate(inputs, hidden)


def _parameters_per_gate(inputs: int, hidden: int) -> int:
    if inputs < 1 or hidden < 1:
        raise ValueError(f"There is at least one input and one hidden unit, not {inputs} and {hidden}.")
    return hidden * (inputs + hidden + 1)


def _affine(
    x: ArrayLike,
    hidden: ArrayLike,
    input_weights: ArrayLike,
    hidden_weights: ArrayLike,
    bias: ArrayLike,
    *,
    gates: int,
) -> Array:
    """W x + U h + b for rows x and h, (…, gates · k)."""
    x, hidden = np.asarray(x, dtype=np.float64), np.asarray(hidden, dtype=np.float64)
    w, u, b = (np.asarray(array, dtype=np.float64) for array in (input_weights, hidden_weights, bias))
    d, k = x.shape[-1], hidden.shape[-1]
    shapes, expected = (w.shape, u.shape, b.shape), ((gates * k, d), (gates * k, k), (gates * k,))
    if shapes != expected:
        raise ValueError(f"{d} inputs and {k} hidden units need weights and biases of shapes {expected}, not {shapes}.")
    z: Array = x @ w.T + hidden @ u.T + b
    return z


def _steps(sequence: ArrayLike) -> Array:
    """The sequence with time in front, (T, …, d)."""
    values = np.asarray(sequence, dtype=np.float64)
    if values.ndim < 2:
        raise ValueError(f"A sequence is (…, steps, features), not of shape {values.shape}.")
    return np.moveaxis(values, -2, 0)
