"""The mechanism of the pictures: words and numbers, SVG, pictures, graphs, networks, equations."""

import math
import re
from base64 import b64decode
from fractions import Fraction
from io import BytesIO
from operator import add, mul, sub, truediv
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from backprop import Value
from backprop.explore import words
from backprop.explore.equations import Equations, equations, mathml, plain
from backprop.explore.figures import layers, moving, moving_dot, moving_line, new_figure
from backprop.explore.graph import graph_picture, walk
from backprop.explore.network import Edge, Node, network_picture
from backprop.explore.picture import Picture, drawing
from backprop.explore.style import BACKWARD, DATA, FAINT, FORWARD, HIGHLIGHT, MUTED, PAPER, PARAMETER
from backprop.explore.svg import arrow, between, box, circle, edge, legend, line, polyline, quarter, svg, text
from backprop.explore.widgets.plot import Plot
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reading import arithmetic, read, right, shapes, texts, wrong

# words and numbers


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (0, 4, "0"), (-0.0, 4, "0"), (2.0, 4, "2"), (-0.5, 4, "−0.5"), (1012.5, 4, "1,012.5"),
        (0.1 + 0.2, 4, "0.3"),
        (12.25, 2, "12.25"), (0.12345, 4, "0.1235"), (0.12345, 2, "0.12"), (123.456, 4, "123.5"),
        (12345.678, 4, "12,346"), (999999.0, 4, "999,999"), (1e6, 4, "1.000e+06"), (1234567.0, 3, "1.23e+06"),
        (1e-4, 4, "0.0001"), (0.00012345, 3, "0.000123"),
        (0.00009876, 3, "9.88e−05"), (-4.5e-05, 2, "−4.5e−05"),
    ],
)  # fmt: skip
def test_number(value, digits, written):
    assert words.number(value, digits) == written


def test_decimals_power_and_minus():
    assert words.decimals(-0.004, 2) == "0.00" and words.decimals(-1012.504, 2) == "−1,012.50"
    assert words.power(1.5e-7) == "1.5e−07" and words.power(-2e9, 2) == "−2.00e+09"
    assert words.minus("-0.00") == "0.00" and words.minus("-1.5e-07") == "−1.5e−07"


