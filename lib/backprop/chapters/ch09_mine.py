"""Chapter 09's end: the learner's own layers, which chapter 06 saves as my_layers.py, learn to read.

my_layers() examines them on small inputs, against the library's forward pass and the numerical gradient.
What is missing or wrong is named, and the library's layer takes its place.
"""

import importlib.util
import traceback
from pathlib import Path
from time import perf_counter

import numpy as np

from ..explore.figures import moving, moving_line, new_figure
from ..explore.panel import Panel
from ..explore.picture import Picture
from ..explore.question import Reply
from ..explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, INK, PARAMETER
from ..explore.words import listed
from ..homework import diagnose, values
from ..layers import Affine, Layer, Relu, SoftmaxWithLoss
from ..network import Network
from ..numerical import check_gradients, numerical_gradient
from .ch09_read import scores

FILE = "my_layers.py"
EXPECTED = {
    "MyAffine": {"y": "x W + b", "dx": "dy Wᵀ", "dW": "xᵀ dy", "db": "the column sums of dy"},
    "MyRelu": {"y": "x where x > 0, else 0", "dx": "dy where x > 0, else 0"},
}


# --- the learner's layers as the library's ------------------------------------------------------


class OwnAffine(Layer):
    """A learner's MyAffine with params and grads, as Network and train use them."""

    def __init__(self, own):
        super().__init__(W=own.W, b=own.b)
        self.own = own

    def forward(self, x):
        self.own.W, self.own.b = self.params["W"], self.params["b"]  # float32 makes new arrays of them
        self.y = self.own.forward(x)
        return self.y

    def backward(self, dout):
        dx = self.own.backward(dout)
        self.grads = {"W": self.own.dW, "b": self.own.db}
        return dx


class OwnRelu(Layer):
    """A learner's MyRelu as a layer of the library."""

    def __init__(self, own):
        super().__init__()
        self.own = own

    def forward(self, x):
        self.y = self.own.forward(x)
        return self.y

    def backward(self, dout):
        return self.own.backward(dout)


class MyLayers:
    """The layers to build with: Affine(W, b) and Relu(), the learner's where they are right.

    reply: what was found, a Reply. who: the network that is built of them, in words.
    """

    def __init__(self, own, reply):
        self.reply = reply
        affine, relu = own.get("MyAffine"), own.get("MyRelu")
        self.Affine = Affine if affine is None else lambda W, b: OwnAffine(affine(np.array(W), np.array(b)))
        self.Relu = Relu if relu is None else lambda: OwnRelu(relu())
        self.who = {0: "The network", 1: f"The network with your {''.join(own)}", 2: "Your own network"}[
            len(own)
        ]

    def __repr__(self):
        return repr(self.reply)

    def _repr_html_(self):
        return self.reply._repr_html_()


def my_layers(path=FILE):
    """Load MyAffine and MyRelu from a file, examine them, and say what was found: MyLayers."""
    path = Path(path)
    if not path.is_file():
        words = f"There is no {path.name} beside this notebook: chapter 06 saves it. The library's layers "
        return MyLayers({}, Reply(None, words + "take the place of yours."))
    try:
        module = _load(path)
    except (Exception, SystemExit) as error:  # shown, not swallowed: the learner mends the file
        why = _stopped(path.name, error)
        return MyLayers({}, Reply(False, f"{why} The library's layers take the place of yours."))
    own, wrong = {}, []
    for name, examine in (("MyAffine", _examine_affine), ("MyRelu", _examine_relu)):
        found = getattr(module, name, None)
        why = examine(found) if isinstance(found, type) else f"{path.name} has no class {name}."
        if why:
            wrong.append(f"{why} The library's {name.removeprefix('My')} takes its place.")
        else:
            own[name] = found
    if len(own) == 2 and (why := _examine_together(MyLayers(own, None))):
        own, wrong = {}, [f"{why} The library's layers take their place."]
    if wrong:
        return MyLayers(own, Reply(False, " ".join(wrong + [f"{name} is right, and used." for name in own])))
    words = "MyAffine and MyRelu agree with the numerical gradient, each alone and both in a small network. "
    return MyLayers(own, Reply(True, words + "The network below is built of them."))


