"""The patients of the bug lab: small networks, each with at most one classic bug in a backward method.

The line above a comment "# right: …" is the bug, and the comment says how it should read; the lab
shows both once the bug is named. A bug's docstring says why it is one. Where it can be, a sick backward is
the library's but for this line, so that reading the code gives no more away than that.
"""

import inspect
import re
import textwrap
from functools import cache
from typing import NamedTuple

import numpy as np

from ..functions import sigmoid, sigmoid_derivative
from ..layers import Affine, HalfSquaredError, Layer, MeanSquaredError, Relu, Sigmoid, SoftmaxWithLoss, Tanh
from ..network import Network

# --- the bugs ---------------------------------------------------------------------------------


class Skip(Layer):
    """y = x + relu(x): x is used twice, by the ReLU and by the way around it. This one is right."""

    relu = Relu

    def forward(self, x):
        self.inner = self.relu()
        self.y = x + self.inner.forward(x)
        return self.y

    def backward(self, dout):
        return dout + self.inner.backward(dout)


class DroppedMinus(HalfSquaredError):
    """Every gradient points the wrong way: training climbs the loss."""

    def backward(self, dout=1.0):
        return dout * (self.t - self.y)
        # right: return dout * -(self.t - self.y)


class MissingTwo(MeanSquaredError):
    """The derivative of a square is 2 times its base; every gradient is half as long as it should be."""

    def backward(self, dout=1.0):
        return dout * (self.y - self.t) / self.y.size
        # right: return dout * 2 * (self.y - self.t) / self.y.size


class MissingN(SoftmaxWithLoss):
    """The loss is a mean over N rows; without 1/N every gradient is N times as long as it should be."""

    def backward(self, dout=1.0):
        N = self.p.size // self.p.shape[-1]  # noqa: F841  nobody divides by it: that is the bug
        return dout * (self.p - self.t)
        # right: return dout * (self.p - self.t) / N


class SoftmaxTwice(SoftmaxWithLoss):
    """p − t already contains softmax's derivative; p (1 − p), a part of it, comes in once more."""

    def backward(self, dout=1.0):
        N = self.p.size // self.p.shape[-1]
        return dout * (self.p - self.t) / N * self.p * (1 - self.p)
        # right: return dout * (self.p - self.t) / N


class MissingTranspose(Affine):
    """On a square W the shapes fit either way, but off its diagonal another weight stands in each place."""

    def backward(self, dout):
        x, rows = np.atleast_2d(self.x, dout)
        self.grads["W"] = x.T @ rows
        if "b" in self.params:
            self.grads["b"] = rows.sum(axis=0)
        return dout @ self.params["W"] if self.needs_dx else None
        # right: return dout @ self.params["W"].T if self.needs_dx else None


class UpdatedWeights(Affine):
    """The layer learns first, then hands back a gradient through weights that forward never used."""

    def backward(self, dout):
        x, rows = np.atleast_2d(self.x, dout)
        self.grads["W"] = x.T @ rows
        if "b" in self.params:
            self.grads["b"] = rows.sum(axis=0)
        W = self.params["W"] - 0.5 * self.grads["W"]
        # right: W = self.params["W"]
        return dout @ W.T if self.needs_dx else None


class LastRowOnly(Affine):
    """W serves every row of the batch, so its gradients add up; = keeps the last row's alone."""

    def backward(self, dout):
        x, rows = np.atleast_2d(self.x, dout)
        dW = np.zeros_like(self.params["W"])
        for x_n, dy_n in zip(x, rows, strict=True):
            dW = np.outer(x_n, dy_n)
            # right: dW += np.outer(x_n, dy_n)
        self.grads["W"], self.grads["b"] = dW, rows.sum(axis=0)
        return dout @ self.params["W"].T if self.needs_dx else None


