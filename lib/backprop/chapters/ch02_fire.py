"""The pictures of chapter 02: neurons, gates, XOR, activations, and weights that never part."""

from itertools import pairwise
from operator import sub

import numpy as np

from ..explore.figures import moving_dot, moving_line, new_figure, style
from ..explore.network import Edge, Node, column_x, network_picture
from ..explore.picture import Picture, drawing
from ..explore.question import Question
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, PAPER, PARAMETER
from ..explore.svg import arrow, box, circle, line, polygon, text
from ..explore.words import decimals, number, read, worked
from ..functions import sigmoid
from ..layers import Elu, LeakyRelu, Maxout, Relu, Sigmoid, Tanh

ROWS = ((0, 0), (1, 0), (0, 1), (1, 1))  # every input of a gate, in the order of the chapter's table
GATES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0), "XOR": (0, 1, 1, 0)}
TABLES = {  # what a column of outputs, in the order of ROWS, is called
    **{outputs: gate for gate, outputs in GATES.items()},
    (0, 0, 0, 0): "always 0",
    (1, 1, 1, 1): "always 1",
    (0, 1, 0, 1): "x₁",
    (0, 0, 1, 1): "x₂",
    (1, 0, 1, 0): "not x₁",
    (1, 1, 0, 0): "not x₂",
    (1, 0, 0, 0): "NOR",
    (0, 1, 0, 0): "x₁ and not x₂",
    (0, 0, 1, 0): "x₂ and not x₁",
    (1, 0, 1, 1): "x₂ or not x₁",
    (1, 1, 0, 1): "x₁ or not x₂",
}
FIRES = "#d3ede4"  # the part of a plane where a neuron fires
REACH = 4.3  # how far a picture of an activation goes from x = 0: a bit more than the sliders


def biological_neuron(exciting=3, inhibiting=1, threshold=3):
    """A nerve cell: signals arrive at its dendrites; it fires once their sum reaches the threshold."""
    total = exciting - inhibiting
    fires = total >= threshold
    x, y, r = 360, 160, 56
    shapes = []
    for i in range(10):
        excites, height = i < 6, 34 + 28 * i
        active = i < exciting if excites else i - 6 < inhibiting
        color = (FORWARD if excites else BACKWARD) if active else FAINT
        shapes.append(arrow(110, height, x - r, y + (height - y) * 0.22, color, 2.5, dashed=not excites))
        if active:
            shapes.append(text(96, height + 5, "+1" if excites else "−1", color, "end", bold=True))
    color = HIGHLIGHT if fires else FAINT
    shapes.append(line(x + r, y, 580, y, color, 9))
    for end in (y - 46, y, y + 46):
        shapes += [line(580, y, 625, end, color, 5), circle(631, end, 7, color, color)]
    shapes.append(circle(x, y, r, color if fires else DATA, width=6 if fires else 2))
    shapes.append(text(x, y - 2, f"sum {number(total)}", size=18, bold=True))
    shapes.append(text(x, y + 21, f"needs {threshold}", MUTED))
    shapes += [text(190, 332, "dendrites", MUTED), text(x, 332, "cell body", MUTED)]
    shapes += [text(500, 332, "axon", MUTED), text(640, 332, "axon terminals", MUTED)]
    shapes.append(text(500, y - 16, "fires" if fires else "silent", bold=True, size=18))
    sentence = f"{worked('{} − {}', sub, exciting, inhibiting)}, the threshold is {threshold}: the cell "
    sentence += "fires, and its signal goes on." if fires else "stays silent."
    return drawing(350, "A biological neuron", sentence, *shapes)


def perceptron(x=0.0, a=1.4, b=0.9, activation="identity"):
    """A perceptron, y = f(a·x + b), with f the activation; with the identity it is linear regression."""

    def weighted_sum(a, x, b):
        return round(a * x + b, 9)  # the sliders' decimals, without floating point's crumbs

    s = weighted_sum(a, x, b)
    y = {"identity": s, "step": int(s >= 0), "sigmoid": float(sigmoid(s))}[activation]
    columns = [[Node("x", number(x)), Node("1")], [Node("Σ", number(s))], [Node("f")], [Node("y", number(y))]]
    edges = [Edge((0, 0), (1, 0), f"a = {number(a)}"), Edge((0, 1), (1, 0), f"b = {number(b)}")]
    edges += [Edge((1, 0), (2, 0)), Edge((2, 0), (3, 0))]
    says = {
        "identity": "passed on as it is, as in linear regression.",
        "step": "at least 0, so it fires: 1." if s >= 0 else "below 0, so it stays silent: 0.",
        "sigmoid": f"and {worked('σ({})', lambda s: float(sigmoid(s)), s)}, a number between 0 and 1.",
    }
    sentence = f"{worked('{} · {} + {}', weighted_sum, a, x, b)}, {says[activation]}"
    extra = _headings("inputs", "weighted sum", "activation", "output")
    extra.append(text(column_x(2, 4), 222, activation, MUTED))
    return network_picture(columns, edges, "A perceptron", sentence, row=150, gradients=False, extra=extra)


