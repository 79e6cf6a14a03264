"""How fast the solvers are beside scikit-learn and PyTorch doing the same work in the same run.

    python -m benchmarks.solver_speed

Each line solves one exercise (n = 8 samples, d = 4 features) once, or a thousand variants of it: ours in one call,
PyTorch in one batched loop, scikit-learn one after the other, since it knows no stacks. Ours returns every iterate,
the others the last. PyTorch takes part, on one thread, if it is installed. Times are per variant and the best of
several runs; a ratio above 1 means that the other one takes longer. The last column is the largest difference of the
results.
"""

import importlib.util
import timeit
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LinearRegression, Perceptron, Ridge, SGDClassifier

from solvers.descent import adagrad, cyclic, full_batch, gradient_descent, momentum, on_batches
from solvers.linear_model import least_squares, ridge
from solvers.losses import squared_hinge_gradient
from solvers.perceptron import perceptron

VARIANTS = 1000
N, D = 8, 4


def variants(count):
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (count, N, D))
    y = np.sign(X @ rng.normal(size=D))
    y[:, 0], y[:, 1] = 1, -1  # scikit-learn wants both classes
    return X, y


def seconds(work: Callable[[], object]) -> float:
    timer = timeit.Timer(work)
    number, once = timer.autorange()
    return min(once, *timer.repeat(3, number)) / number


# Ours: a stack in one call. What costs a set-up, as the check of the data, is part of the work.


def our_descent(X, y):
    return gradient_descent(full_batch(squared_hinge_gradient, X, y), np.zeros((len(X), D)), 0.5, 25)[-1]


def our_momentum(X, y):
    return momentum(full_batch(squared_hinge_gradient, X, y), np.zeros((len(X), D)), 0.5, 0.5, 25)[-1]


def our_sgd(X, y):
    gradient = on_batches(squared_hinge_gradient, X, y, cyclic(N, 80))
    return gradient_descent(gradient, np.zeros((len(X), D)), 0.1, 80)[-1]


def our_adagrad(X, y):
    gradient = on_batches(squared_hinge_gradient, X, y, cyclic(N, 80))
    return adagrad(gradient, np.zeros((len(X), D)), 0.1, 1e-6, 80)[-1]


def our_perceptron(X, y):
    return perceptron(X, y, np.zeros((len(X), D)), 1)[-1]


def our_ridge(X, y):
    return ridge(X, y, 0.1)


# scikit-learn: one problem after the other.


def one_by_one(solve):
    return lambda X, y: np.array([solve(*problem) for problem in zip(X, y, strict=True)])


def sklearn_sgd(X, y):
    # Its squared hinge has no half, so it takes half the step size.
    model = SGDClassifier(
        loss="squared_hinge", penalty=None, learning_rate="constant", eta0=0.05, fit_intercept=False, shuffle=False,
        max_iter=10, tol=None,
    )  # fmt: skip
    return model.fit(X, y).coef_[0]


def sklearn_perceptron(X, y):
    return Perceptron(fit_intercept=False, shuffle=False, max_iter=1, tol=None).fit(X, y).coef_[0]


def sklearn_least_squares(X, y):
    return LinearRegression(fit_intercept=False).fit(X, y).coef_


def sklearn_ridge(X, y):
    return Ridge(alpha=N * 0.1, fit_intercept=False).fit(X, y).coef_


def torch_descents():
    """PyTorch's optimisers with autograd; a stack of problems is one tensor, their costs summed."""
    import torch  # noqa: PLC0415 -- optional

    torch.set_num_threads(1)  # problems this small only wait for a second one

    def descent(rule, steps, *, single):
        def run(X, y):
            X, y = torch.from_numpy(X), torch.from_numpy(y)
            w = torch.zeros((len(X), D), dtype=torch.float64, requires_grad=True)
            optimiser = rule([w])
            for t in range(steps):
                seen = slice(t % N, t % N + 1) if single else slice(None)
                margins = y[:, seen] * torch.matmul(X[:, seen], w[:, :, None])[:, :, 0]
                optimiser.zero_grad()
                (0.5 * torch.relu(1 - margins) ** 2).mean(dim=1).sum().backward()
                optimiser.step()
            return w.detach().numpy()

        return run

    def least_squares(X, y):
        return torch.linalg.lstsq(torch.from_numpy(X), torch.from_numpy(y)[:, :, None]).solution[:, :, 0].numpy()

    return {
        "gradient descent, 25 steps": descent(lambda w: torch.optim.SGD(w, lr=0.5), 25, single=False),
        "heavy ball, 25 steps": descent(lambda w: torch.optim.SGD(w, lr=0.5, momentum=0.5), 25, single=False),
        "cyclic SGD, 80 steps": descent(lambda w: torch.optim.SGD(w, lr=0.1), 80, single=True),
        "AdaGrad, 80 steps": descent(lambda w: torch.optim.Adagrad(w, lr=0.1, eps=1e-6), 80, single=True),
        "least squares": least_squares,
    }


OURS = {
    "gradient descent, 25 steps": our_descent,
    "heavy ball, 25 steps": our_momentum,
    "cyclic SGD, 80 steps": our_sgd,
    "AdaGrad, 80 steps": our_adagrad,
    "perceptron, 1 pass": our_perceptron,
    "least squares": least_squares,
    "ridge": our_ridge,
}
SKLEARN = {
    "cyclic SGD, 80 steps": one_by_one(sklearn_sgd),
    "perceptron, 1 pass": one_by_one(sklearn_perceptron),
    "least squares": one_by_one(sklearn_least_squares),
    "ridge": one_by_one(sklearn_ridge),
}


def main():
    others = {"scikit-learn": SKLEARN}
    if importlib.util.find_spec("torch"):
        others["PyTorch"] = torch_descents()
    print(f"{'':<28}{'variants':>8}{'ours':>13}{'other':>15}{'ratio':>8}{'difference':>12}")
    for name, ours in OURS.items():
        for count in (1, VARIANTS):
            X, y = variants(count)
            own = seconds(lambda solve=ours, X=X, y=y: solve(X, y))
            print(f"{name:<28}{count:>8}{own * 1e6 / count:>10.1f} µs")
            for program, solvers in others.items():
                if name in solvers:
                    other = seconds(lambda solve=solvers[name], X=X, y=y: solve(X, y))
                    apart = np.abs(ours(X, y) - solvers[name](X, y)).max()
                    row = f"{program:>49}{other * 1e6 / count:>12.1f} µs"
                    print(f"{row}{other / own:>8.1f}{apart:>12.1e}")


if __name__ == "__main__":
    main()
