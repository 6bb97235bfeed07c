"""Chapter 04: what its panels say and show, recomputed from the sliders' numbers."""

import math
import random
import re
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from backprop import Value, numerical_gradient
from backprop.chapters import ch04_chain as ch04
from backprop.chapters.ch04_chain import ACTIVATIONS, deltas_by_depth
from backprop.explore.equations import plain
from backprop.explore.style import BACKWARD, DATA, FORWARD, HIGHLIGHT, PARAMETER
from reading import arithmetic, overlaps, read, shapes, texts, wrong

from notebooks import every_place, panels, positions, said


def full(value):
    """A number in full: −12.25."""
    return f"{float(value):.6f}".rstrip("0").rstrip(".").replace("-", "−")


def inner(value):
    """The same inside of a product."""
    return f"({full(value)})" if value < 0 else full(value)


def about(text, value, digits):
    """Whether a text shows a value rounded to at least so many significant digits."""
    return abs(float(read(text)) - value) <= 0.5 * 10 ** (1 - digits) * abs(value) * (1 + 1e-9)


def numbers(sentence):
    return re.findall(r"(?<![\w₀-₉])−?\d+(?:\.\d+)?(?:e−\d+)?", sentence)


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


# (x₁ + x₂)²


def test_square_of_sum_at_every_setting():
    panel, kinds = panels("04")[0], set()
    for place in positions(panel, most=300):
        x1, x2, step = Fraction(place["x1"]), Fraction(place["x2"]), place["step"]
        u, picture = x1 + x2, panel.draw(**place)
        back = f"1 × {inner(2 * u)} = {full(2 * u)}"
        lines = [
            f"Only the inputs are known: x₁ = {full(x1)}, x₂ = {full(x2)}.",
            f"Forward: {full(x1)} + {inner(x2)} = {full(u)}.",
            f"Forward: {inner(u)}² = {full(u * u)}.",
            "Backward starts at the output: ∂f/∂f = 1.",
            f"Backward through ( )², local × upstream: to u: {full(2 * u)} × 1 = {full(2 * u)}.",
            f"Backward through +, local × upstream: to x₁: {back}; to x₂: {back}.",
        ]
        assert said(picture) == lines[step]
        green = [t.words for t in texts(picture) if t.color == FORWARD and t.words != "value, forward"]
        assert green == [full(x1), full(x2), full(u), full(u * u)][: 2 + min(step, 2)]
        orange = [t.words for t in texts(picture) if t.color == BACKWARD and t.words != "gradient, backward"]
        one = f"{full(2 * u)} × 1 = {full(2 * u)}"
        assert orange == [[], [], [], ["1"], [one, "1"], [back, back, full(2 * u), "1"]][step]
        kinds.add(step)
    assert kinds == set(range(6))


# two paths


def test_two_paths_at_every_setting():
    panel, kinds = panels("04")[1], set()
    for place in positions(panel, most=300):
        a, b, path = Fraction(place["x1"]), Fraction(place["x2"]), place["path"]
        by_plus, picture = a * b, panel.draw(**place)
        by_times = {"x₁": (a + b) * b, "x₂": (a + b) * a}
        sums = {t: f"{t}: {full(by_plus)} + {inner(v)} = {full(by_plus + v)}" for t, v in by_times.items()}
        if path == "all":
            expected = f"What comes back on the two paths adds up. {sums['x₁']}; {sums['x₂']}."
        else:
            t, _, through = path.split()
            other = b if t == "x₁" else a
            line = (by_plus, 1, by_plus) if through == "+" else (a + b, other, by_times[t])
            line = f"{full(line[0])} · {inner(line[1])} = {full(line[2])}"
            expected = f"Backward along the path of {path}: {line}. With its other path, {sums[t]}."
        assert said(picture) == expected
        shown = [t.words for t in texts(picture)]
        for t, other in (("x₁", b), ("x₂", a)):
            line = f"{full(a * b)} · 1 + {inner(a + b)} · {inner(other)} = {full(by_plus + by_times[t])}"
            assert f"∂f/∂{t} = ∂f/∂u · ∂u/∂{t} + ∂f/∂v · ∂v/∂{t} = {line}" in shown
        kinds.add(path)
    assert kinds == set(panel.controls["path"].options)