class BiasNotSummed(Affine):
    """b is added to every row, so db is the sum over the rows; without the sum its shape is dy's."""

    def backward(self, dout):
        x, rows = np.atleast_2d(self.x, dout)
        self.grads["W"] = x.T @ rows
        if "b" in self.params:
            self.grads["b"] = rows
            # right: self.grads["b"] = rows.sum(axis=0)
        return dout @ self.params["W"].T if self.needs_dx else None


class BiasWrongAxis(Affine):
    """It adds along each row: N sums where M belong. At N = M the shape fits, the numbers don't."""

    def backward(self, dout):
        x, rows = np.atleast_2d(self.x, dout)
        self.grads["W"] = x.T @ rows
        if "b" in self.params:
            self.grads["b"] = rows.sum(axis=1)
            # right: self.grads["b"] = rows.sum(axis=0)
        return dout @ self.params["W"].T if self.needs_dx else None


class MaskFromOutput(Relu):
    """y is never negative, so y >= 0 always holds and dead units get a gradient too; y > 0 would be right."""

    def backward(self, dout):
        return dout * (self.y >= 0)
        # right: return dout * self.positive


class WrongValue(Sigmoid):
    """y is σ(x) already; σ(y) (1 − σ(y)) is the derivative at another place."""

    def backward(self, dout):
        return dout * sigmoid_derivative(sigmoid(self.y))
        # right: return dout * sigmoid_derivative(self.y)


class NotAdded(Skip):
    """x goes two ways, so two gradients come back and add up; = drops the first of them."""

    def backward(self, dout):
        dx = dout.copy()  # by the way around
        dx = self.inner.backward(dout)
        # right: dx += self.inner.backward(dout)
        return dx


class InPlace(Relu):
    """out=dout writes into the caller's own array, which the way around the ReLU still needs."""

    def backward(self, dout):
        return np.multiply(dout, self.positive, out=dout)
        # right: return dout * self.positive


# the same bugs in other parts: no patient has them, the lab's hints do


class TurnedMean(MeanSquaredError):
    def backward(self, dout=1.0):
        return -super().backward(dout)


class TurnedSoftmax(SoftmaxWithLoss):
    def backward(self, dout=1.0):
        return -super().backward(dout)


class MeanWithoutN(MeanSquaredError):
    def backward(self, dout=1.0):
        return super().backward(dout) * len(self.y)


class MaskInSkip(Skip):
    relu = MaskFromOutput


class InPlaceInSkip(Skip):
    relu = InPlace


HEALTHY = "healthy, no bug"
NAMES = {Skip: "x + Relu(x)"}  # where it is not the class's own
BUGS = {  # by name: the class with the bug, and the same bug in other parts
    "a dropped minus": (DroppedMinus, TurnedMean, TurnedSoftmax),
    "bias gradient not summed": (BiasNotSummed,),
    "missing 1/N": (MissingN, MeanWithoutN),
    "ReLU mask with >= for >": (MaskFromOutput, MaskInSkip),
    "= for += over the batch": (LastRowOnly,),
    "sigmoid′ at the wrong value": (WrongValue,),
    "missing transpose": (MissingTranspose,),
    "= for +=, value used twice": (NotAdded,),
    "softmax′ multiplied in twice": (SoftmaxTwice,),
    "updated weights used": (UpdatedWeights,),
    "missing factor 2": (MissingTwo,),
    "dout changed in place": (InPlace, InPlaceInSkip),
    "bias sum along the wrong axis": (BiasWrongAxis,),
}


def why(bug):
    """The wrong line of a bug, the right one and the reason, from the source of its first class."""
    first = BUGS[bug][0]
    code = [line.strip() for line in inspect.getsource(first.backward).splitlines()]
    i = next(i for i, line in enumerate(code) if line.startswith(RIGHT))
    return code[i - 1], code[i].removeprefix(RIGHT), first.__doc__


