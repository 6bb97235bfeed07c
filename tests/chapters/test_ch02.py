"""Chapter 02: what its pictures show and say, against arithmetic of the test's own."""

import math
import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import product

import numpy as np
import pytest
from backprop import Elu, LeakyRelu, Maxout, Relu
from backprop.chapters import ch02_fire as ch02
from backprop.explore.figures import png
from backprop.explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, PAPER, PARAMETER
from matplotlib.colors import same_color

from notebooks import panels, positions, ran, said

ROWS = [(0, 0), (1, 0), (0, 1), (1, 1)]
GATES = {
    "AND": lambda x1, x2: x1 and x2,
    "OR": lambda x1, x2: x1 or x2,
    "NAND": lambda x1, x2: not (x1 and x2),
    "XOR": lambda x1, x2: x1 != x2,
}
TABLES = {
    **GATES,
    "NOR": lambda x1, x2: not (x1 or x2),
    "always 0": lambda x1, x2: False,
    "always 1": lambda x1, x2: True,
    "x₁": lambda x1, x2: x1,
    "x₂": lambda x1, x2: x2,
    "not x₁": lambda x1, x2: not x1,
    "not x₂": lambda x1, x2: not x2,
    "x₁ and not x₂": lambda x1, x2: x1 and not x2,
    "x₂ and not x₁": lambda x1, x2: x2 and not x1,
    "x₂ or not x₁": lambda x1, x2: x2 or not x1,
    "x₁ or not x₂": lambda x1, x2: x1 or not x2,
}


def panel(which):
    return panels("02")[which]


def table(name):
    return [int(bool(TABLES[name](*row))) for row in ROWS]


def value(text):
    return float(text.replace("−", "-").replace(",", ""))


def plain(number):
    """A number with at most two decimals as the course writes it."""
    return f"{round(number, 9) + 0.0:g}".replace("-", "−")


def factor(number):
    return f"({plain(number)})" if number < 0 else plain(number)


def shapes(picture, tag):
    """The attributes of all shapes of a kind, numbers as numbers; "words" is what a text says."""
    root = ET.fromstring(picture.content)
    assert root.find("{*}desc").text == picture.sentence
    found = []
    for element in root.iter(f"{{http://www.w3.org/2000/svg}}{tag}"):
        shape = dict(element.attrib, words=element.text)
        for name in ("x", "y", "cx", "cy", "r", "x1", "y1", "x2", "y2", "stroke-width"):
            if name in shape:
                shape[name] = float(shape[name])
        found.append(shape)
    return found


def words(picture):
    return [shape["words"] for shape in shapes(picture, "text")]


def at(picture, word):
    """The places and colors of all texts that say this word."""
    return [(s["x"], s["y"], s["fill"]) for s in shapes(picture, "text") if s["words"] == word]


# the nerve cell


def test_the_nerve_cell_at_every_position():
    for place in positions(panel(0)):
        e, i, threshold = place.values()
        fires = e - i >= threshold
        picture = panel(0).draw(**place)
        end = "the cell fires, and its signal goes on." if fires else "the cell stays silent."
        assert said(picture) == f"{e} − {i} = {plain(e - i)}, the threshold is {threshold}: {end}"
        assert [x[2] for x in at(picture, "+1")] == [FORWARD] * e
        assert [x[2] for x in at(picture, "−1")] == [BACKWARD] * i
        assert len(at(picture, f"sum {plain(e - i)}")) == len(at(picture, f"needs {threshold}")) == 1
        assert [len(at(picture, word)) for word in ("fires", "silent")] == [fires, not fires]
        arrows = [line for line in shapes(picture, "line") if line["x1"] == 110]
        colors = [FORWARD] * e + [FAINT] * (6 - e) + [BACKWARD] * i + [FAINT] * (4 - i)
        assert [line["stroke"] for line in arrows] == colors
        assert ["stroke-dasharray" in line for line in arrows] == [False] * 6 + [True] * 4
        for word in at(picture, "+1") + at(picture, "−1"):  # each beside its own arrow
            assert any(line["y1"] + 5 == word[1] and line["stroke"] == word[2] for line in arrows)
        lit = HIGHLIGHT if fires else FAINT
        (axon,) = [line for line in shapes(picture, "line") if line["stroke-width"] == 9]
        assert (axon["stroke"], axon["x1"], axon["x2"]) == (lit, 360 + 56, 580)
        *terminals, body = shapes(picture, "circle")
        assert [dot["fill"] for dot in terminals] == [lit] * 3
        assert body["stroke"] == (HIGHLIGHT if fires else DATA)
        assert {"dendrites", "cell body", "axon", "axon terminals"} <= set(words(picture))


# the perceptron