def near(picture, color, x, y):
    """The text of one color that stands nearest to a place."""
    return min(
        (t for t in texts(picture) if t.color == color), key=lambda t: math.dist((t.x, t.y), (x, y))
    ).words


def test_where_the_numbers_of_two_paths_stand():
    picture = panels("04")[1].draw()
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in shapes(picture, "circle")]
    names = {t.words: (t.x, t.y) for t in texts(picture)}
    assert sorted(circles) == [(120, 90), (120, 270), (390, 90), (390, 270), (600, 180)]
    assert (names["x₁"], names["x₂"]) == ((120, 96), (120, 276))
    for (x1, y1), (x2, y2), value, gradient, above, below in (
        ((120, 90), (390, 90), "2", "6", 0.6, 0.6), ((120, 90), (390, 270), "2", "15", 0.3, 0.28),
        ((120, 270), (390, 90), "3", "6", 0.28, 0.3), ((120, 270), (390, 270), "3", "10", 0.6, 0.6),
        ((390, 90), (600, 180), "5", "6", 0.4, 0.65), ((390, 270), (600, 180), "6", "5", 0.6, 0.25),
    ):  # fmt: skip
        x, y = x1 + above * (x2 - x1), y1 + above * (y2 - y1)
        assert near(picture, FORWARD, x, y - 12) == value
        x, y = x1 + below * (x2 - x1), y1 + below * (y2 - y1)
        assert near(picture, BACKWARD, x, y + 23) == gradient
    green = {t.words: (t.x, t.y) for t in texts(picture) if t.color == FORWARD}
    (u, v), five, six = (names[name] for name in "uv"), green["5"], green["6"]
    assert u == (five[0], pytest.approx(five[1] - 18)), "over its value"
    assert v[1] == six[1] and six[0] - 40 < v[0] < six[0], "beside its value"


@pytest.mark.parametrize(("number", "most"), [(0, 60), (1, 60), (3, 30)])
def test_no_text_lies_on_an_arrow_a_node_or_another_text(number, most):
    panel = panels("04")[number]
    for place in positions(panel, most=most):
        last = {"step": panel.controls["step"].max} if "step" in place else {}
        assert [found for found in overlaps(panel.draw(**place | last)) if "δ" not in found] == [], place


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("all", []),
        ("x₁ through +", [(120, 90), (390, 90)]),
        ("x₁ through ×", [(120, 90), (390, 270)]),
        ("x₂ through +", [(120, 270), (390, 90)]),
        ("x₂ through ×", [(120, 270), (390, 270)]),
    ],
)
def test_a_chosen_path_lies_on_pale_orange(path, marked):
    picture = panels("04")[1].draw(path=path)
    pale = "#f8e3b8"
    lines = [c for c in shapes(picture, "line") if c.get("stroke") == pale]
    ends = [tuple(float(c.get(k)) for k in ("x1", "y1", "x2", "y2")) for c in lines]
    assert ends == [(*a, *b) for a, b in pairwise([*marked, (600, 180)])]
    assert all(c.get("stroke-width") == "30.0" for c in lines)
    circles = [
        (float(c.get("cx")), float(c.get("cy"))) for c in shapes(picture, "circle") if c.get("fill") == pale
    ]
    assert circles == marked
    everything = picture.content
    assert not marked or everything.index(pale) < everything.index("polygon"), "it would hide the edges"


# two neurons