def gate(w1=1.0, w2=0.0, threshold=0.5, target="AND"):
    """A threshold logic unit as a boundary in the plane of its two inputs, and its truth table."""
    wanted = GATES[target]
    sums = [w1 * x1 + w2 * x2 for x1, x2 in ROWS]
    outputs = tuple(int(s >= threshold) for s in sums)
    right = [y == t for y, t in zip(outputs, wanted, strict=True)]
    points = [(*row, t, "" if ok else "✗") for row, t, ok in zip(ROWS, wanted, right, strict=True)]
    shapes = _plane(60, 20, 300, [(w1, w2, threshold)], points, "x₁", "x₂")
    columns = (440, 490, 560, 630, 705)
    for x, word in zip(columns, ("x₁", "x₂", "sum", "fires", target), strict=True):
        shapes.append(text(x, 62, word, bold=True))
    shapes.append(line(415, 74, 740, 74, MUTED, 1.5))
    for i, ((x1, x2), s, y, t, ok) in enumerate(zip(ROWS, sums, outputs, wanted, right, strict=True)):
        cells = (x1, x2, number(s), y, f"{t} ✓" if ok else f"{t} ✗")
        for x, word in zip(columns, cells, strict=True):
            shapes.append(text(x, 104 + 38 * i, word, DATA if ok else BACKWARD, size=17, bold=not ok))
    shapes.append(box(415, 277, 18, 18, MUTED, FIRES, 1, 2))
    sign = "−" if w2 < 0 else "+"
    rule = f"{number(w1)} · x₁ {sign} {number(abs(w2))} · x₂ ≥ {number(threshold)}"
    shapes.append(text(442, 291, "fires where", PARAMETER, "start", bold=True))
    shapes.append(text(442, 315, rule, PARAMETER, "start", bold=True))
    sentence = f"The neuron fires where {rule}: in the table, that is {TABLES[outputs]}. "
    if all(right):
        sentence += "All 4 rows are right."
    else:
        sentence += f"For {target}, {sum(right)} of 4 rows {'is' if sum(right) == 1 else 'are'} right."
    if target == "XOR" and sum(right) == 3:
        sentence += " More is not possible with one straight line."
    return drawing(370, "A gate and its boundary", sentence, *shapes)


def xor_network(row=2):
    """XOR from two layers: NAND and OR feed AND. row: 1…4, a row of the truth table."""
    x1, x2 = now = ROWS[row - 1]
    s1, s2 = hidden = _hidden(x1, x2)
    y = int(s1 + s2 >= 1.5)
    columns = [
        [Node("x₁", str(x1), highlight=x1 == 1), Node("x₂", str(x2), highlight=x2 == 1)],
        [Node("s₁", str(s1), highlight=s1 == 1), Node("s₂", str(s2), highlight=s2 == 1)],
        [Node("y", str(y), highlight=y == 1)],
    ]
    edges = [
        Edge((0, 0), (1, 0), "−1", highlight=x1 == 1),
        Edge((0, 0), (1, 1), "1", highlight=x1 == 1),
        Edge((0, 1), (1, 0), "−1", highlight=x2 == 1),
        Edge((0, 1), (1, 1), "1", highlight=x2 == 1),
        Edge((1, 0), (2, 0), "1", highlight=s1 == 1),
        Edge((1, 1), (2, 0), "1", highlight=s2 == 1),
    ]
    row_height, top = 140, 318  # px
    places = [(*r, t, "●" if r == now else "") for r, t in zip(ROWS, GATES["XOR"], strict=True)]
    moved = {_hidden(*r): t for r, t in zip(ROWS, GATES["XOR"], strict=True)}  # two rows share (1, 1)
    moved = [(*point, t, "●" if point == hidden else "") for point, t in moved.items()]
    extra = _headings("input layer", "hidden layer", "output layer")
    extra.append(text(column_x(1, 3), 46, "NAND: fires from −1.5", MUTED))
    extra.append(text(column_x(1, 3), 96 + row_height + 44, "OR: fires from 0.5", MUTED))
    extra.append(text(column_x(2, 3), 96 + row_height / 2 + 44, "AND: fires from 1.5", MUTED))
    extra += _plane(100, top, 230, [(-1, -1, -1.5), (1, 1, 0.5)], places, "x₁", "x₂")
    extra += _plane(470, top, 230, [(1, 1, 1.5)], moved, "s₁", "s₂")
    extra.append(arrow(352, top + 115, 412, top + 115, MUTED, 3))
    sentence = (
        f"x₁ = {x1}, x₂ = {x2}: NAND gives s₁ = {s1}, OR gives s₂ = {s2}, and AND of these gives y = {y}. "
        f"The point ({x1}, {x2}) has moved to ({s1}, {s2})."
    )
    network = {"row": row_height, "gradients": False, "extra": extra, "room": 290}
    return network_picture(columns, edges, "XOR from two layers", sentence, **network)


