"""The gradient by measurement, and what it is for: to check a gradient by formula."""

import copy
from typing import NamedTuple

import numpy as np

TOLERANCE = 1e-6  # of check_gradients, on the relative difference


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


class GradientCheck(NamedTuple):
    """A Difference per parameter: check.differences["W1"].relative. Prints as a table."""

    differences: dict[str, Difference]
    tolerance: float = TOLERANCE

    @property
    def ok(self):
        """True where every parameter's relative difference is within the tolerance."""
        return not self.failed()

    def failed(self):
        """The names of the parameters whose gradients differ."""
        return [name for name, d in self.differences.items() if not d.relative <= self.tolerance]

    def __repr__(self):
        lines = [f"parameter  mean |difference|  relative  (tolerance {self.tolerance:g})"]
        for name, d in self.differences.items():
            verdict = "DIFFERS" if name in self.failed() else "ok"
            lines.append(f"{name:9}  {d.mean_absolute:17.1e}  {d.relative:8.1e}  {verdict}")
        return "\n".join(lines)


def check_gradients(network, x, t, h=1e-4):
    """Compare backpropagation with the numerical gradient, parameter by parameter. Source: [S3].

    network: a Network. x: (N, D) inputs, t: its targets. h: the numerical gradient's step.
    Works in float64 on a copy; the network itself stays as it is. Returns a GradientCheck.
    Raises ValueError for a network without parameters: there is nothing to check.

    Where one differs, h / 100 is tried as well, since a step across ReLU's kink is no bug. Gradients as
    small as the rounding of the loss, divided by h, count as equal.
    """
    twin = copy.deepcopy(network).astype(np.float64)
    x = np.asarray(x)
    x = x.astype(np.float64) if x.dtype.kind == "f" else x
    formula = twin.gradient(x, t)
    if not formula:
        raise ValueError("this network has no parameters: there is nothing to check")
    noise = 10 * np.finfo(np.float64).eps * (1 + abs(twin.loss(x, t))) / h  # rounding hides a gap below it
    check = GradientCheck({})
    for step in (h, h / 100):
        for name, measured in twin.numerical_gradient(x, t, step).items():
            found = _difference(formula[name], measured, step, noise / check.tolerance)
            if step == h or (name in check.failed() and found.relative <= check.tolerance):
                check.differences[name] = found
        if check.ok:
            break
    return check


def _difference(formula, measured, step, least):
    """The Difference of two gradients, relative to their size, at least to the size least.

    A wrong shape or a NaN differs without limit.
    """
    if np.shape(formula) != np.shape(measured) or not np.all(np.isfinite(formula)):
        return Difference(np.inf, np.inf, formula, measured, step)
    gap = np.abs(formula - measured)
    scale = max(np.max(np.abs(formula)) + np.max(np.abs(measured)), least)
    return Difference(float(np.mean(gap)), float(np.max(gap) / scale), formula, measured, step)
