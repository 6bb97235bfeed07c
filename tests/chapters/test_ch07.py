"""Chapter 07: every line of its algebra is right as it stands, and its pictures show these numbers."""

import math
import re

import numpy as np
import pytest
from backprop import Affine, HalfSquaredError, Network, Sigmoid
from backprop.chapters import ch07_work as ch07
from backprop.explore.style import BACKWARD, FORWARD, HIGHLIGHT, PARAMETER

from notebooks import every_place, panels, said

SOURCE = {  # [S2]
    "z1": 0.08, "z2": 0.11, "h1": 0.51998934, "h2": 0.52747230, "z3": 0.44498412, "z4": 0.68047592,
    "o1": 0.60944600, "o2": 0.66384491, "E_o1": 0.02193381, "E_o2": 0.00203809, "E_total": 0.02397190,
    "∂E/∂o1": 0.20944600, "∂o1/∂z3": 0.23802157, "∂E/∂w5": 0.02592286,
    "w5+": 0.43703857, "w6+": 0.38685205, "w7+": 0.69629578, "w8+": 0.59624247,
    "∂E_o1/∂h1": 0.02243370, "∂E_o2/∂h1": 0.00997311, "∂E_total/∂h1": 0.03240681,
    "∂h1/∂z1": 0.24960043, "∂E/∂w1": 0.00080888,
    "w1+": 0.29959556, "w2+": 0.24919112, "w3+": 0.39964496, "w4+": 0.34928991,
}  # fmt: skip
AGAIN = {
    "z1": 0.07979778, "z2": 0.10982248, "h1": 0.51993887, "h2": 0.52742806, "z3": 0.43126996,
    "z4": 0.67650625, "o1": 0.60617688, "o2": 0.66295848, "E_o1": 0.02125445, "E_o2": 0.00198189,
    "E_total": 0.02323634,
}  # fmt: skip


def σ(z):
    return 1 / (1 + math.exp(-z))


def step_by_hand(v):
    """The whole step in this test's own arithmetic: values, δ, gradients g1…g8 and new weights n1…n8."""
    w, x, t = [None, *(v[f"w{k}"] for k in range(1, 9))], (v["x1"], v["x2"]), (v["t1"], v["t2"])
    h = [σ(w[1] * x[0] + w[2] * x[1]), σ(w[3] * x[0] + w[4] * x[1])]
    o = [σ(w[5] * h[0] + w[6] * h[1]), σ(w[7] * h[0] + w[8] * h[1])]
    E = sum((a - b) ** 2 for a, b in zip(t, o, strict=True)) / 2
    do = [(o[i] - t[i]) * o[i] * (1 - o[i]) for i in (0, 1)]
    dh = [(do[0] * w[5 + i] + do[1] * w[7 + i]) * h[i] * (1 - h[i]) for i in (0, 1)]
    g = [None, *(d * i for d in dh for i in x), *(d * i for d in do for i in h)]
    new = [None, *(w[k] - v["alpha"] * g[k] for k in range(1, 9))]
    return {"h": h, "o": o, "E": E, "do": do, "dh": dh, "g": g, "w": w, "new": new}


def again_by_hand(v):
    new = step_by_hand(v)["new"]
    return step_by_hand({**v, **{f"w{k}": new[k] for k in range(1, 9)}})


def at(place):
    """All values of a panel's place, the source's where it has no slider."""
    return {**ch07.START, **{name: value for name, value in place.items() if name in ch07.START}}


def somewhere(panel, count):
    """Random places of a panel's sliders; every fourth has them all at one of their ends."""
    rng = np.random.default_rng(7)
    every = {name: every_place(control) for name, control in panel.controls.items()}
    for i in range(count):
        choices = {name: [values[0], values[-1]] if i % 4 == 0 and len(values) > 10 else values
                   for name, values in every.items()}  # fmt: skip
        yield {name: values[rng.integers(len(values))] for name, values in choices.items()}


# the numbers of the step


def test_the_sources_step_to_its_last_digit():
    v = ch07.worked_step()
    assert {name: round(float(v[name]), 8) for name in SOURCE} == SOURCE
    again = ch07.forward_again(v)
    assert {name: round(float(again[name]), 8) for name in AGAIN} == AGAIN
    assert round(float(v["E_total"] - again["E_total"]), 8) == 0.00073556


def test_a_step_equals_the_librarys_network(rng):
    for _ in range(20):
        x, t, w = rng.uniform(-2, 2, 2), rng.uniform(0, 1, 2), [None, *rng.uniform(-3, 3, 8)]
        layers = [Affine(np.array([[w[1], w[3]], [w[2], w[4]]])), Sigmoid()]
        layers += [Affine(np.array([[w[5], w[7]], [w[6], w[8]]])), Sigmoid()]
        network = Network(layers, HalfSquaredError())
        grads = network.gradient(x, t)
        values = {f"w{k}": w[k] for k in range(1, 9)}
        v = ch07.worked_step(x1=x[0], x2=x[1], t1=t[0], t2=t[1], alpha=0.7, **values)
        assert v["E_total"] == pytest.approx(network.loss(x, t), rel=1e-12)
        expected = [*grads["W1"].T.ravel(), *grads["W2"].T.ravel()]
        for k in range(1, 9):
            assert v[f"∂E/∂w{k}"] == pytest.approx(expected[k - 1], rel=1e-12, abs=1e-15)
            assert v[f"w{k}+"] == pytest.approx(w[k] - 0.7 * expected[k - 1], rel=1e-12)
        for name, grad in grads.items():
            network.params[name] -= 0.7 * grad
        assert ch07.forward_again(v)["E_total"] == pytest.approx(network.loss(x, t), rel=1e-12)