def test_the_perceptron_says_its_sum_and_what_leaves_it():
    reached = set()
    crumbs = {"x": 1.5, "a": -1.4, "b": 2.1, "activation": "sigmoid"}  # in floats their sum is not 0
    for place in [*positions(panel(1), most=700), crumbs]:
        x, a, b, activation = place.values()
        total = round(a * x + b, 9)
        begin = f"{plain(a)} · {factor(x)} + {factor(b)} = {plain(total)}, "
        sentence = said(panel(1).draw(**place))
        assert sentence.startswith(begin), (place, sentence)
        rest = sentence.removeprefix(begin)
        if activation == "identity":
            assert rest == "passed on as it is, as in linear regression."
            y = total
        elif activation == "step":
            y = int(total >= 0)
            assert rest == ("at least 0, so it fires: 1." if y else "below 0, so it stays silent: 0.")
        else:
            y = 1 / (1 + math.exp(-total))
            found = re.fullmatch(r"and σ\((.+)\) ([=≈]) (.+), a number between 0 and 1\.", rest)
            assert found[1] == plain(total)
            assert 0 < value(found[3]) < 1 and value(found[3]) == pytest.approx(y, rel=6e-4)
            assert (found[2] == "=") == (total == 0)
        reached.add((activation, y >= 0.5))
        texts = {s["words"]: s for s in shapes(panel(1).draw(**place), "text")}
        assert f"a = {plain(a)}" in texts and f"b = {plain(b)}" in texts and activation in texts
        assert texts[f"a = {plain(a)}"]["fill"] == PARAMETER
        values = sorted(
            (s["x"], value(s["words"])) for s in texts.values() if s["fill"] == FORWARD and s["words"]
        )
        assert [v for _, v in values][-1] == pytest.approx(y, rel=6e-4), place
    assert reached == set(product(("identity", "step", "sigmoid"), (True, False)))


def test_the_perceptron_shows_each_value_above_its_node():
    picture = panel(1).draw(x=-3.0, a=1.5, b=-0.25, activation="step")
    nodes = {s["words"]: s["x"] for s in shapes(picture, "text") if s["words"] in {"x", "1", "Σ", "f", "y"}}
    shown = {s["words"]: s["x"] for s in shapes(picture, "text") if s["fill"] == FORWARD and s["words"]}
    assert shown == {"−3": nodes["x"], "−4.75": nodes["Σ"], "0": nodes["y"]}
    assert nodes["x"] == nodes["1"] < nodes["Σ"] < nodes["f"] < nodes["y"]
    headings = [at(picture, word)[0][0] for word in ("inputs", "weighted sum", "activation", "output")]
    assert headings == [nodes["x"], nodes["Σ"], nodes["f"], nodes["y"]]
    assert at(picture, "step")[0][0] == nodes["f"]


# gates


def rule(w1, w2, threshold):
    return f"{plain(w1)} · x₁ {'−' if w2 < 0 else '+'} {plain(abs(w2))} · x₂ ≥ {plain(threshold)}"


def test_the_gate_says_its_table_and_how_many_rows_are_right():
    named, counts = set(), set()
    for place in positions(panel(2), most=1500):
        w1, w2, threshold, target = place.values()
        outputs = [int(w1 * x1 + w2 * x2 >= threshold) for x1, x2 in ROWS]
        right = sum(y == t for y, t in zip(outputs, table(target), strict=True))
        sentence = said(panel(2).draw(**place))
        found = re.fullmatch(r"The neuron fires where (.+): in the table, that is ([^.]+)\. (.+)", sentence)
        assert found[1] == rule(w1, w2, threshold)
        assert table(found[2]) == outputs and (found[2] == target) == (right == 4)
        verdict = f"For {target}, {right} of 4 rows {'is' if right == 1 else 'are'} right."
        more = " More is not possible with one straight line." * (target == "XOR" and right == 3)
        assert found[3] == ("All 4 rows are right." if right == 4 else verdict + more)
        named.add(found[2])
        counts.add(right)
    assert named == set(TABLES) - {"XOR"} and counts == {0, 1, 2, 3, 4}


def test_no_place_of_the_sliders_gives_xor():
    steps = np.arange(-8, 9) / 4
    w1, w2, threshold = np.meshgrid(steps, steps, steps)
    fires = [w1 * x1 + w2 * x2 >= threshold for x1, x2 in ROWS]
    assert not (~fires[0] & fires[1] & fires[2] & ~fires[3]).any()


def square(x, y, left=60, top=20, size=300):
    """Where a point of the plane from −0.5 to 1.5 stands on the picture, in px."""
    return left + (x + 0.5) / 2 * size, top + (1.5 - y) / 2 * size


def corners(picture, fill="#d3ede4"):
    """The corners of the green parts."""
    found = [s for s in shapes(picture, "polygon") if s["fill"] == fill]
    return [[tuple(map(float, p.split(","))) for p in s["points"].split()] for s in found]


