"""Recurrent cells and their parameter counts against PyTorch, which keeps two biases a gate."""

import numpy as np
import pytest

from solvers.recurrent import LSTMState, lstm, lstm_parameters, rnn, rnn_parameters

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle


def parameters_of(cell):
    return (
        cell.weight_ih_l0.detach().numpy(),
        cell.weight_hh_l0.detach().numpy(),
        (cell.bias_ih_l0 + cell.bias_hh_l0).detach().numpy(),
    )


@pytest.mark.parametrize(("inputs", "hidden"), [(1, 1), (3, 4), (5, 2)])
def test_states_and_counts(inputs, hidden):
    torch.manual_seed(inputs)
    sequence = torch.randn(2, 12, inputs, dtype=torch.float64)
    start, cell = torch.randn(2, 2, hidden, dtype=torch.float64)

    model = torch.nn.RNN(inputs, hidden, batch_first=True, dtype=torch.float64)
    states = rnn(sequence.numpy(), start.numpy(), *parameters_of(model))
    expected, _ = model(sequence, start[None])
    np.testing.assert_allclose(states[:, 1:], expected.detach().numpy(), rtol=0, atol=2e-15)
    assert sum(p.numel() for p in model.parameters()) == rnn_parameters(inputs, hidden) + hidden

    model = torch.nn.LSTM(inputs, hidden, batch_first=True, dtype=torch.float64)
    states = lstm(sequence.numpy(), LSTMState(start.numpy(), cell.numpy()), *parameters_of(model))
    expected, (_, last_cell) = model(sequence, (start[None], cell[None]))
    np.testing.assert_allclose(states.hidden[:, 1:], expected.detach().numpy(), rtol=0, atol=2e-15)
    np.testing.assert_allclose(states.cell[:, -1], last_cell[0].detach().numpy(), rtol=0, atol=2e-15)
    assert sum(p.numel() for p in model.parameters()) == lstm_parameters(inputs, hidden) + 4 * hidden