def test_two_neurons_line_by_line():
    panel, moves, sides = panels("04")[2], set(), set()
    for place in positions(panel, most=300):
        x, W1, W2, t = place.values()
        h = sigmoid(W1 * x)
        y = sigmoid(W2 * h)
        dy = (y - t) * y * (1 - y)
        dh = dy * W2 * h * (1 - h)
        gradients = {"W₁": dh * x, "W₂": dy * h}
        picture = panel.draw(**place)
        lines = [plain(line) for line, _ in picture.content.lines]
        assert not [line for line in lines if wrong(line)], (place, lines)
        values = {line.split(" =")[0]: re.split(" [=≈] ", line)[-1] for line in lines if "=" in line}
        expected = {
            "h₁": h, "y": y, "E": (y - t) ** 2 / 2, "δ_y": dy, "∂E/∂W₂": dy * h, "δ₁": dh, "∂E/∂W₁": dh * x,
            "W₂.grad": dy * h, "W₁.grad": dh * x,
        }  # fmt: skip
        assert values.keys() == expected.keys()
        assert all(about(values[name], expected[name], 6) for name in expected), (place, values)
        assert 0 < read(values["h₁"]) < 1 and 0 < read(values["y"]) < 1, "a sigmoid lies strictly between"
        assert sum(1 for line in lines for _ in arithmetic(line)) == 7
        side = "above" if y > t else "below" if y < t else "on"
        said_moves = [
            f"leaves {name} as it is" if g == 0 else f"makes {name} {'smaller' if g > 0 else 'larger'}"
            for name, g in gradients.items()
        ]
        sentence = said(picture)
        assert f" lies {side} its target {full(t)}. ∂E/∂W₁ = {values['W₁.grad']}, " in sentence
        assert sentence.startswith(f"y = {values['y']} lies")
        assert side == "on" or read(values["y"]) != read(full(t)), "the two look equal"
        assert sentence.endswith(f"∂E/∂W₂ = {values['W₂.grad']}: a step downhill {' and '.join(said_moves)}.")
        moves.update(word.split()[-1] for word in said_moves)
        sides.add(side)
    assert moves == {"smaller", "larger", "is"} and sides >= {"above", "below"}


def test_two_neurons_on_the_target():
    picture = panels("04")[2].draw(W2=0.0, target=0.5)
    assert said(picture) == (
        "y = 0.5 lies on its target 0.5. ∂E/∂W₁ = 0, ∂E/∂W₂ = 0: a step downhill leaves W₁ as it is and "
        "leaves W₂ as it is."
    )


def test_the_colors_of_two_neurons_lines():
    kinds = [kind for _, kind in panels("04")[2].draw().content.lines]
    assert kinds == ["", *["forward"] * 3, "", *["backward"] * 4, "", *["backward"] * 2]


# three hidden layers


def chain(x, W1, W2, W3, W4, target):
    """values x, h₁, h₂, h₃, y, E and deltas δ₁ … δ_y of the panel."""
    values = [x]
    for weight in (W1, W2, W3, W4):
        values.append(sigmoid(weight * values[-1]))
    y = values[4]
    deltas = [(y - target) * y * (1 - y)]
    for h, weight in zip(values[3:0:-1], (W4, W3, W2), strict=True):
        deltas.insert(0, deltas[0] * weight * h * (1 - h))
    return [*values, (y - target) ** 2 / 2], deltas


