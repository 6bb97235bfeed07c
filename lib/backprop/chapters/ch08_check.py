"""The bug lab: real layers and losses, each with one classic bug in its backward pass.

A line that ends in "# right: …" is the bug, and what follows is how it should read; the lab shows
both. A bug's docstring says why it is one. check_gradients, the real one, examines them all.
"""

import inspect
import textwrap
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..functions import sigmoid
from ..layers import (
    Affine, Elu, HalfSquaredError, Layer, LeakyRelu, Maxout, MeanSquaredError, Relu, Sigmoid,
    SoftmaxWithLoss, Tanh,
)
from ..network import Network
from ..numerical import check_gradients
from ..explore.figures import new_figure
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import arrow, box, line, svg, text
from ..explore.words import number, symbol

TOLERANCE = 1e-6  # of check_gradients, on the relative difference


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
        y, t = self.kept()
        return dout * (t - y)  # right: return dout * -(t - y)


class MissingTwo(MeanSquaredError):
    """The derivative of a square is 2 times its base; every gradient is half as long."""

    def backward(self, dout=1.0):
        y, t = self.kept()
        return dout * (y - t) / y.size  # right: return dout * 2 * (y - t) / y.size


class MissingN(SoftmaxWithLoss):
    """The loss is a mean over N rows; every gradient is N times too long, and at N = 1 all is well."""

    def backward(self, dout=1.0):
        y, t = self.kept()
        return dout * (y - t)  # right: return dout * (y - t) / len(y)


class SoftmaxTwice(SoftmaxWithLoss):
    """y − t already contains softmax's derivative; y (1 − y) multiplies it in once more."""

    def backward(self, dout=1.0):
        y, t = self.kept()
        return dout * (y - t) / len(y) * y * (1 - y)  # right: return dout * (y - t) / len(y)


class MissingTranspose(Affine):
    """On a square W the shapes fit either way, but each weight carries another path's gradient back."""

    def backward(self, dout):
        super().backward(dout)
        return dout @ self.params["W"]  # right: return dout @ self.params["W"].T


class UpdatedWeights(Affine):
    """The layer learns first, then hands back a gradient through weights that forward never used."""

    def backward(self, dout):
        super().backward(dout)
        W = self.params["W"] - 0.5 * self.grads["W"]  # right: W = self.params["W"]
        return dout @ W.T


class LastRowOnly(Affine):
    """W serves every row of the batch, so its gradients add up; = keeps the last row's alone."""

    def backward(self, dout):
        dx, dW = super().backward(dout), 0
        for x_n, dy_n in zip(self.x, dout, strict=True):
            dW = np.outer(x_n, dy_n)  # right: dW += np.outer(x_n, dy_n)
        self.grads["W"] = dW
        return dx


class BiasNotSummed(Affine):
    """b is added to every row, so db is the sum over the rows; without the sum its shape is dy's."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.grads["b"] = dout  # right: self.grads["b"] = dout.sum(axis=0)
        return dx


class BiasWrongAxis(Affine):
    """It adds along each row: N sums, not M. At N = M the shapes fit, and hide it."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.grads["b"] = dout.sum(axis=1)  # right: self.grads["b"] = dout.sum(axis=0)
        return dx


class MaskFromOutput(Relu):
    """y = max(0, x) is never negative, so y >= 0 is always true and dead units get a gradient too."""

    def backward(self, dout):
        return dout * (self.y >= 0)  # right: return dout * self.positive


class WrongValue(Sigmoid):
    """y is σ(x) already; σ(y) (1 − σ(y)) is the derivative at another place."""

    def backward(self, dout):
        s = sigmoid(self.y)  # right: s = self.y
        return dout * s * (1 - s)


class NotAdded(Skip):
    """x goes two ways, so two gradients come back and add up; = drops the first of them."""

    def backward(self, dout):
        dx = dout.copy()  # by the way around
        dx = self.inner.backward(dout)  # right: dx += self.inner.backward(dout)
        return dx


class InPlaceRelu(Relu):
    """It zeroes the caller's own array, which the way around the ReLU still needs."""

    def backward(self, dout):
        dout[~self.positive] = 0  # right: dout = dout * self.positive
        return dout


class InPlaceSkip(Skip):
    """A right Skip, around a ReLU that is not."""

    relu = InPlaceRelu


# --- the patients -----------------------------------------------------------------------------


