"""The gradient by measurement, and what it is for: to check a gradient by formula."""

import copy
from typing import NamedTuple

import numpy as np


def numerical_gradient(f, x, h=1e-4):
    """∂f/∂x by central differences: (f(x + h) − f(x − h)) / 2h, one element at a time. [S1]

    f: takes x, returns one number. It may read the argument or any network that holds x.
    x: float array of any shape. Each element is moved in place and put back, also if f raises.
    h: the step, in x's unit.
    Returns a float64 array of x's shape.

    Raises TypeError for an array that is not float: x + h would be cut back to x.
    Raises ValueError where h is so small that x + h is x.
    """
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        kind = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
        raise TypeError(
            f"numerical_gradient needs a float array, not {kind}: the step h = {h:g} "
            "would be lost. Convert it with np.array(x, dtype=float)"
        )
    grad = np.empty(x.shape, dtype=np.float64)
    exact = x.dtype == np.float64  # float32 stores x ± h coarsely: then what it stored counts
    for i in np.ndindex(x.shape):
        old = x[i]
        try:
            x[i] = old + h
            above, f_above = x[i], f(x if exact else x.astype(np.float64))
            x[i] = old - h
            below, f_below = x[i], f(x if exact else x.astype(np.float64))
        finally:
            x[i] = old
        if not above > below:
            raise ValueError(f"the step h = {h:g} is lost beside x{list(i)} = {old:g}: take a larger h")
        grad[i] = (f_above - f_below) / (2 * h if exact else np.float64(above) - np.float64(below))
    return grad


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


class GradientCheck(NamedTuple):
    """A Difference per parameter: check.differences["W1"].relative. Prints as a table."""

    differences: dict[str, Difference]
    tolerance: float = 1e-6  # on the relative difference

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
    """Compare backpropagation with the numerical gradient, parameter by parameter. [S3]

    network: a Network. x: (N, D) inputs, t: its targets. h: the numerical gradient's step.
    Works in float64 on a copy; the network itself stays as it is. Returns a GradientCheck.

    Where they differ, h / 100 is tried as well: a step across ReLU's kink is not a bug.
    """
    twin = copy.deepcopy(network).astype(np.float64)
    x = np.asarray(x)
    if x.dtype.kind == "f":
        x = x.astype(np.float64)
    formula = twin.gradient(x, t)
    for step in (h, h / 100):
        measured = twin.numerical_gradient(x, t, step)
        check = GradientCheck({name: _difference(formula[name], measured[name]) for name in measured})
        if check.ok:
            break
    return check


def _difference(a, b):
    """The Difference of two gradients; a wrong shape or a NaN differs without limit."""
    if np.shape(a) != np.shape(b) or not np.all(np.isfinite(a)):
        return Difference(np.inf, np.inf)
    gap = np.abs(a - b)
    scale = max(np.max(np.abs(a)) + np.max(np.abs(b)), 1e-4)  # below 1e-4, rounding is all one sees
    return Difference(float(np.mean(gap)), float(np.max(gap) / scale))