def test_three_hidden_layers_say_and_show_what_is_computed():
    panel, steps = panels("04")[3], set()
    sub = "₁₂₃₄"
    for place in positions(panel, most=150):
        step, weights = place["step"], [place[f"W{k}"] for k in range(1, 5)]
        values, deltas = chain(place["x"], *weights, place["target"])
        picture = panel.draw(**place)
        sentence = said(picture)
        shown = {
            color: [t for t in texts(picture) if t.color == color] for color in (FORWARD, BACKWARD, PARAMETER)
        }
        green = [t for t in shown[FORWARD] if t.words[-1].isdigit()]
        assert all(about(t.words, value, 5) for t, value in zip(green, values, strict=True)), place
        assert all(0 < read(t.words) < 1 for t in green[1:5]), "a sigmoid lies strictly between 0 and 1"
        assert [t.words for t in shown[PARAMETER]] == [
            f"W{sub[k]} = {full(w)}" for k, w in enumerate(weights)
        ]
        nodes = {t.words: t.x for t in texts(picture) if t.color == DATA and t.y == 104}
        assert list(nodes) == ["x", "h₁", "h₂", "h₃", "y", "E"]
        assert [t.x for t in green] == list(nodes.values())
        orange = {t.words: t for t in shown[BACKWARD]}
        for k in range(4):  # each gradient below its name, each δ below its neuron
            known = step >= 4 - k
            assert (f"∂E/∂W{sub[k]}" in orange) == known
            assert ((f"δ{sub[k]}" if k < 3 else "δ") in orange) == known
            if known:
                name = orange[f"∂E/∂W{sub[k]}"]
                delta = orange[f"δ{sub[k]}" if k < 3 else "δ"]
                below = {(t.x, t.y): t.words for t in shown[BACKWARD]}
                assert about(below[name.x, name.y + 20], deltas[k] * values[k], 3), place
                assert about(below[delta.x, delta.y + 20], deltas[k], 3), place
                assert delta.x == list(nodes.values())[k + 1]
                assert nodes[["x", "h₁", "h₂", "h₃"][k]] < name.x < delta.x
        marked = [float(c.get("cx")) for c in shapes(picture, "circle") if c.get("stroke") == HIGHLIGHT]
        assert marked == ([list(nodes.values())[5 - step]] if step else [])
        assert wrong(sentence) == [], sentence
        last = numbers(sentence)[-1]
        if step == 0:
            assert sentence.startswith("Forward only: y = ") and about(last, values[5], 5)
            assert f"its target is {full(place['target'])}, " in sentence
        else:
            k = 4 - step
            before = "x" if k == 0 else f"h{sub[k - 1]}"
            assert f". Times {before} it is ∂E/∂W{sub[k]} = " in sentence
            assert about(last, deltas[k] * values[k], 3)
            assert sum(1 for _ in arithmetic(sentence)) == 1
            (_, _, delta), *_ = arithmetic(sentence)
            assert about(delta, deltas[k], 3)
        if step > 1:
            after = "δ_y" if k == 2 else f"δ{sub[k + 1]}"
            h = f"h{sub[k]}"
            assert sentence.startswith(f"δ{sub[k]} = {after} · W{sub[k + 1]} · {h}(1 − {h}) = ")
            size = re.search(r"its size is (\S+) times that of (\S+)\.", sentence)
            assert size[2] == after
            assert about(size[1], abs(weights[k + 1]) * values[k + 1] * (1 - values[k + 1]), 3)
        elif step == 1:
            assert sentence.startswith("δ_y = (y − t) · y(1 − y) = ")
        steps.add(step)
    assert steps == set(range(5))


def test_three_hidden_layers_stay_in_the_picture():
    """Also with the widest number, an E of 1e-7."""
    for picture in (
        panels("04")[3].draw(W4=0.0, target=0.5, W3=5.0),
        panels("04")[3].draw(W4=0.001, target=0.5),
    ):
        for t in texts(picture):
            if t.color == FORWARD and t.words[-1].isdigit():
                assert t.x - 4.5 * len(t.words) > 0 and t.x + 4.5 * len(t.words) < 760, t


# deep chains


def slope(name, z):
    """g′(z), written out."""
    return {
        "sigmoid": lambda: sigmoid(z) * (1 - sigmoid(z)),
        "tanh": lambda: 1 / math.cosh(z) ** 2,
        "ReLU": lambda: float(z > 0),
        "Leaky ReLU": lambda: 1.0 if z > 0 else 0.1,
        "ELU": lambda: 1.0 if z >= 0 else math.exp(z),
    }[name]()


def g(name, z):
    return {
        "sigmoid": lambda: sigmoid(z),
        "tanh": lambda: math.tanh(z),
        "ReLU": lambda: max(z, 0.0),
        "Leaky ReLU": lambda: max(z, 0.1 * z),
        "ELU": lambda: z if z >= 0 else math.exp(z) - 1,
    }[name]()


