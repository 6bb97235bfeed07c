"""Chapter 04's pictures: two paths, one neuron after another, three hidden layers, a deep chain."""

import math
import re

import numpy as np

from ..graph import Value
from ..explore.equations import Equations
from ..explore.figures import new_figure
from ..explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import arrow, circle, edge, legend, line, svg, text
from ..explore.words import number, symbol

PALE = "#f8e3b8"  # HIGHLIGHT, pale: what lies under a path that is looked at
PATHS = ["all", "t₁ through +", "t₁ through ×", "t₂ through +", "t₂ through ×"]


def two_paths(t1=2.0, t2=3.0, path="all"):
    """f = x₁ · x₂ with x₁ = t₁ + t₂ and x₂ = t₁ · t₂: each t reaches f on two paths. SVG."""
    a, b = Value(t1, "t₁"), Value(t2, "t₂")
    add, multiply = a + b, a * b
    f = add * multiply
    f.backward()
    places = {a: (120, 90), b: (120, 270), add: (390, 90), multiply: (390, 270), f: (600, 180)}
    shapes, marked = [], ()
    if path != "all":
        start, middle = (a if "t₁" in path else b), (add if "+" in path else multiply)
        marked = start, middle, f
        for one, other in ((start, middle), (middle, f)):
            shapes.append(line(*places[one], *places[other], PALE, 30))
    ways = {}
    for node in (add, multiply, f):
        for source, local in zip(node.inputs, node.local_gradients, strict=True):
            (x1, y1), (x2, y2) = places[source], places[node]
            length = math.hypot(x2 - x1, y2 - y1)
            dx, dy = (x2 - x1) / length * 22, (y2 - y1) / length * 22
            ways[source, node] = local * node.grad
            shapes.append(
                edge(x1 + dx, y1 + dy, x2 - dx, y2 - dy, number(source.data), number(local * node.grad),
                     along=0.24 if y1 != y2 else 0.5)
            )  # fmt: skip
    x, y = places[f]
    shapes.append(edge(x + 22, y, x + 100, y, number(f.data), "1"))
    shapes.append(text(x + 110, y + 5, "f", size=18, bold=True))
    for node, (x, y) in places.items():
        shapes.append(circle(x, y, 22, HIGHLIGHT if node in marked else DATA))
        shapes.append(text(x, y + 6, node.name or node.op, size=18, bold=True, halo=False))
    shapes += [text(390, 55, "x₁", MUTED), text(390, 315, "x₂", MUTED)]
    sums = []
    for row, t in enumerate((a, b)):
        parts = [ways[t, add], ways[t, multiply]]
        locals_ = [node.local_gradients[node.inputs.index(t)] for node in (add, multiply)]
        sums.append(f"{t.name}: {number(parts[0])} + {number(parts[1])} = {number(t.grad)}")
        words = (
            f"∂f/∂{t.name} = ∂f/∂x₁ · ∂x₁/∂{t.name} + ∂f/∂x₂ · ∂x₂/∂{t.name}"
            f" = {_term(add.grad)} · {_term(locals_[0])} + {_term(multiply.grad)} · {_term(locals_[1])}"
            f" = {number(t.grad)}"
        )
        shapes.append(text(20, 360 + 28 * row, words, BACKWARD, "start"))
    if path == "all":
        sentence = f"What comes back on the two paths adds up. {sums[0]}; {sums[1]}."
    else:
        after, local = middle.grad, middle.local_gradients[middle.inputs.index(start)]
        sentence = (
            f"Backward along the path of {path}: {_term(after)} · {_term(local)} = "
            f"{number(ways[start, middle])}. Together with its other path, {sums[start is b]}."
        )
    return svg(402, "One value on two paths", sentence, *shapes, legend())


def two_neurons(x=0.5, W1=0.8, W2=1.5, target=0.0):
    """Every line of C = ½(y − t)² behind two sigmoid neurons, forward and backward. Equations."""
    w1, w2 = Value(W1), Value(W2)
    h_ = (w1 * x).sigmoid()
    y_ = (w2 * h_).sigmoid()
    c_ = 0.5 * (y_ - target) ** 2
    c_.backward()
    h, y = h_.data, y_.data
    delta_y = (y - target) * y * (1 - y)
    delta_h = delta_y * W2 * h * (1 - h)
    x_, v1, v2, t = (_signed(v, 2) for v in (x, W1, W2, target))
    miss, dy, dh = _signed(y - target, 4), _signed(delta_y, 6), _signed(delta_h, 6)
    lines = [
        ("Forward", ""),
        (f"h = g(W_1 · x) = g({v1} · {x_}) = {h:.4f}", "forward"),
        (f"y = g(W_2 · h) = g({v2} · {h:.4f}) = {y:.4f}", "forward"),
        (f"C = ½ (y − t)^2 = ½ ({y:.4f} − {t})^2 = {c_.data:.6f}", "forward"),
        ("Backward", ""),
        (f"δ_y = (y − t) · y(1 − y) = {miss} · {y * (1 - y):.4f} = {delta_y:.6f}", "backward"),
        (f"∂C/∂W_2 = δ_y · h = {dy} · {h:.4f} = {delta_y * h:.6f}", "backward"),
        (f"δ_h = δ_y · W_2 · h(1 − h) = {dy} · {v2} · {h * (1 - h):.4f} = {delta_h:.6f}", "backward"),
        (f"∂C/∂W_1 = δ_h · x = {dh} · {x_} = {delta_h * x:.6f}", "backward"),
        ("The same from Value.backward()", ""),
        (f"W₂.grad = {w2.grad:.6f}", "backward"),
        (f"W₁.grad = {w1.grad:.6f}", "backward"),
    ]
    side = "above" if y > target else "below" if y < target else "on"
    moves = " and ".join(
        f"{_move(grad)} {name}" if abs(grad) < 5e-7 else f"makes {name} {'smaller' if grad > 0 else 'larger'}"
        for name, grad in (("W₁", w1.grad), ("W₂", w2.grad))
    )
    sentence = (
        f"y = {y:.4f} lies {side} its target {target:.2f}. ∂C/∂W₁ = {w1.grad:.6f}, ∂C/∂W₂ = {w2.grad:.6f}: "
        f"a step downhill {moves}."
    )
    lines = [(_zero(words), kind) for words, kind in lines]
    return Equations(lines, "Two neurons", _zero(sentence).replace("-", "−"))


