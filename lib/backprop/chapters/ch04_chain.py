"""Chapter 04's pictures: a chain, two paths, two neurons, three hidden layers, a deep chain."""

import math
from functools import partial
from operator import add, mul

import numpy as np
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from ..explore.equations import equations
from ..explore.figures import moving_line, new_figure
from ..explore.graph import graph_picture
from ..explore.picture import Picture, drawing
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import arrow, circle, legend, line, text
from ..explore.words import listed, number, symbol, worked
from ..functions import half_squared_error, sigmoid, sigmoid_derivative
from ..graph import Value
from ..layers import Elu, LeakyRelu, Relu, Sigmoid, Tanh
from .turn import turn


def square_of_sum(x1=2.0, x2=3.0, step=0):
    """f = u² with u = x₁ + x₂ as a graph. step: 0…5 of the walk forward and backward."""
    u = Value(x1, "x₁") + Value(x2, "x₂")
    f = u**2
    u.name, f.name = "u", "f"
    return graph_picture(f, step)


PALE = "#f8e3b8"  # HIGHLIGHT, pale: what lies under a path that is looked at
PATHS = ["all", "x₁ through +", "x₁ through ×", "x₂ through +", "x₂ through ×"]


def two_paths(x1=2.0, x2=3.0, path="all"):
    """f = u · v with u = x₁ + x₂ and v = x₁ · x₂: each input reaches f on two paths. path: of PATHS."""
    x1, x2 = Value(x1, "x₁"), Value(x2, "x₂")
    u, v = x1 + x2, x1 * x2
    f = u * v
    u.name, v.name, f.name = "u", "v", "f"
    f.backward()
    places = {x1: (120, 90), x2: (120, 270), u: (390, 90), v: (390, 270), f: (600, 180)}
    words, sums = [], {}
    for x, other, y in ((x1, x2, 360), (x2, x1, 388)):
        chain = worked("{} · {} + {} · {}", lambda p, q, r, s: p * q + r * s, u.grad, 1, v.grad, other.data)
        formula = f"∂f/∂{x.name} = ∂f/∂u · ∂u/∂{x.name} + ∂f/∂v · ∂v/∂{x.name} = {chain}"
        words.append(text(20, y, formula, BACKWARD, "start"))
        sums[x] = f"{x.name}: " + worked("{} + {}", add, u.grad, v.grad * other.data)
    under, sentence = [], f"What comes back on the two paths adds up. {sums[x1]}; {sums[x2]}."
    if path != "all":
        start, middle = (x1 if path.startswith("x₁") else x2), (u if "+" in path else v)
        for a, b in ((start, middle), (middle, f)):
            under += [line(*places[a], *places[b], PALE, 30), circle(*places[a], 30, PALE, PALE)]
        product = worked("{} · {}", mul, middle.grad, middle.local_gradients[middle.inputs.index(start)])
        sentence = f"Backward along the path of {path}: {product}. With its other path, {sums[start]}."
    return graph_picture(f, title="One value on two paths", places=places, sentence=sentence, under=under,
                         extra=words, room=82)  # fmt: skip


def two_neurons(x=0.5, W1=0.8, W2=1.5, target=0.0):
    """Every line of E = ½(y − t)² behind two sigmoid neurons, forward and backward."""
    w1, w2 = Value(W1), Value(W2)
    h1_ = (w1 * x).sigmoid()
    y_ = (w2 * h1_).sigmoid()
    (0.5 * (y_ - target) ** 2).backward()
    h1, y = h1_.data, y_.data
    y_slope, h1_slope = sigmoid_derivative(y), sigmoid_derivative(h1)
    delta_y = (y - target) * y_slope
    delta_1 = delta_y * W2 * h1_slope
    shown = partial(worked, digits=6)  # a sigmoid's output of 0.99995 shall not look like 1
    times, neuron = partial(shown, "{} · {}", mul), partial(shown, "σ({} · {})", _neuron)
    loss = shown("½ ({} − {})^2", half_squared_error, y, target)
    hidden = shown("{} · {} · {}", _product, delta_y, W2, h1_slope)
    lines = [
        ("Forward", ""),
        (f"h_1 = σ(W_1 · x) = {neuron(W1, x)}", "forward"),
        (f"y = σ(W_2 · h_1) = {neuron(W2, h1)}", "forward"),
        (f"E = ½ (y − t)^2 = {loss}", "forward"),
        ("Backward", ""),
        (f"δ_y = (y − t) · y(1 − y) = {times(y - target, y_slope)}", "backward"),
        (f"∂E/∂W_2 = δ_y · h_1 = {times(delta_y, h1)}", "backward"),
        (f"δ_1 = δ_y · W_2 · h_1(1 − h_1) = {hidden}", "backward"),
        (f"∂E/∂W_1 = δ_1 · x = {times(delta_1, x)}", "backward"),
        ("The same from Value.backward()", ""),
        (f"W₂.grad = {number(w2.grad, 6)}", "backward"),
        (f"W₁.grad = {number(w1.grad, 6)}", "backward"),
    ]
    side = "above" if y > target else "below" if y < target else "on"
    sentence = (
        f"y = {number(y, 6)} lies {side} its target {number(target)}. ∂E/∂W₁ = {number(w1.grad, 6)}, "
        f"∂E/∂W₂ = {number(w2.grad, 6)}: a step downhill {_move('W₁', w1.grad)} and {_move('W₂', w2.grad)}."
    )
    return equations(lines, "Two neurons", sentence)