def deltas_of(name, weight, depth):
    """δ of every neuron by the chain rule, one by one."""
    inputs, value = [], 1.0
    for _ in range(depth):
        inputs.append(weight * value)
        value = g(name, inputs[-1])
    return [math.prod(weight * slope(name, z) for z in inputs[k:-1]) for k in range(depth)]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_deltas_by_depth(name):
    for weight in (-5.0, -1.3, -1.0, -0.1, 0.0, 0.1, 0.8, 1.0, 1.2, 5.0):
        for depth in (2, 3, 10, 30):
            deltas = deltas_by_depth(name, weight, depth)
            assert deltas.shape == (depth,) and deltas[-1] == 1
            # ELU's slope is y + 1, near 0 a difference of two numbers near 1
            assert deltas == pytest.approx(deltas_of(name, weight, depth), rel=1e-3, abs=0)


def test_deltas_by_depth_is_the_gradient_of_the_chain():
    """δ_k is what the last neuron's input changes by, for a little more input to neuron k."""
    weight, depth, h = 0.9, 6, 1e-5

    def last_input(extra, k):
        value = 1.0
        for i in range(depth):
            z = weight * value + extra * (i == k)
            value = math.tanh(z)
        return z

    measured = [(last_input(h, k) - last_input(-h, k)) / (2 * h) for k in range(depth)]
    assert deltas_by_depth("tanh", weight, depth) == pytest.approx(measured, rel=1e-8)


def lines_of(figure):
    """Label -> Line2D of the panel of |δ|."""
    return {line.get_label(): line for line in figure.axes[0].lines}


def verdict(first):
    if first == 1:
        return "it keeps its size"
    if first < 0.01:
        return "it vanishes"
    if first > 100:
        return "it explodes"
    return "it shrinks" if first < 1 else "it grows"


def test_the_deep_chain_is_judged_by_what_reaches_the_first_neuron():
    panel, verdicts, draw = panels("04")[4], set(), random.Random(0)
    ends = [
        (name, weight, depth)
        for name in ACTIVATIONS
        for weight in (-5.0, -0.1, 0.0, 1.0, 5.0)
        for depth in (2, 30)
    ]
    some = [
        (draw.choice([*ACTIVATIONS]), draw.randint(-50, 50) / 10, draw.randint(2, 30)) for _ in range(150)
    ]
    for name, weight, depth in [*ends, *some]:
        sentence = said(panel.draw(activation=name, weight=weight, depth=depth))
        first = abs(deltas_of(name, weight, depth)[0])
        every = {other: np.abs(deltas_of(other, weight, depth)) for other in ACTIVATIONS}
        same = [n for n in every if n != name and np.allclose(every[n], every[name], rtol=1e-3, atol=0)]
        *but_last, last = same or [""]
        also = (
            f" The same holds for {', '.join(but_last)}{' and ' if but_last else ''}{last}." if same else ""
        )
        start = f"{depth} {name} neurons, weight {full(weight)}: "
        if first == 0:
            why = "the weight is 0" if weight == 0 else "a ReLU neuron is off, so its slope is 0"
            assert weight == 0 or (name == "ReLU" and weight < 0)
            verdicts.add(why)
            assert sentence == (
                f"{start}δ is exactly 0 at the first neuron, because {why}. So the gradient of that neuron's "
                f"weight is 0 in this step. A 0 has no place on the log axis.{also}"
            )
            continue
        told = re.fullmatch(
            rf"{start}\|δ\| changes by a factor of (\S+) per layer on average\. The first neuron's \|δ\| is "
            rf"(\S+) times the last one's: (it [^.]+)\.{re.escape(also)}",
            sentence,
        )
        assert told, sentence
        assert about(told[1], first ** (1 / (depth - 1)), 1.96), sentence  # two digits, or nearly on a tie
        assert about(told[2], first, 1.96), sentence
        assert told[3] == verdict(first), sentence
        verdicts.add(told[3])
    assert len(verdicts) == 7