# the network, step by step


def texts(svg):
    """{(x, y): (words, color)} of an SVG."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" fill="(#\w+)"[^>]*>([^<]*)</text>', svg)
    return {(float(x), float(y)): (words, color) for x, y, color, words in found}


def eight(value):
    """Eight decimals with a true minus; none before a zero."""
    words = f"{value:.8f}"
    return words.lstrip("-") if float(words) == 0 else words.replace("-", "−")


def short(value):
    """A slider's value, which has at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "−")


def network_places():
    zero = {"x1": 0.0, "x2": 0.0, "t1": 0.5, "t2": 0.5, "alpha": 0.0}
    return [
        *somewhere(panels("07")[0], 250),
        *({"step": step, **zero} for step in range(10)),
        *({"step": s} for s in range(10)),
    ]


def test_each_step_shows_what_is_known_by_then_at_its_place():
    for place in network_places():
        step, v = place["step"], at(place)
        svg = ch07.worked_network(**place).content
        found = texts(svg)
        where = {words: xy for xy, (words, _) in found.items() if re.fullmatch("[xho][₁₂]", words)}
        old, new = step_by_hand(v), again_by_hand(v)
        now = new if step == 9 else old
        above = {"x₁": short(v["x1"]), "x₂": short(v["x2"])}
        for i, sub in enumerate("₁₂"):
            above["h" + sub] = eight(now["h"][i]) if step >= 1 else ""
            above["o" + sub] = eight(now["o"][i]) if step >= 2 else ""
            for name, deltas, since in (("h", old["dh"], 6), ("o", old["do"], 4)):
                below = eight(deltas[i]) if since <= step <= 8 else ""
                assert close(beside(found, where[name + sub], BACKWARD, 35, 80), below), (place, name)
        for name, words in above.items():
            assert close(beside(found, where[name], FORWARD, -80, -35), words), (place, name)
        for k in range(1, 9):
            tail, head = weight_ends(k, where)
            along = 0.5 if tail[1] == head[1] else 0.33
            x, y = tail[0] + along * (head[0] - tail[0]), tail[1] + along * (head[1] - tail[1]) - 6
            w = old["new"][k] if step >= 8 else old["w"][k]
            label = f"w{'₁₂₃₄₅₆₇₈'[k - 1]}{'⁺' if step >= 8 else ''} "
            words, color = found[round(x, 1), round(y - 8, 1)]
            assert color == PARAMETER and words.startswith(label)
            assert close(words.removeprefix(label), w), (place, k)
            grad = eight(old["g"][k]) if (7 if k <= 4 else 5) <= step <= 8 else ""
            assert same(found[round(x, 1), round(y + 21, 1)], (grad, BACKWARD)), (place, k)
        E = [words for words, _ in found.values() if words.startswith("E ")]
        assert [close(words[2:], now["E"]) for words in E] == [True] * (step >= 3)
        for o, t in (("o₁", "t1"), ("o₂", "t2")):
            x, y = where[o]
            assert (found[x + 30, y - 9][0], found[x + 30, y + 9][0]) == ("target", short(v[t]))


def beside(found, place, color, above, below):
    """The only words of one color straight above or below a node, so many px from its name."""
    x, y = place
    (words,) = [w for (u, v), (w, c) in found.items() if u == x and c == color and above < v - y < below]
    return words


def same(found, expected):
    """The same color, and the same words or numbers that differ by one in the last digit at most."""
    return found[1] == expected[1] and close(found[0], expected[0])


def close(words, value):
    """Whether words show the value, or what other words show, to eight decimals.

    Two ways to compute it may round apart, so the last digit may differ by one.
    """
    if isinstance(value, str):
        return words == value or (words and value and close(words, number(value)))
    return abs(number(words) - value) < 1.01e-8


def number(words):
    return float(words.replace("−", "-"))


