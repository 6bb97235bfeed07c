"""One step of gradient descent on the 2-2-2 sigmoid network, every line of it. Source: [S2].

No biases. z1 = w1 x1 + w2 x2, z2 = w3 x1 + w4 x2, h = σ(z); z3 = w5 h1 + w6 h2, z4 = w7 h1 + w8 h2,
o = σ(z); E = ½ (t1 − o1)² + ½ (t2 − o2)².
"""

import math
from functools import lru_cache

from ..explore.equations import Equations
from ..explore.network import Edge, Node, network_picture
from ..explore.figures import new_figure
from ..explore.style import BACKWARD, FORWARD, HIGHLIGHT, MUTED, PARAMETER
from ..explore.svg import text
from ..explore.words import symbol

START = {
    "x1": 0.1, "x2": 0.2, "t1": 0.4, "t2": 0.6, "alpha": 0.5,
    "w1": 0.3, "w2": 0.25, "w3": 0.4, "w4": 0.35, "w5": 0.45, "w6": 0.4, "w7": 0.7, "w8": 0.6,
}  # fmt: skip
WEIGHTS = [f"w{k}" for k in range(1, 9)]


def sigma(z):
    """The sigmoid of one number; |z| stays small here."""
    return 1 / (1 + math.exp(-z))


def forward(v):
    """v and the forward pass: z1…z4, h1, h2, o1, o2, E_o1, E_o2 and E_total, by name."""
    v = dict(v)
    v["z1"] = v["w1"] * v["x1"] + v["w2"] * v["x2"]
    v["z2"] = v["w3"] * v["x1"] + v["w4"] * v["x2"]
    v["h1"], v["h2"] = sigma(v["z1"]), sigma(v["z2"])
    v["z3"] = v["w5"] * v["h1"] + v["w6"] * v["h2"]
    v["z4"] = v["w7"] * v["h1"] + v["w8"] * v["h2"]
    v["o1"], v["o2"] = sigma(v["z3"]), sigma(v["z4"])
    v["E_o1"], v["E_o2"] = 0.5 * (v["t1"] - v["o1"]) ** 2, 0.5 * (v["t2"] - v["o2"]) ** 2
    v["E_total"] = v["E_o1"] + v["E_o2"]
    return v


