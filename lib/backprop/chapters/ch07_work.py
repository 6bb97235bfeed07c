"""The pictures of chapter 07: one step of the 2-2-2 sigmoid network, every line of it. Source: [S2].

No biases. z1 = w1 x1 + w2 x2, z2 = w3 x1 + w4 x2, h = σ(z); z3 = w5 h1 + w6 h2, z4 = w7 h1 + w8 h2,
o = σ(z); E = ½ (t1 − o1)² + ½ (t2 − o2)².
"""

import numpy as np

from ..explore.equations import equations
from ..explore.figures import moving, moving_dot, moving_line, new_figure, style
from ..explore.network import ROW, TOP, Edge, Node, column_x, network_picture
from ..explore.picture import Picture
from ..explore.question import Question, Reply
from ..explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import box, text
from ..explore.words import count, decimals, listed, minus, number, power, symbol, worked
from ..functions import sigmoid
from ..layers import Affine, Sigmoid
from .turn import turn

START = {
    "x1": 0.1, "x2": 0.2, "t1": 0.4, "t2": 0.6, "alpha": 0.5,
    "w1": 0.3, "w2": 0.25, "w3": 0.4, "w4": 0.35, "w5": 0.45, "w6": 0.4, "w7": 0.7, "w8": 0.6,
}  # fmt: skip
WEIGHTS = [f"w{k}" for k in range(1, 9)]
# for w1…w8: the error at the weight's head, and the value at its tail; their product is its gradient
PATHS = [("δh1", "x1"), ("δh1", "x2"), ("δh2", "x1"), ("δh2", "x2"),
         ("δo1", "h1"), ("δo1", "h2"), ("δo2", "h1"), ("δo2", "h2")]  # fmt: skip


def forward(v):
    """v and the forward pass: z1…z4, h1, h2, o1, o2, E_o1, E_o2 and E_total, by name."""
    v = dict(v)
    v["z1"] = v["w1"] * v["x1"] + v["w2"] * v["x2"]
    v["z2"] = v["w3"] * v["x1"] + v["w4"] * v["x2"]
    v["h1"], v["h2"] = sigmoid(v["z1"]), sigmoid(v["z2"])
    v["z3"] = v["w5"] * v["h1"] + v["w6"] * v["h2"]
    v["z4"] = v["w7"] * v["h1"] + v["w8"] * v["h2"]
    v["o1"], v["o2"] = sigmoid(v["z3"]), sigmoid(v["z4"])
    v["E_o1"], v["E_o2"] = 0.5 * (v["t1"] - v["o1"]) ** 2, 0.5 * (v["t2"] - v["o2"]) ** 2
    v["E_total"] = v["E_o1"] + v["E_o2"]
    return v


def worked_step(**values):
    """Every number of the step, by name: the forward pass, the backward pass, the new weights.

    values: x1, x2, t1, t2, alpha and w1…w8, numbers or arrays of one shape; what is missing is the
    source's. "∂E/∂w5" is a gradient, "w5+" the weight after the update. The hidden layer's gradients
    use the old w5…w8.
    """
    v = forward({**START, **values})
    for i, z in ((1, 3), (2, 4)):
        v[f"∂E/∂o{i}"] = -(v[f"t{i}"] - v[f"o{i}"])
        v[f"∂o{i}/∂z{z}"] = v[f"o{i}"] * (1 - v[f"o{i}"])
        v[f"δo{i}"] = v[f"∂E/∂o{i}"] * v[f"∂o{i}/∂z{z}"]
    for i in (1, 2):
        v[f"∂E_o1/∂h{i}"] = v["δo1"] * v[f"w{4 + i}"]
        v[f"∂E_o2/∂h{i}"] = v["δo2"] * v[f"w{6 + i}"]
        v[f"∂E_total/∂h{i}"] = v[f"∂E_o1/∂h{i}"] + v[f"∂E_o2/∂h{i}"]
        v[f"∂h{i}/∂z{i}"] = v[f"h{i}"] * (1 - v[f"h{i}"])
        v[f"δh{i}"] = v[f"∂E_total/∂h{i}"] * v[f"∂h{i}/∂z{i}"]
    for k, (delta, value) in enumerate(PATHS, 1):
        v[f"∂E/∂w{k}"] = v[delta] * v[value]
        v[f"w{k}+"] = v[f"w{k}"] - v["alpha"] * v[f"∂E/∂w{k}"]
    return v