def covers(polygon, x, y):
    """Whether a convex polygon holds a point."""
    turns = [
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    ]
    return max(turns) <= 0 or min(turns) >= 0


def test_the_gate_is_green_where_it_fires_and_its_line_is_the_edge(rng):
    spots = rng.uniform(-0.5, 1.5, (12, 2))
    lines = 0
    for place in positions(panel(2), most=250):
        w1, w2, threshold, _ = place.values()
        picture = panel(2).draw(**place)
        green = corners(picture)
        for x, y in spots:
            if abs(w1 * x + w2 * y - threshold) > 0.02:
                shown = bool(green) and len(green[0]) > 2 and covers(green[0], *square(x, y))
                assert shown == (w1 * x + w2 * y >= threshold), (place, x, y)
        blue = [s for s in shapes(picture, "line") if s["stroke"] == PARAMETER]
        edges = [w1 * x + w2 * y - threshold for x, y in product((-0.5, 1.5), repeat=2)]
        assert len(blue) == (min(edges) < 0 < max(edges)) or min(map(abs, edges)) == 0
        for line in blue:
            lines += 1
            for px, py in ((line["x1"], line["y1"]), (line["x2"], line["y2"])):
                x, y = (px - 60) / 150 - 0.5, 1.5 - (py - 20) / 150
                assert w1 * x + w2 * y == pytest.approx(threshold, abs=0.01)
                assert max(abs(x - 0.5), abs(y - 0.5)) == pytest.approx(1, abs=0.001)  # on the frame
            assert math.hypot(line["x1"] - line["x2"], line["y1"] - line["y2"]) > 1
    assert lines > 60


def test_the_gate_shows_each_point_and_row():
    for place in positions(panel(2), most=120):
        w1, w2, threshold, target = place.values()
        picture = panel(2).draw(**place)
        wanted = table(target)
        sums = [w1 * x1 + w2 * x2 for x1, x2 in ROWS]
        right = [(s >= threshold) == t for s, t in zip(sums, wanted, strict=True)]
        dots = [(s["cx"], s["cy"], s["fill"]) for s in shapes(picture, "circle")]
        assert dots == [(*square(*row), DATA if t else PAPER) for row, t in zip(ROWS, wanted, strict=True)]
        crosses = [square(*row) for row, ok in zip(ROWS, right, strict=True) if not ok]
        assert [(x - 26, y - 8) for x, y, _ in at(picture, "✗")] == crosses
        cells = [s for s in shapes(picture, "text") if s["x"] in (440, 490, 560, 630, 705) and s["y"] > 74]
        for k, (row, s, t, ok) in enumerate(zip(ROWS, sums, wanted, right, strict=True)):
            shown = [cell for cell in cells if cell["y"] == 104 + 38 * k]
            expected = [*map(str, row), plain(s), str(int(s >= threshold)), f"{t} {'✓' if ok else '✗'}"]
            assert [cell["words"] for cell in shown] == expected
            assert {cell["fill"] for cell in shown} == {DATA if ok else BACKWARD}
        heads = [s["words"] for s in shapes(picture, "text") if s["y"] == 62]
        assert heads == ["x₁", "x₂", "sum", "fires", target]
        key = [s for s in shapes(picture, "text") if s["words"] in ("fires where", rule(w1, w2, threshold))]
        assert [(s["x"], s["y"], s["fill"]) for s in key] == [(442, 291, PARAMETER), (442, 315, PARAMETER)]
        assert 442 + 9 * len(rule(w1, w2, threshold)) < 760, "the rule leaves the picture"


def test_what_the_prose_says_of_gates():
    """AND above 1 and up to 2, OR above 0 and up to 1, NAND with −1, −1 above −2 and up to −1; NOR."""

    def gives(name, w1, w2, threshold):
        return [int(w1 * x1 + w2 * x2 >= threshold) for x1, x2 in ROWS] == table(name)

    for threshold in np.arange(-40, 41) / 16:
        assert gives("AND", 1, 1, threshold) == (1 < threshold <= 2)
        assert gives("OR", 1, 1, threshold) == (0 < threshold <= 1)
        assert gives("NAND", -1, -1, threshold) == (-2 < threshold <= -1)
    assert said(panel(2).draw(-1.0, -1.0, -0.5, "AND")).split("that is ")[1].startswith("NOR.")


# XOR from two layers