class Patient(NamedTuple):
    """A network of 2 inputs, 3 hidden nodes, 3 outputs with at most one bug."""

    name: str  # of its bug
    bug: type | None
    first: type = Affine
    middle: type = Relu
    second: type = Affine
    loss: type = SoftmaxWithLoss

    def network(self):
        """The network itself; the weights are the same for every patient."""
        rng = np.random.default_rng(17)
        W1, W2 = rng.standard_normal((2, 3)), rng.standard_normal((3, 3))
        # b1 keeps the third hidden node below 0: a dead ReLU
        layers = [self.first(W1, [0.3, 0.5, -4.0]), self.middle(), self.second(W2, [0.1, -0.2, 0.3])]
        return Network(layers, self.loss())

    def batch(self, N):
        """The first N of 8 rows: x (N, 2) and t, labels (N,) or numbers (N, 3)."""
        rng = np.random.default_rng(4)
        x, t, labels = rng.standard_normal((8, 2)), rng.standard_normal((8, 3)), rng.integers(3, size=8)
        return x[:N], (labels if issubclass(self.loss, SoftmaxWithLoss) else t)[:N]

    def parts(self):
        """The names of its layers and loss as a healthy network's: they don't give the bug away."""
        return [_honest(part) for part in self[2:]]

    def place(self):
        """The healthy name of the part that has the bug; None for a healthy network."""
        return next((_honest(part) for part in self[2:] if part.__name__ != _honest(part)), None)


HEALTHY = "healthy, no bug"
PATIENTS = {
    f"patient {i}": patient
    for i, patient in enumerate([
        Patient("a dropped minus", DroppedMinus, middle=Sigmoid, loss=DroppedMinus),
        Patient("bias gradient not summed", BiasNotSummed, second=BiasNotSummed),
        Patient("missing 1/N", MissingN, loss=MissingN),
        Patient("ReLU mask from the output", MaskFromOutput, middle=MaskFromOutput),
        Patient("= for += over the batch", LastRowOnly, first=LastRowOnly),
        Patient("sigmoid′ at the wrong value", WrongValue, middle=WrongValue, loss=MeanSquaredError),
        Patient("missing transpose", MissingTranspose, second=MissingTranspose),
        Patient("= for +=, value used twice", NotAdded, middle=NotAdded, loss=HalfSquaredError),
        Patient(HEALTHY, None),
        Patient("softmax′ multiplied in twice", SoftmaxTwice, loss=SoftmaxTwice),
        Patient("updated weights used", UpdatedWeights, second=UpdatedWeights),
        Patient("missing factor 2", MissingTwo, middle=Tanh, loss=MissingTwo),
        Patient("dout changed in place", InPlaceRelu, middle=InPlaceSkip, loss=HalfSquaredError),
        Patient("bias sum along the wrong axis", BiasWrongAxis, first=BiasWrongAxis),
    ], start=1)
}  # fmt: skip
UNDECIDED = "choose a name …"
DIAGNOSES = [UNDECIDED, *sorted((patient.name for patient in PATIENTS.values()), key=str.lower)]
PARAMETERS = ("W1", "b1", "W2", "b2")


def _honest(part):
    """The name of the healthy class that a part is or was made from."""
    known = (Affine, Sigmoid, Tanh, Relu, Skip, HalfSquaredError, MeanSquaredError, SoftmaxWithLoss)
    return next(c.__name__ for c in part.__mro__ if c in known)


@lru_cache(maxsize=64)
def lines(bug):
    """The wrong line of a bug and the right one, from its source."""
    source = inspect.getsource(bug.backward).splitlines()
    wrong, right = next(line for line in source if "# right: " in line).split("# right: ")
    return wrong.strip(), right.strip()


class Finding(NamedTuple):
    """What the check of one patient finds: by parameter, in the order of PARAMETERS."""

    relative: dict  # the relative difference; infinite where the shapes don't fit
    formula: dict  # the gradient by backpropagation
    measured: dict  # the numerical gradient
    step: float  # its h: check_gradients tries h / 100 where h fails

    def failed(self):
        return [name for name, difference in self.relative.items() if not difference <= TOLERANCE]

    def ratio(self, name):
        """backpropagation ÷ numerical, in words."""
        a, b = self.formula[name], self.measured[name]
        if a.shape != b.shape:
            return f"shape {a.shape}, not {b.shape}"
        if name not in self.failed():
            return "1"
        sure = np.abs(b) > 1e-6 * np.max(np.abs(b))
        ratios = a[sure] / b[sure]
        same = np.ptp(ratios) < 1e-2 * np.max(np.abs(ratios)) and np.all(np.abs(a[~sure]) < 1e-6)
        return number(float(np.mean(ratios)), 2) if same else "varies"