def _move(grad):
    """What a step does to a weight with so small a gradient."""
    return "hardly moves" if abs(grad) > 1e-12 else "does not move"


def three_hidden(x=1.0, W1=0.8, W2=-1.2, W3=1.5, W4=0.6, target=0.0, step=4):
    """x → h₁ → h₂ → h₃ → y → C, each neuron a sigmoid; step: how many δs are known, 0…4. SVG."""
    weights = [W1, W2, W3, W4]
    values = [x]
    for w in weights:
        values.append(1 / (1 + math.exp(-w * values[-1])))
    y = values[-1]
    cost = 0.5 * (y - target) ** 2
    deltas = [(y - target) * y * (1 - y)]
    for k in (3, 2, 1):
        deltas.append(deltas[-1] * weights[k] * values[k] * (1 - values[k]))
    names, delta_names = ["x", "h₁", "h₂", "h₃", "y", "C"], ["δ", "δ₃", "δ₂", "δ₁"]
    at, level, shapes, nodes = [50, 190, 330, 470, 610, 720], 130, [], []
    for i in range(5):
        left, right = at[i] + 24, at[i + 1] - 24
        shapes.append(arrow(left, level - 5, right, level - 5, FORWARD))
        if i and step >= 5 - i:
            shapes.append(arrow(right, level + 5, left, level + 5, BACKWARD, dashed=True))
        if i < 4:
            middle = (left + right) / 2
            name = symbol(f"W{i + 1}")
            shapes.append(text(middle, level - 15, f"{name} = {number(weights[i])}", PARAMETER, bold=True))
            if step >= 4 - i:
                gradient = deltas[3 - i] * values[i]
                shapes.append(text(middle, level + 27, f"∂C/∂{name}", BACKWARD))
                shapes.append(text(middle, level + 47, number(gradient, 3), BACKWARD, bold=True))
    for i, name in enumerate(names):
        now = 0 < step == 5 - i
        nodes.append(circle(at[i], level, 22, HIGHLIGHT if now else DATA, width=4 if now else 2))
        nodes.append(text(at[i], level + 6, name, size=18, bold=True, halo=False))
        shown = number([*values, cost][i])
        nodes.append(text(at[i], level - 32, shown, FORWARD, bold=True))
        if 1 <= i <= 4 and step >= 5 - i:
            nodes.append(text(at[i], level + 68, delta_names[4 - i], BACKWARD))
            if i == 4:
                nodes.append(text(at[i] + 9, level + 73, "y", BACKWARD, size=14, halo=False))
            nodes.append(text(at[i], level + 88, number(deltas[4 - i], 3), BACKWARD, bold=True))
    return svg(260, "Three hidden layers", _say_delta(step, weights, values, deltas, target, cost),
               *shapes, *nodes, legend())  # fmt: skip


def _say_delta(step, weights, values, deltas, target, cost):
    """What the last step of three_hidden did."""
    if step == 0:
        return f"Forward only: y = {number(values[4])}, its target is {number(target)}, C = {number(cost)}."
    if step == 1:
        y = values[4]
        return (
            f"δ_y = (y − t) · y(1 − y) = {_term(y - target)} · {number(y * (1 - y))} = "
            f"{number(deltas[0], 3)}. Times h₃ it is ∂C/∂W₄ = {number(deltas[0] * values[3], 3)}."
        )
    k = 5 - step  # the hidden layer that is reached
    before = "δ_y" if k == 3 else symbol(f"δ{k + 1}")
    here, source = symbol(f"δ{k}"), "x" if k == 1 else symbol(f"h{k - 1}")
    slope = values[k] * (1 - values[k])
    factor, output = abs(weights[k] * slope), symbol(f"h{k}")
    return (
        f"{here} = {before} · {symbol(f'W{k + 1}')} · {output}(1 − {output}) = "
        f"{_term(deltas[step - 2], 3)} · {_term(weights[k])} · {number(slope)} = "
        f"{number(deltas[step - 1], 3)}; its size is {number(factor, 3)} times that of {before}. "
        f"Times {source} it is ∂C/∂{symbol(f'W{k}')} = {number(deltas[step - 1] * values[k - 1], 3)}."
    )


