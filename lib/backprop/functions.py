"""Activations, losses and their derivatives: the functions that a network is made of.

Arrays, lists and numbers of any shape unless a docstring says otherwise; TypeError for what is not
a number. x is an activation's input, y its output. In the losses y is the network's output and t
the target; a loss is one float without a unit, and ValueError says where t does not fit y.
"""

import numpy as np


def sigmoid(x):
    """1 / (1 + e^−x), strictly between 0 and 1; same shape as x. Source: [S2].

    For x < 0 it is computed as e^x / (1 + e^x), the same number: e^−x would overflow.
    """
    x = as_float(x)
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))[()]  # [()]: number in, number out


def sigmoid_derivative(y):
    """y (1 − y) at the sigmoid's *output* y; same shape as y. Source: [S4], corrected."""
    return y * (1 - y)


def tanh(x):
    """(e^x − e^−x) / (e^x + e^−x), between −1 and 1; same shape as x. Source: [S2]."""
    return np.tanh(as_float(x))


def tanh_derivative(y):
    """1 − y² at the *output* y of tanh; same shape as y."""
    return 1 - y * y


def relu(x):
    """max(0, x); same shape as x. Source: [S2]."""
    return np.maximum(as_float(x), 0)


def relu_derivative(x):
    """1 where the *input* x > 0, else 0 (also at exactly 0); booleans of the same shape as x."""
    return np.asarray(x) > 0


def leaky_relu(x, slope=0.1):
    """x for x > 0, else slope · x; same shape as x. Source: [S2]."""
    x = as_float(x)
    return np.where(x > 0, x, slope * x)[()]


def elu(x, alpha=1.0):
    """x for x ≥ 0, else α (e^x − 1); same shape as x. Source: [S2]."""
    x = as_float(x)
    return np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0)))[()]


def softmax(x):
    """e^x / Σ e^x along the last axis: positive, each row sums to 1; same shape as x. Source: [S3].

    The row's maximum is taken off first: the quotient stays the same, and nothing overflows.
    """
    x = as_float(x)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(x):
    """log softmax(x) along the last axis, finite for every finite x; same shape as x."""
    x = as_float(x)
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def mean_squared_error(y, t):
    """mean((y − t)²) over all elements of y and t, both of one shape. Source: [S1]."""
    y, t = as_floats_of_one_shape(y, t)
    return float(np.mean((y - t) ** 2))


def half_squared_error(y, t):
    """½ Σ (t − y)² over all elements of y and t, both of one shape. Source: [S2]."""
    y, t = as_floats_of_one_shape(y, t)
    return float(0.5 * np.sum((t - y) ** 2))


def cross_entropy(y, t):
    """−Σ t · log y, averaged over the batch. Source: [S3].

    y: probabilities, (N, K) or (K,); ValueError unless each row is ≥ 0 and sums to 1, within 0.01.
    t: integer labels, (N,), or one-hot rows, the shape of y.
    A probability of 0 counts as the smallest positive float, so the loss stays finite.
    """
    y = as_float(y)
    if not (np.all(y >= 0) and np.all(np.abs(y.sum(axis=-1) - 1) <= 0.01)):
        raise ValueError("cross_entropy needs probabilities, each row ≥ 0 with the sum 1; softmax makes them")
    return mean_cross_entropy(np.log(np.maximum(y, np.finfo(y.dtype).tiny)), one_hot(t, y.shape))


def mean_cross_entropy(log_y, t):
    """−Σ t · log y, averaged over the batch. log_y: log-probabilities, t: one-hot, (N, K) or (K,)."""
    N = log_y.size // log_y.shape[-1]
    return float(-np.vdot(t, log_y) / N)


def one_hot(t, shape):
    """Labels t as one-hot rows of the given shape, (N, K) or (K,); one-hot rows pass unchanged.

    ValueError for an empty batch, and where t is neither of that shape nor integer labels in 0…K − 1.
    """
    t = np.asarray(t)
    if 0 in shape:
        raise ValueError(f"outputs of shape {shape} are empty: expected at least one row")
    if t.shape == shape:
        return t
    if t.shape != shape[:-1] or t.dtype.kind not in "iu":
        raise ValueError(
            f"targets of shape {t.shape} and type {t.dtype} don't fit outputs of shape {shape}: "
            f"expected integer labels of shape {shape[:-1]} or one-hot rows of shape {shape}"
        )
    if not 0 <= t.min() <= t.max() < shape[-1]:
        raise ValueError(f"labels must lie in 0…{shape[-1] - 1}; found {t.min()}…{t.max()}")
    return t[..., np.newaxis] == np.arange(shape[-1])


def as_float(x, what="an input"):
    """x as an array of floats: a float array as it is, other numbers as float64.

    Bytes need it: 3 − 5 is 254 in uint8. TypeError for what is not a number.
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise TypeError(f"{what} must be numbers, not {x}")
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def as_floats_of_one_shape(a, b, what="the output and the target"):
    """a and b as float arrays; ValueError where their shapes differ, or where they are empty."""
    a, b = as_float(a), as_float(b)
    if a.shape != b.shape:
        raise ValueError(f"{what} must have the same shape, not {a.shape} and {b.shape}")
    if not a.size:
        raise ValueError(f"{what} are empty: both have the shape {a.shape}")
    return a, b


def bytes_to_floats(x):
    """Images of bytes, 0…255, as float32 from 0 (paper) to 1 (ink); any other array as it is.

    Network does this to its inputs, and load_mnist to its images: uint8 always means pixels here.
    """
    x = np.asarray(x)
    return x * np.float32(1 / 255) if x.dtype == np.uint8 else x