def test_words_for_names_and_counts():
    symbols = [words.symbol(name) for name in ("w1", "alpha", "apple_price", "x12", "delta_10", "7")]
    assert symbols == ["w₁", "α", "apple price", "x₁₂", "δ 10", "7"]
    assert words.count(1, "step") == "1 step" and words.count(3000, "iteration") == "3,000 iterations"
    assert words.count(0, "step") == "0 steps" and words.count(2, "axis", "axes") == "2 axes"
    assert [words.listed(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
    assert words.factor("−2") == "(−2)" and words.factor("2") == "2"
    assert words.read("−1,012.5") == -1012.5


@pytest.mark.parametrize(
    ("formula", "compute", "values", "written"),
    [
        ("{} × {}", mul, (2, -1.1), "2 × (−1.1) = −2.2"),
        ("{} × {}", mul, (-2, 1.1), "−2 × 1.1 = −2.2"),
        ("{} × {}", mul, (810, 1.25), "810 × 1.25 = 1,012.5"),
        ("{} + {}", add, (0.1, 0.2), "0.1 + 0.2 = 0.3"),
        ("{} − {}", sub, (-1, -0.5), "−1 − (−0.5) = −0.5"),
        ("{} ÷ {}", truediv, (1, 3), "1 ÷ 3 ≈ 0.3333"),
        ("{} · {} + {}", lambda w, x, b: w * x + b, (-1.4, 1.5, 2.1), "−1.4 · 1.5 + 2.1 = 0"),
        ("{}²", lambda x: x * x, (-5,), "(−5)² = 25"),
        ("g({} · {})", lambda w, x: 1 / (1 + math.exp(-w * x)), (-2, -1), "g(−2 · (−1)) ≈ 0.8808"),
        ("{} · {}", mul, (2 / 3, 1 / 3), "0.6667 · 0.3333 ≈ 0.2222"),
        ("{} · {}", mul, (0.99994, 0.99994), "0.99994 · 0.99994 ≈ 0.9999"),
        ("{} · {}", mul, (0.00012, 0.5), "0.00012 · 0.5 = 6.000e−05"),
    ],
)
def test_worked(formula, compute, values, written):
    assert words.worked(formula, compute, *values) == written


THOUSANDTHS = st.integers(-(10**7), 10**7).map(lambda n: n / 1000)


@given(THOUSANDTHS, THOUSANDTHS, st.integers(2, 6), st.sampled_from("×+−"))
def test_a_worked_line_is_right_as_it_stands(a, b, digits, sign):
    compute = {"×": mul, "+": add, "−": sub}[sign]
    line = words.worked(f"{{}} {sign} {{}}", compute, a, b, digits=digits)
    ((left, equal, result),) = arithmetic(line)
    shown = words.number(compute(a, b), digits)
    assert result == shown
    assert right(left, equal, result), line


@pytest.mark.parametrize(
    "line",
    ["2 × 3 = 7", "810 × 1.25 = 1,012", "0.5 · 0.5 ≈ 0.25", "2 + 2 ≈ 4.1", "½ (1 − 0)^2 = 1",
     "g(0) ≈ 0.6", "(−5)² = −25"],
)  # fmt: skip
def test_the_reader_of_lines_sees_a_wrong_one(line):
    assert len(wrong(f"So {line}.")) == 1


def test_the_reader_of_lines_finds_each():
    found = list(arithmetic("to a: 2 × 1.1 = 2.2; x = 3; to b: g(−2 · (−1)) ≈ 0.8808; 1 + 2 = 3 · 1 = 3."))
    assert found == [("2 × 1.1", "=", "2.2"), ("g(−2 · (−1))", "≈", "0.8808"), ("3 · 1", "=", "3")]
    assert read("−1,012.5e−01") == Fraction("-101.25")


# SVG


def parts(markup, tag):
    """The attributes of every element of one tag in SVG text without its root."""
    root = ElementTree.fromstring(f"<g>{markup}</g>")
    return [element.attrib for element in root.findall(tag)]


def ends(element):
    return tuple(float(element[key]) for key in ("x1", "y1", "x2", "y2"))


def test_svg_is_named_described_and_escaped():
    picture = svg(100, "a < b", 'x "&" y', circle(1, 2, 3), width=50)
    root = ElementTree.fromstring(picture)
    assert (root.get("viewBox"), root.get("width"), root.get("height")) == ("0 0 50 100", "50", "100")
    assert root.get("role") == "img"
    title, description, paper, shape = root
    assert (title.text, description.text) == ("a < b", 'x "&" y')
    assert (paper.get("fill"), paper.get("width"), paper.get("height")) == (PAPER, "50", "100")
    assert (shape.get("cx"), shape.get("cy"), shape.get("r")) == ("1.0", "2.0", "3.0")


def test_text():
    (plain_text,) = parts(text(1, 2, "a<b"), "text")
    assert (plain_text["x"], plain_text["y"], plain_text["text-anchor"]) == ("1.0", "2.0", "middle")
    assert (plain_text["stroke"], plain_text["stroke-width"], plain_text["paint-order"]) == (
        PAPER,
        "4",
        "stroke",
    )
    assert plain_text["font-size"] == "15" and plain_text["fill"] == DATA
    assert not {"font-weight", "font-family", "stroke-linejoin"} & plain_text.keys()
    (set_up,) = parts(text(0, 0, "x", FORWARD, "end", 19, bold=True, halo=8, code=True), "text")
    assert (set_up["fill"], set_up["text-anchor"], set_up["font-size"]) == (FORWARD, "end", "19")
    assert (set_up["font-weight"], set_up["font-family"]) == ("bold", "monospace")
    assert (set_up["stroke-width"], set_up["stroke-linejoin"]) == ("8", "round")
    assert "stroke" not in parts(text(0, 0, "x", halo=False), "text")[0]


def test_between_shortens_both_ends():
    assert between((0, 0), (30, 40), 5, 10) == pytest.approx((3, 4, 24, 32))
    assert between((0, 0), (30, 40)) == (0, 0, 30, 40)
    assert between((7, 7), (7, 7), 5, 5) == (7, 7, 7, 7)


def test_line_and_arrow():
    (plain_line,) = parts(line(1, 2, 3, 4), "line")
    assert ends(plain_line) == (1, 2, 3, 4)
    assert (plain_line["stroke"], plain_line["stroke-width"]) == (
        DATA,
        "2.0",
    ) and "stroke-dasharray" not in plain_line
    markup = arrow(0, 0, 100, 0, BACKWARD, 3, dashed=True)
    (shaft,), (head,) = parts(markup, "line"), parts(markup, "polygon")
    assert (
        ends(shaft) == (0, 0, 89, 0) and shaft["stroke-dasharray"] == "7 5" and shaft["stroke-width"] == "3.0"
    )
    assert head["points"] == "100.0,0.0 89.0,5.0 89.0,-5.0" and head["fill"] == BACKWARD
    (down,) = parts(arrow(0, 0, 0, 50), "polygon")
    assert down["points"] == "0.0,50.0 -5.0,39.0 5.0,39.0"


def test_box_circle_quarter_and_polyline():
    (frame,) = parts(box(1, 2, 30, 40, dashed=True), "rect")
    assert [frame[key] for key in ("x", "y", "width", "height", "rx")] == ["1.0", "2.0", "30.0", "40.0", "6"]
    assert (frame["fill"], frame["stroke"], frame["stroke-width"]) == (PAPER, DATA, "2.0")
    assert frame["stroke-dasharray"] == "7 5" and "stroke-dasharray" not in parts(box(1, 2, 3, 4), "rect")[0]
    (ring,) = parts(circle(1, 2, 3, FORWARD, FAINT, 4), "circle")
    assert (ring["stroke"], ring["fill"], ring["stroke-width"]) == (FORWARD, FAINT, "4.0")
    (arc,) = parts(quarter(100, 80, 30, HIGHLIGHT, 2.5), "path")
    assert arc["d"] == "M70.0 80.0 A30.0 30.0 0 0 1 100.0 50.0"
    assert (arc["fill"], arc["stroke"], arc["stroke-width"], arc["stroke-dasharray"]) == (
        "none", HIGHLIGHT, "2.5", "2 4",
    )  # fmt: skip
    (path,) = parts(polyline([(1, 2), (3.25, 4)], dashed=True), "polyline")
    assert (
        path["points"] == "1.0,2.0 3.2,4.0" and path["stroke-dasharray"] == "7 5" and path["fill"] == "none"
    )


def test_an_edge_carries_its_value_above_and_its_gradient_below():
    only = edge(0, 100, 200, 100, "5")
    (shaft,), (value,) = parts(only, "line"), parts(only, "text")
    assert ends(shaft) == (0, 100, 189, 100) and shaft["stroke"] == FORWARD
    assert (value["x"], value["y"], value["fill"]) == ("100.0", "88.0", FORWARD)
    both = edge(0, 100, 200, 100, "5", "7", along=0.25, anchor="start")
    forward, backward = parts(both, "line")
    assert ends(forward) == (0, 95, 189, 95) and ends(backward) == (200, 105, 11, 105)
    assert (backward["stroke"], backward["stroke-dasharray"]) == (BACKWARD, "7 5")
    gradient, value = parts(both, "text")
    assert (gradient["x"], gradient["y"], gradient["fill"]) == ("50.0", "125.0", BACKWARD)
    assert (value["x"], value["y"], value["text-anchor"]) == ("50.0", "88.0", "start")
    assert parts(edge(0, 0, 9, 9, color=FAINT), "text") == []


def test_the_legend_names_both_directions():
    forward, backward = parts(legend(), "line")
    assert float(forward["x1"]) < float(forward["x2"]) and forward["stroke"] == FORWARD
    assert float(backward["x1"]) > float(backward["x2"]) and "stroke-dasharray" in backward
    root = ElementTree.fromstring(f"<g>{legend(x=20, y=30)}</g>")
    words_at = {t.text: (t.get("x"), t.get("y")) for t in root.findall("text")}
    assert words_at == {"value, forward": ("72.0", "35.0"), "gradient, backward": ("252.0", "35.0")}


# what moves in a plot


def test_what_moves_is_drawn_at_its_place():
    """A line's points, a dot, a bar: where the axes put them, y downward, in px."""
    figure, ax = new_figure(200, xlim=(0, 10), ylim=(0, 10))
    moving_line(ax, color=FORWARD, linewidth=2.5).set_data([1, 2, np.nan, 4, 5], [1, 3, 3, 4, 2])
    moving_line(ax, "--", color=BACKWARD, linewidth=2).set_data([0, 40], [5, 5])
    moving(ax.barh([7], [6])[0]).set_zorder(3)
    moving_dot(ax).set_data([3], [4])
    _, overlay = layers(figure)
    line, dashes, bar, dot = ElementTree.fromstring(overlay)

    def at(x, y):
        right, up = ax.transData.transform((x, y))
        return [right, 200 - up]

    places = [*at(1, 1), *at(2, 3), *at(4, 4), *at(5, 2)]
    assert points(line).ravel() == pytest.approx(places, abs=0.1)
    assert line[0].get("d").count("M") == 2, "a gap where there is no number"
    assert line[0].get("stroke") == FORWARD.lower() and line[0].get("fill") == "none"
    assert float(line[0].get("stroke-width")) == pytest.approx(2.5 * 100 / 72, abs=0.01)
    assert points(dashes)[0] == pytest.approx(at(0, 5), abs=0.1) and dashes[0].get("stroke-dasharray")
    box = [float(dashes.get(name)) for name in ("x", "y", "width", "height")]
    assert box == pytest.approx([ax.bbox.x0, 200 - ax.bbox.y1, ax.bbox.width, ax.bbox.height], abs=0.01)
    assert [float(word) for word in dashes.get("viewBox").split()] == box
    assert points(bar).min(0) == pytest.approx(at(0, 7.4), abs=0.1)
    assert points(bar).max(0) == pytest.approx(at(6, 6.6), abs=0.1)
    assert (points(dot).min(0) + points(dot).max(0)) / 2 == pytest.approx(at(3, 4), abs=0.1)
    assert np.ptp(points(dot), axis=0) == pytest.approx(11 * 100 / 72, abs=0.2), "as wide as its markersize"


def points(clip):
    """The points of a clipped shape, (N, 2)."""
    numbers = re.findall(r"-?[\d.]+", clip[0].get("d"))
    return np.array(numbers, dtype=float).reshape(-1, 2)


def test_the_background_is_sent_once():
    figure, ax = new_figure(100, xlim=(0, 1), ylim=(0, 1))
    dot = moving_dot(ax)
    plot, sent = Plot(), []
    plot._send = lambda message, buffers: sent.append(
        {*message["state"], *(path[0] for path in message["buffer_paths"])}
    )
    for x in (0.2, 0.2, 0.7):
        dot.set_data([x], [0.5])
        plot.value = layers(figure)
    assert sent == [{"background", "overlay"}, {"overlay"}], "the same again is not sent"
    ax.set_xlim(0, 2)
    plot.value = layers(figure)
    assert sent[2:] == [{"background", "overlay"}], "the axes changed"


def test_a_plot_with_an_image_is_laid_out_once():
    figure, ax = new_figure(200, rows=2)
    image = moving(ax[1].imshow(np.zeros((2, 9))))
    ax[1].set_axis_off()
    background, _ = layers(figure)
    image.set_data(np.ones((2, 9)))
    assert layers(figure)[0] is background


@pytest.mark.parametrize("origin", ["upper", "lower"])
def test_an_image_goes_pixel_by_pixel_and_the_right_way_up(origin):
    figure, ax = new_figure(200)
    pixels = np.array([[0, 50, 100], [150, 200, 250]], np.uint8)
    look = {"cmap": "gray", "vmin": 0, "vmax": 255, "interpolation": "none"}
    moving(ax.imshow(pixels, aspect="auto", origin=origin, **look))
    (shape,) = shapes(drawing(200, "T", "S.", layers(figure)[1]), "image")
    sent = np.asarray(Image.open(BytesIO(b64decode(shape.get("href").partition(",")[2]))))
    assert sent[..., 0].tolist() == (pixels if origin == "upper" else pixels[::-1]).tolist()
    frame = ax.get_window_extent()
    place = [float(shape.get(key)) for key in ("x", "y", "width", "height")]
    np.testing.assert_allclose(place, [frame.x0, 200 - frame.y1, frame.width, frame.height], rtol=1e-3)


# what a draw function returns


def test_a_drawing_is_svg_that_says_its_sentence():
    picture = drawing(120, "Name", "What it says.", circle(1, 2, 3))
    assert picture.sentence == picture.stored == "What it says."
    views = picture.views()
    assert views.mime_type == "image/svg+xml" and views.live == views.still() == picture.content
    assert "<desc>What it says.</desc>" in picture.content and "<title>Name</title>" in picture.content


def test_what_is_stored_may_differ_from_what_is_said():
    assert Picture("<svg></svg>", "92.13 %", "about 92 %").stored == "about 92 %"


def test_the_views_of_each_content():
    figure, _ = new_figure(100)
    plot = Picture(figure, "A plot.").views()
    assert plot.mime_type == "image/png" and plot.still().startswith(b"\x89PNG")
    background, overlay = plot.live
    assert background == plot.still(), "nothing moves in it"
    assert list(ElementTree.fromstring(overlay)) == []
    html = Picture("<p>hello</p>", "First line. " * 12).views()
    assert html.live == "<p>hello</p>" and html.mime_type == "image/svg+xml"
    still = ElementTree.fromstring(html.still())
    lines = [t.text for t in still.iter("{http://www.w3.org/2000/svg}text")]
    assert " ".join(lines) == ("First line. " * 12).strip() and all(len(words) <= 90 for words in lines)
    assert float(still.get("height")) == 24 * len(lines) + 16
    both = SimpleNamespace(_repr_html_=lambda: "<b>h</b>", _repr_svg_=lambda: "<svg>s</svg>")
    views = Picture(both, "").views()
    assert (views.live, views.mime_type, views.still()) == ("<b>h</b>", "image/svg+xml", "<svg>s</svg>")
    only_svg = SimpleNamespace(_repr_svg_=lambda: "<svg>s</svg>")
    assert Picture(only_svg, "").views().live == "<svg>s</svg>"
    with pytest.raises(TypeError, match="draw returned int; expected a Picture, an SVG or HTML string"):
        Picture(3, "").views()


# graphs


def small_graph():
    """z = (x + y)², with its nodes by name."""
    x, y = Value(2.0, "x"), Value(3.0, "y")
    t = x + y
    z = t**2
    t.name, z.name = "t", "z"
    return x, y, t, z


def test_a_walk_goes_forward_and_back():
    _, _, t, z = small_graph()
    assert walk(z) == [("forward", t), ("forward", z), ("start", z), ("backward", z), ("backward", t)]


def test_a_graph_finds_its_own_places():
    """Inputs left in a column, their names right-aligned beside the edges; each operation to the right."""
    *_, z = small_graph()
    picture = graph_picture(z)
    at = {t.words: (t.x, t.y) for t in texts(picture)}
    assert at["x"] == (168, 79) and at["y"] == (168, 163)
    assert at["+"] == (390, 122) and at["( )²"] == (600, 122)
    assert at["z"] == (600 + 98, 121)
    circles = [(float(c.get("cx")), float(c.get("cy")), c.get("r")) for c in shapes(picture, "circle")]
    assert circles == [(390, 116, "20.0"), (600, 116, "20.0")]
    assert ElementTree.fromstring(picture.content).get("height") == "202"
    assert at["2"] == (168, 59) and at["5"] == (495, 104) and at["t"] == (495, 86) and at["10"] == (495, 139)
    assert at["25"] == (655, 104) and at["1"] == (655, 141)


def test_a_deep_graph_stays_in_the_picture():
    value = Value(0.5, "x")
    for _ in range(9):
        value = value.sigmoid()
    for t in texts(graph_picture(value)):
        assert 0 <= t.x <= 760
    *_, last = [float(c.get("cx")) for c in shapes(graph_picture(value), "circle")]
    assert last + 20 + 70 + 8 + 48 <= 760, "the word output is cut"


def test_what_is_not_reached_is_faint():
    *_, z = small_graph()
    colors = {0: [FAINT, FAINT], 1: [HIGHLIGHT, FAINT], 2: [DATA, HIGHLIGHT], 3: [DATA, HIGHLIGHT],
              4: [DATA, HIGHLIGHT], 5: [HIGHLIGHT, DATA], None: [DATA, DATA]}  # fmt: skip
    shown = {0: (2, 0), 1: (3, 0), 2: (4, 0), 3: (4, 1), 4: (4, 2), 5: (4, 4), None: (4, 4)}
    for step, expected in colors.items():
        picture = graph_picture(z, step)
        circles = shapes(picture, "circle")
        assert [c.get("stroke") for c in circles] == expected, step
        assert [c.get("stroke-width") for c in circles] == [
            "4.0" if color == HIGHLIGHT else "2.0" for color in expected
        ]
        counts = [sum(t.color == c for t in texts(picture)) - 1 for c in (FORWARD, BACKWARD)]  # the legend
        assert tuple(counts) == shown[step], step


def test_a_finished_graph_says_its_output_and_its_gradients():
    *_, z = small_graph()
    assert graph_picture(z, unit="won").sentence == "z = 25 won. Gradients: x 10, y 10."
    assert graph_picture(z).sentence == "z = 25. Gradients: x 10, y 10."
    assert "<title>Computation graph</title>" in graph_picture(z).content
    assert "<title>Mine</title>" in graph_picture(z, title="Mine").content


def test_places_under_extra_sentence_and_room():
    x, y, t, z = small_graph()
    places = {x: (100, 80), y: (100, 200), t: (300, 80), z: (500, 140)}
    under, extra = [circle(1, 1, 1)], [text(400, 250, "more")]
    picture = graph_picture(z, places=places, sentence="Mine.", under=under, extra=extra, room=60)
    assert picture.sentence == "Mine."
    root = ElementTree.fromstring(picture.content)
    assert root.get("height") == "304" and root[3].get("cx") == "1.0" and root[-1].text == "more"
    circles = [(float(c.get("cx")), float(c.get("cy"))) for c in shapes(picture, "circle")][1:]
    assert circles == list(places.values()), "inputs stand in circles too"
    named = {t.words: (t.x, t.y) for t in texts(picture)}
    assert named["x"] == (100, 86) and named["+"] == (300, 86)
    flat = next(s for s in shapes(picture, "line") if s.get("y1") == s.get("y2") == "75.0")
    assert ends(flat.attrib) == (120, 75, 269, 75), "between the rims of two circles"
    assert named["2"] == pytest.approx((120 + 0.62 * 160, 68), abs=0.06), "off the middle of a flat edge"
    x1, y1, x2, y2 = between(places[y], places[t], 20, 20)
    assert named["3"] == pytest.approx((x1 + 0.24 * (x2 - x1) - 6, y1 + 0.24 * (y2 - y1) - 12), abs=0.06)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda x: x.exp(), "Forward: exp(2) ≈ 7.389."),
        (lambda x: x.sigmoid(), "Forward: σ(2) ≈ 0.8808."),
        (lambda x: -x, "Forward: −(2) = −2."),
        (lambda x: x - 5, "Forward: 2 − 5 = −3."),
        (lambda x: x / 3, "Forward: 2 ÷ 3 ≈ 0.6667."),
        (lambda x: x**3, "Forward: 2³ = 8."),
        (lambda x: x**-1, "Forward: 2⁻¹ = 0.5."),
        (lambda x: x**0.5, "Forward: 2 ^ 0.5 ≈ 1.414."),
    ],
)
def test_each_operation_in_words(build, sentence):
    assert graph_picture(build(Value(2.0, "x")), 1).sentence == sentence


