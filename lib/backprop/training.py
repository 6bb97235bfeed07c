"""Stochastic gradient descent, one step at a time. Source: [S3]."""

import math
import sys
import threading
from contextlib import contextmanager
from functools import cache
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from .network import rows_of_both


class Step(NamedTuple):
    """What one training step says."""

    iteration: int  # counted from 0
    loss: float  # of this iteration's mini-batch, before its update


def train(network, x, t, *, iterations, batch_size=100, learning_rate=0.1, rng=None):
    """Train in place, yielding a Step per iteration; stop early by leaving the loop.

    x: (N, D) inputs, float or uint8 images. t: their N targets. rng: a Generator, a seed or None.
    Each iteration draws batch_size rows at random with replacement and takes
    W := W − learning_rate · ∂E/∂W for every parameter.
    BLAS keeps to one thread during a step, and only then.
    The network takes on the precision of the data: float32 for float32 and uint8, else float64. Where
    that changes, its parameters are new arrays: read network.params again.

    Raises ValueError for data or settings that can't work, and FloatingPointError once the loss
    is no longer finite; the parameters are then those before that iteration's update.
    """
    x, t = rows_of_both(x, t)
    _check_settings(iterations, batch_size, learning_rate)
    return _steps(network, x, t, iterations, batch_size, learning_rate, np.random.default_rng(rng))


def _steps(network, x, t, iterations, batch_size, learning_rate, rng):
    network.astype(np.float32 if x.dtype in (np.float32, np.uint8) else np.float64)
    for iteration in range(iterations):
        rows = rng.integers(len(x), size=batch_size)
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            loss, grads = network.loss_and_gradient(x.take(rows, axis=0), t[rows])
            _check_loss(loss, iteration, learning_rate)
            for name, W in network.params.items():
                W -= learning_rate * grads[name]
        yield Step(iteration, loss)


def _check_settings(iterations, batch_size, learning_rate):
    whole = isinstance(iterations, Integral) and isinstance(batch_size, Integral)
    if not (whole and iterations >= 0 and batch_size >= 1) or not (
        isinstance(learning_rate, Real) and 0 < learning_rate < np.inf
    ):
        raise ValueError(
            "expected whole numbers batch_size ≥ 1 and iterations ≥ 0, and a finite learning_rate > 0; got "
            f"batch_size={batch_size}, iterations={iterations}, learning_rate={learning_rate}"
        )


def _check_loss(loss, iteration, learning_rate):
    if math.isfinite(loss):
        return
    cause = "is too large for this network. Take a smaller one"
    if iteration == 0:
        cause = "is not the cause. Look for data or weights that are not finite, or huge"
    raise FloatingPointError(
        f"the loss is {loss} at iteration {iteration}: the learning rate {learning_rate:g} {cause}"
    )


_one_step = threading.RLock()


@contextmanager
def one_blas_thread():
    """BLAS keeps to one thread inside, as at these sizes a second one waits more than it works.

    One step at a time, whichever thread it is of: limits that overlap would undo each other.
    """
    if sys.platform == "emscripten":  # a browser has no threads to limit
        yield
        return
    with _one_step:
        before = [(library, library.num_threads) for library in _blas()]
        try:
            for library, _ in before:
                library.set_num_threads(1)
            yield
        finally:
            for library, number in before:
                library.set_num_threads(number)
                getattr(library, "clear_controlling_thread", int)()  # else no other thread may set it


@cache
def _blas():
    from threadpoolctl import ThreadpoolController  # here: `import backprop` does not wait for it

    return ThreadpoolController().select(user_api="blas").lib_controllers  # .limit() takes ten times as long