# name -> (g, g′), both functions of the neuron's input z
ACTIVATIONS = {
    "sigmoid": (lambda z: _sigmoid(z), lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2),
    "ReLU": (lambda z: max(0.0, z), lambda z: float(z > 0)),
    "Leaky ReLU": (lambda z: z if z > 0 else 0.1 * z, lambda z: 1.0 if z > 0 else 0.1),
    "ELU": (lambda z: z if z >= 0 else math.expm1(z), lambda z: 1.0 if z >= 0 else math.exp(z)),
}


def deltas_by_depth(activation, weight, depth):
    """δ of every neuron of a chain, first neuron first, where the last neuron's δ is 1.

    The input is 1, every weight is the same, there is no bias.
    """
    g, slope = ACTIVATIONS[activation]
    z, inputs = 1.0, []
    for _ in range(depth):
        inputs.append(weight * z)
        z = g(inputs[-1])
    deltas = [1.0]
    for z in reversed(inputs[:-1]):
        deltas.append(deltas[-1] * weight * slope(z))
    return deltas[::-1]


def vanishing():
    """The panel of |δ| by depth: returns draw(activation, weight, depth) -> Figure."""
    figure, ax = new_figure(400, xlabel="layers back from the output (the output is at the right)",
                            ylabel="|δ|, where the last neuron's is 1", yscale="log",
                            xlim=(29.6, -0.6), ylim=(1e-15, 1e6))  # fmt: skip
    ax.set_yticks([10.0**k for k in range(-15, 7, 3)])
    ax.minorticks_off()
    ax.axhline(1, color=MUTED, linewidth=1)
    ax.text(29.3, 2e5, "explodes", fontsize=11, color=MUTED, va="center")
    ax.text(29.3, 1e-14, "vanishes", fontsize=11, color=MUTED, va="center")
    looks = {"sigmoid": "-", "tanh": "--", "ReLU": "-.", "Leaky ReLU": ":", "ELU": (0, (6, 2, 1, 2, 1, 2))}
    lines = {name: ax.plot([], [], linestyle=look, color="#8c8c8c", linewidth=1.8, label=name)[0]
             for name, look in looks.items()}  # fmt: skip
    (chosen,) = ax.plot([], [], "o-", color=BACKWARD, linewidth=2.5, markersize=6, animated=True, zorder=5,
                        label="the chosen one")  # fmt: skip
    figure.legend(handles=[chosen, *lines.values()], loc="outside upper center", ncols=6, fontsize=10.5,
                  frameon=False, handlelength=2.6, columnspacing=1.2)  # fmt: skip
    for drawn in lines.values():
        drawn.set_animated(True)

    def draw(activation="sigmoid", weight=1.0, depth=10):
        weight = round(weight, 6)
        back = np.arange(depth)[::-1]
        every = {name: np.abs(deltas_by_depth(name, weight, depth)) for name in looks}
        for name, sizes in every.items():
            lines[name].set_data(back, np.where(sizes > 0, sizes, np.nan))
        sizes = every[activation]
        chosen.set_data(back, np.where(sizes > 0, sizes, np.nan))
        same = [n for n in looks if n != activation and np.allclose(every[n], sizes, rtol=1e-6, atol=0)]
        figure.sentence = _say_depth(activation, weight, depth, sizes[0], same)
        return figure

    return draw


def _say_depth(activation, weight, depth, first, same):
    """What happened to δ between the last neuron and the first one."""
    start = f"{depth} {activation} neurons, weight {number(weight)}: "
    also = f" The same holds for {' and '.join(same)}." if same else ""
    if first == 0:
        why = "the weight is 0" if weight == 0 else "a ReLU neuron is off, so its slope is 0"
        return (
            f"{start}δ is exactly 0 at the first neuron, because {why}. It cannot learn. "
            f"A 0 has no place on the log axis.{also}"
        )
    factor = first ** (1 / (depth - 1))
    verdict = "it vanishes" if factor < 0.9 else "it explodes" if factor > 1.1 else "it keeps its size"
    return (
        f"{start}δ changes by a factor of about {number(factor, 2)} per layer. The first neuron gets "
        f"{number(first, 2)} times the last one's δ: {verdict}.{also}"
    )


def _sigmoid(z):
    return 1 / (1 + math.exp(-z))


def _signed(value, digits):
    """A number with so many decimals for the inside of a product: in parentheses if negative."""
    words = _zero(f"{value:.{digits}f}")
    return f"({words})" if words.startswith("-") else words


def _term(value, digits=4):
    """A short number for the inside of a product: in parentheses if negative."""
    words = number(value, digits)
    return f"({words})" if words.startswith("−") else words


def _zero(words):
    """Without the sign of a rounded zero: -0.00 -> 0.00."""
    return re.sub(r"-(0(?:\.0+)?)(?![\d.])", r"\1", words)
