"""What exercises 2.6 (autoencoders) and 2.7 (their bottleneck) state, checked by computing.

Each test works out from numbers whether statements of the two banks hold and compares that with the banks.
A statement of the kind "is guaranteed" or "for every" is refuted by one example.
"""

import tomllib
from importlib.resources import files
from itertools import pairwise, product

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import value_and_grad
from scipy.optimize import minimize, minimize_scalar


def bank(exercise):
    text = files(f"problems.set2.{exercise}").joinpath("statements.toml").read_text("utf-8")
    return {statement["id"]: statement["true"] for statement in tomllib.loads(text)["statement"]}


AUTOENCODER = bank("ex06_autoencoder")
BOTTLENECK = bank("ex07_bottleneck")


def agree(facts, bank):
    assert facts == {statement: bank[statement] for statement in facts}


@pytest.fixture
def rng():
    return np.random.default_rng(6)


@pytest.fixture(name="X")
def centred_data(rng):
    """Centred data of shape (40, 6), whose principal variances stand apart by a factor of about four."""
    X = rng.normal(size=(40, 6)) @ np.diag(2.0 ** -np.arange(6)) @ np.linalg.qr(rng.normal(size=(6, 6)))[0]
    return X - X.mean(axis=0)


def error(X, X_hat):
    """The mean over samples of the squared distance between a sample and its reconstruction."""
    return np.mean(np.sum((X - X_hat) ** 2, axis=1))


def principal_directions(X):
    """Variances in falling order and the directions that belong to them, as columns."""
    variances, directions = np.linalg.eigh(X.T @ X / len(X))
    return variances[::-1], directions[:, ::-1]


def linear_autoencoder(X, k, rng, sweeps=200):
    """Encoder (k, d) and decoder (d, k) of least squared error, by alternating least squares from a random start."""
    W_e = rng.normal(size=(k, X.shape[1]))
    for _ in range(sweeps):
        W_d = np.linalg.lstsq(X @ W_e.T, X, rcond=None)[0].T
        W_e = np.linalg.pinv(W_d)
    return W_e, W_d


def least_error(X, k, rng):
    W_e, W_d = linear_autoencoder(X, k, rng)
    return error(X, X @ W_e.T @ W_d.T)


def parameter_count(*widths, biases=True):
    return sum(np.zeros((m, n)).size + (np.zeros(n).size if biases else 0) for m, n in pairwise(widths))


def test_linear_autoencoder_and_pca(X, rng):
    k = 2
    variances, V = principal_directions(X)
    by_pca = error(X, X @ V[:, :k] @ V[:, :k].T)
    lowest = min(least_error(X, k, rng) for _ in range(5))
    facts = {
        "principal-subspace": bool(lowest >= by_pca * (1 - 1e-9)),
        "linear-against-pca": bool(lowest < by_pca * (1 - 1e-9)),
        "eigenvalue-sum": bool(np.isclose(lowest, variances[k:].sum(), rtol=1e-9)),
    }
    agree(facts, AUTOENCODER)


def test_a_deeper_linear_autoencoder(X, rng):
    """6-4-2-4-6, trained with exact gradients, against the six-number optimum of 6-2-6."""
    widths = (6, 4, 2, 4, 6)
    sizes = [m * n for m, n in pairwise(widths)]

    def loss(theta):
        X_hat = X
        for (m, n), W in zip(pairwise(widths), anp.split(theta, np.cumsum(sizes)[:-1]), strict=True):
            X_hat = anp.dot(X_hat, anp.reshape(W, (m, n)))
        return anp.mean(anp.sum((X - X_hat) ** 2, axis=1))

    starts = [rng.normal(size=sum(sizes)) for _ in range(3)]
    deep = min(minimize(value_and_grad(loss), start, jac=True, tol=1e-12).fun for start in starts)
    shallow = least_error(X, 2, rng)
    assert deep == pytest.approx(shallow, rel=1e-3), "the deeper network was not trained to its optimum"
    agree({"extra-linear-layers": bool(deep < shallow * (1 - 1e-9))}, AUTOENCODER)


