"""Layers and losses, each with forward and backward in one class. Source: [S0], [S2], [S3].

A layer:  forward(x) -> y         keeps what the backward pass needs
          backward(dout) -> dx    takes ∂E/∂y, sets grads, returns ∂E/∂x
          params, grads           dicts of arrays: the same names, the same shapes
A loss:   forward(y, t) -> float  and  backward(dout=1.0) -> ∂E/∂y

N is the batch size, D the number of inputs, M of outputs; one example alone, (D,), works too.
No layer changes its input or dout. backward before forward raises RuntimeError; shapes that
don't fit raise ValueError with both shapes.
"""

import numpy as np

from .functions import (
    as_float,
    as_floats_of_one_shape,
    elu,
    half_squared_error,
    leaky_relu,
    log_softmax,
    mean_cross_entropy,
    mean_squared_error,
    one_hot,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    tanh,
    tanh_derivative,
)


class Layer:
    """What every layer has: params, grads, and y, its last output."""

    y = None
    needs_dx = True  # Network clears it for its first layer: nobody uses the data's gradient

    def __init__(self, **params):
        owner = type(self).__name__
        self.params = {name: as_float(np.array(p), f"{owner}'s {name}") for name, p in params.items()}
        self.grads = {}

    def check_dout(self, dout):
        """dout as an array; RuntimeError before a forward pass, ValueError unless it fits the output."""
        check_forward(self, self.y)
        dout, name, shape = np.asarray(dout), type(self).__name__, np.shape(self.y)
        if dout.shape != shape:
            raise ValueError(
                f"{name}.backward: dout of shape {dout.shape} does not fit the output of shape {shape}"
            )
        return dout


class Affine(Layer):
    """y = x W + b.  x: (N, D), W: (D, M), b: (M,) or None, y: (N, M)."""

    def __init__(self, W, b=None):
        super().__init__(W=W) if b is None else super().__init__(W=W, b=b)
        check_affine(**self.params)

    def forward(self, x):
        self.x = check_columns(x, self.params["W"])
        self.y = self.x @ self.params["W"]
        if "b" in self.params:
            self.y += self.params["b"]
        return self.y

    def backward(self, dout):
        """dW = xᵀ dout, db = column sums of dout, dx = dout Wᵀ."""
        dout = self.check_dout(dout)
        x, rows = np.atleast_2d(self.x, dout)
        self.grads["W"] = x.T @ rows
        if "b" in self.params:
            self.grads["b"] = rows.sum(axis=0)
        return dout @ self.params["W"].T if self.needs_dx else None


class Sigmoid(Layer):
    """y = 1 / (1 + e^−x), element by element; any shape."""

    def forward(self, x):
        self.y = sigmoid(x)
        return self.y

    def backward(self, dout):
        """dx = dout · y (1 − y)."""
        dout = self.check_dout(dout)
        return dout * sigmoid_derivative(self.y)


class Tanh(Layer):
    """y = tanh x, element by element; any shape."""

    def forward(self, x):
        self.y = tanh(x)
        return self.y

    def backward(self, dout):
        """dx = dout · (1 − y²)."""
        dout = self.check_dout(dout)
        return dout * tanh_derivative(self.y)


class Relu(Layer):
    """y = max(0, x), element by element; any shape."""

    def forward(self, x):
        self.positive = relu_derivative(x)
        self.y = relu(x)
        return self.y

    def backward(self, dout):
        """dx = dout where x > 0, else 0 (also at exactly 0)."""
        dout = self.check_dout(dout)
        return dout * self.positive


class LeakyRelu(Layer):
    """y = x for x > 0, else slope · x, element by element; any shape."""

    def __init__(self, slope=0.1):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        self.positive = relu_derivative(x)
        self.y = leaky_relu(x, self.slope)
        return self.y

    def backward(self, dout):
        """dx = dout where x > 0, else slope · dout."""
        dout = self.check_dout(dout)
        return np.where(self.positive, dout, self.slope * dout)


