"""Layers and losses, each with forward and backward in one class. Source: [S0], [S2], [S3].

A layer:  forward(x) -> y         keeps what the backward pass needs
          backward(dout) -> dx    takes ∂L/∂y, sets grads, returns ∂L/∂x
          params, grads           dicts of arrays: the same names, the same shapes
A loss:   forward(y, t) -> float  and  backward(dout=1.0) -> ∂L/∂y

N is the batch size, D the number of inputs, M of outputs; one example alone, (D,), works too.
No layer changes its input or dout. backward before forward raises RuntimeError; shapes that
don't fit raise ValueError with both shapes.
"""

import numpy as np

from .functions import (
    as_float, elu, half_squared_error, label_loss, leaky_relu, log_softmax, mean_squared_error, one_hot,
    relu, relu_derivative, same_shape, sigmoid, sigmoid_derivative, tanh, tanh_derivative,
)


class Layer:
    """What every layer has."""

    y = None  # the last output
    needs_dx = True  # Network clears it for its first layer: nobody uses the data's gradient

    def __init__(self, **params):
        self.params = {name: as_float(np.array(array)) for name, array in params.items() if array is not None}
        self.grads = {}

    def incoming(self, dout):
        """dout as an array, once it is sure that it fits the last output."""
        if self.y is None:
            raise RuntimeError(f"{type(self).__name__}.backward needs a forward pass before it")
        dout = np.asarray(dout)
        if dout.shape != np.shape(self.y):
            raise ValueError(
                f"{type(self).__name__}.backward: dout of shape {dout.shape} does not fit "
                f"the output of shape {np.shape(self.y)}"
            )
        return dout


class Affine(Layer):
    """y = x W + b.  x: (N, D), W: (D, M), b: (M,) or None, y: (N, M)."""

    def __init__(self, W, b=None):
        super().__init__(W=W, b=b)
        check_affine(self.params["W"], self.params.get("b"))

    def forward(self, x):
        self.x = columns_fit(x, self.params["W"])
        self.y = self.x @ self.params["W"]
        if "b" in self.params:
            self.y += self.params["b"]
        return self.y

    def backward(self, dout):
        """dW = xᵀ dout, db = column sums of dout, dx = dout Wᵀ."""
        dout = self.incoming(dout)
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
        return self.incoming(dout) * sigmoid_derivative(self.y)


class Tanh(Layer):
    """y = tanh x, element by element; any shape."""

    def forward(self, x):
        self.y = tanh(x)
        return self.y

    def backward(self, dout):
        """dx = dout · (1 − y²)."""
        return self.incoming(dout) * tanh_derivative(self.y)


class Relu(Layer):
    """y = max(0, x), element by element; any shape."""

    def forward(self, x):
        self.positive = relu_derivative(x)
        self.y = relu(x)
        return self.y

    def backward(self, dout):
        """dx = dout where x > 0, else 0 (also at exactly 0)."""
        return self.incoming(dout) * self.positive


class LeakyRelu(Layer):
    """y = x for x > 0, else slope · x, element by element; any shape."""

    def __init__(self, slope=0.1):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        self.positive = np.asarray(x) > 0
        self.y = leaky_relu(x, self.slope)
        return self.y

    def backward(self, dout):
        """dx = dout where x > 0, else slope · dout."""
        dout = self.incoming(dout)
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
        dout = self.incoming(dout)
        return np.where(self.negative, dout * (self.y + self.alpha), dout)


class Maxout(Layer):
    """y = max(x W1 + b1, x W2 + b2).  x: (N, D), W1 and W2: (D, M), b1 and b2: (M,), y: (N, M)."""

    def __init__(self, W1, b1, W2, b2):
        super().__init__(W1=W1, b1=b1, W2=W2, b2=b2)
        check_affine(self.params["W1"], self.params["b1"])
        check_affine(self.params["W2"], self.params["b2"])
        same_shape(self.params["W1"], self.params["W2"], "W1 and W2")

    def forward(self, x):
        p = self.params
        self.x = columns_fit(x, p["W1"])
        first, second = self.x @ p["W1"] + p["b1"], self.x @ p["W2"] + p["b2"]
        self.first_wins = first >= second
        self.y = np.maximum(first, second)
        return self.y

    def backward(self, dout):
        """Affine's backward for the line that won; the other line gets 0."""
        dout = self.incoming(dout)
        first, second = dout * self.first_wins, dout * ~self.first_wins
        x, rows1, rows2 = np.atleast_2d(self.x, first, second)
        self.grads = {"W1": x.T @ rows1, "b1": rows1.sum(axis=0),
                      "W2": x.T @ rows2, "b2": rows2.sum(axis=0)}  # fmt: skip
        return first @ self.params["W1"].T + second @ self.params["W2"].T


class Loss:
    """What every loss has. y: the network's output, t: the target."""

    y = t = None

    def kept(self):
        """The y and t of the last forward pass."""
        if self.y is None:
            raise RuntimeError(f"{type(self).__name__}.backward needs a forward pass before it")
        return self.y, self.t


class MeanSquaredError(Loss):
    """L = mean((y − t)²) over all elements; y and t of one shape. Source: [S1]."""

    def forward(self, y, t):
        self.y, self.t = same_shape(y, t)
        return mean_squared_error(y, t)

    def backward(self, dout=1.0):
        """dy = dout · 2 (y − t) / number of elements."""
        y, t = self.kept()
        return dout * 2 * (y - t) / y.size


class HalfSquaredError(Loss):
    """L = ½ Σ (t − y)² over all elements; y and t of one shape. Source: [S2]."""

    def forward(self, y, t):
        self.y, self.t = same_shape(y, t)
        return half_squared_error(y, t)

    def backward(self, dout=1.0):
        """dy = dout · −(t − y)."""
        y, t = self.kept()
        return dout * -(t - y)


class SoftmaxWithLoss(Loss):
    """L = −Σ t log softmax(y), averaged over the batch. Source: [S3].

    y: scores, (N, K) or (K,). t: integer labels, (N,), or one-hot rows, the shape of y.
    After forward, .y holds the probabilities softmax(y).
    """

    def forward(self, y, t):
        log_y = log_softmax(y)
        self.y, self.t = np.exp(log_y), one_hot(t, log_y.shape)
        return label_loss(log_y, self.t)

    def backward(self, dout=1.0):
        """dy = dout · (softmax(y) − t) / N."""
        y, t = self.kept()
        N = y.size // y.shape[-1]
        return dout * (y - t) / N


def check_affine(W, b):
    """ValueError unless W is (D, M) and b is (M,) or None."""
    if W.ndim != 2:
        raise ValueError(f"W must have the shape (D, M), not {W.shape}")
    if b is not None and b.shape != W.shape[1:]:
        raise ValueError(f"b of shape {b.shape} does not fit W of shape {W.shape}: expected {W.shape[1:]}")


def columns_fit(x, W):
    """x as an array, once it is sure that x W exists."""
    x = np.asarray(x)
    if x.ndim not in (1, 2) or x.shape[-1] != W.shape[0]:
        raise ValueError(
            f"x of shape {x.shape} does not fit W of shape {W.shape}: expected (N, {W.shape[0]})"
        )
    return x