def test_weights_of_an_optimal_linear_autoencoder(X, rng):
    W_e, W_d = linear_autoencoder(X, 2, rng)
    A = np.array([[2.0, 1.0], [0.0, 1.0]])
    other_e, other_d = A @ W_e, W_d @ np.linalg.inv(A)
    assert np.allclose(X @ W_e.T @ W_d.T, X @ other_e.T @ other_d.T, atol=1e-12)
    facts = {
        "encoder-matrix": bool(np.allclose(W_e, other_e)),
        "transposed-decoder": bool(np.allclose(other_d, other_e.T)),
    }
    agree(facts, AUTOENCODER)


def test_codes_and_classes(rng):
    """Fifty inputs of ten classes, and one of them a second time."""
    W, classes = rng.normal(size=(8, 3)), np.arange(51) % 10
    inputs = rng.normal(size=(51, 8))
    inputs[50] = inputs[0]
    codes = np.tanh(inputs @ W)
    distinct = len(np.unique(codes, axis=0))
    one_code_per_class = all(len(np.unique(codes[classes == c], axis=0)) == 1 for c in range(10))
    facts = {
        "distinct-codes": distinct <= len(inputs),
        "ten-classes": distinct == 10,
        "code-per-label": one_code_per_class,
        "same-class-images": not one_code_per_class,
        "repeated-input": np.array_equal(np.tanh(inputs @ W), codes) and np.array_equal(codes[0], codes[50]),
    }
    agree(facts, AUTOENCODER)


def test_a_perfect_autoencoder_with_codes_far_from_standard_normal(rng):
    """Encoder x + 100, decoder z - 100, on two groups of data: nothing in the loss objects."""
    x = np.concatenate([rng.normal(-10, 0.1, 50), rng.normal(10, 0.1, 50)])
    z = x + 100
    loss = np.mean((x - (z - 100)) ** 2)
    decoded_noise = rng.normal(size=1000) - 100
    nearest = np.min(np.abs(decoded_noise[:, None] - x), axis=1)
    widest_gap = np.max(np.diff(np.sort(z)))
    unconstrained = bool(loss < 1e-20 and abs(z.mean()) > 50)
    facts = {
        "code-distribution": unconstrained,
        "divergence-term": not unconstrained,
        "normal-noise-decoding": bool(nearest.max() < 1),
        "empty-regions": bool(widest_gap < 1),
    }
    agree(facts, AUTOENCODER)


def test_parameter_counts():
    whole = parameter_count(784, 32, 784)
    facts = {
        "parameters-50992": whole == 50992,
        "parameters-50176": whole == 50176,
        "tied-weights": parameter_count(784, 32, 784, biases=False) // 2 == 25088,
    }
    agree(facts, AUTOENCODER)
    narrow = parameter_count(784, 8, 784)
    agree({"saved-parameters": whole - narrow == 37656, "quarter-parameters": whole == 4 * narrow}, BOTTLENECK)


def test_the_best_constant_output(rng):
    X = rng.exponential(size=(30, 2))
    best = minimize(lambda c: error(X, c), np.zeros(2), tol=1e-12).x
    facts = {
        "constant-output-mean": np.allclose(best, X.mean(axis=0), atol=1e-6),
        "constant-output-median": np.allclose(best, np.median(X, axis=0), atol=1e-6),
    }
    agree(facts, AUTOENCODER)


def test_binary_cross_entropy():
    def cross_entropy(x, x_hat):
        return -x * np.log(x_hat) - (1 - x) * np.log(1 - x_hat)

    targets = [0.1, 0.3, 0.5, 0.8]
    best = [minimize_scalar(lambda p, x=x: cross_entropy(x, p), bounds=(1e-6, 1 - 1e-6)).x for x in targets]
    facts = {
        "cross-entropy-minimum": np.allclose(best, targets, atol=1e-4),
        "cross-entropy-grey": bool(np.isclose(cross_entropy(0.5, 0.5), 0)),
    }
    agree(facts, AUTOENCODER)


def test_rank_of_the_reconstructions(rng):
    ranks = [np.linalg.matrix_rank(rng.normal(size=(12, 5)) @ rng.normal(size=(5, 12))) for _ in range(20)]
    agree({"rank-bound": bool(max(ranks) <= 5), "five-units": bool(max(ranks) >= 10)}, BOTTLENECK)