@lru_cache(maxsize=512)
def examine(patient, N, h):
    """Run check_gradients on a patient: a Finding. N: rows of the batch, h: the numerical step."""
    patient = PATIENTS[patient]
    network, (x, t) = patient.network(), patient.batch(N)
    check = check_gradients(network, x, t, h)
    relative = {name: difference.relative for name, difference in check.differences.items()}
    formula = network.gradient(x, t)
    for step in (h, h / 100):  # the step that the check went by
        measured = network.numerical_gradient(x, t, step)
        if all(_gap(formula[name], measured[name]) <= TOLERANCE for name in measured):
            break
    return Finding(relative, formula, measured, step)


def _gap(a, b):
    """The relative difference of two gradients; infinite where the shapes don't fit."""
    if a.shape != b.shape:
        return np.inf
    return np.max(np.abs(a - b)) / np.max(np.abs(a) + np.abs(b))


def bug_lab(
    patient="patient 1", N=4, exponent_of_h=-4, look_at="W1", diagnosis=UNDECIDED, show_answer=False
):  # fmt: skip
    """A patient's gradient check as SVG, and a word on the learner's diagnosis.

    N: rows of the batch. h = 10^exponent_of_h. look_at: the parameter whose two gradients are shown.
    The bug is revealed once diagnosis names it, or with show_answer.
    """
    h = 10.0**exponent_of_h
    finding = examine(patient, N, h)
    verdict = _verdict(patient, finding, N, h, diagnosis)
    case = PATIENTS[patient]
    revealed = show_answer or diagnosis == case.name
    if revealed and diagnosis != case.name:
        verdict = f"The answer: {case.name}."
    sentence = f"{patient.capitalize()}, N = {N}, h = {h:.0e}: {_findings(finding)} {verdict}"
    if revealed:
        sentence += f" {_reveal(case)}"
    shapes = [text(14, 26, patient.capitalize(), anchor="start", size=18, bold=True)]
    shapes.append(text(746, 26, f"batch N = {N}, step h = {h:.0e}", anchor="end"))
    shapes.append(_chain(case.parts()))
    shapes.append(_bars(finding))
    shapes.append(_compare(look_at, finding))
    shapes.append(_answer(case, verdict, revealed))
    return svg(624, "The bug lab", " ".join(sentence.split()), *shapes)


def _chain(parts):
    """The patient's layers in a row."""
    names = [f"Affine {1 + i // 2}" if name == "Affine" else name for i, name in enumerate(parts)]
    widths = (110, 110, 110, 184)
    x, shapes = 14, []
    for name, width in zip(names, widths, strict=True):
        if x > 14:
            shapes.append(arrow(x - 66, 66, x - 6, 66, FORWARD))
        shapes.append(box(x, 46, width, 40))
        shapes.append(text(x + width / 2, 71, "x + Relu(x)" if name == "Skip" else name, bold=True))
        x += width + 72
    return "".join(shapes)


LEFT, DECADE, TOP, ROW = 60, 30, 150, 34  # px: where 1e-9 stands, one power of ten, the first bar, a row


def _bars(finding):
    """The relative difference of each parameter on a log scale, and its verdict in words."""
    def at(difference):
        return LEFT + DECADE * (np.log10(min(max(difference, 1e-9), 1)) + 9)

    bottom = TOP + ROW * len(PARAMETERS)
    shapes = [
        text(LEFT, 122, "relative difference", anchor="start", bold=True),
        text(408, 122, "check", anchor="start", bold=True),
        text(496, 122, "backpropagation ÷ numerical", anchor="start", bold=True),
    ]
    for exponent in (-9, -6, -3, 0):
        x = at(10.0**exponent)
        shapes.append(line(x, TOP - 12, x, bottom - 4, FAINT, 1))
        shapes.append(text(x, bottom + 14, "1" if exponent == 0 else f"1e−{-exponent}", MUTED, size=14))
    for i, name in enumerate(PARAMETERS):
        y, difference = TOP + ROW * i, finding.relative[name]
        fails = name in finding.failed()
        width = at(difference) - LEFT if difference > 1e-9 else 3
        shapes.append(text(LEFT - 12, y + 9, symbol(name), PARAMETER, "end", 17, bold=True))
        color = HIGHLIGHT if fails else MUTED
        shapes.append(box(LEFT, y - 8, width, 20, color, color, 1, 0))
        shapes.append(text(392, y + 8, _short(difference), anchor="end"))
        shapes.append(text(408, y + 8, "DIFFERS" if fails else "ok", anchor="start", bold=fails))
        shapes.append(text(496, y + 8, finding.ratio(name), anchor="start"))
    limit = at(TOLERANCE)
    shapes.append(line(limit, TOP - 16, limit, bottom - 2, DATA, 2.5))
    shapes.append(text(limit + 8, bottom + 34, "tolerance 1e−6", size=14))
    return "".join(shapes)