def make_plain_activations():
    """draw(function, x): an activation without a parameter, and its derivative."""
    known = {
        "sigmoid": (Sigmoid(), "f(x) = 1 / (1 + e⁻ˣ)", "f′(x) = f(x) · (1 − f(x))"),
        "tanh": (Tanh(), "f(x) = tanh x", "f′(x) = 1 − f(x)²"),
        "ReLU": (Relu(), "f(x) = max(0, x)", "f′(x) = 1 for x > 0, else 0"),
    }
    curves = {name: _Curves(formula, derivative) for name, (_, formula, derivative) in known.items()}

    def draw(function="sigmoid", x=1.0):
        kink = 0 if function == "ReLU" and x == 0 else None
        return curves[function].show(known[function][0], x, f"{function} at x = {number(x)}", kink)

    return draw


def make_leaky_relu():
    """draw(x, slope): Leaky ReLU and its derivative."""
    curves = _Curves("f(x) = max(slope · x, x)", "f′(x) = 1 for x > 0, else slope")

    def draw(x=-2.0, slope=0.1):
        kink = slope if x == 0 and slope != 1 else None
        return curves.show(LeakyRelu(slope), x, f"Leaky ReLU at x = {number(x)}", kink)

    return draw


def make_elu():
    """draw(x, scale): ELU and its derivative."""
    curves = _Curves("f(x) = x,  or scale · (eˣ − 1) for x < 0", "f′(x) = 1,  or scale · eˣ for x < 0")

    def draw(x=-1.0, scale=1.0):
        kink = 1 if x == 0 and scale != 1 else None
        return curves.show(Elu(scale), x, f"ELU at x = {number(x)}", kink)

    return draw


def make_maxout():
    """draw(x, w1, b1, w2, b2): Maxout of two lines, and its derivative."""
    formulas = "f(x) = max(w₁x + b₁,  w₂x + b₂)", "f′(x) = the w of the larger sum"
    curves = _Curves(*formulas, (-11, 11), (-2.3, 2.3), lines=2)  # w x + b is at most 2 · 4 + 2

    def draw(x=1.0, w1=1.0, b1=0.0, w2=-0.5, b2=0.5):
        for artist, (w, b) in zip(curves.lines, ((w1, b1), (w2, b2)), strict=True):
            artist.set_data(curves.X, w * curves.X + b)
        first, second = round(w1 * x + b1, 9), round(w2 * x + b2, 9)
        words = f"Maxout at x = {number(x)}"
        words += (
            f", where both sums are {number(first)}"
            if first == second
            else (f" takes the larger of {number(first)} and {number(second)}")
        )
        kink = w1 if first == second and w1 != w2 else None
        return curves.show(Maxout([[w1]], [b1], [[w2]], [b2]), x, words, kink)

    return draw