def _neuron(weight, value):
    return float(sigmoid(weight * value))


def _product(*factors):
    return math.prod(factors)


def _move(name, gradient):
    """What a step downhill does to a weight."""
    if gradient == 0:
        return f"leaves {name} as it is"
    return f"makes {name} {'smaller' if gradient > 0 else 'larger'}"


def three_hidden(x=1.0, W1=0.8, W2=-1.2, W3=1.5, W4=0.6, target=0.0, step=0):
    """x → h₁ → h₂ → h₃ → y → E, each neuron a sigmoid; step: how many δs are known, 0…4."""
    weights = [W1, W2, W3, W4]
    values = [x]
    for weight in weights:
        values.append(_neuron(weight, values[-1]))
    loss = half_squared_error(values[4], target)
    deltas = [0.0, 0.0, 0.0, 0.0, (values[4] - target) * sigmoid_derivative(values[4])]  # 1…4 are used
    for k in (3, 2, 1):
        deltas[k] = deltas[k + 1] * weights[k] * sigmoid_derivative(values[k])
    at, level, shapes, nodes = [48, 184, 320, 456, 592, 706], 98, [], []
    for i in range(5):
        left, right = at[i] + 24, at[i + 1] - 24
        shapes.append(arrow(left, level - 5, right, level - 5, FORWARD))
        if i and step >= 5 - i:
            shapes.append(arrow(right, level + 5, left, level + 5, BACKWARD, dashed=True))
        if i < 4:
            middle, name = (left + right) / 2, symbol(f"W{i + 1}")
            shapes.append(text(middle, level - 15, f"{name} = {number(weights[i])}", PARAMETER, bold=True))
            if step >= 4 - i:
                gradient = number(deltas[i + 1] * values[i], 3)
                shapes.append(text(middle, level + 27, f"∂E/∂{name}", BACKWARD))
                shapes.append(text(middle, level + 47, gradient, BACKWARD, bold=True))
    for i, (name, value) in enumerate(zip(["x", "h₁", "h₂", "h₃", "y", "E"], [*values, loss], strict=True)):
        now = 0 < step == 5 - i
        nodes.append(circle(at[i], level, 22, HIGHLIGHT if now else DATA, width=4 if now else 2))
        nodes.append(text(at[i], level + 6, name, size=18, bold=True, halo=False))
        nodes.append(text(at[i], level - 32, number(value, 5), FORWARD, bold=True))
        if 1 <= i <= 4 and step >= 5 - i:
            nodes.append(text(at[i], level + 68, "δ" if i == 4 else symbol(f"δ{i}"), BACKWARD))
            if i == 4:
                nodes.append(text(at[i] + 9, level + 73, "y", BACKWARD, size=14, halo=False))
            nodes.append(text(at[i], level + 88, number(deltas[i], 3), BACKWARD, bold=True))
    sentence = _say_delta(step, weights, values, deltas, target, loss)
    return drawing(202, "Three hidden layers", sentence, *shapes, *nodes, legend())


def _say_delta(step, weights, values, deltas, target, loss):
    """What the last step of three_hidden did."""
    if step == 0:
        y, t, shown = number(values[4], 5), number(target), number(loss, 5)
        return f"Forward only: y = {y}, its target is {t}, E = {shown}."
    k = 5 - step  # the neuron that is reached; its output and the slope there
    value, slope = values[k], sigmoid_derivative(values[k])
    before = f"Times {'x' if k == 1 else symbol(f'h{k - 1}')}"
    gradient = f"{before} it is ∂E/∂{symbol(f'W{k}')} = {number(deltas[k] * values[k - 1], 3)}."
    if step == 1:
        line = worked("{} · {}", mul, value - target, slope, digits=3)
        return f"δ_y = (y − t) · y(1 − y) = {line}. {gradient}"
    after = "δ_y" if k == 3 else symbol(f"δ{k + 1}")
    here, output, weight = symbol(f"δ{k}"), symbol(f"h{k}"), symbol(f"W{k + 1}")
    line = worked("{} · {} · {}", _product, deltas[k + 1], weights[k], slope, digits=3)
    size = number(abs(weights[k] * slope), 3)
    return (
        f"{here} = {after} · {weight} · {output}(1 − {output}) = {line}; its size is {size} times "
        f"that of {after}. {gradient}"
    )