def _short(difference):
    """A relative difference in few characters; below 1e-9 it is rounding, another on each machine."""
    if difference < 1e-9:
        return "< 1e−9"
    if np.isinf(difference):
        return "∞"
    return (f"{difference:.2f}" if difference > 0.01 else f"{difference:.0e}").replace("-0", "−")


def _compare(name, finding):
    """Both gradients of one parameter, entry by entry."""
    top, shapes = 360, []
    numerical = f"numerical, with h = {finding.step:.0e}"
    for x, words, array, color in ((14, "by backpropagation", finding.formula[name], BACKWARD),
                                   (400, numerical, finding.measured[name], DATA)):  # fmt: skip
        shapes.append(text(x, top, f"d{symbol(name)} {words}", color, "start", bold=True))
        rows = np.atleast_2d(array)
        for r, row in enumerate(rows[:4]):
            for c, value in enumerate(row[:4]):
                value = f"{value + 0.0:.3f}".replace("-0.000", "0.000").replace("-", "−")
                shapes.append(text(x + 56 + 74 * c, top + 24 + 21 * r, value, color, "end"))
        if rows.shape[0] > 4 or rows.shape[1] > 4:
            shapes.append(text(x + 290, top + 24 + 21 * min(r, 3), "…", color, "start"))
    return "".join(shapes)


def _answer(case, verdict, revealed):
    """The word on the diagnosis; and the bug, once it may be seen."""
    shapes = [line(14, 470, 746, 470, FAINT)]
    y = 496
    for words in textwrap.wrap(verdict, 76):
        shapes.append(text(14, y, words, anchor="start", bold=True))
        y += 22
    if not revealed:
        return "".join(shapes)
    if case.bug is None:
        shapes.append(text(14, y + 4, "Every gradient of this network is right.", anchor="start"))
        return "".join(shapes)
    wrong, right = lines(case.bug)
    for label, code, color in (("wrong", wrong, BACKWARD), ("right", right, FORWARD)):
        shapes.append(text(14, y + 6, label, color, "start", bold=True))
        shapes.append(f'<g font-family="monospace">{text(74, y + 6, code, color, "start")}</g>')
        y += 25
    for words in textwrap.wrap(case.bug.__doc__, 90):
        shapes.append(text(14, y + 8, words, anchor="start"))
        y += 22
    return "".join(shapes)


def _reveal(case):
    if case.bug is None:
        return "Every gradient of this network is right."
    wrong, right = lines(case.bug)
    return f"Wrong: “{wrong}”. Right: “{right}”. {case.bug.__doc__}"


def _findings(finding):
    failed = finding.failed()
    if not failed:
        return "every parameter is ok."
    return f"{_and(map(symbol, failed))} {'differs' if len(failed) == 1 else 'differ'}{_ok(failed)}."


def _ok(failed):
    fine = [symbol(name) for name in PARAMETERS if name not in failed]
    return f"; {_and(fine)} {'is' if len(fine) == 1 else 'are'} ok" if fine else ""


def _and(names):
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _verdict(patient, finding, N, h, diagnosis):
    """A word on the diagnosis, with a reason that can be seen in the picture."""
    case, failed = PATIENTS[patient], finding.failed()
    if diagnosis == case.name:
        return f"Right: {case.name}."
    if h < 1e-7 and examine(_healthy(), N, h).failed():
        return (
            f"At h = {h:.0e}, and at h / 100, which the check tries next, rounding makes even a healthy "
            "network differ. Take h near 1e-04."
        )
    if diagnosis == UNDECIDED:
        if failed:
            return "What is the bug? Choose a diagnosis."
        return "Healthy? A check sees only what its batch shows: try other N, then choose a diagnosis."
    if diagnosis == HEALTHY:
        return "No: a healthy network passes at every N." if failed else "Not at every N: move N."
    guess = next(name for name, other in PATIENTS.items() if other.name == diagnosis)
    place = PATIENTS[guess].place()
    if place not in case.parts():
        place = place.replace("Skip", "x + Relu(x)")
        return f"No: that bug sits in {place}, and this patient has none."
    other = examine(guess, N, h)
    if other.failed() != failed:
        return f"No. With that bug, {_findings(other)}"
    if not failed:
        return f"No; but at N = {N} that bug can't be seen either. Move N."
    for name in failed:
        if other.ratio(name) != finding.ratio(name):
            return f"No. With that bug, the quotient of {symbol(name)} is: {other.ratio(name)}."
    return "No, though that bug makes the same parameters differ. Compare the two gradients entry by entry."