def make_weights_that_part(gaps, history, outputs):
    """draw(gap, iteration): a replay of trainings that differ in how unequal two hidden nodes start.

    gaps: (G,), of each training. history: (T, 9, G), the nine parameters at each iteration; 0 and 3 are
        the weights from x₁. outputs(params): (4, G) of the (9, G), a row for each of ROWS.
    """
    history = np.array(history)
    weights = history[:, [0, 3]]  # (T, 2, G)
    answers = np.array([outputs(params) for params in history])  # (T, 4, G)
    losses = np.mean((answers - np.array(GATES["XOR"])[:, None]) ** 2, axis=1)  # (T, G)
    length = len(history)
    figure, (left, right) = new_figure(360, 2, xlabel="iteration", xlim=(-0.03 * length, 1.03 * length))
    margin = 0.08 * np.ptp(weights)
    left.set(title="Weights from x₁", ylim=(weights.min() - margin, weights.max() + margin))
    right.set(title="Loss", ylim=(-0.01, losses.max() * 1.1))
    first = moving_line(left, color="#4b94c6", linewidth=5, label="into hidden node 1")
    second = moving_line(left, color=DATA, linewidth=2, dashes=(4, 3), label="into hidden node 2")
    left.legend(loc="lower right", frameon=False, fontsize=10.5)
    curve = moving_line(right, color=DATA, linewidth=2)
    dots = [moving_dot(ax, markersize=10) for ax in (left, left, right)]

    def draw(gap=0.0, iteration=0):
        k, i = np.argmin(np.abs(gaps - gap)), min(iteration, length - 1)
        w, loss = weights[:, :, k], losses[:, k]
        for artist, values in ((first, w[:, 0]), (second, w[:, 1]), (curve, loss)):
            artist.set_data(range(i + 1), values[: i + 1])
        for dot, value in zip(dots, (*w[i], loss[i]), strict=True):
            dot.set_data([i], [value])
        same = "exactly equal: two nodes act as one" if w[i, 0] == w[i, 1] else "so the nodes differ"
        wrong = sum((y > 0.5) != t for y, t in zip(answers[i, :, k], GATES["XOR"], strict=True))
        sides = f"{wrong} of 4 on the wrong side of 0.5" if wrong else "each on its target's side of 0.5"
        return Picture(
            figure,
            f"Gap {decimals(gaps[k], 1)}, iteration {number(i)}: weights {decimals(w[i, 0], 2)} and "
            f"{decimals(w[i, 1], 2)}, {same}. Outputs {', '.join(decimals(y, 2) for y in answers[i, :, k])}, "
            f"{sides}; loss {decimals(loss[i], 3)}.",
        )

    return draw


class _Curves:
    """A picture of an activation, with its tangent at x, and of its derivative.

    formula, derivative: the axes' titles. lines: how many dotted lines lie under the curve.
    The pictures that leave the limits as they are can be compared: their scales are equal, and on the
    left a slope of 1 rises at 45°.
    """

    X = np.linspace(-4, 4, 401)[:, None]
    JUMP = 0.045  # a derivative that changes by more from one X to the next jumps there

    def __init__(self, formula, derivative, ylim=(-REACH, REACH), derivative_ylim=(-0.3, 2.3), lines=0):
        self.figure, (left, right) = new_figure(414, 2, xlabel="x", xlim=(-REACH, REACH))
        style(left, title=formula, ylim=ylim)
        style(right, title=derivative, ylim=derivative_ylim)
        for ax in (left, right):
            ax.axhline(0, color=MUTED, linewidth=1)
            ax.axvline(0, color=MUTED, linewidth=1)
        dotted = {"color": PARAMETER, "linewidth": 1.5, "linestyle": ":"}
        self.lines = [moving_line(left, **dotted) for _ in range(lines)]
        self.curve = moving_line(left, color=FORWARD, linewidth=3)
        self.tangent = moving_line(left, "--", color=BACKWARD, linewidth=2)
        self.slope = moving_line(right, "--", color=BACKWARD, linewidth=2.5)
        self.places = [moving_dot(ax) for ax in (left, right)]

    def show(self, layer, x, words, kink=None):
        """Draw the layer's forward and backward, and the point at x; words begin the sentence.

        kink: where f has no derivative at x, the number that the layer takes instead.
        """
        y, slope = _forward_and_backward(layer, self.X)
        y0, slope0 = (float(v[0, 0]) for v in _forward_and_backward(layer, np.array([[float(x)]])))
        slope[1:][np.abs(np.diff(slope, axis=0)) > self.JUMP] = np.nan  # a jump is no line
        slope0 = slope0 if kink is None else kink
        self.curve.set_data(self.X, y)
        self.slope.set_data(self.X, slope)
        reach = 1.2 / np.hypot(1, slope0) if kink is None else np.nan  # a kink has no tangent
        self.tangent.set_data([x - reach, x + reach], [y0 - reach * slope0, y0 + reach * slope0])
        self.places[0].set_data([x], [y0])
        self.places[1].set_data([x], [slope0])
        sentence = f"{words}: {_equals('f(x)', y0)}, "
        if kink is not None:
            sentence += f"a kink. There is no derivative; by convention {_equals('f′(x)', kink)}."
        else:
            sentence += f"{_equals('f′(x)', slope0)}. {_way_back(slope0)}"
        return Picture(self.figure, sentence)


