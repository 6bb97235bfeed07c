"""Stochastic gradient descent, one step at a time. Source: [S3]."""

from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """What one training step says."""

    iteration: int  # counted from 0
    loss: float  # of this iteration's mini-batch, before its update


def train(network, x, t, *, iterations, batch_size=100, learning_rate=0.1, rng=None):
    """Train in place, yielding a Step per iteration; stop early by leaving the loop.

    x: (N, D) inputs, float or uint8 images. t: their N targets. rng: a Generator, a seed or None.
    Each iteration draws batch_size rows at random with replacement and takes
    W := W − learning_rate · ∂loss/∂W for every parameter.
    BLAS keeps to one thread until the last step, or until the loop is left.
    The network takes on the precision of the data: float32 for float32 and uint8, else float64. Where
    that changes, its parameters are new arrays: read network.params again.

    Raises ValueError for data or settings that can't work, and FloatingPointError once the loss
    is no longer finite; the parameters are then those before that iteration's update.
    """
    x, t = np.asarray(x), np.asarray(t)
    if len(x) != len(t) or not len(x):
        raise ValueError(f"{len(x)} inputs and {len(t)} targets: expected as many of both, at least 1")
    if batch_size < 1 or iterations < 0 or not learning_rate > 0:
        raise ValueError(
            "expected batch_size ≥ 1, iterations ≥ 0 and learning_rate > 0; got "
            f"batch_size={batch_size}, iterations={iterations}, learning_rate={learning_rate}"
        )
    return _steps(network, x, t, iterations, batch_size, learning_rate, np.random.default_rng(rng))


def _steps(network, x, t, iterations, batch_size, learning_rate, rng):
    from threadpoolctl import ThreadpoolController  # here: `import backprop` does not wait for it

    network.astype(np.float32 if x.dtype in (np.float32, np.uint8) else np.float64)
    # one BLAS thread: at these sizes a second one waits more than it works
    with ThreadpoolController().limit(limits=1, user_api="blas"):
        for iteration in range(iterations):
            rows = rng.integers(len(x), size=batch_size)
            with np.errstate(over="ignore", invalid="ignore"):
                loss, grads = network.loss_and_gradient(x.take(rows, axis=0), t[rows])
                if not np.isfinite(loss):
                    raise FloatingPointError(_not_finite(loss, iteration, learning_rate))
                for name, W in network.params.items():
                    W -= learning_rate * grads[name]
            yield Step(iteration, loss)


def _not_finite(loss, iteration, learning_rate):
    cause = "is too large for this network. Take a smaller one"
    if iteration == 0:
        cause = "is not the cause. Look for data or weights that are not finite, or huge"
    return f"the loss is {loss} at iteration {iteration}: the learning rate {learning_rate:g} {cause}"