def test_what_a_weight_of_0_says_is_true_of_one_step():
    """The first weight's gradient is 0 now; after a step of the last weight it is not."""
    weights, x, target = np.zeros(3), 1.0, 0.2

    def gradients():
        values = [x]
        for weight in weights:
            values.append(sigmoid(weight * values[-1]))
        delta, found = (values[-1] - target) * values[-1] * (1 - values[-1]), []
        for k in (2, 1, 0):
            found.insert(0, delta * values[k])
            delta *= weights[k] * values[k] * (1 - values[k])
        return np.array(found)

    first = []
    for _ in range(4):
        first.append(gradients()[0])
        weights -= gradients()
    assert first[0] == 0 and first[-1] != 0


def test_the_deep_chains_lines_are_its_deltas():
    panel = panels("04")[4]
    chains = [("sigmoid", 1.0, 10), ("ReLU", -1.0, 10), ("ELU", -5.0, 30), ("tanh", 5.0, 30)]
    for name, weight, depth in [*chains, ("ReLU", 5.0, 30), ("Leaky ReLU", -0.1, 30)]:
        figure = panel.draw(activation=name, weight=weight, depth=depth).content
        lines, ax = lines_of(figure), figure.axes[0]
        for label, line in lines.items():
            if label == "the chosen one" or label in ACTIVATIONS:
                x, y = line.get_data()
                deltas = np.abs(deltas_of(name if label == "the chosen one" else label, weight, depth))
                assert list(x) == list(range(depth - 1, -1, -1))
                assert list(np.isnan(y)) == list(deltas == 0)
                np.testing.assert_allclose(y[deltas > 0], deltas[deltas > 0], rtol=1e-3)
                assert line.get_animated()
        low, high = ax.get_ylim()
        chosen = lines["the chosen one"].get_ydata()
        assert low <= np.nanmin(chosen) and np.nanmax(chosen) <= high, "it leaves the picture"
        assert all(low <= tick <= high for tick in ax.get_yticks()) and 1.0 in ax.get_yticks()
        assert ax.get_xlim() == (35.2, -0.6), "the output is at the right"
    drawn = [line for line in panel.draw().content.axes[0].lines if len(line.get_xdata()) > 1]
    assert len(drawn) == 7  # a line at 1, one for each activation, the chosen one


def test_each_lines_word_stands_at_its_end_and_on_no_other():
    panel = panels("04")[4]
    for place in positions(panel, most=150):
        ax = panel.draw(**place).content.axes[0]
        words = [line for line in ax.lines if line.get_linestyle() == "None"]
        assert len(words) == len(ACTIVATIONS)
        low, high = np.log10(ax.get_ylim())
        heights, one = [], -low / (high - low)
        for name, word in zip(ACTIVATIONS, words, strict=True):
            end = abs(deltas_of(name, place["weight"], place["depth"])[0])
            ((x, y),) = word.get_xydata()
            inside = end > 0 and low <= np.log10(end) <= high
            assert x == place["depth"] - 0.6 and bool(np.isfinite(y)) == inside, place
            if inside:
                heights.append((np.log10(y) - low) / (high - low))
                assert abs(heights[-1] - one) > 0.03, "it lies on the line at 1"
                assert abs(heights[-1] - (np.log10(end) - low) / (high - low)) < 0.36, "too far from its line"
        assert np.diff(sorted(heights)).min(initial=1) > 0.05, place


@pytest.mark.parametrize(
    ("place", "limits", "apart"),
    [
        ({}, (1e-15, 1e6), 3),
        ({"depth": 30}, (1e-50, 1e22), 10),
        ({"activation": "tanh", "weight": -5.0, "depth": 30}, (1e-140, 1e22), 20),
        ({"activation": "ReLU", "weight": 5.0, "depth": 30}, (1e-50, 1e22), 10),
    ],
)
def test_the_axis_is_as_long_as_the_chosen_line_needs(place, limits, apart):
    ax = panels("04")[4].draw(**place).content.axes[0]
    assert ax.get_ylim() == limits
    assert np.diff(np.log10(ax.get_yticks())) == pytest.approx(apart)


def test_an_axis_that_stays_is_not_drawn_again(monkeypatch):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    draw = panels("04")[4].draw
    draw(depth=5).views()
    drawn = []
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda canvas: drawn.append(canvas))
    draw(depth=6).views()
    assert drawn == []