@cache
def code(part):
    """The lines of a layer's or loss's backward, without its docstring, its guard and any word on a bug."""
    source = re.sub(r'""".*?"""', "", inspect.getsource(part.backward), flags=re.DOTALL)
    lines = textwrap.dedent(source.partition("\n")[2]).splitlines()
    lines = [line.partition("  # noqa")[0] for line in lines if line and not GUARD.match(line.strip())]
    if issubclass(part, Skip):
        lines += ["# in backward of its Relu:", *code(part.relu)]
    return lines


RIGHT = "# right: "
GUARD = re.compile(r"# right: |dout = self\.check_dout|check_forward")


def needs(bug):
    """The names of the parts that a bug can sit in."""
    return [NAMES.get(c.__bases__[0], c.__bases__[0].__name__) for c in BUGS[bug]]


class TwoBugs(Affine):
    """Not in the lab: the one that the learner mends."""

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        self.grads["b"] = dout.mean(axis=0)
        return dout @ self.params["W"]


# --- the patients -----------------------------------------------------------------------------


class Patient(NamedTuple):
    """A network of 2 inputs, 3 hidden nodes, 3 outputs with at most one bug."""

    bug: str  # a name of BUGS, or HEALTHY
    place: int = 0  # which of the parts has it
    parts: tuple = (Affine, Relu, Affine, SoftmaxWithLoss)  # the layers and the loss, all healthy

    def classes(self):
        """Its parts as they are, the sick one too."""
        parts = list(self.parts)
        if self.bug != HEALTHY:
            parts[self.place] = next(c for c in BUGS[self.bug] if issubclass(c, parts[self.place]))
        return parts

    def network(self):
        """The network itself; the weights are the same for every patient."""
        first, middle, second, loss = self.classes()
        rng = np.random.default_rng(17)
        W1, W2 = rng.standard_normal((2, 3)), rng.standard_normal((3, 3))
        # b1 keeps the third hidden node below 0: a dead ReLU
        layers = [first(W1, [0.3, 0.5, -4.0]), middle(), second(W2, [0.1, -0.2, 0.3])]
        return Network(layers, loss())

    def batch(self, N):
        """The first N of 8 rows: x (N, 2) and t, labels (N,) or numbers (N, 3)."""
        rng = np.random.default_rng(4)
        x, t, labels = rng.standard_normal((8, 2)), rng.standard_normal((8, 3)), rng.integers(3, size=8)
        return x[:N], (labels if self.parts[-1] is SoftmaxWithLoss else t)[:N]

    def having(self, bug):
        """This patient with another bug, once for each place where it can be."""
        if bug == HEALTHY:
            return [Patient(bug, parts=self.parts)]
        places = [i for i, part in enumerate(self.parts) if any(issubclass(c, part) for c in BUGS[bug])]
        return [Patient(bug, i, self.parts) for i in places]

    def names(self):
        """The names of its parts, which don't give the bug away."""
        first, middle, second, loss = (NAMES.get(part, part.__name__) for part in self.parts)
        return [f"{first} 1", middle, f"{second} 2", loss]


PATIENTS = {
    f"patient {i}": patient
    for i, patient in enumerate([
        Patient("a dropped minus", 3, (Affine, Sigmoid, Affine, HalfSquaredError)),
        Patient("bias gradient not summed", 2),
        Patient("missing 1/N", 3),
        Patient("ReLU mask with >= for >", 1),
        Patient("= for += over the batch", 0),
        Patient("sigmoid′ at the wrong value", 1, (Affine, Sigmoid, Affine, MeanSquaredError)),
        Patient("missing transpose", 2),
        Patient("= for +=, value used twice", 1, (Affine, Skip, Affine, HalfSquaredError)),
        Patient(HEALTHY),
        Patient("softmax′ multiplied in twice", 3),
        Patient("updated weights used", 2),
        Patient("missing factor 2", 3, (Affine, Tanh, Affine, MeanSquaredError)),
        Patient("dout changed in place", 1, (Affine, Skip, Affine, HalfSquaredError)),
        Patient("bias sum along the wrong axis", 0),
    ], start=1)
}  # fmt: skip