ACTIVATIONS = {"sigmoid": Sigmoid, "tanh": Tanh, "ReLU": Relu, "Leaky ReLU": LeakyRelu, "ELU": Elu}
LOOKS = ["-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2))]  # of their lines
SPANS = [(-15, 6, 3), (-50, 22, 10), (-140, 22, 20)]  # exponents of the axis of |δ|: from, to, every


def make_vanishing():
    """draw(activation, weight, depth): |δ| of every neuron of a deep chain, for each activation."""
    figure, ax = new_figure(400, xlabel="layers back from the output (the output is at the right)",
                            ylabel="|δ|, where the last neuron's is 1", yscale="log",
                            xlim=(35.2, -0.6), xticks=range(0, 30, 5))  # fmt: skip
    ax.axhline(1, color=MUTED, linewidth=1)
    for y, word in ((0.94, "explodes"), (0.06, "vanishes")):
        ax.text(0.99, y, word, fontsize=11, color=MUTED, ha="right", va="center", transform=ax.transAxes)
    lines = {name: moving_line(ax, linestyle=look, color=FAINT, linewidth=1.8, label=name)
             for name, look in zip(ACTIVATIONS, LOOKS, strict=True)}  # fmt: skip
    names = {name: _word(ax, name) for name in ACTIVATIONS}
    chosen = moving_line(ax, "o-", color=BACKWARD, linewidth=2.5, markersize=6, zorder=5,
                         label="the chosen one")  # fmt: skip
    figure.legend(handles=[chosen, *lines.values()], loc="outside upper center", ncols=6, fontsize=10.5,
                  frameon=False, handlelength=2.6, columnspacing=1.2)  # fmt: skip

    def draw(activation="sigmoid", weight=1.0, depth=2):
        weight = round(weight, 6)  # a dragged 0 may come as 1e-16
        back = np.arange(depth)[::-1]
        sizes = {name: np.abs(deltas_by_depth(name, weight, depth)) for name in ACTIVATIONS}
        for name, of_this in sizes.items():
            lines[name].set_data(back, np.where(of_this > 0, of_this, np.nan))
        chosen.set_data(*lines[activation].get_data())
        _fit(ax, sizes[activation])
        for name, height in _apart({name: of_this[0] for name, of_this in sizes.items()}, *ax.get_ylim()):
            names[name].set_data([depth - 0.6], [height])
        return Picture(figure, _say_depth(activation, weight, sizes))

    return draw


def _word(ax, word, size=10.5):
    """A word that a slider moves: a marker, whose right end stands at its place."""
    path = TextPath((0, 0), word, size)
    path = path.transformed(Affine2D().translate(-path.get_extents().x1, -size * 0.35))
    reach = np.abs(path.vertices).max()  # a marker is scaled by it
    return moving_line(ax, linestyle="", color=MUTED, marker=path, markersize=2 * reach, markeredgewidth=0)


def _apart(ends, low, high, least=0.055, clear=0.033):
    """(name, where its word stands) for where each line ends on the log axis.

    ends: {name: value}. The words are least apart, and clear of the line at 1: parts of the axis. A line
    that ends off the axis has no word.
    """
    span, above = np.log10(high / low), 2.0
    one = -np.log10(low) / span
    for name, end in sorted(ends.items(), key=lambda item: -item[1]):
        at = np.log10(end / low) / span if end > 0 else -1
        if not 0 <= at <= 1:
            yield name, np.nan
            continue
        at = min(max(at, 0.03), above - least)
        if abs(at - one) < clear:
            at = one + clear if above - least >= one + clear else one - clear
        above = at
        yield name, low * 10 ** (at * span)


def _fit(ax, sizes):
    """Give the log axis the first span that holds these sizes; a new one costs a full drawing."""
    tens = np.log10(sizes[sizes > 0])
    holding = (span for span in SPANS if span[0] <= tens.min() and tens.max() <= span[1])
    low, high, every = next(holding, SPANS[-1])
    if ax.get_ylim() != (10.0**low, 10.0**high):
        ticks = [10.0**k for k in range(low, high + 1) if k % every == 0]
        ax.set(ylim=(10.0**low, 10.0**high), yticks=ticks)
        ax.minorticks_off()


def deltas_by_depth(activation, weight, depth):
    """δ of every neuron of a chain, (depth,), first neuron first, where the last neuron's δ is 1.

    activation: of ACTIVATIONS. The input is 1, every weight is the same, there is no bias.
    """
    layer, inputs, z = ACTIVATIONS[activation](), [], 1.0
    for _ in range(depth):
        inputs.append(weight * z)
        z = layer.forward(inputs[-1])
    layer.forward(np.array(inputs))
    slopes = layer.backward(np.ones(depth))
    return np.append(np.cumprod(weight * slopes[-2::-1])[::-1], 1.0)


def _say_depth(activation, weight, sizes):
    """What happened to δ between the last neuron and the first one."""
    depth, first = len(sizes[activation]), sizes[activation][0]
    start = f"{depth} {activation} neurons, weight {number(weight)}: "
    same = [name for name, of_this in sizes.items()
            if name != activation and np.allclose(of_this, sizes[activation], rtol=1e-6, atol=0)]  # fmt: skip
    also = f" The same holds for {listed(same)}." if same else ""
    if first == 0:
        why = "the weight is 0" if weight == 0 else "a ReLU neuron is off, so its slope is 0"
        return (
            f"{start}δ is exactly 0 at the first neuron, because {why}. So the gradient of that "
            f"neuron's weight is 0 in this step. A 0 has no place on the log axis.{also}"
        )
    factor, times = number(first ** (1 / (depth - 1)), 2), number(first, 2)
    verdict = (
        "it vanishes" if first < 0.01 else "it explodes" if first > 100
        else "it keeps its size" if times == "1" else "it shrinks" if first < 1 else "it grows"
    )  # fmt: skip
    return (
        f"{start}|δ| changes by a factor of {factor} per layer on average. The first neuron's |δ| is "
        f"{times} times the last one's: {verdict}.{also}"
    )


# the questions, in the chapter's order
# fmt: off

SQUARE = Question(
    "∂f/∂x₁ at x₁ = 2, x₂ = 3", 10,
    "u = 5, and 2u · 1 = 10.",
    "First find u. Then multiply the rate of u² by the rate of x₁ + x₂.",
    {5: "That is u itself. The rate of u² is 2u.", 25: "That is f. Its rate against u is 2u.",
     4: "That is the slope of x₁² alone. What is squared is x₁ + x₂."},
)
TWO_PATHS = Question(
    "∂f/∂x₁ by both paths", 21,
    "Through +: ∂f/∂u · ∂u/∂x₁ = 6 · 1 = 6. Through ×: ∂f/∂v · ∂v/∂x₁ = 5 · 3 = 15. Together 21.",
    "There are two chains, one through + and one through ×. Add them up.",
    {6: "That is the path through + alone.", 15: "That is the path through × alone.",
     90: "You multiplied the two paths. Rates multiply along a path; the paths add up.",
     4: "These are ∂u/∂x₁ and ∂v/∂x₁ alone. Multiply each by what comes back from f.",
     16: "At ×, the local derivative for x₁ is the other factor, x₂.",
     23: "The last × swaps: ∂f/∂u is v, and ∂f/∂v is u."},
)
ZERO_X = Question(
    "What becomes 0 at x = 0", "∂E/∂W₁ alone",
    "∂E/∂W₁ ends in · x. ∂E/∂W₂ ends in · h₁, and h₁ = σ(0) = ½.",
    "Which value does each weight meet? And what is σ(0)?",
    {"∂E/∂W₂ alone": "It ends in · h₁, and h₁ = σ(0) = ½.",
     "both": "Right for ∂E/∂W₁. But ∂E/∂W₂ ends in · h₁, and σ(0) is ½, not 0.",
     "neither": "One of them ends in · x."},
    choices=("∂E/∂W₁ alone", "∂E/∂W₂ alone", "both", "neither"),
)
ZERO_W3 = Question(
    "Gradients that become 0 at W₃ = 0", "W₁ and W₂",
    "δ₂ contains W₃, and δ₁ contains δ₂. W₃'s own is δ₃ · h₂: it changes, since h₃, y and with them δ₃ "
    "change, but it is not 0.",
    "Which of the δs contain W₃ as a factor?",
    {"W₃ alone": "W₃'s own gradient is δ₃ · h₂, and W₃ is no factor of it.",
     "W₁, W₂ and W₃": "Right for W₁ and W₂. But W₃ is no factor of δ₃ · h₂, its own gradient.",
     "W₄ alone": "W₄'s gradient is δ_y · h₃: the way back has not met W₃ yet."},
    choices=("W₁ and W₂", "W₁, W₂ and W₃", "W₃ alone", "W₄ alone"),
)
TEN_NEURONS = Question(
    "δ is divided by at least", "4⁹",
    "Nine steps back, each times at most ¼: 4 · 4 · … · 4 is 262,144, so at most 4 millionths are left.",
    "How many steps lead from the last neuron back to the first? Each divides by 4, or by more.",
    {"4": "That is one step. Nine of them lead back to the first.",
     "9 · 4": "You added the steps up. Rates multiply along a path.",
     "4¹⁰": "Ten neurons, but only nine steps between them."},
    choices=("4", "9 · 4", "4⁹", "4¹⁰"),
)
WEIGHT_5 = Question(
    "With weight 5, the first |δ| is", "much smaller",
    "Large inputs drive the sigmoid to where it is flat. There W · σ′ is smaller than with 1.",
    "Each step multiplies by W · σ′. What does a large input do to σ′?",
    {"larger": "W grows, but σ′ is not what it was: the inputs have grown too.",
     "as large as before": "W grows to 5 times; σ′ shrinks by another factor than that."},
    choices=("larger", "as large as before", "much smaller"),
)
# fmt: on


# your turn


def check_gradients(gradients):
    """Compare a learner's gradients(W, values, target) with Value.backward, on a chain of five neurons."""
    W, target = np.array([2.0, -3.0, 3.5, -2.5, 3.0]), 0.3
    weights, outputs = [Value(weight) for weight in W], [Value(0.8)]
    for weight in weights:
        outputs.append((weight * outputs[-1]).sigmoid())
    (0.5 * (outputs[-1] - target) ** 2).backward()
    values = np.array([value.data for value in outputs])
    wanted = np.array([weight.grad for weight in weights])
    found = []

    def tried(*inputs):
        found[:] = [gradients(*inputs)]
        return found[0]

    reply = turn(tried, (W, values, target), gradients=wanted)
    if reply.right is not False or not found or "in place" in reply.words:
        return reply
    for words, slip in _slips(W, values, target):
        if turn(lambda: found[0], (), gradients=slip).right:
            return Reply(False, words)
    wrong = [k for k in range(len(W)) if f"first wrong one is at [{k}]" in reply.words]
    if wrong:  # the way back begins at the last weight
        k = np.flatnonzero(~np.isclose(np.asarray(found[0], dtype=float), wanted, rtol=1e-4, atol=1e-9))[-1]
        return Reply(False, f"The gradient of W[{k}] is wrong. It is the first one wrong on the way back.")
    return reply


def _slips(W, values, target):
    """Foreseen slips of the way back, each (what is said of it, the gradients that it gives)."""
    y, slope = values[-1], sigmoid_derivative(values)
    first, last = (y - target) * slope[-1], len(W) - 1

    def back(start, step):  # step(δ, k): the next δ
        delta, found = start, np.zeros(len(W))
        for k in range(last, -1, -1):
            found[k] = delta * values[k]
            delta = step(delta, k)
        return found

    def right(delta, k):
        return delta * W[k] * slope[k]

    clean = back(first, right)
    with_h = "An h is kept in δ, as in slip 2. It belongs to the weight's gradient alone."
    return [
        (
            "δ starts as y − t. It begins with ∂E/∂z, so the slope y(1 − y) is missing.",
            back(y - target, right),
        ),
        ("δ starts as the slope y(1 − y). The factor y − t is missing.", back(slope[-1], right)),
        (with_h, back(first * values[last], right)),
        (with_h, np.append(clean[:-1] * values[last], clean[-1])),
        (with_h, clean * np.append(values[1:-1], 1)),
        (with_h, back(first, lambda delta, k: delta * values[k] * W[k] * slope[k])),
        (
            "The next δ takes the weight that it passes through, W[k], not W[k − 1].",
            back(first, lambda delta, k: delta * W[k - 1] * slope[k]),
        ),
        (
            "The weight is forgotten: the next δ is δ · W[k] · slope.",
            back(first, lambda delta, k: delta * slope[k]),
        ),
        (
            "The slope is forgotten: the next δ is δ · W[k] · slope.",
            back(first, lambda delta, k: delta * W[k]),
        ),
        (
            "The slope is one neuron behind: the next δ needs the slope at values[k].",
            back(first, lambda delta, k: delta * W[k] * slope[k + 1]),
        ),
        ("The gradients stand last to first. They go first to last, as W does.", clean[::-1]),
    ]