def _load(path):
    """The module in a file, run anew: Python's own cache would miss a change within the same second."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    exec(spec.loader.source_to_code(path.read_bytes(), path.name), vars(module))
    return module


def _stopped(what, error, given=""):
    """Where an exception came from, and what it says."""
    if isinstance(error, SyntaxError):
        line = (error.text or "").strip()
        return f"{what} can't be read as Python: {error.msg}, in line {error.lineno}: “{line}”."
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    where = f" in line {lines[-1]}" + f" of {FILE}" * (what != FILE) if lines else ""
    words = str(error).rstrip(".")
    return f"{what} stops{where}{given}: {type(error).__name__}{': ' * bool(words)}{words}."


def _examine_affine(make):
    """Why a MyAffine is not right, or "". A second batch of another size must not remember the first."""
    normal = np.random.default_rng(9).standard_normal
    W, b = normal((3, 5)), normal(5)
    layer, why = _called("MyAffine(W, b)", lambda: make(W.copy(), b.copy()), {"W": W, "b": b})
    for N in (4, 2) if not why else ():
        x, dout = normal((N, 3)), normal((N, 5))
        why = _examine_passes("MyAffine", layer, {"x": x, "W": W, "b": b}, dout)
        if why:
            return why if N == 4 else f"{why} That is its second batch: does it keep something of the first?"
    return why or _examine_speed(layer)


def _examine_relu(make):
    """Why a MyRelu is not right, or ""."""
    normal = np.random.default_rng(9).standard_normal
    layer, why = _called("MyRelu()", make, {})
    return why or _examine_passes("MyRelu", layer, {"x": normal((4, 5))}, normal((4, 5)))


def _examine_passes(name, layer, inputs, dout):
    """Compare one forward and one backward pass with the library's outputs and measured gradients."""

    def forward():
        right = Affine(inputs["W"], inputs["b"]) if "W" in inputs else Relu()
        return right.forward(inputs["x"])

    y, why = _called(f"{name}.forward", lambda: layer.forward(inputs["x"].copy()), inputs)
    why = why or _compare(name, "forward", layer, "y", y, forward(), len(dout))
    if why:
        return why
    dx, why = _called(f"{name}.backward", lambda: layer.backward(dout.copy()), {"dy": dout})
    for key, array in inputs.items():
        if why:
            break
        mine = dx if key == "x" else getattr(layer, f"d{key}", None)
        if mine is None and key != "x":
            why = f"{name} has no .d{key} after backward. Expected: {EXPECTED[name]['d' + key]}."
        else:
            measured = numerical_gradient(lambda _: np.sum(forward() * dout), array)
            why = _compare(name, "backward", layer, f"d{key}", mine, measured, len(dout))
    return why


def _called(what, call, inputs):
    """(what call() returns, "") or (None, why it stops)."""
    try:
        return call(), ""
    except Exception as error:  # shown, not swallowed: the learner mends the file
        given = ", ".join(f"{key} {array.shape}" for key, array in inputs.items())
        return None, _stopped(what, error, f" for {given}" if given else "")


def _compare(name, method, layer, key, mine, wanted, N):
    """What is wrong with a value, in which method, and what was expected; or ""."""
    found = values.read_all({key: values.plain(mine), "wanted": values.plain(wanted)})
    why = diagnose.explain(key, found[key], found["wanted"], batch=N)
    if not why:
        return ""
    line = getattr(getattr(getattr(layer, method), "__code__", None), "co_firstlineno", None)
    where = f" (line {line} of {FILE})" if line else ""
    return f"{name}.{method}{where}: {why}{'' if why.endswith('?') else '.'} Expected: {EXPECTED[name][key]}."


def _examine_together(layers):
    """Why right layers make a wrong network, or ""."""
    normal = np.random.default_rng(9).standard_normal
    try:
        row = [
            layers.Affine(normal((3, 4)), normal(4)),
            layers.Relu(),
            layers.Affine(normal((4, 3)), normal(3)),
        ]
        check = check_gradients(Network(row, SoftmaxWithLoss()), normal((5, 3)), np.array([0, 1, 2, 1, 0]))
    except Exception as error:  # shown, not swallowed
        return f"Alone each layer is right, but {_stopped('a network of them', error)}"
    if check.ok:
        return ""
    names = f"{listed(check.failed())} {'differs' if len(check.failed()) == 1 else 'differ'}"
    return f"Alone each layer is right, but in a network {names}: do two MyAffine share what they keep?"


SLOW = 1.0  # s for a batch of a hundred images; with matrices it takes some milliseconds


def _examine_speed(layer):
    """Why a right MyAffine can't be waited for, or ""."""
    layer.W, layer.b, x = np.ones((784, 50)), np.ones(50), np.ones((100, 784))
    start = perf_counter()
    layer.backward(layer.forward(x))
    seconds = perf_counter() - start
    if seconds < SLOW:
        return ""
    return (
        f"MyAffine is right, but takes {seconds:.1f} s for a batch of 100 images. Expected: x @ W, no loops."
    )


# --- what they read -----------------------------------------------------------------------------

COLUMNS, ROWS = 20, 5
ACROSS, DOWN = 34, 48  # px of a tile: an image of 28, and room for the digit below it