def test_a_value_without_a_name_is_called_by_its_number():
    picture = graph_picture(Value(2.0, "x") * 3, 3)
    assert picture.sentence == "Backward through ×, local × upstream: to x: 3 × 1 = 3; to 3: 2 × 1 = 2."
    (three,) = [t for t in texts(picture) if t.words == "3" and t.color != FORWARD]
    assert three.color == MUTED
    assert "output" in [t.words for t in texts(picture)]


def test_local_times_upstream_stands_at_the_highlighted_node_only():
    *_, z = small_graph()
    orange = {
        step: [t.words for t in texts(graph_picture(z, step)) if t.color == BACKWARD][:-1] for step in (4, 5)
    }
    assert orange == {4: ["10 × 1 = 10", "1"], 5: ["1 × 10 = 10", "1 × 10 = 10", "10", "1"]}


# networks


def test_a_network_has_its_nodes_in_columns():
    columns = [[Node("a", "1"), Node("b")], [Node("c", "5", "−0.5", True, "7")]]
    edges = [Edge((0, 0), (1, 0), "w₁", "0.1"), Edge((0, 1), (1, 0), "w₂", highlight=True)]
    picture = network_picture(columns, edges, "Net", "It says.", extra=[text(1, 2, "more")], room=10)
    assert picture.sentence == "It says." and "<title>Net</title>" in picture.content
    circles = {(float(c.get("cx")), float(c.get("cy"))): c for c in shapes(picture, "circle")[1:]}
    assert list(circles) == [(76, 96), (76, 346), (684, 221)], "a lone node stands in the middle"
    assert circles[684, 221].get("stroke") == HIGHLIGHT and circles[76, 96].get("stroke") == DATA
    at = {t.words: (t.x, t.y, t.color) for t in texts(picture)}
    assert at["a"] == (76, 102, DATA) and at["1"] == (76, 63, FORWARD)
    assert at["5"] == (684, 188, FORWARD) and at["−0.5"] == (684, 265, BACKWARD)
    assert at["target"][0] == at["7"][0] == 684 + 24 + 6
    along = 76 + 0.33 * 608, 96 + 0.33 * 125
    assert at["w₁"] == pytest.approx((along[0], along[1] - 8, PARAMETER), abs=0.06)
    assert at["0.1"] == pytest.approx((along[0], along[1] + 21, BACKWARD), abs=0.06)
    lines = [s for s in shapes(picture, "line") if s.get("stroke") in (MUTED, HIGHLIGHT)]
    assert [(s.get("stroke"), s.get("stroke-width")) for s in lines] == [(MUTED, "1.6"), (HIGHLIGHT, "4.0")]
    x1, y1, *_ = ends(lines[0].attrib)
    assert math.dist((x1, y1), (76, 96)) == pytest.approx(24, abs=0.1), "from rim to rim"
    assert {"value", "weight", "error δ or gradient", "this step"} <= at.keys() and at["more"][:2] == (1, 2)
    assert ElementTree.fromstring(picture.content).get("height") == str(96 + 250 + 74 + 10)


