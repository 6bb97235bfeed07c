"""The gradient by measurement, and what it is for: to check a gradient by formula."""

import copy
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

TOLERANCE = 1e-6  # of check_gradients, on the relative difference
ROUNDING = 10 * np.finfo(np.float64).eps  # with a margin


def numerical_gradient(f, x, h=1e-4):
    """∂f/∂x by central differences: (f(x + h) − f(x − h)) / 2h, one element at a time. Source: [S1].

    f: takes x, returns one number. It may read the argument or any network that holds x.
    x: float array of any shape. Each element is moved in place and put back, also if f raises.
    h: the step, in x's unit. Its 2h is the distance between the two numbers that x really held.
    Returns a float64 array of x's shape. f gets float64 too, whatever float x is.

    Raises TypeError for an array that is not float: x + h would be cut back to x. ValueError where
    x is not finite, h is not positive or so small that x + h is x, or f returns more than a number.
    """
    _check(x, h)
    grad = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        try:
            x[i] = old + h
            above, f_above = float(x[i]), _one_number(f(x.astype(np.float64, copy=False)))
            x[i] = old - h
            below, f_below = float(x[i]), _one_number(f(x.astype(np.float64, copy=False)))
        finally:
            x[i] = old
        if not above > below:
            raise ValueError(f"the step h = {h:g} is lost beside x{list(i)} = {old:g}: take a larger h")
        grad[i] = (f_above - f_below) / (above - below)
    return grad


def _check(x, h):
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        kind = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
        raise TypeError(
            f"numerical_gradient needs a float array, not {kind}: the step h = {h:g} "
            "would be lost. Convert it with np.array(x, dtype=float)"
        )
    if not np.all(np.isfinite(x)):
        raise ValueError("x holds a number that is not finite: nothing can be measured there")
    if not 0 < h < np.inf:
        raise ValueError(f"the step must be a positive number, not h = {h:g}")


def _one_number(y):
    if getattr(y, "shape", ()):
        raise ValueError(f"f must return one number, not an array of shape {y.shape}")
    return y


def relative_error(a, b):
    """max |a − b| / max(|a| + |b|, tiny): 0 where both are equal, at most 1. Any one shape.

    Raises ValueError where the shapes differ.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"can't compare arrays of shapes {a.shape} and {b.shape}")
    scale = np.maximum(np.abs(a) + np.abs(b), np.finfo(np.float64).tiny)
    return float(np.max(np.abs(a - b) / scale, initial=0.0))


class Difference(NamedTuple):
    """How far two gradients of one parameter lie apart."""

    mean_absolute: float  # mean |backpropagation − numerical|
    relative: float  # max |backpropagation − numerical| / (max |either| + max |other|)
    backpropagation: np.ndarray  # the gradient by formula
    numerical: np.ndarray  # the gradient by measurement
    step: float  # the h of that measurement
    doubt: float  # what the measurement may be off by; a gap up to it is no evidence


class GradientCheck(NamedTuple):
    """A Difference per parameter: check.differences["W1"].relative. Prints as a table."""

    differences: dict[str, Difference]
    tolerance: float = TOLERANCE  # on the relative difference

    @property
    def ok(self):
        """True where every parameter's relative difference is within the tolerance."""
        return all(d.relative <= self.tolerance for d in self.differences.values())

    def __repr__(self):
        lines = [f"parameter  mean |difference|  relative  (tolerance {self.tolerance:g})"]
        for name, d in self.differences.items():
            verdict = "ok" if d.relative <= self.tolerance else "DIFFERS"
            lines.append(f"{name:9}  {d.mean_absolute:17.1e}  {d.relative:8.1e}  {verdict}")
        return "\n".join(lines)


def check_gradients(network, x, t, h=1e-4):
    """Compare backpropagation with the numerical gradient, parameter by parameter. Source: [S3].

    network: a Network. x: (N, D) inputs, t: its targets. h: the numerical gradient's step.
    Works in float64 on a copy; the network itself stays as it is. Returns a GradientCheck.
    Raises ValueError for a network without parameters: there is nothing to check.

    A gap that the loss's rounding can make counts as within the tolerance. A parameter that differs
    is measured again with h / 10, h / 100, … down to 1e-7, and then with all parameters moved by h: a
    step across ReLU's kink, or so large that the loss bends, is not a bug.
    """
    twin = copy.deepcopy(network).astype(np.float64)
    x = np.asarray(x)
    if x.dtype.kind == "f":
        x = x.astype(np.float64)
    formula = twin.gradient(x, t)
    if not formula:
        raise ValueError("this network has no parameters: there is nothing to check")
    measured, size = twin.numerical_gradient(x, t, h), _size(twin, x, t)
    check = GradientCheck({n: _difference(formula[n], measured[n], h, ROUNDING * size / h) for n in measured})
    for moved in (0.0, h):
        failed = [name for name, d in check.differences.items() if TOLERANCE < d.relative < np.inf]
        if not failed:
            break
        for array in twin.params.values():
            array += moved
        formula = twin.gradient(x, t)
        for name in failed:
            closer = _closer_look(formula[name], lambda _: twin.loss(x, t), twin.params[name], h, size)
            flat = moved and _largest(closer.numerical) < 0.1 * _largest(measured[name])  # it says nothing
            if closer.relative <= TOLERANCE and not flat:
                check.differences[name] = closer
    return check


def _difference(formula, numerical, step, doubt=0.0):
    """The Difference of two gradients; a wrong shape or a NaN differs without limit."""
    if np.shape(formula) != np.shape(numerical) or not np.all(np.isfinite(formula)):
        return Difference(np.inf, np.inf, formula, numerical, step, doubt)
    gap, scale = np.abs(formula - numerical), _largest(formula) + _largest(numerical)
    if _largest(gap) <= doubt:
        scale = max(scale, doubt / TOLERANCE)
    relative = _largest(gap) / max(scale, np.finfo(np.float64).tiny)
    return Difference(float(np.mean(gap)), float(relative), formula, numerical, step, doubt)


def _closer_look(formula, loss, array, h, size):
    """The Difference at the step that fits best, else at the one that the next step confirms best.

    Two measurements of one gradient lie about as far apart as the worse of them is off.
    """
    steps = [h / 10**k for k in range(max(3, round(np.log10(h)) + 8))]  # to 1e-7, at least to h / 100
    numerical = [numerical_gradient(loss, array, step) for step in steps]
    best = min(map(partial(_difference, formula), numerical, steps), key=lambda d: d.relative)
    if best.relative <= TOLERANCE:
        return best
    apart = [2 * _largest(a - b) for a, b in pairwise(numerical)]
    doubts = [max(a, ROUNDING * size / step) for a, step in zip(apart, steps, strict=False)]
    i = int(np.argmin(doubts))
    return _difference(formula, numerical[i], steps[i], min(doubts[i], TOLERANCE * size))


def _size(twin, x, t):
    """Rounding moves the loss by about eps times this: the loss itself, √loss · y, and y² or 1.

    y is the largest output: (y − t)² moves by 2 (y − t) · eps · y, and log(1 + …) by eps.
    """
    loss, y = abs(twin.loss(x, t)), _largest(twin.predict(x))
    return loss + np.sqrt(loss) * y + min(y * y, 1)


def _largest(array):
    return np.max(np.abs(array), initial=0.0)