def _healthy():
    return next(name for name, patient in PATIENTS.items() if patient.bug is None)


# --- difference against h ---------------------------------------------------------------------


def _maxout():
    rng = np.random.default_rng(5)
    W1, W2 = rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
    return Maxout(W1, rng.standard_normal(3), W2, rng.standard_normal(3))


MIDDLES = {c.__name__: c for c in (Sigmoid, Tanh, Relu, LeakyRelu, Elu)} | {"Maxout": _maxout}
LOSSES = {c.__name__: c for c in (HalfSquaredError, MeanSquaredError, SoftmaxWithLoss)}
EXPONENTS = np.arange(-13, -0.75, 0.25)


@lru_cache(maxsize=32)
def curve(layer, loss):
    """The largest relative difference of any parameter for each h = 10^EXPONENTS, as an array."""
    patient = Patient("", None, middle=MIDDLES[layer], loss=LOSSES[loss])
    network, (x, t) = patient.network(), patient.batch(4)
    formula = network.gradient(x, t)

    def difference(h):
        measured = network.numerical_gradient(x, t, h)
        return max(_gap(a, measured[name]) for name, a in formula.items())

    return np.array([difference(h) for h in 10.0**EXPONENTS])


def difference_against_h():
    """draw(layer, loss, exponent_of_h) for explore: the V of the check's difference against h."""
    figure, ax = new_figure(
        400, xlabel="step h", ylabel="largest relative difference", xscale="log", yscale="log",
        xlim=(5e-14, 2e-1), ylim=(1e-14, 5),
    )  # fmt: skip
    ax.axhline(TOLERANCE, color=DATA, linewidth=1.5)
    ax.text(1e-8, 2e-6, "tolerance 1e-6", fontsize=10.5)
    whole, = ax.plot([], [], color=BACKWARD, linewidth=2, animated=True)
    chosen, = ax.plot([], [], "o", color=HIGHLIGHT, markeredgecolor=DATA, markersize=12, animated=True)

    def draw(layer="Sigmoid", loss="HalfSquaredError", exponent_of_h=-4.0):
        differences = curve(layer, loss)
        i = int(np.argmin(np.abs(EXPONENTS - exponent_of_h)))
        whole.set_data(10.0**EXPONENTS, differences)
        chosen.set_data([10.0 ** EXPONENTS[i]], [differences[i]])
        figure.sentence = _say_h(differences, i)
        return figure

    return draw


def _say_h(differences, i):
    verdict = "above the tolerance" if differences[i] > TOLERANCE else "within the tolerance"
    best = int(np.argmin(differences))
    words = f"h = {10.0 ** EXPONENTS[i]:.0e}: relative difference {differences[i]:.0e}, {verdict}."
    if differences[i] < 300 * differences[best]:
        return f"{words} The numerical gradient is about as exact as it gets."
    if i > best:
        return f"{words} Too large a step: within ±h the loss bends or has a kink."
    return f"{words} Too small a step: the two losses differ so little that rounding eats their difference."


# --- the price of both methods ----------------------------------------------------------------


def passes(inputs=784, hidden=50, outputs=10):
    """How many passes through a two-layer network either gradient takes, as SVG on a log scale."""
    parameters = inputs * hidden + hidden + hidden * outputs + outputs

    def bar(y, name, count, words, color):
        width = 12 + 84 * np.log10(count)
        return (
            text(14, y, name, color, "start", bold=True)
            + box(14, y + 10, width, 26, color, color, 1, 0)
            + text(24 + width, y + 29, words, anchor="start")
        )  # fmt: skip

    return svg(
        180, "Passes through the network",
        f"{inputs}-{hidden}-{outputs} has {parameters:,} parameters: {2 * parameters:,} forward passes "
        "for the numerical gradient; one forward and one backward pass for backpropagation.",
        text(14, 28, f"{inputs}-{hidden}-{outputs}: {parameters:,} parameters", DATA, "start", 17, bold=True),
        text(746, 28, "lengths on a logarithmic scale", MUTED, "end"),
        bar(62, "numerical gradient", 2 * parameters, f"{2 * parameters:,} passes", DATA),
        bar(124, "backpropagation", 2, "2 passes: one forward, one backward", BACKWARD),
    )  # fmt: skip