def test_a_network_without_gradients_has_no_key_and_flat_labels_stand_in_the_middle():
    columns = [[Node("a")], [Node("b")], [Node("c")]]
    picture = network_picture(columns, [Edge((0, 0), (1, 0), "w")], "", "", row=50, gradients=False)
    assert [(t.words, t.x, t.y) for t in texts(picture)] == [
        ("w", 76 + 304 / 2, 88), ("a", 76, 102), ("b", 380, 102), ("c", 684, 102),
    ]  # fmt: skip
    assert ElementTree.fromstring(picture.content).get("height") == "170"


WIDE = "−0.12345678"


def test_wide_numbers_of_a_network_lie_on_no_edge_and_no_other_number():
    """Each slanted edge runs through its own label alone, and between two edges a node's text has room."""
    columns = [[Node(name + i, WIDE, WIDE, target="−0.05" if name == "y" else "") for i in "12"]
               for name in "xhy"]  # fmt: skip
    edges = [Edge((c, a), (c + 1, b), f"w₁⁺ {WIDE}", WIDE)
             for c in (0, 1) for a in (0, 1) for b in (0, 1)]  # fmt: skip
    picture = network_picture(columns, edges, "", "", gradients=False)
    boxes = [box_of(t) for t in texts(picture)]
    for i, one in enumerate(boxes):
        assert one[0] >= 0 and one[1] >= 0 and one[2] <= 760
        for two in boxes[i + 1 :]:
            assert two[0] >= one[2] or two[2] <= one[0] or two[1] >= one[3] or two[3] <= one[1], (one, two)
    slanted = [line for line in map(lambda s: ends(s.attrib), shapes(picture, "line")) if line[1] != line[3]]
    assert len(slanted) == 4
    for x1, y1, x2, y2 in slanted:
        places = [(x1 + k / 400 * (x2 - x1), y1 + k / 400 * (y2 - y1)) for k in range(415)]  # with its head
        hit = {box for box in boxes for x, y in places if box[0] < x < box[2] and box[1] < y < box[3]}
        assert len(hit) == 2, "its weight and its gradient"