def test_words_beside_the_axis():
    ax = panels("04")[4].draw().content.axes[0]
    assert {t.get_text(): t.get_position() for t in ax.texts} == {
        "explodes": (0.99, 0.94),
        "vanishes": (0.99, 0.06),
    }
    handles = [t.get_text() for t in ax.figure.legends[0].get_texts()]
    assert handles == ["the chosen one", *ACTIVATIONS]
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize(("number", "name", "start"), [(0, "step", 0), (3, "step", 0), (4, "depth", 2)])
def test_a_panel_that_is_to_be_predicted_starts_before_the_event(number, name, start):
    panel = panels("04")[number]
    assert panel.values()[name] == start == every_place(panel.controls[name])[0]


# the questions


def test_the_square_and_what_slips_give():
    x, y = Value(2), Value(3)
    z = (x + y) ** 2
    z.backward()
    assert ch04.SQUARE.answer == x.grad == y.grad
    assert set(ch04.SQUARE.mistakes) == {x.data + y.data, z.data, 2 * x.data}


def test_the_two_paths_and_what_slips_give():
    t1, t2 = Value(2), Value(3)
    x1, x2 = t1 + t2, t1 * t2
    (x1 * x2).backward()
    question, plus, times = ch04.TWO_PATHS, x1.grad * 1, x2.grad * t2.data
    assert question.answer == t1.grad == plus + times
    local, unswapped = 1 + t2.data, x1.data * 1 + x2.data * t2.data
    slips = {plus, times, plus * times, local, plus + x2.grad * t1.data, unswapped}
    assert set(question.mistakes) == slips and len(slips) == 6


def gradients_of_chain(x, W, target):
    """∂E/∂W of each weight, measured."""

    def cost(W):
        value = x
        for w in W:
            value = sigmoid(w * value)
        return (value - target) ** 2 / 2

    return numerical_gradient(cost, np.array(W, dtype=float))


def test_which_gradients_become_0():
    assert (np.abs(gradients_of_chain(0.0, [0.8, 1.5], 0.0)) > 1e-6).tolist() == [False, True]
    assert ch04.ZERO_X.answer == "∂E/∂W₁ alone" and sigmoid(0) == 0.5
    start = [0.8, -1.2, 0.0, 0.6]
    assert (np.abs(gradients_of_chain(1.0, start, 0.0)) > 1e-9).tolist() == [False, False, True, True]
    assert ch04.ZERO_W3.answer == "W₁ and W₂"


def test_how_much_ten_sigmoid_neurons_divide_by():
    slopes = [sigmoid(z) * (1 - sigmoid(z)) for z in np.linspace(-20, 20, 2001)]
    assert max(slopes) == 0.25
    least = (1 / max(slopes)) ** 9
    assert least == 4**9 == 262_144 <= 1 / deltas_of("sigmoid", 1.0, 10)[0]
    assert ch04.TEN_NEURONS.answer == "4⁹" and "is 262,144," in ch04.TEN_NEURONS.reason
    assert round(1e6 / least) == 4 and set(ch04.TEN_NEURONS.mistakes) == {"4¹⁰", "9 · 4", "4"}


def test_a_leaky_relu_chain_of_negative_weights_is_off_at_every_second_neuron():
    slopes, value = [], 1.0
    for _ in range(30):
        slopes.append(slope("Leaky ReLU", -value))
        value = g("Leaky ReLU", -value)
    assert slopes == 15 * [0.1, 1.0]
    deltas = np.abs(deltas_of("Leaky ReLU", -1.0, 30))
    assert (deltas > 0).all() and deltas[0] ** (1 / 29) == pytest.approx(0.3, abs=0.01)


def test_a_weight_of_5_makes_the_first_delta_much_smaller():
    for depth in (3, 10, 30):
        one, five = (deltas_of("sigmoid", weight, depth)[0] for weight in (1.0, 5.0))
        assert 0 < five < one / 10
    assert ch04.WEIGHT_5.answer == "much smaller"