@pytest.mark.parametrize("row", [1, 2, 3, 4])
def test_xor_from_two_layers(row):
    x1, x2 = ROWS[row - 1]
    s1, s2 = int(not (x1 and x2)), int(x1 or x2)
    y = int(x1 != x2)
    picture = panel(3).draw(row=row)
    assert said(picture) == (
        f"x₁ = {x1}, x₂ = {x2}: NAND gives s₁ = {s1}, OR gives s₂ = {s2}, and AND of these gives y = {y}. "
        f"The point ({x1}, {x2}) has moved to ({s1}, {s2})."
    )
    texts = shapes(picture, "text")
    nodes = {s["words"]: (s["x"], s["y"] - 6) for s in texts if s["words"] in {"x₁", "x₂", "s₁", "s₂", "y"}
             and s.get("font-size") == "18"}  # fmt: skip
    circles = {(s["cx"], s["cy"]): s for s in shapes(picture, "circle")}
    ones = {"x₁": x1, "x₂": x2, "s₁": s1, "s₂": s2, "y": y}
    assert nodes.keys() == ones.keys()
    for name, one in ones.items():
        assert circles[nodes[name]]["stroke"] == (HIGHLIGHT if one else DATA)
        above = [s["words"] for s in texts if s["x"] == nodes[name][0] and s["y"] == nodes[name][1] - 33]
        assert above == [str(one)]
    thick = [s for s in shapes(picture, "line") if s["stroke"] == HIGHLIGHT]
    assert len(thick) == 2 * (x1 + x2) + s1 + s2
    weights = [s["words"] for s in texts if s["fill"] == PARAMETER]
    assert sorted(weights) == sorted(["−1", "1", "−1", "1", "1", "1"])
    rings = [(s["cx"], s["cy"]) for s in shapes(picture, "circle") if s["r"] == 20]
    assert len(rings) == len(set(rings)) == 2
    assert rings == [square(x1, x2, 100, 318, 230), square(s1, s2, 470, 318, 230)]


def test_the_strip_and_the_half_of_xor_are_green_where_xor_is(rng):
    left, right = corners(panel(3).draw())
    for x, y in rng.uniform(-0.5, 1.5, (200, 2)):
        assert covers(left, *square(x, y, 100, 318, 230)) == (0.5 <= x + y <= 1.5)
        assert covers(right, *square(x, y, 470, 318, 230)) == (x + y >= 1.5)
    picture = panel(3).draw()
    filled = [(s["cx"], s["cy"]) for s in shapes(picture, "circle") if s["r"] == 14 and s["fill"] == DATA]
    hollow = [(s["cx"], s["cy"]) for s in shapes(picture, "circle") if s["r"] == 14 and s["fill"] == PAPER]
    here, moved = (100, 318, 230), (470, 318, 230)
    assert filled == [square(1, 0, *here), square(0, 1, *here), square(1, 1, *moved)]
    assert hollow == [square(0, 0, *here), square(1, 1, *here), square(1, 0, *moved), square(0, 1, *moved)]
    assert len([s for s in shapes(picture, "line") if s["stroke"] == PARAMETER]) == 3
    assert {"NAND: fires from −1.5", "OR: fires from 0.5", "AND: fires from 1.5"} <= set(words(picture))


# activations


def f_of(which, place):
    """The activation of a panel as a function of a number, in the test's own formulas."""
    if which == 4:
        return {
            "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
            "tanh": lambda x: (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1),
            "ReLU": lambda x: x if x > 0 else 0.0,
        }[place["function"]]
    if which == 5:
        return lambda x: max(place["slope"] * x, x)
    if which == 6:
        return lambda x: x if x >= 0 else place["scale"] * (math.exp(x) - 1)
    return lambda x: max(place["w1"] * x + place["b1"], place["w2"] * x + place["b2"])


def sides(f, x, h=1e-6):
    """The slopes of f just left and right of x."""
    return (f(x) - f(x - h)) / h, (f(x + h) - f(x)) / h


def ties():
    """Places of Maxout where both lines meet, cross or are one."""
    for w1, w2, b1, x in product((-2.0, -0.3, 0.0, 1.0), (-2.0, 0.7, 1.0), (-0.5, 1.1), (-1.0, 0.0, 0.3)):
        b2 = round(w1 * x + b1 - w2 * x, 1)
        if abs(b2 + w2 * x - b1 - w1 * x) < 1e-9 and abs(b2) <= 2:
            yield {"x": x, "w1": w1, "b1": b1, "w2": w2, "b2": b2}


CURVES = [4, 5, 6, 7]