def box_of(t):
    """About where a bold text of 15 px lies, or a target: (left, top, right, bottom)."""
    wide = sum(7.5 if letter in "target" else 5 if letter in "⁺₁ ." else 10 for letter in t.words)
    left = t.x if t.words in ("target", "−0.05") else t.x - wide / 2
    return left, t.y - 11, left + wide, t.y


# equations


def test_a_page_of_equations_is_as_large_as_its_longest_line_allows():
    lines = [
        ("a heading that is longer than everything else on this page", ""),
        ("abc = 1", ""),
        ("x = 12345", ""),
    ]
    for page, letters in ((lines, 3 + 1 + 5), (lines[:1], 1), ([], 1)):
        size = f"font-size:clamp(12px, calc((100cqw - 30px) / {0.45 * letters:.1f}), 17px)"
        assert size in equations(page, "", "").content._repr_html_()


def rows(equation):
    """The inside of <math>, without the outer row."""
    return mathml(equation).removeprefix('<math displaystyle="true"><mrow>').removesuffix("</mrow></math>")


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("x", "<mi>x</mi>"),
        ("0.5", "<mn>0.5</mn>"),
        ("−3.25", "<mn>−3.25</mn>"),
        ("1.5e−07", "<mn>1.5e−07</mn>"),
        ("12%", "<mn>12%</mn>"),
        ("1,012.5", "<mn>1,012.5</mn>"),
        ("−1,234,567", "<mn>−1,234,567</mn>"),
        ("won", "<mtext>&nbsp;won&nbsp;</mtext>"),
        ("w_5", "<msub><mi>w</mi><mn>5</mn></msub>"),
        ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("w_5^+", "<msubsup><mi>w</mi><mn>5</mn><mo>+</mo></msubsup>"),
        ("∂E/∂w_5", "<mfrac><mrow><mo>∂</mo><mi>E</mi></mrow>"
                    "<mrow><mo>∂</mo><msub><mi>w</mi><mn>5</mn></msub></mrow></mfrac>"),
        ("a · b", "<mi>a</mi><mo>·</mo><mi>b</mi>"),
        ("g(x, y)", "<mi>g</mi><mo>(</mo><mi>x</mi><mo>,</mo><mi>y</mi><mo>)</mo>"),
        ("a / b", "<mi>a</mi><mi>/</mi><mi>b</mi>"),
        ("x < y", "<mi>x</mi><mo>&lt;</mo><mi>y</mi>"),
        ("½ Σ", "<mo>½</mo><mo>Σ</mo>"),
    ],
)  # fmt: skip
def test_mathml(equation, expected):
    assert rows(equation) == expected
    ElementTree.fromstring(mathml(equation).replace("&nbsp;", " "))


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("w_5^+", "w₅⁺"), ("∂E/∂w_12", "∂E/∂w₁₂"), ("δ_y", "δ_y"), ("(y − t)^2", "(y − t)²"),
        ("x^T · y", "xᵀ · y"), ("10^−3", "10⁻³"),
    ],
)  # fmt: skip
def test_plain(equation, expected):
    assert plain(equation) == expected