def forward_again(v):
    """The forward pass with the new weights of a worked_step."""
    return forward({**v, **{w: v[f"{w}+"] for w in WEIGHTS}})


def eight(value, digits=8):
    """Eight decimals, as the worked example prints; a number with at most four is written short."""
    short = round(float(value), 4)
    return minus(f"{short:g}") if abs(value - short) < 1e-12 else decimals(value, digits)


# --- the network, step by step ------------------------------------------------------------------

STEPS = 9


def worked_network(step=0, x1=0.1, x2=0.2, t1=0.4, t2=0.6, alpha=0.5):
    """The network with its numbers after so many steps of the worked example."""
    v = worked_step(x1=x1, x2=x2, t1=t1, t2=t2, alpha=alpha)
    shown = forward_again(v) if step >= 9 else v
    back = range(4, 9)  # in these steps the gradients stand in the picture

    def value(name, since):
        return decimals(shown[name], 8) if step >= since else ""

    def gradient(name, since):
        return decimals(v[name], 8) if step >= since and step in back else ""

    columns = [
        [Node("x₁", eight(x1)), Node("x₂", eight(x2))],
        [Node(symbol(h), value(h, 1), gradient(f"δ{h}", 6), step in (1, 6, 9)) for h in ("h1", "h2")],
        [Node(symbol(o), value(o, 2), gradient(f"δ{o}", 4), step in (2, 4, 9), eight(t))
         for o, t in (("o1", t1), ("o2", t2))],
    ]  # fmt: skip
    edges = []
    for k in range(1, 9):
        first = k <= 4
        new = step >= 8
        label = f"{symbol(f'w{k}')}{'⁺' if new else ''} {eight(v[f'w{k}+' if new else f'w{k}'])}"
        target = (1 if first else 2, (k - 1) // 2 % 2)
        source = (0 if first else 1, (k - 1) % 2)
        lit = step == 8 or (step == 7 and first) or (step == 5 and not first)
        edges.append(Edge(source, target, label, gradient(f"∂E/∂w{k}", 7 if first else 5), lit))
    extra, x, y = [], column_x(2, 3), TOP + ROW / 2
    if step in (3, 9):
        extra.append(box(x - 66, y - 14, 132, 28, HIGHLIGHT, line_width=4))
    if step >= 3:
        extra.append(text(x, y + 5, f"E {decimals(shown['E_total'], 8)}", FORWARD, bold=True))
    return network_picture(columns, edges, "The 2-2-2 network", _step_sentence(step, v, shown), extra=extra)


def _step_sentence(step, v, shown):
    d = {name: eight(value) for name, value in v.items()}
    loss = worked("{} + {}", np.add, v["E_o1"], v["E_o2"], digits=8, write=eight)
    meet = worked("({} + {}) · {}", lambda a, b, slope: (a + b) * slope,
                  v["∂E_o1/∂h1"], v["∂E_o2/∂h1"], v["∂h1/∂z1"], digits=8, write=eight)  # fmt: skip
    return [
        "Start: inputs, weights and targets. Nothing is computed yet.",
        f"Forward: z₁ = {d['z1']} gives h₁ = σ(z₁) = {d['h1']}; h₂ = {d['h2']}.",
        f"Forward: z₃ = {d['z3']} gives o₁ = σ(z₃) = {d['o1']}; o₂ = {d['o2']}.",
        f"The loss: E = {loss}.",
        f"Backward: δ of o₁ = −(t₁ − o₁) · o₁(1 − o₁) = {d['δo1']}; δ of o₂ = {d['δo2']}.",
        f"∂E/∂w₅ = δ of o₁ · h₁ = {d['∂E/∂w5']}, and the same way for w₆, w₇ and w₈.",
        f"Backward: both errors meet in h₁, and h₁(1 − h₁) multiplies their sum: δ of h₁ = {meet}.",
        f"∂E/∂w₁ = δ of h₁ · x₁ = {d['∂E/∂w1']}, ∂E/∂w₂ = δ of h₁ · x₂ = {d['∂E/∂w2']}; "
        "with δ of h₂ for w₃ and w₄.",
        f"Update: α times its gradient is subtracted from each weight; w₅ is now {d['w5+']}, w₁ {d['w1+']}.",
        "Forward again: " + _verdict(v["E_total"], shown["E_total"]),
    ][step]


def _verdict(old, new):
    """What an update did to the loss."""
    change = decimals(abs(new - old), 8)
    if new == old:
        return f"E is {decimals(new, 8)}: the update leaves the loss as it was."
    if not change.strip("0."):
        return f"E is {decimals(new, 8)}: the update changes the loss by less than 0.00000001."
    return f"E is {decimals(new, 8)}: the update {'lowers' if new < old else 'raises'} the loss by {change}."


# --- live algebra ------------------------------------------------------------------------------

PARTS = ["forward", "output weight", "hidden sum", "hidden weight", "eight updates", "forward again"]


def algebra(part="forward", x1=0.1, x2=0.2, t1=0.4, t2=0.6, alpha=0.5,
            w1=0.3, w2=0.25, w3=0.4, w4=0.35, w5=0.45, w6=0.4, w7=0.7, w8=0.6):  # fmt: skip
    """One part of the step as live equations; part is one of PARTS."""
    v = worked_step(x1=x1, x2=x2, t1=t1, t2=t2, alpha=alpha,
                    w1=w1, w2=w2, w3=w3, w4=w4, w5=w5, w6=w6, w7=w7, w8=w8)  # fmt: skip
    lines, sentence = {
        "forward": _forward_page, "output weight": _output_page, "hidden sum": _sum_page,
        "hidden weight": _hidden_page, "eight updates": _updates_page, "forward again": _again_page,
    }[part](v)  # fmt: skip
    if part != PARTS[-1]:
        after = decimals(forward_again(v)["E_total"], 8)
        sentence += f" After one update with α = {number(alpha)}, E = {after}."
    return equations(lines, f"The worked step: {part}", sentence)


def _line(symbols, formula, compute, values, kind):
    """One equation: in symbols, with the numbers put in, and its value."""
    return f"{symbols} = {worked(formula, compute, *values, digits=8, write=eight)}", kind


def _two_products(a, p, b, q):
    return a * p + b * q


def _half_square(t, o):
    return 0.5 * (t - o) ** 2


def _slope(y, again):
    return y * (1 - again)


def _update(w, alpha, gradient):
    return w - alpha * gradient


def _forward_lines(v, plus=""):
    """The eleven lines of a forward pass; plus marks the new values."""
    lines = []
    for z, (a, b), (p, q) in ((1, "12", ("x1", "x2")), (2, "34", ("x1", "x2")),
                              (3, "56", ("h1", "h2")), (4, "78", ("h1", "h2"))):  # fmt: skip
        mark = plus if z > 2 else ""
        symbols = f"z_{z}{plus} = w_{a}{plus} · {_sub(p)}{mark} + w_{b}{plus} · {_sub(q)}{mark}"
        values = v[f"w{a}"], v[p], v[f"w{b}"], v[q]
        lines.append(_line(symbols, "{} · {} + {} · {}", _two_products, values, "forward"))
        if z in (2, 4):
            for y, i in ((f"{'ho'[z // 4]}1", z - 1), (f"{'ho'[z // 4]}2", z)):
                symbols = f"{_sub(y)}{plus} = σ(z_{i}{plus})"
                lines.append(_line(symbols, "σ({})", sigmoid, (v[f"z{i}"],), "forward"))
    for i in (1, 2):
        symbols = f"E_o{i}{plus} = ½(t_{i} − o_{i}{plus})²"
        lines.append(_line(symbols, "½({} − {})²", _half_square, (v[f"t{i}"], v[f"o{i}"]), "forward"))
    symbols = f"E_total{plus} = E_o1{plus} + E_o2{plus}"
    return [*lines, _line(symbols, "{} + {}", np.add, (v["E_o1"], v["E_o2"]), "forward")]


def _sub(name):
    return f"{name[0]}_{name[1:]}"


def _forward_page(v):
    outputs = f"o₁ = {decimals(v['o1'], 8)}, o₂ = {decimals(v['o2'], 8)}"
    return _forward_lines(v), f"The forward pass gives {outputs}, E = {decimals(v['E_total'], 8)}."


def _output_page(v):
    return [
        ("Three factors lead from E to w₅", ""),
        _line("∂E/∂o_1 = −(t_1 − o_1)", "−({} − {})", lambda t, o: o - t, (v["t1"], v["o1"]), "backward"),
        _line("∂o_1/∂z_3 = o_1(1 − o_1)", "{}(1 − {})", _slope, (v["o1"], v["o1"]), "backward"),
        (f"∂z_3/∂w_5 = h_1 = {eight(v['h1'])}", "backward"),
        _line("∂E/∂w_5 = ∂E/∂o_1 · ∂o_1/∂z_3 · ∂z_3/∂w_5", "{} · {} · {}", _product,
              (v["∂E/∂o1"], v["∂o1/∂z3"], v["h1"]), "backward"),
        _update_line(v, 5),
    ], f"∂E/∂w₅ = {decimals(v['∂E/∂w5'], 8)}: {_moves('w5', v)}."  # fmt: skip


def _product(a, b, c):
    return a * b * c


def _update_line(v, k):
    values = v[f"w{k}"], v["alpha"], v[f"∂E/∂w{k}"]
    return _line(f"w_{k}^+ = w_{k} − α · ∂E/∂w_{k}", "{} − {} · {}", _update, values, "update")


def _sum_page(v):
    lines = []
    for i in (1, 2):
        lines.append((f"h{'₁₂'[i - 1]} feeds both outputs, so two errors meet in it", ""))
        for o, z, w in ((1, 3, 4 + i), (2, 4, 6 + i)):
            symbols = f"∂E_o{o}/∂h_{i} = ∂E/∂o_{o} · ∂o_{o}/∂z_{z} · w_{w}"
            values = v[f"∂E/∂o{o}"], v[f"∂o{o}/∂z{z}"], v[f"w{w}"]
            lines.append(_line(symbols, "{} · {} · {}", _product, values, "backward"))
        symbols = f"∂E_total/∂h_{i} = ∂E_o1/∂h_{i} + ∂E_o2/∂h_{i}"
        values = v[f"∂E_o1/∂h{i}"], v[f"∂E_o2/∂h{i}"]
        lines.append(_line(symbols, "{} + {}", np.add, values, "backward"))
    sums = [decimals(v[f"∂E_total/∂h{i}"], 8) for i in (1, 2)]
    return lines, f"The errors meet: {sums[0]} in h₁, {sums[1]} in h₂."


def _hidden_page(v):
    return [
        ("The sum goes on through σ to w₁", ""),
        (f"∂E_total/∂h_1 = {eight(v['∂E_total/∂h1'])}", "backward"),
        _line("∂h_1/∂z_1 = h_1(1 − h_1)", "{}(1 − {})", _slope, (v["h1"], v["h1"]), "backward"),
        (f"∂z_1/∂w_1 = x_1 = {eight(v['x1'])}", "backward"),
        _line("∂E/∂w_1 = ∂E_total/∂h_1 · ∂h_1/∂z_1 · ∂z_1/∂w_1", "{} · {} · {}", _product,
              (v["∂E_total/∂h1"], v["∂h1/∂z1"], v["x1"]), "backward"),
        _update_line(v, 1),
    ], f"∂E/∂w₁ = {decimals(v['∂E/∂w1'], 8)}: {_moves('w1', v)}."  # fmt: skip


def _updates_page(v):
    stay = [w for w in WEIGHTS if decimals(v[f"{w}+"], 8) == decimals(v[w], 8)]
    if not stay:
        moved = "All eight weights change at once."
    elif stay == WEIGHTS:
        moved = "To 8 decimals, no weight changes."
    else:
        names = listed([symbol(w) for w in stay])
        moved = f"To 8 decimals, {names} {'stays' if len(stay) == 1 else 'stay'}; the others change at once."
    k = max(range(1, 9), key=lambda k: abs(v[f"∂E/∂w{k}"]))
    largest = v[f"∂E/∂w{k}"]
    size = f"No gradient is larger in size than ∂E/∂{symbol(f'w{k}')} = {decimals(largest, 8)}"
    most = f"{size}: {_moves(f'w{k}', v)}." if largest else "Every gradient is 0."
    return [_update_line(v, k) for k in range(1, 9)], f"{moved} {most}"


def _moves(w, v):
    """What the update does to one weight, to eight decimals."""
    old, new = decimals(v[w], 8), decimals(v[f"{w}+"], 8)
    if new == old:
        return f"{symbol(w)} stays at {old}"
    return f"{symbol(w)} {'rises' if v[f'{w}+'] > v[w] else 'falls'} to {new}"


def _again_page(v):
    new = forward_again(v)
    return _forward_lines(new, "^+"), _verdict(v["E_total"], new["E_total"])


# --- many steps ---------------------------------------------------------------------------------

LOWEST = 1e-20  # of the loss's axis; far below it, E is rounding alone
RATES = np.arange(1, 101) / 10


def make_epochs(longest=500):
    """draw(alpha, epochs): the loss and the outputs over many epochs; alpha is one of RATES."""
    figure, (left, right) = new_figure(360, columns=2, xlabel="epoch", xlim=(0, longest))
    left.set(yscale="log", ylim=(LOWEST, 0.1), title="loss E")
    right.set(ylim=(0.35, 0.7), title="outputs o₁, o₂ and their targets")
    xs = range(longest + 1)
    loss = moving_line(left, color=BACKWARD, lw=2.2)
    o1 = moving_line(right, color=FORWARD, lw=2.2)
    o2 = moving_line(right, color=PARAMETER, lw=2.2, ls="--")
    marks = [moving_dot(ax, markersize=9, clip_on=False) for ax in (left, right, right)]
    names = [moving(right.text(0, 0, name, ha="center", fontsize=11.5)) for name in ("o₁", "o₂")]
    for target in (START["t1"], START["t2"]):
        right.axhline(target, color=MUTED, lw=1, ls=":")
    right.text(longest * 0.98, 0.38, "target o₁", ha="right")
    right.text(longest * 0.98, 0.58, "target o₂", ha="right")
    losses, outputs_1, outputs_2 = descend(RATES, longest)
    seen = np.maximum(losses, LOWEST)

    def draw(alpha=0.5, epochs=100):
        i = np.argmin(np.abs(RATES - alpha))
        for line, mark, ys in zip((loss, o1, o2), marks, (seen, outputs_1, outputs_2), strict=True):
            line.set_data(xs[: epochs + 1], ys[: epochs + 1, i])
            mark.set_data([epochs], [ys[epochs, i]])
        for name, ys in zip(names, (outputs_1, outputs_2), strict=True):
            name.set_position((epochs, ys[epochs, i] + 0.012))
        return Picture(figure, (
            f"After {count(epochs, 'epoch')} with α = {number(alpha)}: {_size(losses[epochs, i])}, o₁ = "
            f"{decimals(outputs_1[epochs, i], 4)} (target 0.4), o₂ = {decimals(outputs_2[epochs, i], 4)} "
            f"(target 0.6)."
        ))  # fmt: skip

    return draw


def _size(e):
    return f"E = {power(e, 2)}" if e >= LOWEST else f"E is below {power(LOWEST, 0)}"


def descend(rates, epochs, times=1):
    """E_total, o1 and o2 after 0, 1, … epochs steps, one column per rate: three (epochs + 1, len(rates)).

    times: what the source's weights are multiplied by at the start.
    """
    v, curves = dict(START, alpha=rates), np.empty((3, epochs + 1, len(rates)))
    v.update({w: times * START[w] for w in WEIGHTS})
    for i in range(epochs + 1):
        v = worked_step(**{name: v[name] for name in START})
        curves[0, i], curves[1, i], curves[2, i] = v["E_total"], v["o1"], v["o2"]
        v.update({w: v[f"{w}+"] for w in WEIGHTS})
    return curves


LONG_RATES = np.arange(0, 401) / 2
STARTS = ["the source's", "doubled", "tripled"]


def make_overshoot(epochs=40):
    """draw(alpha, start_weights): the loss after one update against alpha, and over many with this alpha.

    alpha is one of LONG_RATES, start_weights one of STARTS.
    """
    figure, (left, right) = new_figure(400, columns=2)
    style(left, xlabel="α", title="loss E after one update", xlim=(-3, 203), ylim=(-0.005, 0.22))
    style(right, xlabel="epoch", title="loss E, update after update", yscale="log", ylim=(LOWEST, 1))
    after = moving_line(left, color=DATA, lw=2, label="after one update")
    above = moving_line(left, color=BACKWARD, lw=5, label="larger than before")
    before = moving_line(left, "--", color=MUTED, lw=1.5, label="before")
    best = moving_line(left, "D", color=PARAMETER, markersize=9, markeredgecolor=DATA, label="the best α")
    here = moving_dot(left, label="your α", clip_on=False)
    many = moving_line(right, color=DATA, lw=2)
    right.set_xlim(0, epochs)
    figure.legend(handles=[after, above, before, best, here], loc="outside upper center", ncols=5,
                  fontsize=10.5, frameon=False, handlelength=1.5, columnspacing=1.2)  # fmt: skip
    runs = {name: descend(LONG_RATES, epochs, times)[0] for times, name in enumerate(STARTS, 1)}

    def draw(alpha=0.5, start_weights=STARTS[0]):
        losses, i = runs[start_weights], np.argmin(np.abs(LONG_RATES - alpha))
        old, new = losses[0, 0], losses[1]
        low, larger = np.argmin(new), new > old
        after.set_data(LONG_RATES, new)
        above.set_data(LONG_RATES, np.where(larger, new, np.nan))
        before.set_data([0, LONG_RATES[-1]], [old, old])
        best.set_data([LONG_RATES[low]], [new[low]])
        here.set_data([alpha], [new[i]])
        many.set_data(range(epochs + 1), np.maximum(losses[:, i], LOWEST))
        where = (
            "the lowest of all" if i == low else "too short a step" if i < low else "past the lowest place"
        )
        where = "the step overshoots" if larger[i] else where
        return Picture(figure, (
            f"α = {number(alpha)}: one update takes E from {number(old)} to {number(new[i])}, {where}. "
            f"Best is α = {number(LONG_RATES[low])} with {number(new[low])}; from α = "
            f"{number(LONG_RATES[np.argmax(larger)])} on, E rises. After {epochs} updates "
            f"{_size(losses[-1, i])}."
        ))  # fmt: skip

    return draw


# the questions, in the chapter's order
# fmt: off

Z1 = Question(
    "z₁, by hand", 0.08, "0.3 · 0.1 + 0.25 · 0.2 = 0.03 + 0.05.",
    "w₁ belongs to x₁ and w₂ to x₂. Multiply each weight by its input, then add.",
    {0.11: "That is z₂, with w₃ and w₄.", 0.55: "That is w₁ + w₂. Each weight multiplies its input.",
     0.085: "You swapped the inputs: w₁ belongs to x₁.",
     0.165: "That is (w₁ + w₂)(x₁ + x₂). Each weight multiplies its own input alone."},
)
TARGETS = Question(
    "To lower E, w₅ to w₈ must", "all fall",
    "Both outputs are above their targets, and h₁ and h₂ are positive: smaller weights lower both outputs.",
    "Compare each output with its own target. What does a larger w₅ do to o₁?",
    {"w₅, w₆ fall; w₇, w₈ rise": "o₂ is too high as well: compare it with 0.6.",
     "all rise": "Larger weights raise both outputs: h₁ and h₂ are positive. They are too high already."},
    choices=("all fall", "w₅, w₆ fall; w₇, w₈ rise", "all rise"),
)
ERROR_O1 = Question(
    "∂E/∂o₁", 0.20944600, "−(t₁ − o₁) = 0.60944600 − 0.4. Positive: a larger o₁ raises E.",
    "Differentiate ½(t₁ − o₁)²: the square's 2 cancels the ½, and the inner derivative is −1.",
    {-0.209446: "The inner derivative −1 is missing: t₁ − o₁ falls when o₁ rises.",
     0.418892: "The ½ cancels the square's factor 2.", 0.02193381: "That is E_o1 itself. Differentiate it.",
     0.104723: "The square's factor 2 is missing: it cancels the ½."},
    within=0.0005,
)
PATHS_TO_E = Question(
    "Ways from w₁ to E", 2, "w₁ acts on z₁ and h₁, and h₁ feeds both outputs.",
    "Start at w₁ and follow the network forward. Which node comes first, and what does it feed?",
    {1: "h₁ feeds both outputs.",
     4: "Four lead from x₁, through h₁ and through h₂. w₁ leads into h₁ alone."},
)
OLD_W5 = Question(
    "The hidden sum takes", "the old w₅",
    "The whole gradient belongs to one point: the network before the update.",
    "With which weights were h, o and E computed?",
    {"the new w₅⁺": "δ of o₁ came from a forward pass with the old w₅. With w₅⁺ you would mix two points.",
     "either": "The numbers differ, and only one of them is the gradient of E."},
    choices=("the old w₅", "the new w₅⁺", "either"),
)
W2 = Question(
    "∂E/∂w₂", 0.00161775,
    "Both weights lead into h₁ and differ only in their input: divide by x₁, multiply by x₂.",
    "w₁ and w₂ share the factors of h₁. What differs is the last factor.",
    {0.00080888: "That is ∂E/∂w₁. The last factor is x₁ there, and x₂ here.",
     0.00016178: "Divide by x₁ first: it is already in ∂E/∂w₁.",
     0.00040444: "Upside down: divide by x₁ and multiply by x₂."},
    within=0.0001,
)
FALL = Question(
    "One update lowers E by about", "3 %", "From 0.02397190 to 0.02323634. Learning is many small steps.",
    "The largest of the eight weights' changes is 0.013, and α is 0.5.",
    {"30 %": "No weight moves by more than 0.0132: the outputs can't move far.",
     "100 %": "Then E would be 0: one step would reach both targets."},
    choices=("3 %", "30 %", "100 %"),
)
ON_TARGET = Question(
    "With t₁ = o₁, gradient exactly 0 for", "w₅ and w₆",
    "δ of o₁ is 0 then. w₁ to w₄ still learn: h₁ and h₂ feed o₂ too, and its error comes back.",
    "Which δ becomes 0? Which gradients contain no other?",
    {"w₁, w₂, w₅ and w₆": "h₁ feeds o₂ too, whose error comes back through w₇.",
     "w₁ to w₆": "h₁ and h₂ feed o₂ too, whose error comes back through w₇ and w₈.",
     "all eight": "o₂ still has its error."},
    choices=("w₅ and w₆", "w₁, w₂, w₅ and w₆", "w₁ to w₆", "all eight"),
)
LARGER_ALPHA = Question(
    "A larger α, up to 10, is here", "faster all the way",
    "Elsewhere that had an end: chapter 01's path diverged, and chapter 05's network got stuck.",
    "Move α to its right end, then look at the loss.",
    {"faster, then out of control": "So it was in chapter 01. Here even 10 is not too large.",
     "slower": "The step is α times the gradient."},
    choices=("faster all the way", "faster, then out of control", "slower"),
)
ALPHA_100 = Question(
    "One update with α = 100", "raises E",
    "From 0.0240 to 0.0542. The slope holds where you stand: so long a step runs past the lowest place, up "
    "the other side.",
    "The gradient says which way is down, at the place where it was taken. Does it say for how long?",
    {"lowers E 200 times as much": "That is what the slope alone promises, and E can't fall below 0.",
     "lowers E almost to 0": "There is such an α, but 100 is more than three times as large."},
    choices=("lowers E 200 times as much", "lowers E almost to 0", "raises E"),
)
# fmt: on


# your turn


def check_hidden_delta(hidden_delta):
    """Compare a learner's hidden_delta(delta_o1, delta_o2, w5, w7, h) with the library's layers."""
    deltas, W, hidden = np.array([[0.3, -0.2]]), np.array([[0.8, 0.5]]), Sigmoid()
    outgoing = Affine(W)
    h = hidden.forward(np.array([[0.6]]))
    outgoing.forward(h)
    delta = hidden.backward(outgoing.backward(deltas)).item()
    (d1, d2), (w5, w7), y = deltas[0], W[0], h.item()
    reply = turn(hidden_delta, (d1, d2, w5, w7, y), delta=delta)
    if reply.right is not False or "stops with" in reply.words:
        return reply
    found, total, slope = hidden_delta(d1, d2, w5, w7, y), d1 * w5 + d2 * w7, y * (1 - y)
    slips = {
        "The slope h(1 − h) of the node's own sigmoid is missing.": total,
        "Only one output's error is in it: h feeds both.": (d1 * w5 * slope, d2 * w7 * slope),
        "The weights are crossed: w5 leads to o₁, w7 to o₂.": (d1 * w7 + d2 * w5) * slope,
        "The weights are missing: each output's error comes back times its weight.": (d1 + d2) * slope,
        "The slope takes h, the node's output, as it is: h(1 − h).": total * sigmoid(y) * (1 - sigmoid(y)),
        "It takes h for the slope: h(1 − h).": total * y,
        "The errors of both ways add up: put the sum in parentheses.": d1 * w5 + d2 * w7 * slope,
    }
    for words, wrong in slips.items():
        if np.ndim(found) == 0 and np.any(np.isclose(found, wrong, rtol=1e-6, atol=0)):
            return Reply(False, words)
    return reply