def _equals(name, value):
    """f(x) = 0.5, or f(x) ≈ 0.7311 where it is rounded."""
    shown = number(round(value, 12))
    return f"{name} {'=' if abs(read(shown) - value) < 1e-12 else '≈'} {shown}"


def _way_back(slope):
    """What an activation with this derivative does to a gradient."""
    if slope == 0:
        return "Flat: no gradient gets back through it."
    if slope == 1:
        return "The gradient gets back unchanged."
    if abs(slope) < 0.05:
        return "Nearly flat: less than a twentieth of the gradient gets back."
    return "The gradient is multiplied by that on its way back."


def _forward_and_backward(layer, x):
    """A layer's output at x, (N, 1), and its derivative there: backward of ones."""
    y = layer.forward(x)
    return y, np.array(layer.backward(np.ones_like(y)), dtype=float)


def _hidden(x1, x2):
    """The hidden layer of the XOR network: NAND and OR."""
    return int(-x1 - x2 >= -1.5), int(x1 + x2 >= 0.5)


def _headings(*words):
    """A word above each of a network's columns."""
    return [text(column_x(i, len(words)), 20, word, MUTED) for i, word in enumerate(words)]


def _plane(left, top, size, neurons, points, x_name, y_name):
    """A plane of two inputs from −0.5 to 1.5, as shapes: where all neurons fire it is green.

    neurons: (w1, w2, threshold) each. points: (x1, x2, wanted 0 or 1, mark): ✗ is wrong, ● is now.
    """

    def at(x, y):
        return left + (x + 0.5) * size / 2, top + size - (y + 0.5) * size / 2

    square = [(-0.5, -0.5), (1.5, -0.5), (1.5, 1.5), (-0.5, 1.5)]
    region = square
    for neuron in neurons:
        region = _clip(region, *neuron)
    shapes = [polygon([at(*corner) for corner in region], FIRES)] if region else []
    for x1, y1, x2, y2 in ((0, 0, 0, 1), (0, 0, 1, 0), (1, 0, 1, 1), (0, 1, 1, 1)):
        shapes.append(line(*at(x1, y1), *at(x2, y2), FAINT, 1.5))
    for w1, w2, threshold in neurons:
        ends = [p for p in _clip(square, w1, w2, threshold) if abs(w1 * p[0] + w2 * p[1] - threshold) < 1e-9]
        if len(ends) > 1 and (w1 or w2):
            shapes.append(line(*at(*ends[0]), *at(*ends[-1]), PARAMETER, 3.5))
    shapes.append(line(left, top + size, left + size, top + size, MUTED, 1.5))
    shapes.append(line(left, top, left, top + size, MUTED, 1.5))
    for k in (0, 1):
        shapes.append(text(at(k, 0)[0], top + size + 19, k, MUTED))
        shapes.append(text(left - 10, at(0, k)[1] + 5, k, MUTED, "end"))
    shapes.append(text(left + size / 2, top + size + 36, x_name, bold=True))
    shapes.append(text(left - 28, top + size / 2 + 5, y_name, "#000", "end", bold=True))
    for x1, x2, wanted, mark in points:
        x, y = at(x1, x2)
        if mark == "●":
            shapes.append(circle(x, y, 20, HIGHLIGHT, width=5))
        shapes.append(circle(x, y, 14, DATA, DATA if wanted else PAPER))
        shapes.append(text(x, y + 6, wanted, PAPER if wanted else DATA, bold=True, halo=False, size=16))
        if mark == "✗":
            shapes.append(text(x + 26, y + 8, mark, BACKWARD, size=22, bold=True))
    return shapes


def _clip(corners, w1, w2, threshold):
    """The part of a convex polygon, a list of (x, y), where w1·x + w2·y ≥ threshold."""
    kept = []
    for (x1, y1), (x2, y2) in pairwise([*corners, corners[0]] if corners else []):
        before, after = w1 * x1 + w2 * y1 - threshold, w1 * x2 + w2 * y2 - threshold
        if before >= 0:
            kept.append((x1, y1))
        if before * after < 0:
            along = before / (before - after)
            kept.append((x1 + along * (x2 - x1), y1 + along * (y2 - y1)))
    return kept


