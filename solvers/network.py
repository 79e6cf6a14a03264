"""Fully connected feed-forward networks (book 3.2 to 4.6): forward pass, backpropagation, training.

The layers are numbered 1 (input) to L (output) and have m_l neurons. Weights and biases are lists that begin with
layer 2: Wˡ is (m_l, m_{l−1}), bˡ is (m_l,). Samples are rows: one is (m_1,), a batch is (n, m_1), and everything
computed from them is (m_l,) or (n, m_l). A stack of networks has its axes in front, Wˡ (P, m_l, m_{l−1}) and
bˡ (P, m_l); they share a batch (n, m_1) or have one each, (P, n, m_1).

The loss of a sample is C_i = (1/2m) Σ_k (y_k − a_k)² over the m = m_L outputs (book 4.4.1), that of a batch the mean
over its samples (4.6). Other places of the book leave out ½ or 1/m (E53).

Training puts the gradient into the methods of `solvers.descent`, over all parameters as one vector::

    gradient = training_gradient([2, 3, 1], X, Y, batches=cyclic(n=8, steps=80))
    iterates = momentum(gradient, flatten(weights, biases), step_size=0.1, momentum=0.5, steps=80)
    weights, biases = unflatten(iterates[-1], [2, 3, 1])
"""

from collections.abc import Sequence
from itertools import pairwise
from operator import index
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from solvers.activations import ACTIVATIONS, Activation, sigmoid, sigmoid_derivative
from solvers.descent import Gradient, Order
from solvers.losses import mean_over_samples, scores
from solvers.samples import Array

ActivationName: TypeAlias = Literal["sigmoid", "tanh", "relu", "identity"]


class Parameters(NamedTuple):
    weights: list[Array]  # Wˡ (…, m_l, m_{l−1}) for l = 2 … L
    biases: list[Array]  # bˡ (…, m_l)


class Layers(NamedTuple):
    z: list[Array]  # zˡ for l = 2 … L
    a: list[Array]  # aˡ for l = 1 … L; the first is the input, the last the output


class Gradients(NamedTuple):
    weights: list[Array]  # ∂C/∂Wˡ, of the shapes of the weights
    biases: list[Array]  # ∂C/∂bˡ
    deltas: list[Array]  # δˡ = ∂C_i/∂zˡ for l = 2 … L, of the shapes of zˡ, not averaged over the samples


# Parameters


def parameter_count(widths: Sequence[int]) -> int:
    """Weights and biases of a network with layers m_1, …, m_L: Σ_{l≥2} (m_{l−1} m_l + m_l)  (exercise 1.4).

    Raises:
        ValueError: if there are fewer than two layers, or a layer has no neuron.

    """
    if len(widths) < 2:
        raise ValueError("A network has at least an input and an output layer.")
    if any(index(width) < 1 for width in widths):
        raise ValueError(f"Every layer has at least one neuron; {list(widths)} has not.")
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))


def flatten(weights: Sequence[ArrayLike], biases: Sequence[ArrayLike]) -> Array:
    """All parameters as one vector (…, p): W² row by row, then b², W³, b³ and so on.

    Raises:
        ValueError: if the shapes do not fit each other.

    """
    weights, biases = _parameters(weights, biases)
    parts = [part for W, b in zip(weights, biases, strict=True) for part in (W.reshape(*W.shape[:-2], -1), b)]
    return np.concatenate(parts, axis=-1)


def unflatten(vector: ArrayLike, widths: Sequence[int]) -> Parameters:
    """The weights and biases that `flatten` made a vector (…, p) of, as views.

    All iterates of a training, (steps + 1, p), come back as a stack of networks, which `forward` runs in one call.

    Raises:
        ValueError: if p is not the parameter count of the widths.

    """
    vector, count = np.asarray(vector, dtype=np.float64), parameter_count(widths)
    if vector.ndim == 0 or vector.shape[-1] != count:
        raise ValueError(f"Layers {list(widths)} have {count} parameters; the vector has shape {vector.shape}.")
    weights, biases, start = [], [], 0
    for inputs, outputs in pairwise(widths):
        end = start + inputs * outputs
        weights.append(vector[..., start:end].reshape(*vector.shape[:-1], outputs, inputs))
        biases.append(vector[..., end : end + outputs])
        start = end + outputs
    return Parameters(weights, biases)