class Elu(Layer):
    """y = x for x ≥ 0, else α (e^x − 1), element by element; any shape."""

    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = alpha

    def forward(self, x):
        self.negative = np.asarray(x) < 0
        self.y = elu(x, self.alpha)
        return self.y

    def backward(self, dout):
        """dx = dout where x ≥ 0, else dout · α e^x, which is dout · (y + α)."""
        dout = self.check_dout(dout)
        return np.where(self.negative, dout * (self.y + self.alpha), dout)


class Maxout(Layer):
    """y = max(x W1 + b1, x W2 + b2).  x: (N, D), W1 and W2: (D, M), b1 and b2: (M,), y: (N, M)."""

    def __init__(self, W1, b1, W2, b2):
        super().__init__(W1=W1, b1=b1, W2=W2, b2=b2)
        check_affine(self.params["W1"], self.params["b1"])
        check_affine(self.params["W2"], self.params["b2"])
        as_floats_of_one_shape(self.params["W1"], self.params["W2"], "W1 and W2")

    def forward(self, x):
        p = self.params
        self.x = check_columns(x, p["W1"])
        first, second = self.x @ p["W1"] + p["b1"], self.x @ p["W2"] + p["b2"]
        self.first_wins = first >= second
        self.y = np.maximum(first, second)
        return self.y

    def backward(self, dout):
        """Affine's backward for the line that won; the other line gets 0."""
        dout = self.check_dout(dout)
        first, second = dout * self.first_wins, dout * ~self.first_wins
        x, rows1, rows2 = np.atleast_2d(self.x, first, second)
        self.grads["W1"], self.grads["b1"] = x.T @ rows1, rows1.sum(axis=0)
        self.grads["W2"], self.grads["b2"] = x.T @ rows2, rows2.sum(axis=0)
        return first @ self.params["W1"].T + second @ self.params["W2"].T


class MeanSquaredError:
    """E = mean((y − t)²) over all elements; y and t of one shape. Source: [S1]."""

    t = None

    def forward(self, y, t):
        self.y, self.t = as_floats_of_one_shape(y, t)
        return mean_squared_error(y, t)

    def backward(self, dout=1.0):
        """dy = dout · 2 (y − t) / number of elements."""
        check_forward(self, self.t)
        return dout * 2 * (self.y - self.t) / self.y.size


class HalfSquaredError:
    """E = ½ Σ (t − y)² over all elements; y and t of one shape. Source: [S2]."""

    t = None

    def forward(self, y, t):
        self.y, self.t = as_floats_of_one_shape(y, t)
        return half_squared_error(y, t)

    def backward(self, dout=1.0):
        """dy = dout · −(t − y)."""
        check_forward(self, self.t)
        return dout * -(self.t - self.y)


class SoftmaxWithLoss:
    """E = −Σ t log p, averaged over the batch, with p = softmax(scores). Source: [S3].

    scores: (N, K) or (K,). t: integer labels, (N,), or one-hot rows, the shape of scores.
    After forward, .p holds the probabilities.
    """

    t = None

    def forward(self, scores, t):
        log_p = log_softmax(scores)
        self.p, self.t = np.exp(log_p), one_hot(t, log_p.shape)
        return mean_cross_entropy(log_p, self.t)

    def backward(self, dout=1.0):
        """dy = dout · (p − t) / N."""
        check_forward(self, self.t)
        N = self.p.size // self.p.shape[-1]
        return dout * (self.p - self.t) / N


def check_forward(part, kept):
    """RuntimeError where a layer or loss has kept nothing yet."""
    if kept is None:
        raise RuntimeError(f"{type(part).__name__}.backward needs a forward pass before it")


def check_affine(W, b=None):
    """ValueError unless W is (D, M) and b is (M,) or None."""
    if W.ndim != 2:
        raise ValueError(f"W must have the shape (D, M), not {W.shape}")
    if b is not None and b.shape != W.shape[1:]:
        raise ValueError(f"b of shape {b.shape} does not fit W of shape {W.shape}: expected {W.shape[1:]}")


def check_columns(x, W):
    """x as an array; ValueError unless x W exists."""
    x = np.asarray(x)
    if x.ndim not in (1, 2) or x.shape[-1] != len(W):
        raise ValueError(f"x of shape {x.shape} does not fit W of shape {W.shape}: expected (N, {len(W)})")
    return x