class Wall(Panel):
    """A hundred test images, each with the digit that a network reads in it; it can look again.

    network: a Network. x, t: images as bytes, (N, 784), and their labels. who: the network in words.
    """

    def __init__(self, network, x, t, who="The network"):
        self._network, self._data, self._who = network, (x, t), who
        self._make_figure()
        self._read()
        super().__init__(self._hundred, {"first": (0, len(x) - COLUMNS * ROWS, COLUMNS * ROWS)})

    def look_again(self):
        """Read all images anew, and draw."""
        self._read()
        self._update()

    def _read(self):
        self._readings = scores(self._network, self._data[0]).argmax(axis=1)

    def _make_figure(self):
        self._figure, ax = new_figure(330, xlim=(0, COLUMNS * ACROSS), ylim=(ROWS * DOWN, -36))
        ax.set_axis_off()
        blank = np.zeros((ROWS * DOWN, COLUMNS * ACROSS), np.uint8)
        extent = (0, COLUMNS * ACROSS, ROWS * DOWN, 0)
        look = {"cmap": "gray_r", "vmin": 0, "vmax": 255, "interpolation": "none"}
        self._image = moving(ax.imshow(blank, extent=extent, aspect="auto", **look))
        self._frames = moving_line(ax, color=BACKWARD, lw=2)
        self._headline = moving(ax.text(COLUMNS * ACROSS / 2, -16, "", ha="center", va="center", fontsize=17))
        self._digits = [
            moving(ax.text(x + ACROSS / 2, y + 38, "", ha="center", va="center", fontsize=11))
            for x, y in map(_corner, range(COLUMNS * ROWS))
        ]

    def _hundred(self, first=0):
        x, t = self._data
        mosaic, frames = np.zeros((ROWS * DOWN, COLUMNS * ACROSS), np.uint8), []
        for k, digit in enumerate(self._digits):
            left, top = _corner(k)
            mosaic[top + 2 : top + 30, left + 3 : left + 31] = x[first + k].reshape(28, 28)
            read, right = self._readings[first + k], self._readings[first + k] == t[first + k]
            digit.set(text=str(read), color=INK[FORWARD if right else BACKWARD])
            digit.set_weight("normal" if right else "bold")
            if not right:
                corners = [(1, 1), (33, 1), (33, 46), (1, 46), (1, 1), (np.nan, np.nan)]
                frames += [(left + dx, top + dy) for dx, dy in corners]
        self._image.set_data(mosaic)
        self._frames.set_data(*(np.array(frames).T if frames else ([], [])))
        total = int(np.sum(self._readings == t))
        here = slice(first, first + COLUMNS * ROWS)
        these = int(np.sum(self._readings[here] == t[here]))
        self._headline.set_text(f"{total:,} of {len(t):,} are read right")
        return Picture(
            self._figure,
            f"{self._who} reads {total:,} of {len(t):,} test images right, and {these} of these "
            f"{COLUMNS * ROWS}, number {first + 1:,} to {first + COLUMNS * ROWS:,}.",
            "A hundred test images; the digit below each is what the network reads in it.",
        )


def _corner(k):
    """The upper left corner of tile number k."""
    return ACROSS * (k % COLUMNS), DOWN * (k // COLUMNS)


def make_score(network, x, t, who="The network"):
    """draw(digit): how many images of x the network reads right, in large, and of each digit."""
    readings = scores(network, x).argmax(axis=1)
    of_digit = np.bincount(t, minlength=10)
    right_of = np.bincount(t[readings == t], minlength=10)
    total = int(right_of.sum())
    figure, (left, right) = new_figure(300, columns=2)
    left.set_axis_off()
    large = {"ha": "center", "va": "center", "transform": left.transAxes}
    left.text(0.5, 0.6, f"{total:,}", fontsize=58, weight="bold", color=INK[FORWARD], **large)
    left.text(0.5, 0.27, f"of {len(t):,} digits read right", fontsize=15, color=DATA, **large)
    left.text(0.5, 0.13, "and not one of them seen before", fontsize=12, color=DATA, **large)
    share = 100 * right_of / np.maximum(of_digit, 1)
    ticks = range(80, 101, 5) if share.min() > 81 else range(0, 101, 20)
    right.set(title="read right, of each digit (%)", yticks=range(10), xticks=ticks, xlim=(ticks[0], 100))
    right.invert_yaxis()
    bars = [moving(bar) for bar in right.barh(range(10), share)]
    stored = "More than 94 % of the digits, none of them seen before, are read right."

    def draw(digit=0):
        for k, bar in enumerate(bars):
            bar.set_color(HIGHLIGHT if k == digit else PARAMETER)
        return Picture(
            figure, f"{who} reads {total:,} of {len(t):,} digits right, and has never seen one of them. "
            f"Of {of_digit[digit]:,} images of {digit}, {right_of[digit]:,}.", stored
        )  # fmt: skip

    return draw