def absolute_value_network() -> Parameters:
    """|x| = relu(relu(x) + relu(−x)), the three-layer network of book 3.4.1; run it with activation "relu"."""
    return Parameters([np.array([[1.0], [-1.0]]), np.array([[1.0, 1.0]])], [np.zeros(2), np.zeros(1)])


# Forward and backward


def forward(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    x: ArrayLike,
    activation: ActivationName = "sigmoid",
    *,
    output_activation: ActivationName | None = None,
) -> Layers:
    """zˡ = Wˡ aˡ⁻¹ + bˡ and aˡ = σ(zˡ) from a¹ = x, of every layer (book 3.4.1).

    The output layer has the same activation as the others, as in the book, unless `output_activation` is given.

    Raises:
        ValueError: if the shapes do not fit each other, or an activation is unknown.

    """
    weights, biases = _parameters(weights, biases)
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != weights[0].shape[-1]:
        raise ValueError(f"The first layer has {weights[0].shape[-1]} neurons; the input has shape {x.shape}.")
    z, a = [], [np.atleast_2d(x)]
    for W, b, sigma in zip(weights, biases, _activations(len(weights), activation, output_activation), strict=True):
        z.append(np.matmul(a[-1], W.mT) + b[..., np.newaxis, :])  # (…, n, m_l)
        a.append(sigma.function(z[-1]))
    return Layers(_like(x, z), _like(x, a))


def loss(outputs: ArrayLike, targets: ArrayLike) -> Array:
    """C_i = (1/2m) Σ_k (y_k − a_k)² of each sample, (…), from outputs and targets (…, m); C is its mean.

    The outputs may be a stack, such as those of all iterates of a training, (steps + 1, n, m), for targets (n, m).

    Raises:
        ValueError: if the shapes do not fit each other.

    """
    outputs, targets = np.asarray(outputs, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    # Targets (n,) would broadcast against outputs (n, 1) to n × n errors without a word.
    if targets.ndim == 0 or outputs.shape[-targets.ndim :] != targets.shape:
        raise ValueError(f"The targets have shape {targets.shape}, the outputs {outputs.shape}.")
    return np.asarray(np.square(targets - outputs).mean(axis=-1) / 2)


def backpropagate(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike],
    x: ArrayLike,
    y: ArrayLike,
    activation: ActivationName = "sigmoid",
    *,
    output_activation: ActivationName | None = None,
) -> Gradients:
    """The gradients of the mean loss, by the recursion of book 4.4.3.

    In columns, as the book writes a sample::

        δᴸ = (1/m) (aᴸ − y) ⊙ σ'(zᴸ)
        δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ)                    (4.1)
        ∂C_i/∂Wˡ = δˡ (aˡ⁻¹)ᵀ,   ∂C_i/∂bˡ = δˡ          (4.3.1), averaged over the samples (4.6)

    Raises:
        ValueError: as `forward`, or if the targets have not the shape of the outputs.

    """
    weights, biases = _parameters(weights, biases)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    z, a = forward(weights, biases, np.atleast_2d(x), activation, output_activation=output_activation)
    if y.shape != (*x.shape[:-1], weights[-1].shape[-2]):
        raise ValueError(f"The targets have shape {y.shape}; the outputs have {weights[-1].shape[-2]} columns.")
    slopes = [
        sigma.derivative(z_l) for sigma, z_l in zip(_activations(len(z), activation, output_activation), z, strict=True)
    ]

    deltas = [output_delta(a[-1], y, slopes[-1])]  # rows, (…, n, m_L)
    for W, slope in zip(weights[:0:-1], slopes[-2::-1], strict=True):
        deltas.insert(0, hidden_delta(W, deltas[0], slope))

    n = a[0].shape[-2]
    return Gradients(
        weights=[np.matmul(delta.mT, before) / n for delta, before in zip(deltas, a[:-1], strict=True)],
        biases=[delta.mean(axis=-2) for delta in deltas],
        deltas=_like(x, deltas),
    )


def output_delta(outputs: Array, targets: Array, slopes: Array) -> Array:
    """δᴸ = (1/m) (aᴸ − y) ⊙ σ'(zᴸ) from aᴸ, y and σ'(zᴸ), each (…, m)  (book 4.4.1)."""
    return np.asarray((outputs - targets) / targets.shape[-1] * slopes)


def hidden_delta(weights: Array, delta: Array, slopes: Array) -> Array:
    """δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ'(zˡ) from Wˡ⁺¹, δˡ⁺¹ (…, m_{l+1}) and σ'(zˡ) (…, m_l)  (4.1)."""
    return np.asarray(np.matmul(delta, weights) * slopes)