def test_a_page_of_equations():
    lines = [
        ("Forward", ""),
        ("y = 2 · x = 4 = 4", "forward"),
        ("∂y/∂x ≈ 2", "backward"),
        ("w_1 = 3", "update"),
    ]
    picture = equations(lines, "A <page>", "It says so.")
    assert isinstance(picture.content, Equations) and picture.sentence == "It says so."
    html = picture.content._repr_html_()
    assert 'role="group" aria-label="A &lt;page&gt;"' in html
    cells = re.findall(r"<tr>(.*?)</tr>", html)
    assert (
        len(cells) == 4
        and 'colspan="2"' in cells[0]
        and "font-weight:bold" in cells[0]
        and ">Forward<" in cells[0]
    )
    assert [re.search(r"border-left:5px solid ([^;]*);", cell)[1] for cell in cells] == [
        "transparent", FORWARD, BACKWARD, PARAMETER,
    ]  # fmt: skip
    left, side = re.findall(r"<td.*?</td>", cells[1])
    assert mathml("y") in left and "text-align:right" in left, "all lines meet at their first ="
    assert mathml("= 2 · x = 4 = 4") in side and "text-align:left" in side
    assert mathml("≈ 2") in cells[2]
    still = SimpleNamespace(content=picture.views().still())
    assert [(t.words, t.x, t.y) for t in texts(still)] == [
        ("Forward", 16, 26), ("y = 2 · x = 4 = 4", 16, 50), ("∂y/∂x ≈ 2", 16, 74), ("w₁ = 3", 16, 98),
    ]  # fmt: skip
    marks = [(r.get("fill"), float(r.get("y"))) for r in shapes(still, "rect")[1:]]
    assert marks == [("transparent", 11), (FORWARD, 35), (BACKWARD, 59), (PARAMETER, 83)]
    assert [t.get("font-weight") for t in shapes(still, "text")] == ["bold", None, None, None]
    assert ElementTree.fromstring(still.content).get("height") == "112"