@pytest.mark.parametrize("which", CURVES)
def test_an_activation_says_its_value_its_derivative_and_what_that_does(which):
    reached = set()
    for place in [
        *positions(panel(which), most=900 if which == 7 else 1800),
        *(ties() if which == 7 else ()),
    ]:
        f, x = f_of(which, place), place["x"]
        left, right = sides(f, x)
        sentence = said(panel(which).draw(**place))
        found = re.match(r".* (?:at|x =) .*?x?\b.*?f\(x\) ([=≈]) ([−\d.]+), (.*)$", sentence)
        assert f" at x = {plain(x)}" in sentence and found, sentence
        assert value(found[2]) == pytest.approx(f(x), rel=6e-4, abs=1e-9)
        assert (found[1] == "=") == (abs(value(found[2]) - f(x)) < 1e-12)
        kink = abs(left - right) > 1e-3
        assert kink == found[3].startswith("a kink. There is no derivative; by convention f′(x) = "), sentence
        if kink:
            convention = value(re.search(r"f′\(x\) = ([−\d.]+)\.$", sentence)[1])
            layer = {4: Relu(), 5: LeakyRelu(place.get("slope")), 6: Elu(place.get("scale"))}.get(which)
            if layer:
                layer.forward(np.zeros(1))
                assert convention == layer.backward(np.ones(1))[0]
            else:
                assert convention == place["w1"]
            reached.add("kink")
            continue
        shown, verdict = re.match(r"f′\(x\) [=≈] ([−\d.]+)\. (.*)$", found[3]).groups()
        slope = (left + right) / 2
        assert value(shown) == pytest.approx(slope, rel=6e-4, abs=2e-6)
        expected = (
            "Flat: no gradient gets back through it."
            if abs(slope) < 1e-6
            else "The gradient gets back unchanged."
            if abs(slope - 1) < 1e-6
            else "Nearly flat: less than a twentieth of the gradient gets back."
            if abs(slope) < 0.05 - 1e-6
            else "The gradient is multiplied by that on its way back."
        )
        assert verdict == expected, sentence
        assert (shown == "1") == (expected == "The gradient gets back unchanged."), sentence
        reached.add(expected)
    kinds = {"kink", "Flat: no gradient gets back through it.", "The gradient gets back unchanged."}
    kinds |= {"The gradient is multiplied by that on its way back."}
    if which in (4, 6):  # the slopes of the others are 0, or at least 0.05
        kinds |= {"Nearly flat: less than a twentieth of the gradient gets back."}
    assert reached == kinds


def test_maxout_takes_the_first_lines_weight_where_both_meet():
    """The library does what the panel calls the convention, where the sums are exactly equal."""
    layer = Maxout([[2.0]], [0.0], [[-1.0]], [0.0])
    layer.forward(np.zeros((1, 1)))
    assert layer.backward(np.ones((1, 1))) == [[2.0]]
    assert said(panel(7).draw(x=0.0, w1=2.0, b1=0.0, w2=-1.0, b2=0.0)) == (
        "Maxout at x = 0, where both sums are 0: f(x) = 0, a kink. There is no derivative; "
        "by convention f′(x) = 2."
    )


def test_maxout_says_both_sums():
    for place in [*positions(panel(7), most=250), *ties()]:
        first, second = (round(place[w] * place["x"] + place[b], 9) for w, b in (("w1", "b1"), ("w2", "b2")))
        begin = f"Maxout at x = {plain(place['x'])}"
        if first == second:
            begin += f", where both sums are {plain(first)}: f(x) = {plain(first)}, "
        else:
            begin += f" takes the larger of {plain(first)} and {plain(second)}: "
            begin += f"f(x) = {plain(max(first, second))}, "
        assert said(panel(7).draw(**place)).startswith(begin), place