def test_widths_around_the_rank_of_the_data(X, rng):
    """Data of rank 3 in six dimensions, codes of one to five units."""
    V = principal_directions(X)[1][:, :3]
    errors = [least_error(X @ V @ V.T, k, rng) for k in range(1, 6)]
    zero_from_rank = max(errors[2:]) < 1e-20
    never_rises = all(wider <= narrower + 1e-12 for narrower, wider in pairwise(errors))
    facts = {
        "full-rank-data": bool(errors[2] < 1e-20 < errors[1]),
        "beyond-data-rank": not zero_from_rank,
        "wider-linear-code": never_rises,
        "narrower-linear-code": not never_rises,
    }
    agree(facts, BOTTLENECK)


def test_the_identity_through_a_wide_code(rng):
    W_e = np.linalg.qr(rng.normal(size=(64, 64)))[0] + np.eye(64) / 2
    x = rng.normal(size=(10, 64))
    copies = np.allclose(x @ W_e.T @ np.linalg.inv(W_e).T, x, atol=1e-9)
    agree({"wide-linear-identity": copies, "sixty-four-units": not copies}, BOTTLENECK)


def test_noise_on_the_input_keeps_a_wide_code_from_copying(X):
    """The best linear map from x + noise back to x, of full width, is C (C + s^2 I)^-1 and not the identity."""
    C, noise = X.T @ X / len(X), 0.5

    def expected_error(M):
        return np.trace(C - 2 * M @ C + M @ (C + noise**2 * np.eye(6)) @ M.T)

    M = C @ np.linalg.inv(C + noise**2 * np.eye(6))
    copying_loses = bool(expected_error(M) < 0.9 * expected_error(np.eye(6)))
    assert np.linalg.matrix_rank(M) == 6
    agree({"every-wide-code": not copying_loses, "noise-and-sparsity": copying_loses}, BOTTLENECK)


def test_sizes_of_codes():
    grey, colour, maps = np.zeros((28, 28)), np.zeros((28, 28, 3)), np.zeros((8, 4, 4))
    facts = {
        "grey-ratio": grey.size / 32 == 24.5,
        "colour-ratio": colour.size / 32 == 24.5,
        "feature-map-code-128": maps.size == 128,
        "feature-map-code-8": maps.size == 8,
    }
    agree(facts, BOTTLENECK)


def test_one_code_unit_with_an_affine_decoder(rng):
    """Whatever the encoder does, the differences of reconstructions span one dimension."""
    z = np.sin(rng.normal(size=(50, 1)) * 7)
    X_hat = rng.normal(size=5) + z @ rng.normal(size=(1, 5))
    dimension = np.linalg.matrix_rank(X_hat - X_hat[0], tol=1e-10)
    agree({"one-unit-line": bool(dimension == 1), "one-unit-plane": bool(dimension == 2)}, BOTTLENECK)


def test_one_number_can_hold_a_hundred_images(rng):
    images = rng.random(size=(100, 8, 8))
    number_of = {image.tobytes(): float(i) for i, image in enumerate(images)}
    reproduced = [images[int(number_of[image.tobytes()])] for image in images]
    exact = np.array_equal(reproduced, images)
    agree({"lookup-through-one-number": exact, "hundred-images-one-number": not exact}, BOTTLENECK)


def test_binary_codes():
    counts = {k: len(set(product((0, 1), repeat=k))) for k in range(1, 8)}
    facts = {
        "binary-codes": all(count == 2**k for k, count in counts.items()),
        "five-binary-units": counts[5] >= 100,
    }
    agree(facts, BOTTLENECK)


def test_a_skip_connection_leads_around_a_silent_bottleneck(X):
    silent_code = np.zeros((len(X), 1))
    X_hat = X + silent_code @ np.zeros((1, 6))
    avoids = np.array_equal(X_hat, X)
    agree({"bypass": avoids, "bypass-closed": not avoids}, BOTTLENECK)


def test_subspaces_of_optimal_linear_autoencoders(X, rng):
    """The span of the decoder is that of the first principal directions; one unit less loses the last of them."""
    V = principal_directions(X)[1]
    projections = {}
    for k in (2, 3):
        Q = np.linalg.qr(linear_autoencoder(X, k, rng)[1])[0]
        projections[k] = Q @ Q.T
    given_up = projections[3] - projections[2]
    on_principal = np.allclose(projections[3], V[:, :3] @ V[:, :3].T, atol=1e-8)
    facts = {
        "relation-to-pca": not on_principal,
        "dropped-direction": np.allclose(given_up, np.outer(V[:, 2], V[:, 2]), atol=1e-8),
    }
    agree(facts, BOTTLENECK)