# your turn


def right(W, values, target):
    """∂E/∂W, weight by weight, each as its whole product."""
    slopes = values[1:] * (1 - values[1:])
    return np.array([
        (values[-1] - target) * values[k] * np.prod(slopes[k:]) * np.prod(W[k + 1 :]) for k in range(len(W))
    ])  # fmt: skip


def with_the_h(W, values, target):
    return right(W, values, target) * np.append(values[1:-1], 1)


def walk(start=lambda v, t: (v[-1] - t) * v[-1] * (1 - v[-1]),
         step=lambda delta, W, v, k: delta * W[k] * v[k] * (1 - v[k]),
         gradient=lambda delta, v, k: delta * v[k]):  # fmt: skip
    """The way back with other lines."""

    def gradients(W, values, target):
        delta, found = start(values, target), []
        for k in reversed(range(len(W))):
            found.insert(0, gradient(delta, values, k))
            delta = step(delta, W, values, k)
        return found

    return gradients


def h_first(W, values, target):
    """The h in δ from the start, and the last gradient without a second one."""
    found = walk(lambda v, t: (v[-1] - t) * v[-1] * (1 - v[-1]) * v[-2])(W, values, target)
    found[-1] /= values[-2]
    return found


def h_every_time(W, values, target):
    """delta = delta * values[k] in the loop itself."""
    delta, found = (values[-1] - target) * values[-1] * (1 - values[-1]), []
    for k in reversed(range(len(W))):
        delta = delta * values[k]
        found.insert(0, delta)
        delta = delta * W[k] * values[k] * (1 - values[k])
    return found


def one_entry_wrong(W, values, target):
    found = right(W, values, target)
    found[0] *= 1.5
    found[2] += 0.1
    return found


def four_only(W, values, target):
    return right(W, values, target)[:4]


def stops(W, values, target):
    return values[len(W) + 1]


def halves(W, values, target):
    W *= 0.5
    return right(W, values, target)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda *a: -right(*a), "the sign is flipped"),
        (lambda *a: 2 * right(*a), "is 2 times too large: a factor is missing or too many"),
        (lambda *a: right(*a)[::-1], "The gradients stand last to first"),
        (with_the_h, "An h is kept in δ"),
        (h_first, "An h is kept in δ"),
        (h_every_time, "An h is kept in δ"),
        (walk(lambda v, t: (v[-1] - t) * v[-1] * (1 - v[-1]) * v[-2]), "An h is kept in δ"),
        (walk(lambda v, t: v[-1] - t), "δ starts as y − t"),
        (walk(lambda v, t: v[-1] * (1 - v[-1])), "The factor y − t is missing"),
        (walk(step=lambda d, W, v, k: d * W[k - 1] * v[k] * (1 - v[k])), "W[k], not W[k − 1]"),
        (walk(step=lambda d, W, v, k: d * v[k] * (1 - v[k])), "The weight is forgotten"),
        (walk(step=lambda d, W, v, k: d * W[k]), "The slope is forgotten"),
        (walk(step=lambda d, W, v, k: d * W[k] * v[k + 1] * (1 - v[k + 1])), "one neuron behind"),
        (one_entry_wrong, "The gradient of W[2] is wrong. It is the first one wrong on the way back."),
        (four_only, "has the shape (4,), expected (5,)"),
        (lambda *a: right(*a)[-1], "is one number, expected an array of shape (5,)"),
        (stops, "It stops with IndexError"),
        (halves, "it changes its inputs in place"),
    ],
)
def test_a_wrong_loop_over_the_layers_gets_its_reason(attempt, words):
    reply = ch04.check_gradients(attempt)
    assert reply.right is False and words in repr(reply)


def test_a_right_loop_is_right_and_every_gradient_counts():
    assert ch04.check_gradients(right).right
    assert ch04.check_gradients(lambda *a: list(right(*a))).right
    for k in range(5):

        def wrong_at(*a, k=k):
            found = right(*a)
            found[k] *= 1.01
            return found

        assert not ch04.check_gradients(wrong_at).right