def worked_step(**values):
    """Every number of the step, by name: the forward pass, the backward pass, the new weights.

    values: x1, x2, t1, t2, alpha and w1…w8; what is missing is the source's.
    "∂E/∂w5" is a gradient, "w5+" the weight after the update. The hidden layer's gradients use the
    old w5…w8.
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


# for w1…w8: the error at the weight's head, and the value at its tail; their product is its gradient
PATHS = [("δh1", "x1"), ("δh1", "x2"), ("δh2", "x1"), ("δh2", "x2"),
         ("δo1", "h1"), ("δo1", "h2"), ("δo2", "h1"), ("δo2", "h2")]  # fmt: skip


def forward_again(v):
    """The forward pass with the new weights of a worked_step."""
    return forward({**v, **{w: v[f"{w}+"] for w in WEIGHTS}})


def digits(value):
    """Eight decimals, as the worked example prints; a number with at most four is written short."""
    short = f"{value:.4f}"
    return f"{float(short):g}" if abs(value - float(short)) < 1e-12 else f"{value:.8f}"


# --- live algebra ------------------------------------------------------------------------------

PARTS = ["forward", "output weight", "hidden sum", "hidden weight", "eight updates", "forward again"]


def algebra(part="forward", x1=0.1, x2=0.2, t1=0.4, t2=0.6, alpha=0.5,
            w1=0.3, w2=0.25, w3=0.4, w4=0.35, w5=0.45, w6=0.4, w7=0.7, w8=0.6):  # fmt: skip
    """One part of the step as live Equations; part is one of PARTS."""
    v = worked_step(x1=x1, x2=x2, t1=t1, t2=t2, alpha=alpha,
                    w1=w1, w2=w2, w3=w3, w4=w4, w5=w5, w6=w6, w7=w7, w8=w8)  # fmt: skip
    lines, sentence = {
        "forward": _forward_page, "output weight": _output_page, "hidden sum": _sum_page,
        "hidden weight": _hidden_page, "eight updates": _updates_page, "forward again": _again_page,
    }[part](v)  # fmt: skip
    after = f" After one update with α = {alpha:g}, E = {forward_again(v)['E_total']:.8f}."
    return Equations(lines, f"The worked step: {part}", sentence + (after if part != PARTS[-1] else ""))


def _line(symbols, numbers, value, kind):
    return (f"{symbols} = {numbers} = {digits(value)}", kind)


def _forward_lines(v, plus=""):
    """The eleven lines of a forward pass; plus marks the new values."""
    d = {name: digits(value) for name, value in v.items()}
    lines = []
    for z, (a, b), (p, q) in ((1, "12", ("x1", "x2")), (2, "34", ("x1", "x2")),
                              (3, "56", ("h1", "h2")), (4, "78", ("h1", "h2"))):  # fmt: skip
        mark = plus if z > 2 else ""
        symbols = f"w_{a}{plus} · {_sub(p)}{mark} + w_{b}{plus} · {_sub(q)}{mark}"
        numbers = f"{d['w' + a]} · {d[p]} + {d['w' + b]} · {d[q]}"
        lines.append(_line(f"z_{z}{plus} = {symbols}", numbers, v[f"z{z}"], "forward"))
        if z in (2, 4):
            for y, i in ((f"{'ho'[z // 4]}1", z - 1), (f"{'ho'[z // 4]}2", z)):
                symbols = f"{_sub(y)}{plus} = σ ( z_{i}{plus} )"
                lines.append(_line(symbols, f"σ ( {d[f'z{i}']} )", v[y], "forward"))
    for i in (1, 2):
        symbols = f"E_o{i}{plus} = ½ ( t_{i} − o_{i}{plus} ) ²"
        lines.append(_line(symbols, f"½ ( {d[f't{i}']} − {d[f'o{i}']} ) ²", v[f"E_o{i}"], "forward"))
    symbols = f"E_total{plus} = E_o1{plus} + E_o2{plus}"
    return [*lines, _line(symbols, f"{d['E_o1']} + {d['E_o2']}", v["E_total"], "forward")]


def _sub(name):
    return f"{name[0]}_{name[1:]}"


def _forward_page(v):
    outputs = f"o₁ = {v['o1']:.8f}, o₂ = {v['o2']:.8f}"
    return _forward_lines(v), f"The forward pass gives {outputs}, E = {v['E_total']:.8f}."


def _output_page(v):
    d = {name: digits(value) for name, value in v.items()}
    return [
        ("Three factors lead from E to w₅", ""),
        _line("∂E/∂o_1 = − ( t_1 − o_1 )", f"− ( {d['t1']} − {d['o1']} )", v["∂E/∂o1"], "backward"),
        _line("∂o_1/∂z_3 = o_1 ( 1 − o_1 )", f"{d['o1']} ( 1 − {d['o1']} )", v["∂o1/∂z3"], "backward"),
        (f"∂z_3/∂w_5 = h_1 = {d['h1']}", "backward"),
        _line("∂E/∂w_5 = ∂E/∂o_1 · ∂o_1/∂z_3 · ∂z_3/∂w_5",
              f"{d['∂E/∂o1']} · {d['∂o1/∂z3']} · {d['h1']}", v["∂E/∂w5"], "backward"),
        _line("w_5^+ = w_5 − α · ∂E/∂w_5", f"{d['w5']} − {d['alpha']} · {d['∂E/∂w5']}", v["w5+"], "update"),
    ], f"∂E/∂w₅ = {v['∂E/∂w5']:.8f}: {_moves('w5', v)}."  # fmt: skip


def _sum_page(v):
    d = {name: digits(value) for name, value in v.items()}
    lines = []
    for i in (1, 2):
        lines.append((f"h{'₁₂'[i - 1]} feeds both outputs, so two errors meet in it", ""))
        for o, z, w in ((1, 3, 4 + i), (2, 4, 6 + i)):
            symbols = f"∂E_o{o}/∂h_{i} = ∂E/∂o_{o} · ∂o_{o}/∂z_{z} · w_{w}"
            numbers = f"{d[f'∂E/∂o{o}']} · {d[f'∂o{o}/∂z{z}']} · {d[f'w{w}']}"
            lines.append(_line(symbols, numbers, v[f"∂E_o{o}/∂h{i}"], "backward"))
        symbols = f"∂E_total/∂h_{i} = ∂E_o1/∂h_{i} + ∂E_o2/∂h_{i}"
        numbers = f"{d[f'∂E_o1/∂h{i}']} + {d[f'∂E_o2/∂h{i}']}"
        lines.append(_line(symbols, numbers, v[f"∂E_total/∂h{i}"], "backward"))
    sums = [f"{v[f'∂E_total/∂h{i}']:.8f}" for i in (1, 2)]
    return lines, f"The errors meet: {sums[0]} in h₁, {sums[1]} in h₂."


def _hidden_page(v):
    d = {name: digits(value) for name, value in v.items()}
    return [
        ("The sum goes on through σ to w₁", ""),
        (f"∂E_total/∂h_1 = {d['∂E_total/∂h1']}", "backward"),
        _line("∂h_1/∂z_1 = h_1 ( 1 − h_1 )", f"{d['h1']} ( 1 − {d['h1']} )", v["∂h1/∂z1"], "backward"),
        (f"∂z_1/∂w_1 = x_1 = {d['x1']}", "backward"),
        _line("∂E/∂w_1 = ∂E_total/∂h_1 · ∂h_1/∂z_1 · ∂z_1/∂w_1",
              f"{d['∂E_total/∂h1']} · {d['∂h1/∂z1']} · {d['x1']}", v["∂E/∂w1"], "backward"),
        _line("w_1^+ = w_1 − α · ∂E/∂w_1", f"{d['w1']} − {d['alpha']} · {d['∂E/∂w1']}", v["w1+"], "update"),
    ], f"∂E/∂w₁ = {v['∂E/∂w1']:.8f}: {_moves('w1', v)}."  # fmt: skip


def _updates_page(v):
    d = {name: digits(value) for name, value in v.items()}
    lines = []
    for k in range(1, 9):
        numbers = f"{d[f'w{k}']} − {d['alpha']} · {d[f'∂E/∂w{k}']}"
        lines.append(_line(f"w_{k}^+ = w_{k} − α · ∂E/∂w_{k}", numbers, v[f"w{k}+"], "update"))
    k = max(range(1, 9), key=lambda k: abs(v[f"∂E/∂w{k}"]))
    return lines, f"All eight move at once. The largest gradient: {_moves(f'w{k}', v)}."


def _again_page(v):
    new = forward_again(v)
    return _forward_lines(new, "^+"), _verdict(v["E_total"], new["E_total"])


def _moves(w, v):
    change = v[f"{w}+"] - v[w]
    verb = "stays" if abs(change) < 5e-9 else "rises" if change > 0 else "falls"
    return f"{symbol(w)} {verb} " + (f"at {v[w]:.8f}" if verb == "stays" else f"to {v[f'{w}+']:.8f}")


def _verdict(old, new):
    verb = "lowers" if new < old - 5e-9 else "raises" if new > old + 5e-9 else "keeps"
    tail = f"by {abs(old - new):.8f}" if verb != "keeps" else "as it was"
    return f"E is {new:.8f}: the update {verb} the loss {tail}."


# --- the network, step by step ------------------------------------------------------------------

STEPS = 9


def step_picture(step=STEPS, x1=0.1, x2=0.2, t1=0.4, t2=0.6, alpha=0.5):
    """The network with its numbers after so many steps of the worked example; SVG."""
    v = worked_step(x1=x1, x2=x2, t1=t1, t2=t2, alpha=alpha)
    shown = forward_again(v) if step >= 9 else v
    back = range(4, 9)  # in these steps the gradients stand in the picture

    def value(name, since):
        return f"{shown[name]:.8f}" if step >= since else ""

    def gradient(name, since):
        return f"{v[name]:.8f}" if step >= since and step in back else ""

    columns = [
        [Node("x₁", digits(x1)), Node("x₂", digits(x2))],
        [Node(symbol(h), value(h, 1), gradient(f"δ{h}", 6), step in (1, 6)) for h in ("h1", "h2")],
        [Node(symbol(o), value(o, 2), gradient(f"δ{o}", 4), step in (2, 3, 4)) for o in ("o1", "o2")],
    ]
    edges = []
    for k in range(1, 9):
        first = k <= 4
        new = step >= 8
        label = f"{symbol(f'w{k}')}{'⁺' if new else ''} {digits(v[f'w{k}+' if new else f'w{k}'])}"
        target = (1 if first else 2, (k - 1) // 2 % 2)
        source = (0 if first else 1, (k - 1) % 2)
        lit = step == 8 or (step == 7 and first) or (step == 5 and not first)
        edges.append(Edge(source, target, label, gradient(f"∂E/∂w{k}", 7 if first else 5), lit))
    extra = [text(672, y, f"target {digits(t)}", MUTED, "start") for y, t in ((101, t1), (291, t2))]
    if step >= 3:
        extra.append(text(640, 196, f"E {shown['E_total']:.8f}", FORWARD, bold=True))
    return network_picture(columns, edges, "The 2-2-2 network", _step_sentence(step, v, shown), extra=extra)


def _step_sentence(step, v, shown):
    return [
        "Start: inputs, weights and targets. Nothing is computed yet.",
        f"Forward: z₁ = {v['z1']:.8f} gives h₁ = σ(z₁) = {v['h1']:.8f}; h₂ = {v['h2']:.8f}.",
        f"Forward: z₃ = {v['z3']:.8f} gives o₁ = σ(z₃) = {v['o1']:.8f}; o₂ = {v['o2']:.8f}.",
        f"The loss: E = {v['E_o1']:.8f} + {v['E_o2']:.8f} = {v['E_total']:.8f}.",
        f"Backward: δ of o₁ = −(t₁ − o₁) · o₁(1 − o₁) = {v['δo1']:.8f}; δ of o₂ = {v['δo2']:.8f}.",
        f"∂E/∂w₅ = δ of o₁ · h₁ = {v['∂E/∂w5']:.8f}, and the same way for w₆, w₇ and w₈.",
        f"Backward: both errors meet in h₁: δ of h₁ = ({v['∂E_o1/∂h1']:.8f} + {v['∂E_o2/∂h1']:.8f}) "
        f"· h₁(1 − h₁) = {v['δh1']:.8f}.",
        f"∂E/∂w₁ = δ of h₁ · x₁ = {v['∂E/∂w1']:.8f}, and the same way for w₂, w₃ and w₄.",
        f"Update: each weight moves by −α · its gradient; w₅ becomes {v['w5+']:.8f}, w₁ {v['w1+']:.8f}.",
        "Forward again: " + _verdict(v["E_total"], shown["E_total"]),
    ][step]


# --- many steps ---------------------------------------------------------------------------------


LOWEST = 1e-9  # of the loss's axis


@lru_cache(maxsize=512)
def descend(alpha, epochs):
    """E_total, o1 and o2 after 0, 1, … epochs steps from the source's weights: three tuples."""
    v, curve = dict(START, alpha=alpha), []
    for _ in range(epochs + 1):
        v = worked_step(**{name: v[name] for name in START})
        curve.append((v["E_total"], v["o1"], v["o2"]))
        v = {**v, **{w: v[f"{w}+"] for w in WEIGHTS}}
    return tuple(zip(*curve, strict=True))