def weight_ends(k, where):
    """The places of the two nodes that weight k joins."""
    names = ("xh" if k <= 4 else "ho") * 4
    return where[names[0] + "₂₁"[k % 2]], where[names[1] + "₁₂"[(k - 1) // 2 % 2]]


MARKED = {  # step: what it computes
    0: set(), 1: {"h₁", "h₂"}, 2: {"o₁", "o₂"}, 3: {"E"}, 4: {"o₁", "o₂"}, 5: {5, 6, 7, 8},
    6: {"h₁", "h₂"}, 7: {1, 2, 3, 4}, 8: {1, 2, 3, 4, 5, 6, 7, 8}, 9: {"h₁", "h₂", "o₁", "o₂", "E"},
}  # fmt: skip


@pytest.mark.parametrize("step", MARKED)
def test_orange_marks_what_the_step_computes(step):
    svg = ch07.worked_network(step).content
    found = texts(svg)
    where = {words: xy for xy, (words, _) in found.items() if re.fullmatch("[xho][₁₂]", words)}
    marked = set()
    number = r'="([\d.]+)"'
    circles = rf'<circle cx{number} cy{number} r{number}[^>]*stroke="{HIGHLIGHT}"'
    strokes = rf'<line x1{number} y1{number} x2{number} y2{number} stroke="{HIGHLIGHT}"'
    boxes = rf'<rect x{number} y{number} width{number} height{number}[^>]*stroke="{HIGHLIGHT}"'
    for x, y, r in re.findall(circles, svg):
        if float(r) > 10:  # the small one is in the key
            marked |= {name for name, at in where.items() if at == (float(x), float(y) + 6)}
    for x1, y1, x2, y2 in (map(float, ends) for ends in re.findall(strokes, svg)):
        for k in range(1, 9):
            (a, b), (c, d) = weight_ends(k, where)
            if math.dist((a, b - 6), (x1, y1)) < 26 and math.dist((c, d - 6), (x2, y2)) < 37:
                marked.add(k)
    for x, y, width, height in (map(float, sizes) for sizes in re.findall(boxes, svg)):
        inside = [t for (u, v), (t, _) in found.items() if x < u < x + width and y < v < y + height]
        assert len(inside) == 1
        marked.add(inside[0][0])
    assert marked == MARKED[step]
    assert svg.count(HIGHLIGHT) >= 1, "the key"


def test_every_steps_sentence_is_true():
    for place in network_places():
        step, v = place["step"], at(place)
        hand, words = step_by_hand(v), said(ch07.worked_network(**place))
        g, h, o = hand["g"], hand["h"], hand["o"]
        z = [v["w1"] * v["x1"] + v["w2"] * v["x2"], v["w5"] * h[0] + v["w6"] * h[1]]
        if step in (3, 6):
            line = words.split("E = ")[-1] if step == 3 else words.split("δ of h₁ = ")[-1]
            assert right_as_it_stands(line.rstrip("."))
            assert close(re.split("[=≈] ", line)[-1].rstrip("."), hand["E"] if step == 3 else hand["dh"][0])
        elif step == 9:
            verdict_is_true(words.removeprefix("Forward again: "), hand["E"], again_by_hand(v)["E"])
        else:
            form, values = {
                0: ("Start: inputs, weights and targets. Nothing is computed yet.", ()),
                1: ("Forward: z₁ = # gives h₁ = σ(z₁) = #; h₂ = #.", (z[0], *h)),
                2: ("Forward: z₃ = # gives o₁ = σ(z₃) = #; o₂ = #.", (z[1], *o)),
                4: ("Backward: δ of o₁ = −(t₁ − o₁) · o₁(1 − o₁) = #; δ of o₂ = #.", hand["do"]),
                5: ("∂E/∂w₅ = δ of o₁ · h₁ = #, and the same way for w₆, w₇ and w₈.", (g[5],)),
                7: ("∂E/∂w₁ = δ of h₁ · x₁ = #, ∂E/∂w₂ = δ of h₁ · x₂ = #; with δ of h₂ for w₃ and w₄.",
                    (g[1], g[2])),
                8: ("Update: α times its gradient is subtracted from each weight; w₅ is now #, w₁ #.",
                    (hand["new"][5], hand["new"][1])),
            }[step]  # fmt: skip
            found = re.fullmatch(re.escape(form).replace(r"\#", r"(−?\d+(?:\.\d+)?)"), words)
            assert found, words
            assert all(close(a, b) for a, b in zip(found.groups(), values, strict=True)), words


def test_a_silent_input_silences_w1_and_not_w2():
    words = said(ch07.worked_network(7, x1=0.0))
    assert "∂E/∂w₁ = δ of h₁ · x₁ = 0, ∂E/∂w₂ = δ of h₁ · x₂ = 0.00159387;" in words


def verdict_is_true(words, old, new):
    """What an update did to the loss; returns the kind of verdict."""
    found = re.fullmatch(r"E is ([\d.]+): the update (\w+) the loss (.*)\.", words)
    assert found and close(found[1], new), words
    if found[2] in ("lowers", "raises"):
        assert (new < old) == (found[2] == "lowers")
        assert close(found[3].removeprefix("by "), abs(new - old)) and abs(new - old) > 4e-9
    elif found[2] == "changes":
        assert found[3] == "by less than 0.00000001" and 0 < abs(new - old) < 1e-8
    else:
        assert (found[2], found[3]) == ("leaves", "as it was") and abs(new - old) < 1e-15
    return found[2]


def test_every_kind_of_verdict_is_said():
    kinds = {
        verdict_is_true(ch07._verdict(old, new), old, new)
        for old, new in ((0.5, 0.4), (0.4, 0.5), (0.5, 0.5), (0.5, 0.500000004), (0.5, 0.499999996))
    }
    assert kinds == {"lowers", "raises", "leaves", "changes"}
    place = {"part": "forward again", "alpha": 10.0, "x1": 1.0, "x2": 1.0, "w5": 2.0, "w6": 2.0, "t1": 0.0}
    assert "lowers" in said(ch07.algebra(**place))
    assert "leaves" in said(ch07.algebra("forward again", alpha=0.0))


# live algebra


def right_as_it_stands(line):
    """Whether a line of arithmetic holds for the numbers that it shows: exactly at "=", rounded at "≈"."""
    left, relation, result = re.fullmatch(r"(.*) ([=≈]) (\S+)", line).groups()
    assert not re.search(r"[·+−] −\d|-", left), f"{line}: a negative number without parentheses, or a hyphen"
    code = left.replace("−", "-").replace("·", "*").replace("½", "0.5*").replace("²", "**2")
    code = re.sub(r"(\d)\(", r"\1*(", code)
    value = eval(code, {"σ": σ})
    if relation == "=":
        return abs(value - number(result)) < 1e-13
    return abs(value - number(result)) <= 0.5000001e-8


PAGES = {  # part: what stands left of the numbers, and the value's name in this test
    "forward": ["z_1", "z_2", "h_1", "h_2", "z_3", "z_4", "o_1", "o_2", "E_o1", "E_o2", "E_total"],
    "output weight": ["", "∂E/∂o_1", "∂o_1/∂z_3", "∂z_3/∂w_5", "∂E/∂w_5", "w_5^+"],
    "hidden sum": ["", "∂E_o1/∂h_1", "∂E_o2/∂h_1", "∂E_total/∂h_1",
                   "", "∂E_o1/∂h_2", "∂E_o2/∂h_2", "∂E_total/∂h_2"],
    "hidden weight": ["", "∂E_total/∂h_1", "∂h_1/∂z_1", "∂z_1/∂w_1", "∂E/∂w_1", "w_1^+"],
    "eight updates": [f"w_{k}^+" for k in range(1, 9)],
}  # fmt: skip
PAGES["forward again"] = [f"{name}^+" for name in PAGES["forward"]]


def every_value(v):
    """The true value of each left side of PAGES."""
    hand, again = step_by_hand(v), again_by_hand(v)
    values = {}
    for run, plus, w in ((hand, "", hand["w"]), (again, "^+", hand["new"])):
        h, o = run["h"], run["o"]
        zs = (w[1] * v["x1"] + w[2] * v["x2"], w[3] * v["x1"] + w[4] * v["x2"],
              w[5] * h[0] + w[6] * h[1], w[7] * h[0] + w[8] * h[1])  # fmt: skip
        values |= {f"z_{i}{plus}": z for i, z in enumerate(zs, 1)}
        values |= {f"h_{i}{plus}": h[i - 1] for i in (1, 2)} | {f"o_{i}{plus}": o[i - 1] for i in (1, 2)}
        values |= {f"E_o{i}{plus}": (v[f"t{i}"] - o[i - 1]) ** 2 / 2 for i in (1, 2)}
        values[f"E_total{plus}"] = run["E"]
    h, o, w = hand["h"], hand["o"], hand["w"]
    values |= {"∂E/∂o_1": o[0] - v["t1"], "∂o_1/∂z_3": o[0] * (1 - o[0]), "∂z_3/∂w_5": h[0]}
    values |= {"∂h_1/∂z_1": h[0] * (1 - h[0]), "∂z_1/∂w_1": v["x1"]}
    for i in (1, 2):
        values |= {f"∂E_o1/∂h_{i}": hand["do"][0] * w[4 + i], f"∂E_o2/∂h_{i}": hand["do"][1] * w[6 + i]}
        values[f"∂E_total/∂h_{i}"] = values[f"∂E_o1/∂h_{i}"] + values[f"∂E_o2/∂h_{i}"]
    values |= {f"∂E/∂w_{k}": hand["g"][k] for k in range(1, 9)}
    return values | {f"w_{k}^+": hand["new"][k] for k in range(1, 9)}


def algebra_places():
    zero = {"x1": 0.0, "x2": 0.0, "t1": 0.5, "t2": 0.5, "w5": 0.0, "w6": 0.0, "w7": 0.0, "w8": 0.0}
    rest = [{}, {"alpha": 0.0}, {"x1": 0.0}, {"x2": 0.0}, {"x1": 0.0, "x2": 0.0}, zero]
    return [*somewhere(panels("07")[1], 400), *({"part": part, **one} for part in PAGES for one in rest)]


def test_every_line_of_the_algebra_is_right_as_it_stands():
    for place in algebra_places():
        page, values = ch07.algebra(**place).content, every_value(at(place))
        names = [re.split(" = ", line)[0] if " = " in line else "" for line, _ in page.lines]
        assert names == PAGES[place["part"]]
        for name, (line, kind) in zip(names, page.lines, strict=True):
            if not name:
                assert kind == ""
                continue
            result = re.split(" [=≈] ", line)[-1]
            assert close(result, values[name]), (place, line)
            worked = re.search(r"= ([^=]*\d[^=]*) ([=≈]) (−?[\d.]+)$", line)
            if worked and not re.search("[a-z]", worked[1]):
                assert right_as_it_stands(f"{worked[1]} {worked[2]} {worked[3]}"), (place, line)
            else:
                assert name in ("∂z_3/∂w_5", "∂z_1/∂w_1", "∂E_total/∂h_1"), line
            expected = (
                "update" if re.fullmatch(r"w_\d\^\+", name) else "backward" if "∂" in name else "forward"
            )
            assert kind == expected


def operands(line):
    """The numbers put into a line, between its symbols and its value."""
    middle = re.split(" [=≈] ", line)[-2]
    return [
        number(n) for n in re.findall(r"(?<![\d.])−?\d+(?:\.\d+)?", re.sub(r"(?<=[\d)]) − ", " , ", middle))
    ]


def test_the_page_of_updates_has_eight_lines_with_weight_rate_and_gradient(rng):
    for _ in range(50):
        v = {**ch07.START, "alpha": round(rng.uniform(0, 10), 1)}
        v |= {f"w{k}": round(rng.uniform(-2, 2), 2) for k in range(1, 9)}
        lines = ch07.algebra("eight updates", **v).content.lines
        assert len(lines) == 8
        for k, (line, kind) in enumerate(lines, 1):
            assert kind == "update" and line.startswith(f"w_{k}^+ = w_{k} − α · ∂E/∂w_{k} = ")
            w, alpha, gradient = operands(line)
            assert (w, alpha) == (v[f"w{k}"], v["alpha"])
            assert gradient == pytest.approx(step_by_hand(v)["g"][k], abs=0.51e-8)


def test_symbols_stand_with_their_numbers(rng):
    """z_3^+ = w_5^+ · h_1^+ + w_6^+ · h_2^+ is followed by just these four numbers; so in every line."""
    for part in PAGES:
        for _ in range(10):
            v = {**ch07.START, **{f"w{k}": round(rng.uniform(-2, 2), 2) for k in range(1, 9)}}
            v |= {"x1": -0.35, "x2": 0.65, "alpha": 2.5}
            values = every_value(v) | {f"{n[0]}_{n[1]}": v[n] for n in ("x1", "x2", "t1", "t2")} | {"α": 2.5}
            values |= {f"w_{k}": v[f"w{k}"] for k in range(1, 9)} | {
                "∂o_2/∂z_4": slope(every_value(v)["o_2"])
            }
            values["∂E/∂o_2"] = values["o_2"] - v["t2"]
            for line, _ in ch07.algebra(part, **v).content.lines:
                _, *symbols = re.split(" [=≈] ", line)
                if len(symbols) < 3:
                    continue
                names = [name for name in re.findall(r"∂\w+/∂\w+|[zhowxtE]_\w+(?:\^\+)?|α", symbols[0])]
                shown = (
                    [n for n in operands(line) if n not in (1,)] if "1 −" in symbols[0] else operands(line)
                )
                assert shown == pytest.approx([values[name] for name in names], abs=0.51e-8), line


def slope(y):
    return y * (1 - y)


def test_every_sentence_of_the_algebra_is_true():
    kinds = set()
    for place in algebra_places():
        part, v = place["part"], at(place)
        values, words, hand = every_value(v), said(ch07.algebra(**place)), step_by_hand(v)
        new_E = again_by_hand(v)["E"]
        if part == "forward again":
            kinds.add(verdict_is_true(words, hand["E"], new_E))
            continue
        words, after = words.split(" After one update with ")
        alpha, E = re.fullmatch(r"α = ([\d.]+), E = ([\d.]+)\.", after).groups()
        assert float(alpha) == v["alpha"] and close(E, new_E)
        found = [number(n) for n in re.findall(r"−?\d+\.\d+", words)]
        if part == "forward":
            assert found == pytest.approx([*hand["o"], hand["E"]], abs=0.51e-8)
        elif part == "hidden sum":
            assert found == pytest.approx([values["∂E_total/∂h_1"], values["∂E_total/∂h_2"]], abs=0.51e-8)
        elif part in ("output weight", "hidden weight"):
            k = 5 if part == "output weight" else 1
            assert found[0] == pytest.approx(hand["g"][k], abs=0.51e-8)
            kinds.add(move_is_true(words.split(": ")[1].rstrip("."), k, hand))
        else:
            kinds |= updates_are_true(words, hand)
    assert kinds >= {"lowers", "leaves", "rises", "falls", "stays", "all", "none", "some", "zero"}


def move_is_true(words, k, hand):
    """Whether a weight rises, falls or stays, to eight decimals; returns which."""
    name, verb, new = re.fullmatch(r"w([₁-₈]) (rises to|falls to|stays at) (\S+)", words).groups()
    assert "₁₂₃₄₅₆₇₈".index(name) + 1 == k and close(new, hand["new"][k])
    change = hand["new"][k] - hand["w"][k]
    assert {"rises to": change > 4e-9, "falls to": change < -4e-9, "stays at": abs(change) < 6e-9}[verb], (
        words
    )
    return verb.split()[0]


def updates_are_true(words, hand):
    """What the page of updates says: who moves, and the largest gradient; returns the kinds."""
    stay = [k for k in range(1, 9) if abs(hand["new"][k] - hand["w"][k]) < 5e-9]
    first, rest = re.fullmatch(r"(.*?)\. ((?:No gradient|Every).*)", words).groups()
    subs = ["w" + "₁₂₃₄₅₆₇₈"[k - 1] for k in stay]
    if not stay:
        assert first == "All eight weights change at once"
    elif len(stay) == 8:
        assert first == "To 8 decimals, no weight changes"
    else:
        names = " and ".join([", ".join(subs[:-1]), subs[-1]]) if subs[1:] else subs[0]
        verb = "stay" if subs[1:] else "stays"
        assert first == f"To 8 decimals, {names} {verb}; the others change at once"
    kinds = {"all" if not stay else "none" if len(stay) == 8 else "some"}
    sizes = [abs(g) for g in hand["g"][1:]]
    if rest == "Every gradient is 0.":
        assert max(sizes) == 0
        return kinds | {"zero"}
    sub, gradient, move = re.fullmatch(
        r"No gradient is larger in size than ∂E/∂w([₁-₈]) = (\S+): (.*)\.", rest
    ).groups()
    k = "₁₂₃₄₅₆₇₈".index(sub) + 1
    assert close(gradient, hand["g"][k]) and sizes[k - 1] == pytest.approx(max(sizes), rel=1e-12)
    return kinds | {move_is_true(move, k, hand)}


def test_one_weight_that_stays_is_named_in_the_singular():
    v = ch07.worked_step()
    _, words = ch07._updates_page(v | {"w3+": v["w3"]})
    assert words.startswith("To 8 decimals, w₃ stays; the others change at once. ")


# many steps


@pytest.fixture(scope="module")
def curves():
    """(E, o₁, o₂) for α = 0.1, 0.2, …, 10.0 after 0 to 500 epochs, by hand: (100, 501, 3)."""
    found = np.empty((100, 501, 3))
    for i in range(100):
        v = {**ch07.START, "alpha": (i + 1) / 10}
        for epoch in range(501 if i in (0, 4, 9, 49, 99) else 30):
            hand = step_by_hand(v)
            found[i, epoch] = hand["E"], *hand["o"]
            v.update({f"w{k}": hand["new"][k] for k in range(1, 9)})
    return found


def test_epochs_panel_says_and_shows_loss_and_outputs(curves):
    panel = panels("07")[2]
    places = [(i, epochs) for i in (0, 4, 9, 49, 99) for epochs in (1, 2, 100, 500)]
    for i, epochs in [*places, *((i, 29) for i in range(100))]:
        alpha = (i + 1) / 10
        picture = panel.draw(alpha=alpha, epochs=epochs)
        E, o1, o2 = curves[i, epochs]
        size = f"E = {E:.2e}".replace("-", "−") if E >= 1e-20 else "E is below 1e−20"
        plural = "" if epochs == 1 else "s"
        assert said(picture) == (
            f"After {epochs} epoch{plural} with α = {alpha:g}: {size}, o₁ = {o1:.4f} (target 0.4), "
            f"o₂ = {o2:.4f} (target 0.6)."
        )
        left, right = picture.content.axes
        loss, mark = left.lines
        o_1, o_2, *_ = [line for line in right.lines if len(line.get_xdata()) == epochs + 1]
        for line, k in ((loss, 0), (o_1, 1), (o_2, 2)):
            x, y = line.get_xydata().T
            assert list(x) == list(range(epochs + 1))
            expected = np.maximum(curves[i, : epochs + 1, k], 0 if k else 1e-20)
            assert np.allclose(y, expected, rtol=1e-6, atol=0)
        dots = [line.get_xydata().tolist() for line in (mark, *right.lines) if line.get_color() == HIGHLIGHT]
        last = [line.get_xydata()[-1].tolist() for line in (loss, o_1, o_2)]
        assert dots == [[one] for one in last], "a dot at the end of each curve"
        for (x, y), ax in zip(last, (left, right, right), strict=True):
            assert ax.get_xlim()[0] <= x <= ax.get_xlim()[1] and ax.get_ylim()[0] <= y <= ax.get_ylim()[1]
        for words, line in zip(right.texts[:2], (o_1, o_2), strict=True):
            assert np.allclose(words.get_position(), line.get_xydata()[-1] + [0, 0.012])
    assert [words.get_text() for words in right.texts] == ["o₁", "o₂", "target o₁", "target o₂"]
    assert {line.get_ydata()[0] for line in right.lines if line.get_linestyle() == ":"} == {0.4, 0.6}
    assert (o_1.get_linestyle(), o_2.get_linestyle()) == ("-", "--")
    assert (o_1.get_color(), o_2.get_color(), loss.get_color()) == (FORWARD, PARAMETER, BACKWARD)


def test_a_larger_alpha_is_faster_over_the_whole_slider_and_the_loss_falls():
    losses, *outputs = ch07.descend(ch07.RATES, 500)
    alpha = panels("07")[2].controls["alpha"]
    assert (alpha.min, alpha.max) == (ch07.RATES[0], ch07.RATES[-1]) and len(ch07.RATES) == 100
    shown = losses[1:] >= 1e-20
    assert np.all((losses[1:] < losses[:-1])[shown]) and np.all(
        (losses[1:, 1:] < losses[1:, :-1])[shown[:, 1:]]
    )
    for output, target in zip(outputs, (0.4, 0.6), strict=True):
        assert np.all(np.abs(output[1:] - target) <= np.abs(output[:-1] - target) + 1e-12), "they approach"


@pytest.fixture(scope="module")
def long_steps():
    """{times: E (41, 401)} for α = 0, 0.5, … 200 from so many times the source's weights, by this test."""
    found = {}
    for times in (1, 2, 3):
        w = [None, *(np.full(401, times * ch07.START[f"w{k}"]) for k in range(1, 9))]
        x, t, alpha, found[times] = (0.1, 0.2), (0.4, 0.6), np.arange(401) / 2, np.empty((41, 401))
        for epoch in range(41):
            h = [1 / (1 + np.exp(-(w[k] * x[0] + w[k + 1] * x[1]))) for k in (1, 3)]
            o = [1 / (1 + np.exp(-(w[k] * h[0] + w[k + 1] * h[1]))) for k in (5, 7)]
            found[times][epoch] = ((t[0] - o[0]) ** 2 + (t[1] - o[1]) ** 2) / 2
            do = [(o[i] - t[i]) * o[i] * (1 - o[i]) for i in (0, 1)]
            dh = [(do[0] * w[5 + i] + do[1] * w[7 + i]) * h[i] * (1 - h[i]) for i in (0, 1)]
            g = [None, *(d * i for d in dh for i in x), *(d * i for d in do for i in h)]
            w = [None, *(w[k] - alpha * g[k] for k in range(1, 9))]
    return found


def test_overshoot_panel_says_where_one_update_leads(long_steps):
    panel, kinds = panels("07")[3], set()
    assert panel.controls["start_weights"].options == ("the source's", "doubled", "tripled")
    assert every_place(panel.controls["alpha"]) == [i / 2 for i in range(401)]
    for times, name in enumerate(panel.controls["start_weights"].options, 1):
        E, below = long_steps[times], long_steps[times][1] < long_steps[times][0]
        best, first = np.argmin(E[1]), 1 + np.argmin(below[1:])
        assert below[1:first].all() and not below[first:].any(), "one place from which on E is larger"
        for i in range(401):
            words = said(panel.draw(alpha=i / 2, start_weights=name))
            form = r"α = (.*): one update takes E from (.*) to (.*), (.*)\. Best is α = (.*) with (.*); "
            form += r"from α = (.*) on, E rises\. After 40 updates (.*)\."
            found = re.fullmatch(form, words).groups()
            alpha, old, new, verdict, best_alpha, lowest, larger, end = found
            assert (alpha, best_alpha, larger) == (f"{i / 2:g}", f"{best / 2:g}", f"{first / 2:g}")
            assert [number(n) for n in (old, new, lowest)] == pytest.approx(
                [E[0, i], E[1, i], E[1, best]], rel=1e-3
            )
            wanted = (
                "the lowest of all"
                if i == best
                else "too short a step"
                if i < best
                else "past the lowest place"
            )
            wanted = wanted if i < first else "the step overshoots"
            assert verdict == wanted and (number(old) < number(new)) == (i >= first), words
            kinds.add(verdict)
            if E[-1, i] < 1e-20:
                assert end == "E is below 1e−20"
            else:  # so many long steps multiply what rounding leaves
                assert number(end.removeprefix("E = ")) == pytest.approx(E[-1, i], rel=0.02)
    assert len(kinds) == 4


def test_overshoot_picture_shows_both_losses_and_marks_the_best(long_steps):
    panel = panels("07")[3]
    for times, name in enumerate(panel.controls["start_weights"].options, 1):
        for i in (0, 1, 63, 200, 400):
            E = long_steps[times]
            left, right = panel.draw(alpha=i / 2, start_weights=name).content.axes
            after, above, before, best, here = left.lines
            assert np.allclose(after.get_xydata().T, [np.arange(401) / 2, E[1]])
            x, y = above.get_xydata().T
            larger = E[1] > E[0]
            assert np.allclose(y[larger], E[1][larger]) and np.isnan(y[~larger]).all()
            assert list(before.get_ydata()) == pytest.approx([E[0, 0], E[0, 0]])
            assert np.allclose(best.get_xydata(), [(np.argmin(E[1]) / 2, E[1].min())])
            assert np.allclose(here.get_xydata(), [(i / 2, E[1, i])])
            x, y = right.lines[0].get_xydata().T
            assert list(x) == list(range(41)) and y == pytest.approx(np.maximum(E[:, i], 1e-20), rel=0.02)
            assert left.get_ylim()[0] < 0 and E[1].max() < left.get_ylim()[1] and E.max() < 1
    labels = [words.get_text() for words in left.figure.legends[0].get_texts()]
    assert labels == ["after one update", "larger than before", "before", "the best α", "your α"]


def test_long_steps_overshoot_and_find_back(long_steps):
    """What the chapter says of them, and of α = 100."""
    for E in long_steps.values():
        assert (E[-1, 1:] < E[0, 1:]).all() and E.max() < 1, "all come down, and none runs away"
    E = long_steps[1]
    assert ch07.ALPHA_100.answer == "raises E"
    assert f"From {E[0, 200]:.4f} to {E[1, 200]:.4f}." in ch07.ALPHA_100.reason
    assert 3 * np.argmin(E[1]) / 2 < 100 and E[1].min() < E[0, 0] / 1000, "almost to 0"
    assert (E[0, 1] - E[1, 1]) * 200 > E[0, 0], "more than there is to lower"
    assert np.argmin(E[1]) == 63 and np.argmax(E[1] > E[0]) == 140
    assert 0.95 * E[0, 0] < E[1, 138] < E[0, 0], "α = 69 lands nearly as high"


def test_a_mixture_of_old_and_new_weights_still_lowers_the_loss_but_is_no_gradient():
    """The chapter's third question."""
    hand = step_by_hand(ch07.START)
    mixed = {**ch07.START, **{f"w{k}": hand["new"][k] for k in range(5, 9)}}
    h, do = hand["h"], hand["do"]
    for i, (a, b) in enumerate(((1, 2), (3, 4))):
        delta = (do[0] * mixed[f"w{5 + i}"] + do[1] * mixed[f"w{7 + i}"]) * h[i] * (1 - h[i])
        assert abs(delta * 0.1 / hand["g"][a] - 1) > 0.01
        mixed[f"w{a}"] -= 0.5 * delta * 0.1
        mixed[f"w{b}"] -= 0.5 * delta * 0.2
    assert step_by_hand(mixed)["E"] < hand["E"]


# the questions


def test_the_numbers_asked_for_and_those_of_each_slip():
    v, hand = ch07.START, step_by_hand(ch07.START)
    w1, w2, w3, w4 = (v[f"w{k}"] for k in range(1, 5))
    x1, x2, t1, o1, g1 = v["x1"], v["x2"], v["t1"], hand["o"][0], hand["g"][1]
    for asked, right, slips in (
        (ch07.Z1, w1 * x1 + w2 * x2,
         (w3 * x1 + w4 * x2, w1 + w2, w1 * x2 + w2 * x1, (w1 + w2) * (x1 + x2))),
        (ch07.ERROR_O1, o1 - t1, (t1 - o1, 2 * (o1 - t1), (t1 - o1) ** 2 / 2, (o1 - t1) / 2)),
        (ch07.W2, hand["g"][2], (g1, g1 * x2, g1 * x1 / x2)),
    ):  # fmt: skip
        assert asked.answer == pytest.approx(right, abs=1e-8)
        assert list(asked.mistakes) == pytest.approx(slips, abs=1e-6)


def ways(node, graph):
    """How many ways lead from a node to E."""
    return 1 if node == "E" else sum(ways(after, graph) for after in graph[node])


def test_the_ways_to_E():
    outputs = {"h1": ["o1", "o2"], "h2": ["o1", "o2"], "o1": ["E"], "o2": ["E"]}
    graph = {"w1": ["h1"], "x1": ["h1", "h2"], **outputs}
    assert ch07.PATHS_TO_E.answer == ways("w1", graph)
    assert list(ch07.PATHS_TO_E.mistakes) == [1, ways("x1", graph)]


def test_the_choices_are_what_the_step_does():
    v, hand = ch07.START, step_by_hand(ch07.START)
    off = [o - t for o, t in zip(hand["o"], (v["t1"], v["t2"]), strict=True)]
    assert off[0] > 0.2 and 0 < off[1] < 0.1
    assert all(hand["new"][k] < hand["w"][k] for k in range(5, 9)) and ch07.TARGETS.answer == "all fall"
    fall = 1 - again_by_hand(v)["E"] / hand["E"]
    assert ch07.FALL.answer == f"{fall:.0%}".replace("%", " %")
    moves = [abs(new - old) for new, old in zip(hand["new"][1:], hand["w"][1:], strict=True)]
    assert 0.01305 < max(moves) < 0.0132
    assert "From {:.8f} to {:.8f}.".format(hand["E"], again_by_hand(v)["E"]) in ch07.FALL.reason


def test_an_output_on_its_target_silences_its_own_weights_alone():
    v, hand = ch07.START, step_by_hand(ch07.START)
    there = step_by_hand({**v, "t1": hand["o"][0]})["g"]
    zero = [f"w{'₁₂₃₄₅₆₇₈'[k - 1]}" for k in range(1, 9) if there[k] == 0]
    assert ch07.ON_TARGET.answer == " and ".join(zero)
    near = step_by_hand({**v, "t1": 0.6})["g"]
    assert all(0 < near[k] < hand["g"][k] / 20 for k in (5, 6)), "less than a twentieth"
    assert panels("07")[0].controls["t1"].step == 0.05


def test_the_hidden_sum_with_new_weights_is_another_number():
    """And the old ones give the slope of E, measured."""
    hand = step_by_hand(ch07.START)
    sums = [hand["do"][0] * w[5] + hand["do"][1] * w[7] for w in (hand["w"], hand["new"])]
    h, x, nudge = hand["h"][0], ch07.START["x1"], 1e-5
    E = [step_by_hand({**ch07.START, "w1": 0.3 + d})["E"] for d in (nudge, -nudge)]
    slope_of_E = (E[0] - E[1]) / (2 * nudge)
    assert sums[0] * h * (1 - h) * x == pytest.approx(slope_of_E, rel=1e-6)
    assert sums[1] * h * (1 - h) * x != pytest.approx(slope_of_E, rel=1e-3)
    assert ch07.OLD_W5.answer == "the old w₅"


def test_no_panel_shows_what_is_asked_above_it():
    """The walk starts at step 0, where nothing is computed."""
    picture = panels("07")[0].draw()
    assert said(picture) == "Start: inputs, weights and targets. Nothing is computed yet."
    assert not re.search(r"\d\.\d{3}", picture.content)
    assert ch07.LARGER_ALPHA.answer == "faster all the way"  # as worked out above for every α


# your turn


@pytest.mark.parametrize(
    ("attempt", "right", "words"),
    [
        (lambda d1, d2, a, b, h: (d1 * a + d2 * b) * h * (1 - h), True, "✓ Right. delta: as by the library."),
        (lambda d1, d2, a, b, h: None, None, "Not written yet"),
        (lambda d1, d2, a, b, h: d1 * a + d2 * b, False, "The slope h(1 − h) of the node's own sigmoid is"),
        (lambda d1, d2, a, b, h: d1 * a * h * (1 - h), False, "Only one output's error"),
        (lambda d1, d2, a, b, h: d2 * b * h * (1 - h), False, "Only one output's error"),
        (lambda d1, d2, a, b, h: (d1 * b + d2 * a) * h * (1 - h), False, "The weights are crossed"),
        (lambda d1, d2, a, b, h: (d1 + d2) * h * (1 - h), False, "The weights are missing"),
        (
            lambda d1, d2, a, b, h: (d1 * a + d2 * b) * σ(h) * (1 - σ(h)),
            False,
            "The slope takes h, the node's",
        ),
        (lambda d1, d2, a, b, h: (d1 * a + d2 * b) * h, False, "It takes h for the slope"),
        (lambda d1, d2, a, b, h: d1 * a + d2 * b * h * (1 - h), False, "put the sum in parentheses"),
        (lambda d1, d2, a, b, h: -(d1 * a + d2 * b) * h * (1 - h), False, "the sign is flipped"),
        (lambda d1, d2, a, b, h: np.array([d1 * a, d2 * b]) * h * (1 - h), False, "expected one number"),
        (lambda d1, d2, a, b, h: δ, False, "It stops with NameError"),  # noqa: F821
    ],
)
def test_an_attempt_at_the_hidden_delta_gets_its_reason(attempt, right, words):
    reply = ch07.check_hidden_delta(attempt)
    assert reply.right is right and words in repr(reply), reply