def training_gradient(
    widths: Sequence[int],
    X: ArrayLike,
    Y: ArrayLike,
    batches: Order | None = None,
    activation: ActivationName = "sigmoid",
    *,
    output_activation: ActivationName | None = None,
) -> Gradient:
    """The gradient for the methods of `solvers.descent`, over the vector of `flatten`.

    Step t sees the samples ``batches[t]`` of X (n, m_1) and Y (n, m_L), or all of them where no batches are given.

    Raises:
        ValueError: if X and Y do not fit the widths and each other, or hold numbers that are not finite.

    """
    X, Y = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
    if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or (X.shape[1], Y.shape[1]) != (widths[0], widths[-1]):
        raise ValueError(f"X and Y have shapes {X.shape} and {Y.shape}; layers {list(widths)} do not fit them.")
    if not (np.isfinite(X).all() and np.isfinite(Y).all()):
        raise ValueError("X and Y must hold finite numbers.")

    def gradient(vector: Array, t: int) -> Array:
        seen = slice(None) if batches is None else batches[t]
        step = backpropagate(
            *unflatten(vector, widths), X[seen], Y[seen], activation, output_activation=output_activation
        )
        return flatten(step.weights, step.biases)

    return gradient


# One neuron


def neuron_gradient(w: ArrayLike, b: ArrayLike, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """∂C/∂w = (σ(wx + b) − y) σ'(wx + b) x and ∂C/∂b, the same without x, of C = ½ (σ(wx + b) − y)².

    Equations (3.4) and (3.5), elementwise; book 4.1 prints ∂C/∂b with an x too many (E54).
    """
    w, b, x, y = (np.asarray(number, dtype=np.float64) for number in (w, b, x, y))
    z = w * x + b
    delta = (sigmoid(z) - y) * sigmoid_derivative(z)
    return delta * x, delta


def single_layer_gradient(w: Array, b: ArrayLike, X: Array, y: Array) -> tuple[Array, Array]:
    """The gradient in w (…, d) and b (…) of (3.2), C = (1/2n) Σ (σ(wᵀx + b) − y)², for the step (3.3).

    X is (…, n, d), y is (…, n). C is not convex: descent comes to a stationary point, which need not be a minimum.
    """
    z = scores(w, X) + np.asarray(b)[..., np.newaxis]
    delta = (sigmoid(z) - y) * sigmoid_derivative(z)
    return mean_over_samples(delta, X), delta.mean(axis=-1)


# What the functions above share

_ACTIVATIONS = {**ACTIVATIONS, "identity": Activation(function=lambda z: z, derivative=np.ones_like)}


def _activations(layers: int, hidden: str, output: str | None) -> list[Activation]:
    """The activation of each layer from the second on."""
    names = [hidden] * (layers - 1) + [output or hidden]
    for name in names:
        if name not in _ACTIVATIONS:
            raise ValueError(f"The activations are {', '.join(_ACTIVATIONS)}; {name!r} is none of them.")
    return [_ACTIVATIONS[name] for name in names]


def _parameters(weights: Sequence[ArrayLike], biases: Sequence[ArrayLike]) -> Parameters:
    """The parameters as float64, each matrix checked against its bias and against the matrix before it."""
    if len(weights) != len(biases) or not weights:
        raise ValueError(f"A network has as many biases as weights, and some; not {len(biases)} and {len(weights)}.")
    result = Parameters(
        [np.asarray(W, dtype=np.float64) for W in weights], [np.asarray(b, dtype=np.float64) for b in biases]
    )
    for layer, (W, b) in enumerate(zip(*result, strict=True), start=2):
        if W.ndim < 2 or b.shape != W.shape[:-1]:
            raise ValueError(f"Layer {layer} has weights of shape {W.shape} and biases of shape {b.shape}.")
    for layer, (before, W) in enumerate(pairwise(result.weights), start=3):
        if W.shape[-1] != before.shape[-2]:
            raise ValueError(
                f"The weights of layer {layer} have shape {W.shape}, but layer {layer - 1} has "
                f"{before.shape[-2]} neurons."
            )
    return result


def _like(x: Array, rows: list[Array]) -> list[Array]:
    """A single sample went in as a batch of one; it comes out without that axis."""
    return [row[..., 0, :] for row in rows] if x.ndim == 1 else rows