def epochs_picture(longest=500):
    """draw(alpha, epochs): the loss and the outputs over many epochs, as a matplotlib Figure."""
    figure, (left, right) = new_figure(360, columns=2, xlabel="epoch", xlim=(0, longest))
    left.set(yscale="log", ylim=(LOWEST, 0.1), title="loss E")
    right.set(ylim=(0.35, 0.7), title="outputs o₁, o₂ and their targets")
    xs = range(longest + 1)
    (loss,) = left.plot([], [], color=BACKWARD, lw=2.2, animated=True)
    (o1,) = right.plot([], [], color=FORWARD, lw=2.2, animated=True)
    (o2,) = right.plot([], [], color=PARAMETER, lw=2.2, ls="--", animated=True)
    marks = [ax.plot([], [], "o", color=HIGHLIGHT, ms=9, animated=True)[0] for ax in (left, right, right)]
    for target in (START["t1"], START["t2"]):
        right.axhline(target, color=MUTED, lw=1, ls=":")
    right.text(longest * 0.98, 0.41, "target o₁", ha="right")
    right.text(longest * 0.98, 0.58, "target o₂", ha="right")

    def draw(alpha=0.5, epochs=100):
        curves = descend(alpha, longest)
        for line, ys in zip((loss, o1, o2), curves, strict=True):
            line.set_data(xs[: epochs + 1], ys[: epochs + 1])
        for mark, ys in zip(marks, curves, strict=True):
            mark.set_data([epochs], [max(ys[epochs], LOWEST)])
        e, a, b = (ys[epochs] for ys in curves)
        plural = "" if epochs == 1 else "s"
        figure.sentence = (
            f"After {epochs} epoch{plural} with α = {alpha:g}: E = {e:.2e}, o₁ = {a:.4f} (target 0.4), "
            f"o₂ = {b:.4f} (target 0.6)."
        )
        return figure

    return draw