@pytest.mark.parametrize("which", CURVES)
def test_an_activation_is_drawn_with_its_point_and_tangent_inside_the_frame(which):
    for place in [*positions(panel(which), most=100), *(ties() if which == 7 else ())]:
        f, x = f_of(which, place), place["x"]
        left_ax, right_ax = panel(which).draw(**place).content.axes
        left, right = sides(f, x)
        curve, tangent, dot = (line(left_ax, color) for color in (FORWARD, BACKWARD, HIGHLIGHT))
        slopes, slope_dot = line(right_ax, BACKWARD), line(right_ax, HIGHLIGHT)
        assert np.allclose(curve[0], np.linspace(-4, 4, 401))
        assert np.allclose(curve[1], [f(v) for v in curve[0]], atol=1e-12)
        assert dot[0] == [x] and dot[1] == pytest.approx([f(x)], abs=1e-12)
        for ax, (px, py) in ((left_ax, dot), (right_ax, slope_dot)):
            (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
            assert x0 < px < x1 and y0 < py < y1, f"the dot leaves the frame at {place}"
        if abs(left - right) > 1e-3:
            assert np.isnan(tangent).all()
            assert min(abs(slope_dot[1] - left), abs(slope_dot[1] - right)) < 1e-3
        else:
            assert slope_dot[1] == pytest.approx((left + right) / 2, abs=1e-5) and slope_dot[0] == [x]
            (xa, xb), (ya, yb) = tangent
            assert (ya + yb) / 2 == pytest.approx(f(x), abs=1e-9) and (xa + xb) / 2 == pytest.approx(x)
            assert (yb - ya) / (xb - xa) == pytest.approx(slope_dot[1][0], abs=1e-9)
            assert math.hypot(xb - xa, yb - ya) == pytest.approx(2.4)
        known = ~np.isnan(slopes[1])
        assert (~known).sum() <= 2
        for v, slope in slopes.T[known][::16]:
            near = sides(f, v)
            assert min(near) - 1e-3 < slope < max(near) + 1e-3
        jumps = np.abs(np.diff(slopes[1])) > 0.05
        assert not jumps.any(), f"the derivative's jump is drawn as a line at {place}"
        if which == 7:
            dotted = [a for a in left_ax.lines if a.get_animated() and same_color(a.get_color(), PARAMETER)]
            for artist, (w, b) in zip(dotted, (("w1", "b1"), ("w2", "b2")), strict=True):
                drawn = np.array(artist.get_data(), dtype=float).reshape(2, -1)
                assert np.allclose(drawn[1], place[w] * drawn[0] + place[b])


def line(ax, color):
    """The x and y of the moving line that has this color, (2, N)."""
    (found,) = [
        artist for artist in ax.lines if artist.get_animated() and same_color(artist.get_color(), color)
    ]
    return np.array([np.ravel(data) for data in found.get_data()], dtype=float)


@pytest.mark.parametrize(
    ("which", "place", "formula", "derivative"),
    [
        (4, {"function": "sigmoid"}, "f(x) = 1 / (1 + e⁻ˣ)", "f′(x) = f(x) · (1 − f(x))"),
        (4, {"function": "tanh"}, "f(x) = tanh x", "f′(x) = 1 − f(x)²"),
        (4, {"function": "ReLU"}, "f(x) = max(0, x)", "f′(x) = 1 for x > 0, else 0"),
        (5, {}, "f(x) = max(slope · x, x)", "f′(x) = 1 for x > 0, else slope"),
        (6, {}, "f(x) = x,  or scale · (eˣ − 1) for x < 0", "f′(x) = 1,  or scale · eˣ for x < 0"),
        (7, {}, "f(x) = max(w₁x + b₁,  w₂x + b₂)", "f′(x) = the w of the larger sum"),
    ],
)
def test_each_activation_has_its_formulas(which, place, formula, derivative):
    left, right = panel(which).draw(**place).content.axes
    assert (left.get_title(), right.get_title()) == (formula, derivative)
    zero = [
        [artist.get_xydata().tolist() for artist in ax.lines if not artist.get_animated()]
        for ax in (left, right)
    ]
    assert zero == [[[[0, 0], [1, 0]], [[0, 0], [0, 1]]]] * 2
    assert all(same_color(artist.get_color(), MUTED) for artist in left.lines if not artist.get_animated())


def test_slopes_that_are_compared_have_equal_scales():
    """Maxout's sums reach farther; its picture stands alone."""
    drawn = [panel(4).draw(function=name).content for name in ("sigmoid", "tanh", "ReLU")]
    drawn += [panel(which).draw().content for which in (5, 6)]
    limits = {tuple(ax.get_xlim() + ax.get_ylim() for ax in figure.axes) for figure in drawn}
    assert len(limits) == 1
    for figure in drawn:
        png(figure)  # only a drawn figure has its layout
        box = figure.axes[0].get_window_extent()
        assert box.height / box.width == pytest.approx(1, abs=0.05), "a slope of 1 must rise at 45°"


# weights that never part


@cache
def trained():
    """The chapter's 11 trainings, in the test's own NumPy: losses, weights from x₁ and x₂, outputs.

    Arrays with a first axis for the iteration and a second for the gap 0, 0.1, …, 1.
    """
    x, t = np.array(ROWS, float), np.array([0.0, 1, 1, 0])[:, None]
    gaps = np.arange(11) / 10
    W1 = np.full((11, 2, 2), 0.5)
    W1[:, :, 1] += gaps[:, None]
    b1, W2, b2 = np.zeros((11, 1, 2)), np.ones((11, 2, 1)), np.zeros((11, 1, 1))
    loss, weights, outputs = [], [], []
    for _ in range(2001):
        s = 1 / (1 + np.exp(-(x @ W1 + b1)))
        y = 1 / (1 + np.exp(-(s @ W2 + b2)))
        loss.append(((y - t) ** 2).mean(axis=(1, 2)))
        weights.append(W1.copy())
        outputs.append(y[:, :, 0])
        dy = 2 * (y - t) / 4 * y * (1 - y)
        ds = dy @ W2.transpose(0, 2, 1) * s * (1 - s)
        W2, b2 = W2 - 2 * s.transpose(0, 2, 1) @ dy, b2 - 2 * dy.sum(axis=1, keepdims=True)
        W1, b1 = W1 - 2 * x.T @ ds, b1 - 2 * ds.sum(axis=1, keepdims=True)
    return np.array(loss), np.array(weights), np.array(outputs)


def test_the_measured_trainings_are_those_of_the_formulas():
    """The chapter measures its derivatives; the test's own come from the chain rule."""
    loss, weights, outputs = trained()
    names = ran("02")[0]
    history = np.array(names["history"])
    assert history.shape == (2001, 9, 11)
    for rows, node in (((0, 1), 0), ((3, 4), 1)):
        np.testing.assert_allclose(history[:, rows].swapaxes(1, 2), weights[..., node], atol=1e-7)
    np.testing.assert_allclose([names["outputs"](p).T for p in history[::100]], outputs[::100], atol=1e-8)
    np.testing.assert_allclose([names["loss"](p) for p in history[::100]], loss[::100], atol=1e-8)
    assert (history[:, 0:3, 0] == history[:, 3:6, 0]).all() and (history[:, 6, 0] == history[:, 7, 0]).all()


def test_the_replay_starts_at_its_start():
    assert panel(8).values() == {"gap": 0.0, "iteration": 0} and panel(1).values()["x"] == 0


def test_the_replay_of_xor_says_what_was_learned_at_every_position():
    loss, weights, outputs = trained()
    reached = set()
    for place in positions(panel(8)):
        k, i = round(place["gap"] * 10), place["iteration"]
        sentence = said(panel(8).draw(**place))
        found = re.fullmatch(
            r"Gap (\d\.\d), iteration ([\d,]+): weights ([−\d.]+) and ([−\d.]+), (.*)\. "
            r"Outputs ([\d.]+), ([\d.]+), ([\d.]+), ([\d.]+), (.*); loss (0\.\d{3})\.",
            sentence,
        )
        assert (float(found[1]), value(found[2])) == (k / 10, i)
        assert [value(n) for n in found.groups()[2:4]] == pytest.approx(weights[i, k, 0], abs=0.00501)
        assert found[5] == ("so the nodes differ" if k else "exactly equal: two nodes act as one")
        if k:
            assert found[3] != found[4]
        assert [value(n) for n in found.groups()[5:9]] == pytest.approx(outputs[i, k], abs=0.00501)
        wrong = sum((y > 0.5) != (x1 != x2) for y, (x1, x2) in zip(outputs[i, k], ROWS, strict=True))
        assert found[10] == (
            f"{wrong} of 4 on the wrong side of 0.5" if wrong else "each on its target's side of 0.5"
        )
        assert value(found[11]) == pytest.approx(loss[i, k], abs=0.000501)
        reached.add((k > 0, wrong))
    assert reached >= {(False, 1), (True, 0), (True, 1), (True, 2)}


def test_no_number_of_the_replay_hangs_on_the_last_digits_of_the_arithmetic():
    """Rounded numbers and verdicts stay far from where they turn, at every position of the sliders."""
    loss, weights, outputs = (values[::50] for values in trained())
    assert np.abs(outputs - 0.5).min() > 1e-3
    for values, digits in ((loss, 3), (weights[:, :, 0], 2), (outputs, 2)):
        moved = (values * 10**digits) % 1
        if digits == 2 and values is not outputs:
            moved = moved[1:]  # 0.5 and 0.6 themselves are exact
        assert np.abs(moved - 0.5).min() / 10**digits > 1e-7


def test_the_replay_draws_weights_and_loss_up_to_the_iteration():
    loss, weights, _ = trained()
    left, right = panel(8).draw().content.axes
    for place in [
        {"gap": 0.0, "iteration": 2000},
        {"gap": 0.3, "iteration": 0},
        {"gap": 1.0, "iteration": 750},
    ]:
        k, i = round(place["gap"] * 10), place["iteration"]
        panel(8).draw(**place)
        first, second, *dots = [artist for artist in left.lines if artist.get_animated()]
        for node, (artist, dot) in enumerate(zip((first, second), dots, strict=True)):
            assert list(artist.get_xdata()) == list(range(i + 1))
            assert np.allclose(artist.get_ydata(), weights[: i + 1, k, 0, node], atol=1e-6)
            assert artist.get_label() == f"into hidden node {node + 1}"
            assert list(dot.get_xdata()) == [i] and dot.get_ydata() == [artist.get_ydata()[-1]]
        assert np.allclose(line(right, DATA)[1], loss[: i + 1, k], atol=1e-6)
        assert line(right, HIGHLIGHT)[0] == [i] and line(right, HIGHLIGHT)[1] == line(right, DATA)[1][-1]
    for ax, values in ((left, weights[:, :, 0]), (right, loss)):
        low, high = ax.get_ylim()
        assert low < values.min() and values.max() < high < values.max() + 0.12 * np.ptp(values)
        assert ax.get_xlim()[0] < 0 and ax.get_xlim()[1] > 2000
    assert (left.get_title(), right.get_title()) == ("Weights from x₁", "Loss")


def test_what_the_prose_says_of_the_trainings():
    """At gap 0 the loss stays above 1/6, in and out weights stay equal; x₂'s weights equal x₁'s."""
    loss, weights, _ = trained()
    assert loss[:, 0].min() > 1 / 6 and (np.diff(loss[:, 0]) < 0).all()
    assert (weights[:, 0, :, 0] == weights[:, 0, :, 1]).all()
    assert loss[-1, 1:].max() < 0.001
    assert np.allclose(weights[:, :, 0], weights[:, :, 1], atol=1e-9)
    assert 0.5 * (1 - 0.5) == 0.25


# the questions


def test_what_the_line_passes_on():
    a, b, x = 1.4, 0.9, 2
    assert ch02.PASSED_ON.answer == pytest.approx(a * x + b)
    wanted = [a * x, (a + b) * x, a + b * x, float(a * x + b >= 0)]
    assert list(ch02.PASSED_ON.mistakes) == pytest.approx(wanted)
    assert said(panel(1).draw(x=2.0)).startswith("1.4 · 2 + 0.9 = 3.7, passed on as it is")


def fires(w1, w2, threshold):
    """The name of what the neuron does, by the table."""
    outputs = [int(w1 * x1 + w2 * x2 >= threshold) for x1, x2 in ROWS]
    return next(name for name in TABLES if table(name) == outputs)


def test_the_threshold_of_or():
    does = {text: fires(1, 1, float(text)) for text in ch02.OR.choices}
    assert [text for text in does if does[text] == "OR"] == [ch02.OR.answer]
    says = {"always 1": "always fires", "AND": "AND"}
    assert all(says[does[text]] in why for text, why in ch02.OR.mistakes.items())


def test_the_neuron_of_nand():
    does = {}
    for text in ch02.NAND.choices:
        weight, threshold = map(value, re.fullmatch("weights (.+), threshold (.+)", text).groups())
        does[text] = fires(weight, weight, threshold)
    assert [text for text in does if does[text] == "NAND"] == [ch02.NAND.answer]
    says = {"always 1": "always fires", "always 0": "never fires", "AND": "AND"}
    assert all(says[does[text]] in why for text, why in ch02.NAND.mistakes.items())


def test_one_neuron_gets_three_rows_of_xor():
    """At every place of the panel's sliders."""
    steps = np.arange(-8, 9) / 4
    sums = np.meshgrid(steps, steps, steps)
    right = sum((sums[0] * x1 + sums[1] * x2 >= sums[2]) == (x1 != x2) for x1, x2 in ROWS)
    assert right.max() == ch02.XOR_ROWS.answer and set(ch02.XOR_ROWS.mistakes) == {4, 2, 1}
    assert table("XOR").count(0) == 2, "what never fires is right in two rows"
    for name, missed in (("OR", (1, 1)), ("NAND", (0, 0))):
        off = [row for row, a, b in zip(ROWS, table(name), table("XOR"), strict=True) if a != b]
        assert off == [missed] and f"{name} misses only {missed}" in ch02.XOR_ROWS.reason


def test_the_third_neuron():
    s1, s2 = table("NAND"), table("OR")
    both = tuple(int(a and b) for a, b in zip(s1, s2, strict=True))
    assert ch02.BOTH.answer == both == tuple(table("XOR"))
    either = tuple(int(a or b) for a, b in zip(s1, s2, strict=True))
    differ = tuple(int(a != b) for a, b in zip(s1, s2, strict=True))
    assert set(ch02.BOTH.mistakes) == {either, differ, tuple(table("AND")), tuple(s1), tuple(s2)}


def test_the_steepest_slope_of_the_sigmoid():
    x = np.linspace(-8, 8, 16001)
    slopes = np.gradient(1 / (1 + np.exp(-x)), x)
    assert slopes.max() == pytest.approx(ch02.STEEPEST.answer, abs=1e-6) and x[slopes.argmax()] == 0
    assert set(ch02.STEEPEST.mistakes) == {0.5, 1, 0}
    assert np.gradient(np.tanh(x), x).max() == pytest.approx(1, abs=1e-6)


def test_nodes_that_start_equal_stay_equal_and_fail_at_xor():
    _, weights, outputs = trained()
    equal = (weights[-1, 0, :, 0] == weights[-1, 0, :, 1]).all()
    solved = ((outputs[-1, 0] > 0.5) == table("XOR")).all()
    assert (equal, solved) == (True, False) and ch02.EQUAL.answer == "equal nodes, no XOR"
    assert {*ch02.EQUAL.mistakes, ch02.EQUAL.answer} == set(ch02.EQUAL.choices)
    assert said(panel(8).draw(gap=0.0, iteration=2000)).count("two nodes act as one") == 1