# the questions, in the chapter's order
# fmt: off

PASSED_ON = Question(
    "y for x = 2", 3.7, "1.4 · 2 + 0.9 = 3.7, and the line passes its sum on. A step would give 1, "
    "as 3.7 is at least 0.",
    "Multiply x by its weight a, then add the bias b once.",
    {2.8: "The bias 0.9 is missing.", 4.6: "Only x is multiplied by 2: the bias is added as it is.",
     3.2: "a is the weight of x, and b is added.",
     1: "That is what a step makes of the sum. Here f changes nothing."},
)
OR = Question(
    "Threshold for OR", "1",
    "(1, 0) and (0, 1) just reach it, (1, 1) passes it, and (0, 0) stays below. Any threshold above 0 and up "
    "to 1 does.",
    "The four sums are 0, 1, 1 and 2. Which of them must reach the threshold?",
    {"0": "(0, 0) sums to 0 and reaches it too: the neuron always fires.",
     "1.5": "Only the sum 2 reaches 1.5: that is still AND.",
     "2": "Only (1, 1) reaches 2: that is AND."},
    choices=("0", "1", "1.5", "2"),
)
NAND = Question(
    "NAND", "weights −1, threshold −1.5",
    "The sums are 0, −1, −1 and −2: all but the last reach −1.5. All signs of an AND are turned around.",
    "Compute the four sums. Which of them reach the threshold?",
    {"weights 1, threshold −1.5": "The sums 0, 1, 1, 2 all reach −1.5: it always fires.",
     "weights −1, threshold 1.5": "The sums 0, −1, −1, −2 never reach 1.5: it never fires.",
     "weights 1, threshold 1.5": "Only the sum 2 reaches 1.5: that is AND."},
    choices=("weights 1, threshold 1.5", "weights 1, threshold −1.5", "weights −1, threshold 1.5",
             "weights −1, threshold −1.5"),
)
XOR_ROWS = Question(
    "The most rows of XOR", 3,
    "OR misses only (1, 1), and NAND misses only (0, 0). No neuron gets all four: the text below says why.",
    "Compare OR with XOR, row by row.",
    {4: "Then one line would part them. Try to draw it between the black and the white points.",
     2: "OR does better. Which row does it miss?",
     1: "A neuron that never fires is already right in two rows."},
)
BOTH = Question(
    "AND of s₁ and s₂, four rows", (0, 1, 1, 0),
    "NAND gives 1, 1, 1, 0 and OR gives 0, 1, 1, 1. Both are 1 in the two middle rows, and that is XOR.",
    "Write the row of NAND and below it the row of OR. Where are both 1?",
    {(1, 1, 1, 1): "That is OR of s₁ and s₂: at least one is 1. AND needs both.",
     (1, 0, 0, 1): "There they differ. AND is 1 where both are 1.",
     (0, 0, 0, 1): "That is AND of x₁ and x₂. Take s₁ and s₂, which are NAND and OR.",
     (1, 1, 1, 0): "That is s₁ alone.", (0, 1, 1, 1): "That is s₂ alone."},
)
STEEPEST = Question(
    "The sigmoid's steepest slope", 0.25,
    "f(x) · (1 − f(x)) is largest where f(x) = 0.5, at x = 0: 0.5 · 0.5. One sigmoid lets at most a quarter "
    "of a gradient through.",
    "The table has f′(x) = f(x) · (1 − f(x)), and f(x) lies between 0 and 1. Which f(x) makes it largest?",
    {0.5: "That is its value where it is steepest. The slope is f(x) · (1 − f(x)).",
     1: "That is tanh at 0. The sigmoid is flatter.", 0: "That is the place, x = 0. How steep is it there?"},
)
EQUAL = Question(
    "After 2,000 steps from gap 0", "equal nodes, no XOR",
    "Equal nodes compute the same, so they get the same gradients, take the same step and are equal again. "
    "Two hidden nodes then have the power of one.",
    "Both nodes compute the same. Which gradients do they get?",
    {"equal nodes that do XOR": "Two equal nodes have the power of one. One cannot do it.",
     "different nodes that do XOR": "What would part them? They compute the same and get equal gradients."},
    choices=("different nodes that do XOR", "equal nodes that do XOR", "equal nodes, no XOR"),
)
# fmt: on
